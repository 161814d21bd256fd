"""The embedded carrier: follows the log to rows, waits, is waited for, and survives trouble."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lrs.record import LogEntry, Record
from projections.folds import Fold
from projections.meaning.reading import default_reader
from projections.portraits.students import Portraits
from projections.tables import TABLES
from projections.warehouse import Generation, Warehouse
from streams.embedded import EmbeddedCarrier, LogReplaced
from streams.states import States
from tests.support.clickhouse import ClickHouseServer, rows_of
from tests.support.histories import (
    Links,
    ListLog,
    answer,
    declaration,
    declared,
    document,
    entry,
    person_key,
    state_version,
)
from tests.support.records import draft, statement_id, voiding


@pytest.fixture
def log() -> ListLog:
    return ListLog()


@pytest.fixture
def states_file(tmp_path: Path) -> Path:
    return tmp_path / "carrier.sqlite"


Make = Callable[..., EmbeddedCarrier]


@pytest.fixture
def make(log: ListLog, generation: Generation, states_file: Path) -> Iterator[Make]:
    """Make carriers of the test's log and generation; all are stopped when the test ends."""
    made: list[tuple[EmbeddedCarrier, States]] = []

    def make(**options: Any) -> EmbeddedCarrier:
        given: Any = {"log": log, "generation": generation, "fold": Fold()}
        given |= {"reader": default_reader(), "spacing": 0.01} | options
        states = States(states_file, given["generation"].identity)
        carrier = EmbeddedCarrier(states=states, **given)
        made.append((carrier, states))
        return carrier

    yield make
    for carrier, states in made:
        carrier.stop()
        states.close()


def facts_of(generation: Generation, name: str = "s1") -> int:
    """Tell how many facts there are about a person."""
    found = generation.query("portrait_person", store="demo", person=person_key(name))
    return found[0][0] if found else 0


def answers(*numbers: int, **fields: Any) -> list[LogEntry]:
    return [entry(number, answer(after=timedelta(minutes=number), **fields)) for number in numbers]


# Carrying ------------------------------------------------------------------------------------


def test_statements_become_facts_names_days_and_mastery(
    log: ListLog, generation: Generation, make: Make
) -> None:
    log.append(*answers(1, 2, name="小安"))
    assert make().run_once() == 2
    assert len(rows_of(generation, "facts", "demo")) == 2
    assert rows_of(generation, "persons", "demo")[0][:2] == (person_key("s1"), 2)
    assert [row[2:7] for row in rows_of(generation, "person_days", "demo")] == [
        ("post", "mathematics", "homework", 2, 2)
    ]
    assert len(rows_of(generation, "person_mastery", "demo")) == 1
    assert {row[-1][-1] for row in rows_of(generation, "names", "demo")} >= {"小安", "fractions"}


def test_an_empty_log_is_nothing_to_carry(make: Make) -> None:
    carrier = make()
    assert carrier.run_once() == 0
    assert carrier.position == 0


def test_a_batch_holds_at_most_the_limit(log: ListLog, make: Make) -> None:
    log.append(*answers(*range(1, 8)))
    carrier = make(limit=3)
    assert [carrier.run_once() for _ in range(4)] == [3, 3, 1, 0]


def test_a_restarted_carrier_goes_on_where_the_last_one_stopped(
    log: ListLog, generation: Generation, make: Make
) -> None:
    log.append(*answers(1, 2))
    make().run_once()
    log.append(*answers(3))
    carrier = make()
    assert carrier.position == 2
    assert carrier.run_once() == 1
    assert facts_of(generation) == 3


def test_a_generation_made_anew_is_carried_to_from_the_start(
    warehouse: Warehouse, log: ListLog, make: Make
) -> None:
    log.append(*answers(1, 2))
    make(generation=warehouse.ensure("made_anew")).run_once()
    warehouse.drop("made_anew")
    anew = warehouse.ensure("made_anew")
    carrier = make(generation=anew)
    assert carrier.position == 0
    assert carrier.run_once() == 2
    assert facts_of(anew) == 2
    warehouse.drop("made_anew")


def test_a_late_statement_changes_the_past(
    log: ListLog, generation: Generation, make: Make
) -> None:
    carrier = make()
    log.append(entry(1, answer(after=timedelta(days=1), success=False)))
    carrier.run_once()
    log.append(entry(2, answer(after=timedelta(days=0))))
    carrier.run_once()
    days = rows_of(generation, "person_days", "demo", leave_out=())
    assert [(row[6:9], row[-1]) for row in days] == [((1, 1, 1), 2), ((1, 1, 0), 2)]


def test_a_voided_statement_leaves_no_row_of_its_own(
    log: ListLog, generation: Generation, make: Make
) -> None:
    carrier = make()
    kept, voided = answer(points=["x"]), answer(points=["y"], phase="pre", after=timedelta(1))
    log.append(entry(1, kept), entry(2, voided))
    carrier.run_once()
    assert len(rows_of(generation, "person_mastery", "demo")) == 2
    log.append(entry(3, voided, kind="voiding"))
    carrier.run_once()
    assert facts_of(generation) == 1
    assert len(rows_of(generation, "person_mastery", "demo")) == 1
    assert len(rows_of(generation, "person_days", "demo")) == 1
    assert len(rows_of(generation, "facts", "demo")) == 1


def test_a_person_whose_only_statement_is_voided_is_unknown(
    log: ListLog, generation: Generation, make: Make
) -> None:
    only = answer()
    log.append(entry(1, only), entry(2, only, kind="voiding"))
    make().run_once()
    assert not any(rows_of(generation, t, "demo") for t in ("facts", "persons", "person_days"))
    log.append(entry(3, answer()))
    make().run_once()
    assert facts_of(generation) == 1


def test_an_event_of_an_unknown_kind_only_moves_the_position(log: ListLog, make: Make) -> None:
    log.append(LogEntry(1, "demo", "roster.RosterImported", "", 1, b""))
    carrier = make()
    assert carrier.run_once() == 1
    assert carrier.position == 1
    assert carrier.dead_letters() == []


# Documents -----------------------------------------------------------------------------------


def documents_about(generation: Generation, name: str = "an") -> dict[str, Any]:
    listed = Portraits(generation, lambda: 0).documents("demo", person_key(name))
    return {one["id"]: one["content"] for one in listed}


def test_a_document_is_a_row_as_it_was_written_last(
    log: ListLog, generation: Generation, make: Make
) -> None:
    log.append(document(1, state_version(b'{"page":1}')), document(2, state_version(b'{"page":2}')))
    log.append(document(3, state_version(b"[1]", id="answers")))
    log.append(document(4, state_version(b"{}", person="bo")))
    make().run_once()
    assert documents_about(generation) == {"bookmark": {"page": 2}, "answers": [1]}
    [row] = rows_of(generation, "documents", "demo", leave_out=())[-1:]
    assert row[1:4] == (person_key("bo"), "state", "https://district.example/quiz")


def test_a_deleted_document_has_no_row_until_it_is_written_again(
    log: ListLog, generation: Generation, make: Make
) -> None:
    log.append(document(1, state_version(b"{}")), document(2, state_version(None)))
    carrier = make()
    carrier.run_once()
    assert documents_about(generation) == {}
    log.append(document(3, state_version(b"1")))
    carrier.run_once()
    assert documents_about(generation) == {"bookmark": 1}


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"<html>", "text/html"),
        (b"{broken", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b'"' + b"a" * 70_000 + b'"', "application/json"),
        (b"[" * 5_000, "application/json"),
    ],
)
def test_content_that_is_no_short_json_is_known_by_type_and_size(
    log: ListLog, generation: Generation, make: Make, content: bytes, content_type: str
) -> None:
    log.append(document(1, state_version(content, content_type=content_type)))
    carrier = make()
    carrier.run_once()
    [shown] = Portraits(generation, lambda: 0).documents("demo", person_key("an"))
    assert (shown["content"], shown["size"]) == (None, len(content))
    assert shown["content_type"] == content_type
    assert carrier.dead_letters() == []


# Trouble -------------------------------------------------------------------------------------


def test_a_statement_that_cannot_be_read_is_set_aside_and_the_rest_goes_on(
    log: ListLog, generation: Generation, make: Make
) -> None:
    broken = LogEntry(2, "demo", "statement", "broken-id", 2, b'{"id": ')
    log.append(*answers(1), broken, *answers(3))
    carrier = make()
    carrier.run_once()
    assert facts_of(generation) == 2
    (letter,) = carrier.dead_letters()
    assert (letter.position, letter.store, letter.statement_id) == (2, "demo", "broken-id")
    assert "JSONDecodeError" in letter.reason
    assert carrier.status().dead_letters == 1


def test_a_fact_that_no_column_can_hold_is_set_aside_and_the_rest_goes_on(
    log: ListLog, generation: Generation, make: Make
) -> None:
    class Misreader:
        def read(self, statement: Any, *, store: str, position: int) -> Any:
            reading = default_reader().read(statement, store=store, position=position)
            if position == 5:
                facts = [msgspec.structs.replace(fact, item=7) for fact in reading.facts]
                return msgspec.structs.replace(reading, facts=facts)
            return reading

    log.append(*answers(*range(1, 9)))
    carrier = make(reader=Misreader())
    assert carrier.run_once() == 8
    assert facts_of(generation) == 7
    assert [letter.position for letter in carrier.dead_letters()] == [5]


def test_a_fact_that_the_fold_refuses_is_set_aside_now_and_when_refolded(
    log: ListLog, generation: Generation, make: Make
) -> None:
    class Refuser(Fold):
        def apply(self, state: Any, fact: Any) -> None:
            if fact.position == 2:
                state.facts += 100
                raise ZeroDivisionError("a bug")
            super().apply(state, fact)

    log.append(*answers(1, 2, 3))
    carrier = make(fold=Refuser())
    carrier.run_once()
    assert facts_of(generation) == 2
    log.append(entry(4, answer(after=timedelta(minutes=-5))))
    carrier.run_once()
    assert facts_of(generation) == 3
    (letter,) = carrier.dead_letters()
    assert (letter.position, letter.reason) == (2, "ZeroDivisionError: a bug")


class Clumsy:
    """A reader that can't read some positions, until it is mended."""

    def __init__(self, *positions: int) -> None:
        self.positions = set(positions)

    def read(self, statement: Any, *, store: str, position: int) -> Any:
        if position in self.positions:
            raise LookupError(f"no rule for {position}")
        return default_reader().read(statement, store=store, position=position)


def test_dead_letters_are_listed_by_position_a_page_at_a_time_and_by_store(
    log: ListLog, make: Make
) -> None:
    log.append(*answers(1, 2, 3), entry(4, answer(), store="other"))
    carrier = make(reader=Clumsy(1, 3, 4))
    carrier.run_once()
    assert [letter.position for letter in carrier.dead_letters(limit=2)] == [1, 3]
    assert [letter.position for letter in carrier.dead_letters(after=1)] == [3, 4]
    assert [letter.position for letter in carrier.dead_letters(store="other")] == [4]
    assert carrier.status().dead_letters == 3


def test_what_was_set_aside_is_carried_once_it_can_be_read(
    log: ListLog, generation: Generation, make: Make
) -> None:
    reader = Clumsy(2, 3)
    log.append(*answers(1, 2, 3, 4))
    carrier = make(reader=reader)
    carrier.run_once()
    assert facts_of(generation) == 2
    reader.positions = {3}
    assert carrier.retry_dead_letters() == (2, 1)
    assert facts_of(generation) == 3
    [letter] = carrier.dead_letters()
    assert (letter.position, letter.reason) == (3, "LookupError: no rule for 3")
    reader.positions = set()
    assert carrier.retry_dead_letters("elsewhere") == (0, 0)
    assert carrier.retry_dead_letters("demo") == (1, 1)
    assert facts_of(generation) == 4
    assert carrier.dead_letters() == []
    assert carrier.retry_dead_letters() == (0, 0)


def test_the_rows_after_a_retry_are_those_of_a_clean_replay(
    log: ListLog, generation: Generation, make: Make, tmp_path: Path
) -> None:
    reader = Clumsy(1, 2, 6)
    log.append(*answers(*range(1, 9)))
    carrier = make(reader=reader)
    carrier.run_once()
    reader.positions = set()
    carrier.retry_dead_letters()
    log.append(*answers(9))
    carrier.run_once()
    retried = {table: rows_of(generation, table, "demo") for table in TABLES}
    clean = ListLog(msgspec.structs.replace(one, store="clean") for one in log.entries)
    with closing(States(tmp_path / "clean.sqlite", "clean")) as states:
        EmbeddedCarrier(clean, default_reader(), Fold(), generation, states).run_once()
    assert retried == {table: rows_of(generation, table, "clean") for table in TABLES}


def links(*changes: tuple[str, str | None], position: int) -> list[LogEntry]:
    """Link accounts to persons, or unlink them, at positions one after the other."""
    rules = Links()
    made = [rules.change(*change) for change in changes]
    return [declared(at, one) for at, one in enumerate(made, start=position) if one is not None]


def persons(generation: Generation) -> dict[str, int]:
    return {row[0]: row[1] for row in rows_of(generation, "persons", "demo")}


AN, BO = person_key("an"), person_key("bo")


def test_a_link_that_the_record_could_not_read_is_tried_again(
    log: ListLog, generation: Generation, make: Make
) -> None:
    broken = LogEntry(3, "demo", "unreadable", "", 0, b"", error="KeyError: 'Declared'")
    log.append(*answers(1, person="an"), *answers(2, person="bo"), broken)
    carrier = make()
    carrier.run_once()
    assert persons(generation) == {AN: 1, BO: 1}
    log.entries[2:3] = links(("bo", "an"), position=3)
    assert carrier.retry_dead_letters() == (1, 1)
    assert persons(generation) == {AN: 2}
    log.append(*answers(4, person="bo"))
    again = make()  # remembers the link
    again.run_once()
    assert persons(generation) == {AN: 3}


def test_an_account_that_has_moved_is_one_persons_only_however_batches_are_cut(
    log: ListLog, generation: Generation, make: Make
) -> None:
    log.append(*answers(1, person="an"), *answers(2, person="bo"))
    log.append(*links(("bo", "an"), ("bo", None), ("bo", "chen"), position=3))
    expected = [{AN: 1}, {AN: 1, BO: 1}, {AN: 2}, {AN: 1, BO: 1}, {AN: 1, person_key("chen"): 1}]
    carrier = make(limit=1)
    for rows in expected:
        carrier.run_once()
        assert persons(generation) == rows


def test_a_batch_that_failed_leaves_no_link_behind(
    log: ListLog, generation: Generation, make: Make
) -> None:
    class Refuser(Fold):
        def rows(self, state: Any) -> Any:
            if state.facts == 3:
                raise OverflowError("too much")
            return super().rows(state)

    log.append(*answers(1, person="an"), *links(("bo", "an"), position=2))
    log.append(*answers(3, 4, person="bo"))
    carrier = make(fold=Refuser())
    while carrier.run_once():
        pass
    # The batch was halved until the one fact was alone that makes three of them.
    assert [letter.position for letter in carrier.dead_letters()] == [4]
    assert persons(generation) == {AN: 2}


def test_what_is_declared_of_a_kind_without_rows_stops_nothing(
    log: ListLog, generation: Generation, make: Make
) -> None:
    for kind in ("mapping", "scheme of 2030"):
        log.append(declared(log.last_position() + 1, declaration(kind, "a", b"not JSON")))
    log.append(declared(3, declaration("identity", AN, b'{"person": 7}')), *answers(4))
    carrier = make()
    carrier.run_once()
    assert carrier.position == 4
    [letter] = carrier.dead_letters()
    assert letter.position == 3
    assert "Expected `str`" in letter.reason


def test_a_statement_that_was_set_aside_and_then_voided_stays_without_facts(
    log: ListLog, generation: Generation, make: Make
) -> None:
    reader = Clumsy(1, 3)
    voided = answer()
    log.append(entry(1, voided), *answers(2), entry(3, voided, kind="voiding"))
    carrier = make(reader=reader)
    carrier.run_once()
    reader.positions = set()
    assert carrier.retry_dead_letters() == (2, 2)
    assert facts_of(generation) == 1
    assert carrier.dead_letters() == []


def test_while_clickhouse_fails_nothing_is_lost_and_the_error_shows(
    log: ListLog, generation: Generation, make: Make
) -> None:
    class Failing(Generation):
        failures = 2

        def __init__(self, real: Generation) -> None:
            self.__dict__.update(real.__dict__)

        def insert(self, table: str, rows: Any) -> None:
            if table == "person_days" and self.failures:
                self.failures -= 1
                raise ConnectionError("ClickHouse is away")
            super().insert(table, rows)

    log.append(*answers(1, 2))
    carrier = make(generation=Failing(generation))
    carrier.start()
    wait_for(lambda: carrier.status().error is not None)
    assert "ClickHouse is away" in str(carrier.status().error)
    assert carrier.status().lag == 2
    assert carrier.wait_until(2, timeout=10)
    wait_for(lambda: carrier.status().error is None)
    assert facts_of(generation) == 2
    assert carrier.dead_letters() == []


def test_a_server_that_goes_away_and_comes_back_is_caught_up_with(
    tmp_path: Path, log: ListLog, make: Make
) -> None:
    server = ClickHouseServer(tmp_path / "server")
    server.start()
    warehouse = Warehouse.open(server.dsn)
    try:
        generation = warehouse.ensure()
        carrier = make(generation=generation)
        log.append(*answers(1))
        carrier.start()
        assert carrier.wait_until(1, timeout=10)
        server.stop()
        log.append(*answers(2))
        wait_for(lambda: carrier.status().error is not None)
        server.start()
        assert carrier.wait_until(2, timeout=20)
        assert facts_of(generation) == 2
    finally:
        server.stop()
        warehouse.close()


def test_a_log_that_is_shorter_than_what_was_carried_is_another_log(
    log: ListLog, make: Make
) -> None:
    log.append(*answers(1, 2))
    make().run_once()
    log.entries.pop()
    with pytest.raises(LogReplaced, match="position 2, but the log ends at 1"):
        make().start()


# Following and waiting -------------------------------------------------------------------------


def test_a_running_carrier_follows_the_log(
    log: ListLog, generation: Generation, make: Make
) -> None:
    carrier = make()
    carrier.start()
    log.append(*answers(1))
    assert carrier.wait_until(1, timeout=5)
    log.append(*answers(2, 3))
    assert carrier.wait_until(3, timeout=5)
    assert facts_of(generation) == 3
    status = carrier.status()
    assert (status.running, status.position, status.lag, status.error) == (True, 3, 0, None)
    assert status.events_per_second > 0


class WatchedLog(ListLog):
    """A log that tells when entries were read from it, and how often its end was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.read_at: list[float] = []
        self.asked = 0

    def read_log(self, after: int, limit: int) -> list[LogEntry]:
        self.read_at.append(time.monotonic())
        return super().read_log(after, limit)

    def last_position(self) -> int:
        self.asked += 1
        return super().last_position()


def test_batches_of_a_slow_log_keep_their_distance(make: Make) -> None:
    log = WatchedLog()
    carrier = make(log=log, spacing=0.2)
    carrier.start()
    for number in (1, 2, 3):
        log.append(*answers(number))
        assert carrier.wait_until(number, timeout=5)
    assert all(later - earlier >= 0.2 for earlier, later in pairwise(log.read_at))


def test_while_nobody_looks_entries_gather_and_who_looks_finds_them_all(
    generation: Generation, make: Make
) -> None:
    log = WatchedLog()
    carrier = make(log=log, holding=60.0)
    carrier.start()
    log.append(*answers(1, 2))
    asked = log.asked
    wait_for(lambda: log.asked > asked + 4)  # to wait for the log asks a few times, holding goes on
    assert carrier.position == 0
    asyncio.run(carrier.attend())
    assert facts_of(generation) == 2


def test_who_waits_for_a_position_is_not_held_back(log: ListLog, make: Make) -> None:
    carrier = make(holding=60.0)
    carrier.start()
    log.append(*answers(1))
    assert carrier.wait_until(1, timeout=20)
    log.append(*answers(2))
    assert asyncio.run(carrier.reached(2, timeout=20))


def test_a_carrier_that_holds_back_stops_at_once_and_the_next_one_goes_on(make: Make) -> None:
    log = WatchedLog()
    carrier = make(log=log, holding=60.0)
    carrier.start()
    log.append(*answers(1))
    wait_for(lambda: log.asked > 2)
    began = time.monotonic()
    carrier.stop()
    assert time.monotonic() - began < 10
    again = make(log=log)
    again.run_once()
    assert again.position == 1


def test_who_looks_is_not_kept_by_rows_that_cannot_be_written(make: Make) -> None:
    log = WatchedLog()

    def refuse(after: int, limit: int) -> list[LogEntry]:
        raise OSError("no disk")

    log.read_log = refuse  # type: ignore[method-assign]
    carrier = make(log=log, holding=0.3)
    carrier.start()
    log.append(*answers(1))
    wait_for(lambda: carrier.status().error is not None)
    began = time.monotonic()
    asyncio.run(carrier.attend())
    assert time.monotonic() - began < 5


def test_waiting_ends_after_its_timeout(make: Make) -> None:
    assert make().wait_until(1, timeout=0.01) is False


def test_what_is_waited_for_is_in_the_rows(
    log: ListLog, generation: Generation, make: Make
) -> None:
    carrier = make()
    carrier.start()

    async def post_and_wait() -> int:
        log.append(*answers(1))
        assert await carrier.reached(1, timeout=5)
        return facts_of(generation)

    assert asyncio.run(post_and_wait()) == 1


def test_an_event_loop_goes_on_while_it_waits(log: ListLog, make: Make) -> None:
    carrier = make()

    async def wait_and_tick() -> tuple[bool, int]:
        waiting = asyncio.create_task(carrier.reached(1, timeout=0.2))
        ticks = 0
        while not waiting.done():
            await asyncio.sleep(0.01)
            ticks += 1
        return waiting.result(), ticks

    reached, ticks = asyncio.run(wait_and_tick())
    assert not reached
    assert ticks > 5


def test_what_is_reached_already_is_not_waited_for(log: ListLog, make: Make) -> None:
    log.append(*answers(1))
    carrier = make()
    carrier.run_once()
    assert asyncio.run(carrier.reached(1, timeout=0)) is True


def test_stopping_ends_the_waiting(make: Make) -> None:
    carrier = make()
    carrier.start()

    async def wait() -> bool:
        threading.Timer(0.1, carrier.stop).start()
        return await carrier.reached(1, timeout=30)

    began = time.monotonic()
    assert asyncio.run(wait()) is False
    assert time.monotonic() - began < 5
    assert not carrier.status().running


def test_a_carrier_that_rests_takes_longer(log: ListLog, make: Make) -> None:
    log.append(*answers(*range(1, 301)))
    carrier = make(rest=lambda: 1.0)
    carrier.run_once()
    assert carrier.status().last_batch_seconds > 1.5 * carrier.seconds()["read"]


# States --------------------------------------------------------------------------------------


def test_states_and_position_are_committed_together_or_not_at_all(states_file: Path) -> None:
    states = States(states_file, "g")
    states.commit(1, {("demo", "a"): b"1"})
    with pytest.raises(Exception, match="type"):
        states.commit(2, {("demo", "a"): b"2", ("demo", "b"): object()})  # type: ignore[dict-item]
    again = States(states_file, "g")
    assert again.position() == 1
    assert again.states([("demo", "a"), ("demo", "b")]) == {("demo", "a"): b"1"}


def test_states_are_those_of_the_generation_and_the_store(states_file: Path) -> None:
    one, other = States(states_file, "one"), States(states_file, "other")
    one.commit(1, {("demo", "学'\"1"): b"1", ("else", "学'\"1"): b"2"})
    assert one.states([("demo", "学'\"1")]) == {("demo", "学'\"1"): b"1"}
    assert other.states([("demo", "学'\"1")]) == {}
    one.forget()
    assert (one.position(), one.states([("else", "学'\"1")])) == (0, {})


# With the real record -----------------------------------------------------------------------


def test_the_records_own_log_is_followed(
    tmp_path: Path, generation: Generation, make: Make
) -> None:
    record = Record.open(str(tmp_path / "record.sqlite"))
    carrier = make(log=record)
    carrier.start()
    try:
        statements = [answer(statement_id=statement_id(n)) for n in (1, 2)]
        record.store_statements_now("demo", [draft(each, "demo") for each in statements])
        assert carrier.wait_until(record.last_position(), timeout=5)
        assert facts_of(generation) == 2
        record.store_statements_now("demo", [draft(voiding(statement_id(1)), "demo")])
        assert carrier.wait_until(record.last_position(), timeout=5)
        assert facts_of(generation) == 1
        assert carrier.dead_letters() == []
    finally:
        carrier.stop()
        record.close()


def wait_for(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)
