"""Daily activity: what a person did on each local day, by phase, subject and app."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

import msgspec

from projections.facts import Fact
from projections.vocabulary import ACTIONS

ANSWERS = frozenset(action.code for action in ACTIONS.values() if action.is_answer)
# What has been done with these: that a teacher sets something by a time is no doing of it.
DONE = frozenset({"preview", "check", "homework_done"})

EPOCH = date(1970, 1, 1).toordinal()
FIRST_DAY = date(1900, 1, 1)  # the first and the last day that ClickHouse's Date32 can hold
LAST_DAY = date(2299, 12, 31)
MOST_REMEMBERED = 2_000  # days
_UTC_DAY = 86_400_000_000  # microseconds
EVER = 2**62  # microseconds: later than any fact


class Calendar:
    """Tells the local day of a moment.

    A day is all moments from its midnight to the next day's midnight, in order, even where clocks
    are set back over midnight. Moments before 1900 belong to its first day, those after 2299 to its
    last.
    """

    def __init__(self, timezone: tzinfo) -> None:
        self._timezone = timezone
        self._days: dict[date, tuple[int, int]] = {}  # their first moments, and the next days'
        self._found: dict[int, tuple[int, int, int]] = {}  # by UTC day: a local day, begin and end
        self._first_end = self._midnight(FIRST_DAY + timedelta(days=1))
        self._last_start = self._midnight(LAST_DAY)

    def day_of(self, moment: int) -> tuple[int, int]:
        """Give the local day of a moment and the moment it ends before.

        The moment is in microseconds since 1970 UTC, as is the end; the day is in days since
        1970-01-01.
        """
        # Most moments of a UTC day are of the local day of the one before them.
        near = moment // _UTC_DAY
        if (found := self._found.get(near)) is not None and found[1] <= moment < found[2]:
            return found[0], found[2]
        if moment < self._first_end:
            return FIRST_DAY.toordinal() - EPOCH, self._first_end
        if moment >= self._last_start:
            return LAST_DAY.toordinal() - EPOCH, EVER
        seconds = moment // 1_000_000
        instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
        day = instant.astimezone(self._timezone).date()
        begin, end = self._bounds(day)
        while moment < begin:
            day -= timedelta(days=1)
            begin, end = self._bounds(day)
        while moment >= end:
            day += timedelta(days=1)
            begin, end = self._bounds(day)
        if len(self._found) >= MOST_REMEMBERED:
            self._found.clear()
        self._found[near] = day.toordinal() - EPOCH, begin, end
        return day.toordinal() - EPOCH, end

    def _bounds(self, day: date) -> tuple[int, int]:
        """Give a day's first moment and the next day's; a few years of days are remembered."""
        bounds = self._days.get(day)
        if bounds is None:
            if len(self._days) >= MOST_REMEMBERED:
                self._days.clear()
            bounds = (self._midnight(day), self._midnight(day + timedelta(days=1)))
            self._days[day] = bounds
        return bounds

    def _midnight(self, day: date) -> int:
        midnight = datetime.combine(day, time(), self._timezone)
        return (midnight - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


class DayActivity(msgspec.Struct, array_like=True, gc=False):
    """What a person did on one local day in one phase and subject by one app.

    ``answers`` counts responses to items whose success is known, so ``correct / answers`` is the
    share of correct ones; ``actions`` counts everything. ``due`` counts what was done of what had
    to be done by some time, ``on_time`` those of it that were.
    """

    day: int  # days since 1970-01-01
    phase: str
    subject: str
    app: str
    first_time: int  # microseconds since 1970 UTC
    last_time: int
    actions: int = 0
    answers: int = 0
    correct: int = 0
    seconds: float = 0.0
    due: int = 0
    on_time: int = 0
    is_touched: bool = True  # changed since its row was last given


class WeekActivity(msgspec.Struct, array_like=True):
    """What a person did in one week in one subject: what figures of many people are made of.

    ``before``, ``during`` and ``after`` count actions of the phases pre, in and post; ``actions``
    counts everything.
    """

    week: int  # its Monday, in days since 1970-01-01
    subject: str
    actions: int = 0
    before: int = 0
    during: int = 0
    after: int = 0
    answers: int = 0
    correct: int = 0
    seconds: float = 0.0
    due: int = 0
    on_time: int = 0
    days: int = 0  # with any action in the subject
    last_day: int = 0
    is_touched: bool = True


class ActivityState(msgspec.Struct):
    """The open day and week of one person; of earlier ones only what is not yet given as rows.

    Facts come in time order, so only the newest local day can still change: the state stays small
    however long the history.
    """

    day: int = 0
    day_end: int = -EVER  # microseconds since 1970 UTC: a later fact opens another day
    open: dict[tuple[str, str, str], DayActivity] = {}  # by phase, subject and app
    closed: list[DayActivity] = []
    week: int = 0
    open_week: dict[str, WeekActivity] = {}  # by subject
    closed_weeks: list[WeekActivity] = []


def count(state: ActivityState, fact: Fact, calendar: Calendar) -> None:
    """Count in a fact no older than any before."""
    if fact.time >= state.day_end:
        state.closed += [activity for activity in state.open.values() if activity.is_touched]
        state.open = {}
        state.day, state.day_end = calendar.day_of(fact.time)
        _open_week(state)
    key = (fact.phase, fact.subject, fact.app)
    activity = state.open.get(key)
    if activity is None:
        activity = DayActivity(state.day, *key, fact.time, fact.time)
        state.open[key] = activity
    activity.last_time = fact.time
    week = _week_of(state, fact)
    activity.actions += 1
    activity.is_touched = True
    if fact.success is not None and fact.action in ANSWERS:
        activity.answers += 1
        week.answers += 1
        if fact.success:
            activity.correct += 1
            week.correct += 1
    if fact.duration is not None:
        activity.seconds += fact.duration
        week.seconds += fact.duration
    if fact.due is not None and fact.action in DONE:
        on_time = int(fact.time <= fact.due)
        activity.due += 1
        activity.on_time += on_time
        week.due += 1
        week.on_time += on_time


def _open_week(state: ActivityState) -> None:
    """Begin another week where the open day is one of it."""
    week = monday_of(state.day)
    if week != state.week:
        state.closed_weeks += [one for one in state.open_week.values() if one.is_touched]
        state.open_week = {}
        state.week = week


def _week_of(state: ActivityState, fact: Fact) -> WeekActivity:
    """Give the open week in the fact's subject, with the action counted in."""
    week = state.open_week.get(fact.subject)
    if week is None:
        week = state.open_week[fact.subject] = WeekActivity(state.week, fact.subject)
    week.is_touched = True
    week.actions += 1
    match fact.phase:
        case "pre":
            week.before += 1
        case "in":
            week.during += 1
        case "post":
            week.after += 1
    if week.last_day != state.day or not week.days:
        week.days += 1
        week.last_day = state.day
    return week


def drain(state: ActivityState) -> list[DayActivity]:
    """Give what has changed since the last drain, oldest day first, and forget closed days."""
    touched = state.closed + [activity for activity in state.open.values() if activity.is_touched]
    state.closed = []
    for activity in touched:
        activity.is_touched = False
    return touched


def drain_weeks(state: ActivityState) -> list[WeekActivity]:
    """Give the weeks that have changed since the last drain, and forget closed ones."""
    touched = state.closed_weeks + [one for one in state.open_week.values() if one.is_touched]
    state.closed_weeks = []
    for week in touched:
        week.is_touched = False
    return touched


def week_row(store: str, person: str, week: WeekActivity, position: int) -> tuple[Any, ...]:
    """Give a row of the table ``person_weeks``, in the order of its columns."""
    return (
        store,
        person,
        week.week,
        week.subject,
        week.actions,
        week.before,
        week.during,
        week.after,
        week.answers,
        week.correct,
        week.seconds,
        week.due,
        week.on_time,
        week.days,
        week.last_day,
        position,
        0,
    )


def row(store: str, person: str, activity: DayActivity, position: int) -> tuple[Any, ...]:
    """Give a row of the table ``person_days``, in the order of its columns."""
    return (
        store,
        person,
        activity.day,
        activity.phase,
        activity.subject,
        activity.app,
        activity.actions,
        activity.answers,
        activity.correct,
        activity.seconds,
        activity.due,
        activity.on_time,
        activity.first_time,
        activity.last_time,
        position,
        0,
    )


def monday_of(day: int) -> int:
    """Give the Monday of a day's week; both in days since 1970-01-01, which was a Thursday."""
    return day - (day + 3) % 7
