"""When two JSON values are the same: as JSON has it, not as Python has it."""

from typing import Any

import orjson

_LONGEST_SHOWN = 200  # characters


def canonical(value: Any) -> Any:
    """Give what is equal, and hashes alike, for the same JSON values only.

    1 and 1.0 are one number; 1 and true are not the same; the order of properties doesn't count.
    """
    if isinstance(value, bool):
        return ("boolean", value)
    if isinstance(value, list):
        return ("array", tuple(map(canonical, value)))
    if isinstance(value, dict):
        return ("object", frozenset((key, canonical(item)) for key, item in value.items()))
    return value


def shown(value: Any) -> str:
    """Write a value as JSON, the beginning of it where it is long."""
    text = orjson.dumps(value).decode()
    return text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
