"""Measures relay and workers: statements a second from the log to ClickHouse, and the lag.

    python -m bench.workers [--statements 120000] [--workers 1 2] [--lag-seconds 60] [--share 0.25]

Apache Kafka is the real one; ClickHouse is chdb behind the small HTTP front of the tests, in a
process of its own. All of it shares this machine. The floor is the embedded carrier on the same
log, in one process, without Kafka.

With `--share`, each worker has at most that much of a core, so that workers are what is slow, not
the machine: then the rates of one and of two tell how workers scale. It takes control groups of
Linux's, and the right to make some.
"""

import argparse
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import quantiles

import orjson
from confluent_kafka import ConsumerGroupState, KafkaException
from confluent_kafka.admin import AdminClient

from bench.servers import machine
from bench.shares import Share, can_share
from bench.statements import answer
from lrs.drafts import Draft, draft_statement, make_authority
from lrs.record import Record
from lrs.versions import Version
from projections.folds import Fold
from projections.meaning.reading import default_reader
from projections.warehouse import Generation, Warehouse
from streams.broker import Broker
from streams.embedded import EmbeddedCarrier
from streams.keeping import position_of_workers
from streams.publishing import Publisher
from streams.states import States
from streams.worker import app_name
from tests.support.clickhouse import ClickHouseServer
from tests.support.deployment import Deployment

LEARNERS = 9_029
AUTHORITY = make_authority("https://district.example", "bench")


def main() -> None:
    """Print rates for each number of workers, the floor, and the lag at a steady rate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--statements", type=int, default=120_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--lag-seconds", type=int, default=60)
    parser.add_argument("--lag-rate", type=int, default=1_000, help="statements a second")
    parser.add_argument("--share", type=float, help="of a core, for each worker; only scaling then")
    given = parser.parse_args()
    print(machine())
    if given.share:
        _print_scaling(given.statements, given.share)
        return
    with tempfile.TemporaryDirectory() as folder:
        floor = _floor(Path(folder, "floor"), given.statements)
        print(f"embedded carrier (the floor): {floor:,.0f} statements/s")
        rates = {}
        for count in given.workers:
            rates[count] = _rate(Path(folder, str(count)), given.statements, count)
            ratio = rates[count] / floor
            print(f"relay and {count} workers: {rates[count]:,.0f} statements/s, ratio {ratio:.2f}")
        if {1, 2} <= rates.keys():
            print(f"two workers to one: {rates[2] / rates[1]:.2f}")
        if given.lag_seconds:
            lags = _lags(Path(folder, "lag"), given.lag_seconds, given.lag_rate)
            cuts = quantiles(lags, n=100)
            print(
                f"lag at {given.lag_rate:,} statements/s:"
                f" p50 {cuts[49]:.2f} s, p99 {cuts[98]:.2f} s, most {max(lags):.2f} s"
            )


def _print_scaling(statements: int, share: float) -> None:
    """Print what two workers do beside one, each with a share of a core."""
    if reason := can_share():
        print(f"scaling can't be measured here: {reason}")
        return
    with tempfile.TemporaryDirectory() as folder:
        one, two = (
            _rate(Path(folder, f"shared-{count}"), statements, count, share) for count in (1, 2)
        )
    print(
        f"workers with {share:g} of a core each: one {one:,.0f} statements/s, two {two:,.0f}/s:"
        f" {two / one:.2f} times as many"
    )


def _drafts(first: int, count: int, chance: random.Random) -> list[Draft]:
    drafts = []
    for number in range(first, first + count):
        seconds = number // 20
        time_of = f"2026-11-{1 + seconds // 86400:02d}T"
        time_of += time.strftime("%H:%M:%S", time.gmtime(seconds % 86400)) + f".{number % 20:03d}Z"
        one = answer(
            chance.randrange(LEARNERS), number % 5_000, number % 400, bool(number % 3), time_of
        )
        raw = orjson.dumps(one)
        version = Version.V1_0_3
        drafts.append(
            draft_statement(raw, one, store="bench", authority=AUTHORITY, version=version)
        )
    return drafts


def _fill(file: Path, statements: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    chance = random.Random(1)
    record = Record.open(str(file))
    for start in range(0, statements, 2_000):
        count = min(2_000, statements - start)
        record.store_statements_now("bench", _drafts(start, count, chance))
    record.close()


def _floor(folder: Path, statements: int) -> float:
    """Carry a log by the embedded carrier, against the same kind of server."""
    _fill(folder / "record.sqlite", statements)
    record = Record.open(str(folder / "record.sqlite"))
    server = ClickHouseServer(folder / "clickhouse")
    server.start()
    warehouse = Warehouse.open(server.dsn)
    generation = warehouse.ensure()
    states = States(folder / "carrier.sqlite", generation.identity)
    carrier = EmbeddedCarrier(record, default_reader(), Fold(), generation, states)
    began = time.monotonic()
    while carrier.run_once():
        pass
    took = time.monotonic() - began
    for one in (states, warehouse, record):
        one.close()
    server.stop()
    return statements / took


@contextmanager
def _deployed(
    folder: Path, workers: int, share: float | None = None
) -> Iterator[tuple[Deployment, Generation]]:
    """Start Kafka, ClickHouse and some workers, and the relay once they have shared the work."""
    deployment = Deployment(folder)
    deployment.commands = ()
    with (
        ExitStack() as shares,
        deployment,
        closing(Warehouse.open(deployment.clickhouse.dsn)) as warehouse,
    ):
        generation = warehouse.ensure_live()
        brokers = deployment.kafka.bootstrap_servers
        with Publisher(Broker(brokers), "xueji.statements", partitions=4, replication=1):
            pass  # the topic is there now, and nothing in it
        for number in range(workers):
            deployment.start(f"worker-{number + 1}")
        group = app_name(generation)
        deployment.wait_until(
            lambda: _share(brokers, group) == workers, 120, "workers do not share"
        )
        for number in range(workers if share else 0):
            held = shares.enter_context(Share(share or 1.0))
            held.hold(deployment.process_of(f"worker-{number + 1}"))
        deployment.start("relay")
        yield deployment, generation


def _share(brokers: str, group: str) -> int:
    """Count the workers that have partitions, 0 while they are still being shared out."""
    admin = AdminClient({"bootstrap.servers": brokers})  # its answers end with it
    [asked] = admin.describe_consumer_groups([group]).values()
    try:
        found = asked.result(10)
    except KafkaException:  # Kafka is still making its own topic of groups
        return 0
    if found.state != ConsumerGroupState.STABLE:
        return 0
    return sum(bool(member.assignment.topic_partitions) for member in found.members)


def _rate(folder: Path, statements: int, workers: int, share: float | None = None) -> float:
    """Give statements a second, from the first fact in the table to the last row."""
    _fill(folder / "data" / "record.sqlite", statements)
    with _deployed(folder, workers, share) as (deployment, generation):
        while not (seen := _counted(generation)):
            time.sleep(0.02)
        began = time.monotonic()
        while _position(deployment) < statements:
            time.sleep(0.1)
        return (statements - seen) / (time.monotonic() - began)


def _counted(generation: Generation) -> int:
    return generation.row_counts().get("facts", 0)


def _position(deployment: Deployment) -> int:
    warehouse = Warehouse.open(deployment.clickhouse.dsn)
    try:
        return position_of_workers(warehouse.generation())
    finally:
        warehouse.close()


def _lags(folder: Path, seconds: int, rate: int) -> list[float]:
    """Store statements at a rate; gives how long each position took to be in the rows."""
    _fill(folder / "data" / "record.sqlite", 1_000)
    record = Record.open(str(folder / "data" / "record.sqlite"))
    stored: list[tuple[int, float]] = []
    reached: list[tuple[int, float]] = []
    stopping = threading.Event()
    with _deployed(folder, 2) as (deployment, _):
        while _position(deployment) < 1_000:
            time.sleep(0.2)
        watcher = threading.Thread(target=_watch, args=(deployment, reached, stopping))
        watcher.start()
        chance, began = random.Random(2), time.monotonic()
        for turn in range(seconds * 20):
            time.sleep(max(0.0, began + turn / 20 - time.monotonic()))
            drafts = _drafts(1_000 + turn * rate // 20, rate // 20, chance)
            position = record.store_statements_now("bench", drafts).position
            stored.append((position, time.monotonic()))
        while not reached or reached[-1][0] < stored[-1][0]:
            time.sleep(0.1)
        stopping.set()
        watcher.join()
    record.close()
    return [
        next(at for position, at in reached if position >= wanted) - since
        for wanted, since in stored
    ]


def _watch(
    deployment: Deployment, reached: list[tuple[int, float]], stopping: threading.Event
) -> None:
    warehouse = Warehouse.open(deployment.clickhouse.dsn)
    while not stopping.wait(0.05):
        reached.append((position_of_workers(warehouse.generation()), time.monotonic()))
    warehouse.close()


if __name__ == "__main__":
    main()
