"""Who belongs where by the roster: what decides whose portraits somebody may see."""

from collections.abc import Collection, Iterable
from datetime import date
from typing import Final

from projections.identities import accounts_of, person_of
from projections.warehouse import Generation

STUDENT: Final = "student"
TEACHER: Final = "teacher"
_NAMES_A_QUERY: Final = 1_000  # keeps a query's parameters under ClickHouse's limit of 256 KiB


class RosterMembership:
    """The membership that one generation's roster tells; safe to share between threads.

    Persons are given and taken by any account of theirs, and given as folded tables have them.
    """

    def __init__(self, generation: Generation) -> None:
        self._generation = generation

    def person_of(self, store: str, account: str) -> str:
        """Give the person an account is linked to; the account itself where it isn't."""
        return person_of(self._generation, store, account)

    def teaches(self, store: str, person: str, on: date) -> Iterable[str]:
        """Give the classes that a person teaches on a day, or has taught in that day's term.

        A term is a session of the roster, of any type, that the day is in and the class belongs to.
        """
        return self._column(
            "membership_teaches", store, persons=self._accounts(store, person), on=on.isoformat()
        )

    def schools_of(self, store: str, person: str, on: date) -> Iterable[str]:
        """Give the schools that a person belongs to, as a user of the roster does to its orgs."""
        return self._column(
            "membership_schools", store, persons=self._accounts(store, person), on=on.isoformat()
        )

    def classes_of(self, store: str, schools: Collection[str], on: date) -> Iterable[str]:
        """Give the classes of schools that the roster has on a day."""
        return self._of("membership_classes", store, schools, on)

    def students_of(self, store: str, classes: Collection[str], on: date) -> Iterable[str]:
        """Give the persons who are students in classes on a day."""
        return self._of("membership_people", store, classes, on, role=STUDENT)

    def teachers_of(self, store: str, classes: Collection[str], on: date) -> Iterable[str]:
        """Give the persons who teach classes on a day."""
        return self._of("membership_people", store, classes, on, role=TEACHER)

    def _accounts(self, store: str, person: str) -> list[str]:
        return accounts_of(self._generation, store, self.person_of(store, person))

    def _of(
        self, query: str, store: str, names: Collection[str], on: date, **more: str
    ) -> Iterable[str]:
        """Ask about several names, so many at a time."""
        asked, found = sorted(names), dict[str, None]()
        for first in range(0, len(asked), _NAMES_A_QUERY):
            some = asked[first : first + _NAMES_A_QUERY]
            rows = self._column(query, store, names=some, on=on.isoformat(), **more)
            found.update(dict.fromkeys(rows))
        return list(found)

    def _column(self, query: str, store: str, **given: object) -> list[str]:
        return [str(value) for (value,) in self._generation.query(query, store=store, **given)]
