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

from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np

from projections.evaluation.figures import ByPerson, Figure, Rating
from projections.prediction.mastery import INTERVAL

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

    figures: ByPerson
    raters: dict[str, Rater]


class _OfPerson(NamedTuple):
    """The ratings of a person as columns: raters and what was rated by their codes."""

    rater: np.ndarray
    thing: np.ndarray
    rating: np.ndarray
    facts: int  # how many there are, those too that don't count

    def says(self, other: "_OfPerson | None") -> bool:
        """Whether others are the same ratings."""
        return (
            other is not None
            and self.facts == other.facts
            and all(map(np.array_equal, self[:3], other[:3]))
        )


class Ratings:
    """The ratings of many people, held as columns: one person's change costs only that person."""

    def __init__(self) -> None:
        self._raters: dict[str, int] = {}
        self._things: dict[str, int] = {}
        self._of: dict[str, _OfPerson] = {}

    def put(self, person: str, ratings: Iterable[Rating]) -> bool:
        """Take these as all ratings of a person; tells whether they are others than before."""
        ratings = list(ratings)
        counting = [one for one in ratings if one.counts]
        before = self._of.pop(person, None)
        if not counting:
            return before is not None
        raters, things = self._raters, self._things
        now = self._of[person] = _OfPerson(
            np.array([raters.setdefault(one.rater, len(raters)) for one in counting]),
            np.array([things.setdefault(one.about, len(things)) for one in counting]),
            np.array([one.rating for one in counting]),
            len(ratings),
        )
        return not now.says(before)

    def adjusted(self) -> Adjusted:
        """Make the ratings of all comparable.

        A figure's ``seen`` is the plain mean, its ``value`` the adjusted one within 0..1, the
        interval that of the standard error: of chance, and of what isn't known of the raters.
        """
        if not self._of:
            return Adjusted(ByPerson.of({}), {})
        # All in the order of names: the same ratings give the same figures, however they came.
        persons = sorted(self._of)
        some = [self._of[one] for one in persons]
        n = np.array([len(one.rating) for one in some])
        person = np.repeat(np.arange(len(persons)), n)
        seen = np.concatenate([one.rating for one in some])
        raters, rater = _in_order(np.concatenate([one.rater for one in some]), self._raters)
        _, thing = _in_order(np.concatenate([one.thing for one in some]), self._things)
        pairs = _Pairs.of(person, rater, len(raters))
        solved = _solve(seen, person, rater, thing, pairs)
        rows = np.empty((len(persons), len(Figure._fields)))
        rows[:, 0] = [one.facts for one in some]
        rows[:, 1] = n
        rows[:, 5] = np.bincount(person, seen) / n
        rows[:, 2] = np.clip(np.bincount(person, seen - solved.leniency[rater]) / n, 0.0, 1.0)
        # What isn't known of a rater is in all ratings of a person by that rater, alike.
        unsure = np.bincount(pairs.person, pairs.times**2 * solved.unsure[pairs.rater])
        reach = INTERVAL * np.sqrt((n * solved.chance + unsure) / n**2)
        rows[:, 3] = np.maximum(0.0, rows[:, 2] - reach)
        rows[:, 4] = np.minimum(1.0, rows[:, 2] + reach)
        each = zip(raters, solved.leniency.tolist(), np.bincount(rater).tolist(), strict=True)
        return Adjusted(
            ByPerson({who: at for at, who in enumerate(persons)}, rows),
            {name: Rater(name, leniency, count) for name, leniency, count in each},
        )


def _in_order(codes: np.ndarray, names: dict[str, int]) -> tuple[list[str], np.ndarray]:
    """Give the names of those codes that there are, in order, and the place of each code in it."""
    there = np.bincount(codes, minlength=len(names)) > 0
    known = sorted(name for name, code in names.items() if there[code])
    places = np.zeros(len(names), dtype=int)
    places[[names[name] for name in known]] = np.arange(len(known))
    return known, places[codes]


class _Pairs(NamedTuple):
    """Who was rated by whom, and how often."""

    person: np.ndarray
    rater: np.ndarray
    times: np.ndarray
    of_rating: np.ndarray  # the pair of each rating

    @classmethod
    def of(cls, person: np.ndarray, rater: np.ndarray, raters: int) -> "_Pairs":
        key, of_rating, times = np.unique(
            person * raters + rater, return_inverse=True, return_counts=True
        )
        return cls(key // raters, key % raters, times, of_rating.ravel())


class _Solved(NamedTuple):
    leniency: np.ndarray  # of each rater
    unsure: np.ndarray  # the variance of each
    chance: float  # the variance of a rating


def _solve(
    y: np.ndarray, person: np.ndarray, rater: np.ndarray, thing: np.ndarray, pairs: _Pairs
) -> _Solved:
    persons, raters = np.bincount(person), np.bincount(rater)
    of_thing = np.bincount(thing)
    leniency, things = np.zeros(len(raters)), np.zeros(len(of_thing))
    chance = _variance_within(y, person)
    if len(raters) < _FEWEST_RATERS:
        return _Solved(leniency, leniency, chance)
    # What a rating tells of its rater: nothing where nobody else rates its person.
    informed = np.bincount(rater, 1.0 - pairs.times[pairs.of_rating] / persons[person])
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
