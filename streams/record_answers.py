"""What a record answers to those who post statements to it, read."""

import re
from typing import Any, Final

import httpx
import orjson

# Something in the batch breaks a rule.
REFUSED: Final = frozenset({400, 409, 413, 422})


def decoded(answer: httpx.Response) -> Any:
    """Give the JSON of an answer, None where it has none."""
    try:
        return orjson.loads(answer.content)
    except orjson.JSONDecodeError:
        return None


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """Give what a record like ours says of an error; empty where another kind answers."""
    told = decoded(answer)
    error = told.get("error") if isinstance(told, dict) else None
    return error if isinstance(error, dict) else {}


def index_named(answer: httpx.Response, count: int) -> int | None:
    """Say which statement of the batch the error's JSON path names, if it names one."""
    named = re.match(r"\$\[(\d+)\]", str(error_of(answer).get("path", "")))
    return int(named[1]) if named and int(named[1]) < count else None


def retry_after(answer: httpx.Response) -> float | None:
    """Read Retry-After in seconds; its other form, a date, is left to our own back-off."""
    try:
        return max(0.0, float(answer.headers["Retry-After"]))
    except (KeyError, ValueError):
        return None
