"""Folding a batch of facts into persons' states and rows: onward, or again where one came late."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Protocol

from projections.dead_letters import DeadLetter
from projections.facts import Fact
from projections.folds import Fold, Person, PersonState, Rows, is_newer
from projections.identities import Identities, all_accounts
from projections.tables import PERSON_TABLES, PERSONS, TABLES, Table
from projections.warehouse import Generation, RowsRefused
from streams.readings import CHUNK, by_person, chunks, reason

_is_deleted: Callable[[Fact], bool] = attrgetter("is_deleted")
PERSONS_A_REFOLD = 32  # whole histories that are held in memory at a time
_PERSONS_A_LOOK = 1_000  # of whom it is looked up at a time whether there is any history


class Arrival(Protocol):
    """How facts come to a carrier: what tells those that a state has already from new ones."""

    until: int  # facts beyond this position are not known of yet

    def has_history(self, person: Person) -> bool:
        """Tell whether there may be older facts of a person of whom no state is known."""

    def fresh(self, person: Person, state: PersonState | None, facts: list[Fact]) -> list[Fact]:
        """Leave out the facts that were applied already, however often they come again."""

    def is_relinked(self, person: Person, state: PersonState | None) -> bool:
        """Tell whether the person's accounts are others now than the state was folded with."""

    def note(self, person: Person, state: PersonState, facts: Iterable[Fact]) -> None:
        """Note in a state that these facts are applied now, and with it the rows' version.

        So are the links that changed the person's accounts.
        """


class LogOrder:
    """Facts come in the order of the log: all up to a state's position were applied.

    States and rows count as known as of position ``least`` at least. ``relinked`` are the persons
    whose accounts have changed, and since which position.
    """

    def __init__(
        self, until: int, least: int = 0, relinked: Mapping[Person, int] | None = None
    ) -> None:
        self.until = until
        self._least = least
        self._relinked = relinked or {}

    def has_history(self, person: Person) -> bool:
        """Tell that of whom no state is known nothing is known."""
        return False

    def fresh(self, person: Person, state: PersonState | None, facts: list[Fact]) -> list[Fact]:
        """Leave out the facts that were applied already."""
        if state is None:
            return facts
        return [fact for fact in facts if fact.position > state.position]

    def is_relinked(self, person: Person, state: PersonState | None) -> bool:
        """Tell whether the person's accounts have changed since."""
        position = self._relinked.get(person, 0)
        return position > (0 if state is None else state.position)

    def note(self, person: Person, state: PersonState, facts: Iterable[Fact]) -> None:
        """Note the newest position: a voiding leaves no other trace in a state."""
        least = max(state.position, self._least, self._relinked.get(person, 0))
        state.position = max(least, max((fact.position for fact in facts), default=0))


class Folding:
    """The folding of one batch: the states, rows and dead letters it has made so far.

    ``load`` gives those states that are kept of some persons, each time decoded anew: a fold
    changes states in place. ``identities`` say which accounts are whose; ``moved`` are, where
    several carriers share a generation, the accounts that links which came now have given to
    persons or taken from them.
    """

    def __init__(
        self,
        fold: Fold,
        generation: Generation,
        arrival: Arrival,
        load: Callable[[Sequence[Person]], dict[Person, PersonState]],
        identities: Identities,
        moved: Mapping[Person, Iterable[Person]] | None = None,
    ) -> None:
        self.states: dict[Person, PersonState] = {}
        self.rows: Rows = defaultdict(list)
        self.dead_letters: list[DeadLetter] = []
        self._fold = fold
        self._generation = generation
        self._arrival = arrival
        self._load = load
        self._identities = identities
        self._moved = moved or {}

    def add(
        self,
        facts: Mapping[Person, list[Fact]],
        known: Mapping[Person, PersonState],
        breathe: Callable[[], None] = lambda: None,
    ) -> None:
        """Bring every person up to date with their new facts, given in the order of folding.

        A person whose accounts have changed may have none. ``known`` are the states of those of
        them that have one. ``breathe`` is called between chunks of work.
        """
        late: dict[Person, list[Fact]] = {}
        for chunk in chunks(facts.items(), CHUNK):
            for person, several in chunk:
                state = known.get(person)
                fresh = self._arrival.fresh(person, state, several)
                is_relinked = self._arrival.is_relinked(person, state)
                if not fresh and not is_relinked:
                    continue
                unknown = state is None and self._arrival.has_history(person)
                if is_relinked or unknown or is_late(state, fresh):
                    late[person] = fresh
                else:
                    self._onward(person, state, fresh)
            breathe()
        idle = sorted(person for person, fresh in late.items() if not fresh)
        for person in self._without_history(idle, breathe):
            self._fold_again({person: late.pop(person)}, known, {}, {PERSONS: {person}})
        for some in chunks(sorted(late), PERSONS_A_REFOLD):
            self.refold({person: late[person] for person in some}, known)
            breathe()

    def refold(
        self,
        late: Mapping[Person, Sequence[Fact]],
        known: Mapping[Person, PersonState],
    ) -> None:
        """Fold persons again from all their facts; ``late`` are those facts that call for it.

        Keys that are gone get a row that says so, and so do those that a carrier may still write
        that was frozen before it heard of a voiding or a link, while others took over from it.
        """
        persons = list(late)
        accounts = all_accounts(self._identities, persons)
        facts = self._generation.facts_of(accounts, until=self._arrival.until)
        histories = by_person(facts, self._identities)
        gone = {table: self._generation.keys_of(table, persons) for table in PERSON_TABLES}
        for person, several in self._gone(late).items():
            for name, keys in self._keys(person, several).items():
                gone[TABLES[name]] |= keys
        # Of whom nothing is left there is a row that says so, even where there never was another:
        # who has lost the state finds by its version that this person isn't new.
        gone[PERSONS] |= set(late)
        self._fold_again(late, known, histories, gone)

    def _gone(self, late: Mapping[Person, Sequence[Fact]]) -> dict[Person, list[Fact]]:
        """Give the facts that are the persons' no more, or may not be.

        Voided ones; and of those whom links touch all that their accounts ever had, and the
        accounts that moved: docs/architecture.md says why that is enough.
        """
        gone = {person: list(filter(_is_deleted, fresh)) for person, fresh in late.items()}
        accounts = {
            person: {*self._identities.accounts_of(person), *self._moved[person]}
            for person in late
            if person in self._moved
        }
        ever: dict[Person, list[Fact]] = defaultdict(list)
        for fact in self._generation.facts_ever_of(sorted(set().union(*accounts.values()))):
            ever[fact.store, fact.person].append(fact)
        for person, several in accounts.items():
            for account in several:
                gone[person] += ever[account]
        return gone

    def _keys(self, person: Person, facts: Sequence[Fact]) -> dict[str, set[tuple[Any, ...]]]:
        try:
            return self._fold.keys(person, facts) if facts else {}
        except Exception as error:
            raise RowsRefused(f"{person[1]}: {reason(error)}") from error

    def _without_history(
        self, persons: Sequence[Person], breathe: Callable[[], None]
    ) -> list[Person]:
        """Find those of many persons who never had a fact nor a row.

        A roster links every account of everyone, most of them before anything was done by it: to
        look for the facts of each and the keys of all rows would be nearly all of the work.
        """
        found: list[Person] = []
        for some in chunks(persons, _PERSONS_A_LOOK):
            accounts = {
                person: {*self._identities.accounts_of(person), *self._moved.get(person, ())}
                for person in some
            }
            seen = self._generation.with_facts(sorted(set().union(*accounts.values())))
            had = self._generation.with_rows(some)
            found += [
                person for person in some if person not in had and seen.isdisjoint(accounts[person])
            ]
            breathe()
        return found

    def _fold_again(
        self,
        late: Mapping[Person, Sequence[Fact]],
        known: Mapping[Person, PersonState],
        histories: Mapping[Person, list[Fact]],
        gone: dict[Table, set[tuple[Any, ...]]],
    ) -> None:
        """Fold persons again from these facts; ``gone`` are the keys that may be theirs no more."""
        for person, fresh in late.items():
            history = histories.get(person, [])
            for table, keys in self._again(person, history, known.get(person), fresh).items():
                gone.get(table, set()).difference_update(keys)
        for table, keys in gone.items():
            self.rows[table.name] += [
                table.tombstone(key, self.states[key[0], key[1]].position) for key in keys
            ]

    def write(self) -> None:
        """Write the rows; raises RowsRefused where a column can't hold one."""
        for table in PERSON_TABLES:
            self._generation.insert(table.name, self.rows.get(table.name, []))

    def _onward(self, person: Person, state: PersonState | None, facts: list[Fact]) -> None:
        """Fold facts that all come after the person's earlier ones."""
        state = state or self._fold.start(*person)
        if not self._applied(state, facts):
            state = self._without_refused(lambda: self._as_kept(person), facts)
        self._arrival.note(person, state, facts)
        self._keep(person, state)

    def _again(
        self,
        person: Person,
        history: list[Fact],
        before: PersonState | None,
        fresh: Sequence[Fact],
    ) -> dict[Table, set[tuple[Any, ...]]]:
        """Fold all of a person's facts from the start; gives the keys of the rows there are now."""
        state = self._fold.start(*person)
        if not self._applied(state, history):
            state = self._without_refused(lambda: self._fold.start(*person), history)
        if before is not None:
            state.position = max(state.position, before.position)
            state.sources = dict(before.sources)
        self._arrival.note(person, state, fresh)
        rows = self._keep(person, state)
        return {
            table: {table.key_of(row) for row in rows.get(table.name, ())}
            for table in PERSON_TABLES
        }

    def _applied(self, state: PersonState, facts: Iterable[Fact]) -> bool:
        """Whether all the facts could be folded into the state."""
        apply = self._fold.apply
        try:
            for fact in facts:
                apply(state, fact)
        except Exception:
            return False
        return True

    def _without_refused(
        self, start: Callable[[], PersonState], facts: Iterable[Fact]
    ) -> PersonState:
        """Fold the facts but those that the fold refuses, each set aside as a dead letter."""
        state, taken = start(), list[Fact]()
        for fact in facts:
            try:
                self._fold.apply(state, fact)
                taken.append(fact)
            except Exception as error:
                letter = DeadLetter(fact.position, fact.store, fact.statement, reason(error))
                self.dead_letters.append(letter)
                state = start()
                for earlier in taken:
                    self._fold.apply(state, earlier)
        return state

    def _as_kept(self, person: Person) -> PersonState:
        return self._load([person]).get(person) or self._fold.start(*person)

    def _keep(self, person: Person, state: PersonState) -> Rows:
        try:
            rows = self._fold.rows(state)
        except Exception as error:
            raise RowsRefused(f"{person[1]}: {reason(error)}") from error
        for table, some in rows.items():
            self.rows[table] += some
        self.states[person] = state
        return rows


def is_late(state: PersonState | None, facts: Sequence[Fact]) -> bool:
    """Whether any of the facts is voided, or comes before one that was applied."""
    if any(map(_is_deleted, facts)):
        return True
    return state is not None and not is_newer(state, facts[0])
