"""How fast facts fold: time per fact applied, and per state encoded and decoded.

Run ``python bench/folds.py``. Figures are the best of five runs, in microseconds.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from projections.facts import Fact  # noqa: E402
from projections.folds import Fold, PersonState, decode, encode  # noqa: E402

FACTS = 20_000
KNOWLEDGE_POINTS = 50
START = 1_790_000_000_000_000  # microseconds since 1970 UTC
MINUTE = 60_000_000


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
    """Microseconds per unit of the fastest of five runs; ``run`` gives its number of units."""
    durations = []
    for _ in range(5):
        began = time.perf_counter()
        units = run()
        durations.append((time.perf_counter() - began) / units)
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


if __name__ == "__main__":
    live = Fold()
    for knowledge_points in (0, 1, 2, 4):
        time_apply(live, knowledge_points)
    time_state(live)
