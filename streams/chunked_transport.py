"""Faust's way to Kafka, handing on records in chunks, none of which is left out.

Faust makes an event of each record, at some 80 µs of processor; here an event's value is a chunk of
records, acknowledged as one.

Besides, Faust 0.15 was seen to lose records while partitions move between workers: those that come
in before its queues are cleared, those put into a queue after that, and all that it would have to
go back for where nothing of a partition was committed yet. So each chunk says where it begins and
where it ends, and an agent takes it only if it joins the one before it, and the first one joins
what is committed. Where one doesn't, all partitions are read again from what is committed.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import faust
import faust.transport.drivers.aiokafka as driver
from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError
from faust.types import TP
from faust.types.tuples import ConsumerMessage

_log = logging.getLogger(__name__)

LARGEST_CHUNK: Final = 500  # records
_NOWHERE: Final = -1


@dataclass(frozen=True)
class Fetched:
    """Records that came of a partition: all those from offset `begin` up to before `end`.

    There are fewer than that: Kafka counts the marks of transactions too.
    """

    records: Sequence[ConsumerRecord]
    begin: int
    end: int


@dataclass(frozen=True)
class Chunk(Fetched):
    """As many of them as go together; `run` says after which beginning anew."""

    run: int


class Chunks:
    """All chunks between Kafka and the agents: those of a partition join without a gap.

    A run begins with the offsets from which on each partition is read. Chunks of another run are
    not taken, nor those that don't join; then the run `is_broken`, and a new one has to begin.
    """

    def __init__(self) -> None:
        self.run = 0
        self.is_broken = False
        self._taken: dict[TP, int] = {}  # up to where agents have taken chunks of this run
        self.completed: dict[TP, int] = {}  # and up to where they are done with them

    def begin(self, offsets: Mapping[TP, int]) -> None:
        """Begin a new run at some offsets; chunks of other partitions are refused."""
        self.run += 1
        self.is_broken = False
        self._taken, self.completed = dict(offsets), {}

    def cut(self, fetched: Fetched) -> Iterator[Chunk]:
        """Cut what was fetched into chunks to be handed on."""
        records, begin = fetched.records, fetched.begin
        for start in range(0, len(records), LARGEST_CHUNK):
            some = records[start : start + LARGEST_CHUNK]
            is_last = start + LARGEST_CHUNK >= len(records)
            end = fetched.end if is_last else some[-1].offset + 1
            yield Chunk(some, begin, end, self.run)
            begin = end

    def take(self, tp: TP, chunk: Chunk) -> bool:
        """Tell whether an agent is to carry a chunk now: it joins the one taken before it."""
        if chunk.run != self.run:
            return False
        if chunk.begin != self._taken.get(tp):
            self.is_broken = True
            return False
        self._taken[tp] = chunk.end
        return True

    def complete(self, tp: TP, chunk: Chunk) -> bool:
        """Note that a chunk that was taken was carried, if its run isn't over."""
        if chunk.run != self.run:
            return False
        self.completed[tp] = chunk.end
        return True


class _Thread(driver.AIOKafkaConsumerThread):
    """The thread that talks to Kafka; it knows from where to where it has read."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._ends: dict[TP, int] = {}  # of what was read last

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # Faust asks for that with transactions of its own only. The relay's are to be seen whole:
        # of one that is broken off, some messages may be missing between others.
        consumer._isolation_level = "read_committed"
        return consumer

    async def on_partitions_revoked(self, revoked: Any) -> None:
        self._ends.clear()
        await super().on_partitions_revoked(revoked)

    async def _fetch_records(self, consumer: Any, *arguments: Any, **options: Any) -> Any:
        found = await super()._fetch_records(consumer, *arguments, **options)
        fetched = {}
        for tp, records in found.items():
            begin, end = self._ends.get(tp, _NOWHERE), await consumer.position(tp)
            self._ends[tp] = end
            fetched[tp] = Fetched(records, begin, end)
        return fetched

    async def seek_to_committed(self) -> Mapping[TP, int]:
        offsets: Mapping[TP, int] = await self.call_thread(self._seek_to_committed)
        return offsets

    async def _seek_to_committed(self) -> dict[TP, int | None]:
        """Go to what is committed of each partition, or to where it begins; of agents' topics only.

        aiokafka's own stays where it is where nothing is committed.
        """
        consumer, acking = self._ensure_consumer(), self.app.topics.acking_topics
        offsets: dict[TP, int | None] = {}
        for tp in consumer.assignment():
            offsets[tp] = None
            if tp.topic in acking:
                offset = await consumer.committed(tp)
                if offset is None:
                    offset = (await consumer.beginning_offsets([tp]))[tp]
                consumer.seek(tp, offset)
                offsets[tp] = self._ends[tp] = offset
        return offsets


class ChunkedConsumer(driver.Consumer):
    """A consumer whose events of agents' topics hold a chunk of records each.

    Changelogs of tables are handed on record by record, as Faust reads them.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.chunks = Chunks()
        self._seeking = asyncio.Lock()

    def _new_consumer_thread(self) -> Any:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    async def on_partitions_revoked(self, revoked: Any) -> None:
        """Let go of all chunks: partitions that stay are read again from what is committed."""
        self.chunks.begin({})
        await super().on_partitions_revoked(revoked)

    async def perform_seek(self) -> None:
        """Go to what is committed; what was handed on since is handed on again."""
        async with self._seeking:
            await super().perform_seek()

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Go to what is committed, and expect chunks from there on."""
        self.chunks.begin({})  # meanwhile, none
        try:
            offsets = await super().seek_to_committed()
        except BaseException:
            self.chunks.is_broken = True
            raise
        self.chunks.begin({tp: offset for tp, offset in offsets.items() if offset is not None})
        return offsets

    # Fetching ------------------------------------------------------------------------------

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:
        """Fetch records and give them in chunks, each with its partition."""
        if self.chunks.is_broken and self.flow_active and not self.app.rebalancing:
            await self._mend()
        found: Mapping[TP, Any] | None = (await self._wait_next_records(timeout))[0]
        if not found or self.should_stop:
            return
        acking = self.app.topics.acking_topics
        for tp, fetched in found.items():
            self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
            if tp.topic in acking:
                for chunk in self.chunks.cut(fetched):
                    yield tp, _message(chunk, tp, self.app.consumer_generation_id)
            else:
                for record in fetched.records:
                    if not self.flow_active:
                        return
                    yield tp, self._to_message(tp, record)

    async def _mend(self) -> None:
        try:
            await self.perform_seek()
        except KafkaError as error:  # partitions move, or Kafka is away
            _log.warning("going back to what is committed failed, trying again: %s", error)
            await self.sleep(1)

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:
        """Fetch records; while partitions move, only those of the tables' changelogs."""
        if self.app.rebalancing and active_partitions:
            changelogs = self.app.tables.changelog_topics
            active_partitions = {tp for tp in active_partitions if tp.topic in changelogs}
            if not active_partitions:
                await self.sleep(0.05)
                return {}
        return await super()._getmany(active_partitions, timeout)

    # Committing ----------------------------------------------------------------------------

    def ack(self, message: Any) -> bool:
        """Note that a chunk was carried, so that it's committed in time."""
        message.acked = True
        return self.chunks.complete(message.tp, message.value)

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        return iter(list(self.chunks.completed))

    def _new_offset(self, tp: TP) -> int | None:
        return self.chunks.completed.get(tp)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Gaps between records stand in a chunk: nobody waits for them to be acknowledged."""


def _message(chunk: Chunk, tp: TP, generation: int) -> ConsumerMessage:
    """Make the message of a chunk: its value is the chunk, its offset that of the last record."""
    last = chunk.records[-1]
    value: Any = chunk
    return ConsumerMessage(
        last.topic,
        last.partition,
        last.offset,
        last.timestamp / 1000,
        last.timestamp_type,
        {},
        None,
        value,
        None,
        -1,
        -1,
        tp,
        generation_id=generation,
    )


class IdempotentProducer(driver.Producer):
    """A producer that neither loses, doubles nor reorders what it sends again."""

    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class ChunkedTransport(driver.Transport):
    """The two of them."""

    Consumer = ChunkedConsumer
    Producer = IdempotentProducer


class ChunkedApp(faust.App):
    """A Faust app on this transport."""

    def _new_transport(self) -> Any:
        return ChunkedTransport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> Any:
        return ChunkedTransport(self.conf.broker_producer, self)
