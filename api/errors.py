"""One shape for every error that leaves the server: what, where, and which rule."""

from typing import Any

import orjson
from starlette.responses import Response

from lrs.validation import Violation


class ApiError(Exception):
    """A request that can't be served: the status, a sentence, and what is known beside."""

    def __init__(
        self, status: int, message: str, headers: dict[str, str] | None = None, **details: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}
        self.details = details


def broken_rule(violation: Violation) -> ApiError:
    """Turn a broken rule of the specification into a 400."""
    return ApiError(400, str(violation), **violation.as_dict())


def error_response(error: ApiError) -> Response:
    """Write an error as JSON: ``{"error": {"status", "message", ...}}``."""
    body = {"status": error.status, "message": error.message, **error.details}
    content = orjson.dumps({"error": body}, default=str)
    return Response(content, error.status, error.headers, "application/json")
