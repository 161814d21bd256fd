"""What a Profile says of statements: its templates with their rules, and its patterns."""

from typing import Any, Final, Literal

import msgspec

from lrs.profiles.locations import Location
from lrs.profiles.values import canonical
from lrs.validation import Violation

Presence = Literal["included", "excluded", "recommended"]
Operator = Literal["sequence", "alternates", "optional", "oneOrMore", "zeroOrMore"]
PRESENCES: Final[tuple[Presence, ...]] = ("included", "excluded", "recommended")
OPERATORS: Final[tuple[Operator, ...]] = (
    "sequence",
    "alternates",
    "optional",
    "oneOrMore",
    "zeroOrMore",
)


class Choice(msgspec.Struct, frozen=True):
    """The values of `any`, `all` or `none`; `text` is how an error shows them."""

    members: frozenset[Any]  # canonical
    text: str

    def __contains__(self, value: object) -> bool:
        return canonical(value) in self.members


class Rule(msgspec.Struct, frozen=True):
    """A Statement Template Rule: Structure 8.1."""

    location: Location
    selector: Location | None
    presence: Presence | None
    any: Choice | None
    all: Choice | None
    none: Choice | None


class Template(msgspec.Struct, frozen=True):
    """A Statement Template: Structure 8.0.

    `context_types` are the activity types asked for in each list of context activities, such as
    ``grouping``; the references name templates, one of which the statement referred to follows.
    """

    id: str
    verb: str | None
    object_type: str | None
    context_types: tuple[tuple[str, frozenset[str]], ...]
    attachment_types: frozenset[str]
    object_references: tuple[str, ...]
    context_references: tuple[str, ...]
    rules: tuple[Rule, ...]

    @property
    def is_determined(self) -> bool:
        """Tell whether it has a Determining Property; without any, every statement is meant."""
        return bool(self.verb or self.object_type or self.context_types or self.attachment_types)


class Pattern(msgspec.Struct, frozen=True):
    """A Pattern: Structure 9.0. Its members are templates and patterns, by id."""

    id: str
    primary: bool
    operator: Operator
    members: tuple[str, ...]


class Profile(msgspec.Struct, frozen=True):
    """One version of an xAPI Profile.

    `version` is the id of the version that the document describes, the newest of `versions`;
    `generated` its time (µs), 0 where it isn't told. `remarks` are rules of the specification that
    the document breaks without harm to what it says of statements.
    """

    id: str
    version: str
    generated: int
    versions: tuple[str, ...]
    label: str
    templates: dict[str, Template]
    patterns: dict[str, Pattern]
    remarks: tuple[Violation, ...]
