"""Between Kafka and the agents nothing is left out, whatever is dropped on the way."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic
from faust.types import TP
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.chunked_transport import (
    LARGEST_CHUNK,
    Chunk,
    ChunkedApp,
    Chunks,
    Fetched,
)

PLACE = TP("statements", 0)
EXAMPLES = 500


class Partition:
    """A partition of a topic whose offsets have gaps, and a worker that reads it, simulated.

    What Faust was seen to do wrong is what happens here: results are dropped or come late, queues
    are cleared, and events get into a queue after that.
    """

    def __init__(self) -> None:
        self.offsets: list[int] = []
        self.end = 0
        self.committed: int | None = None
        self.carried: list[int] = []
        self.chunks = Chunks()
        self.position = 0  # of the thread that fetches
        self.read_to = -1  # as that thread knows
        self.on_the_way: list[Fetched] = []
        self.queue: list[Chunk] = []
        self.at_hand: list[Chunk] = []

    def append(self, count: int) -> None:
        """Add records, and a transaction's mark after them."""
        self.offsets += range(self.end, self.end + count)
        self.end += count + 1

    def fetch(self, count: int) -> None:
        records = [offset for offset in self.offsets if offset >= self.position][:count]
        if records and not self.on_the_way:
            is_all = records[-1] == self.offsets[-1]
            end = self.end if is_all else records[-1] + 1
            found: Any = [SimpleNamespace(offset=offset) for offset in records]
            self.on_the_way.append(Fetched(found, self.read_to, end))
            self.position = self.read_to = end

    def hand_on(self, kept: int) -> None:
        """Hand on what was fetched first; only the first chunks of it get into the queue."""
        if self.on_the_way:
            self.queue += list(self.chunks.cut(self.on_the_way.pop(0)))[:kept]

    def lose_fetched(self, count: int) -> None:
        del self.on_the_way[:count]

    def lose_queued(self, count: int) -> None:
        del self.queue[:count]

    def carry(self, count: int) -> None:
        taken = [chunk for chunk in self.queue[:count] if self.chunks.take(PLACE, chunk)]
        del self.queue[:count]
        for chunk in taken:
            self.carried += [record.offset for record in chunk.records]
        self.at_hand += taken

    def complete(self, _: int) -> None:
        for chunk in self.at_hand:
            self.chunks.complete(PLACE, chunk)
        self.at_hand = []

    def commit(self, _: int) -> None:
        self.committed = self.chunks.completed.get(PLACE, self.committed)

    def revoke(self, _: int) -> None:
        self.read_to = -1
        self.chunks.begin({})

    def assign(self, _: int) -> None:
        """Give the partition to a worker that begins at what is committed, before it seeks."""
        self.position, self.read_to = self.committed or 0, -1

    def seek(self, _: int = 0) -> None:
        self.position = self.read_to = self.committed or 0
        self.chunks.begin({PLACE: self.position})

    def go_on(self) -> None:
        """Go on as a worker does with which nothing goes wrong any more."""
        for _ in range(2 * len(self.offsets) + 4):
            if self.chunks.is_broken:
                self.seek()
            self.fetch(3)
            self.hand_on(len(self.offsets))
            self.carry(len(self.queue))
            self.complete(0)
            self.commit(0)


GOES_WRONG = [
    "append",
    "fetch",
    "fetch",
    "hand_on",
    "hand_on",
    "lose_fetched",
    "lose_queued",
    "carry",
]
ALL = [*GOES_WRONG, "complete", "commit", "revoke", "assign", "seek"]


def some(happenings: list[str]) -> st.SearchStrategy[list[tuple[str, int]]]:
    return st.lists(
        st.tuples(st.sampled_from(happenings), st.integers(0, 4)), min_size=10, max_size=60
    )


def living_through(partition: Partition, happenings: list[tuple[str, int]]) -> Iterator[None]:
    """Have a partition begin, and stop after each thing that happens to it."""
    partition.seek()
    for what, number in happenings:
        getattr(partition, what)(number)
        yield


@settings(max_examples=EXAMPLES)
@given(some(ALL))
def test_of_what_is_committed_all_was_carried_and_in_the_end_everything_is(
    happenings: list[tuple[str, int]],
) -> None:
    partition = Partition()
    for _ in living_through(partition, happenings):
        before = [offset for offset in partition.offsets if offset < (partition.committed or 0)]
        assert set(before) <= set(partition.carried)
    partition.revoke(0)
    partition.seek()
    partition.go_on()
    assert set(partition.carried) == set(partition.offsets)


@settings(max_examples=EXAMPLES)
@given(some(GOES_WRONG))
def test_within_a_run_each_record_is_carried_once_and_in_order_with_none_left_out(
    happenings: list[tuple[str, int]],
) -> None:
    partition = Partition()
    for _ in living_through(partition, happenings):
        assert partition.carried == partition.offsets[: len(partition.carried)]


def test_a_chunk_is_of_limited_size() -> None:
    records: Any = [SimpleNamespace(offset=offset) for offset in range(2 * LARGEST_CHUNK + 1)]
    chunks = Chunks()
    chunks.begin({PLACE: 0})
    cut = list(chunks.cut(Fetched(records, 0, 5_000)))
    sizes = [(len(chunk.records), chunk.begin, chunk.end) for chunk in cut]
    assert sizes == [(500, 0, 500), (500, 500, 1000), (1, 1000, 5_000)]


@asynccontextmanager
async def thread_of_a_worker(address: str, topic: str) -> AsyncIterator[Any]:
    """Give the part of a worker's transport that talks to Kafka, with one partition to read."""
    app: Any = ChunkedApp(
        f"test-{topic}",
        broker=f"kafka://{address}",
        topic_allow_declare=False,
        consumer_auto_offset_reset="earliest",
    )
    app.topics._acking_topics.add(topic)
    thread = app.consumer._thread
    thread._consumer = consumer = thread._create_worker_consumer(app.transport)
    consumer.assign([TP(topic, 0)])
    await consumer.start()
    try:
        yield thread
    finally:
        await consumer.stop()


def make_topic(address: str) -> str:
    topic = f"chunks-{uuid4().hex[:8]}"
    admin = AdminClient({"bootstrap.servers": address})
    admin.create_topics([NewTopic(topic, 1)])[topic].result(30)
    return topic


def test_where_nothing_is_committed_the_beginning_is_gone_back_to(kafka: str) -> None:
    """aiokafka's own way back stays where it is then: what had been read meanwhile was lost."""
    topic = make_topic(kafka)
    producer = Producer({"bootstrap.servers": kafka})
    for number in range(3):
        producer.produce(topic, str(number))
    producer.flush(30)

    async def read_twice() -> None:
        async with thread_of_a_worker(kafka, topic) as thread:
            place = TP(topic, 0)
            for _ in range(2):
                assert await thread._seek_to_committed() == {place: 0}
                fetched = (await thread._fetch_records(thread._consumer, {place}, timeout=30))[
                    place
                ]
                assert [record.value for record in fetched.records] == [b"0", b"1", b"2"]
                assert (fetched.begin, fetched.end) == (0, 3)

    asyncio.run(read_twice())


def test_what_a_transaction_has_not_committed_is_not_read(kafka: str) -> None:
    topic = make_topic(kafka)
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": topic})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(topic, "broken off")
    producer.flush(30)
    producer.abort_transaction(30)
    producer.begin_transaction()
    producer.produce(topic, "whole")
    producer.commit_transaction(30)

    async def read() -> None:
        async with thread_of_a_worker(kafka, topic) as thread:
            place = TP(topic, 0)
            await thread._seek_to_committed()
            fetched = (await thread._fetch_records(thread._consumer, {place}, timeout=30))[place]
            assert [record.value for record in fetched.records] == [b"whole"]
            assert (fetched.begin, fetched.records[0].offset) == (0, 2)

    asyncio.run(read())
