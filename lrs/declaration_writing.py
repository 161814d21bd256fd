"""What declarations do to the log and their index, in one transaction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import msgspec

from lrs.declarations import (
    IDENTITY,
    Declaration,
    DeclarationEvent,
    DeclarationHeader,
    DeclarationRefused,
    DeclarationsMoved,
    DeclarationsStored,
    Declared,
    Link,
    Withdrawn,
    decode_link,
    digest_of,
)
from lrs.event_writing import EventWriter
from lrs.recorders.base import PARAMETER_LIMIT, RecordTransaction, chunks
from lrs.submissions import DeclarationSubmission
from lrs.times import iso_texts

_ROWS_AT_ONCE = 1_000
_COLUMNS = ("stream", "store", "kind", "id", "person", "position", "version", "deleted")


class _Current(msgspec.Struct, frozen=True):
    """What holds of a declaration: the number of its newest event, where that is, its content."""

    version: int = 0
    position: int = 0
    content: bytes | None = None


class DeclarationWriter:
    """Writes declarations, those of one submission all or none, each on what those before left."""

    def __init__(self, events: EventWriter) -> None:
        self.events = events
        self.transaction = events.transaction

    def write(self, submissions: Sequence[DeclarationSubmission]) -> None:
        """Declare what can be declared; sets the outcome of every submission."""
        for submission in submissions:
            try:
                submission.outcome = self._declare(submission)
            except DeclarationRefused as refused:
                submission.outcome = refused

    def _declare(self, submission: DeclarationSubmission) -> DeclarationsStored:
        store, declarations = submission.store, submission.declarations
        if submission.seen is not None:
            kind, position = submission.seen
            if newest_of_kind(self.transaction.execute, "?", store, kind) > position:
                raise DeclarationsMoved(kind)
        current = self._current(store, declarations)
        links = self._links(store, declarations)
        events: list[DeclarationEvent] = []
        newest = 0
        times = iso_texts(self.events.next_stored(len(declarations)), len(declarations))
        for declaration in declarations:
            stream = declaration.originator(store)
            held = current.get(stream, _Current())
            newest = max(newest, held.position)
            if (content := _news(declaration, held, links)) is None:
                continue
            header = _header(declaration, times[len(events)], submission.authority)
            made = Withdrawn if declaration.content is None else Declared
            events.append(made(stream, held.version + 1, header, content))
            kept = None if declaration.content is None else content
            current[stream] = _Current(held.version + 1, held.position, kept)
        return DeclarationsStored(max(newest, self._insert(store, events)), len(events))

    def _insert(self, store: str, events: Sequence[DeclarationEvent]) -> int:
        """Write events and their rows; gives the newest position, 0 where there are none."""
        positions = self.events.insert(events)
        if positions is None:
            raise RuntimeError("the log refused events that it does not hold")
        write_declarations(self.transaction, zip(positions, events, strict=True))
        return positions[-1] if positions else 0

    def _current(self, store: str, declarations: Sequence[Declaration]) -> dict[str, _Current]:
        """Look up what holds of these declarations, by stream."""
        streams = list({declaration.originator(store) for declaration in declarations})
        rows = list(
            chain.from_iterable(
                self._rows("stream, position, version, deleted", "stream", some)
                for some in chunks(streams, PARAMETER_LIMIT)
            )
        )
        held = self.transaction.events_at([row["position"] for row in rows if not row["deleted"]])
        content = {
            position: self.events.mapper.to_domain_event(event).content
            for position, event in held.items()
        }
        return {
            row["stream"]: _Current(row["version"], row["position"], content.get(row["position"]))
            for row in rows
        }

    def _links(self, store: str, declarations: Sequence[Declaration]) -> "_Links":
        """Look up what these identity declarations could make a chain with."""
        accounts = {one.id for one in declarations if one.kind == IDENTITY}
        persons = {
            decode_link(one.content).person
            for one in declarations
            if one.kind == IDENTITY and one.content is not None
        }
        person_of: dict[str, str] = {}
        for some in chunks([_stream(store, one) for one in accounts | persons], PARAMETER_LIMIT):
            rows = self._rows("id, person", "stream", some)
            person_of |= {digest_of(row["id"]): row["person"] for row in rows if row["person"]}
        for some in chunks([digest_of(account) for account in accounts], PARAMETER_LIMIT - 1):
            rows = self._rows("id, person", "person", some, store)
            person_of |= {digest_of(row["id"]): row["person"] for row in rows}
        return _Links(person_of)

    def _rows(
        self, columns: str, column: str, values: Sequence[str], store: str | None = None
    ) -> list[Any]:
        where, parameters = f"{column} IN ({','.join('?' * len(values))})", list(values)
        if store is not None:
            where, parameters = f"store = ? AND {where}", [store, *values]
        return self.transaction.execute(
            f"SELECT {columns} FROM declarations WHERE {where}",  # noqa: S608 - columns and marks
            parameters,
        )


def newest_of_kind(
    read: Callable[[str, Sequence[Any]], Sequence[Any]], mark: str, store: str, kind: str
) -> int:
    """Give the position of a store's newest declaration of a kind, 0 where there is none."""
    (row,) = read(
        "SELECT coalesce(max(position), 0) AS newest FROM declarations"  # noqa: S608 - marks
        f" WHERE kind = {mark} AND store = {mark}",
        [kind, store],
    )
    return int(row["newest"])


class _Links:
    """The links that hold, as far as some identity declarations touch them; keys are digests."""

    def __init__(self, person_of: Mapping[str, str]) -> None:
        self._person_of = dict(person_of)
        self._accounts: dict[str, int] = {}  # how many, by person
        for person in person_of.values():
            self._accounts[person] = self._accounts.get(person, 0) + 1

    def link(self, declaration: Declaration, person: str) -> None:
        """Link an account to a person. Raises DeclarationConflict where that makes a chain."""
        account, wanted = digest_of(declaration.id), digest_of(person)
        if self._accounts.get(account):
            raise declaration.conflicts(
                f"other accounts are linked to it, so it can't be linked to {person!r}:"
                " link those to that person"
            )
        if wanted in self._person_of:
            raise declaration.conflicts(
                f"{person!r} is itself an account linked to another person: link to that person"
            )
        self.unlink(declaration)
        self._person_of[account] = wanted
        self._accounts[wanted] = self._accounts.get(wanted, 0) + 1

    def unlink(self, declaration: Declaration) -> None:
        """Forget an account's link."""
        person = self._person_of.pop(digest_of(declaration.id), None)
        if person is not None:
            self._accounts[person] -= 1


def _news(declaration: Declaration, held: _Current, links: _Links) -> bytes | None:
    """Give the content of the event that a declaration makes, None where it changes nothing."""
    if declaration.content is None:
        links.unlink(declaration)
        return held.content
    if declaration.kind == IDENTITY:
        return _linked(declaration, held, links)
    return None if declaration.content == held.content else declaration.content


def _linked(declaration: Declaration, held: _Current, links: _Links) -> bytes | None:
    wanted = decode_link(declaration.content or b"")
    before = decode_link(held.content) if held.content is not None else None
    if before is not None:
        stays = before.by == "explicit" and wanted.by == "roster"
        if stays or (before.person, before.by) == (wanted.person, wanted.by):
            return None
    links.link(declaration, wanted.person)
    previous = before.person if before is not None else declaration.id
    return msgspec.json.encode(Link(person=wanted.person, by=wanted.by, previous=previous))


def _header(declaration: Declaration, stored: str, authority: bytes) -> bytes:
    header = DeclarationHeader(
        stored=stored, kind=declaration.kind, id=declaration.id, authority=msgspec.Raw(authority)
    )
    return msgspec.json.encode(header)


def _stream(store: str, account: str) -> str:
    return Declaration(kind=IDENTITY, id=account, content=None).originator(store)


def write_declarations(
    transaction: RecordTransaction, events: Iterable[tuple[int, DeclarationEvent]]
) -> None:
    """Put events, each with its position and in order, into the index of declarations."""
    rows = {event.originator_id: _row(event, position) for position, event in events}
    for some in chunks(list(rows.values()), _ROWS_AT_ONCE):
        marks = ", ".join(["(" + ", ".join("?" * len(_COLUMNS)) + ")"] * len(some))
        transaction.execute(
            f"INSERT INTO declarations ({', '.join(_COLUMNS)}) VALUES {marks}"  # noqa: S608 - no values
            " ON CONFLICT (stream) DO UPDATE SET person = excluded.person,"
            " position = excluded.position, version = excluded.version,"
            " deleted = excluded.deleted",
            list(chain.from_iterable(some)),
        )


def _row(event: DeclarationEvent, position: int) -> list[Any]:
    version = event.version()
    store = event.originator_id.split("/", 1)[0]
    linked = version.kind == IDENTITY and not version.deleted
    person = digest_of(decode_link(version.content).person) if linked else ""
    stream, number = event.originator_id, event.originator_version
    deleted = int(version.deleted)
    return [stream, store, version.kind, version.id, person, position, number, deleted]
