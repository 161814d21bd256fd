"""Shares and their intervals, against values that are known and against chance."""

import random
from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.shares import (
    ENOUGH,
    counted,
    difference,
    expected_share,
    mean_change,
    share,
    share_of,
    student_t,
    wilson,
    wilson_of_many,
)


def test_of_nothing_there_is_no_share() -> None:
    nothing = {"n": 0, "right": 0, "share": None, "low": None, "high": None}
    assert share(0, 0) == share_of([]) == nothing
    assert mean_change([])["mean"] is None
    assert expected_share([])["share"] is None


def test_wilsons_interval_is_that_of_his_formula() -> None:
    """Newcombe 1998, table I: 81 of 263 gives 0.2553 to 0.3662; 0 of 20 gives 0 to 0.1611."""
    several, none = share(81, 263), share(0, 20)
    assert (several["low"], several["high"]) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert (none["low"], none["high"]) == pytest.approx((0.0, 0.1611), abs=5e-5)


@given(st.integers(1, 500), st.data())
def test_an_interval_holds_the_share_and_stays_within_0_and_1(n: int, data: st.DataObject) -> None:
    found = share(data.draw(st.integers(0, n)), n)
    assert 0.0 <= found["low"] <= found["share"] <= found["high"] <= 1.0


def test_intervals_of_many_shares_are_those_of_each() -> None:
    pairs = [(right, n) for n in (1, 2, 7, 40, 997) for right in range(n + 1)]
    right, n = np.array(pairs, dtype=float).T
    assert list(zip(*wilson_of_many(right, n), strict=True)) == [wilson(*one) for one in pairs]


def test_what_is_no_answer_is_counted_alike() -> None:
    assert counted(3, 4)["count"] == 3
    assert counted(3, 4)["share"] == share(3, 4)["share"]


@pytest.mark.parametrize(("freedom", "exact"), [(4, 2.7764), (9, 2.2622), (30, 2.0423)])
def test_students_t_is_that_of_the_tables(freedom: float, exact: float) -> None:
    assert student_t(freedom) == pytest.approx(exact, rel=2e-3)


def test_too_few_changes_have_a_mean_and_no_interval() -> None:
    few = mean_change([0.1] * (ENOUGH - 1))
    assert (few["mean"], few["low"], few["high"]) == (pytest.approx(0.1), None, None)


def test_too_few_of_one_kind_have_no_difference() -> None:
    found = difference([1.0] * ENOUGH, [0.0] * (ENOUGH - 1))
    assert (found["n"], found["n_other"], found["mean"]) == (ENOUGH, ENOUGH - 1, None)


def test_a_difference_of_what_never_varies_is_exact() -> None:
    found = difference([0.7] * 5, [0.5] * 6)
    assert found["low"] == found["high"] == found["mean"] == pytest.approx(0.2)


def test_intervals_hold_the_truth_about_95_times_of_100() -> None:
    chance, rounds = random.Random(1), 2_000
    held_share = held_difference = held_expected = 0
    for _ in range(rounds):
        truth = chance.random()  # of one truth, the few shares there can be hold more or less
        drawn = share(sum(chance.random() < truth for _ in range(25)), 25)
        held_share += drawn["low"] <= truth <= drawn["high"]
        one = [chance.gauss(0.6, 0.2) for _ in range(8)]
        other = [chance.gauss(0.5, 0.1) for _ in range(12)]
        found = difference(one, other)
        held_difference += found["low"] <= 0.1 <= found["high"]
        chances = [chance.random() for _ in range(40)]
        expected = expected_share(chances)
        outcome = fmean(chance.random() < each for each in chances)
        held_expected += expected["low"] <= outcome <= expected["high"]
    for held in (held_share, held_difference, held_expected):
        assert 0.93 <= held / rounds <= 0.975
