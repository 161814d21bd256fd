"""What an import declares: what is new or changed, what ended, and what is withdrawn.

Pure: from the records of a set of files and what is held, on a day, to declarations. Whatever
enrollments refer to keeps its name after it has left the roster, because the past is still asked.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec
import orjson

from api.roster.accounts import AccountRules, Holder, LinkHeld, link_accounts
from api.roster.faults import Faults
from api.roster.fields import (
    CLASSES,
    COURSES,
    ENROLLMENTS,
    ORGS,
    PROFILES,
    ROLES,
    SESSIONS,
    USERS,
    V1_1,
    moment_of,
)
from api.roster.manifest import DELTA
from api.roster.reading import Record, RecordFile, RosterSet, Values
from api.roster.spans import day_before, last_day, next_spans, until
from lrs.actors import actor_key
from lrs.declarations import IDENTITY, Declaration

KINDS: Final = {
    ORGS: "roster-org",
    SESSIONS: "roster-session",
    COURSES: "roster-course",
    CLASSES: "roster-class",
    USERS: "roster-user",
    ENROLLMENTS: "roster-enrollment",
}
# Files whose records stand in those of their users, and the name that they have there.
_NESTED: Final = {ROLES: "roles", PROFILES: "profiles"}
# What doesn't tell whether two sources say the same of a record.
_OF_A_SOURCE: Final = frozenset({"source", "modified", "person", "begin", "end", "until"})

Contents = dict[str, Values]  # of one kind, by id


class Held(msgspec.Struct, frozen=True):
    """What the record holds: the contents of each roster kind by id, and the links by account."""

    contents: Mapping[str, Contents]
    links: Mapping[str, LinkHeld] = {}

    def of(self, file: str) -> Contents:
        """Give what is held of the kind that a file's records are."""
        return self.contents.get(KINDS[file], {})


class Import(msgspec.Struct, frozen=True):
    """How to import: from which source, whose accounts its users are, and the day it holds from."""

    source: str
    home_page: str
    day: str  # ISO 8601
    accounts: AccountRules = AccountRules()


class Counts(msgspec.Struct):
    """How many records of a kind came to what; `older`: left out, as what is held is newer."""

    new: int = 0
    changed: int = 0
    ended: int = 0
    withdrawn: int = 0
    unchanged: int = 0
    older: int = 0


class Plan(msgspec.Struct, frozen=True):
    """What to declare, in order, and what came of the records by kind."""

    declarations: list[Declaration]
    counts: dict[str, Counts]


def plan_import(roster: RosterSet, held: Held, how: Import) -> Plan:
    """Work out what an import declares. Raises RosterFaulty where records are another source's."""
    return _Planner(roster, held, how).plan()


class _Planner:
    """Works out one import, kind by kind; enrollments first, as they keep classes and users."""

    def __init__(self, roster: RosterSet, held: Held, how: Import) -> None:
        self.roster, self.held, self.how = roster, held, how
        self.faults = Faults()
        self.counts = {kind: Counts() for kind in (*KINDS.values(), IDENTITY)}
        self.declared: dict[str, list[Declaration]] = {kind: [] for kind in self.counts}

    def plan(self) -> Plan:
        enrollments = self._plan_enrollments()
        for file in (ORGS, SESSIONS, COURSES):
            self._plan_file(file, self._wanted(file), kept=frozenset())
        self._plan_file(CLASSES, self._wanted(CLASSES), _named(enrollments, "classSourcedId"))
        users = self._plan_file(USERS, self._users(), _named(enrollments, "userSourcedId"))
        self._plan_links(users)
        self.faults.check()
        declarations = [one for some in self.declared.values() for one in some]
        return Plan(declarations, {kind: one for kind, one in self.counts.items() if _any(one)})

    # Records ------------------------------------------------------------------------------------

    def _own(self, file: str) -> Contents:
        """Give what is held of this source, with persons as the home page makes them now."""
        return {
            key: self._with_person(file, content)
            for key, content in self.held.of(file).items()
            if content.get("source") == self.how.source
        }

    def _with_person(self, file: str, content: Values) -> Values:
        user = {USERS: "sourcedId", ENROLLMENTS: "userSourcedId"}.get(file)
        if user is None:
            return content
        account = {"homePage": self.how.home_page, "name": content[user]}
        return {**content, "person": actor_key({"account": account})}

    def _wanted(self, file: str) -> Contents:
        """Give the contents that a file's records have, of those that are not another source's."""
        found = self.roster.files.get(file)
        if found is None:
            return {}
        return {
            key: self._content(file, key, record)
            for key, record in found.records.items()
            if not self._is_elsewhere(file, key, record)
        }

    def _content(self, file: str, key: str, record: Record) -> Values:
        content = {**record.values, "sourcedId": key, "source": self.how.source}
        if record.modified:
            content["modified"] = record.modified
        if file == SESSIONS:
            days = {"begin": content["startDate"], "end": last_day(content["endDate"])}
            content |= days
        return self._with_person(file, content)

    def _is_elsewhere(self, file: str, key: str, record: Record) -> bool:
        """Tell whether a record is another source's; a fault where that says another thing."""
        other = self.held.of(file).get(key)
        if other is None or other.get("source") == self.how.source:
            return False
        theirs = _without(other, _OF_A_SOURCE | {"sourcedId", *_NESTED.values()})
        if theirs != record.values:
            rule = f"an id belongs to one source, this one to {other.get('source')!r}, which says"
            rule += " otherwise"
            self.faults.add(f"{file}.csv", record.line, "sourcedId", rule, key)
        self.counts[KINDS[file]].unchanged += 1
        return True

    def _plan_file(self, file: str, wanted: Contents, kept: frozenset[str]) -> Contents:
        """Plan the records of a kind; gives those that there are afterwards.

        Of what is gone, what is `kept` stays with the last day on which it was in the roster.
        """
        own = self._own(file)
        older = self._older(file, own)
        news = {key: content for key, content in wanted.items() if key not in older}
        after = {**own, **news}
        ended: set[str] = set()
        for key in _gone(self.roster.files.get(file), own) - older:
            if key not in kept:
                del after[key]
            elif "until" not in own[key]:
                after[key] = {**own[key], "until": day_before(self.how.day)}
                ended.add(key)
        self._declare(file, after, ended, older)
        return after

    def _older(self, file: str, own: Contents) -> set[str]:
        """Give the records of a delta file that are older than what is held of them; count them."""
        read = self.roster.files.get(file)
        if read is None or read.mode != DELTA:
            return set()
        older = {
            key
            for key, record in (*read.records.items(), *read.deleted.items())
            if "modified" in own.get(key, ())
            and moment_of(record.modified) < moment_of(own[key]["modified"])
        }
        self.counts[KINDS[file]].older += len(older)
        return older

    def _declare(
        self, file: str, after: Contents, ended: Collection[str], older: Collection[str]
    ) -> None:
        """Declare what differs from what is held, and withdraw what is no more."""
        kind, held, read = KINDS[file], self.held.of(file), self.roster.files.get(file)
        told = read.records.keys() - older if read is not None else set[str]()
        counts, declared = self.counts[kind], self.declared[kind]
        for key, content in after.items():
            before = held.get(key)
            if before is not None and _without(before, _MODIFIED) == _without(content, _MODIFIED):
                counts.unchanged += key in told
                continue
            counts.new += before is None and key not in ended
            counts.changed += before is not None and key not in ended
            counts.ended += key in ended
            written = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
            declared.append(Declaration(kind=kind, id=key, content=written))
        for key, content in held.items():
            if key not in after and content.get("source") == self.how.source:
                counts.withdrawn += 1
                declared.append(Declaration(kind=kind, id=key, content=None))

    # Users --------------------------------------------------------------------------------------

    def _users(self) -> Contents:
        """Give the contents of the users, those of 1.2 with their roles and profiles in them."""
        wanted, own = self._wanted(USERS), self._own(USERS)
        if self.roster.version == V1_1:
            return wanted
        nested = {name: self._nested(file, name, own) for file, name in _NESTED.items()}
        contents = wanted | {
            user: content
            for user, content in own.items()
            if user not in wanted
            and "until" not in content
            and any(users.get(user, {}) != content.get(name, {}) for name, users in nested.items())
        }
        for user, content in contents.items():
            contents[user] = _without(content, frozenset(_NESTED.values())) | {
                name: users[user] for name, users in nested.items() if users.get(user)
            }
        return contents

    def _nested(self, file: str, name: str, own: Contents) -> dict[str, dict[str, Values]]:
        """Give the roles, or the profiles, that each user has after the import, by their ids."""
        read = self.roster.files.get(file)
        found: dict[str, dict[str, Values]] = {}
        if read is None or read.mode == DELTA:
            named = {*read.records, *read.deleted} if read is not None else set()
            for user, content in own.items():
                staying = {
                    key: values for key, values in content.get(name, {}).items() if key not in named
                }
                found[user] = staying
        for key, record in read.records.items() if read is not None else ():
            values = _without(record.values, frozenset({"userSourcedId"}))
            found.setdefault(record.values["userSourcedId"], {})[key] = values
        return found

    def _plan_links(self, users: Contents) -> None:
        read = self.roster.files.get(USERS)
        holders = [
            Holder(key, content["person"], content, _line(read, key))
            for key, content in users.items()
            if "until" not in content
        ]
        links = link_accounts(holders, self.held.links, self.how.accounts, self.faults)
        counts = self.counts[IDENTITY]
        counts.new, counts.changed, counts.unchanged = links.new, links.changed, links.unchanged
        counts.withdrawn = links.withdrawn
        self.declared[IDENTITY] += links.declarations

    # Enrollments --------------------------------------------------------------------------------

    def _plan_enrollments(self) -> Contents:
        """Plan the enrollments; gives those that there are afterwards, of all days."""
        own = self._own(ENROLLMENTS)
        older = self._older(ENROLLMENTS, own)
        after, ended = {**own}, set[str]()
        past = {content["sourcedId"] for key, content in own.items() if content["sourcedId"] != key}
        for key, content in self._wanted(ENROLLMENTS).items():
            if key in older:
                continue
            after[key], before = next_spans(
                *(content, own.get(key), self.how.day), is_first=not own, has_past=key in past
            )
            if before is not None:
                name = f"{key}@{before['begin'] or '1900-01-01'}"
                after[name] = before
                ended.add(name)
        current = {key: content for key, content in own.items() if content["sourcedId"] == key}
        for key in _gone(self.roster.files.get(ENROLLMENTS), current) - older:
            left = until(own[key], day_before(self.how.day))
            if left is None:
                del after[key]
            elif left != own[key]:
                after[key] = left
                ended.add(key)
        self._declare(ENROLLMENTS, after, ended, older)
        return after


_MODIFIED: Final = frozenset({"modified"})


def _gone(read: RecordFile | None, own: Mapping[str, Any]) -> set[str]:
    """Give the ids of what is held and is no longer: not in a bulk file, or deleted by a file."""
    if read is None:
        return set()
    return own.keys() & read.deleted.keys() if read.mode == DELTA else own.keys() - read.records


def _named(contents: Contents, name: str) -> frozenset[str]:
    return frozenset(content[name] for content in contents.values())


def _line(read: RecordFile | None, key: str) -> int:
    record = read.records.get(key) if read is not None else None
    return record.line if record is not None else 0


def _without(content: Values, names: frozenset[str]) -> Values:
    return {name: value for name, value in content.items() if name not in names}


def _any(counts: Counts) -> bool:
    return any(msgspec.structs.astuple(counts))
