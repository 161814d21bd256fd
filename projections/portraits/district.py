"""Schools and the district: key figures, the diagnosis by subject, stage and school, weak points.

A cell of the diagnosis is the mean over its students of each one's mean mastery. Schools are pooled
(`pooling.py`), so that a small one is not first or last by luck. These answers read every student's
rows, so they are remembered for a while (`remembering.py`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple

import msgspec

from projections.days import last_days
from projections.evidence import Wanted, evidence_to_ask, or_none
from projections.names import names_of
from projections.pooling import Group, Pooled, pool
from projections.portraits.at_risk import AtRisk
from projections.portraits.at_risk_rows import find_at_risk
from projections.portraits.classes import (
    DEFAULT_DAYS,
    distribution_of,
    known_by,
    load_of,
    load_rests_on,
)
from projections.prediction.mastery import ENOUGH_TRIES
from projections.remembering import Remembered
from projections.rosters.roster import Roster
from projections.warehouse import Generation

TREND_WEEKS = 18  # a term
FEWEST_STUDENTS = 5  # of whom a figure of a school is shown
MOST_WEAK_POINTS = 20
MOST_AT_RISK = 30  # whom a school's portrait names; the list of those at risk has all

Portrait = dict[str, Any]
_WEEK_FIELDS = (
    "students",
    "actions",
    "before",
    "during",
    "after",
    "answers",
    "correct",
    "seconds",
    "due",
    "on_time",
)


class _Read(NamedTuple):
    """What was read of many students: by week and school, and by (subject, knowledge point)."""

    weeks: list[dict[str, Any]]
    points: dict[tuple[str, str], Group]


class _Spent(NamedTuple):
    """A row of the query ``school_load``: how long a student spent after class in a week."""

    class_group: str
    person: str
    week: str  # its Monday
    seconds: float


class District:
    """The schools of one generation's stores; safe to share between threads.

    ``position`` gives the log position up to which the generation's rows are complete.
    """

    def __init__(self, generation: Generation, position: Callable[[], int]) -> None:
        self._generation = generation
        self._roster = Roster(generation)
        self._remembered = Remembered(position)

    def district(self, store: str, on: date, *, least: int = 0) -> tuple[Portrait, int]:
        """Draw the portrait of a store's whole district as of a day, with its log position."""
        diagnosis, seen = self.diagnosis(store, on, least=least)
        told, position = self._remembered.ask(
            ("district", store, on), lambda: self._draw(store, on), least
        )
        return {**told, "diagnosis": diagnosis}, min(position, seen)

    def school(
        self, store: str, school: str, on: date, *, least: int = 0
    ) -> tuple[Portrait | None, int]:
        """Draw a school's portrait; None where the roster has no such school."""
        told, position = self._remembered.ask(
            ("school", store, school, on), lambda: self._draw_school(store, school, on), least
        )
        if told is None:
            return None, position
        diagnosis, seen = self.diagnosis(store, on, least=least)
        of_school = [
            {
                **cell,
                "schools": [
                    {**one, "evidence": _judged_by(cell, one["school"], on)}
                    for one in cell["schools"]
                    if one["school"] == school
                ],
            }
            for cell in diagnosis
        ]
        of_school = [cell for cell in of_school if cell["schools"]]
        return {**told, "diagnosis": of_school}, min(position, seen)

    def diagnosis(
        self, store: str, on: date, *, least: int = 0
    ) -> tuple[list[dict[str, Any]], int]:
        """Give each subject and stage with its schools, pooled; the schools by their names.

        It is the same for the district, each school and reports, so it is worked out once.
        """
        return self._remembered.ask(
            ("diagnosis", store, on), lambda: self._diagnose(store, on), least
        )

    def _diagnose(self, store: str, on: date) -> list[dict[str, Any]]:
        names = {school.org: school.name for school in self._roster.schools(store, on=on)}
        cells: dict[tuple[str, str], list[tuple[str, Group, int]]] = defaultdict(list)
        for school, stage, subject, n, mean, variance, points in self._generation.query(
            "district_mastery", store=store, on=on.isoformat(), enough=ENOUGH_TRIES
        ):
            cells[subject, stage].append((school, Group(n, mean, variance), points))
        return [_cell(key, some, names) for key, some in sorted(cells.items())]

    def _read(self, store: str, on: date, school: str = "") -> "_Read":
        """Read what students of a school, or of all, did by week and know by point."""
        first = on - timedelta(weeks=TREND_WEEKS)
        asked = {"store": store, "school": school}
        days = {"first_day": str(first - timedelta(days=first.weekday())), "last_day": str(on)}
        weeks, points = self._generation.query_all(
            ("district_weeks", {**asked, **days}),
            ("district_points", {**asked, "on": str(on), "enough": ENOUGH_TRIES}),
        )
        groups: dict[tuple[str, str], list[Group]] = defaultdict(list)
        for point, subject, _, n, mean, variance in points:
            groups[subject, point].append(Group(n, mean, variance))
        return _Read(
            [
                {"school": row[0], "week": row[1], **dict(zip(_WEEK_FIELDS, row[2:], strict=True))}
                for row in weeks
            ],
            {key: _together(some) for key, some in groups.items()},
        )

    def _draw(self, store: str, on: date) -> Portrait:
        schools = self._roster.schools(store, on=on)
        weeks, points = self._read(store, on)
        risky = find_at_risk(self._generation, store, on)
        sizes = _sizes(self._generation, store, on)
        students = sum(sizes.values())
        return {
            "store": store,
            "on": on.isoformat(),
            "key_figures": {
                "schools": len(schools),
                "classes": sum(school.classes for school in schools),
                "students": students,
                "teachers": sum(school.teachers for school in schools),
                "at_risk": len(risky),
                **_this_week(weeks, students),
            },
            "schools": [
                {
                    "school": school.org,
                    "name": school.name,
                    "classes": school.classes,
                    "students": school.students,
                    "teachers": school.teachers,
                    "at_risk": sum(one.school == school.org for one in risky),
                    **_this_week(
                        [week for week in weeks if week["school"] == school.org], school.students
                    ),
                }
                for school in schools
            ],
            "weak_points": self._weak_points(store, points),
            "trend": _trend(weeks),
        }

    def _draw_school(self, store: str, school: str, on: date) -> Portrait | None:
        found = [one for one in self._roster.schools(store, on=on) if one.org == school]
        if not found:
            return None
        weeks, points = self._read(store, on, school)
        risky = find_at_risk(self._generation, store, on, school=school)
        classes = self._roster.classes(store, school, on=on)
        about, month = Wanted(school=school), last_days(on, DEFAULT_DAYS)
        means, spent = self._generation.query_all(
            (
                "school_means",
                {
                    "store": store,
                    "school": school,
                    "class_group": "",
                    "on": on.isoformat(),
                    "enough": ENOUGH_TRIES,
                },
            ),
            (
                "school_load",
                {
                    "store": store,
                    "school": school,
                    "first_day": str(month.first),
                    "last_day": str(month.last),
                },
            ),
        )
        return {
            "school": school,
            "name": found[0].name,
            "on": on.isoformat(),
            "key_figures": {
                "classes": found[0].classes,
                "students": found[0].students,
                "teachers": found[0].teachers,
                "at_risk": len(risky),
                **_this_week(weeks, found[0].students),
            },
            "classes": [
                {
                    "class_group": one.class_group,
                    "title": one.title,
                    "type": one.type,
                    "grade": one.grade,
                    "stage": one.stage,
                    "students": one.students,
                    "at_risk": sum(each.class_group == one.class_group for each in risky),
                }
                for one in classes
            ],
            "at_risk": self._named(store, risky[:MOST_AT_RISK]),
            "distribution": {
                **distribution_of([mean for _, mean in means]),
                "evidence": evidence_to_ask(known_by(about, on)),
            },
            "load": {
                **_load([_Spent(*row) for row in spent]),
                "evidence": evidence_to_ask(load_rests_on(about).within(month.days)),
            },
            "weak_points": [
                {
                    **point,
                    "evidence": evidence_to_ask(
                        known_by(
                            Wanted(school=school, knowledge_point=point["knowledge_point"]), on
                        )
                    ),
                }
                for point in self._weak_points(store, points)
            ],
            "trend": _trend(weeks),
        }

    def _named(self, store: str, risky: list[AtRisk]) -> list[dict[str, Any]]:
        """Write down who is at risk, by name."""
        names = names_of(self._generation, store, [one.person for one in risky])
        return [
            {**msgspec.to_builtins(one), "name": names.get(one.person, {}).get("", "")}
            for one in risky
        ]

    def _weak_points(
        self, store: str, points: Mapping[tuple[str, str], Group]
    ) -> list[dict[str, Any]]:
        """List the weakest points, pooled over all points of their subject, the weakest first."""
        groups: dict[str, list[tuple[str, Group]]] = defaultdict(list)
        for (subject, point), group in points.items():
            groups[subject].append((point, group))
        listed = []
        for subject, some in groups.items():
            pooling = pool([group for _, group in some])
            for (point, group), known in zip(some, pooling.groups, strict=True):
                if group.n >= FEWEST_STUDENTS:
                    listed.append(
                        {
                            "knowledge_point": point,
                            "subject": subject,
                            "n": group.n,
                            **_estimate(group, known),
                            "subject_mean": pooling.mean,
                        }
                    )
        listed.sort(key=lambda each: (each["high"], each["knowledge_point"]))
        listed = listed[:MOST_WEAK_POINTS]
        names = names_of(self._generation, store, [each["knowledge_point"] for each in listed])
        return [{**each, "names": names.get(each["knowledge_point"], {})} for each in listed]


def _judged_by(cell: dict[str, Any], school: str, on: date) -> dict[str, Any]:
    """Say what a school's cell of the diagnosis rests on; of schools of several stages, of all."""
    about = Wanted(school=school, subject=or_none(cell["subject"]))
    return evidence_to_ask(known_by(about, on))


def _sizes(generation: Generation, store: str, on: date) -> dict[str, int]:
    """Count the students of each school on a day."""
    sizes: dict[str, int] = defaultdict(int)
    for school, _, students, _ in generation.query("roster_sizes", store=store, on=on.isoformat()):
        sizes[school] += students
    return sizes


def _cell(
    key: tuple[str, str], schools: list[tuple[str, Group, int]], names: dict[str, str]
) -> dict[str, Any]:
    subject, stage = key
    pooling = pool([group for _, group, _ in schools])
    told = [
        {
            "school": school,
            "name": names.get(school, school),
            "n": group.n,
            "points": points,
            **_estimate(group, known),
        }
        for (school, group, points), known in zip(schools, pooling.groups, strict=True)
        if group.n >= FEWEST_STUDENTS
    ]
    told.sort(key=lambda each: str(each["name"]))
    return {
        "subject": subject,
        "stage": stage,
        "n": sum(group.n for _, group, _ in schools),
        "mean": pooling.mean,
        "between_schools": pooling.between,
        "schools": told,
    }


def _estimate(group: Group, known: Pooled) -> dict[str, Any]:
    """Tell what was seen and what is believed; the interval is of the latter."""
    return {
        "seen": group.mean,
        "mean": known.mean,
        "low": max(0.0, known.low),
        "high": min(1.0, known.high),
        "differs": known.differs,
    }


def _together(groups: list[Group]) -> Group:
    """Put the members of several groups together into one."""
    n = sum(group.n for group in groups)
    mean = sum(group.n * group.mean for group in groups) / n
    squares = sum(
        (group.n - 1) * group.variance + group.n * (group.mean - mean) ** 2 for group in groups
    )
    return Group(n, mean, squares / (n - 1) if n > 1 else 0.0)


def _trend(weeks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add up schools by week."""
    totals: dict[str, dict[str, Any]] = {}
    for one in weeks:
        total = totals.setdefault(
            one["week"], {"week": one["week"], **dict.fromkeys(_WEEK_FIELDS, 0)}
        )
        for field in _WEEK_FIELDS:
            total[field] += one[field]
    return [
        {**total, "accuracy": total["correct"] / total["answers"] if total["answers"] else None}
        for _, total in sorted(totals.items())
    ]


def _load(spent: list[_Spent]) -> dict[str, Any]:
    """Tell how much homework students of a school had in a week, and those of each class.

    A week counts for who spent any time on homework in it.
    """
    weekly: dict[tuple[str, str], float] = defaultdict(float)
    of_class: dict[str, list[_Spent]] = defaultdict(list)
    for one in spent:
        weekly[one.person, one.week] += one.seconds
        of_class[one.class_group].append(one)
    return {
        "n": len({person for person, _ in weekly}),
        "weeks": len({week for _, week in weekly}),
        **load_of(weekly.values()),
        "classes": [
            {
                "class_group": name,
                "n": len({one.person for one in some}),
                **load_of([one.seconds for one in some]),
            }
            for name, some in sorted(of_class.items())
        ],
    }


def _this_week(weeks: list[dict[str, Any]], students: int) -> dict[str, Any]:
    """Give the figures of the newest week there is, and how many were active in it."""
    trend = _trend(weeks)
    if not trend:
        return {"week": None, "active": 0, "active_share": None, "actions": 0, "accuracy": None}
    newest = trend[-1]
    return {
        "week": newest["week"],
        "active": newest["students"],
        "active_share": min(1.0, newest["students"] / students) if students else None,
        "actions": newest["actions"],
        "accuracy": newest["accuracy"],
    }
