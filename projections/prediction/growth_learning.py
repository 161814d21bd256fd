"""Learning the growth model: cohort curves, variances and the width of bands, from scores alone.

Curves are the scores' own distributions, narrower ones leaning on wider ones as far as the data
say (H. Bühlmann 1967, "Experience rating and credibility", ASTIN Bulletin 4). Variances are found
by expectation-maximisation over the smoothed levels (R. H. Shumway, D. S. Stoffer 1982, "An
approach to time series smoothing and forecasting using the EM algorithm"). Degrees of freedom and
widths are chosen by how held-out scores are predicted: whole cohorts are held out where several
met the same positions, for next year's cohort is another one; else learners. There is no random
number in it, and no constant that a data set has set.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from statistics import NormalDist
from typing import Final, NamedTuple
from zlib import crc32

import numpy as np
import numpy.typing as npt

from projections.prediction.growth import (
    HIGHEST,
    LOWEST,
    Curve,
    Floats,
    GrowthCalibration,
    position_key,
    position_keys,
)

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

FEWEST_SERIES: Final = 40  # learners with two scores or more in a course
FEWEST_STEPS: Final = 100  # scores with one before them: a 95 % band leaves out five of these
MOST_ROUNDS: Final = 60
SETTLED: Final = 1e-4  # relative change of the variances in a round at which it is over
MOST_KNOTS: Final = 101  # of a curve: one a point of 0..100
FOLDS: Final = 5
# Degrees of freedom that are tried: from tails as heavy as can be to next to normal.
FREEDOMS: Final = (3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0, 128.0, 1024.0)
TINY: Final = 1e-4  # the least variance of anything


class TooLittle(ValueError):
    """There are too few scores to learn from; it says how many are missing."""


class Score(NamedTuple):
    """One result of a learner."""

    learner: str
    series: str  # what the level is followed in: an enrolment, or a person's subject
    cohort: str  # who met the positions together: a presentation, or a school year
    course: str
    kind: str
    order: str  # within the kind: which assessment, or the week of the school year
    day: int
    score: float  # 0..100
    answers: int = 0  # of which it is the share that was right; 0: it is a mark


def learn(scores: Iterable[Score]) -> GrowthCalibration:
    """Learn the growth model from scores, those of each series in order; series may be mixed.

    The same scores give the same calibration. Some 10 µs a score and held-out part. Raises
    ``TooLittle``, and ``ValueError`` for a score outside 0..100.
    """
    sample = _Sample.of(scores)
    sample.refuse_too_little()
    model = _fit(sample)
    parts, held_out = _parts(sample)
    outside = [_HeldOut.of(sample, part) for part in parts]
    freedom = max(FREEDOMS, key=lambda one: (sum(part.likelihood(one) for part in outside), one))
    ratios = np.concatenate([part.ratios(freedom) for part in outside])
    if len(ratios) < FEWEST_STEPS:
        raise TooLittle(
            f"only {len(ratios)} scores could be held out and predicted; "
            f"{FEWEST_STEPS} are needed for bands"
        )
    return GrowthCalibration(
        curves=model.curves,
        start=model.start,
        drift_step=model.drift_step,
        drift_day=model.drift_day,
        answer_noise=model.answer_noise,
        usual_answers=sample.usual_answers(),
        freedom=freedom,
        width80=_width(ratios, 0.8),
        width95=_width(ratios, 0.95),
        steps_a_day=sample.steps_a_day(),
        scores=sample.size,
        learners=len(set(sample.learners)),
        steps=len(ratios),
        held_out=held_out,
    )


def _width(ratios: Floats, share: float) -> float:
    """Give how many deviations hold this share of what comes (split conformal prediction)."""
    rank = min(len(ratios), math.ceil((len(ratios) + 1) * share))
    return float(np.sort(ratios)[rank - 1])


# The scores as arrays ------------------------------------------------------------------------


class _Sample:
    """Scores as arrays, first scores of all series first, then all second ones, and so on.

    Series stand by falling length, so that those that have a score of some rank are the first ones,
    and one step of all series is one slice.
    """

    def __init__(self, series: Sequence[Sequence[Score]]) -> None:
        ordered = sorted(series, key=lambda one: (-len(one), one[0].series))
        self.series = ordered
        longest = len(ordered[0]) if ordered else 0
        flat = [one[rank] for rank in range(longest) for one in ordered if len(one) > rank]
        lengths = np.array([len(one) for one in ordered], dtype=np.int64)
        self.counts = [int((lengths > rank).sum()) for rank in range(longest)]
        self.bounds = np.concatenate([[0], np.cumsum(self.counts, dtype=np.int64)])
        self.size = len(flat)
        self.learners = [one[0].learner for one in ordered]
        self.score: Floats = np.array([one.score for one in flat], dtype=np.float64)
        self.answers: Ints = np.array([one.answers for one in flat], dtype=np.int64)
        self.kinds = sorted({one.kind for one in flat})
        self.kind: Ints = _codes([one.kind for one in flat], self.kinds)
        self.positions = sorted({(one.course, one.kind, one.order) for one in flat})
        self.position: Ints = _codes(
            [(one.course, one.kind, one.order) for one in flat], self.positions
        )
        self.gap: Floats = np.zeros(self.size)
        days = np.array([one.day for one in flat], dtype=np.float64)
        for rank, count in enumerate(self.counts[1:], 1):
            here = self.step(rank)
            before = days[self.bounds[rank - 1] :][:count]
            self.gap[here] = np.maximum(0.0, days[here] - before)

    @classmethod
    def of(cls, scores: Iterable[Score]) -> "_Sample":
        """Sort scores into series, each in the order in which its scores come."""
        series: dict[str, list[Score]] = {}
        for one in scores:
            if not LOWEST <= one.score <= HIGHEST:
                raise ValueError(
                    f"the score {one.score} of {one.learner!r}, day {one.day}, is not within 0..100"
                )
            series.setdefault(one.series, []).append(one)
        return cls(list(series.values()))

    def step(self, rank: int) -> slice:
        """Say where the scores of a rank within their series lie."""
        return slice(int(self.bounds[rank]), int(self.bounds[rank + 1]))

    def usual_answers(self) -> dict[str, float]:
        """Give the harmonic mean of the answers behind shares, by kind."""
        found = {}
        for code, kind in enumerate(self.kinds):
            answers = self.answers[(self.kind == code) & (self.answers > 0)]
            if len(answers):
                found[kind] = float(1.0 / (1.0 / answers).mean())
        return found

    def steps_a_day(self) -> float:
        """Give how many scores of a series there are a day, from its first to its last."""
        days = float(self.gap.sum())
        return (self.size - self.counts[0]) / days if days else 1.0

    def refuse_too_little(self) -> None:
        """Raise ``TooLittle`` where nothing sound can be learned."""
        longer = self.counts[1] if len(self.counts) > 1 else 0
        steps = self.size - (self.counts[0] if self.counts else 0)
        if longer < FEWEST_SERIES or steps < FEWEST_STEPS:
            raise TooLittle(
                f"{longer} series of two scores or more with {steps} scores after the first: "
                f"{FEWEST_SERIES} series and {FEWEST_STEPS} scores are needed"
            )
        if float(np.ptp(self.score)) == 0.0:
            raise TooLittle(f"all {self.size} scores are {self.score[0]:g}: they tell nothing")


def _codes(values: Sequence[object], names: Sequence[object]) -> Ints:
    index = {name: code for code, name in enumerate(names)}
    return np.array([index[value] for value in values], dtype=np.int64)


# Cohort curves -------------------------------------------------------------------------------


class _Distribution(NamedTuple):
    """Scores, rising, and the share of each."""

    values: Floats
    shares: Floats

    @classmethod
    def of(cls, values: Floats, weights: Floats) -> "_Distribution":
        """Gather weighted scores; of very many different ones, neighbours are put together."""
        unique, inverse = np.unique(values, return_inverse=True)
        shares: Floats = np.bincount(inverse, weights=weights).astype(np.float64)
        shares = shares / shares.sum()
        if len(unique) > MOST_KNOTS:
            middle = np.cumsum(shares) - shares / 2
            group = np.unique((middle * MOST_KNOTS).astype(np.int64), return_inverse=True)[1]
            whole = np.bincount(group, weights=shares).astype(np.float64)
            unique = np.bincount(group, weights=shares * unique) / whole
            shares = whole
        return cls(unique, shares)

    def leaning(self, count: int, wider: "_Distribution", weight: float) -> "_Distribution":
        """Mix with a wider one, which counts as so many scores beside this one's ``count``."""
        return _Distribution.of(
            np.concatenate([self.values, wider.values]),
            np.concatenate([self.shares * count, wider.shares * weight]),
        )

    def knots(self) -> tuple[Floats, Floats]:
        """Give scores and their normal scores; where none is seen, they go on to 0 and 100."""
        normal = NormalDist()
        middle = np.clip(np.cumsum(self.shares) - self.shares / 2, 1e-9, 1 - 1e-9)
        standings = np.array([normal.inv_cdf(float(share)) for share in middle])
        values = self.values
        if values[0] > LOWEST:  # one deviation beyond what was ever seen
            values, standings = np.append(LOWEST, values), np.append(standings[0] - 1.0, standings)
        if values[-1] < HIGHEST:
            values = np.append(values, HIGHEST)
            standings = np.append(standings, standings[-1] + 1.0)
        return values, standings


class _Groups:
    """The positions and the wider ones that hold them, as knots of curves and codes of scores."""

    def __init__(self, sample: _Sample) -> None:
        self.keys: list[str] = []
        index: dict[str, int] = {}
        chains: list[list[int]] = []
        for position in sample.positions:
            chain = []
            for key in reversed(position_keys(*position)):
                if key not in index:
                    index[key] = len(self.keys)
                    self.keys.append(key)
                chain.append(index[key])
            chains.append(chain)  # the widest first
        self.chains = np.array(chains, dtype=np.int64)
        self.parents: dict[int, int] = {
            int(child): int(parent)
            for chain in chains
            for parent, child in pairwise(chain)
            if parent != child  # a position without an order is its kind
        }

    def members(self, sample: _Sample) -> list[Ints]:
        """Give, by group, which scores are in it."""
        found: list[Ints] = [np.empty(0, dtype=np.int64)] * len(self.keys)
        for level in reversed(range(self.chains.shape[1])):  # the widest last
            codes = self.chains[sample.position, level]
            order = np.argsort(codes, kind="stable")
            names, first = np.unique(codes[order], return_index=True)
            for name, some in zip(names, np.split(order, first[1:]), strict=True):
                found[int(name)] = some
        return found

    def knots(self, sample: _Sample, members: Sequence[Ints]) -> list[tuple[Floats, Floats]]:
        """Give scores and standings of each group, every one leaning on its parent."""
        lean = self._lean(sample, members)
        distributions: dict[int, _Distribution] = {}
        # A group is named after those that hold it.
        for group, some in enumerate(members):
            own = _Distribution.of(sample.score[some], np.ones(len(some)))
            parent = self.parents.get(group)
            if parent is not None:
                own = own.leaning(len(some), distributions[parent], lean[group])
            distributions[group] = own
        return [distributions[group].knots() for group in range(len(members))]

    def _lean(self, sample: _Sample, members: Sequence[Ints]) -> dict[int, float]:
        """Say how many scores a parent counts for: variance within children over that between."""
        children: dict[int, list[int]] = {}
        for child, parent in self.parents.items():
            children.setdefault(parent, []).append(child)
        lean: dict[int, float] = {}
        for some in children.values():
            counts = np.array([len(members[one]) for one in some], dtype=np.float64)
            means = np.array([sample.score[members[one]].mean() for one in some])
            within_all = np.array([sample.score[members[one]].var() for one in some])
            within = float((counts * within_all).sum() / counts.sum())
            between = _between(means, counts, within)
            lean |= dict.fromkeys(some, within / between if between else counts.sum())
        return lean


def _between(means: Floats, counts: Floats, within: float) -> float:
    """Estimate the variance of true means, by that of the seen ones less their own noise."""
    if len(means) < 2:
        return 0.0
    weights = counts / counts.sum()
    middle = float((weights * means).sum())
    seen = float((weights * (means - middle) ** 2).sum())
    noise = within * (len(means) - 1) / float(counts.sum())
    scale = 1.0 - float((weights**2).sum())
    return max(0.0, (seen - noise) / scale) if scale > 0 else 0.0


# Variances -----------------------------------------------------------------------------------


class _Model(NamedTuple):
    """What was learned, before the widths."""

    curves: dict[str, Curve]
    start: float
    drift_step: float
    drift_day: float
    answer_noise: dict[str, float]


class _Smoothed(NamedTuple):
    """Levels as all scores of their series tell them: means, variances, covariances with before."""

    mean: Floats
    variance: Floats
    lagged: Floats


def _smooth(
    sample: _Sample, standing: Floats, noise: Floats, start: float, drift: Floats
) -> _Smoothed:
    """Run the Kalman filter forward and the smoother back (Rauch, Tung, Striebel 1965)."""
    mean, variance = np.empty(sample.size), np.empty(sample.size)
    prior = np.empty(sample.size)  # variance before the score; the mean is the level before
    level, known = np.zeros(sample.counts[0]), np.full(sample.counts[0], start)
    for rank, count in enumerate(sample.counts):
        here = sample.step(rank)
        prior[here] = known[:count] + (drift[here] if rank else 0.0)
        gain = prior[here] / (prior[here] + noise[here])
        level = level[:count] + gain * (standing[here] - level[:count])
        known = prior[here] * (1.0 - gain)
        mean[here], variance[here] = level, known
    lagged = np.zeros(sample.size)
    for rank in range(len(sample.counts) - 2, -1, -1):
        count = sample.counts[rank + 1]
        after = sample.step(rank + 1)
        here = slice(int(sample.bounds[rank]), int(sample.bounds[rank]) + count)
        gain = variance[here] / prior[after]
        lagged[after] = gain * variance[after]
        filtered = mean[here]
        mean[here] = filtered + gain * (mean[after] - filtered)
        variance[here] += gain * gain * (variance[after] - prior[after])
    return _Smoothed(mean, variance, lagged)


def _fit(sample: _Sample) -> _Model:
    """Find the variances by expectation-maximisation, and put offsets and noise into curves."""
    groups = _Groups(sample)
    members = groups.members(sample)
    knots = groups.knots(sample, members)
    narrow = groups.chains[:, -1]
    raw = np.empty(sample.size)
    for group in narrow:
        some = members[int(group)]
        raw[some] = np.interp(sample.score[some], *knots[int(group)])
    spread = max(float(raw.var()), TINY)
    start, drifts = spread / 2, (spread / 20, 0.0)
    offset = np.zeros(len(sample.positions))
    noise = np.full(len(sample.positions), spread / 2)
    shares = np.zeros(len(sample.kinds))
    inverse = np.divide(1.0, sample.answers, out=np.zeros(sample.size), where=sample.answers > 0)
    later = np.ones(sample.size, dtype=bool)
    later[sample.step(0)] = False
    for _ in range(MOST_ROUNDS):
        before = np.concatenate([[start, *drifts], noise, shares])
        standing = raw - offset[sample.position]
        scatter = noise[sample.position] + shares[sample.kind] * inverse
        drift = drifts[0] + drifts[1] * sample.gap
        smoothed = _smooth(sample, standing, scatter, start, drift)
        first = sample.step(0)
        start = max(TINY, float((smoothed.mean[first] ** 2 + smoothed.variance[first]).mean()))
        drifts = _drifts(sample, smoothed, later, drifts)
        offset = _offsets(sample, raw - smoothed.mean, noise)
        left = (raw - offset[sample.position] - smoothed.mean) ** 2 + smoothed.variance
        shares = _answer_noise(sample, left, inverse, shares, noise)
        noise = _noises(sample, left - shares[sample.kind] * inverse)
        after = np.concatenate([[start, *drifts], noise, shares])
        if float(np.abs(after - before).max()) < SETTLED * float(after.max()):
            break
    curves = _curves(sample, groups, members, knots, smoothed, offset, noise, inverse, shares)
    answer_noise = {kind: float(shares[code]) for code, kind in enumerate(sample.kinds)}
    return _Model(curves, start, drifts[0], drifts[1], {k: v for k, v in answer_noise.items() if v})


def _drifts(
    sample: _Sample, smoothed: _Smoothed, later: Flags, drifts: tuple[float, float]
) -> tuple[float, float]:
    """Split how far levels moved into a part a step and a part a day, neither below nothing.

    The expected squared moves are regressed on the days between, weighted by their likelihood: one
    step of Fisher scoring.
    """
    before = np.empty(sample.size)
    before_variance = np.empty(sample.size)
    for rank in range(1, len(sample.counts)):
        here, count = sample.step(rank), sample.counts[rank]
        start = int(sample.bounds[rank - 1])
        before[here] = smoothed.mean[start : start + count]
        before_variance[here] = smoothed.variance[start : start + count]
    mean, variance = smoothed.mean[later], smoothed.variance[later]
    moved = (mean - before[later]) ** 2 + variance + before_variance[later]
    moved -= 2.0 * smoothed.lagged[later]
    return _two_parts(moved, sample.gap[later], drifts)


def _two_parts(squares: Floats, over: Floats, known: tuple[float, float]) -> tuple[float, float]:
    """Fit the variance a + b x to squares, with neither below nothing, from what is known of it."""
    weight = 1.0 / np.maximum(known[0] + known[1] * over, TINY) ** 2
    mean_over = float((weight * over).sum() / weight.sum())
    mean = float((weight * squares).sum() / weight.sum())
    spread = float((weight * (over - mean_over) ** 2).sum())
    slope = 0.0
    if spread > 0:
        slope = float((weight * (over - mean_over) * (squares - mean)).sum()) / spread
    slope = max(0.0, slope)
    level = mean - slope * mean_over
    if level <= TINY:  # all of it grows with x
        level = TINY
        slope = max(0.0, (mean - level) / mean_over) if mean_over > 0 else 0.0
    return level, slope


def _offsets(sample: _Sample, difference: Floats, noise: Floats) -> Floats:
    """Give how the cohort stands at each position: whoever gets so far is another selection."""
    counts = np.bincount(sample.position, minlength=len(noise)).astype(np.float64)
    means = np.bincount(sample.position, weights=difference, minlength=len(noise)) / counts
    within = float((noise * counts).sum() / counts.sum())
    between = _between(means, counts, within)
    lean = within / between if between else float(counts.sum())
    return means * counts / (counts + lean)


def _noises(sample: _Sample, left: Floats) -> Floats:
    """Give the noise of each position, those with few scores near that of their kind.

    Log variances are shrunk by how far they differ more than chance has it (G. K. Smyth 2004).
    """
    counts = np.bincount(sample.position).astype(np.float64)
    own = np.maximum(np.bincount(sample.position, weights=left) / counts, TINY)
    kinds = np.empty(len(counts), dtype=np.int64)
    kinds[sample.position] = sample.kind
    noise = np.empty(len(counts))
    for kind in range(len(sample.kinds)):
        some = kinds == kind
        weights = counts[some] / counts[some].sum()
        usual = float((weights * own[some]).sum())
        logs = np.log(own[some] / usual)
        differ = float((weights * logs**2).sum()) - float((weights * 2.0 / counts[some]).sum())
        lean = 2.0 / differ if differ > 0 else float(counts[some].sum())
        noise[some] = (counts[some] * own[some] + lean * usual) / (counts[some] + lean)
    return np.maximum(noise, TINY)


def _answer_noise(
    sample: _Sample, left: Floats, inverse: Floats, shares: Floats, noise: Floats
) -> Floats:
    """Give, by kind, how much noise a share of one answer adds: fewer answers say less."""
    found = np.zeros(len(shares))
    for kind in range(len(shares)):
        some = (sample.kind == kind) & (sample.answers > 0)
        if some.any():
            usual = float(noise[sample.position[some]].mean())
            found[kind] = _two_parts(left[some], inverse[some], (usual, float(shares[kind])))[1]
    return found


def _curves(
    sample: _Sample,
    groups: _Groups,
    members: Sequence[Ints],
    knots: Sequence[tuple[Floats, Floats]],
    smoothed: _Smoothed,
    offset: Floats,
    noise: Floats,
    inverse: Floats,
    shares: Floats,
) -> dict[str, Curve]:
    """Make the curves; a wider one is as uncertain as its scores are under it."""
    narrow = {int(group): code for code, group in enumerate(groups.chains[:, -1])}
    curves = {}
    for group, (some, (values, standings)) in enumerate(zip(members, knots, strict=True)):
        if group in narrow:
            shift, scatter = float(offset[narrow[group]]), float(noise[narrow[group]])
        else:
            difference = np.interp(sample.score[some], values, standings) - smoothed.mean[some]
            shift = float(difference.mean())
            left = (difference - shift) ** 2 + smoothed.variance[some]
            left -= shares[sample.kind[some]] * inverse[some]
            scatter = max(TINY, float(left.mean()))
        curves[groups.keys[group]] = Curve(
            tuple(values.tolist()), tuple((standings - shift).tolist()), scatter, len(some)
        )
    return curves


# What is held out ----------------------------------------------------------------------------


def _parts(sample: _Sample) -> tuple[list[set[str]], str]:
    """Share series out into parts that are held out in turn: by their names.

    Whole cohorts, where most scores of each part are at positions that others met as well.
    """
    cohorts = sorted({one[0].cohort for one in sample.series})
    part_of = {cohort: index % FOLDS for index, cohort in enumerate(cohorts)}
    parts = _split(sample, [part_of[one[0].cohort] for one in sample.series])
    if len(parts) > 1:
        met = [
            {(score.course, score.kind, score.order) for one in part for score in one}
            for part in parts
        ]
        shared = sum(
            (score.course, score.kind, score.order)
            in set().union(*(other for there, other in enumerate(met) if there != here))
            for here, part in enumerate(parts)
            for one in part
            for score in one
        )
        if 2 * shared >= sample.size:
            return [{one[0].series for one in part} for part in parts], "cohorts"
    folds = [crc32(learner.encode()) % FOLDS for learner in sample.learners]
    parts = _split(sample, folds)
    return [{one[0].series for one in part} for part in parts], "learners"


def _split(sample: _Sample, parts: Sequence[int]) -> list[list[Sequence[Score]]]:
    """Give the series of each part."""
    paired = sorted(zip(parts, range(len(parts)), strict=True))
    return [
        [sample.series[index] for _, index in some]
        for _, some in groupby(paired, key=lambda pair: pair[0])
    ]


class _HeldOut:
    """Scores that a model was not learned from, and what it makes of them."""

    def __init__(self, sample: _Sample, model: _Model) -> None:
        self._sample, self._model = sample, model
        curves = [
            next(model.curves[key] for key in position_keys(*position) if key in model.curves)
            for position in sample.positions
        ]
        known = [position_key(*position) in model.curves for position in sample.positions]
        self._standing, self._noise = np.empty(sample.size), np.empty(sample.size)
        for code, curve in enumerate(curves):
            some = sample.position == code
            self._standing[some] = np.interp(sample.score[some], curve.scores, curve.standings)
            self._noise[some] = curve.noise
        shares = np.array([model.answer_noise.get(kind, 0.0) for kind in sample.kinds])
        self._noise += np.divide(
            shares[sample.kind],
            sample.answers,
            out=np.zeros(sample.size),
            where=sample.answers > 0,
        )
        self._counts = np.array(known)[sample.position]
        self._counts[sample.step(0)] = False

    @classmethod
    def of(cls, sample: _Sample, part: set[str]) -> "_HeldOut":
        """Learn from all but a part of the series, to predict that one."""
        outside = [one for one in sample.series if one[0].series not in part]
        inside = [one for one in sample.series if one[0].series in part]
        if not outside:
            raise TooLittle("all scores are of one part: none can be held out")
        return cls(_Sample(inside), _fit(_Sample(outside)))

    def predict(self, freedom: float) -> tuple[Floats, Floats, Floats]:
        """Give errors, deviations and degrees of freedom, as ``growth.Growth`` does it."""
        sample, model = self._sample, self._model
        errors, deviations = np.empty(sample.size), np.empty(sample.size)
        freedoms = np.empty(sample.size)
        series = sample.counts[0]
        level, variance = np.zeros(series), np.full(series, model.start)
        squares = np.full(series, freedom)
        for rank, count in enumerate(sample.counts):
            here = sample.step(rank)
            level, variance, squares = level[:count], variance[:count], squares[:count]
            if rank:
                variance = variance + model.drift_step + model.drift_day * sample.gap[here]
            noise, usual = self._noise[here], squares / (freedom + rank)
            error = self._standing[here] - level
            surprise = error**2 / (variance + noise)
            errors[here], freedoms[here] = error, freedom + rank
            deviations[here] = np.sqrt((variance + noise) * usual)
            weight = np.minimum(1.0, (freedom + 1.0) / (freedom + surprise / usual))
            gain = variance / (variance + noise / weight)
            level = level + gain * error
            variance = variance - gain * variance
            squares = squares + surprise
        return errors, deviations, freedoms

    def likelihood(self, freedom: float) -> float:
        """Give the log-likelihood of the scores, as Student's t has it."""
        errors, deviations, freedoms = (part[self._counts] for part in self.predict(freedom))
        unique, inverse = np.unique(freedoms, return_inverse=True)
        constants = np.array(
            [
                math.lgamma((one + 1) / 2) - math.lgamma(one / 2) - math.log(math.pi * one) / 2
                for one in unique.tolist()
            ]
        )
        tails = (freedoms + 1) / 2 * np.log1p((errors / deviations) ** 2 / freedoms)
        return float((constants[inverse] - np.log(deviations) - tails).sum())

    def ratios(self, freedom: float) -> Floats:
        """Give how many deviations each score lies from what was expected."""
        errors, deviations, _ = self.predict(freedom)
        ratios: Floats = np.abs(errors / deviations)[self._counts]
        return ratios
