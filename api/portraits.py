"""Queries over the projections: students and their portraits, as of a position of the log."""

import asyncio
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api import answers, forwarders
from api.answers import Answer, LiveQuery, View
from api.authentication import OPERATE
from api.cursors import Paged
from api.described import described
from api.errors import REFUSALS
from api.evidence import From, Subject, To, asked_days, linked
from api.mappings import all_pending
from api.records import Column, Records
from api.roles import Resource, allow, student
from api.services import Services
from lrs.credentials import Credential
from projections.documents import WantedDocuments
from projections.prediction.store_calibrations import versions_of

router = APIRouter(prefix="/v1", tags=["Projections"], responses=REFUSALS)

STUDENTS = Records(
    "students",
    (
        Column("person", "text", "The key of the person, as portraits name it."),
        Column("name", "text", "The name; the key where none is known."),
        Column("facts", "whole", "Facts about the person."),
        Column("last_time", "moment", "When the last of them happened."),
    ),
)
DOCUMENTS = Records(
    "documents",
    (
        Column("kind", "text", "`state` or `agent-profile`."),
        Column("id", "text"),
        Column("activity", "text", "Of a State document."),
        Column("registration", "text", "Of a State document, where it has one."),
        Column("app", "text", "Which app wrote it."),
        Column("content_type", "text"),
        Column("size", "whole", "Bytes."),
        Column("content", "object", "The content where it is JSON of at most 64 KiB."),
        Column("updated", "moment"),
    ),
)


@router.get("/students", summary="List students", responses=described("students", STUDENTS))
async def get_students(
    asked: answers.Query,
    page: Paged,
    search: Annotated[str, Query(description="Part of a name or identifier.")] = "",
) -> Response:
    """List the persons the record has learning evidence about, by name.

    A teacher is shown the students of the own classes, a school leader those of the own school, a
    parent the children, a student only themself.
    """

    def ask(view: View) -> Answer:
        among = None if view.own is None else view.own.students
        listed, following = view.portraits.students(
            view.store, search=search, limit=page.limit, after=page.place(str, str), among=among
        )
        return {"students": listed, "next": page.next(following)}

    return await asked.answer(Resource.STUDENTS, ask, records=STUDENTS)


@router.get(
    "/portraits/students/{person:path}",
    summary="A student's portrait",
    responses=described("student_portrait", live=True),
)
async def get_student_portrait(
    asked: LiveQuery,
    person: str,
    subject: Subject = "",
    first: From = None,
    last: To = None,
) -> Response:
    """Give the radar, mastery with interval and trend, weak and strong points, activity by phase.

    Also punctuality, ratings, badges and videos. Each figure opens its evidence. `from` and `to`
    bound all but mastery, which is as of now; without them the radar is of the last four weeks, and
    everything else of all days. The class of today is what a student is compared with, or, where no
    roster knows it, the store.

    `person` is the actor's name in the record, such as ``mbox:mailto:ming@school.example`` or
    ``account:https://district.example|s001``. Live, it is sent again whenever it changes.
    """

    def ask(view: View) -> Answer | None:
        days = asked_days(first, last)
        portrait = view.portraits.student(
            view.store, person, subject=subject, days=days, least=asked.after or 0
        )
        found: Answer | None = linked(view, portrait)
        return found

    return await asked.answer(
        Resource.STUDENT_PORTRAIT,
        ask,
        subject=student(person),
        mark=lambda view: view.portraits.mark(view.store, person),
        missing=f"there is no evidence about {person}",
    )


@router.get(
    "/students/{person:path}/documents",
    summary="What apps keep about a person",
    responses=described("student_documents", DOCUMENTS),
)
async def get_student_documents(
    asked: answers.Query,
    person: str,
    kind: Annotated[
        list[str] | None, Query(description="`state`, `agent-profile`: any of.")
    ] = None,
    app: Annotated[list[str] | None, Query(description="Names of credentials: any of.")] = None,
    activity: Annotated[list[str] | None, Query(description="Ids: any of.")] = None,
    identity: Annotated[list[str] | None, Query(alias="id", description="Any of.")] = None,
    first: From = None,
    last: To = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """List State and Agent Profile documents about a person, newest first.

    Of the days `from` and `to` those that were written last on them. `content` is there where it is
    JSON of at most 64 KiB. `person` is named as in portraits. Takes
    the scopes that these documents themselves are read with (all/read or all): that somebody may
    query projections doesn't open what apps keep.
    """

    def ask(view: View) -> Answer:
        wanted = WantedDocuments(
            kinds=tuple(kind or ()),
            apps=tuple(app or ()),
            activities=tuple(activity or ()),
            ids=tuple(identity or ()),
            days=asked_days(first, last),
        )
        listed = view.portraits.documents(view.store, person, wanted, limit=limit)
        return {"person": person, "documents": listed}

    return await asked.answer(Resource.DOCUMENTS, ask, subject=student(person), records=DOCUMENTS)


@router.get("/status", summary="How the projection is doing")
async def get_status(request: Request) -> dict[str, Any]:
    """Give position, lag, last error and dead letters of the carrier.

    `relay` tells how far what publishes the log to Kafka is and when it last did (`published`),
    where workers are the carrier and the server knows their Kafka. `mappings_waiting` are those, by
    store, that were published or withdrawn since the live generation was made: they take effect by
    a replay. `calibrations` are the versions, by store, that the live generation is folded under.
    `forwarders` is to operators what `/v1/forwarders` lists, to others null. An operator sees every
    store's, others their own.
    """
    credential = (await allow(request, Resource.STATUS)).credential
    return await asyncio.to_thread(status_of, request.app.state.services, credential)


def status_of(services: Services, credential: Credential) -> dict[str, Any]:
    """Tell how the projection is doing, as far as a credential may see it."""
    store = "" if credential.may(*OPERATE) else credential.store
    live = services.generation
    versions = versions_of(live.origin)
    carrier, relay = services.carrier, services.relay
    return {
        "record": {"position": services.record.last_position()},
        "generation": live.name,
        "calibrations": {of: one for of, one in versions.items() if store in ("", of)},
        "relay": None if relay is None else asdict(relay.status()),
        "mappings_waiting": all_pending(services.record, live.origin, store),
        "carrier": None if carrier is None else asdict(carrier.status()),
        "forwarders": None if store else forwarders.told(services.forwarders, services.record),
    }
