"""A calibration: everything the folds take from many learners, learned from responses."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from projections.growth import GrowthCalibration
from projections.mastery import Globals, GlobalsLearner, Hyperparameters, MasteryState

PRIOR = "prior"


class Calibration(msgspec.Struct, frozen=True):
    """The globals that a fold reads: rows are a function of the facts and of these.

    Without data it holds the documented priors and its version says so. A msgspec struct, so that
    it can stand in the log as an event: ``msgspec.json`` takes it there and back unchanged.
    """

    version: str = PRIOR
    mastery: Globals = Globals()
    growth: GrowthCalibration = GrowthCalibration()


class Response(NamedTuple):
    """One answer of one learner to one item, with all the item's knowledge points."""

    learner: str
    item: str
    knowledge_points: tuple[str, ...]
    success: bool


def learn(
    responses: Iterable[Response],
    version: str,
    hyperparameters: Hyperparameters = Hyperparameters(),  # noqa: B008 -- frozen
) -> Calibration:
    """Learn the globals of mastery by folding responses, each learner's in order, in one pass.

    The filter is the one that folds the record, with the globals moving as well: what is learned
    is what its predictions will use. Learners may be interleaved. Takes some 30 µs a response.
    """
    learner = GlobalsLearner(Globals(hyperparameters=hyperparameters))
    states: dict[str, MasteryState] = {}
    for response in responses:
        state = states.get(response.learner)
        if state is None:
            state = states[response.learner] = learner.start()
        learner.respond(state, response.item, response.knowledge_points, response.success)
    return Calibration(version=version, mastery=learner.learned())
