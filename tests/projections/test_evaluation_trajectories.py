"""Trajectories under a scheme: what becomes of scores is learned from a cohort, and measured."""

from datetime import date

import numpy as np
import pytest

from projections.days import last_days
from projections.evaluation.trajectories import FEWEST, WINDOW, Track, learn, windows_up_to

TODAY = date(2026, 11, 27)


def cohort(
    seed: int, students: int, noise: str = "normal", slope: float = 0.8, windows: int = 4
) -> Track:
    """Make scores that go on from each other, away from the line by noise of some shape."""
    random = np.random.default_rng(seed)
    scores = np.empty((windows, students))
    scores[0] = random.normal(70, 10, students)
    for window in range(1, windows):
        away = {
            "normal": random.normal(0, 5, students),
            "heavy tails": 3 * random.standard_t(3, students),
            "one side": random.exponential(6, students) - 6,
        }[noise]
        scores[window] = 70 + slope * (scores[window - 1] - 70) + away
    return Track(scores, np.arange(students) % 3)


def test_windows_are_four_weeks_each_and_end_with_the_last_day() -> None:
    windows = windows_up_to(last_days(TODAY, WINDOW.days))
    assert [window.last for window in windows] == [TODAY - back * WINDOW for back in (3, 2, 1, 0)]


@pytest.mark.parametrize("noise", ["normal", "heavy tails", "one side"])
def test_bands_hold_as_many_scores_as_they_say_whatever_the_shape(noise: str) -> None:
    held = {"80": [0, 0], "95": [0, 0]}
    for seed in range(60):
        outlook = learn(cohort(seed, 600, noise), 1)
        assert outlook is not None
        for name, (inside, n) in outlook.held.items():
            held[name][0] += inside
            held[name][1] += n
    assert held["80"][0] / held["80"][1] == pytest.approx(0.80, abs=0.02)
    assert held["95"][0] / held["95"][1] == pytest.approx(0.95, abs=0.01)


def test_what_is_expected_goes_back_towards_the_middle_as_the_cohort_does() -> None:
    one, two = (learn(cohort(1, 3000, slope=0.5), ahead) for ahead in (1, 2))
    assert one is not None
    assert two is not None
    assert one.expected(90.0) == pytest.approx(80.0, abs=1.0)
    assert two.expected(90.0) == pytest.approx(75.0, abs=1.5)


def test_reaching_is_as_likely_as_scores_came_about() -> None:
    outlook = learn(cohort(2, 3000), 1)
    assert outlook is not None
    low, high = outlook.band(70.0, 0.8)
    assert outlook.reaches(70.0, high) == pytest.approx(0.1, abs=0.02)
    assert outlook.reaches(70.0, low) == pytest.approx(0.9, abs=0.02)
    assert outlook.reaches(70.0, 0.0) == 1.0
    assert outlook.reaches(70.0, 60.0) > outlook.reaches(70.0, 75.0)


def test_bands_stay_within_the_scale() -> None:
    outlook = learn(cohort(3, 600), 1)
    assert outlook is not None
    assert outlook.band(99.0, 0.95)[1] <= 100.0
    assert outlook.band(1.0, 0.95)[0] >= 0.0


def test_of_too_few_scores_nothing_is_learned() -> None:
    enough, few = cohort(4, 3 * FEWEST, windows=2), cohort(4, 3 * FEWEST - 1, windows=2)
    assert learn(enough, 1) is not None
    assert learn(few, 1) is None
    empty = Track(np.full((4, 500), np.nan), np.arange(500) % 3)
    assert learn(empty, 1) is None
