"""Forwarding: statements of the log go to an upstream record, in order, each there once.

What the upstream has acknowledged is noted after it did. Killed in between, a forwarder posts some
statements again, which are there by their ids and stay as they are.
"""

import logging
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, Final, Protocol

import msgspec
import orjson

from lrs.attachment_parts import attachments_served
from lrs.attachment_rules import has_attachments
from lrs.attachments import AttachmentStore
from lrs.drafts import is_voiding
from lrs.record import Found, LogEntry
from lrs.terms import referenced_statement
from lrs.times import now_microseconds
from streams.embedded import Log
from streams.forwarders import (
    AnotherLog,
    ForwarderRemoved,
    Forwarders,
    Letter,
    SecretMissing,
    State,
)
from streams.log_identity import identity_of, identity_of_entry
from streams.upstream import Outgoing, Upstream, UpstreamAway

PATIENCE: Final = 0.25  # seconds that a wait for the log may take
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0  # seconds between tries while the upstream is away
SPACING: Final = 1.0  # seconds between two requests while the log grows slowly
LOOK_SECONDS: Final = 1.0  # between two looks at what is to be tried again, or was added
ENTRIES: Final = 2_000  # of the log, that are read at once
# What one statement's own fault raises. Whatever else is raised, by a database that is away or a
# file that can't be opened, is waited out: no statement is to blame.
UNREADABLE: Final = (ValueError, LookupError, TypeError, msgspec.MsgspecError)
_DECIDED_UPSTREAM: Final = ("stored", "authority")

_properties: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_log = logging.getLogger(__name__)


class ForwardedLog(Log, Protocol):
    """What a forwarder needs of the record: lrs.record.Record has it."""

    def statement(
        self, store: str, statement_id: str, *, voided: bool, authority: str | None = None
    ) -> Found | None:
        """Find one statement by id: one that is voided, or one that is not."""

    def voided_by(self, store: str, statement_id: str) -> str | None:
        """Give the id of the statement that voids another; None where it isn't voided."""

    def position_of(self, store: str, statement_id: str) -> int | None:
        """Give the log position at which a statement was stored; None where it isn't there."""


class Forwarder:
    """Forwards for as long as it isn't told to stop; there may be one only of each name.

    `secret` gives the secret of the credential upstream, asked anew at each connection. `pauses`
    are the first and the longest between tries, in seconds.
    """

    def __init__(
        self,
        log: ForwardedLog,
        attachments: AttachmentStore,
        forwarders: Forwarders,
        secret: Callable[[str], str],
        state: State,
        *,
        pauses: tuple[float, float] = (FIRST_PAUSE, LONGEST_PAUSE),
        spacing: float = SPACING,
    ) -> None:
        self._source = log
        self._attachments = attachments
        self._forwarders = forwarders
        self._state = state
        self._definition = state.definition
        self._secret = secret
        self._pauses = pauses
        self._spacing = spacing
        self._stopping = threading.Event()
        self._tries = 0
        self._error = state.error  # as it is noted
        self._logged = ""
        self._looked = 0.0

    def run(self) -> None:
        """Forward until told to stop, or removed; whatever fails is noted and tried again."""
        while not self._stopping.is_set():
            try:
                self._go_on()
            except ForwarderRemoved:
                return
            except UpstreamAway as error:
                self._fail(str(error), error.kind, error.waits)
            except SecretMissing as error:
                self._fail(str(error), "no_secret")
            except AnotherLog as error:
                self._fail(str(error), "another_log")
            except Exception as error:
                _log.debug("forwarder %s failed", self._definition.name, exc_info=True)
                self._fail(f"{type(error).__name__}: {error}")

    def stop(self) -> None:
        """Have it end after the request at hand; may be called by a signal's handler."""
        self._stopping.set()

    # Going on ------------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Connect, and forward what comes after what was forwarded."""
        definition = self._definition
        position = self._resume()
        secret = self._secret(definition.name)
        with Upstream(definition.endpoint, definition.key, secret, self._blocks) as upstream:
            upstream.check()
            upstream.may_write = self._state.forwarded > 0
            while not self._stopping.is_set():
                self._try_again(upstream)
                if not self._source.wait_for_log(position, PATIENCE):
                    self._succeed()
                    continue
                began = monotonic()
                entries = self._source.read_log(position, ENTRIES)
                position = self._forward(upstream, entries)
                self._succeed()
                if len(entries) < ENTRIES:
                    self._stopping.wait(began + self._spacing - monotonic())

    def _resume(self) -> int:
        """Give the position to go on behind. Raises ForwarderRemoved, AnotherLog."""
        with suppress(LookupError):
            state = self._forwarders.find(self._definition.name)
            if state.identity == self._state.identity:
                self._state = state
                newest, identity = self._source.last_position(), identity_of(self._source)
                if state.log and identity and state.log != identity:
                    raise AnotherLog("this is another log than the one forwarded so far")
                if newest < state.position:
                    raise AnotherLog(
                        f"it has forwarded a log up to position {state.position}, and this one"
                        f" ends at {newest}"
                    )
                if state.entry and self._entry_at(state.position) not in ("", state.entry):
                    raise AnotherLog(
                        f"its entry {state.position} is another than the one that was forwarded"
                    )
                return state.position
        raise ForwarderRemoved(self._definition.name)

    def _entry_at(self, position: int) -> str | None:
        """Give the identity of the entry at a position; None where there is none."""
        entries = self._source.read_log(position - 1, 1)
        there = [entry for entry in entries if entry.position == position]
        return identity_of_entry(there[0]) if there else None

    def _forward(self, upstream: Upstream, entries: Sequence[LogEntry]) -> int:
        """Forward what of these entries passes, and note each request; gives the last position."""
        log = self._state.log or identity_of(self._source)
        by_position = {entry.position: entry for entry in entries}
        letters: list[Letter] = []
        outgoing: dict[str, Outgoing] = {}  # by id: no request has a statement twice
        for entry in entries:
            try:
                for one in self._outgoing(entry):
                    outgoing.setdefault(one.statement_id, one)
            except UNREADABLE as error:  # it keeps no other
                letters.append(_unread(entry, error))
        for portion in upstream.portions(list(outgoing.values()), self._definition.batch):
            refused = upstream.deliver(portion)
            letters += [
                Letter(one.outgoing.position, one.outgoing.statement_id, one.status, one.reason)
                for one in refused
            ]
            position = portion[-1].position
            done = [letter for letter in letters if letter.position <= position]
            letters = [letter for letter in letters if letter.position > position]
            self._forwarders.commit(
                self._state,
                position,
                forwarded=len(portion) - len(refused),
                log=log,
                entry=identity_of_entry(by_position[position]),
                refused=done,
            )
            if self._stopping.is_set():
                return position
        last = entries[-1]
        self._forwarders.commit(
            self._state,
            last.position,
            log=log,
            entry=identity_of_entry(last),
            refused=letters,
        )
        return last.position

    def _try_again(self, upstream: Upstream) -> None:
        """Post what was refused once more, where somebody asked for that.

        One that the upstream gives no decision on keeps neither the others nor the log: it is
        tried again later. Raises UpstreamAway where the credential is to blame.
        """
        if monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = monotonic()
        while letters := self._forwarders.wanted_again(self._state, self._definition.batch):
            for letter in letters:
                try:
                    self._post_alone(upstream, letter)
                except UpstreamAway as error:
                    if error.kind == "unknown_key":
                        raise
                    self._postpone(letter, error)
                    return  # the log first
                if self._stopping.is_set():
                    return

    def _postpone(self, letter: Letter, error: UpstreamAway) -> None:
        seconds = max(self._pauses[1], error.waits or 0.0)
        again = now_microseconds() + int(min(seconds, LONGEST_PAUSE) * 1e6)
        self._forwarders.postpone(self._state, letter.position, again, str(error), error.status)

    def _post_alone(self, upstream: Upstream, letter: Letter) -> None:
        """Post what was refused, and note at once what becomes of it. Raises UpstreamAway."""
        outgoing: list[Outgoing] = []
        refused: list[Letter] = []
        for entry in self._source.read_log(letter.position - 1, 1):
            try:
                outgoing = self._outgoing(entry) if entry.position == letter.position else []
            except UNREADABLE as error:
                refused = [_unread(entry, error)]
        for portion in upstream.portions(outgoing, 1):
            refused += [
                Letter(letter.position, one.outgoing.statement_id, one.status, one.reason)
                for one in upstream.deliver(portion)
            ]
        self._forwarders.settle(
            self._state, letter.position, refused, forwarded=0 if refused else len(outgoing)
        )

    # What goes out ---------------------------------------------------------------------------

    def _outgoing(self, entry: LogEntry) -> list[Outgoing]:
        """Give what an entry of the log has to bring upstream: one statement, or nothing."""
        if entry.store != self._definition.store:
            return []
        if entry.kind == "unreadable" and entry.statement_id:
            raise ValueError(entry.error)
        if entry.kind == "statement":
            whole = orjson.loads(entry.statement)
            if self._passes(whole, entry.position):
                return [self._written(entry.position, whole, entry.statement)]
        if entry.kind == "voiding" and not self._definition.filters.are_none:
            return self._voider(entry)
        return []

    def _passes(self, statement: Any, position: int) -> bool:
        """Tell whether a statement goes upstream; what voids one before it goes where that does."""
        filters = self._definition.filters
        if filters.pass_statement(statement):
            return True
        target = referenced_statement(statement) if is_voiding(statement) else None
        if target is None or not self._is_stored_before(target, position):
            return False
        found = self._found(target)
        return found is not None and filters.pass_statement(orjson.loads(found.json))

    def _is_stored_before(self, statement_id: str, position: int) -> bool:
        stored = self._source.position_of(self._definition.store, statement_id)
        return stored is not None and stored < position

    def _voider(self, entry: LogEntry) -> list[Outgoing]:
        """Give what has voided a statement and came before it, so wasn't known to pass then."""
        filters = self._definition.filters
        if not filters.pass_statement(orjson.loads(entry.statement)):
            return []
        voider = self._source.voided_by(entry.store, entry.statement_id)
        target = self._source.position_of(entry.store, entry.statement_id)
        if voider is None or target is None or not self._is_stored_before(voider, target):
            return []
        found = self._found(voider)
        if found is None:
            return []
        whole = orjson.loads(found.json)
        if filters.pass_statement(whole):  # it went at its own place
            return []
        return [self._written(entry.position, whole, found.json)]

    def _written(self, position: int, whole: Any, exact: bytes) -> Outgoing:
        properties = _properties(exact)
        for name in _DECIDED_UPSTREAM:
            properties.pop(name, None)
        return Outgoing(
            position,
            whole["id"],
            properties,
            whole["version"],
            is_voiding(whole),
            tuple(self._served(whole)),
        )

    def _served(self, whole: Any) -> Iterator[Any]:
        """Give the attachments whose data the record has with a statement."""
        if has_attachments(whole) and (found := self._found(whole["id"])) is not None:
            store = self._definition.store
            yield from attachments_served([found], self._attachments, store)

    def _found(self, statement_id: str) -> Found | None:
        store, find = self._definition.store, self._source.statement
        return find(store, statement_id, voided=False) or find(store, statement_id, voided=True)

    def _blocks(self, served: Any) -> Iterator[bytes]:
        return self._attachments.blocks_now(self._definition.store, served.sha2)

    # Telling -------------------------------------------------------------------------------

    def _succeed(self) -> None:
        if self._error:
            _log.warning("forwarder %s goes on", self._definition.name)
            self._forwarders.note_success(self._state)
        self._error, self._logged, self._tries = "", "", 0

    def _fail(self, error: str, kind: str = "", waits: float | None = None) -> None:
        """Note why it can't go on, and wait longer each time, not all forwarders at once."""
        if error != self._logged:  # once, however often it's tried again
            _log.warning("forwarder %s waits: %s", self._definition.name, error)
        self._error = self._logged = error
        with suppress(Exception):  # what keeps it may be that file
            self._forwarders.note_failure(self._state, error, kind)
        first, longest = self._pauses
        pause = min(longest, first * 2.0 ** min(self._tries, 30))
        self._tries += 1
        pause = max(pause * random.uniform(0.5, 1.0), min(waits or 0.0, longest))  # noqa: S311
        self._stopping.wait(pause)


def _unread(entry: LogEntry, error: Exception) -> Letter:
    return Letter(entry.position, entry.statement_id, 0, f"can't be read here: {error}")
