"""A deployment of several processes, any of which may be killed: the law holds all the same."""

import json
import random
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka import Producer

from api.operating import Directly
from api.settings import Settings
from lrs.credentials import Credentials
from lrs.record import Record
from projections.comparison import compare
from projections.dead_letters import DeadLetter, dead_letter_rows
from projections.warehouse import Warehouse
from streams.keeping import position_of_workers
from tests.support.carrying import carry
from tests.support.deployment import COMMANDS, Deployment
from tests.support.histories import SCHOOL, Links, answer, person_key

HISTORIES = 200
LONG_HISTORIES = 10_000
POSTERS = 4
PAUSE = 0.08  # seconds between two requests of a poster
OUTAGE = 300.0  # seconds
VOIDED = "http://adlnet.gov/expapi/verbs/voided"


Request = tuple[str, dict[str, str], Any]  # method and path, parameters, JSON


@dataclass
class Life:
    """One random history: the requests of one store, in the order they are sent."""

    store: str
    requests: list[Request]


def random_life(store: str, chance: random.Random) -> Life:
    """Make a history: statements in any order of time, some twice, some voided before or after."""
    persons = ["an", "bo", "chen"][: chance.randint(1, 3)]
    statements = [
        answer(
            statement_id=str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            person=chance.choice(persons),
            item=f"item-{chance.randrange(3)}",
            points=chance.sample(["x", "y", "z"], chance.randint(0, 2)),
            success=chance.random() < 0.6,
            phase=chance.choice(["pre", "in", "post"]),
            after=timedelta(minutes=chance.randint(0, 3000)),
        )
        for _ in range(chance.randint(2, 14))
    ]
    for one in statements:
        del one["stored"], one["authority"]
    arrivals = [*statements, *(voiding(one) for one in statements if chance.random() < 0.15)]
    chance.shuffle(arrivals)
    arrivals += [one for one in arrivals if chance.random() < 0.1]  # posted again
    requests: list[Request] = []
    rules = Links()
    while arrivals:
        count = chance.randint(1, 4)
        batch, arrivals = arrivals[:count], arrivals[count:]
        seen: dict[str, Any] = {one["id"]: one for one in batch}
        requests.append(("POST /xapi/statements", {}, list(seen.values())))
        if chance.random() < 0.2:
            requests.append(a_document(chance.choice(persons), chance.randrange(3)))
        if chance.random() < 0.2:
            requests += a_link(
                rules, *chance.choices([*persons, "dan"], k=2), chance.random() < 0.3
            )
    return Life(store, requests)


def voiding(statement: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: statement[name] for name in ("actor", "timestamp", "version")},
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, statement["id"])),
        "verb": {"id": VOIDED},
        "object": {"objectType": "StatementRef", "id": statement["id"]},
    }


def a_link(rules: Links, account: str, person: str, is_undone: bool) -> list[Request]:
    """Link an account to a person, or unlink it, where the record would take that."""
    made = rules.change(account, None if is_undone else person)
    if made is None:
        return []
    if made.deleted:
        return [("DELETE /v1/identities", {"account": made.id}, None)]
    link = {"account": made.id, "person": person_key(person)}
    return [("POST /v1/identities", {}, link)]


def a_document(person: str, page: int) -> Request:
    agent = json.dumps({"account": {"homePage": SCHOOL, "name": person}})
    parameters = {"activityId": "https://a.example", "agent": agent, "stateId": f"s{page % 2}"}
    return "PUT /xapi/activities/state", parameters, {"page": page}


def post(
    deployment: Deployment,
    lives: list[Life],
    keys: dict[str, tuple[str, str]],
    pause: float = PAUSE,
) -> None:
    """Send the requests of some histories in turn, each until it is acknowledged."""
    queues = [iter(life.requests) for life in lives]
    with httpx.Client(base_url=deployment.address, timeout=30) as client:
        while queues:
            for life, queue in list(zip(lives, queues, strict=True)):
                request = next(queue, None)
                if request is None:
                    lives, queues = _without(lives, queues, queue)
                else:
                    _insist(client, keys[life.store], *request)
                    time.sleep(pause)


def _without(lives: list[Life], queues: list[Any], done: Any) -> tuple[list[Life], list[Any]]:
    kept = [(life, queue) for life, queue in zip(lives, queues, strict=True) if queue is not done]
    return [life for life, _ in kept], [queue for _, queue in kept]


def _insist(
    client: httpx.Client, key: tuple[str, str], what: str, parameters: dict[str, str], body: Any
) -> None:
    method, path = what.split()
    headers = {"X-Experience-API-Version": "1.0.3"}
    while True:
        try:
            answer = client.request(
                method, path, params=parameters, json=body, headers=headers, auth=key
            )
        except httpx.TransportError:
            time.sleep(0.2)
            continue
        assert answer.status_code in (200, 204), answer.text
        return


class Chaos(threading.Thread):
    """Kills one process after another, at random, and starts it again after a while."""

    def __init__(self, deployment: Deployment, chance: random.Random) -> None:
        super().__init__(daemon=True)
        self.deployment = deployment
        self.chance = chance
        self.killed: list[str] = []
        self.stopping = threading.Event()

    def run(self) -> None:
        """Go round after round, one at least, until told to stop."""
        while True:
            names = [*COMMANDS, "worker-1", "worker-2", "kafka", "clickhouse", "frozen"]
            for victim in self.chance.sample(names, len(names)):
                time.sleep(self.chance.uniform(0.2, 1.5))
                self._kill(victim)
                self.killed.append(victim)
                self.deployment.restart_those_that_ended()
            if self.stopping.is_set():
                return

    def _kill(self, victim: str) -> None:
        away = self.chance.uniform(0, 1.5)
        deployment = self.deployment
        if victim == "kafka":
            deployment.kafka.kill()
            time.sleep(away)
            deployment.kafka.start()
        elif victim == "clickhouse":
            deployment.clickhouse.stop()
            time.sleep(away)
            deployment.clickhouse.start()
        elif victim == "frozen":  # longer than Kafka waits for a sign of life
            deployment.freeze(self.chance.choice(["worker-1", "worker-2"]), 12.0)
        else:
            deployment.kill(victim)
            time.sleep(away)
            deployment.start(victim)


@pytest.mark.kafka
def test_whatever_is_killed_the_tables_are_those_of_one_clean_replay(tmp_path: Path) -> None:
    check_the_law(tmp_path, HISTORIES)


@pytest.mark.kafka
@pytest.mark.long
def test_the_same_over_many_more_histories(tmp_path: Path) -> None:
    check_the_law(tmp_path, LONG_HISTORIES)


@pytest.mark.kafka
@pytest.mark.long
@pytest.mark.parametrize("engine", ["clickhouse", "kafka"])
def test_the_record_goes_on_without_an_engine_for_minutes_and_all_else_comes_after_it(
    engine: str, tmp_path: Path
) -> None:
    chance = random.Random(1)
    lives = [random_life(f"store-{number}", chance) for number in range(HISTORIES)]
    pause = OUTAGE / sum(len(life.requests) for life in lives)
    with Deployment(tmp_path) as deployment:
        keys = make_keys(deployment, [life.store for life in lives])
        poster = threading.Thread(target=post, args=(deployment, lives, keys, pause))
        poster.start()
        time.sleep(5)
        begun = time.monotonic()
        if engine == "kafka":
            deployment.kafka.kill()
        else:
            deployment.clickhouse.stop()
        while time.monotonic() - begun < OUTAGE:
            deployment.restart_those_that_ended()
            time.sleep(1)
        posted = last_position(deployment)
        if engine == "kafka":
            deployment.kafka.start()
        else:
            deployment.clickhouse.start()
        poster.join()
        assert posted > last_position(deployment) / 2  # meanwhile
        check_equal_to_a_clean_replay(deployment, tmp_path)


@pytest.mark.kafka
def test_the_api_tells_how_far_workers_are_and_tries_again_what_they_set_aside(
    tmp_path: Path,
) -> None:
    """One answer is larger than what Kafka takes where nothing else is said."""
    with Deployment(tmp_path) as deployment:
        [key] = make_keys(deployment, ["district"], ["all", "operate"]).values()
        client = httpx.Client(base_url=deployment.address, auth=key, timeout=60)
        send_what_is_no_entry(deployment)
        statements = [sent(answer(person=person)) for person in ("an", "bo")]
        statements[1]["result"]["response"] = "x" * 2_000_000
        posted = client.post(
            "/xapi/statements",
            json=statements,
            headers={"X-Experience-API-Version": "1.0.3"},
        )
        position = int(posted.headers["X-Xueji-Position"])
        listed = client.get("/v1/students", params={"after": position})
        assert listed.status_code == 200, listed.text + deployment.logs()
        assert len(listed.json()["students"]) == 2
        carrier = client.get("/v1/status").json()["carrier"]
        assert (carrier["running"], carrier["lag"], carrier["error"]) == (True, 0, None)
        [letter] = client.get("/v1/dead-letters").json()["dead_letters"]
        assert "contract '7' is not known here" in letter["reason"]

        set_aside(deployment, position)
        letters = client.get("/v1/dead-letters").json()["dead_letters"]
        assert [one["position"] for one in letters] == [position, letter["position"]]
        assert client.post("/v1/dead-letters/retry").json() == {"tried": 1, "carried": 1}
        letters = client.get("/v1/dead-letters").json()["dead_letters"]
        assert [one["position"] for one in letters] == [letter["position"]]
        with without_a_server(deployment) as directly:
            set_aside(deployment, position)
            assert directly.status()["carrier"]["position"] == position
            assert directly.retry() == {"tried": 1, "carried": 1}
        assert len(client.get("/v1/students").json()["students"]) == 2
        assert [deployment.stop(name) for name in ("worker-1", "worker-2", "relay")] == [0, 0, 0]
        client.close()


def sent(statement: dict[str, Any]) -> dict[str, Any]:
    return {name: part for name, part in statement.items() if name not in ("stored", "authority")}


def send_what_is_no_entry(deployment: Deployment) -> None:
    """Put a message of a contract to come into the topic, as a newer relay might."""
    producer = Producer({"bootstrap.servers": deployment.kafka.bootstrap_servers})
    deployment.wait_until(
        lambda: "xueji.statements" in producer.list_topics(timeout=5).topics, 30, "no topic"
    )
    producer.produce("xueji.statements", b"{}", partition=0, headers=[("contract", b"7")])
    assert producer.flush(30) == 0


@contextmanager
def without_a_server(deployment: Deployment) -> Iterator[Directly]:
    """What commands do where no server can be asked."""
    settings = Settings(
        data_directory=deployment.data_directory,
        clickhouse_dsn=deployment.clickhouse.dsn,
        carrier="workers",
        kafka_brokers=deployment.kafka.bootstrap_servers,
    )
    with (
        closing(Record.open(settings.record_location)) as record,
        closing(Warehouse.open(settings.warehouse_dsn)) as warehouse,
    ):
        yield Directly(settings, record, warehouse)


def set_aside(deployment: Deployment, position: int) -> None:
    """Have it that an event could not be carried when it came."""
    with closing(Warehouse.open(deployment.clickhouse.dsn)) as warehouse:
        letter = DeadLetter(position, "district", "", "a bug that is mended since")
        warehouse.generation().insert("dead_letters", dead_letter_rows([letter]))


def check_the_law(folder: Path, histories: int) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    lives = [random_life(f"store-{number}", chance) for number in range(histories)]
    with Deployment(folder) as deployment:
        keys = make_keys(deployment, [life.store for life in lives])
        chaos = Chaos(deployment, chance)
        chaos.start()
        posters = [
            threading.Thread(target=post, args=(deployment, lives[start::POSTERS], keys))
            for start in range(POSTERS)
        ]
        for poster in posters:
            poster.start()
        for poster in posters:
            poster.join()
        chaos.stopping.set()
        chaos.join()
        check_equal_to_a_clean_replay(deployment, folder)


def make_keys(
    deployment: Deployment, stores: list[str], scopes: Sequence[str] = ("all",)
) -> dict[str, tuple[str, str]]:
    settings = Settings(data_directory=deployment.data_directory)
    with closing(Record.open(settings.record_location)) as record:
        credentials = Credentials(record.statements, settings.pepper())
        made = {store: credentials.add(store, "clicker", scopes) for store in stores}
    return {store: (credential.key, secret) for store, (credential, secret) in made.items()}


def last_position(deployment: Deployment) -> int:
    settings = Settings(data_directory=deployment.data_directory)
    with closing(Record.open(settings.record_location)) as record:
        return record.last_position()


def check_equal_to_a_clean_replay(deployment: Deployment, folder: Path) -> None:
    settings = Settings(data_directory=deployment.data_directory)
    with (
        closing(Record.open(settings.record_location)) as record,
        closing(Warehouse.open(deployment.clickhouse.dsn)) as warehouse,
    ):
        last = record.last_position()

        def position() -> int:
            return position_of_workers(warehouse.generation())

        deployment.wait_until(lambda: position() >= last, 120, f"not at {last} in time")
        clean = warehouse.ensure("clean")
        carry(record, clean, folder / "clean.sqlite")
        found = compare(warehouse.generation(), clean)
        assert found.is_equal, found
        assert warehouse.generation().count_dead_letters() == 0
