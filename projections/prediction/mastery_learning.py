"""Learning the globals of mastery from responses, their hyperparameters by held-out learners.

Nothing here was set by looking at a data set: what the hyperparameters are is decided by how well
learners are foretold who were not learned from. There is no random number in it: who is held out
depends on names only, so the same responses give the same globals.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple
from zlib import crc32

import msgspec

from projections.prediction.mastery import (
    ENOUGH_TRIES,
    SHRINK,
    Filter,
    Globals,
    GlobalsLearner,
    Hyperparameters,
    MasteryState,
    shrunken,
)

FEWEST_LEARNERS: Final = 30
FEWEST_RESPONSES: Final = 1_000
FEWEST_OUTCOMES: Final = 50  # right ones, and wrong ones
HELD_OUT: Final = 5  # one learner of so many
SAMPLE: Final = 120_000  # responses that hyperparameters are chosen on
MOST_TRIALS: Final = 70  # of hyperparameters, some two seconds each on a whole sample
FACTORS: Final = (3.0, 1.7)  # by which a hyperparameter is made larger or smaller, round by round
HIGHEST_RATE: Final = 0.9
GAIN: Final = 2e-5  # of log-loss, in nats: less isn't worth a change
# A point's mastery is looked at after so many tries, and compared with the responses that follow.
CHECKPOINTS: Final = frozenset(ENOUGH_TRIES * 2**step for step in range(8))
BLOCK: Final = 8  # responses
FEWEST_BLOCKS: Final = 200
NARROWEST: Final = 0.5
WIDEST: Final = 3.0

_SEARCHED: Final = tuple(Hyperparameters.__struct_fields__)


class TooFewResponses(ValueError):
    """There is too little to learn from; it says how much is needed."""


class Response(NamedTuple):
    """One answer of one learner to one item, with all the item's knowledge points."""

    learner: str
    item: str
    knowledge_points: tuple[str, ...]
    success: bool


class Parts(NamedTuple):
    """Responses of learners to learn from, and of others."""

    learned_from: list[Response]
    held_out: list[Response]


def refuse_too_few(responses: Sequence[Response]) -> None:
    """Raise ``TooFewResponses`` where nothing could be learned that holds for others."""
    learners = len({one.learner for one in responses})
    right = sum(one.success for one in responses)
    found = (
        (learners, FEWEST_LEARNERS, "learners"),
        (len(responses), FEWEST_RESPONSES, "responses"),
        (right, FEWEST_OUTCOMES, "right responses"),
        (len(responses) - right, FEWEST_OUTCOMES, "wrong responses"),
    )
    short = [f"{have:,} of {need:,} {what}" for have, need, what in found if have < need]
    if short:
        raise TooFewResponses(f"too little to learn from: {', '.join(short)} that are needed")


def held_out_apart(responses: Iterable[Response], salt: str = "") -> Parts:
    """Hold out the responses of one learner in five, chosen by name alone."""
    parts = Parts([], [])
    for response in responses:
        is_held_out = crc32(f"{salt}{response.learner}".encode()) % HELD_OUT == 0
        (parts.held_out if is_held_out else parts.learned_from).append(response)
    return parts


def learn_globals(responses: Sequence[Response]) -> Globals:
    """Learn all of the globals: hyperparameters, weights, items, points, and intervals' spread.

    Each learner's responses are in order; learners may be interleaved. Raises ``TooFewResponses``.
    Some minutes for a million responses.
    """
    refuse_too_few(responses)
    return fit_with_spread(responses, choose(responses))


def fit_with_spread(responses: Sequence[Response], hyperparameters: Hyperparameters) -> Globals:
    """Fit the globals, and how wide intervals have to be, as learners show who are held out."""
    # Other learners than those who are held out to tell how good all of this is.
    parts = held_out_apart(responses, "spread")
    spread = spread_of(fit(parts.learned_from, hyperparameters), parts.held_out)
    return msgspec.structs.replace(fit(responses, hyperparameters), spread=spread)


def fit(
    responses: Iterable[Response],
    hyperparameters: Hyperparameters = Hyperparameters(),  # noqa: B008 -- frozen
) -> Globals:
    """Fit items, points and weights by folding responses in one pass.

    The filter is the one that folds the record, with the globals moving as well: what is learned
    is what its predictions will use. Takes some 30 µs a response.
    """
    learner = GlobalsLearner(Globals(hyperparameters=hyperparameters))
    states: dict[str, MasteryState] = {}
    for response in responses:
        state = states.get(response.learner)
        if state is None:
            state = states[response.learner] = learner.start()
        learner.respond(state, response.item, response.knowledge_points, response.success)
    return learner.learned()


# Hyperparameters ---------------------------------------------------------------------------------


def choose(responses: Sequence[Response]) -> Hyperparameters:
    """Choose hyperparameters by the log-loss of held-out learners, one after the other.

    A search along coordinates: each is made larger or smaller as long as that helps, with a coarse
    factor first. On a sample of learners, because what differs between learners, items and points
    differs as much in a part of them.
    """
    parts = held_out_apart(_sample(responses), "hyperparameters")
    best = Hyperparameters()
    if not parts.held_out or not parts.learned_from:
        return best
    search = _Search(parts)
    least = search.loss(best)
    for factor in FACTORS:
        for name in _SEARCHED:
            for way in (factor, 1.0 / factor):
                moved = False
                while search.goes_on:
                    tried = _with(best, name, way)
                    loss = search.loss(tried)
                    if loss > least - GAIN:
                        break
                    best, least, moved = tried, loss, True
                if moved:
                    break
    return best


class _Search:
    """Tries hyperparameters, and counts how often."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._tried: dict[Hyperparameters, float] = {}

    @property
    def goes_on(self) -> bool:
        return len(self._tried) < MOST_TRIALS

    def loss(self, hyperparameters: Hyperparameters) -> float:
        """Give the mean log-loss of the held-out learners."""
        if hyperparameters not in self._tried:
            fixed = fit(self._parts.learned_from, hyperparameters)
            self._tried[hyperparameters] = _log_loss(fixed, self._parts.held_out)
        return self._tried[hyperparameters]


def _with(given: Hyperparameters, name: str, factor: float) -> Hyperparameters:
    value = getattr(given, name) * factor
    if name.endswith("_rate"):
        value = min(value, HIGHEST_RATE)
    return msgspec.structs.replace(given, **{name: value})


def _log_loss(fixed: Globals, responses: Sequence[Response]) -> float:
    mastery = Filter(fixed)
    states: dict[str, MasteryState] = {}
    total = 0.0
    for learner, item, points, success in responses:
        state = states.get(learner)
        if state is None:
            state = states[learner] = mastery.start()
        probability = mastery.respond(state, item, points, success)
        total -= math.log(max(probability if success else 1.0 - probability, 1e-12))
    return total / len(responses)


def _sample(responses: Sequence[Response]) -> list[Response]:
    """Give the responses of so many learners, chosen by name, as make about a sample."""
    if len(responses) <= SAMPLE:
        return list(responses)
    counts: dict[str, int] = {}
    for one in responses:
        counts[one.learner] = counts.get(one.learner, 0) + 1
    chosen, size = set(), 0
    for learner in sorted(counts, key=lambda name: (crc32(f"sample{name}".encode()), name)):
        if size >= SAMPLE:
            break
        # A learner with a large part of all responses would make the sample one of few learners.
        chosen.add(learner)
        size += counts[learner]
    return [one for one in responses if one.learner in chosen]


# Intervals ---------------------------------------------------------------------------------------


class _Block:
    """What was shown of a point at one moment, beside the responses to it that followed."""

    __slots__ = ("errors", "left", "mean", "slopes", "square_errors", "square_slopes", "variance")

    def __init__(self, mean: float, variance: float) -> None:
        self.mean = mean
        self.variance = variance
        self.left = BLOCK
        self.errors = self.square_errors = self.slopes = self.square_slopes = 0.0

    def take(self, easiness: float, item_variance: float, success: bool) -> None:
        variance = self.variance + item_variance
        probability = shrunken(self.mean + easiness, variance)
        error = success - probability
        slope = probability * (1.0 - probability) / math.sqrt(1.0 + SHRINK * variance)
        self.left -= 1
        self.errors += error
        self.square_errors += error * error
        self.slopes += slope
        self.square_slopes += slope * slope


def spread_of(fixed: Globals, responses: Sequence[Response]) -> float:
    """Give how much wider an interval has to be than the filter's own, by held-out learners.

    Two responses that follow what was shown of a point go wrong together only as far as what was
    shown was wrong: the mean product of their errors is the variance that is really there, times
    their slopes (the covariance of two Bernoulli variables with a logit in common, linearised).
    1 where there are too few responses to say.
    """
    shown = msgspec.structs.replace(fixed, spread=1.0)
    found, expected, blocks = 0.0, 0.0, 0
    for block in _blocks(shown, responses):
        found += block.errors * block.errors - block.square_errors
        expected += block.variance * (block.slopes * block.slopes - block.square_slopes)
        blocks += 1
    if blocks < FEWEST_BLOCKS or expected <= 0.0:
        return 1.0
    return min(WIDEST, max(NARROWEST, math.sqrt(max(found, 0.0) / expected)))


def _blocks(fixed: Globals, responses: Sequence[Response]) -> Iterator[_Block]:
    """Give blocks of responses to one knowledge point alone, once it was looked at."""
    mastery = Filter(fixed)
    states: dict[str, MasteryState] = {}
    open_: dict[tuple[str, str], _Block] = {}
    new_item = (0.0, fixed.hyperparameters.item)
    for learner, item, points, success in responses:
        state = states.setdefault(learner, mastery.start())
        place = (learner, points[0])
        if len(points) == 1 and (block := open_.get(place)) is not None:
            block.take(*fixed.items.get(item, new_item), success)
            if not block.left:
                yield open_.pop(place)
        mastery.respond(state, item, points, success)
        if len(points) == 1 and place not in open_:
            point = state.points[points[0]]
            if point.tries in CHECKPOINTS:
                seen = mastery.mastery(points[0], point)
                open_[place] = _Block(seen.mean, seen.variance)
    yield from (block for block in open_.values() if block.left <= BLOCK - 2)  # a pair or more
