"""Who a statement speaks of: Agents, Groups and authorities."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lrs.validation.leaves import Leaves, one_of
from lrs.validation.shapes import Check, array_of, by_object_type, object_shape, refusal
from lrs.versions import Rules

_IDENTIFIERS: Final = ("mbox", "mbox_sha1sum", "openid", "account")
_AUTHORITY_GROUP_SIZE: Final = 2  # an application and its user


@dataclass(frozen=True, slots=True)
class Actors:
    """The checks of actors under one version's rules."""

    agent: Check
    group: Check
    actor: Check  # Agent or Group
    authority: Check


def make_actors(rules: Rules, leaves: Leaves) -> Actors:
    """Make the checks of actors for one version. xAPI 1.0.3 Data 2.4.2, 2.4.9."""
    agent = object_shape(
        rules,
        "agent",
        "an Agent",
        {
            "objectType": one_of(rules, "agent", 'objectType of an Agent is "Agent"', "Agent"),
            "name": leaves.string,
            **_identifiers(rules, leaves),
        },
        also=[_one_identifier(rules)],
    )
    group = object_shape(
        rules,
        "group",
        "a Group",
        {
            "objectType": one_of(rules, "group", 'objectType of a Group is "Group"', "Group"),
            "name": leaves.string,
            **_identifiers(rules, leaves),
            "member": array_of(rules, "group", "member of a Group", agent),
        },
        required=["objectType"],
        also=[_identifier_or_members(rules)],
    )
    actor = by_object_type(
        rules, "agent", "an actor", {"Agent": agent, "Group": group}, otherwise="Agent"
    )
    return Actors(agent, group, actor, _authority(rules, agent, group))


def _identifiers(rules: Rules, leaves: Leaves) -> Mapping[str, Check]:
    return {
        "mbox": leaves.mailto,
        "mbox_sha1sum": leaves.sha1,
        "openid": leaves.uri,
        "account": object_shape(
            rules,
            "account",
            "an account",
            {"homePage": leaves.irl, "name": leaves.string},
            required=["homePage", "name"],
        ),
    }


def _count_identifiers(value: dict[str, Any]) -> int:
    return (
        ("mbox" in value) + ("mbox_sha1sum" in value) + ("openid" in value) + ("account" in value)
    )


def _one_identifier(rules: Rules) -> Check:
    refuse = refusal(rules, "identifier", f"an Agent has exactly one of {', '.join(_IDENTIFIERS)}")

    def check_one(value: dict[str, Any]) -> None:
        if _count_identifiers(value) != 1:
            raise refuse(value)

    return check_one


def _identifier_or_members(rules: Rules) -> Check:
    refuse_several = refusal(
        rules, "identifier", f"a Group has at most one of {', '.join(_IDENTIFIERS)}"
    )
    refuse_nameless = refusal(
        rules, "group", "a Group without an identifier lists its members in member"
    )

    def check_group(value: dict[str, Any]) -> None:
        count = _count_identifiers(value)
        if count > 1:
            raise refuse_several(value)
        if count == 0 and "member" not in value:
            raise refuse_nameless(value)

    return check_group


def _authority(rules: Rules, agent: Check, group: Check) -> Check:
    refuse = refusal(
        rules, "authority", "an authority is an Agent, or a Group without identifier of two members"
    )

    def check_application_and_user(value: Any) -> None:
        group(value)
        if _count_identifiers(value) or len(value["member"]) != _AUTHORITY_GROUP_SIZE:
            raise refuse(value)

    return by_object_type(
        rules,
        "authority",
        "an authority",
        {"Agent": agent, "Group": check_application_and_user},
        otherwise="Agent",
    )
