"""Scores of many people at once: figures normalised to 0..100, put together by weights.

- ``criterion``: on the straight line from the figure that scores 0 to the one that scores 100.
- ``cohort-z``: 100 times the normal distribution function of the distance from the cohort's mean,
  in standard deviations.
- ``percentile``: the share of the cohort that is lower, those that are equal counted half.
- ``min-max``: on the line from the cohort's lowest to its highest.

In a cohort that is all alike everybody scores 50. The interval of a score is that of its figure, so
normalised; it is the figure's sampling error, and takes the cohort as it is. Of a weighted sum it
comes by the delta method, indicators taken as independent: the variance is the sum of the
variances, each times the square of its weight. A score that lacks evidence is none, and its weight
goes to the others of its dimension; a dimension without any goes to the other dimensions.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from projections.evaluation.figures import ByPerson, Figure, nothing, places_of
from projections.evaluation.schemes import Indicator, Level, Measure, Normalisation, Scheme
from projections.prediction.mastery import INTERVAL

FEWEST_OF_COHORT: Final = 10  # students with a figure; with fewer a comparison says nothing
_ALIKE: Final = 50.0
_DIGITS: Final = 6  # of scores: a level doesn't hang on how a computer rounds

_COUNTED, _VALUE, _LOW, _HIGH = (
    Figure._fields.index(name) for name in ("counted", "value", "low", "high")
)


class Cohorts(NamedTuple):
    """Whom each person is compared with.

    ``of`` names a person's cohorts, the first that is large enough counts; ``members`` are those
    of each.
    """

    of: Mapping[str, Sequence[str]]
    members: Mapping[str, Sequence[str]]


class Part(NamedTuple):
    """Scores of many people: 0..100 or NaN, with their 95 % intervals.

    ``complete`` is how much of the weight below has evidence, 0..1.
    """

    score: np.ndarray
    low: np.ndarray
    high: np.ndarray
    complete: np.ndarray

    @property
    def error(self) -> np.ndarray:
        """The standard error, from the width of the interval."""
        width: np.ndarray = self.high - self.low
        return width / (2 * INTERVAL)


class Scores(NamedTuple):
    """The scores of people under a scheme, in the order of ``persons``.

    ``indicators`` are by (dimension, indicator), ``kinds`` and ``sources`` by process and outcome,
    objective and subjective; ``figures`` have a row a person, as ``Figure``. ``compared`` says for
    indicators that compare which cohort it was with: its name, '' where all were too small.
    ``shares`` is the part of the total that each indicator has, 0..1, for who has a score in it.
    """

    persons: list[str]
    total: Part
    dimensions: dict[str, Part]
    indicators: dict[tuple[str, str], Part]
    kinds: dict[str, Part]
    sources: dict[str, Part]
    figures: dict[tuple[str, str], np.ndarray]
    compared: dict[tuple[str, str], list[str]]
    shares: dict[tuple[str, str], np.ndarray]


def score(
    scheme: Scheme,
    persons: Sequence[str],
    figures: Mapping[Measure, Mapping[str, Figure]],
    cohorts: Cohorts,
) -> Scores:
    """Score people under a scheme; ``figures`` are of their cohorts' members too."""
    persons = list(persons)
    places: dict[int, np.ndarray] = {}  # of the persons, in what measures were worked out together

    def rows_of(measure: Measure, known: ByPerson) -> np.ndarray:
        if id(known.places) not in places:
            places[id(known.places)] = places_of(persons, known.places)
        return known.take(places[id(known.places)], nothing(measure))

    nobody = ByPerson.of({})
    table = {measure: ByPerson.of(known) for measure, known in figures.items()}
    seen: dict[tuple[str, str], np.ndarray] = {}
    compared: dict[tuple[str, str], list[str]] = {}
    indicators: dict[tuple[str, str], Part] = {}
    dimensions: dict[str, Part] = {}
    for dimension in scheme.dimensions:
        for indicator in dimension.indicators:
            key = (dimension.id, indicator.id)
            known = table.get(indicator.measure, nobody)
            seen[key] = rows_of(indicator.measure, known)
            indicators[key], compared[key] = _indicator(
                indicator, persons, seen[key], known, cohorts
            )
        dimensions[dimension.id] = combine(
            [(one.weight, indicators[dimension.id, one.id]) for one in dimension.indicators]
        )
    total = combine([(one.weight, dimensions[one.id]) for one in scheme.dimensions])
    shares = _shares(scheme, indicators, dimensions)
    apart = list(indicators_of(scheme).items())
    nominal = {
        (dimension.id, one.id): dimension.weight * one.weight
        for dimension in scheme.dimensions
        for one in dimension.indicators
    }

    def of_kind(name: str, value: str) -> Part:
        keys = [key for key, one in apart if getattr(one, name) == value]
        part = combine([(shares[key], indicators[key]) for key in keys], len(persons))
        # A person's shares are without what is missing; of the scheme's own weights it is a part.
        whole = combine([(nominal[key], indicators[key]) for key in keys], len(persons))
        return part._replace(complete=whole.complete)

    return Scores(
        persons,
        total,
        dimensions,
        indicators,
        {kind: of_kind("kind", kind) for kind in ("process", "outcome")},
        {source: of_kind("source", source) for source in ("objective", "subjective")},
        seen,
        compared,
        shares,
    )


def indicators_of(scheme: Scheme) -> dict[tuple[str, str], Indicator]:
    """Give all indicators by the ids of their dimension and their own."""
    return {
        (dimension.id, indicator.id): indicator
        for dimension in scheme.dimensions
        for indicator in dimension.indicators
    }


def levels_of(scheme: Scheme, reached: np.ndarray) -> list[Level | None]:
    """Give the level that each of many scores reaches."""
    place = np.full(len(reached), len(scheme.levels))
    for at in reversed(range(len(scheme.levels))):
        place[reached >= scheme.levels[at].at_least] = at
    levels = (*scheme.levels, None)
    return [levels[at] for at in place.tolist()]


def level_of(scheme: Scheme, reached: float) -> Level | None:
    """Give the level that a score reaches; None for none, or no score."""
    if math.isnan(reached):
        return None
    return next((level for level in scheme.levels if reached >= level.at_least), None)


def combine(parts: Sequence[tuple[float | np.ndarray, Part]], people: int = 0) -> Part:
    """Put parts together by weights; of who lacks some, by the weights of the others.

    Weights may differ from person to person.
    """
    size = len(parts[0][1].score) if parts else people
    weights, present = np.zeros(size), np.zeros(size)
    total, variance, complete = np.zeros(size), np.zeros(size), np.zeros(size)
    for weight, part in parts:
        is_known = ~np.isnan(part.score)
        own = np.where(is_known, weight, 0.0)
        weights += weight
        present += own
        total += own * np.where(is_known, part.score, 0.0)
        variance += own**2 * np.where(is_known, part.error, 0.0) ** 2
        complete += weight * part.complete
    with np.errstate(invalid="ignore", divide="ignore"):
        middle = np.round(np.where(present > 0, total / present, np.nan), _DIGITS)
        reach = INTERVAL * np.sqrt(variance) / present
        share = np.where(weights > 0, complete / weights, 0.0)
    low, high = np.maximum(0.0, middle - reach), np.minimum(100.0, middle + reach)
    return Part(middle, low, high, share)


def _shares(
    scheme: Scheme, indicators: Mapping[tuple[str, str], Part], dimensions: Mapping[str, Part]
) -> dict[tuple[str, str], np.ndarray]:
    """Give what part of each person's total each indicator makes."""
    all_of = sum(
        np.where(np.isnan(dimensions[one.id].score), 0.0, one.weight) for one in scheme.dimensions
    )
    found = {}
    for dimension in scheme.dimensions:
        known = {
            one.id: np.where(np.isnan(indicators[dimension.id, one.id].score), 0.0, one.weight)
            for one in dimension.indicators
        }
        of_dimension = sum(known.values())
        for name, weight in known.items():
            with np.errstate(invalid="ignore", divide="ignore"):
                part = (weight / of_dimension) * (dimension.weight / all_of)
            found[dimension.id, name] = np.where(weight > 0, part, 0.0)
    return found


# Normalisation -----------------------------------------------------------------------------------


def _indicator(
    indicator: Indicator,
    persons: Sequence[str],
    seen: np.ndarray,
    known: ByPerson,
    cohorts: Cohorts,
) -> tuple[Part, list[str]]:
    enough = (seen[:, _COUNTED] >= indicator.minimum) & ~np.isnan(seen[:, _VALUE])
    ends = np.where(enough[:, None], seen[:, [_LOW, _VALUE, _HIGH]], np.nan)
    if indicator.normalisation.by == "criterion":
        compared: list[str] = []
        scored = _criterion(indicator.normalisation, ends)
    else:
        scored, compared = _among(indicator, persons, ends, known, cohorts)
    scored = np.round(scored, _DIGITS)
    low, high = np.fmin(scored[:, 0], scored[:, 2]), np.fmax(scored[:, 0], scored[:, 2])
    is_known = ~np.isnan(scored[:, 1])
    return Part(scored[:, 1], low, high, is_known.astype(float)), compared


def _criterion(normalisation: Normalisation, values: np.ndarray) -> np.ndarray:
    zero, full = normalisation.zero, normalisation.full
    if zero is None or full is None:
        raise ValueError("a criterion has the figures that score 0 and 100")
    return np.clip(100.0 * (values - zero) / (full - zero), 0.0, 100.0)


def _among(
    indicator: Indicator,
    persons: Sequence[str],
    ends: np.ndarray,
    known: ByPerson,
    cohorts: Cohorts,
) -> tuple[np.ndarray, list[str]]:
    """Score by the cohorts of persons."""
    pools: dict[str, np.ndarray] = {}

    def pool_of(name: str) -> np.ndarray:
        if name not in pools:
            pools[name] = _pool(indicator, cohorts.members.get(name, ()), known)
        return pools[name]

    def first_enough(names: Sequence[str]) -> str:
        return next((one for one in names if len(pool_of(one)) >= FEWEST_OF_COHORT), "")

    chosen: dict[tuple[str, ...], str] = {}  # many have the same ones
    compared = []
    for who in persons:
        own = tuple(cohorts.of.get(who, ()))
        if own not in chosen:
            chosen[own] = first_enough(own)
        compared.append(chosen[own])
    names, scored = np.array(compared, dtype=object), np.full(ends.shape, np.nan)
    for name in set(compared) - {""}:
        rows = names == name
        scored[rows] = _BY[indicator.normalisation.by](pool_of(name), ends[rows])
    return scored, compared


def is_enough(
    indicator: Indicator, known: ByPerson, cohorts: Cohorts, names: Iterable[str]
) -> bool:
    """Whether each of these cohorts is large enough to be compared with in an indicator."""
    return all(
        len(_pool(indicator, cohorts.members.get(name, ()), known)) >= FEWEST_OF_COHORT
        for name in names
    )


def _pool(indicator: Indicator, members: Sequence[str], known: ByPerson) -> np.ndarray:
    rows = known.take(places_of(members, known.places), nothing(indicator.measure))
    enough = (rows[:, _COUNTED] >= indicator.minimum) & ~np.isnan(rows[:, _VALUE])
    return np.sort(rows[enough, _VALUE])


def _z(pool: np.ndarray, values: np.ndarray) -> np.ndarray:
    deviation = float(pool.std(ddof=1))
    if deviation < 1e-12:
        return _alike(values)
    return 100.0 * _normal((values - pool.mean()) / deviation)


def _percentile(pool: np.ndarray, values: np.ndarray) -> np.ndarray:
    below, up_to = np.searchsorted(pool, values, "left"), np.searchsorted(pool, values, "right")
    return np.where(np.isnan(values), np.nan, 50.0 * (below + up_to) / len(pool))


def _min_max(pool: np.ndarray, values: np.ndarray) -> np.ndarray:
    lowest, highest = float(pool[0]), float(pool[-1])
    if highest - lowest < 1e-12:
        return _alike(values)
    return np.clip(100.0 * (values - lowest) / (highest - lowest), 0.0, 100.0)


def _alike(values: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(values), np.nan, _ALIKE)


def _normal(z: np.ndarray) -> np.ndarray:
    """Give the normal distribution function."""
    erf: np.ndarray = np.vectorize(math.erf, otypes=[float])(z / math.sqrt(2.0))
    return 0.5 * (1.0 + erf)


_BY: Final = {"cohort-z": _z, "percentile": _percentile, "min-max": _min_max}
