"""Parts that several pages have."""

from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar

from api.ui.layout import Tag
from api.ui.portrait import Portrait
from api.ui.session import Visit, is_led_out


class OpenedFirst:
    """Details that show what is inside when they are opened first; nothing is asked before."""

    def __init__(self, visit: Visit, details: Tag, show: Callable[[], Awaitable[None]]) -> None:
        self._visit, self._show = visit, show
        self._is_open = False
        details.on("toggle", self._open, [])

    async def _open(self) -> None:
        if self._is_open:
            return
        self._is_open = True
        if not await is_led_out(self._visit):
            await self._show()


class KeyFigures:
    """The key figures of a portrait, each with its name."""

    PREFIX: ClassVar[str]  # of the words that name the figures
    KEYS: ClassVar[tuple[str, ...]]

    def __init__(self, visit: Visit) -> None:
        self.words = visit.words
        with Tag("dl", classes="xj-figures"):
            self._values = {key: self._figure(key) for key in self.KEYS}

    def texts(self, portrait: Portrait) -> dict[str, str]:
        """Give each figure as it is to be read."""
        raise NotImplementedError

    def links(self, portrait: Portrait) -> Mapping[str, str]:
        """Give where figures lead: to their evidence. None by itself."""
        return {}

    def show(self, portrait: Portrait) -> None:
        """Show the figures of a portrait."""
        links = self.links(portrait)
        for key, text in self.texts(portrait).items():
            self._values[key].text = text
            self._values[key].attribute("href", links.get(key))

    def _figure(self, key: str) -> Tag:
        with Tag("div"):
            Tag("dt", self.words(f"{self.PREFIX}.{key}"))
            with Tag("dd", data_figure=key):
                return Tag("a")  # without an address it is no link
