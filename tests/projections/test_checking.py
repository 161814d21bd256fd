"""What a vendor is told: what statements mean, what is missing, and that what is told mends it."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.checking import hold
from lrs.validation import validate_statement
from lrs.versions import Version
from projections.meaning.advice import KINDS, PORTRAITS
from projections.meaning.checking import Checked, Report, check, described, given_statements
from projections.meaning.mapping import load_mapping, shipped_mappings
from projections.meaning.reading import Reader, default_reader
from projections.vocabulary import PROFILE
from tests.support.data import data_file
from tests.support.statements import valid_statements

DOCUMENTATION = (Path(__file__).parents[2] / "docs/profile.md").read_text("utf-8")
EXAMPLES = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", DOCUMENTATION, re.S)]

STUDENT = {"account": {"homePage": "https://id.example.cn", "name": "s1"}}
TEACHER = {"account": {"homePage": "https://id.example.cn", "name": "t1"}}
ADL = "http://adlnet.gov/expapi/verbs"


def statement(verb: str, **more: Any) -> dict[str, Any]:
    return {
        "actor": STUDENT,
        "verb": {"id": verb},
        "object": {"id": "https://x.example/thing"},
        "timestamp": "2026-03-02T10:00:00+08:00",
        "version": "1.0.3",
        **more,
    }


def answer(points: list[str], **more: Any) -> dict[str, Any]:
    """An answer that lacks nothing."""

    def activity(name: str, kind: str) -> dict[str, Any]:
        return {
            "id": f"https://x.example/{name}",
            "definition": {"type": f"{PROFILE}/activity-types/{kind}", "name": {"en": name}},
        }

    given = {
        "result": {"success": True, "duration": "PT1S"},
        "context": {
            "contextActivities": {
                "category": [{"id": f"{PROFILE}/v1.0"}],
                "grouping": [activity("lesson", "lesson")],
                "parent": [activity("homework", "homework")],
                "other": [activity(point, "knowledge-point") for point in points],
            },
            "extensions": {
                f"{PROFILE}/extensions/phase": "in",
                f"{PROFILE}/extensions/subject": "mathematics",
            },
        },
        "object": activity("item", "item"),
    }
    return statement(f"{ADL}/answered", **{**given, **more})


def checked(*statements: Any, reader: Reader | None = None, **more: Any) -> Report:
    raw = orjson.dumps(list(statements))
    return check(given_statements(raw), reader or default_reader(), hold, **more)


def codes(one: Checked) -> set[str]:
    return {advice.code for advice in one.advice}


def codes_of(*statements: Any) -> list[set[str]]:
    return [codes(each) for each in checked(*statements).statements]


def merged(target: Any, patch: Any) -> Any:
    """Apply a JSON Merge Patch: RFC 7396, 2."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


# --- What is told ---------------------------------------------------------------------------------


def test_an_answer_that_lacks_nothing_is_told_nothing():
    [one] = checked(answer(["fractions"])).statements
    assert one.advice == []
    assert one.rule is not None
    assert (one.rule.origin, one.rule.name) == ("adl.yaml", "answered")


def test_the_examples_of_the_documentation_count_fully():
    for example in EXAMPLES:
        [one] = checked(example).statements
        assert [each for each in one.advice if each.kind.level != "useful"] == []


def changed(**changes: Any) -> dict[str, Any]:
    return merged(answer(["fractions"]), changes)


def extended(name: str, value: Any) -> dict[str, Any]:
    return changed(context={"extensions": {f"{PROFILE}/extensions/{name}": value}})


def places(place: str, value: Any) -> dict[str, Any]:
    return changed(context={"contextActivities": {place: value}})


RATED = {
    "actor": TEACHER,
    "object": {"objectType": "Agent", **STUDENT},
    "result": {"score": {"scaled": 0.8}},
}
VIDEO = {"definition": {"type": "https://w3id.org/xapi/video/activity-type/video"}}
LACKING: dict[str, tuple[dict[str, Any], str]] = {
    "no-timestamp": (changed(timestamp=None), "$.timestamp"),
    "no-offset": (changed(timestamp="2026-03-02T10:00:00"), "$.timestamp"),
    "no-account": (changed(actor={"account": None, "mbox": "mailto:a@b.cn"}), "$.actor.mbox"),
    "no-phase": (
        extended("phase", None),
        f"$.context.extensions['{PROFILE}/extensions/phase']",
    ),
    "code-unknown": (
        extended("subject", "数学"),
        f"$.context.extensions['{PROFILE}/extensions/subject']",
    ),
    "no-subject": (
        extended("subject", None),
        f"$.context.extensions['{PROFILE}/extensions/subject']",
    ),
    "no-lesson": (places("grouping", None), "$.context.contextActivities.grouping"),
    "no-parent": (places("parent", None), "$.context.contextActivities.parent"),
    "no-knowledge-points": (places("other", None), "$.context.contextActivities.other"),
    "activity-without-type": (
        places("other", [{"id": "https://x.example/fractions"}]),
        "$.context.contextActivities.other[0].definition.type",
    ),
    "point-without-name": (
        places(
            "other",
            [
                {
                    "id": "https://x.example/fractions",
                    "definition": {"type": f"{PROFILE}/activity-types/knowledge-point"},
                }
            ],
        ),
        "$.context.contextActivities.other[0].definition.name",
    ),
    "success-unknown": (
        changed(result={"success": None, "score": {"scaled": 0.5}}),
        "$.result.success",
    ),
    "score-without-scale": (changed(result={"score": {"raw": 3}}), "$.result.score.max"),
    "no-duration": (changed(result={"duration": None}), "$.result.duration"),
    "profile-not-named": (places("category", None), "$.context.contextActivities.category"),
    "verb-unknown": (statement("https://x.example/verbs/answred"), "$.verb.id"),
    "object-without-type": (statement(f"{ADL}/completed"), "$.object.definition.type"),
    "verb-needs-more": (
        statement("http://activitystrea.ms/schema/1.0/assign"),
        "$.object.definition.type",
    ),
    "no-score": (
        statement("http://id.tincanapi.com/verb/rated", **{**RATED, "result": {"success": True}}),
        "$.result.score",
    ),
    "no-rater": (
        statement("http://id.tincanapi.com/verb/rated", **RATED),
        f"$.context.extensions['{PROFILE}/extensions/rater']",
    ),
    "no-instructor": (statement("http://id.tincanapi.com/verb/earned"), "$.context.instructor"),
    "no-due": (
        statement(
            f"{ADL}/completed",
            object={
                "id": "https://x.example/homework",
                "definition": {"type": f"{PROFILE}/activity-types/homework"},
            },
        ),
        f"$.context.extensions['{PROFILE}/extensions/due']",
    ),
    "no-progress": (
        statement(
            "https://w3id.org/xapi/video/verbs/paused",
            object={"id": "https://x.example/video", **VIDEO},
        ),
        "$.result.extensions['https://w3id.org/xapi/video/extensions/progress']",
    ),
}


@pytest.mark.parametrize("code", LACKING)
def test_what_is_missing_is_told_where_it_is_missing(code: str):
    lacking, path = LACKING[code]
    [one] = checked(lacking).statements
    assert one.violation is None
    assert (code, path) in [(each.code, each.path) for each in one.advice]


@pytest.mark.parametrize("code", LACKING)
def test_what_is_told_to_send_mends_what_is_missing(code: str):
    lacking, path = LACKING[code]
    [one] = checked(lacking).statements
    [advice] = [each for each in one.advice if (each.code, each.path) == (code, path)]
    mended = merged(lacking, advice.send)
    [again] = checked(mended).statements
    assert again.violation is None
    assert (code, path) not in [(each.code, each.path) for each in again.advice]


def test_a_verb_unlike_any_other_is_told_with_a_rule_to_begin_with():
    verb = "https://x.example/verbs/frobnicated"
    report = checked(statement(verb))
    [advice] = [each for each in report.statements[0].advice if each.code == "verb-unknown"]
    assert advice.send is None
    [unread] = described(report)["summary"]["unread_verbs"]
    mapping = {
        "mapping": "x",
        "title": {"en": "x", "zh-CN": "x"},
        "document": "https://x.example",
        "rules": [unread["rule"]],
    }
    reader = Reader([*shipped_mappings(), load_mapping(json.dumps(mapping), "x.yaml")])
    [read] = checked(statement(verb), reader=reader).statements
    assert read.rule is not None
    assert read.rule.origin == "x.yaml"


def test_a_template_that_is_claimed_and_not_followed_is_told():
    rated = statement("http://id.tincanapi.com/verb/rated", **RATED)
    claiming = merged(
        rated,
        {
            "result": None,
            "context": {
                "contextActivities": {"category": [{"id": f"{PROFILE}/v1.0"}]},
                "extensions": {f"{PROFILE}/extensions/rater": "peer"},
            },
        },
    )
    [one] = checked(claiming).statements
    told = [each.found for each in one.advice if each.code == "profile"]
    assert any("/templates/rating" in found for found in told)


def test_statements_that_give_no_facts_are_told_why():
    plan = {
        "objectType": "SubStatement",
        **{key: answer([])[key] for key in ("actor", "verb", "object")},
    }
    nobody = {"objectType": "Group", "name": "team", "member": []}
    report = checked(
        statement(f"{ADL}/answered", object=plan), statement(f"{ADL}/answered", actor=nobody)
    )
    told = [each.found for one in report.statements for each in one.advice if not one.facts]
    assert told == ["SubStatement", "$.actor"]


# --- Beside other statements ----------------------------------------------------------------------


def test_one_answer_sent_for_each_knowledge_point_is_told_of_all_but_the_first():
    pieces = [answer([point], id=None) for point in ("fractions", "ratios", "decimals")]
    pieces = [{key: value for key, value in one.items() if key != "id"} for one in pieces]
    told = codes_of(*pieces)
    assert ["one-answer-in-pieces" in each for each in told] == [False, True, True]
    report = checked(*pieces).statements[2]
    [advice] = [each for each in report.advice if each.code == "one-answer-in-pieces"]
    assert advice.send is not None
    others = advice.send["context"]["contextActivities"]["other"]
    assert [each["definition"]["name"]["en"] for each in others] == [
        "fractions",
        "ratios",
        "decimals",
    ]


def test_answers_at_different_times_or_by_different_people_are_not_pieces_of_one():
    told = codes_of(
        answer(["fractions"]),
        answer(["ratios"], timestamp="2026-03-02T10:00:01+08:00"),
        answer(["decimals"], actor=TEACHER),
        answer(["fractions"]),
    )
    assert not any("one-answer-in-pieces" in each for each in told)


def test_an_id_that_stands_twice_is_told_of_the_second():
    first = answer(["fractions"], id="11111111-2222-4333-8444-55555555555A")
    told = codes_of(first, {**first, "id": first["id"].lower()})
    assert told == [set(), {"id-twice"}]


# --- What can't be read ---------------------------------------------------------------------------


def test_statements_are_taken_alone_as_an_array_or_one_a_line():
    one = orjson.dumps(answer(["fractions"]))
    assert [each.path for each in given_statements(one)] == ["$"]
    assert [each.path for each in given_statements(b"[%b,%b]" % (one, one))] == ["$[0]", "$[1]"]
    lines = given_statements(b"%b\n\n%b\r\n" % (one, one))
    assert [(each.line, each.violation) for each in lines] == [(1, None), (3, None)]


def test_a_line_that_is_not_json_is_told_and_the_others_are_read():
    one = orjson.dumps(answer(["fractions"]))
    report = check(given_statements(b"%b\n{not\n%b" % (one, one)), default_reader(), hold)
    assert [codes(each) for each in report.statements] == [set(), {"refused"}, set()]
    summary = described(report)["summary"]
    assert (summary["statements"], summary["refused"], summary["giving_facts"]) == (3, 1, 2)
    assert summary["advice"][0]["first"] == "line 2"


@pytest.mark.parametrize("raw", [b"", b"nothing", b"[1, 2", b"\xff", b"null", b'"text"', b"7"])
def test_what_is_no_statement_is_told_as_refused(raw: bytes):
    [one] = check(given_statements(raw), default_reader(), hold).statements
    assert codes(one) == {"refused"}
    assert one.violation is not None


def test_a_refusal_names_path_rule_and_section():
    told = described(checked(answer(["fractions"]), changed(verb={"id": "not an iri"})))
    violation = told["statements"][1]["violation"]
    assert violation["path"] == "$[1].verb.id"
    assert violation["section"]
    [advice] = told["statements"][1]["advice"]
    assert (advice["code"], advice["level"], advice["path"]) == ("refused", "refused", "$.verb.id")


def test_a_time_without_offset_is_refused_of_2_0_and_advised_on_of_1_0_3():
    lacking = {**LACKING["no-offset"][0]}
    assert codes_of(lacking) == [{"no-offset"}]
    assert codes_of({**lacking, "version": "2.0.0"}) == [{"refused"}]
    del lacking["version"]
    [old] = checked(lacking, version=Version.V1_0_3).statements
    assert codes(old) == {"no-offset"}


# --- By mappings ----------------------------------------------------------------------------------


def test_a_rule_bound_to_an_app_is_tried_as_that_app():
    text = """
mapping: clicker
title: {en: Clicker, zh-CN: 抢答器}
document: https://clicker.example
rules:
  - name: clicked
    verbs: ["https://clicker.example/clicked"]
    when: {apps: [clicker]}
    facts: [{of: actor, action: answer, phase: in}]
"""
    reader = Reader([*shipped_mappings(), load_mapping(text, "clicker.yaml")])
    clicked = statement("https://clicker.example/clicked")
    [stranger] = checked(clicked, reader=reader, app="other").statements
    [clicker] = checked(clicked, reader=reader, app="clicker").statements
    assert "verb-needs-more" in codes(stranger)
    assert clicker.rule is not None
    assert [(fact.action, fact.phase) for fact in clicker.facts] == [("answer", "in")]


# --- For all statements ---------------------------------------------------------------------------


def test_the_dump_of_2014_is_told_of_statement_by_statement():
    raw = gzip.decompress(data_file("adl_public_lrs_2014.json.gz").read_bytes())
    report = check(given_statements(raw), default_reader(), hold)
    statements = orjson.loads(raw)
    assert len(report.statements) == len(statements)
    told = described(report)
    assert json.loads(json.dumps(told)) == told
    summary = told["summary"]
    assert summary["refused"] == sum(each.violation is not None for each in report.statements) > 0
    assert summary["giving_facts"] > 1_000
    assert {"no-phase", "activity-without-type", "no-account"} <= {
        each["code"] for each in summary["advice"]
    }
    for each, one in zip(statements, report.statements, strict=True):
        for advice in one.advice:
            if advice.send is not None:
                validate_statement(merged(each, advice.send), Version.V1_0_3)


@given(st.sampled_from(Version).flatmap(valid_statements), st.booleans())
@settings(deadline=None, max_examples=60)
def test_of_any_valid_statement_what_is_told_is_valid_again(one: Any, answers: bool):
    if answers and one["object"].get("objectType", "Activity") == "Activity":
        one["verb"]["id"] = f"{ADL}/answered"
    version = Version.V1_0_3 if str(one.get("version", "")).startswith("1.") else Version.V2_0_0
    one["version"] = "1.0.3" if version is Version.V1_0_3 else "2.0.0"
    [told] = check(given_statements(orjson.dumps(one)), default_reader(), hold).statements
    if told.violation is None:
        for advice in told.advice:
            if advice.send is not None:
                validate_statement(merged(one, advice.send), version)


def test_every_kind_of_advice_has_its_words_and_a_case():
    for kind in KINDS.values():
        assert all((kind.zh, kind.en))
        assert ("{}" in kind.zh) == ("{}" in kind.en)
        assert set(kind.portraits) <= set(PORTRAITS)
    elsewhere = {"refused", "id-twice", "no-facts", "profile", "one-answer-in-pieces"}
    assert set(LACKING) | elsewhere == set(KINDS)
