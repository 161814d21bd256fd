"""Rosters over HTTP: OneRoster CSV files imported; schools and classes as they are on a day."""

import asyncio
from datetime import date
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import UploadFile
from starlette.types import Message

from api import answers
from api.answers import Answer, View
from api.authentication import authority_of, named_store
from api.cursors import Paged
from api.described import described
from api.errors import REFUSALS, ApiError
from api.records import Column, Records
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
from projections.days import today
from projections.rosters.roster import ClassGroup, Roster

router = APIRouter(prefix="/v1/roster", tags=["Roster"], responses=REFUSALS)

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
StoreName = Annotated[str, Query(description="Which store's: only an operator names another.")]

SCHOOLS: Final = Records(
    "schools",
    (
        Column("org", "text", "Its sourcedId."),
        Column("name", "text"),
        Column("parent", "text", "The sourcedId of what it belongs to."),
        Column("identifier", "text", "Its number at the ministry, for example."),
        Column("classes", "whole"),
        Column("students", "whole"),
        Column("teachers", "whole"),
    ),
)
CLASSES: Final = Records(
    "classes",
    (
        Column("class_group", "text", "Its sourcedId."),
        Column("title", "text"),
        Column("code", "text"),
        Column("type", "text", "`homeroom` (行政班) or `scheduled`."),
        Column("course", "text", "The sourcedId of its course."),
        Column("school", "text", "The sourcedId of its school."),
        Column("school_name", "text"),
        Column("grade", "text", "01 to 12, KG and the like; empty where unknown."),
        Column("stage", "text", "kindergarten, primary, junior, senior; empty where unknown."),
        Column("subjects", "texts"),
        Column("sessions", "texts", "The sourcedIds of its terms."),
        Column("students", "whole"),
        Column("teachers", "whole"),
    ),
)


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


@router.get("/schools", summary="List schools", responses=described("roster_schools", SCHOOLS))
async def get_schools(
    asked: answers.Query, page: Paged, on: On = None, store: StoreName = ""
) -> Response:
    """List the schools of the roster, with how many classes, students and teachers each has.

    A school leader is shown the own ones. They are in the order of their names.
    """

    def ask(view: View) -> Answer:
        of, day = named_store(view.asker.credential, store), _day(view, on)
        listed = Roster(view.generation).schools(of, on=day)
        if view.own is not None:
            listed = [one for one in listed if one.org in view.own.schools]
        schools, following = page.cut(listed, lambda one: (one.name, one.org), str, str)
        return {"on": day, "schools": msgspec.to_builtins(schools), "next": following}

    return await asked.answer(Resource.ROSTER, ask, records=SCHOOLS)


@router.get("/classes", summary="List classes", responses=described("roster_classes", CLASSES))
async def get_classes(
    asked: answers.Query,
    page: Paged,
    school: Annotated[str, Query(description="One school's only, by its sourcedId.")] = "",
    on: On = None,
    store: StoreName = "",
) -> Response:
    """List the classes of the roster, or of one school, by school, grade and title.

    `grade` is 01 to 12, or a kindergarten's KG and the like; `stage` is kindergarten, primary,
    junior or senior. A teacher is shown the classes taught, a school leader those of the own
    school.
    """

    def ask(view: View) -> Answer:
        of, day = named_store(view.asker.credential, store), _day(view, on)
        listed = Roster(view.generation).classes(of, school, on=day)
        if view.own is not None:
            listed = [one for one in listed if one.class_group in view.own.classes]
        classes, following = page.cut(listed, _place_of, *5 * [str])
        return {"on": day, "classes": msgspec.to_builtins(classes), "next": following}

    return await asked.answer(Resource.ROSTER, ask, records=CLASSES)


def _place_of(one: ClassGroup) -> tuple[str, ...]:
    """Give what classes are in the order of."""
    return (one.school_name, one.school, one.grade, one.title, one.class_group)


def _day(view: View, on: date | None) -> date:
    return on or today(ZoneInfo(view.services.settings.timezone))
