"""Figures of measures: worked out for many people at once, and remembered by their rows' versions.

A person's rows have a version, which rises with every fact that is applied (``folds.py``). So what
was worked out about a person holds until that person's version is another one, and a district of
which a few persons did something since costs as much as these few.
"""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from projections.days import Span
from projections.evaluation.figures import (
    NOTHING,
    ByPerson,
    Figure,
    Rating,
    as_array,
    is_adjusted,
    mean_of,
    places_of,
)
from projections.evaluation.measure_queries import (
    Asked,
    Sql,
    documents_query,
    facts_query,
    mastery_query,
    mistakes_query,
    ratings_query,
)
from projections.evaluation.raters import Ratings
from projections.evaluation.schemes import Measure, Over
from projections.identities import Identities, load_identities
from projections.names import shares_of
from projections.prediction.mastery import INTERVAL
from projections.shares import wilson
from projections.warehouse import Generation

_PERSONS_A_QUERY: Final = 800  # keeps a query's memory small
_MOST_KEPT: Final = 24  # spans with measures; those of a whole district may take some 10 MB


_Rows = list[tuple[Any, ...]]
# What is known of a measure of a person: its figure, or the ratings it is worked out from.
Known = Figure | tuple[Rating, ...]
_UNKNOWN: Final = np.full(len(Figure._fields), math.nan)


class Measured:
    """What some measures say of people in some days, as far as it was asked for."""

    def __init__(
        self,
        generation: Generation,
        store: str,
        span: Span,
        timezone: str,
        measures: Sequence[Measure],
    ) -> None:
        self._generation = generation
        self._store = store
        self._span = span
        self._timezone = timezone
        self._lock = threading.Lock()
        self._versions: dict[str, tuple[int, ...]] = {}  # of what is known, by person
        # By person's place; what was given to somebody isn't changed any more.
        self._places: dict[str, int] = {}
        self._rows = {one: np.empty((0, len(Figure._fields))) for one in measures}
        self._ratings = {one: Ratings() for one in measures if is_adjusted(one)}
        self._adjusted: dict[Measure, ByPerson] = {}

    def of(self, persons: Collection[str], versions: "Versions") -> dict[Measure, ByPerson]:
        """Give the figures of persons by measure; of who has no evidence there is none."""
        with self._lock:
            self._renew(versions.newer(self._versions, persons), versions)
            return {measure: self._figures(measure) for measure in self._rows}

    def _figures(self, measure: Measure) -> ByPerson:
        if measure not in self._ratings:
            return ByPerson(self._places, self._rows[measure])
        if measure not in self._adjusted:
            self._adjusted[measure] = self._ratings[measure].adjusted().figures
        return self._adjusted[measure]

    def _renew(self, persons: Sequence[str], versions: "Versions") -> None:
        if not persons:
            return
        self._make_room(persons)
        for some in _some_at_a_time(persons):
            found = self._work_out([one for one in some if any(versions.of(one))], versions.owners)
            places = places_of(some, self._places)
            for measure, rows in self._rows.items():
                known = found.get(measure, {})
                if measure in self._ratings:
                    self._take_ratings(measure, some, known)
                else:
                    rows[places] = as_array(_figure(known.get(person)) for person in some)
            self._versions.update((person, versions.of(person)) for person in some)

    def _make_room(self, persons: Sequence[str]) -> None:
        """Copy what is known, which may be in others' hands, with a row for each of these."""
        new = [one for one in persons if one not in self._places]
        if new:
            begin = len(self._places)
            self._places = self._places | {one: begin + at for at, one in enumerate(new)}
        more = np.full((len(new), len(Figure._fields)), np.nan)
        self._rows = {one: np.concatenate([rows, more]) for one, rows in self._rows.items()}

    def _take_ratings(
        self, measure: Measure, persons: Sequence[str], known: Mapping[str, Known]
    ) -> None:
        """Take the ratings of persons; where any are others, all are made comparable anew."""
        ratings = self._ratings[measure]
        changed = [ratings.put(person, _ratings(known.get(person))) for person in persons]
        if any(changed):
            self._adjusted.pop(measure, None)

    def _work_out(
        self, persons: Sequence[str], owners: Identities
    ) -> dict[Measure, dict[str, Known]]:
        if not persons:
            return {}
        asked = self._asked(persons, owners)
        found: dict[Measure, dict[str, Known]] = {}
        for over, (query, read) in _READ.items():
            measures = [measure for measure in self._rows if measure.over == over]
            if measures:
                sql = query(asked, measures)
                rows = self._generation.run(
                    sql.text, database=self._generation.database, **sql.parameters
                )
                found.update(read(measures, rows))
        return found

    def _asked(self, persons: Sequence[str], owners: Identities) -> Asked:
        accounts = {
            account: person
            for person in persons
            for _, account in owners.accounts_of((self._store, person))
        }
        since, until = self._span.days.moments(ZoneInfo(self._timezone))
        return Asked(
            self._store,
            persons,
            sorted(accounts),
            {account: person for account, person in accounts.items() if account != person},
            since,
            until,
            self._span.last.isoformat(),
            self._timezone,
        )


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


class Figures:
    """The figures of one generation; safe to share between threads."""

    def __init__(self, generation: Generation, timezone: str) -> None:
        self._generation = generation
        self._timezone = timezone
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, Span, tuple[Measure, ...]], Measured] = OrderedDict()

    def of(
        self,
        store: str,
        span: Span,
        measures: Collection[Measure],
        persons: Collection[str],
        versions: Versions,
    ) -> dict[Measure, ByPerson]:
        """Give what measures say of people within some days.

        It may tell of more people than were asked for. Ratings are those of everyone, because what
        a rater's are worth is known by all of them. Measures that are asked for together are kept
        together: those asked of a cohort apart from those asked of a class.
        """
        rated = sorted((one for one in measures if is_adjusted(one)), key=repr)
        others = sorted((one for one in measures if not is_adjusted(one)), key=repr)
        found: dict[Measure, ByPerson] = {}
        for some, whom in ((rated, versions.persons), (others, persons)):
            if some:
                found |= self._measured(store, span, tuple(some)).of(whom, versions)
        return found

    def _measured(self, store: str, span: Span, measures: tuple[Measure, ...]) -> Measured:
        key = (store, span, measures)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = Measured(self._generation, store, span, self._timezone, measures)
            self._kept.move_to_end(key)
            while len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
            return self._kept[key]


def _figure(known: Known | None) -> Iterable[float]:
    return known if isinstance(known, Figure) else _UNKNOWN


def _ratings(known: Known | None) -> tuple[Rating, ...]:
    return () if known is None or isinstance(known, Figure) else known


def _some_at_a_time(persons: Sequence[str]) -> Iterator[list[str]]:
    for share in shares_of(persons):
        for first in range(0, len(share), _PERSONS_A_QUERY):
            yield share[first : first + _PERSONS_A_QUERY]


# From rows to figures ----------------------------------------------------------------------------


def _read_facts(measures: Sequence[Measure], rows: _Rows) -> dict[Measure, dict[str, Known]]:
    found: dict[Measure, dict[str, Known]] = {measure: {} for measure in measures}
    for who, place, facts, counted, total, squares in rows:
        measure = measures[place - 1]
        found[measure][who] = _of_facts(measure, facts, counted, total, squares)
    return found


def _of_facts(measure: Measure, facts: int, n: int, total: float, squares: float) -> Figure:
    match measure.figure:
        case "count":
            return Figure(facts, n, n, n, n)
        case "days" | "lessons":
            return Figure(facts, facts, n, n, n)
        case "sum":
            return Figure(facts, n, total, total, total)
        case "share":
            return _share(facts, n, round(total))
    return Figure(facts, n, *mean_of(n, total, squares))


def _share(facts: int, n: int, right: int) -> Figure:
    if not n:
        return NOTHING._replace(facts=facts)
    low, high = wilson(right, n)
    p = right / n
    return Figure(facts, n, p, min(low, p), max(high, p))


def _read_ratings(measures: Sequence[Measure], rows: _Rows) -> dict[Measure, dict[str, Known]]:
    given: dict[Measure, dict[str, list[Rating]]] = {measure: {} for measure in measures}
    for who, place, rater, about, rating, counts in rows:
        measure = measures[place - 1]
        given[measure].setdefault(who, []).append(Rating(rater, about, rating, bool(counts)))
    found: dict[Measure, dict[str, Known]] = {}
    for measure, by_person in given.items():
        if is_adjusted(measure):
            found[measure] = {who: tuple(some) for who, some in by_person.items()}
        else:
            found[measure] = {who: _counted(some) for who, some in by_person.items()}
    return found


def _counted(ratings: Sequence[Rating]) -> Figure:
    n = sum(one.counts for one in ratings)
    return Figure(len(ratings), n, n, n, n)


def _read_mastery(measures: Sequence[Measure], rows: _Rows) -> dict[Measure, dict[str, Known]]:
    found: dict[Measure, dict[str, Known]] = {measure: {} for measure in measures}
    for who, place, points, mastered, total, variance, tries in rows:
        measure = measures[place - 1]
        match measure.figure:
            case "count":
                figure = Figure(tries, points, mastered, mastered, mastered)
            case "share":
                figure = _share(tries, points, mastered)
            case _:
                mean, reach = total / points, INTERVAL * math.sqrt(variance) / points
                figure = Figure(tries, points, mean, mean - reach, mean + reach)
        found[measure][who] = figure
    return found


def _read_mistakes(measures: Sequence[Measure], rows: _Rows) -> dict[Measure, dict[str, Known]]:
    found: dict[Measure, dict[str, Known]] = {measure: {} for measure in measures}
    for who, place, items, mastered, responses in rows:
        measure = measures[place - 1]
        figure = _share(responses, items, mastered)
        if measure.figure == "count":
            figure = Figure(responses, items, mastered, mastered, mastered)
        found[measure][who] = figure
    return found


def _read_documents(measures: Sequence[Measure], rows: _Rows) -> dict[Measure, dict[str, Known]]:
    found: dict[Measure, dict[str, Known]] = {measure: {} for measure in measures}
    for who, place, n in rows:
        found[measures[place - 1]][who] = Figure(n, n, n, n, n)
    return found


_READ: Final[
    dict[
        Over,
        tuple[
            Callable[[Asked, Sequence[Measure]], Sql],
            Callable[[Sequence[Measure], _Rows], dict[Measure, dict[str, Known]]],
        ],
    ]
] = {
    "facts": (facts_query, _read_facts),
    "ratings": (ratings_query, _read_ratings),
    "mastery": (mastery_query, _read_mastery),
    "mistakes": (mistakes_query, _read_mistakes),
    "documents": (documents_query, _read_documents),
}
