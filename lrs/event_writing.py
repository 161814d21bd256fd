"""The part that all writers of one transaction share: events get times and positions in order."""

from collections.abc import Sequence
from typing import Any

from lrs.events import RecordMapper
from lrs.recorders.base import RecordTransaction, reserve_stored


class EventWriter:
    """Inserts events of one transaction and notes when they were stored.

    The event at place k has the stored time ``transaction.stored`` + k.
    """

    def __init__(self, transaction: RecordTransaction, mapper: RecordMapper, reserved: int) -> None:
        self.transaction = transaction
        self.mapper = mapper
        self.events = 0
        self.last_position = 0
        self._reserved = reserved
        self._first_position = 0

    def next_stored(self, events: int = 1) -> int:
        """Give the stored time (µs) of the next event, with room for that many."""
        missing = self.events + events - self._reserved
        if missing > 0:  # the clock's row is locked, so that these times follow at once
            reserve_stored(self.transaction, missing, 0)
            self._reserved += missing
        return self.transaction.stored + self.events

    def insert(self, events: Sequence[Any]) -> list[int] | None:
        """Store events; gives their positions, None where the log has one of them already."""
        if not events:
            return []
        positions = self.transaction.insert_events(
            [self.mapper.to_stored_event(event) for event in events]
        )
        if positions:
            self._first_position = self._first_position or positions[0]
            self.last_position = positions[-1]
            self.events += len(positions)
        return positions

    def note_commit(self) -> None:
        """Note which positions were stored when."""
        if self.events:
            commit = (self.transaction.stored, self._first_position, self.events)
            self.transaction.insert_rows("commits", [commit])
