"""What learners answered: by item, by knowledge point, and who answered what."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from statistics import median
from typing import Any

from projections.activity import ANSWERS
from projections.days import iso_of
from projections.facts import Fact
from projections.lessons.facts import Part, Shown
from projections.shares import share_of

# A learner's first answer to an item says what they knew; later ones are tries at what they got
# wrong. All figures of right and wrong are of first answers.


def answers_of(facts: Iterable[Fact]) -> list[Fact]:
    """Give the answers to items among facts."""
    return [fact for fact in facts if fact.action in ANSWERS]


def first_answers(facts: Iterable[Fact]) -> list[Fact]:
    """Give each learner's first answer to each item, of facts in their order."""
    found: dict[tuple[str, str], Fact] = {}
    for fact in answers_of(facts):
        found.setdefault((fact.person, fact.item), fact)
    return list(found.values())


def by_item(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    """Sort facts by their items, the items in the order in which learners got to them.

    That is by the median of the times, which one clock that is wrong doesn't move.
    """
    found: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        found[fact.item].append(fact)
    reached = {item: median(fact.time for fact in of_item) for item, of_item in found.items()}
    return {item: found[item] for item in sorted(found, key=lambda each: (reached[each], each))}


def item_results(part: Part, phase: str) -> list[Shown]:
    """Tell the results of each item of a phase, in the order in which learners got to them."""
    answers = answers_of(part.of_phase(phase))
    tries = Counter(fact.item for fact in answers)
    return [
        item_result(part, item, firsts, tries[item], phase)
        for item, firsts in by_item(first_answers(answers)).items()
    ]


def item_result(part: Part, item: str, firsts: Sequence[Fact], tries: int, phase: str) -> Shown:
    """Tell the results of one item: how many were right, what was answered, and by whom.

    ``answers`` counts first answers, ``tries`` all; seconds are the median of the time taken.
    """
    points = sorted({point for fact in firsts for point in fact.knowledge_points})
    return {
        "item": item,
        "names": part.names.activity(item),
        "part_of": _common(fact.part_of for fact in firsts),
        "layer": _common(fact.layer for fact in firsts),
        "knowledge_points": points,
        "time": iso_of(min(fact.time for fact in firsts)),
        "answers": len(firsts),
        "tries": tries,
        "result": _result(firsts),
        "seconds": median_seconds(firsts),
        "responses": responses(firsts),
        "learners": [_answer(part, fact) for fact in sorted(firsts, key=lambda each: each.order)],
        "evidence": part.evidence(action="answer", phase=phase, item=item),
    }


def responses(facts: Iterable[Fact]) -> list[Shown]:
    """Tell how often each response was given, the most frequent first."""
    n: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for fact in facts:
        n[fact.response] += 1
        right[fact.response] += fact.success is True
    ordered = sorted(n, key=lambda each: (-n[each], each))
    return [{"response": each, "n": n[each], "right": right[each]} for each in ordered]


def point_results(part: Part, phase: str) -> list[Shown]:
    """Tell the results by knowledge point: an answer counts for each of its item's points."""
    firsts = first_answers(part.of_phase(phase))
    found: defaultdict[str, list[Fact]] = defaultdict(list)
    for fact in firsts:
        for point in fact.knowledge_points:
            found[point].append(fact)
    return [
        {
            "knowledge_point": point,
            "names": part.names.activity(point),
            "learners": len({fact.person for fact in found[point]}),
            "result": _result(found[point]),
            "evidence": part.evidence(action="answer", phase=phase, knowledge_point=point),
        }
        for point in sorted(found)
    ]


def learner_results(firsts: Sequence[Fact]) -> dict[str, Any]:
    """Tell how many first answers there are, of known success, and how many of these are right."""
    judged = [fact for fact in firsts if fact.success is not None]
    return {"answers": len(firsts), "n": len(judged), "right": sum(map(_is_right, judged))}


def median_seconds(facts: Iterable[Fact]) -> float | None:
    """Give the median time taken, of those who took any that is known."""
    known = [fact.duration for fact in facts if fact.duration is not None]
    return median(known) if known else None


def _result(firsts: Iterable[Fact]) -> dict[str, Any]:
    return share_of(fact.success for fact in firsts if fact.success is not None)


def _is_right(fact: Fact) -> bool:
    return fact.success is True


def _common(values: Iterable[str]) -> str:
    """Give what most say; the first in the alphabet of several."""
    counted = Counter(values)
    return min(counted, key=lambda each: (-counted[each], each)) if counted else ""


def _answer(part: Part, fact: Fact) -> Shown:
    return part.who(fact.person) | {
        "response": fact.response,
        "success": fact.success,
        "seconds": fact.duration,
        "time": iso_of(fact.time),
        "statement": fact.statement,
    }
