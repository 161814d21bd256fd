"""Whether the statements of a registration follow a primary pattern, as far as they have come.

Structure 9.0 and Communication 2.2. Statements that claim a profile under one registration, and
one subregistration where they have it, are a sequence: those in the record ordered by timestamp,
behind them those just received, which are ordered among themselves by timestamp and then by their
place. One that no primary pattern goes on with is told, and the sequence goes on as if it hadn't
come: so `report` tells of exactly those that `enforce` would have refused, and no more.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import RFC_4122, UUID

import msgspec

from lrs.formats import instant, is_uuid
from lrs.profiles.documents import PATTERN as SECTION
from lrs.profiles.findings import ORDER, PATTERN, Finding
from lrs.profiles.patterns import START
from lrs.profiles.sets import Followed, categories
from lrs.profiles.templates import Statement
from lrs.times import iso_text

EXTENSION: Final = "https://w3id.org/xapi/profiles/extensions/subregistration"
_PATTERN_SECTION: Final = "xAPI Profiles Structure 9.0, Communication 2.2"
_MOST_NAMED: Final = 10


class Sent(msgspec.Struct, frozen=True):
    """A statement in a sequence: when it happened (µs), what it is to its profile.

    `templates` are those that it is meant by; `index` is its place in the request, None for one
    that is in the record.
    """

    time: int
    subregistrations: frozenset[str]
    templates: tuple[str, ...]
    index: int | None


def registration_of(statement: Statement) -> str | None:
    """Give the registration, in small letters."""
    registration = statement.get("context", {}).get("registration")
    return None if registration is None else str(registration).lower()


def sent(followed: Followed, statement: Statement, received: int, index: int | None) -> Sent:
    """Look at a normalized statement; without a timestamp it happened when it was `received`."""
    timestamp = statement.get("timestamp")
    return Sent(
        received if timestamp is None else instant(timestamp),
        frozenset(_subregistrations(followed, statement)),
        tuple(template.id for template in followed.meant(statement)),
        index,
    )


def unfollowed(
    followed: Followed, registration: str, earlier: Iterable[Sent], new: Iterable[Sent]
) -> Iterator[Finding]:
    """Find the new statements of a registration with which it leaves every primary pattern."""
    before = sorted(earlier, key=lambda one: one.time)
    after = sorted(new, key=lambda one: (one.time, one.index))
    told: set[tuple[int | None, str]] = set()
    for name, sequence in _sequences(registration, before, after):
        for finding in _Run(followed, name).findings(sequence):
            if (finding.index, finding.kind) not in told:
                told.add((finding.index, finding.kind))
                yield finding


def _sequences(
    registration: str, before: Sequence[Sent], after: Sequence[Sent]
) -> Iterator[tuple[str, list[Sent]]]:
    """Give what has to follow one pattern: each subregistration, and where any statement has none,
    the whole registration too."""
    everything = [*before, *after]
    if any(not one.subregistrations for one in everything):
        yield f"registration {registration}", everything
    named = {name for one in after for name in one.subregistrations}
    for name in sorted(named):
        words = f"subregistration {name} of registration {registration}"
        yield words, [one for one in everything if name in one.subregistrations]


class _Run:
    """Takes one sequence through all primary patterns at once."""

    def __init__(self, followed: Followed, name: str) -> None:
        self.followed = followed
        self.name = name
        self.states = [(automaton, START) for automaton in followed.primary]
        self.taken = 0

    def findings(self, sequence: Iterable[Sent]) -> Iterator[Finding]:
        newest: int | None = None
        for one in sequence:
            if one.index is None:
                newest = one.time
            elif newest is not None and one.time <= newest:
                yield self.late(one, one.index, newest)
            if not one.templates:
                continue  # it claims what it isn't, which is told of it alone
            if not self.take(one.templates) and one.index is not None:
                yield self.leaving(one, one.index)

    def take(self, templates: Iterable[str]) -> bool:
        """Go on with a statement where a pattern allows it."""
        stepped = [(one, one.step(state, templates)) for one, state in self.states]
        alive = [(one, state) for one, state in stepped if state]
        if alive:
            self.states = alive
            self.taken += 1
        return bool(alive)

    def leaving(self, one: Sent, index: int) -> Finding:
        patterns = _listed(automaton.pattern for automaton, _ in self.states)
        expected = _listed(
            name for automaton, state in self.states for name in automaton.expected(state)
        )
        return Finding(
            index=index,
            profile=self.followed.version,
            part=self.states[0][0].pattern,
            kind=PATTERN,
            severity="violation",
            rule=f"behind the {self.taken} statements that {self.name} has so far, {patterns} goes"
            f" on with {expected or 'nothing'}",
            section=_PATTERN_SECTION,
            value=list(one.templates[:_MOST_NAMED]),
        )

    def late(self, one: Sent, index: int, newest: int) -> Finding:
        return Finding(
            index=index,
            profile=self.followed.version,
            kind=ORDER,
            severity="violation",
            rule=f"statements of {self.name} are sent in the order of their timestamps; the newest"
            f" in the record is of {iso_text(newest)}",
            section=SECTION,
            value=iso_text(one.time),
            location="$.timestamp",
        )


def _listed(names: Iterable[str]) -> str:
    each = list(dict.fromkeys(names))
    text = " or ".join(each[:_MOST_NAMED])
    return text if len(each) <= _MOST_NAMED else f"{text} or {len(each) - _MOST_NAMED} others"


# Subregistrations --------------------------------------------------------------------------------


def _extension(statement: Statement) -> Any:
    return statement.get("context", {}).get("extensions", {}).get(EXTENSION)


def _subregistrations(followed: Followed, statement: Statement) -> Iterator[str]:
    """Give the subregistrations that a statement has for a profile, in small letters."""
    entries = _extension(statement)
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("profile") in (
            followed.version,
            followed.profile.id,
        ):
            subregistration = entry.get("subregistration")
            if isinstance(subregistration, str):
                yield subregistration.lower()


def malformed_subregistration(statement: Statement) -> tuple[str, Any] | None:
    """Say what is wrong with the extension of a normalized statement, and what was found there."""
    extensions = statement.get("context", {}).get("extensions", {})
    if EXTENSION not in extensions:
        return None
    entries = extensions[EXTENSION]
    if registration_of(statement) is None:
        return "the subregistration extension stands only beside a registration", entries
    if not isinstance(entries, list) or not entries:
        return "the subregistration extension is an array with at least one object", entries
    named = categories(statement)
    for entry in entries:
        if not isinstance(entry, Mapping) or entry.get("profile") not in named:
            rule = "profile of a subregistration is named as a category context activity"
            return rule, entry
        if not _is_variant_2(entry.get("subregistration")):
            return "a subregistration is a variant 2 UUID of RFC 4122", entry
    return None


def _is_variant_2(value: Any) -> bool:
    return isinstance(value, str) and is_uuid(value) and UUID(value).variant == RFC_4122
