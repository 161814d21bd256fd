"""A teacher's page: five dimensions of what a teacher does, and the lessons behind; live."""

from collections.abc import Sequence

from nicegui import ui

from api.ui import formats
from api.ui.layout import LESSONS, page, teacher_link
from api.ui.live import PAGE_SECONDS, Live
from api.ui.pages.teacher_parts import (
    Dimensions,
    LessonsBehind,
    OwnLessons,
    Preparation,
    Resources,
    TeacherFigures,
    Weeks,
)
from api.ui.permission import is_permitted
from api.ui.portrait import Part, Portrait, PortraitView
from api.ui.session import Visit, Visitor

SPACING = 5.0  # seconds between two looks


@ui.page("/teachers/{person:path}", response_timeout=PAGE_SECONDS)
async def teacher_page(visit: Visitor, person: str) -> None:
    """Show a teacher's portrait, and keep it true."""
    queries = visit.queries
    with page(visit.words, visit.words("teacher.title"), teacher_link(person), visit):
        if not await is_permitted(visit, queries.permit_teacher(person)):
            return
        view = TeacherView(visit, person)
        await Live(visit, view, lambda: queries.teacher(person), spacing=SPACING).begin()


class TeacherView(PortraitView):
    """The parts of a teacher's page."""

    def __init__(self, visit: Visit, person: str) -> None:
        self._person = person
        super().__init__(visit, ("back_to_lessons", LESSONS), "xj-teacher")

    def make_parts(self) -> Sequence[Part]:
        """Make the parts."""
        visit = self.visit
        return [
            TeacherFigures(visit),
            Dimensions(visit),
            LessonsBehind(visit),
            Preparation(visit),
            Weeks(visit),
            Resources(visit),
            OwnLessons(visit),
        ]

    def describe(self, portrait: Portrait) -> tuple[str, str]:
        """Give the teacher's name and account."""
        account = formats.account(portrait["person"])
        return portrait["name"] or account, account

    def missing(self) -> tuple[str, str]:
        """Say that there is no such teacher."""
        words = self.visit.words
        return words("teacher.unknown.title"), words("teacher.unknown.text", person=self._person)
