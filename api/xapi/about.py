"""The About resource: which versions are spoken. xAPI 1.0.3 part 3, 2.8."""

import orjson
from starlette.requests import Request
from starlette.responses import Response

from lrs.versions import Version

_ABOUT = orjson.dumps({"version": [str(version) for version in Version]})


async def get_about(_: Request) -> Response:
    """Name the versions; needs neither credentials nor a version header."""
    return Response(_ABOUT, media_type="application/json")
