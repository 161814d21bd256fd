"""Days put together to weeks or months, where a chart of days would have too many bars."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

Span = Literal["day", "week", "month"]

# The most bars of days, and then of weeks, that can still be told apart.
MOST_DAYS = 92
MOST_WEEKS = 106


@dataclass(frozen=True)
class Period:
    """A day, a week or a month, by its first day."""

    first: date
    span: Span

    @property
    def label(self) -> str:
        """The day, the first day of the week, or the month."""
        return self.first.isoformat()[:7] if self.span == "month" else self.first.isoformat()


def span_of(first: date, last: date) -> Span:
    """Choose the finest span that gives few enough bars from one day to another."""
    days = (last - first).days + 1
    if days <= MOST_DAYS:
        return "day"
    return "week" if days <= 7 * MOST_WEEKS else "month"


def count_by_period(
    days: Iterable[Mapping[str, Any]], phases: Sequence[str]
) -> tuple[list[Period], dict[str, list[int]]]:
    """Count actions by phase in every period from the first to the last, empty ones too.

    ``days`` are the portrait's, with ``day``, ``phase`` and ``actions``; there is at least one.
    """
    dated = [(date.fromisoformat(day["day"]), day["phase"], day["actions"]) for day in days]
    first, last = min(day for day, *_ in dated), max(day for day, *_ in dated)
    span = span_of(first, last)
    begin = _BEGINS[span]
    periods = [Period(day, span) for day in _starts(begin(first), last, span)]
    places = {period.first: place for place, period in enumerate(periods)}
    counts = {phase: [0] * len(periods) for phase in phases}
    for day, phase, actions in dated:
        counts[phase][places[begin(day)]] += actions
    return periods, counts


def _starts(start: date, last: date, span: Span) -> Iterable[date]:
    while start <= last:
        yield start
        if span == "month":
            start = (start + timedelta(days=31)).replace(day=1)
        else:
            start += timedelta(days=7 if span == "week" else 1)


_BEGINS: dict[Span, Callable[[date], date]] = {
    "day": lambda day: day,
    "week": lambda day: day - timedelta(days=day.weekday()),
    "month": lambda day: day.replace(day=1),
}
