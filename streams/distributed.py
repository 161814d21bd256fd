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
from projections.dead_letters import DeadLetter
from projections.facts import Fact
from projections.folds import Fold, Person, PersonState
from projections.reading import ReadsStatements
from projections.tables import PROGRESS, Row
from projections.warehouse import Generation, RowsRefused
from streams.folding import Folding
from streams.readings import by_person, dead_letter, read_entries, reason

LAST_POSITION = 2**63 - 1  # beyond any log

Load = Callable[[Sequence[Person]], dict[Person, PersonState]]


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """What one message of the statements topic brings: an entry, or how far its source is.

    `again` is the position of the dead letter that the entry comes again for, out of order.
    """

    source: int
    position: int
    entry: LogEntry | None = None
    refused: str = ""  # why the message can't be an entry
    again: int | None = None


class FactBatch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Facts of one source for one part of the facts topic, in the order of the log.

    `reached` is the log position up to which all of the source's facts are in this batch or in
    those before it. Facts that come `again` are out of order: their persons are folded again.
    """

    source: int
    reached: int
    facts: list[Fact]
    again: bool = False


encode_batch: Callable[[FactBatch], bytes] = msgspec.msgpack.Encoder().encode
decode_batch: Callable[[bytes], FactBatch] = msgspec.msgpack.Decoder(FactBatch).decode


def part_of(store: str, person: str, parts: int) -> int:
    """Say in which part of the facts topic a person's facts go."""
    return crc32(f"{store}/{person}".encode()) % parts


class PartOrder:
    """Facts of several sources mix: of each source, all up to the position noted were applied.

    The version of a person's rows is the sum of the positions noted, which rises with every fact
    that is applied, in whatever order the sources mix. `rows` has the positions up to which the
    rows of persons are complete of whom there are rows but no state, by source.
    """

    until = LAST_POSITION

    def __init__(
        self,
        source_of: Mapping[int, int],
        sources: int,
        base: int,
        rows: Mapping[Person, Mapping[int, int]],
    ) -> None:
        self._source_of = source_of  # by position of a fact
        self._sources = sources
        self._base = base
        self._rows = rows

    def has_history(self, person: Person) -> bool:
        """Tell whether there are rows of a person of whom no state is known."""
        return person in self._rows

    def fresh(self, person: Person, state: PersonState | None, facts: list[Fact]) -> list[Fact]:
        """Leave out the facts that were applied already."""
        noted = self._rows.get(person, {}) if state is None else state.sources
        return [
            fact
            for fact in facts
            if fact.position > noted.get(self._source_of[fact.position], self._base)
        ]

    def note(self, person: Person, state: PersonState, facts: Iterable[Fact]) -> None:
        """Note the facts' positions, and the version with them."""
        sources = state.sources = {**self._rows.get(person, {}), **state.sources}
        for fact in facts:
            source = self._source_of[fact.position]
            sources[source] = max(sources.get(source, self._base), fact.position)
        state.position = sum(sources.get(source, self._base) for source in range(self._sources))


class ReadStep:
    """The first step: what messages of the statements topic say is written and cut into batches."""

    def __init__(self, reader: ReadsStatements, generation: Generation, parts: int) -> None:
        self._reader = reader
        self._generation = generation
        self._parts = parts

    def carry(self, deliveries: Sequence[Delivery]) -> list[tuple[int, FactBatch]]:
        """Read deliveries, each source's in order; gives batches with the part each is for.

        Facts, names, documents and dead letters are in the warehouse when this returns. Raises
        what ClickHouse raises: then the same deliveries have to be carried again.
        """
        again = [one for one in deliveries if one.again is not None]
        deliveries = [one for one in deliveries if one.again is None]
        facts = self._read([one for one in deliveries if one.entry is not None])
        self._generation.set_aside(
            DeadLetter(one.position, "", "", one.refused) for one in deliveries if one.refused
        )
        return self._cut(deliveries, facts) + (self._carry_again(again) if again else [])

    def _cut(
        self, deliveries: Sequence[Delivery], facts: Sequence[Fact]
    ) -> list[tuple[int, FactBatch]]:
        """Cut facts into batches, one for each source and part, empty ones too."""
        # Watermarks are no entries: those of other sources have the last entry's position.
        source_of = {one.position: one.source for one in deliveries if one.entry is not None}
        reached: dict[int, int] = {}
        for one in deliveries:  # what is no entry says nothing of how far the source is
            position = 0 if one.refused else one.position
            reached[one.source] = max(reached.get(one.source, 0), position)
        cut: dict[tuple[int, int], list[Fact]] = defaultdict(list)
        for fact in facts:
            part = part_of(fact.store, fact.person, self._parts)
            cut[part, source_of[fact.position]].append(fact)
        return [
            (part, FactBatch(source, position, cut.get((part, source), [])))
            for source, position in reached.items()
            for part in range(self._parts)
        ]

    def _carry_again(self, deliveries: Sequence[Delivery]) -> list[tuple[int, FactBatch]]:
        """Read what was set aside; what can be read now is set aside no more."""
        cut: dict[int, list[Fact]] = defaultdict(list)
        self._generation.settle(one.again for one in deliveries if one.again is not None)
        for fact in self._read(deliveries):
            cut[part_of(fact.store, fact.person, self._parts)].append(fact)
        return [(part, FactBatch(0, 0, facts, again=True)) for part, facts in cut.items()]

    def _read(self, deliveries: Sequence[Delivery]) -> list[Fact]:
        """Read and write entries; one whose facts no column can hold is set aside."""
        entries = [one.entry for one in deliveries if one.entry is not None]
        readings = read_entries(self._reader, entries)
        try:
            readings.write(self._generation)
        except RowsRefused as refusal:
            if len(entries) == 1:
                self._generation.set_aside([dead_letter(entries[0], refusal)])
                return []
            middle = len(deliveries) // 2
            return self._read(deliveries[:middle]) + self._read(deliveries[middle:])
        self._generation.set_aside(readings.dead_letters)
        return readings.facts


class FoldStep:
    """The second step: facts of the parts of the facts topic become states and rows.

    States are only a quick way: where a person's rows know more than the state that is kept, or
    there is none, the person is folded from the facts in the warehouse. `base` is the position up
    to which the generation was complete before this carrier took it over.
    """

    def __init__(
        self, fold: Fold, generation: Generation, *, sources: int, parts: int, base: int = 0
    ) -> None:
        self._fold = fold
        self._generation = generation
        self._sources = sources
        self._parts = parts
        self._base = base
        self._compared: set[Person] = set()  # persons whose states don't lag behind their rows

    def forget(self) -> None:
        """Compare states with rows anew: others may have kept them meanwhile."""
        self._compared.clear()

    def carry(
        self, batches: Sequence[tuple[int, FactBatch]], load: Load
    ) -> dict[Person, PersonState]:
        """Fold batches, each with its part, in the order they came; gives the changed states.

        ``load`` gives states as they are kept, decoded anew each time. All rows are in the
        warehouse when this returns; the states have to be kept before the batches are said to be
        done. Raises what ClickHouse raises: then the same batches have to be carried again.
        """
        in_order = [(part, batch) for part, batch in batches if not batch.again]
        source_of = {fact.position: batch.source for _, batch in in_order for fact in batch.facts}
        facts = by_person(fact for _, batch in in_order for fact in batch.facts)
        again = by_person(fact for _, batch in batches if batch.again for fact in batch.facts)
        known = load([*facts, *(person for person in again if person not in facts)])
        rows = self._rows_ahead(list(known.keys() | facts.keys() | again.keys()), known)
        for person in rows:
            known.pop(person, None)
        arrival = PartOrder(source_of, self._sources, self._base, rows)
        states = self._bring(facts, known, arrival, load)
        if again:
            states |= self._fold_again(again, known | states, arrival, load)
        self._generation.insert(PROGRESS.name, _progress(in_order))
        # Who has rows that know more, and nothing new, has no state still.
        self._compared |= (facts.keys() | again.keys()) - (rows.keys() - states.keys())
        return states

    def _fold_again(
        self,
        facts: dict[Person, list[Fact]],
        known: Mapping[Person, PersonState],
        arrival: PartOrder,
        load: Load,
    ) -> dict[Person, PersonState]:
        """Fold persons again, of whom something was set aside before.

        The version of their rows stays, and of two rows of a version the one written last counts.
        """
        folding = Folding(self._fold, self._generation, arrival, load)
        folding.refold({person: [] for person in facts}, known)
        folding.write()
        self._generation.set_aside(folding.dead_letters)
        return folding.states

    def _rows_ahead(
        self, persons: Sequence[Person], known: Mapping[Person, PersonState]
    ) -> dict[Person, Mapping[int, int]]:
        """Find whose rows know more than their state; gives how far they are, by source."""
        unsure = sorted(person for person in persons if person not in self._compared)
        versions = self._generation.versions_of(unsure)
        ahead = [
            person
            for person, version in versions.items()
            if person not in known or known[person].position < version
        ]
        # Until workers have come to where the generation was before, it is further than they are.
        reached = {
            part: {source: max(position, self._base) for source, position in sources.items()}
            for part, sources in (self._generation.reached() if ahead else {}).items()
        }
        return {person: reached.get(part_of(*person, self._parts), {}) for person in ahead}

    def _bring(
        self,
        facts: dict[Person, list[Fact]],
        known: Mapping[Person, PersonState],
        arrival: PartOrder,
        load: Load,
    ) -> dict[Person, PersonState]:
        folding = Folding(self._fold, self._generation, arrival, load)
        try:
            folding.add(facts, known)
            folding.write()
        except RowsRefused as refusal:
            again = {
                person: state for person, state in load(list(facts)).items() if person in known
            }
            return self._bring_halves(facts, again, arrival, load, refusal)
        self._generation.set_aside(folding.dead_letters)
        return folding.states

    def _bring_halves(
        self,
        facts: dict[Person, list[Fact]],
        known: Mapping[Person, PersonState],
        arrival: PartOrder,
        load: Load,
        refusal: RowsRefused,
    ) -> dict[Person, PersonState]:
        """Find the persons whose rows no column can hold, and set their facts aside."""
        if len(facts) > 1:
            persons = list(facts)
            middle = len(persons) // 2
            states: dict[Person, PersonState] = {}
            for half in (persons[:middle], persons[middle:]):
                states |= self._bring({one: facts[one] for one in half}, known, arrival, load)
            return states
        [several] = facts.values()
        self._generation.set_aside(
            DeadLetter(fact.position, fact.store, fact.statement, reason(refusal))
            for fact in several
        )
        return {}


def _progress(batches: Sequence[tuple[int, FactBatch]]) -> list[Row]:
    """Give the rows that say how far each part has come with each source."""
    reached: dict[tuple[int, int], int] = {}
    for part, batch in batches:
        pair = (part, batch.source)
        reached[pair] = max(reached.get(pair, 0), batch.reached)
    return [(part, source, position) for (part, source), position in reached.items()]
