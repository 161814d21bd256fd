"""Activity is counted by local day and phase, and only the open day is kept."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.activity import (
    EVER,
    ActivityState,
    Calendar,
    count,
    drain,
    drain_weeks,
    monday_of,
    row,
)
from projections.facts import Fact
from projections.tables import TABLES

SHANGHAI = Calendar(ZoneInfo("Asia/Shanghai"))
HOUR = 3_600_000_000


def at(text: str) -> int:
    """Microseconds since 1970 of a moment given in ISO 8601."""
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    )


def days_since_1970(text: str) -> int:
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1)).days


def fact(time: str | int, **fields) -> Fact:
    moment = at(time) if isinstance(time, str) else time
    known = {"store": "school", "statement": "s", "ordinal": 0, "person": "p", "position": 1}
    return Fact(**{**known, "action": "answer", "time": moment, **fields})


def counted(*facts: Fact, calendar: Calendar = SHANGHAI) -> ActivityState:
    state = ActivityState()
    for one in facts:
        count(state, one, calendar)
    return state


def test_a_day_is_a_local_day():
    state = counted(
        fact("2026-03-02T15:59:59.999999+00:00"),  # 23:59 in Shanghai
        fact("2026-03-02T16:00:00+00:00"),  # midnight in Shanghai
    )
    assert [activity.day for activity in drain(state)] == [
        days_since_1970("2026-03-02"),
        days_since_1970("2026-03-03"),
    ]


def test_phases_of_a_day_are_counted_apart():
    state = counted(
        fact("2026-03-02T07:00:00+08:00", phase="pre", action="preview", duration=60.0),
        fact("2026-03-02T09:00:00+08:00", phase="in", success=True, duration=10.0),
        fact("2026-03-02T09:01:00+08:00", phase="in", success=False, duration=20.5),
        fact("2026-03-02T20:00:00+08:00", action="other"),
    )
    pre, inside, unknown = drain(state)
    assert (pre.phase, pre.actions, pre.answers, pre.seconds) == ("pre", 1, 0, 60.0)
    assert (inside.phase, inside.actions, inside.answers, inside.correct) == ("in", 2, 2, 1)
    assert inside.seconds == 30.5
    assert inside.first_time == at("2026-03-02T09:00:00+08:00")
    assert inside.last_time == at("2026-03-02T09:01:00+08:00")
    assert (unknown.phase, unknown.actions) == ("", 1)


def test_only_an_answer_of_known_success_is_an_answer():
    state = counted(
        fact(0, success=None),
        fact(1, success=True),
        fact(2, action="poll", success=True),
        fact(3, action="result", success=False),
    )
    (activity,) = drain(state)
    assert (activity.actions, activity.answers, activity.correct) == (4, 1, 1)


def test_the_state_keeps_only_the_open_day_once_rows_are_given():
    state = ActivityState()
    for day in range(400):
        for phase in ("pre", "in", "post"):
            count(state, fact(day * 24 * HOUR, phase=phase), SHANGHAI)
        assert len(drain(state)) == 3
    assert not state.closed
    assert len(state.open) == 3


def test_a_row_is_given_once_until_it_changes_again():
    state = counted(fact(0))
    assert len(drain(state)) == 1
    assert drain(state) == []
    count(state, fact(1), SHANGHAI)
    (activity,) = drain(state)
    assert activity.actions == 2


def test_a_row_has_the_columns_of_its_table():
    (activity,) = drain(counted(fact("2026-03-02T09:00:00+08:00", phase="in", success=True)))
    values = dict(
        zip(TABLES["person_days"].column_names, row("school", "p", activity, 7), strict=True)
    )
    assert values == {
        "store": "school",
        "person": "p",
        "day": days_since_1970("2026-03-02"),
        "phase": "in",
        "subject": "",
        "app": "",
        "actions": 1,
        "answers": 1,
        "correct": 1,
        "seconds": 0.0,
        "due": 0,
        "on_time": 0,
        "first_time": at("2026-03-02T09:00:00+08:00"),
        "last_time": at("2026-03-02T09:00:00+08:00"),
        "position": 7,
        "is_deleted": 0,
    }


@pytest.mark.parametrize(
    "zone",
    [
        "Asia/Shanghai",  # summer time until 1991
        "America/Havana",  # clocks go back at midnight
        "America/St_Johns",  # went back over midnight, at one minute past
        "Pacific/Apia",  # left out a whole day
    ],
)
@given(moments=st.lists(st.integers(at("1985-01-01T00:00Z"), at("2030-01-01T00:00Z"))))
def test_days_never_go_back_and_each_holds_its_moments(zone, moments):
    calendar = Calendar(ZoneInfo(zone))
    last_day = None
    for moment in sorted(moments):
        day, end = calendar.day_of(moment)
        assert moment < end
        assert calendar.day_of(end)[0] > day
        assert calendar.day_of(end - 1) == (day, end)
        assert last_day is None or day >= last_day
        last_day = day


def test_a_day_on_which_clocks_go_back_over_midnight_stays_one_day():
    calendar = Calendar(ZoneInfo("America/St_Johns"))
    midnight = at("2010-11-07T02:30:00+00:00")  # 00:00; a minute later it is 23:01 again
    days = [calendar.day_of(midnight + minute * 60_000_000)[0] for minute in range(-5, 120)]
    assert days == sorted(days)


@pytest.mark.parametrize("moment", [at("0001-01-01T00:00Z"), at("9999-12-31T23:59Z"), EVER - 1])
def test_a_moment_beyond_the_calendar_falls_on_its_first_or_last_day(moment):
    day, end = SHANGHAI.day_of(moment)
    assert day in (days_since_1970("1900-01-01"), days_since_1970("2299-12-31"))
    assert moment < end


def test_a_week_adds_up_its_days_by_subject():
    state = counted(
        fact("2026-03-02T09:00:00+08:00", phase="in", subject="english", success=True),
        fact("2026-03-02T19:00:00+08:00", phase="post", subject="english", success=False),
        fact("2026-03-04T19:00:00+08:00", phase="pre", subject="english", duration=2.5),
        fact("2026-03-08T23:59:59+08:00", phase="in", subject="music"),  # a Sunday
        fact("2026-03-09T00:00:00+08:00", phase="in", subject="music"),
    )
    monday = days_since_1970("2026-03-02")
    english, music, next_music = drain_weeks(state)
    assert (english.week, english.subject, english.actions) == (monday, "english", 3)
    assert (english.before, english.during, english.after) == (1, 1, 1)
    assert (english.answers, english.correct, english.seconds, english.days) == (2, 1, 2.5, 2)
    assert (music.week, music.actions, music.days) == (monday, 1, 1)
    assert (next_music.week, next_music.actions) == (monday + 7, 1)
    assert drain_weeks(state) == []


@given(st.lists(st.tuples(st.integers(0, 60), st.sampled_from(["a", "b"])), max_size=30))
def test_weeks_hold_all_that_days_hold(acts: list[tuple[int, str]]):
    facts = [fact(day * 24 * HOUR, subject=subject) for day, subject in sorted(acts)]
    state = counted(*facts)
    of_days: dict[tuple[int, str], int] = {}
    for one in drain(state):
        key = (monday_of(one.day), one.subject)
        of_days[key] = of_days.get(key, 0) + one.actions
    assert {(week.week, week.subject): week.actions for week in drain_weeks(state)} == of_days
