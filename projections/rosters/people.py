"""People as reports of lessons and teachers ask for them: by their accounts, and by the roster."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from projections import identities
from projections.rosters.roster import Member, Roster
from projections.warehouse import Generation

_NAMES_A_QUERY: Final = 500  # keeps a query's parameters under ClickHouse's limit of 256 KiB


class KnownPeople:
    """The people of one generation; safe to share between threads."""

    def __init__(self, generation: Generation, timezone: str) -> None:
        self._generation = generation
        self._roster = Roster(generation, timezone)

    def person_of(self, store: str, account: str) -> str:
        """Give the person that an account belongs to: itself if to nobody else."""
        return identities.person_of(self._generation, store, account)

    def persons_of(self, store: str, accounts: Sequence[str]) -> Mapping[str, str]:
        """Give the persons that those of these accounts belong to which are another's."""
        return {
            account: person
            for some in _shares(accounts)
            for account, person in self._generation.query("persons_of", store=store, accounts=some)
        }

    def accounts_of(self, store: str, person: str) -> Sequence[str]:
        """List all accounts of a person."""
        return identities.accounts_of(self._generation, store, person)

    def students(self, store: str, class_group: str, *, on: date | None = None) -> Sequence[Member]:
        """List the students of a class on a day; nobody where the roster doesn't know it."""
        return self._roster.students(store, class_group, on=on)

    def roles(self, store: str, persons: Sequence[str]) -> Mapping[str, str]:
        """Give the roles, in OneRoster's words, of those of these persons that the roster knows."""
        known = self._roster.of_persons(store, persons)
        return {person: user.role for person, user in known.items()}

    def titles(self, store: str, classes: Sequence[str]) -> Mapping[str, str]:
        """Give the titles of those of these classes that the roster knows."""
        return {
            class_group: title
            for some in _shares(classes)
            for class_group, title in self._generation.query(
                "class_titles", store=store, classes=some
            )
        }


def _shares(names: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(names)
    for first in range(0, len(ordered), _NAMES_A_QUERY):
        yield ordered[first : first + _NAMES_A_QUERY]
