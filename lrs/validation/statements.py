"""A whole statement: its properties, its kinds of object, and the rules that join them."""

from dataclasses import dataclass
from typing import Any, Final

from lrs.validation.activities import Activities, make_activities
from lrs.validation.actors import Actors, make_actors
from lrs.validation.contexts import make_context
from lrs.validation.leaves import Leaves, make_leaves, one_of
from lrs.validation.results import make_result
from lrs.validation.shapes import Check, array_of, by_object_type, object_shape, refusal
from lrs.versions import Rules

_VOIDED: Final = "http://adlnet.gov/expapi/verbs/voided"
_ONLY_OF_ACTIVITIES: Final = ("revision", "platform")
_NOT_IN_SUBSTATEMENTS: Final = ("id", "stored", "version", "authority")


@dataclass(frozen=True, slots=True)
class Checks:
    """What is checked from outside: statements, and actors that stand alone."""

    statement: Check
    actor: Check


def make_checks(rules: Rules) -> Checks:
    """Make the checks of one version. xAPI 1.0.3 Data 2.4; IEEE 9274.1.1, 4.2.2."""
    leaves = make_leaves(rules)
    actors = make_actors(rules, leaves)
    activities = make_activities(rules, leaves)
    reference = _reference(rules, leaves)
    stated = {
        "actor": actors.actor,
        "verb": activities.verb,
        "result": make_result(rules, leaves),
        "context": make_context(rules, leaves, actors, activities, reference),
        "timestamp": leaves.timestamp,
        "attachments": array_of(rules, "attachment", "attachments", _attachment(rules, leaves)),
    }
    objects = _objects(actors, activities, reference)
    substatement = object_shape(
        rules,
        "substatement",
        "a SubStatement",
        {
            "objectType": leaves.string,  # by which it was told from the other objects
            **dict.fromkeys(_NOT_IN_SUBSTATEMENTS, _refused(rules)),
            "object": by_object_type(
                rules, "substatement", "the object of a SubStatement", objects, otherwise="Activity"
            ),
            **stated,
        },
        required=["objectType", "actor", "verb", "object"],
        also=_joining_rules(rules),
    )
    objects = {**objects, "SubStatement": substatement}
    statement = object_shape(
        rules,
        "statement",
        "a Statement",
        {
            "id": leaves.uuid,
            "object": by_object_type(rules, "object", "an object", objects, otherwise="Activity"),
            "stored": leaves.timestamp,
            "authority": actors.authority,
            "version": leaves.version,
            **stated,
        },
        required=["actor", "verb", "object"],
        also=_joining_rules(rules),
    )
    return Checks(statement, actors.actor)


def _objects(actors: Actors, activities: Activities, reference: Check) -> dict[str, Check]:
    return {
        "Activity": activities.activity,
        "Agent": actors.agent,
        "Group": actors.group,
        "StatementRef": reference,
    }


def _refused(rules: Rules) -> Check:
    names = ", ".join(_NOT_IN_SUBSTATEMENTS)
    refuse = refusal(rules, "substatement", f"a SubStatement has none of {names}")

    def check_absent(value: Any) -> None:
        raise refuse(value)

    return check_absent


def _reference(rules: Rules, leaves: Leaves) -> Check:
    return object_shape(
        rules,
        "statement reference",
        "a StatementRef",
        {
            "objectType": one_of(
                rules,
                "statement reference",
                'objectType of a StatementRef is "StatementRef"',
                "StatementRef",
            ),
            "id": leaves.uuid,
        },
        required=["objectType", "id"],
    )


def _attachment(rules: Rules, leaves: Leaves) -> Check:
    """Check what a statement says of an attachment. xAPI 1.0.3 Data 2.4.11."""
    refuse_length = refusal(rules, "attachment", "length is a whole number of octets, 0 or more")

    def check_length(value: Any) -> None:
        whole = type(value) is int or (type(value) is float and value.is_integer())
        if not whole or value < 0:
            raise refuse_length(value)

    return object_shape(
        rules,
        "attachment",
        "an attachment",
        {
            "usageType": leaves.iri,
            "display": leaves.language_map,
            "description": leaves.language_map,
            "contentType": leaves.media_type,
            "length": check_length,
            "sha2": leaves.sha2,
            "fileUrl": leaves.irl,
        },
        required=["usageType", "display", "contentType", "length", "sha2"],
    )


def _joining_rules(rules: Rules) -> list[Check]:
    """Give the rules that join a statement's parts, which hold in a SubStatement as well."""
    refuse_voiding = refusal(
        rules, "voiding", "the object of a statement that voids is a StatementRef"
    )
    refuse_property = refusal(
        rules, "context", "revision and platform are only used where the object is an Activity"
    )

    def check_voiding(value: dict[str, Any]) -> None:
        if value["verb"]["id"] == _VOIDED and value["object"].get("objectType") != "StatementRef":
            violation = refuse_voiding(value["object"])
            violation.inside("object")
            raise violation

    def check_revision_and_platform(value: dict[str, Any]) -> None:
        context = value.get("context")
        if not context or value["object"].get("objectType", "Activity") == "Activity":
            return
        for name in _ONLY_OF_ACTIVITIES:
            if name in context:
                violation = refuse_property(context[name])
                violation.inside(name)
                violation.inside("context")
                raise violation

    return [check_voiding, check_revision_and_platform]
