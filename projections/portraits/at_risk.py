"""Students at risk, each with reasons: plain rules over the last weeks, every number told.

A rule speaks only where there is enough evidence for it, and a share is called low only where its
95 % interval is (E. B. Wilson 1927, "Probable Inference", JASA 22). The rules name who should be
looked at today; they predict nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from statistics import median
from typing import Any, Final, NamedTuple

import msgspec

from projections.activity import ANSWERS, DONE
from projections.evidence import Wanted, evidence_to_ask
from projections.shares import wilson

RECENT_WEEKS = 4
BEFORE_WEEKS = 8  # before those, to compare with
FEWEST_ANSWERS = 10
PASS = 0.6  # share of right answers: 60 of 100 is the mark of passing in Chinese schools
FEWEST_DUE = 4
ON_TIME = 0.5
SILENT_DAYS = 14
RHYTHM_DAYS = 7  # silence says something only in a class that is active
FEWEST_ACTIONS = 16  # in the weeks before, for less to say something
LESS = 0.5
FEWEST_FALLEN = 3
FALLEN_SHARE = 0.2


_ANSWERED: Final[dict[str, Any]] = {"actions": tuple(sorted(ANSWERS)), "known": ("success",)}
_DUE: Final[dict[str, Any]] = {"actions": tuple(sorted(DONE)), "known": ("due",)}


class Weeks(NamedTuple):
    """Where a student is placed, and what they did in the weeks that are looked at."""

    person: str
    class_group: str
    school: str
    actions: int
    answers: int
    correct: int
    due: int
    on_time: int
    actions_before: int
    answers_before: int
    correct_before: int
    last_day: str


class Reason(msgspec.Struct, frozen=True):
    """Why somebody is at risk: a code, a sentence in two languages, its numbers, the evidence."""

    code: str
    zh: str
    en: str
    numbers: dict[str, Any]
    evidence: dict[str, Any]  # what to ask for the facts


class AtRisk(msgspec.Struct, frozen=True):
    """Somebody at risk, with at least one reason."""

    person: str
    class_group: str
    school: str
    reasons: list[Reason]


class Windows(NamedTuple):
    """The weeks that are looked at, by the Monday that each begins with."""

    before: date
    recent: date
    on: date


def windows(on: date) -> Windows:
    """Give the last weeks up to a day, its own included, and those before."""
    monday = on - timedelta(days=on.weekday())
    recent = monday - timedelta(weeks=RECENT_WEEKS - 1)
    return Windows(recent - timedelta(weeks=BEFORE_WEEKS), recent, on)


def at_risk(
    rows: Iterable[Weeks], points: Mapping[str, tuple[int, int]], weeks: Windows
) -> list[AtRisk]:
    """Give those of some students who are at risk, those with most reasons first.

    ``points`` are by person: how many are known well enough, and how many of them have fallen.
    """
    students = list(rows)
    rhythm = _rhythm(students)
    found = []
    for one in students:
        told = [
            *_silence(one, rhythm.get(one.class_group), weeks),
            *_accuracy(one, weeks),
            *_lateness(one, weeks),
            *_falling(one, points.get(one.person, (0, 0))),
        ]
        if told:
            found.append(AtRisk(one.person, one.class_group, one.school, told))
    found.sort(key=lambda each: (-len(each.reasons), each.person))
    return found


def _rhythm(students: Iterable[Weeks]) -> dict[str, date]:
    """Give the day on which half of each class were active last, or later."""
    days: dict[str, list[int]] = {}
    for one in students:
        days.setdefault(one.class_group, []).append(date.fromisoformat(one.last_day).toordinal())
    return {name: date.fromordinal(int(median(some))) for name, some in days.items()}


def _silence(one: Weeks, rhythm: date | None, weeks: Windows) -> list[Reason]:
    """Whoever falls silent, or does much less, while the class goes on."""
    if not one.actions and not one.actions_before:
        return []  # never seen: nothing to compare with
    silent = (weeks.on - date.fromisoformat(one.last_day)).days
    class_silent = (weeks.on - rhythm).days if rhythm else silent
    if silent >= SILENT_DAYS and class_silent <= RHYTHM_DAYS:
        numbers: dict[str, Any] = {"days": silent, "class_days": class_silent}
        zh = f"已有 {silent} 天没有学习记录，班级一半学生最近 {class_silent} 天内有记录"
        en = f"no activity for {silent} days; half of the class was active {class_silent} days ago"
        return [_reason("inactive", zh, en, numbers, one, weeks.before, weeks)]
    usual = one.actions_before / BEFORE_WEEKS
    now = one.actions / RECENT_WEEKS
    if one.actions_before >= FEWEST_ACTIONS and now < LESS * usual:
        numbers = {"per_week": round(now, 2), "per_week_before": round(usual, 2)}
        zh = f"近 {RECENT_WEEKS} 周每周 {now:.1f} 次学习行为，此前每周 {usual:.1f} 次"
        en = f"{now:.1f} actions a week in the last {RECENT_WEEKS} weeks, {usual:.1f} before"
        return [_reason("less_active", zh, en, numbers, one, weeks.before, weeks)]
    return []


def _accuracy(one: Weeks, weeks: Windows) -> list[Reason]:
    """Whose share of right answers is surely under the mark, or surely lower than before."""
    if one.answers < FEWEST_ANSWERS:
        return []
    share = one.correct / one.answers
    low, high = wilson(one.correct, one.answers)
    numbers: dict[str, Any] = {"n": one.answers, "share": share, "low": low, "high": high}
    told = []
    if high < PASS:
        zh = f"近 {RECENT_WEEKS} 周正确率 {share:.0%}（共 {one.answers} 题），低于 {PASS:.0%}"
        en = f"{share:.0%} of {one.answers} answers right, surely under {PASS:.0%}"
        told.append(_reason("low_accuracy", zh, en, numbers, one, weeks.recent, weeks, **_ANSWERED))
    before_low, _ = wilson(one.correct_before, one.answers_before)
    if one.answers_before >= FEWEST_ANSWERS and high < before_low:
        before = one.correct_before / one.answers_before
        more = {**numbers, "share_before": before, "n_before": one.answers_before}
        zh = f"正确率由 {before:.0%} 降到 {share:.0%}"
        en = f"right answers fell from {before:.0%} to {share:.0%}"
        fell = _reason("falling_accuracy", zh, en, more, one, weeks.before, weeks, **_ANSWERED)
        told.append(fell)
    return told


def _lateness(one: Weeks, weeks: Windows) -> list[Reason]:
    """Who hands in late most of the time."""
    if one.due < FEWEST_DUE or one.on_time >= ON_TIME * one.due:
        return []
    late = one.due - one.on_time
    zh = f"近 {RECENT_WEEKS} 周 {one.due} 次任务中有 {late} 次超过截止时间"
    en = f"{late} of {one.due} tasks handed in late"
    numbers = {"due": one.due, "on_time": one.on_time}
    return [_reason("late", zh, en, numbers, one, weeks.recent, weeks, **_DUE)]


def _falling(one: Weeks, points: tuple[int, int]) -> list[Reason]:
    """Whose mastery has fallen, in several points, by more than its interval."""
    known, fallen = points
    if fallen < FEWEST_FALLEN or fallen < FALLEN_SHARE * known:
        return []
    zh = f"{known} 个知识点中有 {fallen} 个的掌握度明显下降"
    en = f"mastery of {fallen} of {known} knowledge points has fallen by more than its interval"
    numbers = {"points": known, "fallen": fallen}
    wanted = Wanted(person=one.person, **_ANSWERED)
    return [Reason("falling_mastery", zh, en, numbers, evidence_to_ask(wanted))]


def _reason(
    code: str,
    zh: str,
    en: str,
    numbers: dict[str, Any],
    one: Weeks,
    since: date,
    weeks: Windows,
    **only: tuple[str, ...],
) -> Reason:
    """Give a reason that rests on a student's facts since a day, ``only`` on some of them."""
    wanted = Wanted(person=one.person, first=since, last=weeks.on)
    wanted = msgspec.structs.replace(wanted, **only)
    return Reason(code, zh, en, numbers, evidence_to_ask(wanted))
