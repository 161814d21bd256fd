"""Trajectories of students and classes, and early warnings."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api import answers
from api.answers import Answer, View
from api.classes import Subject
from api.cursors import Paged
from api.days import On, day_of
from api.described import described
from api.errors import REFUSALS
from api.records import Column, Records
from api.roles import Resource, class_group, student
from projections.identities import person_of
from projections.prediction.trajectories import PASS

router = APIRouter(prefix="/v1", tags=["Projections"], responses=REFUSALS)

WARNINGS = Records(
    "warnings",
    (
        Column("person", "text", "The key of the person."),
        Column("class_group", "text"),
        Column("school", "text"),
        Column("subject", "text", "A code, or a course where results name no subject."),
        Column("probability", "real", "Of results under the mark in the next four weeks."),
        Column("n", "whole", "Results that it rests on."),
        Column("level", "object", "In points, with its bands."),
        Column("reasons", "object", "Each with code, sentences and numbers."),
        Column("evidence", "text", "A query that lists the facts."),
    ),
)

Until = Annotated[date | None, Query(description="As of this day; today if not given (ISO 8601).")]
Target = Annotated[
    float, Query(ge=0, le=100, description="Points whose probability to reach is asked for.")
]


@router.get(
    "/trajectories/students/{person:path}",
    summary="A student's trajectory",
    responses=described("student_trajectory"),
)
async def get_student_trajectory(
    asked: answers.Query,
    person: str,
    until: Until = None,
    subject: Subject = "",
    target: Target = PASS,
) -> Response:
    """Give, by subject, the level week by week, its bands, growth among peers and the forecast.

    A level is told from three results on, and a forecast only under a fitted calibration; else
    `why` says what is missing. `until` gives the trajectory as it was on that day.
    """

    def ask(view: View) -> Answer | None:
        day = day_of(view, until)
        trajectories = view.services.boards(view.generation).trajectories
        known = person_of(view.generation, view.store, person)
        found, position = trajectories.student(
            view.store, known, day, subject=subject, target=target, least=asked.after or 0
        )
        return found and {**found, "position": position}

    return await asked.answer(
        Resource.STUDENT_PORTRAIT,
        ask,
        subject=student(person),
        missing=f"there are no results of {person} until then",
    )


@router.get(
    "/trajectories/classes/{name:path}",
    summary="The trajectories of a class",
    responses=described("class_trajectories"),
)
async def get_class_trajectories(
    asked: answers.Query,
    name: str,
    on: On = None,
    subject: Subject = "",
    target: Target = PASS,
) -> Response:
    """Give, by subject, each student's level and what to expect of next week's result.

    `name` is the class's id in the roster; it is told of who is in it on the day `on`.
    """

    def ask(view: View) -> Answer | None:
        trajectories = view.services.boards(view.generation).trajectories
        found = trajectories.class_group(
            view.store, name, day_of(view, on), subject=subject, target=target
        )
        return found and {**found, "position": view.position}

    return await asked.answer(
        Resource.CLASS_PORTRAIT,
        ask,
        subject=class_group(name),
        missing=f"the roster has no class {name}",
    )


@router.get(
    "/early-warnings",
    summary="Early warnings",
    responses=described("early_warnings", WARNINGS),
)
async def get_early_warnings(
    asked: answers.Query,
    page: Paged,
    on: On = None,
    class_name: Annotated[str, Query(alias="class_group", description="Of one class.")] = "",
    school: Annotated[str, Query(description="Of one school.")] = "",
) -> Response:
    """List who is likely to get results under the mark of passing in the next four weeks.

    The likeliest first, with reasons, and with how right such warnings were: `measured` compares
    those of earlier days with what came, over all of the store. A teacher is shown the students of
    the own classes, a school leader those of the own school.
    """

    def ask(view: View) -> Answer:
        trajectories = view.services.boards(view.generation).trajectories
        found, position = trajectories.warnings(
            view.store,
            day_of(view, on),
            school=school,
            class_group=class_name,
            least=asked.after or 0,
        )
        warnings = found["warnings"]
        if view.own is not None:
            warnings = [one for one in warnings if one["person"] in view.own.students]
        some, following = page.cut(warnings, _place_of, float, str, str)
        return {**found, "warnings": some, "next": following, "position": position}

    return await asked.answer(Resource.CLASS_PORTRAIT, ask, records=WARNINGS)


def _place_of(warning: Answer) -> tuple[float, str, str]:
    return -warning["probability"], warning["person"], warning["subject"]
