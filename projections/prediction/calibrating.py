"""Calibrating: everything that folds take from many learners, learned from a store's own record.

What is learned is told with a model card: how well it foretells learners who were not learned from,
beside the priors and the calibration in force.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from sys import intern
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
import numpy as np

from projections.activity import ANSWERS, LAST_DAY
from projections.prediction.calibration import Calibration
from projections.prediction.growth import GrowthCalibration
from projections.prediction.growth_learning import Score, TooLittle
from projections.prediction.growth_learning import learn as learn_growth
from projections.prediction.growth_record import scores_of_record
from projections.prediction.marks import Flags, Marks
from projections.prediction.mastery import Globals
from projections.prediction.mastery_backtest import (
    Foretold,
    MasteryFigures,
    foretell,
    measure,
    paired_difference,
)
from projections.prediction.mastery_learning import (
    Response,
    TooFewResponses,
    choose,
    fit_with_spread,
    held_out_apart,
    refuse_too_few,
)
from projections.warehouse import Generation

_PART: Final = 200_000  # responses that are asked for at a time
_END_OF_TIME: Final = 1 << 62
_A_DAY: Final = timedelta(days=1)
FEWEST_OF_GROUP: Final = 200  # held-out responses of a group that is told apart
MOST_GROUPS: Final = 50
FEWEST_COMPARED: Final = 500  # later responses, to compare with what was published before
STANDARD_ERRORS: Final = 2.0  # by so many a loss has to be higher to be called so
_DIGITS: Final = 6  # significant ones of what is learned: the rest is noise, and space in the log


class Recorded(NamedTuple):
    """A response, with what it is grouped by in the card."""

    response: Response
    subject: str
    school: str
    time: int  # microseconds since 1970 UTC


class Evidence(NamedTuple):
    """What a store's record holds to learn from."""

    responses: list[Recorded]
    scores: list[Score]
    until: str  # the moment up to which it was asked for, ISO 8601; empty for all


class Difference(msgspec.Struct, frozen=True):
    """How much higher one log-loss of held-out responses is than another, in nats a response."""

    logloss: float
    standard_error: float

    @property
    def is_worse(self) -> bool:
        """Whether it is higher beyond what chance would do."""
        return self.logloss > STANDARD_ERRORS * self.standard_error


class Before(NamedTuple):
    """What was published before."""

    calibration: Calibration
    last_day: str  # of what it was learned from, ISO 8601


class Compared(msgspec.Struct, frozen=True):
    """Another calibration on held-out responses, and how far the new one's loss is above its.

    Comparing is `fair` where the other one wasn't learned from these responses either: what was
    published before was learned from all learners, so only later responses compare with it fairly.
    """

    version: str
    n: int
    fair: bool
    auc: float | None
    ece: float
    logloss: float
    difference: Difference


class Data(msgspec.Struct, frozen=True):
    """What was learned from."""

    responses: int
    learners: int
    items: int
    knowledge_points: int
    first_day: str  # ISO 8601, UTC
    last_day: str
    until: str
    scores: int


class Card(msgspec.Struct, frozen=True):
    """The model card of a calibration."""

    version: str
    data: Data
    protocol: dict[str, str]  # by language
    mastery: MasteryFigures  # on held-out learners
    groups: dict[str, dict[str, Marks]]  # by school and by subject
    priors: Compared
    in_force: Compared | None  # what was published before
    hyperparameters: dict[str, float]
    spread: float
    growth: dict[str, Any]  # what was learned of growth, or why nothing was

    @property
    def is_worse(self) -> bool:
        """Whether it foretells worse than the priors, or than what was published before."""
        others = (self.priors, self.in_force)
        return any(one is not None and one.fair and one.difference.is_worse for one in others)


class Calibrated(NamedTuple):
    """What was learned, and how good it is."""

    calibration: Calibration
    card: Card


PROTOCOL: Final = {
    "zh": "按姓名散列留出五分之一的学习者；超参数与参数只从其余学习者学得；"
    "对留出者逐题先预测、后更新。随后以同样的超参数用全部学习者拟合所发布的参数。",
    "en": "One learner in five is held out, chosen by a hash of the name. Hyperparameters and "
    "globals learn from the others only; each response of who is held out is foretold before it "
    "is seen. Then the globals that are published are fitted on all, with the same "
    "hyperparameters.",
}


def evidence_of(
    generation: Generation, store: str, timezone: str, until: datetime | None = None
) -> Evidence:
    """Read what a store's record holds to learn from, as a generation folds it."""
    moment = _END_OF_TIME if until is None else int(until.timestamp() * 1_000_000)
    # Results count by whole days: the last one that was over by then.
    day = LAST_DAY if until is None else until.astimezone(ZoneInfo(timezone)).date() - _A_DAY
    return Evidence(
        _responses(generation, store, moment),
        list(scores_of_record(generation, store, timezone, day)),
        "" if until is None else until.isoformat(),
    )


def _responses(generation: Generation, store: str, until: int) -> list[Recorded]:
    given: dict[str, Any] = {"store": store, "answers": sorted(ANSWERS), "until": until}
    count = generation.query("count_responses_to_learn", **given)[0][0]
    parts = 1 + int(count) // _PART
    points_known: dict[tuple[str, ...], tuple[str, ...]] = {}
    found = []
    for part in range(parts):
        rows = generation.query("responses_to_learn", **given, parts=parts, part=part)
        for learner, item, points, success, subject, school, time in rows:
            # The same few names come again and again: each is kept once.
            names = points_known.setdefault(tuple(points), tuple(points))
            response = Response(intern(learner), intern(item), names, bool(success))
            found.append(Recorded(response, intern(subject), intern(school), time))
    return found


def calibrate(evidence: Evidence, before: Before | None) -> Calibrated:
    """Learn a calibration and measure it beside the priors and what is published.

    The same evidence gives the same calibration. Raises ``TooFewResponses``. Some minutes for a
    million responses.
    """
    responses = [one.response for one in evidence.responses]
    refuse_too_few(responses)
    growth, told_of_growth = _growth(evidence.scores)
    parts = held_out_apart(responses)
    if not (parts.held_out and parts.learned_from):
        raise TooFewResponses("too few learners: none is left to learn from, or none to hold out")
    hyperparameters = choose(parts.learned_from)
    partly = fit_with_spread(parts.learned_from, hyperparameters)
    learned = rounded(fit_with_spread(responses, hyperparameters))
    calibration = _named(Calibration("", learned, growth), evidence.responses)

    outside = _learners(parts.held_out)
    held_out = [one for one in evidence.responses if one.response.learner in outside]
    told = foretell(partly, parts.held_out)
    learners = [one.learner for one in parts.held_out]

    def beside(version: str, other: Globals, which: Flags, *, fair: bool) -> Compared:
        by_other = foretell(other, parts.held_out).some(which)
        marks = by_other.marks()
        names = [name for name, is_in in zip(learners, which, strict=True) if is_in]
        difference = Difference(*paired_difference(told.some(which), by_other, names))
        return Compared(version, marks.n, fair, marks.auc, marks.ece, marks.logloss, difference)

    every = np.ones(len(held_out), dtype=bool)
    in_force = None
    if before is not None:
        later = np.array([_day(one.time) > before.last_day for one in held_out])
        fair = int(later.sum()) >= FEWEST_COMPARED
        given = before.calibration
        in_force = beside(given.version, given.mastery, later if fair else every, fair=fair)
    card = Card(
        version=calibration.version,
        data=_data(evidence),
        protocol=PROTOCOL,
        mastery=measure(partly, parts.held_out),
        groups={
            "school": _by_group(told, [one.school for one in held_out]),
            "subject": _by_group(told, [one.subject for one in held_out]),
        },
        priors=beside(Calibration().version, Globals(), every, fair=True),
        in_force=in_force,
        hyperparameters=msgspec.to_builtins(hyperparameters),
        spread=learned.spread,
        growth=told_of_growth,
    )
    return Calibrated(calibration, card)


def _growth(scores: Sequence[Score]) -> tuple[GrowthCalibration, dict[str, Any]]:
    try:
        growth = learn_growth(scores)
    except TooLittle as error:
        return GrowthCalibration(), {"learned": False, "why": str(error)}
    names = ("scores", "learners", "steps", "held_out", "width80", "width95", "freedom")
    told = {name: getattr(growth, name) for name in names}
    return growth, {"learned": True, "curves": len(growth.curves), **told}


def _named(calibration: Calibration, responses: Sequence[Recorded]) -> Calibration:
    """Name a calibration by the last day of its data and by what was learned."""
    digest = sha256(msgspec.json.encode(calibration)).hexdigest()
    last = _day(max(one.time for one in responses))
    return msgspec.structs.replace(calibration, version=f"{last}-{digest[:8]}")


def _data(evidence: Evidence) -> Data:
    times = [one.time for one in evidence.responses]
    responses = [one.response for one in evidence.responses]
    return Data(
        responses=len(responses),
        learners=len(_learners(responses)),
        items=len({one.item for one in responses}),
        knowledge_points=len({name for one in responses for name in one.knowledge_points}),
        first_day=_day(min(times)),
        last_day=_day(max(times)),
        until=evidence.until,
        scores=len(evidence.scores),
    )


def _by_group(told: Foretold, groups: Sequence[str]) -> dict[str, Marks]:
    """Give the marks of each group that has enough, the largest ones where there are many."""
    names, which, counts = np.unique(np.array(groups), return_inverse=True, return_counts=True)
    enough = [
        int(index)
        for index in np.argsort(-counts, kind="stable")
        if counts[index] >= FEWEST_OF_GROUP and names[index]
    ]
    marks = {str(names[index]): told.only(which == index) for index in enough[:MOST_GROUPS]}
    return {name: one for name, one in marks.items() if one is not None}


def _learners(responses: Sequence[Response]) -> set[str]:
    return {one.learner for one in responses}


def _day(time: int) -> str:
    return datetime.fromtimestamp(time / 1_000_000, UTC).date().isoformat()


def rounded(given: Globals) -> Globals:
    """Round what was learned to six significant digits."""

    def short(value: Any) -> Any:
        if isinstance(value, float):
            return float(f"{value:.{_DIGITS}g}")
        if isinstance(value, dict):
            return {name: short(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return [short(inner) for inner in value]
        return value

    return msgspec.convert(short(msgspec.to_builtins(given)), Globals)
