"""Partial pooling: what is known of many groups together steadies what is known of each.

The mean of a small group is far from the rest more often by luck alone, so that a list ordered by
plain means begins and ends with small schools. Here group means are taken as drawn from one normal
distribution, and each is drawn towards the mean of all by as much as its own evidence is weak:
C. N. Morris 1983, "Parametric Empirical Bayes Inference", JASA 78. The variance between groups is
estimated by R. DerSimonian and N. Laird 1986, "Meta-Analysis in Clinical Trials".
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from projections.prediction.mastery import INTERVAL

FEWEST_GROUPS = 3  # with fewer nothing can be said of how groups differ


class Group(NamedTuple):
    """What was seen of a group: how many members, the mean of their values, and their variance.

    ``variance`` is that between members, with the divisor n - 1; of a single member it is unknown
    and what is given is not looked at.
    """

    n: int
    mean: float
    variance: float


class Pooled(NamedTuple):
    """What is believed of a group's true mean, with its 95 % interval.

    ``differs`` is 1 where the whole interval is above the mean of all groups, -1 where it is below,
    else 0.
    """

    mean: float
    low: float
    high: float
    differs: int


class Pooling(NamedTuple):
    """Groups pooled: the mean of all, the standard deviation between groups, and each group."""

    mean: float
    between: float
    groups: list[Pooled]


def pool(groups: Sequence[Group]) -> Pooling:
    """Pool the means of groups, each of at least one member; the values are on any scale.

    Members of all groups are taken to vary alike, since a small group can't tell its own variance.
    With fewer than three groups each keeps its own mean.
    """
    if not groups:
        return Pooling(math.nan, 0.0, [])
    n = np.array([group.n for group in groups], dtype=float)
    means = np.array([group.mean for group in groups])
    squared = _variance_within(groups) / n
    between = _variance_between(means, squared) if len(groups) >= FEWEST_GROUPS else math.inf
    if math.isinf(between):
        center, unsure, share = float(np.average(means, weights=n)), 0.0, np.ones_like(means)
    else:
        weights = 1.0 / (between + squared)
        center, unsure = float(np.average(means, weights=weights)), 1.0 / weights.sum()
        share = between / (between + squared)
    believed = center + share * (means - center)
    deviation = np.sqrt(share * squared + (1.0 - share) ** 2 * unsure)
    return Pooling(
        center,
        0.0 if math.isinf(between) else math.sqrt(between),
        [_pooled(center, *one) for one in zip(believed, deviation, strict=True)],
    )


def _pooled(center: float, mean: float, deviation: float) -> Pooled:
    low, high = float(mean - INTERVAL * deviation), float(mean + INTERVAL * deviation)
    return Pooled(float(mean), low, high, int(low > center) - int(high < center))


def _variance_within(groups: Sequence[Group]) -> float:
    """Give the variance between the members of a group, from all groups together."""
    freedom = sum(group.n - 1 for group in groups)
    if not freedom:
        return 0.0
    spread = sum((group.n - 1) * group.variance for group in groups if group.n > 1)
    return max(spread / freedom, 1e-12)


def _variance_between(means: np.ndarray, squared: np.ndarray) -> float:
    """Give the variance of true means that explains how far those seen are apart; at least 0."""
    if not squared.all():
        return math.inf  # nothing is known of how sure each mean is
    weights = 1.0 / squared
    center = np.average(means, weights=weights)
    total = weights.sum()
    excess = float((weights * (means - center) ** 2).sum()) - (len(means) - 1)
    return max(0.0, excess / float(total - (weights**2).sum() / total))
