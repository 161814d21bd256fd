"""Mastery follows a learner's responses, says how sure it is, and predicts real ones."""

import itertools
import random

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.response_files import split_of
from projections.prediction.calibration import Calibration
from projections.prediction.marks import area_under_curve, marks_of
from projections.prediction.mastery import (
    FEATURES,
    POINT_FEATURES,
    Filter,
    Globals,
    GlobalsLearner,
    Hyperparameters,
    MasteryState,
    shrunken,
    sigmoid,
)
from projections.prediction.mastery_backtest import backtest, foretell
from projections.prediction.mastery_learning import (
    Response,
    TooFewResponses,
    choose,
    fit,
    fit_with_spread,
    held_out_apart,
    learn_globals,
    spread_of,
)
from tests.support.data import data_file
from tests.support.responses import POINTS, simulated

ITEMS = ("item-1", "item-2", "item-3", "")

answers = st.tuples(
    st.sampled_from(ITEMS),
    st.sets(st.sampled_from(POINTS), min_size=1).map(lambda names: tuple(sorted(names))),
    st.booleans(),
)
histories = st.lists(answers, max_size=60)

FITTED = Globals(
    items={"item-1": (1.5, 0.05), "item-2": (-2.0, 0.1)},
    points={"fractions": ((-1.0, 0.02), *([(0.1, 0.001)] * (len(POINT_FEATURES) - 1)))},
)


def folded(mastery: Filter, history: list[tuple[str, tuple[str, ...], bool]]) -> MasteryState:
    state = mastery.start()
    for item, points, success in history:
        mastery.respond(state, item, points, success)
    return state


@given(histories, st.sampled_from([Globals(), FITTED]))
def test_the_interval_of_a_point_contains_its_probability(history, fixed):
    mastery = Filter(fixed)
    state = folded(mastery, history)
    for name, point in state.points.items():
        shown = mastery.mastery(name, point)
        assert 0.0 < shown.low <= shown.probability <= shown.high < 1.0
        assert shown.low < shown.high
        assert shown.variance > 0.0


@given(histories.filter(bool), st.sampled_from([Globals(), FITTED]))
def test_a_response_never_widens_a_variance_by_more_than_the_drift(history, fixed):
    mastery = Filter(fixed)
    state = folded(mastery, history[:-1])
    general = state.general_variance
    before = {name: point.variance for name, point in state.points.items()}
    item, points, success = history[-1]
    mastery.respond(state, item, points, success)
    drifts = fixed.hyperparameters
    assert state.general_variance < general + drifts.general_drift
    for name, variance in before.items():
        limit = variance + drifts.ability_drift if name in points else variance
        assert state.points[name].variance <= limit


def test_variance_falls_with_evidence_where_nothing_drifts():
    still = Hyperparameters(general_drift=0.0, ability_drift=0.0)
    mastery = Filter(Globals(hyperparameters=still))
    state, widths = mastery.start(), []
    for number in range(40):
        mastery.respond(state, "", ("fractions",), number % 3 > 0)
        widths.append(mastery.mastery("fractions", state.points["fractions"]).variance)
    assert all(later < earlier for earlier, later in itertools.pairwise(widths))


@given(histories, answers)
def test_a_success_leaves_a_higher_mastery_than_a_failure(history, last):
    mastery = Filter(Globals())
    item, points, _ = last
    better = folded(mastery, [*history, (item, points, True)])
    worse = folded(mastery, [*history, (item, points, False)])
    for name in points:
        assert (
            mastery.mastery(name, better.points[name]).probability
            > mastery.mastery(name, worse.points[name]).probability
        )


def test_the_more_answers_are_correct_the_higher_the_mastery():
    mastery = Filter(Globals())
    shown = []
    for correct in range(11):
        state = folded(mastery, [("", ("fractions",), number < correct) for number in range(10)])
        shown.append(mastery.mastery("fractions", state.points["fractions"]).probability)
    assert shown == sorted(shown)
    assert shown[0] < 0.3 < 0.8 < shown[-1]


@given(histories, answers)
def test_a_response_is_predicted_before_it_is_seen(history, last):
    mastery = Filter(FITTED)
    item, points, _ = last
    probabilities = {
        mastery.respond(folded(mastery, history), item, points, success)
        for success in (False, True)
    }
    assert len(probabilities) == 1


def test_several_points_of_one_response_are_one_update():
    mastery = Filter(Globals())
    one, three = mastery.start(), mastery.start()
    mastery.respond(one, "", POINTS[:1], True)
    mastery.respond(three, "", POINTS, True)
    assert all(point.tries == 1 for point in three.points.values())
    gained_by_one = one.general_mean
    # Were it one update a point, general ability would have moved about three times as far.
    assert 0.0 < three.general_mean < 1.5 * gained_by_one
    assert three.points["addition"].mean < one.points["addition"].mean


def test_a_harder_item_is_expected_to_fail_and_counts_for_more_when_it_does_not():
    mastery = Filter(FITTED)
    easy, hard = mastery.start(), mastery.start()
    assert mastery.respond(easy, "item-1", ("addition",), True) > mastery.respond(
        hard, "item-2", ("addition",), True
    )
    assert hard.general_mean > easy.general_mean


def test_uncertainty_draws_a_probability_to_one_half():
    assert shrunken(2.0, 0.0) == sigmoid(2.0)
    assert 0.5 < shrunken(2.0, 4.0) < shrunken(2.0, 1.0) < sigmoid(2.0)
    assert sigmoid(-1000.0) == 0.0
    assert sigmoid(1000.0) == 1.0


def test_estimates_rank_simulated_points_as_their_true_probabilities_do():
    # One learner, twelve points of known ability, sixty responses each in mixed order.
    chance = random.Random(20260302)
    truth = {f"point-{number:02}": -2.2 + 0.4 * number for number in range(12)}
    order = list(truth) * 60
    chance.shuffle(order)
    mastery = Filter(Globals())
    state = mastery.start()
    for name in order:
        mastery.respond(state, "", (name,), chance.random() < sigmoid(truth[name]))
    shown = {name: mastery.mastery(name, state.points[name]) for name in truth}
    estimated = [shown[name].probability for name in truth]
    assert rank_correlation(estimated, list(truth.values())) >= 0.9
    covered = sum(shown[name].low <= sigmoid(truth[name]) <= shown[name].high for name in truth)
    assert covered >= 10


def test_estimates_rank_simulated_learners_as_their_true_abilities_do():
    chance = random.Random(7)
    mastery = Filter(Globals())
    truth = [-2.0 + 4.0 * number / 29 for number in range(30)]
    estimated = []
    for ability in truth:
        history = [("", ("fractions",), chance.random() < sigmoid(ability)) for _ in range(60)]
        state = folded(mastery, history)
        estimated.append(mastery.mastery("fractions", state.points["fractions"]).probability)
    assert rank_correlation(estimated, truth) >= 0.9


def rank_correlation(ones: list[float], others: list[float]) -> float:
    """Spearman's, for lists without ties."""
    ranks = [[sorted(values).index(value) for value in values] for values in (ones, others)]
    count = len(ones)
    squares = sum((one - other) ** 2 for one, other in zip(*ranks, strict=True))
    return 1.0 - 6.0 * squares / (count * (count * count - 1))


def test_learning_finds_which_items_are_hard_and_how_sure_that_is():
    fixed = fit(simulated(200, 20))
    items = fixed.items
    assert all(items[f"{point}-easy"][0] - items[f"{point}-hard"][0] > 2.0 for point in POINTS)
    assert all(variance < 0.1 for _, variance in items.values())
    assert set(fixed.weights) == set(FEATURES)


def test_learned_globals_predict_new_learners_better_than_priors_do():
    everyone = simulated(300, 20)
    found = backtest(everyone[:4000], everyone[4000:])
    assert found.learned.auc > found.priors.auc + 0.05
    assert found.learned.logloss < found.priors.logloss
    assert found.learned.ece < 0.05
    assert found.learned_from == 4000


@given(histories)
def test_learning_and_folding_agree_where_nothing_of_the_globals_is_left_to_learn(history):
    settled = Globals(
        hyperparameters=Hyperparameters(weight=0.0, slope=0.0, intercept=0.0, item=0.0)
    )
    learner, fold = GlobalsLearner(settled), Filter(settled)
    learned, folded_ = learner.start(), fold.start()
    for item, points, success in history:
        assert learner.respond(learned, item, points, success) == pytest.approx(
            fold.respond(folded_, item, points, success), abs=1e-12
        )


def test_a_calibration_goes_to_json_and_back_unchanged():
    calibration = Calibration("simulated", fit(simulated(20, 10)))
    encoded = msgspec.json.encode(calibration)
    assert msgspec.json.decode(encoded, type=Calibration) == calibration
    assert Calibration().version == "prior"


def test_priors_alone_predict_real_responses():
    some = split_of(data_file("assistments09.csv.gz")).test[:20_000]
    told = foretell(Globals(), some)
    marks = marks_of(told.probability, told.success)
    assert marks.auc is not None
    assert marks.auc > 0.68
    assert marks.ece < 0.05


def test_the_area_under_the_curve_counts_ties_half():
    def curve(*pairs: tuple[float, bool]) -> float | None:
        probabilities, successes = zip(*pairs, strict=True)
        return area_under_curve(np.array(probabilities), np.array(successes))

    assert curve((0.1, False), (0.9, True)) == 1.0
    assert curve((0.5, False), (0.5, True)) == 0.5
    assert curve((0.9, False), (0.1, True)) == 0.0
    assert curve((0.2, False), (0.2, True), (0.7, True), (0.7, False)) == 0.5
    assert curve((0.5, True)) is None


def test_the_same_responses_give_the_same_globals():
    everyone = simulated(60, 20)
    assert learn_globals(everyone) == learn_globals(list(everyone))


def test_hyperparameters_follow_the_data():
    # Learners who differ much, and learners who hardly differ.
    found = [choose(simulated(80, 15, between=between)) for between in (2.0, 0.1)]
    assert found[0].general > found[1].general


@pytest.mark.parametrize("between", [0.5, 1.5])
def test_intervals_hold_the_truth_as_often_as_they_say(between):
    chance = random.Random(5)
    responses, truth = [], {}
    for number in range(600):
        learner = f"learner-{number}"
        general = chance.gauss(0.0, between)
        own = {point: general + chance.gauss(0.0, 0.5) for point in POINTS}
        truth[learner] = own
        for turn in range(36):
            point = POINTS[turn % 3]
            success = chance.random() < sigmoid(own[point])
            responses.append(Response(learner, f"{point}-{turn}", (point,), success))
    fixed = fit_with_spread(responses[: 400 * 36], Hyperparameters())
    mastery, held = Filter(fixed), 0
    for number in range(400, 600):
        learner = f"learner-{number}"
        state = mastery.start()
        for one in responses[number * 36 : number * 36 + 36]:
            mastery.respond(state, one.item, one.knowledge_points, one.success)
        for point in POINTS:
            shown = mastery.mastery(point, state.points[point])
            held += shown.low <= sigmoid(truth[learner][point]) <= shown.high
    assert 0.92 <= held / 600 <= 0.99


def test_intervals_that_are_too_narrow_are_found_out():
    responses = simulated(700, 30)
    parts = held_out_apart(responses)
    fixed = fit(parts.learned_from)
    # Who takes learners to be all alike knows them too well.
    alike = Hyperparameters(general=0.05, ability=0.05, general_drift=0.0, ability_drift=0.0)
    narrow = fit(parts.learned_from, alike)
    assert spread_of(narrow, parts.held_out) > 1.5 > spread_of(fixed, parts.held_out)


def test_too_few_responses_are_refused_with_what_is_missing():
    with pytest.raises(TooFewResponses, match="20 of 30 learners, 200 of 1,000 responses"):
        learn_globals(simulated(20, 10))
    right = [one._replace(success=True) for one in simulated(100, 20)]
    with pytest.raises(TooFewResponses, match="0 of 50 wrong responses"):
        learn_globals(right)
