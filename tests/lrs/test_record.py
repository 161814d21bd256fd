"""The record keeps every statement once, unchanged, in order, and finds it again."""

import asyncio
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from eventsourcing.cryptography import AESCipher
from hypothesis import given, settings
from hypothesis import strategies as some

from lrs.queries import StatementQuery
from lrs.record import Record, RecordUnreadable
from lrs.submissions import StatementConflictError, VoidingError
from tests.support.records import (
    VOIDED,
    agent,
    agent_key,
    draft,
    reference,
    statement,
    statement_id,
    voiding,
)


def store(record: Record, *statements: dict[str, Any], store: str = "district") -> list[str]:
    drafts = [draft(one, store) for one in statements]
    return record.store_statements_now(store, drafts).statement_ids


def found(record: Record, **filters: Any) -> list[str]:
    page = record.find_statements(StatementQuery(store="district", **filters))
    return [orjson.loads(one.json)["id"] for one in page.statements]


def read_back(record: Record, one: str, store: str = "district") -> Any:
    found = record.statement(store, one, voided=False)
    return orjson.loads(found.json) if found else None


def test_what_was_acknowledged_is_found_at_once(record: Record) -> None:
    [one] = store(record, statement())
    read = read_back(record, one)
    assert read["id"] == one
    assert read["stored"] == read["timestamp"]
    assert read["authority"]["account"]["name"] == "clicker"
    assert found(record) == [one]


def test_the_bytes_received_come_back_as_they_were(record: Record) -> None:
    raw = b'{ "actor":{"mbox":"mailto:a@b.example"}, "verb":{"id":"https:\\/\\/v.example"},'
    raw += b' "object":{"id":"https://o.example"},"result":{"score":{"scaled":0.10}} }'
    one = draft(orjson.loads(raw), raw=raw)
    record.store_statements_now("district", [one])
    read = record.statement("district", one.statement_id, voided=False)
    assert read is not None
    assert read.json.endswith(raw[1:])


def test_properties_the_record_decides_replace_those_received(record: Record) -> None:
    [one] = store(record, statement(stored="2001-01-01T00:00:00Z", authority=agent("someone else")))
    read = read_back(record, one)
    assert read["stored"] > "2020"
    assert read["authority"]["account"]["name"] == "clicker"


def test_a_lone_context_activity_reads_back_in_an_array(record: Record) -> None:
    lone = {"contextActivities": {"parent": {"id": "https://district.example/quiz"}}}
    [one] = store(record, statement(context=lone))
    read = read_back(record, one)
    parents = read["context"]["contextActivities"]["parent"]
    assert parents == [{"id": "https://district.example/quiz"}]


def test_reposting_the_same_statement_succeeds_and_adds_no_event(record: Record) -> None:
    same = statement(id=statement_id(1), timestamp="2026-01-01T08:00:00+08:00")
    store(record, same)
    before = record.last_position()
    again = {**same, "timestamp": "2026-01-01T00:00:00.000Z", "version": "2.0.0"}
    again["verb"] = {**same["verb"], "display": {"en": "answered"}}
    store(record, again)
    assert record.last_position() == before


def test_reposting_tells_the_position_of_the_statement_already_there(record: Record) -> None:
    same = statement(id=statement_id(1))
    first = record.store_statements_now("district", [draft(same)])
    store(record, statement())
    assert record.store_statements_now("district", [draft(same)]) == first


def test_the_same_id_with_other_content_is_refused_and_its_batch_with_it(record: Record) -> None:
    store(record, statement(id=statement_id(1)))
    before = record.last_position()
    with pytest.raises(StatementConflictError):
        store(record, statement("wang"), statement("li", id=statement_id(1)))
    assert record.last_position() == before
    assert len(found(record)) == 1


def test_an_id_is_the_same_in_upper_and_lower_case(record: Record) -> None:
    upper = "AAAAAAAA-0000-4000-8000-00000000000A"
    store(record, statement(id=upper))
    with pytest.raises(StatementConflictError):
        store(record, statement("li", id=upper.lower()))
    assert record.statement("district", upper, voided=False)


def test_one_refused_submission_of_a_group_leaves_the_others(record: Record) -> None:
    store(record, statement(id=statement_id(1)))

    async def together() -> list[Any]:
        requests = [
            record.store_statements("district", [draft(statement("li", id=statement_id(1)))]),
            *(record.store_statements("district", [draft(statement())]) for _ in range(20)),
        ]
        return await asyncio.gather(*requests, return_exceptions=True)

    outcomes = asyncio.run(together())
    assert isinstance(outcomes[0], StatementConflictError)
    assert not any(isinstance(one, Exception) for one in outcomes[1:])
    assert len(found(record)) == 21


def test_of_many_writers_of_one_id_with_different_content_one_wins(record: Record) -> None:
    outcomes: list[Any] = []

    def write(number: int) -> None:
        try:
            outcomes.append(store(record, statement(f"learner {number}", id=statement_id(7))))
        except StatementConflictError as error:
            outcomes.append(error)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert sum(isinstance(one, list) for one in outcomes) == 1
    assert len(found(record)) == 1


def test_stores_hold_the_same_id_apart(record: Record) -> None:
    one = statement(id=statement_id(1))
    store(record, one, store="district")
    store(record, {**one, "actor": agent("other")}, store="neighbour")
    assert found(record) == [statement_id(1)]
    read = read_back(record, statement_id(1), "neighbour")
    assert read["actor"] == agent("other")
    assert record.statement("third", statement_id(1), voided=False) is None


def test_a_voided_statement_is_found_only_as_voided(record: Record) -> None:
    [one] = store(record, statement())
    [void] = store(record, voiding(one))
    assert record.statement("district", one, voided=False) is None
    assert record.statement("district", one, voided=True)
    assert found(record) == [void]
    # A filter that the voided statement matches gives what refers to it.
    assert found(record, agent=agent_key("ming")) == [void]


def test_a_statement_voided_before_it_came_is_voided_when_it_comes(record: Record) -> None:
    [void] = store(record, voiding(statement_id(5)))
    store(record, statement(id=statement_id(5)))
    assert record.statement("district", statement_id(5), voided=False) is None
    assert found(record) == [void]
    assert [entry.kind for entry in record.read_log(0, 10)] == ["statement", "statement", "voiding"]


def test_a_voiding_statement_cannot_be_voided(record: Record) -> None:
    [one] = store(record, statement())
    [void] = store(record, voiding(one))
    with pytest.raises(VoidingError):
        store(record, voiding(void))
    first, second = statement_id(8), statement_id(9)
    with pytest.raises(VoidingError):
        store(record, voiding(first, id=second), voiding(second))
    assert found(record) == [void]


def test_voiding_twice_writes_one_voiding(record: Record) -> None:
    [one] = store(record, statement())
    store(record, voiding(one))
    store(record, voiding(one))
    kinds = [entry.kind for entry in record.read_log(0, 10)]
    assert kinds.count("voiding") == 1


def test_the_position_told_covers_the_voiding_whichever_came_first(record: Record) -> None:
    [one] = store(record, statement())
    told = record.store_statements_now("district", [draft(voiding(one, id=statement_id(1)))])
    assert told.position == record.last_position()
    again = record.store_statements_now("district", [draft(voiding(one, id=statement_id(1)))])
    assert again.position == told.position
    store(record, voiding(statement_id(5)))
    late = record.store_statements_now("district", [draft(statement(id=statement_id(5)))])
    assert late.position == record.last_position()


def test_of_two_voidings_of_one_group_the_first_voids(record: Record) -> None:
    [one] = store(record, statement())
    first, second = statement_id(1), statement_id(2)
    store(record, voiding(one, id=first), voiding(one, id=second))
    [event] = [
        record.mapper.to_domain_event(notification)
        for notification in record.statements.select_notifications(1, 10)
        if notification.originator_version == 2
    ]
    assert event.voided_by == first  # type: ignore[attr-defined]


def test_filters_follow_references_whichever_came_first(record: Record) -> None:
    late, middle, top = statement_id(1), statement_id(2), statement_id(3)
    store(record, statement("teacher", "commented", reference(late), id=middle))
    store(record, statement("head", "agreed", reference(middle), id=top))
    store(record, statement("ming", id=late))
    assert found(record, agent=agent_key("ming")) == [late, top, middle]
    assert found(record, agent=agent_key("teacher")) == [top, middle]


def test_a_filter_is_met_by_one_statement_not_by_two_together(record: Record) -> None:
    [one] = store(record, statement("ming", "answered"))
    store(record, statement("teacher", "commented", reference(one)))
    verb = "https://district.example/verbs/commented"
    assert found(record, agent=agent_key("ming"), verb=verb) == []


def test_statements_that_refer_to_each_other_in_a_circle_are_stored(record: Record) -> None:
    first, second = statement_id(1), statement_id(2)
    store(record, statement("ming", target=reference(second), id=first))
    store(record, statement("li", target=reference(first), id=second))
    assert set(found(record, agent=agent_key("ming"))) == {first, second}


def test_stored_times_rise_strictly_and_bound_queries_exactly(record: Record) -> None:
    for _ in range(3):
        store(record, *(statement() for _ in range(4)))
    ids = found(record, ascending=True)
    entries = record.read_log(0, 100)
    times = [entry.stored for entry in entries]
    assert times == sorted(set(times))
    for index, entry in enumerate(entries):
        assert found(record, ascending=True, since=entry.stored) == ids[index + 1 :]
        assert found(record, ascending=True, until=entry.stored) == ids[: index + 1]
        assert found(record, ascending=True, until=entry.stored - 1) == ids[:index]


def test_stored_times_rise_though_the_clock_is_set_back(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "sqlite" not in record.env["PERSISTENCE_MODULE"]:
        pytest.skip("PostgreSQL's clock is its own")
    store(record, statement())
    monkeypatch.setattr("lrs.recorders.sqlite.now_microseconds", lambda: 1_000_000)
    store(record, statement())
    first, second = (entry.stored for entry in record.read_log(0, 10))
    assert first < second


def test_all_stored_up_to_consistent_through_can_be_read(record: Record) -> None:
    for _ in range(5):
        store(record, statement())
        through = record.consistent_through()
        store(record, statement())
        entries = record.read_log(0, 100)
        assert entries[-2].stored <= through < entries[-1].stored


def test_pages_meet_without_gap_or_overlap_while_statements_arrive(record: Record) -> None:
    ids = store(record, *(statement() for _ in range(25)))
    pages: list[str] = []
    query = StatementQuery(store="district", limit=7)
    while True:
        page = record.find_statements(query)
        pages += [orjson.loads(one.json)["id"] for one in page.statements]
        store(record, statement("newcomer"))
        if page.next_after is None:
            break
        query = StatementQuery(store="district", limit=7, after=page.next_after)
    assert pages == ids[::-1]


def test_the_log_is_read_in_batches_and_waited_for(record: Record) -> None:
    store(record, *(statement() for _ in range(5)))
    first = record.read_log(0, 3)
    rest = record.read_log(first[-1].position, 100)
    assert [entry.position for entry in (*first, *rest)] == [1, 2, 3, 4, 5]
    assert record.wait_for_log(4, 5.0)
    assert not record.wait_for_log(5, 0.05)
    later = threading.Timer(0.1, store, (record, statement()))
    later.start()
    assert record.wait_for_log(5, 10.0)
    later.join()


def test_the_record_is_as_it_was_after_reopening(location: str) -> None:
    record = Record.open(location)
    [one] = store(record, statement())
    record.close()
    again = Record.open(location)
    assert found(again) == [one]
    store(again, statement())
    assert [entry.position for entry in again.read_log(0, 10)] == [1, 2]
    again.close()


def test_a_commit_is_synced_to_the_disk(tmp_path: Path) -> None:
    record = Record.open(str(tmp_path / "record.sqlite"))
    assert record.statements.read("PRAGMA synchronous")[0][0] == 2
    assert record.statements.read("PRAGMA journal_mode")[0][0] == "wal"
    record.close()


def test_a_ciphered_and_compressed_log_reads_back(tmp_path: Path) -> None:
    settings = {
        "COMPRESSOR_TOPIC": "zlib",
        "CIPHER_TOPIC": "eventsourcing.cryptography:AESCipher",
        "CIPHER_KEY": AESCipher.create_key(16),
    }
    record = Record.open(str(tmp_path / "record.sqlite"), settings)
    [one] = store(record, statement("a secret name"))
    assert found(record) == [one]
    record.close()
    connection = sqlite3.connect(tmp_path / "record.sqlite")
    states = [row[0] for row in connection.execute("SELECT state FROM stored_events")]
    connection.close()
    assert not any(b"secret" in state for state in states)


@pytest.mark.parametrize(
    "settings", [{}, {"CIPHER_KEY": AESCipher.create_key(16)}], ids=["no key", "another key"]
)
def test_a_record_is_not_opened_by_another_key_than_its_own(
    tmp_path: Path, settings: dict[str, str]
) -> None:
    """All its events would be set aside as damaged, one after the other."""
    location = str(tmp_path / "record.sqlite")
    cipher = {"CIPHER_TOPIC": "eventsourcing.cryptography:AESCipher"}
    key = {"CIPHER_KEY": AESCipher.create_key(16)}
    record = Record.open(location, cipher | key)
    store(record, statement("one"), statement("two"))
    record.close()
    with pytest.raises(RecordUnreadable, match="are CIPHER_TOPIC, CIPHER_KEY"):
        Record.open(location, cipher | settings if settings else {})
    again = Record.open(location, cipher | key)
    assert len(found(again)) == 2
    again.close()


INDEX = ("statement_terms", "statement_references", "voided_statements", "activities")


def test_the_index_rebuilt_from_the_log_is_the_index(record: Record) -> None:
    ids = store(record, *(statement(f"learner {number}") for number in range(6)))
    store(record, statement("teacher", "commented", reference(ids[0])))
    store(record, voiding(ids[1]), voiding(statement_id(44)))
    store(record, statement(id=statement_id(44)))

    def rows() -> list[Any]:
        return [
            sorted(
                tuple(dict(row).values()) for row in record.statements.read(f"SELECT * FROM {t}")
            )
            for t in INDEX
        ]

    before, times = rows(), [entry.stored for entry in record.read_log(0, 99)]
    page = [found(record, until=time) for time in times]
    assert record.rebuild_index() == 10
    assert rows() == before
    assert [found(record, until=time) for time in times] == page


# The filters against plain reading ---------------------------------------------------------------

NAMES = ("ming", "li")
VERBS = ("answered", "commented")
TARGETS = ("item/1", "item/2")


@some.composite
def histories(pick: some.DrawFn) -> list[dict[str, Any]]:
    """Statements that refer to one another, in the order of their arrival."""
    count = pick(some.integers(1, 7))
    history = []
    for number in range(count):
        kind = pick(some.sampled_from(["plain", "reference", "voiding"]))
        target = statement_id(pick(some.integers(0, count)))
        given = {"id": statement_id(number)}
        if kind == "plain":
            name, verb = pick(some.sampled_from(NAMES)), pick(some.sampled_from(VERBS))
            one = statement(name, verb, pick(some.sampled_from(TARGETS)), **given)
        elif kind == "reference":
            name, verb = pick(some.sampled_from(NAMES)), pick(some.sampled_from(VERBS))
            one = statement(name, verb, reference(target), **given)
        else:
            one = voiding(target, **given)
        history.append(one)
    return pick(some.permutations(history))


def expected(history: list[dict[str, Any]], agent_name: str | None, verb: str | None) -> set[str]:
    """Find by plain reading: follow each statement's references, drop the voided."""
    by_id = {one["id"]: one for one in history}

    def is_voiding(one: dict[str, Any]) -> bool:
        return one["verb"]["id"] == VOIDED

    voided = {
        one["object"]["id"]
        for one in history
        if is_voiding(one) and one["object"]["id"] in by_id
        if not is_voiding(by_id[one["object"]["id"]])
    }

    def chain(one: dict[str, Any]) -> Iterator[dict[str, Any]]:
        seen: set[str] = set()
        while one["id"] not in seen:
            seen.add(one["id"])
            yield one
            target = one["object"].get("id")
            if one["object"].get("objectType") != "StatementRef" or target not in by_id:
                return
            one = by_id[target]

    def matches(one: dict[str, Any]) -> bool:
        right_agent = agent_name is None or one["actor"] == agent(agent_name)
        return right_agent and (verb is None or one["verb"]["id"].endswith(verb))

    return {
        one["id"]
        for one in history
        if one["id"] not in voided and any(matches(link) for link in chain(one))
    }


@pytest.fixture(scope="module")
def shared_record(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Record]:
    opened = Record.open(str(tmp_path_factory.mktemp("shared") / "record.sqlite"))
    yield opened
    opened.close()


@settings(max_examples=150, deadline=None)
@given(histories(), some.lists(some.integers(1, 3), min_size=7, max_size=7))
def test_filters_find_what_plain_reading_finds_whatever_the_order_of_arrival(
    shared_record: Record, history: list[dict[str, Any]], sizes: list[int]
) -> None:
    tenant = str(uuid4())
    stored: list[dict[str, Any]] = []
    rest = list(history)
    for size in sizes:
        batch, rest = rest[:size], rest[size:]
        try:
            store(shared_record, *batch, store=tenant)
        except VoidingError:
            continue
        stored += batch
    for name in (None, *NAMES):
        for verb in (None, *VERBS):
            query = StatementQuery(
                store=tenant,
                agent=agent_key(name) if name else None,
                verb=f"https://district.example/verbs/{verb}" if verb else None,
            )
            page = shared_record.find_statements(query).statements
            ids = [orjson.loads(one.json)["id"] for one in page]
            assert len(ids) == len(set(ids))
            assert set(ids) == expected(stored, name, verb)
