"""How numbers, moments and lengths of time are written on a page."""

from datetime import datetime, timedelta, tzinfo

from api.ui.words import Words


def count(number: int) -> str:
    """Write how many: 12,345."""
    return f"{number:,}"


def percent(share: float) -> str:
    """Write a share (0..1) in whole percent; never 0 % or 100 % where it is not."""
    whole = round(100 * share)
    if whole == 0 and share > 0:
        return "<1%"
    if whole == 100 and share < 1:
        return ">99%"
    return f"{whole}%"


def size(of_bytes: int) -> str:
    """Write a number of bytes in the unit that makes it readable: 1.4 GB (of 1,000 MB)."""
    amount = float(of_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:,.1f} TB"


def ratio(part: int, whole: int, words: Words) -> str:
    """Write a part of a whole in percent, a dash where the whole is nothing."""
    return percent(part / whole) if whole else words("nothing")


def share(of_one: float | None, words: Words) -> str:
    """Write a share (0..1) in whole percent, a dash where there is none."""
    return words("nothing") if of_one is None else percent(of_one)


def moment(text: str, timezone: tzinfo, *, seconds: bool = False) -> str:
    """Write an ISO 8601 moment as local date and time: 2026-03-02 16:30."""
    try:
        local = datetime.fromisoformat(text).astimezone(timezone)
    except (ValueError, OverflowError):  # year 0, which xAPI's timestamps can name
        return text
    return local.strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def clock_after(text: str, seconds: int, timezone: tzinfo, *, to_second: bool = False) -> str:
    """Write the local time of day so many seconds after an ISO 8601 moment: 08:05."""
    local = datetime.fromisoformat(text).astimezone(timezone) + timedelta(seconds=seconds)
    return local.strftime("%H:%M:%S" if to_second else "%H:%M")


def rate(number: float | None, words: Words) -> str:
    """Write how many of something a week: 3.2; a dash where it isn't known."""
    return words("nothing") if number is None else f"{number:.1f}"


def change(by: float | None, words: Words) -> str:
    """Write by what share something has changed: +12%; a dash where it isn't known."""
    return words("nothing") if by is None else f"{by:+.0%}"


def points(by: float | None, words: Words) -> str:
    """Write a difference of shares (-1..1) in percentage points: +12; a dash for none."""
    return words("nothing") if by is None else f"{round(100 * by):+d}"


def account(person: str) -> str:
    """Write the part of a person's key that people know: an account's name, a mail address."""
    kind, _, value = person.partition(":")
    return value.rpartition("|")[2] if kind == "account" else value.removeprefix("mailto:")


def length(seconds: float, words: Words) -> str:
    """Write a length of time, in the two units that matter."""
    if not seconds:
        return words("nothing")
    if seconds < 60:
        return words("time.seconds", seconds=round(seconds))
    minutes = round(seconds / 60)
    if minutes < 60:
        return words("time.minutes", minutes=minutes)
    return words("time.hours", hours=count(minutes // 60), minutes=minutes % 60)
