"""However the server ends, what it acknowledged is there once, and the projection is right."""

import asyncio
import os
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count, pairwise
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest

from lrs.record import LogEntry, Record
from lrs.times import iso_text
from projections.tables import ROSTER_TABLES
from tests.support.histories import answer
from tests.support.posting import VERSION, Post, keep_posting
from tests.support.rebuilding import Comparison, compare, comparing
from tests.support.records import VOIDED, voiding
from tests.support.servers import Key, Server, running_server

CLIENTS = 100
STUDENTS = 60
POINTS = ("fractions", "decimals", "ratios", "angles", "areas")
LONGEST_PAUSE = 0.4  # seconds between a client's posts: keeps what is rebuilt each time small
GIVEN_BY_THE_RECORD = {"id", "stored", "authority", "version"}
# Tables that nothing sent here fills: it is all of one day, and there is no roster.
MAY_BE_EMPTY = {"documents", "dead_letters", "identities", "person_mastery_weeks", "schemes"}
MAY_BE_EMPTY |= {table.name for table in ROSTER_TABLES}
CATCH_UP_SECONDS = 60
GRACE_SECONDS = 15

Json = dict[str, Any]


@pytest.fixture
def random() -> Random:
    """Chance, which `XUEJI_SEED` repeats as far as the machine's timing lets it."""
    seed = int(os.environ.get("XUEJI_SEED", Random().getrandbits(32)))
    print(f"XUEJI_SEED={seed}")
    return Random(seed)


@dataclass
class District:
    """What a hundred clients post, whatever becomes of the server."""

    random: Random
    sent: list[Post] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=count)

    def next_post(self) -> Post:
        """Give a client's next request; its statements share a registration of its own."""
        registration = {"registration": self._uuid()}
        statements = self._voiding() if self.random.random() < 0.06 else self._answers()
        for statement in statements:
            statement["context"] = statement.get("context", {}) | registration
        self.sent.append(Post(statements))
        return self.sent[-1]

    def pause(self) -> float:
        return self.random.uniform(0, LONGEST_PAUSE)

    def _answers(self) -> list[Json]:
        return [self._answer() for _ in range(self.random.choice((1, 1, 1, 1, 2, 4)))]

    def _answer(self) -> Json:
        choose = self.random
        student = choose.randrange(STUDENTS)
        late = timedelta(hours=choose.uniform(0, 400)) if choose.random() < 0.08 else timedelta()
        whole = answer(
            statement_id=self._uuid(),
            person=f"s{student}",
            name=choose.choice((f"学生 {student}", f"Student {student}")),
            item=f"item-{choose.randrange(40)}",
            points=choose.sample(POINTS, choose.choice((0, 1, 1, 2))),
            success=choose.random() < 0.6,
            phase=choose.choice(("pre", "in", "post")),
            after=timedelta(days=20, seconds=30 * next(self.numbers)) - late,
            seconds=round(choose.uniform(0.1, 90.0), 2),
        )
        left_out = GIVEN_BY_THE_RECORD - ({"id"} if choose.random() < 0.5 else set())
        return {name: value for name, value in whole.items() if name not in left_out}

    def _voiding(self) -> list[Json]:
        """Take back a statement that was acknowledged, if one comes to mind."""
        post = self.random.choice(self.sent) if self.sent else None
        if post is None or not post.is_acknowledged or voided_by(post.statements[0]):
            return self._answers()
        return [voiding(self.random.choice(post.ids))]

    def _uuid(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))


def voided_by(statement: Json) -> str:
    """Name what a statement voids, '' where that is nothing."""
    is_voiding = statement["verb"]["id"] == VOIDED
    return str(statement["object"]["id"]) if is_voiding else ""


def registration_of(statement: Json) -> str:
    return str(statement["context"]["registration"])


# What a hundred clients see ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "kills", [20, pytest.param(60, marks=pytest.mark.long)], ids="{}-kills".format
)
def test_what_was_acknowledged_before_a_kill_is_there_once_and_in_the_projection(
    kills: int, random: Random, tmp_path: Path
) -> None:
    district, log = District(random), Log()
    data, key = tmp_path / "data", None
    with comparing() as beside:
        comparisons = []
        for kill in range(kills):
            with running_server(data) as server:
                key = key or server.add_key()
                check_server(server, key, log)
                moment = random.uniform(0.3, 1.3)
                sent = asyncio.run(post_until(server.kill, moment, server, key, district))
            crashed = tmp_path / f"crashed-{kill}"
            shutil.copytree(data, crashed, symlinks=True)
            log.read(crashed)
            print(f"kill {kill} after {moment:.3f} s: {told(sent, log)}")
            check_log(log, sent)
            comparisons.append((crashed, beside.submit(compare, crashed)))
        with running_server(data) as server:
            assert key is not None
            check_server(server, key, log)
            check_visible(server, key, log, 0)
        for crashed, comparison in comparisons:
            check_projection(comparison.result())
            shutil.rmtree(crashed)
        recovered = beside.submit(compare, data).result()
    check_projection(recovered)
    check_no_table_is_empty(recovered)
    assert recovered.reached == log.last_position
    assert any(not post.is_acknowledged for post in district.sent)


def test_a_server_told_to_stop_answers_what_it_takes_and_stores_nothing_else(
    random: Random, tmp_path: Path
) -> None:
    district, log = District(random), Log()
    with running_server(tmp_path) as server:

        def terminate() -> None:
            server.process.terminate()
            server.process.wait(GRACE_SECONDS)

        key = server.add_key()
        sent = asyncio.run(post_until(terminate, 0.8, server, key, district))
    log.read(tmp_path)
    print(told(sent, log))
    check_log(log, sent)
    stored = {registration_of(statement) for statement in log.statements()}
    unanswered = [post for post in sent if not post.is_acknowledged]
    assert not stored & {registration_of(post.statements[0]) for post in unanswered}
    with comparing() as beside:
        stopped = beside.submit(compare, tmp_path).result()
    check_projection(stopped)
    check_no_table_is_empty(stopped)


async def post_until(
    end: Callable[[], None], moment: float, server: Server, key: Key, district: District
) -> list[Post]:
    """Let all clients post, end the server at a moment (seconds); gives what they had sent."""
    before = len(district.sent)
    async with asyncio.TaskGroup() as clients:
        for _ in range(CLIENTS):
            posting = keep_posting(server.address, key, district.next_post, district.pause)
            clients.create_task(posting)
        await asyncio.sleep(moment)
        await asyncio.to_thread(end)
    return district.sent[before:]


def told(sent: list[Post], log: "Log") -> str:
    acknowledged = sum(post.is_acknowledged for post in sent)
    stored = len({registration_of(statement) for statement in log.new_statements})
    return (
        f"{acknowledged} of {len(sent)} posts acknowledged, {stored} stored;"
        f" the log ends at {log.last_position}"
    )


# What is stored ----------------------------------------------------------------------------------


class Log:
    """The log as read from a data directory, which grows from crash to crash."""

    def __init__(self) -> None:
        self.entries: list[LogEntry] = []
        self.contents: list[Json] = []
        self.new_from = 0

    def read(self, data_directory: Path) -> None:
        """Read on from where the last reading ended."""
        self.new_from = len(self.entries)
        with closing(Record.open(str(data_directory / "record.sqlite"))) as record:
            self.entries += record.read_log(self.last_position, 10**9)
        self.contents += [orjson.loads(entry.statement) for entry in self.entries[self.new_from :]]

    @property
    def last_position(self) -> int:
        return self.entries[-1].position if self.entries else 0

    @property
    def voided(self) -> list[str]:
        return [content["id"] for content in self._of_kind("voiding", 0)]

    @property
    def new_statements(self) -> list[Json]:
        return self.statements(self.new_from)

    def statements(self, start: int = 0) -> list[Json]:
        """Give all statements, voided ones too, but those of the first `start` events."""
        return self._of_kind("statement", start)

    def _of_kind(self, kind: str, start: int) -> list[Json]:
        pairs = zip(self.entries[start:], self.contents[start:], strict=True)
        return [content for entry, content in pairs if entry.kind == kind]


def check_log(log: Log, sent: list[Post]) -> None:
    """Hold that each request is in the log whole, once and in order, or not at all."""
    assert [entry.position for entry in log.entries] == list(range(1, len(log.entries) + 1))
    assert all(one.stored < next_one.stored for one, next_one in pairwise(log.entries))
    position_of = {(entry.kind, entry.statement_id): entry.position for entry in log.entries}
    assert len(position_of) == len(log.entries)

    stored = defaultdict(list)
    for statement in log.new_statements:
        stored[registration_of(statement)].append(statement)
    for post in sent:
        assert post.status in (0, 200), post
        found = stored.pop(registration_of(post.statements[0]), [])
        if found or post.is_acknowledged:
            assert as_posted(found, post.statements) == post.statements
        if post.is_acknowledged:
            assert [statement["id"] for statement in found] == post.ids
            reached = [position_of["statement", each] for each in post.ids]
            target = voided_by(post.statements[0])
            assert post.position == max(*reached, position_of.get(("voiding", target), 0))
    assert not stored

    targets = {target for one in log.statements() if (target := voided_by(one))}
    assert sorted(log.voided) == sorted(targets)


def as_posted(found: list[Json], posted: list[Json]) -> list[Json]:
    """Leave out of statements what the record added to them."""
    if len(found) != len(posted):
        return found
    return [
        {name: value for name, value in one.items() if name in names}
        for one, names in zip(found, posted, strict=True)
    ]


def check_server(server: Server, key: Key, log: Log) -> None:
    """Hold that a server started again carries on to the log's end, and gives what is new in it."""
    with client_of(server, key) as client:
        wait_until_caught_up(client, log)
    check_visible(server, key, log, log.new_from)


def check_visible(server: Server, key: Key, log: Log, start: int) -> None:
    """Hold that a server gives each statement from event `start` on once, in order, or voided."""
    voided, statements = set(log.voided), log.statements(start)
    since = iso_text(log.entries[start - 1].stored if start else 0)
    with client_of(server, key) as client:
        given = list(all_pages(client, since=since, ascending="true"))
        assert given == [one for one in statements if one["id"] not in voided]
        for statement in statements:
            if statement["id"] in voided:
                named = {"voidedStatementId": statement["id"]}
                assert client.get("/xapi/statements", params=named).json() == statement


def all_pages(client: httpx.Client, **filters: str) -> Iterator[Json]:
    page = client.get("/xapi/statements", params=filters).json()
    yield from page["statements"]
    while page["more"]:
        page = client.get(page["more"]).json()
        yield from page["statements"]


def client_of(server: Server, key: Key) -> httpx.Client:
    headers = {"X-Experience-API-Version": VERSION}
    return httpx.Client(base_url=server.address, auth=(key.key, key.secret), headers=headers)


# What is projected -------------------------------------------------------------------------------


def wait_until_caught_up(client: httpx.Client, log: Log) -> None:
    """Wait until the restarted carrier is at the end of the log."""
    deadline = monotonic() + CATCH_UP_SECONDS
    while True:
        status = client.get("/v1/status").json()
        assert status["record"]["position"] == log.last_position
        assert status["carrier"]["error"] is None
        if status["carrier"]["position"] == log.last_position:
            return
        assert monotonic() < deadline, status
        sleep(0.02)


def check_projection(comparison: Comparison) -> None:
    """Hold that the projection, carried on to the log's end, equals a rebuild from scratch."""
    print(comparison)
    assert comparison.differences == []
    assert comparison.dead_letters == 0


def check_no_table_is_empty(comparison: Comparison) -> None:
    """Hold that there was something to compare; a server that is killed soon may store nothing."""
    assert all(count for name, count in comparison.rows.items() if name not in MAY_BE_EMPTY)
