"""Published mappings: what each carrier reads a generation by, from the log of either backend."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from lrs.declarations import MAPPING, Declaration
from lrs.record import Record
from projections.folds import Fold
from projections.meaning.store_readers import MAPPINGS, reader_by, reader_of
from projections.warehouse import Generation, Warehouse
from streams.distributed import Delivery, ReadStep
from streams.published_mappings import (
    first_origin,
    mapping_declaration,
    published_by,
    published_mappings,
)
from streams.replay import Filters, Replay, prepared
from streams.replay_work import Tools
from streams.replay_workers import ThisProcess
from tests.support.carrying import carry
from tests.support.clickhouse import embedded_dsn, fresh_catalogue
from tests.support.mapping_documents import CLICKED, clicker
from tests.support.records import AUTHORITY, draft, statement


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    warehouse = Warehouse.open(embedded_dsn(), catalogue=fresh_catalogue())
    warehouse.ensure()
    yield warehouse
    warehouse.close()


@pytest.fixture
def store() -> str:
    return f"store-{uuid4()}"


def publish(record: Record, store: str, *texts: str) -> None:
    declarations = [mapping_declaration(f"clicker-{n}", text) for n, text in enumerate(texts)]
    record.declare_now(store, declarations, AUTHORITY.json)


def post(record: Record, store: str) -> None:
    record.store_statements_now(store, [draft(statement("ming", CLICKED), store)])


def actions(generation: Generation, store: str) -> list[str]:
    rows = generation.run(
        f"SELECT action FROM {generation.database}.facts FINAL"
        f" WHERE store = '{store}' AND is_deleted = 0 ORDER BY person, ordinal"
    )
    return [action for (action,) in rows]


def test_what_holds_is_read_back_by_store_and_name(record: Record, store: str):
    other = f"{store}-other"
    publish(record, store, clicker("answer"), clicker("poll", verb="https://x.example/y"))
    publish(record, other, clicker("poll"))
    assert published_by(record, store)["clicker-0"] == clicker("answer")
    assert set(published_mappings(record)) == {store, other}
    record.declare_now(
        store,
        [Declaration(kind=MAPPING, id=name, content=None) for name in ("clicker-0", "clicker-1")],
        AUTHORITY.json,
    )
    assert set(published_mappings(record)) == {other}


def test_embedded_workers_and_replay_read_by_the_origin_of_the_generation(
    record: Record, store: str, warehouse: Warehouse, tmp_path: Path
):
    publish(record, store, clicker("poll"))
    post(record, store)
    name = f"built_{uuid4().hex[:8]}"
    origin = first_origin(record)
    embedded = warehouse.ensure(f"{name}_e", origin)
    worked = warehouse.ensure(f"{name}_w", origin)
    carry(record, embedded, tmp_path / "states.sqlite", reader=reader_of(embedded))
    deliveries = [Delivery(0, entry.position, entry) for entry in record.read_log(0, 100)]
    list(ReadStep(reader_of(worked), worked, 1).carry(deliveries))
    replayed = replay(record, warehouse, name, tmp_path)
    found = [actions(each, store) for each in (embedded, worked, replayed)]
    assert found == [["poll"], ["poll"], ["poll"]]


def replay(record: Record, warehouse: Warehouse, name: str, folder: Path) -> Generation:
    given: dict[str, Any] = {"log": record, "warehouse": warehouse}
    published = first_origin(record)
    generation = prepared(name, Filters(), **given, published=published)
    in_force = generation.origin.get(MAPPINGS, {})
    return Replay(
        name,
        Filters(),
        **given,
        tools=Tools(record, reader_by(in_force), Fold()),
        workers=ThisProcess(),
        states_file=folder / "carrier.sqlite",
        folder=folder / "replays",
        published=published,
    ).run()


def test_what_is_published_later_changes_a_new_generation_and_not_one_that_is_there(
    record: Record, store: str, warehouse: Warehouse, tmp_path: Path
):
    publish(record, store, clicker("poll"))
    name = f"built_{uuid4().hex[:8]}"
    post(record, store)
    replay(record, warehouse, name, tmp_path)
    publish(record, store, clicker("hand_raised"))
    post(record, store)
    again = replay(record, warehouse, name, tmp_path)
    assert actions(again, store) == ["poll", "poll"]
    assert actions(replay(record, warehouse, f"{name}_2", tmp_path), store) == ["hand_raised"] * 2


def test_a_generation_reads_the_same_after_a_restart(
    location: str, store: str, warehouse: Warehouse, tmp_path: Path
):
    name = f"kept_{uuid4().hex[:8]}"
    for round_ in range(2):
        record = Record.open(location)
        if not round_:
            publish(record, store, clicker("poll"))
        generation = warehouse.ensure(name, first_origin(record))
        post(record, store)
        carry(record, generation, tmp_path / "states.sqlite", reader=reader_of(generation))
        publish(record, store, clicker("hand_raised"))
        record.close()
    assert actions(warehouse.generation(name), store) == ["poll", "poll"]
