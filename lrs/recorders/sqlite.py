"""The embedded recorder: log and statement index in one SQLite file, written by one transaction."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from itertools import repeat
from typing import Any

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteFactory,
)

from lrs.recorders.base import (
    LATER_COLUMNS,
    PARAMETER_LIMIT,
    RecordTransaction,
    StatementRecorder,
    StoredAt,
    chunks,
    reserve_stored,
)
from lrs.times import now_microseconds

# Rows of one INSERT: long ones give the interpreter away seldom, short ones fill up.
RUN_LENGTHS = (4096, 512, 64, 8, 1)
CACHE_KIBIBYTES = 65_536
# Pages the write-ahead log grows to before they are copied into the database file: 64 MiB.
CHECKPOINT_PAGES = 16_384


class DurableConnectionPool(SQLiteConnectionPool):
    """Connections whose commits survive a power cut: WAL with ``synchronous=FULL``."""

    def _create_connection(self) -> SQLiteConnection:
        connection = super()._create_connection()
        cursor = connection.cursor()
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute(f"PRAGMA cache_size=-{CACHE_KIBIBYTES}")
        cursor.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
        return connection


class DurableDatastore(SQLiteDatastore):
    """A datastore on durable connections."""

    def __init__(self, db_name: str, lock_timeout: int | None) -> None:
        super().__init__(db_name, lock_timeout=lock_timeout, originator_id_type="text")
        self.pool.close()
        self.pool = DurableConnectionPool(
            db_name=db_name, lock_timeout=lock_timeout, max_overflow=60, pool_timeout=30.0
        )


def _run_lengths(rows: int) -> Iterator[int]:
    """Cut rows into runs of a few fixed lengths, so that each INSERT is compiled only once."""
    for length in RUN_LENGTHS:
        yield from repeat(length, rows // length)
        rows %= length


@cache
def _insert_sql(table: str, columns: int, rows: int) -> str:
    row = "(" + ",".join("?" * columns) + ")"
    return f"INSERT INTO {table} VALUES " + ",".join([row] * rows)


class SQLiteTransaction(RecordTransaction):
    """One transaction of the SQLite recorder."""

    def __init__(self, recorder: "SQLiteStatementRecorder", cursor: SQLiteCursor) -> None:
        self.recorder = recorder
        self.cursor = cursor
        self.last_position = 0

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Run one statement in the transaction."""
        self.cursor.execute(sql, parameters)
        return list(self.cursor.fetchall())

    def insert_events(self, events: Sequence[StoredEvent]) -> list[int] | None:
        """Store events in few statements: each step of SQLite gives the interpreter away once."""
        self.cursor.execute("SAVEPOINT events")
        try:
            positions = self.recorder.insert_many(self.cursor, events)
        except sqlite3.IntegrityError:
            self.cursor.execute("ROLLBACK TO events")
            return None
        self.cursor.execute("RELEASE events")
        self.last_position = positions[-1] if positions else self.last_position
        return positions

    def insert_values(self, table: str, columns: int, values: Sequence[int]) -> None:
        """Add rows of integers to an index table."""
        start = 0
        for length in _run_lengths(len(values) // columns):
            sql = _insert_sql(table, columns, length) + " ON CONFLICT DO NOTHING"
            self.cursor.execute(sql, values[start : start + length * columns])
            start += length * columns

    def has_references(self) -> bool:
        """Tell whether any statement refers to another."""
        return bool(self.execute("SELECT 1 FROM statement_references LIMIT 1"))

    def events_of(self, originator_ids: Sequence[str], version: int) -> dict[str, StoredAt]:
        """Find the events of one version of the named streams."""
        found: dict[str, StoredAt] = {}
        for chunk in chunks(originator_ids, PARAMETER_LIMIT):
            marks = ",".join("?" * len(chunk))
            rows = self.execute(
                "SELECT rowid AS position, * FROM stored_events"
                f" WHERE originator_id IN ({marks}) AND originator_version = {version:d}",
                chunk,
            )
            found |= {row["originator_id"]: _stored_at(row) for row in rows}
        return found

    def events_at(self, positions: Sequence[int]) -> dict[int, StoredEvent]:
        """Find events by position."""
        return _events_at(self.execute, positions)


class SQLiteStatementRecorder(SQLiteApplicationRecorder, StatementRecorder):
    """eventsourcing's SQLite recorder with the statement index in the same transaction."""

    mark = "?"

    def __init__(
        self, datastore: SQLiteDatastore, events_table_name: str = "stored_events"
    ) -> None:
        SQLiteApplicationRecorder.__init__(self, datastore, events_table_name)
        StatementRecorder.__init__(self)

    def construct_create_table_statements(self) -> list[str]:
        """Add the index tables to eventsourcing's own."""
        script = files("lrs.recorders").joinpath("schema/sqlite.sql").read_text("utf-8")
        code = "\n".join(line for line in script.splitlines() if not line.startswith("--"))
        index = [statement for statement in code.split(";") if statement.strip()]
        return [*super().construct_create_table_statements(), *index]

    def _create_table(self, c: SQLiteCursor) -> None:
        """Make the tables, and add to older ones the columns that came later."""
        # A transaction that reads first and then writes fails where another process wrote between.
        c.execute("END")
        c.execute("BEGIN IMMEDIATE")
        super()._create_table(c)
        for column in LATER_COLUMNS:
            c.execute(f"PRAGMA table_info({column.table})")
            if column.name not in {row["name"] for row in c.fetchall()}:
                c.execute(f"ALTER TABLE {column.table} ADD COLUMN {column.name} {column.sqlite}")

    @contextmanager
    def writing(self, events: int, not_before: int) -> Iterator[RecordTransaction]:
        """Open the transaction of one group; its first statement takes the write lock."""
        with self.datastore.transaction(commit=True) as cursor:
            transaction = SQLiteTransaction(self, cursor)
            now = max(now_microseconds(), not_before)
            transaction.stored = reserve_stored(transaction, events, now)
            yield transaction
        if transaction.last_position:
            self.committed(transaction.last_position)

    def insert_many(self, cursor: SQLiteCursor, events: Sequence[StoredEvent]) -> list[int]:
        """Insert events with as few statements as parameters allow; gives their positions."""
        positions: list[int] = []
        start = 0
        for length in _run_lengths(len(events)):
            parameters: list[Any] = []
            for event in events[start : start + length]:
                parameters += (
                    event.originator_id,
                    event.originator_version,
                    event.topic,
                    event.state,
                )
            cursor.execute(_insert_sql(self.events_table_name, 4, length), parameters)
            # The log only grows at its end, so the row ids of one INSERT are consecutive.
            last = cursor.lastrowid
            positions.extend(range(last - length + 1, last + 1))
            start += length
        return positions

    def read(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Run one query and give its rows."""
        with self.datastore.transaction(commit=False) as cursor:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall())

    def write(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run one statement in a transaction of its own."""
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(sql, parameters)

    def size(self) -> int:
        """Give how many bytes the database's pages take."""
        rows = self.read(
            "SELECT page_count * page_size AS size FROM pragma_page_count(), pragma_page_size()"
        )
        return int(rows[0]["size"])

    def version(self) -> str:
        """Name the version of SQLite."""
        return f"SQLite {self.read('SELECT sqlite_version() AS version')[0]['version']}"

    def events_at(self, positions: Sequence[int]) -> dict[int, StoredEvent]:
        """Find events by position."""
        return _events_at(self.read, positions)

    def event_of(self, originator_id: str, version: int) -> StoredAt | None:
        """Find one event of one stream."""
        rows = self.read(
            "SELECT rowid AS position, * FROM stored_events"
            " WHERE originator_id = ? AND originator_version = ?",
            [originator_id, version],
        )
        return _stored_at(rows[0]) if rows else None


class Factory(SQLiteFactory):
    """Builds the recorder for an eventsourcing application (``PERSISTENCE_MODULE``)."""

    application_recorder_class = SQLiteStatementRecorder

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        given = self.datastore.pool
        self.datastore.close()
        self.datastore = DurableDatastore(given.db_name, given.lock_timeout)


def _events_at(read: Any, positions: Sequence[int]) -> dict[int, StoredEvent]:
    found: dict[int, StoredEvent] = {}
    for chunk in chunks(positions, PARAMETER_LIMIT):
        marks = ",".join("?" * len(chunk))
        rows = read(
            f"SELECT rowid AS position, * FROM stored_events WHERE rowid IN ({marks})", chunk
        )
        found |= {row["position"]: _stored_at(row).event for row in rows}
    return found


def _stored_at(row: Any) -> StoredAt:
    event = StoredEvent(
        originator_id=row["originator_id"],
        originator_version=row["originator_version"],
        topic=row["topic"],
        state=row["state"],
    )
    return StoredAt(row["position"], event)
