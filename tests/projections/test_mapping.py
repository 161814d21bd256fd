"""Mapping rules are checked when they are loaded, and mean what they say."""

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest

from projections.facts import Fact
from projections.meaning.mapping import (
    FIELDS,
    MappingError,
    load_mapping,
    merged_activity_types,
    merged_context_extensions,
    rules_by_verb,
    shipped_mappings,
)
from projections.meaning.reading import Reader
from projections.vocabulary import ACTIONS, OTHER

HEAD = """
mapping: quiz
title: {en: Quiz, zh-CN: 测验}
document: https://quiz.example/xapi
"""
TRIED = "https://quiz.example/tried"
DOCUMENTATION = (Path(__file__).parents[2] / "docs" / "profile.md").read_text("utf-8")


def rule(
    facts: str = "[{of: actor, action: answer}]",
    when: str = "{}",
    verb: str = TRIED,
    name: str = "r",
) -> str:
    return f'\n  - {{name: {name}, verbs: ["{verb}"], when: {when}, facts: {facts}}}'


def mapping(*rules: str, head: str = HEAD) -> str:
    return f"{head}\nrules:{''.join(rules)}\n" if rules else head


def agent(name: str) -> dict[str, Any]:
    return {"objectType": "Agent", "account": {"homePage": "https://s.example", "name": name}}


def statement(**parts: Any) -> dict[str, Any]:
    return {
        "id": "11111111-2222-4333-8444-555555555555",
        "actor": agent("s1"),
        "verb": {"id": TRIED},
        "object": {
            "id": "https://quiz.example/q1",
            "definition": {"type": "https://quiz.example/question"},
        },
        "timestamp": "2026-03-02T10:00:00Z",
        "stored": "2026-03-02T10:00:01Z",
        "authority": agent("quiz-app"),
        "version": "1.0.3",
        **parts,
    }


def read(text: str, **parts: Any) -> list[Fact]:
    reader = Reader([load_mapping(text, "quiz.yaml")])
    return reader.read(statement(**parts), store="district", position=1).facts


def read_one(source: str, **parts: Any) -> Fact:
    """The fact of a rule with one field read in another way."""
    [fact] = read(mapping(rule(f"[{{of: actor, action: answer, {source}}}]")), **parts)
    return fact


# --- Checking -------------------------------------------------------------------------------------


def test_the_shipped_mappings_are_sound_and_do_not_contradict_each_other():
    mappings = shipped_mappings()
    assert [each.name for each in mappings] == [
        "adl",
        "cmi5",
        "registry",
        "teaching-cycle",
        "video",
    ]
    assert [each.origin for each in mappings] == [f"{each.name}.yaml" for each in mappings]
    Reader(mappings)


def test_every_action_but_other_is_given_by_some_shipped_rule():
    given = {fact.action for each in shipped_mappings() for one in each.rules for fact in one.facts}
    assert given == ACTIONS.keys() - {OTHER}


def test_a_rule_can_set_every_field_of_a_fact_that_a_statement_leaves_open():
    fixed = {"store", "statement", "ordinal", "person", "counterpart"}
    fixed |= {"action", "verb", "app", "time"}
    assert set(FIELDS) == set(Fact.__struct_fields__) - fixed - {"position", "is_deleted"}


def test_the_mapping_of_the_documentation_can_be_loaded():
    [block] = re.findall(r"```yaml\n(.*?)```", DOCUMENTATION, re.S)
    loaded = load_mapping(block, "docs/profile.md")
    Reader([*shipped_mappings(), loaded])
    [tried] = loaded.rules
    assert tried.when.apps == {"quiz"}


FAULTS = {
    "not YAML": ("rules: [", "", "", "is not valid YAML"),
    "a list": ("[]", "", "", "must be a table"),
    "a key twice": (HEAD + "mapping: other\n", "", "", "stands twice"),
    "an unknown key": (HEAD + "ruels: []\n", "", "ruels", "allowed here: mapping, title"),
    "a missing key": ("mapping: quiz\n", "", "title", "is missing"),
    "a title in one language": (
        HEAD.replace(", zh-CN: 测验", ""),
        "",
        "title.zh-CN",
        "is missing",
    ),
    "a document that is no IRI": (
        HEAD.replace("https://quiz.example/xapi", "quiz"),
        "",
        "document",
        "absolute IRI",
    ),
    "rules that are no list": (HEAD + "rules: {}\n", "", "rules", "list of rules"),
    "a rule without a verb": (
        HEAD + "rules: [{name: r, facts: [{of: actor, action: answer}]}]\n",
        "",
        "rules[0].verbs",
        "is missing",
    ),
    "no verbs": (mapping(rule()).replace(f'["{TRIED}"]', "[]"), "r", "verbs", "at least one"),
    "a verb twice": (
        mapping(rule()).replace(f'"{TRIED}"', f'"{TRIED}", "{TRIED}"'),
        "r",
        "verbs",
        "twice",
    ),
    "a verb that is no IRI": (mapping(rule(verb="tried")), "r", "verbs[0]", "absolute IRI"),
    "two rules of one name": (
        mapping(rule(), rule(verb="https://x.example")),
        "",
        "rules[1].name",
        "names two rules",
    ),
    "no facts": (mapping(rule("[]")), "r", "facts", "at least one fact"),
    "an unknown person": (
        mapping(rule("[{of: parent, action: answer}]")),
        "r",
        "facts[0].of",
        "allowed here: actor, instructor, object, team",
    ),
    "an unknown action": (
        mapping(rule("[{of: actor, action: anwser}]")),
        "r",
        "facts[0].action",
        "'anwser' is not known; allowed here: preview, check, answer",
    ),
    "an unknown field": (
        mapping(rule("[{of: actor, action: answer, mood: good}]")),
        "r",
        "facts[0].mood",
        "is not known",
    ),
    "an unknown phase": (
        mapping(rule("[{of: actor, action: answer, phase: before}]")),
        "r",
        "facts[0].phase",
        "allowed here: pre, in, post",
    ),
    "a success that is a word": (
        mapping(rule("[{of: actor, action: answer, success: often}]")),
        "r",
        "facts[0].success",
        "must be true, false",
    ),
    "a fixed score": (
        mapping(rule("[{of: actor, action: answer, score: 1}]")),
        "r",
        "facts[0].score",
        "where it stands",
    ),
    "an unknown source": (
        mapping(rule("[{of: actor, action: answer, score: {column: 3}}]")),
        "r",
        "facts[0].score",
        "a table with one of extension",
    ),
    "an extension of nowhere": (
        mapping(rule("[{of: actor, action: answer, score: {extension: 'https://x', in: verb}}]")),
        "r",
        "facts[0].score.in",
        "allowed here: context, result, object",
    ),
    "a scale upside down": (
        mapping(
            rule(
                "[{of: actor, action: answer, score: "
                "{extension: 'https://x', in: result, range: [5, 1]}}]"
            )
        ),
        "r",
        "facts[0].score.range",
        "must rise",
    ),
    "a mark beyond the scale": (
        mapping(rule("[{of: actor, action: answer, success: {score_at_least: 60}}]")),
        "r",
        "facts[0].success.score_at_least",
        "must lie in 0..1",
    ),
    "an unknown condition": (
        mapping(rule(when="{weather: [fine]}")),
        "r",
        "when.weather",
        "allowed here: apps, same_person",
    ),
    "a condition that can't be false": (
        mapping(rule(when="{same_person: false}")),
        "r",
        "when.same_person",
        "can only be true",
    ),
    "an unknown kind of object": (
        mapping(rule(when="{objects: [Person]}")),
        "r",
        "when.objects[0]",
        "allowed here: Activity, Agent",
    ),
    "an unknown role": (
        HEAD + "activity_types: {topic: ['https://x']}\n",
        "",
        "activity_types.topic",
        "allowed here: lesson, course, knowledge_point",
    ),
    "a type of two roles": (
        HEAD + "activity_types: {lesson: ['https://x'], course: ['https://x']}\n",
        "",
        "activity_types.course",
        "is a lesson already",
    ),
    "a phase translated wrongly": (
        HEAD + "context_extensions: {phase: [{key: 'https://x', values: {a: before}}]}\n",
        "",
        "context_extensions.phase[0].values.a",
        "allowed here: pre, in, post",
    ),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_told_with_its_place_and_what_is_allowed(what: str):
    text, rule_name, key, message = FAULTS[what]
    with pytest.raises(MappingError) as error:
        load_mapping(text, "quiz.yaml")
    assert error.value.origin == "quiz.yaml"
    assert error.value.rule == rule_name
    assert error.value.key == key
    assert message in error.value.message
    assert str(error.value).startswith("quiz.yaml")


def test_yaml_can_build_no_python_objects():
    with pytest.raises(MappingError):
        load_mapping("!!python/object/apply:os.getcwd []", "quiz.yaml")


def test_two_rules_that_could_both_hold_are_refused():
    first = load_mapping(mapping(rule(name="one")), "one.yaml")
    second = load_mapping(mapping(rule(name="two")), "two.yaml")
    with pytest.raises(MappingError, match=r"two\.yaml, rule 'two'.*rule 'one' of one\.yaml"):
        rules_by_verb([first, second])


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("{}", "{apps: [quiz-app]}"),
        ("{object_types: ['https://a']}", "{object_types: ['https://b']}"),
        ("{extensions: {'https://a': [x]}}", "{extensions: {'https://a': [y]}}"),
        ("{objects: [Agent, Group]}", "{objects: [Activity]}"),
        ("{categories: ['https://a']}", "{object_types: ['https://a']}"),
    ],
)
def test_rules_that_conditions_keep_apart_stand_together(one: str, two: str):
    text = mapping(rule(when=one, name="one"), rule(when=two, name="two"))
    assert len(rules_by_verb([load_mapping(text, "quiz.yaml")])[TRIED]) == 2


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("{object_types: ['https://a', 'https://b']}", "{object_types: ['https://b']}"),
        ("{extensions: {'https://a': [x]}}", "{extensions: {'https://b': [y]}}"),
        ("{categories: ['https://a']}", "{categories: ['https://a']}"),
    ],
)
def test_rules_whose_conditions_can_hold_together_are_refused(one: str, two: str):
    text = mapping(rule(when=one, name="one"), rule(when=two, name="two"))
    with pytest.raises(MappingError, match="can hold together"):
        rules_by_verb([load_mapping(text, "quiz.yaml")])


def test_two_mappings_may_not_give_one_type_or_extension_two_meanings():
    one = HEAD + (
        "activity_types: {lesson: ['https://x']}\n"
        "context_extensions: {school: [{key: 'https://y'}]}\n"
    )
    two = one.replace("lesson", "course").replace("school", "subject")
    mappings = [load_mapping(one, "one.yaml"), load_mapping(two, "two.yaml")]
    with pytest.raises(MappingError, match=r"two\.yaml, key 'activity_types'"):
        merged_activity_types(mappings)
    with pytest.raises(MappingError, match=r"two\.yaml, key 'context_extensions'"):
        merged_context_extensions(mappings)


# --- Meaning --------------------------------------------------------------------------------------


def test_the_more_particular_rule_goes_first():
    text = mapping(
        rule(name="bare"),
        rule("[{of: actor, action: poll}]", "{objects: [Activity]}", name="object"),
        rule("[{of: actor, action: check}]", "{object_types: ['https://quiz.example/question']}"),
        rule("[{of: actor, action: preview}]", "{apps: [another-app]}", name="app"),
    )
    assert [fact.action for fact in read(text)] == ["check"]
    assert [fact.action for fact in read(text, object={"id": "https://x"})] == ["poll"]
    assert [fact.action for fact in read(text, object=agent("s2"))] == ["answer"]
    assert [fact.action for fact in read(text, authority=agent("another-app"))] == ["preview"]


def test_a_rule_of_an_app_goes_before_the_shipped_rules():
    answered = "http://adlnet.gov/expapi/verbs/answered"
    text = mapping(rule("[{of: actor, action: poll}]", "{apps: [vote]}", answered))
    reader = Reader([*shipped_mappings(), load_mapping(text, "vote.yaml")])

    def actions(app: str) -> list[str]:
        given = statement(verb={"id": answered}, authority=agent(app))
        return [fact.action for fact in reader.read(given, store="s", position=1).facts]

    assert (actions("vote"), actions("other")) == (["poll"], ["answer"])


def test_a_category_holds_where_a_category_activity_has_its_id():
    text = mapping(rule(when="{categories: ['https://quiz.example/profile']}"))
    category = {"id": "https://quiz.example/profile"}
    for given in (category, [category], [{"id": "https://x"}, category]):
        context = {"contextActivities": {"category": given}}
        assert [fact.action for fact in read(text, context=context)] == ["answer"]
    assert [fact.action for fact in read(text)] == ["other"]


def test_an_extension_condition_compares_the_value():
    text = mapping(rule(when="{extensions: {'https://quiz.example/mode': [exam, drill]}}"))

    def actions(value: Any) -> list[str]:
        context = {"extensions": {"https://quiz.example/mode": value}}
        return [fact.action for fact in read(text, context=context)]

    assert (actions("drill"), actions("fun"), actions(["drill"])) == (
        ["answer"],
        ["other"],
        ["other"],
    )


def test_facts_of_instructor_and_team_carry_no_result_of_the_actor():
    text = mapping(rule("[{of: actor, action: result}, {of: instructor, action: homework_marked}]"))
    result = {"score": {"scaled": 0.5}, "success": True, "duration": "PT5M", "response": "x"}
    learner, teacher = read(text, result=result, context={"instructor": agent("t")})
    assert (learner.score, learner.success, learner.duration, learner.response) == (
        0.5,
        True,
        300.0,
        "x",
    )
    assert (teacher.score, teacher.success, teacher.duration, teacher.response) == (
        None,
        None,
        None,
        "",
    )
    assert teacher.person == "account:https://s.example|t"


def test_a_team_gives_a_fact_of_each_member():
    text = mapping(rule("[{of: team, action: group_work}]"))
    team = {"objectType": "Group", "member": [agent("a"), agent("b"), agent("a")]}
    facts = read(text, context={"team": team})
    assert [(fact.ordinal, fact.person[-1]) for fact in facts] == [(0, "a"), (1, "b")]


def test_nothing_leaves_a_field_empty():
    fact = read_one(
        "score: nothing, response: nothing, knowledge_points: nothing",
        result={"score": {"scaled": 0.5}, "response": "B"},
    )
    assert (fact.score, fact.response, fact.knowledge_points) == (None, "", ())


def test_a_fixed_phase_is_for_statements_that_state_none():
    text = textwrap.dedent(
        """
        context_extensions: {phase: [{key: "https://quiz.example/when", values: {before: pre}}]}
        """
    )
    text = mapping(rule("[{of: actor, action: answer, phase: post}]"), head=HEAD + text)

    def phase(value: Any) -> str:
        context = {"extensions": {"https://quiz.example/when": value}}
        return read(text, context=context)[0].phase

    assert (phase("before"), phase("pre"), phase(7)) == ("pre", "post", "post")


@pytest.mark.parametrize(
    ("value", "success"), [(0.6, True), (0.59, False), (1, True), (0, False), (None, None)]
)
def test_an_app_can_say_from_which_score_on_an_answer_is_right(
    value: float | None, success: bool | None
):
    result = {} if value is None else {"score": {"scaled": value}}
    assert read_one("success: {score_at_least: 0.6}", result=result).success is success


@pytest.mark.parametrize(
    ("value", "score"),
    [(1, 0.0), (3, 0.5), (5, 1.0), (6, 0.25), ("3", 0.25), (True, 0.25), (None, 0.25)],
)
def test_a_scale_of_an_app_is_read_onto_nought_to_one(value: Any, score: float):
    fact = read_one(
        "score: {extension: 'https://quiz.example/stars', in: result, range: [1, 5]}",
        result={"score": {"scaled": 0.25}, "extensions": {"https://quiz.example/stars": value}},
    )
    assert fact.score == score


@pytest.mark.parametrize(
    ("field", "value", "read_as"),
    [
        ("response", "B", "B"),
        ("subject", 5, "5"),
        ("class_group", ["7-2"], ""),
        ("lesson", "https://x/lesson", "https://x/lesson"),
        ("knowledge_points", ["b", "a", "b", 3, None], ("3", "a", "b")),
        ("knowledge_points", "a", ("a",)),
        ("success", True, True),
        ("success", "true", None),
        ("completion", False, False),
        ("duration", 12.5, 12.5),
        ("duration", "PT1M", 60.0),
        ("duration", -1, None),
        ("score", -0.5, -0.5),
        ("score", 2, None),
        ("rating", 0.5, 0.5),
        ("rating", -0.5, None),
        ("phase", "post", "post"),
        ("phase", "after", ""),
    ],
)
def test_a_field_can_be_read_from_an_extension(field: str, value: Any, read_as: Any):
    fact = read_one(
        f"{field}: {{extension: 'https://quiz.example/x', in: object}}",
        object={
            "id": "https://quiz.example/q1",
            "definition": {"extensions": {"https://quiz.example/x": value}},
        },
    )
    assert getattr(fact, field) == read_as


def test_the_words_of_an_app_are_translated():
    source = (
        "subject: {extension: 'https://quiz.example/x', in: context, values: {math: mathematics}}"
    )

    def subject(value: str) -> str:
        context = {"extensions": {"https://quiz.example/x": value}}
        return read_one(source, context=context).subject

    assert (subject("math"), subject("magic")) == ("mathematics", "")


def test_a_field_can_be_read_from_an_activity_at_a_place():
    context = {
        "contextActivities": {
            "grouping": [
                {"id": "https://x/unit"},
                {"id": "https://x/l", "definition": {"type": "https://x/meeting"}},
            ],
            "other": [{"id": "https://x/b"}, {"id": "https://x/a"}],
        }
    }
    lesson = read_one("lesson: {activity: grouping, types: ['https://x/meeting']}", context=context)
    assert lesson.lesson == "https://x/l"
    assert read_one("course: {activity: grouping}", context=context).course == "https://x/unit"
    assert read_one("item: {activity: parent}", context=context).item == "https://quiz.example/q1"
    points = read_one("knowledge_points: {activity: other}", context=context).knowledge_points
    assert points == ("https://x/a", "https://x/b")
