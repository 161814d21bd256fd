"""A lesson's page: the report of a closed loop, before, in and after class; live during class."""

from collections.abc import Sequence

from nicegui import ui

from api.ui import formats
from api.ui.layout import LESSONS, lesson_link, page
from api.ui.live import PAGE_SECONDS, Live
from api.ui.pages.lesson_after import Corrections, Homework, Proved
from api.ui.pages.lesson_before import Preview, Videos
from api.ui.pages.lesson_parts import (
    WIDTHS,
    GroupWork,
    HandsAndAttention,
    LessonFigures,
    Questions,
    Silent,
    Teaching,
    Timeline,
    Who,
)
from api.ui.permission import is_permitted
from api.ui.portrait import Part, Portrait, PortraitView, name_of
from api.ui.session import Visit, Visitor
from projections.lessons.reports import MINUTE
from projections.vocabulary import SUBJECTS

SPACING = 2.0  # seconds between two looks


@ui.page("/lessons/{lesson:path}", response_timeout=PAGE_SECONDS)
async def lesson_page(visit: Visitor, lesson: str, class_group: str = "", width: str = "") -> None:
    """Show the report of a lesson, or of one class in it, and keep it true.

    The timeline's buckets are ``width`` seconds wide: a minute, if that is none of those to choose.
    """
    wide = next((each for each in WIDTHS if str(each) == width), MINUTE)
    queries, path = visit.queries, lesson_link(lesson, class_group, wide)
    with page(visit.words, visit.words("lessons.title"), path, visit):
        if not await is_permitted(visit, queries.permit_lesson(lesson)):
            return
        view = LessonView(visit, lesson, class_group, wide)
        ask = queries.lesson
        await Live(visit, view, lambda: ask(lesson, class_group, wide), spacing=SPACING).begin()


class LessonView(PortraitView):
    """The parts of a lesson's page."""

    def __init__(self, visit: Visit, lesson: str, class_group: str, width: int) -> None:
        self._lesson, self._class_group, self._width = lesson, class_group, width
        super().__init__(visit, ("back_to_lessons", LESSONS), "xj-lesson")

    def make_parts(self) -> Sequence[Part]:
        """Make the parts."""
        visit = self.visit
        return [
            Who(visit),
            LessonFigures(visit),
            Timeline(visit, self._lesson, self._class_group, self._width),
            Silent(visit),
            Teaching(visit),
            Questions(visit),
            GroupWork(visit),
            HandsAndAttention(visit),
            Preview(visit),
            Videos(visit),
            Corrections(visit),
            Homework(visit),
            Proved(visit),
        ]

    def describe(self, portrait: Portrait) -> tuple[str, str]:
        """Give what the lesson is called, its subjects, and when it was."""
        words, zone = self.visit.words, self.visit.timezone
        subjects = words.listed(words.term(SUBJECTS, code) for code in portrait["subjects"])
        begins = formats.moment(portrait["begins"], zone)
        when = words("days", first=begins, last=formats.moment(portrait["ends"], zone))
        line = " · ".join(part for part in (subjects, when) if part)
        return name_of(self.visit, portrait["names"], portrait["lesson"]), line

    def missing(self) -> tuple[str, str]:
        """Say that there is no evidence of the lesson."""
        words = self.visit.words
        text = words("lesson.unknown.text", lesson=self._lesson)
        return words("lesson.unknown.title"), text
