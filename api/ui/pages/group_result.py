"""The results of a class, a school or the district under a scheme: levels, means, who and where."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import Query
from nicegui import ui

from api.ui import charts, formats
from api.ui.charts import Figure
from api.ui.evaluation_queries import USUAL_SCHEME, Asked, Group
from api.ui.filters import day_named
from api.ui.layout import EVALUATIONS, Card, page, result_link
from api.ui.live import PAGE_SECONDS, Live
from api.ui.pages.result_parts import change_text, level_text, score_cell, score_text
from api.ui.parts import KeyFigures
from api.ui.permission import is_permitted
from api.ui.portrait import Part, Portrait, as_of
from api.ui.result_view import ResultView
from api.ui.session import Visit, Visitor
from api.ui.table import Column, DataTable, Row, cell
from api.ui.words import Words

Told = dict[str, Any]

SPACING = 30.0  # seconds between two looks: these answers read many students' facts
SCORES = ("process", "outcome")


@ui.page("/evaluations/district", response_timeout=PAGE_SECONDS)
async def district_result_page(
    visit: Visitor,
    scheme: str = USUAL_SCHEME,
    begin: Annotated[str, Query(alias="from")] = "",
    to: str = "",
) -> None:
    """Show the district's result under a scheme."""
    await _show(visit, "district", "", scheme, begin, to)


@ui.page("/evaluations/schools/{name:path}", response_timeout=PAGE_SECONDS)
async def school_result_page(
    visit: Visitor,
    name: str,
    scheme: str = USUAL_SCHEME,
    begin: Annotated[str, Query(alias="from")] = "",
    to: str = "",
) -> None:
    """Show a school's result under a scheme."""
    await _show(visit, "schools", name, scheme, begin, to)


@ui.page("/evaluations/classes/{name:path}", response_timeout=PAGE_SECONDS)
async def class_result_page(
    visit: Visitor,
    name: str,
    scheme: str = USUAL_SCHEME,
    begin: Annotated[str, Query(alias="from")] = "",
    to: str = "",
) -> None:
    """Show a class's result under a scheme."""
    await _show(visit, "classes", name, scheme, begin, to)


async def _show(visit: Visit, group: Group, name: str, scheme: str, begin: str, to: str) -> None:
    evaluations = visit.evaluations
    asked = Asked(scheme, day_named(begin), day_named(to))
    path = result_link(group, name, scheme, begin, to)
    with page(visit.words, visit.words("result.title"), path, visit):
        if not await is_permitted(visit, evaluations.permit_group(group, name)):
            return
        view = GroupResultView(visit, group, name, asked)
        Live(
            visit, view, lambda: evaluations.group(group, name, asked), spacing=SPACING
        ).begin_soon()


class GroupResultView(ResultView):
    """The parts of the page."""

    def __init__(self, visit: Visit, group: Group, name: str, asked: Asked) -> None:
        self._group = group
        back = ("back_to_evaluation", EVALUATIONS)
        super().__init__(visit, asked, result_link(group, name), back)

    def make_parts(self) -> Sequence[Part]:
        """Make the parts."""
        visit = self.visit
        return [
            GroupFigures(visit),
            Counts(visit, "levels", _levels, "xj-levels-card"),
            Counts(visit, "scores", _tenths),
            Members(visit) if self._group == "classes" else Parts(visit, self._group),
            Means(visit),
        ]

    def named(self, portrait: Portrait) -> str:
        """Give the title of the class, the name of the school, or the district."""
        if self._group == "district":
            return self.visit.words("evaluation.whole")
        return str(portrait.get("title") or portrait.get("name") or "")


class GroupFigures(KeyFigures):
    """How many there are, and what they scored on the average."""

    PREFIX = "group"
    KEYS = ("students", "mean", "interval", "process", "outcome", "completeness", "change")

    def texts(self, portrait: Portrait) -> dict[str, str]:
        """Give the figures of a group's result."""
        words, total, kinds = self.words, portrait["total"], portrait["kinds"]
        interval = words("nothing")
        if total["low"] is not None:
            interval = f"{total['low']:.1f}–{total['high']:.1f}"
        return {
            "students": words("group.of", n=total["n"], all=portrait["students"]),
            "mean": score_text(total["mean"], words),
            "interval": interval,
            **{kind: score_text(kinds[kind]["mean"], words) for kind in SCORES},
            "completeness": formats.percent(total["completeness"]),
            "change": change_text(total["change"]["mean"], words),
        }


class Counts:
    """How many students there are of each kind, in columns; ``what`` names the card's words."""

    def __init__(
        self,
        visit: Visit,
        what: str,
        counts_of: Callable[[Portrait, Words], dict[str, int]],
        classes: str = "",
    ) -> None:
        self._visit = visit
        self._what = what
        self._counts_of = counts_of
        words = self._words = visit.words
        title = words(f"group.{what}")
        with Card(words, title, classes=classes):
            self._figure = Figure(words, "xj-bars", title)

    def show(self, portrait: Portrait) -> None:
        """Show the counts of a group."""
        words = self._words
        if not portrait["total"]["n"]:
            self._figure.show_empty(words("not_enough"))
            return
        counts = self._counts_of(portrait, words)
        self._figure.show(
            charts.columns(list(counts), words("group.students"), list(counts.values())),
            words(f"group.{self._what}.summary", counts=_listed(counts, words)),
            _notes(self._visit, portrait),
        )


def _levels(portrait: Portrait, words: Words) -> dict[str, int]:
    """Count the students of each level."""
    levels = portrait["total"]["levels"]
    return {level_text(portrait, one["id"], words): one["count"] for one in levels}


def _tenths(portrait: Portrait, words: Words) -> dict[str, int]:
    """Count the students by their scores, in tenths."""
    return {f"{10 * at}–{10 * at + 10}": n for at, n in enumerate(portrait["total"]["histogram"])}


class Members:
    """The students of a class, each with the own result."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("group.members")
        numbers = ("process", "outcome", "completeness", "change")
        with Card(words, title, words("result.help"), "xj-members-card xj-wide") as card:
            self._table = DataTable(
                words,
                words("group.members.caption"),
                [
                    Column("name", words("students.name"), "link", sortable=True),
                    Column("score", words("result.score"), "interval", True, descending=True),
                    Column("level", words("result.level"), sortable=True),
                    *(Column(key, words(f"result.{key}"), "number", True, True) for key in numbers),
                ],
                order="score",
                export=title,
            )
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the students of a class."""
        self._aside.text = f"{self._words('result.unit')} · {as_of(self._visit, portrait)}"
        self._table.show(self._row(portrait, one) for one in portrait["members"])

    def _row(self, portrait: Portrait, one: Told) -> Row:
        words, period = self._words, portrait["period"]
        scheme = portrait["scheme"]["id"]
        href = result_link("students", one["person"], scheme, period["from"], period["to"])
        order = [level["id"] for level in portrait["levels"]]
        return {
            "id": one["person"],
            "name": cell(one["name"], one["name"], href=href),
            "score": score_cell(one, words),
            "level": cell(
                level_text(portrait, one["level"], words),
                order.index(one["level"]) if one["level"] in order else None,
            ),
            **{kind: cell(score_text(one[kind], words), one[kind]) for kind in SCORES},
            "completeness": cell(formats.percent(one["completeness"]), one["completeness"]),
            "change": cell(change_text(one["change"], words), one["change"]),
        }


class Parts:
    """The classes of a school, or the schools of the district, with pooled means."""

    def __init__(self, visit: Visit, group: Group) -> None:
        self._visit = visit
        words = self._words = visit.words
        self._parts: Group = "classes" if group == "schools" else "schools"
        title = words(f"group.{self._parts}")
        with Card(words, title, words("group.pooled"), "xj-group-parts-card xj-wide") as card:
            self._table = DataTable(
                words,
                title,
                [
                    Column("name", words(f"{self._parts}.name"), "link", sortable=True),
                    Column("mean", words("group.mean"), "interval", True, descending=True),
                    Column("differs", words("group.differs"), sortable=True),
                    Column("seen", words("group.seen"), "number", True, descending=True),
                    Column("students", words("group.students"), "number", True, descending=True),
                ],
                order="name",
                export=title,
            )
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the parts of a school or of the district."""
        self._aside.text = f"{self._words('result.unit')} · {as_of(self._visit, portrait)}"
        self._table.show(self._row(portrait, one) for one in portrait[self._parts])

    def _row(self, portrait: Portrait, one: Told) -> Row:
        words, period = self._words, portrait["period"]
        scheme = portrait["scheme"]["id"]
        href = result_link(self._parts, one["id"], scheme, period["from"], period["to"])
        told = words(f"diagnosis.{one['differs']}") if one["differs"] else words("nothing")
        return {
            "id": one["id"],
            "name": cell(one["name"], one["name"], href=href),
            "mean": score_cell(one, words, "mean"),
            "differs": cell(told, one["differs"]),
            "seen": cell(score_text(one["seen"], words), one["seen"]),
            "students": cell(words("group.of", n=one["n"], all=one["students"]), one["students"]),
        }


class Means:
    """The mean of each dimension and of its indicators, process and outcome apart."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("group.means")
        with Card(words, title, words("group.means.help"), "xj-means-card xj-wide") as card:
            self._table = DataTable(
                words,
                title,
                [
                    Column("indicator", words("result.indicator")),
                    Column("mean", words("group.mean"), "interval"),
                    Column("kind", words("group.kind")),
                    Column("weight", words("result.weight"), "number"),
                    Column("n", words("group.students"), "number"),
                    Column("change", words("result.change"), "number"),
                ],
                export=title,
            )
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the means of a group."""
        self._aside.text = f"{self._words('result.unit')} · {as_of(self._visit, portrait)}"
        rows = []
        for one in portrait["dimensions"]:
            rows.append(self._row(one, one["id"]))
            rows += [self._row(each, f"{one['id']}.{each['id']}") for each in one["indicators"]]
        self._table.show(rows)

    def _row(self, one: Told, name: str) -> Row:
        words = self._words
        kind = words(f"result.{one['kind']}") if "kind" in one else words("result.dimension")
        if "source" in one:
            kind = f"{kind} · {words('result.' + one['source'])}"
        return {
            "id": name,
            "indicator": cell(words.of(one["title"])),
            "mean": score_cell(one, words, "mean"),
            "kind": cell(kind),
            "weight": cell(formats.percent(one["weight"] / 100)),
            "n": cell(formats.count(one["n"])),
            "change": cell(change_text(one["change"]["mean"], words)),
        }


def _listed(counts: dict[str, int], words: Words) -> str:
    return words.listed(f"{name} {n}" for name, n in counts.items() if n)


def _notes(visit: Visit, portrait: Portrait) -> list[str]:
    words = visit.words
    return [
        words("unit", unit=words("distribution.unit")),
        words("group.n", n=portrait["total"]["n"]),
        as_of(visit, portrait),
    ]
