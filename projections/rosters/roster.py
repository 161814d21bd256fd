"""The roster asked: schools, classes and people as they are on a day, and a person's days."""

import base64
import binascii
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from projections.identities import accounts_of, person_of
from projections.rosters.rows import OPEN_END, UNKNOWN_BEGIN
from projections.warehouse import Generation

LONGEST_PAGE: Final = 500
_PERSONS_A_QUERY: Final = 500  # keeps a query's parameters under ClickHouse's limit of 256 KiB


class School(msgspec.Struct, frozen=True):
    """A school, with how many classes, students and teachers it has on the day asked about."""

    org: str
    name: str
    parent: str
    identifier: str
    classes: int
    students: int
    teachers: int


class ClassGroup(msgspec.Struct, frozen=True):
    """A class on the day asked about.

    ``type`` is ``homeroom`` (行政班) or ``scheduled``; ``grade`` a code (01 to 12, KG, ...) and
    ``stage`` kindergarten, primary, junior, senior, each '' if unknown; ``subjects`` the codes of
    facts where the roster's word is a subject of the curriculum.
    """

    class_group: str
    title: str
    code: str
    type: str
    course: str
    school: str
    school_name: str
    grade: str
    stage: str
    subjects: list[str]
    sessions: list[str]
    students: int
    teachers: int


class Member(msgspec.Struct, frozen=True):
    """Someone in a class: from which day (None: unknown) to which, inclusive (None: open)."""

    person: str
    user: str
    name: str
    role: str
    is_primary: bool
    begin: date | None
    end: date | None


class Enrollment(msgspec.Struct, frozen=True):
    """A person's place in a class, from the first day to the last, both inclusive (None: open)."""

    enrollment: str
    class_group: str
    title: str
    type: str
    school: str
    school_name: str
    role: str
    is_primary: bool
    grade: str
    stage: str
    subjects: list[str]
    begin: date | None
    end: date | None

    def holds(self, on: date) -> bool:
        """Tell whether it holds on a day."""
        return (self.begin or on) <= on <= (self.end or on)


class User(msgspec.Struct, frozen=True):
    """Someone in the roster; ``role`` in OneRoster's words, ``until`` the last day (None: open)."""

    person: str
    user: str
    name: str
    role: str
    grades: list[str]
    orgs: list[str]
    is_enabled: bool
    until: date | None


class RosterPerson(msgspec.Struct, frozen=True):
    """A person of the roster, with all enrollments, the newest first."""

    user: User
    enrollments: list[Enrollment]

    def on(self, day: date) -> list[Enrollment]:
        """Give the enrollments that hold on a day."""
        return [one for one in self.enrollments if one.holds(day)]


def read_members(rows: Iterable[Sequence[Any]]) -> list[Member]:
    """Read people in a class: person, user, name, role, whether primary, first and last day."""
    return [
        Member(person, user, name or person, of_role, bool(primary), _begin(begin), _end(end))
        for person, user, name, of_role, primary, begin, end in rows
    ]


class Roster:
    """The roster of one generation; safe to share between threads.

    A person may be named by any of their accounts (actor keys), and is given by who the roster's
    own account of them belongs to, as folded tables have it.
    Where a day may be given and isn't, it is today in ``timezone``, the district's.
    """

    def __init__(self, generation: Generation, timezone: str = "Asia/Shanghai") -> None:
        self._generation = generation
        self._timezone = ZoneInfo(timezone)

    def schools(self, store: str, *, on: date | None = None) -> list[School]:
        """List the schools (orgs of type ``school``) by name, with their counts on a day."""
        rows = self._ask("roster_schools", store, on=self._day(on))
        return [School(*row) for row in rows]

    def classes(
        self, store: str, school: str | None = None, *, on: date | None = None
    ) -> list[ClassGroup]:
        """List the classes of a school, or of all, that the roster has on a day.

        By school, grade and title. A class in which nobody is yet on that day, but somebody is
        later, is not among them.
        """
        rows = self._ask("roster_classes", store, school=school or "", on=self._day(on))
        return [ClassGroup(*row) for row in rows]

    def students(self, store: str, class_group: str, *, on: date | None = None) -> list[Member]:
        """List the students of a class on a day, by name, each once."""
        return self.members(store, class_group, "student", on=on)

    def members(
        self, store: str, class_group: str, role: str, *, on: date | None = None
    ) -> list[Member]:
        """List who is in a class on a day in a role, ``teacher`` for instance, by name."""
        return read_members(
            self._ask("roster_members", store, class_group=class_group, role=role, on=self._day(on))
        )

    def person(self, store: str, person: str) -> RosterPerson | None:
        """Give what the roster says of a person (their key), None where it doesn't know them."""
        rows = self._ask("roster_people", store, persons=self._accounts(store, person))
        if not rows:
            return None
        return RosterPerson(_user(rows[0]), self.enrollments(store, person))

    def enrollments(self, store: str, person: str) -> list[Enrollment]:
        """List a person's enrollments of all days, the newest first."""
        accounts = self._accounts(store, person)
        rows = self._ask("roster_enrollments_of", store, persons=accounts)
        return [Enrollment(*(*row[:-2], _begin(row[-2]), _end(row[-1]))) for row in rows]

    def teaches(self, store: str, person: str, *, on: date | None = None) -> list[str]:
        """List the classes that a person teaches on a day."""
        return self._classes_of(store, person, "teacher", on)

    def attends(self, store: str, person: str, *, on: date | None = None) -> list[str]:
        """List the classes that a person is a student of on a day."""
        return self._classes_of(store, person, "student", on)

    def of_persons(self, store: str, persons: Sequence[str]) -> dict[str, User]:
        """Give what the roster says of those of these persons that it knows, by their keys."""
        found: dict[str, User] = {}
        for first in range(0, len(persons), _PERSONS_A_QUERY):
            some = list(persons[first : first + _PERSONS_A_QUERY])
            for row in self._ask("roster_people", store, persons=some):
                found.setdefault(row[0], _user(row))
        return found

    def of_accounts(self, store: str, accounts: Sequence[str]) -> dict[str, User]:
        """Give whose of the roster these accounts are (actor keys), of those that it knows.

        An account belongs to the person it is linked to, and the roster's own one to its user.
        """
        found: dict[str, User] = {}
        for first in range(0, len(accounts), _PERSONS_A_QUERY):
            some = list(accounts[first : first + _PERSONS_A_QUERY])
            for account, *row in self._ask("roster_of_accounts", store, accounts=some):
                found.setdefault(account, _user(tuple(row)))
        return found

    def search(
        self,
        store: str,
        search: str = "",
        *,
        role: str = "",
        on: date | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> tuple[list[User], str | None]:
        """List people by name, a page at a time; gives the page and the cursor of the next.

        ``search`` is a part of the name or of the person's key. Raises ``BadCursor``.
        """
        after_name, after_user = _read_cursor(cursor) if cursor else ("", "")
        limit = max(1, min(limit, LONGEST_PAGE))
        rows = self._ask(
            "roster_search",
            store,
            search=search,
            role=role,
            on=self._day(on),
            after_name=after_name,
            after_user=after_user,
            limit=limit + 1,
        )
        page = [_user(row) for row in rows[:limit]]
        following = _cursor(page[-1].name, page[-1].user) if len(rows) > limit else None
        return page, following

    def _classes_of(self, store: str, person: str, role: str, on: date | None) -> list[str]:
        accounts = self._accounts(store, person)
        rows = self._ask("roster_classes_of", store, persons=accounts, role=role, on=self._day(on))
        return [class_group for (class_group,) in rows]

    def _accounts(self, store: str, person: str) -> list[str]:
        """Give all accounts of a person: any may be the one that the roster names."""
        return accounts_of(self._generation, store, person_of(self._generation, store, person))

    def _day(self, on: date | None) -> str:
        """Give a day for a query, today where none is given."""
        return (on or datetime.now(self._timezone).date()).isoformat()

    def _ask(self, name: str, store: str, **parameters: Any) -> list[tuple[Any, ...]]:
        return self._generation.query(name, store=store, **parameters)


def _user(row: tuple[Any, ...]) -> User:
    person, user, name, role, grades, orgs, enabled, until = row
    return User(person, user, name, role, list(grades), list(orgs), bool(enabled), _end(until))


def _begin(day: str) -> date | None:
    read = date.fromisoformat(day)
    return None if read == UNKNOWN_BEGIN else read


def _end(day: str) -> date | None:
    read = date.fromisoformat(day)
    return None if read == OPEN_END else read


def _cursor(name: str, user: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([name, user]).encode()).decode()


def _read_cursor(cursor: str) -> tuple[str, str]:
    try:
        name, user = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return str(name), str(user)
    except (binascii.Error, ValueError, TypeError) as error:
        raise BadCursor(cursor) from error


class BadCursor(ValueError):
    """A cursor that no page has given."""
