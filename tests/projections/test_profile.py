"""The published profile is a valid xAPI Profile, and says what the programs and the docs say."""

import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft7Validator

from projections import vocabulary
from projections.meaning.reading import default_reader
from tests.support.profiles import violations
from tests.support.teaching_cycle import broken_promises, meant

REPOSITORY = Path(__file__).parents[2]
PROFILE = orjson.loads((REPOSITORY / "projections/profiles/teaching-cycle.jsonld").read_bytes())
DOCUMENTATION = (REPOSITORY / "docs/profile.md").read_text("utf-8")
# The paragraph before each block of JSON, and the block.
_BLOCKS = re.findall(r"([^\n]+(?:\n[^\n]+)*)\n\n```json\n(.*?)```", DOCUMENTATION, re.S)
WORDS_BEFORE_EXAMPLES = [words for words, _ in _BLOCKS]
EXAMPLES = [json.loads(block) for _, block in _BLOCKS]

# The actions a statement of each template is read as; the second is another person's.
ACTIONS_OF_TEMPLATES = {
    "preview": ["preview"],
    "check": ["check"],
    "answer": ["answer"],
    "poll": ["poll"],
    "raise-hand": ["hand_raised"],
    "group-work": ["group_work"],
    "attention": ["attention"],
    "attendance": ["attendance"],
    "remote-session": ["session_joined"],
    "video": ["video"],
    "homework-set": ["homework_set"],
    "homework-done": ["homework_done"],
    "homework-marked": ["result", "homework_marked"],
    "homework-corrected": ["homework_corrected"],
    "tutoring": ["tutoring_given", "tutoring_received"],
    "resource-searched": ["resource_searched"],
    "resource-adopted": ["resource_adopted"],
    "resource-built": ["resource_created"],
    "resource-recreated": ["resource_recreated"],
    "resource-shared": ["resource_shared"],
    "resource-used": ["resource_used"],
    "push": ["resource_pushed"],
    "strategy-changed": ["strategy_changed"],
    "interaction-organised": ["interaction_organised"],
    "feedback": ["feedback_given", "feedback_received"],
    "badge": ["badge_earned", "badge_given"],
    "rating": ["rating_given", "rating_by_teacher"],
}


def templates() -> dict[str, dict[str, Any]]:
    return {template["id"].rsplit("/", 1)[1]: template for template in PROFILE["templates"]}


def person(name: str) -> dict[str, Any]:
    return {
        "objectType": "Agent",
        "account": {"homePage": "https://school.example", "name": name},
    }


def full(statement: dict[str, Any]) -> dict[str, Any]:
    """A statement as GET gives it."""
    return {
        "id": "11111111-2222-4333-8444-555555555555",
        "stored": "2026-03-02T12:00:00Z",
        "authority": person("app"),
        "version": "1.0.3",
        **statement,
    }


def statement_of(template: dict[str, Any]) -> dict[str, Any]:
    """A statement that follows a template."""
    thing: dict[str, Any] = {"id": "https://school.example/thing"}
    if kind := template.get("objectActivityType"):
        thing["definition"] = {"type": kind}
    if any(rule["location"] == "$.object.objectType" for rule in template["rules"]):
        thing = person("s1")
    return full(
        {
            "actor": person("actor"),
            "verb": {"id": template["verb"]},
            "object": thing,
            "timestamp": "2026-03-02T10:00:00+08:00",
            "result": {
                "response": "A",
                "score": {"scaled": 0.8},
                "extensions": {"https://w3id.org/xapi/video/extensions/played-segments": "0[.]9"},
            },
            "context": {
                "instructor": person("teacher"),
                "contextActivities": {"category": [{"id": vocabulary.PROFILE_VERSION}]},
                "extensions": {vocabulary.EXTENSION_RATER: "teacher"},
            },
        }
    )


def test_the_profile_follows_every_rule_of_the_profile_specification():
    assert violations(PROFILE) == []


Change = Callable[[dict[str, Any]], Any]
_CONCEPT, _TEMPLATE, _PATTERN = "concepts", "templates", "patterns"

BROKEN: dict[str, tuple[Change, str]] = {
    "another specification": (
        lambda p: p.update(conformsTo="https://x.example"),
        "profile.conformsTo is not one of",
    ),
    "no context": (lambda p: p.pop("@context"), "$['@context']: "),
    "another context": (
        lambda p: p.update({"@context": ["https://x.example"]}),
        "$['@context']: ",
    ),
    "an unknown property": (lambda p: p.update(purpose="learning"), "$.purpose: "),
    "an empty array": (lambda p: p.update(patterns=[]), "is empty"),
    "a null": (lambda p: p["concepts"][0].update(deprecated=None), "is empty"),
    "no author": (lambda p: p.pop("author"), "$.author: this property is there"),
    "an author of no kind": (lambda p: p["author"].update(type="Robot"), "author.type"),
    "no version": (lambda p: p.pop("versions"), "$.versions: "),
    "a version named as the profile": (
        lambda p: p["versions"][0].update(id=p["id"]),
        "stands twice",
    ),
    "a later version of nothing": (
        lambda p: p["versions"].append(
            {"id": f"{p['id']}/v2", "generatedAtTime": "2027-01-01T00:00:00Z"}
        ),
        "lacks wasRevisionOf",
    ),
    "a version at no time": (
        lambda p: p["versions"][0].update(generatedAtTime="yesterday"),
        "generatedAtTime is not a timestamp",
    ),
    "a concept of another version": (
        lambda p: p["concepts"][0].update(inScheme="https://x.example/v9"),
        "inScheme",
    ),
    "a concept of no kind": (lambda p: p["concepts"][0].update(type="Adverb"), "type is not"),
    "a concept twice": (lambda p: p["concepts"].append(p["concepts"][0]), "stands twice"),
    "a label without a language": (
        lambda p: p["concepts"][0].update(prefLabel="adjusted"),
        "language map",
    ),
    "a label in no language": (
        lambda p: p["concepts"][0].update(prefLabel={"!": "adjusted"}),
        "language map",
    ),
    "a broader concept that is not there": (
        lambda p: p["concepts"][0].update(broader=["https://x.example/verb"]),
        "broader",
    ),
    "a match within the profile": (
        lambda p: p["concepts"][0].update(broadMatch=[p["concepts"][1]["id"]]),
        "it is of this profile",
    ),
    "related without being deprecated": (
        lambda p: p["concepts"][0].update(related=[p["concepts"][1]["id"]]),
        "not deprecated",
    ),
    "activity types for a context extension": (
        lambda p: extension(p).update(recommendedActivityTypes=["https://x.example"]),
        "not a known property",
    ),
    "two schemas": (lambda p: extension(p).update(schema="https://x.example"), "both schema"),
    "a schema that is none": (
        lambda p: extension(p).update(inlineSchema='{"type": "colour"}'),
        "JSON Schema",
    ),
    "a verb that is not there": (
        lambda p: p["templates"][0].update(verb=f"{p['id']}/verbs/danced"),
        "is no Verb",
    ),
    "a type that is not there": (
        lambda p: p["templates"][0].update(contextOtherActivityType=[f"{p['id']}/x"]),
        "is no ActivityType",
    ),
    "an activity type and a statement": (
        lambda p: p["templates"][0].update(objectStatementRefTemplate=[p["templates"][1]["id"]]),
        "objectStatementRefTemplate or objectActivityType, not both",
    ),
    "a reference to no template": (
        lambda p: p["templates"][0].update(contextStatementRefTemplate=["https://x.example"]),
        "https://x.example is named, and is no part",
    ),
    "a template that determines nothing": (
        lambda p: [p["templates"][0].pop(key) for key in ("verb", "objectActivityType")],
        "no determining property",
    ),
    "a rule that asks nothing": (
        lambda p: p["templates"][0].update(rules=[{"location": "$.id"}]),
        "rules[0]: a rule has one or more of presence",
    ),
    "a rule about nowhere": (
        lambda p: p["templates"][0]["rules"][0].update(location="$.actor[?(@.name)]"),
        "rules[0].location: location is a legal JSONPath",
    ),
    "a rule about a path without its root": (
        lambda p: p["templates"][0]["rules"][0].update(location="$.id | actor.name"),
        "rules[0].location begins without $",
    ),
    "a rule of what no context explains": (
        lambda p: p["templates"][0]["rules"][0].update(none=[{"id": "https://x.example"}]),
        "rules[0].none holds what is an object",
    ),
    "an unknown presence": (
        lambda p: p["templates"][0]["rules"][0].update(presence="wished"),
        "rules[0].presence: presence is one of",
    ),
    "a pattern of two kinds": (
        lambda p: p["patterns"][0].update(optional=p["templates"][0]["id"]),
        "$.patterns[0]: a pattern has exactly one of",
    ),
    "a pattern of no kind": (
        lambda p: p["patterns"][0].pop("oneOrMore"),
        "$.patterns[0]: a pattern has exactly one of",
    ),
    "a primary pattern without a label": (
        lambda p: p["patterns"][0].pop("prefLabel"),
        "$.patterns[0].prefLabel: this property is there",
    ),
    "a pattern of what is not there": (
        lambda p: p["patterns"][0].update(oneOrMore=f"{p['id']}/patterns/none"),
        "/patterns/none is named, and is no part",
    ),
    "a pattern within itself": (
        lambda p: p["patterns"][1]["alternates"].append(p["patterns"][0]["id"]),
        "a pattern doesn't contain itself",
    ),
    "an alternative that may be nothing": (
        lambda p: p["patterns"][1]["alternates"].append(optional_pattern(p)),
        "$.patterns[1].alternates: optional and zeroOrMore",
    ),
    "one alternative": (
        lambda p: p["patterns"][1].update(alternates=p["patterns"][1]["alternates"][:1]),
        "$.patterns[1].alternates: alternates has two members",
    ),
    "a sequence of one pattern": (
        lambda p: p["patterns"][2].update(sequence=[optional_pattern(p)]),
        "fewer than two",
    ),
}


def extension(profile: dict[str, Any]) -> dict[str, Any]:
    return next(part for part in profile["concepts"] if part["type"] == "ContextExtension")


def optional_pattern(profile: dict[str, Any]) -> str:
    return next(part["id"] for part in profile["patterns"] if "optional" in part)


@pytest.mark.parametrize("what", BROKEN)
def test_a_profile_with_a_fault_is_refused(what: str):
    change, message = BROKEN[what]
    broken = copy.deepcopy(PROFILE)
    change(broken)
    assert any(message in violation for violation in violations(broken)), violations(broken)


def test_every_text_of_the_profile_is_in_english_and_chinese():
    def maps(value: Any) -> list[dict[str, str]]:
        if isinstance(value, list):
            return [each for part in value for each in maps(part)]
        if isinstance(value, dict):
            own = [value[key] for key in ("prefLabel", "definition", "scopeNote") if key in value]
            return own + [each for part in value.values() for each in maps(part)]
        return []

    assert all(set(each) == {"en", "zh-CN"} for each in maps(PROFILE))


def test_the_vocabulary_and_the_profile_name_the_same_iris():
    prefixes = ("TYPE_", "VERB_", "EXTENSION_")
    named = {
        value
        for name, value in vars(vocabulary).items()
        if name.startswith(prefixes) and value.startswith(vocabulary.PROFILE)
    }
    assert named == {concept["id"] for concept in PROFILE["concepts"]}
    assert PROFILE["id"] == vocabulary.PROFILE
    assert PROFILE["versions"][0]["id"] == vocabulary.PROFILE_VERSION


@pytest.mark.parametrize(
    ("key", "terms"),
    [
        (vocabulary.EXTENSION_PHASE, vocabulary.PHASES),
        (vocabulary.EXTENSION_SUBJECT, vocabulary.SUBJECTS),
        (vocabulary.EXTENSION_STAGE, vocabulary.STAGES),
        (vocabulary.EXTENSION_LAYER, vocabulary.LAYERS),
        (vocabulary.EXTENSION_RATER, vocabulary.RATERS),
    ],
)
def test_the_codes_of_the_vocabulary_are_those_of_the_profile(
    key: str, terms: dict[str, vocabulary.Term]
):
    concept = next(part for part in PROFILE["concepts"] if part["id"] == key)
    schema = json.loads(concept["inlineSchema"])
    assert list(terms) == schema["enum"]
    assert [code for code in terms if Draft7Validator(schema).is_valid(code)] == list(terms)
    for term in terms.values():
        assert f"{term.code} ({term.en})" in concept["definition"]["en"]
        assert f"{term.code}({term.zh})" in concept["definition"]["zh-CN"]


def test_every_template_is_accounted_for():
    assert set(templates()) == set(ACTIONS_OF_TEMPLATES)


@pytest.mark.parametrize("slug", ACTIONS_OF_TEMPLATES)
def test_a_statement_of_each_template_gives_the_facts_of_its_act(slug: str):
    template = templates()[slug]
    statement = statement_of(template)
    assert meant(statement) == [template["id"]]
    assert broken_promises(statement) == []
    facts = default_reader().read(statement, store="district", position=1).facts
    assert [fact.action for fact in facts] == ACTIONS_OF_TEMPLATES[slug]


def test_a_statement_without_what_a_template_asks_for_does_not_follow_it():
    template = templates()["rating"]
    statement = statement_of(template)
    statement["context"]["extensions"][vocabulary.EXTENSION_RATER] = "robot"
    del statement["result"]
    assert broken_promises(statement) == [
        f"{template['id']}: $.result.score.scaled | $.result.score.raw",
        f"{template['id']}: $.context.extensions['{vocabulary.EXTENSION_RATER}']",
    ]


def test_the_examples_of_the_documentation_follow_the_profile():
    for example in EXAMPLES:
        assert len(meant(full(example))) == 1
        assert broken_promises(full(example)) == []


def test_the_examples_of_the_documentation_give_the_facts_named_before_them():
    for words, example in zip(WORDS_BEFORE_EXAMPLES, EXAMPLES, strict=True):
        facts = default_reader().read(full(example), store="district", position=1).facts
        named = [code for code in re.findall(r"`(\w+)`", words) if code in vocabulary.ACTIONS]
        assert list(dict.fromkeys(fact.action for fact in facts)) == named, words


def test_the_documentation_has_an_example_of_every_template():
    followed = {template.rsplit("/", 1)[1] for each in EXAMPLES for template in meant(full(each))}
    assert followed == set(templates())


def test_the_documentation_names_every_act_with_its_action():
    for actions in ACTIONS_OF_TEMPLATES.values():
        for action in actions:
            assert f"`{action}`" in DOCUMENTATION
