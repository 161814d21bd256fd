"""How what the record holds is shown: statements exact, with ids only or canonical; persons."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import orjson

from lrs.actors import actor_key
from lrs.languages import choose_language

# Gives the merged definitions of those of these activities that have one, by id.
DefinitionsOf = Callable[[Sequence[str]], Mapping[str, Any]]

_IFI_KEYS: Final = ("mbox", "mbox_sha1sum", "openid", "account")
_COMPONENT_KEYS: Final = ("choices", "scale", "source", "target", "steps")


class Format(StrEnum):
    """The formats of GET /statements: xAPI 1.0.3 part 3, 2.1.3."""

    EXACT = "exact"
    IDS = "ids"
    CANONICAL = "canonical"


def present_page(
    statements: Sequence[bytes],
    form: Format,
    languages: Sequence[str] = (),
    definitions_of: DefinitionsOf | None = None,
) -> list[bytes]:
    """Show statements; `languages` are those asked for, as `accepted_languages` gives them.

    Canonical ones have the definitions of `definitions_of`, asked once for all activities; an
    activity that it knows nothing of keeps the one in its statement.
    """
    if form is Format.EXACT:
        return list(statements)
    wholes = [orjson.loads(statement) for statement in statements]
    if form is Format.IDS:
        return [orjson.dumps(_only_ids(whole)) for whole in wholes]
    definitions: Mapping[str, Any] = {}
    if definitions_of is not None:
        ids = {activity["id"] for whole in wholes for activity in _activities(whole)}
        definitions = definitions_of(sorted(ids))
    canonical = _Canonical(definitions, languages)
    return [orjson.dumps(canonical.statement(whole)) for whole in wholes]


def present_person(agent: Mapping[str, Any], statements: Iterable[bytes]) -> dict[str, Any]:
    """Show an Agent as a Person, with the names it has in these statements, each once.

    xAPI 1.0.3 part 3, 2.4.
    """
    key = actor_key(agent)
    names = [agent["name"]] if "name" in agent else []
    for statement in statements:
        names += _names(orjson.loads(statement), key)
    person: dict[str, Any] = {"objectType": "Person"}
    if names:
        person["name"] = list(dict.fromkeys(names))
    return person | {ifi: [agent[ifi]] for ifi in _IFI_KEYS if ifi in agent}


def _names(value: Any, key: str | None) -> Iterator[str]:
    """Find the names that an actor has, wherever it stands."""
    if isinstance(value, list):
        for item in value:
            yield from _names(item, key)
    elif isinstance(value, dict):
        if "name" in value and any(ifi in value for ifi in _IFI_KEYS) and actor_key(value) == key:
            yield value["name"]
        for name, item in value.items():
            if name not in ("extensions", "account"):
                yield from _names(item, key)


# Canonical ---------------------------------------------------------------------------------------


def _activities(statement: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Find the activities of a statement."""
    target = statement["object"]
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        yield target
    elif kind == "SubStatement":
        yield from _activities(target)
    for activities in statement.get("context", {}).get("contextActivities", {}).values():
        yield from activities


class _Canonical:
    """Gives activities their definitions, and leaves one language in each language map."""

    def __init__(self, definitions: Mapping[str, Any], languages: Sequence[str]) -> None:
        self._definitions = definitions
        self._languages = languages

    def statement(self, statement: Mapping[str, Any]) -> dict[str, Any]:
        """Show a statement or SubStatement; Agents and Groups stay as they are."""
        shown = dict(statement)
        shown["verb"] = self._with_one_language(statement["verb"], "display")
        target = statement["object"]
        kind = target.get("objectType", "Activity")
        if kind == "Activity":
            shown["object"] = self._activity(target)
        elif kind == "SubStatement":
            shown["object"] = self.statement(target)
        if "contextActivities" in statement.get("context", {}):
            listed = statement["context"]["contextActivities"].items()
            activities = {key: [self._activity(one) for one in several] for key, several in listed}
            shown["context"] = {**statement["context"], "contextActivities": activities}
        if "attachments" in statement:
            shown["attachments"] = [
                self._with_one_language(one, "display", "description")
                for one in statement["attachments"]
            ]
        return shown

    def _activity(self, activity: Mapping[str, Any]) -> dict[str, Any]:
        definition = self._definitions.get(activity["id"], activity.get("definition"))
        if definition is None:
            return dict(activity)
        shown = self._with_one_language(definition, "name", "description")
        for key in _COMPONENT_KEYS:
            if key in shown:
                components = shown[key]
                shown[key] = [self._with_one_language(one, "description") for one in components]
        return {**activity, "definition": shown}

    def _with_one_language(self, holder: Mapping[str, Any], *keys: str) -> dict[str, Any]:
        shown = dict(holder)
        for key in keys:
            texts = holder.get(key, ())
            if len(texts) > 1:
                tag = choose_language(list(texts), self._languages)
                shown[key] = {tag: texts[tag]}
        return shown


# Ids ---------------------------------------------------------------------------------------------


def _only_ids(statement: dict[str, Any]) -> dict[str, Any]:
    """Keep only what identifies each Agent, Activity, Verb and Group."""
    shown = dict(statement)
    for key in ("actor", "authority"):
        if key in shown:
            shown[key] = _agent_ids(shown[key])
    shown["verb"] = {"id": shown["verb"]["id"]}
    target = shown["object"]
    kind = target.get("objectType", "Activity")
    if kind == "Activity":
        shown["object"] = _activity_ids(target)
    elif kind in ("Agent", "Group"):
        shown["object"] = _agent_ids(target)
    elif kind == "SubStatement":
        shown["object"] = _only_ids(target)
    if "context" in shown:
        shown["context"] = _context_ids(shown["context"])
    return shown


def _context_ids(context: dict[str, Any]) -> dict[str, Any]:
    shown = dict(context)
    for key in ("instructor", "team"):
        if key in shown:
            shown[key] = _agent_ids(shown[key])
    for key, inner in (("contextAgents", "agent"), ("contextGroups", "group")):
        if key in shown:
            shown[key] = [{**entry, inner: _agent_ids(entry[inner])} for entry in shown[key]]
    if "contextActivities" in shown:
        shown["contextActivities"] = {
            key: [_activity_ids(activity) for activity in activities]
            for key, activities in shown["contextActivities"].items()
        }
    return shown


def _activity_ids(activity: dict[str, Any]) -> dict[str, Any]:
    return {"id": activity["id"]}


def _agent_ids(agent: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {key: agent[key] for key in ("objectType", *_IFI_KEYS) if key in agent}
    if agent.get("objectType") == "Group" and not any(key in agent for key in _IFI_KEYS):
        shown["member"] = [_agent_ids(member) for member in agent.get("member", ())]
    return shown
