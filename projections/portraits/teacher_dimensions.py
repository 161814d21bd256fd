"""The five dimensions of a teacher's portrait, each with its acts by week and its place among all.

They are those of the Yuzhong model: 共建共享教学资源, 实时推送个性化资源, 动态调整教学策略,
积极组织互动交流, 有效增进分析反馈.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from projections.evidence import Wanted, figure_evidence
from projections.lessons.facts import Names, Shown

# A rank says something from this many teachers on.
ENOUGH_TEACHERS: Final = 5
# The last teaching weeks that are set against those before.
RECENT_WEEKS: Final = 4
MOST_LESSONS: Final = 20


class Dimension(NamedTuple):
    """A dimension of what teachers do, with its names and the actions that count for it."""

    code: str
    zh: str
    en: str
    actions: tuple[str, ...]


DIMENSIONS: Final = (
    Dimension(
        "resources",
        "共建共享教学资源",
        "Teaching resources built and shared",
        ("resource_created", "resource_recreated", "resource_shared"),
    ),
    Dimension("pushes", "实时推送个性化资源", "Resources pushed to learners", ("resource_pushed",)),
    Dimension("strategy", "动态调整教学策略", "Teaching strategy adjusted", ("strategy_changed",)),
    Dimension(
        "interaction", "积极组织互动交流", "Interaction organised", ("interaction_organised",)
    ),
    Dimension(
        "feedback",
        "有效增进分析反馈",
        "Analysis and feedback given",
        ("feedback_given", "homework_marked", "tutoring_given", "rating_given"),
    ),
)


class Act(NamedTuple):
    """One thing that a teacher did."""

    action: str
    week: str  # its Monday, ISO 8601
    lesson: str
    item: str
    counterpart: str
    layer: str
    statement: str
    time: int  # microseconds since 1970 UTC


@dataclass(frozen=True)
class Teacher:
    """How much a teacher of the cohort did: actions, and the weeks in which they did any."""

    actions: Counter[str]
    weeks: frozenset[str]

    def per_week(self, dimension: Dimension) -> float:
        """Give how many acts of a dimension they did a teaching week."""
        n = sum(self.actions[action] for action in dimension.actions)
        return n / len(self.weeks) if self.weeks else 0.0


_NOTHING: Final = Teacher(Counter(), frozenset())


class Cohort:
    """How much the teachers of a store do a week, by dimension, of those who do any."""

    def __init__(self, teachers: Mapping[str, Teacher]) -> None:
        self.persons = frozenset(teachers)
        self._teachers = teachers
        self._rates = {
            dimension.code: sorted(
                rate for each in teachers.values() if (rate := each.per_week(dimension)) > 0
            )
            for dimension in DIMENSIONS
        }

    def figures(self, person: str) -> Shown:
        """Give how much somebody did, in all and by dimension a teaching week (``rates``)."""
        known = self._teachers.get(person, _NOTHING)
        return {
            "weeks": len(known.weeks),
            "acts": known.actions.total(),
            "rates": {each.code: known.per_week(each) for each in DIMENSIONS},
        }

    def place(self, dimension: Dimension, rate: float) -> Shown:
        """Give the percentile rank (0..1) of a rate, equal ones counted half, among how many."""
        rates = self._rates[dimension.code]
        if rate <= 0.0 or len(rates) < ENOUGH_TEACHERS:
            return {"rank": None, "among": len(rates)}
        below, up_to = bisect_left(rates, rate), bisect_right(rates, rate)
        return {"rank": (below + up_to) / 2 / len(rates), "among": len(rates)}


def cohort_of(
    rows: Sequence[tuple[str, str, int, Sequence[str]]], person_of: Mapping[str, str]
) -> Cohort:
    """Put a cohort together of (account, action, n, weeks), by the persons of the accounts."""
    actions: defaultdict[str, Counter[str]] = defaultdict(Counter)
    weeks: defaultdict[str, set[str]] = defaultdict(set)
    for account, action, n, of_weeks in rows:
        person = person_of.get(account, account)
        actions[person][action] += n
        weeks[person].update(of_weeks)
    return Cohort(
        {person: Teacher(actions[person], frozenset(weeks[person])) for person in actions}
    )


def dimensions_of(acts: Sequence[Act], cohort: Cohort, names: Names, person: str) -> list[Shown]:
    """Tell each dimension of a teacher, of acts in the order of their times."""
    weeks = sorted({act.week for act in acts})
    return [
        _dimension(each, acts, weeks, cohort) | _rests_on(each, acts, names, person)
        for each in DIMENSIONS
    ]


def _dimension(
    dimension: Dimension, acts: Sequence[Act], weeks: Sequence[str], cohort: Cohort
) -> Shown:
    own = [act for act in acts if act.action in dimension.actions]
    by_week = Counter(act.week for act in own)
    rate = len(own) / len(weeks) if weeks else None
    return {
        "dimension": dimension.code,
        "names": {"zh-CN": dimension.zh, "en": dimension.en},
        "n": len(own),
        "per_week": rate,
        **cohort.place(dimension, rate or 0.0),
        "own_past": _own_past(by_week, weeks),
        "weeks": [{"week": week, "n": by_week[week]} for week in weeks],
        "learners": len({act.counterpart for act in own if act.counterpart}),
    }


def _rests_on(dimension: Dimension, acts: Sequence[Act], names: Names, person: str) -> Shown:
    """Tell what a dimension rests on: the lessons, and each action's statements."""
    own = [act for act in acts if act.action in dimension.actions]
    counted = Counter(act.action for act in own)
    return {
        "lessons": lessons_behind(own, names, person),
        "actions": [action_shown(each, counted[each], person) for each in dimension.actions],
    }


def action_shown(action: str, n: int, person: str) -> Shown:
    """Tell how often something was done, and what lists it."""
    wanted = Wanted(person=person, actions=(action,))
    return {"action": action, "n": n, "evidence": figure_evidence(n, wanted)}


def _own_past(by_week: Mapping[str, int], weeks: Sequence[str]) -> Shown:
    """Set the last teaching weeks against those before, each as acts a week."""
    before, recent = weeks[:-RECENT_WEEKS], weeks[-RECENT_WEEKS:]

    def rate(some: Sequence[str]) -> float | None:
        return sum(by_week.get(week, 0) for week in some) / len(some) if some else None

    return {
        "recent_weeks": len(recent),
        "recent": rate(recent),
        "weeks_before": len(before),
        "before": rate(before),
    }


def lessons_behind(acts: Sequence[Act], names: Names, person: str) -> Shown:
    """Tell in which lessons acts were done: how many, and the newest ones with their counts."""
    counted: Counter[str] = Counter()
    actions = tuple(sorted({act.action for act in acts}))
    newest: dict[str, int] = {}
    for act in acts:
        if act.lesson:
            counted[act.lesson] += 1
            newest[act.lesson] = max(newest.get(act.lesson, act.time), act.time)
    ordered = sorted(counted, key=lambda each: (-newest[each], each))
    listed = [
        {
            "lesson": each,
            "names": names.activity(each),
            "n": counted[each],
            "evidence": figure_evidence(
                counted[each], Wanted(person=person, actions=actions, lesson=each)
            ),
        }
        for each in ordered[:MOST_LESSONS]
    ]
    return {"n": len(counted), "newest": listed}
