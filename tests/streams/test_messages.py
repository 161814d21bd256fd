"""The messages of the topic: what is written is read back, and what isn't known is named."""

import contextlib
from typing import Any

import msgspec
import orjson
import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import example, given
from hypothesis import strategies as some

from lrs.declarations import KINDS, DeclarationVersion
from lrs.documents import DocumentName, DocumentScope, DocumentVersion, Kind
from lrs.record import LogEntry
from streams.messages import (
    LONGEST_ERROR,
    BadMessage,
    Message,
    decode,
    encode,
    encode_watermark,
    partition_of,
    partitions_of,
)
from tests.support.histories import (
    answer,
    declaration,
    declared,
    document,
    entry,
    person_key,
    state_version,
)

LAST_MICROSECOND = 253_402_300_799_999_999  # of the year 9999
texts = some.text(some.characters(codec="utf-8"), max_size=30)
names = some.text(some.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=20)
times = some.integers(0, LAST_MICROSECOND)
positions = some.integers(1, 2**63 - 1)
objects = some.dictionaries(texts, some.one_of(texts, some.integers(-9, 9)), max_size=3)


def read_back(message: Message) -> LogEntry:
    return decode(message.key, message.value, message.headers)


@some.composite
def statements(draw: Any) -> LogEntry:
    actor = draw(some.sampled_from([{"mbox": "mailto:a@b.example"}, {"objectType": "Group"}]))
    statement = orjson.dumps(draw(objects) | {"actor": actor})
    kind = draw(some.sampled_from(["statement", "voiding"]))
    return LogEntry(
        draw(positions), draw(names), kind, str(draw(some.uuids())), draw(times), statement
    )


@some.composite
def documents(draw: Any) -> LogEntry:
    maybe = some.one_of(some.none(), texts)
    scope = DocumentScope(
        kind=draw(some.sampled_from(Kind)),
        activity=draw(maybe),
        agent=draw(maybe),
        registration=draw(maybe),
    )
    version = DocumentVersion(
        name=DocumentName(scope, draw(texts)),
        content_type=draw(texts),
        content=draw(some.binary(max_size=50)),
        updated=draw(times),
        authority=orjson.dumps(draw(objects)),
        deleted=draw(some.booleans()),
    )
    return LogEntry(draw(positions), draw(names), "document", "", draw(times), b"", version)


@some.composite
def declarations(draw: Any) -> LogEntry:
    stored = draw(times)
    version = DeclarationVersion(
        kind=draw(some.sampled_from([*KINDS, "of a later release"])),
        id=draw(texts),
        content=draw(some.binary(max_size=50)),
        stored=stored,
        authority=orjson.dumps(draw(objects)),
        deleted=draw(some.booleans()),
    )
    position, store = draw(positions), draw(names)
    return LogEntry(position, store, "declaration", "", stored, b"", declaration=version)


unreadable = some.builds(
    LogEntry,
    position=positions,
    store=texts,
    kind=some.just("unreadable"),
    statement_id=texts,
    stored=times,
    statement=some.just(b""),
    error=names,
)


# There and back ------------------------------------------------------------------------------


@given(some.one_of(statements(), documents(), declarations(), unreadable))
@example(document(1, state_version(None)))
def test_an_entry_comes_back_as_it_was(entry: LogEntry) -> None:
    assert read_back(encode(entry)) == entry


@given(some.one_of(statements(), documents(), declarations(), unreadable))
def test_headers_may_come_as_a_mapping(entry: LogEntry) -> None:
    message = encode(entry)
    assert decode(message.key, message.value, dict(message.headers)) == entry


@given(positions)
def test_a_watermark_comes_back_with_its_position(position: int) -> None:
    message = encode_watermark(position)
    assert (message.key, message.value) == (None, b"")
    assert read_back(message) == LogEntry(position, "", "watermark", "", 0, b"")


def test_the_contract_as_it_is_published() -> None:
    stored = 1_772_411_400_000_001
    message = encode(msgspec.structs.replace(entry(7, answer(statement_id="x")), stored=stored))
    assert message.key == b"demo/account:https://school.example|s1"
    assert orjson.loads(message.value) == answer(statement_id="x")
    assert message.headers == [
        ("contract", b"1"),
        ("kind", b"statement"),
        ("store", b"demo"),
        ("position", b"7"),
        ("stored", b"2026-03-02T00:30:00.000001Z"),
        ("id", b"x"),
    ]
    message = encode(document(8, state_version(b"{}")))
    assert message.value == b"{}"
    assert orjson.loads(dict(message.headers)["document"]) == {
        "kind": "state",
        "id": "bookmark",
        "activity": "https://district.example/quiz",
        "agent": person_key("an"),
        "content_type": "application/json",
        "updated": "1970-01-01T00:00:00.000000Z",
        "authority": {"account": {"homePage": "https://xueji.example", "name": "homework"}},
    }

    about = declaration("roster-user", "s1", b'{"name":"An"}', deleted=True)
    message = encode(declared(9, about))
    assert message.key == b"demo/s1"
    assert message.value == b'{"name":"An"}'
    assert dict(message.headers)["kind"] == b"declaration"
    assert orjson.loads(dict(message.headers)["declaration"]) == {
        "kind": "roster-user",
        "id": "s1",
        "authority": {"account": {"homePage": "https://xueji.example", "name": "roster"}},
        "deleted": True,
    }


# Keys ------------------------------------------------------------------------------------------


def test_a_statement_and_its_voiding_have_the_same_key() -> None:
    one = answer()
    assert encode(entry(1, one)).key == encode(entry(9, one, kind="voiding")).key


@pytest.mark.parametrize("actor", [{"objectType": "Group", "member": []}, {}])
def test_what_nobody_is_named_in_has_its_statements_id_for_a_key(actor: dict[str, Any]) -> None:
    assert encode(entry(1, answer(statement_id="x") | {"actor": actor})).key == b"demo/x"


@pytest.mark.parametrize(
    "statement", [b"", b"[]", b'{"id":', b'{"actor":7}', b'{"actor":{"account":{}}}']
)
def test_what_cannot_be_read_still_has_a_key(statement: bytes) -> None:
    assert encode(LogEntry(5, "demo", "statement", "x", 0, statement)).key == b"demo/x"
    assert encode(LogEntry(5, "demo", "unreadable", "", 0, statement, error="?")).key == b"demo/5"


def test_a_document_has_the_key_of_its_agent_or_of_its_activity() -> None:
    about = state_version(b"{}")
    assert encode(document(1, about)).key == f"demo/{person_key('an')}".encode()
    profile = DocumentScope(kind=Kind.ACTIVITY_PROFILE, activity="https://a.example")
    about = msgspec.structs.replace(about, name=DocumentName(profile, "p"))
    assert encode(document(1, about)).key == b"demo/https://a.example"


def test_an_identity_link_goes_to_every_partition_and_all_else_to_one() -> None:
    link = encode(declared(1, declaration("identity", person_key("an"))))
    assert link.key is None
    assert list(partitions_of(link, 3)) == [0, 1, 2]
    one = encode(entry(1, answer()))
    assert list(partitions_of(one, 3)) == [partition_of(one.key or b"", 3)]


@given(some.binary(max_size=40), some.integers(1, 200))
def test_partitions_are_those_of_kafkas_default_partitioner(key: bytes, partitions: int) -> None:
    choices = list(range(partitions))
    assert partition_of(key, partitions) == DefaultPartitioner()(key, choices, choices)


@pytest.mark.parametrize(  # from the tests of Kafka's own client in Java: UtilsTest.testMurmur2
    ("key", "signed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_hash_is_kafkas(key: bytes, signed: int) -> None:
    assert partition_of(key, 2**31) == signed & 0x7FFFFFFF


# What isn't known ------------------------------------------------------------------------------


def headers_without(name: str, kind: LogEntry) -> dict[str, bytes]:
    return {header: value for header, value in encode(kind).headers if header != name}


@pytest.mark.parametrize("name", ["contract", "kind", "store", "position", "stored", "id"])
def test_a_missing_header_is_named(name: str) -> None:
    headers = headers_without(name, entry(1, answer()))
    with pytest.raises(BadMessage, match=f"'{name}' is missing"):
        decode(b"", b"{}", headers)


def test_documents_and_declarations_need_their_headers_and_what_is_unreadable_its_reason() -> None:
    with pytest.raises(BadMessage, match="'document' is missing"):
        decode(b"", b"", headers_without("document", document(1, state_version(b""))))
    with pytest.raises(BadMessage, match="'declaration' is missing"):
        decode(b"", b"", headers_without("declaration", declared(1, declaration("mapping", "a"))))
    headers = dict(encode(declared(1, declaration("mapping", "a"))).headers)
    with pytest.raises(BadMessage, match="header 'declaration': "):
        decode(b"", b"", headers | {"declaration": b"{}"})
    broken = LogEntry(1, "demo", "unreadable", "", 0, b"", error="broken")
    with pytest.raises(BadMessage, match="'error' is missing"):
        decode(b"", b"", headers_without("error", broken))


@pytest.mark.parametrize(
    ("header", "value", "said"),
    [
        ("contract", b"2", "contract '2' is not known"),
        ("kind", b"roster", "kind 'roster' is not known"),
        ("kind", b"\xff", "'kind' is not UTF-8"),
        ("position", b"-1", "'position' is no number"),
        ("position", b"", "'position' is no number"),
        ("position", b"9" * 5_000, "'position' is no number"),
        ("stored", b"yesterday", "'stored'"),
    ],
)
def test_what_a_header_may_not_say_is_named(header: str, value: bytes, said: str) -> None:
    headers = dict(encode(entry(1, answer())).headers) | {header: value}
    with pytest.raises(BadMessage, match=said):
        decode(b"", b"{}", headers)


@pytest.mark.parametrize("header", [b"", b"[]", b'{"kind":"state"}', b'{"kind":"roster","id":"x"}'])
def test_a_documents_header_that_cannot_be_read_is_named(header: bytes) -> None:
    headers = dict(encode(document(1, state_version(b""))).headers) | {"document": header}
    with pytest.raises(BadMessage, match="header 'document'"):
        decode(b"", b"", headers)


@pytest.mark.parametrize("headers", [None, [], {}])
def test_a_message_of_another_producer_is_named_as_without_contract(headers: Any) -> None:
    with pytest.raises(BadMessage, match="'contract' is missing"):
        decode(None, None, headers)


@pytest.mark.parametrize("value", [None, b""])
def test_a_statement_without_value_is_none(value: bytes | None) -> None:
    with pytest.raises(BadMessage, match="empty"):
        decode(b"", value, encode(entry(1, answer())).headers)


@given(
    some.dictionaries(
        some.sampled_from(["contract", "kind", "store", "position", "stored", "id", "document"]),
        some.one_of(some.binary(max_size=9), some.sampled_from([b"1", b"statement", b"document"])),
    ),
    some.binary(max_size=9),
)
def test_whatever_comes_is_an_entry_or_a_bad_message(headers: Any, value: bytes) -> None:
    with contextlib.suppress(BadMessage):
        decode(None, value, headers)


def test_a_long_reason_is_cut() -> None:
    broken = LogEntry(1, "demo", "unreadable", "", 0, b"", error="x" * 10_000)
    assert len(read_back(encode(broken)).error) == LONGEST_ERROR
