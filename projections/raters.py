"""Raters made comparable: how severe or lenient each is, and ratings as if all were alike.

An additive model of many facets, after J. M. Linacre 1989, "Many-Facet Rasch Measurement", on the
scale of the ratings instead of logits (ratings here are means of few steps, and many are at an end
of the scale, where logits are infinite): a rating is what all are on the average, for the thing
rated, plus what the person is apart from that, plus how lenient the rater is, plus chance. Persons
are fixed effects and raters random ones (S. R. Searle, G. Casella and C. E. McCulloch 1992,
"Variance Components", chapter 7): a rater is drawn towards the others by as much as the evidence is
weak. Of a rater whose persons nobody else has rated nothing can be known: severity and persons
can't be told apart, and the ratings are left as they are.

It is solved by alternating least squares, with the variances of raters and of chance estimated by
expectation and maximisation beside it.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from projections.figures import Figure, Rating
from projections.mastery import INTERVAL

_ROUNDS: Final = 200
_CLOSE: Final = 1e-6  # of the scale 0..1: nobody sees less
_FEWEST_RATERS: Final = 3  # with fewer nothing can be said of how raters differ


class Rater(NamedTuple):
    """How much higher than others a rater rates (0: as others; negative: severe), and on what."""

    rater: str
    leniency: float
    ratings: int


class Adjusted(NamedTuple):
    """Ratings of many people made comparable: each person's figure, and each rater."""

    figures: dict[str, Figure]
    raters: dict[str, Rater]


def adjust(ratings: Mapping[str, Sequence[Rating]]) -> Adjusted:
    """Make the ratings of people comparable, by person; what doesn't count is only counted.

    A figure's ``seen`` is the plain mean, its ``value`` the adjusted one within 0..1, the interval
    that of the standard error: of chance, and of what isn't known of the raters.
    """
    rows = [(who, one) for who, some in ratings.items() for one in some if one.counts]
    if not rows:
        return Adjusted({}, {})
    persons, person = np.unique([who for who, _ in rows], return_inverse=True)
    raters, rater = np.unique([one.rater for _, one in rows], return_inverse=True)
    _, thing = np.unique([one.about for _, one in rows], return_inverse=True)
    seen = np.array([one.rating for _, one in rows])
    solved = _solve(seen, person, rater, thing)
    n = np.bincount(person)
    plain = np.bincount(person, seen) / n
    adjusted = np.clip(np.bincount(person, seen - solved.leniency[rater]) / n, 0.0, 1.0)
    # What isn't known of a rater is in all ratings of a person by that rater, alike.
    pairs, of_pair = np.unique(np.stack([person, rater]), axis=1, return_counts=True)
    unsure = np.bincount(pairs[0], of_pair**2 * solved.unsure[pairs[1]])
    error = (n * solved.chance + unsure) / n**2
    reach = INTERVAL * np.sqrt(error)
    figures = {
        str(who): Figure(
            len(ratings[str(who)]),
            int(n[at]),
            float(adjusted[at]),
            max(0.0, float(adjusted[at] - reach[at])),
            min(1.0, float(adjusted[at] + reach[at])),
            float(plain[at]),
        )
        for at, who in enumerate(persons)
    }
    counts = np.bincount(rater)
    known = {
        str(name): Rater(str(name), float(solved.leniency[at]), int(counts[at]))
        for at, name in enumerate(raters)
    }
    return Adjusted(figures, known)


class _Solved(NamedTuple):
    leniency: np.ndarray  # of each rater
    unsure: np.ndarray  # the variance of each
    chance: float  # the variance of a rating


def _solve(y: np.ndarray, person: np.ndarray, rater: np.ndarray, thing: np.ndarray) -> _Solved:
    persons, raters = np.bincount(person), np.bincount(rater)
    of_thing = np.bincount(thing)
    leniency, things = np.zeros(len(raters)), np.zeros(len(of_thing))
    chance = _variance_within(y, person)
    if len(raters) < _FEWEST_RATERS:
        return _Solved(leniency, leniency, chance)
    # What a rating tells of its rater: nothing where nobody else rates its person.
    _, pair, of_pair = np.unique(
        np.stack([person, rater]), axis=1, return_inverse=True, return_counts=True
    )
    informed = np.bincount(rater, 1.0 - of_pair[pair.ravel()] / persons[person])
    between = max(chance, 1e-6)
    for _ in range(_ROUNDS):
        level = np.bincount(person, y - leniency[rater] - things[thing]) / persons
        things = np.bincount(thing, y - leniency[rater] - level[person]) / of_thing
        things -= np.average(things, weights=of_thing)
        rest = y - level[person] - things[thing]
        ratio = chance / between
        new = np.bincount(rater, rest) / (raters + ratio)
        new -= np.average(new, weights=raters)
        moved = float(np.abs(new - leniency).max())
        leniency = new
        unsure = chance / (informed + ratio)
        freedom = max(1.0, len(y) - len(persons) - float((informed / (informed + ratio)).sum()))
        chance = max(1e-9, float(((rest - leniency[rater]) ** 2).sum()) / freedom)
        between = max(1e-9, float((leniency**2 + unsure).mean()))
        if moved < _CLOSE:
            break
    return _Solved(leniency, unsure, chance)


def _variance_within(y: np.ndarray, person: np.ndarray) -> float:
    n = np.bincount(person)
    means = np.bincount(person, y) / n
    freedom = len(y) - len(n)
    spread = float(((y - means[person]) ** 2).sum())
    return max(1e-9, spread / freedom) if freedom else _alone(y)


def _alone(y: np.ndarray) -> float:
    """Give the variance between ratings, where everybody has only one."""
    return max(1e-9, float(y.var(ddof=1))) if len(y) > 1 else 1e-9
