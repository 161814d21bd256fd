"""Shares of right answers, and how sure they are."""

import math
from collections.abc import Iterable, Sequence
from statistics import fmean, stdev
from typing import Any, Final

import numpy as np

from projections.prediction.mastery import INTERVAL

# From this many of a kind on, a mean has an interval: with fewer it would say nothing.
ENOUGH: Final = 5

Figures = dict[str, Any]


def share(right: int, n: int) -> Figures:
    """Give ``n``, ``right``, the share of these and its 95 % interval; None each where n is 0.

    The interval is E. B. Wilson's (1927), which holds for few answers and for shares near 0 or 1.
    """
    if not n:
        return {"n": 0, "right": 0, "share": None, "low": None, "high": None}
    p = right / n
    low, high = wilson(right, n)
    # At the ends rounding can leave the share just outside of what holds it.
    return {"n": n, "right": right, "share": p, "low": min(low, p), "high": max(high, p)}


def wilson(right: int, n: int) -> tuple[float, float]:
    """Give the 95 % interval of a share (E. B. Wilson 1927); 0..1 where nothing was seen."""
    if not n:
        return 0.0, 1.0
    p, z = right / n, INTERVAL
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def wilson_of_many(right: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give the 95 % intervals of many shares, as ``wilson`` does; NaN where nothing was seen."""
    p, z = right / n, INTERVAL
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return np.maximum(0.0, middle - reach), np.minimum(1.0, middle + reach)


def counted(count: int, n: int) -> Figures:
    """Give the same of anything that isn't answers: ``count`` of ``n``."""
    figures = share(count, n)
    return {"n": n, "count": figures.pop("right"), **figures}


def share_of(successes: Iterable[bool]) -> Figures:
    """Give the share of those that are true."""
    known = list(successes)
    return share(sum(known), len(known))


def expected_share(probabilities: Sequence[float]) -> Figures:
    """Give the share of successes to be expected, and where 95 % of outcomes would lie.

    The number of successes of independent tries has the variance of the sum of p (1 - p).
    """
    n = len(probabilities)
    if not n:
        return {"n": 0, "share": None, "low": None, "high": None}
    mean = fmean(probabilities)
    reach = INTERVAL * math.sqrt(sum(p * (1 - p) for p in probabilities)) / n
    return {"n": n, "share": mean, "low": max(0.0, mean - reach), "high": min(1.0, mean + reach)}


def mean_change(changes: Sequence[float]) -> Figures:
    """Give the mean of changes, with its 95 % interval where there are enough of them."""
    n = len(changes)
    if not n:
        return {"n": 0, "mean": None, "low": None, "high": None}
    mean = fmean(changes)
    if n < ENOUGH:
        return {"n": n, "mean": mean, "low": None, "high": None}
    reach = student_t(n - 1) * stdev(changes) / math.sqrt(n)
    return {"n": n, "mean": mean, "low": mean - reach, "high": mean + reach}


def mean_of_many(values: np.ndarray) -> Figures:
    """Give what ``mean_change`` does, of a whole district's values in little time."""
    n = len(values)
    if n < ENOUGH:
        return mean_change(values.tolist())
    mean = float(values.mean())
    reach = student_t(n - 1) * float(values.std(ddof=1)) / math.sqrt(n)
    return {"n": n, "mean": mean, "low": mean - reach, "high": mean + reach}


def difference(one: Sequence[float], other: Sequence[float]) -> Figures:
    """Give the mean of ``one`` minus that of ``other`` with its 95 % interval, by B. L. Welch 1947.

    None, and no interval, where either has fewer than ``ENOUGH``.
    """
    counts = {"n": len(one), "n_other": len(other)}
    if min(counts.values()) < ENOUGH:
        return {**counts, "mean": None, "low": None, "high": None}
    mean = fmean(one) - fmean(other)
    a, b = (stdev(each) ** 2 / len(each) for each in (one, other))
    if a + b == 0.0:
        return {**counts, "mean": mean, "low": mean, "high": mean}
    freedom = (a + b) ** 2 / (a * a / (len(one) - 1) + b * b / (len(other) - 1))
    reach = student_t(freedom) * math.sqrt(a + b)
    return {**counts, "mean": mean, "low": mean - reach, "high": mean + reach}


def student_t(freedom: float) -> float:
    """Give how many standard errors on either side hold 95 % (two-sided Student t).

    By the Cornish-Fisher expansion (Abramowitz and Stegun, 26.7.5), which from 4 degrees of freedom
    on is within 0.2 % of the exact value.
    """
    z, v = INTERVAL, freedom
    return (
        z
        + (z**3 + z) / (4 * v)
        + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
        + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
        + (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / (92160 * v**4)
    )
