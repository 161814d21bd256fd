"""The Kafka that tests lean on: the real one keeps what it acknowledged, the mock can be talked to.

Also how the real one is fetched: once, whole or not at all, however many test processes ask.
"""

import socket
import threading
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from tests.support import kafka as support
from tests.support.engines import missing
from tests.support.kafka import KafkaNotStarted, KafkaServer, MockKafka, fresh_topic
from tests.support.kafka_jars import NotFetched, cached_jars, fetched_jars

SECONDS = 30

# Stands in for Maven: takes its time, and notes that it was asked.
FETCHER = """#!/bin/sh
echo asked >> "{noted}"
sleep 0.2
mkdir jars && touch jars/kafka.jar
"""
FAILING = """#!/bin/sh
mkdir jars && touch jars/half-of-it.jar
echo "[INFO] looking"
echo "[ERROR] Could not resolve the dependencies: there is no network"
echo "[ERROR] For more information, read the articles"
exit 1
"""


def produce(producer: Producer, topic: str, *values: bytes) -> None:
    for value in values:
        headers = [("position", b"7")]
        producer.produce(topic, value, key=b"district/zhang", partition=0, headers=headers)


def consume(bootstrap_servers: str, topic: str) -> list[Message]:
    """Give all messages of a topic's first partition that a careful reader sees."""
    settings = {"bootstrap.servers": bootstrap_servers, "group.id": "reader"}
    settings |= {"enable.partition.eof": "true", "isolation.level": "read_committed"}
    consumer = Consumer(settings)
    consumer.assign([TopicPartition(topic, 0, 0)])
    found = []
    try:
        while (message := consumer.poll(SECONDS)) is not None and not message.error():
            found.append(message)
    finally:
        consumer.close()
    return found


def values_of(bootstrap_servers: str, topic: str) -> list[bytes | None]:
    return [message.value() for message in consume(bootstrap_servers, topic)]


def careful_producer(bootstrap_servers: str, **settings: str) -> Producer:
    careful = {"bootstrap.servers": bootstrap_servers, "enable.idempotence": "true", "acks": "all"}
    careful |= {"reconnect.backoff.max.ms": "200"}  # while the server is down, don't wait longer
    return Producer(careful | settings)


def test_what_is_produced_is_consumed_in_order(kafka: str) -> None:
    topic = fresh_topic(kafka)
    producer = careful_producer(kafka)
    values = [b"%d" % number for number in range(1000)]
    produce(producer, topic, *values)
    assert producer.flush(SECONDS) == 0
    found = consume(kafka, topic)
    assert [message.value() for message in found] == values
    assert (found[0].key(), found[0].headers()) == (b"district/zhang", [("position", b"7")])


def test_topics_are_made_as_asked_and_only_when_asked(kafka_server: KafkaServer) -> None:
    client = AdminClient({"bootstrap.servers": kafka_server.bootstrap_servers})
    topic = fresh_topic(kafka_server.bootstrap_servers, 8, **{"cleanup.policy": "compact"})
    assert len(client.list_topics(topic, timeout=SECONDS).topics[topic].partitions) == 8
    assert client.list_topics("unmade", timeout=SECONDS).topics["unmade"].error is not None


def test_a_killed_server_comes_back_with_what_it_acknowledged(kafka_server: KafkaServer) -> None:
    address = kafka_server.bootstrap_servers
    topic = fresh_topic(address)
    producer = careful_producer(address)
    produce(producer, topic, b"before")
    assert producer.flush(SECONDS) == 0
    kafka_server.kill()
    produce(producer, topic, b"meanwhile")
    kafka_server.start()
    assert kafka_server.bootstrap_servers == address
    assert producer.flush(SECONDS) == 0
    assert values_of(address, topic) == [b"before", b"meanwhile"]
    kafka_server.stop()
    kafka_server.start()
    assert values_of(address, topic) == [b"before", b"meanwhile"]


def test_a_transaction_is_seen_whole_or_not_at_all(kafka_server: KafkaServer) -> None:
    address = kafka_server.bootstrap_servers
    topic = fresh_topic(address)
    producer = careful_producer(address, **{"transactional.id": topic})
    producer.init_transactions(SECONDS)
    for number, end in enumerate([producer.abort_transaction, producer.commit_transaction]):
        producer.begin_transaction()
        produce(producer, topic, b"%d" % number, b"%d again" % number)
        producer.flush(SECONDS)
        end(SECONDS)
    assert values_of(address, topic) == [b"1", b"1 again"]


def test_the_mock_makes_topics_that_are_asked_about_and_ends_with_its_user() -> None:
    with MockKafka() as mock:
        topic = fresh_topic(mock.bootstrap_servers)
        producer = careful_producer(mock.bootstrap_servers)
        produce(producer, topic, b"to the mock")
        assert producer.flush(SECONDS) == 0
        assert values_of(mock.bootstrap_servers, topic) == [b"to the mock"]
        host, _, port = mock.bootstrap_servers.partition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))


@pytest.mark.kafka
def test_kafka_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support, "JAVA_OPTIONS", ("-Xmx1",))
    with pytest.raises(KafkaNotStarted, match="Too small maximum heap"), KafkaServer():
        pass


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "xueji"


def program(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_the_jars_are_fetched_once_for_all_that_ask(empty_cache: Path, tmp_path: Path) -> None:
    noted = tmp_path / "noted"
    maven = program(tmp_path / "mvn", FETCHER.format(noted=noted))
    given: list[Path] = []
    asking = [threading.Thread(target=lambda: given.append(fetched_jars(maven))) for _ in range(4)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert noted.read_text() == "asked\n"
    assert set(given) == {cached_jars()}
    assert len(given) == 4
    assert (given[0] / "kafka.jar").is_file()


def test_a_failed_fetch_leaves_nothing_behind_and_says_why(
    empty_cache: Path, tmp_path: Path
) -> None:
    maven = program(tmp_path / "mvn", FAILING)
    with pytest.raises(NotFetched, match="Could not resolve the dependencies: there is no net"):
        fetched_jars(maven)
    assert cached_jars() is None
    assert [path.name for path in empty_cache.iterdir()] == ["kafka.lock"]


def test_a_cache_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "taken").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "taken"))
    with pytest.raises(NotFetched, match="Not a directory"):
        fetched_jars("mvn")


def test_what_is_missing_is_looked_for_once() -> None:
    missing("kafka")
    before = missing.cache_info().misses
    missing("kafka")
    assert missing.cache_info().misses == before
