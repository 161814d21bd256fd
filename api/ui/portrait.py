"""The frame of every portrait's page: whose it is, as of when, and its parts."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Protocol

from nicegui import ui

from api.ui import formats
from api.ui.layout import Tag, message
from api.ui.session import Visit

Portrait = dict[str, Any]


class Part(Protocol):
    """A part of the page."""

    def show(self, portrait: Portrait) -> None:
        """Show what of a portrait is this part's."""


class PortraitView:
    """A portrait's head and parts; kinds of portraits say what stands in them.

    A portrait has ``as_of``, ``position`` and ``generation``, as every answer of the queries.
    """

    def __init__(self, visit: Visit, back: tuple[str, str], classes: str = "") -> None:
        self.visit = visit
        words = visit.words
        Tag("a", f"‹ {words(back[0])}", "xj-back", href=back[1])
        self._notice = Tag("p", classes="xj-notice", role="alert")
        self._instead = Tag("div")
        with Tag("article", classes=f"xj-portrait {classes}") as self._portrait:
            self._make_head()
            self._parts = self.make_parts()
        self._notice.set_visibility(False)

    def make_parts(self) -> Sequence[Part]:
        """Make the parts, in the order of the page."""
        raise NotImplementedError

    def describe(self, portrait: Portrait) -> tuple[str, str]:
        """Give the name of whom or what a portrait is of, and a line on it."""
        raise NotImplementedError

    def missing(self) -> tuple[str, str]:
        """Say in a title and a text that there is no such portrait."""
        raise NotImplementedError

    def make_controls(self) -> None:
        """Make what is beneath the name: links and forms; nothing by itself."""

    def _make_head(self) -> None:
        with Tag("div", classes="xj-title"):
            with Tag("div"):
                self._heading = Tag("h1")
                self.line = Tag("p", classes="xj-note xj-person")
                self.make_controls()
            with Tag("div", classes="xj-as-of"):
                with Tag("p"):
                    Tag("span", self.visit.words("live"), "xj-live")
                    self._as_of = Tag("span")
                self._position = Tag("p", classes="xj-note")

    def show(self, answer: Portrait | None) -> None:
        """Show the portrait, or that there is none."""
        self._notice.set_visibility(False)
        self._instead.clear()
        self._portrait.set_visibility(answer is not None)
        if answer is None:
            with self._instead:
                message(*self.missing())
            return
        self._show_head(answer)
        for part in self._parts:
            part.show(answer)

    def _show_head(self, portrait: Portrait) -> None:
        words = self.visit.words
        name, line = self.describe(portrait)
        ui.page_title(f"{name} · {words('product')}")
        self._heading.text = name
        self.line.text = line
        time = formats.moment(portrait["as_of"], self.visit.timezone, seconds=True)
        self._as_of.text = words("as_of", time=time)
        position = formats.count(portrait["position"])
        self._position.text = words(
            "as_of_position", position=position, generation=portrait["generation"]
        )

    def show_broken(self, since: datetime | None) -> None:
        """Say that there is no new portrait; what was shown before stays, with its time."""
        words = self.visit.words
        self._instead.clear()
        if since is None:
            self._portrait.set_visibility(False)
            with self._instead:
                message(words("broken.title"), words("broken.text"), role="alert")
            return
        time = formats.moment(since.astimezone(UTC).isoformat(), self.visit.timezone, seconds=True)
        self._notice.text = words("broken.old", time=time)
        self._notice.set_visibility(True)


def as_of(visit: Visit, portrait: Portrait) -> str:
    """Say as of when a portrait is."""
    time = formats.moment(portrait["as_of"], visit.timezone)
    return visit.words("as_of", time=time)


def is_past(visit: Visit, portrait: Portrait) -> bool:
    """Tell whether a portrait is of a day before today: its mastery is today's all the same."""
    asked = datetime.fromisoformat(portrait["as_of"]).astimezone(visit.timezone)
    return date.fromisoformat(portrait["on"]) < asked.date()


def point_name(visit: Visit, point: dict[str, Any]) -> str:
    """Name a knowledge point in the page's language; by the end of its id where it has no name."""
    return name_of(visit, point["names"], point["knowledge_point"])


def name_of(visit: Visit, names: dict[str, str], identifier: str) -> str:
    """Name an activity in the page's language; by the end of its id where it has no name."""
    ending = identifier.rstrip("/#").replace("#", "/").rpartition("/")[2]
    return visit.words.choose(names, ending or identifier)
