"""Brings batches of the log to the rows of a generation: read, write facts, fold, write rows."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from time import perf_counter

from lrs.record import LogEntry
from projections.facts import Fact
from projections.folds import Fold, Person, PersonState, decode, encode
from projections.identities import Link, relinked
from projections.meaning.reading import ReadsStatements
from projections.tables import PERSON_TABLES
from projections.warehouse import Generation, RowsRefused
from streams.folding import Folding, LogOrder
from streams.readings import Readings, by_person, dead_letter, read_entries
from streams.states import States


class Projector:
    """Keeps the law: rows are a function of the set of events, not of how they arrived.

    Facts are written first. A person whose new facts all come after the last one applied is
    folded onward; one with a late fact, or a voided one, is folded again from the ``facts``
    table, and so are those whom a link gives an account or takes one from. States, links and
    position are committed last, so that a crash anywhere means the same rows are written again,
    which does no harm: a row of version V is the person's state as of log position V.

    ``breathe`` is called between chunks of work, to leave other threads their turn.
    """

    def __init__(
        self,
        reader: ReadsStatements,
        fold: Fold,
        generation: Generation,
        states: States,
        *,
        cached_states: int = 2000,
        breathe: Callable[[], None] = lambda: None,
    ) -> None:
        self.position = states.position()
        self.seconds: dict[str, float] = defaultdict(float)  # spent so far, by step
        self._reader = reader
        self._fold = fold
        self._generation = generation
        self._states = states
        self._identities = states.identities()
        self._cached_states = cached_states
        self._cache: dict[Person, PersonState] = {}  # the longest unused first
        self._breathe = breathe

    def carry(self, entries: Sequence[LogEntry]) -> None:
        """Bring entries of the log, in its order, to rows; then ``position`` is their last's.

        An entry that can't be brought is set aside as a dead letter. After any error that is
        raised (ClickHouse's, SQLite's), carry again what comes after ``position``.
        """
        if not entries:
            return
        try:
            self._carry(entries)
        except RowsRefused as refusal:
            if len(entries) == 1:
                self._generation.set_aside([dead_letter(entries[0], refusal)])
                self._commit(entries[0].position, {}, [])
                return
            middle = len(entries) // 2
            self.carry(entries[:middle])
            self.carry(entries[middle:])

    def carry_again(self, set_aside: Mapping[int, LogEntry]) -> int:
        """Bring what was set aside, by position, as it is now, to rows; gives how many it brought.

        Their persons are folded again, and their rows count as known as of ``position``: that
        of a row which is there already may be the same, and then the one written last counts.
        """
        readings = read_entries(self._reader, list(set_aside.values()), self._breathe)
        readings.write(self._generation)
        with self._linking(readings):
            again = LogOrder(until=self.position, least=self.position)
            folding = self._folding(again)
            facts = self._facts_by_person(readings)
            folding.refold(facts, self._kept(list(facts)))
            self._write(folding)
            letters = readings.dead_letters + folding.dead_letters
            self._generation.set_aside(letters)
            self._commit(self.position, folding.states, readings.links)
        failed = {letter.position for letter in letters}
        settled = [at for at, entry in set_aside.items() if entry.position not in failed]
        self._generation.settle(settled)
        return len(settled)

    def _carry(self, entries: Sequence[LogEntry]) -> None:
        with self._spending("read"):
            readings = read_entries(self._reader, entries, self._breathe)
        with self._spending("write facts"):
            readings.write(self._generation)
        with self._linking(readings):
            self._bring(entries[-1].position, readings)

    def _bring(self, position: int, readings: Readings) -> None:
        arrival = LogOrder(until=position, relinked=relinked(readings.links))
        folding = self._folding(arrival)
        facts = self._facts_by_person(readings)
        with self._spending("load states"):
            known = self._load(facts)
        with self._spending("fold"):
            folding.add(facts, known, self._breathe)
        self._write(folding)
        self._generation.set_aside(readings.dead_letters + folding.dead_letters)
        self._commit(position, folding.states, readings.links)

    def _folding(self, arrival: LogOrder) -> Folding:
        return Folding(self._fold, self._generation, arrival, self._kept, self._identities)

    def _facts_by_person(self, readings: Readings) -> dict[Person, list[Fact]]:
        """Give the facts of a batch by person; of those whose accounts have changed maybe none."""
        facts = by_person(readings.facts, self._identities)
        for person in relinked(readings.links):
            facts.setdefault(person, [])
        return facts

    @contextmanager
    def _linking(self, readings: Readings) -> Iterator[None]:
        """Have the links of a batch hold, and hold no more if it fails."""
        undo = self._identities.add(readings.links)
        try:
            yield
        except BaseException:
            for person in self._facts_by_person(readings):  # states that ran ahead
                self._cache.pop(person, None)
            self._identities.restore(undo)
            raise

    def _write(self, folding: Folding) -> None:
        for table in PERSON_TABLES:
            with self._spending(table.name):
                self._generation.insert(table.name, folding.rows.get(table.name, []))

    def _load(self, persons: Iterable[Person]) -> dict[Person, PersonState]:
        """Give the states of those of the persons that have one."""
        persons = list(persons)
        missing = [person for person in persons if person not in self._cache]
        known = {person: self._cache[person] for person in persons if person in self._cache}
        return known | self._kept(missing)

    def _kept(self, persons: Sequence[Person]) -> dict[Person, PersonState]:
        """Read states as they were committed."""
        stored = self._states.states(persons)
        return {person: decode(state) for person, state in stored.items()}

    def _commit(
        self, position: int, states: dict[Person, PersonState], links: Sequence[Link]
    ) -> None:
        with self._spending("commit states"):
            encoded = {person: encode(state) for person, state in states.items()}
            self._states.commit(position, encoded, links)
        self.position = position
        for person, state in states.items():
            self._cache.pop(person, None)
            self._cache[person] = state
        for person in list(islice(self._cache, max(0, len(self._cache) - self._cached_states))):
            del self._cache[person]

    @contextmanager
    def _spending(self, step: str) -> Iterator[None]:
        began = perf_counter()
        try:
            yield
        finally:
            self.seconds[step] += perf_counter() - began
