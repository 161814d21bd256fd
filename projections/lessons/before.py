"""A lesson before class (课前): who previewed, how far they watched, what they could already do."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from statistics import median
from typing import Final

from projections.days import iso_of
from projections.facts import Fact
from projections.lessons.facts import Part, Shown
from projections.lessons.results import (
    first_answers,
    item_results,
    learner_results,
    point_results,
)
from projections.prediction.mastery import Filter, MasteryState
from projections.shares import Figures, counted, expected_share, share_of

TENTHS: Final = tuple(tenth / 10 for tenth in range(1, 11))
_WATCHED: Final = 1e-9  # what rounding may have taken from a share watched


def before_class(part: Part, mastery: Filter) -> Shown:
    """Report a lesson's preview; ``seconds`` are those spent on it.

    Who has previewed is who did anything for the lesson before it.
    """
    facts = part.done_in("pre")
    of_person = _by_person(facts)
    previewed = [_preview(part, person, theirs) for person, theirs in of_person.items()]
    seconds = [each["seconds"] for each in previewed]
    missing = part.without(of_person)
    expected = len(part.students)
    return {
        "expected": expected,
        "basis": part.basis,
        "share": counted(expected - len(missing), expected),
        "seconds": {"total": sum(seconds), "median": median(seconds) if seconds else None},
        "previewed": sorted(
            previewed, key=lambda each: (each["class_group"], each["name"], each["person"])
        ),
        "not_previewed": [student.shown() for student in missing],
        "videos": _videos(part, facts),
        "items": item_results(part, "pre"),
        "knowledge_points": point_results(part, "pre"),
        "teaching": part.taught("pre"),
        "predicted": _predicted(part, mastery),
        "evidence": part.evidence(phase="pre"),
    }


def _preview(part: Part, person: str, facts: Sequence[Fact]) -> Shown:
    watched = [fact.progress for fact in facts if fact.progress is not None]
    return part.who(person) | {
        "actions": len(facts),
        "seconds": sum(fact.duration or 0.0 for fact in facts),
        "first_time": iso_of(facts[0].time),
        "last_time": iso_of(facts[-1].time),
        "watched": max(watched, default=None),
        "checks": learner_results(first_answers(facts)),
        "evidence": part.evidence(person=person, phase="pre"),
    }


def _videos(part: Part, facts: Sequence[Fact]) -> list[Shown]:
    """Tell of each video how many got how far: ``reached`` is where viewers drop off.

    A viewer is at the furthest point that any of their statements gives. Of viewers whose app
    doesn't say, it isn't known: ``known`` counts the others.
    """
    furthest: defaultdict[str, dict[str, float | None]] = defaultdict(dict)
    for fact in facts:
        if fact.action == "video":
            before = furthest[fact.item].get(fact.person)
            known = [each for each in (before, fact.progress) if each is not None]
            furthest[fact.item][fact.person] = max(known, default=None)
    return [
        _video(part, item, [each for each in viewers.values() if each is not None], len(viewers))
        for item, viewers in sorted(furthest.items())
    ]


def _video(part: Part, item: str, furthest: Sequence[float], viewers: int) -> Shown:
    return {
        "item": item,
        "names": part.names.activity(item),
        "viewers": viewers,
        "known": len(furthest),
        "median": median(furthest) if furthest else None,
        "reached": [{"of_video": tenth, **_reached(furthest, tenth)} for tenth in TENTHS],
        "evidence": part.evidence(action="video", phase="pre", item=item),
    }


def _reached(furthest: Sequence[float], tenth: float) -> Figures:
    return counted(sum(each >= tenth - _WATCHED for each in furthest), len(furthest))


# What preview predicted ---------------------------------------------------------------------------


def _predicted(part: Part, mastery: Filter) -> Shown:
    """Set what the preview's answers let expect of each answer in class against what came.

    The mastery filter, under the calibration that the record is folded with, knows nothing of a
    learner but the preview of this lesson, and says how likely each first answer in class was
    right. ``expected`` holds 95 % of outcomes if it is right about that; where ``happened`` lies
    outside, class went otherwise than preview let expect.
    """
    answered, foreseen = _class_answers(part), _foreseen(part, mastery)
    pairs = [(fact, foreseen(fact)) for fact in answered]
    known = [(fact, chance) for fact, chance in pairs if chance is not None]
    return {
        **_compared(known),
        "knowledge_points": [
            {
                "knowledge_point": point,
                "names": part.names.activity(point),
                **_compared([pair for pair in known if point in pair[0].knowledge_points]),
            }
            for point in sorted({point for fact, _ in known for point in fact.knowledge_points})
        ],
        "learners": [
            part.who(person) | _compared([pair for pair in known if pair[0].person == person])
            for person in dict.fromkeys(fact.person for fact, _ in known)
        ],
        "by_preview": _by_preview(part, answered),
    }


def _class_answers(part: Part) -> list[Fact]:
    """Give first answers in class that are known to be right or wrong."""
    firsts = first_answers(part.of_phase("in"))
    return [fact for fact in firsts if fact.success is not None and fact.knowledge_points]


class _Foreseen:
    """How likely answers are right by the preview; None of who answered nothing in it."""

    def __init__(self, states: Mapping[str, MasteryState], filtering: Filter) -> None:
        self._states = states
        self._filter = filtering

    def __call__(self, fact: Fact) -> float | None:
        state = self._states.get(fact.person)
        if state is None:
            return None
        # A copy answers, so that the state stays that of the preview.
        return self._filter.respond(
            deepcopy(state), fact.item, fact.knowledge_points, bool(fact.success)
        )


def _foreseen(part: Part, mastery: Filter) -> _Foreseen:
    states = dict[str, MasteryState]()
    for fact in first_answers(part.of_phase("pre")):
        if fact.success is not None and fact.knowledge_points:
            state = states.setdefault(fact.person, mastery.start())
            mastery.respond(state, fact.item, fact.knowledge_points, fact.success, fact.time)
    return _Foreseen(states, mastery)


def _compared(known: Sequence[tuple[Fact, float]]) -> Shown:
    expected = expected_share([chance for _, chance in known])
    happened = share_of(fact.success is True for fact, _ in known)
    return {"expected": expected, "happened": happened, "surprise": _surprise(expected, happened)}


def _surprise(expected: Figures, happened: Figures) -> str | None:
    """Say on which side of what was expected the outcome lies: above, below, or within."""
    if not happened["n"]:
        return None
    if happened["share"] > expected["high"]:
        return "above"
    return "below" if happened["share"] < expected["low"] else "within"


def _by_preview(part: Part, answered: Sequence[Fact]) -> list[Shown]:
    """Tell the results in class of those whose preview went well, partly well, badly, or not.

    ``unchecked`` are those who previewed but answered nothing that can be right or wrong.
    """
    previewed = {fact.person for fact in part.done_in("pre")}
    checks = _by_person(
        fact for fact in first_answers(part.of_phase("pre")) if fact.success is not None
    )

    def group(person: str) -> str:
        if theirs := checks.get(person):
            right = sum(fact.success is True for fact in theirs)
            return "right" if right == len(theirs) else "partly" if right else "wrong"
        return "unchecked" if person in previewed else "none"

    found: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in answered:
        found[group(fact.person)].append(fact)
    return [
        {
            "preview": each,
            "learners": len({fact.person for fact in found[each]}),
            "result": share_of(fact.success is True for fact in found[each]),
        }
        for each in ("right", "partly", "wrong", "unchecked", "none")
    ]


def _by_person(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    found: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        found[fact.person].append(fact)
    return dict(found)
