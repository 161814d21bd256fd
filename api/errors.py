"""One shape for every error that leaves the server: what, where, and which rule."""

from typing import Any

import orjson
from starlette.responses import Response

from lrs.validation import Violation

# What each query may answer instead, in the shape below.
REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"description": "a parameter is malformed"},
    401: {"description": "no credential proves who asks"},
    403: {"description": "the credential has no scope for it"},
    404: {"description": "there is nothing under this name"},
    429: {"description": "too many requests"},
    504: {"description": "the projection has not reached the position to wait for"},
}


class ApiError(Exception):
    """A request that can't be served: the status, a sentence, and what is known beside.

    ``refusal`` names what pages say it by in their language, where they know it (``refused.*``).
    """

    def __init__(
        self,
        status: int,
        message: str,
        headers: dict[str, str] | None = None,
        *,
        refusal: str = "",
        **details: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}
        self.refusal = refusal
        self.details = details


def broken_rule(violation: Violation) -> ApiError:
    """Turn a broken rule of the specification into a 400."""
    return ApiError(400, str(violation), **violation.as_dict())


def error_response(error: ApiError) -> Response:
    """Write an error as JSON: ``{"error": {"status", "message", ...}}``."""
    body = {"status": error.status, "message": error.message, **error.details}
    content = orjson.dumps({"error": body}, default=str)
    return Response(content, error.status, error.headers, "application/json")
