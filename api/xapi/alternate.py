"""The alternate request syntax, for clients that can only POST forms: xAPI 1.0.3 part 3, 1.3.

A POST with `?method=` is turned into the request that its form describes, before anything else
looks at it; 2.0 has no such syntax. Only what a form can hold is unpacked: no attachments.
"""

import asyncio
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from api.authentication import doorkeeper
from api.errors import ApiError
from api.settings import Settings
from api.xapi.bodies import read_body
from lrs.versions import RULES, version_of

METHODS: Final[tuple[str, ...]] = ("GET", "HEAD", "PUT", "POST", "DELETE")
HEADERS: Final[tuple[str, ...]] = (
    "authorization",
    "x-experience-api-version",
    "content-type",
    "content-length",
    "if-match",
    "if-none-match",
)
# What a browser of that time sends a form as: its XDomainRequest names text/plain or nothing.
FORM_TYPES: Final = ("application/x-www-form-urlencoded", "text/plain", "")
CONTENT_TYPE: Final = "application/json"  # of content whose form doesn't say (1.5)
MOST_PARAMETERS: Final = 100

# A form above this many bytes is read outside the event loop, so that others go on, and only of a
# client whose Authorization header proves it.
LARGE_FORM: Final = 256 * 1024

_SECTION: Final = "xAPI 1.0.3 Communication 1.3"
_OF_THE_FORM: Final = (b"content-type", b"content-length", b"transfer-encoding")


async def described_request(request: Request) -> Request:
    """Give the request that is meant: the one that came, or the one that its form describes.

    Raises ApiError 400, 413 for a form too large, 401, 429 and 503 for who sends it.
    """
    scope = request.scope
    if b"method" not in scope["query_string"] or scope["method"] == "OPTIONS":
        return request
    method = _method(scope)
    if method is None:
        return request
    settings: Settings = request.app.state.settings
    form = await _form(request, await _largest(request, settings))
    headers = _headers(form, settings.maximum_header_size)
    content = form.pop("content", None)
    _check_version(request, headers)
    if content is None and method in ("PUT", "POST"):
        raise _refusal("content", f"{method} sends content, in the form parameter `content`")
    body = (content or "").encode()
    described = dict(scope)
    described["method"] = method
    described["query_string"] = urlencode(form).encode()
    described["headers"] = _merged(scope["headers"], headers, len(body))
    return Request(described, _receiving(body, request.receive))


def without_body(send: Send) -> Send:
    """Answer a POST that means HEAD as HEAD is answered: the headers, and nothing behind them."""

    async def send_head(message: Message) -> None:
        if message["type"] == "http.response.start":
            kept = [header for header in message["headers"] if header[0] != b"content-length"]
            message = {**message, "headers": [*kept, (b"content-length", b"0")]}
        elif message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return send_head


def _method(scope: Scope) -> str | None:
    """Give the method that the query names; None where it names none. Raises ApiError 400."""
    try:
        query = parse_qsl(scope["query_string"].decode("ascii"), keep_blank_values=True)
    except ValueError:
        return None  # whoever reads the parameters refuses it
    named: list[str] = [value for name, value in query if name == "method"]
    if not named:
        return None
    if scope["method"] != "POST":
        raise _refusal("method", "a request in the alternate syntax is a POST", scope["method"])
    if len(query) > 1:
        other = next((name for name, _ in query if name != "method"), "method")
        raise _refusal(other, "`method` is the only query parameter, once; the form has the others")
    if named[0] not in METHODS:
        raise _refusal("method", f"the method meant is one of {', '.join(METHODS)}", named[0])
    return named[0]


async def _largest(request: Request, settings: Settings) -> int:
    """Say how many bytes a form may have; raises ApiError 401, 429, 503.

    Who asks may stand in the form itself. Until that is known, only so much is read.
    """
    if "authorization" not in request.headers:
        return min(LARGE_FORM, settings.maximum_body_size)
    await doorkeeper(request.app).prove(request)
    return settings.maximum_body_size


async def _form(request: Request, limit: int) -> dict[str, str]:
    given = request.headers.get("content-type", "")
    if given.partition(";")[0].strip().lower() not in FORM_TYPES:
        raise _refusal("Content-Type", f"the body is a form, {FORM_TYPES[0]}", given)
    try:
        body = await read_body(request, limit)
    except ApiError as error:
        if error.status == 413 and "authorization" not in request.headers:
            error.details["rule"] = (
                f"without an Authorization header a form is at most {limit} bytes"
            )
        raise
    if len(body) > LARGE_FORM:
        return await asyncio.to_thread(_parameters, body)
    return _parameters(body)


def _parameters(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except ValueError as error:
        rule = f"a form is percent-encoded UTF-8 of at most {MOST_PARAMETERS} parameters"
        raise _refusal("the form", rule, type(error).__name__) from None
    form: dict[str, str] = {}
    for name, value in pairs:
        # Headers are named in any case, as they are outside of forms; parameters are not.
        name = name.lower() if name.lower() in HEADERS else name
        if name in form:
            raise _refusal(name, "a form parameter stands once")
        form[name] = value
    return form


def _headers(form: dict[str, str], largest: int) -> dict[str, str]:
    """Take the headers out of a form; raises ApiError 400 for what no header can be."""
    headers: dict[str, str] = {name: form.pop(name).strip() for name in HEADERS if name in form}
    if sum(map(len, headers.values())) > largest:
        rule = f"headers are at most XUEJI_MAXIMUM_HEADER_SIZE, {largest} bytes"
        raise ApiError(431, "the headers in the form are too large", rule=rule, value=largest)
    for name, value in headers.items():
        if not value.isascii() or not value.isprintable():
            raise _refusal(name, "a header is printable ASCII")
    if headers.get("content-type", "").lower().startswith("multipart/"):
        rule = "attachments can't be sent in the alternate syntax"
        raise _refusal("content-type", rule, headers["content-type"])
    return headers


def _check_version(request: Request, headers: Mapping[str, str]) -> None:
    name = "x-experience-api-version"
    version = version_of(headers.get(name, request.headers.get(name, "")))
    if version is not None and not RULES[version].alternate_requests:
        raise ApiError(
            400,
            f"parameter 'method': {RULES[version].standard} has no alternate request syntax",
            path="method",
            rule="requests are sent as what they are",
            section=f"{RULES[version].standard} 4.1",
        )


def _merged(
    sent: list[tuple[bytes, bytes]], described: Mapping[str, str], length: int
) -> list[tuple[bytes, bytes]]:
    """Put the form's headers in the place of those sent, and the content's in that of the form's.

    A Content-Length in the form is that of the content as the client counted it, in characters
    perhaps; the octets are counted here.
    """
    headers = {
        "content-type": CONTENT_TYPE,
        **described,
        "content-length": str(length),
    }
    replaced = {name.encode() for name in headers}.union(_OF_THE_FORM)
    kept = [header for header in sent if header[0] not in replaced]
    return [*kept, *((name.encode(), value.encode()) for name, value in headers.items())]


def _receiving(body: bytes, receive: Receive) -> Receive:
    """Receive the content once, then what comes over the connection: its end."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive_content() -> Message:
        return messages.pop() if messages else await receive()

    return receive_content


def _refusal(name: str, rule: str, value: Any = None) -> ApiError:
    return ApiError(
        400,
        f"alternate request syntax, {name!r}: {rule}",
        path=name,
        rule=rule,
        section=_SECTION,
        value=value,
    )
