"""The evidence behind figures: the facts, with the statements they were read from."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from api import answers
from api.answers import Answer, View
from api.cursors import Paged
from api.days import LONGEST_SPAN
from api.described import described
from api.errors import REFUSALS, ApiError
from api.records import Column, Records
from api.roles import Resource, person
from api.roles import Subject as Whose
from api.roles import class_group as own_class
from api.roles import school as own_school
from projections.days import Days
from projections.evidence import NONE, Wanted, evidence, texts
from projections.vocabulary import ACTIONS

router = APIRouter(prefix="/v1", tags=["Projections"], responses=REFUSALS)

FACTS: Final = Records(
    "facts",
    (
        Column("statement", "text", "The id of the statement that says so."),
        Column("ordinal", "whole", "Which of the facts of that statement."),
        Column("person", "text", "The account that it is about."),
        Column("action", "text", "What was done, or given."),
        Column("time", "moment", "When it happened."),
        Column("phase", "text", "`pre`, `in`, `post`, or empty."),
        Column("subject", "text"),
        Column("lesson", "text"),
        Column("course", "text"),
        Column("knowledge_points", "texts"),
        Column("item", "text", "What was acted on."),
        Column("part_of", "text", "What that is part of: homework, check, deed, indicator."),
        Column("layer", "text", "Of layered homework."),
        Column("success", "truth"),
        Column("completion", "truth"),
        Column("response", "text"),
        Column("score", "real", "-1..1"),
        Column("rating", "real", "0..1"),
        Column("progress", "real", "0..1"),
        Column("duration", "real", "Seconds."),
        Column("due", "moment", "By when it had to be done."),
        Column("counterpart", "text", "The other person: who gave it, or to whom."),
        Column("app", "text"),
        Column("verb", "text"),
        Column("class_group", "text"),
        Column("school", "text"),
        Column("names", "object", "What the things and people named are called, by language."),
    ),
)

From = Annotated[date | None, Query(alias="from", description="The first day, the district's.")]
To = Annotated[date | None, Query(alias="to", description="The last day, inclusive.")]
Subject = Annotated[str, Query(description="The code of a subject, such as `mathematics`.")]


def asked_days(first: date | None, last: date | None) -> Days:
    """Give the days that a request asks for; raises ApiError 400 for an end before the begin."""
    if first is not None and last is not None and last < first:
        raise ApiError(400, f"parameter 'to': {last} is before 'from', {first}", value=str(last))
    return Days(first, last)


_SAYS_NONE = f"`{NONE}`: of those that don't say one."
_ONE_OF = f"One of these. {_SAYS_NONE}"


def asked_facts(
    who: Annotated[
        str, Query(alias="person", description="The person, as portraits name them.")
    ] = "",
    class_group: Annotated[
        str, Query(description="A class: what its students did while they were in it.")
    ] = "",
    school: Annotated[str, Query(description="A school: the same of its students.")] = "",
    on: Annotated[
        date | None,
        Query(
            description="Of a class or school: of those who are in it on this day, all they did."
        ),
    ] = None,
    statement: Annotated[
        UUID | None, Query(description="The id of the statement that they were read from.")
    ] = None,
    action: Annotated[list[str] | None, Query(description="One of these actions.")] = None,
    phase: Annotated[Literal["", "pre", "in", "post", "none"], Query(description=_SAYS_NONE)] = "",
    subject: Annotated[list[str] | None, Query(description=_ONE_OF)] = None,
    knowledge_point: Annotated[
        list[str] | None, Query(description="One of these is among its knowledge points.")
    ] = None,
    lesson: Annotated[list[str] | None, Query(description=_ONE_OF)] = None,
    course: Annotated[list[str] | None, Query(description=_ONE_OF)] = None,
    item: Annotated[list[str] | None, Query(description=_ONE_OF)] = None,
    part_of: Annotated[list[str] | None, Query(description=_ONE_OF)] = None,
    app: Annotated[list[str] | None, Query(description="One of the apps that posted it.")] = None,
    layer: Annotated[list[str] | None, Query(description=_ONE_OF)] = None,
    known: Annotated[
        list[Literal["success", "completion", "score", "rating", "due", "duration", "progress"]]
        | None,
        Query(description="Only facts that hold each of these."),
    ] = None,
    least_tries: Annotated[
        int,
        Query(ge=0, le=1_000_000, description="Responses to points with at least so many tries."),
    ] = 0,
    points_of: Annotated[str, Query(description="With `least_tries`: points of a subject.")] = "",
    attempts_at: Annotated[
        str,
        Query(description="An item: answers to it, corrections of it or of the homework it is in."),
    ] = "",
    first: From = None,
    last: To = None,
) -> Wanted:
    """Give what a request asks for."""
    return Wanted(
        person=who,
        class_group=class_group,
        school=school,
        on=on,
        statement=str(statement) if statement else "",
        actions=tuple(action or ()),
        phase=phase,
        subject=_said(subject),
        knowledge_point=_said(knowledge_point),
        lesson=_said(lesson),
        course=_said(course),
        item=_said(item),
        part_of=_said(part_of),
        app=_said(app),
        layer=_said(layer),
        known=tuple(known or ()),
        least_tries=least_tries,
        points_of=points_of,
        attempts_at=attempts_at,
        first=first,
        last=last,
    )


def _said(values: list[str] | None) -> tuple[str, ...]:
    return tuple(value for value in values or () if value)


@router.get(
    "/evidence", summary="The facts behind a figure", responses=described("evidence", FACTS)
)
async def get_evidence(
    asked: answers.Query, page: Paged, wanted: Annotated[Wanted, Depends(asked_facts)]
) -> Response:
    """Give facts of a person, a lesson, a class or a school, newest first, with statements' ids.

    What figures say as `evidence.link` asks for exactly the facts that they rest on.
    `GET /xapi/statements?statementId=` gives a statement itself.
    """

    def ask(view: View) -> Answer:
        check_asked(wanted)
        among = None if view.own is None else view.own.students | view.own.teachers
        facts, following = evidence(
            view.generation,
            view.store,
            wanted,
            view.portraits.zone,
            limit=page.limit,
            after=page.place(int, str, int),
            among=among,
        )
        return {"facts": facts, "next": page.next(following)}

    return await asked.answer(Resource.EVIDENCE, ask, subject=whose(wanted), records=FACTS)


def whose(wanted: Wanted) -> Whose | None:
    """Give whose facts are asked for; None for a lesson's, of which each is shown the own ones."""
    if wanted.person:
        return person(wanted.person)
    if wanted.class_group:
        return own_class(wanted.class_group)
    return own_school(wanted.school) if wanted.school else None


def check_asked(wanted: Wanted) -> None:
    """Raise ApiError 400 for what can't be asked."""
    asked_days(wanted.first, wanted.last)
    for action in wanted.actions:
        if action not in ACTIONS:
            message = f"parameter 'action': there is no action {action!r}"
            raise ApiError(400, message, refusal="no_action", value=action)
    if sum(map(bool, (wanted.person, wanted.class_group, wanted.school))) > 1:
        message = "evidence is of one: name `person`, `class_group` or `school`"
        raise ApiError(400, message, refusal="evidence_of_whom")
    if wanted.class_group or wanted.school:
        _check_days_of_group(wanted)
        return
    if wanted.on is not None:
        message = "parameter 'on': name a `class_group` or a `school`"
        raise ApiError(400, message, refusal="evidence_of_whom")
    if not wanted.person and (len(texts(wanted.lesson)) != 1 or NONE in texts(wanted.lesson)):
        message = (
            "evidence is of a person, a lesson, a class or a school: name `person`, one `lesson`,"
            " `class_group` or `school`"
        )
        raise ApiError(400, message, refusal="evidence_of_whom")
    if wanted.least_tries and not wanted.person:
        message = "parameter 'least_tries': tries are a person's: name `person`"
        raise ApiError(400, message, refusal="evidence_of_whom")
    if wanted.attempts_at and not wanted.person:
        message = "parameter 'attempts_at': attempts are a person's: name `person`"
        raise ApiError(400, message, refusal="evidence_of_whom")


def _check_days_of_group(wanted: Wanted) -> None:
    """Raise ApiError 400 where it isn't said on which days somebody has to be in a class."""
    for name in ("least_tries", "attempts_at"):
        if getattr(wanted, name):
            message = f"parameter {name!r}: it is a person's: name `person`"
            raise ApiError(400, message, refusal="evidence_of_whom")
    if wanted.on is None and (wanted.first is None or wanted.last is None):
        message = "evidence of a class or a school is of some days: name `on`, or `from` and `to`"
        raise ApiError(400, message, refusal="evidence_of_days")
    if wanted.first and wanted.last and (wanted.last - wanted.first).days >= LONGEST_SPAN:
        message = f"`from` and `to` are at most {LONGEST_SPAN} days apart"
        raise ApiError(400, message, refusal="evidence_of_days")


def linked(view: View, answer: Any) -> Any:
    """Give an answer in which each figure's evidence is a link to it."""
    is_live = view.generation.identity == view.services.generation.identity
    return with_links(answer, {} if is_live else {"generation": view.generation.name})


def with_links(answer: Any, more: Mapping[str, str]) -> Any:
    """Put links in the place of what evidence asks for, with ``more`` parameters each."""
    if isinstance(answer, dict):
        if "wanted" in answer and answer.keys() <= {"facts", "wanted"}:
            query = urlencode({**answer["wanted"], **more}, doseq=True)
            link = {"link": f"/v1/evidence?{query}"}
            return {"facts": answer["facts"], **link} if "facts" in answer else link
        if answer.keys() == {"documents", "wanted"}:
            asked = {**answer["wanted"], **more}
            path = f"/v1/students/{quote(asked.pop('person'), safe='')}/documents"
            of_student = f"{path}?{urlencode(asked, doseq=True)}"
            return {"documents": answer["documents"], "link": of_student}
        return {name: with_links(value, more) for name, value in answer.items()}
    if isinstance(answer, list):
        return [with_links(value, more) for value in answer]
    return answer
