"""A student's page: where the student stands now, and what there is to do; live."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, NamedTuple

from fastapi import Query
from nicegui import ui

from api.ui import formats
from api.ui.evaluation_queries import Asked as AskedResult
from api.ui.filters import Choice, day_named
from api.ui.layout import Tag, page, student_link
from api.ui.live import PAGE_SECONDS, Live
from api.ui.pages.student_given import Badges, Ratings, Videos
from api.ui.pages.student_parts import Activity, Figures, Mastery, Points, Radar
from api.ui.pages.student_result import ResultCard
from api.ui.pages.student_trajectory import Trajectory
from api.ui.pages.student_work import HomeworkPlan, MistakeBook
from api.ui.permission import is_permitted
from api.ui.portrait import Part, Portrait, PortraitView
from api.ui.session import HOME, Visit, Visitor
from projections.days import Days
from projections.vocabulary import SUBJECTS

SPACING = 10.0  # seconds between two looks at what is dear: it reads other students' rows too


class Asked(NamedTuple):
    """What a portrait is asked to be about: all subjects where none is named, and which days."""

    subject: str
    days: Days


@ui.page("/students/{person:path}", response_timeout=PAGE_SECONDS)
async def student_page(
    visit: Visitor,
    person: str,
    subject: str = "",
    begin: Annotated[str, Query(alias="from")] = "",
    to: str = "",
) -> None:
    """Show a student's portrait, of a subject and days where these are given, and keep it true."""
    queries, words = visit.queries, visit.words
    asked = Asked(subject, Days(day_named(begin), day_named(to)))
    with page(words, words("students.title"), student_link(person, subject, begin, to), visit):
        if not await is_permitted(visit, queries.permit_student(person)):
            return
        view = StudentView(visit, person, asked)
        mark = partial(queries.mark, person)
        await Live(visit, view, lambda: queries.student(person, *asked), mark).begin()
        book = view.book.live = Live(visit, view.book, view.book.ask, mark)
        book.begin_soon()
        later = (
            (view.result, lambda: visit.evaluations.student(person, AskedResult())),
            (view.trajectory, lambda: visit.persons.trajectory(person)),
        )
        for part, ask in later:
            Live(visit, part, ask, mark, SPACING).begin_soon()


class StudentView(PortraitView):
    """The parts of the page, each of which shows its own part of a portrait."""

    def __init__(self, visit: Visit, person: str, asked: Asked) -> None:
        self._person, self._asked = person, asked
        super().__init__(visit, ("back_to_students", HOME))
        self.line.attribute("title", person)

    def make_controls(self) -> None:
        """Let a subject and days be chosen; say so where the days are none."""
        words, days = self.visit.words, self._asked.days
        subjects = {code: words.term(SUBJECTS, code) for code in SUBJECTS}
        with Choice(words, student_link(self._person)) as choice:
            choice.one_of("subject", {"": words("choice.all"), **subjects}, self._asked.subject)
            choice.day("from").attribute("value", str(days.first or ""))
            choice.day("to").attribute("value", str(days.last or ""))
        if days.first and days.last and days.last < days.first:
            told = words("student.no_days", first=days.first, last=days.last)
            Tag("p", told, "xj-notice", role="alert")

    def make_parts(self) -> Sequence[Part]:
        """Make the parts; those that come later are shown by queries of their own."""
        first: list[Part] = [Figures(self.visit), Radar(self.visit), Points(self.visit)]
        self.result = ResultCard(self.visit, self._person)
        self.trajectory = Trajectory(self.visit)
        visit = self.visit
        second: list[Part] = [Activity(visit), Badges(visit), Mastery(visit), HomeworkPlan(visit)]
        self.book = MistakeBook(visit, self._person, self._asked.subject)
        return [*first, *second, Ratings(visit), Videos(visit)]

    def describe(self, portrait: Portrait) -> tuple[str, str]:
        """Give the student's name and account."""
        return portrait["name"], formats.account(self._person)

    def missing(self) -> tuple[str, str]:
        """Say that there are no records of the student."""
        words = self.visit.words
        text = words("student.unknown.text", person=self._person)
        return words("student.unknown.title"), text
