"""JSON as it comes in: decoded fast, and refused where two readers could read it differently.

The bytes are what the record keeps, so that decoding may round a number beyond 64 bits or beyond
double precision: nothing is lost by it.
"""

import json
from typing import Any, Final

import msgspec
import orjson

from lrs.validation.violation import Violation

MAX_DEPTH: Final = 64
_DEEPEST: Final = 250  # what orjson can write again, which finding duplicates needs

_JSON: Final = "RFC 8259"
_UNIQUE_NAMES: Final = "RFC 8259, 4"
_ESCAPED_COLON: Final = b"\\u003"  # the beginning of one; the rest may be a or A
_EXCERPT: Final = 40  # octets shown around a mistake


def decode(raw: bytes, *, max_depth: int = MAX_DEPTH) -> Any:
    """Decode UTF-8 JSON; `max_depth` (at most 250) is how far objects and arrays may be nested.

    Raises Violation for what is not JSON or not UTF-8, a number that a double can't hold, a
    property given twice, or deeper nesting.
    """
    value = _loads(raw, max_depth)
    if not _is_shallow(raw, max_depth):
        _check_depth(value, max_depth)
    _check_unique(raw, value)
    return value


def decode_batch(raw: bytes, *, max_depth: int = MAX_DEPTH) -> tuple[Any, list[bytes]]:
    """Decode the same; gives also the items of an array as received, an object as a list of one.

    Raises Violation as `decode` does.
    """
    value = _loads(raw, max_depth)
    try:
        items = raw_items(raw)
    except Violation:
        _check_depth(value, max_depth)  # nested too deep even to split
        raise
    below = max_depth - (type(value) is list)
    if any(item.count(b"{") + item.count(b"[") > below for item in items):
        _check_depth(value, max_depth)
    _check_unique(raw, value)
    return value, items


def _loads(raw: bytes, max_depth: int) -> Any:
    if not 0 < max_depth <= _DEEPEST:
        raise ValueError(f"max_depth must be 1 to {_DEEPEST}, not {max_depth}")
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise _malformed(raw, error, max_depth) from None


def _check_unique(raw: bytes, value: Any) -> None:
    """Check that no object gives a property twice; `value` is what was decoded."""
    if _has_escaped_colon(raw) or orjson.dumps(value).count(b":") != raw.count(b":"):
        # A property given twice is decoded once and takes a colon with it. Colons inside texts
        # are the same on both sides, unless one was written as an escape.
        _check_names(raw)


def raw_items(raw: bytes) -> list[bytes]:
    """Split a JSON array into its items' bytes as received; an object is a list of one.

    Raises Violation where an array is malformed. `raw` is taken to have passed `decode`.
    """
    if raw.lstrip()[:1] != b"[":
        return [raw.strip()]
    try:
        return [bytes(item) for item in msgspec.json.decode(raw, type=list[msgspec.Raw])]
    except (msgspec.DecodeError, RecursionError) as error:
        raise Violation(f"JSON is well-formed: {error}", _JSON) from None


def _is_shallow(raw: bytes, max_depth: int) -> bool:
    """Tell whether there are too few brackets to nest deeper; False only where that is not sure."""
    return raw.count(b"{") + raw.count(b"[") <= max_depth


def _has_escaped_colon(raw: bytes) -> bool:
    return b"\\" in raw and _ESCAPED_COLON in raw  # one octet is found faster than five


def _malformed(raw: bytes, error: orjson.JSONDecodeError, max_depth: int) -> Violation:
    if "depth limit" in error.msg:
        return _too_deep(max_depth)
    try:
        raw.decode()
    except UnicodeDecodeError as mistake:
        rule, at = f"JSON is text in UTF-8, which octet {mistake.start} is not", mistake.start
    else:
        rule = f"JSON is well-formed; line {error.lineno}, column {error.colno}: {error.msg}"
        at = len(error.doc[: error.pos].encode())
    excerpt = raw[max(0, at - _EXCERPT) : at + _EXCERPT].decode(errors="replace")
    return Violation(rule, _JSON, excerpt)


def _too_deep(max_depth: int) -> Violation:
    return Violation(
        f"objects and arrays are nested at most {max_depth} deep", "limit of the record"
    )


def _check_depth(value: Any, max_depth: int) -> None:
    """Walk down level by level, so that no depth can exhaust the stack."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(max_depth):
        level = [
            child
            for node in level
            for child in (node.values() if type(node) is dict else node)
            if type(child) is dict or type(child) is list
        ]
        if not level:
            return
    raise _too_deep(max_depth)


class _Twice(dict[str, Any]):
    """An object that gave a property twice."""

    name: str


def _check_names(raw: bytes) -> None:
    """Read again, keeping every property, and raise Violation where an object gives one twice."""
    value = json.loads(raw.decode(), object_pairs_hook=_unique, parse_int=str, parse_float=str)
    pending: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while pending:
        steps, node = pending.pop()
        if isinstance(node, _Twice):
            violation = Violation("an object has each property once", _UNIQUE_NAMES, node.name)
            for step in (node.name, *reversed(steps)):
                violation.inside(step)
            raise violation
        if isinstance(node, dict):
            pending.extend(((*steps, name), child) for name, child in node.items())
        elif isinstance(node, list):
            pending.extend(((*steps, index), child) for index, child in enumerate(node))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) == len(pairs):
        return unique
    twice = _Twice(unique)
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            twice.name = name
            break
        seen.add(name)
    return twice
