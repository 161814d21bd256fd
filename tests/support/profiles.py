"""The rules of the xAPI Profile specification (document structure 1.0), for tests of profiles.

`violations(profile)` gives one line for every rule a profile breaks, `unfollowed(statement,
template)` one for every rule of a template that a statement breaks.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError

CONTEXT = "https://w3id.org/xapi/profiles/context"
ACTIVITY_CONTEXT = "https://w3id.org/xapi/profiles/activity-context"
CONFORMS_TO = "https://w3id.org/xapi/profiles#1.0"

Check = Callable[[Any], str | None]
Table = dict[str, tuple[bool, Check]]  # property: whether it is required, and its check


# --- Values ---------------------------------------------------------------------------------------

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]+$")
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$")


def iri(value: Any) -> str | None:
    return None if isinstance(value, str) and _IRI.match(value) else "is not an IRI"


def text(value: Any) -> str | None:
    return None if isinstance(value, str) else "is not a string"


def boolean(value: Any) -> str | None:
    return None if isinstance(value, bool) else "is not a boolean"


def timestamp(value: Any) -> str | None:
    return None if isinstance(value, str) and _TIMESTAMP.match(value) else "is not a timestamp"


def language_map(value: Any) -> str | None:
    if not isinstance(value, dict):
        return "is not a language map"
    wrong = [
        tag
        for tag, words in value.items()
        if not _LANGUAGE_TAG.match(tag) or not isinstance(words, str)
    ]
    return f"is not a language map at {wrong}" if wrong else None


def array(of: Check) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, list):
            return "is not an array"
        return next((f"holds what {error}" for each in value if (error := of(each))), None)

    return check


def anything(value: Any) -> str | None:
    return None


def constant(*allowed: str) -> Check:
    return lambda value: None if value in allowed else f"is not one of {allowed}"


def context(of: str) -> Check:
    def check(value: Any) -> str | None:
        given = value if isinstance(value, list) else [value]
        return None if of in given else f"does not name {of}"

    return check


def json_schema(value: Any) -> str | None:
    if not isinstance(value, str):
        return "is not a string"
    try:
        Draft7Validator.check_schema(json.loads(value))
    except (ValueError, SchemaError) as error:
        return f"is not a JSON Schema: {error}"
    return None


def json_path(value: Any) -> str | None:
    try:
        parse(value)
    except (ValueError, TypeError) as error:
        return str(error)
    return None


# --- Tables of the structure document -------------------------------------------------------------

PROFILE: Table = {  # 6.0
    "id": (True, iri),
    "@context": (True, context(CONTEXT)),
    "type": (True, constant("Profile")),
    "conformsTo": (True, constant(CONFORMS_TO)),
    "prefLabel": (True, language_map),
    "definition": (True, language_map),
    "seeAlso": (False, iri),
    "versions": (True, array(anything)),
    "author": (True, anything),
    "concepts": (False, array(anything)),
    "templates": (False, array(anything)),
    "patterns": (False, array(anything)),
}
VERSION: Table = {  # 6.1
    "id": (True, iri),
    "wasRevisionOf": (False, array(iri)),
    "generatedAtTime": (True, timestamp),
}
AUTHOR: Table = {  # 6.2
    "type": (True, constant("Organization", "Person")),
    "name": (True, text),
    "url": (False, iri),
}
_CONCEPT: Table = {
    "id": (True, iri),
    "type": (True, text),
    "inScheme": (True, iri),
    "deprecated": (False, boolean),
}
_NAMED: Table = _CONCEPT | {"prefLabel": (True, language_map), "definition": (True, language_map)}
_SCHEMA: Table = {
    "context": (False, iri),
    "schema": (False, iri),
    "inlineSchema": (False, json_schema),
}
_WITHIN = ("broader", "narrower", "related")
_ABROAD = ("broadMatch", "narrowMatch", "relatedMatch", "exactMatch")
SEMANTIC: Table = _NAMED | {  # 7.1
    relation: (False, array(iri)) for relation in (*_WITHIN, *_ABROAD)
}
_RECOMMENDED = {"recommendedVerbs": "Verb", "recommendedActivityTypes": "ActivityType"}
_VERBS: Table = {"recommendedVerbs": (False, array(iri))}
_TYPES: Table = {"recommendedActivityTypes": (False, array(iri))}
_DOCUMENT: Table = _NAMED | _SCHEMA | {"contentType": (True, text)}  # 7.3
CONCEPTS: dict[str, Table] = {
    "Verb": SEMANTIC,
    "ActivityType": SEMANTIC,
    "AttachmentUsageType": SEMANTIC,
    "ContextExtension": _NAMED | _SCHEMA | _VERBS,  # 7.2
    "ResultExtension": _NAMED | _SCHEMA | _VERBS,
    "ActivityExtension": _NAMED | _SCHEMA | _TYPES,
    "StateResource": _DOCUMENT,
    "AgentProfileResource": _DOCUMENT,
    "ActivityProfileResource": _DOCUMENT,
    "Activity": _CONCEPT | {"activityDefinition": (True, anything)},  # 7.4
}
_TYPE_LISTS = {
    "contextGroupingActivityType": "grouping",
    "contextParentActivityType": "parent",
    "contextOtherActivityType": "other",
    "contextCategoryActivityType": "category",
}
_DETERMINING = {"verb", "objectActivityType", "attachmentUsageType", *_TYPE_LISTS}
TEMPLATE: Table = (  # 8.0
    _NAMED
    | {"verb": (False, iri), "objectActivityType": (False, iri), "rules": (False, array(anything))}
    | {key: (False, array(iri)) for key in (*_TYPE_LISTS, "attachmentUsageType")}
    | {f"{place}StatementRefTemplate": (False, array(iri)) for place in ("object", "context")}
)
RULE: Table = {  # 8.1
    "location": (True, json_path),
    "selector": (False, json_path),
    "presence": (False, constant("included", "excluded", "recommended")),
    "any": (False, array(anything)),
    "all": (False, array(anything)),
    "none": (False, array(anything)),
    "scopeNote": (False, language_map),
}
_MEMBERS = ("alternates", "optional", "oneOrMore", "sequence", "zeroOrMore")
PATTERN: Table = {  # 9.0
    "id": (True, iri),
    "type": (True, constant("Pattern")),
    "primary": (False, boolean),
    "inScheme": (False, iri),
    "prefLabel": (False, language_map),
    "definition": (False, language_map),
    "deprecated": (False, boolean),
    "alternates": (False, array(iri)),
    "optional": (False, iri),
    "oneOrMore": (False, iri),
    "sequence": (False, array(iri)),
    "zeroOrMore": (False, iri),
}


# --- Rules of the structure document --------------------------------------------------------------


def violations(profile: dict[str, Any]) -> list[str]:
    """Every rule of the structure document that a profile breaks."""
    return [
        *_empty_values(profile, "profile"),
        *_table(profile, PROFILE, "profile"),
        *_table(profile.get("author", {}), AUTHOR, "author"),
        *_versions(profile),
        *_identities(profile),
        *_concepts(profile),
        *_templates(profile),
        *_patterns(profile),
    ]


def _empty_values(value: Any, place: str) -> Iterator[str]:  # 4.0
    if value is None or value in ("", [], {}):
        yield f"{place} is empty"
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _empty_values(each, f"{place}.{key}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _empty_values(each, f"{place}[{index}]")


def _table(given: Any, table: Table, place: str) -> Iterator[str]:
    if not isinstance(given, dict):
        yield f"{place} is not an object"
        return
    for key, (required, check) in table.items():
        if key not in given:
            if required:
                yield f"{place} lacks {key}"
        elif error := check(given[key]):
            yield f"{place}.{key} {error}"
    for key in given:
        # 4.0: what the specification does not know is a JSON-LD keyword or an IRI.
        if key not in table and not key.startswith("@") and ":" not in key:
            yield f"{place}.{key} is not a known property"


def _parts(profile: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return [part for part in profile.get(key, []) if isinstance(part, dict)]


def _versions(profile: dict[str, Any]) -> Iterator[str]:  # 6.1
    versions = sorted(_parts(profile, "versions"), key=lambda v: str(v.get("generatedAtTime")))
    for index, version in enumerate(versions):
        yield from _table(version, VERSION, f"versions {version.get('id')}")
        if index and "wasRevisionOf" not in version:
            yield f"versions {version.get('id')} lacks wasRevisionOf"


def _identities(profile: dict[str, Any]) -> Iterator[str]:
    """Ids stand once, and what is in a scheme is in the newest version (7 to 9)."""
    versions = _parts(profile, "versions")
    newest = max(versions, key=lambda v: str(v.get("generatedAtTime")), default={}).get("id")
    parts = [part for key in ("concepts", "templates", "patterns") for part in _parts(profile, key)]
    seen = {profile.get("id")}
    for part in (*versions, *parts):
        if part.get("id") in seen:
            yield f"{part.get('id')} stands twice"
        seen.add(part.get("id"))
    for part in parts:
        if part.get("inScheme", newest) != newest:
            yield f"{part.get('id')}.inScheme is not the version described"


def _concepts(profile: dict[str, Any]) -> Iterator[str]:  # 7
    kinds = {part.get("id"): part.get("type") for part in _parts(profile, "concepts")}
    for concept in _parts(profile, "concepts"):
        place = f"concept {concept.get('id')}"
        table = CONCEPTS.get(str(concept.get("type")))
        if table is None:
            yield f"{place}.type is not known"
            continue
        yield from _table(concept, table, place)
        if "schema" in concept and "inlineSchema" in concept:
            yield f"{place} has both schema and inlineSchema"
        if "related" in concept and not concept.get("deprecated"):
            yield f"{place} has related but is not deprecated"
        for relation in _WITHIN:
            for other in concept.get(relation, []):
                if kinds.get(other) != concept.get("type"):
                    yield f"{place}.{relation} names {other}: no such concept of its type here"
        for relation in _ABROAD:
            for other in concept.get(relation, []):
                if other in kinds:
                    yield f"{place}.{relation} names {other}: it is of this profile"
        for key, kind in (
            ("recommendedVerbs", "Verb"),
            ("recommendedActivityTypes", "ActivityType"),
        ):
            for other in concept.get(key, []):
                yield from _reference(profile, place, key, other, kinds, (kind,))
        if concept.get("type") == "Activity":
            definition = concept.get("activityDefinition", {})
            if error := context(ACTIVITY_CONTEXT)(definition.get("@context")):
                yield f"{place}.activityDefinition.@context {error}"


def _reference(
    profile: dict[str, Any],
    place: str,
    key: str,
    other: Any,
    kinds: dict[Any, Any],
    allowed: tuple[str, ...],
) -> Iterator[str]:
    """An IRI under the profile's own must be something of the right type in it."""
    if str(other).startswith(str(profile.get("id"))) and kinds.get(other) not in allowed:
        yield f"{place}.{key} names {other}, which is no {' or '.join(allowed)} of this profile"


def _templates(profile: dict[str, Any]) -> Iterator[str]:  # 8
    concepts = {part.get("id"): part.get("type") for part in _parts(profile, "concepts")}
    templates = {part.get("id"): part.get("type") for part in _parts(profile, "templates")}
    for template in _parts(profile, "templates"):
        place = f"template {template.get('id')}"
        yield from _table(template, TEMPLATE, place)
        if template.get("type") != "StatementTemplate":
            yield f"{place}.type is not StatementTemplate"
        if "objectActivityType" in template and "objectStatementRefTemplate" in template:
            yield f"{place} has both objectActivityType and objectStatementRefTemplate"
        if not template.keys() & {
            "verb",
            "objectActivityType",
            "attachmentUsageType",
            *_TYPE_LISTS,
        }:
            yield f"{place} has no determining property"
        yield from _reference(profile, place, "verb", template.get("verb"), concepts, ("Verb",))
        for key in ("objectActivityType", *_TYPE_LISTS):
            types = template.get(key, [])
            for other in types if isinstance(types, list) else [types]:
                yield from _reference(profile, place, key, other, concepts, ("ActivityType",))
        for key in ("objectStatementRefTemplate", "contextStatementRefTemplate"):
            for other in template.get(key, []):
                if other not in templates:
                    yield f"{place}.{key} names {other}, which is no template of this profile"
        for index, rule in enumerate(_parts(template, "rules")):
            yield from _rule(rule, f"{place}.rules[{index}]")


def _rule(rule: dict[str, Any], place: str) -> Iterator[str]:  # 8.1
    yield from _table(rule, RULE, place)
    if not rule.keys() & {"presence", "any", "all", "none"}:
        yield f"{place} has none of presence, any, all, none"
    for key in ("any", "all", "none"):
        if any(isinstance(value, dict) for value in rule.get(key, [])):
            yield f"{place}.{key} holds an object whose keys no context explains"


def _patterns(profile: dict[str, Any]) -> Iterator[str]:  # 9
    patterns = {part.get("id"): part for part in _parts(profile, "patterns")}
    templates = {part.get("id") for part in _parts(profile, "templates")}
    kinds = dict.fromkeys(templates, "StatementTemplate") | dict.fromkeys(patterns, "Pattern")
    used = {member for pattern in patterns.values() for member in members(pattern)}
    for pattern in patterns.values():
        place = f"pattern {pattern.get('id')}"
        yield from _table(pattern, PATTERN, place)
        if len(pattern.keys() & set(_MEMBERS)) != 1:
            yield f"{place} has not exactly one of {', '.join(_MEMBERS)}"
        if pattern.get("primary"):
            for key in {"prefLabel", "definition"} - pattern.keys():
                yield f"{place} is primary and lacks {key}"
        for member in members(pattern):
            yield from _reference(
                profile, place, "member", member, kinds, ("StatementTemplate", "Pattern")
            )
        if _contains(patterns, pattern, pattern.get("id"), set()):
            yield f"{place} contains itself"
        yield from _pattern_members(pattern, patterns, templates, used, place)


def _pattern_members(
    pattern: dict[str, Any],
    patterns: dict[Any, dict[str, Any]],
    templates: set[Any],
    used: set[str],
    place: str,
) -> Iterator[str]:
    alternates, sequence = pattern.get("alternates"), pattern.get("sequence")
    if alternates is not None and len(alternates) < 2:
        yield f"{place}.alternates has fewer than two members"
    for member in alternates or ():
        if patterns.get(member, {}).keys() & {"optional", "zeroOrMore"}:
            yield f"{place}.alternates holds {member}, which may match nothing"
    if sequence is not None and len(sequence) < 2:
        alone = pattern.get("primary") and pattern.get("id") not in used
        if not (alone and sequence and sequence[0] in templates):
            yield f"{place}.sequence has fewer than two members"


def members(pattern: dict[str, Any]) -> list[str]:
    """The patterns and templates directly in a pattern."""
    found: list[str] = []
    for key in _MEMBERS:
        value = pattern.get(key, [])
        found.extend(value if isinstance(value, list) else [value])
    return found


def _contains(
    patterns: dict[Any, dict[str, Any]], within: dict[str, Any], sought: Any, seen: set[str]
) -> bool:
    for member in members(within):
        if member == sought:
            return True
        if member not in seen:
            seen.add(member)
            if member in patterns and _contains(patterns, patterns[member], sought, seen):
                return True
    return False


# --- JSONPath as 8.1 restricts it, and statements against templates (Communication 2.1) -----------

Step = list[str | int] | None  # the children of a step, None for all

_STEP = re.compile(
    r"""\.(?P<name>[^.\[\]*\s|,'"()?@]+) | \.(?P<star>\*) | \[\s*(?P<inside>\*|
        (?:'[^']*'|[0-9]+)(?:\s*,\s*(?:'[^']*'|[0-9]+))*)\s*\]""",
    re.VERBOSE,
)
_CHILD = re.compile(r"'([^']*)'|([0-9]+)")


def parse(path: str) -> list[list[Step]]:
    """The alternatives of a path, each a list of steps. Raises ValueError where it is illegal."""
    return [_parse_one(one.strip(), path) for one in re.split(r"\|(?=\s*\$)", path)]


def _parse_one(path: str, whole: str) -> list[Step]:
    if not path.startswith("$"):
        raise ValueError(f"is not a JSONPath: {whole}")
    steps: list[Step] = []
    position = 1
    while position < len(path):
        match = _STEP.match(path, position)
        if match is None:
            raise ValueError(f"is not a JSONPath: {whole}")
        if match["name"]:
            steps.append([match["name"]])
        elif match["star"] or match["inside"] == "*":
            steps.append(None)
        else:
            children = _CHILD.findall(match["inside"])
            steps.append([int(number) if number else name for name, number in children])
        position = match.end()
    return steps


def values_at(statement: Any, path: str) -> list[Any]:
    """All values at a path."""
    found: list[Any] = []
    for steps in parse(path):
        values = [statement]
        for step in steps:
            values = [child for value in values for child in _children(value, step)]
        found.extend(values)
    return found


def _children(value: Any, step: Step) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values()) if step is None else [value[k] for k in step if k in value]
    if isinstance(value, list):
        if step is None:
            return value
        return [value[k] for k in step if isinstance(k, int) and k < len(value)]
    return []


def determines(template: dict[str, Any], statement: dict[str, Any]) -> bool:
    """Whether a statement has the determining properties of a template."""
    thing = statement["object"]
    if template.get("verb", statement["verb"]["id"]) != statement["verb"]["id"]:
        return False
    kind = thing.get("definition", {}).get("type")
    if template.get("objectActivityType", kind) != kind:
        return False
    return all(
        set(template[key])
        <= set(values_at(statement, f"$.context.contextActivities.{place}[*].definition.type"))
        for key, place in _TYPE_LISTS.items()
        if key in template
    )


def unfollowed(statement: dict[str, Any], template: dict[str, Any]) -> list[str]:
    """The rules of a template that a statement breaks; selectors are not needed for our profile."""
    broken = []
    for rule in template.get("rules", []):
        values, presence = values_at(statement, rule["location"]), rule.get("presence")
        missing = presence == "included" and not values
        forbidden = presence == "excluded" and values
        strict = values or presence is None or presence == "included"
        outside = strict and (
            ("any" in rule and not any(value in rule["any"] for value in values))
            or ("all" in rule and not all(value in rule["all"] for value in values))
            or ("none" in rule and any(value in rule["none"] for value in values))
        )
        if missing or forbidden or outside:
            broken.append(rule["location"])
    return broken
