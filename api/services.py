"""What the server works with: record, credentials, warehouse, carrier, opened and closed as one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from fastapi import FastAPI

from api.settings import Settings
from lrs.attachments import AttachmentStore
from lrs.credentials import Credentials
from lrs.profiles import Door
from lrs.record import Record
from projections.folds import Fold
from projections.portraits import Portraits
from projections.reading import default_reader
from projections.warehouse import Generation, Warehouse
from streams.embedded import EmbeddedCarrier
from streams.standing_back import StandingBack
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
    generation: Generation  # the live one, which the carrier keeps
    carrier: EmbeddedCarrier | None
    states: States | None
    _portraits: dict[str | None, tuple[float, Portraits]] = field(default_factory=dict)

    @classmethod
    def open(cls, settings: Settings) -> "Services":
        """Open everything and start the carrier."""
        settings.data_directory.mkdir(parents=True, exist_ok=True)
        attachments = AttachmentStore.open(settings.attachments_location)
        record = Record.open(settings.record_location)
        credentials = Credentials(record.statements, settings.pepper())
        warehouse = Warehouse.open(settings.warehouse_dsn)
        generation = warehouse.ensure()
        carrier = states = None
        if settings.carrier == "embedded":
            states = States(settings.carrier_file, generation.identity)
            carrier = EmbeddedCarrier(
                record,
                default_reader(),
                Fold(timezone=settings.timezone),
                generation,
                states,
                rest=StandingBack(),
            )
            carrier.start()
        return cls(
            settings,
            record,
            attachments,
            credentials,
            Door.of(record),
            warehouse,
            generation,
            carrier,
            states,
        )

    def portraits(self, generation: str | None = None) -> Portraits:
        """Give the portraits of a generation, the live one if not named.

        Raises UnknownGeneration.
        """
        until, portraits = self._portraits.get(generation, (0.0, None))
        if portraits is None or until < monotonic():
            found = self.warehouse.generation(generation)
            if portraits is None or portraits.identity != found.identity:
                portraits = Portraits(found, self._position_of(found))
            self._portraits[generation] = (monotonic() + REMEMBER_SECONDS, portraits)
        return portraits

    def _position_of(self, generation: Generation) -> Callable[[], int]:
        carrier = self.carrier
        if carrier is not None and generation.identity == self.generation.identity:
            return lambda: carrier.position
        states = States(self.settings.carrier_file, generation.identity)
        return states.position

    def attach(self, application: FastAPI) -> None:
        """Make the parts known to the routes."""
        state = application.state
        state.services = self
        state.record, state.credentials = self.record, self.credentials
        state.attachments, state.door = self.attachments, self.door
        state.warehouse, state.carrier = self.warehouse, self.carrier

    def close(self) -> None:
        """Stop the carrier, then close what it works with."""
        if self.carrier is not None:
            self.carrier.stop()
        if self.states is not None:
            self.states.close()
        self.record.close()
        self.attachments.close()
        self.warehouse.close()
