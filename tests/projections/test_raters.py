"""Severe and lenient raters made comparable, where what is true of everyone is known."""

import random
from collections.abc import Iterable, Mapping
from itertools import pairwise

import pytest

from projections.evaluation.figures import Rating
from projections.evaluation.raters import Adjusted, Ratings


def of(rater: str, rating: float, *, counts: bool = True) -> Rating:
    return Rating(rater, "teamwork", rating, counts)


def adjust(ratings: Mapping[str, Iterable[Rating]]) -> Adjusted:
    together = Ratings()
    for who, some in ratings.items():
        together.put(who, some)
    return together.adjusted()


def rated(
    chance: random.Random, leniency: dict[str, float], *, noise: float = 0.03
) -> tuple[dict[str, float], dict[str, list[Rating]]]:
    """Rate 30 students, the better ones mostly by the severe rater, some by both."""
    true = {f"s{number:02}": 0.35 + number * 0.01 for number in range(30)}
    ratings: dict[str, list[Rating]] = {}
    for number, (who, level) in enumerate(true.items()):
        raters = ["severe"] * 4 if number >= 15 else ["lenient"] * 4
        raters += ["severe", "lenient"] if number % 3 == 0 else ["usual"]
        ratings[who] = [of(one, level + leniency[one] + chance.gauss(0, noise)) for one in raters]
    return true, ratings


def spearman(one: dict[str, float], other: dict[str, float]) -> float:
    """Give the correlation of ranks of people without ties."""
    places = {who: place for place, who in enumerate(sorted(other, key=other.__getitem__))}
    apart = sum(
        (place - places[who]) ** 2 for place, who in enumerate(sorted(one, key=one.__getitem__))
    )
    n = len(one)
    return 1 - 6 * apart / (n * (n * n - 1))


def test_ranks_come_out_true_though_one_rater_is_severe_and_one_lenient() -> None:
    leniency = {"severe": -0.15, "lenient": 0.15, "usual": 0.0}
    true, ratings = rated(random.Random(3), leniency)
    adjusted = adjust(ratings)
    seen = {who: one.seen for who, one in adjusted.figures.items()}
    believed = {who: one.value for who, one in adjusted.figures.items()}
    assert spearman(seen, true) < 0.5
    assert spearman(believed, true) > 0.95
    apart = adjusted.raters["lenient"].leniency - adjusted.raters["severe"].leniency
    assert apart == pytest.approx(0.3, abs=0.05)


def test_raters_who_do_not_differ_are_left_nearly_as_they_are() -> None:
    true, ratings = rated(random.Random(4), dict.fromkeys(("severe", "lenient", "usual"), 0.0))
    for who, one in adjust(ratings).figures.items():
        assert one.value == pytest.approx(one.seen, abs=0.02)
        assert one.value == pytest.approx(true[who], abs=0.06)


def test_a_rater_whose_students_nobody_else_rates_is_left_as_he_is() -> None:
    apart = {"a1": [of("x", 0.3)] * 3, "a2": [of("x", 0.4)] * 3, "b1": [of("y", 0.8)] * 3}
    apart["c1"] = [of("z", 0.5)] * 2
    for one in adjust(apart).figures.values():
        assert one.value == pytest.approx(one.seen, abs=1e-6)


def test_a_sole_raters_leniency_is_as_unknown_as_raters_differ_however_often_he_rates() -> None:
    chance = random.Random(7)
    ratings: dict[str, list[Rating]] = {}
    for number in range(6):  # who share students show how far raters differ
        for student in range(5):
            ratings[f"shared-{number}-{student}"] = [
                of(f"r{one}", 0.5 + 0.05 * (one - 2.5) + chance.gauss(0, 0.02))
                for one in (number, (number + 1) % 6)
            ]
    ratings["own"] = [of("sole", 0.5 + chance.gauss(0, 0.02)) for _ in range(20)]
    known = adjust(ratings).figures["own"]
    # Raters' deviation is 0.085: no number of ratings by one of them tells of that one.
    assert known.high - known.low > 4 * 0.05


def test_two_raters_tell_nothing_of_how_raters_differ() -> None:
    known = adjust({"a": [of("x", 0.2), of("y", 0.8)]}).figures["a"]
    assert (known.value, known.seen) == (0.5, 0.5)


def test_the_interval_is_wider_the_fewer_ratings_there_are() -> None:
    chance = random.Random(5)
    ratings = {
        f"s{n}": [of(f"r{chance.randrange(6)}", chance.uniform(0.3, 0.7)) for _ in range(n)]
        for n in (2, 4, 8, 16, 32)
    }
    known = adjust(ratings).figures
    widths = [known[who].high - known[who].low for who in ratings]
    assert all(one > other for one, other in pairwise(widths))


def test_truth_lies_in_the_interval_as_often_as_it_says() -> None:
    inside = n = 0
    for seed in range(40):
        leniency = {"severe": -0.1, "lenient": 0.1, "usual": 0.0}
        true, ratings = rated(random.Random(seed), leniency, noise=0.08)
        for who, one in adjust(ratings).figures.items():
            inside, n = inside + (one.low <= true[who] <= one.high), n + 1
    assert 0.9 < inside / n <= 1.0


def test_what_does_not_count_changes_no_figure() -> None:
    _, ratings = rated(random.Random(6), {"severe": -0.1, "lenient": 0.1, "usual": 0.0})
    more = {who: [*some, of("severe", 1.0, counts=False)] for who, some in ratings.items()}
    plain, known = adjust(ratings).figures, adjust(more).figures
    for who, one in known.items():
        assert one.value == plain[who].value
        assert one.facts == plain[who].facts + 1
    assert adjust({}).figures == {}


def test_ratings_that_come_one_person_after_the_other_give_the_same_figures() -> None:
    _, ratings = rated(random.Random(8), {"severe": -0.1, "lenient": 0.1, "usual": 0.0})
    together = Ratings()
    for who, some in reversed(ratings.items()):
        assert together.put(who, some[:2])
        assert together.put(who, some)
        assert not together.put(who, some)
    assert together.put("gone", [of("severe", 0.5)])
    assert together.put("gone", [])
    assert together.adjusted() == adjust(ratings)
