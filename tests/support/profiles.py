"""What a published xAPI Profile owes its readers, for tests: document structure 1.0.

`lrs.profiles` refuses a document, or remarks on it, by what statements are held against. The rules
beside these are here: of concepts, of labels and authors, of how a profile refers to itself.
`violations(document)` gives one line for every rule broken of both.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError

from lrs.formats import is_iri, is_language_tag, is_rfc3339_timestamp
from lrs.profiles import ProfileSet, read_profile
from lrs.profiles.parts import Profile
from lrs.validation import Violation

ACTIVITY_CONTEXT = "https://w3id.org/xapi/profiles/activity-context"
CONFORMS_TO = "https://w3id.org/xapi/profiles#1.0"

Check = Callable[[Any], str | None]
Table = dict[str, tuple[bool, Check]]  # property: whether it is required, and its check


# --- Values ---------------------------------------------------------------------------------------

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def iri(value: Any) -> str | None:
    return None if isinstance(value, str) and is_iri(value) else "is not an IRI"


def text(value: Any) -> str | None:
    return None if isinstance(value, str) else "is not a string"


def boolean(value: Any) -> str | None:
    return None if isinstance(value, bool) else "is not a boolean"


def timestamp(value: Any) -> str | None:
    right = isinstance(value, str) and is_rfc3339_timestamp(value)
    return None if right else "is not a timestamp"


def language_map(value: Any) -> str | None:
    if not isinstance(value, dict):
        return "is not a language map"
    wrong = [
        tag
        for tag, words in value.items()
        if not is_language_tag(tag) or not isinstance(words, str)
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


def no_object(value: Any) -> str | None:
    return "is an object whose keys no context explains" if isinstance(value, dict) else None


def json_schema(value: Any) -> str | None:
    if not isinstance(value, str):
        return "is not a string"
    try:
        Draft7Validator.check_schema(json.loads(value))
    except (ValueError, SchemaError) as error:
        return f"is not a JSON Schema: {error}"
    return None


def rooted(value: Any) -> str | None:
    """Refuse what may be left out in a path, though not in a published one: the $ of its root."""
    paths = _QUOTED.sub("", value).split("|")
    return None if all(path.strip().startswith("$") for path in paths) else "begins without $"


# --- Tables of the structure document -------------------------------------------------------------

# Of profiles, templates, rules and patterns only what `lrs.profiles` leaves unchecked: it takes a
# path without its $, reads no labels, and lets objects stand in `any`, `all` and `none`.
_LABELS: Table = {"prefLabel": (False, language_map), "definition": (False, language_map)}
PROFILE: Table = _LABELS | {  # 6.0
    "conformsTo": (True, constant(CONFORMS_TO)),
    "seeAlso": (False, iri),
    "concepts": (False, array(anything)),
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
TEMPLATE: Table = _LABELS | {"deprecated": (False, boolean)}  # 8.0
RULE: Table = {  # 8.1
    "location": (True, rooted),
    "selector": (False, rooted),
    "any": (False, array(no_object)),
    "all": (False, array(no_object)),
    "none": (False, array(no_object)),
    "scopeNote": (False, language_map),
}
PATTERN = TEMPLATE  # 9.0


# --- Rules of the structure document --------------------------------------------------------------


def violations(document: dict[str, Any]) -> list[str]:
    """Every rule of the structure document that a profile breaks, or the one that makes it none."""
    try:
        profile = read_profile(document)
    except Violation as violation:
        return [str(violation)]
    [followed] = ProfileSet([profile]).followed.values()
    return [
        *map(str, profile.remarks),
        *(f"{name} is named, and is no part of this profile" for name in followed.missing),
        *followed.unready,
        *_empty_values(document, "profile"),
        *_values(document, PROFILE, "profile"),
        *_table(document.get("author", {}), AUTHOR, "author"),
        *_versions(document),
        *_ids(document, profile),
        *_concepts(document, profile),
        *_templates(document, profile),
        *_patterns(document, profile),
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


def _values(given: dict[str, Any], table: Table, place: str) -> Iterator[str]:
    for key, (required, check) in table.items():
        if key not in given:
            if required:
                yield f"{place} lacks {key}"
        elif error := check(given[key]):
            yield f"{place}.{key} {error}"


def _table(given: Any, table: Table, place: str) -> Iterator[str]:
    """Check values, and that there are no others."""
    if not isinstance(given, dict):
        yield f"{place} is not an object"
        return
    yield from _values(given, table, place)
    for key in given:
        # 4.0: what the specification does not know is a JSON-LD keyword or an IRI.
        if key not in table and not key.startswith("@") and ":" not in key:
            yield f"{place}.{key} is not a known property"


def _parts(document: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return [part for part in document.get(key, []) if isinstance(part, dict)]


def _versions(document: dict[str, Any]) -> Iterator[str]:  # 6.1
    versions = sorted(_parts(document, "versions"), key=lambda v: str(v.get("generatedAtTime")))
    for index, version in enumerate(versions):
        yield from _table(version, VERSION, f"versions {version.get('id')}")
        if index and "wasRevisionOf" not in version:
            yield f"versions {version.get('id')} lacks wasRevisionOf"


def _ids(document: dict[str, Any], profile: Profile) -> Iterator[str]:
    """Ids stand once, whatever they are of (7 to 9)."""
    concepts = [concept.get("id") for concept in _parts(document, "concepts")]
    ids = [profile.id, *profile.versions, *concepts, *profile.templates, *profile.patterns]
    yield from (f"{name} stands twice" for name, times in Counter(ids).items() if times > 1)


def _kinds(document: dict[str, Any]) -> dict[Any, Any]:
    return {part.get("id"): part.get("type") for part in _parts(document, "concepts")}


def _concepts(document: dict[str, Any], profile: Profile) -> Iterator[str]:  # 7
    kinds = _kinds(document)
    for concept in _parts(document, "concepts"):
        place = f"concept {concept.get('id')}"
        table = CONCEPTS.get(str(concept.get("type")))
        if table is None:
            yield f"{place}.type is not known"
            continue
        yield from _table(concept, table, place)
        if concept.get("inScheme") != profile.version:
            yield f"{place}.inScheme is not the version described"
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
        for key, kind in _RECOMMENDED.items():
            for other in concept.get(key, []):
                yield from _reference(profile, f"{place}.{key}", other, kinds, kind)
        if concept.get("type") == "Activity":
            given = concept.get("activityDefinition", {}).get("@context")
            if ACTIVITY_CONTEXT not in (given if isinstance(given, list) else [given]):
                yield f"{place}.activityDefinition.@context does not name {ACTIVITY_CONTEXT}"


def _reference(
    profile: Profile, place: str, other: Any, kinds: dict[Any, Any], kind: str
) -> Iterator[str]:
    """An IRI under the profile's own must be something of the right type in it."""
    if str(other).startswith(profile.id) and kinds.get(other) != kind:
        yield f"{place} names {other}, which is no {kind} of this profile"


def _templates(document: dict[str, Any], profile: Profile) -> Iterator[str]:  # 8
    kinds = _kinds(document)
    templates = profile.templates.values()
    for item, template in zip(_parts(document, "templates"), templates, strict=True):
        place = f"template {template.id}"
        yield from _values(item, TEMPLATE, place)
        if not template.is_determined:
            yield f"{place} has no determining property"
        types = {template.object_type}.union(*(types for _, types in template.context_types))
        yield from _reference(profile, place, template.verb, kinds, "Verb")
        for other in types:
            yield from _reference(profile, place, other, kinds, "ActivityType")
        for index, rule in enumerate(_parts(item, "rules")):
            yield from _values(rule, RULE, f"{place}.rules[{index}]")


def _patterns(document: dict[str, Any], profile: Profile) -> Iterator[str]:  # 9
    patterns = profile.patterns.values()
    for item, pattern in zip(_parts(document, "patterns"), patterns, strict=True):
        place = f"pattern {pattern.id}"
        yield from _values(item, PATTERN, place)
        lone = pattern.operator == "sequence" and len(pattern.members) < 2
        if lone and pattern.members[0] not in profile.templates:
            yield f"{place}.sequence has fewer than two members, and the one is no template"
