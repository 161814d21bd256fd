"""Forwarders: how they are doing, what was refused upstream, and trying that again."""

import asyncio
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request

from api.described import shown_by_example
from api.errors import REFUSALS, ApiError
from api.roles import Resource, allow
from api.services import Services
from lrs.record import Record
from lrs.times import iso_text, now_microseconds
from streams.forwarders import Forwarders, Letter, State, UnknownForwarder

LAST_CURSOR: Final = 2**63 - 1  # a log position is an integer of 64 bits
UNKNOWN: dict[int | str, dict[str, Any]] = {404: {"description": "there is no such forwarder"}}

router = APIRouter(prefix="/v1", tags=["Forwarders"], responses=REFUSALS)


@router.get(
    "/forwarders",
    summary="How forwarding to other records is doing",
    responses=shown_by_example("forwarders"),
)
async def get_forwarders(request: Request) -> dict[str, Any]:
    """List forwarders: how far each is, when it last forwarded, and what keeps it.

    `running` says whether somebody is at work on it just now; `lag` counts entries of the log still
    to come, `lag_seconds` since when the oldest of them waits; `error` is that of the last try,
    null once one succeeds, and `error_kind` its kind; `dead_letters` counts what upstream has
    refused.
    """
    await allow(request, Resource.FORWARDERS)
    services: Services = request.app.state.services
    return {"forwarders": await asyncio.to_thread(told, services.forwarders, services.record)}


@router.get(
    "/forwarders/{name}/dead-letters",
    summary="What was refused upstream",
    responses={**shown_by_example("forwarder_letters"), **UNKNOWN},
)
async def get_refused(
    request: Request,
    name: str,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[
        int, Query(ge=0, le=LAST_CURSOR, description="The `next` of the page before.")
    ] = 0,
) -> dict[str, Any]:
    """List statements that upstream has refused, by position, with what it said.

    `status` is that of its answer, 0 for what could not be read here; `again` tells that it is
    going to be tried once more.
    """
    await allow(request, Resource.FORWARDERS)
    services: Services = request.app.state.services
    return await asyncio.to_thread(refused, services.forwarders, name, limit, cursor)


@router.post(
    "/forwarders/{name}/retry",
    summary="Try again what was refused upstream",
    responses={**shown_by_example("forwarder_retry"), **UNKNOWN},
)
async def retry_refused(request: Request, name: str) -> dict[str, int]:
    """Have the forwarder try once more all that was refused; gives how many: it does so soon."""
    await allow(request, Resource.FORWARDER_RETRY)
    services: Services = request.app.state.services
    return await asyncio.to_thread(retried, services.forwarders, name)


def told(forwarders: Forwarders, record: Record) -> list[dict[str, Any]]:
    """Tell how all forwarders are doing; none of what is told is secret."""
    return [_told(forwarders, record, state) for state in forwarders.all()]


def _told(forwarders: Forwarders, record: Record, state: State) -> dict[str, Any]:
    definition = state.definition
    waiting = record.read_log(state.position, 1)
    now = now_microseconds()
    return {
        "name": definition.name,
        "endpoint": definition.endpoint,
        "store": definition.store,
        "filters": {name: list(of) for name, of in definition.filters.told().items() if of},
        "running": forwarders.is_at_work(definition.name),
        "position": state.position,
        "lag": max(0, record.last_position() - state.position),
        "lag_seconds": max(0.0, (now - waiting[0].stored) / 1e6)
        if waiting and waiting[0].stored
        else 0.0,
        "forwarded": state.forwarded,
        "forwarded_at": _time(state.forwarded_at),
        "error": state.error or None,
        "error_kind": state.error_kind or None,
        "failed_at": _time(state.failed_at),
        "dead_letters": state.dead_letters,
    }


def refused(forwarders: Forwarders, name: str, limit: int, cursor: int = 0) -> dict[str, Any]:
    """List what was refused of a forwarder, a page; raises ApiError 404."""
    try:
        letters = forwarders.letters(forwarders.find(name), cursor, limit + 1)
    except UnknownForwarder as error:
        raise ApiError(404, str(error), value=name) from None
    return {
        "dead_letters": [letter_shown(letter) for letter in letters[:limit]],
        "next": letters[limit - 1].position if len(letters) > limit else None,
    }


def retried(forwarders: Forwarders, name: str) -> dict[str, int]:
    """Have what was refused tried again; raises ApiError 404."""
    try:
        return {"again": forwarders.retry(name)}
    except UnknownForwarder as error:
        raise ApiError(404, str(error), value=name) from None


def letter_shown(letter: Letter) -> dict[str, Any]:
    """Write down what was refused."""
    shown: dict[str, Any] = msgspec.structs.asdict(letter)
    statement = shown.pop("statement_id")
    since, again = _time(letter.since), bool(letter.again)
    return {**shown, "statement": statement, "since": since, "again": again}


def _time(microseconds: int) -> str | None:
    return iso_text(microseconds) if microseconds else None
