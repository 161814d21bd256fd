"""The About resource: which versions are spoken, and what a client can count on.

xAPI 1.0.3 part 3, 2.8; IEEE 9274.1.1, 4.1.6.7.
"""

from importlib.metadata import version
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.settings import Settings
from api.xapi.conditions import tagged_response
from api.xapi.parameters import read_parameters
from lrs.versions import Version

# Extensions of the About object, each by its IRI.
PRODUCT: Final = "https://xueji.dev/xapi/about/product"
LIMITS: Final = "https://xueji.dev/xapi/about/limits"
HEADERS: Final = "https://xueji.dev/xapi/about/headers"

_OWN_HEADERS: Final = {
    "X-Xueji-Position": (
        "on answers to POST, PUT and DELETE: the position in the log of the newest event written;"
        " give it to a query as `after` to wait until the projections have reached it"
    ),
}


async def get_about(request: Request) -> Response:
    """Name the versions; needs neither credentials nor a version header."""
    read_parameters(request, ())
    content = orjson.dumps(_about(request.app.state.settings))
    return tagged_response(request, content, {"Content-Type": "application/json"})


def _about(settings: Settings) -> dict[str, Any]:
    return {
        "version": [str(one) for one in Version],
        "extensions": {
            PRODUCT: {"name": "Xueji", "version": version("xueji")},
            LIMITS: {
                "bodyOctets": settings.maximum_body_size,
                "uploadOctets": settings.maximum_upload_size,
                "attachmentsInOneRequest": settings.maximum_attachments,
                "statementsInOnePost": settings.maximum_batch,
                "statementsOnOnePage": settings.page_size,
                "nestingDepth": settings.maximum_depth,
            },
            HEADERS: _OWN_HEADERS,
        },
    }
