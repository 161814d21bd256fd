"""Which templates a statement is meant by, and which rules it breaks: Structure 8.0 and 8.1."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from lrs.profiles.parts import Template
from lrs.profiles.templates import (
    breaches,
    broken,
    determines,
    evaluated,
    follows,
    normalized,
)
from tests.support.profile_documents import (
    BOOK,
    PAGE,
    SHELF,
    VERSION,
    only_rule,
    only_template,
    profile,
    read,
    template,
    template_id,
    verb,
)

COVER = "https://reading.example/usages/cover"


def attachment(usage: str) -> dict[str, Any]:
    return {
        "usageType": usage,
        "display": {"en": "cover"},
        "contentType": "image/png",
        "length": 1,
        "sha2": "0" * 64,
        "fileUrl": "https://library.example/cover.png",
    }


def typed(place: str, *types: str) -> dict[str, Any]:
    """A context with activities of these types in one list."""
    activities = [
        {"id": f"https://library.example/{number}", "definition": {"type": one}}
        for number, one in enumerate(types)
    ]
    return {"contextActivities": {place: activities}}


# Determining Properties --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("properties", "statement", "meant"),
    [
        ({}, read("opened"), True),
        ({"verb": verb("opened")}, read("opened"), True),
        ({"verb": verb("opened")}, read("closed"), False),
        ({"objectActivityType": BOOK}, read("opened"), True),
        ({"objectActivityType": SHELF}, read("opened"), False),
        ({"objectActivityType": BOOK}, read("opened", object={"id": "https://b.example"}), False),
        ({"objectActivityType": BOOK}, read("opened", object={"mbox": "mailto:a@b.c"}), False),
        (
            {"contextGroupingActivityType": [SHELF]},
            read("opened", context=typed("grouping", BOOK, SHELF)),
            True,
        ),
        (
            {"contextGroupingActivityType": [SHELF, BOOK]},
            read("opened", context=typed("grouping", SHELF)),
            False,
        ),
        (
            {"contextGroupingActivityType": [SHELF]},
            read("opened", context=typed("parent", SHELF)),
            False,
        ),
        (
            {"contextOtherActivityType": [SHELF], "contextParentActivityType": [SHELF]},
            read("opened", context=typed("other", SHELF)),
            False,
        ),
        ({"contextCategoryActivityType": [BOOK]}, read("opened"), False),
        ({"attachmentUsageType": [COVER]}, read("opened"), False),
        (
            {"attachmentUsageType": [COVER]},
            read("opened", attachments=[attachment(COVER), attachment(BOOK)]),
            True,
        ),
        (
            {"attachmentUsageType": [COVER, BOOK]},
            read("opened", attachments=[attachment(COVER)]),
            False,
        ),
        ({"verb": verb("opened"), "objectActivityType": SHELF}, read("opened"), False),
    ],
)
def test_a_template_means_statements_with_all_its_determining_properties(
    properties: dict[str, Any], statement: dict[str, Any], meant: bool
) -> None:
    assert determines(only_template(**properties), statement) is meant


def test_a_lone_context_activity_counts_as_an_array_of_one() -> None:
    alone = read("opened")
    activity = {"id": "https://library.example/shelf", "definition": {"type": SHELF}}
    alone["context"]["contextActivities"]["grouping"] = activity
    wanted = only_template(contextGroupingActivityType=[SHELF])
    assert determines(wanted, normalized(alone))
    rule = only_rule(location="$.context.contextActivities.grouping[*].id", presence="included")
    assert list(broken(rule, normalized(alone))) == []
    assert alone["context"]["contextActivities"]["grouping"] == activity


def test_a_lone_context_activity_of_a_substatement_does_too() -> None:
    inner = read("opened", timestamp=None)
    inner["context"]["contextActivities"] = {"parent": {"id": "https://library.example/shelf"}}
    whole = normalized({**read("opened"), "object": {"objectType": "SubStatement", **inner}})
    rule = only_rule(location="$.object.context..parent[*].id", presence="included")
    assert list(broken(rule, whole)) == []


# Rules -------------------------------------------------------------------------------------------


def kinds(rule: dict[str, Any], values: Any) -> list[str]:
    """What a statement with these values breaks of a rule about them."""
    rule = {"location": "$.values[*]", **rule}
    return [one.kind for one in broken(only_rule(**rule), {"values": values})]


SELECTED = {"selector": "$.s"}


@pytest.mark.parametrize(
    ("rule", "values", "expected"),
    [
        ({"presence": "included"}, [1], []),
        ({"presence": "included"}, [None], []),
        ({"presence": "included"}, [], ["included"]),
        ({"presence": "included", **SELECTED}, [{"s": 1}, {}], ["included"]),
        ({"presence": "included", **SELECTED}, [{"s": 1}, {"s": 2}], []),
        ({"presence": "excluded"}, [], []),
        ({"presence": "excluded"}, [1], ["excluded"]),
        ({"presence": "excluded", **SELECTED}, [{}, "text"], []),
        ({"presence": "excluded", **SELECTED}, [{}, {"s": 1}], ["excluded"]),
        ({"presence": "recommended"}, [], ["recommended"]),
        ({"presence": "recommended"}, [1], []),
        ({"any": [1, 2]}, [2, 3], []),
        ({"any": [1, 2]}, [3], ["any"]),
        ({"any": [1, 2]}, [], ["any"]),
        ({"presence": "included", "any": [1]}, [], ["included"]),
        ({"presence": "included", "any": [1]}, [2], ["any"]),
        ({"presence": "recommended", "any": [1]}, [], ["recommended"]),
        ({"presence": "recommended", "any": [1]}, [2], ["any"]),
        ({"any": [1], **SELECTED}, [{"s": 1}, {}], []),
        ({"all": [1, 2]}, [1, 2, 1], []),
        ({"all": [1, 2]}, [1, 3], ["all"]),
        ({"all": [1, 2]}, [], []),
        ({"all": [1], **SELECTED}, [{"s": 1}, {}], ["all"]),
        ({"presence": "recommended", "all": [1], **SELECTED}, [{}], ["recommended"]),
        ({"none": [1, 2]}, [3], []),
        ({"none": [1, 2]}, [3, 1], ["none"]),
        ({"none": [1]}, [], []),
        ({"none": [1], **SELECTED}, [{}], []),
        ({"presence": "excluded", "any": [1], "all": [1]}, [], []),
        ({"any": [1], "none": [2]}, [2], ["any", "none"]),
        ({"any": [True]}, [1], ["any"]),
        ({"any": [1]}, [True, 1.0], []),
        ({"all": [{"a": 1, "b": [2]}]}, [{"b": [2.0], "a": 1}], []),
        ({"any": ["a"]}, ["A"], ["any"]),
    ],
)
def test_a_rule_is_kept_as_the_specification_has_it(
    rule: dict[str, Any], values: Any, expected: list[str]
) -> None:
    assert kinds(rule, values) == expected


small = some.integers(0, 2)
rules = some.fixed_dictionaries(
    {},
    optional={
        "presence": some.sampled_from(["included", "excluded", "recommended"]),
        "any": some.lists(small, min_size=1, max_size=2),
        "all": some.lists(small, min_size=1, max_size=2),
        "none": some.lists(small, min_size=1, max_size=2),
    },
).filter(bool)


def as_the_text_has_it(rule: dict[str, Any], matchable: list[int], unmatchable: int) -> bool:
    """Whether the MUSTs of Structure 8.1 are met, one line of the text after the other."""
    presence = rule.get("presence")
    if presence == "included" and not matchable:
        return False
    if presence == "included" and unmatchable:
        return False
    if presence == "excluded" and matchable:
        return False
    if presence in (None, "included") or (presence == "recommended" and matchable):
        if "any" in rule and not set(rule["any"]) & set(matchable):
            return False
        if "all" in rule and not set(matchable) <= set(rule["all"]):
            return False
        if "all" in rule and unmatchable:
            return False
        if "none" in rule and set(rule["none"]) & set(matchable):
            return False
    return True


@given(rules, some.lists(some.none() | small, max_size=4), some.booleans())
def test_violations_are_found_exactly_where_the_text_forbids(
    rule: dict[str, Any], values: list[int | None], selected: bool
) -> None:
    if selected:
        given_values = [{} if one is None else {"s": one} for one in values]
        rule = {**rule, **SELECTED}
    else:
        values = [one for one in values if one is not None]
        given_values = list(values)
    matchable = [one for one in values if one is not None]
    made = only_rule(location="$.values[*]", **rule)
    statement = {"values": given_values}
    assert evaluated(made, statement) == (matchable, len(values) - len(matchable))
    found = [one for one in broken(made, statement) if one.severity == "violation"]
    assert (not found) == as_the_text_has_it(rule, matchable, len(values) - len(matchable))


def test_a_breach_says_where_which_rule_and_what_was_found() -> None:
    rule = only_rule(location="$.result.response", all=["yes", "no"], presence="included")
    [breach] = broken(rule, read("opened", result={"response": "perhaps"}))
    assert breach.kind == "all"
    assert breach.location == "$.result.response"
    assert breach.value == "perhaps"
    assert breach.section == "xAPI Profiles Structure 8.1"
    assert '"yes", "no"' in breach.rule


def test_what_is_recommended_is_advice() -> None:
    rule = only_rule(location=f"$.result.extensions['{PAGE}']", presence="recommended")
    [breach] = broken(rule, read("turned"))
    assert breach.severity == "advice"


# References --------------------------------------------------------------------------------------

KNOWN = {
    "11111111-1111-4111-8111-111111111111": read("opened"),
    "22222222-2222-4222-8222-222222222222": read("turned"),
    "33333333-3333-4333-8333-333333333333": read("opened", timestamp=None),
}
OPENED, TURNED, UNTIMED = KNOWN
UNKNOWN = "44444444-4444-4444-8444-444444444444"


def pointing(target: str) -> dict[str, Any]:
    return {"objectType": "StatementRef", "id": target}


def referring(place: str) -> Template:
    return template_of({f"{place}StatementRefTemplate": [template_id("opened")]})


def template_of(more: dict[str, Any]) -> Template:
    return profile(templates=[template("quoted", **more)], patterns=[]).templates[
        template_id("quoted")
    ]


@pytest.mark.parametrize(
    ("target", "followed"), [(OPENED, True), (UNKNOWN, True), (TURNED, False), (UNTIMED, False)]
)
@pytest.mark.parametrize("place", ["object", "context"])
def test_a_reference_leads_to_a_statement_that_follows_the_template(
    place: str, target: str, followed: bool
) -> None:
    statement = read("quoted")
    if place == "object":
        statement["object"] = pointing(target)
    else:
        statement["context"]["statement"] = pointing(target)
    found = breaches(referring(place), statement, profile().templates, KNOWN.get)
    assert [one.kind for one in found] == ([] if followed else [f"{place}StatementRefTemplate"])
    assert all(one.section == "xAPI Profiles Structure 8.0" for one in found)


@pytest.mark.parametrize("place", ["object", "context"])
def test_where_a_reference_is_due_nothing_else_will_do(place: str) -> None:
    [one] = breaches(referring(place), read("quoted"), profile().templates, KNOWN.get)
    assert one.kind == f"{place}StatementRefTemplate"
    assert "is a StatementRef" in one.rule


def test_a_reference_to_a_template_nobody_has_breaks_nothing() -> None:
    wanted = template_of({"contextStatementRefTemplate": ["https://elsewhere.example/t"]})
    statement = read("quoted")
    statement["context"]["statement"] = pointing(TURNED)
    assert breaches(wanted, statement, profile().templates, KNOWN.get) == []


def test_statements_that_refer_to_each_other_come_to_an_end() -> None:
    looking = template(
        "quoted",
        {"location": "$.result", "presence": "excluded"},
        contextStatementRefTemplate=[template_id("quoted")],
    )
    templates = profile(templates=[looking], patterns=[]).templates
    statement = read("quoted")
    statement["context"]["statement"] = pointing(OPENED)
    asked: list[str] = []

    def itself(statement_id: str) -> dict[str, Any]:
        asked.append(statement_id)
        return statement

    assert follows(templates[template_id("quoted")], statement, templates, itself)
    assert 1 <= len(asked) <= 10


def test_a_statement_that_names_the_version_is_seen_with_what_the_record_decides() -> None:
    decided = normalized(read("opened", authority={"mbox": "mailto:a@b.c"}), authority={"name": 1})
    rule = only_rule(location="$.authority.name", presence="included")
    assert list(broken(rule, decided)) == []
    assert decided["context"]["contextActivities"]["category"] == [{"id": VERSION}]
