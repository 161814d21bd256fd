"""What an API process tells of workers elsewhere: how far they are, and whether they go on."""

from collections.abc import Iterator
from typing import Any

import pytest

from projections.tables import PROGRESS
from projections.warehouse import Warehouse
from streams import workers
from streams.keeping import take_for_workers
from streams.workers import WorkersCarrier
from tests.support.clickhouse import embedded_dsn, fresh_catalogue
from tests.support.histories import ListLog, answer, entry


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Warehouse]:
    warehouse = Warehouse.open(embedded_dsn(), catalogue=fresh_catalogue())
    yield warehouse
    warehouse.close()


def test_workers_that_stand_still_while_entries_wait_are_said_not_to_run(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(workers, "monotonic", lambda: now)
    generation = take_for_workers(warehouse, warehouse.ensure(), 1)
    log = ListLog([entry(number, answer()) for number in (1, 2)])
    carrier = WorkersCarrier(log, warehouse, generation, lambda messages: None)

    def told(at: float, reached: int) -> tuple[Any, ...]:
        nonlocal now
        now = at
        generation.insert(PROGRESS.name, [(0, 0, reached)])
        status = carrier.status()
        return status.running, status.lag, (status.error or "").partition(":")[0]

    still = "no progress for 65 s while entries wait"
    assert told(1000, 1) == (True, 1, "")
    assert told(1059, 1) == (True, 1, "")
    assert told(1065, 1) == (False, 1, still)
    assert told(1070, 2) == (True, 0, "")
    log.append(entry(3, answer()))
    assert told(2000, 2) == (True, 1, "")  # what has just come
