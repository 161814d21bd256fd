"""A student's page: where the student stands now, by radar, points, activity and mastery; live."""

from datetime import UTC, datetime
from typing import Any, Protocol

from nicegui import ui

from api.ui import formats
from api.ui.layout import Tag, message, page, student_link
from api.ui.live import PAGE_SECONDS, Live
from api.ui.pages.student_parts import Activity, Figures, Mastery, Points, Radar
from api.ui.permission import is_permitted
from api.ui.session import HOME, Visit, Visitor

Portrait = dict[str, Any]


@ui.page("/students/{person:path}", response_timeout=PAGE_SECONDS)
async def student_page(visit: Visitor, person: str) -> None:
    """Show a student's portrait, and keep it true."""
    queries = visit.queries
    with page(visit.words, visit.words("students.title"), student_link(person), visit):
        if not await is_permitted(visit, queries.permit_student(person)):
            return
        view = StudentView(visit, person)
        live = Live(visit, view, lambda: queries.student(person), lambda: queries.mark(person))
        await live.begin()


class Part(Protocol):
    """A part of the page."""

    def show(self, portrait: Portrait) -> None:
        """Show what of a portrait is this part's."""


class StudentView:
    """The parts of the page, each of which shows its own part of a portrait."""

    def __init__(self, visit: Visit, person: str) -> None:
        self._visit = visit
        self._person = person
        words = visit.words
        Tag("a", f"‹ {words('back_to_students')}", "xj-back", href=HOME)
        self._notice = Tag("p", classes="xj-notice", role="alert")
        self._instead = Tag("div")
        with Tag("article", classes="xj-portrait") as self._portrait:
            self._make_head()
            self._parts: list[Part] = [
                Figures(visit),
                Radar(visit),
                Points(visit),
                Activity(visit),
                Mastery(visit),
            ]
        self._notice.set_visibility(False)

    def _make_head(self) -> None:
        with Tag("div", classes="xj-title"):
            with Tag("div"):
                self._name = Tag("h1")
                self._account = Tag("p", classes="xj-note xj-person", title=self._person)
            with Tag("div", classes="xj-as-of"):
                with Tag("p"):
                    Tag("span", self._visit.words("student.live"), "xj-live")
                    self._as_of = Tag("span")
                self._position = Tag("p", classes="xj-note")

    def show(self, answer: Portrait | None) -> None:
        """Show the portrait, or that there is none."""
        words = self._visit.words
        self._notice.set_visibility(False)
        self._instead.clear()
        self._portrait.set_visibility(answer is not None)
        if answer is None:
            text = words("student.unknown.text", person=self._person)
            with self._instead:
                message(words("student.unknown.title"), text)
            return
        self._show_head(answer)
        for part in self._parts:
            part.show(answer)

    def _show_head(self, portrait: Portrait) -> None:
        words = self._visit.words
        ui.page_title(f"{portrait['name']} · {words('product')}")
        self._name.text = portrait["name"]
        self._account.text = formats.account(self._person)
        time = formats.moment(portrait["as_of"], self._visit.timezone, seconds=True)
        self._as_of.text = words("as_of", time=time)
        position = formats.count(portrait["position"])
        self._position.text = words(
            "as_of_position", position=position, generation=portrait["generation"]
        )

    def show_broken(self, since: datetime | None) -> None:
        """Say that there is no new portrait; what was shown before stays, with its time."""
        words = self._visit.words
        self._instead.clear()
        if since is None:
            self._portrait.set_visibility(False)
            with self._instead:
                message(words("broken.title"), words("broken.text"), role="alert")
            return
        time = formats.moment(since.astimezone(UTC).isoformat(), self._visit.timezone, seconds=True)
        self._notice.text = words("broken.old", time=time)
        self._notice.set_visibility(True)
