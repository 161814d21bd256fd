"""Faust's way to Kafka, handing on a partition's records in chunks, and none of them lost.

Faust makes an event of each record, at some 80 µs of processor; here an event's value is a list of
records, acknowledged as one. Besides, it mends what Faust 0.15 was seen to do wrong while
partitions move between workers: records that come in before its queues are cleared vanish.
"""

import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any

import faust
import faust.transport.drivers.aiokafka as driver
from aiokafka import ConsumerRecord
from faust.types import TP
from faust.types.tuples import ConsumerMessage

_log = logging.getLogger(__name__)

# How many records of a partition an event holds at most.
CHUNK = 500


class ChunkedConsumer(driver.Consumer):
    """A consumer whose events of agents' topics hold a chunk of records each.

    Changelogs of tables are handed on record by record, as Faust reads them.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Where the chunk before a chunk ended, by that chunk's partition and last offset: offsets
        # have gaps, because Kafka counts the marks of transactions too.
        self._begins: dict[tuple[TP, int], int] = {}
        self._ends: dict[TP, int] = {}  # of the chunk handed on last
        self._has_dropped = False

    async def perform_seek(self) -> None:
        """Go to what is committed; what was handed on before is handed on again."""
        self._begins.clear()
        self._ends.clear()
        await super().perform_seek()

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:
        """Fetch records; while partitions move, only those of the tables' changelogs."""
        if self.app.rebalancing and active_partitions:
            changelogs = self.app.tables.changelog_topics
            active_partitions = {tp for tp in active_partitions if tp.topic in changelogs}
            if not active_partitions:
                await self.sleep(0.05)
                return {}
        return await super()._getmany(active_partitions, timeout)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Any]]:
        """Fetch records and give them in chunks, each with its partition."""
        if self._has_dropped and self.flow_active and not self.app.rebalancing:
            self._has_dropped = False
            await self.perform_seek()
        generation = self.app.consumer_generation_id
        found, _ = await self._wait_next_records(timeout)
        if not found or self.should_stop:
            return
        acking = self.app.topics.acking_topics
        if any(tp.topic in acking for tp in found) and self._is_over(generation):
            # Fetched for an assignment that is over, perhaps after the next one's seek: they are
            # fetched again, but not from here, where the changelogs have to be read on.
            self._has_dropped = True
            return
        for tp, records in found.items():
            self.app.monitor.track_tp_end_offset(tp, self.highwater(tp))
            if tp.topic in acking:
                for message in self._chunks(tp, records, generation):
                    yield tp, message
            else:
                for record in records:
                    if not self.flow_active:
                        return
                    yield tp, self._to_message(tp, record)

    def _is_over(self, generation: int) -> bool:
        moved = generation != self.app.consumer_generation_id
        return self.app.rebalancing or not self.flow_active or moved

    def _chunks(self, tp: TP, records: list[ConsumerRecord], generation: int) -> Any:
        for start in range(0, len(records), CHUNK):
            if self._is_over(generation):
                self._has_dropped = True
                return
            chunk = records[start : start + CHUNK]
            last = chunk[-1]
            begin = self._ends.get(tp, self._committed_offset[tp])
            self._begins[tp, last.offset] = chunk[0].offset if begin is None else begin
            self._ends[tp] = last.offset + 1
            yield _message(chunk, tp, generation)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Gaps between records stand in a chunk, or between a chunk and the one before it."""

    def _new_offset(self, tp: TP) -> int | None:
        """Give the offset up to which every chunk has been acknowledged; None if it is the same."""
        acked = self._acked[tp]
        if not acked:
            return None
        upto = self._committed_offset[tp]
        acked.sort()
        while acked:
            begin = self._begins.get((tp, acked[0]), acked[0])
            if upto is not None and begin > upto:
                break
            self._begins.pop((tp, acked[0]), None)
            self._acked_index[tp].discard(acked[0])
            upto = max(upto or 0, acked.pop(0) + 1)
        return upto


def _message(chunk: list[ConsumerRecord], tp: TP, generation: int) -> ConsumerMessage:
    """Make the message of a chunk: its value is the chunk, its offset that of the last record."""
    last = chunk[-1]
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
