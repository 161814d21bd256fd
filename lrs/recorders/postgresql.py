"""The recorder for many API processes: log and statement index in PostgreSQL, one lock, no gaps."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import (
    PostgresApplicationRecorder,
    PostgresDatastore,
    PostgresFactory,
)
from psycopg import Cursor
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow
from psycopg.sql import SQL, Identifier

from lrs.recorders.base import (
    LATER_COLUMNS,
    LOOK_AGAIN_LISTENING,
    RecordTransaction,
    StatementRecorder,
    StoredAt,
    reserve_stored,
)
from lrs.recorders.listening import Listener

# The record's connections: one writes, the others answer queries.
POOL_SIZE = 4
POOL_OVERFLOW = 28


def environment_of(dsn: str) -> dict[str, str]:
    """Turn a ``postgresql://`` DSN into eventsourcing's settings.

    A ``schema`` parameter names the schema to work in. Raises ValueError for a DSN that can't be
    read.
    """
    parts = urlsplit(dsn)
    parameters = dict(parse_qsl(parts.query))
    schema = parameters.pop("schema", "public")
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    try:
        fields = conninfo_to_dict(parts._replace(query=query).geturl())
    except psycopg.ProgrammingError as error:
        raise ValueError(f"the record's DSN can't be read: {error}") from error
    return {
        "PERSISTENCE_MODULE": "lrs.recorders.postgresql:Factory",
        "POSTGRES_DBNAME": str(fields.get("dbname", "")),
        "POSTGRES_HOST": str(fields.get("host", "")),
        "POSTGRES_PORT": str(fields.get("port", "5432")),
        "POSTGRES_USER": str(fields.get("user", "")),
        "POSTGRES_PASSWORD": str(fields.get("password", "")) or " ",
        "POSTGRES_SCHEMA": schema,
        "POSTGRES_POOL_SIZE": str(POOL_SIZE),
        "POSTGRES_MAX_OVERFLOW": str(POOL_OVERFLOW),
    }


class PostgreSQLTransaction(RecordTransaction):
    """One transaction of the PostgreSQL recorder."""

    def __init__(self, recorder: "PostgreSQLStatementRecorder", cursor: Cursor[DictRow]) -> None:
        self.recorder = recorder
        self.cursor = cursor
        self.last_position = 0

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Run one statement in the transaction."""
        self.cursor.execute(sql.replace("?", "%s").encode(), parameters)
        return self.cursor.fetchall() if self.cursor.description else []

    def insert_events(self, events: Sequence[StoredEvent]) -> list[int] | None:
        """Store events with one statement."""
        self.cursor.execute("SAVEPOINT events")
        try:
            positions = self.recorder.insert_many(self.cursor, events)
        except psycopg.errors.UniqueViolation:
            self.cursor.execute("ROLLBACK TO events")
            return None
        self.cursor.execute("RELEASE events")
        self.last_position = positions[-1] if positions else self.last_position
        return positions

    def insert_values(self, table: str, columns: int, values: Sequence[int]) -> None:
        """Add rows with one statement, a column an array."""
        if not values:
            return
        arrays = ", ".join(["%s::bigint[]"] * columns)
        self.cursor.execute(
            f"INSERT INTO {table} SELECT * FROM unnest({arrays}) ON CONFLICT DO NOTHING".encode(),
            [list(values[column::columns]) for column in range(columns)],
        )

    def has_references(self) -> bool:
        """Tell whether any statement refers to another."""
        return bool(self.execute("SELECT 1 FROM statement_references LIMIT 1"))

    def events_of(self, originator_ids: Sequence[str], version: int) -> dict[str, StoredAt]:
        """Find the events of one version of the named streams."""
        rows = self.execute(
            f"SELECT * FROM {self.recorder.events_table_name}"
            " WHERE originator_id = ANY(?) AND originator_version = ?",
            [list(originator_ids), version],
        )
        return {row["originator_id"]: _stored_at(row) for row in rows}

    def events_at(self, positions: Sequence[int]) -> dict[int, StoredEvent]:
        """Find events by position."""
        rows = self.execute(
            f"SELECT * FROM {self.recorder.events_table_name} WHERE notification_id = ANY(?)",
            [list(positions)],
        )
        return {row["notification_id"]: _stored_at(row).event for row in rows}


class PostgreSQLStatementRecorder(PostgresApplicationRecorder, StatementRecorder):
    """eventsourcing's PostgreSQL recorder with the statement index in the same transaction."""

    mark = "%s"

    def __init__(self, datastore: PostgresDatastore, *, events_table_name: str = "stored_events"):
        PostgresApplicationRecorder.__init__(self, datastore, events_table_name=events_table_name)
        StatementRecorder.__init__(self)
        self._listener: Listener | None = None
        self._listener_lock = Lock()

    def listen(self) -> None:
        """Begin to hear of every process's commits, on a connection of its own."""
        with self._listener_lock:
            if self._listener is None:
                kwargs = self.datastore.pool.kwargs
                self._listener = Listener(
                    kwargs() if callable(kwargs) else dict(kwargs or {}),
                    self.channel_name,
                    self.max_notification_id_statement,
                    tell=self.committed,
                    changed=self._listening_changed,
                )

    def look_again(self) -> float:
        """Give the seconds after which one who waits looks into the database without news."""
        is_told = self._listener is not None and self._listener.is_listening
        return LOOK_AGAIN_LISTENING if is_told else super().look_again()

    def close(self) -> None:
        """Let go of the listening connection."""
        with self._listener_lock:
            listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()

    def create_table(self) -> None:
        """Make the schema, eventsourcing's tables and the index tables."""
        schema = Identifier(self.datastore.schema)
        with self.datastore.transaction(commit=True) as cursor:
            # Two processes may start at once: CREATE ... IF NOT EXISTS alone races.
            cursor.execute("SELECT pg_advisory_xact_lock(7264102211)")
            cursor.execute(SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema))
            script = files("lrs.recorders").joinpath("schema/postgresql.sql").read_text("utf-8")
            self._use_schema(cursor)
            cursor.execute(script.encode())
            self._add_later_columns(cursor)
        super().create_table()

    @staticmethod
    def _add_later_columns(cursor: Cursor[DictRow]) -> None:
        for column in LATER_COLUMNS:
            # Looked for first: ALTER TABLE waits for every reader, a backup for example, even
            # where it has nothing to do, and lets nobody read while it waits.
            cursor.execute(
                "SELECT 1 FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s",
                [column.table, column.name],
            )
            if cursor.fetchone() is None:
                cursor.execute(
                    SQL("ALTER TABLE {} ADD COLUMN IF NOT EXISTS {} {}").format(
                        Identifier(column.table), Identifier(column.name), SQL(column.postgresql)
                    )
                )

    @contextmanager
    def writing(self, events: int, not_before: int) -> Iterator[RecordTransaction]:
        """Open the transaction of one group; the table lock makes positions rise in commit order.

        The clock is the database's own, read under the lock, so that it is one for all processes.
        """
        with self.datastore.transaction(commit=True) as cursor:
            self._use_schema(cursor)
            self._lock_table(cursor)
            self._notify_channel(cursor)
            transaction = PostgreSQLTransaction(self, cursor)
            now = max(self._clock(cursor), not_before)
            transaction.stored = reserve_stored(transaction, events, now)
            yield transaction
        if transaction.last_position:
            self.committed(transaction.last_position)

    def insert_many(self, cursor: Cursor[DictRow], events: Sequence[StoredEvent]) -> list[int]:
        """Insert events with one statement; gives their positions."""
        composites = [
            self.construct_pg_stored_event(
                event.originator_id, event.originator_version, event.topic, event.state
            )
            for event in events
        ]
        cursor.execute(self.insert_events_statement, (composites,))
        return [row["notification_id"] for row in cursor.fetchall()]

    def consistent_through(self) -> int | None:
        """Look whether any process is writing; if none is, all stored until now can be read.

        A writer takes its stored times under the table lock: one that takes the lock after we saw
        it free gets later ones; while it is held, only what is committed is sure.
        """
        with self.datastore.transaction(commit=False) as cursor:
            self._use_schema(cursor)
            cursor.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            now = self._clock(cursor)
            cursor.execute(
                "SELECT 1 FROM pg_locks WHERE relation = %s::regclass"
                " AND mode = 'ExclusiveLock' AND granted",
                [f"{self.datastore.schema}.{self.events_table_name}"],
            )
            if cursor.fetchone() is None:
                return now - 1
            cursor.execute("SELECT stored FROM record_clock")
            row = cursor.fetchone()
            return int(row["stored"]) if row else 0

    def read(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Run one query and give its rows."""
        with self.datastore.transaction(commit=False) as cursor:
            self._use_schema(cursor)
            cursor.execute(sql.encode(), parameters)
            return cursor.fetchall()

    def write(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run one statement in a transaction of its own."""
        with self.datastore.transaction(commit=True) as cursor:
            self._use_schema(cursor)
            cursor.execute(sql.replace("?", "%s").encode(), parameters)

    def size(self) -> int:
        """Give how many bytes the database takes, all of its schemas."""
        rows = self.read("SELECT pg_database_size(current_database()) AS size")
        return int(rows[0]["size"])

    def version(self) -> str:
        """Name the version of PostgreSQL."""
        rows = self.read("SELECT current_setting('server_version') AS version")
        return f"PostgreSQL {rows[0]['version']}"

    def events_at(self, positions: Sequence[int]) -> dict[int, StoredEvent]:
        """Find events by position."""
        rows = self.read(
            f"SELECT * FROM {self.events_table_name} WHERE notification_id = ANY(%s)",
            [list(positions)],
        )
        return {row["notification_id"]: _stored_at(row).event for row in rows}

    def event_of(self, originator_id: str, version: int) -> StoredAt | None:
        """Find one event of one stream."""
        rows = self.read(
            f"SELECT * FROM {self.events_table_name}"
            " WHERE originator_id = %s AND originator_version = %s",
            [originator_id, version],
        )
        return _stored_at(rows[0]) if rows else None

    def _use_schema(self, cursor: Cursor[DictRow]) -> None:
        cursor.execute(SQL("SET LOCAL search_path TO {}").format(Identifier(self.datastore.schema)))

    @staticmethod
    def _clock(cursor: Cursor[DictRow]) -> int:
        cursor.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now")
        row = cursor.fetchone()
        assert row is not None  # noqa: S101 - a SELECT without FROM gives one row
        return int(row["now"])


class Factory(PostgresFactory):
    """Builds the recorder for an eventsourcing application (``PERSISTENCE_MODULE``)."""

    application_recorder_class = PostgreSQLStatementRecorder


def _stored_at(row: Any) -> StoredAt:
    event = StoredEvent(
        originator_id=row["originator_id"],
        originator_version=row["originator_version"],
        topic=row["topic"],
        state=bytes(row["state"]),
    )
    return StoredAt(row["notification_id"], event)
