"""Whom a student is compared with: the class of a day, or where no roster knows it, the store."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Final, Literal

import msgspec

from projections.days import Span
from projections.portraits.class_groups import ClassGroup
from projections.prediction.mastery import ENOUGH_TRIES as ENOUGH_TRIES
from projections.remembering import Remembered
from projections.warehouse import Generation

PHASES: Final = ("pre", "in", "post")
# A rank says something from this many persons on.
ENOUGH_PERSONS: Final = 5
_OLDEST: Final = 60.0  # seconds that a company may be behind, for who names no position
_MOST_KEPT: Final = 1_024  # all classes of a district, over the days that most ask for


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

    def __init__(self, generation: Generation, position: Callable[[], int]) -> None:
        self._generation = generation
        self._remembered = Remembered(position, oldest=_OLDEST, most=_MOST_KEPT)

    def of(
        self, store: str, group: ClassGroup | None, days: Span, subject: str, *, least: int = 0
    ) -> tuple[Company, int]:
        """Give what a class did within some days, or all of the store where there is none.

        ``subject`` is '' for all subjects. ``least`` is a log position that has to be seen; what
        comes second is the one that is.
        """
        return self._remembered.ask(
            (store, group, days, subject), lambda: self._count(store, group, days, subject), least
        )

    def _count(self, store: str, group: ClassGroup | None, days: Span, subject: str) -> Company:
        who = {
            "store": store,
            "subject": subject,
            "is_everyone": int(group is None),
            "persons": list(group.persons) if group else [],
        }
        rows, points = self._generation.query_all(
            ("company_days", {**who, "first": str(days.first), "last": str(days.last)}),
            ("company_mastery", {**who, "least_tries": ENOUGH_TRIES}),
        )
        answers, correct, due, on_time = (sum(row[at] for row in rows) for at in range(4, 8))
        return Company(
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


def rank(amount: float, amounts: Sequence[float]) -> float | None:
    """Give the percentile rank (0..1) of an amount, those equal to it counted half.

    None for no amount at all, and among too few.
    """
    if not amount or len(amounts) < ENOUGH_PERSONS:
        return None
    below, up_to = bisect_left(amounts, amount), bisect_right(amounts, amount)
    return (below + up_to) / 2 / len(amounts)
