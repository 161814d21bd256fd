"""Documents are kept as events: whole, with their history, merged and guarded by conditions."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args

import msgspec
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from lrs.documents import (
    ConditionFailedError,
    ConditionMissingError,
    Conditions,
    DocumentChange,
    DocumentChanged,
    DocumentHeader,
    DocumentName,
    DocumentScope,
    DocumentStored,
    DocumentVersion,
    Kind,
    Method,
    check_content,
    etag_of,
    merge,
)
from lrs.record import Record
from lrs.validation import Violation
from lrs.versions import PutCondition, Version
from tests.support.records import AUTHORITY, agent, agent_key, draft, statement

QUIZ = "https://district.example/quiz"
FIRST = "11111111-1111-4111-8111-111111111111"
SECOND = "22222222-2222-4222-8222-222222222222"
JSON = "application/json"


def state(learner: str = "ming", activity: str = QUIZ, **more: Any) -> DocumentScope:
    return DocumentScope(kind=Kind.STATE, activity=activity, agent=agent_key(learner), **more)


def change(
    method: Method,
    content: Any = b"",
    *,
    name: str | None = "bookmark",
    scope: DocumentScope | None = None,
    **more: Any,
) -> DocumentChange:
    given: dict[str, Any] = {"content_type": JSON, **more}
    if not isinstance(content, bytes):
        content = orjson.dumps(content)
    return DocumentChange(
        scope=scope or state(),
        id=name,
        method=method,
        authority=AUTHORITY.json,
        agent=agent("ming"),
        content=content,
        **given,
    )


def do(record: Record, wanted: DocumentChange, store: str = "district") -> DocumentChanged:
    return asyncio.run(record.change_document(store, wanted))


def read(
    record: Record,
    name: str = "bookmark",
    *,
    scope: DocumentScope | None = None,
    store: str = "district",
) -> DocumentVersion | None:
    return record.document(store, DocumentName(scope or state(), name))


def content(record: Record, *given: Any, **more: Any) -> bytes | None:
    found = read(record, *given, **more)
    return found.content if found else None


def ids(record: Record, scope: DocumentScope | None = None, since: int | None = None) -> list[str]:
    return record.document_ids("district", scope or state(), since).ids


def table(record: Record, name: str, order: str) -> list[dict[str, Any]]:
    rows = record.statements.read(f"SELECT * FROM {name} ORDER BY {order}")
    return [{key: row[key] for key in dict(row)} for row in rows]


# Kept and given back -----------------------------------------------------------------------------


def test_what_was_put_is_given_back_octet_for_octet(record: Record) -> None:
    octets = b"\x00\n\r\n\xff{" + bytes(range(256))
    changed = do(record, change("PUT", octets, content_type="image/png"))
    found = read(record)
    assert found is not None
    assert (found.content, found.content_type) == (octets, "image/png")
    assert found.etag == changed.etag == etag_of(octets)
    assert changed.position == record.last_position()


def test_an_empty_document_is_a_document(record: Record) -> None:
    do(record, change("PUT", b"", content_type="text/plain"))
    assert content(record) == b""
    assert ids(record) == ["bookmark"]


def test_put_takes_the_place_of_all_that_was_there(record: Record) -> None:
    do(record, change("PUT", {"page": 1, "seen": True}))
    do(record, change("PUT", b"plain", content_type="text/plain"))
    found = read(record)
    assert found is not None
    assert (found.content, found.content_type) == (b"plain", "text/plain")


def test_a_deleted_document_is_gone_and_may_come_again(record: Record) -> None:
    do(record, change("PUT", {"page": 1}))
    do(record, change("DELETE"))
    assert read(record) is None
    assert ids(record) == []
    do(record, change("POST", {"page": 2}))
    assert content(record) == b'{"page":2}'


def test_deleting_what_is_not_there_writes_nothing(record: Record) -> None:
    assert do(record, change("DELETE")) == DocumentChanged(0)
    assert record.last_position() == 0


def test_the_history_has_every_version_and_who_made_it(record: Record) -> None:
    do(record, change("PUT", {"page": 1}))
    do(record, change("POST", {"seen": True}))
    do(record, change("DELETE"))
    do(record, change("PUT", b"again", content_type="text/plain"))
    history = record.document_history("district", DocumentName(state(), "bookmark"))
    assert [(one.content, one.deleted) for one in history] == [
        (b'{"page":1}', False),
        (b'{"page":1,"seen":true}', False),
        (b"", True),
        (b"again", False),
    ]
    assert {one.authority for one in history} == {AUTHORITY.json}
    assert [one.updated for one in history] == sorted({one.updated for one in history})


def test_an_agent_written_over_several_lines_leaves_the_content_whole(record: Record) -> None:
    spread = orjson.loads(b'{\n "name": "a\\nb",\n "mbox": "mailto:a@b.example"\n}')
    wanted = msgspec.structs.replace(change("PUT", b"first\nsecond"), agent=spread)
    do(record, wanted)
    assert content(record) == b"first\nsecond"


@given(some.binary(), some.text(), some.text())
def test_an_event_reads_back_as_it_was_written(octets: bytes, kind: str, name: str) -> None:
    header = DocumentHeader(
        stored="2026-01-01T00:00:00.000000Z",
        method="PUT",
        kind=Kind.STATE,
        id=name,
        authority=msgspec.Raw(AUTHORITY.json),
        content_type=kind,
    )
    event = DocumentStored("district/state/1", 1, msgspec.json.encode(header), octets)
    again = DocumentStored.decode("district/state/1", 1, event.encode())
    assert again == event
    version = again.version()
    assert (version.content, version.content_type, version.name.id) == (octets, kind, name)


# Apart -------------------------------------------------------------------------------------------


def test_documents_are_apart_by_all_that_names_them(record: Record) -> None:
    scopes = [
        state(),
        state("li"),
        state(activity=f"{QUIZ}/2"),
        state(registration=FIRST),
        state(registration=SECOND),
        DocumentScope(kind=Kind.ACTIVITY_PROFILE, activity=QUIZ),
        DocumentScope(kind=Kind.AGENT_PROFILE, agent=agent_key("ming")),
    ]
    for place, scope in enumerate(scopes):
        for name in ("bookmark", "other"):
            do(
                record,
                change("PUT", f"{place} {name}".encode(), name=name, scope=scope, content_type=""),
            )
    for place, scope in enumerate(scopes):
        for name in ("bookmark", "other"):
            assert content(record, name, scope=scope) == f"{place} {name}".encode()


def test_stores_are_apart(record: Record) -> None:
    do(record, change("PUT", {"page": 1}))
    do(record, change("PUT", {"page": 2}), store="other")
    assert content(record) == b'{"page":1}'
    assert content(record, store="other") == b'{"page":2}'
    do(record, change("DELETE", name=None), store="other")
    assert content(record) == b'{"page":1}'
    assert content(record, store="other") is None
    assert record.document_history("third", DocumentName(state(), "bookmark")) == []
    assert record.document_ids("third", state()).ids == []


# Lists -------------------------------------------------------------------------------------------


def test_ids_are_listed_in_order_each_once(record: Record) -> None:
    for name, registration in [
        ("b", None),
        ("题", FIRST),
        ("a", FIRST),
        ("a", SECOND),
        ("B", None),
    ]:
        do(record, change("PUT", {}, name=name, scope=state(registration=registration)))
    assert ids(record) == ["B", "a", "b", "题"]
    assert ids(record, state(registration=FIRST)) == ["a", "题"]
    assert ids(record, state(registration=SECOND)) == ["a"]


def test_since_lists_what_was_updated_after_that_time_and_not_at_it(record: Record) -> None:
    do(record, change("PUT", {}, name="early"))
    early = read(record, "early")
    do(record, change("PUT", {}, name="late"))
    late = read(record, "late")
    assert early is not None
    assert late is not None
    assert ids(record, since=early.updated - 1) == ["early", "late"]
    assert ids(record, since=early.updated) == ["late"]
    assert ids(record, since=late.updated) == []
    do(record, change("POST", {"page": 1}, name="early"))
    assert ids(record, since=late.updated) == ["early"]


def test_a_list_says_when_the_newest_was_updated(record: Record) -> None:
    assert record.document_ids("district", state()).updated is None
    for name in ("b", "a"):
        do(record, change("PUT", {}, name=name))
    newest = read(record, "a")
    assert newest is not None
    assert record.document_ids("district", state()).updated == newest.updated


def test_clearing_a_scope_deletes_what_is_in_it_and_nothing_else(record: Record) -> None:
    kept = [state("li"), state(activity=f"{QUIZ}/2"), state(registration=SECOND)]
    for scope in (*kept, state(registration=FIRST)):
        do(record, change("PUT", {}, scope=scope))
        do(record, change("PUT", {}, scope=scope, name="other"))
    do(record, change("DELETE", name=None, scope=state(registration=FIRST)))
    assert ids(record, state(registration=FIRST)) == []
    for scope in kept:
        assert ids(record, scope) == ["bookmark", "other"]
    do(record, change("DELETE", name=None))
    assert ids(record) == []
    assert ids(record, state(registration=SECOND)) == []
    assert ids(record, state("li")) == ["bookmark", "other"]


# Merging -----------------------------------------------------------------------------------------

TEXTS = some.text(max_size=8)
VALUES = some.recursive(
    some.none()
    | some.booleans()
    | some.integers(-(2**63), 2**63 - 1)
    | some.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = some.dictionaries(TEXTS, VALUES, max_size=5)


def version_of(octets: bytes, content_type: str = JSON) -> DocumentVersion:
    return DocumentVersion(
        name=DocumentName(state(), "bookmark"),
        content_type=content_type,
        content=octets,
        updated=0,
        authority=AUTHORITY.json,
    )


@given(OBJECTS, OBJECTS)
def test_merging_is_the_union_of_the_top_level_properties(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    merged = merge(version_of(orjson.dumps(old)), JSON, orjson.dumps(new), Version.V2_0_0)
    assert orjson.loads(merged) == {**old, **new}


def test_merging_leaves_octets_of_values_as_they_are() -> None:
    old = b'{"big": 123456789012345678901234567890, "exact": 0.10, "same": [1,  2]}'
    merged = merge(version_of(old), JSON, b'{"new": 1e2}', Version.V1_0_3)
    assert merged == (
        b'{"big":123456789012345678901234567890,"exact":0.10,"same":[1,  2],"new":1e2}'
    )


@pytest.mark.parametrize("kind", ["application/json;charset=utf-8", " Application/JSON "])
def test_parameters_and_case_of_the_content_type_do_not_matter(kind: str) -> None:
    merged = merge(version_of(b'{"a":1}', kind), kind, b'{"b":2}', Version.V2_0_0)
    assert merged == b'{"a":1,"b":2}'


NO_OBJECTS = [b"", b"[]", b'"text"', b"1", b"null", b"{", b'{"a":1}}', b"{'a':1}", b"\xff"]


@pytest.mark.parametrize(
    ("old", "posted"),
    [
        *(((JSON, b"{}"), (JSON, one)) for one in NO_OBJECTS),
        *(((JSON, one), (JSON, b"{}")) for one in NO_OBJECTS),
        *((None, (JSON, one)) for one in NO_OBJECTS),
        ((JSON, b"{}"), ("text/plain", b"{}")),
        (("text/plain", b"{}"), (JSON, b"{}")),
        (("text/plain", b"{}"), ("text/plain", b"{}")),
    ],
)
@pytest.mark.parametrize("version", Version)
def test_what_is_no_json_object_on_either_side_is_not_merged(
    old: tuple[str, bytes] | None, posted: tuple[str, bytes], version: Version
) -> None:
    there = version_of(old[1], old[0]) if old else None
    with pytest.raises(Violation) as refused:
        merge(there, *posted, version)
    assert refused.value.section.startswith("IEEE" if version is Version.V2_0_0 else "xAPI 1.0.3")


def test_a_refused_merge_changes_nothing(record: Record) -> None:
    do(record, change("PUT", {"page": 1}))
    before = record.last_position(), table(record, "documents", "stream")
    for content_type, octets in [("text/plain", b"{}"), (JSON, b"[1]"), (JSON, b"{")]:
        with pytest.raises(Violation):
            do(record, change("POST", octets, content_type=content_type))
    assert (record.last_position(), table(record, "documents", "stream")) == before
    assert content(record) == b'{"page":1}'


def test_posting_to_where_nothing_is_keeps_what_was_posted(record: Record) -> None:
    do(record, change("POST", b'{ "page": 1 }'))
    do(record, change("POST", b"plain", name="text", content_type="text/plain"))
    assert content(record) == b'{ "page": 1 }'
    assert content(record, "text") == b"plain"


@pytest.mark.parametrize(
    ("method", "octets", "right"),
    [
        ("PUT", b"[1]", True),
        ("PUT", b'"text"', True),
        ("PUT", b"{", False),
        ("PUT", b'{"a":1,"a":2}', False),
        ("POST", b'{"a":1}', True),
        ("POST", b"[1]", False),
        ("POST", b'{"a":{"b":1,"b":2}}', False),
    ],
)
def test_what_is_said_to_be_json_is_checked_to_be(
    method: Method, octets: bytes, right: bool
) -> None:
    check_content(change(method, octets, content_type="text/plain"))
    if right:
        check_content(change(method, octets))
        return
    with pytest.raises(Violation):
        check_content(change(method, octets))


# Conditions --------------------------------------------------------------------------------------

TAG = etag_of(b'{"page":1}')
OTHER = etag_of(b"other")


@pytest.mark.parametrize(
    ("conditions", "there", "nothing"),
    [
        ({}, True, True),
        ({"if_match": (TAG,)}, True, False),
        ({"if_match": (OTHER, TAG)}, True, False),
        ({"if_match": (OTHER,)}, False, False),
        ({"if_match": ("*",)}, True, False),
        ({"if_none_match": ("*",)}, False, True),
        ({"if_none_match": (TAG,)}, False, True),
        ({"if_none_match": (OTHER,)}, True, True),
        ({"if_match": (TAG,), "if_none_match": (OTHER,)}, True, False),
        ({"if_match": (TAG,), "if_none_match": (TAG,)}, False, False),
    ],
)
@pytest.mark.parametrize("method", get_args(Method))
def test_a_change_is_made_where_its_conditions_are_met_and_else_nothing_is(
    record: Record, method: Method, conditions: dict[str, Any], there: bool, nothing: bool
) -> None:
    for name, met in [("there", there), ("nothing", nothing)]:
        if name == "there":
            do(record, change("PUT", {"page": 1}, name=name))
        before = record.last_position(), content(record, name)
        wanted = change(method, {"seen": 1}, name=name, conditions=Conditions(**conditions))
        if met:
            do(record, wanted)
            assert content(record, name) != before[1] or method == "DELETE"
        else:
            with pytest.raises(ConditionFailedError):
                do(record, wanted)
            assert (record.last_position(), content(record, name)) == before


@pytest.mark.parametrize(
    ("required", "new", "existing"),
    [("never", True, True), ("existing", True, False), ("always", False, False)],
)
def test_a_condition_may_have_to_be_given(
    record: Record, required: PutCondition, new: bool, existing: bool
) -> None:
    wanted = change("PUT", {"page": 2}, conditions=Conditions(required=required))
    for allowed in (new, existing):
        before = record.last_position(), read(record)
        if allowed:
            do(record, wanted)
        else:
            with pytest.raises(ConditionMissingError) as missing:
                do(record, wanted)
            assert missing.value.etag == (before[1].etag if before[1] else None)
            assert (record.last_position(), read(record)) == before
        do(record, change("PUT", {"page": 1}))
    do(record, change("PUT", {}, conditions=Conditions(if_match=("*",), required=required)))


def test_a_deleted_document_counts_as_not_there(record: Record) -> None:
    do(record, change("PUT", {"page": 1}))
    do(record, change("DELETE"))
    with pytest.raises(ConditionFailedError):
        do(record, change("PUT", {}, conditions=Conditions(if_match=("*",))))
    do(record, change("PUT", {}, conditions=Conditions(if_none_match=("*",), required="always")))


def test_a_scope_is_cleared_on_the_condition_of_its_list(record: Record) -> None:
    do(record, change("PUT", {}))
    listed = etag_of(record.document_ids("district", state()).json())
    do(record, change("PUT", {}, name="late"))
    with pytest.raises(ConditionFailedError):
        do(record, change("DELETE", name=None, conditions=Conditions(if_match=(listed,))))
    assert ids(record) == ["bookmark", "late"]
    listed = etag_of(record.document_ids("district", state()).json())
    do(record, change("DELETE", name=None, conditions=Conditions(if_match=(listed,))))
    assert ids(record) == []


# At the same time --------------------------------------------------------------------------------


def together(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Do it in so many threads that begin at once; gives what each gave or raised."""
    barrier = threading.Barrier(count)

    def one(number: int) -> Any:
        barrier.wait()
        try:
            return work(number)
        except Exception as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_all_that_is_merged_at_once_is_there(record: Record) -> None:
    outcomes = together(20, lambda number: do(record, change("POST", {f"key {number}": number})))
    assert all(isinstance(one, DocumentChanged) for one in outcomes)
    assert orjson.loads(content(record) or b"") == {f"key {number}": number for number in range(20)}
    history = record.document_history("district", DocumentName(state(), "bookmark"))
    assert [len(orjson.loads(one.content)) for one in history] == list(range(1, 21))


def test_of_many_who_put_a_new_document_exactly_one_wins(record: Record) -> None:
    only_new = Conditions(if_none_match=("*",))
    outcomes = together(
        20, lambda number: do(record, change("PUT", {"by": number}, conditions=only_new))
    )
    [winner] = [n for n, one in enumerate(outcomes) if isinstance(one, DocumentChanged)]
    assert sum(isinstance(one, ConditionFailedError) for one in outcomes) == 19
    assert content(record) == orjson.dumps({"by": winner})


def test_whoever_puts_on_top_of_what_they_read_loses_no_update(record: Record) -> None:
    do(record, change("PUT", {"count": 0}))

    def count_up(_: int) -> int:
        for attempt in range(1, 1000):
            found = read(record)
            assert found is not None
            counted = {"count": orjson.loads(found.content)["count"] + 1}
            on_top = Conditions(if_match=(found.etag,))
            try:
                do(record, change("PUT", counted, conditions=on_top))
            except ConditionFailedError:
                continue
            return attempt
        raise AssertionError("never got through")

    outcomes = together(8, count_up)
    assert all(isinstance(one, int) for one in outcomes), outcomes
    assert content(record) == b'{"count":8}'


def test_a_refused_change_of_a_group_leaves_the_others(record: Record) -> None:
    async def at_once() -> list[Any]:
        changes = [
            change("PUT", {"page": number}, name=f"page {number}")
            if number % 3
            else change("POST", b"[]")
            for number in range(30)
        ]
        wanted = (record.change_document("district", one) for one in changes)
        statements = record.store_statements("district", [draft(statement())])
        return await asyncio.gather(statements, *wanted, return_exceptions=True)

    outcomes = asyncio.run(at_once())
    assert sum(isinstance(one, Violation) for one in outcomes) == 10
    assert len(ids(record)) == 20
    assert record.last_position() == 21


# The log -----------------------------------------------------------------------------------------

STEPS = some.lists(
    some.tuples(
        some.sampled_from(get_args(Method)),
        some.sampled_from([None, "a", "b"]),
        some.sampled_from([None, FIRST, SECOND]),
        some.sampled_from([QUIZ, f"{QUIZ}/2"]),
        some.sampled_from([(JSON, b'{"a":1}'), (JSON, b'{"b":2}'), ("text/plain", b"{}")]),
    ),
    max_size=15,
)


@settings(max_examples=25)
@given(STEPS)
def test_the_tables_are_what_the_log_says(
    tmp_path_factory: pytest.TempPathFactory, steps: list[Any]
) -> None:
    record = Record.open(str(tmp_path_factory.mktemp("record") / "record.sqlite"))
    try:
        kept: dict[tuple[str, str | None, str], bytes] = {}
        for method, name, registration, activity, (content_type, octets) in steps:
            _step(record, kept, method, name, registration, activity, content_type, octets)
        _check(record, kept)
        before = table(record, "documents", "stream")
        record.rebuild_index()
        assert table(record, "documents", "stream") == before
        _check(record, kept)
    finally:
        record.close()


def _step(
    record: Record,
    kept: dict[tuple[str, str | None, str], bytes],
    method: Method,
    name: str | None,
    registration: str | None,
    activity: str,
    content_type: str,
    octets: bytes,
) -> None:
    """Do a step, and the same to a dictionary."""
    if name is None and method != "DELETE":
        return
    scope = state(activity=activity, registration=registration)
    key = (activity, registration, str(name))
    try:
        do(record, change(method, octets, name=name, scope=scope, content_type=content_type))
    except Violation:
        assert method == "POST"
        assert key in kept
        return
    if name is None:
        for one in [one for one in kept if one[0] == activity]:
            if registration in (None, one[1]):
                del kept[one]
    elif method == "DELETE":
        kept.pop(key, None)
    elif method == "POST" and key in kept:
        kept[key] = orjson.dumps(orjson.loads(kept[key]) | orjson.loads(octets))
    else:
        kept[key] = octets


def _check(record: Record, kept: dict[tuple[str, str | None, str], bytes]) -> None:
    for activity in (QUIZ, f"{QUIZ}/2"):
        for registration in (None, FIRST, SECOND):
            scope = state(activity=activity, registration=registration)
            for name in ("a", "b"):
                assert content(record, name, scope=scope) == kept.get(
                    (activity, registration, name)
                )
            wanted = {
                one[2] for one in kept if one[0] == activity and registration in (None, one[1])
            }
            assert ids(record, scope) == sorted(wanted)


def test_rebuilding_gives_the_same_documents_on_every_backend(record: Record) -> None:
    for number in range(10):
        do(record, change("POST", {"page": number}, name=f"page {number % 4}"))
        do(record, change("PUT", {}, scope=state(f"learner {number}", registration=FIRST)))
    do(record, change("DELETE", name="page 1"))
    before = table(record, "documents", "stream")
    commits = table(record, "commits", "stored")
    record.rebuild_index()
    assert table(record, "documents", "stream") == before
    assert sum(row["events"] for row in table(record, "commits", "stored")) == sum(
        row["events"] for row in commits
    )
    assert content(record, "page 0") == b'{"page":8}'
    assert content(record, "page 1") is None
    do(record, change("POST", {"again": True}, name="page 1"))
    assert content(record, "page 1") == b'{"again":true}'


def test_the_log_tells_carriers_of_documents(record: Record) -> None:
    do(record, change("PUT", {"page": 1}, scope=state(registration=FIRST)))
    do(record, change("DELETE", scope=state(registration=FIRST)))
    [put, deleted] = record.read_log(0, 10)
    assert put.kind == deleted.kind == "document"
    assert put.document is not None
    assert deleted.document is not None
    assert put.document.content == b'{"page":1}'
    assert put.document.name == DocumentName(state(registration=FIRST), "bookmark")
    assert (put.document.deleted, deleted.document.deleted) == (False, True)
    assert put.stored == put.document.updated
