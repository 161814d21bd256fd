"""Teachers: a list of them, and each one's portrait of five dimensions, resources and lessons."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from api import answers
from api.answers import Answer, LiveQuery, View
from api.cursors import Paged
from api.days import On, day_of
from api.described import described
from api.errors import REFUSALS
from api.evidence import linked
from api.records import Column, Records
from api.roles import Own, Resource, teacher
from projections.portraits.teacher_dimensions import DIMENSIONS

router = APIRouter(prefix="/v1", tags=["Projections"], responses=REFUSALS)

TEACHERS: Final = Records(
    "teachers",
    (
        Column("person", "text", "The key of the person."),
        Column("name", "text"),
        Column("schools", "texts", "Of the classes taught on that day, by their ids."),
        Column("weeks", "whole", "Teaching weeks: those in which anything was done as a teacher."),
        Column("acts", "whole", "What was done as a teacher."),
        *(
            Column(each.code, "real", f"{each.zh}: {each.en}; acts a teaching week.")
            for each in DIMENSIONS
        ),
    ),
)


@router.get("/teachers", summary="List teachers", responses=described("teachers", TEACHERS))
async def get_teachers(
    asked: answers.Query,
    page: Paged,
    on: On = None,
    school: Annotated[str, Query(description="Who teaches in one school on that day.")] = "",
) -> Response:
    """List who teaches a class on a day, and who did anything as a teacher, by name.

    Each dimension is told in acts a teaching week, and not ranked: what is much depends on what is
    taught. A teacher is shown the own line, a school leader the own school's. It may reflect an
    earlier position than the newest, which it tells; `after` asks for one.
    """

    def ask(view: View) -> Answer:
        teachers = view.services.teachers_of(view.generation)
        listed, position = teachers.listed(view.store, day_of(view, on), least=asked.after or 0)
        shown = [_record(one) for one in listed_for(view.own, listed, school)]
        some, following = page.cut(shown, lambda one: (one["name"], one["person"]), str, str)
        return {"position": position, "teachers": some, "next": following}

    return await asked.answer(Resource.TEACHERS, ask, records=TEACHERS)


def listed_for(
    own: Own | None, listed: list[dict[str, Any]], school: str = ""
) -> list[dict[str, Any]]:
    """Give those of a list of teachers whom somebody may see, of one school if it is named."""
    return [
        one
        for one in listed
        if (own is None or one["person"] in own.teachers)
        and (not school or school in one["schools"])
    ]


def _record(one: dict[str, Any]) -> dict[str, Any]:
    rates = one["rates"]
    return {**{name: value for name, value in one.items() if name != "rates"}, **rates}


@router.get(
    "/portraits/teachers/{person:path}",
    summary="A teacher's portrait",
    responses=described("teacher_portrait", live=True),
)
async def get_teacher_portrait(asked: LiveQuery, person: str) -> Response:
    """Give what a teacher does, in five dimensions, each a teaching week and among all teachers.

    `person` is the key of the person, or of any of their accounts. A teacher is shown the own
    portrait only. Live, it is sent again whenever it changes.
    """

    def ask(view: View) -> Answer | None:
        teachers = view.services.teachers_of(view.generation)
        found = teachers.portrait(view.store, person, least=asked.after or 0)
        told: Answer | None = linked(view, found)
        return told

    return await asked.answer(
        Resource.TEACHER_PORTRAIT,
        ask,
        subject=teacher(person),
        missing=f"there is no teacher {person}",
    )
