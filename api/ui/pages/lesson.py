"""A lesson's page: the report of a closed loop, before, in and after class; live during class."""

from collections.abc import Sequence

from nicegui import ui

from api.ui import formats
from api.ui.layout import LESSONS, lesson_link, page
from api.ui.live import PAGE_SECONDS, Live
from api.ui.pages.lesson_parts import (
    Homework,
    LessonFigures,
    Preview,
    Proved,
    Questions,
    Silent,
    Teaching,
    Timeline,
    Who,
)
from api.ui.permission import is_permitted
from api.ui.portrait import Part, Portrait, PortraitView, name_of
from api.ui.session import Visit, Visitor
from projections.vocabulary import SUBJECTS

SPACING = 2.0  # seconds between two looks


@ui.page("/lessons/{lesson:path}", response_timeout=PAGE_SECONDS)
async def lesson_page(visit: Visitor, lesson: str, class_group: str = "") -> None:
    """Show the report of a lesson, or of one class in it, and keep it true."""
    queries, path = visit.queries, lesson_link(lesson, class_group)
    with page(visit.words, visit.words("lessons.title"), path, visit):
        if not await is_permitted(visit, queries.permit_lesson(lesson)):
            return
        view = LessonView(visit, lesson)
        await Live(
            visit, view, lambda: queries.lesson(lesson, class_group), spacing=SPACING
        ).begin()


class LessonView(PortraitView):
    """The parts of a lesson's page."""

    def __init__(self, visit: Visit, lesson: str) -> None:
        self._lesson = lesson
        super().__init__(visit, ("back_to_lessons", LESSONS), "xj-lesson")

    def make_parts(self) -> Sequence[Part]:
        """Make the parts."""
        visit = self.visit
        return [
            Who(visit),
            LessonFigures(visit),
            Timeline(visit),
            Silent(visit),
            Teaching(visit),
            Questions(visit),
            Preview(visit),
            Homework(visit),
            Proved(visit),
        ]

    def describe(self, portrait: Portrait) -> tuple[str, str]:
        """Give what the lesson is called, its subjects, and when it was."""
        words, zone = self.visit.words, self.visit.timezone
        subjects = ", ".join(words.term(SUBJECTS, code) for code in portrait["subjects"])
        begins = formats.moment(portrait["begins"], zone)
        when = words("days", first=begins, last=formats.moment(portrait["ends"], zone))
        line = " · ".join(part for part in (subjects, when) if part)
        return name_of(self.visit, portrait["names"], portrait["lesson"]), line

    def missing(self) -> tuple[str, str]:
        """Say that there is no evidence of the lesson."""
        words = self.visit.words
        text = words("lesson.unknown.text", lesson=self._lesson)
        return words("lesson.unknown.title"), text
