"""Measures the relay from SQLite to Kafka, beside librdkafka alone: ``python -m bench.relay``.

    python -m bench.relay [--statements 100000] [--rounds 3] [--brokers HOST:PORT]

Kafka is the tests' own, on the same machine, if no brokers are named. The floor sends the same
messages, encoded before, by a plain idempotent producer without transactions. Each figure is the
best of the rounds, which take turns.
"""

import argparse
import contextlib
import itertools
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

from confluent_kafka import Producer

from lrs.record import LogEntry, Record
from streams.broker import Broker
from streams.messages import Message, encode, partition_of
from streams.publishing import Publisher
from streams.relay import Relay
from tests.support.engines import missing
from tests.support.histories import answer
from tests.support.kafka import KafkaServer
from tests.support.records import draft

PARTITIONS = 8
PERSONS = 9_029
BATCH = 8_000
GIVEN_BY_THE_RECORD = ("stored", "authority", "version")


def fill(record: Record, statements: int) -> None:
    """Store answers of persons, each of one knowledge point of 120."""
    chance = random.Random(1)
    numbers = iter(range(statements))
    while batch := list(itertools.islice(numbers, 1_000)):
        drafts = []
        for number in batch:
            whole = answer(
                statement_id=str(UUID(int=chance.getrandbits(128), version=4)),
                person=f"student-{chance.randrange(PERSONS):05d}",
                points=(f"point-{chance.randrange(120)}",),
                after=timedelta(seconds=number),
            )
            for name in GIVEN_BY_THE_RECORD:
                del whole[name]
            drafts.append(draft(whole))
        record.store_statements_now("district", drafts)


def read_all(record: Record) -> list[LogEntry]:
    entries: list[LogEntry] = []
    while batch := record.read_log(len(entries), BATCH):
        entries += batch
    return entries


def relay(record: Record, brokers: str) -> None:
    """Publish the whole log by the relay."""
    relay = Relay(record, Broker(brokers), topic=new_topic(brokers))
    thread = Thread(target=relay.run)
    thread.start()
    last = record.last_position()
    while relay.status().position < last:
        time.sleep(0.002)
    relay.stop()
    thread.join()


def produce(messages: list[Message], brokers: str) -> None:
    """Send messages as fast as librdkafka does."""
    topic = new_topic(brokers)
    producer = Producer(
        {
            "bootstrap.servers": brokers,
            "enable.idempotence": True,
            "linger.ms": 20,
            "queue.buffering.max.messages": 1_000_000,
            "queue.buffering.max.kbytes": 1024 * 1024,
        }
    )
    for message in messages:
        partition = partition_of(message.key or b"", PARTITIONS)
        headers: Any = message.headers
        producer.produce(topic, message.value, message.key, partition, headers=headers)
    producer.flush()


def new_topic(brokers: str) -> str:
    topic = f"bench-{uuid4().hex[:8]}"
    with Publisher(Broker(brokers), topic, partitions=PARTITIONS, replication=1):
        return topic


def seconds_of(work: Callable[[], object]) -> tuple[float, float]:
    """Time some work: seconds on the clock, and of this process's processor time."""
    began, worked = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - worked


@contextlib.contextmanager
def kafka(brokers: str) -> Iterator[str]:
    if brokers:
        yield brokers
        return
    with KafkaServer() as server:
        yield server.bootstrap_servers


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--statements", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--brokers", default="")
    options = arguments.parse_args()
    if not options.brokers and (reason := missing("kafka")):
        print(f"the relay is not measured: {reason}")
        return
    with tempfile.TemporaryDirectory() as folder, kafka(options.brokers) as brokers:
        record = Record.open(str(Path(folder, "record.sqlite")))
        fill(record, options.statements)
        entries = read_all(record)
        messages = list(map(encode, entries))
        work: dict[str, Callable[[], object]] = {
            "relay": lambda: relay(record, brokers),
            "floor": lambda: produce(messages, brokers),
            "reading the log": lambda: read_all(record),
            "encoding": lambda: [partition_of(encode(one).key or b"", 8) for one in entries],
        }
        figures: dict[str, list[tuple[float, float]]] = {name: [] for name in work}
        for _ in range(options.rounds):
            for name, part in work.items():
                figures[name].append(seconds_of(part))
        record.close()
    size = sum(len(message.value) for message in messages) / len(messages)
    print(
        f"{len(entries)} statements of {size:.0f} bytes, {PARTITIONS} partitions, "
        f"{os.cpu_count()} processors, which Kafka works on too"
    )
    rate = {name: len(entries) / min(figures[name])[0] for name in work}
    for name in work:
        processor = min(worked for _, worked in figures[name]) / len(entries) * 1e6
        print(f"  {name:16s} {rate[name]:9,.0f}/s, {processor:5.1f} µs of processor time each")
    print(f"relay / floor = {rate['relay'] / rate['floor']:.2f}")


if __name__ == "__main__":
    main()
