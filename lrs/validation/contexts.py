"""In what context it happened: registration, people, activities around the one at hand."""

from typing import Any

from lrs.validation.activities import Activities
from lrs.validation.actors import Actors
from lrs.validation.leaves import Leaves, one_of
from lrs.validation.shapes import Check, array_of, object_shape
from lrs.versions import Rules


def make_context(
    rules: Rules, leaves: Leaves, actors: Actors, activities: Activities, reference: Check
) -> Check:
    """Make the check of a context. xAPI 1.0.3 Data 2.4.6; IEEE 9274.1.1, 4.2.2.5."""
    properties = {
        "registration": leaves.uuid,
        "instructor": actors.actor,
        "team": actors.group,
        "contextActivities": _context_activities(rules, activities),
        "revision": leaves.string,
        "platform": leaves.string,
        "language": leaves.language,
        "statement": reference,
        "extensions": leaves.extensions,
    }
    if rules.context_agents:
        properties["contextAgents"] = _relations(
            rules, leaves, "contextAgent", "agent", actors.agent
        )
        properties["contextGroups"] = _relations(
            rules, leaves, "contextGroup", "group", actors.group
        )
    return object_shape(rules, "context", "a context", properties)


def _context_activities(rules: Rules, activities: Activities) -> Check:
    one = activities.activity
    several = array_of(rules, "context activities", "a list of context activities", one)

    def check_one_or_several(value: Any) -> None:
        if type(value) is dict:
            one(value)
        else:
            several(value)

    return object_shape(
        rules,
        "context activities",
        "contextActivities",
        dict.fromkeys(("parent", "grouping", "category", "other"), check_one_or_several),
    )


def _relations(rules: Rules, leaves: Leaves, kind: str, role: str, actor: Check) -> Check:
    """Check contextAgents or contextGroups: who has to do with what happened, and how."""
    relation = object_shape(
        rules,
        "context agents",
        f"a {kind}",
        {
            "objectType": one_of(
                rules, "context agents", f'objectType of a {kind} is "{kind}"', kind
            ),
            role: actor,
            "relevantTypes": array_of(
                rules, "context agents", "relevantTypes", leaves.iri, filled=True
            ),
        },
        required=["objectType", role],
    )
    return array_of(rules, "context agents", f"{kind}s", relation)
