"""Portraits of classes, and who is at risk."""

from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from api import answers
from api.answers import Answer, LiveQuery, View
from api.cursors import Paged
from api.days import From, On, To, day_of, span_of
from api.described import described
from api.errors import REFUSALS
from api.evidence import linked
from api.records import Column, Records
from api.roles import Resource, class_group
from projections.portraits.at_risk_rows import find_at_risk
from projections.portraits.classes import Classes

# Seconds at least between two live answers: in class all its students change the portrait at once.
LIVE_SPACING: Final = 5.0

router = APIRouter(prefix="/v1", tags=["Projections"], responses=REFUSALS)

AT_RISK = Records(
    "students",
    (
        Column("person", "text", "The key of the person."),
        Column("class_group", "text"),
        Column("school", "text"),
        Column("reasons", "object", "Each with code, sentences, numbers and evidence."),
    ),
)

Subject = Annotated[str, Query(description="A subject's code, such as `mathematics`.")]


@router.get(
    "/portraits/classes/{name:path}",
    summary="A class's portrait",
    responses=described("class_portrait", live=True),
)
async def get_class_portrait(
    asked: LiveQuery,
    name: str,
    on: On = None,
    subject: Subject = "",
    begin: From = None,
    to: To = None,
) -> Response:
    """Give heat map, weak points, distribution, activity, homework load and who is at risk.

    `name` is the class's id in the roster. What students did counts for the class they were in on
    that day; mastery is of those who are in the class on the day `on`. Live, it is sent again
    within seconds whenever it changes.
    """

    def ask(view: View) -> Answer | None:
        day = day_of(view, on)
        found = Classes(view.generation).portrait(
            view.store, name, day, span_of(day, begin, to), subject
        )
        linked_to: Answer | None = linked(view, found)
        return linked_to and {**linked_to, "position": view.position}

    return await asked.answer(
        Resource.CLASS_PORTRAIT,
        ask,
        subject=class_group(name),
        mark=lambda view: Classes(view.generation).mark(view.store, name),
        missing=f"the roster has no class {name}",
        spacing=LIVE_SPACING,
    )


@router.get("/at-risk", summary="Students at risk", responses=described("at_risk", AT_RISK))
async def get_at_risk(
    asked: answers.Query,
    page: Paged,
    on: On = None,
    class_name: Annotated[str, Query(alias="class_group", description="Of one class.")] = "",
    school: Annotated[str, Query(description="Of one school.")] = "",
) -> Response:
    """List students at risk with the reasons, those with most reasons first.

    A teacher is shown the students of the own classes, a school leader those of the own school.
    """

    def ask(view: View) -> Answer:
        day = day_of(view, on)
        found = find_at_risk(
            view.generation, view.store, day, class_group=class_name, school=school
        )
        if view.own is not None:
            found = [one for one in found if one.person in view.own.students]
        some, following = page.cut(found, lambda one: (-len(one.reasons), one.person), int, str)
        return {
            "on": day.isoformat(),
            "position": view.position,
            "students": linked(view, msgspec.to_builtins(some)),
            "next": following,
        }

    return await asked.answer(Resource.CLASS_PORTRAIT, ask, records=AT_RISK)
