"""The live generation and the carrier that keeps it; another takes over once it is promoted."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial
from time import monotonic

from api.settings import Settings
from lrs.record import Record
from projections.meaning.store_readers import reader_of
from projections.prediction.store_calibrations import fold_of
from projections.warehouse import Generation, Warehouse, is_embedded
from streams.embedded import EmbeddedCarrier
from streams.messages import Message
from streams.published_calibrations import published_origin
from streams.standing_back import StandingBack
from streams.states import States
from streams.workers import TopicUnreachable, WorkersCarrier

Carrier = EmbeddedCarrier | WorkersCarrier

# How often the catalogue is asked which generation is live: another process may promote one.
LOOK_SECONDS = 0.5
# How long what is posted may wait for more of it while nobody looks at rows. Those of the embedded
# engine are read in this process only; on a server others may read them, and nothing is held back.
HOLDING_SECONDS = 10.0
_TAKING_OVER = 0.05  # seconds, about, until a new carrier is there when the old one has let go

_log = logging.getLogger(__name__)


class LiveGeneration:
    """Follows the catalogue's word on which generation is live.

    ``generation`` is the one that was live at the last look, ``carrier`` what keeps it, None where
    the settings name none. ``switched`` is called after each change of them.
    """

    def __init__(self, settings: Settings, record: Record, warehouse: Warehouse) -> None:
        self._settings = settings
        self._record = record
        self._warehouse = warehouse
        self._looking = threading.Lock()
        self._stopping = threading.Event()
        self.switched: Callable[[], None] = lambda: None
        self.generation = warehouse.ensure_live(published_origin(record, warehouse))
        self.carrier, self._states = self._carrying(self.generation)
        self._thread = threading.Thread(target=self._watch, name="live generation", daemon=True)
        self._thread.start()

    def look(self) -> None:
        """Go over to the generation that is live now, if it's another one.

        The old carrier ends its batch first, so that no two carriers are at work at a time; who
        waits for it is let go and asks again. Raises what ClickHouse or the record raises.
        """
        with self._looking:
            found = self._warehouse.live_identity()
            if found == self.generation.identity or self._stopping.is_set():
                return
            generation = self._warehouse.ensure_live(
                published_origin(self._record, self._warehouse)
            )
            self._let_go()
            self.generation = generation
            self.carrier, self._states = self._carrying(generation)
            self.switched()
        _log.warning("generation %r is live now", generation.name)

    async def reached(self, position: int, timeout: float) -> bool:
        """Wait until the live generation's rows hold all up to a position, at most so many seconds.

        Though another takes its place meanwhile. Where a carrier elsewhere keeps it, how far it is
        isn't known here, and nobody waits.
        """
        deadline = monotonic() + timeout
        while (carrier := self.carrier) is not None:
            if await carrier.reached(position, max(0.0, deadline - monotonic())):
                return True
            if self._stopping.is_set() or monotonic() >= deadline:
                return False
            await asyncio.sleep(_TAKING_OVER)
        return True

    async def attend(self) -> None:
        """Have rows that were held back be there, for somebody is about to look at them."""
        if (carrier := self.carrier) is not None:
            await carrier.attend()

    @property
    def is_stopping(self) -> bool:
        """Tell whether nobody should wait any longer."""
        return self._stopping.is_set()

    def release(self) -> None:
        """Begin to stop: no one waits any longer."""
        self._stopping.set()
        if self.carrier is not None:
            self.carrier.release()

    def close(self) -> None:
        """Stop following, and the carrier."""
        self._stopping.set()
        self._thread.join()
        self._let_go()

    def _carrying(self, generation: Generation) -> tuple[Carrier | None, States | None]:
        """Start what keeps a generation, or what tells of the workers that keep it elsewhere."""
        if self._settings.carrier == "workers":
            workers = workers_of(self._settings, self._record, self._warehouse, generation)
            return workers, None
        if self._settings.carrier != "embedded":
            return None, None
        states = States(self._settings.carrier_file, generation.identity)
        try:
            carrier = EmbeddedCarrier(
                self._record,
                reader_of(generation),
                fold_of(self._warehouse, generation, self._settings.timezone),
                generation,
                states,
                holding=HOLDING_SECONDS if is_embedded(self._settings.warehouse_dsn) else 0.0,
                rest=StandingBack(),
            )
            carrier.start()
        except BaseException:
            states.close()
            raise
        return carrier, states

    def _let_go(self) -> None:
        if self.carrier is not None:
            self.carrier.stop()
        if self._states is not None:
            self._states.close()
        self._states = None

    def _watch(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            try:
                self.look()
            except Exception:  # ClickHouse is away: readers and the carrier find that out too
                _log.debug("which generation is live can't be told", exc_info=True)


def workers_of(
    settings: Settings, record: Record, warehouse: Warehouse, generation: Generation
) -> WorkersCarrier:
    """Give what tells of the workers that keep a generation elsewhere."""
    return WorkersCarrier(record, warehouse, generation, partial(_publish, settings))


def _publish(settings: Settings, messages: Sequence[Message]) -> None:
    """Publish messages to the workers' topic, beside the relay. Raises TopicUnreachable."""
    from confluent_kafka import KafkaException  # Kafka's clients come with an extra

    from streams.publishing import publish_again

    try:
        publish_again(settings.broker, settings.kafka_topic, messages)
    except (KafkaException, BufferError) as error:
        raise TopicUnreachable(f"Kafka doesn't take what is to be tried again: {error}") from error
