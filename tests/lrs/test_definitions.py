"""What statements say of an activity is merged into one definition, in the order of the log."""

from functools import reduce
from hashlib import shake_256
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from lrs.definitions import definitions_of, merged_definition
from lrs.drafts import draft_statement
from lrs.record import Record
from lrs.versions import Version
from tests.support.records import AUTHORITY, agent, statement, statement_id

ITEM = "https://district.example/item/1"
OTHER = "https://district.example/item/2"


def store(
    record: Record, *statements: dict[str, Any], store: str = "district", defines: bool = True
) -> list[str]:
    drafts = [
        draft_statement(
            orjson.dumps(one),
            one,
            store=store,
            authority=AUTHORITY,
            version=Version.V2_0_0,
            defines=defines,
        )
        for one in statements
    ]
    return record.store_statements_now(store, drafts).statement_ids


def about(definition: Any, activity: str = ITEM, **more: Any) -> dict[str, Any]:
    return statement(target={"id": activity, "definition": definition}, **more)


def definition(record: Record, activity: str = ITEM, store: str = "district") -> Any:
    return record.definitions(store, [activity]).get(activity)


def activities(record: Record) -> list[dict[str, Any]]:
    rows = record.statements.read("SELECT * FROM activities ORDER BY name")
    return [
        {"name": row["name"], "definition": bytes(row["definition"]), "latest": row["latest"]}
        for row in rows
    ]


def test_names_are_merged_language_by_language_and_the_newest_counts(record: Record) -> None:
    store(record, about({"name": {"en": "Item", "zh-CN": "题"}, "type": "https://t.example/a"}))
    store(record, about({"name": {"zh-CN": "题目", "fr": "Question"}}))
    store(record, about({"description": {"en": "A question"}, "type": "https://t.example/b"}))
    assert definition(record) == {
        "name": {"en": "Item", "zh-CN": "题目", "fr": "Question"},
        "description": {"en": "A question"},
        "type": "https://t.example/b",
    }


def test_extensions_are_merged_key_by_key_and_lists_replaced(record: Record) -> None:
    one, two = "https://x.example/1", "https://x.example/2"
    components = [{"id": "a", "description": {"en": "A"}}]
    store(
        record,
        about({"extensions": {one: {"deep": 1}, two: 2}, "correctResponsesPattern": ["a", "b"]}),
        about({"extensions": {one: {"other": 1}}, "correctResponsesPattern": ["c"]}),
        about({"choices": components, "interactionType": "choice"}),
    )
    assert definition(record) == {
        "extensions": {one: {"other": 1}, two: 2},
        "correctResponsesPattern": ["c"],
        "choices": components,
        "interactionType": "choice",
    }


def test_definitions_count_wherever_they_stand(record: Record) -> None:
    def named(name: str) -> dict[str, Any]:
        return {"id": f"https://district.example/{name}", "definition": {"name": {"en": name}}}

    inner = statement(target=named("inner object"), context={})
    inner["objectType"] = "SubStatement"
    inner["context"] = {"contextActivities": {"parent": named("inner parent")}}
    store(
        record,
        statement(
            target=inner,
            context={
                "contextActivities": {
                    "parent": [named("first parent"), named("second parent")],
                    "grouping": named("grouping"),
                    "category": [named("category")],
                    "other": [named("other")],
                }
            },
        ),
        statement(target=named("object")),
        statement(target={"objectType": "Agent", **agent("li")}),
    )
    names = ["inner object", "inner parent", "first parent", "second parent", "grouping"]
    for name in (*names, "category", "other", "object"):
        activity = f"https://district.example/{name}"
        assert definition(record, activity) == {"name": {"en": name}}
    assert len(activities(record)) == 8


def test_many_activities_are_asked_for_at_once_and_unknown_ones_left_out(record: Record) -> None:
    store(record, about({"name": {"en": "1"}}), about({"name": {"en": "2"}}, OTHER), statement())
    unknown = "https://district.example/unknown"
    found = record.definitions("district", [ITEM, OTHER, unknown])
    assert found == {ITEM: {"name": {"en": "1"}}, OTHER: {"name": {"en": "2"}}}
    assert record.definitions("district", []) == {}


def test_an_empty_definition_defines_nothing(record: Record) -> None:
    store(record, about({}))
    assert definition(record) is None
    assert activities(record) == []


def test_stores_are_apart(record: Record) -> None:
    store(record, about({"name": {"en": "ours"}}))
    store(record, about({"name": {"en": "theirs"}}), store="other")
    assert definition(record) == {"name": {"en": "ours"}}
    assert definition(record, store="other") == {"name": {"en": "theirs"}}
    assert definition(record, store="third") is None


def test_an_app_that_may_not_define_changes_nothing_but_reads_back_what_it_sent(
    record: Record,
) -> None:
    store(record, about({"name": {"en": "right"}}))
    [one] = store(record, about({"name": {"en": "wrong"}}), defines=False)
    assert definition(record) == {"name": {"en": "right"}}
    found = record.statement("district", one, voided=False)
    assert found is not None
    assert orjson.loads(found.json)["object"]["definition"] == {"name": {"en": "wrong"}}
    record.rebuild_index()
    assert definition(record) == {"name": {"en": "right"}}


def test_a_statement_posted_again_defines_only_once(record: Record) -> None:
    first = about({"name": {"en": "first"}}, id=statement_id(1))
    store(record, first)
    store(record, about({"name": {"en": "second"}}))
    store(record, first)
    assert definition(record) == {"name": {"en": "second"}}


@pytest.mark.parametrize("length", [999, 1_000, 1_001, 8_000])
def test_ids_of_any_length_are_kept_apart(record: Record, length: int) -> None:
    # Digits that don't compress: PostgreSQL's limit is on what is left after compression.
    digits = shake_256(b"").hexdigest(length)
    long = [(f"https://district.example/{digits}"[: length - 1] + end) for end in ("a", "b")]
    for activity in long:
        store(record, about({"name": {"en": activity[-1]}}, activity))
    found = record.definitions("district", long)
    assert found == {activity: {"name": {"en": activity[-1]}} for activity in long}
    before = activities(record)
    record.rebuild_index()
    assert activities(record) == before


# The order of the log ----------------------------------------------------------------------------

LANGUAGE_MAPS = some.dictionaries(
    some.sampled_from(["en", "zh-CN", "fr"]), some.sampled_from(["a", "b", "c"]), max_size=3
)
DEFINITIONS = some.fixed_dictionaries(
    {},
    optional={
        "name": LANGUAGE_MAPS,
        "description": LANGUAGE_MAPS,
        "type": some.sampled_from(["https://t.example/a", "https://t.example/b"]),
        "extensions": some.dictionaries(
            some.sampled_from(["https://x.example/1", "https://x.example/2"]),
            some.integers(0, 3),
            max_size=2,
        ),
        "choices": some.lists(some.just({"id": "a"}), max_size=2),
    },
)
GIVEN = some.tuples(some.sampled_from([ITEM, OTHER]), DEFINITIONS, some.booleans())


@settings(max_examples=40)
@given(some.lists(some.lists(GIVEN, min_size=1, max_size=4), max_size=6))
def test_merging_is_in_the_order_of_the_log_however_it_is_cut_into_batches(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[tuple[str, Any, bool]]]
) -> None:
    record = Record.open(str(tmp_path_factory.mktemp("record") / "record.sqlite"))
    try:
        for batch in batches:
            for defines in (True, False):
                several = [about(one, activity) for activity, one, own in batch if own is defines]
                store(record, *several, defines=defines)
        for activity in (ITEM, OTHER):
            said = [
                one
                for batch in batches
                for where, one, own in batch
                if own and one and where == activity
            ]
            wanted = reduce(merged_definition, said, {}) if said else None
            assert definition(record, activity) == wanted
        before = activities(record)
        record.rebuild_index()
        assert activities(record) == before
    finally:
        record.close()


def test_rebuilding_gives_the_same_definitions_on_every_backend(record: Record) -> None:
    for number in range(12):
        names = {("en", "zh-CN", "fr")[number % 3]: str(number)}
        lone = {"contextActivities": {"parent": {"id": OTHER, "definition": {"name": names}}}}
        store(record, about({"name": names}), about({"name": names}), defines=False)
        store(record, about({"name": names, "type": f"https://t.example/{number}"}, context=lone))
    before = activities(record)
    assert definition(record)["name"] == {"en": "9", "zh-CN": "10", "fr": "11"}
    assert definition(record, OTHER)["name"] == {"en": "9", "zh-CN": "10", "fr": "11"}
    record.rebuild_index()
    assert activities(record) == before
    store(record, about({"name": {"en": "12"}}))
    assert definition(record)["name"] == {"en": "12", "zh-CN": "10", "fr": "11"}


@given(DEFINITIONS, DEFINITIONS, DEFINITIONS)
def test_merging_two_of_three_first_comes_to_the_same(one: Any, two: Any, three: Any) -> None:
    first = merged_definition(merged_definition(one, two), three)
    assert first == merged_definition(one, merged_definition(two, three))
    assert merged_definition(first, three) == first


def test_definitions_are_found_in_the_order_they_stand() -> None:
    found = definitions_of(
        about(
            {"name": {"en": "object"}},
            context={"contextActivities": {"parent": [{"id": ITEM, "definition": {"name": {}}}]}},
        )
    )
    assert [(activity, orjson.loads(json)) for activity, json in found] == [
        (ITEM, {"name": {"en": "object"}}),
        (ITEM, {"name": {}}),
    ]
