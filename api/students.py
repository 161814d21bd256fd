"""What a student is to do: the mistake book, and the plan of homework."""

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from api import answers
from api.answers import Answer, View
from api.cursors import Paged
from api.described import described
from api.errors import REFUSALS
from api.evidence import Subject, linked
from api.records import Column, Records
from api.roles import Resource, student
from projections.days import today
from projections.identities import person_of
from projections.portraits.homework import LONGEST_HOMEWORK, homework_plan
from projections.portraits.mistakes import Filters, State, mistake_book

router = APIRouter(prefix="/v1/students", tags=["Projections"], responses=REFUSALS)

MISTAKES: Final = Records(
    "mistakes",
    (
        Column("item", "text"),
        Column("names", "object", "What the item is called, by language."),
        Column("state", "text", "`wrong`, `retried` or `mastered`."),
        Column("subject", "text"),
        Column("knowledge_points", "object", "Each with its names."),
        Column("lesson", "text", "Of the last mistake."),
        Column("lesson_names", "object"),
        Column("layer", "text", "Of layered homework."),
        Column("last_wrong", "moment"),
        Column("times_wrong", "whole"),
        Column("attempts", "object", "Every answer and correction, oldest first."),
        Column("evidence", "object", "How many attempts, and a link to them."),
    ),
)


@router.get(
    "/{person:path}/mistakes",
    summary="A student's mistake book",
    responses=described("mistakes", MISTAKES),
)
async def get_mistakes(
    asked: answers.Query,
    page: Paged,
    person: str,
    subject: Subject = "",
    knowledge_point: Annotated[str, Query(description="The id of a knowledge point.")] = "",
    lesson: Annotated[str, Query(description="The id of a lesson.")] = "",
    state: Annotated[
        Literal["wrong", "retried", "mastered"] | None, Query(description="How far it is.")
    ] = None,
) -> Response:
    """Give the items ever answered wrong, what was wrong last first, with all attempts (错题本).

    An item is `wrong` until it is answered right or corrected (`retried`), and `mastered` once it
    was answered right twice, one of these on a later day than the mistake, or once after it was
    corrected. Counts by state and knowledge point are of all that is asked for, whatever its state.
    """
    only: State | None = state
    filters = Filters(subject=subject, knowledge_point=knowledge_point, lesson=lesson, state=only)

    def ask(view: View) -> Answer:
        book, following = mistake_book(
            view.generation,
            view.store,
            person,
            view.portraits.zone,
            filters,
            limit=page.limit,
            after=page.place(int, str),
        )
        found: Answer = linked(view, book)
        return {**found, "next": page.next(following)}

    return await asked.answer(Resource.MISTAKES, ask, subject=student(person), records=MISTAKES)


@router.get(
    "/{person:path}/homework-plan",
    summary="A plan of a student's homework",
    responses=described("homework_plan"),
)
async def get_homework_plan(
    asked: answers.Query,
    person: str,
    subject: Subject = "",
    minutes: Annotated[
        float | None,
        Query(
            ge=0, le=LONGEST_HOMEWORK, description="How long it may take, within the day's limit."
        ),
    ] = None,
    need: Annotated[
        list[str] | None, Query(description="Knowledge points that the next lesson needs.")
    ] = None,
) -> Response:
    """Plan homework: which knowledge points, which layer, how many items, and why each.

    The higher the accuracy, the less homework; what it takes stays within the day's limit of the
    student's stage. Mistakes that aren't mastered are done again; what nobody is sure of gets a few
    items to find out.
    """

    def ask(view: View) -> Answer | None:
        if not view.portraits.mark(view.store, person):
            return None
        portraits = view.portraits
        whose = person_of(view.generation, view.store, person)
        day = today(portraits.zone)
        group, _ = portraits.classes.of(view.store, whose, day, least=asked.after or 0)
        plan = homework_plan(
            view.generation,
            view.store,
            whose,
            portraits.zone,
            group,
            subject=subject,
            minutes=minutes,
            needed=need or (),
            daily_minutes=view.services.settings.homework_minutes,
        )
        planned: Answer = linked(view, plan)
        return planned

    return await asked.answer(
        Resource.HOMEWORK_PLAN,
        ask,
        subject=student(person),
        missing=f"there is no evidence about {person}",
    )
