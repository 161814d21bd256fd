"""The embedded carrier: a thread in the API process that follows the log to the warehouse."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic, sleep
from typing import Protocol

from lrs.record import LogEntry
from projections.dead_letters import DeadLetter
from projections.folds import Fold
from projections.meaning.reading import ReadsStatements
from projections.warehouse import Generation
from streams.gathering import Gathering
from streams.keeping import check_kept_by_embedded
from streams.projector import Projector
from streams.states import States

_PATIENCE = 0.25  # seconds that a wait for the log may take, and so that stopping may take
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 30.0  # seconds between tries while something fails
_LOOKING = 1.0  # seconds that who looks waits for what was held back, at most

_log = logging.getLogger(__name__)


class Log(Protocol):
    """What a carrier needs of the record: lrs.record.Record has it."""

    def read_log(self, after: int, limit: int) -> list[LogEntry]:
        """Read at most ``limit`` entries behind position ``after``, in order."""

    def wait_for_log(self, after: int, timeout: float) -> bool:
        """Wait until the log is longer than ``after``, at most ``timeout`` seconds."""

    def last_position(self) -> int:
        """Give the position of the newest entry, 0 where there is none."""

    def entry_now(self, position: int) -> LogEntry | None:
        """Give the entry of a position; of a statement voided since, its voiding."""


@dataclass(frozen=True)
class Status:
    """How a carrier is doing."""

    generation: str
    running: bool
    position: int  # all up to here is in the rows
    lag: int  # log positions still to come
    error: str | None  # of the last try; None once a try succeeds
    dead_letters: int | None  # None while ClickHouse can't be asked
    events_per_second: float  # of the last batch
    last_batch_events: int
    last_batch_seconds: float


@dataclass(eq=False)
class _Waiter:
    position: int
    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[bool]


class EmbeddedCarrier:
    """Follows the log in micro-batches, from where it stopped, until it's told to stop.

    ``limit`` is the most entries in a batch. ``spacing`` (seconds) is the least time between the
    starts of two batches while the log grows slowly, so that ClickHouse isn't choked by tiny
    inserts; the first event after a quiet time doesn't wait. ``holding`` (seconds) is how long
    entries may wait for more of them while nobody looks (``Gathering``): who reads the rows has to
    ``attend`` first then, or to wait for a position. ``rest`` is how long to sleep
    between chunks of work, as a multiple of the time that the chunk took: 0 takes all the
    interpreter it can get, 1 at most half of it. It is asked anew at each chunk, so that carrying
    can stand back while there is much to acknowledge. Raises KeptOtherwise where workers keep the
    generation.
    """

    def __init__(
        self,
        log: Log,
        reader: ReadsStatements,
        fold: Fold,
        generation: Generation,
        states: States,
        *,
        limit: int = 8000,
        spacing: float = 0.5,
        holding: float = 0.0,
        rest: Callable[[], float] = lambda: 0.0,
        cached_states: int = 2000,
    ) -> None:
        check_kept_by_embedded(generation)
        self._source = log
        self._generation = generation
        self._limit = limit
        self._spacing = spacing
        self._rest = rest
        self._projector = Projector(
            reader, fold, generation, states, cached_states=cached_states, breathe=self._breathe
        )
        self._gathering = Gathering(holding, log.last_position)
        self._carrying = threading.Lock()
        self._progress = threading.Condition()
        self._waiters: list[_Waiter] = []
        self._position = self._projector.position
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._error: str | None = None
        self._last_batch = (0, 0.0)
        self._chunk_began = monotonic()

    # Running -------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to follow the log in a thread of its own. Raises ``LogReplaced``."""
        newest = self._source.last_position()
        if newest < self._position:
            raise LogReplaced(self._generation.name, self._position, newest)
        self._stopping.clear()
        self._gathering.start()
        self._thread = threading.Thread(target=self._follow, name="carrier", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch at hand, then end the thread; what was waited for stays undone."""
        self._stopping.set()
        self._gathering.stop()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self.release()

    def release(self) -> None:
        """Begin to stop: no one waits any longer."""
        with self._progress:
            self._stopping.set()
            waiters, self._waiters = self._waiters, []
            self._progress.notify_all()
        self._gathering.stop()
        for waiter in waiters:
            _settle(waiter, False)

    def run_once(self) -> int:
        """Carry one batch, if the log has more; gives the number of entries carried.

        Raises what ClickHouse or the record raises; what wasn't carried stays to be carried.
        """
        with self._carrying:
            began = self._chunk_began = monotonic()
            entries = self._source.read_log(self._position, self._limit)
            if entries:
                try:
                    self._projector.carry(entries)
                finally:
                    self._advance(self._projector.position)
                self._last_batch = (len(entries), monotonic() - began)
            return len(entries)

    def retry_dead_letters(self, store: str = "") -> tuple[int, int]:
        """Try again to carry what was set aside, of one store or of all; gives tried and carried.

        What fails again stays set aside, with its new reason. The log is followed meanwhile.
        """
        tried = carried = 0
        for letters in self._generation.dead_letter_pages(store):
            now = {letter.position: self._source.entry_now(letter.position) for letter in letters}
            entries = {position: entry for position, entry in now.items() if entry is not None}
            with self._carrying:
                carried += self._projector.carry_again(entries)
            tried += len(entries)
        return tried, carried

    def _follow(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.is_set():
            began, carried = monotonic(), 0
            try:
                if self._source.wait_for_log(self._position, _PATIENCE):
                    self._gathering.wait(self._position)
                    began = monotonic()
                    carried = self.run_once()
            except Exception as error:
                self._error = f"{type(error).__name__}: {error}"
                _log.exception("carrying stopped at position %d, trying again", self._position)
                self._stopping.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            finally:
                self._gathering.done()
            self._error, pause = None, _FIRST_PAUSE
            if 0 < carried < self._limit:
                self._stopping.wait(max(0.0, began + self._spacing - monotonic()))

    def _breathe(self) -> None:
        """Leave other threads their turn between two chunks of work."""
        if (rest := self._rest()) > 0:
            sleep(rest * (monotonic() - self._chunk_began))
        self._chunk_began = monotonic()

    # Waiting -------------------------------------------------------------------------------

    @property
    def position(self) -> int:
        """The log position up to which all is in the rows."""
        return self._position

    def wait_until(self, position: int, timeout: float) -> bool:
        """Wait until the rows hold all up to a position, at most ``timeout`` seconds."""
        with self._gathering.watched(), self._progress:
            return self._progress.wait_for(
                lambda: self._position >= position or self._stopping.is_set(), timeout
            ) and (self._position >= position)

    async def reached(self, position: int, timeout: float) -> bool:
        """Do the same in an event loop, which goes on meanwhile."""
        loop = asyncio.get_running_loop()
        waiter = _Waiter(position, loop, loop.create_future())
        with self._progress:
            if self._position >= position or self._stopping.is_set():
                return self._position >= position
            self._waiters.append(waiter)
        try:
            with self._gathering.watched():
                return await asyncio.wait_for(waiter.future, timeout)
        except TimeoutError:
            return self._position >= position
        finally:
            with self._progress:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)

    async def attend(self) -> None:
        """Have what is held back brought to rows, for somebody is about to look at them.

        What came less than a second ago may still be on its way.
        """
        position = self._position
        if self._gathering.look():
            await self.reached(position + 1, _LOOKING)

    def _advance(self, position: int) -> None:
        with self._progress:
            self._position = position
            reached = [waiter for waiter in self._waiters if waiter.position <= position]
            self._waiters = [waiter for waiter in self._waiters if waiter.position > position]
            self._progress.notify_all()
        for waiter in reached:
            _settle(waiter, True)

    # Telling -------------------------------------------------------------------------------

    def status(self) -> Status:
        """Tell how far the carrier is, and what keeps it."""
        events, seconds = self._last_batch
        return Status(
            generation=self._generation.name,
            running=self._thread is not None and self._thread.is_alive(),
            position=self._position,
            lag=max(0, self._source.last_position() - self._position),
            error=self._error,
            dead_letters=self._count_dead_letters(),
            events_per_second=events / seconds if seconds else 0.0,
            last_batch_events=events,
            last_batch_seconds=seconds,
        )

    def dead_letters(
        self, *, store: str = "", after: int = 0, limit: int = 100
    ) -> Sequence[DeadLetter]:
        """List the events that were set aside, by log position; of one store, or of all."""
        return self._generation.dead_letters(store=store, after=after, limit=limit)

    def _count_dead_letters(self) -> int | None:
        try:
            return self._generation.count_dead_letters()
        except Exception:  # ClickHouse is away; that shows as the error of the last try
            return None

    def seconds(self) -> dict[str, float]:
        """Tell the seconds spent so far in each step."""
        return dict(self._projector.seconds)


def _settle(waiter: _Waiter, outcome: bool) -> None:
    def settle() -> None:
        if not waiter.future.done():
            waiter.future.set_result(outcome)

    try:
        waiter.loop.call_soon_threadsafe(settle)
    except RuntimeError:  # its loop is closed: nobody waits any more
        _log.debug("a waiter's event loop was closed before position %d", waiter.position)


class LogReplaced(RuntimeError):
    """The log is shorter than what a generation was built from: it's another log."""

    def __init__(self, generation: str, position: int, newest: int) -> None:
        super().__init__(
            f"generation {generation!r} was built from a log up to position {position}, "
            f"but the log ends at {newest}: build a new generation from this log"
        )
