"""Figures of measures of one person, and the ratings that some of them are worked out from."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from projections.evaluation.schemes import Measure
from projections.prediction.mastery import INTERVAL


class Figure(NamedTuple):
    """A measure's figure of one person, with the 95 % interval of its sampling error.

    ``facts`` is what there is of evidence (facts, responses to points or items, documents),
    ``counted`` how much of it counts towards the least that is needed (points and items themselves
    where the measure is about these). ``value`` is NaN where nothing is known; ``seen`` is the
    plain figure where ``value`` is adjusted.

    The interval of a share is Wilson's, of a mean that of its standard error; what is counted or
    added up is exact.
    """

    facts: int
    counted: int
    value: float
    low: float
    high: float
    seen: float = math.nan


class Rating(NamedTuple):
    """A rating (0..1) that a person got: from whom, of what, and whether it counts."""

    rater: str
    about: str
    rating: float
    counts: bool


NOTHING: Final = Figure(0, 0, math.nan, math.nan, math.nan)
NONE_COUNTED: Final = Figure(0, 0, 0.0, 0.0, 0.0)


def is_adjusted(measure: Measure) -> bool:
    """Whether a measure's figure depends on how severe each rater is."""
    return measure.over == "ratings" and measure.figure == "mean"


def nothing(measure: Measure) -> Figure:
    """Give the figure of who has no evidence."""
    return NONE_COUNTED if measure.figure in ("count", "days", "lessons", "sum") else NOTHING


def mean_of(
    n: np.ndarray, total: np.ndarray, squares: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give means of one value at least each, and their 95 % intervals by the standard error.

    Of one value alone nothing is known of how they vary: its interval is the value itself.
    """
    mean = total / n
    spread = np.maximum(0.0, squares / n - mean * mean) * n / np.maximum(1.0, n - 1.0)
    reach = INTERVAL * np.sqrt(np.where(n > 1, spread, 0.0) / n)
    return mean, mean - reach, mean + reach


class ByPerson(Mapping[str, Figure]):
    """Figures of many people by person, as rows of an array: a district's are scored at once.

    ``places`` has whose row is which, ``rows`` the columns of ``Figure``. A row whose first column
    is NaN is of someone who has no evidence and isn't among the keys. Neither is changed any more.
    """

    def __init__(self, places: Mapping[str, int], rows: np.ndarray) -> None:
        self.places = places
        self.rows = rows

    @classmethod
    def of(cls, known: Mapping[str, Figure]) -> "ByPerson":
        """Take figures by person, whatever holds them."""
        if isinstance(known, cls):
            return known
        return cls({who: at for at, who in enumerate(known)}, as_array(known.values()))

    def take(self, places: np.ndarray, none: Figure) -> np.ndarray:
        """Give the rows at these places, ``none`` for -1 and for who has no evidence."""
        if not len(self.rows):
            return np.tile(np.array(none, dtype=float), (len(places), 1))
        taken: np.ndarray = self.rows[places]
        taken[(places < 0) | np.isnan(taken[:, 0])] = none
        return taken

    def __getitem__(self, person: str) -> Figure:
        facts, counted, *others = self.rows[self.places[person]].tolist()
        if math.isnan(facts):
            raise KeyError(person)
        return Figure(int(facts), int(counted), *others)

    def __iter__(self) -> Iterator[str]:
        return (who for who, at in self.places.items() if not math.isnan(self.rows[at, 0]))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def places_of(persons: Sequence[str], places: Mapping[str, int]) -> np.ndarray:
    """Give the place of each person, -1 for who has none."""
    return np.fromiter((places.get(one, -1) for one in persons), dtype=int, count=len(persons))


def as_array(figures: Iterable[Iterable[float]]) -> np.ndarray:
    """Give figures as an array of one row a figure, columns as in ``Figure``."""
    return np.array([tuple(one) for one in figures], dtype=float).reshape(-1, len(Figure._fields))
