"""Replays that run in this server: each coordinated by a thread, done by processes of its own."""

import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from api.settings import Settings
from lrs.record import Record
from projections.folds import Fold
from projections.meaning.store_readers import MAPPINGS, mappings_of, reader_by
from projections.prediction.store_calibrations import CALIBRATIONS, calibrations_of
from projections.warehouse import GenerationRecord, UnknownGeneration, Warehouse
from streams.published_calibrations import published_origin
from streams.replay import (
    BUILDING,
    Filters,
    Progress,
    Replay,
    ReplayStopped,
    is_running,
    prepared,
)
from streams.replay_work import Tools
from streams.replay_workers import Processes

NICENESS = 10  # of the processes: what the server acknowledges and carries comes first

Told = Callable[[Progress], None]


class ReplayUnderWay(Exception):
    """One replay is run at a time, and there is one."""


def run_replay(
    settings: Settings,
    record: Record,
    warehouse: Warehouse,
    name: str,
    filters: Filters,
    told: Told,
    *,
    niceness: int = 0,
) -> "Run":
    """Prepare a replay as the settings have it; its generation is made. Raises ReplayRefused."""
    published = published_origin(record, warehouse)
    generation = prepared(name, filters, log=record, warehouse=warehouse, published=published)
    in_force = mappings_of(generation.origin)
    calibrations = calibrations_of(warehouse, generation.origin)
    workers = Processes(
        settings.record_location,
        settings.timezone,
        mappings=in_force,
        calibrations=calibrations,
        niceness=niceness,
    )
    fold = Fold(timezone=settings.timezone, calibrations=calibrations)
    replay = Replay(
        name,
        filters,
        log=record,
        tools=Tools(record, reader_by(in_force), fold),
        workers=workers,
        warehouse=warehouse,
        states_file=settings.carrier_file,
        folder=settings.replays_folder,
        published=published,
        told=told,
    )
    return Run(replay, workers)


class Run:
    """One replay with the processes that do it."""

    def __init__(self, replay: Replay, workers: Processes) -> None:
        self.replay = replay
        self._workers = workers

    def __call__(self) -> None:
        """Do it, and end the processes, however it went."""
        try:
            self.replay.run()
        finally:
            self._workers.close()


class _Running:
    """A replay of this server, under way or ended since the server started."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.progress: Progress | None = None
        self.error: str | None = None
        self.run: Run | None = None
        self.thread: threading.Thread | None = None

    @property
    def is_alive(self) -> bool:
        return self.thread is not None and self.thread.is_alive()

    def is_of(self, name: str, filters: Filters) -> bool:
        return self.run is not None and (self.name, self.run.replay.filters) == (name, filters)

    def told(self, progress: Progress) -> None:
        self.progress = progress

    def begin(self, run: Run) -> None:
        self.run = run
        self.thread = threading.Thread(target=self._do, name=f"replay {self.name}", daemon=True)
        self.thread.start()

    def stop(self) -> None:
        if self.run is not None and self.thread is not None:
            self.run.replay.stop()
            self.thread.join()

    def _do(self) -> None:
        try:
            if self.run is not None:
                self.run()
        except ReplayStopped:
            pass
        except Exception as error:
            self.error = f"{type(error).__name__}: {error}"


class Replays:
    """The replays of this server, and what the catalogue knows of all that ever were."""

    def __init__(self, settings: Settings, record: Record, warehouse: Warehouse) -> None:
        self._settings = settings
        self._record = record
        self._warehouse = warehouse
        self._lock = threading.Lock()
        self._running: dict[str, _Running] = {}

    def start(self, name: str, filters: Filters) -> dict[str, Any]:
        """Begin a replay, or go on with it; gives it as ``describe`` does.

        One that is under way just so already is given as it is. Raises ReplayUnderWay,
        ReplayRefused, BadName.
        """
        with self._lock:
            for other in self._running.values():
                if other.is_alive and other.is_of(name, filters):
                    return self.describe(name)
                if other.is_alive:
                    raise ReplayUnderWay(f"replay {other.name!r} is under way: one at a time")
            running = _Running(name)
            run = run_replay(
                self._settings,
                self._record,
                self._warehouse,
                name,
                filters,
                running.told,
                niceness=NICENESS,
            )
            self._running[name] = running
            running.begin(run)
        return self.describe(name)

    def stop(self, name: str) -> dict[str, Any]:
        """Stop a replay, which can be begun again; gives it. Raises UnknownGeneration."""
        with self._lock:
            if (running := self._running.get(name)) is not None:
                running.stop()
        return self.describe(name)

    def is_under_way(self, name: str) -> bool:
        """Tell whether this server is just building the generation."""
        running = self._running.get(name)
        return running is not None and running.is_alive

    def close(self) -> None:
        """Stop them all."""
        with self._lock:
            for running in self._running.values():
                running.stop()

    def list(self) -> list[dict[str, Any]]:
        """Describe every generation that a replay has made or is making, oldest first."""
        return [
            self._described(record)
            for record in self._warehouse.generations()
            if record.origin.get("kind") == "replay"
        ]

    def describe(self, name: str) -> dict[str, Any]:
        """Tell what a replay builds and how far it is. Raises UnknownGeneration."""
        for replay in self.list():
            if replay["name"] == name:
                return replay
        raise UnknownGeneration(name)

    def _described(self, record: GenerationRecord) -> dict[str, Any]:
        running = self._running.get(record.name)
        known = {} if running is None else {"error": running.error, **_fields(running.progress)}
        inner = (MAPPINGS, CALIBRATIONS)
        origin = {key: value for key, value in record.origin.items() if key not in inner}
        return {"name": record.name, **origin, **known, "state": self._state(record)}

    def _state(self, record: GenerationRecord) -> str:
        """Say in one word what a replay does: running, stopped, failed or complete."""
        running = self._running.get(record.name)
        if running is not None and running.is_alive:
            return "running"
        if record.origin.get("state") != BUILDING:
            return "complete"
        if is_running(record.identity, self._settings.replays_folder):
            return "running"  # in another process
        return "failed" if running is not None and running.error else "stopped"


def _fields(progress: Progress | None) -> Mapping[str, Any]:
    return {} if progress is None else msgspec.structs.asdict(progress)
