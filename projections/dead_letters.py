"""Dead letters: events that could not be brought to rows, set aside so that the rest goes on."""

from collections.abc import Iterable
from time import time_ns

import msgspec

from projections.tables import Row


class DeadLetter(msgspec.Struct, frozen=True):
    """An event of the log that was set aside, and why.

    `statement_id` is empty where the event is none of a statement's. `since` is when the last
    attempt failed, in microseconds since 1970 UTC, 0 before it is written.
    """

    position: int
    store: str
    statement_id: str
    reason: str
    since: int = 0


def dead_letter_rows(letters: Iterable[DeadLetter]) -> list[Row]:
    """Give the rows that set events aside as of now, one a position: the first reason."""
    now = time_ns() // 1000
    first: dict[int, DeadLetter] = {}
    for letter in letters:
        first.setdefault(letter.position, letter)
    return [
        (letter.store, letter.position, letter.statement_id, letter.reason, now, now, 0)
        for letter in first.values()
    ]


def settled_rows(positions: Iterable[int]) -> list[Row]:
    """Give the rows that say of these positions that nothing is set aside any more."""
    now = time_ns() // 1000
    return [("", position, "", "", now, now, 1) for position in positions]
