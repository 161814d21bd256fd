"""Statements are shown exact, with ids only, or canonical in one language; agents as persons."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as some

from lrs.events import REWRITTEN, exact_statement
from lrs.languages import accepted_languages, choose_language
from lrs.presentation import Format, present_page, present_person
from tests.support.full_statement import FULL
from tests.support.records import agent, statement

ITEM = "https://district.example/item/1"


def shown(
    whole: Mapping[str, Any], form: Format, accepted: str = "", definitions: Any = None
) -> dict[str, Any]:
    def definitions_of(activities: Sequence[str]) -> dict[str, Any]:
        return {one: definitions[one] for one in activities if one in definitions}

    [one] = present_page(
        [orjson.dumps(whole)],
        form,
        accepted_languages(accepted),
        None if definitions is None else definitions_of,
    )
    return dict(orjson.loads(one))


# Accept-Language ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "ranges"),
    [
        ("", []),
        (" , ,", []),
        ("zh-CN", ["zh-cn"]),
        ("en;q=0.5, zh;q=0.9,fr", ["fr", "zh", "en"]),
        ("a, b, c", ["a", "b", "c"]),
        ("en ; q=0.5 , zh ; Q=0.6", ["zh", "en"]),
        ("en;q=0, zh", ["zh", "en;q=0"]),
        ("en;q=half, zh;q=nan, de;q=, es;q=-1, it;level=1, fr", ["fr"]),
        ("*;q=0.1, en", ["en", "*"]),
    ],
)
def test_languages_are_read_best_first(header: str, ranges: list[str]) -> None:
    assert accepted_languages(header) == ranges


@pytest.mark.parametrize(
    ("tags", "header", "chosen"),
    [
        # The range itself, in any case.
        ("en zh-CN", "zh-cn", "zh-CN"),
        ("EN-gb en-US", "en-GB", "EN-gb"),
        # What is narrower than the range.
        ("fr en-US", "en", "en-US"),
        ("zh-Hant zh-Hans-CN", "zh-hans", "zh-Hans-CN"),
        ("eng en", "en", "en"),
        # What is wider.
        ("fr en", "en-GB", "en"),
        ("de fr en", "en-Latn-GB, fr;q=0.5", "en"),
        # Better ranges first, before closer matches of worse ones.
        ("en zh-CN", "zh;q=0.9, en;q=0.8", "zh-CN"),
        ("en zh", "en-GB, zh;q=0.9", "en"),
        ("en fr", "zh, fr;q=0.5", "fr"),
        # Chinese: regions and scripts tell the same.
        ("zh-Hant zh-Hans", "zh-CN", "zh-Hans"),
        ("zh-Hans zh-Hant", "zh-TW", "zh-Hant"),
        ("zh-Hans zh-TW", "zh-HK", "zh-TW"),
        ("zh-TW zh-CN", "zh-Hans", "zh-CN"),
        ("zh-TW zh-SG en", "zh-CN, en;q=0.5", "zh-SG"),
        ("zh-Hant zh", "zh-Hans-CN", "zh"),
        ("zh-TW en", "zh-CN, en;q=0.9", "en"),
        ("zh-TW en", "zh-CN, zh;q=0.9, en;q=0.8", "zh-TW"),
        # Nothing matches: rather the same language, then und, then the first.
        ("fr en-US", "en-GB", "en-US"),
        ("en zh-TW", "zh-CN", "zh-TW"),
        ("en und fr", "ja", "und"),
        ("en fr", "ja", "en"),
        ("en fr", "", "en"),
        # Any language, and languages that are not acceptable.
        ("en fr", "*", "en"),
        ("en fr", "en;q=0.1, *", "fr"),
        ("en fr", "en;q=0, *", "fr"),
        ("en fr", "en;q=0", "fr"),
        ("en-US en-GB", "en-US;q=0, en", "en-GB"),
        ("en fr", "*;q=0, fr;q=0.1", "fr"),
        ("en fr", "*;q=0", "en"),
    ],
)
def test_of_the_languages_there_are_the_one_asked_for_is_chosen(
    tags: str, header: str, chosen: str
) -> None:
    assert choose_language(tags.split(), accepted_languages(header)) == chosen


TAGS = some.sampled_from(["en", "en-GB", "zh", "zh-CN", "zh-Hant", "und", "fr", "x-own", "sr-Latn"])
RANGES = some.tuples(TAGS | some.just("*"), some.sampled_from(["", ";q=0", ";q=0.5", ";q=1"]))


@given(some.lists(TAGS, min_size=1, unique=True), some.lists(RANGES))
def test_always_one_of_the_languages_is_chosen_and_one_that_is_named_alone_is_that(
    tags: list[str], ranges: list[tuple[str, str]]
) -> None:
    header = ", ".join(map("".join, ranges))
    assert choose_language(tags, accepted_languages(header)) in tags
    assert choose_language(tags, accepted_languages(tags[-1])) == tags[-1]


@given(some.text(max_size=60))
def test_no_header_breaks_the_choice(header: str) -> None:
    assert choose_language(["en", "zh-CN"], accepted_languages(header)) in ("en", "zh-CN")


# Canonical ---------------------------------------------------------------------------------------

NAMES = {"en": "Item", "zh-CN": "题目"}
BOTH = {"name": NAMES, "description": {"en": "One", "zh-CN": "一"}}
ONE = {"name": {"zh-CN": "题目"}, "description": {"zh-CN": "一"}}


def test_canonical_leaves_one_language_wherever_there_are_several() -> None:
    activity = {"id": ITEM, "definition": BOTH}
    contexts = {"contextActivities": {"parent": [activity, activity], "other": [activity]}}
    attachment = {
        "usageType": "https://u.example",
        "display": NAMES,
        "description": BOTH["description"],
        "contentType": "text/plain",
        "length": 1,
        "sha2": "0" * 64,
    }
    verb = {"id": "https://v.example", "display": NAMES}
    inner = {**statement(target=activity), "objectType": "SubStatement", "context": contexts}
    whole = statement(target=inner, context=contexts, attachments=[attachment])
    whole["verb"] = inner["verb"] = verb
    left = shown(whole, Format.CANONICAL, "zh")
    text = orjson.dumps(left).decode()
    assert "题目" in text
    assert "Item" not in text
    assert "One" not in text
    canonical = {"id": ITEM, "definition": ONE}
    assert left["object"]["object"] == canonical
    assert left["object"]["verb"] == left["verb"] == {**verb, "display": {"zh-CN": "题目"}}
    wanted = {"parent": [canonical, canonical], "other": [canonical]}
    assert left["context"]["contextActivities"] == wanted
    assert left["object"]["context"]["contextActivities"] == wanted
    assert left["attachments"] == [
        {**attachment, "display": {"zh-CN": "题目"}, "description": {"zh-CN": "一"}}
    ]


@pytest.mark.parametrize("component", ["choices", "scale", "source", "target", "steps"])
def test_components_of_interactions_are_left_in_one_language_each_on_its_own(
    component: str,
) -> None:
    several = [
        {"id": "a", "description": {"en": "A", "zh-CN": "甲"}},
        {"id": "b", "description": {"en": "B", "fr": "Bé"}},
        {"id": "c"},
    ]
    whole = statement(target={"id": ITEM, "definition": {component: several}})
    left = shown(whole, Format.CANONICAL, "zh, fr;q=0.5")
    assert left["object"]["definition"][component] == [
        {"id": "a", "description": {"zh-CN": "甲"}},
        {"id": "b", "description": {"fr": "Bé"}},
        {"id": "c"},
    ]


def test_extensions_results_and_people_stay_as_they_are() -> None:
    texts = {"https://x.example": {"name": NAMES, "display": NAMES, "description": NAMES}}
    whole = statement(
        target={"id": ITEM, "definition": {"extensions": texts}},
        result={"extensions": texts},
        context={"extensions": texts, "instructor": {"name": "Li", **agent("li")}},
    )
    whole["actor"]["name"] = "Ming"
    assert shown(whole, Format.CANONICAL, "zh", {}) == whole


def test_canonical_has_the_definitions_that_the_record_knows() -> None:
    known = {ITEM: {**BOTH, "type": "https://t.example"}}
    own = {"name": {"en": "own"}}
    other = {"id": "https://district.example/other", "definition": own}
    contexts = {"contextActivities": {"parent": [{"id": ITEM, "definition": own}, other]}}
    left = shown(statement(context=contexts), Format.CANONICAL, "zh", known)
    canonical = {"id": ITEM, "definition": {**ONE, "type": "https://t.example"}}
    assert left["object"] == canonical
    assert left["context"]["contextActivities"]["parent"] == [canonical, other]


def test_the_definitions_of_a_whole_page_are_asked_for_once() -> None:
    asked: list[list[str]] = []

    def definitions_of(activities: Sequence[str]) -> dict[str, Any]:
        asked.append(list(activities))
        return {}

    page = [orjson.dumps(statement(target=f"item/{number % 3}")) for number in range(10)]
    present_page(page, Format.CANONICAL, (), definitions_of)
    assert asked == [[f"https://district.example/item/{number}" for number in range(3)]]


def test_what_is_shown_stays_in_its_order() -> None:
    page = [orjson.dumps(statement(str(number))) for number in range(5)]
    for form in Format:
        actors = [orjson.loads(one)["actor"] for one in present_page(page, form)]
        assert actors == [agent(str(number)) for number in range(5)]


@pytest.mark.parametrize("form", Format)
def test_every_statement_with_every_property_can_be_shown(form: Format) -> None:
    stored = exact_statement(b"{}", REWRITTEN, orjson.dumps(FULL))
    whole = orjson.loads(stored)
    left = shown(whole, form, "en", {})
    assert left.keys() == whole.keys()
    [own] = present_page([stored], form, ["en"])
    assert orjson.loads(own) == left
    assert (left == whole) is (form is Format.EXACT)


def test_exact_is_what_was_stored_octet_for_octet() -> None:
    octets = b'{ "verb" : {"display":{"en":"a","fr":"b"}},"n":1e2 }'
    assert present_page([octets], Format.EXACT) == [octets]


# Ids ---------------------------------------------------------------------------------------------


def test_ids_leaves_what_identifies_and_nothing_else() -> None:
    named = {"name": "Ming", "objectType": "Agent", **agent("ming")}
    bare = {"objectType": "Agent", **agent("ming")}
    group = {"objectType": "Group", "name": "7B", "member": [named], **agent("7b")}
    nameless = {"objectType": "Group", "name": "?", "member": [named]}
    activity = {"objectType": "Activity", "id": ITEM, "definition": BOTH}
    inner = {**statement(target=activity), "objectType": "SubStatement", "actor": group}
    whole = statement(target=inner)
    whole |= {"actor": nameless, "authority": named}
    whole["verb"] = {**whole["verb"], "display": NAMES}
    whole["context"] = {
        "instructor": named,
        "team": group,
        "contextActivities": {"parent": [activity]},
        "contextAgents": [{"objectType": "contextAgent", "agent": named}],
        "contextGroups": [{"objectType": "contextGroup", "group": nameless}],
    }
    bare_group = {"objectType": "Group", **agent("7b")}
    bare_nameless = {"objectType": "Group", "member": [bare]}
    left = shown(whole, Format.IDS)
    assert left["actor"] == bare_nameless
    assert left["authority"] == bare
    assert left["verb"] == {"id": whole["verb"]["id"]}
    assert left["object"]["actor"] == bare_group
    assert left["object"]["object"] == {"id": ITEM}
    assert left["context"] == {
        "instructor": bare,
        "team": bare_group,
        "contextActivities": {"parent": [{"id": ITEM}]},
        "contextAgents": [{"objectType": "contextAgent", "agent": bare}],
        "contextGroups": [{"objectType": "contextGroup", "group": bare_nameless}],
    }


# Persons -----------------------------------------------------------------------------------------


def person(asked: Mapping[str, Any], *statements: Mapping[str, Any]) -> dict[str, Any]:
    return present_person(asked, map(orjson.dumps, statements))


@pytest.mark.parametrize(
    "identifier",
    [
        {"mbox": "mailto:ming@school.example"},
        {"mbox_sha1sum": "A" * 40},
        {"openid": "https://ming.example"},
        agent("ming"),
    ],
)
def test_a_person_has_an_array_of_each_property_of_the_agent(identifier: dict[str, Any]) -> None:
    [(kind, value)] = identifier.items()
    assert person(identifier) == {"objectType": "Person", kind: [value]}
    named = person({"objectType": "Agent", "name": "Ming", **identifier})
    assert named == {"objectType": "Person", "name": ["Ming"], kind: [value]}


def test_a_person_has_the_names_of_its_statements_each_once() -> None:
    def by(name: str, **more: Any) -> dict[str, Any]:
        return statement(**more) | {"actor": {"name": name, **agent("ming")}}

    inner = {**by("inside"), "objectType": "SubStatement"}
    found = person(
        {"name": "asked", **agent("ming")},
        by("newest"),
        by("older"),
        by("newest", target={"objectType": "Agent", "name": "as object", **agent("ming")}),
        statement("li", target=inner),
        statement("li") | {"actor": {"objectType": "Group", "member": [by("member")["actor"]]}},
    )
    assert found["name"] == ["asked", "newest", "older", "as object", "inside", "member"]


def test_a_person_has_no_names_of_others_nor_of_extensions() -> None:
    other = {"name": "other", **agent("li")}
    extension = {"https://x.example": {"name": "not a name", **agent("ming")}}
    found = person(
        agent("ming"),
        statement(target={"objectType": "Agent", **other}, result={"extensions": extension}),
        statement(context={"extensions": extension}),
    )
    assert "name" not in found
