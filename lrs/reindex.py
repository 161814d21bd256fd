"""Rebuilds the index tables from the log: they hold nothing that the log doesn't."""

from collections.abc import Iterator
from typing import Any

import orjson

from lrs import terms
from lrs.actors import actor_key
from lrs.declaration_writing import write_declarations
from lrs.declarations import DeclarationEvent
from lrs.definitions import LatestDefinitions, definitions_of
from lrs.document_writing import write_document
from lrs.documents import DocumentEvent
from lrs.drafts import Draft, is_voiding
from lrs.events import (
    STATEMENT_STORED,
    STATEMENT_VOIDED,
    RecordMapper,
    originator_parts,
    statement_originator,
)
from lrs.formats import instant
from lrs.recorders.base import RecordTransaction, StatementRecorder
from lrs.writing import Entry, index_statements

INDEX_TABLES = (
    "statement_terms",
    "statement_references",
    "voided_statements",
    "commits",
    "documents",
    "declarations",
    "activities",
)
BATCH = 2_000


def rebuild_index(recorder: StatementRecorder, mapper: RecordMapper) -> int:
    """Empty the index tables and fill them from the log, in one transaction; gives the statements.

    Writers wait meanwhile, so that no statement slips in unindexed.
    """
    statements = 0
    latest = LatestDefinitions()
    with recorder.writing(1, 0) as transaction:
        for table in INDEX_TABLES:
            transaction.execute(f"DELETE FROM {table}")
        for notifications in _log(recorder):
            statements += _index(transaction, mapper, notifications, latest)
    return statements


def _log(recorder: StatementRecorder) -> Iterator[list[Any]]:
    after = 0
    while notifications := list(recorder.select_notifications(after + 1, BATCH)):
        yield notifications
        after = notifications[-1].id


def _index(
    transaction: RecordTransaction,
    mapper: RecordMapper,
    notifications: list[Any],
    latest: LatestDefinitions,
) -> int:
    entries: list[Entry] = []
    commits: list[tuple[int, int, int]] = []
    voided: list[tuple[int, int]] = []
    declared: list[tuple[int, DeclarationEvent]] = []
    for notification in notifications:
        event: Any = mapper.to_domain_event(notification)
        if notification.topic == STATEMENT_STORED:
            entries.append(_entry(notification, event))
            commits.append((event.stored(), notification.id, 1))
        elif notification.topic == STATEMENT_VOIDED:
            voided.append(_voided(transaction, event))
            commits.append((instant(event.stored), notification.id, 1))
        elif isinstance(event, DocumentEvent):
            store = originator_parts(notification.originator_id)[0]
            write_document(transaction, store, event, notification.id)
            commits.append((event.version().updated, notification.id, 1))
        elif isinstance(event, DeclarationEvent):
            declared.append((notification.id, event))
            commits.append((event.version().stored, notification.id, 1))
    index_statements(transaction, mapper, entries, latest)
    write_declarations(transaction, declared)
    transaction.insert_rows("voided_statements", voided)
    transaction.insert_rows("commits", commits)
    return len(entries)


def _entry(notification: Any, event: Any) -> Entry:
    store, _, statement_id = originator_parts(notification.originator_id)
    exact = event.exact()
    statement = orjson.loads(exact)
    draft = Draft(
        statement_id=statement_id,
        statement=exact,
        terms=terms.statement_terms(store, statement, str(actor_key(statement["authority"]))),
        target=terms.referenced_statement(statement),
        voids=is_voiding(statement),
        form=event.form,
        before_stored=b"",
        has_timestamp=True,
        definitions=definitions_of(statement) if event.defines else (),
    )
    return Entry(store, draft, notification.originator_id, notification.id)


def _voided(transaction: RecordTransaction, event: Any) -> tuple[int, int]:
    store = originator_parts(event.originator_id)[0]
    voider = statement_originator(store, event.voided_by)
    found = transaction.events_of([event.originator_id, voider], version=1)
    return found[event.originator_id].position, found[voider].position
