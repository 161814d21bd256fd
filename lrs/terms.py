"""Index terms: what a statement can be found by, as 64-bit numbers.

A term is the keyed hash of store, kind and value, so the index needs no dictionary, means the same
in every process, and can't mix two tenants. Two values of one store fall together with a chance of
about 1 in 10^19 a pair; a page then shows one statement too many, never one of another store,
because the store is read from the statement's own originator id.
"""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from lrs.actors import actor_key

STATEMENT = "statement"  # every statement of the store
VERB = "verb"
AGENT = "agent"  # actor or object, and the members of a Group standing there
AGENT_RELATED = "agent-related"  # instructor, team, context agents and groups, SubStatement
AUTHORITY = "authority"
ACTIVITY = "activity"  # the object
ACTIVITY_RELATED = "activity-related"  # context activities, SubStatement
REGISTRATION = "registration"
REFERENCE = "reference"  # statement id a StatementRef points at


def rare_term(store: str, kind: str, value: str) -> int:
    """Hash one value into a signed 64-bit term."""
    text = f"{store}\x00{kind}\x00{value}".encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big", signed=True)


term = lru_cache(maxsize=200_000)(rare_term)  # for values that come again and again


def statement_terms(store: str, statement: Mapping[str, Any], authority: str) -> set[int]:
    """Give every term by which GET /statements finds this statement.

    `authority` is the actor_key of the authority. xAPI 1.0.3 part 3, 2.1.3.
    """
    terms = filter_terms(store, statement)
    terms.add(term(store, STATEMENT, ""))
    terms.add(term(store, AUTHORITY, authority))
    return terms


def filter_terms(store: str, statement: Mapping[str, Any]) -> set[int]:
    """Give the terms of the filters: those that a referring statement is found by too."""
    terms = {term(store, VERB, statement["verb"]["id"])}
    _add_agents(terms, store, AGENT, statement)
    target = statement["object"]
    if target.get("objectType", "Activity") == "Activity":
        terms.add(term(store, ACTIVITY, target["id"]))
    _add_related(terms, store, statement)
    context = statement.get("context")
    if context and (registration := context.get("registration")):
        terms.add(term(store, REGISTRATION, registration.lower()))
    return terms


def referenced_statement(statement: Mapping[str, Any]) -> str | None:
    """Give the id (lower case) that the object refers to, where it is a StatementRef."""
    target = statement["object"]
    if target.get("objectType") == "StatementRef":
        return str(target["id"]).lower()
    return None


def _add_actor(terms: set[int], store: str, kind: str, actor: Mapping[str, Any]) -> None:
    """Add an actor and, for a Group, its members."""
    if key := actor_key(actor):
        terms.add(term(store, kind, key))
    for member in actor.get("member", ()):
        if key := actor_key(member):
            terms.add(term(store, kind, key))


def _add_agents(terms: set[int], store: str, kind: str, statement: Mapping[str, Any]) -> None:
    """Add who stands as actor or object."""
    _add_actor(terms, store, kind, statement["actor"])
    target = statement["object"]
    if target.get("objectType") in ("Agent", "Group"):
        _add_actor(terms, store, kind, target)


def _add_related(terms: set[int], store: str, statement: Mapping[str, Any]) -> None:
    """Add whom and what the context names, and all that a SubStatement names."""
    if context := statement.get("context"):
        _add_context(terms, store, context)
    target = statement["object"]
    if target.get("objectType") == "SubStatement":
        _add_agents(terms, store, AGENT_RELATED, target)
        inner = target["object"]
        if inner.get("objectType", "Activity") == "Activity":
            terms.add(term(store, ACTIVITY_RELATED, inner["id"]))
        _add_related(terms, store, target)


def _add_context(terms: set[int], store: str, context: Mapping[str, Any]) -> None:
    for role in ("instructor", "team"):
        if role in context:
            _add_actor(terms, store, AGENT_RELATED, context[role])
    for entry in context.get("contextAgents", ()):
        _add_actor(terms, store, AGENT_RELATED, entry["agent"])
    for entry in context.get("contextGroups", ()):
        _add_actor(terms, store, AGENT_RELATED, entry["group"])
    for activities in context.get("contextActivities", {}).values():
        for activity in activities if type(activities) is list else (activities,):
            terms.add(term(store, ACTIVITY_RELATED, activity["id"]))
