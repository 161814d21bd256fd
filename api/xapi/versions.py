"""The version header of requests and answers: xAPI 1.0.3 part 3, 3.3; 2.0, 4.1.2."""

from collections.abc import Iterable
from functools import lru_cache

from starlette.requests import Request

from api.errors import ApiError
from lrs.versions import Version, version_of

VERSION_HEADER = "X-Experience-API-Version"
_NAME = VERSION_HEADER.lower().encode()


def requested_version(request: Request) -> Version:
    """Give the version a request is made in; raises ApiError 400."""
    header = request.headers.get("x-experience-api-version")
    if header is None:
        raise ApiError(
            400,
            f"the {VERSION_HEADER} header is missing",
            path=VERSION_HEADER,
            rule="every request names the version it is made in",
            section="xAPI 1.0.3 Communication 3.3",
            value=None,
        )
    version = version_of(header)
    if version is None:
        raise ApiError(
            400,
            f"version {header!r} is not spoken here: 1.0.3 and 2.0.0 are",
            path=VERSION_HEADER,
            rule="a version the record doesn't speak is refused",
            section="xAPI 1.0.3 Communication 3.3",
            value=header,
        )
    return version


def answered_header(
    headers: Iterable[tuple[bytes, bytes]], default: Version
) -> tuple[bytes, bytes]:
    """Give the header that names the version in the answer: the one asked for, else the default.

    Headers are in ASGI's form: names in lower case.
    """
    for name, value in headers:
        if name == _NAME:
            return _NAME, _answered(value, default)
    return _NAME, default.encode()


@lru_cache(maxsize=64)
def _answered(asked: bytes, default: Version) -> bytes:
    return (version_of(asked.decode("latin-1")) or default).encode()
