"""What a page says to a visitor whose role may not see it."""

from collections.abc import Awaitable
from typing import Any

from api.errors import ApiError
from api.ui.layout import message
from api.ui.session import Visit


async def is_permitted(visit: Visit, permission: Awaitable[Any]) -> bool:
    """Tell whether a permission is given; where it is refused, the page says so instead."""
    try:
        await permission
    except ApiError as error:
        if error.status != 403:
            raise
        message(visit.words("not_yours.title"), visit.words("not_yours.text"), role="alert")
        return False
    return True
