"""The relay publishes the log once, in order, whatever is killed; and there is one relay only."""

import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from eventsourcing.persistence import StoredEvent

from api.stream_commands import REPLACED
from lrs.events import STATEMENT_STORED
from lrs.record import LogEntry, Record
from streams.broker import Broker
from streams.messages import decode, encode, partition_of
from streams.publishing import LARGEST_MESSAGE, Fenced, Marker, Publisher
from streams.relay import AnotherLog, Relay, RelayReplaced
from tests.support.histories import ListLog, answer, document, entry, state_version
from tests.support.kafka import KafkaServer
from tests.support.processes import ROOT, CommandProcess, start_command
from tests.support.records import draft, statement, statement_id, voiding

SECONDS = 60  # until something must have happened
AT_ONCE = 3.0  # seconds
PARTITIONS = 3

Partitions = list[list[LogEntry]]


@pytest.fixture
def topic() -> str:
    return f"statements-{uuid4().hex[:8]}"


@pytest.fixture
def log() -> ListLog:
    return ListLog()


@pytest.fixture
def address(kafka_server: KafkaServer) -> str:
    return kafka_server.bootstrap_servers


class Running:
    """A relay in a thread of its own, and how it ended."""

    def __init__(self, relay: Relay) -> None:
        self.relay = relay
        self.raised: BaseException | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.relay.run()
        except BaseException as error:
            self.raised = error

    @property
    def is_running(self) -> bool:
        return self._thread.is_alive()

    def reaches(self, position: int) -> None:
        eventually(lambda: self.relay.status().position >= position or not self.is_running)
        assert self.raised is None
        assert self.relay.status().position >= position

    def stop(self) -> None:
        self.relay.stop()
        self._thread.join(SECONDS)
        assert not self.is_running


Start = Callable[..., Running]


@pytest.fixture
def start(log: ListLog, address: str, topic: str) -> Iterator[Start]:
    """Start relays of the test's log and topic; all are stopped when the test ends."""
    started: list[Running] = []

    def start(source: Any = None, **options: Any) -> Running:
        given: dict[str, Any] = {"topic": topic, "partitions": PARTITIONS, "spacing": 0.01}
        brokers = options.pop("brokers", address)
        started.append(Running(Relay(source or log, Broker(brokers), **given | options)))
        return started[-1]

    yield start
    for running in started:
        running.stop()


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it has not happened"
        time.sleep(0.01)


def published(address: str, topic: str) -> Partitions:
    """Read what every partition of a topic holds for those who read what is committed."""
    client = AdminClient({"bootstrap.servers": address})
    count = len(client.list_topics(topic, timeout=SECONDS).topics[topic].partitions)
    consumer = Consumer(
        {
            "bootstrap.servers": address,
            "group.id": "tests",
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
        }
    )
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(count)])
    found: Partitions = [[] for _ in range(count)]
    ended: set[int] = set()
    while len(ended) < count:
        message = consumer.poll(SECONDS)
        assert message is not None
        partition = message.partition()
        assert partition is not None
        if (error := message.error()) is not None:
            assert error.code() == KafkaError._PARTITION_EOF
            ended.add(partition)
        else:
            headers: Any = message.headers()
            found[partition].append(decode(message.key(), message.value(), headers))
    consumer.close()
    return found


def without_watermarks(partition: list[LogEntry]) -> list[LogEntry]:
    return [entry for entry in partition if entry.kind != "watermark"]


def assert_once_and_in_order(partitions: Partitions, log: list[LogEntry]) -> None:
    """Compare what was published with the log; each partition has its part of it, in order."""
    for number, partition in enumerate(partitions):
        assert without_watermarks(partition) == [
            entry
            for entry in log
            if partition_of(encode(entry).key or b"", len(partitions)) == number
        ]
        reached = 0
        for one in partition:  # a watermark has all up to it before it
            if one.kind == "watermark":
                assert one.position >= reached
                reached = one.position
            else:
                assert one.position > reached
        assert reached == (log[-1].position if log else 0)


def entries(*positions: int) -> list[LogEntry]:
    return [entry(position, answer(person=f"s{position % 17}")) for position in positions]


# Publishing ----------------------------------------------------------------------------------


def test_all_that_is_in_a_record_is_published_in_its_order(
    tmp_path: Path, start: Start, address: str, topic: str
) -> None:
    record = Record.open(str(tmp_path / "record.sqlite"))
    drafts = [statement(f"s{n % 17}", id=statement_id(n)) for n in range(500)]
    record.store_statements_now("district", [draft(one) for one in drafts])
    running = start(record, limit=64)
    running.reaches(500)
    record.store_statements_now("district", [draft(voiding(statement_id(n))) for n in (7, 400)])
    running.reaches(504)
    running.stop()
    log = record.read_log(0, 1000)
    record.close()
    assert [one.kind for one in log].count("voiding") == 2
    assert_once_and_in_order(published(address, topic), log)


def test_documents_and_kinds_unknown_to_consumers_are_published(
    log: ListLog, start: Start, address: str, topic: str
) -> None:
    log.append(document(1, state_version(b"\x00\xff")), document(2, state_version(None)))
    start().reaches(2)
    assert_once_and_in_order(published(address, topic), log.entries)


def test_the_topic_is_made_with_the_partitions_asked_for_and_keeps_all(
    log: ListLog, start: Start, address: str, topic: str
) -> None:
    start(partitions=5).reaches(0)
    eventually(lambda: len(published(address, topic)) == 5)


def test_a_topic_that_is_there_keeps_its_partitions(
    log: ListLog, start: Start, address: str, topic: str
) -> None:
    client = AdminClient({"bootstrap.servers": address})
    [made] = client.create_topics([NewTopic(topic, 2, 1)]).values()
    made.result()
    log.append(*entries(*range(1, 50)))
    start(partitions=5).reaches(49)
    partitions = published(address, topic)
    assert len(partitions) == 2
    assert_once_and_in_order(partitions, log.entries)


def test_of_an_empty_log_every_partition_is_told_that_it_is_empty(
    start: Start, address: str, topic: str
) -> None:
    running = start()
    eventually(lambda: running.relay._resumed or topic_is_there(address, topic))
    time.sleep(0.5)
    running.stop()
    watermark = LogEntry(0, "", "watermark", "", 0, b"")
    assert published(address, topic) == [[watermark]] * PARTITIONS


def topic_is_there(address: str, topic: str) -> bool:
    topics = AdminClient({"bootstrap.servers": address}).list_topics(timeout=SECONDS).topics
    return topic in topics


def test_every_partition_is_told_how_far_it_is_though_nothing_came_to_it(
    log: ListLog, start: Start, address: str, topic: str
) -> None:
    running = start()
    for position in range(1, 6):
        log.append(entry(position, answer(person="always the same")))
        running.reaches(position)
    partitions = published(address, topic)
    assert sorted(len(without_watermarks(one)) for one in partitions) == [0, 0, 5]
    assert [one[-1].position for one in partitions] == [5, 5, 5]
    assert_once_and_in_order(partitions, log.entries)


def test_what_the_log_grows_by_is_published_soon(log: ListLog, start: Start) -> None:
    running = start()
    log.append(*entries(1))
    running.reaches(1)
    began = time.monotonic()
    log.append(*entries(2))
    running.reaches(2)
    assert time.monotonic() - began < AT_ONCE


def test_librdkafka_and_this_relay_agree_about_partitions(address: str, topic: str) -> None:
    client = AdminClient({"bootstrap.servers": address})
    [made] = client.create_topics([NewTopic(topic, 8, 1)]).values()
    made.result()
    producer = Producer({"bootstrap.servers": address, "partitioner": "murmur2_random"})
    chosen: dict[bytes, int] = {}

    def note(error: Any, message: Any) -> None:
        assert error is None
        chosen[message.key()] = message.partition()

    keys = [f"demo/account:https://学校.example|{n}".encode()[: n + 1] for n in range(100)]
    for key in keys:
        producer.produce(topic, b"", key, callback=note)
    assert producer.flush(SECONDS) == 0
    assert chosen == {key: partition_of(key, 8) for key in keys}


# What can't be published as it is --------------------------------------------------------------


def test_an_event_that_cannot_be_read_is_published_as_such(
    tmp_path: Path, start: Start, address: str, topic: str
) -> None:
    record = Record.open(str(tmp_path / "record.sqlite"))
    record.store_statements_now("district", [draft(statement())])
    broken = StoredEvent(f"district/statement/{statement_id(9)}", 1, STATEMENT_STORED, b"broken")
    with record.statements.writing(1, 0) as transaction:
        transaction.insert_events([broken])
    record.store_statements_now("district", [draft(statement())])
    start(record).reaches(3)
    log = record.read_log(0, 10)
    partitions = published(address, topic)
    assert_once_and_in_order(partitions, log)
    [told] = [one for one in itertools.chain(*partitions) if one.kind == "unreadable"]
    assert (told.position, told.statement_id) == (2, statement_id(9))
    assert "ValueError" in told.error


def test_what_is_too_large_for_the_topic_is_published_as_unreadable(
    log: ListLog, start: Start, address: str, topic: str
) -> None:
    large = state_version(b"x" * (LARGEST_MESSAGE - 10_000))
    too_large = state_version(b"x" * (LARGEST_MESSAGE + 1))
    log.append(*entries(1), document(2, large), document(3, too_large), *entries(4))
    start().reaches(4)
    found = sorted(
        (one.position, one.kind)
        for one in itertools.chain(*map(without_watermarks, published(address, topic)))
    )
    assert found == [(1, "statement"), (2, "document"), (3, "unreadable"), (4, "statement")]


# Going on --------------------------------------------------------------------------------------


def test_a_relay_goes_on_where_the_last_one_stopped(
    log: ListLog, start: Start, address: str, topic: str
) -> None:
    log.append(*entries(*range(1, 101)))
    first = start(limit=30)
    first.reaches(100)
    first.stop()
    log.append(*entries(*range(101, 151)))
    second = start()
    second.reaches(150)
    assert second.relay.status().published == 50
    assert_once_and_in_order(published(address, topic), log.entries)


def test_an_older_marker_is_found_behind_many_that_were_undone(
    log: ListLog, start: Start, address: str, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.publishing.RECENT", 1)
    log.append(*entries(*range(1, 11)))
    first = start()
    first.reaches(10)
    first.stop()
    again = start()
    again.reaches(10)
    assert again.relay.status().published == 0


def test_while_the_log_cannot_be_read_it_waits_and_then_goes_on(
    log: ListLog, start: Start, address: str, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_log = log.read_log
    failures = iter([ConnectionError("the database is away")] * 2)

    def failing(after: int, limit: int) -> list[LogEntry]:
        if limit > 1 and (failure := next(failures, None)):
            raise failure
        return read_log(after, limit)

    monkeypatch.setattr(log, "read_log", failing)
    log.append(*entries(*range(1, 11)))
    running = start()
    eventually(lambda: running.relay.status().error)
    assert "the database is away" in str(running.relay.status().error)
    running.reaches(10)
    assert running.relay.status().error is None
    assert_once_and_in_order(published(address, topic), log.entries)


def test_while_kafka_is_away_it_waits_and_then_goes_on(
    log: ListLog, start: Start, kafka_server: KafkaServer, address: str, topic: str
) -> None:
    log.append(*entries(*range(1, 101)))
    running = start()
    running.reaches(100)
    kafka_server.kill()
    try:
        log.append(*entries(*range(101, 401)))
        eventually(lambda: running.relay.status().error)
        assert running.relay.status().lag == 300
    finally:
        kafka_server.start()
    running.reaches(400)
    assert running.relay.status().error is None
    assert_once_and_in_order(published(address, topic), log.entries)


def test_kafka_may_be_killed_while_a_lot_is_being_published(
    log: ListLog, start: Start, kafka_server: KafkaServer, address: str, topic: str
) -> None:
    log.append(*entries(*range(1, 20_001)))
    running = start(limit=500)
    for position in (3_000, 9_000):
        running.reaches(position)
        kafka_server.kill()
        kafka_server.start()
    running.reaches(20_000)
    assert_once_and_in_order(published(address, topic), log.entries)


def test_a_relay_starts_before_kafka_does_and_can_be_stopped_meanwhile(start: Start) -> None:
    running = start(brokers="127.0.0.1:1")
    eventually(lambda: running.relay.status().error)
    began = time.monotonic()
    running.stop()
    assert time.monotonic() - began < 2 * AT_ONCE


def test_a_topic_that_holds_another_log_is_left_alone(
    log: ListLog, start: Start, address: str, topic: str
) -> None:
    log.append(*entries(1, 2, 3))
    first = start()
    first.reaches(3)
    first.stop()
    other = start(ListLog(entries(*range(1, 10))))
    eventually(lambda: not other.is_running)
    assert isinstance(other.raised, AnotherLog)
    shorter = start(ListLog(log.entries[:2]))
    eventually(lambda: not shorter.is_running)
    assert "up to position 3, but this one ends at 2" in str(shorter.raised)
    assert_once_and_in_order(published(address, topic), log.entries)


# Two at once -----------------------------------------------------------------------------------


def test_of_two_relays_the_older_stops_and_nothing_is_published_twice(
    log: ListLog, start: Start, address: str, topic: str
) -> None:
    log.append(*entries(*range(1, 101)))
    older = start()
    older.reaches(100)
    newer = start()
    eventually(lambda: newer.relay.status().position == 100)
    log.append(*entries(*range(101, 201)))
    eventually(lambda: not older.is_running)
    assert isinstance(older.raised, RelayReplaced)
    assert "another relay" in str(older.raised)
    newer.reaches(200)
    assert_once_and_in_order(published(address, topic), log.entries)


def test_who_learns_while_producing_that_another_was_opened_is_fenced(
    address: str, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Beaten:
        """A producer whose client has been told already, and says no more than that."""

        def begin_transaction(self) -> None:
            pass

        def produce(self, *_: Any, **__: Any) -> None:
            raise KafkaException(KafkaError(KafkaError._FATAL, "Unable to produce message"))

    with Publisher(Broker(address), topic, partitions=3, replication=1) as publisher:
        monkeypatch.setattr(publisher, "_producer", Beaten())
        with pytest.raises(Fenced):
            publisher.publish([], Marker(1, "older"))
        monkeypatch.undo()


def test_of_relays_that_start_together_one_stays(
    log: ListLog, start: Start, address: str, topic: str
) -> None:
    log.append(*entries(*range(1, 2_001)))
    together = [start(limit=50) for _ in range(3)]
    for position in itertools.count(2_001, 50):
        log.append(*entries(*range(position, position + 50)))
        time.sleep(0.05)
        if sum(one.is_running for one in together) == 1:
            break
        assert position < 60_000
    [last] = [one for one in together if one.is_running]
    last.reaches(log.last_position())
    assert all(isinstance(one.raised, RelayReplaced) for one in together if one is not last)
    assert_once_and_in_order(published(address, topic), log.entries)


def test_who_was_fenced_but_not_replaced_goes_on(
    log: ListLog, start: Start, address: str, topic: str
) -> None:
    log.append(*entries(1))
    running = start()
    running.reaches(1)
    with Publisher(Broker(address), topic, partitions=1, replication=1) as other:
        log.append(*entries(2))
        running.reaches(2)
        with pytest.raises(Fenced):
            other.publish([], Marker(9, "other"))
    assert_once_and_in_order(published(address, topic), log.entries)


# The command -----------------------------------------------------------------------------------


@dataclass
class Command:
    """The command `xueji relay`, running; what it says goes to a file."""

    process: CommandProcess
    log: Path

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def reaches(self, condition: Callable[[], object]) -> None:
        """Wait until something has happened, unless the command ends before."""
        eventually(lambda: condition() or self.process.poll() is not None)
        assert self.process.poll() is None, self.said()

    def ends(self, after: int = 0) -> int:
        """Give the exit status, after a signal if one is named."""
        if after:
            self.process.send_signal(after)
        status = self.process.wait(SECONDS)
        assert "Traceback" not in self.said()
        return status


@contextmanager
def relay_process(folder: Path, address: str, topic: str) -> Iterator[Command]:
    settings = {"DATA_DIRECTORY": str(folder), "KAFKA_BROKERS": address, "KAFKA_TOPIC": topic}
    environment = os.environ | {f"XUEJI_{name}": text for name, text in settings.items()}
    log = folder / f"{uuid4()}.log"
    process = start_command("relay", environment=environment, log=log)
    try:
        yield Command(process, log)
    finally:
        process.kill()
        process.wait(SECONDS)


@contextmanager
def writing(record: Record) -> Iterator[None]:
    """Have the log grow meanwhile."""
    stopping = threading.Event()

    def write() -> None:
        for number in itertools.count():
            drafts = [draft(statement(f"s{number % 13}")) for _ in range(50)]
            record.store_statements_now("district", drafts)
            if stopping.wait(0.02):
                return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        stopping.set()
        writer.join()


def last_position(address: str, topic: str) -> int:
    publisher = Publisher(Broker(address), topic, partitions=1, replication=1)
    try:
        marker = publisher.last_marker()
    except Exception:  # there is no topic yet
        return 0
    return marker.position if marker else 0


def has_passed(address: str, topic: str, position: int) -> bool:
    return last_position(address, topic) > position


def test_a_relay_may_be_killed_at_any_time(tmp_path: Path, address: str, topic: str) -> None:
    with closing(Record.open(str(tmp_path / "record.sqlite"))) as record:
        with writing(record):
            for _ in range(4):
                reached = last_position(address, topic)
                with relay_process(tmp_path, address, topic) as relay:
                    relay.reaches(partial(has_passed, address, topic, reached))
                    time.sleep(random.uniform(0, 0.4))
        with relay_process(tmp_path, address, topic) as relay:
            relay.reaches(lambda: last_position(address, topic) == record.last_position())
            assert relay.ends(after=signal.SIGTERM) == 0
        assert_once_and_in_order(published(address, topic), record.read_log(0, 10**9))


def test_the_replaced_command_says_so_and_ends(tmp_path: Path, address: str, topic: str) -> None:
    with closing(Record.open(str(tmp_path / "record.sqlite"))) as record:
        record.store_statements_now("district", [draft(statement())])
        with relay_process(tmp_path, address, topic) as older:
            older.reaches(lambda: last_position(address, topic) == 1)
            with relay_process(tmp_path, address, topic) as newer:
                eventually(lambda: has_ended_though_the_log_grows(older.process, record))
                assert older.ends() == REPLACED
                assert "another relay publishes" in older.said()
                newer.reaches(lambda: last_position(address, topic) == record.last_position())


def has_ended_though_the_log_grows(process: CommandProcess, record: Record) -> bool:
    """Give a relay something to publish, so that it notices if it's fenced."""
    record.store_statements_now("district", [draft(statement())])
    time.sleep(0.2)
    return process.poll() is not None


def run_relay(before: str = "pass", **settings: str) -> subprocess.CompletedProcess[str]:
    program = f"import sys; {before}; from api.command_line import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, "relay"],
        cwd=ROOT,
        env=os.environ | {f"XUEJI_{name.upper()}": text for name, text in settings.items()},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_brokers_the_command_says_what_to_set(tmp_path: Path) -> None:
    done = run_relay(data_directory=str(tmp_path))
    assert done.returncode == 2
    assert "XUEJI_KAFKA_BROKERS" in done.stdout + done.stderr


def test_without_the_extra_the_command_says_what_to_install(tmp_path: Path) -> None:
    missing = "sys.modules['confluent_kafka'] = None"
    done = run_relay(missing, data_directory=str(tmp_path), kafka_brokers="127.0.0.1:1")
    assert done.returncode == 2
    assert "xueji[kafka]" in done.stdout + done.stderr


def test_a_value_is_the_statement_as_stored(
    tmp_path: Path, start: Start, address: str, topic: str
) -> None:
    record = Record.open(str(tmp_path / "record.sqlite"))
    raw = b'{ "actor":{"mbox":"mailto:a@b.example"}, "verb":{"id":"https:\\/\\/v.example"},'
    raw += b' "object":{"id":"https://o.example"},"result":{"score":{"scaled":0.10}} }'
    record.store_statements_now("district", [draft(orjson.loads(raw), raw=raw)])
    start(record).reaches(1)
    [told] = itertools.chain(*map(without_watermarks, published(address, topic)))
    found = record.statement("district", told.statement_id, voided=False)
    assert found is not None
    assert told.statement == found.json
    assert raw[1:] in told.statement
    record.close()
