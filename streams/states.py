"""What the embedded carrier remembers: states, links and its position, committed together."""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import orjson

from projections.folds import Person
from projections.identities import Identities, Link

_SCHEMA = """
CREATE TABLE IF NOT EXISTS positions (
    generation TEXT PRIMARY KEY,
    position INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS states (
    generation TEXT NOT NULL,
    store TEXT NOT NULL,
    person TEXT NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (generation, store, person)
);
CREATE TABLE IF NOT EXISTS links (
    generation TEXT NOT NULL,
    store TEXT NOT NULL,
    account TEXT NOT NULL,
    person TEXT NOT NULL,
    position INTEGER NOT NULL,
    PRIMARY KEY (generation, store, account)
) WITHOUT ROWID;
DROP TABLE IF EXISTS dead_letters;  -- the warehouse has them now
"""

# A state is one or two kilobytes and thousands change in a batch: large pages take a third of the
# time of SQLite's own 4 KiB.
_PRAGMAS = (
    "PRAGMA busy_timeout = 10000",
    "PRAGMA page_size = 16384",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA cache_size = -32000",
    "PRAGMA wal_autocheckpoint = 2000",
)
_FORGETTING = (
    "DELETE FROM states WHERE generation = ?",
    "DELETE FROM links WHERE generation = ?",
    "DELETE FROM positions WHERE generation = ?",
)


class States:
    """The memory of the carrier of one generation, in a small SQLite file.

    ``generation`` is the generation's identity: rows made anew are carried to from the start.
    One file serves any number of generations. Safe to share between threads.

    The file lags the warehouse's rows, never the other way round, and losing its newest
    transactions (SQLite's ``synchronous=NORMAL`` after a loss of power) only makes the carrier
    write some rows again.
    """

    def __init__(self, path: str | Path, generation: str) -> None:
        self._generation = generation
        self._lock = threading.Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        for pragma in _PRAGMAS:
            self._database.execute(pragma)
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()

    def position(self) -> int:
        """Give the log position up to which the generation's rows are complete, 0 at first."""
        found = self._one("SELECT position FROM positions WHERE generation = ?")
        return found or 0

    def states(self, persons: Sequence[Person]) -> dict[Person, bytes]:
        """Give the states of those of the persons that have one."""
        with self._lock:
            rows = self._database.execute(
                "SELECT states.store, states.person, states.state "
                "FROM json_each(?) AS wanted CROSS JOIN states "
                "ON states.generation = ? "
                "AND states.store = wanted.value ->> 0 AND states.person = wanted.value ->> 1",
                (orjson.dumps(persons).decode(), self._generation),
            ).fetchall()
        return {(store, person): state for store, person, state in rows}

    def identities(self) -> Identities:
        """Give the links of accounts to persons that the states were folded with."""
        with self._lock:
            rows = self._database.execute(
                "SELECT store, account, person, position FROM links WHERE generation = ?",
                (self._generation,),
            ).fetchall()
        return Identities(
            Link(store, account, person, account, position)
            for store, account, person, position in rows
        )

    def commit(
        self, position: int, states: Mapping[Person, bytes], links: Iterable[Link] = ()
    ) -> None:
        """Remember new states, the links that they were folded with, and how far they bring us."""
        generation = self._generation
        with self._transaction() as database:
            database.executemany(
                "INSERT INTO states VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET state = excluded.state",
                [(generation, store, person, state) for (store, person), state in states.items()],
            )
            database.executemany(
                "INSERT INTO links VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
                " SET person = excluded.person, position = excluded.position"
                " WHERE excluded.position >= links.position",
                [
                    (generation, link.store, link.account, link.person, link.position)
                    for link in links
                ],
            )
            database.execute(
                "INSERT OR REPLACE INTO positions VALUES (?, ?)", (generation, position)
            )

    def sync(self) -> None:
        """Have all that was committed survive a loss of power, before something relies on it."""
        with self._lock:
            self._database.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def forget(self) -> None:
        """Forget everything of this generation: its rows are gone."""
        with self._transaction() as database:
            for forgetting in _FORGETTING:
                database.execute(forgetting, (self._generation,))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def _one(self, query: str) -> int | None:
        with self._lock:
            row = self._database.execute(query, (self._generation,)).fetchone()
        return None if row is None else int(row[0])
