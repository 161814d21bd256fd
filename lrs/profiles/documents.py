"""An xAPI Profile as it is published, read into what statements are held against.

What the door needs is checked, and refused where it is malformed. What a profile should have
beside it (labels, an author, its version in every part) is remarked on only: profiles in use are
seldom perfect, and none of it changes which statements follow them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

from lrs.formats import instant_or_none, is_iri
from lrs.profiles.locations import Location, LocationError
from lrs.profiles.parts import OPERATORS, PRESENCES, Choice, Pattern, Profile, Rule, Template
from lrs.profiles.values import canonical, shown
from lrs.validation import Violation

CONTEXT: Final = "https://w3id.org/xapi/profiles/context"
# The specification's name of itself, and how profiles in use write it.
CONFORMS_TO: Final = (
    "https://w3id.org/xapi/profiles#1.0",
    "https://w3id.org/xapi/profiles#1.0.0",
)
LONGEST_IRI: Final = 2_000  # characters

GENERAL: Final = "xAPI Profiles Structure 4.0"
PROFILE: Final = "xAPI Profiles Structure 6.0"
VERSION: Final = "xAPI Profiles Structure 6.1"
TEMPLATE: Final = "xAPI Profiles Structure 8.0"
RULE: Final = "xAPI Profiles Structure 8.1"
PATTERN: Final = "xAPI Profiles Structure 9.0"

_CONTEXT_TYPES: Final = {
    "contextGroupingActivityType": "grouping",
    "contextParentActivityType": "parent",
    "contextOtherActivityType": "other",
    "contextCategoryActivityType": "category",
}
_REFERENCES: Final = ("objectStatementRefTemplate", "contextStatementRefTemplate")
_NAMED: Final = {"id", "type", "inScheme", "prefLabel", "definition", "deprecated"}
_OF_PROFILE: Final = frozenset(
    {"id", "type", "conformsTo", "prefLabel", "definition", "seeAlso", "versions", "author"}
    | {"concepts", "templates", "patterns"}
)
_OF_TEMPLATE: Final = frozenset(
    {"verb", "objectActivityType", "attachmentUsageType", "rules"}
    | _NAMED
    | {*_CONTEXT_TYPES, *_REFERENCES}
)
_OF_RULE: Final = frozenset({"location", "selector", "presence", "any", "all", "none", "scopeNote"})
_OF_PATTERN: Final = frozenset({"primary", *OPERATORS} | _NAMED)

Part = TypeVar("Part", Template, Pattern)


def read_profile(document: Any) -> Profile:
    """Read a decoded Profile document.

    Raises Violation, naming path, rule and section, where it is no Profile or where what it says of
    statements is malformed. xAPI Profiles Structure 4.0 to 9.0.
    """
    return _Reader().profile(document)


class _Reader:
    """Reads one document, knowing where it is in it and what it remarks on."""

    def __init__(self) -> None:
        self.path: list[str | int] = []
        self.remarks: list[Violation] = []

    def violation(self, rule: str, section: str, value: Any, *steps: str | int) -> Violation:
        """Say what is wrong here, or `steps` further in."""
        violation = Violation(rule, section, value)
        for step in reversed([*self.path, *steps]):
            violation.inside(step)
        return violation

    def remark(self, rule: str, section: str, value: Any, *steps: str | int) -> None:
        """Note what is wrong without harm."""
        self.remarks.append(self.violation(rule, section, value, *steps))

    # Values --------------------------------------------------------------------------------

    def items(self, holder: Mapping[str, Any], key: str, section: str) -> Iterator[dict[str, Any]]:
        """Give the objects of an array, one by one; the path leads to the one given."""
        array = holder.get(key, [])
        if not isinstance(array, list):
            raise self.violation(f"{key} is an array", section, array, key)
        for index, item in enumerate(array):
            self.path += [key, index]
            if not isinstance(item, dict):
                raise self.violation(f"{key} holds objects", section, item)
            yield item
            del self.path[-2:]

    def iri(self, value: Any, section: str, *steps: str | int) -> str:
        """Give an IRI back."""
        if value is None:
            raise self.violation("this property is there", section, value, *steps)
        if not isinstance(value, str) or not is_iri(value):
            raise self.violation("this is an absolute IRI", section, value, *steps)
        if len(value) > LONGEST_IRI:
            rule = f"an IRI has at most {LONGEST_IRI} characters"
            raise self.violation(rule, "limit of the record", value, *steps)
        return value

    def iris(self, holder: Mapping[str, Any], key: str, section: str) -> tuple[str, ...]:
        """Give the IRIs of an array, none where the property is absent."""
        array = holder.get(key)
        if key not in holder:
            return ()
        if not isinstance(array, list) or not array:
            raise self.violation(f"{key} is an array with at least one IRI", section, array, key)
        return tuple(self.iri(value, section, key, index) for index, value in enumerate(array))

    def expect(self, holder: Mapping[str, Any], keys: Iterable[str], section: str) -> None:
        """Remark on what is absent."""
        for key in keys:
            if key not in holder:
                self.remark("this property is there", section, None, key)

    def know(self, holder: Mapping[str, Any], known: frozenset[str], section: str) -> None:
        """Remark on properties that are neither known nor IRIs, as misspelt ones are."""
        for key in holder:
            if key not in known and not key.startswith("@") and ":" not in key:
                rule = f"a property that {section} doesn't know is written as an IRI"
                self.remark(rule, GENERAL, holder[key], key)

    # The document --------------------------------------------------------------------------

    def profile(self, document: Any) -> Profile:
        """Read the whole."""
        if not isinstance(document, dict):
            raise self.violation("a Profile is a JSON object", PROFILE, document)
        if document.get("type") != "Profile":
            raise self.violation('type is "Profile"', PROFILE, document.get("type"), "type")
        identity = self.iri(document.get("id"), PROFILE, "id")
        self.manners(document)
        version, generated, versions = self.versions(document, identity)
        templates = self.parts(document, "templates", TEMPLATE, version, self.template)
        patterns = self.parts(document, "patterns", PATTERN, version, self.pattern)
        if both := templates.keys() & patterns.keys():
            rule = "an id names one template or one pattern"
            raise self.violation(rule, PATTERN, min(both), "patterns")
        self.composition(patterns)
        return Profile(
            id=identity,
            version=version,
            generated=generated,
            versions=versions,
            label=_label(document),
            templates=templates,
            patterns=patterns,
            remarks=tuple(self.remarks),
        )

    def manners(self, document: Mapping[str, Any]) -> None:
        """Remark on what a Profile has for its readers."""
        self.know(document, _OF_PROFILE, PROFILE)
        self.expect(document, ("prefLabel", "definition", "author"), PROFILE)
        context = document.get("@context")
        if CONTEXT not in (context if isinstance(context, list) else [context]):
            self.remark(f"@context names {CONTEXT}", PROFILE, context, "@context")
        if (conforms := document.get("conformsTo")) not in CONFORMS_TO:
            rule = f"conformsTo is {CONFORMS_TO[0]}, and it is read as if it were"
            self.remark(rule, PROFILE, conforms, "conformsTo")

    def versions(
        self, document: Mapping[str, Any], identity: str
    ) -> tuple[str, int, tuple[str, ...]]:
        """Find the version that is described, the newest, its time, and all of them."""
        times: dict[str, int | None] = {}
        for version in self.items(document, "versions", VERSION):
            name = self.iri(version.get("id"), VERSION, "id")
            if name in times:
                raise self.violation("every version has an id of its own", VERSION, name, "id")
            if name == identity:
                rule = "a version's id is other than the profile's"
                self.remark(rule, VERSION, name, "id")
            given = version.get("generatedAtTime")
            times[name] = instant_or_none(given) if isinstance(given, str) else None
            if times[name] is None:
                self.remark("generatedAtTime is a timestamp", VERSION, given, "generatedAtTime")
        given = document.get("versions")
        if not times:
            rule = "versions is an array with at least one version"
            raise self.violation(rule, PROFILE, given, "versions")
        if len(times) > 1 and None in times.values():
            rule = "generatedAtTime tells which of several versions is the newest"
            raise self.violation(rule, VERSION, given, "versions")
        newest = max(times, key=lambda name: times[name] or 0)
        return newest, times[newest] or 0, tuple(times)

    def parts(
        self,
        document: Mapping[str, Any],
        key: str,
        section: str,
        version: str,
        read: Callable[[dict[str, Any]], Part],
    ) -> dict[str, Part]:
        """Read the templates or the patterns, by id."""
        found: dict[str, Part] = {}
        for item in self.items(document, key, section):
            part = read(item)
            if part.id in found:
                raise self.violation("an id stands once", section, part.id, "id")
            if item.get("inScheme", version) != version:
                rule = f"inScheme is the version described, {version}"
                self.remark(rule, section, item["inScheme"], "inScheme")
            found[part.id] = part
        return found

    # Templates -----------------------------------------------------------------------------

    def template(self, item: dict[str, Any]) -> Template:
        """Read a Statement Template: Structure 8.0."""
        if item.get("type") != "StatementTemplate":
            rule = 'type is "StatementTemplate"'
            raise self.violation(rule, TEMPLATE, item.get("type"), "type")
        self.know(item, _OF_TEMPLATE, TEMPLATE)
        self.expect(item, ("inScheme", "prefLabel", "definition"), TEMPLATE)
        if "objectActivityType" in item and "objectStatementRefTemplate" in item:
            raise self.violation(
                "a template has objectStatementRefTemplate or objectActivityType, not both",
                TEMPLATE,
                item["objectStatementRefTemplate"],
                "objectStatementRefTemplate",
            )
        types = {place: self.iris(item, key, TEMPLATE) for key, place in _CONTEXT_TYPES.items()}
        return Template(
            id=self.iri(item.get("id"), TEMPLATE, "id"),
            verb=self.lone_iri(item, "verb"),
            object_type=self.lone_iri(item, "objectActivityType"),
            context_types=tuple((place, frozenset(iris)) for place, iris in types.items() if iris),
            attachment_types=frozenset(self.iris(item, "attachmentUsageType", TEMPLATE)),
            object_references=self.iris(item, "objectStatementRefTemplate", TEMPLATE),
            context_references=self.iris(item, "contextStatementRefTemplate", TEMPLATE),
            rules=tuple(self.rule(rule) for rule in self.items(item, "rules", TEMPLATE)),
        )

    def lone_iri(self, item: Mapping[str, Any], key: str) -> str | None:
        """Give a Determining Property that is one IRI."""
        return self.iri(item[key], TEMPLATE, key) if key in item else None

    def rule(self, item: dict[str, Any]) -> Rule:
        """Read a Statement Template Rule: Structure 8.1."""
        self.know(item, _OF_RULE, RULE)
        if not item.keys() & {"presence", "any", "all", "none"}:
            rule = "a rule has one or more of presence, any, all and none"
            raise self.violation(rule, RULE, sorted(item))
        presence = item.get("presence")
        if "presence" in item and presence not in PRESENCES:
            rule = f"presence is one of {', '.join(PRESENCES)}"
            raise self.violation(rule, RULE, presence, "presence")
        if "location" not in item:
            raise self.violation("this property is there", RULE, None, "location")
        return Rule(
            location=self.location(item["location"], "location"),
            selector=self.location(item["selector"], "selector") if "selector" in item else None,
            presence=presence,
            any=self.choice(item, "any"),
            all=self.choice(item, "all"),
            none=self.choice(item, "none"),
        )

    def location(self, text: Any, key: str) -> Location:
        """Read a JSONPath."""
        if not isinstance(text, str):
            raise self.violation(f"{key} is a JSONPath string", RULE, text, key)
        try:
            return Location(text)
        except LocationError as error:
            raise self.violation(f"{key} is a legal JSONPath: {error}", RULE, text, key) from None

    def choice(self, item: Mapping[str, Any], key: str) -> Choice | None:
        """Read the values of `any`, `all` or `none`."""
        if key not in item:
            return None
        values = item[key]
        if not isinstance(values, list) or not values:
            raise self.violation(f"{key} is an array with at least one value", RULE, values, key)
        return Choice(frozenset(map(canonical, values)), ", ".join(map(shown, values[:10])))

    # Patterns ------------------------------------------------------------------------------

    def pattern(self, item: dict[str, Any]) -> Pattern:
        """Read a Pattern: Structure 9.0."""
        if item.get("type") != "Pattern":
            raise self.violation('type is "Pattern"', PATTERN, item.get("type"), "type")
        self.know(item, _OF_PATTERN, PATTERN)
        primary = item.get("primary", False)
        if not isinstance(primary, bool):
            raise self.violation("primary is true or false", PATTERN, primary, "primary")
        if primary:
            self.expect(item, ("prefLabel", "definition"), PATTERN)
        operators = [operator for operator in OPERATORS if operator in item]
        if len(operators) != 1:
            rule = f"a pattern has exactly one of {', '.join(OPERATORS)}"
            raise self.violation(rule, PATTERN, operators)
        [operator] = operators
        if operator in ("sequence", "alternates"):
            members = self.iris(item, operator, PATTERN)
        else:
            members = (self.iri(item[operator], PATTERN, operator),)
        return Pattern(self.iri(item.get("id"), PATTERN, "id"), primary, operator, members)

    def composition(self, patterns: Mapping[str, Pattern]) -> None:
        """Refuse a pattern within itself; remark on what can be followed all the same."""
        used = {member for pattern in patterns.values() for member in pattern.members}
        for index, pattern in enumerate(patterns.values()):
            steps = ("patterns", index, pattern.operator)
            if _is_within(pattern.id, pattern, patterns):
                rule = "a pattern doesn't contain itself, at any depth"
                raise self.violation(rule, PATTERN, pattern.id, *steps)
            if pattern.operator == "alternates":
                self.alternates(pattern, patterns, *steps)
            lone = pattern.operator == "sequence" and len(pattern.members) < 2
            if lone and (pattern.id in used or not pattern.primary):
                rule = "a sequence has two members, or is primary and used nowhere else"
                self.remark(rule, PATTERN, pattern.members, *steps)

    def alternates(
        self, pattern: Pattern, patterns: Mapping[str, Pattern], *steps: str | int
    ) -> None:
        """Remark on alternates that are no choice, or one that may be nothing."""
        if len(pattern.members) < 2:
            self.remark("alternates has two members", PATTERN, pattern.members, *steps)
        for member in pattern.members:
            inner = patterns.get(member)
            if inner is not None and inner.operator in ("optional", "zeroOrMore"):
                rule = "optional and zeroOrMore don't stand directly inside alternates"
                self.remark(rule, PATTERN, member, *steps)


def _is_within(sought: str, pattern: Pattern, patterns: Mapping[str, Pattern]) -> bool:
    """Tell whether a pattern is found going down from `pattern`."""
    pending, seen = list(pattern.members), set[str]()
    while pending:
        member = pending.pop()
        if member == sought:
            return True
        if member in patterns and member not in seen:
            seen.add(member)
            pending += patterns[member].members
    return False


def _label(document: Mapping[str, Any]) -> str:
    """Give the profile's name, in English where it has one."""
    labels = document.get("prefLabel")
    if not isinstance(labels, dict) or not labels:
        return ""
    return str(labels.get("en", next(iter(labels.values()))))
