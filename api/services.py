"""What the server works with: record, credentials, warehouse, carrier, opened and closed as one."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import NamedTuple

from fastapi import FastAPI

from api.live_generation import Carrier, LiveGeneration
from api.relay_watching import watch_relay
from api.replays import Replays
from api.roles import KnownOwn, Membership
from api.settings import Settings
from api.streams import Streams
from lrs.attachments import AttachmentStore
from lrs.credentials import Credentials
from lrs.profiles import Door
from lrs.record import Record
from lrs.request_counts import RequestCounts
from projections.evaluation.evaluations import Evaluations
from projections.lessons.reports import Lessons
from projections.portraits.apps import KnownActivity
from projections.portraits.district import District
from projections.portraits.rankings import Rankings
from projections.portraits.students import Portraits
from projections.portraits.teachers import Teachers
from projections.prediction.calibration import Calibration
from projections.prediction.store_calibrations import calibration_of
from projections.prediction.trajectories import Trajectories
from projections.rosters.membership import RosterMembership
from projections.rosters.people import KnownPeople
from projections.warehouse import Generation, Warehouse
from streams.forwarders import Forwarders
from streams.forwarders_at_work import ForwardersAtWork
from streams.keeping import position_of
from streams.relay_watch import RelayWatch

# How long a generation found by its name is taken to be the same, in seconds.
REMEMBER_SECONDS = 1.0


class Boards(NamedTuple):
    """What tells of schools, apps and the whole district: it remembers answers that are dear."""

    district: District
    rankings: Rankings
    apps: KnownActivity
    trajectories: Trajectories

    @classmethod
    def of(
        cls,
        generation: Generation,
        position: Callable[[], int],
        calibration_of: Callable[[str], Calibration],
    ) -> "Boards":
        """Make those of a generation; the last argument gives the calibration of a store."""
        district = District(generation, position)
        rankings = Rankings(generation, district, position)
        trajectories = Trajectories(generation, calibration_of, position)
        return cls(district, rankings, KnownActivity(generation, position), trajectories)


@dataclass
class Services:
    """The parts of a running server."""

    settings: Settings
    record: Record
    attachments: AttachmentStore
    credentials: Credentials
    door: Door
    warehouse: Warehouse
    live: LiveGeneration
    replays: Replays
    request_counts: RequestCounts
    relay: RelayWatch | None  # where a relay is part of what keeps the projections
    forwarders: Forwarders
    members: Callable[[Generation], Membership] = RosterMembership
    streams: Streams = field(init=False)
    forwarding: ForwardersAtWork = field(init=False)
    # In the tags of answers: another one in each process, and after what moves no position.
    edition: str = field(default_factory=lambda: secrets.token_hex(4))
    known_own: KnownOwn = field(default_factory=KnownOwn)
    _found: dict[str | None, tuple[float, Generation]] = field(default_factory=dict)
    _boards: dict[str, Boards] = field(default_factory=dict)  # by the generation's identity
    _calibrations: dict[tuple[str, str], Calibration] = field(default_factory=dict)
    _portraits: dict[str, Portraits] = field(default_factory=dict)  # by the generation's identity
    _lessons: dict[str, Lessons] = field(default_factory=dict)
    _teachers: dict[str, Teachers] = field(default_factory=dict)
    _evaluations: dict[str, Evaluations] = field(default_factory=dict)
    _finding: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def open(cls, settings: Settings) -> "Services":
        """Open everything and start the carrier."""
        settings.data_directory.mkdir(parents=True, exist_ok=True)
        attachments = AttachmentStore.open(settings.attachments_location)
        record = Record.open(settings.record_location)
        credentials = Credentials(record.statements, settings.pepper())
        counts = RequestCounts(record.statements)
        warehouse = Warehouse.open(settings.warehouse_dsn, cluster=settings.clickhouse_cluster)
        return cls(
            settings,
            record,
            attachments,
            credentials,
            Door.of(record),
            warehouse,
            LiveGeneration(settings, record, warehouse),
            Replays(settings, record, warehouse),
            counts,
            watch_relay(settings, record),
            Forwarders(settings.forwarders_file),
        )

    def __post_init__(self) -> None:
        self.streams = Streams(self.settings.streams_per_credential)
        self.forwarding = ForwardersAtWork(
            self.record, self.attachments, self.forwarders, self.settings.forward_secret
        )

    def renew_edition(self) -> None:
        """Make what was answered before be asked again, though no position has moved."""
        self._forget_answers()
        self.edition = secrets.token_hex(4)  # last: what is asked under it remembers nothing older

    @property
    def generation(self) -> Generation:
        """The live generation, which the carrier keeps."""
        return self.live.generation

    @property
    def carrier(self) -> Carrier | None:
        """What keeps the live generation in this process."""
        return self.live.carrier

    def found(self, generation: str | None = None) -> Generation:
        """Give a generation by its name, the live one if not named.

        Raises UnknownGeneration, SchemaOutdated.
        """
        until, found = self._found.get(generation, (0.0, None))
        if found is None or until < monotonic():
            found = self.warehouse.generation(generation)
            self._found[generation] = (monotonic() + REMEMBER_SECONDS, found)
        return found

    def portraits(self, generation: str | None = None) -> Portraits:
        """Give the portraits of a generation, the live one if not named.

        Raises UnknownGeneration, SchemaOutdated.
        """
        return self.portraits_of(self.found(generation))

    def portraits_of(self, generation: Generation) -> Portraits:
        """Give the portraits of a generation that has been found, the same ones each time."""
        with self._finding:
            portraits = self._portraits.get(generation.identity)
            if portraits is None:
                position, timezone = self._position_of(generation), self.settings.timezone
                portraits = Portraits(generation, position, timezone)
                self._portraits[generation.identity] = portraits
        return portraits

    def lessons_of(self, generation: Generation) -> Lessons:
        """Give the lessons of a generation that has been found, the same ones each time."""
        with self._finding:
            lessons = self._lessons.get(generation.identity)
            if lessons is None:
                zone = self.settings.timezone
                people = KnownPeople(generation, zone)
                position = self._position_of(generation)
                lessons = Lessons(
                    generation,
                    position,
                    roster=people,
                    people=people,
                    timezone=zone,
                    calibration_of=partial(self.calibration_of, generation),
                )
                self._lessons[generation.identity] = lessons
        return lessons

    def teachers_of(self, generation: Generation) -> Teachers:
        """Give the teachers of a generation that has been found, the same ones each time."""
        with self._finding:
            teachers = self._teachers.get(generation.identity)
            if teachers is None:
                zone = self.settings.timezone
                people = KnownPeople(generation, zone)
                position = self._position_of(generation)
                teachers = Teachers(
                    generation, position, roster=people, people=people, timezone=zone
                )
                self._teachers[generation.identity] = teachers
        return teachers

    def evaluations_of(self, generation: Generation) -> Evaluations:
        """Give the evaluations of a generation that has been found, the same ones each time."""
        with self._finding:
            evaluations = self._evaluations.get(generation.identity)
            if evaluations is None:
                position, timezone = self._position_of(generation), self.settings.timezone
                evaluations = Evaluations(generation, position, timezone)
                self._evaluations[generation.identity] = evaluations
        return evaluations

    def boards(self, generation: Generation) -> Boards:
        """Give what tells of schools and the district, the same ones each time."""
        with self._finding:
            boards = self._boards.get(generation.identity)
            if boards is None:
                boards = self._boards[generation.identity] = Boards.of(
                    generation,
                    self._position_of(generation),
                    partial(self.calibration_of, generation),
                )
        return boards

    def calibration_of(self, generation: Generation, store: str) -> Calibration:
        """Give the calibration that a generation's rows of a store are folded under.

        Read once, for it may be some megabytes. Raises UnknownCalibration.
        """
        of = (generation.identity, store)
        if of not in self._calibrations:
            found = calibration_of(self.warehouse, generation.origin, store)
            self._calibrations[of] = found
        return self._calibrations[of]

    def membership(self) -> Membership:
        """Give who belongs where by the roster, as the live generation has it.

        What somebody may see doesn't depend on the generation that is asked for.
        """
        return self.members(self.generation)

    def position(self, generation: Generation) -> int:
        """Give the log position up to which a generation's rows are complete."""
        return self._position_of(generation)()

    def _position_of(self, generation: Generation) -> Callable[[], int]:
        def position() -> int:
            carrier = self.carrier
            if carrier is not None and generation.identity == self.generation.identity:
                return carrier.position
            return position_of(generation, self.settings.carrier_file)

        return position

    def attach(self, application: FastAPI) -> None:
        """Make the parts known to the routes."""
        state = application.state
        state.services = self
        state.record, state.credentials = self.record, self.credentials
        state.attachments, state.door = self.attachments, self.door
        state.warehouse = self.warehouse
        state.request_counts = self.request_counts
        self.request_counts.start()
        if self.settings.carrier == "embedded":  # else `xueji forward` does so, if anybody
            self.forwarding.start()
        self.live.switched = self._forget

    def _forget(self) -> None:
        """Find generations anew: another one is live."""
        self._found.clear()
        self._forget_answers()
        self._calibrations.clear()

    def _forget_answers(self) -> None:
        """Let go of all that remembers answers, or what they were made of."""
        with self._finding:
            self._portraits.clear()
            self._lessons.clear()
            self._teachers.clear()
            self._evaluations.clear()
            self._boards.clear()

    def close(self) -> None:
        """Stop forwarding, replays and the carrier, then close what they work with."""
        self.forwarding.close()
        self.forwarders.close()
        self.replays.close()
        self.live.close()
        self.request_counts.close()
        self.record.close()
        self.attachments.close()
        self.warehouse.close()
