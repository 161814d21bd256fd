"""Evaluation: whose results the visitor may see, and the schemes that judge them."""

from collections.abc import Sequence
from typing import Any

from nicegui import ui

from api.roles import Resource
from api.ui.asking import Answer
from api.ui.layout import EVALUATIONS, Card, Tag, page, result_link, scheme_link
from api.ui.live import PAGE_SECONDS, Live
from api.ui.pages.scheme_parts import origin_text
from api.ui.permission import is_permitted
from api.ui.portrait import Part, Portrait, PortraitView
from api.ui.session import HOME, Visit, Visitor
from api.ui.table import Column, DataTable, Row, cell

SPACING = 10.0  # seconds between two looks: roster and schemes change seldom
MOST_STUDENTS = 50  # of one's own: a student, the children of parents


@ui.page("/evaluations", response_timeout=PAGE_SECONDS)
async def evaluation_page(visit: Visitor) -> None:
    """Show whose results there are to see, and by which schemes."""
    with page(visit.words, visit.words("evaluation.title"), EVALUATIONS, visit):
        if not await is_permitted(visit, visit.evaluations.permit_schemes()):
            return
        view = EvaluationView(visit, ("back_to_students", HOME))
        await Live(visit, view, lambda: _asked(visit), spacing=SPACING).begin()


async def _asked(visit: Visit) -> Answer:
    """Ask for the schemes, and for the classes, schools and students that are the visitor's."""
    queries = visit.queries
    answer = await visit.evaluations.schemes()
    answer["district"] = queries.may_see(Resource.DISTRICT_EVALUATION)
    answer["schools"] = answer["classes"] = answer["students"] = []
    if queries.may_see(Resource.SCHOOL_EVALUATION):
        answer["schools"] = (await queries.schools())["schools"]
    if queries.may_see(Resource.CLASS_EVALUATION):
        answer["classes"] = (await queries.classes())["classes"]
    elif queries.may_see(Resource.STUDENT_EVALUATION):
        answer["students"] = (await queries.students("", MOST_STUDENTS, None))["students"]
    return answer


class EvaluationView(PortraitView):
    """The parts of the page."""

    def make_parts(self) -> Sequence[Part]:
        """Make the parts."""
        return [Results(self.visit), SchemeList(self.visit)]

    def describe(self, portrait: Portrait) -> tuple[str, str]:
        """Say what the page is for."""
        words = self.visit.words
        return words("evaluation.title"), words("evaluation.line")

    def missing(self) -> tuple[str, str]:
        """Say that there is nothing; a store always has schemes."""
        words = self.visit.words
        return words("result.none"), words("result.nobody")


class Results:
    """Whose results there are to see."""

    def __init__(self, visit: Visit) -> None:
        words = self._words = visit.words
        title = words("evaluation.results")
        with Card(words, title, classes="xj-wide"):
            self._empty = Tag("p", words("evaluation.nobody"), "xj-empty")
            self._table = DataTable(
                words,
                title,
                [
                    Column("name", words("evaluation.of"), "link"),
                    Column("kind", words("evaluation.kind"), sortable=True),
                ],
            )

    def show(self, portrait: Portrait) -> None:
        """Show the district, the schools, the classes, the students."""
        words = self._words
        rows = []
        if portrait["district"] and portrait["schools"]:
            rows.append(self._row("district", "", words("evaluation.whole"), 0))
        rows += [self._row("schools", one["org"], one["name"], 1) for one in portrait["schools"]]
        rows += [
            self._row("classes", one["class_group"], one["title"], 2) for one in portrait["classes"]
        ]
        rows += [
            self._row("students", one["person"], one["name"], 3) for one in portrait["students"]
        ]
        self._empty.set_visibility(not rows)
        self._table.set_visibility(bool(rows))
        self._table.show(rows)

    def _row(self, kind: str, name: str, title: str, order: int) -> Row:
        return {
            "id": f"{kind} {name}",
            "name": cell(title or name, title, href=result_link(kind, name)),
            "kind": cell(self._words(f"evaluation.{kind}"), order),
        }


class SchemeList:
    """The schemes that the store has."""

    def __init__(self, visit: Visit) -> None:
        words = self._words = visit.words
        title = words("schemes.title")
        with Card(words, title, words("schemes.help"), "xj-schemes-card xj-wide") as card:
            self._table = DataTable(
                words,
                title,
                [
                    Column("title", words("scheme.name"), "link", sortable=True),
                    Column("origin", words("scheme.origin"), sortable=True),
                    Column("extends", words("scheme.extends")),
                    Column("dimensions", words("scheme.dimensions"), "number", True),
                    Column("indicators", words("scheme.indicators"), "number", True),
                ],
                export=title,
            )
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the schemes."""
        schemes = portrait["schemes"]
        self._aside.text = self._words("schemes.n", n=len(schemes))
        self._table.show(self._row(one) for one in schemes)

    def _row(self, one: dict[str, Any]) -> Row:
        words = self._words
        title = words.of(one["title"]) if one["title"] else one["id"]
        note = words("scheme.faulty") if one["faults"] else one["id"]
        return {
            "id": one["id"],
            "title": cell(title, title, note=note, href=scheme_link(one["id"])),
            "origin": cell(origin_text(one, words), one["origin"]),
            "extends": cell(one["extends"] or words("nothing")),
            **{
                key: cell(words("nothing") if one[key] is None else str(one[key]), one[key])
                for key in ("dimensions", "indicators")
            },
        }
