"""Forwarding: every statement that passes is upstream, in order, whatever upstream makes of it."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from msgspec.structs import replace

from lrs.attachment_parts import Served
from lrs.attachments import AttachmentStore
from lrs.record import LogEntry, Record
from streams.forward_filters import Filters
from streams.forwarders import (
    Definition,
    ForwarderExists,
    ForwarderRemoved,
    Forwarders,
    Letter,
    State,
)
from streams.forwarders_at_work import ForwardersAtWork
from tests.support.multipart import attachment
from tests.support.records import agent, agent_key, draft, statement, statement_id, voiding
from tests.support.small_record import SmallRecord, small_record

STORE = "district"
QUICK = (0.01, 0.05)  # seconds between tries
POISON = ("$.result.score", "a score fits its range", "2.4.5.1", 7)
Json = dict[str, Any]


class Source:
    """A record, and forwarders from it to a small one."""

    def __init__(self, folder: Path, upstream: SmallRecord) -> None:
        self.record = Record.open(str(folder / "record.sqlite"))
        self.attachments = AttachmentStore.open(str(folder / "attachments"))
        self.forwarders = Forwarders(folder / "forwarders.sqlite")
        self.upstream = upstream

    def store(self, *statements: Json, store: str = STORE) -> None:
        self.record.store_statements_now(store, [draft(one, store) for one in statements])

    def add(self, filters: Filters = Filters(), after: int = 0, batch: int = 4) -> None:  # noqa: B008
        endpoint = self.upstream.url
        self.forwarders.add(Definition("city", endpoint, "key", STORE, filters, batch), after)

    @property
    def state(self) -> State:
        return self.forwarders.find("city")

    @contextmanager
    def at_work(self, secret: str = "secret") -> Iterator[None]:
        work = ForwardersAtWork(
            self.record,
            self.attachments,
            self.forwarders,
            lambda name: secret,
            pauses=QUICK,
            spacing=0.0,
        )
        work.start()
        try:
            yield
        finally:
            work.close()

    def forward(self) -> None:
        """Forward all there is."""
        with self.at_work():
            wait_for(lambda: self.state.position == self.record.last_position())

    def close(self) -> None:
        self.forwarders.close()
        self.attachments.close()
        self.record.close()


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    with small_record() as upstream, closing(Source(tmp_path, upstream)) as source:
        yield source


def wait_for(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.01)


def numbered(number: int, **more: Any) -> Json:
    return statement(target=f"item/{number}", id=statement_id(number), **more)


def ids(*numbers: int) -> list[str]:
    return [statement_id(number) for number in numbers]


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    poisoned=some.sets(some.integers(1, 12)),
    conflicting=some.sets(some.integers(1, 12)),
    batch=some.integers(1, 13),
    names_paths=some.booleans(),
)
def test_what_upstream_refuses_is_set_aside_alone_and_the_rest_is_there_in_order(
    tmp_path_factory: pytest.TempPathFactory,
    poisoned: set[int],
    conflicting: set[int],
    batch: int,
    names_paths: bool,
) -> None:
    folder = tmp_path_factory.mktemp("forwarding")
    bad, there = set(ids(*poisoned)), set(ids(*conflicting))

    def conflict(_: int, statements: list[Json]) -> Any:
        found = [one["id"] for one in statements if one["id"] in there]
        return (409, {}, b'{"error": {"message": "it is another"}}') if found else None

    with small_record() as upstream, closing(Source(folder, upstream)) as source:
        upstream.check = lambda one: POISON if one["id"] in bad else None
        upstream.interrupt, upstream.names_paths = conflict, names_paths
        source.store(*(numbered(number) for number in range(1, 13)))
        source.add(batch=batch)
        source.forward()
        refused = {letter.statement_id for letter in source.forwarders.letters(source.state)}
        letters = source.forwarders.letters(source.state)
    assert refused == bad | there
    assert [one["id"] for one in upstream.statements] == [
        one for one in ids(*range(1, 13)) if one not in refused
    ]
    for letter in letters:
        told = (409, "it is another") if letter.statement_id in there else (400, POISON[1])
        assert (letter.status, letter.reason) == told


def test_nothing_is_skipped_while_upstream_is_away_and_all_comes_once_it_is_back(
    source: Source,
) -> None:
    answers: list[Any] = [(503, {}, b""), (401, {}, b""), (403, {}, b""), (200, {}, b"<html>")]
    source.upstream.interrupt = lambda request, _: (
        answers[request - 1] if request <= len(answers) else None
    )
    source.store(*(numbered(number) for number in range(1, 10)))
    source.add()
    errors = set()
    with source.at_work():
        until = time.monotonic() + 30
        while source.state.position < source.record.last_position():
            errors.add(source.state.error.partition(":")[0])
            assert time.monotonic() < until
        wait_for(lambda: source.state.error == "")
    assert [one["id"] for one in source.upstream.statements] == ids(*range(1, 10))
    assert "status 503" in errors
    assert source.state.dead_letters == 0
    assert source.state.forwarded == 9


def test_a_credential_that_is_refused_shows_as_the_error_and_is_never_told(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    source.upstream.interrupt = lambda *_: (401, {}, b"who are you")
    source.store(numbered(1))
    source.add()
    with source.at_work("hush-hush"):
        wait_for(lambda: "status 401" in source.state.error)
    assert source.state.position == 0
    told = caplog.text + repr(source.state) + Path(source.forwarders._path).read_bytes().hex()
    assert "hush-hush" not in told
    assert b"hush-hush".hex() not in told


def test_a_forwarder_goes_on_where_it_was_and_tries_again_when_told_to(source: Source) -> None:
    bad = set(ids(2))
    source.upstream.check = lambda one: POISON if one["id"] in bad else None
    source.store(numbered(1), numbered(2), numbered(3))
    source.add()
    source.forward()
    posts = len(source.upstream.requests)
    source.forward()
    assert len(source.upstream.requests) == posts
    assert source.forwarders.retry("city") == 1
    with source.at_work():
        wait_for(lambda: not source.forwarders.wanted_again(source.state, 10))
        assert source.state.dead_letters == 1  # refused anew
        bad.clear()
        source.forwarders.retry("city")
        wait_for(lambda: source.state.dead_letters == 0)
    assert source.upstream.stored_ids() == ids(1, 3, 2)


@pytest.mark.parametrize("answer", [(503, {}, b"busy"), (429, {}, b""), (200, {}, b"<html>")])
def test_what_upstream_gives_no_decision_on_when_tried_again_keeps_nothing_else(
    source: Source, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    monkeypatch.setattr("streams.forwarding.LOOK_SECONDS", 0.01)
    bad = set(ids(1, 2))
    source.upstream.check = lambda one: POISON if one["id"] in bad else None
    source.store(numbered(1), numbered(2), numbered(3))
    source.add()
    source.forward()
    bad.clear()
    source.upstream.interrupt = lambda _, batch: answer if batch[0]["id"] in ids(1) else None
    source.forwarders.retry("city")
    source.store(numbered(4))
    with source.at_work():
        wait_for(lambda: source.upstream.stored_ids() == ids(3, 4, 2))
        wait_for(lambda: source.state.dead_letters == 1)
    [letter] = source.forwarders.letters(source.state)
    assert (letter.status, letter.again > 0) == (answer[0], True)
    assert f"status {answer[0]}" in letter.reason
    source.upstream.interrupt = lambda *_: None
    with source.at_work():
        wait_for(lambda: source.state.dead_letters == 0)
    assert source.state.forwarded == 4


def test_only_what_passes_goes_upstream_and_with_it_what_voids_it(source: Source) -> None:
    passing = {"verb": "watched", "actor": "ming"}
    early = statement_id(90)
    source.store(
        voiding(early, id=statement_id(1)),  # before what it voids
        numbered(2, **passing),
        numbered(3, verb="asked"),
        numbered(4, verb="watched", actor="hong"),
        voiding(statement_id(2), id=statement_id(5)),
        voiding(statement_id(3), id=statement_id(6)),
    )
    source.store(numbered(7, **passing), store="another")
    watched = "https://district.example/verbs/watched"
    source.add(Filters(verbs=(watched,), agents=(agent_key("ming"),)))
    source.forward()
    source.store(numbered(90, **passing))
    source.forward()
    found = [one["id"] for one in source.upstream.statements]
    assert found == ids(2, 5, 90, 1)


@pytest.mark.parametrize("is_late", [True, False], ids=["void behind", "void before"])
@pytest.mark.parametrize("verbs", [("watched",), ("watched", "voided")], ids=str)
def test_what_voids_a_statement_is_posted_and_counted_once_however_little_is_read_at_once(
    source: Source, monkeypatch: pytest.MonkeyPatch, is_late: bool, verbs: tuple[str, ...]
) -> None:
    monkeypatch.setattr("streams.forwarding.ENTRIES", 1)
    voided, voider = numbered(1, verb="watched"), voiding(statement_id(1), id=statement_id(2))
    for one in (voided, voider) if is_late else (voider, voided):
        source.store(one)
    of_verbs = {
        "watched": "https://district.example/verbs/watched",
        "voided": "http://adlnet.gov/expapi/verbs/voided",
    }
    source.add(Filters(verbs=tuple(of_verbs[verb] for verb in verbs)))
    source.forward()
    assert sorted(one["id"] for one in source.upstream.statements) == ids(1, 2)
    assert source.state.forwarded == 2


def test_what_the_upstream_decides_is_left_to_it_and_all_else_is_as_received(
    source: Source,
) -> None:
    posted = numbered(1, result={"score": {"raw": 1.5}, "response": "一半"})
    source.store(posted)
    source.add()
    source.forward()
    [(user, headers, [sent])] = source.upstream.requests
    assert user == "key:secret"
    assert headers["X-Experience-API-Version"] == "1.0.3"
    assert sent.pop("timestamp")
    assert sent == posted  # no stored, no authority, no version that the upstream doesn't speak


def test_a_record_of_both_versions_gets_each_statement_in_its_own(source: Source) -> None:
    source.upstream.versions = ["1.0.3", "2.0.0"]
    source.store(numbered(1), numbered(2, version="1.0.0"), numbered(3, version="1.0.0"))
    source.add()
    source.forward()
    sent = [
        (headers["X-Experience-API-Version"], [one["id"] for one in batch])
        for _, headers, batch in source.upstream.requests
    ]
    assert sent == [("2.0.0", ids(1)), ("1.0.3", ids(2, 3))]


LESSON, PROFILE, OTHER = (f"https://district.example/{name}" for name in ("l", "p", "o"))
IN_LESSON = statement(
    context={"contextActivities": {"grouping": [{"id": LESSON}], "category": [{"id": PROFILE}]}},
    authority={"objectType": "Agent", "account": {"homePage": "https://x.cn", "name": "clicker"}},
)
GROUP = {**IN_LESSON, "actor": {"objectType": "Group", "member": [agent("ming"), agent("hong")]}}


@pytest.mark.parametrize(
    ("filters", "passes"),
    [
        (Filters(), True),
        (Filters(activities=(OTHER, LESSON)), True),
        (Filters(activities=("https://district.example/item/1",)), True),
        (Filters(activities=(PROFILE,)), False),
        (Filters(categories=(PROFILE,)), True),
        (Filters(categories=(LESSON,)), False),
        (Filters(apps=("clicker",)), True),
        (Filters(apps=("homework",)), False),
        (Filters(agents=(agent_key("hong"),)), True),
        (Filters(agents=(agent_key("li"),)), False),
        (Filters(apps=("clicker",), categories=(OTHER,)), False),
    ],
    ids=str,
)
def test_a_statement_passes_where_each_kind_of_filter_has_one_of_it(
    filters: Filters, passes: bool
) -> None:
    assert filters.pass_statement(GROUP) == passes


def test_what_cant_be_read_is_set_aside_and_what_can_not_just_now_is_waited_for(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.store(numbered(1), numbered(2, attachments=[attachment(b"essay")]), numbered(3))
    read, found, failures = source.record.read_log, source.record.statement, iter(range(2))

    def damaged(after: int, limit: int) -> list[LogEntry]:
        return [
            replace(entry, kind="unreadable", statement=b"", error="damaged")
            if entry.statement_id == statement_id(3)
            else entry
            for entry in read(after, limit)
        ]

    def away(*asked: Any, **how: Any) -> Any:
        if next(failures, None) is not None:
            raise OSError("the disk is away")
        return found(*asked, **how)

    monkeypatch.setattr(source.record, "read_log", damaged)
    monkeypatch.setattr(source.record, "statement", away)
    source.add()
    source.forward()
    assert source.upstream.stored_ids() == ids(1, 2)
    [letter] = source.forwarders.letters(source.state)
    assert (letter.statement_id, letter.status) == (statement_id(3), 0)
    assert "damaged" in letter.reason


@pytest.mark.parametrize("damage", [b"", None, b"else"], ids=["cut short", "gone", "longer"])
def test_a_statement_whose_attachment_cant_be_read_is_set_aside_and_the_rest_goes_on(
    source: Source, monkeypatch: pytest.MonkeyPatch, damage: bytes | None
) -> None:
    def blocks(*_: Any) -> Iterator[bytes]:
        if damage is None:
            raise FileNotFoundError("no such file")
        yield damage

    def served(found: Any, *_: Any) -> list[Served]:
        return [Served("0" * 64, "text/plain", 3)] if b"attachments" in found[0].json else []

    monkeypatch.setattr("streams.forwarding.attachments_served", served)
    monkeypatch.setattr(source.attachments, "blocks_now", blocks)
    source.store(numbered(1), numbered(2, attachments=[attachment(b"essay")]), numbered(3))
    source.add()
    source.forward()
    assert source.upstream.stored_ids() == ids(1, 3)
    [letter] = source.forwarders.letters(source.state)
    assert (letter.statement_id, letter.status) == (statement_id(2), 0)
    assert "0000" in letter.reason


def test_of_two_that_run_one_forwarder_one_only_does(source: Source) -> None:
    source.store(*(numbered(number) for number in range(1, 30)))
    source.add(batch=1)
    assert not source.forwarders.is_at_work("city")
    with source.at_work(), source.at_work():
        wait_for(lambda: source.state.position == source.record.last_position())
        assert source.forwarders.is_at_work("city")
        names = [one.name for one in threading.enumerate()]
        assert names.count("forwarder city") == 1
    assert len(source.upstream.requests) == 29
    assert not source.forwarders.is_at_work("city")


def test_a_forwarder_that_is_removed_stops_and_one_of_its_name_begins_anew(source: Source) -> None:
    source.store(numbered(1), numbered(2))
    source.add()
    with pytest.raises(ForwarderExists):
        source.add()
    with source.at_work():
        wait_for(lambda: source.state.forwarded == 2)
        source.forwarders.remove("city")
        source.add(after=1)
        wait_for(lambda: source.state.forwarded == 1)
    assert [one["id"] for one in source.upstream.statements] == ids(1, 2, 2)


def test_another_log_is_never_gone_on_with(source: Source, tmp_path: Path) -> None:
    source.store(numbered(1), numbered(2))
    source.add()
    source.forward()
    (tmp_path / "other").mkdir()
    with closing(Source(tmp_path / "other", source.upstream)) as other:
        other.store(numbered(3), numbered(4), numbered(5))
        other.forwarders = source.forwarders
        with other.at_work():
            wait_for(lambda: "another log" in source.state.error)
        other.forwarders = Forwarders(tmp_path / "none")
    assert [one["id"] for one in source.upstream.statements] == ids(1, 2)


def test_a_log_put_back_and_grown_past_where_it_was_is_not_gone_on_with(
    source: Source, tmp_path: Path
) -> None:
    (tmp_path / "restored").mkdir()
    source.store(numbered(1))
    with (
        closing(sqlite3.connect(tmp_path / "record.sqlite")) as whole,
        closing(sqlite3.connect(tmp_path / "restored" / "record.sqlite")) as copy,
    ):
        whole.backup(copy)
    source.store(numbered(2))
    source.add()
    source.forward()
    with closing(Source(tmp_path / "restored", source.upstream)) as restored:
        restored.store(numbered(3), numbered(4))
        restored.forwarders, none = source.forwarders, restored.forwarders
        with restored.at_work():
            wait_for(lambda: source.state.error_kind == "another_log")
        restored.forwarders = none
    assert "entry 2 is another" in source.state.error
    assert source.upstream.stored_ids() == ids(1, 2)


def test_what_became_of_a_letter_is_not_noted_for_a_forwarder_that_was_removed(
    source: Source,
) -> None:
    source.add()
    state = source.state
    source.forwarders.remove("city")
    with pytest.raises(ForwarderRemoved):
        source.forwarders.settle(state, 1, [Letter(1, statement_id(1), 400, "no")])
    assert source.forwarders.letters(state) == []


def test_a_failure_that_lasts_is_logged_by_each_that_begins_anew(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    source.upstream.interrupt = lambda *_: (401, {}, b"who are you")
    source.store(numbered(1))
    source.add()
    for _ in range(2):
        caplog.clear()
        with source.at_work():
            wait_for(lambda: "city waits: status 401" in caplog.text)
    source.upstream.interrupt = lambda *_: None
    source.forward()
    assert (source.state.error, source.state.error_kind) == ("", "")


def test_a_file_made_before_errors_had_kinds_is_read(tmp_path: Path) -> None:
    path = tmp_path / "forwarders.sqlite"
    with closing(Forwarders(path)) as made:
        made.add(Definition("city", "https://city.example/xapi", "key", STORE))
    with closing(sqlite3.connect(path)) as database:
        for column in ("entry", "error_kind"):
            database.execute(f"ALTER TABLE forwarders DROP COLUMN {column}")
    with closing(Forwarders(path)) as forwarders:
        forwarders.note_failure(forwarders.find("city"), "away", "away")
        assert forwarders.find("city").error_kind == "away"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"name": "City"}, "name"),
        ({"endpoint": "city.example/xapi"}, "endpoint"),
        ({"endpoint": "https://me:word@city.example/xapi"}, "without a user"),
        ({"key": ""}, "key"),
        ({"store": "a/b"}, "store"),
        ({"batch": 0}, "batch"),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_forwarder_is_named(
    source: Source, change: dict[str, Any], named: str
) -> None:
    good = {"name": "city", "endpoint": "https://city.example/xapi", "key": "k", "store": "d"}
    with pytest.raises(ValueError, match=named) as refused:
        source.forwarders.add(Definition(**{**good, **change}))
    assert "word" not in str(refused.value)
    assert source.forwarders.all() == []
