"""Levels: a person's growth in each subject, folded day by day from marks and right answers.

An observation is what one day says of one subject: the mean of the day's marks, apart by kind of
work; or, on a day without marks in the subject, the share of right answers, which is the noisier
the fewer they are. Marks and the answers behind them are one piece of evidence, not two. What the
open day has so far shows in rows at once and moves the level for good when a later day opens, so
rows depend on which facts there are, not on how they came.
"""

from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final

import msgspec

from projections.activity import ANSWERS, EPOCH, monday_of
from projections.facts import Fact
from projections.prediction.growth import Growth, GrowthCalibration, LevelState

# What is marked as a whole; a fact of these with a score is a mark.
MARKED: Final = frozenset({"check", "completion", "homework_done", "result"})
ANSWER: Final = "answer"  # the kind of a day's share of right answers
SCHOOL_YEAR: Final = (9, 1)  # month and day on which it begins


class Tally(msgspec.Struct, array_like=True, gc=False):
    """What came of one kind on the open day: how many, and the sum of points 0..100."""

    count: int = 0
    points: float = 0.0


class SubjectLevel(msgspec.Struct, array_like=True):
    """A person's level in one subject up to its open day, and what that day has so far."""

    known: LevelState  # without the open day
    first_day: int  # days since 1970-01-01, as are the others
    day: int
    kinds: dict[str, Tally] = {}  # of the open day
    observations: int = 0  # of the week, without the open day
    points: float = 0.0  # their sum
    is_touched: bool = True


class LevelsState(msgspec.Struct):
    """Levels by subject, and weeks over since rows were last given."""

    subjects: dict[str, SubjectLevel] = {}
    closed_weeks: list[tuple[Any, ...]] = []  # rows of ``person_level_weeks``, short of both ends


@lru_cache(maxsize=4096)
def week_of_school_year(day: int) -> str:
    """Name the week of the school year of a day (days since 1970-01-01), such as ``07``.

    The order of a cohort curve's positions: week 01 holds the first of September.
    """
    there = date.fromordinal(day + EPOCH)
    begin = date(there.year, *SCHOOL_YEAR)
    # Its whole first week belongs to a school year, days of August included.
    if there < begin - timedelta(days=begin.weekday()):
        begin = date(there.year - 1, *SCHOOL_YEAR)
    return f"{(day - monday_of(begin.toordinal() - EPOCH)) // 7 + 1:02}"


def school_year(day: int) -> str:
    """Name the school year of a day by the year in which it began: the cohort of a score."""
    there = date.fromordinal(day + EPOCH)
    begin = date(there.year, *SCHOOL_YEAR)
    return str(there.year - (there < begin - timedelta(days=begin.weekday())))


def kind_of(fact: Fact) -> str:
    """Give the kind of a result; empty for a fact that is none, or of no subject."""
    if not (fact.subject or fact.course):
        return ""
    if fact.score is not None and fact.action in MARKED:
        return fact.action
    return ANSWER if fact.success is not None and fact.action in ANSWERS else ""


def subject_of(fact: Fact) -> str:
    """Give what a level is of: the subject, or where none is stated the course."""
    return fact.subject or fact.course


def points_of(fact: Fact) -> float:
    """Give a result's points 0..100; a score below nothing counts as nothing."""
    if fact.action in ANSWERS:
        return 100.0 if fact.success else 0.0
    return min(1.0, max(0.0, fact.score or 0.0)) * 100.0


class Levels:
    """Folds results into levels under one calibration."""

    def __init__(self, calibration: GrowthCalibration) -> None:
        self._growth = Growth(calibration)

    def take(self, state: LevelsState, fact: Fact, day: int) -> None:
        """Fold in a fact of a local day no earlier than any before."""
        kind = kind_of(fact)
        if not kind:
            return
        subject = subject_of(fact)
        one = state.subjects.get(subject)
        if one is None:
            one = state.subjects[subject] = SubjectLevel(self._growth.start(), day, day)
        elif one.day != day:
            self._close(state, subject, one, day)
        tally = one.kinds.get(kind)
        if tally is None:
            tally = one.kinds[kind] = Tally()
        tally.count += 1
        tally.points += points_of(fact)
        one.is_touched = True

    def rows(self, state: LevelsState) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """Give rows of ``person_levels`` and ``person_level_weeks`` that changed since the last.

        They lack the columns before ``subject`` and after the last one of their own.
        """
        levels, weeks = [], state.closed_weeks
        state.closed_weeks = []
        for subject, one in state.subjects.items():
            if one.is_touched:
                known, count, points = self._with_open_day(subject, one)
                levels.append((subject, *_shown(known), one.first_day, one.day))
                weeks.append(_week(subject, one, known, count, points))
                one.is_touched = False
        return levels, weeks

    def _close(self, state: LevelsState, subject: str, one: SubjectLevel, day: int) -> None:
        """Let the open day move the level for good, and open another."""
        known, count, points = self._with_open_day(subject, one)
        one.known = known
        if monday_of(day) == monday_of(one.day):
            one.observations, one.points = count, points
        else:
            if one.is_touched:
                state.closed_weeks.append(_week(subject, one, known, count, points))
            one.observations, one.points = 0, 0.0
        one.day, one.kinds = day, {}

    def _with_open_day(self, subject: str, one: SubjectLevel) -> tuple[LevelState, int, float]:
        """Give the level as the open day leaves it, with the week's observations and their sum."""
        growth, day = self._growth, one.day
        known = LevelState(*msgspec.structs.astuple(one.known))
        count, points, order = one.observations, one.points, week_of_school_year(day)
        for kind, score, answers in day_observations(one.kinds):
            curve = growth.curve(subject, kind, order)
            noise = growth.noise(curve, kind, answers)
            growth.observe(known, curve.standing_of(score), noise, day)
            count += 1
            points += score
        return known, count, points


def day_observations(kinds: dict[str, Tally]) -> list[tuple[str, float, int]]:
    """Give what a day says of a subject: kind, points 0..100, and of how many answers.

    Marks by kind, each the mean of the day's; without any, the share of right answers.
    """
    marks = [
        (kind, tally.points / tally.count, 0)
        for kind, tally in sorted(kinds.items())
        if kind != ANSWER
    ]
    if marks:
        return marks
    return [(kind, tally.points / tally.count, tally.count) for kind, tally in kinds.items()]


def _shown(known: LevelState) -> tuple[float, float, float, float, int]:
    """Give the columns that hold a level, in the order of ``LevelState``."""
    return known.level, known.variance, known.freedom, known.squares, known.scores


def _week(
    subject: str, one: SubjectLevel, known: LevelState, count: int, points: float
) -> tuple[Any, ...]:
    return (subject, monday_of(one.day), *_shown(known), one.day, count, points / count)
