"""The fold: a person's state and that person's next facts, in time order, become rows."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from operator import attrgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from projections import activity
from projections.activity import ANSWERS, ActivityState, Calendar, monday_of
from projections.facts import Fact
from projections.prediction.calibration import Calibration
from projections.prediction.levels import Levels, LevelsState
from projections.prediction.mastery import ENOUGH_TRIES, Filter, MasteryState, PointState
from projections.tables import PERSON_MASTERY_WEEKS, PERSON_TABLES

Person = tuple[str, str]  # store, and lrs.actors.actor_key within it
Rows = dict[str, list[tuple[Any, ...]]]  # by table, each in the column order of projections.tables

_order: Callable[[Fact], tuple[int, str, int]] = attrgetter("order")

DISTRICT_TIMEZONE = "Asia/Shanghai"


class ClosedWeek(msgspec.Struct, array_like=True, gc=False):
    """Mastery of a knowledge point at the end of a week after which it was responded to again."""

    knowledge_point: str
    week: int  # its Monday, in days since 1970-01-01
    subject: str
    probability: float
    low: float
    high: float
    tries: int
    successes: int


class PersonState(msgspec.Struct):
    """Everything that is known of one person: all a fold needs to go on."""

    store: str
    person: str
    mastery: MasteryState
    activity: ActivityState
    # The version of the rows: the highest log position applied; where the log comes in several
    # parts, the sum of the highest of each, so that it rises with every event however they mix.
    position: int = 0
    last: tuple[int, str, int] | None = None  # order of the newest fact applied
    facts: int = 0
    first_time: int = 0  # microseconds since 1970 UTC
    is_touched: bool = False  # changed since rows were last given
    touched_points: dict[str, None] = {}  # a set in order of touching: knowledge points
    closed_weeks: list[ClosedWeek] = []  # of which no rows have been given yet
    sources: dict[int, int] = {}  # highest log position applied, by part of the log
    levels: LevelsState = msgspec.field(default_factory=LevelsState)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(PersonState)


def encode(state: PersonState) -> bytes:
    """Turn a state into bytes, rows not given yet included. The same state, the same bytes."""
    return _encoder.encode(state)


def decode(encoded: bytes) -> PersonState:
    """Turn what ``encode`` gave back into a state; ``msgspec.DecodeError`` for anything else."""
    return _decoder.decode(encoded)


def is_newer(state: PersonState, fact: Fact) -> bool:
    """Whether a fact comes after all that the state holds, so that it can be applied."""
    return state.last is None or (fact.time, fact.statement, fact.ordinal) > state.last


class _Models(NamedTuple):
    """What foretells under one calibration."""

    mastery: Filter
    levels: Levels

    @classmethod
    def under(cls, calibration: Calibration) -> "_Models":
        return cls(Filter(calibration.mastery), Levels(calibration.growth))


class Fold:
    """Folds facts into persons' states, each store's under its calibration, by local days."""

    def __init__(
        self,
        calibration: Calibration | None = None,
        timezone: str = DISTRICT_TIMEZONE,
        calibrations: Mapping[str, Calibration] | None = None,
    ) -> None:
        """Take the calibrations of stores, the one of all others, and an IANA timezone name.

        What isn't given is the priors. Raises ``zoneinfo.ZoneInfoNotFoundError`` for a name that is
        no timezone's.
        """
        self._calendar = Calendar(ZoneInfo(timezone))
        self._others = _Models.under(calibration or Calibration())
        self._models = {store: _Models.under(own) for store, own in (calibrations or {}).items()}

    def start(self, store: str, person: str) -> PersonState:
        """Give the state of a person nothing is known of."""
        mastery = self._models.get(store, self._others).mastery
        return PersonState(store, person, mastery.start(), ActivityState())

    def apply(self, state: PersonState, fact: Fact) -> None:
        """Fold in the person's next fact.

        Raises ``ValueError``, leaving the state as it was, for a fact that is not newer than all
        applied, is deleted, or is of another store: such a person has to be refolded.
        """
        order = (fact.time, fact.statement, fact.ordinal)
        if (
            (state.last is not None and order <= state.last)
            or fact.is_deleted
            or fact.store != state.store
        ):
            raise _unfit(state, fact, order)
        if not state.facts:
            state.first_time = fact.time
        state.facts += 1
        state.last = order
        state.is_touched = True
        if fact.position > state.position:
            state.position = fact.position
        activity.count(state.activity, fact, self._calendar)
        mastery, levels = self._models.get(state.store, self._others)
        levels.take(state.levels, fact, state.activity.day)
        if fact.knowledge_points and fact.success is not None and fact.action in ANSWERS:
            _close_weeks(mastery, state, fact)
            mastery.respond(
                state.mastery, fact.item, fact.knowledge_points, fact.success, fact.time
            )
            day, points = state.activity.day, state.mastery.points
            for name in fact.knowledge_points:
                state.touched_points[name] = None
                points[name].day, points[name].subject = day, fact.subject

    def rows(self, state: PersonState) -> Rows:
        """Give the rows of all that facts have touched since rows were last given.

        Rows are absolute: each holds the state as of the log position it carries as its version.
        Tables without touched rows are left out.
        """
        if not state.is_touched:
            return {}
        store, person, position = state.store, state.person, state.position
        mastery, levels_model = self._models.get(store, self._others)
        given: Rows = {"persons": [_person_row(state)]}
        days = activity.drain(state.activity)
        given["person_days"] = [activity.row(store, person, day, position) for day in days]
        weeks = activity.drain_weeks(state.activity)
        given["person_weeks"] = [activity.week_row(store, person, one, position) for one in weeks]
        if state.touched_points:
            points = state.mastery.points
            given["person_mastery"] = [
                _mastery_row(mastery, state, name, points[name]) for name in state.touched_points
            ]
            state.touched_points = {}
        if state.closed_weeks:
            given["person_mastery_weeks"] = [
                (store, person, *msgspec.structs.astuple(week), position, 0)
                for week in state.closed_weeks
            ]
            state.closed_weeks = []
        levels, level_weeks = levels_model.rows(state.levels)
        if levels:
            given["person_levels"] = [(store, person, *one, position, 0) for one in levels]
        if level_weeks:
            given["person_level_weeks"] = [
                (store, person, *one, position, 0) for one in level_weeks
            ]
        state.is_touched = False
        return given

    def keys(self, person: Person, facts: Iterable[Fact]) -> dict[str, set[tuple[Any, ...]]]:
        """Give by table the keys of all rows that facts can have a part in.

        Whatever other facts there are beside them: there is no row of a person under a key that
        none of the person's facts has. A fact that can't be folded has none, a voided one has.
        """
        state, weeks = self.start(*person), set[tuple[Any, ...]]()
        for fact in sorted(facts, key=_order):
            with suppress(Exception):  # that comes twice, too
                self.apply(state, msgspec.structs.replace(fact, is_deleted=False))
                day, points = state.activity.day, state.mastery.points
                # The row of a week comes once there is a response of a later one.
                weeks.update(
                    (*person, name, monday_of(day))
                    for name in fact.knowledge_points
                    if name in points and points[name].day == day
                )
        given = self.rows(state)
        found = {
            table.name: set(map(table.key_of, given.get(table.name, ()))) for table in PERSON_TABLES
        }
        found[PERSON_MASTERY_WEEKS.name] |= weeks
        return found


def _close_weeks(mastery: Filter, state: PersonState, fact: Fact) -> None:
    """Keep what was known of the fact's knowledge points at the end of an earlier week."""
    monday = monday_of(state.activity.day)
    for name in fact.knowledge_points:
        point = state.mastery.points.get(name)
        if point is not None and point.day < monday:
            known = mastery.mastery(name, point)
            if point.tries >= ENOUGH_TRIES:
                point.best = max(point.best or 0.0, known.probability)
            state.closed_weeks.append(
                ClosedWeek(
                    name,
                    monday_of(point.day),
                    point.subject,
                    known.probability,
                    known.low,
                    known.high,
                    point.tries,
                    point.successes,
                )
            )


def _mastery_row(
    mastery: Filter, state: PersonState, name: str, point: PointState
) -> tuple[Any, ...]:
    return (
        state.store,
        state.person,
        name,
        point.subject,
        *mastery.mastery(name, point),
        point.best,
        point.tries,
        point.successes,
        point.last_time,
        state.position,
        0,
    )


def _unfit(state: PersonState, fact: Fact, order: tuple[int, str, int]) -> ValueError:
    """Say why a fact can't be the person's next."""
    if state.last is not None and order <= state.last:
        why = f"is not newer than {state.last}, the newest one applied"
    elif fact.is_deleted:
        why = "is deleted: its person has to be refolded without it"
    else:  # whose the account is that it is about says who folds it: projections/identities.py
        why = f"is in store {fact.store!r}, not {state.store!r}"
    return ValueError(f"fact {order} {why}")


def _person_row(state: PersonState) -> tuple[Any, ...]:
    last_time = state.last[0] if state.last is not None else 0
    return (
        state.store,
        state.person,
        state.facts,
        state.first_time,
        last_time,
        state.position,
        0,
    )
