"""What storing a group of submissions does to the log and the index, in one transaction."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import msgspec
import orjson
from eventsourcing.persistence import StoredEvent

from lrs import terms
from lrs.definitions import LatestDefinitions, merge_definitions
from lrs.drafts import Draft, is_voiding, same_statement
from lrs.event_writing import EventWriter
from lrs.events import (
    RecordMapper,
    StatementStored,
    StatementVoided,
    originator_parts,
    statement_originator,
)
from lrs.profiles.findings import record_findings
from lrs.queries import segment_of
from lrs.recorders.base import RecordTransaction
from lrs.submissions import (
    StatementConflictError,
    StatementSubmission,
    Stored,
    VoidingError,
)
from lrs.times import iso_text, iso_texts

# How many references are followed one after another, so that a long chain can't grow the index
# without bound.
REFERENCE_DEPTH = 16


class Entry(msgspec.Struct, gc=False):
    """A draft on its way into the log, and the name of its stream."""

    store: str
    draft: Draft
    originator_id: str
    position: int = 0


class Known(msgspec.Struct, frozen=True):
    """A statement in the log: where it is, its JSON as served, and as it was received."""

    position: int
    statement_id: str
    json: bytes
    received: bytes

    def voids(self) -> bool:
        """Tell whether it is a voiding statement."""
        return is_voiding(orjson.loads(self.json))


def known_statements(
    transaction: RecordTransaction, mapper: RecordMapper, originator_ids: Iterable[str]
) -> dict[str, Known]:
    """Look up which of these statements are in the log."""
    found = transaction.events_of(list(originator_ids), version=1)
    return {
        originator_id: _read(mapper, stored_at.position, stored_at.event)
        for originator_id, stored_at in found.items()
    }


def _read(mapper: RecordMapper, position: int, stored_event: StoredEvent) -> Known:
    event: Any = mapper.to_domain_event(stored_event)
    statement_id = originator_parts(event.originator_id)[2]
    return Known(position, statement_id, event.exact(), event.statement)


class GroupWriter:
    """Writes one group of submissions and settles their outcomes."""

    def __init__(self, events: EventWriter, latest: LatestDefinitions) -> None:
        self.events = events
        self.latest = latest
        self.transaction = events.transaction
        self.mapper = events.mapper
        self.first_stored = 0  # µs, of this group's statements
        self.voided_at: dict[str, int] = {}  # by stream, what this group voids

    def write(self, submissions: Sequence[StatementSubmission]) -> None:
        """Store what can be stored; sets the outcome of every submission.

        Ids are first taken to be new: only where the log says otherwise are they looked up.
        """
        known: dict[str, Known] = {}
        entries = self._admit(submissions, known)
        positions = self.events.insert(self._stored_events(entries))
        if positions is None:
            ids = [
                statement_originator(submission.store, draft.statement_id)
                for submission in submissions
                for draft in submission.drafts
            ]
            known = self._known(ids)
            entries = self._admit(submissions, known)
            positions = self.events.insert(self._stored_events(entries))
            if positions is None:
                raise RuntimeError("the log refused events that it does not hold")
        for entry, position in zip(entries, positions, strict=True):
            entry.position = position
        self._index(entries)
        self._settle(submissions, entries, known)
        self._count_findings(submissions, entries)

    # Admission -----------------------------------------------------------------------------

    def _admit(
        self, submissions: Sequence[StatementSubmission], known: dict[str, Known]
    ) -> list[Entry]:
        """Choose the drafts to store: not those stored before, none of a refused submission."""
        admitted: dict[str, Entry] = {}
        targets = self._known_targets(submissions)
        for submission in submissions:
            try:
                fresh = self._fresh_entries(submission, admitted, known, targets)
            except (StatementConflictError, VoidingError) as error:
                submission.outcome = error
            else:
                submission.outcome = None
                admitted |= fresh
        return list(admitted.values())

    def _fresh_entries(
        self,
        submission: StatementSubmission,
        admitted: dict[str, Entry],
        known: dict[str, Known],
        targets: dict[str, Known],
    ) -> dict[str, Entry]:
        fresh: dict[str, Entry] = {}
        store = submission.store
        for draft in submission.drafts:
            originator_id = statement_originator(store, draft.statement_id)
            entry = Entry(store, draft, originator_id)
            if twin := fresh.get(originator_id) or admitted.get(originator_id):
                stored = twin.draft.statement
            elif originator_id in known:
                stored = known[originator_id].received
            else:
                if draft.voids:
                    self._check_target(entry, fresh, admitted, targets)
                fresh[originator_id] = entry
                continue
            if not same_statement(draft.statement, stored):
                raise StatementConflictError(draft.statement_id)
        return fresh

    def _check_target(
        self,
        entry: Entry,
        fresh: dict[str, Entry],
        admitted: dict[str, Entry],
        targets: dict[str, Known],
    ) -> None:
        """Refuse the voiding of a voiding statement: xAPI 1.0.3 part 2, 2.3.2."""
        draft = entry.draft
        target_id = statement_originator(entry.store, str(draft.target))
        if target := fresh.get(target_id) or admitted.get(target_id):
            voids = target.draft.voids
        else:
            voids = target_id in targets and targets[target_id].voids()
        if voids:
            raise VoidingError(str(draft.target))

    def _known_targets(self, submissions: Sequence[StatementSubmission]) -> dict[str, Known]:
        wanted = {stream for submission in submissions for stream in _voiding_targets(submission)}
        return self._known(wanted) if wanted else {}

    def _known(self, originator_ids: Iterable[str]) -> dict[str, Known]:
        return known_statements(self.transaction, self.mapper, originator_ids)

    # Events --------------------------------------------------------------------------------

    def _stored_events(self, entries: Sequence[Entry]) -> list[StatementStored]:
        self.first_stored = self.events.next_stored(len(entries))
        times = iso_texts(self.first_stored, len(entries))
        return [
            StatementStored(
                entry.originator_id,
                1,
                entry.draft.added(time),
                entry.draft.form,
                entry.draft.statement,
                entry.draft.defines,
                entry.draft.attached,
            )
            for entry, time in zip(entries, times, strict=True)
        ]

    # Profiles ------------------------------------------------------------------------------

    def _count_findings(
        self, submissions: Sequence[StatementSubmission], entries: Sequence[Entry]
    ) -> None:
        """Count what was found in statements that are new, by what came with each of them."""
        if all(submission.report is None for submission in submissions):
            return
        stored = {id(entry.draft): self.first_stored + k for k, entry in enumerate(entries)}
        for submission in submissions:
            if submission.report is not None and isinstance(submission.outcome, Stored):
                new = {
                    index: (draft.statement_id, stored[id(draft)])
                    for index, draft in enumerate(submission.drafts)
                    if id(draft) in stored
                }
                record_findings(self.transaction, submission.store, submission.report, new)

    # Index ---------------------------------------------------------------------------------

    def _index(self, entries: Sequence[Entry]) -> None:
        if entries:
            self.latest.as_of(entries[0].position - 1)
        references = index_statements(self.transaction, self.mapper, entries, self.latest)
        self._void(references.newly_voided(entries))

    def _void(self, voided: dict[str, tuple[int, int, str]]) -> None:
        """Write a voiding into the stream of each target: position, voider's position and id."""
        if not voided:
            return
        first = self.events.next_stored(len(voided))
        positions = self.events.insert(
            [
                StatementVoided(originator_id, 2, voided_by, iso_text(first + index))
                for index, (originator_id, (_, _, voided_by)) in enumerate(voided.items())
            ]
        )
        self.voided_at = dict(zip(voided, positions or (), strict=True))
        rows = [(position, voider) for position, voider, _ in voided.values()]
        self.transaction.insert_rows("voided_statements", rows)

    def _settle(
        self,
        submissions: Sequence[StatementSubmission],
        entries: Sequence[Entry],
        known: dict[str, Known],
    ) -> None:
        fresh = {id(entry.draft): entry.position for entry in entries}
        voided_at = self._voided_at(submissions)
        position_of: dict[str, int] = {}  # by stream; only few groups need it
        for submission in submissions:
            if submission.outcome is None:
                ids = [draft.statement_id for draft in submission.drafts]
                positions = [fresh.get(id(draft), 0) for draft in submission.drafts]
                newest = max(positions, default=0)
                if 0 in positions or voided_at:
                    position_of = position_of or _positions(entries, known)
                    newest = _newest(submission, position_of, voided_at)
                submission.outcome = Stored(ids, newest)

    def _voided_at(self, submissions: Sequence[StatementSubmission]) -> dict[str, int]:
        """Give the positions at which this group's targets were voided, now or before."""
        targets = {stream for submission in submissions for stream in _voiding_targets(submission)}
        before = list(targets - self.voided_at.keys())
        found = self.transaction.events_of(before, version=2) if before else {}
        return self.voided_at | {stream: event.position for stream, event in found.items()}


def _positions(entries: Sequence[Entry], known: dict[str, Known]) -> dict[str, int]:
    """Give the positions of a group's statements, new and known, by stream."""
    found = {stream: statement.position for stream, statement in known.items()}
    return found | {entry.originator_id: entry.position for entry in entries}


def _newest(
    submission: StatementSubmission, position_of: dict[str, int], voided_at: dict[str, int]
) -> int:
    """Give the newest position of what a submission stored, or had stored before."""
    streams = [
        statement_originator(submission.store, draft.statement_id) for draft in submission.drafts
    ]
    newest = max((position_of[stream] for stream in streams), default=0)
    if voided_at:  # a voiding has come about only with the event that voids its target
        voided = (*streams, *_voiding_targets(submission))
        newest = max(newest, *(voided_at.get(stream, 0) for stream in voided))
    return newest


def _voiding_targets(submission: StatementSubmission) -> list[str]:
    """Name the streams of what a submission voids."""
    return [
        statement_originator(submission.store, draft.target)
        for draft in submission.drafts
        if draft.target is not None and draft.voids
    ]


def index_statements(
    transaction: RecordTransaction,
    mapper: RecordMapper,
    entries: Sequence[Entry],
    latest: LatestDefinitions,
) -> "ReferenceIndex":
    """Write posting lists and definitions of statements just stored, in the order of positions.

    `latest` is what is known of the definitions merged before.
    """
    references = ReferenceIndex(transaction, mapper)
    references.add(entries)
    for _, segment in groupby(entries, lambda entry: segment_of(entry.position)):
        transaction.insert_values("statement_terms", 4, _postings(list(segment)))
    inherited = sorted(
        (segment_of(position), term, position, source)
        for term, position, source in references.inherited_terms(entries)
    )
    transaction.insert_rows("statement_terms", inherited)
    news = latest.news((entry.store, entry.draft.definitions) for entry in entries)
    if news:
        merge_definitions(transaction, news)
    return references


def _postings(entries: Sequence[Entry]) -> list[int]:
    """Give the values of one segment's rows, one row after the other, in the order of the key."""
    segment = segment_of(entries[0].position)
    postings: defaultdict[int, list[int]] = defaultdict(list)
    for entry in entries:
        position = entry.position
        for term in entry.draft.terms:
            postings[term].append(position)
    values: list[int] = []
    for term in sorted(postings):
        for position in postings[term]:
            values += (segment, term, position, 0)
    return values


class ReferenceIndex:
    """Follows StatementRefs, whichever of the two statements came first."""

    def __init__(self, transaction: RecordTransaction, mapper: RecordMapper) -> None:
        self.transaction = transaction
        self.mapper = mapper
        self.referring: dict[int, list[tuple[int, bool]]] = {}
        self.none = False

    def add(self, entries: Sequence[Entry]) -> None:
        """Note the new references, then look up who refers to the new statements."""
        rows = [
            (self._term(entry.store, entry.draft.target), entry.position, int(entry.draft.voids))
            for entry in entries
            if entry.draft.target is not None
        ]
        if rows:
            self.transaction.insert_rows("statement_references", rows)
        self.none = not self.transaction.has_references()
        if not self.none:
            self._load(self._term(entry.store, entry.draft.statement_id) for entry in entries)

    def inherited_terms(self, entries: Sequence[Entry]) -> list[tuple[int, int, int]]:
        """Give the terms that statements take from what they refer to, in rows of the index."""
        rows: list[tuple[int, int, int]] = []
        for entry in () if self.none else entries:
            above = self._ancestors(entry)
            if entry.draft.target is None and not above:
                continue
            chain = self._chain(entry)
            own = (entry.position, _filter_terms(entry.store, entry.draft.statement))
            rows += [
                (term, position, source)
                for position in above
                for source, found in (own, *chain)
                for term in found
                if source != position
            ]
            rows += [
                (term, entry.position, source)
                for source, found in chain
                for term in found
                if source != entry.position
            ]
        return rows

    def newly_voided(self, entries: Sequence[Entry]) -> dict[str, tuple[int, int, str]]:
        """Find the statements that this group voids: by a new voiding statement, or late."""
        found: dict[str, tuple[int, int, str]] = {}
        for entry in () if self.none else entries:
            draft = entry.draft
            if draft.voids and draft.target is not None:
                stream = statement_originator(entry.store, draft.target)
                target = self._find(stream)
                if target is not None and not target.voids():
                    found.setdefault(stream, (target.position, entry.position, draft.statement_id))
            elif not draft.voids:
                voiders = [p for p, voids in self._referrers(entry) if voids]
                if voiders:
                    voider = min(voiders)
                    by = self._at([voider])[0].statement_id
                    found[entry.originator_id] = (entry.position, voider, by)
        already = self.transaction.events_of(list(found), version=2) if found else {}
        return {stream: entry for stream, entry in found.items() if stream not in already}

    def _chain(self, entry: Entry) -> list[tuple[int, set[int]]]:
        """Follow what a statement refers to, and what that refers to: positions and terms."""
        chain: list[tuple[int, set[int]]] = []
        target, seen = entry.draft.target, {entry.position}
        while target is not None and len(chain) < REFERENCE_DEPTH:
            stream = statement_originator(entry.store, target)
            known = self._find(stream)
            if known is None or known.position in seen:
                break
            seen.add(known.position)
            chain.append((known.position, _filter_terms(entry.store, known.json)))
            target = terms.referenced_statement(orjson.loads(known.json))
        return chain

    def _ancestors(self, entry: Entry) -> set[int]:
        """Find who refers to a statement, and who refers to them."""
        found: set[int] = set()
        level = [position for position, _ in self._referrers(entry)]
        for _ in range(REFERENCE_DEPTH):
            level = [p for p in level if p not in found and p != entry.position]
            if not level:
                break
            found.update(level)
            above = [self._term(entry.store, one.statement_id) for one in self._at(level)]
            self._load(above)
            level = [p for term in above for p, _ in self.referring.get(term, ())]
        return found

    def _find(self, stream: str) -> Known | None:
        return known_statements(self.transaction, self.mapper, [stream]).get(stream)

    def _at(self, positions: list[int]) -> list[Known]:
        events = self.transaction.events_at(positions)
        return [_read(self.mapper, position, event) for position, event in events.items()]

    def _referrers(self, entry: Entry) -> list[tuple[int, bool]]:
        return self.referring.get(self._term(entry.store, entry.draft.statement_id), [])

    def _load(self, targets: Iterable[int]) -> None:
        missing = {target for target in targets if target not in self.referring}
        for target in missing:
            self.referring[target] = []
        for reference in self.transaction.references_to(missing):
            self.referring[reference.target].append((reference.position, reference.voids))

    @staticmethod
    def _term(store: str, statement_id: str) -> int:
        return terms.rare_term(store, terms.REFERENCE, statement_id)


def _filter_terms(store: str, statement: bytes) -> set[int]:
    """Give the terms that a referring statement takes over: those of the filters only."""
    return terms.filter_terms(store, orjson.loads(statement))
