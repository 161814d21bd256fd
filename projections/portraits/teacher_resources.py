"""What a teacher does with resources (资源): preparation, reuse, and how lessons with them went."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from projections.evidence import Wanted, figure_evidence
from projections.lessons.facts import Names, Shown
from projections.lessons.reports import LessonFigures
from projections.portraits.teacher_dimensions import Act, action_shown, lessons_behind
from projections.shares import difference

# What prepares lessons, and what takes up a resource that is there already.
PREPARING: Final = ("resource_searched", "resource_adopted", "resource_recreated")
TAKING: Final = ("resource_adopted", "resource_recreated", "resource_used")
MAKING: Final = ("resource_created", "resource_recreated", "resource_shared")
_IN_LESSONS: Final = frozenset({*TAKING, "resource_pushed"})
_ABOUT_RESOURCES: Final = _IN_LESSONS | frozenset(MAKING)
MOST_RESOURCES: Final = 20
# A lesson's share of right answers counts as one figure from so many answers on.
ENOUGH_ANSWERS: Final = 10


def preparation(acts: Sequence[Act], names: Names, person: str) -> Shown:
    """Tell how a teacher prepares: what was searched, adopted and re-created, for which lessons."""
    own = [act for act in acts if act.action in PREPARING]
    counted = Counter(act.action for act in own)
    return {
        "actions": [action_shown(each, counted[each], person) for each in PREPARING],
        "lessons": lessons_behind(own, names, person),
    }


def made(acts: Iterable[Act]) -> list[str]:
    """List the resources that a teacher built, re-created or shared."""
    return sorted({act.item for act in acts if act.action in MAKING and act.item})


def reuse(
    acts: Sequence[Act],
    taken: Iterable[tuple[str, str]],
    figures: Mapping[str, LessonFigures],
    names: Names,
    person: str,
) -> Shown:
    """Tell which resources were used again, by the teacher and by others, and how lessons went.

    ``taken`` is (resource, other person) of those who took up what the teacher has made.
    """
    counted: defaultdict[str, Counter[str]] = defaultdict(Counter)
    lessons: defaultdict[str, set[str]] = defaultdict(set)
    others: defaultdict[str, set[str]] = defaultdict(set)
    for act in acts:
        if act.item and act.action in _ABOUT_RESOURCES:
            counted[act.item][act.action] += 1
            if act.lesson and act.action in _IN_LESSONS:
                lessons[act.item].add(act.lesson)
    for item, other in taken:
        others[item].add(other)
    ordered = sorted(counted, key=lambda each: (-len(lessons[each]), -len(others[each]), each))
    return {
        "resources": len(counted),
        "used_again": sum(len(of_item) > 1 for of_item in lessons.values()),
        "taken_by_others": sum(1 for of_item in others.values() if of_item),
        "other_persons": len(set().union(*others.values())),
        "most_used": [
            {
                "item": item,
                "names": names.activity(item),
                "lessons": len(lessons[item]),
                "actions": dict(sorted(counted[item].items())),
                "other_persons": len(others[item]),
                "evidence": figure_evidence(
                    counted[item].total(),
                    Wanted(person=person, item=item, actions=tuple(sorted(counted[item]))),
                ),
            }
            for item in ordered[:MOST_RESOURCES]
        ],
        "effect": effect({each for some in lessons.values() for each in some}, figures),
    }


def effect(with_resource: Iterable[str], figures: Mapping[str, LessonFigures]) -> Shown:
    """Set the results of lessons with resources against the teacher's other lessons.

    A lesson counts once, by its share of right answers in that phase, if it has enough answers.
    The difference is with minus without, with its interval; it tells what went together, and not
    that resources were the cause.
    """
    chosen = set(with_resource)
    return {
        phase: difference(
            _shares(figures, phase, {each for each in figures if each in chosen}),
            _shares(figures, phase, {each for each in figures if each not in chosen}),
        )
        for phase in ("in", "post")
    }


def _shares(
    figures: Mapping[str, LessonFigures], phase: str, lessons: Iterable[str]
) -> list[float]:
    found = [
        figures[lesson].phases[phase]
        for lesson in sorted(lessons)
        if phase in figures[lesson].phases
    ]
    return [each.right / each.judged for each in found if each.judged >= ENOUGH_ANSWERS]
