"""How fast facts fold: time per fact applied, per state encoded and decoded, and of all together.

Run ``python bench/folds.py``. Figures are the best of five runs, in microseconds of a processor.
*All together* is what an event costs in the carrier: facts of a hundred persons as they come in a
day of lessons, in batches, each person's state read and written once a batch, with all rows.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from msgspec import structs  # noqa: E402

from projections.facts import Fact  # noqa: E402
from projections.folds import Fold, PersonState, decode, encode  # noqa: E402

FACTS = 20_000
KNOWLEDGE_POINTS = 50
START = 1_790_000_000_000_000  # microseconds since 1970 UTC
MINUTE = 60_000_000
DAY = 1440 * MINUTE
BATCH, PERSONS = 1_000, 100  # events of a batch, and of how many persons they are


def fact(number: int, points: int) -> Fact:
    """An answer a minute; ``points`` knowledge points each, none for a page that was viewed."""
    first = number // 8 % KNOWLEDGE_POINTS  # some eight answers in a row about the same
    names = sorted(
        f"https://example.org/points/{(first + step) % KNOWLEDGE_POINTS}" for step in range(points)
    )
    return Fact(
        store="school",
        statement=f"00000000-0000-4000-8000-{number:012d}",
        ordinal=0,
        person="account:https://example.org|student-1",
        action="answer" if points else "resource_viewed",
        phase=("pre", "in", "post")[number % 3],
        knowledge_points=tuple(names),
        item=f"https://example.org/items/{number % 1000}",
        time=START + number * MINUTE,
        duration=20.0,
        success=number % 7 % 2 == 0 if points else None,
        position=number + 1,
    )


def best(run: Callable[[], int]) -> float:
    """Microseconds of a processor per unit, of the fastest run; ``run`` gives how many units."""
    durations = []
    for _ in range(5):
        began = time.process_time()
        units = run()
        durations.append((time.process_time() - began) / units)
    return min(durations) * 1e6


def folded(fold: Fold, facts: list[Fact]) -> PersonState:
    state = fold.start("school", facts[0].person)
    for one in facts:
        fold.apply(state, one)
    return state


def time_apply(fold: Fold, points: int) -> None:
    facts = [fact(number, points) for number in range(FACTS)]

    def apply_all() -> int:
        folded(fold, facts)
        return FACTS

    print(f"apply, fact with {points} knowledge points    {best(apply_all):8.2f} µs")


def time_state(fold: Fold) -> None:
    facts = [fact(number, 1) for number in range(KNOWLEDGE_POINTS * 8)]
    state = folded(fold, facts)

    def all_rows() -> int:
        state.is_touched = True
        state.touched_points = dict.fromkeys(state.mastery.points)
        return sum(len(rows) for rows in fold.rows(state).values())

    def encode_and_decode() -> int:
        for _ in range(1000):
            decode(encode(state))
        return 1000

    print(f"rows, each                            {best(all_rows):8.2f} µs")
    print(
        f"encode + decode, {len(state.mastery.points)} knowledge points  "
        f"{best(encode_and_decode):8.2f} µs   ({len(encode(state)):,} bytes)"
    )


def time_all(fold: Fold) -> None:
    """Time what an event costs: reading states, folding, rows, and writing states."""
    kinds = [fact(number, (0, 1, 1, 2, 0)[number % 5]) for number in range(BATCH)]
    marked = [
        structs.replace(one, action="homework_done", score=0.8, subject="mathematics")
        if not one.knowledge_points and number % 10 == 0
        else structs.replace(one, subject="mathematics")
        for number, one in enumerate(kinds)
    ]
    states = {
        person: encode(fold.start("school", f"student-{person}")) for person in range(PERSONS)
    }
    days = 0

    def a_batch() -> int:
        nonlocal days
        days += 1
        rows = 0
        for person in states:
            state = decode(states[person])
            for number in range(person, BATCH, PERSONS):
                one = marked[number]
                when = one.time + days * DAY
                fold.apply(state, structs.replace(one, time=when, position=days * BATCH + number))
            rows += sum(map(len, fold.rows(state).values()))
            states[person] = encode(state)
        return BATCH

    print(f"all together, each of {BATCH:,} events of {PERSONS} persons  {best(a_batch):8.2f} µs")


if __name__ == "__main__":
    live = Fold()
    for knowledge_points in (0, 1, 2, 4):
        time_apply(live, knowledge_points)
    time_state(live)
    time_all(live)
