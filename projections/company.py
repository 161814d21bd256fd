"""Whom a student is compared with: the class of a day, or where no roster knows it, the store."""

import threading
from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from time import monotonic
from typing import Final, Literal

import msgspec

from projections.class_groups import ClassGroup
from projections.days import Span
from projections.mastery import ENOUGH_TRIES as ENOUGH_TRIES
from projections.warehouse import Generation

PHASES: Final = ("pre", "in", "post")
# A rank says something from this many persons on.
ENOUGH_PERSONS: Final = 5
# Counting a store reads all its days, so it's done anew only when the last count is this many times
# as old as it took: a twentieth of the time at most.
_PATIENCE: Final = 20
_MOST_KEPT: Final = 64
_LOCKS: Final = 16


class Company(msgspec.Struct, frozen=True):
    """What some persons did within some days, and how well they master knowledge points now.

    ``actions`` are by phase, ``seconds`` of each person, all lowest first, of those who have any;
    ``points`` give the mean probability of a right answer, and of how many persons it is.
    """

    kind: Literal["class", "store"]
    class_group: ClassGroup | None
    persons: int  # who did anything
    actions: dict[str, list[int]]
    seconds: list[float]
    answers: int
    correct: int
    due: int
    on_time: int
    points: dict[str, tuple[float, int]]


class Companies:
    """The companies of one generation, each counted anew not too often; threads can share it."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation
        self._kept: OrderedDict[tuple[str, str, Span, str], _Counted] = OrderedDict()
        self._lock = threading.Lock()
        # Of those who ask for the same, one counts; others aren't held up by it, but for chance.
        self._counting = [threading.Lock() for _ in range(_LOCKS)]

    def of(
        self, store: str, group: ClassGroup | None, days: Span, subject: str, position: int
    ) -> Company:
        """Give what a class did within some days, or all of the store where there is none.

        ``subject`` is '' for all subjects. ``position`` is a log position that the rows reflect.
        """
        key = (store, group.class_group if group else "", days, subject)
        with self._lock:
            counted = self._kept.get(key)
        if counted is not None and counted.holds(position, group):
            return counted.company
        with self._counting[hash(key) % _LOCKS]:
            with self._lock:
                counted = self._kept.get(key)
            if counted is None or not counted.holds(position, group):
                counted = self._count(store, group, days, subject, position)
                with self._lock:
                    self._kept[key] = counted
                    self._kept.move_to_end(key)
                    while len(self._kept) > _MOST_KEPT:
                        self._kept.popitem(last=False)
        return counted.company

    def _count(
        self, store: str, group: ClassGroup | None, days: Span, subject: str, position: int
    ) -> "_Counted":
        began = monotonic()
        who = {
            "store": store,
            "subject": subject,
            "is_everyone": int(group is None),
            "persons": list(group.persons) if group else [],
        }
        rows = self._generation.query(
            "company_days", **who, first=days.first.isoformat(), last=days.last.isoformat()
        )
        points = self._generation.query("company_mastery", **who, least_tries=ENOUGH_TRIES)
        answers, correct, due, on_time = (sum(row[at] for row in rows) for at in range(4, 8))
        company = Company(
            kind="store" if group is None else "class",
            class_group=group,
            persons=len(rows),
            actions={
                phase: sorted(row[at] for row in rows if row[at])
                for at, phase in enumerate(PHASES, start=1)
            },
            seconds=sorted(row[8] for row in rows if row[8]),
            answers=answers,
            correct=correct,
            due=due,
            on_time=on_time,
            points={point: (probability, persons) for point, probability, persons in points},
        )
        ended = monotonic()
        return _Counted(position, ended, ended - began, group, company)


class _Counted(msgspec.Struct, frozen=True):
    position: int
    ended: float  # monotonic seconds
    took: float
    group: ClassGroup | None
    company: Company

    def holds(self, position: int, group: ClassGroup | None) -> bool:
        """Whether it is of the same persons, and of now, or not old enough to be counted anew."""
        is_of_now = self.position == position or monotonic() - self.ended <= _PATIENCE * self.took
        return is_of_now and self.group == group


def rank(amount: float, amounts: Sequence[float]) -> float | None:
    """Give the percentile rank (0..1) of an amount, those equal to it counted half.

    None for no amount at all, and among too few.
    """
    if not amount or len(amounts) < ENOUGH_PERSONS:
        return None
    below, up_to = bisect_left(amounts, amount), bisect_right(amounts, amount)
    return (below + up_to) / 2 / len(amounts)
