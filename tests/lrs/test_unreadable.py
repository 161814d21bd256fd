"""An event that can't be read is told as such in the log, and hides none of the others."""

from typing import Any

import pytest
from eventsourcing.persistence import StoredEvent

from lrs.events import STATEMENT_STORED, STATEMENT_VOIDED, statement_originator
from lrs.record import LogEntry, Record
from tests.support.records import draft, statement, statement_id, voiding

ONE = statement_originator("district", statement_id(1))
OLD_STATE = b"\x80\x04 pickled by who knows whom"


def store(record: Record, *statements: dict[str, Any]) -> None:
    record.store_statements_now("district", [draft(one) for one in statements])


def insert(record: Record, event: StoredEvent) -> None:
    """Write an event into the log as another release or a bad disk would have."""
    with record.statements.writing(1, 0) as transaction:
        assert transaction.insert_events([event])


@pytest.mark.parametrize(
    ("topic", "state", "reason"),
    [
        ("lrs.events:StatementTranslated", b"{}", "StatementTranslated"),
        (STATEMENT_STORED, OLD_STATE, "ValueError"),
        (STATEMENT_STORED, b"{}\nas-received\n{}", "KeyError: 'stored'"),
        (STATEMENT_VOIDED, b"[", "JSONDecodeError"),
        (STATEMENT_VOIDED, b'{"voided_by":"x","stored":"yesterday"}', "ValueError"),
    ],
)
def test_the_events_around_an_unreadable_one_are_read(
    record: Record, topic: str, state: bytes, reason: str
) -> None:
    store(record, statement())
    insert(record, StoredEvent(ONE, 1, topic, state))
    store(record, statement())
    entries = record.read_log(0, 10)
    assert [entry.kind for entry in entries] == ["statement", "unreadable", "statement"]
    assert [entry.position for entry in entries] == [1, 2, 3]
    broken = entries[1]
    assert reason in broken.error
    assert broken == LogEntry(
        2, "district", "unreadable", statement_id(1), 0, b"", error=broken.error
    )


def test_the_voiding_of_what_cannot_be_read_cannot_be_read(record: Record) -> None:
    insert(record, StoredEvent(ONE, 1, STATEMENT_STORED, OLD_STATE))
    insert(
        record,
        StoredEvent(
            ONE, 2, STATEMENT_VOIDED, b'{"voided_by":"x","stored":"2026-03-02T00:00:00.000000Z"}'
        ),
    )
    assert [entry.kind for entry in record.read_log(0, 10)] == ["unreadable", "unreadable"]


def test_the_voiding_of_what_is_not_there_cannot_be_read(record: Record) -> None:
    voided = b'{"voided_by":"x","stored":"2026-03-02T00:00:00.000000Z"}'
    insert(record, StoredEvent(ONE, 2, STATEMENT_VOIDED, voided))
    [entry] = record.read_log(0, 10)
    assert (entry.kind, entry.statement_id) == ("unreadable", statement_id(1))
    assert "not in the log" in entry.error


def test_an_event_of_a_stream_with_a_strange_name_belongs_to_no_store(record: Record) -> None:
    insert(record, StoredEvent("strange", 1, STATEMENT_STORED, b""))
    [entry] = record.read_log(0, 10)
    assert (entry.kind, entry.store, entry.statement_id) == ("unreadable", "", "")


def test_a_database_that_fails_is_no_unreadable_event(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise ConnectionError("the database is away")

    store(record, statement(id=statement_id(1)), voiding(statement_id(1)))
    monkeypatch.setattr(record.statements, "event_of", away)
    with pytest.raises(ConnectionError):
        record.read_log(0, 10)
