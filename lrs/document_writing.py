"""What a change of documents does to the log and the table of documents, in one transaction."""

from collections.abc import Sequence
from typing import Any

import msgspec

from lrs.documents import (
    ConditionFailedError,
    ConditionMissingError,
    DocumentChange,
    DocumentChanged,
    DocumentDeleted,
    DocumentEvent,
    DocumentHeader,
    DocumentName,
    DocumentStored,
    DocumentVersion,
    etag_of,
    listed_ids,
    merge,
)
from lrs.event_writing import EventWriter
from lrs.recorders.base import RecordTransaction
from lrs.submissions import DocumentSubmission
from lrs.times import iso_text
from lrs.validation.violation import Violation


class DocumentWriter:
    """Writes changes of documents one after the other, each on what those before left."""

    def __init__(self, events: EventWriter) -> None:
        self.events = events
        self.transaction = events.transaction

    def write(self, submissions: Sequence[DocumentSubmission]) -> None:
        """Do what can be done; sets the outcome of every submission."""
        for submission in submissions:
            try:
                submission.outcome = self._change(submission.store, submission.change)
            except (ConditionFailedError, ConditionMissingError, Violation) as error:
                submission.outcome = error

    def _change(self, store: str, change: DocumentChange) -> DocumentChanged:
        if change.id is None:
            return self._clear(store, change)
        name = DocumentName(change.scope, change.id)
        stream = name.originator(store)
        number, old = self._current(stream)
        change.conditions.check(old.etag if old else None)
        if change.method == "DELETE":
            return self._delete(store, change, name, number) if old else DocumentChanged(0)
        content = change.content
        if change.method == "POST":
            content = merge(old, change.content_type, content, change.version)
        event = DocumentStored(stream, number + 1, self._header(change, name), content)
        position = self._insert(store, event)
        return DocumentChanged(position, event.version().etag)

    def _delete(
        self, store: str, change: DocumentChange, name: DocumentName, number: int
    ) -> DocumentChanged:
        header = self._header(change, name)
        event = DocumentDeleted(name.originator(store), number + 1, header, b"")
        return DocumentChanged(self._insert(store, event))

    def _clear(self, store: str, change: DocumentChange) -> DocumentChanged:
        """Delete all documents of a scope: those of its registration, where it names one."""
        rows = self.transaction.execute(
            "SELECT id, registration, version, updated FROM documents"
            " WHERE scope = ? AND deleted = 0 ORDER BY stream",
            [change.scope.key(store)],
        )
        if change.scope.registration is not None:
            rows = [row for row in rows if row["registration"] == change.scope.registration]
        change.conditions.check(etag_of(listed_ids(rows).json()))
        changed = DocumentChanged(0)
        for row in rows:
            registration = row["registration"] or None
            scope = msgspec.structs.replace(change.scope, registration=registration)
            name = DocumentName(scope, row["id"])
            changed = self._delete(store, change, name, row["version"])
        return changed

    def _current(self, stream: str) -> tuple[int, DocumentVersion | None]:
        """Give the number of the newest version, and the document where there is one."""
        rows = self.transaction.execute(
            "SELECT version, position, deleted FROM documents WHERE stream = ?", [stream]
        )
        if not rows:
            return 0, None
        row = rows[0]
        if row["deleted"]:
            return row["version"], None
        event = self.transaction.events_at([row["position"]])[row["position"]]
        stored: DocumentEvent = self.events.mapper.to_domain_event(event)
        return row["version"], stored.version()

    def _header(self, change: DocumentChange, name: DocumentName) -> bytes:
        header = DocumentHeader(
            stored=iso_text(self.events.next_stored()),
            method=change.method,
            kind=name.scope.kind,
            id=name.id,
            authority=msgspec.Raw(change.authority),
            activity=name.scope.activity,
            agent=name.scope.agent,
            agent_given=change.agent,
            registration=name.scope.registration,
            content_type=change.content_type,
        )
        return msgspec.json.encode(header)

    def _insert(self, store: str, event: DocumentEvent) -> int:
        positions = self.events.insert([event])
        if not positions:
            raise RuntimeError("the log refused an event that it does not hold")
        write_document(self.transaction, store, event, positions[0])
        return positions[0]


def write_document(
    transaction: RecordTransaction, store: str, event: DocumentEvent, position: int
) -> None:
    """Put an event's version of a document into the table of documents."""
    version = event.version()
    scope = version.name.scope
    row: list[Any] = [
        event.originator_id,
        scope.key(store),
        scope.registration or "",
        version.name.id,
        version.updated,
        position,
        event.originator_version,
        int(version.deleted),
    ]
    transaction.execute(
        "INSERT INTO documents"
        " (stream, scope, registration, id, updated, position, version, deleted)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (stream) DO UPDATE SET updated = excluded.updated,"
        " position = excluded.position, version = excluded.version, deleted = excluded.deleted",
        row,
    )
