"""Queries over the projections: students and their portraits, as of a position of the log."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from api.authentication import OPERATE, READ_ALL, READ_PROJECTIONS, demand
from api.errors import REFUSALS, ApiError
from api.mappings import all_pending
from api.services import Services
from projections.portraits import BadCursor, Portraits
from projections.warehouse import UnknownGeneration

router = APIRouter(prefix="/v1", tags=["Projections"], responses=REFUSALS)

# The longest a query waits for the projection to reach `after`, in seconds.
PATIENCE = 30.0

After = Annotated[
    int | None,
    Query(ge=0, description="Wait until the projection has reached this position of the log."),
]
GenerationName = Annotated[
    str | None, Query(description="A generation of the projections; the live one if not named.")
]


@router.get("/students", summary="List students")
async def get_students(
    request: Request,
    search: Annotated[str, Query(description="Part of a name or identifier.")] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(description="The `next` of the page before.")] = None,
    after: After = None,
    generation: GenerationName = None,
) -> dict[str, Any]:
    """List the persons the record has learning evidence about, by name."""
    credential = await demand(request, READ_PROJECTIONS)
    portraits = await _portraits(request, generation, after)
    try:
        return await asyncio.to_thread(
            portraits.students, credential.store, search=search, limit=limit, cursor=cursor
        )
    except BadCursor as error:
        raise ApiError(400, f"parameter 'cursor': {error}", value=cursor) from None


@router.get("/portraits/students/{person:path}", summary="A student's portrait")
async def get_student_portrait(
    request: Request, person: str, after: After = None, generation: GenerationName = None
) -> dict[str, Any]:
    """Give activity by phase, mastery with interval, weak and strong points, and the radar.

    `person` is the actor's name in the record, such as ``mbox:mailto:ming@school.example`` or
    ``account:https://district.example|s001``.
    """
    credential = await demand(request, READ_PROJECTIONS)
    portraits = await _portraits(request, generation, after)
    portrait = await asyncio.to_thread(portraits.student, credential.store, person)
    if portrait is None:
        raise ApiError(404, f"there is no evidence about {person}", value=person)
    return portrait


@router.get("/students/{person:path}/documents", summary="What apps keep about a person")
async def get_student_documents(
    request: Request,
    person: str,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    after: After = None,
    generation: GenerationName = None,
) -> dict[str, Any]:
    """List State and Agent Profile documents about a person, newest first.

    `content` is there where it is JSON of at most 64 KiB. `person` is named as in portraits. Takes
    the scopes that these documents themselves are read with (all/read or all): that somebody may
    query projections doesn't open what apps keep.
    """
    credential = await demand(request, READ_ALL)
    portraits = await _portraits(request, generation, after)
    listed = await asyncio.to_thread(portraits.documents, credential.store, person, limit=limit)
    return {"person": person, "documents": listed}


@router.get("/status", summary="How the projection is doing")
async def get_status(request: Request) -> dict[str, Any]:
    """Give position, lag, last error and dead letters of the embedded carrier.

    `mappings_waiting` are those, by store, that were published or withdrawn since the live
    generation was made: they take effect by a replay. An operator sees every store's, others their
    own.
    """
    credential = await demand(request, READ_PROJECTIONS)
    services: Services = request.app.state.services
    carrier = services.carrier
    last = await asyncio.to_thread(services.record.last_position)
    store = "" if credential.may(*OPERATE) else credential.store
    waiting = await asyncio.to_thread(
        all_pending, services.record, services.generation.origin, store
    )
    told = {
        "record": {"position": last},
        "generation": services.generation.name,
        "mappings_waiting": waiting,
    }
    if carrier is None:
        return {**told, "carrier": None}
    status = await asyncio.to_thread(carrier.status)
    return {**told, "carrier": asdict(status)}


async def _portraits(request: Request, name: str | None, after: int | None) -> Portraits:
    """Give the portraits of a generation once it has reached `after`; raises ApiError 404, 504.

    Nobody waits for a generation that isn't live: nothing carries it on.
    """
    services: Services = request.app.state.services
    try:
        portraits = await asyncio.to_thread(services.portraits, name)
        if after is None:
            return portraits
        if portraits.identity == services.generation.identity:
            reached = await services.live.reached(after, PATIENCE)
            portraits = await asyncio.to_thread(services.portraits, name)
        else:
            reached = await asyncio.to_thread(portraits.position) >= after
    except UnknownGeneration:
        raise ApiError(404, f"there is no generation {name!r}", value=name) from None
    if not reached:
        raise ApiError(
            504,
            f"the projection has not reached position {after} yet",
            {"Retry-After": "5"},
            value=after,
        )
    return portraits
