"""What the server works with: record, credentials, warehouse, carrier, opened and closed as one."""

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from time import monotonic

from fastapi import FastAPI

from api.live_generation import Carrier, LiveGeneration
from api.replays import Replays
from api.settings import Settings
from lrs.attachments import AttachmentStore
from lrs.credentials import Credentials
from lrs.profiles import Door
from lrs.record import Record
from lrs.request_counts import RequestCounts
from projections.apps import KnownActivity
from projections.portraits import Portraits
from projections.warehouse import Generation, Warehouse
from streams.states import States

# How long a generation found by its name is taken to be the same, in seconds.
REMEMBER_SECONDS = 1.0


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
    app_activity: KnownActivity = field(default_factory=KnownActivity)
    _portraits: dict[str | None, tuple[float, Portraits]] = field(default_factory=dict)
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
        )

    @property
    def generation(self) -> Generation:
        """The live generation, which the carrier keeps."""
        return self.live.generation

    @property
    def carrier(self) -> Carrier | None:
        """What keeps the live generation in this process."""
        return self.live.carrier

    def portraits(self, generation: str | None = None) -> Portraits:
        """Give the portraits of a generation, the live one if not named.

        Raises UnknownGeneration.
        """
        until, portraits = self._portraits.get(generation, (0.0, None))
        if portraits is None or until < monotonic():
            with self._finding:
                found = self.warehouse.generation(generation)
                if portraits is None or portraits.identity != found.identity:
                    portraits = Portraits(found, self._position_of(found))
                self._portraits[generation] = (monotonic() + REMEMBER_SECONDS, portraits)
        return portraits

    def position(self, generation: Generation) -> int:
        """Give the log position up to which a generation's rows are complete."""
        return self._position_of(generation)()

    def _position_of(self, generation: Generation) -> Callable[[], int]:
        def position() -> int:
            carrier = self.carrier
            if carrier is not None and generation.identity == self.generation.identity:
                return carrier.position
            with closing(States(self.settings.carrier_file, generation.identity)) as states:
                return states.position()

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
        self.live.switched = lambda: self._portraits.clear()

    def close(self) -> None:
        """Stop replays and the carrier, then close what they work with."""
        self.replays.close()
        self.live.close()
        self.request_counts.close()
        self.record.close()
        self.attachments.close()
        self.warehouse.close()
