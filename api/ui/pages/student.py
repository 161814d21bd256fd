"""A student's page: where the student stands now, and what there is to do; live."""

from collections.abc import Sequence

from nicegui import ui

from api.ui import formats
from api.ui.evaluation_queries import Asked
from api.ui.layout import page, student_link
from api.ui.live import PAGE_SECONDS, Live
from api.ui.pages.student_given import Badges, Ratings, Videos
from api.ui.pages.student_parts import Activity, Figures, Mastery, Points, Radar
from api.ui.pages.student_result import ResultCard
from api.ui.pages.student_trajectory import Trajectory
from api.ui.pages.student_work import HomeworkPlan, MistakeBook
from api.ui.permission import is_permitted
from api.ui.portrait import Part, Portrait, PortraitView
from api.ui.session import HOME, Visit, Visitor

SPACING = 10.0  # seconds between two looks at what is dear: it reads other students' rows too


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
        later = (
            (view.result, lambda: visit.evaluations.student(person, Asked())),
            (view.trajectory, lambda: visit.persons.trajectory(person)),
        )
        for part, ask in later:
            Live(visit, part, ask, lambda: queries.mark(person), SPACING).begin_soon()


class StudentView(PortraitView):
    """The parts of the page, each of which shows its own part of a portrait."""

    def __init__(self, visit: Visit, person: str) -> None:
        self._person = person
        super().__init__(visit, ("back_to_students", HOME))
        self.line.attribute("title", person)

    def make_parts(self) -> Sequence[Part]:
        """Make the parts; those that come later are shown by queries of their own."""
        first: list[Part] = [Figures(self.visit), Radar(self.visit), Points(self.visit)]
        self.result = ResultCard(self.visit, self._person)
        self.trajectory = Trajectory(self.visit)
        return [
            *first,
            Activity(self.visit),
            Badges(self.visit),
            Mastery(self.visit),
            HomeworkPlan(self.visit),
            MistakeBook(self.visit),
            Ratings(self.visit),
            Videos(self.visit),
        ]

    def describe(self, portrait: Portrait) -> tuple[str, str]:
        """Give the student's name and account."""
        return portrait["name"], formats.account(self._person)

    def missing(self) -> tuple[str, str]:
        """Say that there are no records of the student."""
        words = self.visit.words
        text = words("student.unknown.text", person=self._person)
        return words("student.unknown.title"), text
