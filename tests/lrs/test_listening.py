"""Readers hear at once of what another process has committed, and never hang where they don't."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest

from lrs.record import Record
from lrs.recorders import base, postgresql
from tests.support.postgresql import Cluster
from tests.support.records import draft, statement

A_MOMENT = 0.1  # seconds
LONG = 60.0


def store(record: Record) -> float:
    """Store a statement; gives when it was acknowledged."""
    record.store_statements_now("district", [draft(statement())])
    return time.monotonic()


class Waiting:
    """A thread that waits for the log, and notes what came of it, and when."""

    def __init__(self, record: Record, after: int, timeout: float = LONG) -> None:
        self.outcome: Any = None
        self.ended = 0.0
        self._thread = threading.Thread(target=self._wait, args=(record, after, timeout))
        self._thread.start()

    def _wait(self, record: Record, after: int, timeout: float) -> None:
        self.outcome = record.wait_for_log(after, timeout)
        self.ended = time.monotonic()

    def join(self) -> Any:
        self._thread.join(LONG)
        return self.outcome


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_listening(record: Record) -> bool:
    listener = cast(postgresql.PostgreSQLStatementRecorder, record.statements)._listener
    return listener is not None and listener.is_listening


def listening_connections(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
            " OR query LIKE 'SELECT MAX(notification_id)%'"
        ).fetchone()
    assert found is not None
    return int(found[0])


@pytest.fixture
def never_polling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Readers that listen don't look for themselves while a test runs."""
    monkeypatch.setattr(postgresql, "LOOK_AGAIN_LISTENING", LONG)


@pytest.fixture
def records(postgresql_schema: str) -> Iterator[tuple[Record, Record]]:
    """Two records on one database, as two processes have them."""
    both = Record.open(postgresql_schema), Record.open(postgresql_schema)
    yield both
    for record in both:
        record.close()


@pytest.mark.usefixtures("never_polling")
def test_a_commit_elsewhere_wakes_who_waits_at_once(records: tuple[Record, Record]) -> None:
    writer, reader = records
    waiting = Waiting(reader, 0)
    eventually(lambda: is_listening(reader))
    acknowledged = store(writer)
    assert waiting.join() is True
    assert waiting.ended - acknowledged < A_MOMENT


@pytest.mark.usefixtures("never_polling")
def test_each_of_many_commits_is_heard_of(records: tuple[Record, Record]) -> None:
    writer, reader = records
    for position in range(50):
        waiting = Waiting(reader, position, timeout=5)
        store(writer)
        assert waiting.join() is True


@pytest.mark.usefixtures("never_polling")
def test_what_came_before_the_first_wait_is_known(records: tuple[Record, Record]) -> None:
    writer, reader = records
    store(writer)
    began = time.monotonic()
    assert reader.wait_for_log(0, LONG)
    assert time.monotonic() - began < A_MOMENT


@pytest.mark.usefixtures("never_polling")
def test_waiting_ends_after_its_timeout(records: tuple[Record, Record]) -> None:
    reader = records[1]
    reader.wait_for_log(0, 0.05)
    eventually(lambda: is_listening(reader))
    began = time.monotonic()
    assert not reader.wait_for_log(0, 0.3)
    assert 0.3 <= time.monotonic() - began < 1


def test_a_notification_that_is_lost_is_made_up_for_by_looking(
    records: tuple[Record, Record], monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, reader = records
    monkeypatch.setattr(postgresql, "LOOK_AGAIN_LISTENING", 0.5)
    monkeypatch.setattr(writer.statements, "_notify_channel", lambda cursor: None)
    waiting = Waiting(reader, 0)
    eventually(lambda: is_listening(reader))
    store(writer)
    assert waiting.join() is True


@pytest.mark.usefixtures("never_polling")
@pytest.mark.postgresql
def test_after_the_server_was_away_commits_are_heard_of_again(tmp_path: Path) -> None:
    with Cluster() as cluster:
        dsn = cluster.create_database()
        with closing(Record.open(dsn)) as reader:
            reader.wait_for_log(0, 0.05)
            eventually(lambda: is_listening(reader))
            cluster.stop()
            eventually(lambda: not is_listening(reader))
            cluster.start()
            eventually(lambda: is_listening(reader))
            waiting = Waiting(reader, 0)
            with closing(Record.open(dsn)) as writer:
                acknowledged = store(writer)
                assert waiting.join() is True
                assert waiting.ended - acknowledged < A_MOMENT


def test_only_who_waits_has_a_listening_connection_and_only_until_it_is_closed(
    postgresql_schema: str,
) -> None:
    before = set(threading.enumerate())
    record = Record.open(postgresql_schema)
    store(record)
    assert not is_listening(record)
    record.wait_for_log(0, 0.1)
    record.wait_for_log(1, 0.1)
    eventually(lambda: is_listening(record))
    assert listening_connections(postgresql_schema) >= 1
    began = time.monotonic()
    record.close()
    assert time.monotonic() - began < 1
    assert [one.name for one in set(threading.enumerate()) - before] == []
    eventually(lambda: listening_connections(postgresql_schema) == 0)


def test_a_record_closes_though_the_server_is_away(
    postgresql_schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = Record.open(postgresql_schema)
    statements = cast(postgresql.PostgreSQLStatementRecorder, record.statements)
    monkeypatch.setitem(cast(Any, statements.datastore.pool.kwargs), "port", "1")
    record.wait_for_log(0, 0.3)
    assert not is_listening(record)
    record.close()


def test_a_file_is_looked_into_for_what_another_process_wrote(tmp_path: Path) -> None:
    location = str(tmp_path / "record.sqlite")
    writer, reader = Record.open(location), Record.open(location)
    waiting = Waiting(reader, 0)
    time.sleep(0.05)
    acknowledged = store(writer)
    assert waiting.join() is True
    assert waiting.ended - acknowledged < base.LOOK_AGAIN + A_MOMENT
    reader.close()
    writer.close()


def test_a_file_is_opened_though_another_process_is_writing(tmp_path: Path) -> None:
    location = str(tmp_path / "record.sqlite")
    with closing(Record.open(location)) as writer:
        stopping = threading.Event()

        def write() -> None:
            while not stopping.is_set():
                store(writer)

        writing = threading.Thread(target=write)
        writing.start()
        try:
            for _ in range(50):
                Record.open(location).close()
        finally:
            stopping.set()
            writing.join()
