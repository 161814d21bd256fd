"""A school's page: who needs help, its classes, homework, diagnosis, this week's lessons; live."""

from collections.abc import Sequence

from nicegui import ui

from api.ui.filters import Choice, day_named
from api.ui.layout import SCHOOLS, Tag, page, result_link, school_link
from api.ui.live import PAGE_SECONDS, Live
from api.ui.pages.class_parts import Distribution
from api.ui.pages.district_parts import Classes, Diagnosis, Trend, WeakPoints
from api.ui.pages.school_parts import Load, OwnFigures, SchoolAtRisk, WeekLessons
from api.ui.permission import is_permitted
from api.ui.portrait import Part, Portrait, PortraitView
from api.ui.session import Visit, Visitor

SPACING = 30.0  # seconds between two looks: these answers read every student's rows


@ui.page("/schools/{school:path}", response_timeout=PAGE_SECONDS)
async def school_page(visit: Visitor, school: str, on: str = "") -> None:
    """Show a school's portrait of a day (today, if not given), and keep it true."""
    queries, day = visit.queries, day_named(on)
    with page(visit.words, visit.words("schools.title"), school_link(school, on), visit):
        if not await is_permitted(visit, queries.permit_school(school)):
            return
        view = SchoolView(visit, school)
        await Live(visit, view, lambda: queries.school(school, day), spacing=SPACING).begin()


class SchoolView(PortraitView):
    """The parts of a school's page."""

    def __init__(self, visit: Visit, school: str) -> None:
        self._school = school
        super().__init__(visit, ("back_to_schools", SCHOOLS))

    def make_controls(self) -> None:
        """Let another day be chosen, and lead to the school's result."""
        words = self.visit.words
        with Choice(words, school_link(self._school)) as choice:
            self._day = choice.day("on")
        link = result_link("schools", self._school)
        Tag("a", words("result.title"), "xj-evidence-link", href=link)

    def make_parts(self) -> Sequence[Part]:
        """Make the parts."""
        visit = self.visit
        return [
            OwnFigures(visit),
            SchoolAtRisk(visit),
            Classes(visit),
            Trend(visit),
            Distribution(visit),
            Load(visit),
            Diagnosis(visit),
            WeakPoints(visit),
            WeekLessons(visit),
        ]

    def describe(self, portrait: Portrait) -> tuple[str, str]:
        """Give the school's name, and the day."""
        self._day.attribute("value", portrait["on"])
        return portrait["name"], self.visit.words("on", day=portrait["on"])

    def missing(self) -> tuple[str, str]:
        """Say that the roster has no such school."""
        words = self.visit.words
        return words("school.unknown.title"), words("school.unknown.text", school=self._school)
