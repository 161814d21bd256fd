"""Growth: a learner's level, followed score by score, and where the next score will lie.

A score is first seen as a **standing**: the normal score it has among the cohort at the same
position (course, kind of assessment, order within the kind), so that a hard test and an easy one
say the same of a learner who did as well as half of the others. A cohort curve holds that map of
standings to scores, both ways: it is bounded to 0..100 and keeps the cohort's own tails, whatever
their shape. In standings a learner's level is a local level (A. C. Harvey 1989, "Forecasting,
Structural Time Series Models and the Kalman Filter", section 2.1): a random walk, seen with noise.
There is no slope of a learner's own, for such never predicted better.

Two things make it fit for tails. How far a learner's scores scatter is learned with each of them
(an inverse-gamma scale, so that a prediction is Student's t); and a score far from what was
expected moves the level less (the weight of R. J. Meinhold, N. D. Singpurwalla 1989,
"Robustification of Kalman Filter Models", JASA 84). Bands are as wide as held-out scores need
(split conformal: V. Vovk et al. 2005), which projections/prediction/growth_learning.py measures.

Everything is plain floats, a function of the ordered scores and the calibration only.
"""

import math
from bisect import bisect_right
from collections.abc import Sequence
from statistics import NormalDist
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LOWEST: Final = 0.0  # what a score lies between
HIGHEST: Final = 100.0
# Standard normal quantiles in the middle of equal shares: a distribution, in so many values.
_NODES: Final = np.array([NormalDist().inv_cdf((index + 0.5) / 40) for index in range(40)])


class Outlook(NamedTuple):
    """A standing still to come: its mean and standard deviation."""

    mean: float
    deviation: float


class Curve(msgspec.Struct, frozen=True, array_like=True):
    """The scores of a cohort at one position: what score belongs to which standing.

    Both rise: score ``scores[i]`` is the standing ``standings[i]``, and lines join them. Standing 0
    is the expected one of somebody at the cohort's own level.
    """

    scores: tuple[float, ...]  # 0..100
    standings: tuple[float, ...]  # standard deviations of the cohort
    noise: float  # variance of a score around its learner's level, in standings squared
    count: int = 0  # scores it was learned from

    def standing_of(self, score: float) -> float:
        """Give the standing of a score 0..100."""
        return _between(self.scores, self.standings, score)

    def score_of(self, standing: float) -> float:
        """Give the score 0..100 of a standing."""
        return _between(self.standings, self.scores, standing)

    def scores_of(self, standings: Floats) -> Floats:
        """Give the scores of many standings."""
        return np.interp(standings, self.standings, self.scores)

    def band(self, outlook: Outlook, width: float) -> tuple[float, float]:
        """Give the scores that lie so many deviations under and over what is expected."""
        reach = width * outlook.deviation
        return self.score_of(outlook.mean - reach), self.score_of(outlook.mean + reach)

    def sample(self, mean: float, deviation: float) -> Floats:
        """Give 40 scores, rising, which stand for those of a normally distributed standing."""
        return self.scores_of(mean + deviation * _NODES)

    def expected(self, means: Floats, deviations: Floats) -> Floats:
        """Give the mean score of each of many normally distributed standings."""
        expected: Floats = self.scores_of(means[:, None] + deviations[:, None] * _NODES).mean(1)
        return expected


# Before anything is learned a score of 60 of 100, the mark of passing, is one standard deviation
# under the middle, as in a class whose scores have the mean 75 and the deviation 15.
PRIOR_CURVE: Final = Curve((0.0, 45.0, 75.0, 100.0), (-4.0, -2.0, 0.0, 2.0), 0.5)


class GrowthCalibration(msgspec.Struct, frozen=True):
    """What all learners share: the cohort curves and how levels move and scores scatter.

    The defaults are priors: with them levels are followed, but nothing is foretold, for no band of
    theirs was ever measured. Variances are in standings squared.
    """

    curves: dict[str, Curve] = {}  # by ``position_key``, and the wider ones it falls back to
    start: float = 0.5  # variance of a level before the first score
    drift_step: float = 0.02  # how much the variance grows from one score to the next
    drift_day: float = 0.0  # and with every day between them
    # By kind: the variance that a share of one answer adds. Before anything is learned as much as a
    # right or wrong answer has that is right three times in four, in deviations of 15 points.
    answer_noise: dict[str, float] = msgspec.field(default_factory=lambda: {"answer": 8.3})
    usual_answers: dict[str, float] = {}  # by kind: behind a share, their harmonic mean
    freedom: float = 20.0  # degrees of freedom of a score around what is expected
    width80: float = 1.2815515655446004  # deviations on either side that 80 % lie within
    width95: float = 1.959963984540054
    steps_a_day: float = 1 / 7  # scores of a learner in a course, a day
    scores: int = 0  # that it was learned from
    learners: int = 0
    steps: int = 0  # held-out predictions that the widths were measured on
    held_out: str = ""  # what was held out for them: "cohorts" or "learners"

    @property
    def is_fitted(self) -> bool:
        """Whether it was learned, so that its bands are measured ones."""
        return self.steps > 0


def position_key(course: str = "", kind: str = "", order: str = "") -> str:
    """Name a position of a cohort curve; what is left out stands for all of its kind."""
    return f"{course}\t{kind}\t{order}"


def position_keys(course: str, kind: str, order: str) -> tuple[str, str, str, str]:
    """Name a position and the wider ones to fall back to, the narrowest first."""
    return (
        position_key(course, kind, order),
        position_key(course, kind),
        position_key(kind=kind),
        position_key(),
    )


class LevelState(msgspec.Struct, array_like=True, gc=False):
    """What is known of one learner's level in one course."""

    level: float  # standing
    variance: float
    freedom: float  # degrees of freedom of the scale: it grows by one a score
    squares: float  # sum of squared surprises, so that squares / freedom scales every variance
    scores: int = 0
    day: int = 0  # of the last score, in days from any fixed day


class Growth:
    """Follows levels, and tells what to expect, under one calibration."""

    def __init__(self, calibration: GrowthCalibration) -> None:
        self.calibration = calibration
        self._curves = calibration.curves
        self._start, self._freedom = calibration.start, calibration.freedom
        self._step, self._day = calibration.drift_step, calibration.drift_day
        self._answer_noise = calibration.answer_noise
        self._found: dict[tuple[str, str, str], Curve] = {}

    def start(self) -> LevelState:
        """Give the level of a learner nothing is known of: that of the cohort."""
        return LevelState(0.0, self._start, self._freedom, self._freedom)

    def has_curve(self, course: str, kind: str, order: str) -> bool:
        """Whether a cohort was seen at just this position."""
        return position_key(course, kind, order) in self._curves

    def curve(self, course: str, kind: str, order: str) -> Curve:
        """Give the cohort curve of a position, or of the narrowest wider one there is."""
        asked = (course, kind, order)
        found = self._found.get(asked)
        if found is None:
            keys = position_keys(*asked)
            found = next((self._curves[key] for key in keys if key in self._curves), PRIOR_CURVE)
            self._found[asked] = found
        return found

    def usual_noise(self, curve: Curve, kind: str) -> float:
        """Give the noise of a result still to come: a share is of as many answers as usual."""
        return self.noise(curve, kind, self.calibration.usual_answers.get(kind, 0.0))

    def noise(self, curve: Curve, kind: str, answers: float = 0) -> float:
        """Give the variance of a score around its level, or of the share right of many answers."""
        if not answers:
            return curve.noise
        return curve.noise + self._answer_noise.get(kind, 0.0) / answers

    def drifted(self, state: LevelState, day: int, steps: float = 1.0) -> float:
        """Give the variance of a level on a later day, so many scores on."""
        if not state.scores:
            return state.variance
        return state.variance + self._step * steps + self._day * max(0, day - state.day)

    def outlook(self, state: LevelState, noise: float, day: int, steps: float = 1.0) -> Outlook:
        """Tell what standing to expect on a day, of a score with this noise."""
        variance = self.drifted(state, day, steps) + noise
        return Outlook(state.level, math.sqrt(variance * state.squares / state.freedom))

    def deviations(
        self, states: Sequence[LevelState], noise: float, day: int, steps_a_day: float
    ) -> Floats:
        """Tell the deviations of many outlooks on a later day, each of a level with scores.

        Levels drift by as many scores as there are until then at the usual pace, one at least.
        """
        variance, squares, freedom, last = np.array(
            [(one.variance, one.squares, one.freedom, one.day) for one in states]
        ).T
        days = np.maximum(0.0, day - last)
        variance = variance + self._step * np.maximum(1.0, steps_a_day * days) + self._day * days
        deviations: Floats = np.sqrt((variance + noise) * squares / freedom)
        return deviations

    def observe(self, state: LevelState, standing: float, noise: float, day: int) -> None:
        """Take in the learner's next score of the course, no earlier than the last one."""
        variance = self.drifted(state, day)
        error = standing - state.level
        surprise = error * error / (variance + noise)
        usual = state.squares / state.freedom
        freedom = self._freedom
        weight = (freedom + 1.0) / (freedom + surprise / usual)
        gain = variance / (variance + (noise / weight if weight < 1.0 else noise))
        state.level += gain * error
        state.variance = variance - gain * variance
        state.freedom += 1.0
        state.squares += surprise
        state.scores += 1
        state.day = day


def _between(xs: tuple[float, ...], ys: tuple[float, ...], x: float) -> float:
    """Give the point at ``x`` of the line through rising points; its ends go on level."""
    after = bisect_right(xs, x)
    if after == 0:
        return ys[0]
    if after == len(xs):
        return ys[-1]
    x0, y0 = xs[after - 1], ys[after - 1]
    return y0 + (x - x0) * (ys[after] - y0) / (xs[after] - x0)
