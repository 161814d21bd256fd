"""All forwarders of a record at work: each in a thread of its own, those added meanwhile too."""

import logging
import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from time import monotonic
from typing import Final

from lrs.attachments import AttachmentStore
from streams.forwarders import Forwarders, State
from streams.forwarding import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    LOOK_SECONDS,
    SPACING,
    ForwardedLog,
    Forwarder,
)

GRACE_SECONDS: Final = 5.0  # for requests at hand; what they bring is posted again otherwise

_log = logging.getLogger(__name__)


class ForwardersAtWork:
    """Runs every forwarder that nobody else runs, from when it is added until it is removed.

    Several of these, in one process or in several, do no harm: each forwarder has one at a time,
    and where that ends another goes on. Arguments are as of `Forwarder`.
    """

    def __init__(
        self,
        log: ForwardedLog,
        attachments: AttachmentStore,
        forwarders: Forwarders,
        secret: Callable[[str], str],
        *,
        pauses: tuple[float, float] = (FIRST_PAUSE, LONGEST_PAUSE),
        spacing: float = SPACING,
    ) -> None:
        self._forwarders = forwarders
        self._make = partial(
            Forwarder, log, attachments, forwarders, secret, pauses=pauses, spacing=spacing
        )
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._running: dict[str, tuple[Forwarder, threading.Thread]] = {}  # by identity

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread = threading.Thread(target=self.run, name="forwarders", daemon=True)
        self._thread.start()

    def run(self) -> None:
        """Run forwarders until told to stop."""
        while not self._stopping.is_set():
            try:
                self._look()
            except Exception:  # their file is busy, or gone: the next look finds out
                _log.exception("forwarders can't be listed, trying again")
            self._stopping.wait(LOOK_SECONDS)
        for forwarder, _ in self._running.values():
            forwarder.stop()
        until = monotonic() + GRACE_SECONDS
        for _, thread in self._running.values():
            thread.join(max(0.0, until - monotonic()))

    def stop(self) -> None:
        """Have it end; may be called by a signal's handler."""
        self._stopping.set()

    def close(self) -> None:
        """Have it end; requests at hand are waited for, though not long."""
        self.stop()
        if self._thread is not None:
            self._thread.join()

    def _look(self) -> None:
        """Start what was added, stop what was removed."""
        states = {state.identity: state for state in self._forwarders.all()}
        for identity, (forwarder, thread) in list(self._running.items()):
            if identity not in states:
                forwarder.stop()
            if not thread.is_alive():
                del self._running[identity]
        for identity in states.keys() - self._running.keys():
            self._begin(states[identity])

    def _begin(self, state: State) -> None:
        """Run a forwarder, unless somebody else does."""
        name = state.definition.name
        with ExitStack() as held:
            if held.enter_context(self._forwarders.working(name)):
                forwarder, lock = self._make(state), held.pop_all()

                def forward() -> None:
                    with lock:
                        forwarder.run()

                thread = threading.Thread(target=forward, name=f"forwarder {name}", daemon=True)
                self._running[state.identity] = forwarder, thread
                thread.start()
