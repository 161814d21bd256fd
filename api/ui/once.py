"""What a page asks once, because it doesn't follow what is new: forms, comparisons."""

import logging
from collections.abc import Awaitable
from typing import TypeVar

from api.ui.layout import message
from api.ui.session import Visit

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")


async def asked_once(visit: Visit, query: Awaitable[_Answer]) -> tuple[_Answer, ...]:
    """Give what a query answers; where it can't be asked the page says so, and nothing is given."""
    try:
        return (await query,)
    except Exception:
        _log.exception("a page's query failed")
        title, text = visit.words("broken.title"), visit.words("broken.reload")
        message(title, text, role="alert")
        return ()
