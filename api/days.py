"""The days that routes about classes and schools ask for: parameters they share."""

from datetime import date, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Query

from api.answers import View
from api.errors import ApiError
from projections.days import Span, last_days
from projections.portraits.classes import DEFAULT_DAYS

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2298, 12, 31)  # what the tables' days can be
LONGEST_SPAN = 400  # days: a school year and some

On = Annotated[
    date | None, Query(description="The day whose roster counts; today if not given (ISO 8601).")
]
From = Annotated[
    date | None, Query(alias="from", description="The first day; four weeks back if not given.")
]
To = Annotated[date | None, Query(description="The last day; `on` if not given.")]


def day_of(view: View, on: date | None) -> date:
    """Give the day asked about, today in the district's timezone if none is; raises ApiError."""
    day = on or datetime.now(ZoneInfo(view.services.settings.timezone)).date()
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ApiError(400, f"a day lies between {FIRST_DAY} and {LAST_DAY}", value=str(day))
    return day


def span_of(on: date, begin: date | None, end: date | None) -> Span:
    """Give the days asked about; raises ApiError where they are none, or too many."""
    last = end or on
    span = Span(begin, last) if begin else last_days(last, DEFAULT_DAYS)
    days = (span.last - span.first).days + 1
    if not (span.first >= FIRST_DAY and span.last <= LAST_DAY and 1 <= days <= LONGEST_SPAN):
        raise ApiError(
            400,
            f"`from` and `to` are 1 to {LONGEST_SPAN} days apart, `from` first",
            value=f"{span.first}..{span.last}",
        )
    return span
