"""The door: what a request's statements are held against before they are stored."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from lrs.credentials import Credential
from lrs.profiles.checking import Check
from lrs.profiles.findings import Finding
from lrs.profiles.registry import Mode, Registry
from lrs.profiles.sets import ProfileSet
from lrs.profiles.templates import Statement, normalized
from lrs.queries import StatementQuery
from lrs.times import iso_text, now_microseconds

if TYPE_CHECKING:
    from lrs.record import Record

# Finds a statement of a store by id, where it isn't voided.
Finder = Callable[[str, str], Statement | None]
# Gives at most so many statements of a store and registration, oldest first, none voided.
Earlier = Callable[[str, str, int], Sequence[Statement]]


class Door:
    """Holds statements against the profiles of their store."""

    def __init__(self, registry: Registry, statement_of: Finder, earlier: Earlier) -> None:
        self.registry = registry
        self._statement_of = statement_of
        self._earlier = earlier

    @classmethod
    def of(cls, record: "Record") -> "Door":
        """Make the door of a record."""

        def statement_of(store: str, statement_id: str) -> Statement | None:
            found = record.statement(store, statement_id, voided=False)
            return None if found is None else orjson.loads(found.json)

        def earlier(store: str, registration: str, limit: int) -> Sequence[Statement]:
            query = StatementQuery(
                store=store, registration=registration, ascending=True, limit=limit
            )
            page = record.find_statements(query)
            return [orjson.loads(found.json) for found in page.statements]

        return cls(Registry(record.statements), statement_of, earlier)

    def mode(self, credential: Credential) -> Mode:
        """Give the mode for an app: its own, else that of its store."""
        own = credential.profile_check
        return self.registry.mode(credential.store) if own is None else Mode(own)

    def check(
        self, store: str, statements: Sequence[Statement], authority: Mapping[str, Any]
    ) -> list[Finding]:
        """Hold valid statements of one request against the profiles of a store.

        `authority` is who will vouch for them. Gives violations and advice, by statement.
        """
        profiles = self.registry.profiles(store)
        if not profiles:
            return []
        return check_statements(
            profiles,
            statements,
            authority,
            stored_statement=partial(self._statement_of, store),
            earlier=partial(self._earlier, store),
        )


def check_statements(
    profiles: ProfileSet,
    statements: Sequence[Statement],
    authority: Mapping[str, Any],
    *,
    stored_statement: Callable[[str], Statement | None] = lambda _: None,
    earlier: Callable[[str, int], Sequence[Statement]] = lambda registration, limit: (),
) -> list[Finding]:
    """Hold valid statements against profiles, as if they came in one request."""
    now = now_microseconds()
    stored = iso_text(now)
    views = [normalized(one, authority=authority, stored=stored) for one in statements]
    check = Check(profiles, views, received=now, stored_statement=stored_statement, earlier=earlier)
    return sorted(check.findings(), key=lambda finding: finding.index)
