"""The two steps of the distributed carrier, without Kafka: entries to facts, and facts to rows.

The log comes in parts (partitions of the statements topic, called sources here), each in its
order. The first step reads entries, writes facts, and cuts them into batches, one for each source
and each part of the facts topic; a person's facts all go to one part. The second step folds what
comes in one part. A part has the batches of one source in their order; those of several sources
mix as they come.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from zlib import crc32

import msgspec

from lrs.record import LogEntry
from projections.dead_letters import DeadLetter, dead_letter_rows
from projections.facts import Fact
from projections.folds import Fold, PersonState
from projections.reading import Reader
from projections.tables import DEAD_LETTERS, PERSON_TABLES, PROGRESS, Row
from projections.warehouse import Generation, RowsRefused
from streams.folding import Folding
from streams.readings import by_person, dead_letter, read_entries, reason
from streams.states import Person

LAST_POSITION = 2**63 - 1  # beyond any log


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """What one message of the statements topic brings: an entry, or how far its source is."""

    source: int
    position: int
    entry: LogEntry | None = None
    refused: str = ""  # why the message can't be an entry


class FactBatch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Facts of one source for one part of the facts topic, in the order of the log.

    `reached` is the log position up to which all of the source's facts are in this batch or in
    those before it.
    """

    source: int
    reached: int
    facts: list[Fact]


encode_batch: Callable[[FactBatch], bytes] = msgspec.msgpack.Encoder().encode
decode_batch: Callable[[bytes], FactBatch] = msgspec.msgpack.Decoder(FactBatch).decode


def part_of(store: str, person: str, parts: int) -> int:
    """Say in which part of the facts topic a person's facts go."""
    return crc32(f"{store}/{person}".encode()) % parts


class PartOrder:
    """Facts of several sources mix: of each source, all up to the position noted were applied.

    The version of a person's rows is the sum of the positions noted, which rises with every fact
    that is applied, in whatever order the sources mix. ``base`` is the position up to which the
    generation was complete before: states that are not there yet are folded from its facts.
    """

    until = LAST_POSITION

    def __init__(self, source_of: Mapping[int, int], sources: int, base: int = 0) -> None:
        self._source_of = source_of  # by position of a fact
        self._sources = sources
        self._base = base
        self.has_history = base > 0

    def fresh(self, state: PersonState | None, facts: list[Fact]) -> list[Fact]:
        """Leave out the facts that were applied already."""
        noted = {} if state is None else state.sources
        return [
            fact
            for fact in facts
            if fact.position > noted.get(self._source_of[fact.position], self._base)
        ]

    def note(self, state: PersonState, facts: Iterable[Fact]) -> None:
        """Note the facts' positions, and the version with them."""
        for fact in facts:
            source = self._source_of[fact.position]
            state.sources[source] = max(state.sources.get(source, self._base), fact.position)
        state.position = sum(
            state.sources.get(source, self._base) for source in range(self._sources)
        )


class ReadStep:
    """The first step: what messages of the statements topic say is written and cut into batches."""

    def __init__(self, reader: Reader, generation: Generation, parts: int) -> None:
        self._reader = reader
        self._generation = generation
        self._parts = parts

    def carry(self, deliveries: Sequence[Delivery]) -> list[tuple[int, FactBatch]]:
        """Read deliveries, each source's in order; gives batches with the part each is for.

        Facts, names, documents and dead letters are in the warehouse when this returns. Raises
        what ClickHouse raises: then the same deliveries have to be carried again.
        """
        facts = self._read([one for one in deliveries if one.entry is not None])
        self._set_aside(
            DeadLetter(one.position, "", "", one.refused) for one in deliveries if one.refused
        )
        source_of = {one.position: one.source for one in deliveries}
        reached: dict[int, int] = {}
        for one in deliveries:
            reached[one.source] = max(reached.get(one.source, 0), one.position)
        cut: dict[tuple[int, int], list[Fact]] = defaultdict(list)
        for fact in facts:
            part = part_of(fact.store, fact.person, self._parts)
            cut[part, source_of[fact.position]].append(fact)
        return [
            (part, FactBatch(source, position, cut.get((part, source), [])))
            for source, position in reached.items()
            for part in range(self._parts)
        ]

    def _read(self, deliveries: Sequence[Delivery]) -> list[Fact]:
        """Read and write entries; one whose facts no column can hold is set aside."""
        entries = [one.entry for one in deliveries if one.entry is not None]
        readings = read_entries(self._reader, entries)
        try:
            readings.write(self._generation)
        except RowsRefused as refusal:
            if len(entries) == 1:
                self._set_aside([dead_letter(entries[0], refusal)])
                return []
            middle = len(deliveries) // 2
            return self._read(deliveries[:middle]) + self._read(deliveries[middle:])
        self._set_aside(readings.dead_letters)
        return readings.facts

    def _set_aside(self, letters: Iterable[DeadLetter]) -> None:
        self._generation.insert(DEAD_LETTERS.name, dead_letter_rows(letters))


class FoldStep:
    """The second step: facts of one part of the facts topic become states and rows."""

    def __init__(self, fold: Fold, generation: Generation, *, sources: int, base: int = 0) -> None:
        self._fold = fold
        self._generation = generation
        self._sources = sources
        self._base = base

    def carry(
        self,
        part: int,
        batches: Sequence[FactBatch],
        load: Callable[[Sequence[Person]], dict[Person, PersonState]],
    ) -> dict[Person, PersonState]:
        """Fold batches of a part, in the order they came; gives the states that changed.

        ``load`` gives states as they are kept, decoded anew each time. All rows are in the
        warehouse when this returns; the states have to be kept before the batches are said to be
        done. Raises what ClickHouse raises: then the same batches have to be carried again.
        """
        source_of = {fact.position: batch.source for batch in batches for fact in batch.facts}
        facts = by_person(fact for batch in batches for fact in batch.facts)
        arrival = PartOrder(source_of, self._sources, self._base)
        states = self._bring(facts, arrival, load)
        self._generation.insert(PROGRESS.name, _progress(part, batches))
        return states

    def _bring(
        self,
        facts: dict[Person, list[Fact]],
        arrival: PartOrder,
        load: Callable[[Sequence[Person]], dict[Person, PersonState]],
    ) -> dict[Person, PersonState]:
        folding = Folding(self._fold, self._generation, arrival, load)
        try:
            folding.add(facts, load(list(facts)))
            for table in PERSON_TABLES:
                self._generation.insert(table.name, folding.rows.get(table.name, []))
        except RowsRefused as refusal:
            return self._bring_halves(facts, arrival, load, refusal)
        self._set_aside(folding.dead_letters)
        return folding.states

    def _bring_halves(
        self,
        facts: dict[Person, list[Fact]],
        arrival: PartOrder,
        load: Callable[[Sequence[Person]], dict[Person, PersonState]],
        refusal: RowsRefused,
    ) -> dict[Person, PersonState]:
        """Find the persons whose rows no column can hold, and set their facts aside."""
        if len(facts) > 1:
            persons = list(facts)
            middle = len(persons) // 2
            states: dict[Person, PersonState] = {}
            for half in (persons[:middle], persons[middle:]):
                states |= self._bring({one: facts[one] for one in half}, arrival, load)
            return states
        [several] = facts.values()
        self._set_aside(
            DeadLetter(fact.position, fact.store, fact.statement, reason(refusal))
            for fact in several
        )
        return {}

    def _set_aside(self, letters: Iterable[DeadLetter]) -> None:
        self._generation.insert(DEAD_LETTERS.name, dead_letter_rows(letters))


def _progress(part: int, batches: Sequence[FactBatch]) -> list[Row]:
    """Give the rows that say how far a part has come with each source."""
    reached: dict[int, int] = {}
    for batch in batches:
        reached[batch.source] = max(reached.get(batch.source, 0), batch.reached)
    return [(part, source, position) for source, position in reached.items()]
