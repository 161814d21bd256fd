"""What a process remembers of definitions never makes it miss one that has to be merged."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from lrs import record as record_module
from lrs.definitions import LatestDefinitions
from lrs.document_writing import DocumentWriter
from lrs.drafts import draft_statement
from lrs.record import Record
from lrs.versions import Version
from tests.support.records import AUTHORITY, statement

ITEM = "https://district.example/item/1"
STORE = "district"


def post(record: Record, *names: str) -> None:
    drafts = []
    for name in names:
        one = statement(target={"id": ITEM, "definition": {"name": {"en": name}}})
        raw = orjson.dumps(one)
        drafts.append(
            draft_statement(raw, one, store=STORE, authority=AUTHORITY, version=Version.V1_0_3)
        )
    record.store_statements_now(STORE, drafts)


def name(record: Record) -> Any:
    return record.definitions(STORE, [ITEM])[ITEM]["name"]["en"]


def test_what_another_process_merged_in_between_is_merged_over(
    record: Record, location: str
) -> None:
    other = Record.open(location)
    try:
        post(record, "ours")
        post(other, "theirs")
        assert name(record) == "theirs"
        post(record, "ours")
        assert name(record) == "ours"
        post(other, "theirs")
        assert name(record) == "theirs"
    finally:
        other.close()


def test_what_a_failed_commit_would_have_merged_is_merged_by_the_next(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing(DocumentWriter):
        def write(self, submissions: Any) -> None:
            raise OSError("the disk is full")

    post(record, "before")
    with monkeypatch.context() as patch:
        patch.setattr(record_module, "DocumentWriter", Failing)
        with pytest.raises(OSError, match="the disk is full"):
            post(record, "new")
    assert name(record) == "before"
    post(record, "new")
    assert name(record) == "new"


def test_definitions_that_alternate_within_a_commit_end_with_the_last(record: Record) -> None:
    post(record, "a")
    post(record, "b", "a")
    assert name(record) == "a"
    post(record, "b", "a", "b")
    assert name(record) == "b"


@settings(max_examples=60)
@given(some.lists(some.tuples(some.booleans(), some.sampled_from("abc")), max_size=12))
def test_two_processes_together_merge_in_the_order_of_the_log(
    tmp_path_factory: pytest.TempPathFactory, posts: list[tuple[bool, str]]
) -> None:
    location = str(tmp_path_factory.mktemp("record") / "record.sqlite")
    ours, theirs = Record.open(location), Record.open(location)
    try:
        for by_us, given_name in posts:
            post(ours if by_us else theirs, given_name)
            assert name(ours) == given_name
    finally:
        ours.close()
        theirs.close()


def test_what_is_remembered_has_a_bound(monkeypatch: pytest.MonkeyPatch, record: Record) -> None:
    monkeypatch.setattr("lrs.definitions._REMEMBERED", 2)
    for number in range(5):
        one = statement(
            target={"id": f"{ITEM}/{number}", "definition": {"name": {"en": str(number)}}}
        )
        draft = draft_statement(
            orjson.dumps(one), one, store=STORE, authority=AUTHORITY, version=Version.V1_0_3
        )
        record.store_statements_now(STORE, [draft])
        latest: LatestDefinitions = record._latest
        assert sum(map(len, latest._of.values())) <= 3
    assert len(record.definitions(STORE, [f"{ITEM}/{number}" for number in range(5)])) == 5
