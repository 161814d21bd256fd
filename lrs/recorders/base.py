"""What every recorder does alike: one transaction for events and index, and reading both back."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from math import inf
from time import monotonic
from typing import Any

import msgspec
from eventsourcing.persistence import Notification, StoredEvent

from lrs.queries import Bounds, Condition, PageSql, StatementQuery

# Another process may have written: how long a waiting reader goes without looking, in seconds.
LOOK_AGAIN = 0.2
# The same where the database tells of commits: should it ever fail to, nobody waits for ever.
LOOK_AGAIN_LISTENING = 5.0
# Parameters a statement may carry on every SQLite built since 2020.
PARAMETER_LIMIT = 30_000


class Reference(msgspec.Struct, frozen=True):
    """A statement at `position` refers to the statement whose REFERENCE term is `target`."""

    target: int
    position: int
    voids: bool


class StoredAt(msgspec.Struct, frozen=True):
    """A stored event with its position."""

    position: int
    event: StoredEvent


class LaterColumn(msgspec.Struct, frozen=True):
    """A column that a table of an older database may lack, with its type in each backend."""

    table: str
    name: str
    sqlite: str
    postgresql: str


# Each is in the schema files too, for new databases; recorders add it where a database lacks it.
LATER_COLUMNS = (
    LaterColumn("credentials", "former_hash", "BLOB", "bytea"),
    LaterColumn("credentials", "former_until", "INTEGER", "bigint"),
    LaterColumn("credentials", "rate", "REAL", "double precision"),
    LaterColumn("credentials", "profile_check", "TEXT", "text"),
    LaterColumn("credentials", "holder", "TEXT", "text"),
)


class RecordTransaction(ABC):
    """One write to the record: events and index rows, all or none.

    `stored` is the first of the stored times reserved for it, in microseconds. `execute` runs SQL
    written with ``?`` marks and returns its rows.
    """

    stored: int

    @abstractmethod
    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Run one statement in the transaction."""

    @abstractmethod
    def insert_events(self, events: Sequence[StoredEvent]) -> list[int] | None:
        """Store events; gives their positions, consecutive and in order.

        Gives None, and stores nothing, where one of the streams already has that version.
        """

    def insert_rows(self, table: str, rows: Sequence[Sequence[int]]) -> None:
        """Add rows of integers, a value a column of the table; rows already there stay."""
        if rows:
            self.insert_values(table, len(rows[0]), list(chain.from_iterable(rows)))

    @abstractmethod
    def insert_values(self, table: str, columns: int, values: Sequence[int]) -> None:
        """Do the same with the values of all rows in one sequence, row after row."""

    @abstractmethod
    def events_of(self, originator_ids: Sequence[str], version: int) -> dict[str, StoredAt]:
        """Find the events of one version of the named streams."""

    @abstractmethod
    def events_at(self, positions: Sequence[int]) -> dict[int, StoredEvent]:
        """Find events by position."""

    @abstractmethod
    def has_references(self) -> bool:
        """Tell whether any statement refers to another; most records hardly have one."""

    def references_to(self, targets: Iterable[int]) -> list[Reference]:
        """Find who refers to the statements with these REFERENCE terms."""
        found: list[Reference] = []
        for chunk in chunks(list(targets), PARAMETER_LIMIT):
            marks = ",".join("?" * len(chunk))
            found += [
                Reference(row["target"], row["position"], bool(row["voids"]))
                for row in self.execute(
                    "SELECT target, position, voids FROM statement_references"
                    f" WHERE target IN ({marks})",
                    chunk,
                )
            ]
        return found


class StatementRecorder(ABC):
    """The part of a recorder that the record uses; one class a backend implements it."""

    mark: str  # the backend's parameter mark

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._last_position = 0
        self._looked = -inf  # when someone who waited last looked into the database

    @abstractmethod
    def writing(self, events: int, not_before: int) -> AbstractContextManager[RecordTransaction]:
        """Open the transaction of one group of at most `events` events.

        None of them is stored earlier than `not_before` (µs).
        """

    def consistent_through(self) -> int | None:
        """Give the time (µs) up to which every process's statements can be read.

        None where only this process writes, which then knows better itself.
        """
        return None

    @abstractmethod
    def read(self, sql: str, parameters: Sequence[Any] = ()) -> list[Any]:
        """Run one query, written with the backend's own marks, and give its rows."""

    @abstractmethod
    def write(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Run one statement, written with ``?`` marks, in a transaction of its own."""

    @abstractmethod
    def size(self) -> int:
        """Give how many bytes the database takes."""

    @abstractmethod
    def version(self) -> str:
        """Name the database and its version."""

    @abstractmethod
    def events_at(self, positions: Sequence[int]) -> dict[int, StoredEvent]:
        """Find events by position."""

    @abstractmethod
    def event_of(self, originator_id: str, version: int) -> StoredAt | None:
        """Find one event of one stream."""

    @abstractmethod
    def select_notifications(
        self, start: int | None, limit: int, stop: int | None = None, topics: Sequence[str] = ()
    ) -> Sequence[Notification]:
        """Read the log from a position on (eventsourcing's ApplicationRecorder)."""

    @abstractmethod
    def max_notification_id(self) -> int | None:
        """Give the highest position (eventsourcing's ApplicationRecorder)."""

    def last_position(self) -> int:
        """Give the position of the newest event, 0 where there is none."""
        return self.max_notification_id() or 0

    def committed(self, position: int) -> None:
        """Tell waiting readers that the log has grown."""
        with self._news:
            self._last_position = max(self._last_position, position)
            self._news.notify_all()

    def wait_for_log(self, after: int, timeout: float) -> bool:
        """Wait until the log is longer than `after`; False where `timeout` seconds passed first.

        Raises what the database raises when it can't be asked.
        """
        deadline = monotonic() + timeout
        self.listen()
        while not self._has_grown(after, deadline):
            if monotonic() >= deadline:
                return False
            self._looked = monotonic()
            self.committed(self.last_position())
        return True

    def _has_grown(self, after: int, deadline: float) -> bool:
        """Wait for news; False at the deadline, and when it's time to look into the database."""
        with self._news:
            while self._last_position <= after:
                wait = min(self._looked + self.look_again(), deadline) - monotonic()
                if wait <= 0:
                    return False
                self._news.wait(wait)
            return True

    def listen(self) -> None:  # noqa: B027 - to have none is right for some
        """Begin to hear of other processes' commits, where the backend has a way to."""

    def look_again(self) -> float:
        """Give the seconds after which one who waits looks into the database without news."""
        return LOOK_AGAIN

    def close(self) -> None:  # noqa: B027
        """Let go of what `listen` has opened."""

    def _listening_changed(self) -> None:
        """Have those who wait find out anew how long to."""
        with self._news:
            self._news.notify_all()

    def positions(self, query: StatementQuery) -> list[int]:
        """Find one page of statements: their positions, in the order asked for."""
        bounds = self._bounds(query)
        found: list[int] = []
        if bounds.lowest > bounds.highest:
            return found
        sql = PageSql(bounds, self.mark, ascending=query.ascending)
        conditions = query.conditions()
        for segments in bounds.segments(ascending=query.ascending):
            if len(conditions) > 1:
                conditions = self._shortest_first(conditions, sql, segments)
            missing = query.limit - len(found)
            rows = self.read(*sql.positions(conditions, segments, missing))
            found += [row["position"] for row in rows]
            if len(found) >= query.limit:
                break
        return found

    def _shortest_first(
        self, conditions: list[Condition], sql: PageSql, segments: list[int]
    ) -> list[Condition]:
        def entries(condition: Condition) -> int:
            return int(self.read(*sql.count(condition, segments))[0]["entries"])

        return sorted(conditions, key=entries)

    def _bounds(self, query: StatementQuery) -> Bounds:
        lowest, highest = 1, self.last_position()
        if query.since is not None:
            lowest = self._position_stored_by(query.since) + 1
        if query.until is not None:
            highest = min(highest, self._position_stored_by(query.until))
        if query.after is not None:
            if query.ascending:
                lowest = max(lowest, query.after + 1)
            else:
                highest = min(highest, query.after - 1)
        return Bounds(lowest, highest)

    def _position_stored_by(self, stored: int) -> int:
        """Give the highest position stored at or before a time."""
        rows = self.read(
            "SELECT stored, position, events FROM commits"
            f" WHERE stored <= {self.mark} ORDER BY stored DESC LIMIT 1",
            [stored],
        )
        if not rows:
            return 0
        row = rows[0]
        return int(row["position"]) + min(stored - int(row["stored"]), int(row["events"]) - 1)


def reserve_stored(transaction: RecordTransaction, events: int, now: int) -> int:
    """Reserve stored times: the first of `events` microseconds after every one given before."""
    rows = transaction.execute(
        "UPDATE record_clock SET stored ="
        " CASE WHEN stored >= ? THEN stored + ? ELSE ? END RETURNING stored",
        [now, events, now + events - 1],
    )
    return int(rows[0]["stored"]) - events + 1


def chunks(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Cut values into runs of at most `size`."""
    for start in range(0, len(values), size):
        yield values[start : start + size]
