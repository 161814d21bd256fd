"""What an API process knows of the workers that keep a generation elsewhere: how far they are."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from time import monotonic

from projections.dead_letters import DeadLetter
from projections.warehouse import Generation, Warehouse
from streams.embedded import Log, Status
from streams.keeping import position_of_workers
from streams.messages import Message, encode

LOOK_SECONDS = 0.2  # between two looks at how far they are, while somebody waits
RATE_SECONDS = 10.0  # that a rate is told over
RETRY_SECONDS = 15.0  # that workers are waited for
# That they may be at one position while entries wait, before they are said not to run: moving
# partitions after one is gone takes ten, and loading its states some more.
STILL_SECONDS = 60.0


class TopicUnreachable(Exception):
    """Nothing can be sent to the workers: Kafka can't be reached, or doesn't take it."""


class WorkersCarrier:
    """The workers of a generation, in the place of a carrier of this process.

    They tell how far they are in the generation's table `progress`.
    """

    def __init__(
        self,
        log: Log,
        warehouse: Warehouse,
        generation: Generation,
        publish: Callable[[Sequence[Message]], None],
    ) -> None:
        """Take the log, the generation and what publishes messages to the workers' topic."""
        self._source = log
        self._publish = publish
        self._warehouse = warehouse
        self._generation = generation
        self._released = threading.Event()
        self._position = 0
        self._looked = 0.0
        self._error: str | None = None
        self._seen: deque[tuple[float, int]] = deque()  # when they were how far
        self._still: tuple[float, int] | None = None  # since when entries wait, at which position

    def stop(self) -> None:
        """Let go of who waits; the workers go on."""
        self.release()

    def release(self) -> None:
        """Begin to stop: no one waits any longer."""
        self._released.set()

    @property
    def position(self) -> int:
        """The log position up to which all is in the rows."""
        if monotonic() - self._looked >= LOOK_SECONDS:
            self._look()
        return self._position

    def _look(self) -> None:
        try:
            if "parts" not in self._generation.origin:  # no worker had begun when it was opened
                self._generation = self._warehouse.generation(self._generation.name)
            self._position = max(self._position, position_of_workers(self._generation))
            self._error = None
        except Exception as error:  # ClickHouse is away: they are as far as they were
            self._error = f"{type(error).__name__}: {error}"
        self._looked = monotonic()
        self._seen.append((self._looked, self._position))
        while self._looked - self._seen[0][0] > RATE_SECONDS and len(self._seen) > 2:
            self._seen.popleft()

    async def reached(self, position: int, timeout: float) -> bool:
        """Wait until the rows hold all up to a position, at most ``timeout`` seconds."""
        deadline = monotonic() + timeout
        while await asyncio.to_thread(lambda: self.position) < position:
            if self._released.is_set() or monotonic() >= deadline:
                return False
            await asyncio.sleep(LOOK_SECONDS)
        return True

    async def attend(self) -> None:
        """Do nothing: workers hold nothing back."""

    def status(self) -> Status:
        """Tell how far they are, whether they go on, and what keeps this process from knowing."""
        position = self.position
        lag = max(0, self._source.last_position() - position)
        (began, first), (now, last) = self._seen[0], self._seen[-1]
        if not lag or self._still is None or self._still[1] != position:
            self._still = (now, position) if lag else None
        still = now - self._still[0] if self._still else 0.0
        stands = still >= STILL_SECONDS
        why = f"no progress for {still:.0f} s while entries wait: do relay and workers run?"
        return Status(
            generation=self._generation.name,
            running="parts" in self._generation.origin and not stands,
            position=position,
            lag=lag,
            error=self._error or (why if stands else None),
            dead_letters=self._count_dead_letters(),
            events_per_second=(last - first) / (now - began) if now > began else 0.0,
            last_batch_events=last - first,
            last_batch_seconds=now - began,
        )

    def dead_letters(
        self, *, store: str = "", after: int = 0, limit: int = 100
    ) -> Sequence[DeadLetter]:
        """List the events that were set aside, by log position; of one store, or of all."""
        return self._generation.dead_letters(store=store, after=after, limit=limit)

    def retry_dead_letters(self, store: str = "") -> tuple[int, int]:
        """Have the workers try again what was set aside, of one store or of all.

        Gives how many were tried, and how many of them were carried before this returned: workers
        that are away try later. Raises TopicUnreachable.
        """
        waiting: dict[int, int] = {}  # since when, by position
        for letters in self._generation.dead_letter_pages(store):
            now = {letter.position: self._source.entry_now(letter.position) for letter in letters}
            entries = {position: entry for position, entry in now.items() if entry is not None}
            self._publish([encode(entry, again=position) for position, entry in entries.items()])
            waiting |= {one.position: one.since for one in letters if one.position in entries}
        deadline = monotonic() + RETRY_SECONDS
        while True:
            pages = self._generation.dead_letter_pages(store)
            left = [one for page in pages for one in page if one.position in waiting]
            tried = all(one.since > waiting[one.position] for one in left)
            if tried or monotonic() >= deadline or self._released.wait(LOOK_SECONDS):
                return len(waiting), len(waiting) - len(left)

    def _count_dead_letters(self) -> int | None:
        try:
            return self._generation.count_dead_letters()
        except Exception:  # that shows as the error of the last look
            return None
