"""The two steps of the distributed carrier, without Kafka: entries to facts, and facts to rows.

The log comes in parts (partitions of the statements topic, called sources here), each in its
order. The first step reads entries, writes facts, and cuts them into batches, one for each source
and each part of the facts topic; a person's facts all go to one part. The second step folds what
comes in one part. A part has the batches of one source in their order; those of several sources
mix as they come.

Links of accounts to persons come in every source. Facts are sent where the account's person is, as
far as links are known; a link goes, in its place, to the parts of those whose facts it changes, and
each of them is folded again there. How that keeps the law is in docs/architecture.md.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from zlib import crc32

import msgspec

from lrs.record import LogEntry
from projections.dead_letters import DeadLetter
from projections.facts import Fact
from projections.folds import Fold, Person, PersonState
from projections.identities import Identities, Link, load_identities
from projections.meaning.reading import ReadsStatements
from projections.tables import PROGRESS, Row
from projections.warehouse import Generation, RowsRefused
from streams.folding import PERSONS_A_REFOLD, Folding
from streams.readings import by_person, chunks, dead_letter, read_entries, reason

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
    those before it, and its `links` of persons of that part as well. What comes `again` is out of
    order: the persons are folded again.
    """

    source: int
    reached: int
    facts: list[Fact]
    again: bool = False
    links: list[Link] = []


# Bytes of a message of facts above which it is cut; one fact may be as large as a statement.
LARGEST_BATCH = 4 << 20

encode_batch: Callable[[FactBatch], bytes] = msgspec.msgpack.Encoder().encode
decode_batch: Callable[[bytes], FactBatch] = msgspec.msgpack.Decoder(FactBatch).decode


def encoded_batches(batch: FactBatch) -> Iterator[bytes]:
    """Encode a batch as one message, or several one after the other if it's too large for one.

    Only what is of one position stays together.
    """
    encoded = encode_batch(batch)
    positions = sorted(
        {fact.position for fact in batch.facts} | {link.position for link in batch.links}
    )
    if len(encoded) <= LARGEST_BATCH or len(positions) < 2:
        yield encoded
        return
    middle = positions[len(positions) // 2]
    reached = batch.reached if batch.again else middle - 1
    for is_second, reaches in enumerate((reached, batch.reached)):
        yield from encoded_batches(
            FactBatch(
                batch.source,
                reaches,
                [fact for fact in batch.facts if (fact.position >= middle) == is_second],
                batch.again,
                [link for link in batch.links if (link.position >= middle) == is_second],
            )
        )


def part_of(store: str, person: str, parts: int) -> int:
    """Say in which part of the facts topic a person's facts go."""
    return crc32(f"{store}/{person}".encode()) % parts


class PartOrder:
    """Facts of several sources mix: of each source, all up to the position noted were applied.

    The version of a person's rows is the sum of the positions noted, which rises with every fact
    that is applied, in whatever order the sources mix. `rows` has the positions up to which the
    rows of persons are complete of whom there are rows but no state, by source; `relinked` those
    of links that have changed persons' accounts; `moved` the accounts of these links
    and of those that come again.
    """

    until = LAST_POSITION

    def __init__(
        self,
        source_of: Mapping[int, int],
        sources: int,
        base: int,
        rows: Mapping[Person, Mapping[int, int]],
        relinked: Mapping[Person, Mapping[int, int]],
        moved: Mapping[Person, set[Person]],
    ) -> None:
        self._source_of = source_of  # by position of a fact
        self._sources = sources
        self._base = base
        self._rows = rows
        self.relinked = relinked
        self.moved = moved

    def has_history(self, person: Person) -> bool:
        """Tell whether there are rows of a person of whom no state is known."""
        return person in self._rows

    def fresh(self, person: Person, state: PersonState | None, facts: list[Fact]) -> list[Fact]:
        """Leave out the facts that were applied already."""
        noted = self._noted(person, state)
        return [
            fact
            for fact in facts
            if fact.position > noted.get(self._source_of[fact.position], self._base)
        ]

    def is_relinked(self, person: Person, state: PersonState | None) -> bool:
        """Tell whether a link has changed the person's accounts since, in any source."""
        links = self.relinked.get(person)
        if not links:
            return False
        noted = self._noted(person, state)
        return any(position > noted.get(source, self._base) for source, position in links.items())

    def note(self, person: Person, state: PersonState, facts: Iterable[Fact]) -> None:
        """Note the positions of facts and links, and the version with them.

        What comes again is of no source, and is noted nowhere.
        """
        sources = state.sources = {**self._rows.get(person, {}), **state.sources}
        for fact in facts:
            if (source := self._source_of.get(fact.position)) is not None:
                sources[source] = max(sources.get(source, self._base), fact.position)
        for source, position in self.relinked.get(person, {}).items():
            sources[source] = max(sources.get(source, self._base), position)
        state.position = sum(sources.get(source, self._base) for source in range(self._sources))

    def _noted(self, person: Person, state: PersonState | None) -> Mapping[int, int]:
        return self._rows.get(person, {}) if state is None else state.sources


class ReadStep:
    """The first step: what messages of the statements topic say is written and cut into batches."""

    def __init__(self, reader: ReadsStatements, generation: Generation, parts: int) -> None:
        self._reader = reader
        self._generation = generation
        self._parts = parts
        self._identities: Identities | None = None  # not loaded

    def forget(self) -> None:
        """Load what is known of links anew: others may have read some meanwhile."""
        self._identities = None

    def carry(self, deliveries: Sequence[Delivery]) -> list[tuple[int, FactBatch]]:
        """Read deliveries, each source's in order; gives batches with the part each is for.

        Facts, names, documents and dead letters are in the warehouse when this returns. Raises
        what ClickHouse raises: then the same deliveries have to be carried again.
        """
        again = [one for one in deliveries if one.again is not None]
        deliveries = [one for one in deliveries if one.again is None]
        if self._identities is None:
            self._identities = load_identities(self._generation)
        read = self._read([one for one in deliveries if one.entry is not None])
        self._generation.set_aside(
            DeadLetter(one.position, "", "", one.refused) for one in deliveries if one.refused
        )
        return self._cut(deliveries, read) + (self._carry_again(again) if again else [])

    def _cut(self, deliveries: Sequence[Delivery], read: "_Read") -> list[tuple[int, FactBatch]]:
        """Cut facts and links into batches, one for each source and part, empty ones too."""
        # Watermarks are no entries: those of other sources have the last entry's position.
        source_of = {one.position: one.source for one in deliveries if one.entry is not None}
        reached: dict[int, int] = {}
        for one in deliveries:  # what is no entry says nothing of how far the source is
            position = 0 if one.refused else one.position
            reached[one.source] = max(reached.get(one.source, 0), position)
        facts = self._by_part(read.facts, lambda fact: source_of[fact.position])
        links = self._links_by_part(deliveries, read.links)
        return [
            (part, FactBatch(source, position, facts[part, source], links=links[part, source]))
            for source, position in reached.items()
            for part in range(self._parts)
        ]

    def _carry_again(self, deliveries: Sequence[Delivery]) -> list[tuple[int, FactBatch]]:
        """Read what was set aside; what can be read now is set aside no more."""
        self._generation.settle(one.again for one in deliveries if one.again is not None)
        read = self._read(deliveries)
        facts = self._by_part(read.facts, lambda fact: 0)
        links = self._links_by_part(
            [msgspec.structs.replace(one, source=0) for one in deliveries], read.links
        )
        return [
            (part, FactBatch(0, 0, facts[part, 0], again=True, links=links[part, 0]))
            for part in sorted({part for part, _ in facts.keys() | links.keys()})
        ]

    def _by_part(
        self, facts: Iterable[Fact], source_of: Callable[[Fact], int]
    ) -> dict[tuple[int, int], list[Fact]]:
        """Cut facts by the part of the person whose account they are about, and by source."""
        cut: dict[tuple[int, int], list[Fact]] = defaultdict(list)
        identities, parts = self._identities, self._parts
        for fact in facts:
            person = (fact.store, fact.person)
            if identities:
                person = identities.resolve(person)
            cut[part_of(*person, parts), source_of(fact)].append(fact)
        return cut

    def _links_by_part(
        self, deliveries: Sequence[Delivery], links: Mapping[int, Link]
    ) -> dict[tuple[int, int], list[Link]]:
        """Cut links by the parts of the persons whose facts they change, and by source.

        Every source has each link, and whose facts are where is known of each by itself.
        """
        cut: dict[tuple[int, int], list[Link]] = defaultdict(list)
        for one in deliveries if links else ():
            link = links.get(one.position) if one.entry is not None else None
            if link is not None:
                for part in {part_of(*person, self._parts) for person in link.touched}:
                    cut[part, one.source].append(link)
        return cut

    def _read(self, deliveries: Sequence[Delivery]) -> "_Read":
        """Read and write entries; one whose facts no column can hold is set aside."""
        entries = [one.entry for one in deliveries if one.entry is not None]
        readings = read_entries(self._reader, entries)
        try:
            readings.write(self._generation)
        except RowsRefused as refusal:
            if len(entries) == 1:
                self._generation.set_aside([dead_letter(entries[0], refusal)])
                return _Read([], {})
            middle = len(deliveries) // 2
            first, second = self._read(deliveries[:middle]), self._read(deliveries[middle:])
            return _Read(first.facts + second.facts, first.links | second.links)
        self._generation.set_aside(readings.dead_letters)
        assert self._identities is not None  # noqa: S101 - `carry` has loaded them
        self._identities.add(readings.links)
        return _Read(readings.facts, {link.position: link for link in readings.links})


class _Read(NamedTuple):
    """What entries say that is folded: facts, and links by position."""

    facts: list[Fact]
    links: dict[int, Link]


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
        self._identities: Identities | None = None  # not loaded

    def compare(self, persons: Iterable[Person]) -> None:
        """Compare the states of these persons with their rows anew: they weren't kept."""
        self._compared.difference_update(persons)

    def forget(self) -> None:
        """Compare states with rows anew, and load links: others may have kept them meanwhile."""
        self._compared.clear()
        self._identities = None

    def carry(
        self, batches: Sequence[tuple[int, FactBatch]], load: Load
    ) -> dict[Person, PersonState]:
        """Fold batches, each with its part, in the order they came; gives the changed states.

        ``load`` gives states as they are kept, decoded anew each time. All rows are in the
        warehouse when this returns; the states have to be kept before the batches are said to be
        done. Raises what ClickHouse raises: then the same batches have to be carried again.
        """
        identities = self._with_links(batches)
        in_order = [(part, batch) for part, batch in batches if not batch.again]
        source_of = {fact.position: batch.source for _, batch in in_order for fact in batch.facts}
        relinked = self._relinked(in_order)
        facts = by_person(self._own(in_order, identities), identities)
        facts |= {person: [] for person in relinked if person not in facts}
        out_of_order = [(part, batch) for part, batch in batches if batch.again]
        again = by_person(self._own(out_of_order, identities), identities)
        links_again = self._relinked(out_of_order)
        again |= {person: [] for person in links_again if person not in again}
        known = load([*facts, *(person for person in again if person not in facts)])
        rows = self._rows_ahead(list(known.keys() | facts.keys() | again.keys()), known)
        for person in rows:
            known.pop(person, None)
        moved = self._moved(batches)
        arrival = PartOrder(source_of, self._sources, self._base, rows, relinked, moved)
        states = self._bring(facts, known, arrival, load)
        if again:
            states |= self._fold_again(again, links_again, known | states, arrival, load)
        self._generation.insert(PROGRESS.name, _progress(in_order))
        # Who has rows that know more, and nothing new, has no state still.
        self._compared |= (facts.keys() | again.keys()) - (rows.keys() - states.keys())
        return states

    def _with_links(self, batches: Sequence[tuple[int, FactBatch]]) -> Identities:
        """Give the links that hold, those of batches among them; those before are in the table."""
        if self._identities is None:
            self._identities = load_identities(self._generation)
        for _, batch in batches:
            self._identities.add(batch.links)
        return self._identities

    def _own(
        self, batches: Sequence[tuple[int, FactBatch]], identities: Identities
    ) -> Iterator[Fact]:
        """Give the facts whose persons are of the part that they came to.

        Others were sent here before a link was known, or because one was known that is still to
        come: when it comes from their source, the person's part has them from the table.
        """
        home: dict[Person, int] = {}
        for part, batch in batches:
            for fact in batch.facts:
                account = (fact.store, fact.person)
                if (its := home.get(account)) is None:
                    its = home[account] = part_of(*identities.resolve(account), self._parts)
                if its == part:
                    yield fact

    def _relinked(self, batches: Sequence[tuple[int, FactBatch]]) -> dict[Person, dict[int, int]]:
        """Give the persons of the parts whose accounts links change; by source, the newest."""
        found: dict[Person, dict[int, int]] = {}
        for part, batch in batches:
            for link in batch.links:
                for person in self._touched(part, link):
                    newest = found.setdefault(person, {})
                    newest[batch.source] = max(newest.get(batch.source, 0), link.position)
        return found

    def _moved(self, batches: Sequence[tuple[int, FactBatch]]) -> dict[Person, set[Person]]:
        """Give the accounts that links move, by each person of the parts whom they touch."""
        found: dict[Person, set[Person]] = defaultdict(set)
        for part, batch in batches:
            for link in batch.links:
                for person in self._touched(part, link):
                    found[person].add((link.store, link.account))
        return found

    def _touched(self, part: int, link: Link) -> list[Person]:
        return [person for person in link.touched if part_of(*person, self._parts) == part]

    def _fold_again(
        self,
        again: Mapping[Person, list[Fact]],
        links: Mapping[Person, Mapping[int, int]],
        known: Mapping[Person, PersonState],
        arrival: PartOrder,
        load: Load,
    ) -> dict[Person, PersonState]:
        """Fold persons again, of whom something was set aside before, with what comes of it.

        The version of their rows stays, and of two rows of a version the one written last counts.
        """
        states: dict[Person, PersonState] = {}
        for some in chunks(sorted(again), PERSONS_A_REFOLD):
            facts = {person: again[person] for person in some}
            folding = self._folding(arrival, load)
            try:
                folding.refold(facts, known)
                folding.write()
            except RowsRefused as refusal:
                if len(some) == 1:
                    [(person, several)] = facts.items()
                    self._refuse(person, several, refusal, links.get(person, {}).values())
                else:
                    for one in some:
                        states |= self._fold_again({one: facts[one]}, links, known, arrival, load)
            else:
                self._generation.set_aside(folding.dead_letters)
                states |= folding.states
        return states

    def _folding(self, arrival: PartOrder, load: Load) -> Folding:
        assert self._identities is not None  # noqa: S101 - `carry` has loaded them
        fold, generation = self._fold, self._generation
        return Folding(fold, generation, arrival, load, self._identities, arrival.moved)

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
        folding = self._folding(arrival, load)
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
        [(person, several)] = facts.items()
        self._refuse(person, several, refusal, set(arrival.relinked.get(person, {}).values()))
        return {}

    def _refuse(
        self,
        person: Person,
        facts: Iterable[Fact],
        refusal: RowsRefused,
        links: Iterable[int],
    ) -> None:
        """Set aside the facts and links, by position, with which a person's rows fit no column."""
        why = reason(refusal)
        self._generation.set_aside(
            [DeadLetter(fact.position, fact.store, fact.statement, why) for fact in facts]
            + [DeadLetter(link, person[0], "", why) for link in links]
        )


def _progress(batches: Sequence[tuple[int, FactBatch]]) -> list[Row]:
    """Give the rows that say how far each part has come with each source."""
    reached: dict[tuple[int, int], int] = {}
    for part, batch in batches:
        pair = (part, batch.source)
        reached[pair] = max(reached.get(pair, 0), batch.reached)
    return [(part, source, position) for (part, source), position in reached.items()]
