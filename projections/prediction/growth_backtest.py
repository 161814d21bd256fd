"""The backtest of the growth model: every score foretold from those before it, and then compared.

It runs the code that folds the record. What is measured is a score with one before it in its
series, at a position that the learned cohorts met too; first scores, which only the cohort curve
can foretell, are told apart. The mark for whole distributions is the continuous ranked probability
score (T. Gneiting, A. Raftery 2007, "Strictly Proper Scoring Rules", JASA 102), in points.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec
import numpy as np

from projections.prediction.growth import (
    Curve,
    Floats,
    Growth,
    GrowthCalibration,
    LevelState,
    Outlook,
)
from projections.prediction.growth_learning import Score, learn

# By how many scores were known before: 1, 2, 3 to 5, 6 and more.
_KNOWN: Final = (("1", 1, 1), ("2", 2, 2), ("3-5", 3, 5), ("6+", 6, 1_000_000))


class Measured(msgspec.Struct, frozen=True):
    """How well scores were foretold; errors in points of 0..100, coverage as shares."""

    n: int
    rmse: float
    cov80: float
    cov95: float
    crps: float
    width80: float  # mean width of the 80 % band


class GrowthFigures(msgspec.Struct, frozen=True):
    """The backtest's figures, with the simplest predictions beside the model's."""

    n: int
    rmse: float
    cov80: float
    cov95: float
    crps: float
    width80: float
    last_score_rmse: float  # the last score once more
    cohort_rmse: float  # the mean of the cohort curve
    by_known: dict[str, Measured]  # by how many scores of the series came before
    first: Measured | None  # scores with none before them, which do not count above
    left_out: int  # scores at positions that no cohort learned from has met
    learned_from: int


class _Foretold(NamedTuple):
    """One score beside what was foretold."""

    known: int
    error: float
    last_error: float
    cohort_error: float
    in80: bool
    in95: bool
    crps: float
    width80: float


def backtest(before: Iterable[Score], after: Iterable[Score]) -> GrowthFigures:
    """Learn from some scores and foretell others, one step ahead.

    Both hold those of a series in order. Raises ``growth_learning.TooLittle``, and ``ValueError``
    where no score after is at a position learned before.
    """
    return measure(learn(before), after)


def measure(calibration: GrowthCalibration, scores: Iterable[Score]) -> GrowthFigures:
    """Foretell scores under a calibration that was not learned from them."""
    told, first, left_out = _foretell(Growth(calibration), scores)
    if not told:
        raise ValueError(
            "no score with one before it is at a position that the scores learned from have too: "
            f"{left_out} scores were left out"
        )
    whole = _measured(told)
    by_known = {
        name: [one for one in told if least <= one.known <= most] for name, least, most in _KNOWN
    }
    return GrowthFigures(
        **msgspec.structs.asdict(whole),
        last_score_rmse=_root_mean_square([one.last_error for one in told]),
        cohort_rmse=_root_mean_square([one.cohort_error for one in told]),
        by_known={name: _measured(some) for name, some in by_known.items() if some},
        first=_measured(first) if first else None,
        left_out=left_out,
        learned_from=calibration.scores,
    )


def _foretell(
    growth: Growth, scores: Iterable[Score]
) -> tuple[list[_Foretold], list[_Foretold], int]:
    """Give what was foretold with a score before it and without, and how many were left out."""
    states: dict[str, LevelState] = {}
    last: dict[str, float] = {}
    means: dict[str, float] = {}
    told: list[_Foretold] = []
    first: list[_Foretold] = []
    left_out = 0
    for one in scores:
        state = states.setdefault(one.series, growth.start())
        curve = growth.curve(one.course, one.kind, one.order)
        noise = growth.noise(curve, one.kind, one.answers)
        if growth.has_curve(one.course, one.kind, one.order):
            outlook = growth.outlook(state, noise, one.day)
            position = f"{one.course}\t{one.kind}\t{one.order}"
            if position not in means:
                means[position] = float(curve.sample(0.0, 1.0).mean())
            naive = (last.get(one.series, means[position]), means[position])
            found = _compare(one.score, state.scores, curve, outlook, growth.calibration, naive)
            (told if state.scores else first).append(found)
        else:
            left_out += 1
        growth.observe(state, curve.standing_of(one.score), noise, one.day)
        last[one.series] = one.score
    return told, first, left_out


def _compare(
    score: float,
    known: int,
    curve: Curve,
    outlook: Outlook,
    calibration: GrowthCalibration,
    naive: tuple[float, float],
) -> _Foretold:
    sample = curve.sample(*outlook)
    low80, high80 = curve.band(outlook, calibration.width80)
    low95, high95 = curve.band(outlook, calibration.width95)
    return _Foretold(
        known=known,
        error=float(sample.mean()) - score,
        last_error=naive[0] - score,
        cohort_error=naive[1] - score,
        in80=low80 <= score <= high80,
        in95=low95 <= score <= high95,
        crps=_ranked_probability(sample, score),
        width80=high80 - low80,
    )


def _ranked_probability(sample: Floats, score: float) -> float:
    """Give the continuous ranked probability score: twice the mean pinball loss of quantiles."""
    levels = (np.arange(len(sample)) + 0.5) / len(sample)
    return 2.0 * float(np.mean(((score < sample) - levels) * (sample - score)))


def _measured(told: list[_Foretold]) -> Measured:
    return Measured(
        n=len(told),
        rmse=_root_mean_square([one.error for one in told]),
        cov80=float(np.mean([one.in80 for one in told])),
        cov95=float(np.mean([one.in95 for one in told])),
        crps=float(np.mean([one.crps for one in told])),
        width80=float(np.mean([one.width80 for one in told])),
    )


def _root_mean_square(errors: list[float]) -> float:
    return float(np.sqrt(np.mean(np.square(errors))))
