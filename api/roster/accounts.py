"""The accounts that a roster's users have in other systems, linked to the persons they are."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import msgspec

from api.roster.faults import Faults
from lrs.actors import actor_key
from lrs.declarations import IDENTITY, Declaration, link_declaration

_FILE: Final = "users.csv"
_MAIL: Final = re.compile(r"[^@\s|]+@[^@\s|]+")
_COLUMNS: Final = ("username", "identifier")


class AccountRules(msgspec.Struct, frozen=True):
    """Which identifiers of users are accounts, and whose.

    Each type (of ``userIds``, or one of the columns ``username`` and ``identifier``) has the home
    page of the system whose accounts it names; ``mbox``: the e-mail address is an account too.
    """

    home_pages: tuple[tuple[str, str], ...] = ()
    mbox: bool = False

    def covers(self, account: str) -> bool:
        """Tell whether these rules could have made an account's link."""
        if self.mbox and account.startswith("mbox:"):
            return True
        return any(account.startswith(f"account:{home}|") for _, home in self.home_pages)


class LinkHeld(msgspec.Struct, frozen=True):
    """A link that the record holds: whose account it is, and who says so."""

    person: str
    by: str


class Holder(msgspec.Struct, frozen=True):
    """A user who may have accounts; `line` is where the file has it, 0 where it does not."""

    user: str
    person: str
    content: Mapping[str, Any]
    line: int


class Links(msgspec.Struct):
    """What to declare of accounts, and how many came to what."""

    declarations: list[Declaration]
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    withdrawn: int = 0


def link_accounts(
    holders: Collection[Holder],
    held: Mapping[str, LinkHeld],
    rules: AccountRules,
    faults: Faults,
) -> Links:
    """Work out the links of the users' accounts; a link that was made explicitly stays.

    One that the roster made before, for somebody who is still in it, is withdrawn where these
    rules no longer make it. An account that two users have is a fault.
    """
    links = Links([])
    if not rules.home_pages and not rules.mbox:
        return links
    # A person may be declared to be another's account: then that is who the accounts belong to.
    person_of = {one.user: _resolved(one.person, held) for one in holders}
    wanted = _wanted(holders, person_of, rules, faults)
    persons = set(person_of.values())
    for account, link in held.items():
        is_theirs = link.by == "roster" and link.person in persons and rules.covers(account)
        if is_theirs and account not in wanted:
            links.withdrawn += 1
            links.declarations.append(Declaration(kind=IDENTITY, id=account, content=None))
    for account, person in wanted.items():
        before = held.get(account)
        if before is not None and (before.by == "explicit" or before.person == person):
            links.unchanged += 1
            continue
        links.new += before is None
        links.changed += before is not None
        links.declarations.append(link_declaration(account, person, "roster"))
    return links


def _wanted(
    holders: Collection[Holder],
    person_of: Mapping[str, str],
    rules: AccountRules,
    faults: Faults,
) -> dict[str, str]:
    """Give the person of each account."""
    owners = {one.person: one.user for one in holders}
    wanted: dict[str, str] = {}
    for holder in holders:
        for column, account in _accounts(holder, rules, faults):
            owner = owners.setdefault(account, holder.user)
            if owner != holder.user:
                rule = f"an account belongs to one person; {owner!r} has it too"
                faults.add(_FILE, holder.line, column, rule, account)
            elif account not in (holder.person, person_of[holder.user]):
                wanted[account] = person_of[holder.user]
    return wanted


def _accounts(holder: Holder, rules: AccountRules, faults: Faults) -> Iterator[tuple[str, str]]:
    """Give the accounts of a user, each with the column that names it."""
    content = holder.content
    for kind, home_page in rules.home_pages:
        for column, identifier in _identifiers(content, kind):
            key = actor_key({"account": {"homePage": home_page, "name": identifier}})
            if key is not None:
                yield column, key
    if rules.mbox and (mail := content.get("email")):
        if not _MAIL.fullmatch(mail):
            faults.add(_FILE, holder.line, "email", "an e-mail address, such as li@a.example", mail)
        elif key := actor_key({"mbox": f"mailto:{mail}"}):
            yield "email", key


def _identifiers(content: Mapping[str, Any], kind: str) -> Iterator[tuple[str, str]]:
    if kind in _COLUMNS:
        if content.get(kind):
            yield kind, content[kind]
        return
    for one in content.get("userIds", ()):
        if one["type"] == kind:
            yield "userIds", one["identifier"]


def _resolved(person: str, held: Mapping[str, LinkHeld]) -> str:
    link = held.get(person)
    return person if link is None else link.person
