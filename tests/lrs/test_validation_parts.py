"""The rules of a statement's parts: actors, objects, interactions, scores, contexts."""

from typing import Any

import pytest

from lrs.validation import Violation, validate_actor, validate_statement
from lrs.versions import Version
from tests.support.full_statement import (
    ABSENT,
    ACTIVITY,
    AGENT,
    FULL,
    GROUP,
    REFERENCE,
    VOIDED,
    assert_refused,
    changed,
    places,
    refused,
    violation_of,
)

V1, V2 = Version.V1_0_3, Version.V2_0_0

IDENTIFIERS: dict[str, Any] = {
    "mbox": "mailto:a@example.org",
    "mbox_sha1sum": "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
    "openid": "https://id.example.org/a",
    "account": {"homePage": "https://example.org", "name": ""},
}
WHO = ["actor", "object", "context.instructor", "authority"]


def with_actor(place: str, actor: Any) -> dict[str, Any]:
    without = {"context.revision": ABSENT, "context.platform": ABSENT}
    return changed(FULL, {place: actor, **without})


@pytest.mark.parametrize("place", WHO)
@pytest.mark.parametrize("name", IDENTIFIERS)
def test_an_agent_has_exactly_one_identifier(place: str, name: str) -> None:
    agent = {"objectType": "Agent", name: IDENTIFIERS[name]}
    for version in Version:
        validate_statement(with_actor(place, agent), version)
        for other in IDENTIFIERS.keys() - {name}:
            several = {**agent, other: IDENTIFIERS[other]}
            violation = violation_of(with_actor(place, several), version)
            assert violation.path == f"$.{place}"
            assert "exactly one of mbox" in violation.rule
        violation = violation_of(with_actor(place, {"objectType": "Agent", "name": "a"}), version)
        assert violation.path == f"$.{place}"


@pytest.mark.parametrize("place", ["actor", "object", "context.instructor", "context.team"])
@pytest.mark.parametrize("name", IDENTIFIERS)
def test_a_group_has_one_identifier_or_members(place: str, name: str) -> None:
    group = {"objectType": "Group", name: IDENTIFIERS[name]}
    for version in Version:
        validate_statement(with_actor(place, group), version)
        validate_statement(with_actor(place, {**group, "member": [AGENT]}), version)
        validate_statement(with_actor(place, GROUP), version)
        for other in IDENTIFIERS.keys() - {name}:
            several = {**group, other: IDENTIFIERS[other]}
            violation = violation_of(with_actor(place, several), version)
            assert violation.path == f"$.{place}"
            assert "at most one of mbox" in violation.rule
        violation = violation_of(with_actor(place, {"objectType": "Group", "name": "a"}), version)
        assert "lists its members" in violation.rule


@pytest.mark.parametrize(
    ("name", "value", "below"),
    [
        *[("mbox", value, "") for value in ("a@example.org", "mailto:null", "http://a@b", 1, {})],
        *[("mbox_sha1sum", value, "") for value in ("0a1b2c3d", "x" * 40, 7)],
        *[("openid", value, "") for value in ("id.example.org", "ab=c://example.org", "urn:课", 1)],
        *[("account", value, "") for value in ("a", [], {"homePage": "https://a"})],
        ("account", {"homePage": "a", "name": "a"}, ".homePage"),
        ("account", {"homePage": "https://a", "name": 1}, ".name"),
    ],
)
def test_identifiers_keep_to_their_formats(name: str, value: Any, below: str) -> None:
    for place in WHO:
        violation = violation_of(with_actor(place, {"objectType": "Agent", name: value}))
        assert violation.path.startswith(f"$.{place}.{name}{below}")
    violation = violation_of(with_actor("context.team.member[1]", {name: value}))
    assert violation.path.startswith(f"$.context.team.member[1].{name}{below}")


def test_members_of_a_group_are_agents() -> None:
    assert_refused({"context.team.member": AGENT}, "$.context.team.member", "JSON array")
    for member in (GROUP, {**AGENT, "objectType": "agent"}):
        path = "$.context.team.member[1].objectType"
        assert_refused({"context.team.member": [AGENT, member]}, path, '"Agent"')


@pytest.mark.parametrize("kind", ["agent", "group", "Activity", "", 7, None, {}, []])
def test_an_actor_is_an_agent_or_a_group(kind: Any) -> None:
    for place in ("actor", "context.instructor", "authority"):
        violation = violation_of(with_actor(place, {**AGENT, "objectType": kind}))
        assert violation.path == f"$.{place}.objectType"


def test_a_team_is_a_group() -> None:
    for team in (AGENT, {**GROUP, "objectType": "group"}):
        violation = violation_of(changed(FULL, {"context.team": team}))
        assert violation.path in ("$.context.team.objectType", "$.context.team.mbox")
    without_kind = {"member": [AGENT]}
    assert_refused({"context.team": without_kind}, "$.context.team.objectType", "has the property")


def test_an_authority_is_an_agent_or_two_agents_without_a_name_for_both() -> None:
    validate_statement(changed(FULL, {"authority": GROUP}), V1)
    for authority in (
        {**GROUP, "member": [AGENT]},
        {**GROUP, "member": [AGENT] * 3},
        {**GROUP, "member": []},
        *({**GROUP, name: value} for name, value in IDENTIFIERS.items()),
        {"objectType": "Group", "mbox": "mailto:a@example.org"},
    ):
        assert_refused({"authority": authority}, "$.authority", "an authority is an Agent")


@pytest.mark.parametrize("version", Version)
def test_an_object_is_one_of_five_kinds(version: Version) -> None:
    substatement = {"objectType": "SubStatement", "actor": AGENT, "verb": FULL["verb"]}
    for target in (ACTIVITY, AGENT, GROUP, REFERENCE, {**substatement, "object": REFERENCE}):
        validate_statement(with_actor("object", target), version)
    for kind in ("activity", "agent", "statementRef", "Substatement", "Statement", "", 5, None, {}):
        violation = violation_of(with_actor("object", {**ACTIVITY, "objectType": kind}), version)
        assert violation.path == "$.object.objectType"


@pytest.mark.parametrize("target", [{"mbox": "mailto:a@example.org"}, {"member": [AGENT]}, {}])
def test_an_object_without_a_type_is_an_activity(target: Any) -> None:
    violation = violation_of(changed(FULL, {"object": target}))
    assert "an Activity" in violation.rule


def test_a_reference_needs_its_type_and_a_uuid() -> None:
    assert_refused({"context.statement.objectType": "Statement"}, *STATEMENT_REFERENCE)
    assert_refused({"context.statement.objectType": "statementref"}, *STATEMENT_REFERENCE)


STATEMENT_REFERENCE = ("$.context.statement.objectType", '"StatementRef"')

SUB = {
    "objectType": "SubStatement",
    **{name: FULL[name] for name in ("actor", "verb", "object", "result", "context", "timestamp")},
    "attachments": FULL["attachments"],
}
OUTER = {"actor": AGENT, "verb": {"id": "act:planned"}, "object": SUB}


@pytest.mark.parametrize("version", Version)
def test_a_substatement_is_a_statement_in_a_statement(version: Version) -> None:
    validate_statement(OUTER, version)
    for name in ("actor", "verb", "object"):
        violation = violation_of(changed(OUTER, {f"object.{name}": ABSENT}), version)
        assert violation.path == f"$.object.{name}"


@pytest.mark.parametrize("place", [place for place in places(SUB) if place != "objectType"])
def test_a_substatement_is_checked_like_a_statement(place: str) -> None:
    violation = violation_of(changed(OUTER, {f"object.{place}": None}))
    assert violation.path == f"$.object.{place}"


@pytest.mark.parametrize("name", ["id", "stored", "version", "authority"])
def test_a_substatement_has_nothing_the_record_sets(name: str) -> None:
    for version in Version:
        violation = violation_of(changed(OUTER, {f"object.{name}": FULL[name]}), version)
        assert violation.path == f"$.object.{name}"
        assert "a SubStatement has none of" in violation.rule


def test_a_substatement_holds_no_substatement() -> None:
    violation = violation_of(changed(OUTER, {"object.object": SUB}))
    assert violation.path == "$.object.object.objectType"
    assert violation.value == "SubStatement"


@pytest.mark.parametrize("version", Version)
def test_a_voiding_statement_points_at_a_statement(version: Version) -> None:
    voiding = {"actor": AGENT, "verb": {"id": VOIDED}, "object": REFERENCE}
    validate_statement(voiding, version)
    for target in (ACTIVITY, AGENT, GROUP, SUB):
        violation = violation_of({**voiding, "object": target}, version)
        assert violation.path == "$.object"
        assert "a StatementRef" in violation.rule
    assert violation_of({**voiding, "object": {"objectType": "StatementRef"}}).path == "$.object.id"


@pytest.mark.parametrize("name", ["revision", "platform"])
def test_revision_and_platform_go_with_activities(name: str) -> None:
    rule = "only used where the object is an Activity"
    for target in (AGENT, GROUP, REFERENCE, SUB):
        statement = {**OUTER, "object": target, "context": {name: "1"}}
        violation = violation_of(statement)
        assert violation.path == f"$.context.{name}"
        assert rule in violation.rule
    inner = {**SUB, "object": AGENT, "context": {name: "1"}}
    assert violation_of({**OUTER, "object": inner}).path == f"$.object.context.{name}"
    validate_statement({**OUTER, "object": ACTIVITY, "context": {name: ""}}, V1)


INTERACTION_LISTS = {
    **dict.fromkeys(["true-false", "fill-in", "long-fill-in", "numeric", "other"], ()),
    **{"choice": ("choices",), "sequencing": ("choices",), "likert": ("scale",)},
    **{"matching": ("source", "target"), "performance": ("steps",)},
}
LISTS = ["choices", "scale", "source", "target", "steps"]


def with_definition(**definition: Any) -> dict[str, Any]:
    return changed(FULL, {"object.definition": definition})


@pytest.mark.parametrize("kind", INTERACTION_LISTS)
def test_an_interaction_has_the_lists_of_its_type(kind: str) -> None:
    for version in Version:
        fitting = {name: [{"id": "a"}, {"id": "b"}] for name in INTERACTION_LISTS[kind]}
        patterns = {"interactionType": kind, "correctResponsesPattern": ["", "a[,]b"]}
        validate_statement(with_definition(**patterns, **fitting), version)
        validate_statement(with_definition(interactionType=kind), version)
        validate_statement(
            with_definition(interactionType=kind, correctResponsesPattern=[]), version
        )
        for name in set(LISTS) - set(INTERACTION_LISTS[kind]):
            statement = with_definition(interactionType=kind, **{name: []})
            violation = violation_of(statement, version)
            assert violation.path == f"$.object.definition.{name}"
            assert violation.rule == f"a {kind} interaction has no {name}"


@pytest.mark.parametrize("name", [*LISTS, "correctResponsesPattern"])
def test_what_describes_an_interaction_needs_its_type(name: str) -> None:
    violation = violation_of(with_definition(**{name: []}))
    assert violation.path == "$.object.definition.interactionType"
    assert violation.value is None


@pytest.mark.parametrize("kind", ["Choice", "true-False", "truefalse", "", "act:choice", 1, {}, []])
def test_an_interaction_type_is_one_of_ten_in_their_case(kind: Any) -> None:
    violation = violation_of(with_definition(interactionType=kind))
    assert violation.path == "$.object.definition.interactionType"
    assert "true-false, choice, fill-in" in violation.rule


@pytest.mark.parametrize(
    ("changes", "path", "rule"),
    [
        refused("object.definition.choices[1].id", "a", "same id"),
        refused("object.definition.choices[1].id", 1, "a string"),
        refused("object.definition.choices[1]", "a", "interaction component is a JSON object"),
        refused("object.definition.choices", {}, "interaction components is a JSON array"),
        refused("object.definition.correctResponsesPattern", "a", "JSON array"),
        refused("object.definition.correctResponsesPattern[0]", 1, "a string"),
    ],
)
def test_interactions_are_made_of_components_and_patterns(
    changes: Any, path: str, rule: str
) -> None:
    assert_refused(changes, path, rule)


@pytest.mark.parametrize(
    ("score", "name"),
    [
        ({"scaled": 1.01}, "scaled"),
        ({"scaled": -2}, "scaled"),
        ({"min": 5, "max": 4}, "min"),
        ({"min": 5, "max": 5}, "min"),
        ({"raw": 0.9, "min": 1}, "raw"),
        ({"raw": 1.1, "max": 1}, "raw"),
        ({"raw": 3, "min": 0, "max": 2}, "raw"),
    ],
)
def test_scores_lie_within_their_bounds(score: Any, name: str) -> None:
    for version in Version:
        violation = violation_of(changed(FULL, {"result.score": score}), version)
        assert violation.path == f"$.result.score.{name}"
        assert violation.value == score[name]


@pytest.mark.parametrize(
    "score",
    [
        *[{}, {"scaled": -1}, {"scaled": 1.0}, {"raw": -7.5}, {"raw": 1e300}, {"min": 3}],
        *[{"raw": 1, "min": 1, "max": 2.5}, {"raw": 2.5, "min": 1, "max": 2.5}, {"max": 0}],
    ],
)
def test_scores_at_their_bounds_are_valid(score: Any) -> None:
    for version in Version:
        validate_statement(changed(FULL, {"result.score": score}), version)


CONTEXT_AGENT = {"objectType": "contextAgent", "agent": AGENT, "relevantTypes": ["act:tutor"]}
CONTEXT_GROUP = {"objectType": "contextGroup", "group": GROUP, "relevantTypes": ["act:class"]}
RELATED = changed(
    FULL, {"context.contextAgents": [CONTEXT_AGENT] * 2, "context.contextGroups": [CONTEXT_GROUP]}
)


def test_context_agents_and_groups_came_with_2_0() -> None:
    validate_statement(RELATED, V2)
    for name in ("contextAgents", "contextGroups"):
        violation = violation_of(changed(FULL, {f"context.{name}": []}), V1)
        assert violation.path == f"$.context.{name}"
        assert "no such property" in violation.rule


@pytest.mark.parametrize(
    ("changes", "at", "rule"),
    [
        ({"contextAgents[1].objectType": "ContextAgent"}, None, '"contextAgent"'),
        ({"contextAgents[1].objectType": "Agent"}, None, '"contextAgent"'),
        ({"contextAgents[0].objectType": ABSENT}, None, "has the property"),
        ({"contextAgents[0].agent": ABSENT}, None, "has the property"),
        ({"contextAgents[0].agent": GROUP}, "contextAgents[0].agent.objectType", '"Agent"'),
        ({"contextAgents[0].agent": {}}, None, "exactly one of"),
        ({"contextAgents[0].relevantTypes": []}, None, "at least one"),
        ({"contextAgents[0].relevantTypes": "act:tutor"}, None, "JSON array"),
        ({"contextAgents[0].relevantTypes": ["a"]}, "contextAgents[0].relevantTypes[0]", "an IRI"),
        ({"contextAgents[0].group": GROUP}, None, "no such property"),
        ({"contextAgents": CONTEXT_AGENT}, None, "JSON array"),
        ({"contextGroups[0].objectType": "contextAgent"}, None, '"contextGroup"'),
        ({"contextGroups[0].group": ABSENT}, None, "has the property"),
        ({"contextGroups[0].group": AGENT}, "contextGroups[0].group.objectType", '"Group"'),
        ({"contextGroups[0].relevantTypes": []}, None, "at least one"),
    ],
)
def test_context_agents_and_groups_say_who_and_how(
    changes: dict[str, Any], at: str | None, rule: str
) -> None:
    ((place, value),) = changes.items()
    violation = violation_of(changed(RELATED, {f"context.{place}": value}), V2)
    assert violation.path == f"$.context.{at or place}"
    assert rule in violation.rule
    assert violation.section == "IEEE 9274.1.1 4.2.2.5" or "no such" in rule or at or value == {}


def test_relevant_types_are_optional() -> None:
    bare = changed(RELATED, {"context.contextAgents[0].relevantTypes": ABSENT})
    validate_statement(bare, V2)


def test_an_actor_can_be_checked_alone() -> None:
    for version in Version:
        validate_actor(AGENT, version)
        validate_actor(GROUP, version)
        with pytest.raises(Violation) as caught:
            validate_actor({"mbox": "a"}, version, path="$agent")
        assert caught.value.path == "$agent.mbox"
