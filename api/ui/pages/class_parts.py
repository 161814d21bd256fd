"""The parts of a class's page: each shows its own part of a class's portrait, again and again."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from api.ui import charts, formats
from api.ui.charts import Figure
from api.ui.export import ExportButtons
from api.ui.heat_map import HeatMap
from api.ui.layout import Card, Tag, evidence_link, student_link
from api.ui.lesson_table import LessonTable
from api.ui.parts import KeyFigures
from api.ui.periods import Period
from api.ui.portrait import Portrait, as_of, is_past, point_name
from api.ui.session import Visit
from api.ui.table import Column, DataTable, Row, cell, counted_cell
from projections.vocabulary import PHASES, SUBJECTS

PHASE_ORDER = (*PHASES, "")


class ClassFigures(KeyFigures):
    """The key figures of a class."""

    PREFIX = "class"
    KEYS = ("n", "risky", "mean", "accuracy", "on_time", "homework")

    def texts(self, portrait: Portrait) -> dict[str, str]:
        """Give the figures; shares are of all students together."""
        words, students = self.words, portrait["students"]
        weeks = portrait["activity"]
        due = sum(one["due"] for one in students)
        on_time = sum(round(one["due"] * (one["on_time"] or 0)) for one in students)
        answers, correct = (sum(one[name] for one in weeks) for name in ("answers", "correct"))
        load = portrait["load"]["median_seconds_a_week"]
        return {
            "n": formats.count(portrait["n"]),
            "risky": formats.count(len(portrait["at_risk"])),
            "mean": formats.share(portrait["distribution"]["mean"], words),
            "accuracy": formats.ratio(correct, answers, words),
            "on_time": formats.ratio(on_time, due, words),
            "homework": formats.length(load or 0, words),
        }


class AtRisk:
    """Who needs help, and why, in words."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("risk.title")
        with Card(words, title, words("risk.help"), "xj-risk-card xj-wide") as card:
            self._empty = Tag("p", words("risk.empty"), "xj-empty")
            self._list = Tag("ol", classes="xj-risks")
            self._export = ExportButtons(words, title)
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show who of a class is at risk."""
        names = {one["person"]: one["name"] for one in portrait["students"]}
        self.show_risky(
            portrait, portrait["at_risk"], portrait["n"], len(portrait["at_risk"]), names
        )

    def show_risky(
        self,
        portrait: Portrait,
        risky: Sequence[dict[str, Any]],
        of: int,
        n: int,
        names: Mapping[str, str],
    ) -> None:
        """List some of the ``n`` who are at risk among so many, by their names."""
        words = self._words
        self._empty.set_visibility(not risky)
        said = words("risk.n", risky=formats.count(n), n=formats.count(of))
        self._aside.text = f"{said} · {words('on', day=portrait['on'])}"
        called = {
            one["person"]: names.get(one["person"]) or formats.account(one["person"])
            for one in risky
        }
        self._list.clear()
        with self._list:
            for one in risky:
                self._student(one, called[one["person"]])
        reasons = [
            [called[one["person"]], words.of(reason)] for one in risky for reason in one["reasons"]
        ]
        heading = [words("students.name"), words("risk.reason")]
        self._export.show([heading, *reasons] if reasons else [])

    def _student(self, one: dict[str, Any], name: str) -> None:
        with Tag("li", data_person=one["person"]):
            Tag("a", name, href=student_link(one["person"]))
            with Tag("ul"):
                for reason in one["reasons"]:
                    with Tag("li", data_reason=reason["code"]):
                        evidence = evidence_link(reason["evidence"])
                        Tag("a", self._words.of(reason), "xj-reason", href=evidence)


class ClassHeatMap:
    """Who knows which knowledge point."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        with Card(words, words("heat.title"), words("heat.help"), "xj-heat-card xj-wide") as card:
            self._empty = Tag("p", words("mastery.empty"), "xj-empty")
            with Tag("div") as self._shown:
                self._past = Tag("p", words("mastery.past"), "xj-note")
                self._legend()
                self._map = HeatMap(visit)
        self._aside = card.aside

    def _legend(self) -> None:
        with Tag("ul", classes="xj-heat-legend"):
            for look in ("0", "1", "2", "3", "4", "few"):
                with Tag("li"):
                    Tag("i", classes=f"xj-heat-{look}", aria_hidden="true")
                    Tag("span", self._words(f"heat.look.{look}"))

    def show(self, portrait: Portrait) -> None:
        """Show the heat map of a class."""
        heat_map = portrait["heat_map"]
        points, students = len(heat_map["points"]), len(heat_map["students"])
        is_known = bool(points and students)
        self._empty.set_visibility(not is_known)
        self._shown.set_visibility(is_known)
        n = self._words("heat.size", students=students, points=points)
        self._aside.text = f"{n} · {as_of(self._visit, portrait)}"
        self._past.set_visibility(is_past(self._visit, portrait))
        self._map.show(heat_map)


class Distribution:
    """How many students know how much, in tenths."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        with Card(words, words("distribution.title"), words("distribution.help")):
            self._figure = Figure(words, "xj-bars", words("distribution.title"))
            self._evidence = Tag("a", words("evidence.open"), "xj-evidence-link")

    def show(self, portrait: Portrait) -> None:
        """Show the distribution of a class or a school."""
        words, found = self._words, portrait["distribution"]
        self._evidence.set_visibility(bool(found["n"]))
        self._evidence.attribute("href", evidence_link(found["evidence"]))
        if not found["n"]:
            self._figure.show_empty(words("distribution.empty"))
            return
        labels = [f"{10 * tenth}–{10 * tenth + 10}%" for tenth in range(10)]
        counts = found["tenths"]
        pairs = zip(labels, counts, strict=True)
        self._figure.show(
            charts.columns(labels, words("distribution.students"), counts),
            words(
                "distribution.summary",
                counts=words.listed(f"{label} {n}" for label, n in pairs if n),
            ),
            [
                words("unit", unit=words("distribution.unit")),
                words("distribution.n", n=found["n"], mean=formats.percent(found["mean"])),
                *([words("mastery.past")] if is_past(self._visit, portrait) else []),
                as_of(self._visit, portrait),
            ],
        )


class WeakPoints:
    """In what a class is weakest."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("weak.title")
        with Card(words, title, words("weak.help"), "xj-weak-card") as card:
            with Tag("div", classes="xj-points"), Tag("section", classes="xj-weakest"):
                self._list = Tag("ol", data_points="weakest")
            self._export = ExportButtons(words, title)
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the weak points of a class."""
        words = self._words
        points = portrait["weak_points"]
        self._aside.text = as_of(self._visit, portrait)
        heading = [words("mastery.point"), words("mastery.probability"), words("classes.students")]
        rows = [
            [point_name(self._visit, one), formats.percent(one["mean"]), one["n"]] for one in points
        ]
        self._export.show([heading, *rows] if rows else [])
        self._list.clear()
        with self._list:
            for point in portrait["weak_points"]:
                with Tag("li"):
                    Tag("span", point_name(self._visit, point))
                    Tag("strong", formats.percent(point["mean"]))
                    subject = words.term(SUBJECTS, point["subject"])
                    note = f"{subject} · {words('heat.n', n=point['n'])}"
                    Tag("a", note, "xj-note", href=evidence_link(point["evidence"]))
            if not portrait["weak_points"]:
                Tag("li", words("not_enough"), "xj-not-enough")


class Weeks:
    """What the class did, by week and phase."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("weeks.title")
        with Card(words, title, words("activity.help"), "xj-weeks-card xj-wide"):
            self._figure = Figure(words, "xj-bars", title)

    def show(self, portrait: Portrait) -> None:
        """Show the activity of a class."""
        words, rows = self._words, portrait["activity"]
        if not rows:
            self._figure.show_empty(words("activity.empty"))
            return
        weeks = sorted({row["week"] for row in rows})
        periods = [Period(date.fromisoformat(week), "week") for week in weeks]
        done = {(row["week"], row["phase"]): row["actions"] for row in rows}
        phases = [phase for phase in PHASE_ORDER if any(row["phase"] == phase for row in rows)]
        counts = {phase: [done.get((week, phase), 0) for week in weeks] for phase in phases}
        names = {phase: words(f"phase.{phase}") for phase in phases}
        by = words("activity.by.week")
        self._figure.show(
            charts.activity(periods, counts, names),
            charts.activity_summary(words, by, periods, counts, names),
            [
                by,
                words("unit", unit=words("activity.unit")),
                words("activity.n", n=formats.count(sum(done.values()))),
                as_of(self._visit, portrait),
            ],
        )


class Students:
    """What each student of the class did: homework load, on time, results."""

    NUMBERS = ("actions", "answers", "accuracy", "homework_seconds", "on_time", "last_day")

    def __init__(self, visit: Visit) -> None:
        words = self._words = visit.words
        numbers = [
            Column(key, words(f"load.{key}"), "number", sortable=True, descending=True)
            for key in self.NUMBERS
        ]
        title = words("load.title")
        with Card(words, title, words("load.help"), "xj-load-card xj-wide") as card:
            self._empty = Tag("p", words("load.empty"), "xj-empty")
            self._table = DataTable(
                words,
                words("load.caption"),
                [Column("name", words("students.name"), "link", sortable=True), *numbers],
                export=title,
            )
            self._evidence = Tag("a", words("evidence.open"), "xj-evidence-link")
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the students of a class."""
        words, load, students = self._words, portrait["load"], portrait["students"]
        self._evidence.attribute("href", evidence_link(load["evidence"]))
        self._empty.set_visibility(not students)
        self._table.set_visibility(bool(students))
        self._table.show(self._row(one) for one in students)
        self._aside.text = words(
            "load.aside",
            median=formats.length(load["median_seconds_a_week"] or 0, words),
            most=formats.length(load["most_seconds_a_week"] or 0, words),
            n=load["n"],
        )

    def _row(self, one: dict[str, Any]) -> Row:
        words = self._words
        on_time = formats.share(one["on_time"], words)
        return {
            "id": one["person"],
            "name": cell(one["name"], one["name"], href=student_link(one["person"])),
            "actions": counted_cell(one["actions"], one["evidence"], words)
            if one["actions"] and one["evidence"]
            else cell(formats.count(one["actions"]), one["actions"]),
            "answers": cell(formats.count(one["answers"]), one["answers"]),
            "accuracy": cell(formats.share(one["accuracy"], words), one["accuracy"]),
            "homework_seconds": cell(
                formats.length(one["homework_seconds"], words), one["homework_seconds"]
            ),
            "on_time": cell(
                words("load.of", share=on_time, n=one["due"]) if one["due"] else on_time,
                one["on_time"],
            ),
            "last_day": cell(one["last_day"] or words("nothing"), one["last_day"]),
        }


class Lessons:
    """The lessons of the week."""

    def __init__(self, visit: Visit) -> None:
        words = self.words = visit.words
        with Card(
            words, words("week.title"), words("week.help"), "xj-lessons-card xj-wide"
        ) as card:
            self._empty = Tag("p", words("week.empty"), "xj-empty")
            self._table = LessonTable(visit, words("week.title"))
        self.aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the lessons of a class's week."""
        lessons, week = portrait["lessons"], portrait["week"]
        self._empty.set_visibility(not lessons)
        self._table.set_visibility(bool(lessons))
        self._table.show_lessons(lessons)
        self.aside.text = self.words("days", first=week["from"], last=week["to"])
