"""Facts written by hand and folded as a carrier does, for tests of queries over one person."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

from projections.facts import Fact
from projections.folds import Fold
from projections.tables import FACTS, fact_row
from projections.warehouse import Generation

STORE = "demo"
HOUR = 3_600_000_000
DAY = 24 * HOUR
_numbers = count(1)


def at(text: str) -> int:
    """Give a moment of Beijing's clock, such as 2026-03-02T08:00, in microseconds."""
    moment = datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)
    return int(moment.timestamp() * 1_000_000)


def fact(person: str, action: str, time: int, **more: Any) -> Fact:
    """Make a fact with a statement of its own."""
    number = next(_numbers)
    given = {"store": STORE, "statement": str(UUID(int=number)), "ordinal": 0, "position": number}
    return Fact(**given | {"person": person, "action": action, "time": time} | more)


def answer(person: str, item: str, time: int, success: bool | None, **more: Any) -> Fact:
    """Make a response to an item."""
    return fact(person, "answer", time, item=item, success=success, **more)


def keep(generation: Generation, facts: Iterable[Fact]) -> None:
    """Write facts and the rows that folding them makes."""
    facts = sorted(facts, key=lambda one: one.order)
    generation.insert(FACTS.name, [fact_row(one) for one in facts])
    fold = Fold()
    rows: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for person in {(one.store, one.person) for one in facts}:
        state = fold.start(*person)
        for one in facts:
            if (one.store, one.person) == person and not one.is_deleted:
                fold.apply(state, one)
        for table, of_person in fold.rows(state).items():
            rows[table] += of_person
    for table, of_table in rows.items():
        generation.insert(table, of_table)
