"""Forms that choose what a page is about: plain ones, whose choice stands in the address."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import Final, TypeVar

from nicegui.events import GenericEventArguments

from api.days import FIRST_DAY, LAST_DAY
from api.ui.layout import Tag
from api.ui.words import Words
from projections.portraits.rankings import BadPeriod, Month, Quarter

SEND_VALUE: Final = "(event) => emit(event.target.value)"  # of a field that has changed

_Period = TypeVar("_Period", Month, Quarter)


class Choice:
    """A form of a page; what is chosen is asked of the page's own path, by GET."""

    def __init__(self, words: Words, path: str) -> None:
        self._words = words
        self._form = Tag("form", classes="xj-choice", method="get", action=path)

    def __enter__(self) -> "Choice":
        """Put the fields into the form."""
        self._form.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        """Close the form with its button."""
        Tag("button", self._words("choice.show"), "xj-quiet-button", type="submit")
        self._form.__exit__(*error)

    def day(self, name: str) -> Tag:
        """Let a day be chosen; gives the field, whose ``value`` is the one that is shown."""
        with Tag("label"):
            Tag("span", self._words(f"choice.{name}"))
            return Tag("input", type="date", name=name)

    def month(self, name: str) -> Tag:
        """Let a month be chosen; gives the field, whose ``value`` is the one that is shown."""
        with Tag("label"):
            Tag("span", self._words(f"choice.{name}"))
            return Tag("input", type="month", name=name, placeholder="2026-11")

    def one_of(self, name: str, options: Mapping[str, str], chosen: str) -> Tag:
        """Let one of some options be chosen, each with its words; gives the field."""
        with Tag("label"):
            Tag("span", self._words(f"choice.{name}"))
            with Tag("select", name=name) as field:
                for value, label in options.items():
                    option = Tag("option", label, value=value)
                    if value == chosen:
                        option.attribute("selected", True)
        return field


class LiveChoice:
    """A choice that shows something else on the same page as soon as it is made."""

    def __init__(self, words: Words, label: str, changed: Callable[[], Awaitable[None]]) -> None:
        self._words, self._changed = words, changed
        self._options: Mapping[str, str] = {}
        self.chosen = ""
        with Tag("label") as self._tag:
            Tag("span", label)
            self._field = Tag("select")
            self._field.on("change", self._choose, js_handler=SEND_VALUE)

    def offer(self, options: Mapping[str, str]) -> None:
        """Offer these, each with its words, and before them all of them; what is chosen stays."""
        self._tag.set_visibility(bool(options))
        if options == self._options:
            return
        self._options = dict(options)
        self._field.clear()
        with self._field:
            for value, label in {"": self._words("choice.all"), **options}.items():
                option = Tag("option", label, value=value)
                if value == self.chosen:
                    option.attribute("selected", True)

    async def _choose(self, event: GenericEventArguments) -> None:
        self.chosen = str(event.args) if event.args in self._options else ""
        await self._changed()


def period_named(kind: type[_Period], text: str) -> _Period | None:
    """Read a month or a quarter of an address; None where there is none, or it isn't one."""
    try:
        return kind.parse(text)
    except BadPeriod:
        return None


def day_named(text: str) -> date | None:
    """Read a day of an address; None where there is none, or it isn't one."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None
