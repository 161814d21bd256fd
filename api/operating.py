"""What operators do with generations, by way of the running server, or without one."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote

import httpx
import msgspec

from api import calibrations
from api.authentication import OPERATOR
from api.calibrations import CalibrationUnderWay
from api.forwarders import told as forwarders_told
from api.generations import ReplayRequest, described, drop, letter_shown, shown
from api.live_generation import workers_of
from api.mappings import (
    MappingRefused,
    UnknownMapping,
    all_pending,
    checked,
    listed,
    one,
    publish,
    withdraw,
)
from api.opening import opened_record
from api.relay_watching import watch_relay
from api.replays import Replays, run_replay
from api.server_file import ServerFile, read_server_file
from api.settings import Settings
from lrs.credentials import check_store_name
from lrs.drafts import make_authority
from lrs.record import Record
from projections.comparison import BadCursor, compare
from projections.meaning.mapping import MappingError
from projections.meaning.store_readers import mappings_of, reader_of
from projections.prediction.mastery_learning import TooFewResponses
from projections.prediction.store_calibrations import fold_of, versions_of
from projections.warehouse import (
    BadName,
    Generation,
    GenerationIsLive,
    NotPromotable,
    SchemaOutdated,
    UnknownGeneration,
    Warehouse,
    WarehouseUnavailable,
)
from streams.embedded import EmbeddedCarrier
from streams.forwarders import Forwarders
from streams.keeping import kept_by_workers, position_of
from streams.published_calibrations import published_origin
from streams.replay import Progress, ReplayRefused, ReplayRunning
from streams.states import States
from streams.workers import TopicUnreachable

LOOK_SECONDS = 0.5  # between two looks at a replay of the server
_PATIENCE = httpx.Timeout(10.0, read=600.0)  # comparing a district's years takes a while
_CALIBRATING = httpx.Timeout(10.0, read=7200.0)  # some minutes for a million responses

Told = Callable[[Progress], None]
Fields = dict[str, Any]


class OperatingError(Exception):
    """What was asked can't be done; the text says why, for people, `details` what is known beside.

    `details` are those of the server's answer, empty where there is none.
    """

    def __init__(self, message: str, details: Fields | None = None) -> None:
        super().__init__(message)
        self.details = details or {}


class Operator(Protocol):
    """What can be done; everything raises OperatingError."""

    def replay(self, wanted: ReplayRequest, told: Told) -> Fields:
        """Build a generation, or go on with it; gives the replay when it is complete."""

    def generations(self) -> list[Fields]:
        """List all generations."""

    def compare(self, one: str, other: str, limit: int, cursor: str) -> Fields:
        """Compare two generations in all stores."""

    def promote(self, name: str) -> None:
        """Make a generation the live one."""

    def drop(self, name: str) -> None:
        """Remove a generation."""

    def status(self) -> Fields:
        """Tell how record, carrier and replays are doing."""

    def dead_letters(self, limit: int, cursor: int) -> Fields:
        """List what was set aside, of all stores."""

    def retry(self) -> Fields:
        """Try again what was set aside, of all stores."""

    def mappings(self, store: str) -> list[Fields]:
        """List the mappings of a store."""

    def mapping(self, store: str, name: str, version: int | None = None) -> Fields:
        """Give a mapping with its document."""

    def publish_mapping(self, store: str, text: str) -> Fields:
        """Publish a mapping under the name that it says itself."""

    def withdraw_mapping(self, store: str, name: str) -> Fields:
        """Withdraw a mapping."""

    def calibrate(
        self, store: str, until: datetime | None, *, dry_run: bool, force: bool
    ) -> Fields:
        """Learn a calibration of a store and publish it; gives its card and what became of it."""


@contextmanager
def operator(settings: Settings) -> Iterator[Operator]:
    """Give the running server's operator, or one that opens record and warehouse itself.

    Raises OperatingError where neither can be had.
    """
    with running_server(settings) as client:
        if client is not None:
            yield ByServer(client)
            return
    with _opened(settings) as direct:
        yield direct


# By the server -----------------------------------------------------------------------------------


@contextmanager
def running_server(settings: Settings) -> Iterator[httpx.Client | None]:
    """Give a client of the server that runs on the data directory, None where none does."""
    server = read_server_file(settings.server_file)
    if server is not None:
        with closing(_client(server)) as client:
            if _answers(client):
                yield client
                return
    yield None


def _client(server: ServerFile) -> httpx.Client:
    headers = {"Authorization": f"Bearer {server.token}"}
    return httpx.Client(base_url=server.url, headers=headers, timeout=_PATIENCE)


def _answers(client: httpx.Client) -> bool:
    """Tell whether the server that wrote the file is still there: another wouldn't know it."""
    try:
        return client.get("/v1/status").status_code == 200
    except httpx.TransportError:
        return False


class ByServer:
    """Asks the running server."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def replay(self, wanted: ReplayRequest, told: Told) -> Fields:
        """Have the server build a generation; told to stop, has it stop too."""
        body = wanted.model_dump(mode="json", exclude_defaults=True)
        replay = self._ask("POST", "/v1/replays", json=body)
        try:
            while replay["state"] == "running":
                if "phase" in replay:
                    told(msgspec.convert(replay, Progress))
                time.sleep(LOOK_SECONDS)
                replay = self._ask("GET", f"/v1/replays/{wanted.name}")
        except KeyboardInterrupt:
            self._ask("DELETE", f"/v1/replays/{wanted.name}")
            raise
        if replay["state"] != "complete":
            raise OperatingError(replay.get("error") or "the replay was stopped")
        return replay

    def generations(self) -> list[Fields]:
        """List all generations."""
        listed: list[Fields] = self._ask("GET", "/v1/generations")["generations"]
        return listed

    def compare(self, one: str, other: str, limit: int, cursor: str) -> Fields:
        """Compare two generations."""
        parameters = {"with": other, "limit": limit, "cursor": cursor}
        return self._ask("GET", f"/v1/generations/{_name(one)}/comparison", params=parameters)

    def promote(self, name: str) -> None:
        """Make a generation the live one."""
        self._ask("POST", f"/v1/generations/{_name(name)}/promote")

    def drop(self, name: str) -> None:
        """Remove a generation."""
        self._ask("DELETE", f"/v1/generations/{_name(name)}")

    def status(self) -> Fields:
        """Tell how record, carrier and replays are doing."""
        replays = self._ask("GET", "/v1/replays")
        return {"server": str(self._client.base_url), **self._ask("GET", "/v1/status"), **replays}

    def dead_letters(self, limit: int, cursor: int) -> Fields:
        """List what was set aside."""
        return self._ask("GET", "/v1/dead-letters", params={"limit": limit, "cursor": cursor})

    def retry(self) -> Fields:
        """Try again what was set aside."""
        return self._ask("POST", "/v1/dead-letters/retry")

    def mappings(self, store: str) -> list[Fields]:
        """List the mappings of a store."""
        listed: list[Fields] = self._ask("GET", "/v1/mappings", params={"store": store})["mappings"]
        return listed

    def mapping(self, store: str, name: str, version: int | None = None) -> Fields:
        """Give a mapping with its document."""
        parameters = {"store": store} | ({} if version is None else {"version": str(version)})
        return self._ask("GET", f"/v1/mappings/{quote(name, safe='')}", params=parameters)

    def publish_mapping(self, store: str, text: str) -> Fields:
        """Publish a mapping."""
        with _said():
            name = quote(checked(text, {}).name, safe="")
        return self._ask(
            "PUT", f"/v1/mappings/{name}", params={"store": store}, content=text.encode()
        )

    def withdraw_mapping(self, store: str, name: str) -> Fields:
        """Withdraw a mapping."""
        path = f"/v1/mappings/{quote(name, safe='')}"
        return self._ask("DELETE", path, params={"store": store})

    def calibrate(
        self, store: str, until: datetime | None, *, dry_run: bool, force: bool
    ) -> Fields:
        """Have the server learn a calibration; it answers once that is done."""
        parameters: Fields = {"store": store, "dry_run": dry_run, "force": force}
        if until is not None:
            parameters["until"] = until.isoformat()
        return self._ask("POST", "/v1/calibrations", params=parameters, timeout=_CALIBRATING)

    def _ask(self, method: str, path: str, **given: Any) -> Fields:
        return ask_server(self._client, method, path, **given)


def ask_server(client: httpx.Client, method: str, path: str, **given: Any) -> Fields:
    """Ask the running server; gives its answer's JSON. Raises OperatingError."""
    try:
        answer = client.request(method, path, **given)
    except httpx.TransportError as error:
        raise OperatingError(f"the server went away: {error}") from error
    if answer.is_success:
        found: Fields = answer.json() if answer.content else {}
        return found
    try:
        told = answer.json()["error"]
        message = str(told["message"])
    except (ValueError, KeyError, TypeError):
        raise OperatingError(answer.text[:500]) from None
    raise OperatingError(message, told)


def _name(name: str) -> str:
    """Hold that a name can stand in a path."""
    if "/" in name or not name:
        raise OperatingError(f"there is no generation {name!r}")
    return name


# Without one -------------------------------------------------------------------------------------

_REFUSALS = (
    NotPromotable,
    ReplayRefused,
    SchemaOutdated,
    MappingError,
    MappingRefused,
    TooFewResponses,
    TopicUnreachable,
)


@contextmanager
def _opened(settings: Settings) -> Iterator[Operator]:
    settings.data_directory.mkdir(parents=True, exist_ok=True)
    try:
        warehouse = Warehouse.open(settings.warehouse_dsn, cluster=settings.clickhouse_cluster)
    except WarehouseUnavailable as error:
        raise OperatingError(str(error)) from error
    with closing(warehouse), opened_record(settings) as record:
        yield Directly(settings, record, warehouse)


@contextmanager
def _said() -> Iterator[None]:
    """Say what is wrong with what was asked, as the server does."""
    try:
        yield
    except UnknownGeneration as error:
        raise OperatingError(f"there is no generation {str(error)!r}") from None
    except GenerationIsLive as error:
        raise OperatingError(f"generation {str(error)!r} is live: promote another first") from None
    except BadName as error:
        raise OperatingError(f"name: {str(error)!r} names no generation") from None
    except ReplayRunning:
        raise OperatingError("another process is building this generation") from None
    except BadCursor as error:
        raise OperatingError(f"cursor: {error}") from None
    except UnknownMapping as error:
        raise OperatingError(f"there is no mapping {error}") from None
    except CalibrationUnderWay:
        raise OperatingError("a calibration is under way: one at a time") from None
    except _REFUSALS as error:
        raise OperatingError(str(error)) from None


class Directly:
    """Works on record and warehouse in this process."""

    def __init__(self, settings: Settings, record: Record, warehouse: Warehouse) -> None:
        self.settings = settings
        self.record = record
        self.warehouse = warehouse
        self.replays = Replays(settings, record, warehouse)
        self.relay = watch_relay(settings, record)
        warehouse.ensure_live(published_origin(record, warehouse))

    def replay(self, wanted: ReplayRequest, told: Told) -> Fields:
        """Build a generation."""
        with _said():
            arguments = (self.settings, self.record, self.warehouse)
            run_replay(*arguments, wanted.name, wanted.filters(), told)()
            return self.replays.describe(wanted.name)

    def generations(self) -> list[Fields]:
        """List all generations."""
        return [described(self, record, rows=True) for record in self.warehouse.generations()]

    def compare(self, one: str, other: str, limit: int, cursor: str) -> Fields:
        """Compare two generations."""
        with _said():
            both = self.warehouse.generation(one), self.warehouse.generation(other or None)
            return shown(compare(*both, limit=limit, cursor=cursor))

    def promote(self, name: str) -> None:
        """Make a generation the live one."""
        with _said():
            self.warehouse.promote(name)

    def drop(self, name: str) -> None:
        """Remove a generation."""
        with _said():
            drop(self, name)

    def status(self) -> Fields:
        """Tell how record, carrier and replays are doing."""
        live, last = self.warehouse.generation(), self.record.last_position()
        position = self.position(live)
        return {
            "server": None,
            "record": {"position": last},
            "generation": live.name,
            "calibrations": versions_of(live.origin),
            "relay": None if self.relay is None else asdict(self.relay.status()),
            "carrier": {
                "running": False,
                "position": position,
                "lag": max(0, last - position),
                "error": None,
                "dead_letters": live.count_dead_letters(),
                "events_per_second": 0.0,
            },
            "replays": self.replays.list(),
            "forwarders": self._forwarders(),
            "mappings_waiting": all_pending(self.record, live.origin),
        }

    def _forwarders(self) -> list[Fields]:
        with closing(Forwarders(self.settings.forwarders_file)) as forwarders:
            return forwarders_told(forwarders, self.record)

    def dead_letters(self, limit: int, cursor: int) -> Fields:
        """List what was set aside."""
        letters = self.warehouse.generation().dead_letters(after=cursor, limit=limit + 1)
        more = len(letters) > limit
        return {
            "dead_letters": [letter_shown(letter) for letter in letters[:limit]],
            "next": letters[limit - 1].position if more else None,
        }

    def retry(self) -> Fields:
        """Try again what was set aside."""
        live = self.warehouse.generation()
        if kept_by_workers(live.origin):
            with _said():
                workers = workers_of(self.settings, self.record, self.warehouse, live)
                tried, carried = workers.retry_dead_letters()
            return {"tried": tried, "carried": carried}
        with closing(States(self.settings.carrier_file, live.identity)) as states:
            fold = fold_of(self.warehouse, live, self.settings.timezone)
            carrier = EmbeddedCarrier(self.record, reader_of(live), fold, live, states)
            tried, carried = carrier.retry_dead_letters()
        return {"tried": tried, "carried": carried}

    def mappings(self, store: str) -> list[Fields]:
        """List the mappings of a store."""
        return listed(self.record, self._in_force(store), store)

    def mapping(self, store: str, name: str, version: int | None = None) -> Fields:
        """Give a mapping with its document."""
        with _said():
            return one(self.record, self._in_force(store), store, name, version)

    def publish_mapping(self, store: str, text: str) -> Fields:
        """Publish a mapping."""
        with _said():
            check_store_name(store)
            return publish(self.record, self._in_force(store), store, text, self._authority)

    def withdraw_mapping(self, store: str, name: str) -> Fields:
        """Withdraw a mapping."""
        with _said():
            return withdraw(self.record, store, name, self._authority)

    def calibrate(
        self, store: str, until: datetime | None, *, dry_run: bool, force: bool
    ) -> Fields:
        """Learn a calibration from the live generation's facts."""
        with _said():
            return calibrations.make(
                self.record,
                self.warehouse.generation(),
                store,
                self._authority,
                timezone=self.settings.timezone,
                until=until,
                dry_run=dry_run,
                force=force,
            )

    def _in_force(self, store: str) -> Mapping[str, str]:
        return mappings_of(self.warehouse.generation().origin).get(store, {})

    @property
    def _authority(self) -> bytes:
        return make_authority(self.settings.home_page, OPERATOR.app).json

    def position(self, generation: Generation) -> int:
        """Give the log position up to which a generation's rows are complete."""
        return position_of(generation, self.settings.carrier_file)
