"""Replay gives the rows of the embedded carrier, however it is cut, filtered or broken off."""

import fcntl
import itertools
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.record import LogEntry, Record
from projections.comparison import compare
from projections.folds import Fold
from projections.meaning.reading import default_reader
from projections.portraits.students import Portraits
from projections.tables import TABLES
from projections.warehouse import Generation, NotPromotable, Warehouse
from streams.embedded import EmbeddedCarrier
from streams.keeping import KeptOtherwise, take_for_workers
from streams.replay import (
    Filters,
    Progress,
    Replay,
    ReplayRefused,
    ReplayRunning,
    ReplayStopped,
    forget_replay,
    is_running,
    position_stored_by,
)
from streams.replay_work import Tools
from streams.replay_workers import Processes, ThisProcess
from streams.states import States
from tests.streams.test_law import Countdown, Crash, History, histories
from tests.support.carrying import carry
from tests.support.clickhouse import (
    ClickHouseServer,
    embedded_dsn,
    fresh_catalogue,
    rows_of,
    written_tables,
)
from tests.support.histories import ListLog, answer, document, entry, person_key, state_version
from tests.support.records import draft, statement_id, voiding

EXAMPLES = settings.default.max_examples if settings.default.max_examples > 1000 else 25

_names = (f"replay_{number}" for number in itertools.count())
_stores = (f"store-{number}" for number in itertools.count())


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    warehouse = Warehouse.open(embedded_dsn(), catalogue=fresh_catalogue())
    warehouse.ensure()
    yield warehouse
    warehouse.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("replay")


@pytest.fixture
def name(warehouse: Warehouse) -> Iterator[str]:
    """Name a generation of the test's own."""
    name = next(_names)
    yield name
    if name in {record.name for record in warehouse.generations()}:
        warehouse.drop(name)


Make = Callable[..., Replay]


@pytest.fixture
def make(warehouse: Warehouse, folder: Path, name: str) -> Make:
    """Make replays of the test's generation."""

    def make(log: Any, filters: Filters = Filters(), **options: Any) -> Replay:  # noqa: B008
        return replay_of(warehouse, folder, options.pop("name", name), log, filters, **options)

    return make


def replay_of(
    warehouse: Warehouse,
    folder: Path,
    name: str,
    log: Any,
    filters: Filters = Filters(),  # noqa: B008 - it can't be changed
    reader: Any = None,
    fold: Fold | None = None,
    **options: Any,
) -> Replay:
    given: dict[str, Any] = {
        "log": log,
        "tools": Tools(log, reader or default_reader(), fold or Fold()),
        "workers": ThisProcess(),
        "warehouse": warehouse,
        "states_file": folder / "carrier.sqlite",
        "folder": folder / "replays",
    }
    return Replay(name, filters, **(given | options))


def rows(generation: Generation, store: str) -> dict[str, Any]:
    left_out = {"dead_letters": ("store", "version", "since")}
    exact = {"facts": ("store",), "persons": ("store",), "documents": ("store",)}
    known = exact | left_out
    if any(of_store == store for of_store, *_ in generation.query("identities")):
        # The carrier's also says when the person's accounts changed last.
        del known["persons"]
    written = written_tables(generation)
    return {
        table: rows_of(generation, table, store, known.get(table, ("store", "position")))
        if table in written
        else []
        for table in TABLES
    }


# The law -----------------------------------------------------------------------------------------


@settings(max_examples=EXAMPLES)
@given(
    history=histories(),
    chunk=st.integers(1, 30),
    shard=st.integers(1, 30),
    crashes=st.lists(st.integers(0, 25), max_size=3),
)
def test_replay_gives_the_rows_of_the_embedded_carrier(
    history: History,
    chunk: int,
    shard: int,
    crashes: list[int],
    warehouse: Warehouse,
    folder: Path,
) -> None:
    store, name = next(_stores), next(_names)
    log = ListLog(history.log(store))
    for steps in crashes:
        broken_off(replay_of(warehouse, folder, name, log, chunk=chunk, shard=shard), steps)
    generation = replay_of(warehouse, folder, name, log, chunk=chunk, shard=shard).run()
    carry(log, warehouse.ensure("carried"), folder / f"{store}.sqlite")
    assert rows(generation, store) == rows(warehouse.generation("carried"), store)
    warehouse.drop(name)


@settings(max_examples=EXAMPLES)
@given(history=histories(), cut=st.floats(0, 1), limit=st.integers(1, 12))
def test_the_embedded_carrier_goes_on_where_a_replay_ended(
    history: History, cut: float, limit: int, warehouse: Warehouse, folder: Path
) -> None:
    store, begun, whole = next(_stores), next(_names), next(_names)
    entries = history.log(store)
    earlier = ListLog(entries[: round(cut * len(entries))])
    generation = replay_of(warehouse, folder, begun, earlier, chunk=5, shard=5).run()
    carry(ListLog(entries), generation, folder / "carrier.sqlite", limit=limit)
    clean = replay_of(warehouse, folder, whole, ListLog(entries)).run()
    assert rows(generation, store) == rows(clean, store)
    warehouse.drop(begun)
    warehouse.drop(whole)


def broken_off(replay: Replay, steps: int) -> None:
    """Run a replay that dies before one of its inserts, commits or files."""
    step = Countdown(steps)

    def mortal(method: Callable[..., Any]) -> Callable[..., Any]:
        def taken(*arguments: Any) -> Any:
            step()
            return method(*arguments)

        return taken

    with (
        patch.object(Generation, "insert_encoded", mortal(Generation.insert_encoded)),
        patch.object(States, "commit", mortal(States.commit)),
        patch.object(Path, "rename", mortal(Path.rename)),
        patch.object(Warehouse, "describe", mortal(Warehouse.describe)),
        suppress(Crash),
    ):
        replay.run()


# Filters -----------------------------------------------------------------------------------------


def answers(*numbers: int, store: str = "demo", **fields: Any) -> list[LogEntry]:
    return [
        entry(number, answer(after=timedelta(minutes=number), **fields), store=store)
        for number in numbers
    ]


def positions(generation: Generation, store: str = "demo") -> set[int]:
    index = [n for n in TABLES["facts"].column_names if n not in ("store", "is_deleted")]
    at = index.index("position")
    return {row[at] for row in rows_of(generation, "facts", store, ("store",))}


def test_until_stored_ends_at_the_last_entry_stored_by_then(make: Make) -> None:
    log = ListLog(answers(*range(1, 10)))  # each is stored at its position
    generation = make(log, Filters(until_stored=4)).run()
    assert positions(generation) == {1, 2, 3, 4}


@pytest.mark.parametrize(("stored", "position"), [(0, 0), (5, 2), (6, 2), (9, 3), (99, 3)])
def test_a_stored_time_is_found_in_a_log_with_gaps(stored: int, position: int) -> None:
    [statement] = [answer()]
    log = ListLog(
        LogEntry(at, "demo", "statement", str(at), when, orjson.dumps(statement))
        for at, when in ((1, 2), (2, 5), (3, 9))
    )
    assert position_stored_by(log, stored) == position


def test_until_time_leaves_out_what_happened_later_with_its_names_and_documents(
    make: Make,
) -> None:
    bound = answers(3)[0]
    log = ListLog(
        [
            *answers(5, name="later"),
            *(msgspec.structs.replace(one, position=6) for one in answers(2, name="earlier")),
        ]
    )
    at = default_reader().read(orjson.loads(bound.statement), store="demo", position=1)
    log.append(document(7, state_version(b"1", updated=at.facts[0].time)))
    log.append(document(8, state_version(b"2", updated=at.facts[0].time + 1)))
    generation = make(log, Filters(until_time=at.facts[0].time)).run()
    assert positions(generation) == {6}
    names = {row[-1][-1] for row in rows_of(generation, "names", "demo")}
    assert "earlier" in names
    assert "later" not in names
    assert [row[-2] for row in rows_of(generation, "documents", "demo")] == ["1"]


def test_one_store_and_a_range_by_position(make: Make) -> None:
    log = ListLog([*answers(1, 2, 3), *answers(4, store="other"), *answers(5)])
    generation = make(log, Filters(from_position=2, store="demo")).run()
    assert positions(generation) == {2, 3, 5}
    assert positions(generation, "other") == set()


def test_a_voiding_counts_where_it_is_in_the_range(make: Make) -> None:
    first, second = answer(), answer(after=timedelta(1))
    log = ListLog(
        [
            entry(1, first),
            entry(2, second),
            entry(3, first, kind="voiding"),
            entry(4, second, kind="voiding"),
        ]
    )
    assert positions(make(log, Filters(until_stored=3)).run()) == {2}


def test_a_voiding_of_a_statement_before_the_range_leaves_nothing(make: Make) -> None:
    voided = answer()
    log = ListLog([entry(1, voided), entry(2, voided, kind="voiding"), *answers(3, person="bo")])
    generation = make(log, Filters(from_position=2)).run()
    assert positions(generation) == {3}
    assert [row[0] for row in rows_of(generation, "persons", "demo")] == [person_key("bo")]


def test_an_empty_range_is_a_generation_without_rows(make: Make) -> None:
    generation = make(ListLog(answers(1)), Filters(from_position=7)).run()
    assert positions(generation) == set()
    assert make(ListLog(), Filters(from_position=7)).run().origin["state"] == "complete"


# Trouble -----------------------------------------------------------------------------------------


def test_what_cannot_be_read_or_folded_is_set_aside(make: Make) -> None:
    class Refuser(Fold):
        def apply(self, state: Any, fact: Any) -> None:
            if fact.position == 2:
                raise ZeroDivisionError("a bug")
            super().apply(state, fact)

    broken = LogEntry(4, "demo", "statement", "broken-id", 4, b'{"id": ')
    generation = make(ListLog([*answers(1, 2, 3), broken]), fold=Refuser()).run()
    letters = [(each.position, each.reason) for each in generation.dead_letters()]
    assert [position for position, _ in letters] == [2, 4]
    assert letters[0][1] == "ZeroDivisionError: a bug"
    assert "JSONDecodeError" in letters[1][1]
    assert rows_of(generation, "persons", "demo")[0][1] == 2


def test_a_fact_that_no_column_can_hold_is_set_aside(make: Make) -> None:
    class Misreader:
        def read(self, statement: Any, *, store: str, position: int) -> Any:
            reading = default_reader().read(statement, store=store, position=position)
            if position == 5:
                facts = [msgspec.structs.replace(fact, item=7) for fact in reading.facts]
                return msgspec.structs.replace(reading, facts=facts)
            return reading

    generation = make(ListLog(answers(*range(1, 9))), reader=Misreader()).run()
    assert positions(generation) == {1, 2, 3, 4, 6, 7, 8}
    assert [letter.position for letter in generation.dead_letters()] == [5]


def test_rows_that_no_column_can_hold_set_aside_what_made_them(make: Make) -> None:
    class Overflowing(Fold):
        def rows(self, state: Any) -> Any:
            given = super().rows(state)
            if state.person == person_key("bo") and state.facts == 2:
                given["persons"] = [("demo", "bo", -1, 0, 0, 0, 0)]
            return given

    log = ListLog([*answers(1, 2, person="bo"), *answers(3, person="an")])
    generation = make(log, fold=Overflowing()).run()
    assert [letter.position for letter in generation.dead_letters()] == [2]
    facts = {row[0]: row[1] for row in rows_of(generation, "persons", "demo")}
    assert facts == {person_key("bo"): 1, person_key("an"): 1}


# Names, states, going on -------------------------------------------------------------------------


def stopped(replay: Replay) -> None:
    """Run a replay that is told to stop when it first has something done."""
    with pytest.raises(ReplayStopped):
        replay.run()


def stop_at(phase: str) -> Callable[[Progress], None]:
    def told(progress: Progress) -> None:
        if progress.phase == phase and progress.done:
            raise ReplayStopped

    return told


@pytest.mark.parametrize("phase", ["reading", "folding"])
def test_a_replay_that_was_stopped_goes_on_and_does_nothing_twice(
    make: Make, warehouse: Warehouse, name: str, phase: str
) -> None:
    log = CountingLog(answers(*range(1, 41)))
    stopped(make(log, chunk=5, told=stop_at(phase)))
    assert warehouse.generation(name).origin["state"] == "building"
    log.append(*answers(41))
    heard: list[Progress] = []
    generation = make(log, chunk=5, told=heard.append).run()
    assert positions(generation) == set(range(1, 42))
    assert log.read == sorted(set(log.read)), "an entry was read twice"
    assert heard[0].done > 0
    assert generation.origin["state"] == "complete"


class CountingLog(ListLog):
    """Notes which entries are read in more than looking for the log's end."""

    def __init__(self, entries: Iterable[LogEntry]) -> None:
        super().__init__(entries)
        self.read: list[int] = []

    def read_log(self, after: int, limit: int) -> list[LogEntry]:
        entries = super().read_log(after, limit)
        self.read += [entry.position for entry in entries]
        return entries


def test_what_comes_meanwhile_is_carried_in_the_end(make: Make) -> None:
    log = ListLog(answers(*range(1, 11)))

    def told(progress: Progress) -> None:
        if progress.phase == "folding" and log.last_position() == 10:
            log.append(*answers(11, 12))

    generation = make(log, told=told).run()
    assert positions(generation) == set(range(1, 13))
    assert generation.origin["position"] == 12


def test_a_complete_replay_that_is_run_again_comes_up_to_the_logs_end(make: Make) -> None:
    log = ListLog(answers(1, 2))
    make(log).run()
    log.append(*answers(3))
    assert positions(make(log).run()) == {1, 2, 3}


def test_other_filters_need_another_name(make: Make) -> None:
    log = ListLog(answers(1, 2))
    make(log, Filters(store="demo")).run()
    with pytest.raises(ReplayRefused, match="has other filters"):
        make(log).run()


def test_a_generation_that_is_live_or_no_replays_is_left_alone(
    make: Make, warehouse: Warehouse, name: str
) -> None:
    with pytest.raises(ReplayRefused, match="was made by no replay"):
        make(ListLog(), name="live").run()
    make(ListLog(answers(1))).run()
    warehouse.promote(name)
    with pytest.raises(ReplayRefused, match="is live"):
        make(ListLog()).run()
    warehouse.promote("live")


def test_a_generation_that_workers_kept_is_left_alone(
    make: Make, warehouse: Warehouse, folder: Path
) -> None:
    """Their rows have other versions: what a replay adds would lose against them."""
    log = ListLog(answers(1, 2))
    generation = take_for_workers(warehouse, make(log).run(), 2)
    log.append(*answers(3))
    with pytest.raises(ReplayRefused, match="was kept by workers"):
        make(log).run()
    with (
        closing(States(folder / "carrier.sqlite", generation.identity)) as states,
        pytest.raises(KeptOtherwise),
    ):
        EmbeddedCarrier(log, default_reader(), Fold(), generation, states)
    assert generation.origin["position"] == 2
    assert positions(generation) == {1, 2}


def test_one_at_a_time_builds_a_generation(
    make: Make, warehouse: Warehouse, name: str, folder: Path
) -> None:
    stopped(make(ListLog(answers(1, 2)), told=stop_at("reading")))
    identity = warehouse.generation(name).identity
    assert not is_running(identity, folder / "replays")
    with (folder / "replays" / identity / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert is_running(identity, folder / "replays")
        with pytest.raises(ReplayRunning):
            make(ListLog(answers(1, 2))).run()
        with pytest.raises(ReplayRunning):
            forget_replay(identity, folder / "carrier.sqlite", folder / "replays")


def test_the_spool_goes_when_the_generation_is_complete_or_forgotten(
    make: Make, warehouse: Warehouse, name: str, folder: Path
) -> None:
    stopped(make(ListLog(answers(1, 2)), told=stop_at("folding")))
    identity = warehouse.generation(name).identity
    assert (folder / "replays" / identity / "plan.json").exists()
    forget_replay(identity, folder / "carrier.sqlite", folder / "replays")
    assert not (folder / "replays" / identity).exists()
    make(ListLog(answers(1, 2))).run()
    assert not (folder / "replays" / identity).exists()


def test_what_is_not_complete_or_leaves_something_out_is_not_promoted(
    make: Make, warehouse: Warehouse, name: str
) -> None:
    log = ListLog(answers(1, 2))
    stopped(make(log, told=stop_at("reading")))
    with pytest.raises(NotPromotable, match="is still being built"):
        warehouse.promote(name)
    what_if = next(_names)
    for filters in (Filters(store="demo"), Filters(until_time=1), Filters(from_position=2)):
        make(log, filters, name=what_if).run()
        with pytest.raises(NotPromotable, match="leaves out"):
            warehouse.promote(what_if)
        warehouse.drop(what_if)
    make(log, Filters(until_stored=1), name=what_if).run()
    warehouse.promote(what_if)
    assert warehouse.generation().name == what_if
    warehouse.promote("live")
    warehouse.drop(what_if)


def test_a_server_is_written_to_as_the_embedded_engine_is(
    tmp_path: Path, make: Make, name: str
) -> None:
    log = ListLog([*answers(*range(1, 40)), document(40, state_version(b"1"))])
    server = ClickHouseServer(tmp_path / "server")
    server.start()
    try:
        with closing(Warehouse.open(server.dsn)) as there:
            far = replay_of(there, tmp_path, name, log, chunk=7, shard=9).run()
            near = make(log).run()
            for query in ("portrait_person", "portrait_days", "portrait_mastery"):
                about: dict[str, Any] = {"person": person_key("s1")}
                both = [each.query(query, store="demo", **about) for each in (far, near)]
                assert sorted(both[0]) == sorted(both[1]), query
            kept = [Portraits(each, lambda: 0) for each in (far, near)]
            listed = [each.documents("demo", person_key("s1")) for each in kept]
            assert listed[0] == listed[1]
            assert compare(far, there.ensure_live()).tables[0].only_one == 39
    finally:
        server.stop()


# With the real record, in processes of their own ---------------------------------------------


def test_processes_read_the_record_themselves(
    location: str, tmp_path: Path, warehouse: Warehouse, name: str
) -> None:
    with closing(Record.open(location)) as record:
        several = [
            answer(statement_id=statement_id(n), person=f"s{n % 7}", after=timedelta(minutes=n))
            for n in range(1, 201)
        ]
        record.store_statements_now("demo", [draft(each, "demo") for each in several])
        record.store_statements_now("demo", [draft(voiding(statement_id(1)), "demo")])
        with closing(Processes(location, "Asia/Shanghai", count=2, niceness=1)) as workers:
            replay = replay_of(warehouse, tmp_path, name, record, workers=workers, chunk=30)
            generation = replay.run()
        carry(record, warehouse.ensure("carried"), tmp_path / "other.sqlite")
    assert rows(generation, "demo") == rows(warehouse.generation("carried"), "demo")
    warehouse.drop("carried")
