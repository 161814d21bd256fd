"""Figures of measures of one person, and the ratings that some of them are worked out from."""

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

import numpy as np

from projections.mastery import INTERVAL
from projections.schemes import Measure


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


def mean_of(n: int, total: float, squares: float) -> tuple[float, float, float]:
    """Give a mean and its 95 % interval by the standard error.

    Of one value alone nothing is known of how they vary: its interval is the value itself.
    """
    mean = total / n
    variance = max(0.0, squares / n - mean * mean) * n / (n - 1) if n > 1 else 0.0
    reach = INTERVAL * math.sqrt(variance / n)
    return mean, mean - reach, mean + reach


def as_array(figures: Iterable[Figure]) -> np.ndarray:
    """Give figures as an array of one row a figure, columns as in ``Figure``."""
    return np.array([tuple(one) for one in figures], dtype=float).reshape(-1, len(Figure._fields))
