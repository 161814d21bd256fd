"""Whose account is whose: the links of accounts to persons, by which facts are folded together.

A fact is about the account that its statement names; what is folded is a person, to whom several
accounts may belong. The links are declared in the log (lrs/declarations.py), and the one of an
account of the highest log position holds.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from lrs.declarations import IDENTITY, DeclarationVersion, decode_link
from projections.folds import Person
from projections.tables import IDENTITIES, Row
from projections.warehouse import Generation


class Link(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """As of a log position an account belongs to a person, and to another before.

    An account that is nobody's is its own person.
    """

    store: str
    account: str
    person: str
    previous: str
    position: int

    @property
    def touched(self) -> set[Person]:
        """The persons whose facts it changes."""
        return {(self.store, one) for one in (self.account, self.person, self.previous)}


def read_link(store: str, declaration: DeclarationVersion, position: int) -> Link:
    """Read an identity declaration. Raises msgspec.DecodeError for what isn't one's content."""
    account, link = declaration.id, decode_link(declaration.content)
    if declaration.deleted:
        return Link(store, account, account, link.person, position)
    return Link(store, account, link.person, link.previous or account, position)


def identity_rows(
    store: str, declaration: DeclarationVersion, position: int
) -> dict[str, list[Row]]:
    """Give the rows that an identity declaration makes."""
    link = read_link(store, declaration, position)
    if declaration.deleted:
        return {IDENTITIES.name: [IDENTITIES.tombstone((store, link.account), position)]}
    return {IDENTITIES.name: [(store, link.account, link.person, position, 0)]}


DECLARED: Final = {IDENTITY: identity_rows}

Undo = list[tuple[Person, str, int]]  # accounts, whose they were, and since which position


class Identities:
    """The links of one generation that hold, as far as they are known: account to person.

    They hold whatever order they come in: of an account, the one of the highest position.
    """

    def __init__(self, links: Iterable[Link] = ()) -> None:
        self._person_of: dict[Person, str] = {}  # of those accounts that are another's
        self._accounts: defaultdict[Person, set[str]] = defaultdict(set)  # but a person's own
        self._since: dict[Person, int] = {}  # positions
        self.add(links)

    def __bool__(self) -> bool:
        """Whether any account is known to be another's: else nothing needs to be resolved."""
        return bool(self._person_of)

    def resolve(self, account: Person) -> Person:
        """Say who an account belongs to."""
        person = self._person_of.get(account)
        return account if person is None else (account[0], person)

    def accounts_of(self, person: Person) -> list[Person]:
        """List the accounts of a person; none where it is an account of somebody else's."""
        store = person[0]
        own = [] if person in self._person_of else [person]
        return own + [(store, one) for one in sorted(self._accounts.get(person, ()))]

    def add(self, links: Iterable[Link]) -> Undo:
        """Take links to hold; gives what `restore` needs to forget them again."""
        undo: Undo = []
        for link in links:
            account = (link.store, link.account)
            since = self._since.get(account, 0)
            if link.position > since:
                undo.append((account, self._person_of.get(account, account[1]), since))
                self._set(account, link.person, link.position)
        return undo

    def restore(self, undo: Undo) -> None:
        """Have accounts belong to whom they belonged before links were added."""
        for account, person, since in reversed(undo):
            self._set(account, person, since)

    def _set(self, account: Person, person: str, since: int) -> None:
        store, name = account
        before = self._person_of.pop(account, None)
        if before is not None:
            self._accounts[store, before].discard(name)
        if person != name:
            self._person_of[account] = person
            self._accounts[store, person].add(name)
        self._since[account] = since


def load_identities(generation: Generation) -> Identities:
    """Load what a generation's table knows of links, those too that hold no more."""
    return Identities(
        Link(store, account, account if is_deleted else person, account, int(position))
        for store, account, person, is_deleted, position in generation.query("identities")
    )


def relinked(links: Iterable[Link]) -> dict[Person, int]:
    """Give the persons whose facts links change, and the newest position of each."""
    newest: dict[Person, int] = {}
    for link in links:
        for person in link.touched:
            newest[person] = max(newest.get(person, 0), link.position)
    return newest


def all_accounts(identities: Identities, persons: Sequence[Person]) -> list[Person]:
    """List the accounts of several persons."""
    return [account for person in persons for account in identities.accounts_of(person)]


# For queries about a person over tables that have accounts --------------------------------------


def person_of(generation: Generation, store: str, account: str) -> str:
    """Say who an account belongs to, itself if to nobody else."""
    rows = generation.query("person_of", store=store, account=account)
    return str(rows[0][0]) if rows else account


def accounts_of(generation: Generation, store: str, person: str) -> list[str]:
    """List the accounts of a person, first the one that is the person's own name."""
    rows = generation.query("accounts_of", store=store, person=person)
    return [person, *(account for (account,) in rows)]
