"""A calibration: everything the folds take from many learners, learned from the record."""

import msgspec

from projections.prediction.growth import GrowthCalibration
from projections.prediction.mastery import Globals

PRIOR = "prior"


class Calibration(msgspec.Struct, frozen=True):
    """The globals that a fold reads: rows are a function of the facts and of these.

    Without data it holds the documented priors and its version says so. A msgspec struct, so that
    it can stand in the log as an event: ``msgspec.json`` takes it there and back unchanged.
    """

    version: str = PRIOR
    mastery: Globals = Globals()
    growth: GrowthCalibration = GrowthCalibration()
