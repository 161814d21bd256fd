"""From which day to which an enrollment holds, over all that its source says of it in time.

OneRoster's `endDate` is the first day on which it holds no more; here days are inclusive.
"""

from datetime import date, timedelta
from typing import Any

Content = dict[str, Any]


def next_spans(
    content: Content,
    held: Content | None,
    day: str,
    *,
    is_first: bool = False,
    has_past: bool = False,
) -> tuple[Content, Content | None]:
    """Give an enrollment its first and last day, and what is held of it before, if that was over.

    `content` is what the source says now, `held` what is held under the same id, `day` the one
    that the source's word holds from. A new one that says no begin holds since before anybody
    knows where it is of the first import (`is_first`), else from that day. `has_past`: it is not
    held, but was in another class, or the same, before.
    """
    begin, end = content.get("beginDate"), last_day(content.get("endDate"))
    if held is None and not has_past:
        return {**content, "begin": begin or (None if is_first else day), "end": end}, None
    is_restated = held is not None and begin not in (None, held.get("beginDate"))
    if held is not None and _is_same(content, held) and not _has_ended(held, day):
        return {**content, "begin": begin if is_restated else held["begin"], "end": end}, None
    # Another class, or the same again after a while. That the begin is what it was before doesn't
    # say when: systems that change the class of an enrollment leave it as it is.
    begins = begin if begin is not None and is_restated else max(day, begin or day)
    before = None if held is None else until(held, day_before(begins))
    return {**content, "begin": begins, "end": end}, before


def last_day(first_day_after: str | None) -> str | None:
    """Give the last day before an exclusive end, None where there is none."""
    return None if first_day_after is None else day_before(first_day_after)


def day_before(day: str) -> str:
    """Give the day before; the first of all days has itself before it."""
    read = date.fromisoformat(day)
    return (read - timedelta(days=read > date.min)).isoformat()


def _is_same(content: Content, held: Content) -> bool:
    return all(
        content.get(name) == held.get(name)
        for name in ("userSourcedId", "classSourcedId", "schoolSourcedId", "role")
    )


def _has_ended(held: Content, day: str) -> bool:
    """Tell whether an import ended it, and longer ago than the day before."""
    if held["end"] == last_day(held.get("endDate")):
        return False
    return bool(held["end"] < day_before(day))


def until(held: Content, last: str) -> Content | None:
    """Give an enrollment that holds until a day at most; None where it never held."""
    end = last if held["end"] is None else min(held["end"], last)
    if held["begin"] is not None and held["begin"] > end:
        return None
    return {**held, "end": end}
