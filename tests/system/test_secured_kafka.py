"""Kafka by TLS, with a user and a password: everything works, and the password shows nowhere."""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Thread

import httpx
import pytest
from confluent_kafka import KafkaException

from api.settings import Settings
from lrs.credentials import Credentials
from lrs.record import Record
from streams.broker import Broker
from streams.messages import encode
from streams.publishing import last_published, publish_again
from streams.relay import Relay
from streams.relay_watch import RelayWatch
from streams.worker import TopicMissing, count_partitions
from tests.support.deployment import Deployment
from tests.support.histories import ListLog, answer, entry, person_key
from tests.support.kafka import LOGIN, KafkaServer

SECONDS = 60
WRONG = "wrongHorseBatteryStaple"
VERSION = {"X-Experience-API-Version": "2.0.0"}

pytestmark = pytest.mark.kafka


def broker(kafka: KafkaServer, mechanism: str = "SCRAM-SHA-512", **other: object) -> Broker:
    given = {
        "addresses": kafka.secured_servers,
        "protocol": "SASL_SSL",
        "ca_file": kafka.ca_file,
        "mechanism": mechanism,
        "username": LOGIN.name,
        "password": LOGIN.password,
    }
    return Broker(**given | other)  # type: ignore[arg-type]


def test_relay_worker_and_api_work_together_by_tls_and_scram(tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, LOGIN)
    deployment.commands = ("api", "relay", "worker-1")
    with deployment:
        auth = make_key(deployment)
        with httpx.Client(base_url=deployment.address, auth=auth, headers=VERSION) as client:
            posted = client.post("/xapi/statements", json=[answer(person="an")])
            position = int(posted.headers["X-Xueji-Position"])

            def is_carried() -> bool:
                status = client.get("/v1/status").json()
                return bool(
                    status["carrier"]["position"] >= position
                    and status["relay"]["position"] == position
                )

            deployment.wait_until(is_carried, SECONDS, "the statement is not carried")
            portrait = client.get(f"/v1/portraits/students/{person_key('an')}")
            assert portrait.status_code == 200, portrait.text
            relay = client.get("/v1/status").json()["relay"]
        assert (relay["lag"], relay["error"]) == (0, None)
        assert relay["published"].endswith("Z")
        assert LOGIN.password not in deployment.logs()


def make_key(deployment: Deployment) -> tuple[str, str]:
    settings = Settings(data_directory=deployment.data_directory)  # type: ignore[call-arg]
    with closing(Record.open(settings.record_location)) as record:
        credentials = Credentials(record.statements, settings.pepper())
        credential, secret = credentials.add("demo", "clicker", ("all",))
        return credential.key, secret


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-512"])
def test_messages_are_published_by_either_mechanism(
    secured_kafka: KafkaServer, mechanism: str
) -> None:
    way, topic = broker(secured_kafka, mechanism), f"statements-{mechanism}"
    log = ListLog([entry(1, answer())])
    relay = Relay(log, way, topic=topic)
    running = Thread(target=relay.run)
    running.start()
    try:
        wait_for(lambda: relay.status().position == 1)
        publish_again(way, topic, [encode(log.entries[0], again=1)])
        assert count_partitions(way, topic) == 8
        marker, published = last_published(way, topic, SECONDS) or (None, 0)
        assert marker is not None
        assert marker.position == 1
        assert abs(published / 1e6 - time.time()) < SECONDS
    finally:
        relay.stop()
        running.join()


def test_a_wrong_password_is_an_error_that_names_no_password_and_nothing_hangs(
    secured_kafka: KafkaServer, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = broker(secured_kafka, password=WRONG)
    relay = Relay(ListLog([entry(1, answer())]), wrong, topic="never")
    running = Thread(target=relay.run)
    running.start()
    wait_for(lambda: relay.status().error)
    began = time.monotonic()
    relay.stop()
    running.join()
    assert time.monotonic() - began < SECONDS / 2
    with pytest.raises(TopicMissing) as counting:
        count_partitions(wrong, "never")
    with pytest.raises(KafkaException) as asking:
        last_published(wrong, "never", 5.0)
    for said in (caplog.text, str(counting.value), str(asking.value)):
        assert "Authentication failed" in said
        assert WRONG not in said
    assert WRONG not in repr(wrong)


def test_brokers_whose_certificate_nobody_vouches_for_are_not_spoken_to(
    secured_kafka: KafkaServer,
) -> None:
    with pytest.raises(KafkaException, match="certificate verify failed"):
        last_published(broker(secured_kafka, ca_file=None), "never", 5.0)


def test_status_tells_of_a_kafka_that_does_not_answer_without_waiting_for_it() -> None:
    watch = RelayWatch(Broker("127.0.0.1:1"), "statements", lambda: 7)
    began = time.monotonic()
    seen = watch.status()
    assert time.monotonic() - began < 3.0
    assert (seen.position, seen.lag, seen.published) == (None, None, None)
    assert seen.error


def test_what_was_known_of_the_relay_stays_known_while_kafka_is_away(
    secured_kafka: KafkaServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = ListLog([entry(1, answer()), entry(2, answer())])
    relay = Relay(log, broker(secured_kafka), topic="watched")
    running = Thread(target=relay.run)
    running.start()
    watch = RelayWatch(broker(secured_kafka), "watched", log.last_position)
    monkeypatch.setattr("streams.relay_watch.REMEMBER_SECONDS", 0.0)
    try:
        wait_for(lambda: watch.status().position == 2)
    finally:
        relay.stop()
        running.join()
    log.append(entry(3, answer()))  # nobody publishes it
    seen = watch.status()
    assert (seen.position, seen.lag, seen.error) == (2, 1, None)
    monkeypatch.setattr(watch, "_broker", Broker("127.0.0.1:1"))
    monkeypatch.setattr("streams.relay_watch.ASK_SECONDS", 0.5)
    wait_for(lambda: watch.status().error)
    assert (watch.status().position, watch.status().lag) == (2, 1)


def wait_for(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it has not happened"
        time.sleep(0.05)
