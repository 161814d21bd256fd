"""A student's result: on the own page in short, and on a page of its own down to the evidence."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from nicegui import ui

from api.ui.evaluation_queries import USUAL_SCHEME, Asked
from api.ui.filters import day_named
from api.ui.layout import Card, Tag, page, result_link, student_link
from api.ui.live import PAGE_SECONDS, Live
from api.ui.pages.result_parts import (
    Dimensions,
    Explanation,
    Indicators,
    ResultFigures,
    dimension_row,
    dimensions_table,
)
from api.ui.pages.scheme_trajectory import SchemeTrajectory
from api.ui.permission import is_permitted
from api.ui.portrait import Part, Portrait, as_of
from api.ui.result_view import ResultView
from api.ui.session import Visit, Visitor

SPACING = 10.0  # seconds between two looks: results compare with a whole grade


@ui.page("/evaluations/students/{person:path}", response_timeout=PAGE_SECONDS)
async def student_result_page(
    visit: Visitor,
    person: str,
    scheme: str = USUAL_SCHEME,
    begin: Annotated[str, Query(alias="from")] = "",
    to: str = "",
) -> None:
    """Show a student's result under a scheme, and keep it true."""
    evaluations = visit.evaluations
    asked = Asked(scheme, day_named(begin), day_named(to))
    path = result_link("students", person, scheme, begin, to)
    with page(visit.words, visit.words("result.title"), path, visit):
        if not await is_permitted(visit, evaluations.permit_student(person)):
            return
        view = StudentResultView(visit, person, asked)
        live = Live(
            visit,
            view,
            lambda: evaluations.student(person, asked),
            lambda: visit.queries.mark(person),
            spacing=SPACING,
        )
        live.begin_soon()


class StudentResultView(ResultView):
    """The parts of the page: the total first, then what it is made of."""

    def __init__(self, visit: Visit, person: str, asked: Asked) -> None:
        self._person = person
        own_path = result_link("students", person)
        super().__init__(visit, asked, own_path, ("back_to_student", student_link(person)))

    def make_parts(self) -> Sequence[Part]:
        """Make the parts."""
        visit = self.visit
        return [
            ResultFigures(visit),
            Explanation(visit),
            Dimensions(visit),
            Indicators(visit),
            SchemeTrajectory(visit, self._person),
        ]

    def named(self, portrait: Portrait) -> str:
        """Give the student's name."""
        return str(portrait["name"])


class ResultCard:
    """A student's result in short, on the student's page."""

    def __init__(self, visit: Visit, person: str) -> None:
        self._visit = visit
        self._person = person
        words = self._words = visit.words
        self._card = Card(
            words, words("result.title"), words("result.help"), "xj-short-result xj-wide"
        )
        with self._card:
            self._instead = Tag("p", words("working_out"), "xj-empty")
            with Tag("div") as self._shown:
                self._figures = ResultFigures(visit)
                self._list = Tag("ul", classes="xj-sentences")
                self._table = dimensions_table(words)
                self._more = Tag("a", words("result.more"), "xj-evidence-link")
        self._shown.set_visibility(False)

    def show(self, answer: dict[str, Any] | None) -> None:
        """Show the result of a student; None where nobody knows the student."""
        words = self._words
        self._shown.set_visibility(answer is not None)
        self._instead.set_visibility(answer is None)
        if answer is None:
            self._instead.text = words("not_enough")
            return
        period = answer["period"]
        days = words("days", first=period["from"], last=period["to"])
        title = words.of(answer["scheme"]["title"])
        self._card.aside.text = f"{title} · {days} · {as_of(self._visit, answer)}"
        self._figures.show(answer)
        self._list.clear()
        with self._list:
            for sentence in answer["explanation"]:
                Tag("li", words.of(sentence))
        self._table.show(dimension_row(answer, one, words) for one in answer["dimensions"])
        scheme = answer["scheme"]["id"]
        self._more.attribute("href", result_link("students", self._person, scheme))

    def show_broken(self, since: datetime | None) -> None:
        """Say that there is no answer; what was shown before stays."""
        if since is None:
            self._instead.text = self._words("broken.text")
            self._instead.set_visibility(True)
