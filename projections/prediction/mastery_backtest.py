"""The backtest of mastery: each response foretold before it is seen, and then compared.

It runs the filter that folds the record. Globals are fixed; of the learners who are foretold only
their own states move.
"""

from collections.abc import Iterable, Sequence
from statistics import NormalDist
from typing import Final, NamedTuple

import msgspec
import numpy as np

from projections.prediction.marks import Flags, Floats, Marks, log_losses, marks_of
from projections.prediction.mastery import INTERVAL, Filter, Globals, MasteryState
from projections.prediction.mastery_learning import Response, learn_globals, spread_of

# By how many responses of the learner came before.
_KNOWN: Final = (
    ("0", 0, 0),
    ("1-4", 1, 4),
    ("5-19", 5, 19),
    ("20-99", 20, 99),
    ("100+", 100, 1 << 62),
)


class Foretold(NamedTuple):
    """All predictions, one response each, in the order of the responses."""

    probability: Floats  # given before the response
    success: Flags
    before: Floats  # responses of the learner before it
    is_first_attempt: Flags  # of the learner at the item

    def marks(self) -> Marks:
        """Give the marks of all of them."""
        return marks_of(self.probability, self.success)

    def some(self, which: Flags) -> "Foretold":
        """Give some of them."""
        return Foretold(
            self.probability[which],
            self.success[which],
            self.before[which],
            self.is_first_attempt[which],
        )

    def only(self, which: Flags) -> Marks | None:
        """Give the marks of some of them, None where there are none."""
        return self.some(which).marks() if which.any() else None


class MasteryFigures(msgspec.Struct, frozen=True):
    """How well responses were foretold: all of them pooled, and some apart."""

    n: int
    auc: float | None
    ece: float
    logloss: float
    first_attempts: Marks | None  # of a learner at an item
    cold_start: Marks | None  # the very first response of each learner
    by_known: dict[str, Marks]  # by how many responses of the learner came before
    coverage: float | None  # of a mastery's 95 % interval; None where it can't be told
    learners: int


class Backtest(msgspec.Struct, frozen=True):
    """What was learned, and how well it and the priors foretold others."""

    learned: MasteryFigures
    priors: MasteryFigures
    learned_from: int  # responses
    globals: Globals


def backtest(before: Sequence[Response], after: Sequence[Response]) -> Backtest:
    """Learn everything from some learners' responses, and foretell others'.

    Raises ``TooFewResponses``, and ``ValueError`` where there is nobody to foretell.
    """
    if not after:
        raise ValueError("there are no responses to foretell")
    learned = learn_globals(before)
    return Backtest(measure(learned, after), measure(Globals(), after), len(before), learned)


def measure(fixed: Globals, responses: Sequence[Response]) -> MasteryFigures:
    """Foretell responses under globals that were not learned from their learners."""
    told = foretell(fixed, responses)
    known = {
        name: told.only((told.before >= least) & (told.before <= most))
        for name, least, most in _KNOWN
    }
    return MasteryFigures(
        **msgspec.structs.asdict(told.marks()),
        first_attempts=told.only(told.is_first_attempt),
        cold_start=told.only(told.before == 0),
        by_known={name: marks for name, marks in known.items() if marks is not None},
        coverage=coverage_of(fixed, responses),
        learners=len({one.learner for one in responses}),
    )


def foretell(fixed: Globals, responses: Iterable[Response]) -> Foretold:
    """Give the probability of every response as it was before the response."""
    mastery = Filter(fixed)
    states: dict[str, MasteryState] = {}
    counts: dict[str, int] = {}
    seen: set[tuple[str, str]] = set()
    rows: list[tuple[float, bool, int, bool]] = []
    for learner, item, points, success in responses:
        state = states.get(learner)
        if state is None:
            state = states[learner] = mastery.start()
        before = counts.get(learner, 0)
        probability = mastery.respond(state, item, points, success)
        rows.append((probability, success, before, (learner, item) not in seen))
        counts[learner] = before + 1
        seen.add((learner, item))
    columns = np.array(rows, dtype=np.float64).reshape(-1, 4).T
    return Foretold(columns[0], columns[1] > 0, columns[2], columns[3] > 0)


def coverage_of(fixed: Globals, responses: Sequence[Response]) -> float | None:
    """Give the share of mastery's 95 % intervals that hold what the responses after them say.

    None where too few responses follow to say, which ``spread_of`` tells by giving exactly 1.
    """
    really = spread_of(fixed, responses)
    if really == 1.0:
        return None
    return 2.0 * NormalDist().cdf(INTERVAL * fixed.spread / really) - 1.0


def paired_difference(
    one: Foretold, other: Foretold, learners: Sequence[str]
) -> tuple[float, float]:
    """Give how much higher the log-loss of one is than of another, and its standard error.

    Learners, not responses, are independent: the error is that of a mean over learners' sums.
    """
    losses = log_losses(one.probability, one.success) - log_losses(other.probability, other.success)
    names, which = np.unique(np.array(learners), return_inverse=True)
    sums = np.bincount(which, weights=losses, minlength=len(names))
    sizes = np.bincount(which, minlength=len(names))
    mean = float(losses.mean())
    residuals = sums - mean * sizes
    error = float(np.sqrt((residuals * residuals).sum())) / len(losses)
    return mean, error
