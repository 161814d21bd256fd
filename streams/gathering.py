"""When a carrier lets entries of the log gather: while nobody looks at the rows.

To write one statement's rows takes as many inserts as to write those of a thousand, and nearly as
much processor time. So where all who read the rows ask in this process, entries wait for each other
until somebody looks, until there are many, or until the first of them has waited long enough. Who
looks finds everything: what is held back is carried then, and for a while nothing is held back.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Final

ENOUGH: Final = 500  # entries, behind which more of them make a batch little cheaper
ATTENTION: Final = 3.0  # seconds after a look, in which there is likely another
_LOOK_AGAIN: Final = 0.25  # seconds between two looks at how many there are


class Gathering:
    """What holds entries back, for at most ``longest`` seconds; safe to share between threads.

    ``newest`` gives the position of the log's newest entry.
    """

    def __init__(self, longest: float, newest: Callable[[], int]) -> None:
        self._longest = longest
        self._newest = newest
        self._changed = threading.Condition()
        self._watchers = 0
        self._attention_ends = 0.0
        self._is_held = False  # from when the carrier begins to wait until the batch is in the rows
        self._is_stopped = False

    def wait(self, position: int) -> None:
        """Wait until it is time to carry what is behind a position."""
        until = monotonic() + self._longest
        while (left := until - monotonic()) > 0:
            with self._changed:
                if self._is_stopped or self._is_watched():
                    return
                self._is_held = True
            # Not under the lock, for which event loops wait: the database may be slow to tell.
            if self._newest() - position >= ENOUGH:
                return
            with self._changed:
                if not (self._is_stopped or self._is_watched()):
                    self._changed.wait(min(left, _LOOK_AGAIN))

    def done(self) -> None:
        """Note that a batch is in the rows, or that it failed: nothing is held back."""
        with self._changed:
            self._is_held = False

    def look(self) -> bool:
        """Note that somebody looks at the rows; tells whether there is a batch to wait for."""
        with self._changed:
            self._attention_ends = monotonic() + ATTENTION
            self._changed.notify_all()
            return self._is_held

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Hold nothing back meanwhile: somebody waits for rows."""
        with self._changed:
            self._watchers += 1
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._watchers -= 1

    def stop(self) -> None:
        """Hold nothing back any more."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def start(self) -> None:
        """Hold back again."""
        with self._changed:
            self._is_stopped = False

    def _is_watched(self) -> bool:
        return self._watchers > 0 or monotonic() < self._attention_ends
