"""The frame of every page of results: by which scheme, of which days, or why there is no result."""

from typing import Any

from api.ui.evaluation_queries import Asked
from api.ui.filters import Choice
from api.ui.layout import Tag, scheme_link
from api.ui.portrait import Portrait, PortraitView
from api.ui.session import Visit


class ResultView(PortraitView):
    """A result's head, where another scheme or other days are chosen; pages say its parts."""

    def __init__(self, visit: Visit, asked: Asked, path: str, back: tuple[str, str]) -> None:
        self._asked, self._path = asked, path
        self._refused = ""
        super().__init__(visit, back, "xj-result")
        self._portrait.set_visibility(False)
        with self._instead:
            Tag("p", visit.words("working_out"), "xj-empty", role="status")

    def named(self, portrait: Portrait) -> str:
        """Give the name of whom a result is of."""
        raise NotImplementedError

    def make_controls(self) -> None:
        """Let another scheme or other days be chosen."""
        words = self.visit.words
        with Choice(words, self._path) as choice:
            self._schemes = choice.one_of("scheme", {}, self._asked.scheme)
            self._first, self._last = choice.day("from"), choice.day("to")
        self._scheme = Tag("a", words("scheme.read"), "xj-evidence-link")

    def show(self, answer: Portrait | None) -> None:
        """Show a result, or why there is none."""
        self._refused = str(answer["refused"]) if answer and "refused" in answer else ""
        super().show(None if self._refused else answer)

    def describe(self, portrait: Portrait) -> tuple[str, str]:
        """Give the name, and scheme and days."""
        words, period = self.visit.words, portrait["period"]
        self._first.attribute("value", period["from"])
        self._last.attribute("value", period["to"])
        self._offer(portrait["schemes"])
        self._scheme.attribute("href", scheme_link(portrait["scheme"]["id"]))
        days = words("days", first=period["from"], last=period["to"])
        line = f"{words.of(portrait['scheme']['title'])} · {days}"
        return words("result.of", name=self.named(portrait)), line

    def _offer(self, schemes: list[dict[str, Any]]) -> None:
        words, chosen = self.visit.words, self._asked.scheme
        self._schemes.clear()
        with self._schemes:
            for one in schemes:
                if one["title"] is not None:
                    option = Tag("option", words.of(one["title"]), value=one["id"])
                    option.attribute("selected", one["id"] == chosen)

    def missing(self) -> tuple[str, str]:
        """Say why there is no result."""
        words = self.visit.words
        key = self._refused or "nobody"
        return words("result.none"), words(f"result.{key}", scheme=self._asked.scheme)
