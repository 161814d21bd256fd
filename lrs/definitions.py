"""What an activity is: the definitions that statements give, merged into one an activity.

Of each property the newest statement's counts; names and descriptions are merged language by
language, extensions key by key. xAPI 1.0.3 part 2, 2.4.4.1; part 3, 2.5.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from itertools import chain
from typing import Any, Final

from orjson import dumps, loads

from lrs.recorders.base import PARAMETER_LIMIT, RecordTransaction, chunks

_MERGED_BY_KEY: Final = ("name", "description", "extensions")
# Octets of an id that a key of every backend's table holds; PostgreSQL's may have 2,700 in all.
_LONGEST_KEY: Final = 1_000
# Definitions that a process remembers; one is some hundred octets.
_REMEMBERED: Final = 50_000


# What one statement says an activity is: the activity, and the definition's JSON.
Definition = tuple[str, bytes]


def definitions_of(statement: Mapping[str, Any]) -> list[Definition]:
    """Give the definitions in a valid statement, wherever they stand."""
    found: list[Definition] = []
    target = statement["object"]
    if definition := target.get("definition"):
        found.append((target["id"], dumps(definition)))
    context = statement.get("context")
    if context and (activities := context.get("contextActivities")):
        for value in activities.values():
            for activity in value if type(value) is list else (value,):
                if definition := activity.get("definition"):
                    found.append((activity["id"], dumps(definition)))
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


class LatestDefinitions:
    """What a process remembers of the definitions merged last, so that most cost no query.

    It is good for as long as the log goes on without a gap behind the events that it was learnt
    from: only who stores events merges definitions.
    """

    def __init__(self) -> None:
        self._of: dict[str, dict[str, bytes]] = {}  # JSON by store and activity
        self._remembered = 0  # how many, or somewhat fewer
        self._position = 0  # as of which it is true

    def as_of(self, position: int) -> None:
        """Forget everything if it is not this process that brought the log to that position."""
        if position != self._position:
            self._forget()

    def news(
        self, given: Iterable[tuple[str, Sequence[Definition]]]
    ) -> dict[tuple[str, str], list[bytes]]:
        """Give what is not the definition merged last, in order, and take it to be merged.

        `given` are the definitions of one statement after the other, each with its store; what is
        given back is by store and activity.
        """
        if self._remembered > _REMEMBERED:
            self._forget()
        news: dict[tuple[str, str], list[bytes]] = {}
        before, latest = None, dict[str, bytes]()
        for store, definitions in given:
            if store != before:
                before, latest = store, self._of.setdefault(store, {})
            for activity, json in definitions:
                if latest.get(activity) != json:
                    latest[activity] = json
                    self._remembered += 1
                    news.setdefault((store, activity), []).append(json)
        return news

    def committed(self, position: int) -> None:
        """Note that all that was merged is durable, and the log's last position with it."""
        self._position = position

    def failed(self) -> None:
        """Forget everything: what was taken to be merged is not."""
        self._forget()

    def _forget(self) -> None:
        self._of.clear()
        self._remembered = 0


def merge_definitions(
    transaction: RecordTransaction, news: Mapping[tuple[str, str], Sequence[bytes]]
) -> None:
    """Merge definitions, by store and activity, those of one activity in the order of the log."""
    ordered = {activity_name(*activity): several for activity, several in news.items()}
    changed = _changed(transaction, ordered)
    rows = [
        (name, _merged(old, ordered[name]), _fingerprint(ordered[name][-1]))
        for name, old in changed.items()
    ]
    for chunk in chunks(rows, PARAMETER_LIMIT // 3):
        marks = ",".join(["(?, ?, ?)"] * len(chunk))
        transaction.execute(
            f"INSERT INTO activities (name, definition, latest) VALUES {marks}"
            " ON CONFLICT (name) DO UPDATE"
            " SET definition = excluded.definition, latest = excluded.latest",
            list(chain.from_iterable(chunk)),
        )


def _merged(old: bytes | None, several: Sequence[bytes]) -> bytes:
    if old is None and len(several) == 1:
        return several[0]
    merged: dict[str, Any] = loads(old) if old else {}
    for newer in several:
        merged = merged_definition(merged, loads(newer))
    return dumps(merged)


def merged_definition(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Merge a newer definition into an older one."""
    merged = {**old, **new}
    for key in _MERGED_BY_KEY:
        if key in old and key in new:
            merged[key] = {**old[key], **new[key]}
    return merged


def _changed(
    transaction: RecordTransaction, ordered: Mapping[str, Sequence[bytes]]
) -> dict[str, bytes | None]:
    """Give those of these activities that something is to be merged into, as they are, if at all.

    The database compares, because each row that is fetched gives the interpreter away once, and
    mostly the definition that came is the one merged last.
    """
    changed: dict[str, bytes | None] = {}
    for chunk in chunks(list(ordered.items()), PARAMETER_LIMIT // 2):
        marks = ",".join(["(CAST(? AS TEXT), CAST(? AS BIGINT))"] * len(chunk))
        parameters: list[Any] = []
        for name, several in chunk:
            parameters += name, _fingerprint(several[0]) if len(several) == 1 else None
        rows = transaction.execute(
            f"WITH given (name, latest) AS (VALUES {marks})"
            " SELECT given.name, kept.definition FROM given"
            " LEFT JOIN activities kept ON kept.name = given.name"
            " WHERE kept.latest IS NULL OR given.latest IS NULL OR kept.latest <> given.latest",
            parameters,
        )
        changed |= {row["name"]: row["definition"] and bytes(row["definition"]) for row in rows}
    return changed


def _fingerprint(definition: bytes) -> int:
    """Tell the definition merged last from others, so that the same one is not merged again."""
    return int.from_bytes(blake2b(definition, digest_size=8).digest(), "big", signed=True)
