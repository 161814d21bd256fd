"""A lesson in class (课中): who took part when, what was asked and answered, what teachers did."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import fmean, median
from typing import Final

from projections.days import iso_of
from projections.facts import Fact
from projections.lessons.facts import Part, Shown
from projections.lessons.results import by_item, item_results, point_results, responses

MICROSECONDS: Final = 1_000_000
NARROWEST: Final = 1  # seconds of a bucket of the timeline
WIDEST: Final = 300


def in_class(part: Part, width: int) -> Shown:
    """Report a lesson's class; ``width`` is that of the timeline's buckets in seconds.

    Present is who did anything in class.
    """
    facts = part.done_in("in")
    present = {fact.person for fact in facts}
    return {
        "expected": len(part.students),
        "basis": part.basis,
        "present": len(present & part.students.keys()),
        "absent": [student.shown() for student in part.without(present)],
        "timeline": _timeline(part, facts, width),
        "questions": _questions(part, present),
        "knowledge_points": point_results(part, "in"),
        "polls": _polls(part, facts),
        "group_work": _group_work(part, facts),
        "hands": _counts(part, facts, "hand_raised"),
        "attention": _attention(part, facts),
        "joined_remotely": _acts(part, facts, "session_joined"),
        "teaching": part.taught("in"),
        "evidence": part.evidence(phase="in"),
    }


# The timeline -------------------------------------------------------------------------------------


@dataclass
class _Bucket:
    """What happened in a few seconds."""

    persons: set[str] = field(default_factory=set)
    actions: Counter[str] = field(default_factory=Counter)
    attention: list[float] = field(default_factory=list)


def _timeline(part: Part, facts: Sequence[Fact], width: int) -> Shown:
    """Tell who took part when, in buckets of ``width`` seconds.

    Those that hold nothing are left out. A bucket begins at a whole multiple of its width since
    1970, so that what comes late changes what is in the buckets and never where they begin.
    ``second`` counts from the first one.
    """
    if not NARROWEST <= width <= WIDEST:
        raise BadWidth(width)
    buckets: defaultdict[int, _Bucket] = defaultdict(_Bucket)
    for fact in facts:
        bucket = buckets[fact.time // MICROSECONDS // width * width]
        bucket.persons.add(fact.person)
        bucket.actions[fact.action] += 1
        if fact.action == "attention" and (level := _level(fact)) is not None:
            bucket.attention.append(level)
    starts = sorted(buckets)
    return {
        "width": width,
        "begins": iso_of(starts[0] * MICROSECONDS) if starts else None,
        "ends": iso_of((starts[-1] + width) * MICROSECONDS) if starts else None,
        "buckets": [_bucket(start - starts[0], start, buckets[start]) for start in starts],
    }


def _bucket(second: int, start: int, bucket: _Bucket) -> Shown:
    return {
        "second": second,
        "time": iso_of(start * MICROSECONDS),
        "persons": len(bucket.persons),
        "actions": dict(sorted(bucket.actions.items())),
        "hands": bucket.actions["hand_raised"],
        "attention": fmean(bucket.attention) if bucket.attention else None,
    }


def _level(fact: Fact) -> float | None:
    """Give how attentive somebody was, 0..1: as a score, or as a rating."""
    return fact.score if fact.score is not None else fact.rating


# Questions, polls, group work ---------------------------------------------------------------------


def _questions(part: Part, present: set[str]) -> list[Shown]:
    """Tell of each question the results, and who of those expected didn't answer.

    Of these, ``present`` tells who was there and kept silent from who wasn't there at all.
    """
    return [
        {
            "number": number,
            **result,
            "not_answered": [
                student.shown() | {"present": student.person in present}
                for student in part.without(each["person"] for each in result["learners"])
            ],
        }
        for number, result in enumerate(item_results(part, "in"), 1)
    ]


def _polls(part: Part, facts: Sequence[Fact]) -> list[Shown]:
    """Tell the votes of each poll, of each learner the last one."""
    return [_poll(part, item, votes) for item, votes in by_item(_of_action(facts, "poll")).items()]


def _poll(part: Part, item: str, votes: Sequence[Fact]) -> Shown:
    last = {fact.person: fact for fact in votes}
    return {
        "item": item,
        "names": part.names.activity(item),
        "time": iso_of(min(fact.time for fact in votes)),
        "voters": len(last),
        "votes": [
            {"response": each["response"], "n": each["n"]} for each in responses(last.values())
        ],
        "learners": [
            part.who(fact.person) | {"response": fact.response, "statement": fact.statement}
            for fact in sorted(last.values(), key=lambda each: each.order)
        ],
        "not_voted": [student.shown() for student in part.without(last)],
        "evidence": part.evidence(action="poll", phase="in", item=item),
    }


def _group_work(part: Part, facts: Sequence[Fact]) -> list[Shown]:
    """Tell of each task the groups: those of whom one statement says that they worked together."""
    return [
        {
            "item": item,
            "names": part.names.activity(item),
            "learners": len({fact.person for fact in of_item}),
            "groups": _groups(part, of_item),
            "not_in_a_group": [
                student.shown() for student in part.without(fact.person for fact in of_item)
            ],
            "evidence": part.evidence(action="group_work", phase="in", item=item),
        }
        for item, of_item in by_item(_of_action(facts, "group_work")).items()
    ]


def _groups(part: Part, facts: Sequence[Fact]) -> list[Shown]:
    groups: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        groups[fact.statement].append(fact)
    return [
        {
            "time": iso_of(members[0].time),
            "seconds": members[0].duration,
            "learners": [part.who(fact.person) for fact in members],
            "statement": statement,
        }
        for statement, members in groups.items()
    ]


# Hands and attention ------------------------------------------------------------------------------


def _counts(part: Part, facts: Sequence[Fact], action: str) -> Shown:
    """Tell how often something was done, and by whom, the most often first."""
    counted = Counter(fact.person for fact in _of_action(facts, action))
    return {
        "n": counted.total(),
        "learners": [
            part.who(person)
            | {"n": n, "evidence": part.evidence(person=person, action=action, phase="in")}
            for person, n in sorted(counted.items(), key=lambda each: (-each[1], each[0]))
        ],
        "evidence": part.evidence(action=action, phase="in"),
    }


def _attention(part: Part, facts: Sequence[Fact]) -> Shown:
    """Tell how attentive learners were, 0..1, where a device or the teacher has noted it."""
    levels: defaultdict[str, list[float]] = defaultdict(list)
    for fact in _of_action(facts, "attention"):
        if (level := _level(fact)) is not None:
            levels[fact.person].append(level)
    means = {person: fmean(each) for person, each in levels.items()}
    return {
        "n": sum(map(len, levels.values())),
        "median": median(means.values()) if means else None,
        "learners": [
            part.who(person)
            | {
                "mean": mean,
                "n": len(levels[person]),
                "evidence": part.evidence(person=person, action="attention", phase="in"),
            }
            for person, mean in sorted(means.items(), key=lambda each: (each[1], each[0]))
        ],
        "evidence": part.evidence(action="attention", phase="in"),
    }


def _acts(part: Part, facts: Iterable[Fact], action: str) -> list[Shown]:
    return [
        part.who(fact.person) | {"time": iso_of(fact.time), "statement": fact.statement}
        for fact in _of_action(facts, action)
    ]


def _of_action(facts: Iterable[Fact], action: str) -> list[Fact]:
    return [fact for fact in facts if fact.action == action]


class BadWidth(ValueError):
    """A width of the timeline's buckets that isn't from 1 to 300 seconds."""

    def __init__(self, width: int) -> None:
        super().__init__(f"a bucket is {NARROWEST} to {WIDEST} seconds wide, not {width}")
