"""Entity tags and the conditions of requests: RFC 9110, 8.8.3 and 13.1; xAPI 1.0.3 part 3, 3.1."""

import re
from email.utils import formatdate

from starlette.requests import Request
from starlette.responses import Response

from api.errors import ApiError
from lrs.documents import ConditionFailedError, Conditions, etag_of
from lrs.versions import RULES, PutCondition, Version

_ANY = "*"
# A tag, weak or not; one without quotes, as some clients send it, is taken for a tag as well.
_ENTITY_TAG = re.compile(r'(?:W/)?"(?P<quoted>[\x21\x23-\x7e\x80-\xff]*)"|(?P<bare>[^\s",*]+)')
_BETWEEN = re.compile(r"[ \t]*(?:,[ \t]*)+|[ \t]*$")


def read_conditions(request: Request, required: PutCondition = "never") -> Conditions:
    """Read If-Match and If-None-Match; raises ApiError 400 for what is no list of entity tags.

    Tags are digests of the content, so that a weak one, which is ours as a compressing proxy has
    passed it on, tells as much as a strong one: in If-Match too it counts as the same.
    """
    return Conditions(
        _read_tags(request, "If-Match"), _read_tags(request, "If-None-Match"), required
    )


def tagged_response(
    request: Request, content: bytes, headers: dict[str, str], updated: int | None = None
) -> Response:
    """Answer a GET or HEAD with content, its entity tag and when it was `updated` (µs).

    Answers 304 where the content is one of If-None-Match; raises ApiError 400, and 412 where it is
    none of If-Match.
    """
    etag = etag_of(content)
    headers = {**headers, "ETag": f'"{etag}"'}
    if updated is not None:
        headers["Last-Modified"] = http_date(updated)
    try:
        read_conditions(request).check(etag)
    except ConditionFailedError as error:
        if error.header == "If-Match":
            raise condition_failed(error, Version.V2_0_0) from None
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers)


def condition_failed(error: ConditionFailedError, version: Version) -> ApiError:
    """Say that a condition is not met (412)."""
    return ApiError(
        412,
        f"{error}; get the current state, and ask again on top of it",
        {"ETag": f'"{error.etag}"'} if error.etag else {},
        path=error.header,
        rule="what a request sets as its condition holds, or nothing is changed",
        section=RULES[version].section("concurrency"),
        value=", ".join(error.wanted),
    )


def http_date(microseconds: int) -> str:
    """Write a time as HTTP does, down to the second it is in: RFC 9110, 5.6.7."""
    return formatdate(microseconds // 1_000_000, usegmt=True)


def _read_tags(request: Request, header: str) -> tuple[str, ...] | None:
    lines = request.headers.getlist(header)
    if not lines:
        return None
    text = ", ".join(lines).strip()
    if text == _ANY:
        return (_ANY,)
    tags: list[str] = []
    place = 0
    while found := _ENTITY_TAG.match(text, place):
        # A quoted asterisk is a tag like others, not the one that stands for any.
        tag = found["bare"] or found["quoted"]
        tags.append(f'"{tag}"' if tag == _ANY else tag)
        between = _BETWEEN.match(text, found.end())
        if between is None:
            break
        place = between.end()
    if not tags or place < len(text):
        raise _no_tags(header, text)
    return tuple(tags)


def _no_tags(header: str, text: str) -> ApiError:
    return ApiError(
        400,
        f"{header} is neither * nor a list of entity tags",
        path=header,
        rule="a condition is * or a list of entity tags",
        section="RFC 9110, 13.1",
        value=text,
    )
