"""Lesson reports and lists of lessons: each lesson as a closed loop, before, in and after class."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api import answers
from api.answers import Answer, LiveQuery, View
from api.cursors import Paged
from api.described import described
from api.errors import REFUSALS
from api.evidence import linked
from api.records import Column, Records
from api.roles import Resource, Subject, lesson
from projections.lessons.during import NARROWEST, WIDEST
from projections.lessons.reports import MINUTE, Lessons, Limits, Wanted

router = APIRouter(prefix="/v1", tags=["Projections"], responses=REFUSALS)

LESSONS = Records(
    "lessons",
    (
        Column("lesson", "text", "Its activity id."),
        Column("names", "object", "What it is called, by language."),
        Column("begins", "moment", "The first act in class; where there was none, the first act."),
        Column("classes", "object", "The classes that were in it, with their titles."),
        Column("teachers", "object", "Those who taught it, with their names."),
        Column("subjects", "texts"),
        Column("knowledge_points", "object", "With their names, by language."),
        Column(
            "phases",
            "object",
            "Of `pre`, `in` and `post`: facts, learners, answers, how many of them were right, the"
            " seconds of all learners, and how many handed homework in.",
        ),
        Column("evidence", "object", "How many facts there are of it, and a link to them."),
    ),
)


@router.get("/lessons", summary="List lessons", responses=described("lessons", LESSONS))
async def get_lessons(
    asked: answers.Query,
    page: Paged,
    class_group: Annotated[str, Query(description="The class, by its id in the roster.")] = "",
    teacher: Annotated[str, Query(description="Who taught: a person's key.")] = "",
    subject: Annotated[str, Query(description="A code such as `mathematics`.")] = "",
    first_day: Annotated[
        date | None,
        Query(alias="from", description="Lessons that begin on this local day or later."),
    ] = None,
    last_day: Annotated[
        date | None,
        Query(alias="to", description="Lessons that begin on this local day or before."),
    ] = None,
) -> Response:
    """List the lessons there is evidence of, the newest first.

    A teacher is shown the own lessons and those of the own classes, a school leader those of the
    own school.
    """

    def ask(view: View) -> Answer:
        own = view.own
        wanted = Wanted(
            [class_group] if class_group else [],
            teacher,
            subject,
            first_day,
            last_day,
            among=None if own is None else Limits(own.classes, own.teachers),
        )
        listed, following = lessons_of(view).page(
            view.store, wanted, limit=page.limit, after=page.place(int, str)
        )
        return {"lessons": linked(view, listed), "next": page.next(following)}

    return await asked.answer(Resource.LESSON, ask, records=LESSONS)


@router.get(
    "/lessons/{lesson_id:path}",
    summary="The report of a lesson",
    responses=described("lesson", live=True),
)
async def get_lesson(
    asked: LiveQuery,
    lesson_id: str,
    width: Annotated[
        int,
        Query(ge=NARROWEST, le=WIDEST, description="Seconds of a bucket of the timeline."),
    ] = MINUTE,
) -> Response:
    """Report one lesson: who previewed, what was asked and answered, what homework proved.

    `lesson_id` is the lesson's activity id. Where several classes were in it, `parts` has each of
    them. Live, the report is sent again whenever it changes.
    """
    return await asked.answer(
        Resource.LESSON,
        lambda view: linked(view, lessons_of(view).report(view.store, lesson_id, width=width)),
        subject=lambda view: subject_of(view, lesson_id),
        missing=f"there is no evidence of a lesson {lesson_id}",
    )


def lessons_of(view: View) -> Lessons:
    """Give the lessons of a view's generation."""
    return view.services.lessons_of(view.generation)


def subject_of(view: View, lesson_id: str) -> Subject:
    """Find out whose a lesson is: nobody's, where there is none."""
    teachers, classes = lessons_of(view).taught_by(view.store, lesson_id) or (set(), set())
    return lesson(teachers, classes)
