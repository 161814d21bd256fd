"""What a statement is about: Activities, their definitions and interactions, Verbs."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from lrs.validation.leaves import Leaves, one_of
from lrs.validation.shapes import Check, array_of, object_shape, refusal
from lrs.validation.violation import Violation
from lrs.versions import Rules

# Which lists of components each interaction type may have.
_COMPONENT_LISTS: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "true-false": frozenset(),
        "choice": frozenset({"choices"}),
        "fill-in": frozenset(),
        "long-fill-in": frozenset(),
        "matching": frozenset({"source", "target"}),
        "performance": frozenset({"steps"}),
        "sequencing": frozenset({"choices"}),
        "likert": frozenset({"scale"}),
        "numeric": frozenset(),
        "other": frozenset(),
    }
)
_ALL_LISTS: Final = frozenset().union(*_COMPONENT_LISTS.values())
_INTERACTION: Final = _ALL_LISTS | {"correctResponsesPattern"}


@dataclass(frozen=True, slots=True)
class Activities:
    """The checks of activities and verbs under one version's rules."""

    activity: Check
    verb: Check


def make_activities(rules: Rules, leaves: Leaves) -> Activities:
    """Make the checks of activities and verbs. xAPI 1.0.3 Data 2.4.3, 2.4.4.1."""
    verb = object_shape(
        rules,
        "verb",
        "a Verb",
        {"id": leaves.iri, "display": leaves.language_map},
        required=["id"],
    )
    activity = object_shape(
        rules,
        "activity",
        "an Activity",
        {
            "objectType": one_of(
                rules, "activity", 'objectType of an Activity is "Activity"', "Activity"
            ),
            "id": leaves.iri,
            "definition": _definition(rules, leaves),
        },
        required=["id"],
    )
    return Activities(activity, verb)


def _definition(rules: Rules, leaves: Leaves) -> Check:
    kinds = ", ".join(_COMPONENT_LISTS)
    components = _components(rules, leaves)
    return object_shape(
        rules,
        "activity",
        "an Activity definition",
        {
            "name": leaves.language_map,
            "description": leaves.language_map,
            "type": leaves.iri,
            "moreInfo": leaves.irl,
            "extensions": leaves.extensions,
            "interactionType": one_of(
                rules, "interaction", f"interactionType is one of {kinds}", *_COMPONENT_LISTS
            ),
            "correctResponsesPattern": array_of(
                rules, "interaction", "correctResponsesPattern", leaves.string
            ),
            **dict.fromkeys(sorted(_ALL_LISTS), components),
        },
        also=[_fitting_interaction(rules)],
    )


def _components(rules: Rules, leaves: Leaves) -> Check:
    component = object_shape(
        rules,
        "interaction",
        "an interaction component",
        {"id": leaves.string, "description": leaves.language_map},
        required=["id"],
    )
    listed = array_of(rules, "interaction", "a list of interaction components", component)
    refuse = refusal(rules, "interaction", "no two interaction components have the same id")

    def check_components(value: Any) -> None:
        listed(value)
        seen: set[str] = set()
        for index, item in enumerate(value):
            if item["id"] in seen:
                violation = refuse(item["id"])
                violation.inside("id")
                violation.inside(index)
                raise violation
            seen.add(item["id"])

    return check_components


def _fitting_interaction(rules: Rules) -> Check:
    """Check that what describes an interaction comes with its type, and fits the type."""
    section = rules.section("interaction")

    def check_interaction(value: dict[str, Any]) -> None:
        if _INTERACTION.isdisjoint(value):
            return
        if "interactionType" not in value:
            raise _at("interactionType", "an interaction has an interactionType", section, None)
        kind = value["interactionType"]
        for name in sorted(_ALL_LISTS - _COMPONENT_LISTS[kind]):
            if name in value:
                raise _at(name, f"a {kind} interaction has no {name}", section, value[name])

    return check_interaction


def _at(step: str, rule: str, section: str, value: Any) -> Violation:
    violation = Violation(rule, section, value)
    violation.inside(step)
    return violation
