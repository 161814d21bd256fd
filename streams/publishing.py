"""Kafka's side of the relay: topics, transactions, and the marker of how far they have brought us.

Whatever goes wrong, the way out is the same: close the publisher, open another. Opening ends what
the one before had begun, and reads from Kafka itself where to go on, so that nothing has to be
guessed about a transaction whose outcome was never heard of.
"""

import contextlib
import logging
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any, Final, cast

import msgspec
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # its stubs leave two out
    AdminClient,
    ConfigResource,
    NewTopic,
)

from streams.broker import Broker
from streams.messages import Message, encode_watermark, partitions_of

CONNECT_SECONDS: Final = 10.0
ATTENTION_SECONDS: Final = 1.0  # how long one call may keep us from being told to stop
COMMIT_SECONDS: Final = 20.0
TRANSACTION_SECONDS: Final = 30  # then Kafka undoes a transaction that nobody has ended
LARGEST_MESSAGE: Final = 32 * 1024**2  # bytes, on a topic that we make
SEGMENT_SIZE: Final = 1024**2  # bytes of markers between two compactions: Kafka's least
RECENT: Final = 1_000  # offsets among which the last marker nearly always is
RELAY_SUFFIX: Final = ".relay"

_quiet: Final = logging.getLogger(f"{__name__}.librdkafka")
_quiet.setLevel(logging.CRITICAL + 1)
# The last is what producing says once the client knows that it is fenced, without saying why.
_FENCED: Final = frozenset(
    {
        KafkaError._FENCED,
        KafkaError.PRODUCER_FENCED,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError._FATAL,
    }
)


class Marker(msgspec.Struct, frozen=True):
    """What the last committed transaction says: all of `log` up to `position` is in the topic.

    `log` is the identity of the log, empty while it isn't known; `relay` that of the publisher.
    """

    position: int
    relay: str
    log: str = ""


class Fenced(Exception):
    """Kafka accepts no more from this publisher: another was opened since, or it was too slow."""


class Publisher:
    """The one producer of a topic, until another one is opened anywhere.

    A context manager. Raises KafkaException where Kafka can't be reached within ten seconds.
    ``partitions`` and ``replication`` are for a topic that isn't there yet; one that is is taken
    as it is. ``is_stopping`` is asked while Kafka is waited for, and ``tell`` told why.
    """

    def __init__(
        self,
        broker: Broker,
        topic: str,
        *,
        partitions: int,
        replication: int,
        is_stopping: Callable[[], bool] = lambda: False,
        tell: Callable[[str], None] = lambda trouble: None,
    ) -> None:
        self.topic = topic
        self.partitions = partitions
        self.largest_message = LARGEST_MESSAGE
        self._said: list[KafkaError] = []  # of the connection
        self._client: dict[str, Any] = {
            **broker.settings,
            "error_cb": self._said.append,
            "logger": _quiet,  # what goes wrong is raised, too
        }
        self._replication = replication
        self._is_stopping = is_stopping
        self._tell = tell
        self._producer: Producer | None = None

    def __enter__(self) -> "Publisher":
        try:
            self._find_topics()
            self._producer = self._begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            # What wasn't committed is to be forgotten, not to be sent after all.
            with contextlib.suppress(KafkaException):
                producer.purge()
                producer.abort_transaction(ATTENTION_SECONDS)

    def publish(self, messages: Sequence[Message], marker: Marker) -> None:
        """Publish messages, watermarks and marker, all or none; then they are there for good.

        Raises Fenced; KafkaException and BufferError where it can't be done or isn't known.
        """
        assert self._producer is not None  # noqa: S101 - it is open
        try:
            self._producer.begin_transaction()
            for message in messages:
                for partition in partitions_of(message, self.partitions):
                    self._produce(message, partition)
            watermark = encode_watermark(marker.position)
            for partition in range(self.partitions):
                self._produce(watermark, partition)
            self._producer.produce(
                self.topic + RELAY_SUFFIX, msgspec.json.encode(marker), b"marker", 0
            )
            self._retrying(self._producer.commit_transaction, COMMIT_SECONDS)
        except KafkaException as error:
            if error.args[0].code() in _FENCED:
                raise Fenced(str(error)) from error
            raise

    def last_marker(self) -> Marker | None:
        """Read the marker of the last committed transaction, None where there is none."""
        found = _last_published(self._client, self.topic, CONNECT_SECONDS)
        return None if found is None else found[0]

    # Producing -----------------------------------------------------------------------------

    def _begin(self) -> Producer:
        producer = Producer(
            {
                **self._client,
                "transactional.id": f"xueji-relay-{self.topic}",
                "transaction.timeout.ms": TRANSACTION_SECONDS * 1000,
                "message.max.bytes": self.largest_message,
                "batch.size": min(1_000_000, self.largest_message),
                "queue.buffering.max.messages": 100_000,
                "queue.buffering.max.kbytes": 256 * 1024,
                "linger.ms": 20,
            }
        )
        self._retrying(producer.init_transactions, CONNECT_SECONDS)
        return producer

    def _produce(self, message: Message, partition: int) -> None:
        assert self._producer is not None  # noqa: S101 - it is open
        while True:
            try:
                self._producer.produce(
                    self.topic,
                    message.value,
                    message.key,
                    partition,
                    headers=cast(Any, message.headers),
                )
                return
            except BufferError:  # until Kafka has taken some, or they have waited too long
                self._producer.poll(ATTENTION_SECONDS)

    def _retrying(self, call: Callable[[float], None], seconds: float) -> None:
        """Call what may be called again where it took too long."""
        deadline = monotonic() + seconds
        while True:
            try:
                return call(ATTENTION_SECONDS)
            except KafkaException as error:
                is_late = self._is_stopping() or monotonic() > deadline
                if is_late or not error.args[0].retriable():
                    raise
                self._tell(str(_with_reason(error, self._said).args[0].str()))

    # Topics --------------------------------------------------------------------------------

    def _find_topics(self) -> None:
        """See what the topics are like, and make those that are missing."""
        admin = AdminClient(self._client)
        topics = {
            self.topic: NewTopic(
                self.topic,
                self.partitions,
                self._replication,
                config={
                    "cleanup.policy": "delete",
                    "retention.ms": "-1",
                    "max.message.bytes": str(LARGEST_MESSAGE),
                },
            ),
            self.topic + RELAY_SUFFIX: NewTopic(
                self.topic + RELAY_SUFFIX,
                1,
                self._replication,
                config={"cleanup.policy": "compact", "segment.bytes": str(SEGMENT_SIZE)},
            ),
        }
        deadline = monotonic() + CONNECT_SECONDS
        while missing := topics.keys() - (found := self._partitions(admin)).keys():
            if monotonic() > deadline or self._is_stopping():
                raise KafkaException(
                    KafkaError(KafkaError._TIMED_OUT, f"topics not made: {sorted(missing)}")
                )
            for made in admin.create_topics([topics[name] for name in missing]).values():
                _unless_it_is_there(made.result)
        self.partitions = found[self.topic]
        self.largest_message = self._largest_message(admin)

    def _partitions(self, admin: AdminClient) -> dict[str, int]:
        """Count the partitions of all topics that are led; asking by name might make a topic."""
        topics = list_topics(admin, ATTENTION_SECONDS * 2, self._said)
        return {
            name: len(topic.partitions)
            for name, topic in topics.items()
            if topic.partitions and all(one.leader >= 0 for one in topic.partitions.values())
        }

    def _largest_message(self, admin: AdminClient) -> int:
        resource = ConfigResource(ConfigResource.Type.TOPIC, self.topic)
        [settings] = admin.describe_configs([resource], request_timeout=CONNECT_SECONDS).values()
        return int(settings.result()["max.message.bytes"].value)


def _unless_it_is_there(make: Callable[[], Any]) -> None:
    try:
        make()
    except KafkaException as error:  # another relay was faster
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise


def ask_topics(broker: Broker, seconds: float) -> tuple[AdminClient, dict[str, Any]]:
    """Give the topics of a cluster, and the client that asked.

    Raises KafkaException, with what the connection failed for, where Kafka doesn't answer within
    so many seconds.
    """
    said: list[KafkaError] = []
    client: dict[str, Any] = {**broker.settings, "error_cb": said.append, "logger": _quiet}
    admin = AdminClient(client)
    return admin, list_topics(admin, seconds, said)


def list_topics(admin: AdminClient, seconds: float, said: Sequence[KafkaError]) -> dict[str, Any]:
    """Give the topics, or say what the connection failed for, which the client says to `said`."""
    try:
        return admin.list_topics(timeout=seconds).topics
    except KafkaException as error:
        admin.poll(0)  # has the client say it
        raise _with_reason(error, said) from None


def last_published(broker: Broker, topic: str, seconds: float) -> tuple[Marker, int] | None:
    """Give the marker of a topic's last transaction and when it was written, in µs since 1970 UTC.

    None where nothing was published yet. Raises KafkaException where Kafka doesn't tell within so
    many seconds.
    """
    said: list[KafkaError] = []
    client = {**broker.settings, "error_cb": said.append, "logger": _quiet}
    try:
        return _last_published(client, topic, seconds)
    except KafkaException as error:
        raise _with_reason(error, said) from None


def _last_published(
    client: dict[str, Any], topic: str, seconds: float
) -> tuple[Marker, int] | None:
    consumer = Consumer(
        {
            **client,
            "group.id": f"xueji-relay-{topic}",  # needed, but no offset is committed
            "isolation.level": "read_committed",
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "fetch.wait.max.ms": 10,  # to be told of the end at once
        }
    )
    deadline = monotonic() + seconds
    place = TopicPartition(topic + RELAY_SUFFIX, 0)
    try:
        try:
            first, behind = consumer.get_watermark_offsets(place, seconds)
        except KafkaException:
            consumer.poll(0)  # has the client say what is wrong
            raise
        for start in (max(first, behind - RECENT), first):
            place.offset = start
            if found := _last_marker_within(consumer, place, behind, deadline):
                return found
        return None
    finally:
        consumer.close()


def _last_marker_within(
    consumer: Consumer, place: TopicPartition, behind: int, deadline: float
) -> tuple[Marker, int] | None:
    """Read the last marker before an offset, or one after it: another relay may be at work."""
    consumer.assign([place])
    last: tuple[Marker, int] | None = None
    while monotonic() < deadline:
        message = consumer.poll(ATTENTION_SECONDS)
        if message is None:
            continue
        if (error := message.error()) is None:
            marker = msgspec.json.decode(message.value() or b"", type=Marker)
            last = marker, message.timestamp()[1] * 1000
            if (message.offset() or 0) >= behind:
                return last
        elif error.code() == KafkaError._PARTITION_EOF:
            return last
        else:
            raise KafkaException(error)
    raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "reading the relay's marker"))


def _with_reason(error: KafkaException, said: Sequence[KafkaError]) -> KafkaException:
    """Say with an error what the client has said of the connection."""
    if not said:
        return error
    code, text = error.args[0].code(), error.args[0].str()
    return KafkaException(KafkaError(code, f"{text} ({said[-1].str()})"))


def publish_again(broker: Broker, topic: str, messages: Sequence[Message]) -> None:
    """Publish messages once more, beside the relay; they are there for good when this returns.

    Raises KafkaException where Kafka can't be reached or doesn't take them.
    """
    client: dict[str, Any] = {**broker.settings, "logger": _quiet}
    found = AdminClient(client).list_topics(topic, timeout=CONNECT_SECONDS).topics[topic]
    if found.error is not None:
        raise KafkaException(found.error)
    failed: list[KafkaError] = []

    def note(error: KafkaError | None, _: object) -> None:
        if error is not None:
            failed.append(error)

    producer = Producer(
        {**client, "enable.idempotence": True, "message.max.bytes": LARGEST_MESSAGE}
    )
    for message in messages:
        for partition in partitions_of(message, len(found.partitions)):
            producer.produce(
                topic,
                message.value,
                message.key,
                partition,
                headers=cast(Any, message.headers),
                on_delivery=note,
            )
    if producer.flush(COMMIT_SECONDS):
        raise KafkaException(KafkaError(KafkaError._MSG_TIMED_OUT))
    if failed:
        raise KafkaException(failed[0])
