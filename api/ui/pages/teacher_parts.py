"""The parts of a teacher's page: each shows its own part of a portrait, again and again."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from api.ui import charts, formats
from api.ui.charts import Figure
from api.ui.layout import Card, Tag, evidence_link, lesson_link
from api.ui.lesson_table import LessonTable
from api.ui.parts import KeyFigures
from api.ui.periods import Period
from api.ui.portrait import Portrait, as_of, name_of
from api.ui.session import Visit
from api.ui.table import Column, DataTable, Row, cell, figure_cell
from projections.vocabulary import ACTIONS, LAYERS


class TeacherFigures(KeyFigures):
    """The key figures of a teacher."""

    PREFIX = "teacher"
    KEYS = ("weeks", "acts", "lessons", "homework", "homework_time", "reused")

    def texts(self, portrait: Portrait) -> dict[str, str]:
        """Give the figures."""
        words, homework = self.words, portrait["homework"]
        return {
            "weeks": formats.count(portrait["weeks"]),
            "acts": formats.count(portrait["acts"]),
            "lessons": formats.count(portrait["lessons"]["n"]),
            "homework": formats.rate(homework["per_week"], words),
            "homework_time": formats.length(homework["seconds"] or 0, words),
            "reused": formats.count(portrait["resources"]["used_again"]),
        }


class Dimensions:
    """The five dimensions: how much a week, among all, and against the own past."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("dimensions.title")
        with Card(words, title, words("dimensions.help"), "xj-dimensions-card xj-wide") as card:
            self._table = DataTable(
                words,
                words("dimensions.caption"),
                [
                    Column("name", words("dimensions.name")),
                    Column("rank", words("dimensions.rank"), "interval"),
                    Column("per_week", words("dimensions.per_week"), "number", True),
                    Column("n", words("dimensions.n"), "number", True),
                    Column("past", words("dimensions.past"), "number"),
                    Column("lessons", words("dimensions.lessons"), "number", True),
                ],
                export=title,
            )
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the dimensions of a teacher."""
        self._aside.text = as_of(self._visit, portrait)
        self._table.show(self._row(one) for one in portrait["dimensions"])

    def _row(self, one: dict[str, Any]) -> Row:
        words, rank, past = self._words, one["rank"], one["own_past"]
        actions = words.listed(
            f"{words.term(ACTIONS, each['action'])} {each['n']}"
            for each in one["actions"]
            if each["n"]
        )
        among = words("dimensions.among", n=one["among"])
        label = among if rank is None else words("dimensions.more", share=formats.percent(rank))
        place = {} if rank is None else {"low": 0, "high": rank, "value": rank}
        return {
            "id": one["dimension"],
            "name": cell(words.choose(one["names"], one["dimension"]), note=actions),
            "rank": cell(formats.share(rank, words), rank, note=among, label=label, **place),
            "per_week": cell(formats.rate(one["per_week"], words), one["per_week"]),
            "n": figure_cell(formats.count(one["n"]), one["n"], _together(one["actions"]), words),
            "past": cell(
                words(
                    "dimensions.change",
                    before=formats.rate(past["before"], words),
                    recent=formats.rate(past["recent"], words),
                )
            ),
            "lessons": cell(formats.count(one["lessons"]["n"]), one["lessons"]["n"]),
        }


def _together(actions: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Give the evidence of several actions of one person as one."""
    wanted = [each["evidence"]["wanted"] for each in actions]
    action = [one for each in wanted for one in each["action"]]
    facts = sum(each["evidence"]["facts"] for each in actions)
    return {"facts": facts, "wanted": {**wanted[0], "action": action}}


class LessonsBehind:
    """The lessons that each dimension was shown in: links, with how often."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        with Card(words, words("behind.title"), words("behind.help"), "xj-behind-card"):
            self._list = Tag("dl", classes="xj-behind")

    def show(self, portrait: Portrait) -> None:
        """Show the lessons behind a teacher's dimensions."""
        self._list.clear()
        with self._list:
            for one in portrait["dimensions"]:
                Tag("dt", self._words.choose(one["names"], one["dimension"]))
                with Tag("dd", data_dimension=one["dimension"]):
                    show_lessons(self._visit, one["lessons"]["newest"])


def show_lessons(visit: Visit, lessons: Sequence[dict[str, Any]]) -> None:
    """Put links to lessons, each with how often something was done in it."""
    words = visit.words
    if not lessons:
        Tag("p", words("behind.none"), "xj-note")
        return
    with Tag("ul", classes="xj-links"):
        for one in lessons:
            with Tag("li"):
                name = name_of(visit, one["names"], one["lesson"])
                Tag("a", name, href=lesson_link(one["lesson"]))
                Tag("span", " ")
                n = words("behind.n", n=one["n"])
                Tag("a", n, "xj-note", href=evidence_link(one["evidence"]))


class Preparation:
    """How a teacher prepares lessons, and what homework is given."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("preparation.title")
        with Card(words, title, words("preparation.help"), "xj-preparation-card"):
            self._table = DataTable(
                words,
                title,
                [
                    Column("action", words("fact.action")),
                    Column("n", words("dimensions.n"), "number", True),
                ],
                export=title,
            )
            Tag("h3", words("preparation.lessons"))
            self._lessons = Tag("div")

    def show(self, portrait: Portrait) -> None:
        """Show the preparation and the homework of a teacher."""
        words, prepared = self._words, portrait["preparation"]
        homework = portrait["homework"]
        layers = words.listed(
            words("timeline.kind", action=words.term(LAYERS, layer), n=n)
            for layer, n in homework["layers"].items()
        )
        given = {"action": "homework_set", "n": homework["set"], "evidence": homework["evidence"]}
        self._table.show(
            {
                "id": one["action"],
                "action": cell(words.term(ACTIONS, one["action"]), note=note),
                "n": figure_cell(formats.count(one["n"]), one["n"], one["evidence"], words),
            }
            for one, note in (*((each, "") for each in prepared["actions"]), (given, layers))
        )
        self._lessons.clear()
        with self._lessons:
            show_lessons(self._visit, prepared["lessons"]["newest"])


class Weeks:
    """How much of each dimension was done in each week."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("dimensions.weeks")
        with Card(words, title, classes="xj-wide"):
            self._figure = Figure(words, "xj-bars", title)

    def show(self, portrait: Portrait) -> None:
        """Show the weeks of a teacher."""
        words, dimensions = self._words, portrait["dimensions"]
        weeks = [one["week"] for one in dimensions[0]["weeks"]]
        if not weeks:
            self._figure.show_empty(words("dimensions.empty"))
            return
        periods = [Period(date.fromisoformat(week), "week") for week in weeks]
        series = {
            words.choose(one["names"], one["dimension"]): [each["n"] for each in one["weeks"]]
            for one in dimensions
        }
        self._figure.show(
            charts.stacked([period.label for period in periods], series),
            words(
                "dimensions.summary",
                counts=words.listed(f"{name} {sum(values)}" for name, values in series.items()),
            ),
            [
                words("unit", unit=words("activity.unit")),
                words("activity.n", n=formats.count(sum(map(sum, series.values())))),
                as_of(self._visit, portrait),
            ],
        )


class Resources:
    """The resources that a teacher used most, and by how many others they were taken up."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("resources.title")
        with Card(words, title, words("resources.help"), "xj-wide") as card:
            self._empty = Tag("p", words("resources.empty"), "xj-empty")
            self._table = DataTable(
                words,
                words("resources.caption"),
                [
                    Column("name", words("resources.name")),
                    Column("lessons", words("resources.lessons"), "number", True),
                    Column("others", words("resources.others"), "number", True),
                ],
                export=title,
            )
            self._effects = {phase: Tag("p", classes="xj-note") for phase in ("in", "post")}
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the resources of a teacher."""
        words, found = self._words, portrait["resources"]
        used = found["most_used"]
        self._aside.text = words(
            "resources.n",
            n=found["resources"],
            again=found["used_again"],
            others=found["taken_by_others"],
        )
        self._empty.set_visibility(not used)
        self._table.set_visibility(bool(used))
        for phase, shown in self._effects.items():
            shown.text = self._effect(phase, found["effect"][phase])
            shown.set_visibility(bool(used))
        self._table.show(
            {
                "id": one["item"],
                "name": cell(name_of(self._visit, one["names"], one["item"])),
                "lessons": figure_cell(
                    formats.count(one["lessons"]), one["lessons"], one["evidence"], words
                ),
                "others": cell(formats.count(one["other_persons"]), one["other_persons"]),
            }
            for one in used
        )

    def _effect(self, phase: str, effect: dict[str, Any]) -> str:
        """Say how lessons with resources went against the others."""
        words = self._words
        counts = {"n": effect["n"], "other": effect["n_other"]}
        in_phase = words(f"resources.effect.{phase}")
        if effect["mean"] is None:
            return words("resources.effect.none", phase=in_phase, **counts)
        mean, low, high = (formats.points(effect[key], words) for key in ("mean", "low", "high"))
        return words("resources.effect", phase=in_phase, mean=mean, low=low, high=high, **counts)


class OwnLessons:
    """The newest lessons, with their phases."""

    def __init__(self, visit: Visit) -> None:
        words = self._words = visit.words
        title = words("teacher.newest")
        with Card(words, title, words("week.help"), "xj-wide") as card:
            self._empty = Tag("p", words("lessons.empty.title"), "xj-empty")
            self._table = LessonTable(visit, title, has_teachers=False)
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the lessons of a teacher."""
        lessons = portrait["lessons"]
        self._empty.set_visibility(not lessons["newest"])
        self._table.set_visibility(bool(lessons["newest"]))
        self._table.show_lessons(lessons["newest"])
        self._aside.text = self._words("teacher.lessons_n", n=lessons["n"])
