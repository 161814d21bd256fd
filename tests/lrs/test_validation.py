"""The rules of a whole statement: properties, types, formats, versions, and what is told."""

import re
from typing import Any

import orjson
import pytest

from lrs.validation import validate_statement
from lrs.versions import RULES, Version, version_of
from tests.support.full_statement import (
    ABSENT,
    ACTIVITY,
    AGENT,
    FULL,
    UUID,
    VOIDED,
    assert_refused,
    changed,
    places,
    refused,
    steps,
    violation_of,
)

V1, V2 = Version.V1_0_3, Version.V2_0_0


@pytest.mark.parametrize("version", Version)
def test_a_statement_with_every_property_is_valid(version: Version) -> None:
    validate_statement(FULL, version)


@pytest.mark.parametrize("version", Version)
def test_a_statement_of_actor_verb_and_object_is_valid(version: Version) -> None:
    validate_statement({"actor": AGENT, "verb": {"id": VOIDED[:-1]}, "object": ACTIVITY}, version)


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("statement", [None, [], [FULL], "statement", 1, True, 0.5])
def test_a_statement_is_an_object(statement: Any, version: Version) -> None:
    violation = violation_of(statement, version)
    assert violation.path == "$"
    assert violation.value == statement


@pytest.mark.parametrize(
    ("changes", "path", "rule"),
    [
        refused("actor", ABSENT, 'has the property "actor"'),
        refused("verb", ABSENT, 'has the property "verb"'),
        refused("object", ABSENT, 'has the property "object"'),
        refused("verb.id", ABSENT, 'has the property "id"'),
        refused("object.id", ABSENT, 'has the property "id"'),
        refused("actor.account.name", ABSENT, 'has the property "name"'),
        refused("actor.account.homePage", ABSENT, 'has the property "homePage"'),
        refused("context.statement.id", ABSENT, 'has the property "id"'),
        refused("context.statement.objectType", ABSENT, 'has the property "objectType"'),
        refused("context.contextActivities.grouping[1].id", ABSENT, 'has the property "id"'),
        refused("object.definition.choices[1].id", ABSENT, 'has the property "id"'),
        *(
            refused(f"attachments[0].{name}", ABSENT, f'has the property "{name}"')
            for name in ("usageType", "display", "contentType", "length", "sha2")
        ),
    ],
)
def test_required_properties_are_missed(changes: Any, path: str, rule: str) -> None:
    assert_refused(changes, path, rule)


@pytest.mark.parametrize(
    ("changes", "path", "rule"),
    [
        refused("verbs", {}, "a Statement has no such property"),
        refused("voided", True, "a Statement has no such property"),
        refused("iD", UUID, 'the case of names counts: "id"'),
        refused("Verb", {}, 'the case of names counts: "verb"'),
        refused("actor.mBox", "mailto:a@b", 'the case of names counts: "mbox"'),
        refused("actor.member", [], "an Agent has no such property"),
        refused("actor.account.id", 1, "an account has no such property"),
        refused("verb.description", {}, "a Verb has no such property"),
        refused("object.name", {}, "an Activity has no such property"),
        refused("object.definition.moreinfo", "", 'the case of names counts: "moreInfo"'),
        refused("object.definition.choices[0].name", {}, "interaction component has no such"),
        refused("result.scores", {}, "a result has no such property"),
        refused("result.score.scale", 1, "a score has no such property"),
        refused("context.contextactivities", {}, 'names counts: "contextActivities"'),
        refused("context.contextActivities.Parent", [], 'names counts: "parent"'),
        refused("context.team.members", [], "a Group has no such property"),
        refused("context.statement.verb", {}, "a StatementRef has no such property"),
        refused("attachments[0].name", {}, "an attachment has no such property"),
    ],
)
def test_properties_unknown_or_in_another_case_are_refused(
    changes: Any, path: str, rule: str
) -> None:
    assert_refused(changes, path, rule)


@pytest.mark.parametrize("place", places(FULL))
def test_null_stands_nowhere_but_in_extensions(place: str) -> None:
    for version in Version:
        violation = violation_of(changed(FULL, {place: None}), version)
        assert violation.path == f"$.{place}"
        assert violation.value is None
        is_kind = place.endswith("objectType")
        assert violation.rule == "null stands only inside extensions" or is_kind


@pytest.mark.parametrize("place", places(FULL))
def test_a_value_of_another_type_is_refused(place: str) -> None:
    value: Any = FULL
    for step in steps(place):
        value = value[step]
    for other in ([], {}, "one", 7, True, False, 0.5):
        both_numbers = type(value) in (int, float) and type(other) in (int, float)
        both_lists_of_activities = "contextActivities." in place and other in ([], {})
        harmless = type(other) is type(value) or both_numbers or both_lists_of_activities
        if harmless:
            continue
        violation = violation_of(changed(FULL, {place: other}))
        assert violation.path == f"$.{place}"
        assert violation.value == other


def test_strings_are_no_numbers_and_no_booleans() -> None:
    assert_refused({"result.score.raw": "1"}, "$.result.score.raw", "is a number")
    assert_refused({"result.success": "true"}, "$.result.success", "true or false")
    assert_refused({"result.score.raw": True}, "$.result.score.raw", "is a number")
    assert_refused({"attachments[0].length": "27"}, "$.attachments[0].length", "whole number")


@pytest.mark.parametrize(
    "place",
    [
        *["verb.id", "object.id", "object.definition.type", "object.definition.moreInfo"],
        *["actor.account.homePage", "attachments[0].usageType", "attachments[0].fileUrl"],
        *["context.contextActivities.parent.id", "context.contextActivities.grouping[1].id"],
    ],
)
def test_iris_are_absolute(place: str) -> None:
    for iri in ("", "example", "www.example.com/a", "ab=c://example.com", "http://a b", "http://"):
        assert_refused({place: iri}, f"$.{place}", "an IRI is a string with a scheme")


@pytest.mark.parametrize("holder", ["object.definition", "result", "context"])
def test_names_of_extensions_are_iris_and_their_values_anything(holder: str) -> None:
    place = f"{holder}.extensions"
    for key, written in (("", "['']"), ("no iri", "['no iri']"), ("tries", ".tries")):
        assert_refused({place: {key: 1}}, f"$.{place}{written}", "an IRI is")
    for anything in (None, "", {}, [], 0, [None], {"no iri": {"": None}}):
        for version in Version:
            validate_statement(changed(FULL, {place: {"act:x": anything}}), version)


@pytest.mark.parametrize(
    "place",
    [
        *["verb.display", "object.definition.name", "object.definition.description"],
        *["object.definition.choices[0].description", "attachments[0].display"],
        "attachments[0].description",
    ],
)
def test_language_maps_have_language_tags_and_strings(place: str) -> None:
    for tag in ("", "something", "en-something-AU", "en_US", "b23456789", "en-a-bb-a-cc"):
        written = f".{tag}" if re.fullmatch("[a-z]\\w*", tag) else f"['{tag}']"
        assert_refused({place: {"en": "", tag: "x"}}, f"$.{place}{written}", "a language tag is")
    assert_refused({place: {"en": {"en": "x"}}}, f"$.{place}.en", "is a string")
    for version in Version:
        validate_statement(changed(FULL, {place: {"zh-Hant": "", "sr-Latn-RS": "x"}}), version)


@pytest.mark.parametrize(
    ("changes", "path", "rule"),
    [
        refused("id", "8c1f0b52", "a UUID"),
        refused("id", UUID + "8", "a UUID"),
        refused("context.registration", "M" + UUID[1:], "a UUID"),
        refused("context.statement.id", f"{{{UUID}}}", "a UUID"),
        refused("context.language", "something", "a language tag"),
        refused("result.duration", "P4W1D", "a duration"),
        refused("result.duration", "01:30", "a duration"),
        refused("timestamp", "yesterday", "a timestamp"),
        refused("timestamp", "2025-03-01T08:15:30-00", "a timestamp"),
        refused("timestamp", "2025-03-01T08:15:30-0000", "a timestamp"),
        refused("timestamp", "2025-03-01T08:15:30-00:00", "a timestamp"),
        refused("timestamp", "2025-02-29T08:15:30Z", "a timestamp"),
        refused("stored", "16.09.2024", "a timestamp"),
        refused("attachments[0].contentType", "text", "Internet media type"),
        refused("attachments[0].sha2", "0aF9", "sha2"),
        refused("attachments[0].length", -1, "whole number"),
        refused("attachments[0].length", 0.5, "whole number"),
    ],
)
def test_texts_of_a_format_keep_to_it(changes: Any, path: str, rule: str) -> None:
    assert_refused(changes, path, rule)


@pytest.mark.parametrize("name", ["actor", "result", "context", "verb", "authority"])
def test_a_property_that_is_an_object_is_no_text(name: str) -> None:
    assert_refused({name: "all of it"}, f"$.{name}", "JSON object")


def test_empty_objects_are_allowed_where_nothing_is_required() -> None:
    for place in ("result", "context", "object.definition", "result.score", "verb.display"):
        for version in Version:
            validate_statement(changed(FULL, {place: {}}), version)


def test_iso8601_beyond_rfc3339_is_for_1_0_3_only() -> None:
    for timestamp in ("2025-03-01T08:15:30", "20250301T081530Z", "2025-W09-6T08:15:30Z"):
        statement = changed(FULL, {"timestamp": timestamp})
        validate_statement(statement, V1)
        violation = violation_of(statement, V2)
        assert violation.path == "$.timestamp"
        assert violation.section == "IEEE 9274.1.1 4.2.7"


@pytest.mark.parametrize(
    ("claimed", "versions"),
    [
        *[(claimed, [V1, V2]) for claimed in ("1.0", "1.0.0", "1.0.9", "1.0.10")],
        *[(claimed, [V2]) for claimed in ("2.0", "2.0.0", "2.0.1")],
        *[(claimed, []) for claimed in ("0.9", "0.95", "0.9.9", "1", "1.1.0", "1.0.", "1.0.x", "")],
        *[(claimed, []) for claimed in ("2", "2.1.0", "3.0.0", "v1.0.0", "1.0.0.0", "1.0.٣", 1.0)],
    ],
)
def test_a_statement_claims_a_version_that_is_spoken(claimed: Any, versions: list[Version]) -> None:
    for version in Version:
        statement = changed(FULL, {"version": claimed})
        if version in versions:
            validate_statement(statement, version)
        else:
            assert violation_of(statement, version).path == "$.version"


@pytest.mark.parametrize(
    ("header", "version"),
    [
        *[("1.0", V1), ("1.0.0", V1), ("1.0.3", V1), ("1.0.99", V1), ("2.0", V2), ("2.0.0", V2)],
        *[("", None), ("1", None), ("0.95", None), ("1.1.0", None), ("2.1.0", None), ("3.0", None)],
        *[("1.0.3 ", None), ("1.0.03", None), ("1.0.-1", None), ("1,0", None), ("1.0.3\n", None)],
    ],
)
def test_a_version_header_names_a_minor_version(header: str, version: Version | None) -> None:
    assert version_of(header) is version


def test_every_section_is_cited_for_both_versions() -> None:
    assert RULES[V1].sections.keys() == RULES[V2].sections.keys()
    assert violation_of(changed(FULL, {"id": 1}), V1).section == "xAPI 1.0.3 Data 4.4"
    assert violation_of(changed(FULL, {"id": 1}), V2).section == "IEEE 9274.1.1 4.2.7"


def test_a_violation_in_a_batch_names_the_statement() -> None:
    broken = changed(FULL, {"actor.account.homePage": "example"})
    violation = violation_of(broken, path="$[3]")
    assert violation.path == "$[3].actor.account.homePage"
    assert violation.under("$.statements[4]").path == "$.statements[4][3].actor.account.homePage"


def test_a_violation_can_be_told_as_json_and_as_a_sentence() -> None:
    violation = violation_of(changed(FULL, {"verb.id": "answered"}))
    assert violation.as_dict() == {
        "path": "$.verb.id",
        "rule": violation.rule,
        "section": "xAPI 1.0.3 Data 2.2",
        "value": "answered",
    }
    assert str(violation) == (
        f'$.verb.id: {violation.rule}; found "answered" (xAPI 1.0.3 Data 2.2)'
    )


def test_long_values_and_names_are_cut_in_what_is_told() -> None:
    for value in ("x" * 100_000, {"x": ["y"] * 50_000}, 10**300):
        violation = violation_of(changed(FULL, {"verb.id": value}))
        assert len(orjson.dumps(violation.as_dict())) < 800
        assert len(str(violation)) < 800
    violation = violation_of({**FULL, "y" * 100_000: 1})
    assert len(violation.path) < 120


def test_names_in_a_path_are_quoted_where_they_must() -> None:
    for name, written in (("a b", "['a b']"), ("it's", "['it\\'s']"), ("c\\d", "['c\\\\d']")):
        assert violation_of({**FULL, name: 1}).path == f"${written}"
