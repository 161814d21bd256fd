"""How far the relay is, as Kafka knows it: so that one that has stopped silently is seen."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Final

from lrs.times import iso_text
from streams.broker import Broker

REMEMBER_SECONDS: Final = 5.0  # for which an answer is good
PATIENCE: Final = 1.0  # seconds that one who asks waits for Kafka at most
ASK_SECONDS: Final = 10.0  # that Kafka has for its answer


@dataclass(frozen=True)
class RelaySeen:
    """What is known of the relay; None where it isn't known."""

    position: int | None  # all of the log up to here is in the topic
    lag: int | None  # log positions still to be published
    published: str | None  # when it last published something, ISO 8601
    error: str | None  # why Kafka couldn't be asked the last time


@dataclass(frozen=True)
class _Answer:
    position: int | None = None
    published: int | None = None  # microseconds since 1970 UTC
    error: str | None = None


class RelayWatch:
    """Asks Kafka how far the relay of a topic is, when somebody wants to know.

    It is asked in a thread of its own, one at a time: whoever asks here waits at most a second,
    and gets what was known before if Kafka takes longer. `last_position` gives the log's end.
    """

    def __init__(self, broker: Broker, topic: str, last_position: Callable[[], int]) -> None:
        self._broker = broker
        self._topic = topic
        self._last_position = last_position
        self._known = _Answer(error="Kafka has not answered yet")
        self._asked = -REMEMBER_SECONDS
        self._answered = threading.Event()
        self._answered.set()
        self._asking = threading.Lock()

    def status(self) -> RelaySeen:
        """Tell how far the relay is. Raises what the record raises."""
        with self._asking:
            if self._answered.is_set() and monotonic() - self._asked >= REMEMBER_SECONDS:
                self._answered.clear()
                threading.Thread(target=self._ask, name="relay watch", daemon=True).start()
        self._answered.wait(PATIENCE)
        known = self._known
        lag = None
        if known.position is not None:
            lag = max(0, self._last_position() - known.position)
        published = None if known.published is None else iso_text(known.published)
        return RelaySeen(known.position, lag, published, known.error)

    def _ask(self) -> None:
        try:
            from streams.publishing import last_published  # Kafka's clients come with an extra

            marker, published = last_published(self._broker, self._topic, ASK_SECONDS) or (None, 0)
            if marker is None:
                self._known = _Answer(0, None, "the relay has published nothing yet")
            else:
                self._known = _Answer(marker.position, published)
        except Exception as error:  # what was known before may still help
            known = self._known
            reason = f"{type(error).__name__}: {error}"
            self._known = _Answer(known.position, known.published, reason)
        finally:
            self._asked = monotonic()
            self._answered.set()
