"""Which statements a forwarder forwards."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from lrs.actors import actor_key

Statement = Mapping[str, Any]


class Filters(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a statement has to be: one of each list that isn't empty.

    `activities` are ids of the object, or of an activity that the context names as parent, grouping
    or other; `categories` those that it names as category, as profiles are; `apps` the names of
    the authority's account; `agents` keys of actors, as portraits name persons.
    """

    verbs: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    apps: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()

    @property
    def are_none(self) -> bool:
        """Whether every statement passes."""
        return not any(self.told().values())

    def told(self) -> dict[str, tuple[str, ...]]:
        """Give the lists by their names."""
        return {name: getattr(self, name) for name in self.__struct_fields__}

    def pass_statement(self, statement: Statement) -> bool:
        """Tell whether a statement, as the record gives it, passes."""
        wanted = (
            (self.verbs, lambda: (statement["verb"]["id"],)),
            (self.activities, lambda: _activities(statement)),
            (self.categories, lambda: _context_activities(statement, "category")),
            (self.apps, lambda: (statement["authority"].get("account", {}).get("name"),)),
            (self.agents, lambda: _actors(statement)),
        )
        return all(not names or any(one in names for one in found()) for names, found in wanted)


def _activities(statement: Statement) -> Iterator[str]:
    target = statement["object"]
    if target.get("objectType", "Activity") == "Activity":
        yield target["id"]
    yield from _context_activities(statement, "parent", "grouping", "other")


def _context_activities(statement: Statement, *kinds: str) -> Iterator[str]:
    named = statement.get("context", {}).get("contextActivities", {})
    for kind in kinds:
        yield from (activity["id"] for activity in named.get(kind, ()))


def _actors(statement: Statement) -> Iterator[str | None]:
    actor = statement["actor"]
    yield actor_key(actor)
    yield from map(actor_key, actor.get("member", ()))
