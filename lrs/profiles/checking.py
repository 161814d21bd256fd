"""Everything that is found in the statements of one request: claims, templates, patterns."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from lrs.profiles.documents import PATTERN as PATTERN_SECTION
from lrs.profiles.findings import (
    CLAIM,
    REGISTRATION,
    SUBREGISTRATION,
    UNCHECKED,
    UNCLAIMED,
    UNMATCHED,
    Finding,
)
from lrs.profiles.following import (
    EXTENSION,
    malformed_subregistration,
    registration_of,
    sent,
    unfollowed,
)
from lrs.profiles.sets import Followed, ProfileSet, categories
from lrs.profiles.templates import Severity, Statement, breaches, follows

# How many statements of one registration are looked at, and of all registrations that one request
# names. Behind these, patterns are no longer followed, which is told as advice.
MOST_OF_REGISTRATION: Final = 1_000
MOST_OF_REQUEST: Final = 20_000

USING: Final = "xAPI Profiles Structure 5.0"
MATCHING: Final = "xAPI Profiles Communication 2.1"
_LIMIT: Final = "limit of the record"

Series = tuple[str, str]  # version, registration


class Check:
    """Holds normalized statements against the profiles of their store, once.

    `received` (µs) is when they came; `stored_statement` finds one in the record by id; `earlier`
    gives at most so many of a registration, oldest first.
    """

    def __init__(
        self,
        profiles: ProfileSet,
        statements: Sequence[Statement],
        *,
        received: int,
        stored_statement: Callable[[str], Statement | None],
        earlier: Callable[[str, int], Sequence[Statement]],
    ) -> None:
        self.profiles = profiles
        self.statements = statements
        self.received = received
        self.stored_statement = stored_statement
        self.earlier = earlier
        self.by_id = {one["id"].lower(): one for one in statements if "id" in one}
        self.series: defaultdict[Series, list[int]] = defaultdict(list)
        self.histories: dict[str, Sequence[Statement] | None] = {}
        self.looked_at = 0

    def findings(self) -> Iterator[Finding]:
        """Find everything: what one statement is about first, then patterns."""
        for index, statement in enumerate(self.statements):
            yield from self.claims(index, statement)
        for (version, registration), indexes in self.series.items():
            yield from self.patterns(self.profiles.followed[version], registration, indexes)

    # One statement -------------------------------------------------------------------------

    def claims(self, index: int, statement: Statement) -> Iterator[Finding]:
        """Hold a statement against the profiles that it claims: Structure 5.0."""
        claimed = self.profiles.claimed(statement)
        yield from self.unclear_claims(index, statement)
        if not claimed:
            yield from self.unclaimed(index, statement)
            return
        versions = {followed.version: followed for followed in claimed.values()}
        wrong = malformed_subregistration(statement)
        if wrong is not None:
            rule, value = wrong
            location = f"$.context.extensions['{EXTENSION}']"
            yield _finding(
                index,
                next(iter(versions)),
                SUBREGISTRATION,
                "violation",
                (rule, PATTERN_SECTION),
                value,
                location,
            )
        for followed in versions.values():
            yield from self.templates(index, statement, followed)
            yield from self.registration(index, statement, followed)

    def unclear_claims(self, index: int, statement: Statement) -> Iterator[Finding]:
        """Advise on naming a profile instead of its version, and a version that isn't held."""
        named = categories(statement)
        for name in named:
            version = self.profiles.newest.get(name, name)
            if version != name and version not in named:
                rule = f"a statement names the profile's version that it follows, such as {version}"
                yield _finding(index, version, CLAIM, "advice", (rule, USING), name)
            if name in self.profiles.elsewhere:
                held = self.profiles.newest[self.profiles.elsewhere[name]]
                rule = f"this version is not held here, so nothing was checked; {held} is"
                yield _finding(index, name, CLAIM, "advice", (rule, USING), name)

    def unclaimed(self, index: int, statement: Statement) -> Iterator[Finding]:
        """Advise to name the profile that a statement would follow if it named it."""
        for version in self.profiles.newest.values():
            followed = self.profiles.followed[version]
            naming = _naming(statement, version)
            for template in followed.meant(statement):
                if template.is_determined and follows(
                    template, naming, followed.templates, self.statement_of
                ):
                    rule = f"a statement that follows a template names the version {version}"
                    yield _finding(
                        index, version, UNCLAIMED, "advice", (rule, USING), part=template.id
                    )
                    break

    def templates(self, index: int, statement: Statement, followed: Followed) -> Iterator[Finding]:
        """Hold a statement against the templates that it is meant by: Communication 2.1."""
        meant = followed.meant(statement)
        if not meant and followed.templates:
            # Where there is a pattern to follow, only what has a template can follow it.
            severity: Severity = "violation" if followed.has_primary else "advice"
            rule = "a statement that names a profile's version is meant by one of its templates"
            verb = statement["verb"]["id"]
            section = f"{MATCHING}, Structure 9.0" if followed.has_primary else MATCHING
            yield _finding(index, followed.version, UNMATCHED, severity, (rule, section), verb)
        for template in meant:
            for breach in breaches(template, statement, followed.templates, self.statement_of):
                yield Finding(
                    index=index,
                    profile=followed.version,
                    part=template.id,
                    **msgspec.structs.asdict(breach),
                )

    def registration(
        self, index: int, statement: Statement, followed: Followed
    ) -> Iterator[Finding]:
        """Note in which sequence a statement stands, for a profile that has primary patterns."""
        if not followed.has_primary:
            return
        registration = registration_of(statement)
        if registration is None:
            # Structure 9.0 leaves open what becomes of statements that have none.
            rule = "statements that follow a pattern have a registration; without, none is checked"
            yield _finding(index, followed.version, REGISTRATION, "advice", (rule, PATTERN_SECTION))
        else:
            self.series[followed.version, registration].append(index)

    # Many statements -----------------------------------------------------------------------

    def patterns(
        self, followed: Followed, registration: str, indexes: Sequence[int]
    ) -> Iterator[Finding]:
        """Hold the statements of a registration against the primary patterns."""
        if followed.unready:
            reason = (followed.unready[0], PATTERN_SECTION)
            yield _finding(indexes[0], followed.version, UNCHECKED, "advice", reason)
            return
        history = self.history(registration)
        if history is None:
            rule = (
                f"patterns are followed through {MOST_OF_REGISTRATION} statements of a registration"
                f" and {MOST_OF_REQUEST} earlier ones of all that a request names"
            )
            reason = (rule, _LIMIT)
            yield _finding(indexes[0], followed.version, UNCHECKED, "advice", reason, registration)
            return
        known = {one["id"].lower() for one in history}
        earlier = [
            sent(followed, one, self.received, None)
            for one in history
            if any(claim is followed for claim in self.profiles.claimed(one).values())
        ]
        new = [
            sent(followed, self.statements[index], self.received, index)
            for index in indexes
            if self.statements[index].get("id", "").lower() not in known  # else sent once more
        ]
        yield from unfollowed(followed, registration, earlier, new)

    def history(self, registration: str) -> Sequence[Statement] | None:
        """Give the statements of a registration in the record, None where they are too many."""
        if registration not in self.histories:
            most = min(MOST_OF_REGISTRATION, MOST_OF_REQUEST - self.looked_at)
            found = self.earlier(registration, most + 1) if most > 0 else ()
            self.looked_at += len(found)
            # Also found are statements that refer to one of this registration.
            own = [one for one in found if registration_of(one) == registration]
            self.histories[registration] = None if most <= 0 or len(found) > most else own
        return self.histories[registration]

    def statement_of(self, statement_id: str) -> Statement | None:
        """Find a statement by id, in the request or in the record."""
        known = self.by_id.get(statement_id.lower())
        return known if known is not None else self.stored_statement(statement_id)


def _naming(statement: Statement, version: str) -> Mapping[str, Any]:
    """Give a statement with one category context activity more."""
    context = statement.get("context", {})
    activities = context.get("contextActivities", {})
    category = [*activities.get("category", ()), {"id": version}]
    return {
        **statement,
        "context": {**context, "contextActivities": {**activities, "category": category}},
    }


def _finding(
    index: int,
    version: str,
    kind: str,
    severity: Severity,
    reason: tuple[str, str],
    value: Any = None,
    location: str = "",
    part: str = "",
) -> Finding:
    rule, section = reason
    return Finding(
        index=index,
        profile=version,
        part=part,
        kind=kind,
        severity=severity,
        rule=rule,
        section=section,
        value=value,
        location=location,
    )
