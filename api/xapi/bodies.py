"""Reading a request's body within its limit: whole, or as it comes."""

from collections.abc import AsyncIterator

from starlette.requests import Request

from api.errors import ApiError

# A body over the limit is still read and dropped up to this many times the limit, so that the
# connection stays usable; one that goes on beyond that is closed.
PATIENCE = 4

_CLOSE = {"Connection": "close"}


async def read_body(request: Request, limit: int) -> bytes:
    """Give the body; raises ApiError 413 where it is over `limit` bytes."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        elif size > PATIENCE * limit:
            raise _too_large(limit, _CLOSE)
    if size > limit:
        raise _too_large(limit, {})
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


async def read_text(request: Request, limit: int) -> str:
    """Give a body that is text of at most `limit` bytes; raises ApiError 400 or 413."""
    try:
        return (await read_body(request, limit)).decode()
    except UnicodeDecodeError as error:
        raise ApiError(400, f"the body is no text in UTF-8: {error}") from None


async def stream_body(request: Request, limit: int) -> AsyncIterator[bytes]:
    """Give a large body as it comes; raises ApiError 413 where it is over `limit` bytes.

    One that says so beforehand is not waited for.
    """
    said = request.headers.get("content-length", "")
    if said.isdecimal() and int(said) > limit:
        raise _upload_too_large(limit)
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise _upload_too_large(limit)
        yield chunk


def _too_large(limit: int, headers: dict[str, str]) -> ApiError:
    return ApiError(
        413,
        f"the body is over {limit} bytes",
        headers,
        rule="a body is at most XUEJI_MAXIMUM_BODY_SIZE bytes",
        value=limit,
    )


def _upload_too_large(limit: int) -> ApiError:
    return ApiError(
        413,
        f"the body is over {limit} bytes",
        _CLOSE,
        rule="a request with attachments is at most XUEJI_MAXIMUM_UPLOAD_SIZE bytes",
        value=limit,
    )
