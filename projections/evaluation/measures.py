"""Figures of measures: worked out for many people at once, and remembered by their rows' versions.

A person's rows have a version, which rises with every fact that is applied (``folds.py``). So what
was worked out about a person holds until that person's version is another one, and a district of
which a few persons did something since costs as much as these few.
"""

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from projections.days import Span
from projections.evaluation.figure_reading import Found, find
from projections.evaluation.figures import ByPerson, Figure, Rating, is_adjusted, places_of
from projections.evaluation.measure_queries import Asked, Moments, Sql
from projections.evaluation.raters import Ratings
from projections.evaluation.schemes import Measure
from projections.identities import Identities, load_identities
from projections.names import shares_of
from projections.warehouse import Generation

_PERSONS_A_QUERY: Final = 800  # keeps a query's memory small
_FEW: Final = 16  # persons: less work than another query is
_MOST_KEPT: Final = 24  # spans with measures; those of a whole district may take some 10 MB


class Measured:
    """What some measures say of people in some days, as far as it was asked for.

    Who uses it holds its ``lock``.
    """

    def __init__(self, span: Span, measures: Sequence[Measure]) -> None:
        self.span = span
        self.measures = measures
        self.lock = threading.Lock()
        self._versions: dict[str, tuple[int, ...]] = {}  # of what is known, by person
        # By person's place; what was given to somebody isn't changed any more.
        self._places: dict[str, int] = {}
        self._rows = {one: np.empty((0, len(Figure._fields))) for one in measures}
        self._ratings = {one: Ratings() for one in measures if is_adjusted(one)}
        self._adjusted: dict[Measure, ByPerson] = {}

    def newer(self, persons: Collection[str], versions: "Versions") -> list[str]:
        """Give those of these persons of whom something else is known by now, in order."""
        return versions.newer(self._versions, persons)

    def figures(self) -> dict[Measure, ByPerson]:
        """Give the figures by measure; of who has no evidence there is none."""
        return {measure: self._figures(measure) for measure in self._rows}

    def _figures(self, measure: Measure) -> ByPerson:
        if measure not in self._ratings:
            return ByPerson(self._places, self._rows[measure])
        if measure not in self._adjusted:
            self._adjusted[measure] = self._ratings[measure].adjusted().figures
        return self._adjusted[measure]

    def make_room(self, persons: Sequence[str]) -> None:
        """Copy what is known, which may be in others' hands, with a row for each of these."""
        new = [one for one in persons if one not in self._places]
        if new:
            begin = len(self._places)
            self._places = self._places | {one: begin + at for at, one in enumerate(new)}
        more = np.full((len(new), len(Figure._fields)), np.nan)
        self._rows = {one: np.concatenate([rows, more]) for one, rows in self._rows.items()}

    def put(self, persons: Sequence[str], found: Found, versions: "Versions") -> None:
        """Take what was found as all that is known of persons, for whom there is room.

        What was found of others, with whom they were asked about, is left.
        """
        places = places_of(persons, self._places)
        asked = {person: at for at, person in enumerate(persons)}
        for measure, rows in self._rows.items():
            if measure in self._ratings:
                self._put_ratings(measure, persons, found.ratings.get(measure, {}))
                continue
            rows[places] = np.nan
            if measure in found.figures:
                whose, figures = found.figures[measure]
                own = places_of(whose, asked)
                rows[places[own[own >= 0]]] = figures[own >= 0]
        self._versions.update((person, versions.of(person)) for person in persons)

    def _put_ratings(
        self, measure: Measure, persons: Sequence[str], given: Mapping[str, Sequence[Rating]]
    ) -> None:
        """Take the ratings of persons; where any are others, all are made comparable anew."""
        ratings = self._ratings[measure]
        changed = [ratings.put(person, given.get(person, ())) for person in persons]
        if any(changed):
            self._adjusted.pop(measure, None)


class Versions:
    """The versions of the rows of a store's people, and whose account is whose, as of now.

    ``owners`` is taken as it is where it is known already.
    """

    def __init__(
        self, generation: Generation, store: str, owners: Identities | None = None
    ) -> None:
        self.owners = load_identities(generation) if owners is None else owners
        self._store = store
        self._of: dict[str, tuple[int, ...]] = {}
        of_documents: dict[str, int] = {}
        folded, written = generation.query_all(
            ("person_versions", {"store": store}), ("document_versions", {"store": store})
        )
        for account, position in written:
            person = self.owners.resolve((store, account))[1]
            of_documents[person] = max(of_documents.get(person, 0), int(position))
        for person, position in folded:
            self._of[person] = (int(position), of_documents.pop(person, 0))
        self._of.update((person, (0, position)) for person, position in of_documents.items())

    def of(self, person: str) -> tuple[int, ...]:
        """Give the version of a person's rows."""
        return self._of.get(person, (0, 0))

    def newer(self, known: Mapping[str, tuple[int, ...]], among: Collection[str]) -> list[str]:
        """Give those among these persons of whom another version than this is known, in order."""
        of = self._of.get
        return sorted(one for one in among if known.get(one) != of(one, (0, 0)))

    @property
    def persons(self) -> Collection[str]:
        """Everyone of whom there is anything."""
        return self._of.keys()


class Whom(NamedTuple):
    """Some measures, and of whom they are asked."""

    measures: Collection[Measure]
    persons: Collection[str]


class _Renewal(NamedTuple):
    """What is to be worked out anew: for these persons."""

    measured: Measured
    persons: list[str]


class Figures:
    """The figures of one generation; safe to share between threads."""

    def __init__(self, generation: Generation, timezone: str) -> None:
        self._generation = generation
        self._timezone = timezone
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, Span, tuple[Measure, ...]], Measured] = OrderedDict()

    def of(
        self, store: str, spans: Sequence[Span], asked: Sequence[Whom], versions: Versions
    ) -> list[dict[Measure, ByPerson]]:
        """Give what measures say of people within some days, and others: by span.

        Spans have no day in common: they are asked about together, which costs little more than
        one. It may tell of more people than were asked for. Ratings are those of everyone, because
        what a rater's are worth is known by all of them. Measures that are asked for together are
        kept together: those asked of a cohort apart from those asked of a class.
        """
        kept: list[tuple[list[Measured], Collection[str]]] = []
        for measures, persons in asked:
            rated = sorted((one for one in measures if is_adjusted(one)), key=repr)
            others = sorted((one for one in measures if not is_adjusted(one)), key=repr)
            for some, whom in ((rated, versions.persons), (others, persons)):
                if some:
                    kept.append(([self._measured(store, one, tuple(some)) for one in spans], whom))
        with ExitStack() as held:
            # Whoever asks takes them in one order, so that none waits for who waits for it.
            for one in sorted({one for group, _ in kept for one in group}, key=id):
                held.enter_context(one.lock)
            renewals = [
                _Renewal(one, one.newer(whom, versions)) for group, whom in kept for one in group
            ]
            for together in _together(renewals):
                self._renew(store, together, versions)
            found: list[dict[Measure, ByPerson]] = [{} for _ in spans]
            for group, _ in kept:
                for known, one in zip(found, group, strict=True):
                    known.update(one.figures())
            return found

    def _renew(self, store: str, renewals: Sequence[_Renewal], versions: Versions) -> None:
        """Work out what is new of people, in one go."""
        spans = sorted({one.measured.span for one in renewals}, key=lambda span: span.first)
        measures = list(dict.fromkeys(one for each in renewals for one in each.measured.measures))
        for each in renewals:
            each.measured.make_room(each.persons)
        whose = [frozenset(each.persons) for each in renewals]
        for some in _some_at_a_time(frozenset[str]().union(*whose)):
            there = [one for one in some if any(versions.of(one))]
            found = [Found({}, {}) for _ in spans]
            if there:
                asked = self._asked(store, there, spans, versions.owners)
                found = find(self._run, asked, measures)
            for each, own in zip(renewals, whose, strict=True):
                known = found[spans.index(each.measured.span)]
                each.measured.put([one for one in some if one in own], known, versions)

    def _run(self, sql: Sql) -> list[tuple[Any, ...]]:
        return self._generation.run(sql.text, database=self._generation.database, **sql.parameters)

    def _asked(
        self, store: str, persons: Sequence[str], spans: Sequence[Span], owners: Identities
    ) -> Asked:
        accounts = {
            account: person
            for person in persons
            for _, account in owners.accounts_of((store, person))
        }
        zone = ZoneInfo(self._timezone)
        return Asked(
            store,
            persons,
            sorted(accounts),
            {account: person for account, person in accounts.items() if account != person},
            [Moments(*span.days.moments(zone), span.last.isoformat()) for span in spans],
            self._timezone,
        )

    def _measured(self, store: str, span: Span, measures: tuple[Measure, ...]) -> Measured:
        key = (store, span, measures)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = Measured(span, measures)
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
            return self._kept[key]


def _together(renewals: Sequence[_Renewal]) -> list[list[_Renewal]]:
    """Put together what is cheaper worked out in one go: of the same people, or of a few."""
    few = [one for one in renewals if 0 < len(one.persons) <= _FEW]
    if len({person for one in few for person in one.persons}) > _FEW:
        few = []
    of_same: dict[tuple[str, ...], list[_Renewal]] = {}
    for one in renewals:
        if one.persons and one not in few:
            of_same.setdefault(tuple(one.persons), []).append(one)
    return [*([few] if few else []), *of_same.values()]


def _some_at_a_time(persons: Collection[str]) -> Iterator[list[str]]:
    for share in shares_of(persons):
        for first in range(0, len(share), _PERSONS_A_QUERY):
            yield share[first : first + _PERSONS_A_QUERY]
