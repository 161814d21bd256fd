"""The parts that only a school's page has: its figures with its rank, who is at risk, homework."""

from typing import Any

from api.ui import formats
from api.ui.layout import Card, Tag, class_link, evidence_link
from api.ui.pages.class_parts import AtRisk, Lessons
from api.ui.pages.district_parts import SchoolFigures
from api.ui.portrait import Portrait
from api.ui.session import Visit
from api.ui.table import Column, DataTable, Row, cell


class OwnFigures(SchoolFigures):
    """The key figures of a school, and its rank in the month."""

    KEYS = (*SchoolFigures.KEYS, "rank")

    def texts(self, portrait: Portrait) -> dict[str, str]:
        """Give the figures."""
        words, rank = self.words, portrait["rank"]
        place = words("lesson.of", part=rank["rank"], whole=rank["of"]) if rank else None
        return {**super().texts(portrait), "rank": place or words("nothing")}


class SchoolAtRisk(AtRisk):
    """Who of a school needs help, and why: those with most reasons."""

    def show(self, portrait: Portrait) -> None:
        """Show who of a school is at risk."""
        risky, figures = portrait["at_risk"], portrait["key_figures"]
        names = {one["person"]: one["name"] for one in risky}
        self.show_risky(portrait, risky, figures["students"], figures["at_risk"], names)


class Load:
    """How long students of each class spend on homework in a week."""

    def __init__(self, visit: Visit) -> None:
        words = self._words = visit.words
        title = words("school_load.title")
        with Card(words, title, words("school_load.help"), "xj-load-card") as card:
            self._empty = Tag("p", words("school_load.empty"), "xj-empty")
            self._table = DataTable(
                words,
                title,
                [
                    Column("name", words("classes.name"), "link", sortable=True),
                    Column("n", words("classes.students"), "number", True, descending=True),
                    Column("median", words("school_load.median"), "number", True, descending=True),
                    Column("most", words("school_load.most"), "number", True, descending=True),
                ],
                export=title,
            )
            self._evidence = Tag("a", words("evidence.open"), "xj-evidence-link")
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the homework load of a school's classes."""
        words, load = self._words, portrait["load"]
        titles = {one["class_group"]: one["title"] for one in portrait["classes"]}
        self._empty.set_visibility(not load["classes"])
        self._table.set_visibility(bool(load["classes"]))
        self._evidence.set_visibility(bool(load["classes"]))
        self._evidence.attribute("href", evidence_link(load["evidence"]))
        self._aside.text = words(
            "load.aside",
            median=formats.length(load["median_seconds_a_week"] or 0, words),
            most=formats.length(load["most_seconds_a_week"] or 0, words),
            n=formats.count(load["n"]),
        )
        self._table.show(
            self._row(one, titles.get(one["class_group"]), portrait["on"])
            for one in load["classes"]
        )

    def _row(self, one: dict[str, Any], title: str | None, on: str) -> Row:
        name = title or one["class_group"]
        median, most = one["median_seconds_a_week"], one["most_seconds_a_week"]
        return {
            "id": one["class_group"],
            "name": cell(name, name, href=class_link(one["class_group"], on)),
            "n": cell(formats.count(one["n"]), one["n"]),
            "median": cell(formats.length(median or 0, self._words), median),
            "most": cell(formats.length(most or 0, self._words), most),
        }


class WeekLessons(Lessons):
    """The lessons of the week in a school: the newest, where there are many."""

    def show(self, portrait: Portrait) -> None:
        """Show the lessons of a school's week."""
        super().show(portrait)
        if portrait["more"]:
            newest = self.words("school_week.newest", n=len(portrait["lessons"]))
            self.aside.text = f"{newest} · {self.aside.text}"
