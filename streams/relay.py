"""The relay: publishes the log to Kafka, each entry once and in order, going on where it stopped.

Each batch is one transaction of Kafka's: its messages, a watermark for every partition, and the
marker of how far that is. So position and messages can't disagree, whatever is killed and when;
and of two relays the one started later is the only one, because Kafka fences the other.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic, sleep
from typing import TYPE_CHECKING, Final
from uuid import uuid4

import msgspec
from confluent_kafka import KafkaException

from lrs.record import LogEntry
from streams.broker import Broker
from streams.log_identity import identity_of
from streams.messages import Message, encode
from streams.publishing import Fenced, Marker, Publisher

if TYPE_CHECKING:
    from streams.embedded import Log

PATIENCE: Final = 0.25  # seconds that a wait may take, and so that stopping may take
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 5.0  # seconds between tries while something fails
GRACE_SECONDS: Final = 3.0  # for a relay just opened to say that it publishes now
TELL_SECONDS: Final = 30.0  # between two lines of progress in the log
LARGEST_TRANSACTION: Final = 16 * 1024**2  # bytes after which a transaction is committed

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RelayStatus:
    """How a relay is doing."""

    position: int  # all up to here is in the topic
    lag: int  # log positions still to come
    error: str | None  # of the last try; None once a try succeeds
    published: int  # entries, since it was started


class Relay:
    """Publishes a log to a topic until it is told to stop.

    ``partitions`` and ``replication`` are for a
    topic that isn't there yet; one that is there keeps its own. ``limit`` is the most entries in a
    transaction, ``spacing`` (seconds) the least time between the starts of two while the log grows
    slowly.
    """

    def __init__(
        self,
        log: "Log",
        broker: Broker,
        *,
        topic: str = "xueji.statements",
        partitions: int = 8,
        replication: int = 1,
        limit: int = 8000,
        spacing: float = 0.1,
    ) -> None:
        self._source = log
        self._broker = broker
        self._topic = topic
        self._partitions = partitions
        self._replication = replication
        self._limit = limit
        self._spacing = spacing
        self._name = uuid4().hex
        self._resumed: Marker | None = None  # what the last publisher was opened on
        self._publishers = 0
        self._stopping = False
        self._position = 0
        self._published = 0
        self._error: str | None = None
        self._pause = FIRST_PAUSE
        self._told = (monotonic(), 0)

    def run(self) -> None:
        """Publish until told to stop; while Kafka or the record is away, wait and try again.

        Raises RelayReplaced, AnotherLog.
        """
        while not self._stopping:
            try:
                with self._publisher() as publisher:
                    self._go_on(publisher)
            except Fenced:
                self._check_replaced()
            except (RelayReplaced, AnotherLog):
                raise
            except Exception as error:
                self._note_failure(error)

    def stop(self) -> None:
        """Have it end after the batch at hand; may be called by a signal's handler."""
        self._stopping = True

    def status(self) -> RelayStatus:
        """Tell how far it is, and what keeps it."""
        lag = max(0, self._source.last_position() - self._position)
        return RelayStatus(self._position, lag, self._error, self._published)

    # Publishing ----------------------------------------------------------------------------

    def _publisher(self) -> Publisher:
        return Publisher(
            self._broker,
            self._topic,
            partitions=self._partitions,
            replication=self._replication,
            is_stopping=lambda: self._stopping,
            tell=self._note_trouble,
        )

    def _go_on(self, publisher: Publisher) -> None:
        """Publish what comes after the last marker."""
        identity = identity_of(self._source)
        self._resumed = publisher.last_marker()
        self._position = self._resume(self._resumed, identity)
        self._publishers += 1
        name = f"{self._name}/{self._publishers}"
        # At once, so that others see who publishes now, and consumers how far that is.
        self._publish(publisher, [], Marker(self._position, name, identity))
        while not self._stopping:
            if not self._source.wait_for_log(self._position, PATIENCE):
                continue
            began = monotonic()
            entries = self._source.read_log(self._position, self._limit)
            for messages, position in self._portions(entries, publisher.largest_message):
                identity = identity or identity_of(self._source)
                self._publish(publisher, messages, Marker(position, name, identity))
            if len(entries) < self._limit:
                self._wait(began + self._spacing - monotonic())

    def _publish(self, publisher: Publisher, messages: list[Message], marker: Marker) -> None:
        publisher.publish(messages, marker)
        self._position = marker.position
        self._published += len(messages)
        self._error, self._pause = None, FIRST_PAUSE
        self._tell()

    def _portions(
        self, entries: Sequence[LogEntry], largest: int
    ) -> Iterator[tuple[list[Message], int]]:
        """Write entries as messages, in portions that Kafka takes within a transaction's time."""
        messages: list[Message] = []
        total = 0
        for entry in entries:
            message = encode(entry)
            if (size := message.size()) > largest:
                message = encode(_too_large(entry, size, largest))
            messages.append(message)
            total += size
            if total > LARGEST_TRANSACTION:
                yield messages, entry.position
                messages, total = [], 0
        if messages:
            yield messages, entries[-1].position

    # Going on ------------------------------------------------------------------------------

    def _resume(self, marker: Marker | None, identity: str) -> int:
        """Give the position to go on after; raises AnotherLog."""
        if marker is None:
            return 0
        if marker.log and identity and marker.log != identity:
            raise AnotherLog(f"topic {self._topic} holds another log: name another topic")
        newest = self._source.last_position()
        if newest < marker.position:
            raise AnotherLog(
                f"topic {self._topic} holds a log up to position {marker.position}, "
                f"but this one ends at {newest}: name another topic"
            )
        return marker.position

    def _check_replaced(self) -> None:
        """Raise RelayReplaced if another relay publishes since this one was fenced; else go on.

        Kafka also fences who was away for longer than a transaction may take.
        """
        deadline = monotonic() + GRACE_SECONDS
        try:
            while not self._stopping and monotonic() < deadline:
                marker = self._publisher().last_marker()
                if marker != self._resumed and marker and not marker.relay.startswith(self._name):
                    raise RelayReplaced(f"another relay publishes to topic {self._topic} now")
                self._wait(PATIENCE)
        except KafkaException as error:
            self._note_failure(error)
        else:
            self._note_trouble("fenced, though by no other relay")

    # Telling -------------------------------------------------------------------------------

    def _note_failure(self, error: Exception) -> None:
        self._note_trouble(f"{type(error).__name__}: {error}")
        self._wait(self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE)

    def _note_trouble(self, trouble: str) -> None:
        if trouble != self._error:  # once, however often it's tried again
            _log.warning("at position %d, trying again: %s", self._position, trouble)
        self._error = trouble

    def _tell(self) -> None:
        since, published = self._told
        if (seconds := monotonic() - since) >= TELL_SECONDS:
            rate = (self._published - published) / seconds
            lag = self.status().lag
            _log.info("at position %d, %d to come, %.0f a second", self._position, lag, rate)
            self._told = (monotonic(), self._published)

    def _wait(self, seconds: float) -> None:
        deadline = monotonic() + seconds
        while not self._stopping and (remaining := deadline - monotonic()) > 0:
            sleep(min(PATIENCE, remaining))


def _too_large(entry: LogEntry, size: int, largest: int) -> LogEntry:
    error = f"a message of {size} bytes, and the topic takes at most {largest} (max.message.bytes)"
    return msgspec.structs.replace(
        entry, kind="unreadable", statement=b"", document=None, declaration=None, error=error
    )


class RelayReplaced(RuntimeError):
    """Another relay was started for the same topic: there can be one only."""


class AnotherLog(RuntimeError):
    """The topic holds another log than the one to be published."""
