"""The growth model: what it learns, what it foretells, and that its bands hold what they say."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.prediction.growth import Curve, Growth, GrowthCalibration, Outlook, position_key
from projections.prediction.growth_backtest import backtest, measure
from projections.prediction.growth_learning import Score, TooLittle, _fit, _HeldOut, _Sample, learn
from tests.support.scores import SCALES, made_up_scores

CURVE = Curve((0.0, 50.0, 90.0, 100.0), (-2.5, -0.5, 0.75, 1.5), 0.4)


@pytest.fixture(scope="module")
def learned() -> GrowthCalibration:
    return learn(made_up_scores(1))


@given(st.floats(0, 100))
def test_a_score_is_that_of_its_standing(score: float) -> None:
    assert CURVE.score_of(CURVE.standing_of(score)) == pytest.approx(score)


@given(st.floats(-9, 9), st.floats(0.01, 9), st.floats(0, 5), st.floats(0, 5))
def test_bands_lie_within_0_and_100_and_wider_ones_hold_narrower_ones(
    mean: float, deviation: float, width: float, more: float
) -> None:
    outlook = Outlook(mean, deviation)
    low, high = CURVE.band(outlook, width)
    lower, higher = CURVE.band(outlook, width + more)
    assert 0 <= lower <= low <= high <= higher <= 100


@given(st.lists(st.floats(-4, 4), max_size=30), st.floats(3, 1024))
def test_levels_and_variances_stay_finite_and_a_scale_never_vanishes(
    standings: list[float], freedom: float
) -> None:
    growth = Growth(GrowthCalibration(freedom=freedom))
    state = growth.start()
    for day, standing in enumerate(standings):
        growth.observe(state, standing, 0.5, day)
        assert -4 <= state.level <= 4
        assert 0 < state.variance < 1
        assert growth.outlook(state, 0.5, day + 7).deviation > 0.1


def test_a_score_far_off_moves_a_level_less_than_in_proportion() -> None:
    growth = Growth(GrowthCalibration(freedom=8.0))
    near, far = growth.start(), growth.start()
    growth.observe(near, 0.5, 0.5, 0)
    growth.observe(far, 5.0, 0.5, 0)
    assert 0 < far.level < 10 * near.level * 0.7


def test_who_scatters_more_gets_a_wider_band() -> None:
    growth = Growth(GrowthCalibration())
    steady, restless = growth.start(), growth.start()
    for day in range(10):
        growth.observe(steady, 0.1 * (-1) ** day, 0.5, day)
        growth.observe(restless, 2.0 * (-1) ** day, 0.5, day)
    assert growth.outlook(restless, 0.5, 11).deviation > 1.5 * growth.outlook(steady, 0.5, 11)[1]


def test_a_band_widens_with_the_days_ahead(learned: GrowthCalibration) -> None:
    growth = Growth(msgspec.structs.replace(learned, drift_day=0.01))
    state = growth.start()
    growth.observe(state, 0.3, 0.5, 100)
    widths = [growth.outlook(state, 0.5, day).deviation for day in (100, 107, 128)]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


def test_a_position_never_met_takes_the_curve_of_its_kind(learned: GrowthCalibration) -> None:
    growth = Growth(learned)
    curves = learned.curves
    assert growth.curve("M0", "TMA", "1") is curves[position_key("M0", "TMA", "1")]
    assert growth.curve("M0", "TMA", "99") is curves[position_key("M0", "TMA")]
    assert growth.curve("M99", "TMA", "1") is curves[position_key(kind="TMA")]
    assert growth.curve("M99", "Exam", "1") is curves[position_key()]


def test_learning_finds_variances_that_were_put_in(learned: GrowthCalibration) -> None:
    scale = 0.49 + 0.03 + 0.5  # standings have a variance of one
    assert learned.start == pytest.approx(0.52 / scale, rel=0.25)
    assert learned.curves[position_key()].noise == pytest.approx(0.5 / scale, rel=0.25)
    assert learned.drift_step + 14 * learned.drift_day == pytest.approx(0.03 / scale, abs=0.05)


def test_the_same_scores_give_the_same_calibration_however_series_are_mixed(
    learned: GrowthCalibration,
) -> None:
    mixed = sorted(made_up_scores(1), key=lambda one: (one.day, one.learner[::-1]))
    assert learn(mixed) == learned


def test_a_calibration_goes_through_json_unchanged(learned: GrowthCalibration) -> None:
    assert msgspec.json.decode(msgspec.json.encode(learned), type=GrowthCalibration) == learned


@pytest.mark.parametrize("scale", SCALES)
def test_bands_hold_what_they_say_whatever_the_scale_is_like(scale: str) -> None:
    figures = backtest(
        made_up_scores(1, scale=scale, learners=400),
        made_up_scores(2, scale=scale, learners=400, cohort="2014B"),
    )
    assert 0.76 <= figures.cov80 <= 0.84
    assert 0.925 <= figures.cov95 <= 0.975
    assert figures.rmse < min(figures.cohort_rmse, figures.last_score_rmse)
    assert figures.crps < figures.rmse


def test_a_cohort_of_which_scores_were_easier_is_held_out_as_a_whole() -> None:
    easier = [
        one._replace(score=min(100.0, one.score + 15))
        for one in made_up_scores(2, scale="narrow", cohort="2013J")
    ]
    both = learn(made_up_scores(1, scale="narrow") + easier)
    alone = learn(made_up_scores(1, scale="narrow"))
    assert (both.held_out, alone.held_out) == ("cohorts", "learners")
    assert both.width80 > alone.width80


def test_a_share_of_few_answers_says_less_than_one_of_many() -> None:
    random = np.random.default_rng(3)
    scores = []
    for learner in range(200):
        skill = 1 / (1 + np.exp(-random.normal()))
        for day in range(8):
            answers = int(random.choice([3, 30]))
            share = 100 * random.binomial(answers, skill) / answers
            name = str(learner)
            scores.append(Score(name, name, "", "math", "answer", "", day, share, answers))
    calibration = learn(scores)
    growth = Growth(calibration)
    curve = growth.curve("math", "answer", "")
    few, many = (growth.noise(curve, "answer", n) for n in (3, 30))
    assert few > 2 * many
    # A share still to come is as noisy as those that came are on the average.
    mean = sum(growth.noise(curve, "answer", one.answers) for one in scores) / len(scores)
    assert growth.usual_noise(curve, "answer") == pytest.approx(mean)
    assert growth.usual_noise(curve, "result") == curve.noise


def test_what_was_learned_in_arrays_is_what_folding_score_by_score_foretells() -> None:
    before = _fit(_Sample.of(made_up_scores(1)))
    after = _Sample.of(made_up_scores(2))
    errors, deviations, _ = _HeldOut(after, before).predict(12.0)
    growth = Growth(GrowthCalibration(**before._asdict(), freedom=12.0))
    for index, series in enumerate(after.series):
        state = growth.start()
        for rank, one in enumerate(series):
            curve = growth.curve(one.course, one.kind, one.order)
            noise = growth.noise(curve, one.kind)
            outlook = growth.outlook(state, noise, one.day)
            at = int(after.bounds[rank]) + index
            assert outlook.deviation == pytest.approx(float(deviations[at]))
            standing = curve.standing_of(one.score)
            assert standing - outlook.mean == pytest.approx(float(errors[at]))
            growth.observe(state, standing, noise, one.day)


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ([], "0 series of two scores or more"),
        (made_up_scores(1, learners=20), "40 series and 100 scores are needed"),
        (made_up_scores(1, steps=1), "0 series of two scores or more"),
        ([one._replace(score=70.0) for one in made_up_scores(1)], "all .* scores are 70"),
    ],
)
def test_too_little_is_refused_and_says_what_is_missing(scores: list[Score], said: str) -> None:
    with pytest.raises(TooLittle, match=said):
        learn(scores)


def test_a_score_beyond_the_scale_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r"score 101\.0 of '2013B-0', day 0, is not within"):
        learn([made_up_scores(1)[0]._replace(score=101.0)])


def test_scores_of_other_positions_are_left_out_and_where_all_are_it_says_so(
    learned: GrowthCalibration,
) -> None:
    elsewhere = [one._replace(course="M9") for one in made_up_scores(5, learners=30)]
    figures = measure(learned, made_up_scores(2, learners=30) + elsewhere)
    assert figures.left_out == len(elsewhere)
    with pytest.raises(ValueError, match="scores were left out"):
        measure(learned, elsewhere)
