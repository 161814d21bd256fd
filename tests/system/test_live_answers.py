"""A portrait asked for live is sent again as soon as it changes, for as long as it may be seen."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue
from socket import SHUT_RDWR
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

from api.classes import LIVE_SPACING
from api.roster.files import packed
from lrs.credentials import Credentials
from lrs.record import Record
from projections.vocabulary import EXTENSION_PHASE, TYPE_BADGE, VERB_ANSWERED, VERB_EARNED
from tests.support.oneroster import HOME, files_of, small_rows
from tests.support.records import agent_key, statement
from tests.support.servers import Key, Server, running_server

PATIENCE = 20.0  # seconds that an event may take on a machine that is busy
QUIET = 1.5  # seconds in which nothing comes where nothing should
MING = f"/v1/portraits/students/{quote(agent_key('ming'), safe='')}"
MOST = 3


class Event(NamedTuple):
    """An event, and when it came, in monotonic seconds."""

    id: str
    name: str
    data: Any
    came: float

    @property
    def actions(self) -> int:
        return sum(phase["actions"] for phase in self.data["activity"]["phases"])


class Stream:
    """A stream that is being read."""

    def __init__(self) -> None:
        self.events: Queue[Event | None] = Queue()  # None: the stream has ended
        self.type = ""

    def read(self, lines: Iterator[str]) -> None:
        fields: dict[str, str] = {}
        try:
            for line in lines:
                if line:
                    name, _, value = line.partition(": ")
                    fields[name] = value
                elif "data" in fields:
                    data = json.loads(fields["data"])
                    came = time.monotonic()
                    self.events.put(Event(fields.get("id", ""), fields["event"], data, came))
                    fields = {}
        except httpx.HTTPError as error:
            self.events.put(Event("", "broken", str(error), time.monotonic()))
        self.events.put(None)

    def next(self) -> Event:
        event = self.events.get(timeout=PATIENCE)
        assert event is not None, "the stream has ended"
        return event

    def is_quiet(self) -> bool:
        try:
            self.events.get(timeout=QUIET)
        except Empty:
            return True
        return False

    def has_ended(self) -> bool:
        return self.events.get(timeout=PATIENCE) is None


@contextmanager
def listening(server: Server, key: Key, path: str = MING, **headers: str) -> Iterator[Stream]:
    """Read a stream in a thread; leaving closes the connection."""
    stream = Stream()
    accept = {"Accept": "text/event-stream", **headers}
    auth = (key.key, key.secret)
    with (
        httpx.Client(base_url=server.address, auth=auth, timeout=PATIENCE) as client,
        client.stream("GET", path, headers=accept) as answer,
    ):
        assert answer.status_code == 200, answer.read()
        stream.type = answer.headers["Content-Type"]
        thread = threading.Thread(target=stream.read, args=(answer.iter_lines(),), daemon=True)
        thread.start()
        try:
            yield stream
        finally:  # closing alone would wait for the thread that is reading
            socket = answer.extensions["network_stream"].get_extra_info("socket")
            with suppress(OSError):
                socket.shutdown(SHUT_RDWR)


def post(server: Server, key: Key, name: str = "ming", **more: Any) -> int:
    answer = httpx.post(
        f"{server.address}/xapi/statements",
        json={**statement(name, "answered", result={"success": True}), **more},
        headers={"X-Experience-API-Version": "2.0.0"},
        auth=(key.key, key.secret),
    )
    assert answer.status_code == 200, answer.text
    return int(answer.headers["X-Xueji-Position"])


def arrived(server: Server, key: Key, position: int) -> httpx.Response:
    path = f"{server.address}{MING}"
    return httpx.get(path, params={"after": position}, auth=(key.key, key.secret), timeout=PATIENCE)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("live")
    with running_server(folder, streams_per_credential=str(MOST)) as running:
        yield running


@pytest.fixture
def key(server: Server) -> Key:
    """The key of a store in which Ming has done something."""
    key = server.add_key(store=f"store-{uuid4()}")
    assert arrived(server, key, post(server, key)).status_code == 200
    return key


def test_what_is_posted_is_in_the_stream_within_a_second(server: Server, key: Key) -> None:
    with listening(server, key) as stream:
        first = stream.next()
        assert stream.type.startswith("text/event-stream")
        took = []
        for number in range(5):
            began = time.monotonic()
            position = post(server, key)
            event = stream.next()
            took.append(event.came - began)
            assert event.name == "answer"
            assert event.actions == first.actions + number + 1
            assert int(event.id.partition(".")[0]) >= position
            time.sleep(0.4)
    assert min(took) < 1.0, took
    assert sorted(took)[len(took) // 2] < 1.0, took


def test_a_badge_is_in_the_stream_within_a_second_of_being_posted(server: Server, key: Key) -> None:
    badge = {"id": "https://school.example/badges/helper", "definition": {"type": TYPE_BADGE}}
    earned = {"verb": {"id": VERB_EARNED}, "object": badge}
    took = []
    with listening(server, key) as stream:
        assert stream.next().data["badges"]["n"] == 0
        for number in range(1, 4):
            began = time.monotonic()
            post(server, key, **earned)
            event = stream.next()
            took.append(event.came - began)
            assert event.data["badges"]["n"] == number
            assert event.data["badges"]["newest"][0]["badge"] == badge["id"]
    assert min(took) < 1.0, took


def test_a_parameter_asks_for_it_as_the_header_does(server: Server, key: Key) -> None:
    with listening(server, key, f"{MING}?live=true", Accept="*/*") as stream:
        assert stream.next().data["person"] == agent_key("ming")


def test_the_first_event_is_the_answer_and_who_knows_it_is_not_sent_it_again(
    server: Server, key: Key
) -> None:
    with listening(server, key) as stream:
        first = stream.next()
    plain = arrived(server, key, 0).json()
    ours, theirs = ({**one, "as_of": "", "position": 0} for one in (first.data, plain))
    assert ours == theirs
    with listening(server, key, **{"Last-Event-ID": first.id}) as stream:
        assert stream.is_quiet()
        post(server, key)
        assert stream.next().actions == first.actions + 1
    with listening(server, key, **{"Last-Event-ID": first.id}) as stream:
        assert stream.next().actions == first.actions + 1, "it changed meanwhile"


def test_what_others_do_is_no_news_to_a_portrait(server: Server, key: Key) -> None:
    with listening(server, key) as stream:
        stream.next()
        position = post(server, key, "hong")
        arrived(server, key, position)
        assert stream.is_quiet()


def test_a_class_is_live_as_its_students_are_and_sent_at_most_every_few_seconds(
    server: Server,
) -> None:
    key = server.add_key(store=f"store-{uuid4()}", scope="all")
    imported = httpx.post(
        f"{server.address}/v1/roster",
        params={"home_page": HOME, "date": "2026-09-01"},
        content=packed(files_of(small_rows())),
        headers={"Content-Type": "application/zip"},
        auth=(key.key, key.secret),
        timeout=PATIENCE,
    )
    arrived(server, key, imported.raise_for_status().json()["position"])
    of_class = {"actor": {"account": {"homePage": HOME, "name": "s1"}}}

    def acts(event: Event) -> int:
        return sum(one["actions"] for one in event.data["students"])

    with listening(server, key, "/v1/portraits/classes/5-1") as stream:
        assert acts(stream.next()) == 0
        post(server, key, **of_class)
        first = stream.next()
        for _ in range(3):
            post(server, key, **of_class)
        second = stream.next()
        assert (acts(first), acts(second)) == (1, 4)
        assert second.came - first.came > LIVE_SPACING - 1.0, "what came meanwhile is one event"
        arrived(server, key, post(server, key, "hong"))
        assert stream.is_quiet(), "who isn't in the class is no news"


def test_a_credential_has_a_few_streams_open_and_one_that_is_left_makes_room(
    server: Server, key: Key
) -> None:
    with listening(server, key), listening(server, key):
        with listening(server, key) as last:
            last.next()
            answer = httpx.get(
                f"{server.address}{MING}?live=true", auth=(key.key, key.secret), timeout=PATIENCE
            )
            assert answer.status_code == 429
            assert answer.headers["Retry-After"]
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with listening(server, key) as again:
                    again.next()
                    break
            except AssertionError:
                assert time.monotonic() < deadline
                time.sleep(0.2)


def test_a_stream_ends_when_its_credential_is_revoked(server: Server, key: Key) -> None:
    with listening(server, key) as stream:
        stream.next()
        record = Record.open(
            str(Path(server.environment["XUEJI_DATA_DIRECTORY"]) / "record.sqlite")
        )
        Credentials(record.statements, b"").revoke(key.key)
        record.close()
        last = stream.next()
        assert (last.name, last.data["error"]["status"]) == ("error", 401)
        assert stream.has_ended()


def test_who_is_not_there_or_not_one_s_own_is_refused_before_any_event(
    server: Server, key: Key
) -> None:
    path = f"{server.address}/v1/portraits/students/nobody?live=true"
    assert httpx.get(path, auth=(key.key, key.secret)).status_code == 404
    assert httpx.get(path).status_code == 401


def test_streams_end_cleanly_when_the_server_stops(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        key = server.add_key()
        arrived(server, key, post(server, key))
        with listening(server, key) as stream:
            stream.next()
            began = time.monotonic()
            server.process.terminate()
            assert stream.has_ended()
            server.process.wait(PATIENCE)
            assert time.monotonic() - began < 8.0


def test_a_result_under_a_scheme_moves_with_what_is_posted(server: Server, key: Key) -> None:
    path = MING.replace("portraits", "evaluations/district-comprehensive")

    def counted(event: Event) -> int:
        indicators = [one for each in event.data["dimensions"] for one in each["indicators"]]
        return next(one["counted"] for one in indicators if one["id"] == "homework-accuracy")

    with listening(server, key, path) as stream:
        assert counted(stream.next()) == 0
        answered = statement(
            "ming",
            VERB_ANSWERED,
            result={"success": True},
            context={"extensions": {EXTENSION_PHASE: "post"}},
        )
        httpx.post(
            f"{server.address}/xapi/statements",
            json=answered,
            headers={"X-Experience-API-Version": "2.0.0"},
            auth=(key.key, key.secret),
        ).raise_for_status()
        assert counted(stream.next()) == 1
