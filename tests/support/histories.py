"""Statements and logs in memory, for what follows the log: tests of carriers, and their bench."""

import threading
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import orjson

from lrs.declarations import IDENTITY, DeclarationVersion, Link, decode_link
from lrs.documents import DocumentName, DocumentScope, DocumentVersion, Kind
from lrs.record import LogEntry
from projections.vocabulary import (
    EXTENSION_PHASE,
    EXTENSION_SUBJECT,
    PROFILE_VERSION,
    TYPE_HOMEWORK,
    TYPE_ITEM,
    TYPE_KNOWLEDGE_POINT,
    TYPE_LESSON,
    VERB_ANSWERED,
    VERB_SCORED,
)

BEGIN = datetime(2026, 3, 2, 0, 30, tzinfo=UTC)
SCHOOL = "https://school.example"


def person_key(name: str) -> str:
    """Give the key of the person of that account name."""
    return f"account:{SCHOOL}|{name}"


def point_id(name: str) -> str:
    """Give the activity id of a knowledge point."""
    return f"{SCHOOL}/knowledge-points/{name}"


def answer(
    *,
    statement_id: str | None = None,
    person: str = "s1",
    name: str | None = None,
    item: str = "item-1",
    points: Iterable[str] = ("fractions",),
    success: bool = True,
    phase: str = "post",
    lesson: str = "7",
    after: timedelta = timedelta(),
    seconds: float = 12.5,
) -> dict[str, Any]:
    """Make a statement of the teaching-cycle profile: a student answered an item."""
    at = (BEGIN + after).isoformat(timespec="microseconds").replace("+00:00", "Z")
    return {
        "id": statement_id or str(uuid.uuid4()),
        "actor": {
            "objectType": "Agent",
            "name": name or f"Student {person}",
            "account": {"homePage": SCHOOL, "name": person},
        },
        "verb": {"id": VERB_ANSWERED, "display": {"en": "answered"}},
        "object": {
            "objectType": "Activity",
            "id": f"{SCHOOL}/items/{item}",
            "definition": {"type": TYPE_ITEM},
        },
        "result": {
            "success": success,
            "response": "B" if success else "C",
            "duration": f"PT{seconds}S",
        },
        "context": {
            "contextActivities": {
                "category": [{"id": PROFILE_VERSION}],
                "grouping": [
                    {"id": f"{SCHOOL}/lessons/{lesson}", "definition": {"type": TYPE_LESSON}},
                ],
                "other": [
                    {
                        "id": point_id(point),
                        "definition": {
                            "type": TYPE_KNOWLEDGE_POINT,
                            "name": {"en": point, "zh-CN": f"知识点 {point}"},
                        },
                    }
                    for point in points
                ],
            },
            "extensions": {
                EXTENSION_PHASE: phase,
                EXTENSION_SUBJECT: "mathematics",
            },
        },
        "timestamp": at,
        "stored": at,
        "authority": {
            "objectType": "Agent",
            "account": {"homePage": "https://xueji.example", "name": "homework"},
        },
        "version": "1.0.3",
    }


def marked(statement: dict[str, Any], scaled: float) -> dict[str, Any]:
    """Make of an answer the statement that a homework of its student got a mark of 0..1."""
    homework = {
        "objectType": "Activity",
        "id": f"{SCHOOL}/homework/3",
        "definition": {"type": TYPE_HOMEWORK},
    }
    return statement | {
        "verb": {"id": VERB_SCORED, "display": {"en": "scored"}},
        "object": homework,
        "result": {"score": {"scaled": scaled}},
    }


def entry(
    position: int, statement: dict[str, Any], *, store: str = "demo", kind: str = "statement"
) -> LogEntry:
    """Put a statement at a position of the log; of kind ``voiding`` it's the one now voided."""
    return LogEntry(position, store, kind, statement["id"], position, orjson.dumps(statement))


def persons_of(entries: Iterable[LogEntry]) -> dict[str, str]:
    """Give the persons of the accounts that are linked after some entries of one store."""
    links: dict[str, str] = {}
    for entry in entries:
        if (made := entry.declaration) is not None and made.kind == IDENTITY:
            links.pop(made.id, None)
            if not made.deleted:
                links[made.id] = decode_link(made.content).person
    return links


def document(position: int, version: DocumentVersion, *, store: str = "demo") -> LogEntry:
    """Put a version of a document at a position of the log."""
    return LogEntry(position, store, "document", "", position, b"", version)


def state_version(
    content: bytes | None,
    *,
    id: str = "bookmark",  # noqa: A002 - xAPI's word
    person: str = "an",
    content_type: str = "application/json",
    updated: int = 0,
) -> DocumentVersion:
    """Make a version of a State document; without content, of its deletion."""
    scope = DocumentScope(
        kind=Kind.STATE, activity="https://district.example/quiz", agent=person_key(person)
    )
    return DocumentVersion(
        name=DocumentName(scope, id),
        content_type=content_type,
        content=content or b"",
        updated=updated,
        authority=b'{"account":{"homePage":"https://xueji.example","name":"homework"}}',
        deleted=content is None,
    )


def declared(position: int, version: DeclarationVersion, *, store: str = "demo") -> LogEntry:
    """Put a version of a declaration at a position of the log."""
    return LogEntry(position, store, "declaration", "", position, b"", declaration=version)


def declaration(
    kind: str,
    id: str,  # noqa: A002 - what the record calls it
    content: bytes = b"{}",
    *,
    deleted: bool = False,
) -> DeclarationVersion:
    """Make a version of a declaration."""
    authority = b'{"account":{"homePage":"https://xueji.example","name":"roster"}}'
    return DeclarationVersion(
        kind=kind, id=id, content=content, stored=0, authority=authority, deleted=deleted
    )


class Links:
    """Makes identity declarations as the record would: it refuses those that make a chain."""

    def __init__(self) -> None:
        self.person_of: dict[str, str] = {}

    def change(self, account: str, person: str | None) -> DeclarationVersion | None:
        """Link the account of a name to a person, or unlink it; None where nothing changes."""
        before = self.person_of.get(account)
        if person in (before, account):
            return None
        previous, wanted = person_key(before or account), person_key(person or before or "")
        if person is None:
            del self.person_of[account]
            content = msgspec.json.encode(Link(person=wanted, by="explicit", previous=wanted))
            return declaration(IDENTITY, person_key(account), content, deleted=True)
        if person in self.person_of or account in self.person_of.values():
            return None
        self.person_of[account] = person
        content = msgspec.json.encode(Link(person=wanted, by="explicit", previous=previous))
        return declaration(IDENTITY, person_key(account), content)


class ListLog:
    """A log in memory, read as carriers read the record's."""

    def __init__(self, entries: Iterable[LogEntry] = ()) -> None:
        self.entries = list(entries)
        self._grown = threading.Condition()

    def append(self, *entries: LogEntry) -> None:
        with self._grown:
            self.entries += entries
            self._grown.notify_all()

    def read_log(self, after: int, limit: int) -> list[LogEntry]:
        if self.entries and self.entries[0].position == 1 and self._gapless():
            return self.entries[after : after + limit]
        return [entry for entry in self.entries if entry.position > after][:limit]

    def wait_for_log(self, after: int, timeout: float) -> bool:
        with self._grown:
            return self._grown.wait_for(lambda: self.last_position() > after, timeout)

    def last_position(self) -> int:
        return self.entries[-1].position if self.entries else 0

    def entry_now(self, position: int) -> LogEntry | None:
        found = [entry for entry in self.entries if entry.position == position]
        later = [
            entry
            for entry in self.entries
            if found and entry.kind == "voiding" and entry.statement_id == found[0].statement_id
        ]
        return (later or found or [None])[0]

    def declared(self, kind: str, until: int | None = None, store: str = "") -> list[LogEntry]:
        newest = {
            (entry.store, entry.declaration.id): entry
            for entry in self.entries
            if entry.declaration is not None
            and entry.declaration.kind == kind
            and store in ("", entry.store)
            and (until is None or entry.position <= until)
        }
        return [one for one in newest.values() if one.declaration and not one.declaration.deleted]

    def _gapless(self) -> bool:
        return self.entries[-1].position == len(self.entries)
