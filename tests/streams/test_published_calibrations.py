"""Published calibrations: what each carrier folds a generation under, and since when."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from lrs.declarations import CALIBRATION, Declaration
from lrs.record import Record
from projections.meaning.reading import default_reader
from projections.prediction.calibration import Calibration
from projections.prediction.mastery import Globals
from projections.prediction.store_calibrations import calibrations_of, fold_of, kept_in, version_of
from projections.warehouse import Generation, UnknownCalibration, Warehouse
from streams.distributed import Delivery, FoldStep, ReadStep
from streams.published_calibrations import (
    MODEL,
    Published,
    calibration_declaration,
    published_calibrations,
    published_origin,
)
from streams.replay import Filters, Replay, prepared
from streams.replay_work import Tools
from streams.replay_workers import ThisProcess
from tests.support.carrying import carry
from tests.support.clickhouse import embedded_dsn, fresh_catalogue
from tests.support.histories import answer
from tests.support.records import AUTHORITY, draft

TIMEZONE = "Asia/Shanghai"


@pytest.fixture
def record(tmp_path: Path) -> Iterator[Record]:
    record = Record.open(str(tmp_path / "record.sqlite"))
    yield record
    record.close()


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    warehouse = Warehouse.open(embedded_dsn(), catalogue=fresh_catalogue())
    warehouse.ensure()
    yield warehouse
    warehouse.close()


def calibration(easiness: float) -> Calibration:
    """A calibration under which everything is easier, by so many logits."""
    given = Globals()
    weights = {**given.weights, "intercept": (easiness, 0.0)}
    return Calibration(f"easier-{easiness}", msgspec.structs.replace(given, weights=weights))


def publish(record: Record, store: str, easiness: float) -> int:
    declaration = calibration_declaration(Published(calibration(easiness), {"responses": 1}))
    return record.declare_now(store, [declaration], AUTHORITY.json).changed


def post(record: Record, store: str) -> None:
    given = {**answer(success=True), "id": str(uuid4())}
    del given["stored"], given["authority"]
    record.store_statements_now(store, [draft(given, store)])


def probability(generation: Generation, store: str) -> float:
    rows = generation.run(
        f"SELECT probability FROM {generation.database}.person_mastery FINAL"
        f" WHERE store = '{store}' AND is_deleted = 0"
    )
    return round(float(rows[0][0]), 6)


def replay(record: Record, warehouse: Warehouse, name: str, folder: Path) -> Generation:
    given: dict[str, Any] = {"log": record, "warehouse": warehouse}
    published = published_origin(record, warehouse)
    generation = prepared(name, Filters(), **given, published=published)
    return Replay(
        name,
        Filters(),
        **given,
        tools=Tools(record, default_reader(), fold_of(warehouse, generation, TIMEZONE)),
        workers=ThisProcess(),
        states_file=folder / "carrier.sqlite",
        folder=folder / "replays",
        published=published,
    ).run()


def test_what_holds_is_read_back_by_store_and_the_same_twice_is_no_second_event(record: Record):
    assert publish(record, "north", 1.0) == 1
    assert publish(record, "north", 1.0) == 0
    publish(record, "south", 2.0)
    assert published_calibrations(record) == {"north": calibration(1.0), "south": calibration(2.0)}
    gone = Declaration(kind=CALIBRATION, id=MODEL, content=None)
    record.declare_now("north", [gone], AUTHORITY.json)
    assert published_calibrations(record) == {"south": calibration(2.0)}


def test_embedded_workers_and_replay_fold_under_the_origin_of_the_generation(
    record: Record, warehouse: Warehouse, tmp_path: Path
):
    publish(record, "north", 3.0)
    for store in ("north", "south"):
        post(record, store)
    name = f"built_{uuid4().hex[:8]}"
    origin = published_origin(record, warehouse)
    embedded = warehouse.ensure(f"{name}_e", origin)
    worked = warehouse.ensure(f"{name}_w", origin)
    fold = fold_of(warehouse, embedded, TIMEZONE)
    carry(record, embedded, tmp_path / "states.sqlite", fold=fold)
    deliveries = [Delivery(0, entry.position, entry) for entry in record.read_log(0, 100)]
    facts = ReadStep(default_reader(), worked, 1).carry(deliveries)
    step = FoldStep(fold_of(warehouse, worked, TIMEZONE), worked, sources=1, parts=1, base=0)
    step.carry(facts, lambda persons: {})
    replayed = replay(record, warehouse, name, tmp_path)
    for generation in (embedded, worked, replayed):
        assert probability(generation, "north") > probability(generation, "south") + 0.1
        assert version_of(generation.origin, "north") == "easier-3.0"
        assert version_of(generation.origin, "south") == "prior"
    carriers = (embedded, worked, replayed)
    assert len({probability(generation, "north") for generation in carriers}) == 1


def test_what_is_published_later_is_taken_up_by_a_new_generation_only(
    record: Record, warehouse: Warehouse, tmp_path: Path
):
    publish(record, "north", 1.0)
    post(record, "north")
    name = f"built_{uuid4().hex[:8]}"
    first = probability(replay(record, warehouse, name, tmp_path), "north")
    publish(record, "north", 4.0)
    assert probability(replay(record, warehouse, name, tmp_path), "north") == first
    assert probability(replay(record, warehouse, f"{name}_2", tmp_path), "north") > first


def test_a_generation_whose_calibration_is_gone_is_not_folded_otherwise(warehouse: Warehouse):
    with pytest.raises(UnknownCalibration):
        calibrations_of(warehouse, {"calibrations": {"north": {"version": "1", "digest": "0"}}})


def test_a_calibration_of_megabytes_is_kept_whole(warehouse: Warehouse):
    items = {f"https://apps.example/items/{n:08}": (0.25, 0.5) for n in range(40_000)}
    large = Calibration("large", Globals(items=items))
    origin = kept_in(warehouse, {"north": large})
    assert calibrations_of(warehouse, origin) == {"north": large}
    assert len(str(origin)) < 300
