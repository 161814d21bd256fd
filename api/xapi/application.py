"""The xAPI resources as one ASGI application: a table of paths and methods, nothing between.

The record's own door is kept lean: a request costs more in a framework's layers than in validation
and storing together. The rest of the server stands on FastAPI.
"""

import logging
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.errors import ApiError, error_response
from api.xapi.about import get_about
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
    "/about": {"GET": get_about, "HEAD": get_about},
}

_log = logging.getLogger(__name__)


class XapiApplication:
    """Answers every request under the path it is mounted at, in the version asked for."""

    def __init__(self, default: Version) -> None:
        self._default = default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        request = Request(scope, receive)
        try:
            response = await _handler(scope)(request)
        except ApiError as error:
            response = error_response(error)
        except Exception:
            _log.exception("%s %s failed", scope["method"], scope["path"])
            response = error_response(ApiError(500, "an internal error; nothing was stored"))
        response.raw_headers.append(answered_header(scope["headers"], self._default))
        await response(scope, receive, send)


def _handler(scope: Scope) -> Handler:
    """Find what answers a path and method; raises ApiError 404, 405."""
    path = scope["path"].removeprefix(scope.get("root_path", ""))
    method = scope["method"]
    resource = RESOURCES.get(path)
    if resource is None:
        raise ApiError(404, f"there is no xAPI resource at {scope['path']}", value=path)
    if method not in resource:
        allowed = ", ".join(resource)
        message = f"{scope['path']} answers {allowed}, not {method}"
        raise ApiError(405, message, {"Allow": allowed}, value=method)
    return resource[method]
