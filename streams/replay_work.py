"""What the processes of a replay do: read a chunk of the log to facts, fold a shard of persons.

Facts go from the first to the second by files, the spool: a file a chunk, with the facts of each
shard after one another. A shard is a part of the persons, so that a person's facts are together.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from pathlib import Path
from typing import Any, Protocol, cast

import msgspec

from lrs.record import LogEntry
from projections.dead_letters import DeadLetter, dead_letter_rows
from projections.facts import Fact
from projections.folds import Fold, Person, PersonState, Rows, encode
from projections.identities import Identities, Link
from projections.meaning.reading import NameKey, Naming, Reading, ReadsStatements
from projections.tables import (
    DEAD_LETTERS,
    DOCUMENTS,
    FACTS,
    NAMES,
    PERSON_TABLES,
    PERSONS,
    fact_row,
    name_row,
)
from projections.warehouse import Generation, RowsRefused, encode_rows
from streams.distributed import part_of
from streams.folding import Folding
from streams.readings import Readings, by_person, dead_letter, read_entries, reason

_STEP = 500  # entries that are read, encoded and let go of at a time: they stay in the cache

Names = dict[NameKey, Naming]

_position: Callable[[Fact], int] = attrgetter("position")
_encoder = msgspec.msgpack.Encoder()
_facts = msgspec.msgpack.Decoder(list[Fact])


class ReadableLog(Protocol):
    """What reading a chunk needs of the record."""

    def read_log(self, after: int, limit: int) -> list[LogEntry]:
        """Read at most ``limit`` entries behind position ``after``, in order."""


@dataclass(frozen=True)
class Tools:
    """What a process works with."""

    log: ReadableLog
    reader: ReadsStatements
    fold: Fold


class Chunk(msgspec.Struct, frozen=True):
    """Positions to read, those behind ``after`` up to ``until``, and what to take of them."""

    folder: Path
    number: int
    after: int
    until: int
    shards: int
    store: str = ""  # empty: every store
    until_time: int | None = None  # microseconds: what happened later is left out


class ChunkRead(msgspec.Struct, frozen=True):
    """A chunk whose facts are in the spool; rows by table, encoded."""

    chunk: Chunk
    rows: dict[str, bytes]
    facts: int


class Shard(msgspec.Struct, frozen=True):
    """A part of the persons to fold, out of chunks that are all in the spool."""

    folder: Path
    number: int
    chunks: int
    until: int


class ShardFolded(msgspec.Struct, frozen=True):
    """What a shard's persons came to: rows by table and states, encoded."""

    shard: Shard
    rows: dict[str, bytes]
    states: dict[Person, bytes]


# Reading -----------------------------------------------------------------------------------------


def read_chunk(tools: Tools, chunk: Chunk) -> ChunkRead:
    """Read a chunk: facts to the spool, and rows of every table that has no fold."""
    reader = tools.reader
    if chunk.until_time is not None:
        reader = ReaderUntil(reader, chunk.until_time)
    rows: dict[str, bytearray] = defaultdict(bytearray)
    names: Names = {}
    identities = _identities(chunk.folder)
    pieces, counts = [bytearray() for _ in range(chunk.shards)], [0] * chunk.shards
    for entries in _steps(tools.log, chunk):
        for facts in _read(reader, entries, rows, names):
            for fact in facts:
                account = (fact.store, fact.person)
                person = identities.resolve(account) if identities else account
                shard = part_of(*person, chunk.shards)
                _encoder.encode_into(fact, pieces[shard], -1)
                counts[shard] += 1
    named = [name_row(*key, latest) for key, latest in names.items()]
    rows[NAMES.name] += encode_rows(NAMES.name, named)
    _write_spool(spool_file(chunk.folder, chunk.number), pieces, counts)
    return ChunkRead(chunk, {table: bytes(some) for table, some in rows.items()}, sum(counts))


def _steps(log: ReadableLog, chunk: Chunk) -> Iterator[list[LogEntry]]:
    """Read those entries of a chunk that are asked for, some at a time."""
    after = chunk.after
    while after < chunk.until:
        entries = log.read_log(after, min(_STEP, chunk.until - after))
        if not entries:
            return
        after = entries[-1].position
        yield [
            entry for entry in entries if entry.position <= chunk.until and _wanted(entry, chunk)
        ]


def _wanted(entry: LogEntry, chunk: Chunk) -> bool:
    if chunk.store and entry.store != chunk.store:
        return False
    if entry.document is None or chunk.until_time is None:
        return True
    return entry.document.updated <= chunk.until_time


def _read(
    reader: ReadsStatements, entries: Sequence[LogEntry], rows: dict[str, bytearray], names: Names
) -> Iterator[list[Fact]]:
    """Read entries; gives their facts, and adds to rows and names what isn't folded.

    An entry whose rows fit no column is set aside, as the other carriers do.
    """
    readings = read_entries(reader, entries, names=names)
    try:
        encoded = _encoded(readings)
    except RowsRefused as refusal:
        if len(entries) == 1:
            letters = dead_letter_rows([dead_letter(entries[0], refusal)])
            rows[DEAD_LETTERS.name] += encode_rows(DEAD_LETTERS.name, letters)
            return
        middle = len(entries) // 2
        yield from _read(reader, entries[:middle], rows, names)
        yield from _read(reader, entries[middle:], rows, names)
        return
    for table, some in encoded.items():
        rows[table] += some
    yield readings.facts


def _encoded(readings: Readings) -> dict[str, bytes]:
    declared = {table: encode_rows(table, some) for table, some in readings.declared.items()}
    return declared | {
        FACTS.name: encode_rows(FACTS.name, list(map(fact_row, readings.facts))),
        DOCUMENTS.name: encode_rows(DOCUMENTS.name, readings.documents),
        DEAD_LETTERS.name: encode_rows(DEAD_LETTERS.name, dead_letter_rows(readings.dead_letters)),
    }


class ReaderUntil:
    """Reads statements as another reader does, and leaves out what happened after a time."""

    def __init__(self, reader: ReadsStatements, until: int) -> None:
        self._reader = reader
        self._until = until

    def read(self, statement: Any, *, store: str, position: int) -> Reading:
        """Read one statement."""
        reading = self._reader.read(statement, store=store, position=position)
        return msgspec.structs.replace(
            reading,
            facts=[fact for fact in reading.facts if fact.time <= self._until],
            names=[(key, naming) for key, naming in reading.names if naming[0] <= self._until],
        )


# The spool ---------------------------------------------------------------------------------------


class _Contents(msgspec.Struct):
    """The first line of a spool file: bytes and facts of each shard, in order."""

    sizes: list[int]
    counts: list[int]


def spool_file(folder: Path, chunk: int) -> Path:
    """Name the file of a chunk's facts."""
    return folder / f"chunk-{chunk:06d}.facts"


def _write_spool(path: Path, pieces: Sequence[bytearray], counts: list[int]) -> None:
    head = msgspec.json.encode(_Contents([len(piece) for piece in pieces], counts))
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(head + b"\n")
        file.writelines(pieces)
    part.rename(path)


def _read_spool(shard: Shard) -> list[Fact]:
    """Give a shard's facts of every chunk."""
    pieces, count = [], 0
    for number in range(shard.chunks):
        with spool_file(shard.folder, number).open("rb") as file:
            contents = msgspec.json.decode(file.readline(), type=_Contents)
            file.seek(sum(contents.sizes[: shard.number]), os.SEEK_CUR)
            pieces.append(file.read(contents.sizes[shard.number]))
            count += contents.counts[shard.number]
    head = b"\xdd" + count.to_bytes(4, "big")  # MessagePack's array of so many
    return _facts.decode(b"".join([head, *pieces]))


def links_file(folder: Path) -> Path:
    """Name the file of the links that hold at the end of the range: it is there from the start."""
    return folder / "links.msgpack"


def links_of(folder: Path) -> list[Link]:
    """Read the links of a replay."""
    return msgspec.msgpack.decode(links_file(folder).read_bytes(), type=list[Link])


@lru_cache(maxsize=1)
def _identities(folder: Path) -> Identities:
    return Identities(links_of(folder))


# Folding -----------------------------------------------------------------------------------------


def fold_shard(tools: Tools, shard: Shard) -> ShardFolded:
    """Fold each person of a shard once, from all their facts."""
    newest: dict[Person, int] = {}
    histories: dict[Person, list[Fact]] = {}
    for person, facts in by_person(_read_spool(shard), _identities(shard.folder)).items():
        newest[person] = max(map(_position, facts))
        histories[person] = [fact for fact in facts if not fact.is_deleted]
    arrival = _Whole(newest, shard.until)
    folding = _Folding(tools.fold, arrival)
    try:
        folding.add({person: facts for person, facts in histories.items() if facts}, {})
        rows = _encoded_rows(folding.rows)
    except RowsRefused:
        folding = _Folding(tools.fold, arrival)
        for person, facts in histories.items():
            folding.add_carefully(person, facts)
        rows = _encoded_rows(folding.rows)
    gone = newest.keys() - folding.states.keys()  # nothing of theirs is left, and a row says so
    for person in gone:
        state = folding.states[person] = tools.fold.start(*person)
        state.position = newest[person]
    tombstones = [PERSONS.tombstone(person, newest[person]) for person in gone]
    rows[PERSONS.name] = rows.get(PERSONS.name, b"") + encode_rows(PERSONS.name, tombstones)
    letters = dead_letter_rows(folding.dead_letters)
    rows[DEAD_LETTERS.name] = encode_rows(DEAD_LETTERS.name, letters)
    return ShardFolded(shard, rows, {who: encode(state) for who, state in folding.states.items()})


def _encoded_rows(rows: Rows) -> dict[str, bytes]:
    return {
        table.name: encode_rows(table.name, rows[table.name])
        for table in PERSON_TABLES
        if table.name in rows
    }


class _Whole:
    """Facts come all at once: none was applied before. ``newest`` are the persons' positions."""

    def __init__(self, newest: dict[Person, int], until: int) -> None:
        self.until = until
        self._newest = newest

    def has_history(self, person: Person) -> bool:
        """Tell that nothing is known of anyone."""
        return False

    def fresh(self, person: Person, state: PersonState | None, facts: list[Fact]) -> list[Fact]:
        """Give all facts."""
        return facts

    def is_relinked(self, person: Person, state: PersonState | None) -> bool:
        """Tell that every person has all of their accounts from the start."""
        return False

    def note(self, person: Person, state: PersonState, facts: Iterable[Fact]) -> None:
        """Note the newest position, which may be that of a voiding."""
        state.position = self._newest[person]


class _Folding(Folding):
    """The folding of whole histories: nothing is kept yet, and nothing folded again."""

    def __init__(self, fold: Fold, arrival: _Whole) -> None:
        super().__init__(fold, cast(Generation, None), arrival, lambda persons: {}, Identities())
        self._one_fold = fold

    def add_carefully(self, person: Person, facts: list[Fact]) -> None:
        """Fold a person's facts but those after which the person's rows would fit no column."""
        fold, state = self._one_fold, self._one_fold.start(*person)
        for fact in facts:
            before = encode(state)
            try:
                fold.apply(state, fact)
                _encoded_rows(fold.rows(state))
            except Exception as error:
                letter = DeadLetter(fact.position, fact.store, fact.statement, reason(error))
                self.dead_letters.append(letter)
                state = msgspec.msgpack.decode(before, type=PersonState)
        refused = {letter.position for letter in self.dead_letters}
        if taken := [fact for fact in facts if fact.position not in refused]:
            self.add({person: taken}, {})
