"""What an activity is: the definitions that statements give, merged into one an activity.

Of each property the newest statement's counts; names and descriptions are merged language by
language, extensions key by key. xAPI 1.0.3 part 2, 2.4.4.1; part 3, 2.5.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final

import msgspec
import orjson

from lrs.recorders.base import PARAMETER_LIMIT, RecordTransaction, chunks

_MERGED_BY_KEY: Final = ("name", "description", "extensions")
# Octets of an id that a key of every backend's table holds; PostgreSQL's may have 2,700 in all.
_LONGEST_KEY: Final = 1_000


class Definition(msgspec.Struct, frozen=True, gc=False):
    """What one statement says an activity is."""

    activity: str
    json: bytes


def definitions_of(statement: Mapping[str, Any]) -> list[Definition]:
    """Give the definitions in a valid statement, wherever they stand."""
    found: list[Definition] = []
    target = statement["object"]
    definition = target.get("definition")
    if definition:
        found.append(Definition(target["id"], orjson.dumps(definition)))
    context = statement.get("context")
    if context and (activities := context.get("contextActivities")):
        for activity in _listed(activities.values()):
            if definition := activity.get("definition"):
                found.append(Definition(activity["id"], orjson.dumps(definition)))
    if target.get("objectType") == "SubStatement":
        found += definitions_of(target)
    return found


def activity_name(store: str, activity: str) -> str:
    """Name an activity in the table of activities: a long id by its digest.

    No IRI begins with the ``|`` that tells the two apart.
    """
    octets = activity.encode()
    if len(octets) > _LONGEST_KEY:
        return f"{store}/|{blake2b(octets, digest_size=32).hexdigest()}"
    return f"{store}/{activity}"


def merge_definitions(
    transaction: RecordTransaction, given: Iterable[tuple[str, Definition]]
) -> None:
    """Merge definitions, each with its store, in the order of the log."""
    ordered: dict[str, list[bytes]] = {}
    for store, definition in given:
        several = ordered.setdefault(activity_name(store, definition.activity), [])
        if not several or several[-1] != definition.json:
            several.append(definition.json)
    known = _known(transaction, list(ordered))
    for name, several in ordered.items():
        latest = _fingerprint(several[-1])
        old, old_latest = known.get(name, (b"{}", None))
        if len(several) == 1 and old_latest == latest:
            continue
        merged = orjson.loads(old)
        for newer in several:
            merged = merged_definition(merged, orjson.loads(newer))
        transaction.execute(
            "INSERT INTO activities (name, definition, latest) VALUES (?, ?, ?)"
            " ON CONFLICT (name) DO UPDATE"
            " SET definition = excluded.definition, latest = excluded.latest",
            [name, orjson.dumps(merged), latest],
        )


def merged_definition(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Merge a newer definition into an older one."""
    merged = {**old, **new}
    for key in _MERGED_BY_KEY:
        if key in old and key in new:
            merged[key] = {**old[key], **new[key]}
    return merged


def _known(
    transaction: RecordTransaction, names: Sequence[str]
) -> dict[str, tuple[bytes, int | None]]:
    found: dict[str, tuple[bytes, int | None]] = {}
    for chunk in chunks(names, PARAMETER_LIMIT):
        marks = ",".join("?" * len(chunk))
        rows = transaction.execute(
            f"SELECT name, definition, latest FROM activities WHERE name IN ({marks})", chunk
        )
        found |= {row["name"]: (bytes(row["definition"]), row["latest"]) for row in rows}
    return found


def _fingerprint(definition: bytes) -> int:
    """Tell the definition merged last from others, so that the same one is not merged again."""
    return int.from_bytes(blake2b(definition, digest_size=8).digest(), "big", signed=True)


def _listed(values: Iterable[Any]) -> Iterator[Mapping[str, Any]]:
    for value in values:
        if isinstance(value, list):
            yield from value
        else:
            yield value
