"""Pages that stay true by themselves: they show what a query gives, and again when it changes."""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Generic, Protocol, TypeVar

from nicegui import ui

from api.ui.asking import LONGEST_ANSWER
from api.ui.session import Visit, is_led_out

# How long a page may take to be put together, its first answer included, in seconds.
PAGE_SECONDS = LONGEST_ANSWER + 5.0
# How long to wait for news in one go, in seconds.
PATIENCE = 10.0
# What depends on other people (ranks) is shown anew at most this long after it changed.
OLDEST = 30.0

_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer", contravariant=True)
_Shown = TypeVar("_Shown")


class View(Protocol[_Answer]):
    """What shows the answers of a query, in place."""

    def show(self, answer: _Answer) -> None:
        """Show a new answer."""

    def show_broken(self, since: datetime | None) -> None:
        """Say that there is no new answer just now; `since` is when the last one came."""


class Live(Generic[_Shown]):
    """Keeps one view true for as long as its page is open.

    ``ask`` is the query. ``mark``, where given, is a cheap query whose answer differs whenever
    that of ``ask`` does by more than what other people did; it spares most of the asking.
    ``spacing`` is the least time between two looks, in seconds. Where what is shown isn't only
    projections, it ``is_timed``: looked at again each time, whatever is new in them.
    """

    def __init__(
        self,
        visit: Visit,
        view: View[_Shown],
        ask: Callable[[], Awaitable[_Shown]],
        mark: Callable[[], Awaitable[Any]] | None = None,
        spacing: float = 1.0,
        *,
        is_timed: bool = False,
    ) -> None:
        self._visit = visit
        self._view = view
        self._ask = ask
        self._mark = mark
        self._spacing = spacing
        self._is_timed = is_timed
        self._position = -1
        self._marked: Any = None
        self._asked = -OLDEST
        self._since: datetime | None = None
        self._is_behind = False  # something changed, but by its mark nothing that matters here
        self._is_broken = False

    async def begin(self) -> None:
        """Show the first answer, then follow; the timer ends with the page."""
        await self.look()
        ui.timer(self._spacing, self._follow, immediate=False)

    def begin_soon(self) -> None:
        """Begin once the page is there: it isn't waited for, as what it shows comes later."""
        ui.timer(0.0, self.begin, once=True)

    async def look(self) -> None:
        """Ask now, whatever is new or not, and show the answer."""
        self._asked = -OLDEST
        await self._look()

    async def _follow(self) -> None:
        is_due = self._is_timed or self._is_broken or self._is_behind
        if await self._visit.queries.news(self._position, 0 if is_due else PATIENCE) or is_due:
            await self._look()

    async def _look(self) -> None:
        try:
            if await is_led_out(self._visit):
                return
            position = self._visit.queries.position
            self._is_behind = not await self._is_changed()
            if not self._is_behind:
                answer = await self._ask()
                self._asked, self._since = monotonic(), datetime.now(UTC)
                self._view.show(answer)
                position = min(position, _reflected(answer, position))
            self._position, self._is_broken = position, False
        except Exception:
            if not self._is_broken:
                _log.exception("a page's query failed; the page tries again")
            self._is_broken, self._asked = True, -OLDEST
            self._view.show_broken(self._since)

    async def _is_changed(self) -> bool:
        if self._mark is None:
            return True
        marked, self._marked = self._marked, await self._mark()
        return marked != self._marked or monotonic() - self._asked >= OLDEST


def _reflected(answer: Any, position: int) -> int:
    """Give the position that an answer says it reflects; the one given where it says none.

    What was remembered may be older than the rows: the page looks again until it has caught up.
    """
    return answer.get("position", position) if isinstance(answer, dict) else position
