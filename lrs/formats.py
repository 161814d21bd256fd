"""The text formats inside statements: is this text an IRI, a UUID, a language tag, a duration?

Pure functions of a text, the same for every version of xAPI; lrs.versions says which apply when.
"""

import re
from calendar import isleap, monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Final

Predicate = Callable[[str], bool]


def _pattern(*parts: str) -> Callable[[str], re.Match[str] | None]:
    return re.compile("".join(parts), re.ASCII).fullmatch


# IRIs: RFC 3987, 2.2.

_SCHEME: Final = r"[A-Za-z][A-Za-z0-9+.\-]*+:"
_BEYOND_ASCII: Final = "\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef" + "".join(
    f"{chr(plane * 0x10000 + (0x1000 if plane == 14 else 0))}-{chr(plane * 0x10000 + 0xFFFD)}"
    for plane in range(1, 15)
)
_PRIVATE: Final = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_NAME: Final = rf"A-Za-z0-9._~\-!$&'()*+,;={_BEYOND_ASCII}"


def _run(characters: str) -> str:
    """Match any number of these characters and percent-encoded octets, never giving one back."""
    return rf"(?:[{characters}]++|%[0-9A-Fa-f]{{2}})*+"


_AUTHORITY: Final = (
    rf"(?:{_run(_NAME + ':')}@)?"
    rf"(?:\[(?:[0-9A-Fa-f:.]+|[vV][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:\-]+)\]|{_run(_NAME)})"
    r"(?::[0-9]*+)?"
)
_WITH_AUTHORITY: Final = rf"//{_AUTHORITY}(?:/{_run(_NAME + ':@/')})?"
_WITHOUT_AUTHORITY: Final = rf"(?!//){_run(_NAME + ':@/')}"
_WEB_WITHOUT_HOST: Final = r"(?![Hh][Tt][Tt][Pp][Ss]?:(?!//[^/?#:]))"  # RFC 9110, 4.2.1
_iri = _pattern(
    _WEB_WITHOUT_HOST,
    _SCHEME,
    f"(?:{_WITH_AUTHORITY}|{_WITHOUT_AUTHORITY})",
    rf"(?:\?{_run(_NAME + ':@/?' + _PRIVATE)})?",
    rf"(?:#{_run(_NAME + ':@/?')})?",
)


def is_iri(text: str) -> bool:
    """Tell whether a text is an absolute IRI with a scheme: RFC 3987, 2.2.

    An http or https IRI needs a host as well (RFC 9110, 4.2.1).
    """
    return _iri(text) is not None


def is_uri(text: str) -> bool:
    """Tell whether a text is a URI: an IRI of ASCII characters only (RFC 3986)."""
    return text.isascii() and _iri(text) is not None


# Names and numbers of people and things.

_LOCAL_PART: Final = rf"(?:[A-Za-z0-9._~\-!$&'*+/={_BEYOND_ASCII}]++|%[0-9A-Fa-f]{{2}})++"
_MAIL_DOMAIN: Final = rf"(?:[A-Za-z0-9._\-{_BEYOND_ASCII}]+|\[[0-9A-Fa-f:.]+\])"

_mailto = _pattern(rf"mailto:{_LOCAL_PART}@{_MAIL_DOMAIN}")
_sha1 = _pattern(r"[0-9A-Fa-f]{40}")
_sha2 = _pattern(r"(?:[0-9A-Fa-f]{56}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{96}|[0-9A-Fa-f]{128})")
_uuid = _pattern(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}")


def is_mailto(text: str) -> bool:
    """Tell whether a text is ``mailto:`` and one e-mail address, nothing after it (RFC 6068)."""
    return _mailto(text) is not None


def is_sha1(text: str) -> bool:
    """Tell whether a text is a SHA-1 digest in hexadecimal."""
    return _sha1(text) is not None


def is_sha2(text: str) -> bool:
    """Tell whether a text is a SHA-224, -256, -384 or -512 digest in hexadecimal."""
    return _sha2(text) is not None


def is_uuid(text: str) -> bool:
    """Tell whether a text is a UUID in its standard form (RFC 4122, 3), of any variant or case.

    Both versions of xAPI demand the form and only recommend variant 2.
    """
    return _uuid(text) is not None


_MEDIA_WORD: Final = r"[A-Za-z0-9!#$%&'*+.^_`|~\-]+"  # RFC 9110, 5.6.2
_QUOTED: Final = r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x08\x0a-\x1f\x7f])*+"'
_media_type = _pattern(
    rf"{_MEDIA_WORD}/{_MEDIA_WORD}",
    rf"(?:[ \t]*+;[ \t]*+(?:{_MEDIA_WORD}=(?:{_MEDIA_WORD}|{_QUOTED}))?)*+",
    r"[ \t]*+",
)


def is_media_type(text: str) -> bool:
    """Tell whether a text is an Internet media type with optional parameters (RFC 2046)."""
    return _media_type(text) is not None


# Language tags: RFC 5646, 2.1.

_language_tag = _pattern(
    r"(?:[A-Za-z]{2,3}(?:-[A-Za-z]{3}){0,3}|[A-Za-z]{4,8})",
    r"(?:-[A-Za-z]{4})?",
    r"(?:-(?:[A-Za-z]{2}|[0-9]{3}))?",
    r"(?P<variants>(?:-(?:[A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*)",
    r"(?P<extensions>(?:-[0-9A-WY-Za-wy-z](?:-[A-Za-z0-9]{2,8})+)*)",
    r"(?:-[Xx](?:-[A-Za-z0-9]{1,8})+)?",
)
_private_tag = _pattern(r"[Xx](?:-[A-Za-z0-9]{1,8})+")
_irregular_tag = _pattern(  # registered before the grammar was, and against it
    r"(?:i-(?:ami|bnn|default|enochian|hak|klingon|lux|mingo|navajo|pwn|tao|tay|tsu)",
    r"|en-gb-oed|sgn-be-fr|sgn-be-nl|sgn-ch-de",
    r"|art-lojban|cel-gaulish|no-bok|no-nyn|zh-guoyu|zh-hakka|zh-min|zh-min-nan|zh-xiang)",
)


def is_language_tag(text: str) -> bool:
    """Tell whether a text is a well-formed language tag without a repeated variant or extension.

    RFC 5646, 2.1, 2.2.5 and 2.2.6. Whether its subtags are registered is not asked.
    """
    tag = _language_tag(text)
    if tag is None:
        return _private_tag(text) is not None or _irregular_tag(text.lower()) is not None
    variants = tag["variants"].lower().split("-")[1:]
    singletons = [part for part in tag["extensions"].lower().split("-") if len(part) == 1]
    return not (_repeats(variants) or _repeats(singletons))


def _repeats(parts: list[str]) -> bool:
    return len(set(parts)) != len(parts)


# Durations: ISO 8601:2004, 4.4.3.2.

_NUMBER: Final = r"[0-9]+(?:[.,][0-9]+(?=[YMWDHS]\Z))?"  # only the last part may have a fraction
_duration = _pattern(
    rf"P(?=[0-9T])(?:{_NUMBER}W|",
    rf"(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}D)?",
    rf"(?:T(?=[0-9])(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?)",
)


def is_duration(text: str) -> bool:
    """Tell whether a text is a duration such as ``PT2H15M7.5S`` or ``P4W``."""
    return _duration(text) is not None


# Timestamps: RFC 3339, 5.6, and the wider ISO 8601:2004, 4.3.

_OFFSET_3339: Final = r"(?:[Zz]|(?!-00:00)[+\-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
_CLOCK: Final = r"(?:[01][0-9]|2[0-3]):(?:[0-5][0-9]:[0-5][0-9]|59:60)"
_rfc3339 = _pattern(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])",
    rf"[Tt]{_CLOCK}(?:\.[0-9]+)?{_OFFSET_3339}",
)
_iso8601 = _pattern(
    r"(?P<year>[0-9]{4})",
    r"(?:-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})|-W(?P<week>[0-9]{2})-(?P<weekday>[1-7])",
    r"|-(?P<day_of_year>[0-9]{3})",
    r"|(?P<basic>(?P<basic_month>[0-9]{2})(?P<basic_day>[0-9]{2})",
    r"|W(?P<basic_week>[0-9]{2})(?P<basic_weekday>[1-7])|(?P<basic_day_of_year>[0-9]{3})))",
    r"[Tt](?P<hour>[0-9]{2})",
    r"(?:(?(basic)|:)(?P<minute>[0-9]{2})(?:(?(basic)|:)(?P<second>[0-9]{2}))?)?",
    r"(?:[.,](?P<fraction>[0-9]+))?",
    r"(?P<zone>[Zz]|(?!-00(?:(?::?00)?\Z))(?P<sign>[+\-])(?P<offset_hours>[01][0-9]|2[0-3])",
    r"(?::?(?P<offset_minutes>[0-5][0-9]))?)?",
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_DAYS_TO_1970: Final = date(1970, 1, 1).toordinal()
_CALENDAR_CYCLE_YEARS: Final = 400  # the Gregorian calendar repeats
_CALENDAR_CYCLE_DAYS: Final = 146_097


def is_rfc3339_timestamp(text: str) -> bool:
    """Tell whether a text is an RFC 3339 timestamp whose offset is known, so not ``-00:00``."""
    if _rfc3339(text) is None:
        return False
    return text[8:10] < "29" or int(text[8:10]) <= _month_length(int(text[:4]), int(text[5:7]))


def is_iso8601_timestamp(text: str) -> bool:
    """Tell whether a text is an ISO 8601 date and time, extended or basic format.

    The date may be a calendar, week or ordinal date, the time cut short or without an offset, the
    offset written in either format. No expanded years, no negative zero offset.
    """
    return is_rfc3339_timestamp(text) or instant_or_none(text) is not None


def instant(text: str) -> int:
    """Read any timestamp xAPI allows as microseconds since 1970 UTC.

    Without an offset it is taken as UTC; digits beyond microseconds are cut; a leap second is the
    second after it. Raises ValueError where `text` is not a timestamp.
    """
    microseconds = instant_or_none(text)
    if microseconds is None:
        raise ValueError(f"not an ISO 8601 date and time: {text[:100]!r}")
    return microseconds


def instant_or_none(text: str) -> int | None:
    """Read a timestamp like `instant`, or give ``None`` where `text` is none."""
    if is_rfc3339_timestamp(text):
        try:
            return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
        except ValueError:  # a leap second, the year 0000 or a small z, which datetime has not
            pass
    parts = _iso8601(text)
    if parts is None:
        return None
    days = _days(parts)
    time_of_day = _microseconds_of_day(parts)
    if days is None or time_of_day is None:
        return None
    return days * 86_400_000_000 + time_of_day - _offset_microseconds(parts)


def _month_length(year: int, month: int) -> int:
    return monthrange(year or _CALENDAR_CYCLE_YEARS, month)[1]


def _days(parts: re.Match[str]) -> int | None:
    """Count the days from 1970 to the date, or ``None`` where the calendar has no such date."""
    year = int(parts["year"])
    shift = 0
    if year == 0:  # before the calendar of datetime, which repeats itself
        year, shift = _CALENDAR_CYCLE_YEARS, _CALENDAR_CYCLE_DAYS
    week = parts["week"] or parts["basic_week"]
    day_of_year = parts["day_of_year"] or parts["basic_day_of_year"]
    try:
        if week:
            weekday = int(parts["weekday"] or parts["basic_weekday"])
            ordinal = date.fromisocalendar(year, int(week), weekday).toordinal()
        elif day_of_year:
            if not 1 <= int(day_of_year) <= 365 + isleap(year):
                return None
            ordinal = date(year, 1, 1).toordinal() + int(day_of_year) - 1
        else:
            month = int(parts["month"] or parts["basic_month"])
            ordinal = date(year, month, int(parts["day"] or parts["basic_day"])).toordinal()
    except ValueError:
        return None
    return ordinal - shift - _DAYS_TO_1970


def _microseconds_of_day(parts: re.Match[str]) -> int | None:
    hour, minute, second = int(parts["hour"]), int(parts["minute"] or 0), int(parts["second"] or 0)
    unit = 1 if parts["second"] else 60 if parts["minute"] else 3600  # what the fraction is of
    fraction = int((parts["fraction"] or "0")[:12].ljust(12, "0")) * unit // 1_000_000
    total = ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction
    if hour == 24:
        return total if total == 86_400_000_000 else None
    leap_second = minute == 59 and second == 60
    if hour > 24 or minute > 59 or (second > 59 and not leap_second):
        return None
    return total


def _offset_microseconds(parts: re.Match[str]) -> int:
    if not parts["sign"]:
        return 0
    minutes = int(parts["offset_hours"]) * 60 + int(parts["offset_minutes"] or 0)
    return minutes * (-60_000_000 if parts["sign"] == "-" else 60_000_000)
