"""What a page says to a visitor whose role may not see it."""

import logging
from collections.abc import Awaitable
from typing import Any

from api.errors import ApiError
from api.ui.layout import message
from api.ui.session import Visit

_log = logging.getLogger(__name__)


async def is_permitted(visit: Visit, permission: Awaitable[Any]) -> bool:
    """Tell whether a permission is given; where it is refused, the page says so instead."""
    try:
        if await is_given(permission):
            return True
    except ApiError:
        raise
    except Exception:  # whose it is stands in the projections too
        _log.exception("who may see a page can't be found out just now")
        message(visit.words("broken.title"), visit.words("broken.reload"), role="alert")
        return False
    message(visit.words("not_yours.title"), visit.words("not_yours.text"), role="alert")
    return False


async def is_given(permission: Awaitable[Any]) -> bool:
    """Tell whether a permission is given: what would be refused isn't offered as a link."""
    try:
        await permission
    except ApiError as error:
        if error.status != 403:
            raise
        return False
    return True
