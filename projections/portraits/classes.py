"""A class: what its students know point by point, what they do, and who of them is at risk.

Mastery is of those who are in the class on the day asked about. What students did counts for the
class that they were in on the day they did it: the roster is joined as it was.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from statistics import fmean, median
from typing import Any, NamedTuple

import msgspec

from projections.activity import ANSWERS
from projections.days import Span
from projections.evidence import Wanted, evidence_to_ask
from projections.names import names_of
from projections.portraits.at_risk import AtRisk, Weeks, Windows, at_risk, windows
from projections.portraits.at_risk_rows import Placed, placed_of, weeks_of, with_weeks
from projections.prediction.mastery import ENOUGH_TRIES
from projections.rosters.roster import Member, read_members
from projections.warehouse import Generation

DEFAULT_DAYS = 28  # that a portrait looks back
_RESPONSES = tuple(sorted(ANSWERS))
HOMEROOM = "homeroom"  # OneRoster's type of the class that a student belongs to

Portrait = dict[str, Any]


class _Done(NamedTuple):
    """A row of the query ``class_weeks``."""

    person: str
    week: str
    phase: str
    subject: str
    actions: int
    answers: int
    correct: int
    seconds: float
    due: int
    on_time: int
    last_day: str


class _Known(NamedTuple):
    """A row of the query ``class_mastery``."""

    person: str
    knowledge_point: str
    subject: str
    probability: float
    low: float
    high: float
    tries: int
    successes: int
    best: float | None  # at the end of an earlier week


class _Enrolled(NamedTuple):
    """A row of the query ``class_members``: a student's time in a class, as days."""

    person: str
    account: str  # the roster's own
    user: str
    is_primary: bool
    begin: str
    end: str
    school: str


class _Students(NamedTuple):
    """Who is or ever was in a class, by the first day, and who is placed in it on the day."""

    ever: list[_Enrolled]
    placed: list[Placed]


class _Rows(NamedTuple):
    """What is known of a class's students: what they did, their mastery, and their weeks."""

    done: list[_Done]
    mastery: list[_Known]
    weeks: list[Weeks]

    def mastery_in(self, subject: str) -> list[_Known]:
        """Give the mastery in one subject, or in all."""
        return [one for one in self.mastery if subject in ("", one.subject)]

    def at_risk(self, weeks: Windows) -> list[AtRisk]:
        """List who is at risk, with reasons, those with most first."""
        points: dict[str, tuple[int, int]] = {}
        for one in self.mastery:
            if one.tries >= ENOUGH_TRIES:
                known, fallen = points.get(one.person, (0, 0))
                has_fallen = one.best is not None and one.best > one.high
                points[one.person] = known + 1, fallen + has_fallen
        return at_risk(self.weeks, points, weeks)


class Classes:
    """The classes of one generation; safe to share between threads."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation

    def portrait(
        self, store: str, class_group: str, on: date, span: Span, subject: str = ""
    ) -> Portrait | None:
        """Draw a class's portrait as of a day, or None where the roster has no such class.

        Probabilities and shares are 0..1, times seconds, days ISO 8601. The evidence of a row of
        the heat map is that of all its cells: with a knowledge point, it is that of one.
        """
        asked = {"store": store, "class_group": class_group}
        found, ever = self._generation.query_all(("class_group", asked), ("class_members", asked))
        if not found:
            return None
        title, kind, school, school_name, grade, stage, subjects = found[0]
        enrolled = [_Enrolled(*row) for row in ever]
        if kind == HOMEROOM:
            placed = _at_home(class_group, _on(enrolled, on))
        else:
            [others] = self._generation.query_all(placed_of(store, on, class_group=class_group))
            placed = [Placed(*row) for row in others]
        members, rows = self._rows(store, on, span, subject, _Students(enrolled, placed))
        about = Wanted(class_group=class_group, subject=subject)
        heat_map = self._heat_map(store, rows.mastery_in(subject), members, known_by(about, on))
        done, evidence = rows.done, _evidence(enrolled, span, subject)
        return {
            "class_group": class_group,
            "title": title,
            "type": kind,
            "school": school,
            "school_name": school_name,
            "grade": grade,
            "stage": stage,
            "subjects": list(subjects),
            "on": on.isoformat(),
            "from": span.first.isoformat(),
            "to": span.last.isoformat(),
            "subject": subject or None,
            "n": len(members),
            "students": _students(members, done, evidence),
            "load": {
                **_load(members, done),
                "evidence": evidence_to_ask(load_rests_on(about).within(span.days)),
            },
            "activity": _by_week(done),
            "distribution": {
                **_distribution(heat_map),
                "evidence": evidence_to_ask(known_by(about, on)),
            },
            "weak_points": _weak_points(heat_map),
            "heat_map": heat_map,
            "at_risk": msgspec.to_builtins(rows.at_risk(windows(on))),
        }

    def mark(self, store: str, class_group: str) -> Any:
        """Give what differs once a class's students are others, or there is more evidence of them.

        Much cheaper to ask than a portrait.
        """
        asked = {"store": store, "class_group": class_group}
        return self._generation.query_all(
            ("class_group", asked), ("class_members", asked), ("class_evidence", asked)
        )

    def _rows(
        self, store: str, on: date, span: Span, subject: str, students: "_Students"
    ) -> tuple[list[Member], "_Rows"]:
        """Read the names of a class's students, and what is known of them, of several tables."""
        ever, placed = students
        now = _on(ever, on)
        partly = [one for one in ever if one.begin > str(span.first) or one.end < str(span.last)]
        done, mastery, weeks, names = self._generation.query_all(
            (
                "class_weeks",
                {
                    "store": store,
                    "persons": sorted({one.person for one in ever}),
                    "partly": [one.person for one in partly],
                    "begins": [one.begin for one in partly],
                    "ends": [one.end for one in partly],
                    "subject": subject,
                    "first_day": str(span.first),
                    "last_day": str(span.last),
                },
            ),
            ("class_mastery", {"store": store, "persons": [one.person for one in now]}),
            weeks_of(store, [one.person for one in placed], windows(on)),
            (
                "member_names",
                {
                    "store": store,
                    "users": [one.user for one in now],
                    "accounts": [one.account for one in now],
                },
            ),
        )
        return _named(now, names), _Rows(
            list(map(_Done._make, done)),
            list(map(_Known._make, mastery)),
            with_weeks(placed, weeks),
        )

    def _heat_map(
        self,
        store: str,
        known: Iterable["_Known"],
        members: Sequence[Member],
        rests_on: Wanted,
    ) -> dict[str, Any]:
        """Give who knows what: the points by how few know them, a row a student by name."""
        cells: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        subjects: dict[str, str] = {}
        for one in known:
            subjects[one.knowledge_point] = one.subject
            cells[one.knowledge_point][one.person] = {
                "probability": one.probability,
                "low": one.low,
                "high": one.high,
                "tries": one.tries,
                "successes": one.successes,
            }
        names = names_of(self._generation, store, cells)
        points = [
            {
                "knowledge_point": point,
                "names": names.get(point, {}),
                "subject": subjects[point],
                **_summary(of_point.values()),
                "evidence": evidence_to_ask(
                    msgspec.structs.replace(rests_on, knowledge_point=point)
                ),
            }
            for point, of_point in cells.items()
        ]
        points.sort(key=lambda each: (each["mean"] is None, each["mean"], each["knowledge_point"]))
        order = [point["knowledge_point"] for point in points]
        return {
            "points": points,
            "students": [
                {
                    "person": member.person,
                    "name": member.name,
                    "evidence": evidence_to_ask(
                        Wanted(person=member.person, actions=_RESPONSES, known=("success",))
                    ),
                    "cells": [cells[point].get(member.person) for point in order],
                }
                for member in members
            ],
        }


def known_by(about: Wanted, on: date) -> Wanted:
    """Give what the mastery of a group rests on: what those responded who are in it on a day."""
    return msgspec.structs.replace(about, on=on, actions=_RESPONSES, known=("success",))


def load_rests_on(about: Wanted) -> Wanted:
    """Give what the homework load of a group rests on: what took any time after class."""
    return msgspec.structs.replace(about, phase="post", known=("duration",))


def _on(ever: Iterable[_Enrolled], on: date) -> list[_Enrolled]:
    """Give those who are in the class on a day, each account once, by their first day."""
    found: dict[str, _Enrolled] = {}
    for one in ever:
        if one.begin <= str(on) <= one.end:
            found.setdefault(one.account, one)
    return list(found.values())


def _at_home(class_group: str, now: Iterable[_Enrolled]) -> list[Placed]:
    """Give the students of a homeroom class, who are placed in it, whatever others they are in."""
    schools = {one.person: one.school for one in now}
    return [Placed(person, class_group, school) for person, school in schools.items()]


def _named(now: Iterable[_Enrolled], names: Iterable[Sequence[str]]) -> list[Member]:
    """Call students what the roster calls them, else what statements do, in that order."""
    called = {(what, identifier): name for what, identifier, name in names}
    rows = [
        (
            one.person,
            one.user,
            called.get(("user", one.user)) or called.get(("account", one.account), ""),
            "student",
            one.is_primary,
            one.begin,
            one.end,
        )
        for one in now
    ]
    return read_members(sorted(rows, key=lambda row: (row[2], row[0])))


def _summary(cells: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Say how far a class is in a point: over the students with enough tries in it."""
    known = [cell["probability"] for cell in cells if cell["tries"] >= ENOUGH_TRIES]
    return {"n": len(known), "mean": fmean(known) if known else None}


def _evidence(ever: Iterable[_Enrolled], span: Span, subject: str) -> dict[str, Wanted]:
    """Give what asks what each student did in the class: from the first day there to the last."""
    found: dict[str, Wanted] = {}
    for one in ever:
        first = max(date.fromisoformat(one.begin), span.first)
        last = min(date.fromisoformat(one.end), span.last)
        if first <= last:
            if (known := found.get(one.person)) is not None:
                first, last = min(first, known.first or first), max(last, known.last or last)
            found[one.person] = Wanted(person=one.person, subject=subject, first=first, last=last)
    return found


def _students(
    members: Sequence[Member], done: Sequence[_Done], evidence: Mapping[str, Wanted]
) -> list[dict[str, Any]]:
    """Tell of each student who is in the class what they did in those days."""
    by_person: dict[str, list[_Done]] = defaultdict(list)
    for one in done:
        by_person[one.person].append(one)
    return [
        {
            "person": member.person,
            "name": member.name,
            "begin": member.begin.isoformat() if member.begin else None,
            "end": member.end.isoformat() if member.end else None,
            **_totals(by_person.get(member.person, ())),
            "evidence": evidence_to_ask(evidence[member.person])
            if member.person in evidence
            else None,
        }
        for member in members
    ]


def _totals(done: Sequence[_Done]) -> dict[str, Any]:
    answers, correct = sum(one.answers for one in done), sum(one.correct for one in done)
    due, on_time = sum(one.due for one in done), sum(one.on_time for one in done)
    after = [one for one in done if one.phase == "post"]
    return {
        "actions": sum(one.actions for one in done),
        "answers": answers,
        "accuracy": correct / answers if answers else None,
        "seconds": sum(one.seconds for one in done),
        "homework_seconds": sum(one.seconds for one in after),
        "homework_answers": sum(one.answers for one in after),
        "due": due,
        "on_time": on_time / due if due else None,
        "last_day": max((one.last_day for one in done), default=None),
    }


def _load(members: Sequence[Member], done: Sequence[_Done]) -> dict[str, Any]:
    """Tell how much homework a student had in a week: the middle one, and the one with most."""
    weekly: dict[tuple[str, str], float] = defaultdict(float)
    for one in done:
        if one.phase == "post":
            weekly[one.person, one.week] += one.seconds
    weeks = len({week for _, week in weekly})
    return {"n": len(members), "weeks": weeks, **load_of(weekly.values())}


def load_of(seconds: Collection[float]) -> dict[str, Any]:
    """Tell the middle one and the longest of how long students spent on homework in a week."""
    return {
        "median_seconds_a_week": median(seconds) if seconds else None,
        "most_seconds_a_week": max(seconds, default=None),
    }


def _by_week(done: Sequence[_Done]) -> list[dict[str, Any]]:
    """Add up activity by week and phase, with how many students were active."""
    groups: dict[tuple[str, str], list[_Done]] = defaultdict(list)
    for one in done:
        groups[one.week, one.phase].append(one)
    return [
        {
            "week": week,
            "phase": phase,
            "students": len({one.person for one in some}),
            "actions": sum(one.actions for one in some),
            "answers": sum(one.answers for one in some),
            "correct": sum(one.correct for one in some),
            "seconds": sum(one.seconds for one in some),
        }
        for (week, phase), some in sorted(groups.items())
    ]


def _distribution(heat_map: dict[str, Any]) -> dict[str, Any]:
    """Count students by their mean mastery, in tenths."""
    means = []
    for student in heat_map["students"]:
        known = [
            cell["probability"]
            for cell in student["cells"]
            if cell is not None and cell["tries"] >= ENOUGH_TRIES
        ]
        if known:
            means.append(fmean(known))
    return distribution_of(means)


def distribution_of(means: Sequence[float]) -> dict[str, Any]:
    """Count students by the mean of what each knows (0..1), in tenths."""
    tenths = [0] * 10
    for mean in means:
        tenths[min(9, int(mean * 10))] += 1
    return {"n": len(means), "mean": fmean(means) if means else None, "tenths": tenths}


def _weak_points(heat_map: dict[str, Any]) -> list[dict[str, Any]]:
    """List the points in which a class is weakest, of those that at least five students know."""
    known = [point for point in heat_map["points"] if point["n"] >= 5]
    return known[: min(5, (len(known) + 1) // 2)]
