"""The list of lessons, the newest first: those that the visitor may see."""

from datetime import datetime
from typing import Any

from nicegui import ui

from api.ui.filters import Choice
from api.ui.layout import LESSONS, Card, Tag, lessons_link, message, page
from api.ui.lesson_table import LessonTable
from api.ui.live import PAGE_SECONDS, Live
from api.ui.permission import is_permitted
from api.ui.session import Visit, Visitor
from projections.vocabulary import SUBJECTS

PAGE_SIZE = 30
SPACING = 5.0  # seconds between two looks


@ui.page("/lessons", response_timeout=PAGE_SECONDS)
async def lessons_page(
    visit: Visitor, subject: str = "", begun: int | None = None, lesson: str = ""
) -> None:
    """Show the newest lessons, or those before the one that begun at a moment (microseconds)."""
    queries, after = visit.queries, None if begun is None else (begun, lesson)
    path = lessons_link(subject, after)
    with page(visit.words, visit.words("lessons.title"), path, visit):
        if not await is_permitted(visit, queries.permit_lessons()):
            return
        view = LessonsView(visit, subject)
        await Live(
            visit, view, lambda: queries.lessons(subject, PAGE_SIZE, after), spacing=SPACING
        ).begin()


class LessonsView:
    """A page of the list, or what is said where there is none."""

    def __init__(self, visit: Visit, subject: str) -> None:
        self._subject = subject
        words = self._words = visit.words
        with Tag("div", classes="xj-title"), Tag("div"):
            Tag("h1", words("lessons.title"))
            subjects = {code: words.term(SUBJECTS, code) for code in SUBJECTS}
            with Choice(words, LESSONS) as choice:
                choice.one_of("subject", {"": words("choice.all"), **subjects}, subject)
        self._instead = Tag("div")
        with Card(words, words("lessons.newest"), words("week.help")) as self._card:
            self._table = LessonTable(visit, words("lessons.title"))
            with Tag("p", classes="xj-older"):
                self._older = Tag("a", words("lessons.older"), "xj-quiet-button")

    def show(self, answer: dict[str, Any]) -> None:
        """Show a page of the list."""
        lessons, following = answer["lessons"], answer["next"]
        self._instead.clear()
        self._card.section.set_visibility(bool(lessons))
        self._table.show_lessons(lessons)
        self._older.set_visibility(following is not None)
        self._older.attribute("href", lessons_link(self._subject, following))
        if not lessons:
            with self._instead:
                message(self._words("lessons.empty.title"), self._words("lessons.empty.text"))

    def show_broken(self, since: datetime | None) -> None:
        """Say that the list can't be read; what was shown before stays."""
        self._instead.clear()
        self._card.section.set_visibility(since is not None)
        with self._instead:
            Tag("p", self._words("broken.notice"), "xj-notice", role="alert")
