"""The record: every statement kept for ever, unchanged, and found again. The room's front door."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from threading import Lock
from typing import Any, cast

import msgspec
import orjson
from eventsourcing.application import Application
from eventsourcing.persistence import Mapper, StoredEvent
from eventsourcing.utils import Environment, EnvType

from lrs.committer import Committer
from lrs.declaration_writing import DeclarationWriter, newest_of_kind
from lrs.declarations import (
    Declaration,
    DeclarationEvent,
    DeclarationsMoved,
    DeclarationsStored,
    DeclarationVersion,
    declaration_originator,
    digest_of,
)
from lrs.definitions import LatestDefinitions, activity_name
from lrs.document_writing import DocumentWriter
from lrs.documents import (
    DocumentChange,
    DocumentChanged,
    DocumentEvent,
    DocumentIds,
    DocumentName,
    DocumentScope,
    DocumentVersion,
    listed_ids,
)
from lrs.drafts import Draft
from lrs.event_writing import EventWriter
from lrs.events import (
    STATEMENT_STORED,
    STATEMENT_VOIDED,
    RecordMapper,
    StatementStored,
    StatementVoided,
    originator_parts,
    statement_originator,
)
from lrs.formats import instant
from lrs.profiles.findings import Report
from lrs.queries import StatementQuery
from lrs.recorders.base import PARAMETER_LIMIT, StatementRecorder, chunks
from lrs.reindex import rebuild_index
from lrs.submissions import (
    DeclarationSubmission,
    DocumentSubmission,
    StatementSubmission,
    Stored,
    Submission,
)
from lrs.times import now_microseconds
from lrs.writing import GroupWriter

Settled = Callable[[Submission], None]

SQLITE = "lrs.recorders.sqlite:Factory"


class Found(msgspec.Struct, frozen=True):
    """A statement found: its JSON as ``format=exact`` serves it, and what the record knows."""

    json: bytes
    added: bytes  # JSON of the properties the record added
    attached: tuple[str, ...]  # SHA-2 of the attachments whose bytes came with it

    def stored(self) -> int:
        """Give the stored time in microseconds."""
        return instant(orjson.loads(self.added)["stored"])


class Page(msgspec.Struct, frozen=True):
    """One page of statements, and the position the next one continues after (None: no more)."""

    statements: list[Found]
    next_after: int | None


class LogEntry(msgspec.Struct, frozen=True, gc=False):
    """One event of the log, as the carriers read it.

    `kind` is ``statement``, ``voiding`` (then `statement` is the one now voided), ``document``
    (then `document` is the version that it makes), ``declaration`` (then `declaration` is the
    version that it makes) or ``unreadable`` (then `error` says why, and `store` and
    `statement_id` are what its stream's name tells). `stored` is in microseconds, 0 where it
    can't be read.
    """

    position: int
    store: str
    kind: str
    statement_id: str
    stored: int
    statement: bytes
    document: DocumentVersion | None = None
    error: str = ""
    declaration: DeclarationVersion | None = None


Outcomes = deque[tuple["asyncio.Future[Any]", Submission]]  # settled, and not yet told


class Record(Application[str]):
    """The event-sourced record of every store."""

    name = "Record"

    def __init__(self, env: EnvType | None = None) -> None:
        super().__init__(env)
        self._clock_lock = Lock()
        self._writing_since: int | None = None
        self._promised = 0
        self._latest = LatestDefinitions()
        self._outcomes: dict[asyncio.AbstractEventLoop, Outcomes] = {}
        self._committer = Committer(self._commit)

    @classmethod
    def open(cls, location: str, environment: EnvType | None = None) -> "Record":
        """Open the record at a path (SQLite) or a ``postgresql://`` DSN.

        `environment` holds eventsourcing's own settings, such as COMPRESSOR_TOPIC and CIPHER_KEY.
        Raises RecordUnreadable where they are not those that the record was written with.
        """
        env = dict(environment or {})
        if location.startswith(("postgresql://", "postgres://")):
            from lrs.recorders.postgresql import environment_of

            record = cls(env | environment_of(location))
        else:
            record = cls(env | {"PERSISTENCE_MODULE": SQLITE, "SQLITE_DBNAME": location})
        try:
            record._check_readable()
        except BaseException:
            record.close()
            raise
        return record

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Keep the originator ids text, whatever the environment says."""
        return super().construct_env(name, {**(env or {}), "ORIGINATOR_ID_TYPE": "text"})

    def construct_mapper(self) -> Mapper[str]:
        """Write events as received instead of rebuilding them through objects."""
        mapper: Mapper[str] = self.factory.mapper(
            transcoder=self.construct_transcoder(), mapper_class=RecordMapper
        )
        return mapper

    @property
    def statements(self) -> StatementRecorder:
        """The recorder, as this room extends it."""
        return cast(StatementRecorder, self.recorder)

    def close(self) -> None:
        """Store what still waits, then let go of the database."""
        if hasattr(self, "_committer"):
            self._committer.close()
            self.statements.close()
        super().close()

    # Writing -------------------------------------------------------------------------------

    async def store_statements(
        self, store: str, drafts: list[Draft], report: Report | None = None
    ) -> Stored:
        """Store the statements of one request, all or none, durably.

        What a `report` says of those that are new is counted with them. Raises
        StatementConflictError, VoidingError.
        """
        outcome = await self._submitted(
            lambda settled: StatementSubmission(store, drafts, settled, report)
        )
        return cast(Stored, outcome)

    def store_statements_now(self, store: str, drafts: list[Draft]) -> Stored:
        """Do the same from a thread that may wait."""
        done: Future[Any] = Future()
        self._committer.submit(
            StatementSubmission(store, drafts, lambda submission: _settle(done, submission))
        )
        return cast(Stored, done.result())

    async def change_document(self, store: str, change: DocumentChange) -> DocumentChanged:
        """Put, post, delete a document or clear a scope, durably.

        Raises ConditionMissingError, ConditionFailedError, and Violation for what can't be merged.
        """
        outcome = await self._submitted(lambda settled: DocumentSubmission(store, change, settled))
        return cast(DocumentChanged, outcome)

    async def declare(
        self, store: str, declarations: Sequence[Declaration], authority: bytes
    ) -> DeclarationsStored:
        """Declare, all or none, durably; `authority` is the JSON, on one line, of who does.

        What holds already makes no event. Raises DeclarationRefused.
        """
        _check(declarations)
        outcome = await self._submitted(
            lambda settled: DeclarationSubmission(store, declarations, authority, settled)
        )
        return cast(DeclarationsStored, outcome)

    def declare_now(
        self, store: str, declarations: Sequence[Declaration], authority: bytes
    ) -> DeclarationsStored:
        """Do the same from a thread that may wait."""
        return self._declare_now(store, declarations, authority, None)

    def declare_together(
        self, store: str, kind: str, check: Callable[[], Declaration], authority: bytes
    ) -> DeclarationsStored:
        """Declare what goes together with all others of its kind that the store holds.

        `check` reads those, and gives the declaration, or raises. It does so again where another
        process declared one of the kind meanwhile: the commit finds that out.
        """
        while True:
            newest = newest_of_kind(self.statements.read, self.statements.mark, store, kind)
            try:
                return self._declare_now(store, [check()], authority, (kind, newest))
            except DeclarationsMoved:
                continue

    def _declare_now(
        self,
        store: str,
        declarations: Sequence[Declaration],
        authority: bytes,
        seen: tuple[str, int] | None,
    ) -> DeclarationsStored:
        _check(declarations)
        done: Future[Any] = Future()
        self._committer.submit(
            DeclarationSubmission(
                store, declarations, authority, lambda one: _settle(done, one), seen
            )
        )
        return cast(DeclarationsStored, done.result())

    async def _submitted(self, submission: Callable[[Settled], Submission]) -> Any:
        """Give a submission to the committer and wait for its outcome."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()

        outcomes = self._outcomes.setdefault(loop, deque())

        def settled(submission: Submission) -> None:
            # A loop is woken once for all that is settled before it gets to it: waking it costs
            # more than settling. Appending comes first, so that none is left behind.
            outcomes.append((done, submission))
            if len(outcomes) == 1:
                with suppress(RuntimeError):  # the loop has closed: nobody waits any more
                    loop.call_soon_threadsafe(_settle_all, outcomes)

        self._committer.submit(submission(settled))
        return await done

    def _commit(self, submissions: Sequence[Submission]) -> None:
        statements = [one for one in submissions if isinstance(one, StatementSubmission)]
        documents = [one for one in submissions if isinstance(one, DocumentSubmission)]
        declarations = [one for one in submissions if isinstance(one, DeclarationSubmission)]
        # Each draft may bring a voiding with it, so two stored times each.
        events = 2 * sum(one.size for one in statements) + len(documents)
        events += sum(one.size for one in declarations)
        with self._clock_lock:
            not_before = self._promised + 1
            self._writing_since = max(now_microseconds(), not_before)
        try:
            with self.statements.writing(events, not_before) as transaction:
                writer = EventWriter(transaction, cast(RecordMapper, self.mapper), events)
                GroupWriter(writer, self._latest).write(statements)
                DocumentWriter(writer).write(documents)
                DeclarationWriter(writer).write(declarations)
                writer.note_commit()
        except BaseException:
            self._latest.failed()
            raise
        else:
            if writer.events:
                self._latest.committed(writer.last_position)
        finally:
            with self._clock_lock:
                self._writing_since = None

    # Reading -------------------------------------------------------------------------------

    def consistent_through(self) -> int:
        """Give the time (µs) up to which every stored statement is there to be read.

        xAPI 1.0.3 part 3, 2.1.3: ``X-Experience-API-Consistent-Through``.
        """
        elsewhere = self.statements.consistent_through()
        with self._clock_lock:
            if self._writing_since is not None:
                here = self._writing_since - 1
            else:
                here = now_microseconds()
            through = here if elsewhere is None else elsewhere
            self._promised = max(self._promised, through)
            return through

    def statement(
        self, store: str, statement_id: str, *, voided: bool, authority: str | None = None
    ) -> Found | None:
        """Find one statement by id: one that is voided, or one that is not.

        With `authority` (an actor_key), only one vouched for by it.
        """
        stream = statement_originator(store, statement_id.lower())
        found = self.statements.event_of(stream, 1)
        if found is None or (self.statements.event_of(stream, 2) is not None) != voided:
            return None
        event: StatementStored = self.mapper.to_domain_event(found.event)  # type: ignore[assignment]
        if authority is not None and event.authority_key() != authority:
            return None
        return _found(event)

    def position_of(self, store: str, statement_id: str) -> int | None:
        """Give the log position at which a statement was stored; None where it isn't there."""
        found = self.statements.event_of(statement_originator(store, statement_id.lower()), 1)
        return None if found is None else found.position

    def voided_by(self, store: str, statement_id: str) -> str | None:
        """Give the id of the statement that voids another; None where it isn't voided."""
        found = self.statements.event_of(statement_originator(store, statement_id.lower()), 2)
        if found is None:
            return None
        return cast(StatementVoided, self.mapper.to_domain_event(found.event)).voided_by

    def find_statements(self, query: StatementQuery) -> Page:
        """Find one page of statements that are not voided."""
        wider = msgspec.structs.replace(query, limit=query.limit + 1)
        positions = self.statements.positions(wider)
        more = len(positions) > query.limit
        positions = positions[: query.limit]
        events = self.statements.events_at(positions)
        statements = [
            _found(cast(StatementStored, self.mapper.to_domain_event(events[position])))
            for position in positions
        ]
        return Page(statements, positions[-1] if more else None)

    def document(self, store: str, name: DocumentName) -> DocumentVersion | None:
        """Find one document as it is now."""
        rows = self.statements.read(
            f"SELECT position FROM documents WHERE stream = {self.statements.mark} AND deleted = 0",
            [name.originator(store)],
        )
        if not rows:
            return None
        position = rows[0]["position"]
        event = self.statements.events_at([position])[position]
        return cast(DocumentEvent, self.mapper.to_domain_event(event)).version()

    def document_history(self, store: str, name: DocumentName) -> list[DocumentVersion]:
        """Give every version a document has had, oldest first."""
        events = self.recorder.select_events(name.originator(store))
        return [
            cast(DocumentEvent, self.mapper.to_domain_event(event)).version() for event in events
        ]

    def document_ids(
        self, store: str, scope: DocumentScope, since: int | None = None
    ) -> DocumentIds:
        """List the ids of a scope's documents, of those updated after `since` (µs) if given.

        A scope without registration has the documents of every registration.
        """
        mark = self.statements.mark
        where = [f"scope = {mark}", "deleted = 0"]
        parameters: list[Any] = [scope.key(store)]
        if scope.registration is not None:
            where.append(f"registration = {mark}")
            parameters.append(scope.registration)
        if since is not None:
            where.append(f"updated > {mark}")
            parameters.append(since)
        rows = self.statements.read(
            f"SELECT id, updated FROM documents WHERE {' AND '.join(where)}", parameters
        )
        return listed_ids(rows)

    def declaration(self, store: str, kind: str, id_: str) -> DeclarationVersion | None:
        """Find one declaration, if it holds now."""
        stream = declaration_originator(store, kind, id_)
        rows = self.statements.read(
            f"SELECT position FROM declarations WHERE stream = {self.statements.mark}"
            " AND deleted = 0",
            [stream],
        )
        return self._declared([row["position"] for row in rows])[0] if rows else None

    def declarations(
        self, store: str, kind: str, until: int | None = None
    ) -> list[DeclarationVersion]:
        """Give the declarations of a kind that hold, now or as of a log position, by id."""
        found = self._declared(self._declared_at(kind, until, store))
        return sorted((one for one in found if not one.deleted), key=lambda one: one.id)

    def declared(self, kind: str, until: int | None = None, store: str = "") -> list[LogEntry]:
        """Give the entries that declare what holds, now or as of a log position, in its order.

        Those of a kind, of one store or of all.
        """
        entries = [
            entry
            for position in sorted(self._declared_at(kind, until, store))
            for entry in self.read_log(position - 1, 1)
        ]
        return [one for one in entries if one.declaration and not one.declaration.deleted]

    def links_to(self, store: str, person: str) -> list[DeclarationVersion]:
        """Give the identity declarations that hold of the accounts of a person, by account."""
        mark = self.statements.mark
        rows = self.statements.read(
            f"SELECT position FROM declarations WHERE store = {mark} AND person = {mark}"
            " AND person <> ''",
            [store, digest_of(person)],
        )
        found = self._declared([row["position"] for row in rows])
        return sorted(found, key=lambda version: version.id)

    def declaring_stores(self, kind: str) -> list[str]:
        """Name the stores that ever declared something of a kind."""
        rows = self.statements.read(
            f"SELECT DISTINCT store FROM declarations WHERE kind = {self.statements.mark}", [kind]
        )
        return sorted(row["store"] for row in rows)

    def declaration_history(self, store: str, kind: str, id_: str) -> list[DeclarationVersion]:
        """Give every version a declaration has had, oldest first."""
        events = self.recorder.select_events(declaration_originator(store, kind, id_))
        return [
            cast(DeclarationEvent, self.mapper.to_domain_event(event)).version() for event in events
        ]

    def _declared_at(self, kind: str, until: int | None, store: str) -> list[int]:
        """Give the positions at which declarations of a kind came to be as they are, or were."""
        mark = self.statements.mark
        of_store = f" AND store = {mark}" if store else ""
        rows = self.statements.read(
            "SELECT stream, position, version, deleted FROM declarations"
            f" WHERE kind = {mark}{of_store}",
            [kind, store] if store else [kind],
        )
        positions: list[int] = []
        for row in rows:
            if until is not None and row["position"] > until:
                positions += self._declared_by(row["stream"], row["version"] - 1, until)
            elif not row["deleted"]:
                positions.append(row["position"])
        return positions

    def _declared_by(self, stream: str, version: int, until: int) -> list[int]:
        """Give the position of a stream's newest event up to a position, at most this version."""
        while version > 0:
            found = self.statements.event_of(stream, version)
            if found is not None and found.position <= until:
                return [found.position]
            version -= 1
        return []

    def _declared(self, positions: Sequence[int]) -> list[DeclarationVersion]:
        events = self.statements.events_at(positions)
        return [
            cast(DeclarationEvent, self.mapper.to_domain_event(events[position])).version()
            for position in positions
        ]

    def definitions(self, store: str, activities: Sequence[str]) -> dict[str, Any]:
        """Give the merged definitions of those of these activities that have one, by id."""
        names = {activity_name(store, activity): activity for activity in activities}
        found: dict[str, Any] = {}
        for chunk in chunks(list(names), PARAMETER_LIMIT):
            marks = ",".join([self.statements.mark] * len(chunk))
            rows = self.statements.read(
                f"SELECT name, definition FROM activities WHERE name IN ({marks})", chunk
            )
            found |= {names[row["name"]]: orjson.loads(row["definition"]) for row in rows}
        return found

    def rebuild_index(self) -> int:
        """Rebuild the index tables from the log; gives the number of statements."""
        return rebuild_index(self.statements, cast(RecordMapper, self.mapper))

    # The log -------------------------------------------------------------------------------

    def last_position(self) -> int:
        """Give the position of the newest event, 0 where there is none."""
        return self.statements.last_position()

    def wait_for_log(self, after: int, timeout: float) -> bool:
        """Wait until the log is longer than `after`; False where `timeout` seconds passed first."""
        return self.statements.wait_for_log(after, timeout)

    def read_log(self, after: int, limit: int) -> list[LogEntry]:
        """Read at most `limit` events behind position `after`, in order.

        One that can't be read (of an unknown class, say) is told as such and hides no other.
        """
        notifications = self.statements.select_notifications(after + 1, limit)
        voided = self._voided_statements(notifications)
        return [self._log_entry(notification, voided) for notification in notifications]

    def entry_now(self, position: int) -> LogEntry | None:
        """Give the entry of a position as it is now.

        Of a statement voided since, that is its voiding; of a declaration, its newest version.
        """
        entries = [entry for entry in self.read_log(position - 1, 1) if entry.position == position]
        if not entries:
            return None
        entry = entries[0]
        if entry.kind in ("statement", "unreadable") and entry.statement_id:
            stream = statement_originator(entry.store, entry.statement_id)
            if (voided := self.statements.event_of(stream, 2)) is not None:
                return self.read_log(voided.position - 1, 1)[0]
        if entry.declaration is not None:
            return self.read_log(self._newest_declared(entry.store, entry.declaration) - 1, 1)[0]
        return entry

    def _newest_declared(self, store: str, version: DeclarationVersion) -> int:
        rows = self.statements.read(
            f"SELECT position FROM declarations WHERE stream = {self.statements.mark}",
            [declaration_originator(store, version.kind, version.id)],
        )
        return int(rows[0]["position"])

    def _voided_statements(self, notifications: Sequence[Any]) -> dict[str, StoredEvent]:
        found: dict[str, StoredEvent] = {}
        for notification in notifications:
            if notification.topic == STATEMENT_VOIDED:
                stored = self.statements.event_of(notification.originator_id, 1)
                if stored is not None:
                    found[notification.originator_id] = stored.event
        return found

    def _check_readable(self) -> None:
        """Read the events at both ends: one that is damaged is a dead letter, all are a mistake."""
        last = self.last_position()
        ends = (
            [entry for after in {0, last - 1} for entry in self.read_log(after, 1)] if last else []
        )
        if ends and all(entry.kind == "unreadable" for entry in ends):
            raise RecordUnreadable(
                f"neither the first event of the record nor the last can be read: {ends[0].error};"
                " are CIPHER_TOPIC, CIPHER_KEY and COMPRESSOR_TOPIC those it was written with?"
            )

    def _log_entry(self, notification: Any, voided: dict[str, StoredEvent]) -> LogEntry:
        try:
            return self._readable_entry(notification, voided)
        except Exception as error:  # whatever it is, the rest of the log can be read
            return _unreadable_entry(notification, error)

    def _readable_entry(self, notification: Any, voided: dict[str, StoredEvent]) -> LogEntry:
        store, _, key = originator_parts(notification.originator_id)
        event: Any = self.mapper.to_domain_event(notification)
        if notification.topic == STATEMENT_STORED:
            return LogEntry(notification.id, store, "statement", key, event.stored(), event.exact())
        if isinstance(event, DocumentEvent):
            version = event.version()
            return LogEntry(notification.id, store, "document", "", version.updated, b"", version)
        if isinstance(event, DeclarationEvent):
            made = event.version()
            return LogEntry(
                notification.id, store, "declaration", "", made.stored, b"", declaration=made
            )
        stored = instant(event.stored)
        if notification.originator_id not in voided:
            raise LookupError("the statement that it voids is not in the log")
        about: Any = self.mapper.to_domain_event(voided[notification.originator_id])
        return LogEntry(notification.id, store, "voiding", key, stored, about.exact())


class RecordUnreadable(Exception):
    """The record's events can't be read with the settings given."""


def _unreadable_entry(notification: Any, error: Exception) -> LogEntry:
    store, kind, key = ("", "", "")
    with suppress(ValueError):
        store, kind, key = originator_parts(notification.originator_id)
    statement_id = key if kind == "statement" else ""
    reason = f"{type(error).__name__}: {error}"
    return LogEntry(notification.id, store, "unreadable", statement_id, 0, b"", error=reason)


def _check(declarations: Sequence[Declaration]) -> None:
    for declaration in declarations:
        declaration.check()


def _found(event: StatementStored) -> Found:
    return Found(event.exact(), event.added, event.attached)


def _settle_all(outcomes: Outcomes) -> None:
    """Tell those who wait in this loop what became of their submissions."""
    while outcomes:
        done, submission = outcomes.popleft()
        if not done.cancelled():
            _settle(done, submission)


def _settle(done: "asyncio.Future[Any] | Future[Any]", submission: Submission) -> None:
    outcome = submission.outcome
    if outcome is None:
        done.set_exception(RuntimeError("a submission was left without outcome"))
    elif isinstance(outcome, Exception):
        done.set_exception(outcome)
    else:
        done.set_result(outcome)
