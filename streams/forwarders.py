"""The forwarders of a record: where each brings it, how far it is, and what was refused there.

All of it lies in one SQLite file, so that a position and the dead letters before it are committed
together, and commands, server and forwarding processes see the same.
"""

import fcntl
import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

import msgspec

from lrs.credentials import check_store_name
from lrs.times import now_microseconds
from streams.forward_filters import Filters

MOST_AT_ONCE: Final = 5_000  # statements in one request: what a server like ours takes
LONGEST_REASON: Final = 500  # characters that are kept of what upstream says

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS forwarders (
    name TEXT PRIMARY KEY,
    identity TEXT NOT NULL,  -- another one each time it is added
    definition BLOB NOT NULL,
    log TEXT NOT NULL DEFAULT '',  -- which one is forwarded; empty while that isn't known
    position INTEGER NOT NULL,
    forwarded INTEGER NOT NULL DEFAULT 0,
    forwarded_at INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    failed_at INTEGER NOT NULL DEFAULT 0,
    entry TEXT NOT NULL DEFAULT '',  -- which one is at the position; empty while that isn't known
    error_kind TEXT NOT NULL DEFAULT ''
);
CREATE TABLE IF NOT EXISTS letters (
    identity TEXT NOT NULL,
    position INTEGER NOT NULL,
    statement_id TEXT NOT NULL,
    status INTEGER NOT NULL,
    reason TEXT NOT NULL,
    since INTEGER NOT NULL,
    again INTEGER NOT NULL DEFAULT 0,  -- since when it is to be tried once more; 0: it isn't
    PRIMARY KEY (identity, position)
) WITHOUT ROWID;
"""
# What files made before these were there lack.
_ADDED: Final = {
    "entry": "ALTER TABLE forwarders ADD COLUMN entry TEXT NOT NULL DEFAULT ''",
    "error_kind": "ALTER TABLE forwarders ADD COLUMN error_kind TEXT NOT NULL DEFAULT ''",
}
# Should power be lost, some statements are forwarded once more: so NORMAL is enough.
_PRAGMAS: Final = (
    "PRAGMA busy_timeout = 10000",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
)
_SELECT: Final = (
    "SELECT definition, identity, log, entry, position, forwarded, forwarded_at, error,"
    " error_kind, failed_at,"
    " (SELECT count(*) FROM letters WHERE letters.identity = forwarders.identity)"
    " FROM forwarders"
)


class Definition(msgspec.Struct, frozen=True):
    """What a forwarder is: which statements of a store go where, and as whom.

    `endpoint` is the upstream's xAPI base, such as ``https://city.example/xapi``; `batch` the most
    statements in one request. The secret is none of it: whoever runs the forwarder is given that.
    """

    name: str
    endpoint: str
    key: str
    store: str
    filters: Filters = Filters()
    batch: int = 200

    def check(self) -> None:
        """Raise ValueError where something is wrong, naming what."""
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"a forwarder's name is a small letter, then small letters, digits and `_`, at"
                f" most 40 in all, not {self.name!r}"
            )
        try:
            address = urlsplit(self.endpoint)
            is_good = address.scheme in ("http", "https") and bool(address.hostname)
            holds_more = bool(address.username or address.query or address.fragment)
        except ValueError:
            is_good = holds_more = False
        if not is_good or holds_more:
            # What isn't an address is not repeated: a password may stand in it.
            raise ValueError(
                "the endpoint is the xAPI base of the other record, http(s)://host/path, without"
                " a user, a query or a fragment"
            )
        if not self.key:
            raise ValueError("the key of the credential upstream is missing")
        check_store_name(self.store)
        if not 1 <= self.batch <= MOST_AT_ONCE:
            raise ValueError(f"a batch is 1 to {MOST_AT_ONCE} statements, not {self.batch}")


class State(msgspec.Struct, frozen=True):
    """A forwarder, and how it is doing. Times are in microseconds since 1970 UTC, 0 for never."""

    definition: Definition
    identity: str
    log: str
    entry: str  # the identity of the one at `position`; empty while that isn't known
    position: int  # all before and at it is upstream, set aside, or filtered out
    forwarded: int  # statements that upstream has acknowledged
    forwarded_at: int
    error: str  # of the last try; empty once a try succeeds
    error_kind: str  # away, unknown_key, forbidden, no_secret, another_log; empty for others
    failed_at: int
    dead_letters: int


class Letter(msgspec.Struct, frozen=True):
    """A statement that upstream has refused, and what it said.

    `status` is that of its answer, 0 where the statement couldn't be read here. `again` says
    from when on it is going to be tried once more.
    """

    position: int
    statement_id: str
    status: int
    reason: str
    since: int = 0  # microseconds since 1970 UTC; 0 before it is written
    again: int = 0  # microseconds since 1970 UTC; 0: it isn't


class Forwarders:
    """The file. It is made when the first forwarder is added. Safe to share between threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._database: sqlite3.Connection | None = None

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._database is not None:
                self._database.close()
                self._database = None

    # Which there are ---------------------------------------------------------------------------

    def add(self, definition: Definition, after: int = 0) -> None:
        """Add a forwarder that begins behind a log position. Raises ValueError, ForwarderExists."""
        definition.check()
        if after < 0:
            raise ValueError(f"a log position is 0 or more, not {after}")
        written = msgspec.json.encode(definition)
        try:
            with self._transaction() as database:
                database.execute(
                    "INSERT INTO forwarders (name, identity, definition, position)"
                    " VALUES (?, ?, ?, ?)",
                    (definition.name, uuid4().hex, written, after),
                )
        except sqlite3.IntegrityError:
            raise ForwarderExists(
                f"there is a forwarder {definition.name!r}: remove it first"
            ) from None

    def remove(self, name: str) -> None:
        """Remove a forwarder with its dead letters; it stops. Raises UnknownForwarder."""
        state = self.find(name)
        with self._transaction() as database:
            database.execute("DELETE FROM letters WHERE identity = ?", (state.identity,))
            database.execute("DELETE FROM forwarders WHERE identity = ?", (state.identity,))

    def all(self) -> list[State]:
        """List all forwarders by name."""
        return [_state(row) for row in self._read(f"{_SELECT} ORDER BY name")]

    def find(self, name: str) -> State:
        """Give a forwarder by its name. Raises UnknownForwarder."""
        rows = self._read(f"{_SELECT} WHERE name = ?", name)
        if not rows:
            raise UnknownForwarder(f"there is no forwarder {name!r}")
        return _state(rows[0])

    # Which is at work --------------------------------------------------------------------------

    @contextmanager
    def working(self, name: str) -> Iterator[bool]:
        """Be the one who runs a forwarder, if nobody else is: of two, one only is told True."""
        with self._lock_file(name).open("ab") as file:
            yield _is_locked(file.fileno(), fcntl.LOCK_EX)

    def is_at_work(self, name: str) -> bool:
        """Tell whether somebody runs a forwarder just now."""
        try:
            with self._lock_file(name).open("rb") as file:
                return not _is_locked(file.fileno(), fcntl.LOCK_SH)
        except FileNotFoundError:
            return False

    def _lock_file(self, name: str) -> Path:
        return self._path.with_name(f"forwarder-{name}.lock")

    # How far they are --------------------------------------------------------------------------

    def commit(
        self,
        state: State,
        position: int,
        *,
        forwarded: int = 0,
        log: str = "",
        entry: str = "",
        refused: Sequence[Letter] = (),
    ) -> None:
        """Remember how far a forwarder is, with all that was refused on the way.

        `log` and `entry` are the identities of the log and of its entry at `position`.
        Raises ForwarderRemoved.
        """
        now = now_microseconds()
        with self._transaction() as database:
            changed = database.execute(
                "UPDATE forwarders SET position = ?, entry = ?, log = coalesce(nullif(?, ''), log),"
                " forwarded = forwarded + ?, forwarded_at = iif(?, ?, forwarded_at), error = '',"
                " error_kind = '' WHERE identity = ?",
                (position, entry, log, forwarded, forwarded, now, state.identity),
            ).rowcount
            _check_is_there(state, changed)
            _set_aside(database, state, refused, now)

    def settle(
        self, state: State, position: int, refused: Sequence[Letter], forwarded: int = 0
    ) -> None:
        """Remember what became of a dead letter tried again: taken upstream, or refused anew.

        Raises ForwarderRemoved.
        """
        now = now_microseconds()
        with self._transaction() as database:
            changed = database.execute(
                "UPDATE forwarders SET forwarded = forwarded + ?,"
                " forwarded_at = iif(?, ?, forwarded_at), error = '', error_kind = ''"
                " WHERE identity = ?",
                (forwarded, forwarded, now, state.identity),
            ).rowcount
            _check_is_there(state, changed)
            database.execute(
                "DELETE FROM letters WHERE identity = ? AND position = ?",
                (state.identity, position),
            )
            _set_aside(database, state, refused, now)

    def postpone(
        self, state: State, position: int, again: int, reason: str, status: int | None
    ) -> None:
        """Have a dead letter tried again no sooner than `again`, since upstream decides nothing.

        `again` is in microseconds since 1970 UTC; where `status` is None, there was no answer.
        """
        with self._transaction() as database:
            database.execute(
                "UPDATE letters SET again = ?, reason = ?, status = coalesce(?, status)"
                " WHERE identity = ? AND position = ?",
                (again, reason[:LONGEST_REASON], status, state.identity, position),
            )

    def note_failure(self, state: State, error: str, kind: str = "") -> None:
        """Remember why a forwarder can't go on just now; the kinds are those of `State`."""
        with self._transaction() as database:
            database.execute(
                "UPDATE forwarders SET error = ?, error_kind = ?, failed_at = ? WHERE identity = ?",
                (error[:LONGEST_REASON], kind, now_microseconds(), state.identity),
            )

    def note_success(self, state: State) -> None:
        """Remember that nothing keeps a forwarder any longer."""
        with self._transaction() as database:
            database.execute(
                "UPDATE forwarders SET error = '', error_kind = '' WHERE identity = ?",
                (state.identity,),
            )

    # What was refused --------------------------------------------------------------------------

    def letters(self, state: State, after: int = 0, limit: int = 100) -> list[Letter]:
        """List what upstream has refused, by log position."""
        return self._letters("position > ?", state, "position", after, limit)

    def wanted_again(self, state: State, limit: int) -> list[Letter]:
        """List what is to be tried once more by now: what was postponed comes behind the rest."""
        return self._letters(
            "again BETWEEN 1 AND ?", state, "again, position", now_microseconds(), limit
        )

    def retry(self, name: str) -> int:
        """Have all that was refused tried once more; gives how many. Raises UnknownForwarder."""
        state = self.find(name)
        with self._transaction() as database:
            return database.execute(
                "UPDATE letters SET again = ? WHERE identity = ?",
                (now_microseconds(), state.identity),
            ).rowcount

    def _letters(self, condition: str, state: State, order: str, *parameters: int) -> list[Letter]:
        rows = self._read(
            "SELECT position, statement_id, status, reason, since, again FROM letters"
            f" WHERE identity = ? AND {condition} ORDER BY {order} LIMIT ?",
            state.identity,
            *parameters,
        )
        return [Letter(*row) for row in rows]

    # The file ----------------------------------------------------------------------------------

    def _read(self, query: str, *parameters: Any) -> list[Any]:
        with self._lock:
            if self._database is None and not self._path.exists():
                return []
            return self._opened().execute(query, parameters).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            database = self._opened()
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(self._path, check_same_thread=False, isolation_level=None)
            for pragma in _PRAGMAS:
                database.execute(pragma)
            database.executescript(_SCHEMA)
            _add_columns(database)
            self._database = database
        return self._database


def _state(row: Any) -> State:
    return State(msgspec.json.decode(row[0], type=Definition), *row[1:])


def _add_columns(database: sqlite3.Connection) -> None:
    """Add what a file made earlier lacks; another process may do so just now."""
    database.execute("BEGIN IMMEDIATE")
    there = {row[1] for row in database.execute("PRAGMA table_info(forwarders)")}
    for name, addition in _ADDED.items():
        if name not in there:
            database.execute(addition)
    database.execute("COMMIT")


def _check_is_there(state: State, changed: int) -> None:
    if not changed:
        raise ForwarderRemoved(f"forwarder {state.definition.name!r} was removed")


def _set_aside(
    database: sqlite3.Connection, state: State, refused: Sequence[Letter], now: int
) -> None:
    database.executemany(
        "INSERT OR REPLACE INTO letters (identity, position, statement_id, status, reason, since)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                state.identity,
                letter.position,
                letter.statement_id,
                letter.status,
                letter.reason[:LONGEST_REASON],
                now,
            )
            for letter in refused
        ],
    )


def _is_locked(file: int, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class UnknownForwarder(LookupError):
    """There is no forwarder of that name."""


class ForwarderExists(ValueError):
    """There is a forwarder of that name already."""


class SecretMissing(RuntimeError):
    """Nobody has said the secret of a forwarder's credential upstream."""


class AnotherLog(RuntimeError):
    """The log isn't the one that was forwarded so far."""


class ForwarderRemoved(RuntimeError):
    """The forwarder was removed while it was at work."""
