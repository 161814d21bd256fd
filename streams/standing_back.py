"""When carrying stands back: acknowledging statements comes first where one processor must do both.

The carrier shares its process, and Python's one interpreter, with the threads that answer requests.
While those keep about a processor busy, there is as much to acknowledge as the process can do;
carrying then rests several times as long as it works, and catches up at its full pace afterwards.
"""

from time import monotonic, process_time, thread_time
from typing import Final

MOST: Final = 4.0  # rests at most this many times as long as it works, so it never stops
BUSY, FULL = 0.85, 1.1  # processors that the other threads use: where resting begins, and is most
WINDOW: Final = 0.25  # seconds between two looks


class StandingBack:
    """How long to rest, as a multiple of the time worked; asked from the carrier's own thread."""

    def __init__(self) -> None:
        self._looked: tuple[float, float] | None = None  # when, and the others' processor time
        self._rest = 0.0

    def __call__(self) -> float:
        """Give the multiple: 0 while there is room for both."""
        now, others = monotonic(), process_time() - thread_time()
        if self._looked is None:
            self._looked = (now, others)
            return self._rest
        elapsed = now - self._looked[0]
        if elapsed >= WINDOW:
            busy = (others - self._looked[1]) / elapsed
            self._rest = MOST * min(1.0, max(0.0, (busy - BUSY) / (FULL - BUSY)))
            self._looked = (now, others)
        return self._rest
