"""The parts of a student's page: each shows its own part of a portrait, again and again."""

from collections.abc import Callable, Sequence
from typing import Any

from api.ui import charts, formats
from api.ui.charts import FEWEST_AXES, Figure
from api.ui.layout import Card, Tag, evidence_link
from api.ui.parts import KeyFigures
from api.ui.periods import count_by_period
from api.ui.portrait import Portrait, as_of, point_name
from api.ui.session import Visit
from api.ui.table import Cell, Column, DataTable, Row, cell, counted_cell

Point = dict[str, Any]
Dimension = dict[str, Any]

SWATCHES = {"pre": "xj-pre", "in": "xj-in", "post": "xj-post", "": "xj-no-phase"}


class Figures(KeyFigures):
    """The key figures: how much there is to go by."""

    PREFIX = "student"
    KEYS = ("answers", "accuracy", "active_days", "time", "points")

    def texts(self, portrait: Portrait) -> dict[str, str]:
        """Give the figures of a portrait."""
        phases = portrait["activity"]["phases"]
        answers = sum(phase["answers"] for phase in phases)
        correct = sum(phase["correct"] for phase in phases)
        days = {day["day"] for day in portrait["activity"]["days"]}
        return {
            "answers": formats.count(answers),
            "accuracy": formats.ratio(correct, answers, self.words),
            "active_days": formats.count(len(days)),
            "time": formats.length(sum(phase["seconds"] for phase in phases), self.words),
            "points": formats.count(len(portrait["mastery"])),
        }


class Radar:
    """The radar beside the own past and the class, and each dimension with what it rests on."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        with Card(words, words("radar.title"), words("radar.help"), "xj-radar-card"):
            self._figure = Figure(words, "xj-radar", words("radar.title"))
            self._list = Tag("ul", classes="xj-dimensions")

    def show(self, portrait: Portrait) -> None:
        """Show the dimensions of a portrait."""
        words, dimensions = self._words, portrait["radar"]
        self._others = words(f"radar.{portrait['compared_with']['kind']}")
        known = [one for one in dimensions if one["value"] is not None]
        if len(known) < FEWEST_AXES:
            self._figure.show_empty(words("radar.few"))
        else:
            self._draw(portrait, known)
        self._list.clear()
        with self._list:
            for dimension in dimensions:
                self._dimension(dimension)

    def _draw(self, portrait: Portrait, known: Sequence[Dimension]) -> None:
        """Draw the sides that are known of now, and on them what they are compared with."""
        words = self._words
        series = {
            name: [of(one) for one in known]
            for name, of in zip(self._series(), _OF_SERIES, strict=True)
        }
        told = (
            f"{self._name(one)} {_hundredths(one['value'])}{self._brackets(one)}" for one in known
        )
        missing = [
            words("radar.bridged" if charts.bridged(values) else "radar.not_drawn", name=name)
            for name, values in series.items()
            if None in values
        ]
        rows = [["", *self._series(), words("radar.rests_on")]]
        rows += [
            [self._name(one), *(_hundredths(of(one)) for of in _OF_SERIES), one["n"]]
            for one in portrait["radar"]
        ]
        self._figure.show(
            charts.radar([self._name(one) for one in known], series),
            words("radar.summary", values=words("radar.and").join(told)),
            [
                words("unit", unit=words("radar.unit")),
                self._compared(portrait),
                *missing,
                as_of(self._visit, portrait),
            ],
            rows,
        )

    def _series(self) -> tuple[str, str, str]:
        return self._words("radar.now"), self._words("radar.past"), self._others

    def _compared(self, portrait: Portrait) -> str:
        """Say which days are now, which before, and who the others are."""
        now, others = portrait["radar_days"], portrait["compared_with"]
        days, before = (
            self._words("days", first=one["from"], last=one["to"]) for one in (now, now["before"])
        )
        who = f"{self._others} {others['title']}" if others["title"] else self._others
        n = formats.count(others["persons"])
        return self._words("radar.compared", days=days, before=before, who=who, n=n)

    def _name(self, dimension: Dimension) -> str:
        return self._words(f"dimension.{dimension['dimension']}")

    def _brackets(self, dimension: Dimension) -> str:
        told = self._beside(dimension)
        return self._words("radar.beside", told=told) if told else ""

    def _beside(self, dimension: Dimension) -> str:
        """Say what the value was before, and what the class's is."""
        told = [
            f"{name} {_hundredths(of(dimension))}"
            for name, of in zip(self._series()[1:], _OF_SERIES[1:], strict=True)
            if of(dimension) is not None
        ]
        return self._words("radar.comma").join(told)

    def _dimension(self, dimension: Dimension) -> None:
        name, value, n = dimension["dimension"], dimension["value"], dimension["n"]
        with Tag("li", data_dimension=name):
            Tag("span", self._words(f"dimension.{name}"))
            if value is None:
                Tag("span", self._words("not_enough"), "xj-not-enough")
            else:
                Tag("strong", str(round(100 * value)))
            told = self._words(f"dimension.{name}.n", n=formats.count(n))
            if n:
                Tag("a", told, "xj-note", href=evidence_link(dimension["evidence"]))
            else:
                Tag("small", told, "xj-note")
            Tag("small", self._beside(dimension), "xj-note")


def _hundredths(value: float | None) -> str:
    return "" if value is None else str(round(100 * value))


# What each series of the radar shows of a dimension: now, before, and the class.
_OF_SERIES: tuple[Callable[[Dimension], float | None], ...] = (
    lambda dimension: dimension["value"],
    lambda dimension: dimension["past"]["value"],
    lambda dimension: dimension["class"]["value"],
)


class Points:
    """The weakest and the strongest knowledge points."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        card = Card(words, words("points.title"), words("points.help"), "xj-points-card")
        with card, Tag("div", classes="xj-points"):
            self._lists = {which: self._group(which) for which in ("weakest", "strongest")}

    def _group(self, which: str) -> Tag:
        with Tag("section", classes=f"xj-{which}"):
            Tag("h3", self._words(f"points.{which}"))
            return Tag("ol", data_points=which)

    def show(self, portrait: Portrait) -> None:
        """Show the points of a portrait."""
        for which, shown in self._lists.items():
            shown.clear()
            with shown:
                for point in portrait[which]:
                    self._point(point, portrait["compared_with"]["kind"])
                if not portrait[which]:
                    Tag("li", self._words("not_enough"), "xj-not-enough")

    def _point(self, point: Point, compared_with: str) -> None:
        tries, successes = point["tries"], point["successes"]
        with Tag("li"):
            Tag("span", point_name(self._visit, point))
            Tag("strong", formats.percent(point["probability"]))
            told = self._words("points.tries", tries=tries, successes=successes)
            Tag("a", told, "xj-note", href=evidence_link(point["evidence"]))
            others = self._words(f"radar.{compared_with}")
            reasons = (self._reason(reason, others) for reason in point["reasons"])
            Tag("p", self._words("points.and").join(reasons), "xj-note xj-reasons")

    def _reason(self, reason: dict[str, Any], others: str) -> str:
        """Say why a point is listed, in a sentence."""
        shares = ("high", "low", "below", "from", "probability")
        told = {name: formats.percent(reason[name]) for name in shares if name in reason}
        if "by" in reason:
            told["by"] = str(round(abs(100 * reason["by"])))
        before = told.pop("from", "")
        n = formats.count(reason.get("persons", 0))
        key = f"points.reason.{reason['reason']}"
        return self._words(key, **told, before=before, others=others, n=n)


class Activity:
    """Activity by phase: totals, and by day."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        number_keys = ("actions", "answers", "accuracy", "time", "active_days")
        columns = [
            Column("phase", words("activity.phase")),
            *(Column(key, words(f"activity.{key}"), "number") for key in number_keys),
        ]
        card = Card(words, words("activity.title"), words("activity.help"), "xj-activity-card")
        with card, Tag("div", classes="xj-activity"):
            self._figure = Figure(words, "xj-bars", words("activity.title"))
            self._table = DataTable(words, words("activity.caption"), columns)

    def show(self, portrait: Portrait) -> None:
        """Show the activity of a portrait."""
        phases, days = portrait["activity"]["phases"], portrait["activity"]["days"]
        self._table.show(self._row(phase) for phase in phases)
        if not days:
            self._figure.show_empty(self._words("activity.empty"))
            return
        words = self._words
        names = {phase["phase"]: words(f"phase.{phase['phase']}") for phase in phases}
        periods, counts = count_by_period(days, list(names))
        by = words(f"activity.by.{periods[0].span}")
        total = formats.count(sum(phase["actions"] for phase in phases))
        self._figure.show(
            charts.activity(periods, counts, names),
            charts.activity_summary(words, by, periods, counts, names),
            [
                by,
                words("unit", unit=words("activity.unit")),
                words("activity.n", n=total),
                as_of(self._visit, portrait),
            ],
        )

    def _row(self, phase: dict[str, Any]) -> Row:
        words = self._words
        return {
            "id": phase["phase"],
            "phase": cell(words(f"phase.{phase['phase']}"), swatch=SWATCHES[phase["phase"]]),
            "actions": counted_cell(phase["actions"], phase["evidence"], words),
            "answers": cell(formats.count(phase["answers"])),
            "accuracy": cell(formats.ratio(phase["correct"], phase["answers"], words)),
            "time": cell(formats.length(phase["seconds"], words)),
            "active_days": cell(formats.count(phase["active_days"])),
        }


class Mastery:
    """The mastery of every knowledge point, with its interval."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        with Card(words, words("mastery.title"), words("mastery.help"), "xj-mastery-card") as card:
            self._empty = Tag("p", words("mastery.empty"), "xj-empty")
            self._table = DataTable(
                words,
                words("mastery.caption"),
                [
                    Column("point", words("mastery.point"), sortable=True),
                    Column("probability", words("mastery.probability"), "interval", True),
                    Column("tries", words("mastery.tries"), "number", True, descending=True),
                    Column(
                        "successes", words("mastery.successes"), "number", True, descending=True
                    ),
                    Column("change", words("mastery.change"), "number", True),
                    Column("class", words("mastery.class"), "number", True),
                    Column(
                        "last_time", words("mastery.last_time"), "number", True, descending=True
                    ),
                ],
                order="probability",
                export=words("mastery.title"),
            )
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the mastery of a portrait."""
        points = portrait["mastery"]
        self._empty.set_visibility(not points)
        self._table.set_visibility(bool(points))
        others = self._words(f"radar.{portrait['compared_with']['kind']}")
        self._table.show(self._row(point, others) for point in points)
        n = self._words("mastery.n", n=formats.count(len(points)))
        self._aside.text = f"{n} · {as_of(self._visit, portrait)}"

    def _row(self, point: Point, others: str) -> Row:
        name = point_name(self._visit, point)
        return {
            "id": point["knowledge_point"],
            "point": cell(name, name),
            "probability": self._interval(point),
            "tries": counted_cell(point["tries"], point["evidence"], self._words),
            "successes": cell(formats.count(point["successes"]), point["successes"]),
            "change": self._change(point["trend"]["change"]),
            "class": self._of_class(point["class"], others),
            "last_time": cell(
                formats.moment(point["last_time"], self._visit.timezone), point["last_time"]
            ),
        }

    def _change(self, change: dict[str, Any] | None) -> Cell:
        """Say by how much it changed, and whether that is more than the interval."""
        words = self._words
        if change is None:
            return cell(words("nothing"))
        key = "more" if change["is_more_than_interval"] else "within"
        told = f"{100 * change['by']:+.0f}"
        return cell(told, change["by"], note=words(f"mastery.change.{key}"))

    def _of_class(self, of_class: dict[str, Any] | None, others: str) -> Cell:
        if of_class is None:
            return cell(self._words("nothing"))
        n = formats.count(of_class["persons"])
        note = self._words("mastery.class.n", others=others, n=n)
        share = of_class["probability"]
        return cell(formats.percent(share), share, note=note)

    def _interval(self, point: Point) -> Cell:
        value, low, high = point["probability"], point["low"], point["high"]
        text = formats.percent(value)
        label = self._words(
            "mastery.interval",
            value=text,
            low=formats.percent(low),
            high=formats.percent(high),
        )
        return cell(text, value, low=low, value=value, high=high, label=label)
