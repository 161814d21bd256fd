"""Teacher portraits: five dimensions, preparation, resources, homework, the lessons behind."""

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import Answer, LiveQuery, View
from api.described import described
from api.errors import REFUSALS
from api.evidence import linked
from api.roles import Resource, teacher

router = APIRouter(prefix="/v1", tags=["Projections"], responses=REFUSALS)


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
