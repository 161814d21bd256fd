"""Stored times: microseconds since 1970 UTC inside, ISO 8601 text outside."""

import time
from functools import lru_cache


def now_microseconds() -> int:
    """Give the wall clock in microseconds since 1970 UTC."""
    return time.time_ns() // 1000


def iso_text(microseconds: int) -> str:
    """Write a time as xAPI wants it: UTC, six fractional digits, ``Z``."""
    seconds, fraction = divmod(microseconds, 1_000_000)
    return f"{_whole_seconds(seconds)}.{fraction:06d}Z"


def iso_texts(first: int, count: int) -> list[str]:
    """Write `count` times that follow one another by a microsecond."""
    seconds, fraction = divmod(first, 1_000_000)
    if fraction + count > 1_000_000:
        return [iso_text(first + index) for index in range(count)]
    whole = _whole_seconds(seconds)
    return [f"{whole}.{part:06d}Z" for part in range(fraction, fraction + count)]


@lru_cache(maxsize=16)  # the events of one commit share their second
def _whole_seconds(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
