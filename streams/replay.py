"""Replay: a range of the log brought to a new generation on all cores, each person folded once.

All of a range is there to be read, so facts are read to a spool first and folded afterwards, a
shard of persons at a time; only final rows are written. What is done is on disk: whoever starts the
same replay again goes on where it was, and all is written so that writing it twice does no harm.
"""

import fcntl
import os
import shutil
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic
from typing import Any, Protocol, Self, TypeVar

import msgspec

from lrs.declarations import IDENTITY
from lrs.record import LogEntry
from lrs.times import iso_text, now_microseconds
from projections.identities import Link, read_link
from projections.tables import IDENTITIES
from projections.warehouse import Generation, Warehouse
from streams.embedded import EmbeddedCarrier, Log
from streams.keeping import kept_by_workers
from streams.readings import chunks
from streams.replay_work import (
    Chunk,
    ChunkRead,
    Shard,
    ShardFolded,
    Tools,
    fold_shard,
    links_file,
    links_of,
    read_chunk,
    spool_file,
)
from streams.replay_workers import Workers
from streams.states import States

BUILDING, COMPLETE = "building", "complete"  # states of a generation that a replay makes
READING, FOLDING, FOLLOWING = "reading", "folding", "following"  # phases of building it

# Small jobs end at about the same time in all processes, and large inserts leave ClickHouse little
# to merge: so the results of several jobs are written together.
_CHUNK = 10_000  # positions
_CHUNKS_AN_INSERT = 10
_SHARD = 10_000  # positions whose facts are one shard's, on the average: bounds a process's memory
_SHARDS_AN_INSERT = 5
_FEWEST_CHUNKS, _FEWEST_SHARDS = 8, 8  # so that all processes have something to do
_MOST_SHARDS = 4_096
_TAIL = 4_000  # entries in a batch of what came meanwhile; fewer are near enough to the log's end
_WRITERS = 3  # threads that write what processes have made
_READING_SHARE = 0.75  # of the time, for the estimate of what is left


Result = TypeVar("Result")


class ReplayableLog(Log, Protocol):
    """What a replay needs of the record: lrs.record.Record has it."""

    def declared(self, kind: str, until: int | None = None, store: str = "") -> list[LogEntry]:
        """Give the entries that declare what holds as of a position; of one store or of all."""


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What of the log is replayed: all of it, if nothing is said. Times in µs since 1970 UTC."""

    until_stored: int | None = None  # what was stored later is left out
    until_time: int | None = None  # what happened later is left out
    from_position: int = 1
    store: str = ""

    @property
    def is_what_if(self) -> bool:
        """Whether the generation leaves out what a carrier would bring: it can't become live."""
        return self.until_time is not None or self.from_position > 1 or bool(self.store)

    def told(self) -> dict[str, Any]:
        """Write down those that are set, for people and the catalogue; times as ISO 8601."""
        told: dict[str, Any] = {}
        if self.until_stored is not None:
            told["until_stored"] = iso_text(self.until_stored)
        if self.until_time is not None:
            told["until_time"] = iso_text(self.until_time)
        if self.from_position > 1:
            told["from_position"] = self.from_position
        return told | ({"store": self.store} if self.store else {})


class Progress(msgspec.Struct, frozen=True):
    """How far a replay is: log positions done in a phase, of all there are to do in it."""

    phase: str
    done: int
    total: int
    statements_per_second: float  # log positions, since this run of it began
    seconds_left: float | None  # None until it can be said


class _Plan(msgspec.Struct, frozen=True):
    """How a replay's work is cut; once begun it stays so."""

    after: int
    until: int
    chunk: int
    shards: int

    @property
    def size(self) -> int:
        return max(0, self.until - self.after)

    @property
    def chunks(self) -> int:
        return -(-self.size // self.chunk)


class Replay:
    """Builds the generation of a name, or goes on with it.

    ``folder`` holds the spools of all replays of a data directory, ``states_file`` the carrier's
    states. ``published`` is what a new generation is read by and folded under, as its origin says
    it; the ``tools`` do so. ``told`` is called with the progress whenever there is some.
    """

    def __init__(
        self,
        name: str,
        filters: Filters,
        *,
        log: ReplayableLog,
        tools: Tools,
        workers: Workers,
        warehouse: Warehouse,
        states_file: Path,
        folder: Path,
        published: Mapping[str, Any] | None = None,
        chunk: int = _CHUNK,
        shard: int = _SHARD,
        told: Callable[[Progress], None] = lambda progress: None,
    ) -> None:
        self.name = name
        self.filters = filters
        self._log = log
        self._tools = tools
        self._workers = workers
        self._warehouse = warehouse
        self._states_file = states_file
        self._folder = folder
        self._published = published or {}
        self._chunk, self._shard = chunk, shard
        self._told = told
        self._stopping = threading.Event()
        self._began = monotonic()
        self._share_before = 0.0  # of the work that earlier runs had done

    def stop(self) -> None:
        """Have ``run`` raise ``ReplayStopped`` soon, from another thread."""
        self._stopping.set()

    def run(self) -> Generation:
        """Build the generation; gives it complete.

        Raises ``ReplayRefused``, ``ReplayRunning``, ``ReplayStopped``, and what ClickHouse or the
        record raises. Whatever ends it, running it again goes on.
        """
        generation = self.prepare()
        with _locked(self._folder, generation.identity) as spool:
            self._began = monotonic()
            with closing(States(self._states_file, generation.identity)) as states:
                if generation.origin["state"] == BUILDING:
                    plan = self._plan(generation, spool)
                    if states.position() < plan.until:
                        with _Keeper() as keeper:
                            self._read(plan, generation, spool, keeper)
                            self._fold(plan, generation, states, spool, keeper)
                        self._keep_links(plan, generation, states, spool)
                self._follow(generation, states)
                self._complete(generation, states.position())
            shutil.rmtree(spool)
        return self._warehouse.generation(self.name)

    # Beginning, ending ---------------------------------------------------------------------

    def prepare(self) -> Generation:
        """Give the generation, made if there is none of that name.

        Raises ``ReplayRefused``, and ``BadName`` for what can't be the name of one.
        """
        return prepared(
            self.name,
            self.filters,
            log=self._log,
            warehouse=self._warehouse,
            published=self._published,
        )

    def _complete(self, generation: Generation, position: int) -> None:
        self._warehouse.describe(
            self.name,
            {
                **generation.origin,
                "state": COMPLETE,
                "position": position,
                "log_end": self._log.last_position(),
                "ended": iso_text(now_microseconds()),
            },
        )

    def _plan(self, generation: Generation, spool: Path) -> _Plan:
        """Give the plan that was begun, or begin one."""
        file = spool / "plan.json"
        if file.exists():
            return msgspec.json.decode(file.read_bytes(), type=_Plan)
        after = generation.origin["from_position"] - 1
        until = generation.origin["until_position"]
        size = until - after
        plan = _Plan(
            after,
            until,
            chunk=max(1, min(self._chunk, -(-size // _FEWEST_CHUNKS))),
            shards=min(_MOST_SHARDS, max(_FEWEST_SHARDS, -(-size // self._shard))),
        )
        _write(links_file(spool), msgspec.msgpack.encode(self._links(until)))
        _write(file, msgspec.json.encode(plan))
        return plan

    def _links(self, until: int) -> list[Link]:
        """Give the links of accounts to persons that hold at the end, for everyone's every fact."""
        return [
            read_link(entry.store, entry.declaration, entry.position)
            for entry in self._log.declared(IDENTITY, until, self.filters.store)
            if entry.declaration is not None
        ]

    # The phases ----------------------------------------------------------------------------

    def _read(self, plan: _Plan, generation: Generation, spool: Path, keeper: "_Keeper") -> None:
        """Bring every chunk to the spool and to the tables that have no fold.

        Once it ends, the spool is whole, so that folding can begin; the last rows may still be
        under way to their tables.
        """
        missing = [n for n in range(plan.chunks) if not _read_mark(spool, n).exists()]
        done = plan.chunks - len(missing)
        self._share_before = _READING_SHARE * done / max(1, plan.chunks)
        self._tell(READING, plan, done, plan.chunks)
        jobs = (self._job(plan, number, spool) for number in missing)

        def keep(read: Sequence[ChunkRead]) -> None:
            _insert_joined(generation, [one.rows for one in read])
            for one in read:
                _sync(spool_file(spool, one.chunk.number))
            _sync(spool)
            for one in read:
                _read_mark(spool, one.chunk.number).touch()

        for read in chunks(self._workers.run(read_chunk, jobs, self._tools), _CHUNKS_AN_INSERT):
            keeper.keep(keep, read)
            done += len(read)
            self._tell(READING, plan, done, plan.chunks)
            self._check()

    def _job(self, plan: _Plan, number: int, spool: Path) -> Chunk:
        after = plan.after + number * plan.chunk
        return Chunk(
            spool,
            number,
            after,
            min(plan.until, after + plan.chunk),
            plan.shards,
            self.filters.store,
            self.filters.until_time,
        )

    def _fold(
        self,
        plan: _Plan,
        generation: Generation,
        states: States,
        spool: Path,
        keeper: "_Keeper",
    ) -> None:
        """Fold every shard, and keep the states for the carrier that goes on from here."""
        missing = [n for n in range(plan.shards) if not _folded_mark(spool, n).exists()]
        done = plan.shards - len(missing)
        if done:
            self._share_before = _READING_SHARE + (1 - _READING_SHARE) * done / plan.shards
        self._tell(FOLDING, plan, done, plan.shards)
        jobs = (Shard(spool, number, plan.chunks, plan.until) for number in missing)

        def keep(folded: Sequence[ShardFolded]) -> None:
            _insert_joined(generation, [one.rows for one in folded])
            for one in folded:
                states.commit(0, one.states)  # the position follows when every shard is there
            states.sync()  # a mark that outlived its states would make its persons new ones
            for one in folded:
                _folded_mark(spool, one.shard.number).touch()

        for folded in chunks(self._workers.run(fold_shard, jobs, self._tools), _SHARDS_AN_INSERT):
            keeper.keep(keep, folded)
            done += len(folded)
            self._tell(FOLDING, plan, done, plan.shards)
            self._check()

    def _keep_links(self, plan: _Plan, generation: Generation, states: States, spool: Path) -> None:
        """Keep the links that all was folded with, for the carrier that goes on from here.

        Those from before the range are in no chunk.
        """
        links = links_of(spool)
        rows = [(link.store, link.account, link.person, link.position, 0) for link in links]
        generation.insert(IDENTITIES.name, rows)
        states.commit(plan.until, {}, links)

    def _follow(self, generation: Generation, states: States) -> None:
        """Carry what came meanwhile, up to near the log's end."""
        if self.filters.is_what_if or self.filters.until_stored is not None:
            return
        tools, log = self._tools, self._log
        carrier = EmbeddedCarrier(log, tools.reader, tools.fold, generation, states, limit=_TAIL)
        begin = carrier.position
        while carrier.run_once() == _TAIL:
            done, total = carrier.position - begin, log.last_position() - begin
            rate = done / (monotonic() - self._began)
            self._told(Progress(FOLLOWING, done, total, rate, None))
            self._check()

    # Telling -------------------------------------------------------------------------------

    def _tell(self, phase: str, plan: _Plan, done: int, parts: int) -> None:
        of_phase = done / parts if parts else 1.0
        share = (
            _READING_SHARE * of_phase
            if phase == READING
            else _READING_SHARE + (1 - _READING_SHARE) * of_phase
        )
        elapsed, gained = monotonic() - self._began, share - self._share_before
        rate = gained * plan.size / elapsed if elapsed > 0 else 0.0
        left = (1 - share) * elapsed / gained if gained > 0 else None
        self._told(Progress(phase, round(of_phase * plan.size), plan.size, rate, left))

    def _check(self) -> None:
        if self._stopping.is_set():
            raise ReplayStopped(self.name)


class _Keeper:
    """Keeps results a few at a time, each in a thread; leaving it waits for all.

    Most of keeping is waiting for the disk, which should keep nobody from computing.
    """

    def __init__(self) -> None:
        self._writers = ThreadPoolExecutor(_WRITERS, thread_name_prefix="replay")
        self._under_way: deque[Future[None]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, failure: type[BaseException] | None, *_: object) -> None:
        self._writers.shutdown(cancel_futures=failure is not None)
        if failure is None:
            self._settle(0)

    def keep(self, keep: Callable[[Result], None], result: Result) -> None:
        """Have a result kept, once not too many others are. Raises what failed of earlier ones."""
        self._settle(_WRITERS - 1)
        self._under_way.append(self._writers.submit(keep, result))

    def _settle(self, most: int) -> None:
        while len(self._under_way) > most:
            self._under_way.popleft().result()


def _insert_joined(generation: Generation, rows: Sequence[Mapping[str, bytes]]) -> None:
    """Write encoded rows by table, those of one table in one insert."""
    for table in {table: None for some in rows for table in some}:
        generation.insert_encoded(table, b"".join(some.get(table, b"") for some in rows))


def prepared(
    name: str,
    filters: Filters,
    *,
    log: Log,
    warehouse: Warehouse,
    published: Mapping[str, Any],
) -> Generation:
    """Give the generation that a replay is to build or go on with, made if there is none.

    One that is made is read by and folded under what stores have ``published``; one that is there,
    by and under what its origin says. Raises ``ReplayRefused``, and ``BadName`` for what can't be a
    name.
    """
    warehouse.ensure_live(published)  # the first generation of a warehouse becomes the live one
    for record in warehouse.generations():
        if record.name == name:
            if record.origin.get("kind") != "replay":
                raise ReplayRefused(f"generation {name!r} was made by no replay")
            if record.is_live:
                raise ReplayRefused(f"generation {name!r} is live: name another")
            if kept_by_workers(record.origin):  # their rows' versions aren't a replay's
                raise ReplayRefused(f"generation {name!r} was kept by workers: name another")
            if record.origin["filters"] != filters.told():
                raise ReplayRefused(
                    f"generation {name!r} has other filters: {record.origin['filters']},"
                    f" not {filters.told()}; name another, or drop it first"
                )
            return warehouse.ensure(name)
    return warehouse.ensure(name, {**_first_origin(filters, log), **published})


def _first_origin(filters: Filters, log: Log) -> dict[str, Any]:
    last = until = log.last_position()
    if filters.until_stored is not None:
        until = position_stored_by(log, filters.until_stored)
    return {
        "kind": "replay",
        "state": BUILDING,
        "filters": filters.told(),
        "what_if": filters.is_what_if,
        "from_position": filters.from_position,
        "until_position": max(until, filters.from_position - 1),
        "position": 0,
        "log_end": last,
        "began": iso_text(now_microseconds()),
        "ended": None,
    }


def position_stored_by(log: Log, stored: int) -> int:
    """Give the position of the newest entry stored at or before a time (µs); 0 if none was.

    Stored times rise with positions, so it is found by halving.
    """
    low, high = 0, log.last_position()  # all up to `low` was stored by then, nothing behind `high`
    while low < high:
        middle = (low + high) // 2
        found = log.read_log(middle, 1)
        if found and found[0].position <= high and found[0].stored <= stored:
            low = found[0].position
        else:
            high = middle
    return low


def forget_replay(identity: str, states_file: Path, folder: Path) -> None:
    """Remove what was kept of a generation that is dropped. Raises ``ReplayRunning``."""
    with _locked(folder, identity) as spool:
        with closing(States(states_file, identity)) as states:
            states.forget()
        shutil.rmtree(spool)


def is_running(identity: str, folder: Path) -> bool:
    """Whether some process is just building the generation of this identity."""
    if not (folder / identity).exists():
        return False
    try:
        with _locked(folder, identity):
            return False
    except ReplayRunning:
        return True


def promotable(origin: Mapping[str, Any]) -> bool:
    """Whether a generation of this origin could be the live one."""
    return origin.get("state", COMPLETE) == COMPLETE and not origin.get("what_if", False)


@contextmanager
def _locked(folder: Path, identity: str) -> Iterator[Path]:
    """Give the spool of a generation, which no other process has meanwhile."""
    spool = folder / identity
    spool.mkdir(parents=True, exist_ok=True)
    with (spool / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ReplayRunning(spool.name) from None
        yield spool


def _read_mark(spool: Path, chunk: int) -> Path:
    return spool / f"chunk-{chunk:06d}.read"


def _folded_mark(spool: Path, shard: int) -> Path:
    return spool / f"shard-{shard:04d}.folded"


def _write(file: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all."""
    part = file.with_suffix(".part")
    with part.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    part.rename(file)


def _sync(path: Path) -> None:
    """Have a file or folder on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class ReplayRefused(ValueError):
    """A replay can't have this name, or not with these filters."""


class ReplayRunning(RuntimeError):
    """Another thread or process is building this generation."""


class ReplayStopped(Exception):
    """A replay was told to stop; run again, it goes on."""
