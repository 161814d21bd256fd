"""The radar of a student: each dimension with what it rests on, the own past, and the class."""

from collections.abc import Sequence
from statistics import fmean, median
from typing import Any, Final

import msgspec

from projections.activity import ANSWERS, DONE
from projections.days import Days, Span
from projections.evidence import Wanted, figure_evidence
from projections.portraits.company import ENOUGH_TRIES, PHASES, Company, rank
from projections.portraits.points import Point

Dimension = dict[str, Any]

DIMENSION_OF_PHASE: Final = {"pre": "preview", "in": "participation", "post": "consolidation"}


class Tally(msgspec.Struct):
    """What a person did within some days: counts, and seconds."""

    actions: int = 0
    answers: int = 0
    correct: int = 0
    seconds: float = 0.0
    due: int = 0
    on_time: int = 0
    days: set[str] = msgspec.field(default_factory=set)

    def shown(self) -> dict[str, Any]:
        """Give the counts; days with any activity as their number."""
        return {
            "actions": self.actions,
            "answers": self.answers,
            "correct": self.correct,
            "seconds": self.seconds,
            "due": self.due,
            "on_time": self.on_time,
            "active_days": len(self.days),
        }


class DayRow(msgspec.Struct, frozen=True):
    """What a person did on a day in a phase and a subject."""

    day: str  # ISO 8601
    phase: str
    subject: str
    actions: int
    answers: int
    correct: int
    seconds: float
    due: int
    on_time: int


def tally(rows: Sequence[DayRow]) -> Tally:
    """Add up what a person did."""
    total = Tally()
    for row in rows:
        total.actions += row.actions
        total.answers += row.answers
        total.correct += row.correct
        total.seconds += row.seconds
        total.due += row.due
        total.on_time += row.on_time
        total.days.add(row.day)
    return total


def within(rows: Sequence[DayRow], days: Days) -> list[DayRow]:
    """Give the rows of some days."""
    first = days.first.isoformat() if days.first else ""
    last = days.last.isoformat() if days.last else "9999"
    return [row for row in rows if first <= row.day <= last]


class Radar:
    """Draws the dimensions of one student over some days, beside the days before and a company.

    Every dimension has a ``value`` (0..1, None: not enough evidence), the ``amount`` it is made of
    in its own unit, ``n``, what it rests on, and ``evidence``; ``past`` is the same over the days
    before, ``class`` of the company. For what is counted, a value is the rank among those of the
    company who have any, of the days before too, so that both are measured alike.
    """

    def __init__(self, rows: Sequence[DayRow], days: Span, company: Company, about: Wanted) -> None:
        self._days, self._company, self._about = days, company, about
        self._now = within(rows, days.days)
        self._past = within(rows, days.before().days)

    def draw(self, points: Sequence[Point], responses: int) -> list[Dimension]:
        """Draw all dimensions; ``responses`` is how many there were to the known points."""
        return [
            *(self._phase(phase) for phase in PHASES),
            self._share("accuracy", "correct", "answers", actions=ANSWERS, known=("success",)),
            self._mastery(points, responses),
            self._share("punctuality", "on_time", "due", actions=DONE, known=("due",)),
            self._time(),
        ]

    def _phase(self, phase: str) -> Dimension:
        now, past = (
            tally([row for row in rows if row.phase == phase]).actions
            for rows in (self._now, self._past)
        )
        wanted = msgspec.structs.replace(self._about, phase=phase)
        others = self._company.actions[phase]
        name = DIMENSION_OF_PHASE[phase]
        return self._ranked(name, "actions", (now, past), (now, past), others, wanted)

    def _time(self) -> Dimension:
        now, past = tally(self._now), tally(self._past)
        seconds, counts = (now.seconds, past.seconds), (now.actions, past.actions)
        return self._ranked("time", "seconds", seconds, counts, self._company.seconds, self._about)

    def _ranked(
        self,
        name: str,
        unit: str,
        amounts: tuple[float, float],
        counts: tuple[int, int],
        others: Sequence[float],
        wanted: Wanted,
    ) -> Dimension:
        """What is counted, now and before: amounts, and how many facts they are the amounts of."""
        middle = median(others) if others else None
        now, past = (
            {
                "value": rank(amount, others),
                "amount": amount,
                "n": n,
                "evidence": figure_evidence(n, wanted.within(days.days)),
            }
            for amount, n, days in zip(
                amounts, counts, (self._days, self._days.before()), strict=True
            )
        )
        return {
            "dimension": name,
            "unit": unit,
            **now,
            "past": past,
            "class": {
                "value": None if middle is None else rank(middle, others),
                "amount": middle,
                "persons": len(others),
            },
        }

    def _share(
        self, name: str, part: str, whole: str, actions: frozenset[str], known: tuple[str, ...]
    ) -> Dimension:
        """A share of what was done, such as the right ones of answers."""
        wanted = msgspec.structs.replace(self._about, actions=tuple(sorted(actions)), known=known)
        now, past = (
            {
                "value": _ratio(getattr(total, part), getattr(total, whole)),
                "amount": _ratio(getattr(total, part), getattr(total, whole)),
                "n": getattr(total, whole),
                "evidence": figure_evidence(getattr(total, whole), wanted.within(days.days)),
            }
            for total, days in (
                (tally(self._now), self._days),
                (tally(self._past), self._days.before()),
            )
        )
        company = self._company
        of_class = _ratio(getattr(company, part), getattr(company, whole))
        return {
            "dimension": name,
            "unit": "share",
            **now,
            "past": past,
            "class": {
                "value": of_class,
                "amount": of_class,
                "persons": company.persons,
                "n": getattr(company, whole),
            },
        }

    def _mastery(self, points: Sequence[Point], responses: int) -> Dimension:
        """Average the probability over the points with enough tries; ``n`` counts the points."""
        known = [point for point in points if point.is_known]
        value = fmean(point.probability for point in known) if known else None
        then = [past.probability for point in points if (past := point.past) and past.is_known]
        before = fmean(then) if then else None
        others = self._company.points
        persons = sum(count for _, count in others.values())
        of_class = (
            sum(mean * count for mean, count in others.values()) / persons if persons else None
        )
        wanted = msgspec.structs.replace(
            self._about,
            actions=tuple(ANSWERS),
            known=("success",),
            least_tries=ENOUGH_TRIES,
            subject="",
            points_of=self._about.subject,
        )
        return {
            "dimension": "mastery",
            "unit": "probability",
            "value": value,
            "amount": value,
            "n": len(known),
            "evidence": figure_evidence(responses, wanted),
            "past": {"value": before, "amount": before, "n": len(then)},
            "class": {"value": of_class, "amount": of_class, "n": len(others)},
        }


def _ratio(part: int, whole: int) -> float | None:
    return part / whole if whole else None
