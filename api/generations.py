"""Generations of the projections: listed, compared, promoted, dropped, and built by replays."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import orjson
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from api.authentication import OPERATE
from api.errors import REFUSALS, ApiError
from api.replays import ReplayUnderWay
from api.roles import Resource, allow
from api.services import Services
from lrs.credentials import Credential, is_store_name
from projections.comparison import BadCursor, Comparison, compare
from projections.dead_letters import DeadLetter
from projections.meaning.store_readers import MAPPINGS, MappingTexts
from projections.prediction.store_calibrations import CALIBRATIONS, versions_of
from projections.warehouse import (
    Generation,
    GenerationIsLive,
    GenerationRecord,
    NotPromotable,
    SchemaOutdated,
    UnknownGeneration,
    is_generation_name,
)
from streams.replay import Filters, ReplayRefused, ReplayRunning, forget_replay
from streams.workers import TopicUnreachable

CONFLICT: dict[int | str, dict[str, Any]] = {409: {"description": "its state doesn't allow it"}}

router = APIRouter(prefix="/v1", tags=["Generations"], responses=REFUSALS)

_RULE_OF_NAMES = "a small letter, then small letters, digits and `_`, at most 40 in all."
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ReplayRequest(BaseModel):
    """What is to be replayed, into a generation of which name."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(description="The generation to build: " + _RULE_OF_NAMES)
    until_stored: datetime | None = Field(
        None, description="Leave out what was stored later (ISO 8601; without offset: UTC)."
    )
    until_time: datetime | None = Field(
        None, description="Leave out what happened later (ISO 8601; without offset: UTC)."
    )
    from_position: int = Field(1, ge=1, lt=2**63, description="The first position of the log.")
    store: str = Field("", description="One store only.")

    @field_validator("until_stored", "until_time", mode="before")
    @classmethod
    def _is_text(cls, value: Any) -> Any:
        if value is not None and not isinstance(value, str | datetime):
            raise ValueError("a time is a text of ISO 8601")
        return value

    @field_validator("name")
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        if not is_generation_name(name):
            raise ValueError("a generation's name is " + _RULE_OF_NAMES)
        return name

    @field_validator("store")
    @classmethod
    def _is_a_store(cls, name: str) -> str:
        if name and not is_store_name(name):
            raise ValueError("a store's name is 1 to 100 letters, digits, '.', '_' and '-'")
        return name

    def filters(self) -> Filters:
        """Give what of the log is to be replayed."""
        return Filters(
            until_stored=_microseconds(self.until_stored),
            until_time=_microseconds(self.until_time),
            from_position=self.from_position,
            store=self.store,
        )


def _microseconds(time: datetime | None) -> int | None:
    if time is None:
        return None
    since = (time if time.tzinfo else time.replace(tzinfo=UTC)) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


# Generations -------------------------------------------------------------------------------------


@router.get("/generations", summary="List generations of the projections")
async def get_generations(request: Request) -> dict[str, Any]:
    """List all generations, oldest first: which one is live, how each came about, how far it is.

    `rows` counts what is on disk, rows that later ones replace included, of all stores; only
    operators see it.
    """
    credential = (await allow(request, Resource.GENERATIONS)).credential
    services: Services = request.app.state.services
    return {"generations": await asyncio.to_thread(listed, services, credential)}


def listed(services: Services, credential: Credential) -> list[dict[str, Any]]:
    """Describe all generations, oldest first, as far as a credential may see them."""
    records = services.warehouse.generations()
    operator = credential.may(*OPERATE)
    return [described(services, record, rows=operator) for record in records]


@router.get("/generations/{name}/comparison", summary="Compare two generations", responses=CONFLICT)
async def get_comparison(
    request: Request,
    name: str,
    with_generation: Annotated[
        str | None, Query(alias="with", description="The other one; the live one if not named.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str, Query(description="The `next` of the page before.")] = "",
) -> dict[str, Any]:
    """Tell what differs, table by table, and person by person.

    Log positions are left out of the comparison. `subjects` are persons, or activities whose names
    differ; of each, the rows by table: `only_one` is in the generation of the path only,
    `only_other` in the other only. An operator compares all stores, others their own.
    """
    credential = (await allow(request, Resource.GENERATIONS)).credential
    services: Services = request.app.state.services
    return await asyncio.to_thread(
        compared, services, credential, name, with_generation, limit=limit, cursor=cursor
    )


def compared(
    services: Services,
    credential: Credential,
    name: str,
    with_generation: str | None,
    *,
    limit: int,
    cursor: str = "",
) -> dict[str, Any]:
    """Tell how two generations differ, the live one where none is named; raises ApiError."""
    one, other = (_generation(services, each) for each in (name, with_generation))
    try:
        store = _own_store(credential)
        return shown(compare(one, other, store=store, limit=limit, cursor=cursor))
    except BadCursor as error:
        raise ApiError(400, f"parameter 'cursor': {error}", value=cursor) from None


@router.post(
    "/generations/{name}/promote", summary="Make a generation the live one", responses=CONFLICT
)
async def promote_generation(request: Request, name: str) -> dict[str, Any]:
    """Make a generation the live one, in one step for every reader; its carrier goes on from it.

    One that is still being built, or that leaves out some of the log, is refused.
    """
    await allow(request, Resource.GENERATION_CHANGE)
    services: Services = request.app.state.services
    return await asyncio.to_thread(promoted, services, name)


def promoted(services: Services, name: str) -> dict[str, Any]:
    """Make a generation the live one, and describe it; raises ApiError 404, 409."""
    try:
        services.warehouse.promote(name)
        services.live.look()
        return _described(services, name)
    except UnknownGeneration as error:
        raise _unknown(error, name) from None
    except NotPromotable as error:
        raise ApiError(409, str(error), refusal="not_promotable", value=name) from None


@router.delete(
    "/generations/{name}", summary="Drop a generation", status_code=204, responses=CONFLICT
)
async def drop_generation(request: Request, name: str) -> None:
    """Remove a generation with all its rows. The live one can't be, nor one just being built."""
    await allow(request, Resource.GENERATION_CHANGE)
    services: Services = request.app.state.services
    await asyncio.to_thread(dropped, services, name)


def dropped(services: Services, name: str) -> None:
    """Remove a generation; raises ApiError 404, 409."""
    try:
        drop(services, name)
    except UnknownGeneration as error:
        raise _unknown(error, name) from None
    except GenerationIsLive:
        message = f"generation {name!r} is live: promote another first"
        raise ApiError(409, message, refusal="is_live", value=name) from None
    except ReplayRunning:
        message = f"generation {name!r} is being built: stop its replay first"
        raise ApiError(409, message, refusal="is_being_built", value=name) from None


def drop(services: Any, name: str) -> None:
    """Remove a generation, and what carriers and replays have kept of it.

    ``services`` has warehouse, settings and replays. Raises UnknownGeneration, GenerationIsLive,
    ReplayRunning.
    """
    settings = services.settings
    if services.replays.is_under_way(name):
        raise ReplayRunning(name)
    for record in services.warehouse.generations():
        if record.name == name and not record.is_live:
            forget_replay(record.identity, settings.carrier_file, settings.replays_folder)
    services.warehouse.drop(name)


def described(services: Any, record: GenerationRecord, *, rows: bool) -> dict[str, Any]:
    """Write down a generation for people; what is of single stores to operators only.

    Of mappings the names, of calibrations the versions. Whose store a replay was of is left out
    too: `what_if` tells then that it leaves out some of the log.
    """
    origin = dict(record.origin)
    texts: MappingTexts = origin.pop(MAPPINGS, {})
    origin.pop(CALIBRATIONS, None)
    if rows and (versions := versions_of(record.origin)):
        origin[CALIBRATIONS] = versions
    if not rows and (filters := origin.get("filters")):
        origin["filters"] = {name: value for name, value in filters.items() if name != "store"}
    if texts and rows:
        origin[MAPPINGS] = {store: sorted(documents) for store, documents in texts.items()}
    told: dict[str, Any] = {
        "name": record.name,
        "live": record.is_live,
        "made": record.made.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "position": origin.get("position", 0),
        "origin": origin,
    }
    try:
        generation = services.warehouse.generation(record.name)
    except SchemaOutdated as error:  # made by an older server, and not live since
        return told | {"outdated": str(error)} | ({"rows": {}} if rows else {})
    told["position"] = max(services.position(generation), told["position"])
    return told | ({"rows": generation.row_counts()} if rows else {})


def _described(services: Services, name: str) -> dict[str, Any]:
    for record in services.warehouse.generations():
        if record.name == name:
            return described(services, record, rows=True)
    raise UnknownGeneration(name)


def shown(comparison: Comparison) -> dict[str, Any]:
    """Write down how two generations differ."""
    told: dict[str, Any] = msgspec.to_builtins(comparison)
    return {**told, "equal": comparison.is_equal}


# Replays -----------------------------------------------------------------------------------------


@router.post(
    "/replays",
    summary="Build a generation from the log",
    status_code=202,
    responses=CONFLICT,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": ReplayRequest.model_json_schema()}},
        }
    },
)
async def post_replay(request: Request) -> dict[str, Any]:
    """Begin a replay on all cores while the live generation goes on, or go on with one.

    The same name with the same filters goes on where a replay was stopped; on one that is complete
    it carries what the log has got since. One replay is under way at a time.
    """
    await allow(request, Resource.REPLAYS)
    services: Services = request.app.state.services
    wanted = _replay_request(await request.body())
    return await asyncio.to_thread(started, services, wanted)


def started(services: Services, wanted: ReplayRequest) -> dict[str, Any]:
    """Begin a replay, or go on with it, and describe it; raises ApiError 409."""
    try:
        return services.replays.start(wanted.name, wanted.filters())
    except ReplayUnderWay as error:
        raise ApiError(409, str(error), refusal="replay_under_way", value=wanted.name) from None
    except ReplayRefused as error:
        raise ApiError(409, str(error), refusal="generation_is_there", value=wanted.name) from None


def _replay_request(body: bytes) -> ReplayRequest:
    """Read a request for a replay; raises ApiError 400 that names what is wrong."""
    try:
        wanted = orjson.loads(body or b"null")
    except orjson.JSONDecodeError as error:
        raise ApiError(400, f"the body is no JSON: {error}") from None
    return replay_request(wanted)


def replay_request(wanted: Any) -> ReplayRequest:
    """Check what is asked for as a replay; raises ApiError 400 that names what is wrong."""
    try:
        return ReplayRequest.model_validate(wanted, strict=False)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        name = ".".join(map(str, problem["loc"])) or "body"
        raise ApiError(
            400,
            f"{name}: {problem['msg']}",
            refusal=f"replay_{name}",
            path=f"$.{name}" if problem["loc"] else "$",
            rule=problem["msg"],
            value=problem.get("input"),
        ) from None


@router.get("/replays", summary="List replays")
async def get_replays(request: Request) -> dict[str, Any]:
    """List every replay whose generation there is: `running`, `stopped`, `failed` or `complete`."""
    await allow(request, Resource.REPLAYS)
    services: Services = request.app.state.services
    return {"replays": await asyncio.to_thread(services.replays.list)}


@router.get("/replays/{name}", summary="How far a replay is")
async def get_replay(request: Request, name: str) -> dict[str, Any]:
    """Give the phase, the log positions done in it and their total, the rate, the seconds left."""
    await allow(request, Resource.REPLAYS)
    services: Services = request.app.state.services
    try:
        return await asyncio.to_thread(services.replays.describe, name)
    except UnknownGeneration as error:
        raise _unknown(error, name, "replay") from None


@router.delete("/replays/{name}", summary="Stop a replay")
async def stop_replay(request: Request, name: str) -> dict[str, Any]:
    """Stop a replay of this server; posted again, it goes on. Its generation stays as it is."""
    await allow(request, Resource.REPLAYS)
    services: Services = request.app.state.services
    return await asyncio.to_thread(stopped, services, name)


def stopped(services: Services, name: str) -> dict[str, Any]:
    """Stop a replay, and describe it; raises ApiError 404."""
    try:
        return services.replays.stop(name)
    except UnknownGeneration as error:
        raise _unknown(error, name, "replay") from None


# Dead letters ------------------------------------------------------------------------------------


@router.get("/dead-letters", summary="What was set aside")
async def get_dead_letters(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[int, Query(ge=0, description="The `next` of the page before.")] = 0,
    generation: Annotated[
        str | None, Query(description="A generation; the live one if not named.")
    ] = None,
) -> dict[str, Any]:
    """List events of the log that could not be brought to rows, by position, each with its reason.

    An operator sees every store's, others their own.
    """
    credential = (await allow(request, Resource.DEAD_LETTERS)).credential
    services: Services = request.app.state.services
    return await asyncio.to_thread(set_aside, services, credential, limit, cursor, generation)


def set_aside(
    services: Services,
    credential: Credential,
    limit: int,
    cursor: int = 0,
    generation: str | None = None,
) -> dict[str, Any]:
    """List what a generation has set aside, the live one if not named; raises ApiError 404, 409."""
    found = _generation(services, generation)
    store = _own_store(credential)
    letters = found.dead_letters(store=store, after=cursor, limit=limit + 1)
    return {
        "dead_letters": [letter_shown(letter) for letter in letters[:limit]],
        "next": letters[limit - 1].position if len(letters) > limit else None,
    }


@router.post("/dead-letters/retry", summary="Try again what was set aside", responses=CONFLICT)
async def retry_dead_letters(request: Request) -> dict[str, int]:
    """Try to carry what was set aside in the live generation, once what kept it is mended.

    Gives how many were `tried`, and how many of them `carried`. An operator has every store's
    tried, others their own.
    """
    credential = (await allow(request, Resource.RETRY)).credential
    services: Services = request.app.state.services
    return await asyncio.to_thread(retried, services, credential)


def retried(services: Services, credential: Credential) -> dict[str, int]:
    """Try again what a credential's stores have set aside; raises ApiError 409, 503."""
    if services.carrier is None:
        message = "no carrier of this server keeps the live generation"
        raise ApiError(409, message, refusal="carried_elsewhere")
    try:
        tried, carried = services.carrier.retry_dead_letters(_own_store(credential))
    except TopicUnreachable as error:
        raise ApiError(503, str(error)) from None
    finally:
        services.renew_edition()  # some may have been carried before one failed
    return {"tried": tried, "carried": carried}


def letter_shown(letter: DeadLetter) -> dict[str, Any]:
    """Write down what was set aside."""
    return {
        "position": letter.position,
        "store": letter.store,
        "statement": letter.statement_id,
        "reason": letter.reason,
        "since": datetime.fromtimestamp(letter.since / 1e6, UTC).isoformat(timespec="seconds"),
    }


# What all of them need ---------------------------------------------------------------------------


def _own_store(credential: Credential) -> str:
    """Give the store a credential is shown, empty for all."""
    return "" if credential.may(*OPERATE) else credential.store


def _generation(services: Services, name: str | None) -> Generation:
    """Find a generation, the live one if not named; raises ApiError 404, 409."""
    try:
        return services.warehouse.generation(name)
    except UnknownGeneration as error:
        raise _unknown(error, name) from None
    except SchemaOutdated as error:
        raise ApiError(409, str(error), refusal="generation_outdated", value=name) from None


def _unknown(error: UnknownGeneration, name: str | None, what: str = "generation") -> ApiError:
    message = f"there is no {what} {str(error)!r}"
    return ApiError(404, message, refusal="no_generation", value=name)
