"""How a statement is shown: exact, with ids only, or canonical in one language."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import orjson

_IFI_KEYS = ("mbox", "mbox_sha1sum", "openid", "account")
_LANGUAGE_MAPS = ("display", "name", "description")


class Format(StrEnum):
    """The formats of GET /statements: xAPI 1.0.3 part 3, 2.1.3."""

    EXACT = "exact"
    IDS = "ids"
    CANONICAL = "canonical"


def present(statement: bytes, form: Format, languages: Sequence[str] = ()) -> bytes:
    """Show one statement; `languages` are those asked for, best first."""
    if form is Format.EXACT:
        return statement
    whole = orjson.loads(statement)
    if form is Format.IDS:
        return orjson.dumps(_only_ids(whole))
    return orjson.dumps(_in_one_language(whole, languages))


def accepted_languages(header: str) -> list[str]:
    """Read an Accept-Language header: tags in lower case, best first. RFC 9110, 12.5.4."""
    weighted: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, parameter = part.strip().partition(";")
        name, _, number = parameter.strip().partition("=")
        try:
            quality = float(number) if name.strip() == "q" else 1.0
        except ValueError:
            quality = 0.0
        if tag and tag != "*" and quality > 0:
            weighted.append((-quality, tag.strip().lower()))
    return [tag for _, tag in sorted(weighted, key=lambda pair: pair[0])]


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
    shown = {key: agent[key] for key in ("objectType", *_IFI_KEYS) if key in agent}
    if agent.get("objectType") == "Group" and not any(key in agent for key in _IFI_KEYS):
        shown["member"] = [_agent_ids(member) for member in agent.get("member", ())]
    return shown


def _in_one_language(value: Any, languages: Sequence[str]) -> Any:
    """Leave one language in every language map, extensions aside."""
    if isinstance(value, list):
        return [_in_one_language(item, languages) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: _one_language(item, languages)
        if key in _LANGUAGE_MAPS and isinstance(item, dict)
        else item
        if key == "extensions"
        else _in_one_language(item, languages)
        for key, item in value.items()
    }


def _one_language(names: dict[str, Any], languages: Sequence[str]) -> dict[str, Any]:
    if len(names) < 2:
        return names
    for wanted in languages:
        for tag, text in names.items():
            if tag.lower() == wanted:
                return {tag: text}
        for tag, text in names.items():
            if tag.lower().split("-")[0] == wanted.split("-")[0]:
                return {tag: text}
    tag = "und" if "und" in names else next(iter(names))
    return {tag: names[tag]}
