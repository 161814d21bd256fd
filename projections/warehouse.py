"""The warehouse: generations of projection tables in ClickHouse, embedded or on a server."""

import re
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

import clickhouse_connect
import orjson
from clickhouse_connect.datatypes.base import ClickHouseType
from clickhouse_connect.datatypes.registry import get_from_name
from clickhouse_connect.driver import options
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DataError
from clickhouse_connect.driver.insert import InsertContext
from clickhouse_connect.driver.transform import NativeTransform

from projections.cluster import SETTINGS as CLUSTER_SETTINGS
from projections.cluster import ask_cluster, define_on_cluster
from projections.dead_letters import DeadLetter, dead_letter_rows, settled_rows
from projections.facts import Fact
from projections.folds import Person
from projections.tables import DEAD_LETTERS, EVERY_TABLE, Table

# Rows are tuples, never data frames. Otherwise the client imports pandas, which chdb brings along,
# at the first insert of each process: 0.4 s of a processor and 40 MB that nothing is done with.
vars(options)["pd"] = None

LIVE = "live"  # the name of the generation that a new warehouse starts with

_FACT_FIELDS = Fact.__struct_fields__[:-1]  # all that facts_of.sql gives: none is deleted
_PERSONS_A_QUERY = 200  # keeps a query's parameters well under ClickHouse's limit of 256 KiB
_CONNECT_SECONDS = 10  # that a ClickHouse server may take to be reached
# That it may keep silent while it answers: comparing two generations of a province takes minutes.
_ANSWER_SECONDS = 300
_CLIENTS = 6  # handles a process keeps: a carrier's, and API threads'
_HELPERS = 2  # threads that ask queries beside those who wait for the answers
_MEGABYTE = 1 << 20

# What the embedded engine may take beside the server in one process on one small machine.
# ClickHouse's own defaults are for a machine of its own: 5 GiB of marks, a pool of 10,000 threads.
_ENGINE_OPTIONS = {
    "max_server_memory_usage": 1100 * _MEGABYTE,
    "mark_cache_size": 32 * _MEGABYTE,
    "primary_index_cache_size": 32 * _MEGABYTE,
    "index_mark_cache_size": 8 * _MEGABYTE,
    "uncompressed_cache_size": 0,
    "index_uncompressed_cache_size": 0,
    "query_condition_cache_size": 8 * _MEGABYTE,
    "compiled_expression_cache_size": 16 * _MEGABYTE,
    "background_pool_size": 2,
    "background_schedule_pool_size": 2,
    "max_thread_pool_size": 200,
}
_ENGINE_SETTINGS = {
    "max_threads": 2,
    "max_insert_threads": 1,
    "optimize_on_insert": 0,  # readers say FINAL, and merges do the rest
    "max_memory_usage": 400 * _MEGABYTE,
    "max_bytes_before_external_group_by": 150 * _MEGABYTE,
    "max_bytes_before_external_sort": 150 * _MEGABYTE,
    # Machine code for an expression takes 0.2 s to make, more than it saves in rows so few.
    "compile_expressions": 0,
    "compile_aggregate_expressions": 0,
    "compile_sort_description": 0,
}
# The queries that make or remove what holds rows: on a cluster, every server has to do so.
_DEFINING = frozenset({"create_database", "create_migrations", "drop_database"})
# An insert is acknowledged once its rows are there: a carrier's position stands on that.
# Of a key's columns all versions are the same, so ClickHouse may look at them before it merges: it
# does so with conditions on nothing else, and then merges and reads only what is asked for.
_SETTINGS = {"async_insert": 0, "optimize_move_to_prewhere_if_final": 1}


@dataclass(frozen=True)
class GenerationRecord:
    """What the catalogue knows of a generation."""

    name: str
    database: str
    identity: str  # a new one each time a generation of this name is made
    made: datetime
    is_live: bool
    origin: Mapping[str, Any] = field(default_factory=dict)  # how it came about


@dataclass(frozen=True)
class Migration:
    """One numbered step of a schema: a ``.sql`` file."""

    number: int
    name: str
    statements: tuple[str, ...]


class Warehouse:
    """Generations of projection tables, and the catalogue that says which one is live.

    Safe to share between threads: each call borrows a ClickHouse client of its own.
    """

    def __init__(self, connect: Callable[[], Client], catalogue: str, cluster: str = "") -> None:
        self._clients = _Clients(connect, cluster)
        self._catalogue = catalogue
        self._making = threading.Lock()
        self._up_to_date: set[str] = set()  # identities of generations: found so once, it's so

    @classmethod
    def open(cls, dsn: str, *, catalogue: str = "xueji", cluster: str = "") -> "Warehouse":
        """Open the warehouse at a DSN, and make its catalogue if it has none.

        ``chdb:///absolute/folder`` (or ``chdb://memory``) is the embedded engine, of which a
        process can have one folder open at a time; ``http://user:secret@host:8123`` a server.
        ``catalogue`` names the database of the catalogue and begins the generations' names;
        ``cluster`` is the cluster, among those that the server knows, to spread all tables over.

        Raises ``WarehouseUnavailable`` if there is no ClickHouse at the DSN.
        """
        if not _NAME.fullmatch(catalogue):
            raise BadName(catalogue)
        warehouse = cls(lambda: _connect(dsn, cluster), catalogue, cluster)
        try:
            warehouse._ensure_catalogue()
        except Exception as error:
            warehouse.close()
            hint = " (one process at a time can have its folder open)" if is_embedded(dsn) else ""
            raise WarehouseUnavailable(f"no ClickHouse at the DSN{hint}: {error}") from error
        return warehouse

    def close(self) -> None:
        """Close every client: a process has to, before it can open another embedded folder."""
        self._clients.close()

    def generations(self) -> list[GenerationRecord]:
        """List all generations, oldest first."""
        return [
            GenerationRecord(
                name,
                database,
                identity,
                made.replace(tzinfo=UTC),
                bool(is_live),
                orjson.loads(origin),
            )
            for name, database, identity, made, is_live, origin in self._ask("generations")
        ]

    def generation(self, name: str | None = None) -> "Generation":
        """Give a generation by its name, or the live one.

        Raises ``UnknownGeneration``, and ``SchemaOutdated`` where ``migrate`` has to come first.
        """
        for record in self.generations():
            if record.name == name or (name is None and record.is_live):
                if record.identity not in self._up_to_date:
                    if outdated := self._missing(record.database):
                        raise SchemaOutdated(record.name, outdated)
                    self._up_to_date.add(record.identity)
                return Generation(record, self._clients)
        raise UnknownGeneration(name or "the live one")

    def ensure(self, name: str = LIVE, origin: Mapping[str, Any] | None = None) -> "Generation":
        """Give a generation, made if there is none of that name, and live if none is.

        One that is there is brought up to date: migrations only add, so readers aren't disturbed.
        `origin` says how one that is made comes about. Of processes that do this at once, each may
        do every step: all of them end with the same generation.
        """
        with self._making:
            if any(record.name == name for record in self.generations()):
                self.migrate(name)
            else:
                self._create(name, origin or {})
            if not any(record.is_live for record in self.generations()):
                self.promote(name)
        return self.generation(name)

    def live_identity(self) -> str | None:
        """Give the identity of the live generation; None where there is none."""
        rows = self._ask("live_identity")
        return str(rows[0][0]) if rows else None

    def ensure_live(self, origin: Mapping[str, Any] | None = None) -> "Generation":
        """Give the live generation, brought up to date; made where there is none yet.

        `origin` says how one that is made comes about.
        """
        for record in self.generations():
            if record.is_live:
                return self.ensure(record.name)
        return self.ensure(origin=origin)

    def promote(self, name: str) -> None:
        """Make a generation the live one, in one step for every reader; it's brought up to date.

        Raises ``NotPromotable`` for one that is still being built or leaves something out.
        """
        self.migrate(name)
        origin = self.generation(name).origin
        if origin.get("state") == "building":
            raise NotPromotable(f"generation {name!r} is still being built")
        if origin.get("what_if"):
            raise NotPromotable(
                f"generation {name!r} leaves out some of the log ({origin['filters']}):"
                " carried on, it would mix two things"
            )
        self._tell("promote", name=name)

    def drop(self, name: str) -> None:
        """Remove a generation and its rows. Raises ``GenerationIsLive`` for the live one."""
        for record in self.generations():
            if record.name == name:
                if record.is_live:
                    raise GenerationIsLive(name)
                self._record(record, is_deleted=1)
                self._tell("drop_database", of=record.database)
                return
        raise UnknownGeneration(name)

    def migrate(self, name: str) -> list[Migration]:
        """Bring a generation's schema up to date; gives the migrations that were applied."""
        for record in self.generations():
            if record.name == name:
                missing = self._missing(record.database)
                self._apply(missing, record.database)
                return missing
        raise UnknownGeneration(name)

    def describe(self, name: str, origin: Mapping[str, Any]) -> None:
        """Write anew how a generation came about. Raises ``UnknownGeneration``."""
        for record in self.generations():
            if record.name == name:
                self._record(replace(record, origin=origin), is_deleted=0)
                return
        raise UnknownGeneration(name)

    def size(self) -> int:
        """Give how many bytes all generations take on disk.

        On a cluster those of one replica of each shard.
        """
        databases = [record.database for record in self.generations()]
        return int(self._ask("size", databases=databases)[0][0])

    def version(self) -> str:
        """Name the version of ClickHouse."""
        return str(self._ask("version")[0][0])

    def keep_calibration(self, digest: str, document: bytes) -> None:
        """Keep a calibration, for the generations whose origins name its digest."""
        if self._ask("calibration", digest=digest):
            return
        with self._clients.lend() as client:  # too long to be a query's parameter
            client.insert(
                "calibrations",
                [[digest, document.decode()]],
                column_names=["digest", "document"],
                column_types=[get_from_name("String")] * 2,
                database=self._catalogue,
            )

    def calibration(self, digest: str) -> bytes:
        """Give a calibration that was kept. Raises ``UnknownCalibration``."""
        rows = self._ask("calibration", digest=digest)
        if not rows:
            raise UnknownCalibration(digest)
        return str(rows[0][0]).encode()

    def _create(self, name: str, origin: Mapping[str, Any]) -> None:
        if not is_generation_name(name):
            raise BadName(name)
        # Another process may be doing the same: each step leaves what is there, and the identity
        # is that of the tables, whoever made them. One that was dropped may have left rows
        # behind, if dropping was cut short, so the next of its name is in a database of its own.
        dropped, left = self._ask("dropped", name=name)[0]
        database = f"{self._catalogue}_{name}" + (f"_{dropped}" if dropped else "")
        if left:
            self._tell("drop_database", of=left)
        self._tell("create_database", of=database)
        self._apply(_migrations("generation"), database, is_empty=True)
        identity = str(self._ask("identity_of", of=database)[0][0]).replace("-", "")
        made = datetime.now(UTC)
        record = GenerationRecord(name, database, identity, made, False, origin)
        # As a version this is older than whatever is said of it later: who comes last, but began
        # before that, changes nothing.
        self._record(record, is_deleted=0, version=int(dropped) + 1)

    def _record(self, record: GenerationRecord, is_deleted: int, version: int = 0) -> None:
        self._tell(
            "record_generation",
            name=record.name,
            of=record.database,
            identity=record.identity,
            made=int(record.made.timestamp() * 1_000_000),
            origin=orjson.dumps(record.origin).decode(),
            version=version,
            is_deleted=is_deleted,
        )

    def _ensure_catalogue(self) -> None:
        self._tell("create_database", of=self._catalogue)
        self._tell("create_migrations")
        self._apply(self._missing(self._catalogue, "catalogue"), self._catalogue)

    def _missing(self, database: str, schema: str = "generation") -> list[Migration]:
        applied = {number for (number,) in self._ask("migrations_applied", of=database)}
        return [migration for migration in _migrations(schema) if migration.number not in applied]

    def _apply(
        self, migrations: Sequence[Migration], database: str, *, is_empty: bool = False
    ) -> None:
        """Apply migrations, and remember them at once: each can be applied again after a crash.

        In an empty database there are no rows to be copied into a new table.
        """
        if not migrations:
            return
        statements = [each for one in migrations for each in one.statements]
        with self._clients.lend() as client:
            for statement in statements:
                if not (is_empty and _COPYING.search(statement)):
                    self._clients.define(client, statement, {"database": database})
        self._tell(
            "record_migrations",
            of=database,
            numbers=[one.number for one in migrations],
            names=[one.name for one in migrations],
        )

    def _ask(self, name: str, /, **parameters: Any) -> list[tuple[Any, ...]]:
        return self._clients.ask(name, {"database": self._catalogue, **parameters})

    def _tell(self, name: str, /, **parameters: Any) -> None:
        given = {"database": self._catalogue, **parameters}
        with self._clients.lend() as client:
            if name in _DEFINING:
                self._clients.define(client, _query(name), given)
            else:
                client.command(_query(name), parameters=given)


class Generation:
    """One complete set of projection tables, to write rows to and to query."""

    def __init__(self, record: GenerationRecord, clients: "_Clients") -> None:
        self.name = record.name
        self.database = record.database
        self.identity = record.identity
        self.origin = record.origin
        self._clients = clients

    def insert(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Write rows, each a tuple in the order of the table's columns, in one insert.

        Raises ``RowsRefused`` where a value doesn't fit its column: trying again wouldn't help.
        Any other error is ClickHouse's, and rows written twice do no harm.
        """
        if not rows:
            return
        names, types = _insert_columns(table)
        with self._clients.lend() as client:
            try:
                client.insert(
                    table,
                    list(zip(*rows, strict=True)),
                    column_names=names,
                    column_types=types,
                    column_oriented=True,
                    database=self.database,
                )
            except _UNFIT as error:
                raise RowsRefused(f"{table}: {error}") from error

    def insert_encoded(self, table: str, rows: bytes) -> None:
        """Write rows that ``encode_rows`` has encoded, be it in another process, in one insert."""
        if not rows:
            return
        names, _ = _insert_columns(table)
        with self._clients.lend() as client:
            client.raw_insert(f"{self.database}.{table}", names, rows, fmt="Native")

    def query(self, name: str, /, **parameters: Any) -> list[tuple[Any, ...]]:
        """Run ``projections/queries/<name>.sql`` over this generation; gives rows as tuples."""
        return self._clients.ask(name, {"database": self.database, **parameters})

    def query_all(self, *asked: tuple[str, Mapping[str, Any]]) -> list[list[tuple[Any, ...]]]:
        """Run several queries, each a name and its parameters, at once; gives the rows of each."""
        return self._clients.ask_all(
            [(name, {"database": self.database, **given}) for name, given in asked]
        )

    def run(self, sql: str, /, **parameters: Any) -> list[tuple[Any, ...]]:
        """Run SQL that is put together from table definitions; gives rows as tuples."""
        with self._clients.lend() as client:
            return [tuple(row) for row in client.query(sql, parameters=parameters).result_rows]

    def facts_of(self, persons: Sequence[Person], until: int) -> list[Fact]:
        """Give the persons' facts as of a log position, voided ones left out, in any order."""
        return [_fact(row) for row in self._query_about(persons, "facts_of", until=until)]

    def facts_ever_of(self, persons: Sequence[Person]) -> list[Fact]:
        """Give the facts that the persons have or ever had, voided ones too, some several times."""
        return [_fact(row) for row in self._query_about(persons, "facts_ever_of")]

    def with_facts(self, persons: Sequence[Person]) -> set[Person]:
        """Give those of these persons of whom there are or were facts."""
        return {(store, person) for store, person in self._query_about(persons, "with_facts")}

    def with_rows(self, persons: Sequence[Person]) -> set[Person]:
        """Give those of these persons of whom there are or were rows in a fold's tables."""
        return {(store, person) for store, person in self._query_about(persons, "with_rows")}

    def keys_of(self, table: Table, persons: Sequence[Person]) -> set[tuple[Any, ...]]:
        """Give the keys of all rows that the persons have in a table, as ``Table.key_of`` does."""
        return set(self._query_about(persons, f"keys_of_{table.name}"))

    def dead_letters(
        self, *, store: str = "", after: int = 0, limit: int = 100
    ) -> list[DeadLetter]:
        """List what was set aside, by log position; of one store, or of all if none is named."""
        rows = self.query("dead_letters", store=store, after=after, limit=limit)
        return [DeadLetter(*row) for row in rows]

    def dead_letter_pages(self, store: str = "", size: int = 500) -> Iterator[list[DeadLetter]]:
        """Give all that was set aside in pages, each asked for when the one before is done with."""
        after = 0
        while page := self.dead_letters(store=store, after=after, limit=size):
            yield page
            after = page[-1].position

    def set_aside(self, letters: Iterable[DeadLetter]) -> None:
        """Set events aside as of now."""
        self.insert(DEAD_LETTERS.name, dead_letter_rows(letters))

    def settle(self, positions: Iterable[int]) -> None:
        """Note of what was set aside at these positions that it is no more."""
        self.insert(DEAD_LETTERS.name, settled_rows(positions))

    def count_dead_letters(self) -> int:
        """Count what was set aside, in all stores."""
        return int(self.query("count_dead_letters")[0][0])

    def versions_of(self, persons: Sequence[Person]) -> dict[Person, int]:
        """Give the versions of the persons' rows, of those that have or had any."""
        found = self._query_about(persons, "versions_of")
        return {(store, person): int(version) for store, person, version in found}

    def _query_about(
        self, persons: Sequence[Person], name: str, **parameters: Any
    ) -> Iterator[tuple[Any, ...]]:
        remaining = iter(persons)
        while some := list(islice(remaining, _PERSONS_A_QUERY)):
            stores, names = zip(*some, strict=True)
            yield from self.query(name, stores=list(stores), persons=list(names), **parameters)

    def reached(self) -> dict[int, dict[int, int]]:
        """Give the log position that each part has reached, by source."""
        found: dict[int, dict[int, int]] = {}
        for part, source, position in self.query("reached"):
            found.setdefault(part, {})[source] = int(position)
        return found

    def position_of_parts(self, pairs: int) -> int:
        """Give the log position up to which a carrier of several parts has brought everything.

        `pairs` is how many pairs of parts there are; 0 until each has told.
        """
        told = [one for sources in self.reached().values() for one in sources.values()]
        return min(told, default=0) if len(told) >= pairs else 0

    def row_counts(self) -> dict[str, int]:
        """Count the rows of each table on disk, those that later ones replace included."""
        return dict(self.query("rows"))

    def parts(self) -> dict[str, int]:
        """Count the active parts of each table: many hundreds mean merges can't keep up."""
        return dict(self.query("parts"))


class _Clients:
    """ClickHouse clients to borrow: a client serves one thread at a time."""

    def __init__(self, connect: Callable[[], Client], cluster: str = "") -> None:
        self._connect = connect
        self._cluster = cluster
        self._idle: list[Client] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(_CLIENTS)
        self._closed = False
        self._helpers = ThreadPoolExecutor(_HELPERS, "query")

    @contextmanager
    def lend(self) -> Iterator[Client]:
        with self._places:
            client = self._take()
            try:
                yield client
            finally:
                self._give_back(client)

    def ask(self, name: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        query = ask_cluster(_query(name), self._cluster) if self._cluster else _query(name)
        with self.lend() as client:
            rows = client.query(query, parameters=dict(parameters)).result_rows
            return [tuple(row) for row in rows]

    def ask_all(
        self, asked: Sequence[tuple[str, Mapping[str, Any]]]
    ) -> list[list[tuple[Any, ...]]]:
        """Ask several, two at once: one query of little data keeps one processor busy, not more.

        Who asks goes through them, and a helper too if one is free: an answer that is slow, which
        keeps the helpers, leaves the others as fast as they are alone.
        """
        waiting, answers = deque(enumerate(asked)), dict[int, list[tuple[Any, ...]]]()

        def work() -> None:
            while True:
                try:
                    at, one = waiting.popleft()
                except IndexError:
                    return
                answers[at] = self.ask(*one)

        helper = self._helpers.submit(work) if len(asked) > 1 else None
        try:
            work()
        except BaseException:
            waiting.clear()
            raise
        finally:
            if helper is not None and not helper.cancel():  # it has begun
                helper.result()
        return [answers[at] for at in range(len(asked))]

    def define(self, client: Client, statement: str, parameters: Mapping[str, Any]) -> None:
        """Make, change or remove a database or a table, on all servers where there are several."""
        statements = [statement]
        if self._cluster:
            statements = define_on_cluster(statement, self._cluster, str(parameters["database"]))
        for each in statements:
            client.command(each, parameters=dict(parameters))

    def close(self) -> None:
        """Close all clients, those that are lent once they are given back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for client in idle:
            client.close()
        self._helpers.shutdown(wait=False)

    def _take(self) -> Client:
        with self._lock:
            if self._closed:
                raise WarehouseUnavailable("the warehouse is closed")
            if self._idle:
                return self._idle.pop()
        return self._connect()

    def _give_back(self, client: Client) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(client)
                return
        client.close()


def encode_rows(table: str, rows: Sequence[tuple[Any, ...]]) -> bytes:
    """Encode rows as ``Generation.insert`` takes them, for ``Generation.insert_encoded``.

    What is encoded can be joined: one run of rows after the other. Raises ``RowsRefused``.
    """
    if not rows:
        return b""
    names, types = _insert_columns(table)
    columns = list(zip(*rows, strict=True))
    failures: list[Exception] = []
    try:
        context = InsertContext(table, names, types, columns, column_oriented=True)
        blocks = list(NativeTransform.build_insert(context, failures.append))
    except _UNFIT as error:
        raise RowsRefused(f"{table}: {error}") from error
    if failures:
        raise RowsRefused(f"{table}: {failures[0]}") from failures[0]
    encoded = b"".join(blocks)
    return encoded[encoded.index(b"\n") + 1 :]  # behind the INSERT that HTTP would need


def embedded_dsn(folder: Path) -> str:
    """Give the DSN of the embedded engine in a folder, which is made where there is none."""
    path = str(folder.resolve())
    if "?" in path or "#" in path:
        raise ValueError(f"a DSN can't name the folder {path!r}: it holds '?' or '#'")
    return f"chdb://{path}"


def is_generation_name(name: str) -> bool:
    """Tell whether a generation may be called this."""
    return _NAME.fullmatch(name) is not None


def is_embedded(dsn: str) -> bool:
    """Tell whether a DSN names the embedded engine, which one process has to itself."""
    return dsn.startswith("chdb:")


def _connect(dsn: str, cluster: str = "") -> Client:
    """Open one client; ClickHouse's own errors pass through."""
    if is_embedded(dsn):
        options = {name: str(value) for name, value in _ENGINE_OPTIONS.items()}
        settings = _SETTINGS | _ENGINE_SETTINGS
        return clickhouse_connect.get_client(dsn=dsn, settings=settings, chdb_options=options)
    return clickhouse_connect.get_client(
        dsn=dsn,
        settings=_SETTINGS | (CLUSTER_SETTINGS if cluster else {}),
        connect_timeout=_CONNECT_SECONDS,
        send_receive_timeout=_ANSWER_SECONDS,
        autogenerate_session_id=False,
        form_encode_query_params=True,  # a list of persons is too long for a URL
    )


@cache
def _query(name: str) -> str:
    """Read a query; a line ``--include NAME`` stands for another, without its comments."""
    text = files("projections").joinpath("queries", f"{name}.sql").read_text("utf-8")
    return _INCLUDED.sub(lambda found: _COMMENT.sub("", _query(found[1])), text)


@cache
def _insert_columns(table: str) -> tuple[list[str], list[ClickHouseType]]:
    columns = EVERY_TABLE[table].columns
    return [column.name for column in columns], [get_from_name(column.type) for column in columns]


def schema_version() -> str:
    """Name the newest migration of a generation's tables, which every one that is read has had."""
    newest = _migrations("generation")[-1]
    return f"{newest.number} {newest.name}"


@cache
def _migrations(schema: str) -> tuple[Migration, ...]:
    """Read ``schema/<schema>/NNN_name.sql``, in order; a semicolon ends a line and a statement."""
    return tuple(
        Migration(
            number=int(file.name[:3]),
            name=file.name[4:].removesuffix(".sql"),
            statements=tuple(
                filter(str.strip, re.split(r";\s*$", file.read_text("utf-8"), flags=re.M))
            ),
        )
        for file in sorted(
            files("projections").joinpath("schema", schema).iterdir(), key=lambda file: file.name
        )
        if file.name.endswith(".sql")
    )


_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_INCLUDED = re.compile(r"^--include (\w+)$", re.MULTILINE)
_COMMENT = re.compile(r"^--.*\n", re.MULTILINE)
_COPYING = re.compile(r"^INSERT ", re.MULTILINE)

# What clickhouse-connect raises for a value that it can't write into a column's type.
_UNFIT = (DataError, TypeError, ValueError, AttributeError, OverflowError, struct.error)


def _fact(row: tuple[Any, ...]) -> Fact:
    """Make a fact of a row of facts_of.sql or facts_ever_of.sql."""
    fields = dict(zip(_FACT_FIELDS, row, strict=True))
    return Fact(**fields | {"knowledge_points": tuple(row[9])})


class WarehouseUnavailable(Exception):
    """ClickHouse can't be reached, or refuses to start."""


class UnknownGeneration(LookupError):
    """There is no generation of that name."""


class UnknownCalibration(LookupError):
    """The catalogue holds no calibration of that digest, though a generation is folded under it."""


class GenerationIsLive(ValueError):
    """The live generation can't be dropped: promote another first."""


class NotPromotable(ValueError):
    """A generation can't become the live one."""


class BadName(ValueError):
    """A generation's name: a small letter, then small letters, digits and `_`, at most 40."""


class SchemaOutdated(RuntimeError):
    """A generation lacks migrations: `Warehouse.ensure` or `migrate` has to come first."""

    def __init__(self, name: str, missing: Sequence[Migration]) -> None:
        steps = ", ".join(f"{migration.number} {migration.name}" for migration in missing)
        super().__init__(f"generation {name!r} lacks migrations: {steps}")


class RowsRefused(ValueError):
    """A value doesn't fit its column."""
