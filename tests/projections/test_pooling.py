"""Small groups are not ranked by luck: pooled means, their intervals, and who is extreme."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.pooling import Group, pool

SIZES = [15, 20, 30, 60, 120, 200, 400, 700, 900, 1000, 1200, 1500, 2500]


def seen(chance: np.random.Generator, true_means: np.ndarray, spread: float) -> list[Group]:
    """Draw the members of groups of ``SIZES`` and say what was seen of them."""
    groups = []
    for size, mean in zip(SIZES, true_means, strict=True):
        values = chance.normal(mean, spread, size)
        groups.append(Group(size, float(values.mean()), float(values.var(ddof=1))))
    return groups


def test_where_true_means_are_equal_a_small_group_is_extreme_no_more_often_than_its_share() -> None:
    chance = np.random.default_rng(1)
    plain, pooled = np.zeros(len(SIZES)), np.zeros(len(SIZES))
    rounds = 2_000
    for _ in range(rounds):
        groups = seen(chance, np.full(len(SIZES), 0.6), 0.15)
        plain[np.argmax([group.mean for group in groups])] += 1
        believed = pool(groups).groups
        for place, group in enumerate(believed):
            pooled[place] += group.differs != 0
    assert plain[0] / rounds > 0.25  # what ranking by plain means does to the smallest of thirteen
    assert (pooled / rounds).max() < 0.05
    assert pooled[0] <= pooled[-1] + 0.02 * rounds


def test_the_interval_holds_the_true_mean_about_as_often_as_it_says() -> None:
    chance = np.random.default_rng(2)
    held = []
    for _ in range(600):
        true_means = chance.normal(0.6, 0.05, len(SIZES))
        believed = pool(seen(chance, true_means, 0.15)).groups
        held += [
            group.low <= mean <= group.high
            for group, mean in zip(believed, true_means, strict=True)
        ]
    assert 0.92 <= np.mean(held) <= 0.97


def test_pooled_means_are_nearer_to_the_truth_than_plain_ones() -> None:
    chance = np.random.default_rng(3)
    plain, pooled = 0.0, 0.0
    for _ in range(300):
        true_means = chance.normal(0.6, 0.03, len(SIZES))
        groups = seen(chance, true_means, 0.2)
        for true, group, believed in zip(true_means, groups, pool(groups).groups, strict=True):
            plain += (group.mean - true) ** 2
            pooled += (believed.mean - true) ** 2
    assert pooled < 0.9 * plain


groups = st.lists(
    st.builds(Group, st.integers(1, 500), st.floats(0, 1), st.floats(0, 0.25)), min_size=1
)


@given(groups)
def test_a_group_is_drawn_towards_the_mean_of_all_and_never_past_it(given: list[Group]) -> None:
    pooling = pool(given)
    for group, believed in zip(given, pooling.groups, strict=True):
        low, high = sorted((group.mean, pooling.mean))
        assert low - 1e-9 <= believed.mean <= high + 1e-9
        assert believed.low <= believed.mean <= believed.high
        assert math.isfinite(believed.low)
        assert math.isfinite(believed.high)


def test_two_groups_keep_their_own_means() -> None:
    [one, other] = pool([Group(10, 0.2, 0.01), Group(1000, 0.8, 0.01)]).groups
    assert (one.mean, other.mean) == (pytest.approx(0.2), pytest.approx(0.8))
    assert one.high - one.low > other.high - other.low


def test_nothing_is_pooled_of_no_groups() -> None:
    assert pool([]).groups == []
