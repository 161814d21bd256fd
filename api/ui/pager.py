"""Buttons that turn the pages of a list, whose query says where the next page begins."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from api.ui.layout import Tag
from api.ui.words import Words

_Place = TypeVar("_Place")


class Pager(Generic[_Place]):
    """Turns pages back and on; ``look`` asks for the page that begins at ``place`` and shows it.

    ``told`` is the key of words that say which of the list are shown.
    """

    def __init__(
        self, words: Words, size: int, told: str, look: Callable[[], Awaitable[None]]
    ) -> None:
        self._words, self._size, self._told, self._look = words, size, told, look
        self._places: list[_Place | None] = [None]  # where the pages up to this one begin
        self._next: _Place | None = None
        with Tag("div", classes="xj-pager") as self._tag:
            self._previous = Tag("button", words("students.previous"), "xj-quiet-button")
            self._previous.on("click", self._go_back)
            self._shown = Tag("span", classes="xj-note", aria_live="polite")
            self._following = Tag("button", words("students.next"), "xj-quiet-button")
            self._following.on("click", self._go_on)

    @property
    def place(self) -> _Place | None:
        """Where the page begins that is to be shown; None for the first."""
        return self._places[-1]

    @property
    def is_first(self) -> bool:
        """Whether the first page is shown."""
        return len(self._places) == 1

    @property
    def is_only(self) -> bool:
        """Whether there is one page, no more."""
        return self.is_first and self._next is None

    def begin(self) -> None:
        """Go back to the first page, as another list is asked for."""
        self._places = [None]

    def show(self, n: int, following: _Place | None) -> None:
        """Say how many are on the page, and where the next one begins, None where there is none."""
        self._next = following
        first = (len(self._places) - 1) * self._size + 1
        self._shown.text = self._words(self._told, first=first, last=first + n - 1)
        self._previous.attribute("disabled", self.is_first)
        self._following.attribute("disabled", following is None)

    def set_visibility(self, visible: bool) -> None:
        """Show or hide the buttons."""
        self._tag.set_visibility(visible)

    async def _go_on(self) -> None:
        self._places.append(self._next)
        await self._look()

    async def _go_back(self) -> None:
        self._places = self._places[:-1] or [None]
        await self._look()
