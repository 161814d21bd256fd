"""A student's mastery by knowledge point: interval, trend, and how it stands beside the class."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta, tzinfo
from typing import Any, Final

import msgspec

from projections.activity import ANSWERS
from projections.days import day_of, iso_of
from projections.evidence import Wanted, figure_evidence
from projections.names import Names
from projections.portraits.company import ENOUGH_PERSONS, ENOUGH_TRIES, Company

MOST_LISTED: Final = 5  # weakest and strongest points in a portrait
WEEKS_SHOWN: Final = 8
CHANGE_DAYS: Final = 28  # over which a point's change is told
STRONG: Final = 0.85  # the probability of a right answer from which a point is taken as mastered
WEAK: Final = 0.6  # below it, as not yet understood


class Week(msgspec.Struct, frozen=True):
    """Mastery of a knowledge point at the end of a week."""

    monday: date
    probability: float
    low: float
    high: float
    tries: int
    successes: int

    @property
    def is_known(self) -> bool:
        """Whether there were enough tries for it to say something."""
        return self.tries >= ENOUGH_TRIES

    def shown(self) -> dict[str, Any]:
        """Give it by names."""
        return {
            "week": self.monday.isoformat(),
            "probability": self.probability,
            "low": self.low,
            "high": self.high,
            "tries": self.tries,
        }


class Point(msgspec.Struct, frozen=True):
    """A person's mastery of a knowledge point now, in the weeks before, and as of a day before.

    ``mean`` and ``variance`` are on the logit scale. ``past`` is as of the end of the newest whole
    week up to the day before the days that a portrait is about, None where there wasn't any.
    """

    knowledge_point: str
    subject: str
    mean: float
    variance: float
    probability: float
    low: float
    high: float
    tries: int
    successes: int
    last_time: int  # microseconds since 1970 UTC
    weeks: tuple[Week, ...]  # the oldest first
    last_day: date
    past: Week | None

    @property
    def is_known(self) -> bool:
        """Whether there were enough tries for it to say something."""
        return self.tries >= ENOUGH_TRIES

    def as_of(self, day: date) -> Week | None:
        """Give it as it was on a day, at most six days older; None where there was no response."""
        if self.last_day <= day:
            monday = self.last_day - timedelta(days=self.last_day.weekday())
            now = (self.probability, self.low, self.high, self.tries, self.successes)
            return Week(monday, *now)
        ended = [week for week in self.weeks if week.monday + timedelta(days=6) <= day]
        return ended[-1] if ended else None


_OF_ROWS: Final = Point.__struct_fields__[:-3]


def make_points(
    rows: Iterable[tuple[Any, ...]],
    weeks: Iterable[tuple[Any, ...]],
    past_day: date,
    zone: tzinfo,
) -> list[Point]:
    """Make the points of rows of ``portrait_mastery`` and ``portrait_weeks``, by their ids."""
    by_point: dict[str, list[Week]] = {}
    for point, monday, *estimates in weeks:
        by_point.setdefault(point, []).append(Week(date.fromisoformat(monday), *estimates))
    points = []
    for row in sorted(rows):
        before = tuple(by_point.get(row[0], ()))
        known = dict(zip(_OF_ROWS, row, strict=True))
        point = Point(**known, weeks=before, last_day=day_of(row[-1], zone), past=None)
        points.append(msgspec.structs.replace(point, past=point.as_of(past_day)))
    return points


def show_points(
    points: Sequence[Point], company: Company, names: Names, person: str, day: date
) -> list[dict[str, Any]]:
    """Show points as of a day: estimates, trend, evidence, and the mean of the class."""
    return [
        _shown(point, company, names.get(point.knowledge_point, {}), person, day)
        for point in points
    ]


def _shown(
    point: Point, company: Company, names: Mapping[str, str], person: str, day: date
) -> dict[str, Any]:
    wanted = Wanted(
        person=person,
        actions=tuple(ANSWERS),
        known=("success",),
        knowledge_point=point.knowledge_point,
    )
    return {
        "knowledge_point": point.knowledge_point,
        "names": names,
        "subject": point.subject,
        "mean": point.mean,
        "variance": point.variance,
        "probability": point.probability,
        "low": point.low,
        "high": point.high,
        "tries": point.tries,
        "successes": point.successes,
        "last_time": iso_of(point.last_time),
        "trend": {
            "weeks": [week.shown() for week in point.weeks[-WEEKS_SHOWN:]],
            "change": change(point, day),
        },
        "class": _of_class(point, company),
        "evidence": figure_evidence(point.tries, wanted),
    }


def change(point: Point, day: date) -> dict[str, Any] | None:
    """Say how a point changed over the four weeks up to a day; None where it's that new.

    ``is_more_than_interval``: what it was stands outside the interval of what it is.
    """
    then = point.as_of(day - timedelta(days=CHANGE_DAYS))
    if then is None:
        return None
    return {
        "from": then.probability,
        "by": point.probability - then.probability,
        "is_more_than_interval": not point.low <= then.probability <= point.high,
    }


def _of_class(point: Point, company: Company) -> dict[str, Any] | None:
    probability, persons = company.points.get(point.knowledge_point, (0.0, 0))
    if persons < ENOUGH_PERSONS:
        return None
    return {"probability": probability, "persons": persons}


def weakest_and_strongest(
    shown: Sequence[dict[str, Any]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """List the points that are surely weak, and those that are surely strong, each with reasons.

    Weak by the upper end of the interval, lowest first; strong by the lower end, highest first. At
    most half of the points with enough tries are weak, the odd one among them, so that none is
    listed as both.
    """
    known = [point for point in shown if point["tries"] >= ENOUGH_TRIES]
    by_high = sorted(known, key=lambda point: (point["high"], point["knowledge_point"]))
    weak = by_high[: min(MOST_LISTED, (len(known) + 1) // 2)]
    others = [point for point in known if point not in weak]
    strong = sorted(others, key=lambda point: (-point["low"], point["knowledge_point"]))
    return (
        [point | {"reasons": reasons_of_weakness(point)} for point in weak],
        [point | {"reasons": reasons_of_strength(point)} for point in strong[:MOST_LISTED]],
    )


def reasons_of_weakness(point: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Say what makes a point weak: by itself, beside the class, beside the own past."""
    reasons: list[dict[str, Any]] = []
    if point["high"] < WEAK:
        reasons.append({"reason": "low", "high": point["high"], "below": WEAK})
    if point["class"] and point["high"] < point["class"]["probability"]:
        reasons.append({"reason": "below_class", "high": point["high"], **point["class"]})
    changed = point["trend"]["change"]
    if changed and changed["is_more_than_interval"] and changed["by"] < 0:
        reasons.append({"reason": "fallen", "from": changed["from"], "by": changed["by"]})
    return reasons or [{"reason": "lowest_of_own", "high": point["high"]}]


def reasons_of_strength(point: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Say what makes a point strong: by itself, beside the class, beside the own past."""
    reasons: list[dict[str, Any]] = []
    if point["low"] >= STRONG:
        reasons.append({"reason": "high", "low": point["low"], "from": STRONG})
    if point["class"] and point["low"] > point["class"]["probability"]:
        reasons.append({"reason": "above_class", "low": point["low"], **point["class"]})
    changed = point["trend"]["change"]
    if changed and changed["is_more_than_interval"] and changed["by"] > 0:
        reasons.append({"reason": "risen", "from": changed["from"], "by": changed["by"]})
    return reasons or [{"reason": "highest_of_own", "low": point["low"]}]
