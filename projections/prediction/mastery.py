"""Mastery: an online Gaussian filter that says how likely a learner is to answer correctly next.

The model is logistic. Its linear predictor adds the learner's general ability, ability in each
knowledge point, the item's difficulty, and weighted features of what the learner has done so far
(counts, recent successes, first encounter, ...). Every quantity is Gaussian, a mean and a variance;
a response moves them all in one step: a diagonal assumed-density filter. Uncertainty shrinks the
prediction as in D. J. C. MacKay 1992, "The Evidence Framework Applied to Classification Networks".
What belongs to one learner is in ``MasteryState``; what all learners share is in ``Globals``, which
a fold only reads and ``GlobalsLearner`` fits.

Everything is plain Python floats, a function of the ordered responses and the globals only.
"""

import math
from collections.abc import Mapping, Sequence
from math import log1p
from typing import NamedTuple

import msgspec

Estimate = tuple[float, float]  # mean and variance, in logits
PointInputs = tuple[float, float, float, float, float, float, float]
ResponseInputs = tuple[float, float, float, float, float]

# Inputs of one knowledge point, each with a weight for all points and a deviation per point.
POINT_FEATURES = (
    "intercept",  # 1
    "tries",  # log(1 + tries of the learner in the point)
    "successes",  # log(1 + successes)
    "failures",  # log(1 + failures)
    "recent",  # exponentially weighted success, last few tries, -0.5 .. 0.5
    "steady",  # the same over some ten tries
    "first_encounter",  # 1 before the learner's first try in the point
)
# Inputs of the response as a whole.
RESPONSE_FEATURES = (
    "surprise",  # exponentially weighted (success - probability) of all the learner's responses
    "same_points",  # 1 where the response before had the same knowledge points
    "same_points_success",  # then 0.5 where that response was a success, -0.5 where not
    "more_points",  # knowledge points of the item beyond the first
    "first_response",  # 1 at the learner's very first response
)
FEATURES = POINT_FEATURES + RESPONSE_FEATURES

SHRINK = math.pi / 8.0  # MacKay 1992: E[sigmoid] is about sigmoid(mean / sqrt(1 + pi/8 variance))
# A knowledge point counts as known from this many tries on: with fewer, what is shown would mostly
# be the model's prior.
ENOUGH_TRIES = 5
INTERVAL = 1.959963984540054  # standard deviations on either side that hold 95 % of a Gaussian


class Hyperparameters(msgspec.Struct, frozen=True):
    """How far things differ before anything is known of them, and how fast the past fades.

    Prior variances are in logits squared.

    General ability, items and intercepts have a standard deviation of one logit, a round number
    that takes a success rate of 62 % to 82 % or to 38 %. ``ability`` and the drifts were chosen by
    log-loss on a fifth of the training learners of ASSISTments 2009-10, held out: calibration
    chooses all of them again, on its own data (``mastery_learning``). A drift is added to a
    variance at each response that touches it, for ability is not fixed: the interval never closes
    for good.
    """

    general: float = 1.0  # general ability, between learners
    general_drift: float = 0.002
    ability: float = 0.3  # ability in a knowledge point, around the learner's general ability
    ability_drift: float = 0.003
    item: float = 1.0  # difficulty, between items
    intercept: float = 1.0  # easiness, between knowledge points
    slope: float = 0.05  # between knowledge points, in the weight of each other feature
    weight: float = 0.5  # of a feature's weight around its prior, when learning it
    recent_rate: float = 0.3  # weight of the newest try in `recent`: a memory of about three tries
    steady_rate: float = 0.1  # of the newest in `steady` and `surprise`: about ten


# What is believed of the features' weights before calibration, rounded. Practice helps, successes
# more than failures (P. Pavlik et al. 2009, "Performance Factors Analysis"). The rest is not from
# theory: signs and rough sizes were set after looking at weights fitted to the training learners
# of ASSISTments 2009-10, so figures of the priors on that data set flatter them. Recent success
# starts at nothing because the abilities follow it already. Learning starts from these, too.
PRIOR_WEIGHTS: dict[str, float] = {
    "intercept": 0.5,
    "tries": 0.2,
    "successes": 0.3,
    "failures": 0.0,
    "recent": 0.0,
    "steady": 0.0,
    "first_encounter": 0.0,
    "surprise": 1.0,
    "same_points": 0.2,
    "same_points_success": 0.3,
    "more_points": -0.3,
    "first_response": 0.0,
}


class Globals(msgspec.Struct, frozen=True):
    """What all learners share. The defaults are the priors; `xueji calibrate` fits the rest.

    ``items`` gives an item's easiness (minus its difficulty); ``points`` gives, per knowledge
    point, the deviation of each of ``POINT_FEATURES`` from its weight in ``weights``. An item or
    knowledge point not named has mean 0 and the variance of the hyperparameters.
    """

    hyperparameters: Hyperparameters = Hyperparameters()
    weights: dict[str, Estimate] = msgspec.field(
        default_factory=lambda: {name: (mean, 0.0) for name, mean in PRIOR_WEIGHTS.items()}
    )
    items: dict[str, Estimate] = {}
    points: dict[str, tuple[Estimate, ...]] = {}
    # How much wider a mastery's interval is than the filter's own, so that it holds what it says.
    spread: float = 1.0


class PointState(msgspec.Struct, array_like=True, gc=False):
    """What is known of one learner in one knowledge point.

    ``general_mean``, ``general_variance`` and ``surprise`` are the learner's own as of the point's
    last response, so that what is shown of the point depends on the responses up to that one only,
    not on when it is looked at.
    """

    mean: float  # ability in the point around the general ability, logits
    variance: float
    tries: int = 0
    successes: int = 0
    recent: float = 0.0
    steady: float = 0.0
    last_time: int = 0  # microseconds since 1970 UTC
    general_mean: float = 0.0
    general_variance: float = 0.0
    surprise: float = 0.0
    day: int = 0  # local day of the last response, in days since 1970-01-01
    subject: str = ""  # that the last response was in
    best: float | None = None  # the highest probability at the end of a week, of enough tries


class MasteryState(msgspec.Struct):
    """What is known of one learner's mastery: it grows with knowledge points, not responses."""

    general_mean: float
    general_variance: float
    surprise: float = 0.0
    last_points: tuple[str, ...] = ()
    last_success: bool = False
    points: dict[str, PointState] = {}


class Mastery(NamedTuple):
    """Mastery of one knowledge point: of a typical item of it, with its 95 % interval."""

    mean: float  # logits
    variance: float  # logits squared
    probability: float
    low: float
    high: float


def sigmoid(logit: float) -> float:
    """Turn a logit into a probability, without overflow at either end."""
    if logit >= 0.0:
        return 1.0 / (1.0 + math.exp(-logit))
    odds = math.exp(logit)
    return odds / (1.0 + odds)


def shrunken(mean: float, variance: float) -> float:
    """Give the probability of success where the logit is Gaussian: uncertainty draws it to 1/2."""
    return sigmoid(mean / math.sqrt(1.0 + SHRINK * variance))


def point_inputs(point: PointState) -> PointInputs:
    """Give the inputs of a knowledge point, in the order of ``POINT_FEATURES``."""
    tries, successes = point.tries, point.successes
    return (
        1.0,
        log1p(tries),
        log1p(successes),
        log1p(tries - successes),
        point.recent,
        point.steady,
        0.0 if tries else 1.0,
    )


def response_inputs(state: MasteryState, knowledge_points: tuple[str, ...]) -> ResponseInputs:
    """Give the inputs of a response as a whole, in the order of ``RESPONSE_FEATURES``."""
    same = state.last_points == knowledge_points
    return (
        state.surprise,
        1.0 if same else 0.0,
        (0.5 if state.last_success else -0.5) if same else 0.0,
        len(knowledge_points) - 1.0,
        0.0 if state.last_points else 1.0,
    )


def point_logit(point: PointState, weights: Sequence[float]) -> float:
    """Add up the inputs of a knowledge point times their weights, both as ``POINT_FEATURES``.

    Written out because a response costs little else, and because `sum` adds floats in a more
    exact way from Python 3.12 on: the same facts must give the same rows under every Python.
    """
    intercept, of_tries, of_successes, of_failures, recent, steady, first_encounter = weights
    tries, successes = point.tries, point.successes
    return (
        intercept
        + log1p(tries) * of_tries
        + log1p(successes) * of_successes
        + log1p(tries - successes) * of_failures
        + point.recent * recent
        + point.steady * steady
        + (0.0 if tries else first_encounter)
    )


class Filter:
    """Folds responses into a learner's state under fixed globals, predicting each beforehand."""

    _learns = False  # whether a response moves the globals, too

    def __init__(self, fixed: Globals) -> None:
        self._priors = fixed.hyperparameters
        self._items: Mapping[str, Sequence[float]] = fixed.items
        weights = [fixed.weights[name][0] for name in FEATURES]
        self._point_weights = weights[: len(POINT_FEATURES)]
        self._response_weights = weights[len(POINT_FEATURES) :]
        self._new_item: Estimate = (0.0, self._priors.item)
        self._general_drift = self._priors.general_drift
        self._ability_drift = self._priors.ability_drift
        self._recent_rate = self._priors.recent_rate
        self._steady_rate = self._priors.steady_rate
        self._reach = INTERVAL * fixed.spread
        self._weights_by_point = {
            name: [
                weight + deviation[0]
                for weight, deviation in zip(self._point_weights, deviations, strict=True)
            ]
            for name, deviations in fixed.points.items()
        }
        self._intercept_variance = {
            name: deviations[0][1] for name, deviations in fixed.points.items()
        }

    def start(self) -> MasteryState:
        """Give the state of a learner nothing is known of."""
        return MasteryState(0.0, self._priors.general)

    def respond(
        self,
        state: MasteryState,
        item: str,
        knowledge_points: tuple[str, ...],
        success: bool,
        time: int = 0,
    ) -> float:
        """Fold in one response; give the probability of success as it was before the response.

        ``knowledge_points`` holds every knowledge point of the item, at least one, always in the
        same order: one response is one update, and costs as many steps as it has knowledge points.
        The ability that a response calls on is the mean over them. ``time`` is in microseconds.
        """
        known = state.points
        points = [known.get(name) or self._meet(known, name) for name in knowledge_points]
        share = 1.0 / len(points)
        easiness, item_variance = self._items.get(item, self._new_item)
        surprise, same, same_success, more, first = inputs = response_inputs(
            state, knowledge_points
        )
        w0, w1, w2, w3, w4 = self._response_weights
        mean = w0 * surprise + w1 * same + w2 * same_success + w3 * more + w4 * first
        mean += state.general_mean + easiness
        variance = state.general_variance + item_variance
        for name, point in zip(knowledge_points, points, strict=True):
            mean += share * (point.mean + point_logit(point, self._weights_of(name)))
            variance += share * share * point.variance
        rows: list[PointInputs] = []
        if self._learns:
            rows = [point_inputs(point) for point in points]
            variance += self._globals_variance(knowledge_points, share, rows, inputs)

        probability = shrunken(mean, variance)
        error = (1.0 if success else 0.0) - probability
        information = probability * (1.0 - probability)
        damping = 1.0 / (1.0 + variance * information)
        step, narrowing = error * damping, information * damping
        if self._learns:
            self._learn(item, knowledge_points, share, rows, inputs, step, narrowing)
        self._take_in(state, points, success, time, error, step, narrowing)
        state.last_points, state.last_success = knowledge_points, success
        return probability

    def mastery(self, name: str, point: PointState) -> Mastery:
        """Give a learner's mastery of a knowledge point as of the last response that touched it.

        It is of a typical item of the point (difficulty at the mean), met after something else.
        """
        mean = point.general_mean + point.mean + self._response_weights[0] * point.surprise
        mean += point_logit(point, self._weights_of(name))
        variance = point.general_variance + point.variance
        probability = shrunken(mean, variance)
        reach = self._reach * math.sqrt(variance)
        low, high = sigmoid(mean - reach), sigmoid(mean + reach)
        # Shrinking can pull the probability out of an interval far from 1/2: it belongs inside.
        return Mastery(mean, variance, probability, min(low, probability), max(high, probability))

    def _meet(self, known: dict[str, PointState], name: str) -> PointState:
        """Start a knowledge point for a learner.

        One learner's responses can't tell own ability in a point from the point's easiness, so
        what is not known of the easiness is part of what is not known of the ability.
        """
        unknown = self._intercept_variance.get(name, self._priors.intercept)
        point = known[name] = PointState(0.0, self._priors.ability + unknown)
        return point

    def _take_in(
        self,
        state: MasteryState,
        points: list[PointState],
        success: bool,
        time: int,
        error: float,
        step: float,
        narrowing: float,
    ) -> None:
        """Move abilities in proportion to their variances, let them drift, and count the response.

        The recency features follow it.
        """
        gain = state.general_variance
        mean = state.general_mean = state.general_mean + gain * step
        variance = gain - gain * gain * narrowing + self._general_drift
        state.general_variance = variance
        surprise = state.surprise = state.surprise + self._steady_rate * (error - state.surprise)
        outcome = 0.5 if success else -0.5
        share, drift = 1.0 / len(points), self._ability_drift
        recent, steady = self._recent_rate, self._steady_rate
        for point in points:
            gain = share * point.variance
            point.mean += gain * step
            point.variance += drift - gain * gain * narrowing
            point.tries += 1
            if success:
                point.successes += 1
            point.recent += recent * (outcome - point.recent)
            point.steady += steady * (outcome - point.steady)
            point.last_time = time
            point.general_mean = mean
            point.general_variance = variance
            point.surprise = surprise

    def _weights_of(self, name: str) -> list[float]:
        """Give the weights of ``POINT_FEATURES`` in a knowledge point."""
        return self._weights_by_point.get(name, self._point_weights)

    def _globals_variance(
        self,
        knowledge_points: tuple[str, ...],
        share: float,
        rows: list[PointInputs],
        inputs: ResponseInputs,
    ) -> float:
        """Give the variance that the weights add to a prediction: here they count as known."""
        return 0.0

    def _learn(
        self,
        item: str,
        knowledge_points: tuple[str, ...],
        share: float,
        rows: list[PointInputs],
        inputs: ResponseInputs,
        step: float,
        narrowing: float,
    ) -> None:
        """Move the globals: here they stay."""


class GlobalsLearner(Filter):
    """The same filter, which also moves the globals with each response: for calibration.

    Every global is a Gaussian as the abilities are, and its variance adds to the prediction's.
    """

    _learns = True

    def __init__(self, prior: Globals) -> None:
        super().__init__(prior)
        self._hyperparameters = prior.hyperparameters
        spread = self._priors.weight
        self._point_weight_variances = [spread] * len(POINT_FEATURES)
        self._response_weight_variances = [spread] * len(RESPONSE_FEATURES)
        self._easiness: dict[str, list[float]] = {
            name: list(estimate) for name, estimate in prior.items.items()
        }
        self._items = self._easiness
        self._deviations: dict[str, tuple[list[float], list[float]]] = {
            name: ([mean for mean, _ in estimates], [variance for _, variance in estimates])
            for name, estimates in prior.points.items()
        }

    def learned(self) -> Globals:
        """Give the globals as the responses so far have left them."""
        means = self._point_weights + self._response_weights
        variances = self._point_weight_variances + self._response_weight_variances
        return Globals(
            hyperparameters=self._hyperparameters,
            weights=dict(zip(FEATURES, zip(means, variances, strict=True), strict=True)),
            items={name: (mean, variance) for name, (mean, variance) in self._easiness.items()},
            points={
                name: tuple(zip(*deviations, strict=True))
                for name, deviations in self._deviations.items()
            },
        )

    def _meet(self, known: dict[str, PointState], name: str) -> PointState:
        """Start a knowledge point for a learner; its easiness has an estimate of its own here."""
        if name not in self._deviations:
            priors = self._priors
            spread = [priors.intercept] + [priors.slope] * (len(POINT_FEATURES) - 1)
            self._deviations[name] = ([0.0] * len(POINT_FEATURES), spread)
        point = known[name] = PointState(0.0, self._priors.ability)
        return point

    def _weights_of(self, name: str) -> list[float]:
        deviations = self._deviations[name][0]
        return [w + d for w, d in zip(self._point_weights, deviations, strict=True)]

    def _globals_variance(
        self,
        knowledge_points: tuple[str, ...],
        share: float,
        rows: list[PointInputs],
        inputs: ResponseInputs,
    ) -> float:
        total = 0.0
        for name, row in zip(knowledge_points, rows, strict=True):
            for value, variance in zip(row, self._deviations[name][1], strict=True):
                total += share * share * value * value * variance
        for column, variance in zip(
            zip(*rows, strict=True), self._point_weight_variances, strict=True
        ):
            value = share * sum(column)
            total += value * value * variance
        for value, variance in zip(inputs, self._response_weight_variances, strict=True):
            total += value * value * variance
        return total

    def _learn(
        self,
        item: str,
        knowledge_points: tuple[str, ...],
        share: float,
        rows: list[PointInputs],
        inputs: ResponseInputs,
        step: float,
        narrowing: float,
    ) -> None:
        easiness = self._easiness.setdefault(item, list(self._new_item))
        gain = easiness[1]
        easiness[0] += gain * step
        easiness[1] -= gain * gain * narrowing
        for name, row in zip(knowledge_points, rows, strict=True):
            means, variances = self._deviations[name]
            _move(means, variances, [share * value for value in row], step, narrowing)
        shared = [share * sum(column) for column in zip(*rows, strict=True)]
        _move(self._point_weights, self._point_weight_variances, shared, step, narrowing)
        _move(self._response_weights, self._response_weight_variances, inputs, step, narrowing)


def _move(
    means: list[float],
    variances: list[float],
    inputs: Sequence[float],
    step: float,
    narrowing: float,
) -> None:
    """Move Gaussian weights by one response, each in proportion to its variance and its input."""
    for index, value in enumerate(inputs):
        if value:
            gain = variances[index] * value
            means[index] += gain * step
            variances[index] -= gain * gain * narrowing
