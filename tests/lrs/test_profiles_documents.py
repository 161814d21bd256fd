"""A Profile is read as published; what is malformed is refused by path, rule and section."""

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as some

from lrs.profiles import ProfileSet, read_profile, read_profile_bytes
from lrs.profiles.locations import Location, LocationError
from lrs.profiles.values import canonical
from lrs.validation import Violation
from tests.support.profile_documents import (
    BASE,
    BOOK,
    SHELF,
    VERSION,
    changed,
    document,
    pattern,
    pattern_id,
    profile,
    template,
    template_id,
    verb,
)

TEACHING_CYCLE = Path(__file__).parents[2] / "projections/profiles/teaching-cycle.jsonld"


# Documents ---------------------------------------------------------------------------------------


def test_a_profile_is_read_with_the_version_it_describes() -> None:
    read = profile()
    assert (read.id, read.version, read.label) == (BASE, VERSION, "Reading")
    assert read.versions == (VERSION, f"{BASE}/v1")
    assert read.remarks == ()
    assert list(read.templates) == [template_id(one) for one in ("opened", "turned", "closed")]
    opened = read.templates[template_id("opened")]
    assert opened.verb == verb("opened")
    assert [rule.location.text for rule in opened.rules] == ["$.timestamp"]
    whole = read.patterns[pattern_id("read")]
    assert (whole.primary, whole.operator) == (True, "sequence")
    assert whole.members == (template_id("opened"), pattern_id("turned"), template_id("closed"))


def test_the_version_described_is_the_newest_wherever_it_stands() -> None:
    versions = [
        {"id": f"{BASE}/v1", "generatedAtTime": "2026-01-01T00:00:00Z"},
        {"id": VERSION, "generatedAtTime": "2026-02-01T08:00:00+08:00"},
    ]
    assert profile(versions=versions).version == VERSION


def test_every_determining_property_is_read() -> None:
    read = profile(
        templates=[
            template(
                "opened",
                objectActivityType=BOOK,
                contextGroupingActivityType=[SHELF, BOOK],
                contextCategoryActivityType=[SHELF],
                attachmentUsageType=[f"{BASE}/usages/cover"],
                contextStatementRefTemplate=[template_id("opened")],
            )
        ],
        patterns=[],
    )
    [one] = read.templates.values()
    assert one.object_type == BOOK
    assert dict(one.context_types) == {"grouping": {SHELF, BOOK}, "category": {SHELF}}
    assert one.attachment_types == {f"{BASE}/usages/cover"}
    assert one.context_references == (template_id("opened"),)


def test_the_profile_of_the_teaching_cycle_is_read_without_a_remark() -> None:
    read = read_profile_bytes(TEACHING_CYCLE.read_bytes())
    assert len(read.templates) == 27
    assert read.remarks == ()
    [followed] = ProfileSet([read]).followed.values()
    assert followed.missing == followed.unready == ()
    assert [one.is_deterministic for one in followed.primary] == [True, True]


MALFORMED: list[tuple[str, Any, str, str]] = [
    ("type", "Concept", "$.type", "6.0"),
    ("id", "reading", "$.id", "6.0"),
    ("id", ..., "$.id", "6.0"),
    ("versions", [], "$.versions", "6.0"),
    ("versions", {}, "$.versions", "6.1"),
    ("versions.0.id", 5, "$.versions[0].id", "6.1"),
    ("versions.1.id", VERSION, "$.versions[1].id", "6.1"),
    ("versions.1.generatedAtTime", "in spring", "$.versions", "6.1"),
    ("templates", {}, "$.templates", "8.0"),
    ("templates.1", "turned", "$.templates[1]", "8.0"),
    ("templates.0.type", "Template", "$.templates[0].type", "8.0"),
    ("templates.0.id", "", "$.templates[0].id", "8.0"),
    ("templates.1.id", template_id("opened"), "$.templates[1].id", "8.0"),
    ("templates.0.verb", "opened", "$.templates[0].verb", "8.0"),
    ("templates.0.verb", None, "$.templates[0].verb", "8.0"),
    ("templates.0.attachmentUsageType", BOOK, "$.templates[0].attachmentUsageType", "8.0"),
    (
        "templates.0.contextParentActivityType",
        [BOOK, "book"],
        "$.templates[0].contextParentActivityType[1]",
        "8.0",
    ),
    ("templates.0.rules", "none", "$.templates[0].rules", "8.0"),
    ("templates.0.rules.0.location", ..., "$.templates[0].rules[0].location", "8.1"),
    ("templates.0.rules.0.location", 1, "$.templates[0].rules[0].location", "8.1"),
    ("templates.0.rules.0.location", "$.a[?(@.b)]", "$.templates[0].rules[0].location", "8.1"),
    ("templates.0.rules.0.selector", "$.a[-1]", "$.templates[0].rules[0].selector", "8.1"),
    ("templates.0.rules.0.presence", "wished", "$.templates[0].rules[0].presence", "8.1"),
    ("templates.0.rules.0.presence", ..., "$.templates[0].rules[0]", "8.1"),
    ("templates.0.rules.0.any", [], "$.templates[0].rules[0].any", "8.1"),
    ("templates.0.rules.0.none", "this", "$.templates[0].rules[0].none", "8.1"),
    ("patterns.0.type", "Template", "$.patterns[0].type", "9.0"),
    ("patterns.0.id", "read", "$.patterns[0].id", "9.0"),
    ("patterns.0.id", template_id("opened"), "$.patterns", "9.0"),
    ("patterns.0.primary", "yes", "$.patterns[0].primary", "9.0"),
    ("patterns.0.optional", template_id("opened"), "$.patterns[0]", "9.0"),
    ("patterns.1.zeroOrMore", ..., "$.patterns[1]", "9.0"),
    ("patterns.1.zeroOrMore", [template_id("turned")], "$.patterns[1].zeroOrMore", "9.0"),
    ("patterns.0.sequence", [], "$.patterns[0].sequence", "9.0"),
    ("patterns.0.sequence", ["opened"], "$.patterns[0].sequence[0]", "9.0"),
    ("patterns.1.zeroOrMore", pattern_id("turned"), "$.patterns[1].zeroOrMore", "9.0"),
    ("patterns.1.zeroOrMore", pattern_id("read"), "$.patterns[0].sequence", "9.0"),
]


@pytest.mark.parametrize(("where", "value", "path", "section"), MALFORMED)
def test_what_is_malformed_is_refused_where_it_stands(
    where: str, value: Any, path: str, section: str
) -> None:
    with pytest.raises(Violation) as refused:
        read_profile(changed(where, value))
    assert refused.value.path == path
    assert refused.value.section == f"xAPI Profiles Structure {section}"


def test_a_template_has_an_object_type_or_a_reference_not_both() -> None:
    both = template("opened", objectActivityType=BOOK, objectStatementRefTemplate=[BOOK])
    with pytest.raises(Violation, match="not both") as refused:
        profile(templates=[both])
    assert refused.value.path == "$.templates[0].objectStatementRefTemplate"


@pytest.mark.parametrize("what", [None, [], "profile", 5, {"type": "Profile"}, {}])
def test_what_is_no_profile_is_refused(what: Any) -> None:
    with pytest.raises(Violation, match=r"Structure 6\.0"):
        read_profile(what)


def test_bytes_that_are_no_json_are_refused() -> None:
    with pytest.raises(Violation, match="well-formed"):
        read_profile_bytes(b'{"type": "Profile"')


REMARKABLE: list[tuple[str, Any, str]] = [
    ("conformsTo", "https://standards.example/profiles/2.0", "$.conformsTo"),
    ("@context", "https://standards.example/context", "$['@context']"),
    ("author", ..., "$.author"),
    ("purpose", "learning", "$.purpose"),
    ("versions.0.id", BASE, "$.versions[0].id"),
    ("templates.0.inScheme", f"{BASE}/v1", "$.templates[0].inScheme"),
    ("templates.0.definition", ..., "$.templates[0].definition"),
    ("templates.0.rules.0.presense", "included", "$.templates[0].rules[0].presense"),
    ("patterns.0.definition", ..., "$.patterns[0].definition"),
    ("patterns.1.sequence", [template_id("turned")], "$.patterns[1].sequence"),
]


@pytest.mark.parametrize(("where", "value", "path"), REMARKABLE)
def test_what_does_no_harm_is_remarked_on_only(where: str, value: Any, path: str) -> None:
    given = changed(where, value)
    if "sequence" in where:
        del given["patterns"][1]["zeroOrMore"]
    assert path in [remark.path for remark in read_profile(given).remarks]


def test_alternates_that_are_no_choice_are_remarked_on() -> None:
    one = pattern("turned", alternates=[template_id("turned")])
    maybe = pattern("maybe", optional=template_id("turned"))
    other = pattern("other", alternates=[pattern_id("maybe"), template_id("opened")])
    remarks = profile(patterns=[one, maybe, other]).remarks
    assert [(remark.path, remark.rule) for remark in remarks] == [
        ("$.patterns[0].alternates", "alternates has two members"),
        (
            "$.patterns[2].alternates",
            "optional and zeroOrMore don't stand directly inside alternates",
        ),
    ]


def test_a_primary_pattern_used_nowhere_else_may_be_of_one_template() -> None:
    alone = pattern("opened", primary=True, sequence=[template_id("opened")])
    assert profile(patterns=[alone]).remarks == ()


# References --------------------------------------------------------------------------------------


def library(**more: Any) -> dict[str, Any]:
    """Another profile, whose pattern is one of the first's and a template of its own."""
    base = "https://library.example/profile"
    lent = {**template("lent"), "id": f"{base}/templates/lent", "inScheme": f"{base}/v1"}
    whole = pattern("lent", primary=True, sequence=[f"{base}/templates/lent", pattern_id("read")])
    return document(
        id=base,
        versions=[{"id": f"{base}/v1", "generatedAtTime": "2026-01-01T00:00:00Z"}],
        templates=[lent],
        patterns=[{**whole, "id": f"{base}/patterns/lent"}],
        **more,
    )


def test_references_lead_to_other_profiles_of_the_store() -> None:
    profiles = ProfileSet([read_profile(library()), profile()])
    other = profiles.followed["https://library.example/profile/v1"]
    assert other.missing == other.unready == ()
    assert template_id("closed") in other.templates
    [automaton] = other.primary
    assert template_id("turned") in automaton.templates


def test_a_profile_s_own_part_goes_before_another_version_s() -> None:
    versions = [{"id": f"{BASE}/v1", "generatedAtTime": "2026-01-01T00:00:00Z"}]
    older = read_profile({**document(), "versions": versions, "templates": [template("opened")]})
    profiles = ProfileSet([profile(), older])
    assert profiles.followed[VERSION].templates[template_id("opened")].rules != ()
    assert profiles.followed[f"{BASE}/v1"].templates[template_id("opened")].rules == ()
    assert template_id("closed") in profiles.followed[f"{BASE}/v1"].templates


def test_references_that_lead_nowhere_are_named_and_their_patterns_not_followed() -> None:
    [followed] = ProfileSet([read_profile(library())]).followed.values()
    assert followed.missing == (pattern_id("read"),)
    assert followed.primary == ()
    [why] = followed.unready
    assert pattern_id("read") in why


def test_a_template_referred_to_is_one_of_the_same_profile() -> None:
    elsewhere = template_id("nowhere")
    given = changed("templates.0.contextStatementRefTemplate", [elsewhere])
    [followed] = ProfileSet([read_profile(given)]).followed.values()
    assert followed.missing == (elsewhere,)
    assert len(followed.primary) == 1


def test_profiles_that_contain_each_other_are_not_followed() -> None:
    other = library()
    given = changed("patterns.0.sequence.1", other["patterns"][0]["id"])
    profiles = ProfileSet([read_profile(given), read_profile(other)])
    assert all("contains itself" in followed.unready[0] for followed in profiles.followed.values())


# Locations ---------------------------------------------------------------------------------------

LEGAL = [
    "$",
    "$.a.b",
    "a.b[*].c",
    "$.a.*.b",
    "$..b",
    "$['a b',\"c\"].d",
    "$.a[0,2]",
    "$.a[*, 0]",
    "$.* | $.b|$.c",
    "$.x['https://y.example/z|w']",
    "$.x['https://y.example/z#w'].v",
]
ILLEGAL = [
    "",
    " ",
    "$.a[-1]",
    "$.a[?(@.b)]",
    "$.a[?@.b]",
    "$.a[(@.length-1)]",
    "$.a[0:2]",
    "$.a[",
    "$a",
    "$.a |",
    "| $.a",
    "$.a || $.b",
    "$.a & $.b",
    "$.a[b]",
    "^.a",
    "$.a.~b",
    "@.a",
    "$.a.",
    "$..a..b..c",
    "$." + "a" * 3_000,
]


@pytest.mark.parametrize("text", LEGAL)
def test_a_legal_path_is_read(text: str) -> None:
    assert Location(text).text == text


@pytest.mark.parametrize("text", ILLEGAL)
def test_an_illegal_path_is_refused(text: str) -> None:
    with pytest.raises(LocationError):
        Location(text)


@pytest.mark.parametrize(
    ("text", "value", "found"),
    [
        ("$.a[*].b | $.c['x y'] | $.none", {"a": [{"b": 1}, {}], "c": {"x y": 3}}, [1, 3]),
        ("$.a", {"a": [1, 2]}, [[1, 2]]),
        ("$.a", {"a": None}, [None]),
        ("$.a[*] | $.a[0]", {"a": [1, 2]}, [1, 2, 1]),
        ("$.a['x','y']", {"a": {"y": 2, "x": 1}}, [1, 2]),
        ("$['https://p.example/k|l']", {"https://p.example/k|l": 7}, [7]),
        ("a.b", {"a": {"b": 1}}, [1]),
        ("$.a.*", {"a": {"x": 1, "y": [2]}}, [1, [2]]),
        ("$..id", {"id": 1, "a": [{"id": 2}]}, [1, 2]),
        ("$", "text", ["text"]),
        ("$.a", '{"a": 1}', []),
        ("$.a[5]", {"a": [1]}, []),
        ("$.a.b", {"a": "text"}, []),
    ],
)
def test_a_path_gives_every_value_it_finds(text: str, value: Any, found: list[Any]) -> None:
    assert Location(text).values(value) == found


def test_any_depth_is_as_deep_as_json_may_be() -> None:
    value: Any = {"id": 1}
    for _ in range(248):
        value = {"a": value}
    assert Location("$..id").values(value) == [1]


json_values = some.recursive(
    some.none() | some.booleans() | some.integers(-2, 2) | some.floats(-2, 2) | some.text("ab"),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text("ab"), inner),
    max_leaves=8,
)


def same(one: Any, other: Any) -> bool:
    """Equality of JSON values, spelt out."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is not dict and type(other) is not dict and bool(one == other)


@given(json_values, json_values)
def test_values_are_the_same_as_json_has_it(one: Any, other: Any) -> None:
    assert (canonical(one) == canonical(other)) == same(one, other)
    again = orjson.loads(orjson.dumps(one))
    assert canonical(one) == canonical(again)
    assert hash(canonical(one)) == hash(canonical(again))


def test_true_is_not_one_and_one_is_a_number_however_written() -> None:
    assert canonical(True) != canonical(1)
    assert canonical([1]) == canonical([1.0])
    assert canonical({"a": 1, "b": False}) == canonical({"b": False, "a": 1})
    assert canonical([]) != canonical({})
