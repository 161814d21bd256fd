"""The About resource: which versions are spoken. xAPI 1.0.3 part 3, 2.8."""

import orjson
from fastapi import APIRouter
from starlette.responses import Response

from lrs.versions import Version

router = APIRouter(prefix="/xapi", tags=["xAPI"])

_ABOUT = orjson.dumps({"version": [str(version) for version in Version]})


@router.api_route("/about", methods=["GET", "HEAD"], summary="Versions spoken")
async def get_about() -> Response:
    """Name the versions; needs neither credentials nor a version header."""
    return Response(_ABOUT, media_type="application/json")
