"""The parts of the pages of the district and of schools: each shows its own part of a portrait."""

from dataclasses import replace
from datetime import date
from typing import Any, ClassVar

from api.ui import charts, formats
from api.ui.charts import Figure
from api.ui.layout import Card, Tag, class_link, evidence_link, school_link
from api.ui.parts import KeyFigures
from api.ui.periods import Period
from api.ui.portrait import Portrait, as_of, point_name
from api.ui.session import Visit
from api.ui.table import Cell, Column, DataTable, Row, cell
from api.ui.words import Words
from projections.vocabulary import STAGES, SUBJECTS

# How the weeks of a trend name the phases.
TREND_PHASES = {"pre": "before", "in": "during", "post": "after"}


class SchoolFigures(KeyFigures):
    """The key figures of a school, those of what is done of its newest week."""

    PREFIX = "district"
    KEYS: ClassVar[tuple[str, ...]] = (
        "classes",
        "students",
        "teachers",
        "active",
        "accuracy",
        "risky",
    )

    def texts(self, portrait: Portrait) -> dict[str, str]:
        """Give the figures."""
        words, found = self.words, portrait["key_figures"]
        texts = {
            "schools": formats.count(found.get("schools", 1)),
            "classes": formats.count(found["classes"]),
            "students": formats.count(found["students"]),
            "teachers": formats.count(found["teachers"]),
            "active": formats.share(found["active_share"], words),
            "accuracy": formats.share(found["accuracy"], words),
            "risky": formats.count(found["at_risk"]),
        }
        return {key: texts[key] for key in self.KEYS if key in texts}


class DistrictFigures(SchoolFigures):
    """The key figures of the district."""

    KEYS = ("schools", *SchoolFigures.KEYS)


class Trend:
    """What students did, by week and phase."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("weeks.title")
        with Card(words, title, words("activity.help"), "xj-wide xj-trend-card"):
            self._figure = Figure(words, "xj-bars", title)

    def show(self, portrait: Portrait) -> None:
        """Show the trend of a portrait."""
        words, weeks = self._words, portrait["trend"]
        if not weeks:
            self._figure.show_empty(words("activity.empty"))
            return
        periods = [Period(date.fromisoformat(week["week"]), "week") for week in weeks]
        counts = {phase: [week[name] for week in weeks] for phase, name in TREND_PHASES.items()}
        counts[""] = [
            week["actions"] - sum(week[name] for name in TREND_PHASES.values()) for week in weeks
        ]
        names = {phase: words(f"phase.{phase}") for phase in counts}
        by = words("activity.by.week")
        newest = words("district.newest", week=weeks[-1]["week"], n=weeks[-1]["students"])
        total = formats.count(sum(week["actions"] for week in weeks))
        self._figure.show(
            charts.activity(periods, counts, names),
            charts.activity_summary(words, by, periods, counts, names),
            [
                by,
                words("unit", unit=words("activity.unit")),
                words("activity.n", n=total),
                newest,
                as_of(self._visit, portrait),
            ],
        )


class Schools:
    """The schools, each with its newest week."""

    def __init__(self, visit: Visit) -> None:
        words = self._words = visit.words
        title = words("schools.list")
        with Card(words, title, words("schools.help"), "xj-wide xj-schools-card") as card:
            self._empty = Tag("p", words("schools.empty.text"), "xj-empty")
            self._table = DataTable(
                words,
                title,
                [
                    Column("name", words("classes.school"), "link", sortable=True),
                    *(
                        Column(key, words(f"schools.{key}"), "number", True, descending=True)
                        for key in ("students", "active", "actions", "accuracy", "risky")
                    ),
                ],
                export=title,
            )
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the schools of the district."""
        schools = portrait["schools"]
        self._empty.set_visibility(not schools)
        self._table.set_visibility(bool(schools))
        self._aside.text = self._words("on", day=portrait["on"])
        self._table.show(self._row(one) for one in schools)

    def _row(self, one: dict[str, Any]) -> Row:
        words = self._words
        return {
            "id": one["school"],
            "name": cell(one["name"], one["name"], href=school_link(one["school"])),
            "students": cell(formats.count(one["students"]), one["students"]),
            "active": cell(formats.share(one["active_share"], words), one["active_share"]),
            "actions": cell(formats.count(one["actions"]), one["actions"]),
            "accuracy": cell(formats.share(one["accuracy"], words), one["accuracy"]),
            "risky": cell(formats.count(one["at_risk"]), one["at_risk"]),
        }


class Classes:
    """The classes of a school, with how many of each are at risk."""

    def __init__(self, visit: Visit) -> None:
        words = self._words = visit.words
        title = words("classes.title")
        with Card(words, title, classes="xj-wide xj-classes-card") as card:
            self._empty = Tag("p", words("classes.empty.title"), "xj-empty")
            self._table = DataTable(
                words,
                words("classes.caption"),
                [
                    Column("name", words("classes.name"), "link", sortable=True),
                    Column("stage", words("district.stage"), sortable=True),
                    Column("students", words("classes.students"), "number", True, descending=True),
                    Column("risky", words("schools.risky"), "number", True, descending=True),
                ],
                export=title,
            )
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the administrative classes of a school; all where it has no such ones."""
        words, classes = self._words, portrait["classes"]
        shown = [one for one in classes if one["type"] == "homeroom"] or classes
        self._empty.set_visibility(not shown)
        self._table.set_visibility(bool(shown))
        self._aside.text = words("on", day=portrait["on"])
        self._table.show(
            {
                "id": one["class_group"],
                "name": cell(
                    one["title"] or one["class_group"],
                    one["title"],
                    href=class_link(one["class_group"], portrait["on"]),
                ),
                "stage": cell(words.term(STAGES, one["stage"]), one["grade"]),
                "students": cell(formats.count(one["students"]), one["students"]),
                "risky": cell(formats.count(one["at_risk"]), one["at_risk"]),
            }
            for one in shown
        )


class Diagnosis:
    """School by subject and stage: what is believed of each, with its interval."""

    def __init__(self, visit: Visit) -> None:
        words = self._words = visit.words
        title = words("diagnosis.title")
        with Card(words, title, words("diagnosis.help"), "xj-wide xj-diagnosis-card") as card:
            self._empty = Tag("p", words("not_enough"), "xj-empty")
            self._table = DataTable(
                words,
                title,
                [
                    Column("subject", words("choice.subject"), sortable=True),
                    Column("stage", words("district.stage"), sortable=True),
                    Column("school", words("classes.school"), "link", sortable=True),
                    Column("mean", words("mastery.probability"), "interval", True),
                    Column("all", words("diagnosis.all"), "number", True),
                    Column("differs", words("diagnosis.differs"), sortable=True),
                ],
                export=title,
            )
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the diagnosis of a portrait."""
        rows = [
            self._row(one, school) for one in portrait["diagnosis"] for school in one["schools"]
        ]
        self._empty.set_visibility(not rows)
        self._table.set_visibility(bool(rows))
        self._table.show(rows)
        self._aside.text = self._words("diagnosis.n", n=len(rows))

    def _row(self, one: dict[str, Any], school: dict[str, Any]) -> Row:
        words = self._words
        subject, stage = words.term(SUBJECTS, one["subject"]), words.term(STAGES, one["stage"])
        differs = school["differs"]
        where = {1: "above", 0: "within", -1: "below"}[differs]
        return {
            "id": f"{one['subject']} {one['stage']} {school['school']}",
            "subject": cell(subject, subject),
            "stage": cell(stage, stage),
            "school": cell(school["name"], school["name"], href=school_link(school["school"])),
            "mean": interval(words, school, words("heat.n", n=school["n"])),
            "all": cell(formats.percent(one["mean"]), one["mean"]),
            "differs": cell(words(f"diagnosis.{where}"), differs),
        }


class WeakPoints:
    """The knowledge points that are weakest, with their intervals."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("district.weak")
        with Card(words, title, words("district.weak.help"), "xj-wide xj-weak-card") as card:
            self._empty = Tag("p", words("not_enough"), "xj-empty")
            self._table = DataTable(
                words,
                title,
                [
                    Column("point", words("mastery.point"), sortable=True),
                    Column("subject", words("choice.subject"), sortable=True),
                    Column("mean", words("mastery.probability"), "interval", True),
                    Column("all", words("district.subject_mean"), "number", True),
                ],
                export=title,
            )
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the weak points of a portrait."""
        points = portrait["weak_points"]
        self._empty.set_visibility(not points)
        self._table.set_visibility(bool(points))
        self._aside.text = as_of(self._visit, portrait)
        self._table.show(self._row(point) for point in points)

    def _row(self, point: dict[str, Any]) -> Row:
        words, name = self._words, point_name(self._visit, point)
        subject = words.term(SUBJECTS, point["subject"])
        return {
            "id": point["knowledge_point"],
            "point": cell(name, name),
            "subject": cell(subject, subject),
            "mean": interval(words, point, words("heat.n", n=point["n"])),
            "all": cell(formats.percent(point["subject_mean"]), point["subject_mean"]),
        }


class Ranking:
    """A ranking of a month, whose rows kinds of rankings know."""

    OF: ClassVar[str]  # of the words, and in the portrait's rankings
    NUMBERS: ClassVar[tuple[str, ...]]
    NAME: ClassVar[Column]

    def __init__(self, visit: Visit) -> None:
        words = self.words = visit.words
        title = words(f"ranking.{self.OF}")
        with Card(words, title, words(f"ranking.{self.OF}.help"), "xj-ranking-card") as card:
            self._empty = Tag("p", words("ranking.empty"), "xj-empty")
            self._table = DataTable(
                words,
                title,
                [
                    Column("rank", words("ranking.rank"), "number"),
                    replace(self.NAME, label=words(self.NAME.label)),
                    *(Column(key, words(f"ranking.{key}"), "number") for key in self.NUMBERS),
                ],
                export=title,
            )
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the ranking of a portrait."""
        ranked = portrait["rankings"][self.OF]
        self._aside.text = portrait["rankings"]["month"]
        self._empty.set_visibility(not ranked)
        self._table.set_visibility(bool(ranked))
        self._table.show(
            {
                **self.row(one),
                "rank": cell(formats.count(one["rank"])),
                "change": cell(formats.change(one["change"], self.words)),
            }
            for one in ranked
        )

    def row(self, one: dict[str, Any]) -> Row:
        """Give the cells of what is ranked."""
        raise NotImplementedError


class SchoolRanking(Ranking):
    """Schools by what their students did per head in a month."""

    OF = "schools"
    NUMBERS = ("per_student", "active", "change")
    NAME = Column("name", "classes.school", "link")

    def row(self, one: dict[str, Any]) -> Row:
        """Give the cells of a school."""
        return {
            "id": one["school"],
            "name": cell(one["name"], href=school_link(one["school"])),
            "per_student": cell(formats.rate(one["per_student"], self.words)),
            "active": cell(formats.share(one["active_share"], self.words)),
        }


class AppRanking(Ranking):
    """Apps by whom they reached in a month."""

    OF = "apps"
    NUMBERS = ("persons", "actions", "change")
    NAME = Column("name", "ranking.app")

    def row(self, one: dict[str, Any]) -> Row:
        """Give the cells of an app."""
        return {
            "id": one["app"],
            "name": cell(one["app"]),
            "persons": cell(formats.count(one["persons"])),
            "actions": cell(formats.count(one["actions"])),
        }


def interval(words: Words, known: dict[str, Any], n: str) -> Cell:
    """Make the cell of an estimate with its interval and what it is of; if told, its evidence."""
    value, low, high = known["mean"], known["low"], known["high"]
    text = formats.percent(value)
    told = words(
        "mastery.interval", value=text, low=formats.percent(low), high=formats.percent(high)
    )
    href = {"href": evidence_link(known["evidence"])} if "evidence" in known else {}
    drawn = {"low": low, "value": value, "high": high, "label": f"{told} · {n}"}
    return cell(text, value, note=n, **drawn, **href)
