"""Mapping rules: what the statements of an app or a vocabulary mean, as data that is checked.

A mapping is one YAML document. ``docs/profile.md`` describes the form; the shipped ones lie in
``mappings/``. Here they are loaded and every key and value is checked; ``reading.py`` applies them.
"""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import resources
from typing import Any, NoReturn

import msgspec
import yaml

from projections.vocabulary import ACTIONS, PHASES
from projections.yaml_documents import UniqueKeyLoader, is_iri

PEOPLE = ("actor", "instructor", "object", "team")
ROLES = ("lesson", "course", "knowledge_point")
CONTEXT_FIELDS = ("phase", "subject", "class_group", "school", "layer", "due")
ACTIVITY_PLACES = ("object", "parent", "grouping", "other", "category")
EXTENSION_PLACES = ("context", "result", "object")
OBJECT_KINDS = ("Activity", "Agent", "Group", "StatementRef")

IRI_FIELDS = ("item", "lesson", "course", "part_of")
TEXT_FIELDS = ("phase", "subject", "class_group", "school", "response", "layer")
FLAG_FIELDS = ("success", "completion")
NUMBER_FIELDS = ("score", "rating", "duration", "progress")
TIME_FIELDS = ("due",)
_LONGEST_MESSAGE = 1_000  # characters: a message shows what was found, which may be anything
FIELDS = (*IRI_FIELDS, *TEXT_FIELDS, "knowledge_points", *FLAG_FIELDS, *NUMBER_FIELDS, *TIME_FIELDS)


class Constant(msgspec.Struct, frozen=True):
    """The same value for every statement."""

    value: str | bool


class Nothing(msgspec.Struct, frozen=True):
    """Leave the field empty, whatever the statement says."""


class FromExtension(msgspec.Struct, frozen=True):
    """The value of an extension.

    ``values`` translates an app's words; a word that is not in it counts as absent. ``low`` and
    ``high`` are the ends of the app's number scale, read onto 0..1.
    """

    key: str
    place: str
    values: dict[str, str] | None = None
    low: float | None = None
    high: float | None = None


class FromActivity(msgspec.Struct, frozen=True):
    """The id of an activity at a place, only of the given types where any are given."""

    place: str
    types: frozenset[str] | None = None


class FromScore(msgspec.Struct, frozen=True):
    """The score as a rating, or a success where the score reaches a mark of 0..1."""

    mark: float | None = None


class LastSegment(msgspec.Struct, frozen=True):
    """The length in seconds of the last segment of a played-segments extension of the result."""

    key: str


Source = Constant | Nothing | FromExtension | FromActivity | FromScore | LastSegment


class Conditions(msgspec.Struct, frozen=True, kw_only=True):
    """What has to hold besides the verb; an empty condition always holds."""

    apps: frozenset[str] = frozenset()
    same_person: bool = False
    extensions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    object_types: frozenset[str] = frozenset()
    categories: frozenset[str] = frozenset()
    objects: frozenset[str] = frozenset()

    @property
    def precedence(self) -> tuple[bool, ...]:
        """Which rule of a verb is tried first: the one whose tuple is greatest."""
        return (
            bool(self.apps),
            self.same_person,
            bool(self.extensions),
            bool(self.object_types),
            bool(self.categories),
            bool(self.objects),
        )

    def overlap(self, other: "Conditions") -> bool:
        """Whether one statement could satisfy both, and neither goes before the other."""
        if self.precedence != other.precedence:
            return False
        sets = (
            (self.apps, other.apps),
            (self.object_types, other.object_types),
            (self.categories, other.categories),
            (self.objects, other.objects),
        )
        theirs = dict(other.extensions)
        return all(not (mine and mine.isdisjoint(those)) for mine, those in sets) and not any(
            key in theirs and set(values).isdisjoint(theirs[key]) for key, values in self.extensions
        )


class FactRule(msgspec.Struct, frozen=True, kw_only=True):
    """One fact a statement gives: about whom, which action, and fields read in another way."""

    of: str
    action: str
    sources: dict[str, Source]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """Statements with one of these verbs, under these conditions, give these facts."""

    name: str
    verbs: tuple[str, ...]
    when: Conditions
    facts: tuple[FactRule, ...]
    origin: str = ""  # the document's file name


class ContextExtension(msgspec.Struct, frozen=True):
    """A context extension that holds a field of every fact, with an app's words translated."""

    field: str
    values: dict[str, str] | None = None


class VocabularyMapping(msgspec.Struct, frozen=True, kw_only=True):
    """One checked mapping document. ``activity_types`` and ``context_extensions`` are by IRI."""

    name: str
    title: dict[str, str]
    document: str
    activity_types: dict[str, str]
    context_extensions: dict[str, ContextExtension]
    rules: tuple[Rule, ...]
    origin: str


def load_mapping(text: str, origin: str) -> VocabularyMapping:
    """Read and check one mapping document; ``origin`` is its file name, for messages.

    Raises ``MappingError`` that names the file, the rule, the key and what is allowed there.
    """
    try:
        # A subclass of the safe loader: no Python objects can be built.
        document = yaml.load(text, Loader=UniqueKeyLoader)  # noqa: S506
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # A date that is none, and a number too long, are told by other errors than YAML's own.
        raise MappingError(origin, "", "", f"is not valid YAML: {error}") from error
    return _mapping(document, _Place(origin))


@functools.cache
def shipped_mappings() -> tuple[VocabularyMapping, ...]:
    """Every mapping in ``projections/meaning/mappings``, by file name."""
    folder = resources.files("projections.meaning") / "mappings"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=str)
    return tuple(load_mapping(file.read_text("utf-8"), file.name) for file in files)


def rules_by_verb(mappings: Iterable[VocabularyMapping]) -> dict[str, tuple[Rule, ...]]:
    """Put the rules of all mappings together: verb id to its rules, the most particular first.

    Raises ``MappingError`` where two rules could mean the same statement.
    """
    found: dict[str, list[tuple[VocabularyMapping, Rule]]] = {}
    for mapping in mappings:
        for rule in mapping.rules:
            for verb in rule.verbs:
                for other_mapping, other in found.setdefault(verb, []):
                    if rule.when.overlap(other.when):
                        message = (
                            f"says of {verb} what rule '{other.name}' of {other_mapping.origin} "
                            "says under conditions that can hold together; give one of them a "
                            "further condition"
                        )
                        raise MappingError(mapping.origin, rule.name, "when", message)
                found[verb].append((mapping, rule))
    return {
        verb: tuple(
            rule for _, rule in sorted(rules, key=lambda found: found[1].when.precedence)[::-1]
        )
        for verb, rules in found.items()
    }


def merged_activity_types(mappings: Iterable[VocabularyMapping]) -> dict[str, str]:
    """Activity type IRI to role, of all mappings; raises ``MappingError`` where two disagree."""
    return _merged(mappings, lambda mapping: mapping.activity_types, "activity_types")


def merged_context_extensions(
    mappings: Iterable[VocabularyMapping],
) -> dict[str, ContextExtension]:
    """Context extension IRI to field; raises ``MappingError`` where two mappings disagree."""
    return _merged(mappings, lambda mapping: mapping.context_extensions, "context_extensions")


def _merged(
    mappings: Iterable[VocabularyMapping],
    part: Callable[[VocabularyMapping], Mapping[str, Any]],
    key: str,
) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for mapping in mappings:
        for iri, meaning in part(mapping).items():
            if merged.setdefault(iri, meaning) != meaning:
                message = f"{iri} already has another meaning in another mapping"
                raise MappingError(mapping.origin, "", key, message)
    return merged


class _Place:
    """Where in a mapping document a value stands, to say so in an error."""

    def __init__(self, origin: str, rule: str = "", key: str = "") -> None:
        self.origin, self.rule, self.key = origin, rule, key

    def under(self, key: str | int) -> "_Place":
        step = f"[{key}]" if isinstance(key, int) else f".{key}" if self.key else key
        return _Place(self.origin, self.rule, f"{self.key}{step}")

    def fail(self, message: str) -> NoReturn:
        shown = message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}…"
        raise MappingError(self.origin, self.rule, self.key, shown)

    def table(
        self, value: Any, allowed: Sequence[str], required: Sequence[str] = ()
    ) -> dict[str, Any]:
        """A mapping with no key but the allowed ones."""
        if not isinstance(value, dict):
            self.fail(f"must be a table with the keys {', '.join(allowed)}, not {value!r}")
        for key in value:
            if key not in allowed:
                self.under(str(key)).fail(f"is not known; allowed here: {', '.join(allowed)}")
        for key in required:
            if key not in value:
                self.under(key).fail("is missing")
        return value

    def text(self, value: Any) -> str:
        if not isinstance(value, str) or not value:
            self.fail(f"must be a text, not {value!r}")
        return value

    def one_of(self, value: Any, allowed: Iterable[str]) -> str:
        allowed = tuple(allowed)
        if value not in allowed:
            self.fail(f"{value!r} is not known; allowed here: {', '.join(allowed)}")
        return str(value)

    def iri(self, value: Any) -> str:
        text = self.text(value)
        if not is_iri(text):
            self.fail(f"must be an absolute IRI, not {value!r}")
        return text

    def texts(self, value: Any, check: Callable[["_Place", Any], str]) -> tuple[str, ...]:
        """A list of at least one text, none twice, each of which passes ``check``."""
        if not isinstance(value, list) or not value:
            self.fail(f"must be a list of at least one value, not {value!r}")
        checked = tuple(check(self.under(index), each) for index, each in enumerate(value))
        if len(set(checked)) < len(checked):
            self.fail("names a value twice")
        return checked

    def number(self, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.fail(f"must be a number, not {value!r}")
        return float(value)


def _mapping(document: Any, place: _Place) -> VocabularyMapping:
    keys = ("mapping", "title", "document", "activity_types", "context_extensions", "rules")
    table = place.table(document, keys, ("mapping", "title", "document"))
    rules = table.get("rules", [])
    if not isinstance(rules, list):
        place.under("rules").fail(f"must be a list of rules, not {rules!r}")
    checked = [_rule(each, place.under("rules").under(index)) for index, each in enumerate(rules)]
    names = [rule.name for rule in checked]
    for index, name in enumerate(names):
        if name in names[:index]:
            place.under("rules").under(index).under("name").fail(f"{name!r} names two rules")
    return VocabularyMapping(
        name=place.under("mapping").text(table["mapping"]),
        title=_title(table["title"], place.under("title")),
        document=place.under("document").iri(table["document"]),
        activity_types=_activity_types(table.get("activity_types", {}), place),
        context_extensions=_context_extensions(table.get("context_extensions", {}), place),
        rules=tuple(checked),
        origin=place.origin,
    )


def _title(value: Any, place: _Place) -> dict[str, str]:
    languages = ("en", "zh-CN")
    title = place.table(value, languages, languages)
    return {language: place.under(language).text(title[language]) for language in languages}


def _activity_types(value: Any, place: _Place) -> dict[str, str]:
    place = place.under("activity_types")
    roles: dict[str, str] = {}
    for role, types in place.table(value, ROLES).items():
        for iri in place.under(role).texts(types, _Place.iri):
            if roles.setdefault(iri, role) != role:
                place.under(role).fail(f"{iri} is a {roles[iri]} already")
    return roles


def _context_extensions(value: Any, place: _Place) -> dict[str, ContextExtension]:
    place = place.under("context_extensions")
    extensions: dict[str, ContextExtension] = {}
    for field, entries in place.table(value, CONTEXT_FIELDS).items():
        here = place.under(field)
        if not isinstance(entries, list) or not entries:
            here.fail(f"must be a list of at least one extension, not {entries!r}")
        for index, entry in enumerate(entries):
            words = () if field in TIME_FIELDS else ("values",)
            table = here.under(index).table(entry, ("key", *words), ("key",))
            key = here.under(index).under("key").iri(table["key"])
            if key in extensions:
                here.under(index).under("key").fail(f"{key} is a {extensions[key].field} already")
            values = _values(table.get("values"), field, here.under(index))
            extensions[key] = ContextExtension(field, values)
    return extensions


def _values(value: Any, field: str, place: _Place) -> dict[str, str] | None:
    """An app's words to ours; phases have no other words than the profile's."""
    if value is None:
        return None
    place = place.under("values")
    if not isinstance(value, dict) or not value:
        place.fail(f"must be a table of an app's words to ours, not {value!r}")
    check = _phase if field == "phase" else _Place.text
    return {
        place.under(str(theirs)).text(theirs): check(place.under(str(theirs)), ours)
        for theirs, ours in value.items()
    }


def _phase(place: _Place, value: Any) -> str:
    return place.one_of(value, PHASES)


def _rule(value: Any, place: _Place) -> Rule:
    table = place.table(value, ("name", "verbs", "when", "facts"), ("name", "verbs", "facts"))
    name = place.under("name").text(table["name"])
    here = _Place(place.origin, name)
    facts = table["facts"]
    if not isinstance(facts, list) or not facts:
        here.under("facts").fail(f"must be a list of at least one fact, not {facts!r}")
    return Rule(
        name=name,
        verbs=here.under("verbs").texts(table["verbs"], _Place.iri),
        when=_conditions(table.get("when", {}), here.under("when")),
        facts=tuple(_fact(each, here.under("facts").under(i)) for i, each in enumerate(facts)),
        origin=place.origin,
    )


def _conditions(value: Any, place: _Place) -> Conditions:
    keys = ("apps", "same_person", "extensions", "object_types", "categories", "objects")
    table = place.table(value, keys)

    def texts(key: str, check: Callable[[_Place, Any], str]) -> frozenset[str]:
        return frozenset(place.under(key).texts(table[key], check)) if key in table else frozenset()

    if table.get("same_person", True) is not True:
        place.under("same_person").fail("can only be true: the actor is the object")
    extensions = table.get("extensions", {})
    if not isinstance(extensions, dict):
        place.under("extensions").fail("must be a table of context extensions to allowed values")
    return Conditions(
        apps=texts("apps", _Place.text),
        same_person="same_person" in table,
        extensions=tuple(
            (
                place.under("extensions").under(str(key)).iri(key),
                place.under("extensions").under(str(key)).texts(values, _Place.text),
            )
            for key, values in sorted(extensions.items(), key=lambda item: str(item[0]))
        ),
        object_types=texts("object_types", _Place.iri),
        categories=texts("categories", _Place.iri),
        objects=texts("objects", lambda here, each: here.one_of(each, OBJECT_KINDS)),
    )


def _fact(value: Any, place: _Place) -> FactRule:
    table = place.table(value, ("of", "action", *FIELDS), ("of", "action"))
    return FactRule(
        of=place.under("of").one_of(table["of"], PEOPLE),
        action=place.under("action").one_of(table["action"], ACTIONS),
        sources={
            field: _source(table[field], field, place.under(field))
            for field in FIELDS
            if field in table
        },
    )


def _source(value: Any, field: str, place: _Place) -> Source:
    """One of the ways in which a field can be read; each field has its own."""
    if value == "nothing":
        return Nothing()
    if not isinstance(value, dict):
        return _constant(value, field, place)
    for form, read in _FORMS.items():
        if form in value and field in _FIELDS_OF_FORM[form]:
            return read(value, field, place)
    forms = [form for form, fields in _FIELDS_OF_FORM.items() if field in fields]
    place.fail(f"must be 'nothing', a fixed value or a table with one of {', '.join(forms)}")


def _constant(value: Any, field: str, place: _Place) -> Constant:
    if field in FLAG_FIELDS:
        if not isinstance(value, bool):
            place.fail(f"must be true, false, 'nothing' or a table, not {value!r}")
        return Constant(value)
    if field == "phase":
        return Constant(_phase(place, value))
    if field in ("subject", "class_group", "school", "layer"):
        return Constant(place.text(value))
    place.fail(f"must be 'nothing' or a table that says where it stands, not {value!r}")


def _from_extension(value: dict[str, Any], field: str, place: _Place) -> FromExtension:
    scale = ("range",) if field in ("score", "rating", "progress") else ()
    words = ("values",) if field in TEXT_FIELDS else ()
    place.table(value, ("extension", "in", *words, *scale), ("extension", "in"))
    low = high = None
    if "range" in value:
        ends = value["range"]
        if not isinstance(ends, list) or len(ends) != 2:
            place.under("range").fail(f"must be the two ends of a scale, not {ends!r}")
        low, high = (place.under("range").number(end) for end in ends)
        if low >= high:
            place.under("range").fail(f"must rise, not {ends!r}")
    return FromExtension(
        key=place.under("extension").iri(value["extension"]),
        place=place.under("in").one_of(value["in"], EXTENSION_PLACES),
        values=_values(value.get("values"), field, place),
        low=low,
        high=high,
    )


def _from_activity(value: dict[str, Any], field: str, place: _Place) -> FromActivity:
    place.table(value, ("activity", "types"), ("activity",))
    types = place.under("types").texts(value["types"], _Place.iri) if "types" in value else None
    return FromActivity(
        place=place.under("activity").one_of(value["activity"], ACTIVITY_PLACES),
        types=frozenset(types) if types else None,
    )


def _from_score(value: dict[str, Any], field: str, place: _Place) -> FromScore:
    if "result" in value:
        place.table(value, ("result",))
        place.under("result").one_of(value["result"], ("score",))
        return FromScore()
    place.table(value, ("score_at_least",))
    here = place.under("score_at_least")
    mark = here.number(value["score_at_least"])
    if not 0 <= mark <= 1:
        here.fail(f"must lie in 0..1, not {mark:g}")
    return FromScore(mark)


def _last_segment(value: dict[str, Any], field: str, place: _Place) -> LastSegment:
    place.table(value, ("last_segment",))
    return LastSegment(place.under("last_segment").iri(value["last_segment"]))


_FORMS: dict[str, Callable[[dict[str, Any], str, _Place], Source]] = {
    "extension": _from_extension,
    "activity": _from_activity,
    "result": _from_score,
    "score_at_least": _from_score,
    "last_segment": _last_segment,
}
_FIELDS_OF_FORM: dict[str, tuple[str, ...]] = {
    "extension": FIELDS,
    "activity": (*IRI_FIELDS, "knowledge_points"),
    "result": ("rating",),
    "score_at_least": ("success",),
    "last_segment": ("duration",),
}


class MappingError(ValueError):
    """A mapping document that breaks a rule: the file, the rule, the key and what is wrong."""

    def __init__(self, origin: str, rule: str, key: str, message: str) -> None:
        self.origin, self.rule, self.key, self.message = origin, rule, key, message
        where = [origin, f"rule '{rule}'" if rule else "", f"key '{key}'" if key else ""]
        super().__init__(f"{', '.join(part for part in where if part)}: {message}")
