"""Portraits of schools and of the whole district, monthly rankings, the quarterly report."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from api import answers
from api.answers import Answer, View
from api.days import On, day_of
from api.described import described
from api.errors import REFUSALS, ApiError
from api.evidence import linked
from api.records import Column, Records
from api.roles import Resource
from api.roles import school as own_school
from projections.portraits.rankings import BadPeriod, Month, Quarter

router = APIRouter(prefix="/v1", tags=["Projections"], responses=REFUSALS)

RANKING = Records(
    "ranking",
    (
        Column("rank", "whole", "Those that are equal share one."),
        Column("school", "text", "Of a ranking of schools: its id in the roster."),
        Column("name", "text"),
        Column("app", "text", "Of a ranking of apps: the name of its credential."),
        Column("students", "whole", "In the roster at the end of the month."),
        Column("active", "whole", "Students with any action in the month."),
        Column("active_share", "real"),
        Column("persons", "whole", "Whom an app reached."),
        Column("actions", "whole"),
        Column("active_days", "whole", "Days of all persons, added up."),
        Column("per_student", "real", "What schools are ranked by."),
        Column("change", "real", "Of actions (schools) or persons (apps) since the month before."),
    ),
)


@router.get(
    "/portraits/district",
    summary="The district's portrait",
    responses=described("district_portrait"),
)
async def get_district_portrait(asked: answers.Query, on: On = None) -> Response:
    """Give key figures, the diagnosis by subject, stage and school, weak points and the trend.

    Schools are pooled: `seen` is the plain mean, `mean` what is believed with its 95 % interval,
    `differs` whether that surely lies above (1) or below (-1) the mean of all schools. It may
    reflect an earlier position than the newest, which it tells; `after` asks for one.
    """

    def ask(view: View) -> Answer:
        board = view.services.boards(view.generation)
        told, position = board.district.district(
            view.store, day_of(view, on), least=asked.after or 0
        )
        return {**told, "position": position}

    return await asked.answer(Resource.DISTRICT_PORTRAIT, ask)


@router.get(
    "/portraits/schools/{name:path}",
    summary="A school's portrait",
    responses=described("school_portrait"),
)
async def get_school_portrait(asked: answers.Query, name: str, on: On = None) -> Response:
    """Give the same of one school, with its classes, homework load and distribution of mastery.

    `name` is its id in the roster. Of those at risk it names the first thirty: `/v1/at-risk` has
    all of them.
    """

    def ask(view: View) -> Answer | None:
        board = view.services.boards(view.generation)
        told, position = board.district.school(
            view.store, name, day_of(view, on), least=asked.after or 0
        )
        return told and {**linked(view, told), "position": position}

    return await asked.answer(
        Resource.SCHOOL_PORTRAIT,
        ask,
        subject=own_school(name),
        missing=f"the roster has no school {name}",
    )


@router.get("/rankings", summary="Rankings of a month", responses=described("rankings", RANKING))
async def get_rankings(
    asked: answers.Query,
    month: Annotated[str, Query(description="Such as `2026-11`.")],
    of: Literal["schools", "apps"] = "schools",
) -> Response:
    """Rank schools by what their students did per head, or apps by whom they reached.

    A school leader is shown the own school's rank.
    """

    def ask(view: View) -> Answer:
        period = _period(Month, month, "month")
        rankings = view.services.boards(view.generation).rankings
        rank = rankings.schools if of == "schools" else rankings.apps
        told, position = rank(view.store, period, least=asked.after or 0)
        rows = told["ranking"]
        if view.own is not None:
            rows = [row for row in rows if row.get("school") in view.own.schools]
        every = dict.fromkeys(column.name for column in RANKING.columns)
        return {**told, "ranking": [{**every, **row} for row in rows], "position": position}

    return await asked.answer(Resource.RANKINGS, ask, records=RANKING)


@router.get(
    "/reports/quarterly",
    summary="The report of a quarter",
    responses=described("quarterly_report"),
)
async def get_quarterly_report(
    asked: answers.Query,
    quarter: Annotated[str, Query(description="Such as `2026-Q4`.")],
) -> Response:
    """Give figures and changes of a quarter, by month, school and app, with sentences (zh, en)."""

    def ask(view: View) -> Answer:
        period = _period(Quarter, quarter, "quarter")
        rankings = view.services.boards(view.generation).rankings
        told, position = rankings.quarterly(view.store, period, least=asked.after or 0)
        return {**told, "position": position}

    return await asked.answer(Resource.REPORT, ask)


def _period(kind: Any, text: str, name: str) -> Any:
    try:
        return kind.parse(text)
    except BadPeriod as error:
        raise ApiError(400, f"parameter {name!r}: {error}", value=text[:40]) from None
