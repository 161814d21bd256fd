"""The law for a log in parts: however sources mix, repeat and crash, the rows are the same."""

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, suppress
from copy import copy, deepcopy
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zlib import crc32

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.declarations import IDENTITY
from lrs.record import LogEntry
from projections.folds import Fold, Person, PersonState, decode, encode
from projections.identities import Identities, Link
from projections.meaning.reading import default_reader
from projections.tables import PERSON_TABLES, TABLES
from projections.warehouse import Generation, Warehouse
from streams.distributed import (
    Delivery,
    FactBatch,
    FoldStep,
    ReadStep,
    decode_batch,
    encode_batch,
    encoded_batches,
    part_of,
)
from tests.streams.test_law import numbered, with_declarations
from tests.support.carrying import carry
from tests.support.clickhouse import embedded_dsn, fresh_catalogue, rows_of, rows_of_each
from tests.support.histories import (
    Links,
    ListLog,
    answer,
    declaration,
    declared,
    entry,
    person_key,
    state_version,
)

EXAMPLES = settings.default.max_examples if settings.default.max_examples > 1000 else 40
SOURCES, PARTS = 3, 2
ALL = "states and how far"
FOLDED = [table.name for table in PERSON_TABLES]

_stores = (f"store-{number}" for number in itertools.count())
# All examples share one generation, whose progress only rises: each takes the log further.
_starts = itertools.count(1, 1000)


@pytest.fixture(scope="module")
def generation() -> Iterator[Generation]:
    warehouse = Warehouse.open(embedded_dsn(), catalogue=fresh_catalogue())
    yield warehouse.ensure()
    warehouse.close()


class Crash(BaseException):
    """A worker is gone."""


class Mortal(Generation):
    """A generation whose writer crashes before one of its inserts."""

    def __init__(self, generation: Generation, steps: int) -> None:
        self.__dict__.update(generation.__dict__)
        self.left = steps

    def insert(self, table: str, rows: Any) -> None:
        if rows and not self.left:
            raise Crash
        self.left -= bool(rows)
        super().insert(table, rows)


class Frozen(Generation):
    """A generation whose writer is frozen before its inserts come, and thaws at some time."""

    def __init__(self, generation: Generation) -> None:
        self.__dict__.update(generation.__dict__)
        self.held: list[tuple[str, Any]] = []

    def insert(self, table: str, rows: Any) -> None:
        self.held.append((table, list(rows)))

    def thaw(self) -> None:
        """Let the inserts come, in their order."""
        for table, rows in self.held:
            super().insert(table, rows)
        self.held = []


def sources_of(entry: LogEntry) -> list[int]:
    """Say in which parts of the statements topic an entry is: with its voiding, if it has one."""
    if (made := entry.declaration) is not None:
        if made.kind == IDENTITY:
            return list(range(SOURCES))
        return [crc32(made.id.encode()) % SOURCES]
    key = entry.statement_id or (entry.document.name.id if entry.document else "")
    return [crc32(key.encode()) % SOURCES]


@dataclass
class Cluster:
    """Topics, committed offsets and the table of states, as Kafka keeps them; workers don't."""

    generation: Generation
    log: list[LogEntry]
    base: int = 0
    pace: int = 5
    statements: dict[int, list[Delivery]] = field(default_factory=lambda: defaultdict(list))
    facts: dict[int, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    read: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    folded: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    states: dict[Person, bytes] = field(default_factory=dict)
    steps: dict[int, FoldStep] = field(default_factory=dict)  # of the workers that live now
    readers: dict[int, ReadStep] = field(default_factory=dict)  # likewise, by source

    def __post_init__(self) -> None:
        if self.statements:
            return
        for one in self.log:
            for source in sources_of(one):
                self.statements[source].append(Delivery(source, one.position, one))
        last = self.log[-1].position
        for source in range(SOURCES):
            self.statements[source].append(Delivery(source, last))

    def load(self, persons: Sequence[Person]) -> dict[Person, PersonState]:
        return {one: decode(self.states[one]) for one in persons if one in self.states}

    def read_some(
        self, sources: Sequence[int], count: int, generation: Generation, sent: int
    ) -> None:
        """Carry a batch of some sources; of what it gives `sent` messages, then crash if fewer."""
        deliveries: list[Delivery] = []
        upto = {}
        for source in sources:
            start = self.read[source]
            deliveries += self.statements[source][start : start + count]
            upto[source] = min(start + count, len(self.statements[source]))
        batches = self._reader(sources, generation).carry(deliveries)
        for number, (part, batch) in enumerate(batches):
            if number == sent:
                raise Crash
            self.facts[part].append(encode_batch(batch))
        self.read.update(upto)

    def fold_some(self, part: int, count: int, generation: Generation, kept: str) -> None:
        """Carry a batch of a part, and crash unless all is kept: first the states, then how far."""
        start = self.folded[part]
        messages = self.facts[part][start : start + count]
        if not messages:
            return
        step = self._step(part, generation)
        states = step.carry([(part, decode_batch(one)) for one in messages], self.load)
        if kept == "nothing":
            raise Crash
        self.states |= {person: encode(state) for person, state in states.items()}
        if kept == "states":
            raise Crash
        self.folded[part] = start + len(messages)

    def _reader(self, sources: Sequence[int], generation: Generation) -> ReadStep:
        """Give the step of the worker that has sources: where it has one, it goes on with it."""
        step = self.readers.get(sources[0]) if len(sources) == 1 else None
        for source in sources:
            self.readers.pop(source, None)
        step = step or ReadStep(default_reader(), generation, PARTS)
        step._generation = generation
        if len(sources) == 1:
            self.readers[sources[0]] = step
        return step

    def _step(self, part: int, generation: Generation) -> FoldStep:
        """Give the step of the worker that has a part: it remembers until that dies."""
        if part not in self.steps:
            self.steps[part] = FoldStep(
                Fold(), generation, sources=SOURCES, parts=PARTS, base=self.base
            )
        self.steps[part]._generation = generation
        return self.steps[part]

    def lose_states(self, keep: int) -> None:
        """Have the table of states come back as it was for some persons, or without them.

        It comes back for workers that begin.
        """
        self.steps.clear()
        for person in sorted(self.states)[keep:]:
            del self.states[person]

    def taken_for_dead(self) -> "Cluster":
        """Give what a worker knows that goes on although others took over from it."""
        steps = {part: copy(step) for part, step in self.steps.items()}
        for step in steps.values():
            step._compared = set(step._compared)
            step._identities = deepcopy(step._identities)
        return replace(self, states=dict(self.states), folded=self.folded.copy(), steps=steps)

    def freeze(self, part: int, count: int) -> Frozen:
        """Have the worker that has a part fold, and others take the part over before it writes."""
        frozen, worker = Frozen(self.generation), self.taken_for_dead()
        with suppress(Crash):
            worker.fold_some(part, count, frozen, "nothing")
        self.steps.pop(part, None)
        return frozen

    def finish(self) -> None:
        """Read what is left and fold what comes of it, a few messages at a time, the oldest first.

        So a link finds rows that were folded without it.
        """
        while left := [one for one in range(SOURCES) if self.read[one] < len(self.statements[one])]:
            oldest = min(left, key=lambda one: self.statements[one][self.read[one]].position)
            self.read_some([oldest], self.pace, self.generation, 99)
            for part in range(PARTS):
                self.fold_some(part, 99, self.generation, ALL)
        for part in range(PARTS):
            while self.folded[part] < len(self.facts[part]):
                self.fold_some(part, 3, self.generation, ALL)


@dataclass(frozen=True)
class Turn:
    """What a worker does next, and where in it it dies."""

    reads: tuple[int, ...]  # sources; none: it folds
    part: int
    count: int
    inserts: int  # before it dies
    sent: int  # messages, before it dies
    kept: str  # before it dies
    lost: int | None = None  # all states but so many are lost before
    zombie: bool = False  # it folds as of the turn before last, and nobody keeps what it says
    freezes: bool = False  # it folds, but others take over before it writes
    thaws: bool = False  # those that are frozen write before


turns = st.builds(
    Turn,
    reads=st.lists(st.integers(0, SOURCES - 1), unique=True, max_size=SOURCES).map(tuple),
    part=st.integers(0, PARTS - 1),
    count=st.integers(1, 6),
    inserts=st.sampled_from([0, 1, 2, 3, 4, 99, 99, 99, 99, 99]),
    sent=st.sampled_from([0, 1, 2, 3, 99, 99, 99, 99]),
    kept=st.sampled_from([ALL, ALL, ALL, "states", "nothing"]),
    lost=st.sampled_from([None] * 8 + [0, 1]),
    zombie=st.sampled_from([False, False, False, True]),
    freezes=st.sampled_from([False, False, False, True]),
    thaws=st.sampled_from([False, False, False, True]),
)


# How many messages are read before they are folded.
paces = st.sampled_from([1, 2, 5, 99])


def scripts(most: int) -> st.SearchStrategy[list[Turn]]:
    """Make scripts, often none, so that all is left to workers that live."""
    return st.just(list[Turn]()) | st.lists(turns, max_size=most)


@st.composite
def logs(draw: st.DrawFn) -> list[tuple[str, Any]]:
    statements = [
        answer(
            statement_id=str(UUID(int=draw(st.integers(1, 2**64)) << 16 | number, version=4)),
            person=draw(st.sampled_from(["an", "bo"])),
            points=sorted(draw(st.sets(st.sampled_from(["x", "y"]), max_size=2))),
            success=draw(st.booleans()),
            phase=draw(st.sampled_from(["pre", "in", "post"])),
            after=timedelta(hours=draw(st.integers(0, 40))),
        )
        for number in range(draw(st.integers(2, 20)))
    ]
    arrivals: list[tuple[str, Any]] = [("statement", one) for one in statements]
    for one in draw(st.lists(st.sampled_from(statements), max_size=4, unique_by=id)):
        at = draw(st.integers(arrivals.index(("statement", one)) + 1, len(arrivals)))
        arrivals.insert(at, ("voiding", one))
    for _ in range(draw(st.integers(0, 3))):
        version = state_version(draw(st.sampled_from([b"{}", b"[1]", None])))
        arrivals.insert(draw(st.integers(0, len(arrivals))), ("document", version))
    return with_declarations(draw, arrivals, most_links=6)


def run(cluster: Cluster, script: list[Turn]) -> None:
    zombie = cluster.taken_for_dead()
    frozen: list[Frozen] = []
    for turn in script:
        if turn.thaws:
            thaw(frozen)
        if turn.freezes and not turn.reads:
            frozen.append(cluster.freeze(turn.part, turn.count))
            continue
        mortal = Mortal(cluster.generation, turn.inserts)
        before = cluster.taken_for_dead()
        if turn.lost is not None:
            cluster.lose_states(turn.lost)
        try:
            if turn.reads:
                cluster.read_some(turn.reads, turn.count, mortal, turn.sent)
            elif turn.zombie:
                zombie.fold_some(turn.part, turn.count, mortal, "nothing")
            else:
                cluster.fold_some(turn.part, turn.count, mortal, turn.kept)
        except Crash:
            cluster.readers.clear()
            if turn.reads or not turn.zombie:
                cluster.steps.clear()
        zombie = before
    cluster.finish()
    for part in range(PARTS):
        with suppress(Crash):
            zombie.fold_some(part, 2, cluster.generation, "nothing")
    thaw(frozen)


def thaw(frozen: list[Frozen]) -> None:
    while frozen:
        frozen.pop(0).thaw()


def differing(generation: Generation, one: str, other: str) -> dict[str, Any]:
    pairs = {table: rows_of_each(generation, table, [one, other]) for table in TABLES}
    return {table: pair for table, pair in pairs.items() if pair[0] != pair[1]}


@settings(max_examples=EXAMPLES)
@given(arrivals=logs(), script=scripts(30), pace=paces)
def test_any_mixing_of_sources_gives_the_rows_of_one_clean_replay(
    arrivals: list[tuple[str, Any]],
    script: list[Turn],
    pace: int,
    generation: Generation,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    mixed, clean, start = next(_stores), next(_stores), next(_starts)
    run(Cluster(generation, numbered(arrivals, mixed, start), start - 1, pace), script)
    file = tmp_path_factory.mktemp("law") / "states.sqlite"
    carry(ListLog(numbered(arrivals, clean, start)), generation, file)
    assert differing(generation, mixed, clean) == {}


@settings(max_examples=EXAMPLES // 2)
@given(arrivals=logs(), script=scripts(15), pace=paces, data=st.data())
def test_a_generation_that_was_built_before_is_gone_on_with(
    arrivals: list[tuple[str, Any]],
    script: list[Turn],
    pace: int,
    data: st.DataObject,
    generation: Generation,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """The states of the carrier before are not at hand: only the rows and facts it wrote."""
    before = data.draw(st.integers(0, len(arrivals)))
    mixed, clean, start = next(_stores), next(_stores), next(_starts)
    log = numbered(arrivals, mixed, start)
    folder = tmp_path_factory.mktemp("law")
    carry(ListLog(log[:before]), generation, folder / "before.sqlite")
    run(Cluster(generation, log, start - 1 + before, pace), script)
    carry(ListLog(numbered(arrivals, clean, start)), generation, folder / "clean.sqlite")
    assert differing(generation, mixed, clean) == {}


# Parts of a step ---------------------------------------------------------------------------------


def one_source(generation: Generation, *entries: LogEntry) -> Cluster:
    cluster = Cluster(generation, list(entries))
    cluster.finish()
    return cluster


@pytest.fixture
def store() -> str:
    return next(_stores)


def test_progress_is_the_lowest_position_that_every_pair_of_parts_has_reached(
    tmp_path: Path,
) -> None:
    with closing(Warehouse.open(embedded_dsn(), catalogue=fresh_catalogue())) as warehouse:
        generation = warehouse.ensure()
        pairs = SOURCES * PARTS
        log = [entry(number, answer(person=f"p{number}")) for number in range(1, 8)]
        cluster = Cluster(generation, log)
        assert generation.position_of_parts(pairs) == 0
        for source in range(SOURCES):
            while cluster.read[source] < len(cluster.statements[source]):
                cluster.read_some([source], 5, generation, 99)
        cluster.fold_some(0, 99, generation, ALL)
        assert generation.position_of_parts(pairs) == 0
        cluster.fold_some(1, 99, generation, ALL)
        assert generation.position_of_parts(pairs) == 7


def test_a_fact_is_of_its_own_source_where_others_have_reached_its_position(
    generation: Generation,
) -> None:
    """The watermarks after an entry have its position, and come with it."""
    last = entry(3, answer())
    deliveries = [Delivery(0, 3, last), Delivery(0, 3), Delivery(1, 3), Delivery(2, 3)]
    batches = ReadStep(default_reader(), generation, 1).carry(deliveries)
    assert [(one.source, [fact.position for fact in one.facts]) for _, one in batches] == [
        (0, [3]),
        (1, []),
        (2, []),
    ]


def test_a_person_whose_state_is_lost_is_not_new_once_old_facts_have_come_again(
    generation: Generation, store: str
) -> None:
    start = next(_starts)
    old, new = (
        ReadStep(default_reader(), generation, 1).carry(
            [Delivery(0, position, entry(position, answer(after=timedelta(hours=1)), store=store))]
        )
        for position in (start, start + 1)
    )
    for worker in range(2):  # the second finds the rows of the first, and no state
        step = FoldStep(Fold(), generation, sources=1, parts=1, base=start - 1)
        states = step.carry(old, lambda persons: {})
        assert len(states) == 1 - worker
    step.carry(new, lambda persons: {})
    assert rows_of(generation, "persons", store)[0][1] == 2


def letters(generation: Generation, store: str) -> list[tuple[int, str]]:
    found = generation.dead_letters(store=store)
    return [(letter.position, letter.reason) for letter in found]


def test_what_cannot_be_read_is_set_aside_and_the_rest_goes_on(
    generation: Generation, store: str
) -> None:
    broken = LogEntry(2, store, "statement", "broken", 2, b"{")
    good = [entry(number, answer(), store=store) for number in (1, 3)]
    one_source(generation, good[0], broken, good[1])
    assert len(rows_of(generation, "facts", store)) == 2
    [(position, reason)] = letters(generation, store)
    assert position == 2
    assert "JSONDecodeError" in reason


def test_a_message_that_is_no_entry_is_set_aside(generation: Generation) -> None:
    step = ReadStep(default_reader(), generation, PARTS)
    batches = step.carry([Delivery(1, 9_001, refused="contract version 7 is not known")])
    assert [(batch.reached, batch.facts) for _, batch in batches] == [(0, [])] * PARTS
    found = [letter for letter in generation.dead_letters(limit=1000) if letter.position == 9_001]
    assert [letter.reason for letter in found] == ["contract version 7 is not known"]


def misreading(position: int, **wrong: Any) -> Callable[..., Any]:
    class Misreader:
        def read(self, statement: Any, *, store: str, position: int) -> Any:
            reading = default_reader().read(statement, store=store, position=position)
            if position == bad:
                facts = [msgspec.structs.replace(fact, **wrong) for fact in reading.facts]
                return msgspec.structs.replace(reading, facts=facts)
            return reading

    bad = position
    return Misreader()  # type: ignore[return-value]


def test_a_fact_that_no_column_can_hold_is_set_aside(generation: Generation, store: str) -> None:
    log = [entry(number, answer(), store=store) for number in range(1, 6)]
    step = ReadStep(misreading(4, item=7), generation, PARTS)  # type: ignore[arg-type]
    batches = step.carry([Delivery(0, one.position, one) for one in log])
    assert sum(len(batch.facts) for _, batch in batches) == 4
    assert [position for position, _ in letters(generation, store)] == [4]


class Overflowing(Fold):
    """A fold that gives one person's rows values that no column holds."""

    def rows(self, state: PersonState) -> Any:
        if state.person.endswith("|bo"):
            raise OverflowError("too much")
        return super().rows(state)


def test_a_person_whose_rows_no_column_can_hold_is_set_aside(
    generation: Generation, store: str
) -> None:
    log = [
        entry(number, answer(person=person), store=store)
        for number, person in enumerate(("an", "bo", "chen"), start=1)
    ]
    batches = ReadStep(default_reader(), generation, 1).carry(
        [Delivery(0, one.position, one) for one in log]
    )
    step = FoldStep(Overflowing(), generation, sources=1, parts=1)
    states = step.carry(batches, lambda persons: {})
    assert sorted(person[-1] for _, person in states) == ["n", "n"]
    assert len(rows_of(generation, "persons", store)) == 2
    [(position, reason)] = letters(generation, store)
    assert position == 2
    assert "too much" in reason


def test_facts_that_come_again_change_no_state(generation: Generation, store: str) -> None:
    log = [entry(number, answer(), store=store) for number in (1, 2)]
    batches = ReadStep(default_reader(), generation, 1).carry(
        [Delivery(0, one.position, one) for one in log]
    )
    step = FoldStep(Fold(), generation, sources=1, parts=1)
    states = step.carry(batches, lambda persons: {})
    assert [state.position for state in states.values()] == [2]
    kept = {person: encode(state) for person, state in states.items()}

    def load(persons: Sequence[Person]) -> dict[Person, PersonState]:
        return {person: decode(kept[person]) for person in persons}

    assert step.carry(batches, load) == {}


def test_what_was_set_aside_comes_again_and_its_person_is_folded_again(
    generation: Generation, store: str
) -> None:
    start = next(_starts)
    log = [
        entry(start + number, answer(after=timedelta(hours=number)), store=store)
        for number in range(3)
    ]
    bad = log[1]
    deliveries = [Delivery(0, one.position, one) for one in log]
    step = FoldStep(Fold(), generation, sources=1, parts=1, base=start - 1)
    kept: dict[Person, bytes] = {}

    def load(persons: Sequence[Person]) -> dict[Person, PersonState]:
        return {person: decode(kept[person]) for person in persons if person in kept}

    def carry(reader: Any, deliveries: Sequence[Delivery]) -> None:
        batches = ReadStep(reader, generation, 1).carry(deliveries)
        states = step.carry(batches, load)
        kept.update({person: encode(state) for person, state in states.items()})

    carry(misreading(bad.position, item=7), deliveries)
    assert [position for position, _ in letters(generation, store)] == [bad.position]
    again = Delivery(0, bad.position, bad, again=bad.position)
    carry(misreading(bad.position, item=7), [again])
    assert [position for position, _ in letters(generation, store)] == [bad.position]
    carry(default_reader(), [again])
    assert letters(generation, store) == []
    assert rows_of(generation, "persons", store)[0][1] == 3
    later = entry(start + 3, answer(after=timedelta(hours=9)), store=store)
    carry(default_reader(), [Delivery(0, later.position, later)])
    assert rows_of(generation, "persons", store)[0][1] == 4


# Links -------------------------------------------------------------------------------------------


def link(position: int, account: str, person: str, store: str) -> LogEntry:
    made = Links().change(account, person)
    assert made is not None
    return declared(position, made, store=store)


def persons(generation: Generation, store: str) -> dict[str, int]:
    return {row[0].partition("|")[2]: row[1] for row in rows_of(generation, "persons", store)}


def test_a_link_goes_to_the_parts_of_those_it_is_about_from_each_of_its_sources(
    generation: Generation, store: str
) -> None:
    entry_ = link(next(_starts), "bo", "an", store)
    deliveries = [Delivery(source, entry_.position, entry_) for source in range(SOURCES)]
    batches = ReadStep(default_reader(), generation, 8).carry(deliveries)
    about = {part_of(store, person_key(name), 8) for name in ("an", "bo")}
    told = {(part, batch.source) for part, batch in batches if batch.links}
    assert told == {(part, source) for part in about for source in range(SOURCES)}
    assert len(batches) == 8 * SOURCES


def test_facts_that_a_slower_source_sends_to_the_old_part_are_folded_in_the_new_one(
    generation: Generation, store: str
) -> None:
    """One source has the link long before another has what comes before it there."""
    start = next(_starts)
    first = entry(start, answer(person="bo"), store=store)
    second = entry(start + 1, answer(person="bo", after=timedelta(hours=1)), store=store)
    linked = link(start + 2, "bo", "an", store)
    cluster = Cluster(generation, [first, second, linked], base=start - 1)
    slow = sources_of(second)[0]
    for source in range(SOURCES):
        if source != slow:
            cluster.read_some([source], 99, generation, 99)
    for part in range(PARTS):
        cluster.fold_some(part, 99, generation, ALL)
    # The slow source's reader doesn't know the link yet.
    reader = ReadStep(default_reader(), generation, PARTS)
    reader._identities = Identities()
    cluster.readers[slow] = reader
    cluster.finish()
    assert persons(generation, store) == {"an": 2}


def test_a_link_that_was_set_aside_comes_again(generation: Generation, store: str) -> None:
    start = next(_starts)
    log = [
        entry(start, answer(person="an"), store=store),
        entry(start + 1, answer(person="bo"), store=store),
        LogEntry(start + 2, store, "unreadable", "", 0, b"", error="KeyError"),
    ]
    cluster = Cluster(generation, log, base=start - 1)
    cluster.finish()
    assert persons(generation, store) == {"an": 1, "bo": 1}
    assert [position for position, _ in letters(generation, store)] == [start + 2]
    again = link(start + 2, "bo", "an", store)
    for source in range(SOURCES):
        cluster.statements[source].append(
            Delivery(source, again.position, again, again=again.position)
        )
    cluster.finish()
    assert persons(generation, store) == {"an": 2}
    assert letters(generation, store) == []


def test_a_batch_of_the_release_before_has_no_links() -> None:
    before = msgspec.msgpack.encode([1, 7, [], False])
    assert decode_batch(before) == FactBatch(1, 7, [])


def test_a_declaration_of_a_kind_of_a_later_release_is_passed_over(
    generation: Generation, store: str
) -> None:
    start = next(_starts)
    unknown = declared(start, declaration("scheme of 2030", "a", b"not JSON"), store=store)
    cluster = Cluster(generation, [unknown, entry(start + 1, answer(), store=store)], start - 1)
    cluster.finish()
    assert persons(generation, store) == {"s1": 1}
    assert letters(generation, store) == []


# Workers that are frozen before they write, while others take over ------------------------------


def left_by_one_that_froze(cluster: Cluster, store: str) -> dict[str, list[Any]]:
    """Freeze each part's worker at its first message, go on without them, and let them write.

    Gives the rows that are left, by table.
    """
    oldest = cluster.log[0]
    for source in sources_of(oldest):
        cluster.read_some([source], 1, cluster.generation, 99)
    frozen = [cluster.freeze(part, 1) for part in range(PARTS)]
    for source in range(SOURCES):
        cluster.read_some([source], 99, cluster.generation, 99)
    for part in range(PARTS):
        cluster.fold_some(part, 99, cluster.generation, ALL)
    cluster.finish()
    thaw(frozen)
    return {table: rows_of(cluster.generation, table, store) for table in FOLDED}


def test_rows_of_a_fact_that_is_voided_meanwhile_are_gone(
    generation: Generation, store: str
) -> None:
    start, statement = next(_starts), answer()
    log = [
        entry(start, statement, store=store),
        entry(start + 1, statement, store=store, kind="voiding"),
    ]
    left = left_by_one_that_froze(Cluster(generation, log, base=start - 1), store)
    assert left == {table: [] for table in FOLDED}


def test_rows_of_an_account_that_is_linked_away_meanwhile_are_gone(
    generation: Generation, store: str
) -> None:
    start = next(_starts)
    log = [entry(start, answer(person="bo"), store=store), link(start + 1, "bo", "an", store)]
    left = left_by_one_that_froze(Cluster(generation, log, base=start - 1), store)
    assert {row[0].partition("|")[2] for rows in left.values() for row in rows} == {"an"}


def test_rows_of_an_account_that_is_unlinked_meanwhile_are_its_own(
    generation: Generation, store: str
) -> None:
    start, links = next(_starts), Links()
    made = [links.change("bo", person) for person in ("an", None)]
    assert made[0] is not None
    assert made[1] is not None
    log = [
        declared(start, made[0], store=store),
        entry(start + 1, answer(person="bo"), store=store),
        declared(start + 2, made[1], store=store),
    ]
    cluster = Cluster(generation, log, base=start - 1)
    for source in range(SOURCES):
        cluster.read_some([source], 1, generation, 99)
    for part in range(PARTS):
        cluster.fold_some(part, 99, generation, ALL)
    source = sources_of(log[1])[0]
    cluster.read_some([source], 1, generation, 99)
    frozen = [cluster.freeze(part, 99) for part in range(PARTS)]
    for one in range(SOURCES):
        cluster.read_some([one], 99, generation, 99)
    for part in range(PARTS):
        cluster.fold_some(part, 99, generation, ALL)
    cluster.finish()
    thaw(frozen)
    left = {table: rows_of(generation, table, store) for table in FOLDED}
    assert {row[0].partition("|")[2] for rows in left.values() for row in rows} == {"bo"}


def test_rows_of_a_fact_are_gone_though_who_voids_it_knows_less_than_the_one_that_froze(
    generation: Generation, store: str
) -> None:
    """Who takes over knows a link before it comes, and passes over what the account did.

    So its versions are lower at first, and it's the link that has to see to all rows there can be.
    """
    start, links = next(_starts), Links()
    linked, unlinked = links.change("bo", "an"), links.change("bo", None)
    assert linked is not None
    assert unlinked is not None
    done = answer_in(0, person="an", points=["x"])
    others = answer_in(1, person="bo", points=["y"], after=timedelta(days=20))
    log = [
        declared(start, linked, store=store),
        entry(start + 49, done, store=store),
        entry(start + 50, others, store=store),
        entry(start + 51, done, store=store, kind="voiding"),
        declared(start + 52, unlinked, store=store),
    ]
    cluster = Cluster(generation, log, base=start - 1)
    for source in range(SOURCES):
        cluster.read_some([source], 1, generation, 99)
    for part in range(PARTS):
        cluster.fold_some(part, 99, generation, ALL)
    for source in (0, 1):
        cluster.read_some([source], 1, generation, 99)
    frozen = [cluster.freeze(part, 99) for part in range(PARTS)]
    cluster.read_some([0], 1, generation, 99)
    for source in range(SOURCES):
        cluster.read_some([source], 99, generation, 99)
    for part in range(PARTS):
        while cluster.folded[part] < len(cluster.facts[part]):
            cluster.fold_some(part, 1, generation, ALL)
    cluster.finish()
    thaw(frozen)
    left = {table: rows_of(generation, table, store) for table in FOLDED}
    assert {row[0].partition("|")[2] for rows in left.values() for row in rows} == {"bo"}


def answer_in(source: int, **fields: Any) -> dict[str, Any]:
    """Make an answer that is in a source."""
    while True:
        made = answer(**fields)
        if sources_of(entry(1, made)) == [source]:
            return made


# What is large, or refused still -----------------------------------------------------------------


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(1, 30), st.booleans(), st.integers(0, 3_000)), max_size=30),
    st.booleans(),
)
def test_a_batch_too_large_for_a_message_is_cut_into_several(
    items: list[tuple[int, bool, int]], again: bool
) -> None:
    reader = default_reader()
    facts, links = list[Any](), list[Any]()
    for position, is_link, size in sorted(items):
        if is_link:
            links.append(Link("demo", "a" * size, "b", "a" * size, position))
        else:
            statement = answer(item="i" * size)
            facts += reader.read(statement, store="demo", position=position).facts
    batch = FactBatch(1, 0 if again else 40, facts, again, links)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streams.distributed.LARGEST_BATCH", 4_000)
        encoded = list(encoded_batches(batch))
    decoded = [decode_batch(one) for one in encoded]
    assert [fact for one in decoded for fact in one.facts] == facts
    assert [link for one in decoded for link in one.links] == links
    assert all(one.source == 1 and one.again == again for one in decoded)
    assert decoded[-1].reached == batch.reached
    for number, one in enumerate(decoded):
        after = [item.position for later in decoded[number + 1 :] for item in later.facts]
        after += [item.position for later in decoded[number + 1 :] for item in later.links]
        assert not after or again or one.reached < min(after)
        its = {item.position for item in one.facts} | {item.position for item in one.links}
        assert len(encoded[number]) <= 4_000 or len(its) == 1


def test_a_state_that_was_not_kept_is_made_from_the_facts(
    generation: Generation, store: str
) -> None:
    start = next(_starts)
    step = FoldStep(Fold(), generation, sources=1, parts=1, base=start - 1)
    for number in range(3):
        one = entry(start + number, answer(after=timedelta(hours=number)), store=store)
        batches = ReadStep(default_reader(), generation, 1).carry([Delivery(0, one.position, one)])
        step.compare(step.carry(batches, lambda persons: {}))
    assert rows_of(generation, "persons", store)[0][1] == 3


def test_what_comes_again_too_soon_is_set_aside_anew_and_the_rest_goes_on(
    generation: Generation, store: str
) -> None:
    start = next(_starts)
    log = [
        entry(start + number, answer(person=person), store=store)
        for number, person in enumerate(("an", "bo", "chen"))
    ]
    step = FoldStep(Overflowing(), generation, sources=1, parts=1, base=start - 1)
    for again in (None, "again"):
        deliveries = [Delivery(0, one.position, one, again=again and one.position) for one in log]
        batches = ReadStep(default_reader(), generation, 1).carry(deliveries)
        states = step.carry(batches, lambda persons: {})
        assert sorted(person[-1] for _, person in states) == ["n", "n"]
        assert [position for position, _ in letters(generation, store)] == [start + 1]
