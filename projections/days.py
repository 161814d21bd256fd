"""Spans of local days: what a portrait or its evidence is about, and the moments they stand for."""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

import msgspec

from projections.activity import EVER, FIRST_DAY, LAST_DAY

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Days(msgspec.Struct, frozen=True):
    """Days from the first to the last, both inclusive; None where it is open at that end."""

    first: date | None = None
    last: date | None = None

    def moments(self, zone: tzinfo) -> tuple[int, int]:
        """Give the first moment in, and the first after it, in microseconds since 1970 UTC.

        As ``projections.activity.Calendar`` cuts days: what happened before 1900 is of its first
        day, what happened after 2299 of its last.
        """
        begin, end = -EVER, EVER
        if self.first is not None and self.first > FIRST_DAY:
            begin = midnight(self.first, zone)
        if self.last is not None and self.last < LAST_DAY:
            end = midnight(self.last + timedelta(days=1), zone)
        return begin, end

    def shown(self) -> dict[str, str | None]:
        """Give both ends in ISO 8601."""
        return {
            "from": self.first.isoformat() if self.first else None,
            "to": self.last.isoformat() if self.last else None,
        }


class Span(msgspec.Struct, frozen=True):
    """Days from the first to the last, both inclusive."""

    first: date
    last: date

    @property
    def days(self) -> Days:
        """The same as days that could be open."""
        return Days(self.first, self.last)

    def before(self) -> "Span":
        """Give as many days just before these."""
        length = self.last - self.first + timedelta(days=1)
        return Span(self.first - length, self.first - timedelta(days=1))


def last_days(last: date, count: int) -> Span:
    """Give so many days, up to a last one."""
    return Span(last - timedelta(days=count - 1), last)


def midnight(day: date, zone: tzinfo) -> int:
    """Give the first moment of a local day, in microseconds since 1970 UTC."""
    return (datetime.combine(day, time(), zone) - _EPOCH) // timedelta(microseconds=1)


def today(zone: tzinfo) -> date:
    """Give the local day of now."""
    return datetime.now(zone).date()


def day_of(microseconds: int, zone: tzinfo) -> date:
    """Give the local day of a moment in microseconds since 1970 UTC, within 1900 to 2299."""
    try:
        day = (_EPOCH + timedelta(microseconds=microseconds)).astimezone(zone).date()
    except (OverflowError, ValueError):
        return FIRST_DAY if microseconds < 0 else LAST_DAY
    return min(max(day, FIRST_DAY), LAST_DAY)


def iso(moment: datetime) -> str:
    """Write a moment in UTC as ISO 8601, to the millisecond."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_of(microseconds: int) -> str:
    """Write a moment in microseconds since 1970 UTC as ISO 8601, to the millisecond."""
    try:
        return iso(_EPOCH + timedelta(microseconds=microseconds))
    except OverflowError:  # a timestamp of year 0, which RFC 3339 allows and `datetime` doesn't
        return "0000" + iso(_EPOCH + timedelta(days=146_097, microseconds=microseconds))[4:]
