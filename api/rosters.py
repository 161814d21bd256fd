"""Rosters over HTTP: OneRoster CSV files imported; schools and classes as they are on a day."""

import asyncio
from datetime import date, datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import UploadFile
from starlette.types import Message

from api.authentication import authority_of, named_store
from api.errors import REFUSALS, ApiError
from api.roles import Resource, allow
from api.roster.faults import RosterFaulty
from api.roster.files import unpacked
from api.roster.importing import DEFAULT_SOURCE, BadImport, Imported, import_roster, make_import
from api.roster.plan import Import
from api.services import Services
from api.settings import Settings
from api.xapi.bodies import read_body
from api.xapi.statements import POSITION
from lrs.credentials import Credential
from lrs.declarations import DeclarationConflict, DeclarationRefused
from projections.roster import Roster
from projections.warehouse import Generation, SchemaOutdated, UnknownGeneration

router = APIRouter(prefix="/v1/roster", tags=["Roster"], responses=REFUSALS)

PATIENCE: Final = 30.0  # seconds that a query waits for `after`
_MOST_FILES: Final = 40  # in a form: either version has fewer
_ZIP: Final = ("application/zip", "application/x-zip-compressed", "application/octet-stream")
_FORM: Final = "multipart/form-data"
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_FILES: Final = {
    "schema": {"type": "object", "additionalProperties": {"type": "string", "format": "binary"}}
}
_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "The set of CSV files: as a zip file, or as the files of a form.",
        "content": {"application/zip": _BINARY, _FORM: _FILES},
    }
}
_CHANGES: Final[dict[int | str, dict[str, Any]]] = {
    409: {"description": "an account can't be linked as the files say"},
    413: {"description": "the files are too large"},
    415: {"description": "the body is neither a zip file nor a form"},
}

On = Annotated[date | None, Query(description="The day asked about; today if not given.")]
After = Annotated[
    int | None,
    Query(ge=0, description="Wait until the projection has reached this position of the log."),
]
GenerationName = Annotated[
    str | None, Query(description="A generation of the projections; the live one if not named.")
]

StoreName = Annotated[str, Query(description="Which store's: only an operator names another.")]


# Importing ---------------------------------------------------------------------------------------


@router.post("", summary="Import a roster", responses=_CHANGES, openapi_extra=_BODY)
async def post_roster(
    request: Request,
    response: Response,
    home_page: Annotated[
        str, Query(description="The home page that users' accounts have, by their sourcedId.")
    ] = "",
    day: Annotated[
        str, Query(alias="date", description="The day it holds from (ISO 8601); today if empty.")
    ] = "",
    source: Annotated[str, Query(description="The system the files are from.")] = DEFAULT_SOURCE,
    account: Annotated[
        list[str] | None,
        Query(description="TYPE=HOMEPAGE: identifiers of a type are accounts there; repeatable."),
    ] = None,
    mbox: Annotated[bool, Query(description="E-mail addresses are accounts too.")] = False,
    dry_run: Annotated[bool, Query(description="Only tell what would come of it.")] = False,
    store: StoreName = "",
) -> dict[str, Any]:
    """Import a set of OneRoster 1.1 or 1.2 CSV files, all of it or nothing.

    The answer counts by kind what is new, changed, ended, withdrawn, unchanged, and older than
    what is held. A set with faults is answered 400, with each fault's file, line, column, rule and
    value: `faults` has a hundred of them, `count` says how many there are.
    """
    credential = (await allow(request, Resource.ROSTER_CHANGE)).credential
    into = named_store(credential, store)
    settings: Settings = request.app.state.settings
    try:
        how = make_import(
            into,
            home_page=home_page,
            timezone=settings.timezone,
            source=source,
            day=day,
            accounts=account or (),
            mbox=mbox,
        )
    except BadImport as error:
        raise ApiError(400, str(error)) from None
    imported = await _imported(request, credential, into, how, dry_run=dry_run)
    response.headers[POSITION] = str(imported.position)
    answer: dict[str, Any] = msgspec.to_builtins(imported)
    return answer


async def _imported(
    request: Request, credential: Credential, store: str, how: Import, *, dry_run: bool
) -> Imported:
    """Read the files of a request and import them; raises ApiError."""
    services: Services = request.app.state.services
    authority = authority_of(request, credential).json
    try:
        files = await _files(request)
        return await asyncio.to_thread(
            import_roster, services.record, store, files, how, authority, dry_run=dry_run
        )
    except RosterFaulty as faulty:
        raise ApiError(
            400,
            f"{faulty}; nothing was stored",
            count=faulty.count,
            faults=msgspec.to_builtins(faulty.faults),
        ) from None
    except DeclarationRefused as refused:
        status = 409 if isinstance(refused, DeclarationConflict) else 400
        raise ApiError(status, str(refused), rule=refused.rule, value=refused.id) from None


async def _files(request: Request) -> dict[str, bytes]:
    """Give the CSV files of a request's body by name; raises ApiError 413, 415, RosterFaulty."""
    settings: Settings = request.app.state.settings
    body = await read_body(request, settings.maximum_body_size)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type in _ZIP:
        return await asyncio.to_thread(unpacked, body)
    if media_type != _FORM:
        raise ApiError(
            415, f"a roster is a zip file ({_ZIP[0]}) or a form ({_FORM})", value=media_type
        )

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    files: dict[str, bytes] = {}
    async with Request(request.scope, receive).form(max_files=_MOST_FILES) as form:
        for _, sent in form.multi_items():
            if isinstance(sent, UploadFile):
                name = (sent.filename or "").rpartition("/")[2]
                content = await sent.read()
                files |= unpacked(content, name) if name.endswith(".zip") else {name: content}
    return files


# Asking ------------------------------------------------------------------------------------------


@router.get("/schools", summary="List schools")
async def get_schools(
    request: Request,
    on: On = None,
    after: After = None,
    generation: GenerationName = None,
    store: StoreName = "",
) -> dict[str, Any]:
    """List the schools of the roster, with how many classes, students and teachers each has.

    A school leader is shown the own ones.
    """
    asker = await allow(request, Resource.ROSTER)
    of = named_store(asker.credential, store)
    roster, day = await _roster(request, generation, after), _day(request, on)
    schools = await asyncio.to_thread(roster.schools, of, on=day)
    if asker.own is not None:
        schools = [one for one in schools if one.org in asker.own.schools]
    return {"on": day, "schools": msgspec.to_builtins(schools)}


@router.get("/classes", summary="List classes")
async def get_classes(
    request: Request,
    school: Annotated[str, Query(description="One school's only, by its sourcedId.")] = "",
    on: On = None,
    after: After = None,
    generation: GenerationName = None,
    store: StoreName = "",
) -> dict[str, Any]:
    """List the classes of the roster, or of one school, by school, grade and title.

    `grade` is 01 to 12, or a kindergarten's KG and the like; `stage` is kindergarten, primary,
    junior or senior. A teacher is shown the classes taught, a school leader those of the own
    school.
    """
    asker = await allow(request, Resource.ROSTER)
    of = named_store(asker.credential, store)
    roster, day = await _roster(request, generation, after), _day(request, on)
    classes = await asyncio.to_thread(roster.classes, of, school, on=day)
    if asker.own is not None:
        classes = [one for one in classes if one.class_group in asker.own.classes]
    return {"on": day, "classes": msgspec.to_builtins(classes)}


def _day(request: Request, on: date | None) -> date:
    settings: Settings = request.app.state.settings
    return on or datetime.now(ZoneInfo(settings.timezone)).date()


async def _roster(request: Request, name: str | None, after: int | None) -> Roster:
    """Give the roster of a generation once it has reached `after`; raises ApiError 404, 409, 504.

    Nobody waits for a generation that isn't live: nothing carries it on.
    """
    services: Services = request.app.state.services
    try:
        if after is not None and name is None and not await services.live.reached(after, PATIENCE):
            raise _not_reached(after)
        generation = await asyncio.to_thread(services.warehouse.generation, name)
    except UnknownGeneration:
        raise ApiError(404, f"there is no generation {name!r}", value=name) from None
    except SchemaOutdated as error:
        raise ApiError(409, str(error), value=name) from None
    if after is not None and name is not None:
        await _check_reached(services, generation, after)
    return Roster(generation, request.app.state.settings.timezone)


async def _check_reached(services: Services, generation: Generation, after: int) -> None:
    if await asyncio.to_thread(services.position, generation) < after:
        raise _not_reached(after)


def _not_reached(after: int) -> ApiError:
    message = f"the projection has not reached position {after} yet"
    return ApiError(504, message, {"Retry-After": "5"}, value=after)
