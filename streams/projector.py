"""Brings batches of the log to the rows of a generation: read, write facts, fold, write rows."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby, islice
from operator import attrgetter
from time import perf_counter
from typing import Any, TypeVar

import msgspec
import orjson

from lrs.documents import DocumentVersion
from lrs.record import LogEntry
from projections.documents import Document, document_row
from projections.facts import Fact
from projections.folds import Fold, PersonState, Rows, decode, encode, is_newer
from projections.reading import Reader
from projections.tables import (
    DOCUMENTS,
    FACTS,
    NAMES,
    PERSON_TABLES,
    Row,
    Table,
    fact_row,
    name_row,
)
from projections.warehouse import Generation, RowsRefused
from streams.states import DeadLetter, Person, States

_CHUNK = 64  # entries or persons between two breaths
_PERSONS_A_REFOLD = 32  # whole histories that are held in memory at a time

T = TypeVar("T")
_order: Callable[[Fact], tuple[int, str, int]] = attrgetter("time", "statement", "ordinal")
_order_and_position = attrgetter("time", "statement", "ordinal", "position")
NameKey = tuple[str, str, str]  # store, subject, language


@dataclass
class Batch:
    """What the entries of one batch say."""

    position: int  # of the newest entry
    facts: list[Fact] = field(default_factory=list)
    names: dict[NameKey, tuple[int, str, str]] = field(default_factory=dict)
    documents: list[Row] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)

    def by_person(self) -> dict[Person, list[Fact]]:
        """Give each person's facts in the order of folding; of one fact, the newest version."""
        found: dict[Person, list[Fact]] = defaultdict(list)
        for fact in self.facts:
            found[fact.store, fact.person].append(fact)
        return {
            person: facts if len(facts) == 1 else _newest_versions(facts)
            for person, facts in found.items()
        }


class Projector:
    """Keeps the law: rows are a function of the set of events, not of how they arrived.

    Facts are written first. A person whose new facts all come after the last one applied is
    folded onward; one with a late fact, or a voided one, is folded again from the ``facts``
    table. States and position are committed last, so that a crash anywhere means the same rows
    are written again, which does no harm: a row of version V is the person's state as of log
    position V.

    ``breathe`` is called between chunks of work, to leave other threads their turn.
    """

    def __init__(
        self,
        reader: Reader,
        fold: Fold,
        generation: Generation,
        states: States,
        *,
        cached_states: int = 2000,
        breathe: Callable[[], None] = lambda: None,
    ) -> None:
        self.position = states.position()
        self.seconds: dict[str, float] = defaultdict(float)  # spent so far, by step
        self._reader = reader
        self._fold = fold
        self._generation = generation
        self._states = states
        self._cached_states = cached_states
        self._cache: dict[Person, PersonState] = {}  # the longest unused first
        self._breathe = breathe

    def carry(self, entries: Sequence[LogEntry]) -> None:
        """Bring entries of the log, in its order, to rows; then ``position`` is their last's.

        An entry that can't be brought is set aside as a dead letter. After any error that is
        raised (ClickHouse's, SQLite's), carry again what comes after ``position``.
        """
        if not entries:
            return
        try:
            self._carry(entries)
        except RowsRefused as refusal:
            if len(entries) == 1:
                self._commit(entries[0].position, {}, [_dead_letter(entries[0], refusal)])
                return
            middle = len(entries) // 2
            self.carry(entries[:middle])
            self.carry(entries[middle:])

    def _carry(self, entries: Sequence[LogEntry]) -> None:
        batch = self._read(entries)
        with self._spending("facts"):
            self._generation.insert(FACTS.name, list(map(fact_row, batch.facts)))
        with self._spending("names"):
            rows = [name_row(*key, latest) for key, latest in batch.names.items()]
            self._generation.insert(NAMES.name, rows)
        with self._spending("documents"):
            self._generation.insert(DOCUMENTS.name, batch.documents)
        by_person = batch.by_person()
        try:
            states, rows_of = self._fold_batch(batch, by_person)
            for table in PERSON_TABLES:
                with self._spending(table.name):
                    self._generation.insert(table.name, rows_of.get(table.name, []))
            self._commit(batch.position, states, batch.dead_letters)
        except BaseException:
            for person in by_person:  # states that ran ahead of what is committed
                self._cache.pop(person, None)
            raise

    def _read(self, entries: Sequence[LogEntry]) -> Batch:
        """Read entries to facts and names, setting aside what can't be read."""
        batch = Batch(position=entries[-1].position)
        for chunk in _chunks(entries, _CHUNK):
            with self._spending("read"):
                for entry in chunk:
                    try:
                        self._read_entry(entry, batch)
                    except Exception as error:  # whatever it is, it mustn't stop the log
                        batch.dead_letters.append(_dead_letter(entry, error))
            self._breathe()
        return batch

    def _read_entry(self, entry: LogEntry, batch: Batch) -> None:
        if entry.document is not None:
            batch.documents.append(
                document_row(_document(entry.store, entry.document), entry.position)
            )
        if entry.kind not in ("statement", "voiding"):
            return
        statement = orjson.loads(entry.statement)
        reading = self._reader.read(statement, store=entry.store, position=entry.position)
        if entry.kind == "voiding":
            batch.facts += [
                msgspec.structs.replace(fact, is_deleted=True) for fact in reading.facts
            ]
            return
        batch.facts += reading.facts
        for name in reading.names:
            key = (name.store, name.subject, name.language)
            latest = (name.time, name.statement, name.name)
            if key not in batch.names or batch.names[key] < latest:
                batch.names[key] = latest

    def _fold_batch(
        self, batch: Batch, by_person: dict[Person, list[Fact]]
    ) -> tuple[dict[Person, PersonState], Rows]:
        """Bring every person of the batch up to date; gives their new states and rows."""
        folding = _Folding(self._fold, self._states, batch)
        with self._spending("load states"):
            known = self._load(by_person)
        late: dict[Person, int] = {}
        for chunk in _chunks(by_person.items(), _CHUNK):
            with self._spending("fold"):
                for person, facts in chunk:
                    state = known.get(person)
                    fresh = facts if state is None else _after(state.position, facts)
                    if not fresh:
                        continue
                    if _is_late(state, fresh):
                        late[person] = max(fact.position for fact in fresh)
                    else:
                        folding.onward(person, state, fresh)
            self._breathe()
        for store, persons in groupby(sorted(late), key=lambda person: person[0]):
            for some in _chunks(persons, _PERSONS_A_REFOLD):
                with self._spending("refold"):
                    self._refold(store, {person: late[person] for person in some}, folding)
                self._breathe()
        return folding.states, folding.rows

    def _refold(self, store: str, late: dict[Person, int], folding: "_Folding") -> None:
        """Fold persons again from all their facts; ``late`` has each one's newest position."""
        names = [person for _, person in late]
        histories: dict[str, list[Fact]] = defaultdict(list)
        for fact in self._generation.facts_of(store, names, until=folding.batch.position):
            histories[fact.person].append(fact)
        gone = {table: self._generation.keys_of(table, store, names) for table in PERSON_TABLES}
        for person, position in late.items():
            history = sorted(histories[person[1]], key=_order)
            for table, keys in folding.again(person, history, position).items():
                gone[table] -= keys
        for table, keys in gone.items():
            folding.rows[table.name] += [
                table.tombstone(key, folding.states[key[0], key[1]].position) for key in keys
            ]

    def _load(self, persons: Iterable[Person]) -> dict[Person, PersonState]:
        """Give the states of those of the persons that have one."""
        persons = list(persons)
        missing = [person for person in persons if person not in self._cache]
        stored = self._states.states(missing)
        known = {person: self._cache[person] for person in persons if person in self._cache}
        return known | {person: decode(state) for person, state in stored.items()}

    def _commit(
        self, position: int, states: dict[Person, PersonState], dead_letters: list[DeadLetter]
    ) -> None:
        with self._spending("commit states"):
            encoded = {person: encode(state) for person, state in states.items()}
            self._states.commit(position, encoded, dead_letters)
        self.position = position
        for person, state in states.items():
            self._cache.pop(person, None)
            self._cache[person] = state
        for person in list(islice(self._cache, max(0, len(self._cache) - self._cached_states))):
            del self._cache[person]

    @contextmanager
    def _spending(self, step: str) -> Iterator[None]:
        began = perf_counter()
        try:
            yield
        finally:
            self.seconds[step] += perf_counter() - began


class _Folding:
    """The folding of one batch: the states and rows it has made so far."""

    def __init__(self, fold: Fold, stored: States, batch: Batch) -> None:
        self.batch = batch
        self.states: dict[Person, PersonState] = {}
        self.rows: Rows = defaultdict(list)
        self._fold = fold
        self._stored = stored

    def onward(self, person: Person, state: PersonState | None, facts: list[Fact]) -> None:
        """Fold facts that all come after the person's earlier ones."""
        state = state or self._fold.start(*person)
        if not self._applied(state, facts):
            state = self._without_refused(lambda: self._as_stored(person), facts)
        self._keep(person, state)

    def again(
        self, person: Person, history: list[Fact], position: int
    ) -> dict[Table, set[tuple[Any, ...]]]:
        """Fold all of a person's facts from the start; gives the keys of the rows there are now.

        ``position`` is that of the event that made it needful: a voiding leaves no fact behind.
        """
        state = self._fold.start(*person)
        if not self._applied(state, history):
            state = self._without_refused(lambda: self._fold.start(*person), history)
        state.position = max(state.position, position)
        rows = self._keep(person, state)
        return {
            table: {table.key_of(row) for row in rows.get(table.name, ())}
            for table in PERSON_TABLES
        }

    def _applied(self, state: PersonState, facts: Iterable[Fact]) -> bool:
        """Whether all the facts could be folded into the state."""
        apply = self._fold.apply
        try:
            for fact in facts:
                apply(state, fact)
        except Exception:
            return False
        return True

    def _without_refused(
        self, start: Callable[[], PersonState], facts: Iterable[Fact]
    ) -> PersonState:
        """Fold the facts but those that the fold refuses, each set aside as a dead letter."""
        state, taken = start(), list[Fact]()
        for fact in facts:
            try:
                self._fold.apply(state, fact)
                taken.append(fact)
            except Exception as error:
                letter = DeadLetter(fact.position, fact.store, fact.statement, _reason(error))
                self.batch.dead_letters.append(letter)
                state = start()
                for earlier in taken:
                    self._fold.apply(state, earlier)
        return state

    def _as_stored(self, person: Person) -> PersonState:
        stored = self._stored.states([person])
        return decode(stored[person]) if person in stored else self._fold.start(*person)

    def _keep(self, person: Person, state: PersonState) -> Rows:
        try:
            rows = self._fold.rows(state)
        except Exception as error:
            raise RowsRefused(f"{person[1]}: {_reason(error)}") from error
        for table, some in rows.items():
            self.rows[table] += some
        self.states[person] = state
        return rows


def _newest_versions(facts: list[Fact]) -> list[Fact]:
    """Sort facts into the order of folding; of one fact keep the version of highest position."""
    newest: list[Fact] = []
    for fact in sorted(facts, key=_order_and_position):
        if newest and _order(newest[-1]) == _order(fact):
            newest[-1] = fact
        else:
            newest.append(fact)
    return newest


def _after(position: int, facts: list[Fact]) -> list[Fact]:
    """Leave out what was applied already: the log is read in order, so all up to a position."""
    return [fact for fact in facts if fact.position > position]


def _is_late(state: PersonState | None, facts: list[Fact]) -> bool:
    """Whether any of the facts is voided, or comes before one that was applied."""
    if any(fact.is_deleted for fact in facts):
        return True
    return state is not None and not is_newer(state, facts[0])


def _document(store: str, version: DocumentVersion) -> Document:
    """Say in the words of the projections what the record says of a document."""
    scope = version.name.scope
    return Document(
        store=store,
        kind=scope.kind,
        person=scope.agent or "",
        activity=scope.activity or "",
        registration=scope.registration or "",
        id=version.name.id,
        app=orjson.loads(version.authority)["account"]["name"],
        content_type=version.content_type,
        content=version.content,
        updated=version.updated,
        is_deleted=version.deleted,
    )


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _dead_letter(entry: LogEntry, error: Exception) -> DeadLetter:
    return DeadLetter(entry.position, entry.store, entry.statement_id, _reason(error))


def _chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    remaining = iter(items)
    while chunk := list(islice(remaining, size)):
        yield chunk
