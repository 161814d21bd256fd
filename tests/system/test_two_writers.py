"""Two API processes write to one record in PostgreSQL; who follows its log misses nothing."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from time import monotonic, sleep
from uuid import uuid4

import pytest
from tincan import RemoteLRS, Statement, StatementList

from lrs.record import LogEntry, Record
from tests.support.posting import VERSION
from tests.support.records import statement, voiding
from tests.support.servers import Key, Server, running_server

CLIENTS = 6  # of each server
POSTS = 40  # of each client
BATCH = 10  # statements of a post
SECONDS = 60


class Follower:
    """Follows the log as a carrier does, beside those who write it."""

    def __init__(self, record: Record) -> None:
        self.entries: list[LogEntry] = []
        self._record = record
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    @property
    def position(self) -> int:
        return self.entries[-1].position if self.entries else 0

    def _follow(self) -> None:
        while not self._stopping.is_set():
            if self._record.wait_for_log(self.position, 0.25):
                self.entries += self._record.read_log(self.position, 100)

    def reach(self, position: int) -> None:
        deadline = monotonic() + SECONDS
        while self.position < position:
            assert self._thread.is_alive()
            assert monotonic() < deadline
            sleep(0.01)

    def close(self) -> None:
        self._stopping.set()
        self._thread.join(SECONDS)


@pytest.fixture
def servers(postgresql_schema: str, tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    settings = {"record_dsn": postgresql_schema, "carrier": "none"}
    with (
        running_server(tmp_path / "one", **settings) as one,
        running_server(tmp_path / "other", **settings) as other,
    ):
        yield one, other


def post(server: Server, key: Key, name: str) -> list[str]:
    """Post as an app would, and void the last statement; gives the ids acknowledged."""
    client = RemoteLRS(
        endpoint=f"{server.address}/xapi/", version=VERSION, username=key.key, password=key.secret
    )
    acknowledged: list[str] = []
    for _ in range(POSTS):
        batch = [statement(name, id=str(uuid4())) for _ in range(BATCH)]
        answer = client.save_statements(StatementList([Statement(one) for one in batch]))
        assert answer.success, answer.data
        acknowledged += [one["id"] for one in batch]
    void = voiding(acknowledged[-1], id=str(uuid4()))
    assert client.save_statement(Statement(void)).success
    return [*acknowledged, void["id"]]


def test_who_follows_the_log_misses_and_confuses_nothing_of_two_writers(
    servers: tuple[Server, Server], postgresql_schema: str
) -> None:
    keys = [(server, server.add_key()) for server in servers]
    with (
        closing(Record.open(postgresql_schema)) as record,
        closing(Follower(record)) as follower,
    ):
        with ThreadPoolExecutor(2 * CLIENTS) as clients:
            posting = [
                clients.submit(post, server, key, f"student {number}")
                for number in range(CLIENTS)
                for server, key in keys
            ]
            acknowledged = [one for client in posting for one in client.result(SECONDS)]
        follower.reach(record.last_position())
        whole = record.read_log(0, 10**9)

    assert follower.entries == whole
    assert all(one.position < other.position for one, other in pairwise(whole))
    assert all(one.stored < other.stored for one, other in pairwise(whole))
    stored = [entry.statement_id for entry in whole if entry.kind == "statement"]
    assert len(stored) == len(set(stored)) == 2 * CLIENTS * (POSTS * BATCH + 1)
    assert set(stored) == set(acknowledged)
    assert sum(entry.kind == "voiding" for entry in whole) == 2 * CLIENTS
