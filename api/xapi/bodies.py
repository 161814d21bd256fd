"""Reading a request's body whole, within its limit, so that the connection stays usable."""

from starlette.requests import Request

from api.errors import ApiError

# A body over the limit is still read and dropped up to this many times the limit; a connection
# that goes on beyond that is closed.
PATIENCE = 4


async def read_body(request: Request, limit: int) -> bytes:
    """Give the body; raises ApiError 413 where it is over `limit` bytes."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        elif size > PATIENCE * limit:
            raise _too_large(limit, {"Connection": "close"})
    if size > limit:
        raise _too_large(limit, {})
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _too_large(limit: int, headers: dict[str, str]) -> ApiError:
    return ApiError(
        413,
        f"the body is over {limit} bytes",
        headers,
        rule="a body is at most XUEJI_MAXIMUM_BODY_SIZE bytes",
        value=limit,
    )
