"""Marks of predictions: how well probabilities ranked, fitted and foretold what came."""

from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

BINS: Final = 10
_NEAREST: Final = 1e-12  # that a probability may come to 0 or 1


class Marks(msgspec.Struct, frozen=True):
    """How well `n` responses were foretold; `auc` is None where all were right, or all wrong."""

    n: int
    auc: float | None
    ece: float
    logloss: float


def marks_of(probability: Floats, success: Flags) -> Marks:
    """Give the marks of probabilities beside what came. Raises ``ValueError`` without any."""
    if not len(probability):
        raise ValueError("there are no predictions to mark")
    return Marks(
        n=len(probability),
        auc=area_under_curve(probability, success),
        ece=expected_calibration_error(probability, success),
        logloss=float(log_losses(probability, success).mean()),
    )


def area_under_curve(probability: Floats, success: Flags) -> float | None:
    """Give the chance that a success was given a higher probability than a failure.

    Ties count half (J. Hanley, B. McNeil 1982, Radiology 143). None without both outcomes.
    """
    successes = int(success.sum())
    failures = len(success) - successes
    if not successes or not failures:
        return None
    _, which, counts = np.unique(probability, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - counts + 1 + ends) / 2
    rank_sum = float(ranks[which][success].sum())
    return (rank_sum - successes * (successes + 1) / 2) / (successes * failures)


def expected_calibration_error(probability: Floats, success: Flags) -> float:
    """Give the mean distance of probability from success rate over ten equally wide bins.

    Weighted by size (C. Guo et al. 2017, "On Calibration of Modern Neural Networks", section 2).
    """
    bins = np.minimum((probability * BINS).astype(np.int64), BINS - 1)
    gaps = np.bincount(bins, weights=probability - success, minlength=BINS)
    return float(np.abs(gaps).sum() / len(probability))


def log_losses(probability: Floats, success: Flags) -> Floats:
    """Give the negative log-likelihood of each response, in nats."""
    of_outcome = np.where(success, probability, 1.0 - probability)
    return -np.log(np.maximum(of_outcome, _NEAREST))
