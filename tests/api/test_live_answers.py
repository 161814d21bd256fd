"""What a live answer says and when, without a server: heartbeats, marks, faults, limits."""

import asyncio
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from api import live_answers
from api.answers import Asked, Question, View
from api.errors import ApiError
from api.live_answers import Following
from api.roles import Asker, Resource
from api.streams import Streams
from lrs.credentials import Credential

BEAT = b": \n\n"
CREDENTIAL = Credential("k" * 32, "district", "ui", frozenset({"projections/read"}), 0)


class Served:
    """A server's services and one request, as far as a live answer knows them."""

    def __init__(self, last_event_id: str = "") -> None:
        self.position = 1
        self.edition = "first"
        self.answers: list[Any] = [{"value": 0}]
        self.marks: Callable[[], Any] | None = None
        self.generation = SimpleNamespace(identity="one")
        self.carrier = self
        self.live = SimpleNamespace(is_stopping=False, reached=self.reached)
        self.services = self
        self.request = SimpleNamespace(headers={"last-event-id": last_event_id})
        self.asked = 0

    async def reached(self, position: int, timeout: float) -> bool:
        await asyncio.sleep(0.005)
        return True

    async def view(self, question: Question, *, is_first: bool = True) -> View:
        asker = Asker(CREDENTIAL, frozenset({"evaluator"}), None)
        return View(asker, cast(Any, self), cast(Any, self.generation), self.position)

    async def content(self, question: Question, view: View) -> Any:
        self.asked += 1
        answer = self.answers[0] if len(self.answers) == 1 else self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return {"position": self.position, **answer, "as_of": str(self.asked)}

    def following(self) -> Following:
        mark = None if self.marks is None else lambda _: cast(Any, self.marks)()
        question = Question(Resource.STUDENT_PORTRAIT, lambda _: None, None, None, mark, "")
        return Following(cast(Asked, self), question)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_answers, "SPACING", 0.0)
    monkeypatch.setattr(live_answers, "LOOK_SECONDS", 0.005)
    monkeypatch.setattr(live_answers, "HEARTBEAT", 0.05)


async def begun(served: Served) -> AsyncIterator[bytes]:
    following = served.following()
    view = await served.view(cast(Any, None))
    return following.events(await following.look(view))


async def heard(events: AsyncIterator[bytes], count: int) -> list[bytes]:
    return [await asyncio.wait_for(anext(events), 5.0) for _ in range(count)]


def test_in_silence_there_is_a_heartbeat() -> None:
    async def listen() -> None:
        events = await begun(Served())
        first, *beats = await heard(events, 3)
        assert first.startswith(b"id: 1.")
        assert beats == [BEAT, BEAT]

    asyncio.run(listen())


def test_an_answer_is_sent_when_it_changed_and_not_when_only_the_position_did() -> None:
    async def listen() -> None:
        served = Served()
        events = await begun(served)
        await heard(events, 1)
        served.position = 2
        assert await heard(events, 1) == [BEAT]
        served.position, served.answers = 3, [{"value": 1}]
        [event] = await heard(events, 1)
        assert event.startswith(b"id: 3.")
        assert b'"value":1' in event
        assert event.endswith(b"\n\n")

    asyncio.run(listen())


def test_while_the_mark_stays_the_answer_is_asked_at_most_now_and_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def listen() -> None:
        served = Served()
        served.marks = lambda: "same"
        events = await begun(served)
        await heard(events, 1)
        served.position = 2
        await heard(events, 1)  # the mark is known from here on
        before = served.asked
        for position in range(3, 8):
            served.position = position
            assert await heard(events, 1) == [BEAT]
        assert served.asked == before
        served.answers = [{"value": 1}]
        monkeypatch.setattr(live_answers, "OLDEST", 0.0)
        [event] = await heard(events, 1)
        assert b'"value":1' in event, "what depends on others comes in the end"

    asyncio.run(listen())


def test_a_fault_is_waited_out_and_what_changed_meanwhile_is_sent() -> None:
    async def listen() -> None:
        served = Served()
        events = await begun(served)
        await heard(events, 1)
        served.position = 2
        served.answers = [ConnectionError("ClickHouse is away"), {"value": 1}]
        [event] = [one for one in await heard(events, 1) if one != BEAT] or await heard(events, 1)
        assert b'"value":1' in event

    asyncio.run(listen())


def test_a_refusal_is_the_last_event() -> None:
    async def listen() -> None:
        served = Served()
        events = await begun(served)
        await heard(events, 1)
        served.position, served.answers = 2, [ApiError(403, "no longer")]
        [event] = await heard(events, 1)
        assert event.startswith(b"event: error\ndata: {")
        with pytest.raises(StopAsyncIteration):
            await anext(events)

    asyncio.run(listen())


@pytest.mark.parametrize("marks", [None, lambda: "same"])
def test_what_was_remembered_is_asked_for_again_though_the_log_rests(
    marks: Callable[[], Any] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def listen() -> None:
        served = Served()
        served.marks, served.position = marks, 2
        served.answers = [{"value": 0, "position": 1}, {"value": 1}]
        events = await begun(served)
        [event] = await heard(events, 1)
        assert event.startswith(b"id: 1."), "what it reflects"
        assert await heard(events, 1) == [BEAT], "not at once"
        monkeypatch.setattr(live_answers, "OLDEST", 0.0)
        [event] = await heard(events, 1)
        assert event.startswith(b"id: 2.")
        asked = served.asked
        assert (await heard(events, 1), served.asked) == ([BEAT], asked), "now it rests"

    asyncio.run(listen())


@pytest.mark.parametrize("marks", [None, lambda: "same"])
def test_what_was_tried_again_is_asked_though_no_position_has_moved(
    marks: Callable[[], Any] | None,
) -> None:
    async def listen() -> None:
        served = Served()
        served.marks = marks
        events = await begun(served)
        await heard(events, 1)
        served.edition, served.answers = "second", [{"value": 1}]
        [event] = await heard(events, 1)
        assert b'"value":1' in event

    asyncio.run(listen())


def test_another_generation_that_becomes_live_is_asked_though_it_is_behind() -> None:
    async def listen() -> None:
        served = Served()
        served.position = 7
        events = await begun(served)
        await heard(events, 1)
        served.generation, served.position = SimpleNamespace(identity="other"), 3
        served.answers = [{"value": 1}]
        [event] = [one for one in await heard(events, 1) if one != BEAT] or await heard(events, 1)
        assert event.startswith(b"id: 3.")

    asyncio.run(listen())


def test_a_credential_has_so_many_streams_and_what_ends_makes_room() -> None:
    streams = Streams(2)
    streams.begin("one")
    streams.begin("one")
    streams.begin("other")
    with pytest.raises(ApiError) as refused:
        streams.begin("one")
    assert refused.value.status == 429
    assert streams.count() == 3
    streams.end("one")
    streams.begin("one")
    for key in ("one", "one", "other"):
        streams.end(key)
    assert streams.count() == 0
