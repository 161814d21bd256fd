"""The warehouse, on the embedded engine and through a server's HTTP interface alike."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import clickhouse_connect
import msgspec
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from projections.facts import Fact
from projections.portraits.students import Portraits
from projections.tables import (
    PERSON_DAYS,
    PERSON_MASTERY,
    PERSON_MASTERY_WEEKS,
    PERSON_TABLES,
    PERSONS,
    TABLES,
    fact_row,
)
from projections.warehouse import (
    LIVE,
    BadName,
    Generation,
    GenerationIsLive,
    RowsRefused,
    SchemaOutdated,
    UnknownGeneration,
    Warehouse,
    WarehouseUnavailable,
    _Clients,
    _migrations,
    encode_rows,
)
from projections.warehouse import embedded_dsn as folder_dsn
from tests.support.clickhouse import ClickHouseServer, embedded_dsn, fresh_catalogue

SCHEMA = Path(__file__).parents[2] / "projections/schema/generation"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    server = ClickHouseServer(tmp_path_factory.mktemp("server"))
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module", params=["embedded", "server"])
def dsn(request: pytest.FixtureRequest) -> str:
    if request.param == "embedded":
        return embedded_dsn()
    return request.getfixturevalue("server").dsn


@pytest.fixture
def warehouse(dsn: str) -> Iterator[Warehouse]:
    warehouse = Warehouse.open(dsn, catalogue=fresh_catalogue())
    yield warehouse
    warehouse.close()


@pytest.fixture(scope="module")
def client(dsn: str) -> Iterator[Client]:
    client = clickhouse_connect.get_client(dsn=dsn)
    yield client
    client.close()


@pytest.fixture(scope="module")
def standing(dsn: str) -> Iterator[Warehouse]:
    """A warehouse for tests that only need rows: making one anew takes longer than they do."""
    warehouse = Warehouse.open(dsn, catalogue=fresh_catalogue())
    yield warehouse
    warehouse.close()


@pytest.fixture
def generation(standing: Warehouse, client: Client) -> Iterator[Generation]:
    generation = standing.ensure()
    yield generation
    for table in generation.parts():
        client.command(f"TRUNCATE TABLE {generation.database}.{table}")


def fact(number: int, **fields: Any) -> Fact:
    usual = {
        "store": "demo",
        "statement": str(UUID(int=number)),
        "ordinal": 0,
        "person": "mbox:mailto:an@example.com",
        "action": "answer",
        "time": 1_772_411_400_000_000 + number,
        "position": number,
    }
    return Fact(**(usual | fields))


def in_demo(persons: list[str]) -> list[tuple[str, str]]:
    return [("demo", person) for person in persons]


FULL = {
    "phase": "post",
    "lesson": "https://school.example/lessons/1",
    "course": "https://school.example/courses/1",
    "subject": "mathematics",
    "knowledge_points": ("https://school.example/points/一", "https://school.example/points/b"),
    "item": "https://school.example/items/'1'",
    "verb": "http://adlnet.gov/expapi/verbs/answered",
    "app": "homework",
    "class_group": "三班",
    "school": "school-1",
    "duration": 12.25,
    "success": True,
    "completion": False,
    "score": -0.5,
    "rating": 0.75,
    "response": "a\tb\n\\c'\"\u0000学",
}


# Facts ---------------------------------------------------------------------------------------


def test_a_fact_comes_back_as_it_was_written(generation: Generation) -> None:
    facts = [fact(1, **FULL), fact(2)]
    generation.insert("facts", list(map(fact_row, facts)))
    found = generation.facts_of(in_demo(["mbox:mailto:an@example.com"]), until=2)
    assert sorted(found, key=lambda each: each.order) == facts


@pytest.mark.parametrize("time", [-62_135_596_800_000_000, 0, 253_402_300_799_999_999])
def test_a_fact_of_any_year_comes_back(generation: Generation, time: int) -> None:
    generation.insert("facts", [fact_row(fact(1, time=time))])
    (found,) = generation.facts_of(in_demo(["mbox:mailto:an@example.com"]), until=1)
    assert found.time == time


def test_facts_are_those_of_the_store_the_persons_and_the_position(generation: Generation) -> None:
    facts = [
        fact(1, person="a"),
        fact(2, person="b"),
        fact(3, person="c"),
        fact(4, person="a", store="other"),
        fact(5, person="a"),
    ]
    generation.insert("facts", list(map(fact_row, facts)))
    found = generation.facts_of(in_demo(["a", "b"]), until=4)
    assert {each.position for each in found} == {1, 2}


def test_a_voided_fact_is_gone_whatever_comes_in_last(generation: Generation) -> None:
    kept, voided = fact(1), msgspec.structs.replace(fact(2), position=9, is_deleted=True)
    generation.insert("facts", [fact_row(voided)])
    generation.insert("facts", [fact_row(kept), fact_row(fact(2))])
    assert generation.facts_of(in_demo(["mbox:mailto:an@example.com"]), until=9) == [kept]


def test_more_persons_than_fit_in_a_query_can_be_asked_for(generation: Generation) -> None:
    persons = [f"account:https://{'long.' * 30}example|学生-{number}" for number in range(600)]
    facts = [fact(number, person=person) for number, person in enumerate(persons)]
    generation.insert("facts", list(map(fact_row, facts)))
    assert len(generation.facts_of(in_demo(persons), until=600)) == 600


def test_persons_of_several_stores_are_asked_about_at_once_and_kept_apart(
    generation: Generation,
) -> None:
    facts = [
        fact(number, store=store, person=person)
        for number, (store, person) in enumerate(
            [("demo", "a"), ("other", "a"), ("demo", "b"), ("other", "b")], start=1
        )
    ]
    generation.insert("facts", list(map(fact_row, facts)))
    found = generation.facts_of([("demo", "a"), ("other", "b")], until=9)
    assert sorted(one.position for one in found) == [1, 4]
    rows = [(one.store, one.person, 1, one.time, one.time, one.position, False) for one in facts]
    generation.insert("persons", rows)
    asked = [("demo", "b"), ("other", "a"), ("third", "a")]
    assert generation.versions_of(asked) == {("demo", "b"): 3, ("other", "a"): 2}
    assert generation.keys_of(PERSONS, asked) == set(asked[:2])
    assert generation.versions_of([]) == {}


# Rows ----------------------------------------------------------------------------------------


def test_the_row_of_the_highest_position_holds_not_the_last_one_written(
    generation: Generation,
) -> None:
    generation.insert("persons", [("demo", "a", 7, 1, 9, 70, 0)])
    generation.insert("persons", [("demo", "a", 3, 1, 5, 30, 0)])
    assert generation.query("portrait_person", store="demo", person="a") == [(7, 9, 70)]


def test_a_tombstone_takes_a_row_away_and_a_later_row_brings_it_back(
    generation: Generation,
) -> None:
    row = ("demo", "a", 20_000, "post", "mathematics", "app", 1, 1, 1, 2.5, 1, 1, 10, 20, 5, 0)
    generation.insert("person_days", [row])
    keys = generation.keys_of(PERSON_DAYS, in_demo(["a"]))
    assert (
        keys == {PERSON_DAYS.key_of(row)} == {("demo", "a", 20_000, "post", "mathematics", "app")}
    )
    generation.insert("person_days", [PERSON_DAYS.tombstone(key, 6) for key in keys])
    assert generation.keys_of(PERSON_DAYS, in_demo(["a"])) == set()
    generation.insert("person_days", [(*row[:-2], 7, 0)])
    assert generation.keys_of(PERSON_DAYS, in_demo(["a"])) == keys


def test_keys_are_given_for_every_table_of_persons(generation: Generation) -> None:
    mastery = ("demo", "a", "point", "mathematics", 0.1, 0.2, 0.5, 0.4, 0.6, None, 3, 2, 10, 5, 0)
    generation.insert("person_mastery", [mastery])
    assert generation.keys_of(PERSON_MASTERY, in_demo(["a"])) == {("demo", "a", "point")}
    week = ("demo", "a", "point", 20_001, "mathematics", 0.5, 0.4, 0.6, 3, 2, 5, 0)
    generation.insert("person_mastery_weeks", [week])
    keys = generation.keys_of(PERSON_MASTERY_WEEKS, in_demo(["a"]))
    assert keys == {("demo", "a", "point", 20_001)}
    for table in PERSON_TABLES:
        assert generation.keys_of(table, in_demo(["x"])) == set()


def test_a_name_is_the_newest_statements_whatever_the_order(generation: Generation) -> None:
    generation.insert("names", [("demo", "x", "zh", (5, "b", "新"))])
    generation.insert(
        "names", [("demo", "x", "zh", (-4, "c", "旧")), ("demo", "x", "en", (5, "b", "n"))]
    )
    found = generation.query("names_of", store="demo", subjects=["x"])
    assert sorted(found) == [("x", "en", "n"), ("x", "zh", "新")]


def test_no_rows_are_no_insert(generation: Generation) -> None:
    generation.insert("persons", [])
    assert generation.parts() == {}


def test_an_insert_of_more_rows_than_the_client_sends_in_a_block_arrives_whole(
    generation: Generation,
) -> None:
    day = ("in", "mathematics", "app", 1, 1, 1, 2.5, 1, 1, 10, 20, 5, 0)
    rows = [("demo", f"person-{number}", 20_000, *day) for number in range(50_000)]
    generation.insert("person_days", rows)
    counted = f"SELECT uniqExact(person) FROM {generation.database}.person_days"
    assert generation.run(counted) == [(len(rows),)]


@pytest.mark.parametrize(
    "row",
    [
        ("demo", "broken \ud800", 1, 1, 1, 1, 0),
        ("demo", "a", -1, 1, 1, 1, 0),
        ("demo", "a", 1, None, 1, 1, 0),
        ("demo", "a", 1, 2**70, 1, 1, 0),
    ],
)
def test_a_value_that_fits_no_column_is_refused_and_the_next_insert_works(
    generation: Generation, row: tuple[Any, ...]
) -> None:
    with pytest.raises(RowsRefused, match="persons"):
        generation.insert("persons", [("demo", "b", 1, 1, 1, 1, 0), row])
    assert generation.keys_of(PERSONS, in_demo(["a", "b"])) == set()
    generation.insert("persons", [("demo", "b", 1, 1, 1, 1, 0)])
    assert generation.keys_of(PERSONS, in_demo(["b"])) == {("demo", "b")}


def test_threads_write_and_read_at_once(generation: Generation) -> None:
    def write(number: int) -> int:
        generation.insert("persons", [("demo", f"p{number}", 1, 1, 1, number, 0)])
        return len(generation.keys_of(PERSONS, in_demo([f"p{number}"])))

    with ThreadPoolExecutor(12) as threads:
        assert sum(threads.map(write, range(30))) == 30


# The schema ----------------------------------------------------------------------------------


def test_the_tables_of_the_code_are_the_tables_of_the_schema(
    client: Client, generation: Generation
) -> None:
    for table in TABLES.values():
        described = client.query(f"DESCRIBE TABLE {generation.database}.{table.name}").result_rows
        actual = {name: kind for name, kind, *_ in described}
        if table.name == "names":
            assert actual.pop("latest") == (
                "SimpleAggregateFunction(max, Tuple(time Int64, statement String, name String))"
            )
        expected = {column.name: column.type for column in table.columns if column.name in actual}
        assert actual == expected
        (key,) = client.query(
            "SELECT sorting_key FROM system.tables "
            f"WHERE database = '{generation.database}' AND name = '{table.name}'"
        ).result_rows[0]
        assert tuple(key.split(", ")) == table.key


def test_all_that_is_known_of_persons_comes_to_lie_in_one_part(generation: Generation) -> None:
    tables = (
        "SELECT name FROM system.tables WHERE database = {of:String}"
        " AND engine_full LIKE '%min_age_to_force_merge_seconds%'"
    )
    found = {name for (name,) in generation.run(tables, of=generation.database)}
    assert found == {table.name for table in PERSON_TABLES}


def test_a_facts_fields_are_the_columns_of_facts() -> None:
    assert TABLES["facts"].column_names == Fact.__struct_fields__


def test_the_live_generation_is_found_whatever_it_is_called(dsn: str, warehouse: Warehouse) -> None:
    first = warehouse.ensure_live()
    assert (first.name, warehouse.live_identity()) == (LIVE, first.identity)
    second = warehouse.ensure("second")
    warehouse.promote("second")
    warehouse.drop(LIVE)
    assert warehouse.ensure_live().identity == second.identity == warehouse.live_identity()
    assert [record.name for record in warehouse.generations()] == ["second"]


def test_rows_encoded_elsewhere_are_written_and_can_be_joined(warehouse: Warehouse) -> None:
    generation = warehouse.ensure()
    rows = [("demo", f"s{n}", n, 0, 0, n, 0) for n in range(1, 4)]
    encoded = encode_rows("persons", rows[:1]) + encode_rows("persons", rows[1:])
    generation.insert_encoded("persons", encoded)
    found = [generation.query("portrait_person", store="demo", person=row[1]) for row in rows]
    assert found == [[(n, 0, n)] for n in (1, 2, 3)]
    assert generation.row_counts()["persons"] == 3
    assert encode_rows("persons", []) == b""
    generation.insert_encoded("persons", b"")
    with pytest.raises(RowsRefused, match="persons"):
        encode_rows("persons", [("demo", 7, -1, 0, 0, 1, 0)])


def test_a_generation_that_lacks_a_migration_is_refused_until_it_is_migrated(
    dsn: str, client: Client, warehouse: Warehouse
) -> None:
    generation = warehouse.ensure()
    catalogue = generation.database.removesuffix("_live")
    client.command(f"DROP DATABASE {generation.database} SYNC")
    client.command(f"CREATE DATABASE {generation.database}")
    client.command(
        f"ALTER TABLE {catalogue}.migrations DELETE WHERE database = '{generation.database}' "
        "SETTINGS mutations_sync = 2"
    )
    newer = Warehouse.open(dsn, catalogue=catalogue)
    with pytest.raises(SchemaOutdated, match="1 tables"):
        newer.generation(LIVE)
    there_are = sorted(file.stem for file in SCHEMA.glob("*.sql"))
    applied = [f"{one.number:03d}_{one.name}" for one in newer.migrate(LIVE)]
    assert applied == there_are
    assert applied[0] == "001_tables"
    assert newer.generation(LIVE).parts() == {}
    assert newer.migrate(LIVE) == []
    newer.close()


def test_a_server_that_starts_on_an_older_generation_brings_it_up_to_date(
    client: Client, warehouse: Warehouse, dsn: str
) -> None:
    generation = warehouse.ensure()
    catalogue = generation.database.removesuffix("_live")
    client.command(f"DROP TABLE {generation.database}.documents SYNC")
    client.command(
        f"ALTER TABLE {catalogue}.migrations DELETE WHERE number = 2 SETTINGS mutations_sync = 2"
    )
    newer = Warehouse.open(dsn, catalogue=catalogue)
    assert newer.ensure().identity == generation.identity
    assert Portraits(newer.generation(LIVE), lambda: 0).documents("s", "nobody") == []
    newer.close()


# Generations ---------------------------------------------------------------------------------


def test_the_first_generation_is_live(warehouse: Warehouse) -> None:
    with pytest.raises(UnknownGeneration):
        warehouse.generation()
    made = warehouse.ensure()
    assert warehouse.generation().database == made.database
    assert [record.is_live for record in warehouse.generations()] == [True]


def test_a_generation_is_made_once_and_found_again_by_another_process(
    dsn: str, warehouse: Warehouse
) -> None:
    made = warehouse.ensure()
    assert warehouse.ensure().identity == made.identity
    other = Warehouse.open(dsn, catalogue=made.database.removesuffix("_live"))
    assert other.generation().identity == made.identity
    other.close()


def test_a_generation_beside_the_live_one_has_rows_of_its_own(warehouse: Warehouse) -> None:
    live, beside = warehouse.ensure(), warehouse.ensure("what_if")
    beside.insert("persons", [("demo", "a", 1, 1, 1, 1, 0)])
    assert live.keys_of(PERSONS, in_demo(["a"])) == set()
    assert beside.keys_of(PERSONS, in_demo(["a"])) == {("demo", "a")}
    assert warehouse.generation().name == "live"


def test_promoting_makes_another_generation_live(warehouse: Warehouse) -> None:
    warehouse.ensure()
    warehouse.ensure("better")
    warehouse.promote("better")
    assert warehouse.generation().name == "better"
    warehouse.promote("live")
    assert warehouse.generation().name == "live"
    with pytest.raises(UnknownGeneration):
        warehouse.promote("unheard_of")


def test_a_dropped_generation_is_gone_and_its_name_begins_anew(warehouse: Warehouse) -> None:
    warehouse.ensure()
    first = warehouse.ensure("other")
    first.insert("persons", [("demo", "a", 1, 1, 1, 1, 0)])
    warehouse.drop("other")
    with pytest.raises(UnknownGeneration):
        warehouse.generation("other")
    second = warehouse.ensure("other")
    assert second.identity != first.identity
    assert second.keys_of(PERSONS, in_demo(["a"])) == set()


def test_the_live_generation_cannot_be_dropped(warehouse: Warehouse) -> None:
    warehouse.ensure()
    with pytest.raises(GenerationIsLive):
        warehouse.drop("live")


@pytest.mark.parametrize("name", ["", "Live", "a-b", "a.b", "1a", "x" * 41, "a; DROP"])
def test_a_name_that_could_harm_is_refused(standing: Warehouse, name: str) -> None:
    with pytest.raises(BadName):
        standing.ensure(name)


def test_threads_that_make_the_same_generation_get_one(warehouse: Warehouse) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(warehouse.ensure().identity)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 1


@pytest.mark.parametrize("attempt", range(3))
def test_processes_that_start_at_once_make_one_generation(
    server: ClickHouseServer, attempt: int
) -> None:
    catalogue, at_once = fresh_catalogue(), 4
    barrier = threading.Barrier(at_once)

    def start(number: int) -> tuple[str, str]:
        barrier.wait()
        with closing(Warehouse.open(server.dsn, catalogue=catalogue)) as warehouse:
            generation = warehouse.ensure_live()
            generation.insert("persons", [("demo", f"p{number}", 1, 1, 1, 1, 0)])
            return generation.identity, generation.database

    with ThreadPoolExecutor(at_once) as threads:
        started = set(threads.map(start, range(at_once)))
    assert len(started) == 1
    with closing(Warehouse.open(server.dsn, catalogue=catalogue)) as warehouse:
        persons = [f"p{number}" for number in range(at_once)]
        found = warehouse.generation().keys_of(PERSONS, in_demo(persons))
        assert found == {("demo", person) for person in persons}
        assert (warehouse.generation().identity, warehouse.generation().database) in started


def test_who_is_slow_to_make_a_generation_takes_nothing_from_who_was_first(
    dsn: str, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process stands still just before it notes the generation, another does everything."""
    catalogue = warehouse._catalogue
    note = warehouse._record

    def late(*arguments: Any, **named: Any) -> None:
        monkeypatch.undo()
        with closing(Warehouse.open(dsn, catalogue=catalogue)) as other:
            generation = other.ensure_live()
            generation.insert("persons", [("demo", "a", 1, 1, 1, 1, 0)])
            other.describe(LIVE, {"carrier": "workers"})
        note(*arguments, **named)

    monkeypatch.setattr(warehouse, "_record", late)
    generation = warehouse.ensure_live()
    assert generation.keys_of(PERSONS, in_demo(["a"])) == {("demo", "a")}
    assert warehouse.generation().origin == {"carrier": "workers"}


def test_what_a_drop_that_was_cut_short_left_behind_does_not_come_back(
    client: Client, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.ensure()
    first = warehouse.ensure("other")
    first.insert("persons", [("demo", "a", 1, 1, 1, 1, 0)])

    with monkeypatch.context() as cut:
        cut.setattr(warehouse, "_tell", _failing_at("drop_database", warehouse._tell))
        with pytest.raises(ConnectionError):
            warehouse.drop("other")
    second = warehouse.ensure("other")
    assert second.identity != first.identity
    assert second.keys_of(PERSONS, in_demo(["a"])) == set()
    left = f"SELECT count() FROM system.databases WHERE name = '{first.database}'"
    assert client.query(left).result_rows == [(0,)]


def _failing_at(name: str, tell: Callable[..., None]) -> Callable[..., None]:
    def failing(what: str, /, **parameters: Any) -> None:
        if what == name:
            raise ConnectionError("killed")
        tell(what, **parameters)

    return failing


def test_every_step_of_a_schema_can_be_done_twice(warehouse: Warehouse) -> None:
    generation = warehouse.ensure()
    generation.insert("persons", [("demo", "a", 1, 1, 1, 1, 0)])
    for schema, database in (
        ("catalogue", warehouse._catalogue),
        ("generation", generation.database),
    ):
        warehouse._apply(_migrations(schema), database)
    assert generation.keys_of(PERSONS, in_demo(["a"])) == {("demo", "a")}


def test_a_closed_warehouse_says_so(dsn: str) -> None:
    warehouse = Warehouse.open(dsn, catalogue=fresh_catalogue())
    warehouse.close()
    with pytest.raises(WarehouseUnavailable, match="closed"):
        warehouse.generations()


def test_where_no_server_listens_the_warehouse_is_unavailable() -> None:
    with pytest.raises(WarehouseUnavailable):
        Warehouse.open("http://127.0.0.1:9")


def test_the_embedded_engines_folder_may_not_be_another_while_one_is_open(tmp_path: Path) -> None:
    standing = Warehouse.open(embedded_dsn(), catalogue=fresh_catalogue())
    with pytest.raises(WarehouseUnavailable, match="one process at a time"):
        Warehouse.open(folder_dsn(tmp_path / "other"))
    assert standing.generations() == []
    standing.close()


def test_a_folder_that_no_dsn_can_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="can't name"):
        folder_dsn(tmp_path / "what?")


def test_a_servers_error_is_told_and_the_next_query_works(server: ClickHouseServer) -> None:
    warehouse = Warehouse.open(server.dsn, catalogue=fresh_catalogue())
    generation = warehouse.ensure()
    server.fail_next(1)
    with pytest.raises(Exception, match="made to fail"):
        generation.parts()
    assert generation.parts() == {}
    warehouse.close()


def test_a_server_that_keeps_silent_is_not_waited_for_without_end(
    server: ClickHouseServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogue = fresh_catalogue()
    with closing(Warehouse.open(server.dsn, catalogue=catalogue)) as warehouse:
        warehouse.ensure()
    monkeypatch.setattr("projections.warehouse._ANSWER_SECONDS", 1)
    with closing(Warehouse.open(server.dsn, catalogue=catalogue)) as warehouse:
        generation = warehouse.generation()
        server.fail_next(1, seconds=2)
        with pytest.raises(DatabaseError, match="timed out"):
            generation.parts()


def test_an_answer_that_breaks_off_is_no_answer(server: ClickHouseServer) -> None:
    with closing(Warehouse.open(server.dsn, catalogue=fresh_catalogue())) as warehouse:
        generation = warehouse.ensure()
        server.fail_next(9, how="break")
        with pytest.raises(DatabaseError):
            generation.parts()
        server.fail_next(0)
        assert generation.parts() == {}


def test_a_server_that_is_too_busy_is_asked_again(server: ClickHouseServer) -> None:
    with closing(Warehouse.open(server.dsn, catalogue=fresh_catalogue())) as warehouse:
        generation = warehouse.ensure()
        server.fail_next(1, how="busy")
        assert generation.parts() == {}


# Several queries for one answer ----------------------------------------------------------------


@pytest.fixture
def clients(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[_Clients, threading.Event]]:
    """Clients whose queries give back their parameters; one named `slow` waits for the event."""
    go_on = threading.Event()

    def ask(_: _Clients, name: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        if name == "slow":
            assert go_on.wait(30)
        if name == "broken":
            raise OSError("no ClickHouse")
        return [(name, parameters["n"])]

    monkeypatch.setattr(_Clients, "ask", ask)
    clients = _Clients(lambda: pytest.fail("no client is needed"))
    yield clients, go_on
    go_on.set()
    clients.close()


def test_answers_come_in_the_order_of_the_queries(
    clients: tuple[_Clients, threading.Event],
) -> None:
    asked = [("query", {"n": n}) for n in range(9)]
    assert clients[0].ask_all(asked) == [[("query", n)] for n in range(9)]


def test_slow_answers_do_not_hold_up_another(clients: tuple[_Clients, threading.Event]) -> None:
    slow = [("slow", {"n": n}) for n in range(4)]
    with ThreadPoolExecutor(3) as slowly:
        waiting = [slowly.submit(clients[0].ask_all, slow) for _ in range(3)]
        assert clients[0].ask_all([("query", {"n": n}) for n in range(3)]) == [
            [("query", 0)],
            [("query", 1)],
            [("query", 2)],
        ]
        assert not any(each.done() for each in waiting)
        clients[1].set()
        assert [each.result(30) for each in waiting] == [[[("slow", n)] for n in range(4)]] * 3


def test_a_query_that_fails_fails_the_answer(clients: tuple[_Clients, threading.Event]) -> None:
    for at in range(3):
        asked = [("query", {"n": n}) for n in range(3)]
        asked[at] = ("broken", {"n": at})
        with pytest.raises(OSError, match="no ClickHouse"):
            clients[0].ask_all(asked)
