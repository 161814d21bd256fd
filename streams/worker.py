"""A Faust worker of the distributed carrier: statements to facts, facts to rows.

Any number of workers share the partitions. What each does with a batch is in
`streams/distributed.py`; here is how batches come, and when they count as done: only once all that
follows from them is durable. So a crash anywhere means that some are carried again.
"""

import asyncio
import logging
import os
import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import faust
import mode
import rocksdict
from confluent_kafka import KafkaException
from confluent_kafka.admin import (  # type: ignore[attr-defined]  # its stubs leave some out
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
)
from faust.auth import Credentials, SASLCredentials, SSLCredentials

from projections.folds import Fold, Person, PersonState, decode, encode
from projections.meaning.reading import ReadsStatements
from projections.warehouse import Generation
from streams.broker import Broker
from streams.chunked_transport import ChunkedApp, Chunks
from streams.distributed import (
    Delivery,
    FactBatch,
    FoldStep,
    ReadStep,
    decode_batch,
    encoded_batches,
    part_of,
)
from streams.messages import WATERMARK, BadMessage, again_of
from streams.messages import decode as decode_message
from streams.publishing import LARGEST_MESSAGE, ask_topics
from streams.recovery import PatientTableManager

RECORDS_AT_ONCE: Final = 8_000  # statements, or messages of facts, in a batch
WITHIN: Final = 0.05  # seconds that a batch is waited for to grow
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 10.0  # seconds between tries while ClickHouse fails
KEPT_IN_MEMORY: Final = 20_000  # states
ADMIN_SECONDS: Final = 10.0
BEYOND_LOGS: Final = 1 << 62  # from here on positions are of messages that are none of the log's
# A worker that was away for longer than this has missed facts: a replay builds them anew.
FACTS_MILLISECONDS: Final = 30 * 24 * 3600 * 1000
_MEGABYTE: Final = 1 << 20
LARGEST_STATE: Final = 16 * _MEGABYTE  # of one person, encoded; that of a term has some kilobytes

T = TypeVar("T")
P = ParamSpec("P")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class WorkerOptions:
    """Where a worker finds Kafka, and what it is called there.

    `name` is this worker's, the same each time it
    starts and no other's; `folder` is where it keeps states, its own too.
    """

    broker: Broker
    topic: str
    name: str
    folder: Path
    replication: int = 1


class TopicMissing(LookupError):
    """There is no topic of statements (yet), or no Kafka."""


def app_name(generation: Generation) -> str:
    """Name the workers of a generation as a group: no other generation has their positions."""
    return f"xueji-{generation.name}-{generation.identity[:12]}"


def count_partitions(broker: Broker, topic: str) -> int:
    """Give the number of partitions of a topic. Raises TopicMissing, also while Kafka is away."""
    try:
        _, topics = ask_topics(broker, ADMIN_SECONDS)
    except KafkaException as error:
        raise TopicMissing(f"Kafka can't be asked: {error}") from None
    if topic not in topics or not topics[topic].partitions:
        raise TopicMissing(f"there is no topic {topic}: `xueji relay` makes it")
    return len(topics[topic].partitions)


def prepare_topics(options: WorkerOptions, generation: Generation) -> int:
    """Make the topics between the agents; gives the number of partitions, the same for all.

    Raises TopicMissing. Topics have to be there before workers start: Faust was seen never to read
    one that came later.
    """
    partitions = count_partitions(options.broker, options.topic)
    admin, topics = ask_topics(options.broker, ADMIN_SECONDS)
    name = app_name(generation)
    wanted = {
        f"{name}-facts": {"retention.ms": str(FACTS_MILLISECONDS)},
        f"{name}-states-changelog": {"cleanup.policy": "compact"},
    }
    for config in wanted.values():
        config["max.message.bytes"] = str(LARGEST_MESSAGE)
        if options.replication > 2:  # else one copy would be as good as all of them
            config["min.insync.replicas"] = "2"
    missing = [
        NewTopic(topic, partitions, options.replication, config=config)
        for topic, config in wanted.items()
        if topic not in topics
    ]
    for made in admin.create_topics(missing).values() if missing else ():
        with suppress(_AlreadyThere):
            _result(made)
    _widen(admin, [topic for topic in wanted if topic in topics])
    return partitions


def _widen(admin: AdminClient, topics: Sequence[str]) -> None:
    """Have topics that an earlier release made take as large messages as we send."""
    size = ConfigEntry(
        "max.message.bytes",
        str(LARGEST_MESSAGE),
        incremental_operation=AlterConfigOpType.SET,
    )
    resources = [
        ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[size])
        for topic in topics
    ]
    for topic, altered in (admin.incremental_alter_configs(resources) if topics else {}).items():
        try:
            altered.result(ADMIN_SECONDS)
        except KafkaException as error:
            _log.warning("%s may take no messages over 1 MiB: %s", topic.name, error)


class _AlreadyThere(Exception):
    """Another worker has made the topic meanwhile."""


def _result(made: Any) -> None:
    try:
        made.result(ADMIN_SECONDS)
    except Exception as error:
        if "TOPIC_ALREADY_EXISTS" in str(error):
            raise _AlreadyThere from None
        raise


class Worker:
    """The app of one worker of a generation: two agents and the table of states."""

    def __init__(
        self, options: WorkerOptions, reader: ReadsStatements, fold: Fold, generation: Generation
    ) -> None:
        self._parts = prepare_topics(options, generation)
        base = int(generation.origin.get("position", 0))
        self._read_step = ReadStep(reader, generation, self._parts)
        self._fold_step = FoldStep(
            fold, generation, sources=self._parts, parts=self._parts, base=base
        )
        self.app: Any = _make_app(options, app_name(generation), self._parts)
        self._facts_topic = f"{app_name(generation)}-facts"
        self._states = PartStates(self.app, self._parts)
        self.is_outdated = False  # it stopped because its generation isn't live any more
        # Of the consumer: in which links were last loaded, and states last compared.
        self._reading_run = self._run = 0
        self._declare(options)

    def run(self) -> None:
        """Work until SIGINT or SIGTERM; ends by SystemExit, 0 unless something was wrong."""
        worker = faust.Worker(self.app, loglevel="WARN", redirect_stdouts=False, quiet=True)
        worker.spinner = None
        worker.execute_from_commandline()

    def watch(self, seconds: float, is_live: Callable[[], bool]) -> None:
        """Stop once the generation isn't live any more; asked every so many seconds."""

        async def look() -> None:
            with suppress(Exception):  # ClickHouse is away: nothing is known
                if not await asyncio.to_thread(is_live) and not self.is_outdated:
                    self.is_outdated = True
                    os.kill(os.getpid(), signal.SIGTERM)

        self.app.timer(seconds)(look)

    def _declare(self, options: WorkerOptions) -> None:
        plain: dict[str, Any] = {"key_type": bytes, "value_type": bytes}
        statements = self.app.topic(options.topic, **plain)
        facts = self.app.topic(self._facts_topic, **plain)
        # An agent that fails ends the worker: what it had at hand isn't acknowledged then.
        once = {"supervisor_strategy": mode.CrashingSupervisor}
        self.app.agent(statements, name="read", **once)(self._read)
        self.app.agent(facts, name="fold", **once)(self._fold)

    # Agents ----------------------------------------------------------------------------------

    async def _read(self, stream: Any) -> None:
        """Statements to facts."""
        async for events in self._taken(stream):
            if self._reading_run != self._chunks.run:
                self._reading_run = self._chunks.run
                self._read_step.forget()
            await self._send(await persistent(self._read_step.carry, deliveries_of(events)))
            self._done(events)

    async def _fold(self, stream: Any) -> None:
        """Facts to rows."""
        async for events in self._taken(stream):
            if self._run != self._chunks.run:
                self._run = self._chunks.run
                self._fold_step.forget()
                self._states.forget()
            batches = [
                (record.partition, decode_batch(record.value))
                for event in events
                for record in event.value.records
            ]
            states = await persistent(self._fold_step.carry, batches, self._states.load)
            if self._run == self._chunks.run:  # the partitions are still this worker's
                self._fold_step.compare(await self._states.keep(states))
                self._done(events)
            else:
                self._states.forget()

    async def _taken(self, stream: Any) -> AsyncIterator[list[Any]]:
        """Give the events of a stream in batches, none of them missing, each to be carried now."""
        async for gathered in batches_of(stream):
            take = self._chunks.take
            if events := [one for one in gathered if take(one.message.tp, one.value)]:
                yield events

    @property
    def _chunks(self) -> Chunks:
        chunks: Chunks = self.app.consumer.chunks
        return chunks

    async def _send(self, batches: Sequence[tuple[int, FactBatch]]) -> None:
        """Send batches of facts, each to its part, and wait until Kafka has them."""
        producer = self.app.producer._producer
        sent = [
            await producer.send(self._facts_topic, encoded, partition=part)
            for part, batch in batches
            for encoded in encoded_batches(batch)
        ]
        await asyncio.gather(*sent)

    def _done(self, events: Sequence[Any]) -> None:
        for event in events:
            event.ack()


def _make_app(options: WorkerOptions, name: str, partitions: int) -> Any:
    folder = options.folder / name
    folder.mkdir(parents=True, exist_ok=True)
    addresses = options.broker.addresses.split(",")
    return ChunkedApp(
        name,
        broker=";".join(f"kafka://{address.strip()}" for address in addresses),
        broker_credentials=credentials_of(options.broker),
        key_serializer="raw",
        value_serializer="raw",
        topic_partitions=partitions,
        topic_replication_factor=options.replication,
        topic_disable_leader=True,
        # A standby copy of the others' states takes a worker as long as a third of its own work.
        # Who takes over from a worker that is gone for good reads its states from the changelog.
        table_standby_replicas=0,
        topic_allow_declare=False,  # prepare_topics has made them
        web_enabled=False,
        datadir=str(folder),
        store="rocksdb://",
        TableManager=PatientTableManager,
        consumer_auto_offset_reset="earliest",
        # A worker of a known name gets its partitions back: groups of unknown ones were seen to
        # argue for twenty seconds about one that was killed.
        consumer_group_instance_id=f"{name}-{options.name}",
        broker_commit_interval=0.5,
        broker_session_timeout=10.0,
        broker_heartbeat_interval=1.0,
        broker_max_poll_records=RECORDS_AT_ONCE,
        producer_acks=-1,
        producer_linger=0.005,
        producer_max_batch_size=256 * 1024,
        producer_max_request_size=LARGEST_MESSAGE,
        consumer_max_fetch_size=8 * _MEGABYTE,
        stream_wait_empty=False,
        stream_buffer_maxsize=16,  # chunks
    )


def credentials_of(broker: Broker) -> Credentials | None:
    """Give what Faust's clients make themselves known by; raises OSError for unusable files."""
    context = broker.ssl_context()
    if broker.has_sasl:
        return SASLCredentials(
            username=broker.username,
            password=broker.password,
            mechanism=broker.mechanism,
            ssl_context=context,
        )
    return None if context is None else SSLCredentials(context)


def deliveries_of(events: Sequence[Any]) -> list[Delivery]:
    """Read the records of events of the topic of statements."""
    return [_delivery(record) for event in events for record in event.value.records]


def _delivery(record: Any) -> Delivery:
    """Read a record of the topic of statements; what is no entry is to be set aside."""
    try:
        entry = decode_message(record.key, record.value, record.headers)
        again = again_of(record.headers)
    except BadMessage as error:
        place = f"{record.topic}, partition {record.partition}, offset {record.offset}"
        return Delivery(record.partition, _position(record), refused=f"{place}: {error}")
    if entry.kind == WATERMARK:
        return Delivery(record.partition, entry.position)
    return Delivery(record.partition, entry.position, entry, again=again)


def _position(record: Any) -> int:
    """Give the position that a message says it has; where it says none, one that no log has."""
    text = dict(record.headers).get("position", b"")
    if text.isdigit() and len(text) < 19:
        return int(text)
    return BEYOND_LOGS + int(record.partition << 44) + int(record.offset)


async def batches_of(stream: Any) -> AsyncIterator[list[Any]]:
    """Give the events of a stream in batches: all that wait, up to RECORDS_AT_ONCE records."""
    events = aiter(stream.noack().events())
    coming: asyncio.Future[Any] | None = None
    batch: list[Any] = []
    records = 0
    try:
        while True:
            coming = coming or asyncio.ensure_future(anext(events, None))
            await asyncio.wait({coming}, timeout=WITHIN if batch else None)
            if coming.done():
                event, coming = coming.result(), None
                if event is None:
                    return  # the worker stops: what wasn't given is carried by the next
                batch.append(event)
                records += len(event.value.records)
                if records < RECORDS_AT_ONCE:
                    continue
            yield batch
            batch, records = [], 0
    finally:
        if coming is not None:
            coming.cancel()


async def persistent(step: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Do a step in a thread, again and again until it is done: ClickHouse may be away."""
    pause = FIRST_PAUSE
    while True:
        try:
            return await asyncio.to_thread(step, *arguments, **named)
        except Exception as error:
            _log.warning("carrying failed, trying again in %g s: %s", pause, error)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


class PartStates:
    """The table of persons' states, by part of the facts topic.

    Faust's own table writes its file first, and Kafka's changelog when it comes to it: after a
    crash the file knows of facts that the changelog never gets. Here the changelog comes first.
    """

    def __init__(self, app: Any, parts: int) -> None:
        self._app = app
        self._parts = parts
        options = {
            "driver": "rocksdict",
            "block_cache_size": 64 * _MEGABYTE,
            "write_buffer_size": 16 * _MEGABYTE,
        }
        self._table = app.Table(
            "states", key_type=bytes, value_type=bytes, partitions=parts, options=options
        )
        self._memory: dict[Person, PersonState] = {}  # the longest unused first

    def forget(self) -> None:
        """Look at the table again for every state."""
        self._memory.clear()

    def load(self, persons: Sequence[Person]) -> dict[Person, PersonState]:
        """Give the states of those of the persons that have one.

        A state in memory is given away: a fold changes it in place, and `keep` brings it back.
        """
        found = {one: self._memory.pop(one) for one in persons if one in self._memory}
        wanted: dict[int, list[Person]] = defaultdict(list)
        for person in persons:
            if person not in found:
                wanted[part_of(*person, self._parts)].append(person)
        for part, some in wanted.items():
            database = self._table.data._db_for_partition(part)
            values = database.get([_key(person) for person in some])
            found |= {
                person: decode(value)
                for person, value in zip(some, values, strict=True)
                if value is not None
            }
        return found

    async def keep(self, states: dict[Person, PersonState]) -> list[Person]:
        """Write states to the changelog, then to the table's files; gives those it couldn't keep.

        A state that is too large isn't kept, and the one before, if any, lags behind its rows.
        """
        by_part: dict[int, dict[bytes, bytes]] = defaultdict(dict)
        too_large: list[Person] = []
        for person, state in states.items():
            encoded = encode(state)
            if len(encoded) > LARGEST_STATE:
                too_large.append(person)
            else:
                by_part[part_of(*person, self._parts)][_key(person)] = encoded
        sent = [await self._send(part, values) for part, values in by_part.items()]
        for (part, values), offsets in zip(by_part.items(), sent, strict=True):
            done = await asyncio.gather(*offsets)
            self._write(part, values, max(one.offset for one in done))
        self._memory |= states
        for person in too_large:
            del self._memory[person]
        for person in list(self._memory)[: max(0, len(self._memory) - KEPT_IN_MEMORY)]:
            del self._memory[person]
        return too_large

    async def _send(self, part: int, values: dict[bytes, bytes]) -> list[Awaitable[Any]]:
        producer, topic = self._app.producer._producer, self._table.changelog_topic_name
        return [
            await producer.send(topic, value, key=key, partition=part)
            for key, value in values.items()
        ]

    def _write(self, part: int, values: dict[bytes, bytes], offset: int) -> None:
        store = self._table.data
        batch = rocksdict.WriteBatch(raw_mode=True)
        for key, value in values.items():
            batch.put(key, value)
        batch.put(store.offset_key, str(offset).encode())
        store._db_for_partition(part).write(batch)


def _key(person: Person) -> bytes:
    return "\0".join(person).encode()
