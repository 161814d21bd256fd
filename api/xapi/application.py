"""The xAPI resources as one ASGI application: a table of paths and methods, nothing between.

The record's own door is kept lean: a request costs more in a framework's layers than in validation
and storing together. The rest of the server stands on FastAPI.
"""

import logging
from collections.abc import Awaitable, Callable

from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.authentication import count_refusal
from api.errors import ApiError, error_response
from api.settings import Settings
from api.xapi.about import get_about
from api.xapi.activities import get_activity
from api.xapi.agents import get_person
from api.xapi.alternate import METHODS, described_request, without_body
from api.xapi.documents import (
    ACTIVITY_PROFILE_RESOURCE,
    AGENT_PROFILE_RESOURCE,
    STATE_RESOURCE,
)
from api.xapi.statements import get_statements, post_statements, put_statement
from api.xapi.versions import answered_header
from lrs.versions import Version

Handler = Callable[[Request], Awaitable[Response]]

RESOURCES: dict[str, dict[str, Handler]] = {
    "/statements": {
        "GET": get_statements,
        "HEAD": get_statements,
        "POST": post_statements,
        "PUT": put_statement,
    },
    "/activities": {"GET": get_activity, "HEAD": get_activity},
    "/activities/state": STATE_RESOURCE.handlers(),
    "/activities/profile": ACTIVITY_PROFILE_RESOURCE.handlers(),
    "/agents": {"GET": get_person, "HEAD": get_person},
    "/agents/profile": AGENT_PROFILE_RESOURCE.handlers(),
    "/about": {"GET": get_about, "HEAD": get_about},
}

# What pages of other origins may send, beyond what browsers let anybody send.
ALLOWED_HEADERS = (
    "Authorization",
    "Content-Transfer-Encoding",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "X-Experience-API-Hash",
    "X-Experience-API-Version",
    "X-Requested-With",
)
# What they may read of an answer, likewise.
EXPOSED_HEADERS = (
    "Allow",
    "ETag",
    "Last-Modified",
    "Link",
    "Retry-After",
    "WWW-Authenticate",
    "X-Experience-API-Consistent-Through",
    "X-Experience-API-Version",
    "X-Xueji-Position",
)
PREFLIGHT_SECONDS = 7_200  # that a browser need not ask again

_log = logging.getLogger(__name__)


class XapiApplication:
    """Answers every request under the path in `root_path`, in the version asked for."""

    def __init__(self, default: Version) -> None:
        self._default = default
        self._across_origins: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if any(name == b"origin" for name, _ in scope["headers"]):
            if self._across_origins is None:
                self._across_origins = across_origins(self._answer, scope["app"].state.settings)
            await self._across_origins(scope, receive, self._naming_version(scope, send))
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            request = await described_request(request)
            response = await _handler(request.scope)(request)
        except ClientDisconnect:
            return
        except ApiError as error:
            response = _refusal(request, error)
        except Exception:
            _log.exception("%s %s failed", scope["method"], scope["path"])
            response = _refusal(request, ApiError(500, "an internal error; nothing was stored"))
        response.raw_headers.append(answered_header(request.scope["headers"], self._default))
        if request.method == "HEAD" != scope["method"]:
            send = without_body(send)
        await response(request.scope, request.receive, send)

    def _naming_version(self, scope: Scope, send: Send) -> Send:
        """Add the version to what is answered before a resource is asked: a CORS preflight."""
        version = answered_header(scope["headers"], self._default)

        async def send_with_version(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"]
                if not any(name.lower() == version[0] for name, _ in headers):
                    message = {**message, "headers": [*headers, version]}
            await send(message)

        return send_with_version


def across_origins(application: ASGIApp, settings: Settings) -> ASGIApp:
    """Let pages of the origins in the settings ask; they prove themselves by headers, not cookies.

    A page of any other origin gets no permission from this, and its browser keeps the answer.
    """
    if not settings.origins:
        return application
    return CORSMiddleware(
        application,
        allow_origins=settings.origins,
        allow_methods=(*METHODS, "OPTIONS"),
        allow_headers=ALLOWED_HEADERS,
        expose_headers=EXPOSED_HEADERS,
        max_age=PREFLIGHT_SECONDS,
    )


def _refusal(request: Request, error: ApiError) -> Response:
    count_refusal(request.scope, error)
    return error_response(error)


def _handler(scope: Scope) -> Handler:
    """Find what answers a path and method; raises ApiError 404, 405."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    method = scope["method"]
    resource = RESOURCES.get(path)
    if resource is None:
        raise ApiError(404, f"there is no xAPI resource at {scope['path']}", value=path)
    if method == "OPTIONS":
        return _options
    if method not in resource:
        message = f"{scope['path']} answers {_allowed(resource)}, not {method}"
        raise ApiError(405, message, {"Allow": _allowed(resource)}, value=method)
    return resource[method]


async def _options(request: Request) -> Response:
    """Say what a resource answers; needs neither credentials nor a version header."""
    resource = RESOURCES[request.scope["path"].removeprefix(request.scope.get("root_path", ""))]
    return Response(status_code=204, headers={"Allow": _allowed(resource)})


def _allowed(resource: dict[str, Handler]) -> str:
    return ", ".join((*resource, "OPTIONS"))
