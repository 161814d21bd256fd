"""Evaluation under a scheme: results of students, classes, schools, the district; and what if."""

import asyncio
import difflib
import math
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Query
from starlette.responses import Response

from api import answers
from api.answers import JSON, Answer, Ask, LiveQuery, Question, View, encoded
from api.days import FIRST_DAY, day_of, span_of
from api.described import described
from api.errors import REFUSALS, ApiError
from api.evidence import linked
from api.roles import Resource, class_group, student
from api.roles import school as own_school
from api.scheme_publishing import seen_by
from api.xapi.bodies import read_body
from projections.days import Span, last_days
from projections.evaluation.published_schemes import Schemes, schemes_of
from projections.evaluation.scheme_faults import SchemeFaulty, UnknownScheme
from projections.evaluation.schemes import OfAnotherSchool, Scheme
from projections.evaluation.trajectories import WINDOW, windows_up_to

router = APIRouter(prefix="/v1/evaluations", tags=["Projections"], responses=REFUSALS)

_LONGEST: Final = 256 * 1024  # bytes of what a what-if asks
_WHOLE: Final = 100.0
_CLOSE: Final = 0.01

From = Annotated[
    date | None,
    Query(
        alias="from",
        description="The first day; of the term that `to` is in, or sixteen weeks, if not given.",
    ),
]
To = Annotated[date | None, Query(alias="to", description="The last day; today if not given.")]


def _judging(ask: Ask) -> Ask:
    """Say why a scheme isn't for those who are asked about, by ApiError 409."""

    def judge(view: View) -> Answer | None:
        try:
            return ask(view)
        except OfAnotherSchool as error:
            raise ApiError(409, f"the scheme can't be applied: {error}", value=str(error)) from None

    return judge


@router.get(
    "/{scheme}/students/{person:path}",
    summary="A student's result under a scheme",
    responses=described("student_evaluation", live=True),
)
async def get_student_evaluation(
    asked: LiveQuery, scheme: str, person: str, begin: From = None, to: To = None
) -> Response:
    """Give total, dimensions and indicators with level, interval, evidence and what is missing.

    Scores are 0..100, null where there is too little evidence; their weight goes to the others, and
    `completeness` says how much there is. `change` is since as many days before. Ratings: `seen` is
    the plain mean, `value` the one with severe and lenient raters made comparable. Each figure
    opens its evidence. Live, it is sent again whenever it changes.
    """

    @_judging
    def ask(view: View) -> Answer | None:
        found = _scheme(view, scheme)
        evaluations = view.services.evaluations_of(view.generation)
        told = evaluations.student(view.store, found, person, _span(view, begin, to))
        answer: Answer | None = linked(view, told)
        return answer

    return await asked.answer(
        Resource.STUDENT_EVALUATION,
        ask,
        subject=student(person),
        missing=f"neither evidence nor roster knows {person}",
    )


@router.get(
    "/{scheme}/trajectories/{person:path}",
    summary="A student's trajectory under a scheme",
    responses=described("scheme_trajectory"),
)
async def get_scheme_trajectory(
    asked: answers.Query, scheme: str, person: str, until: To = None
) -> Response:
    """Give the scores of total and dimensions, four weeks by four weeks, and what to expect.

    Forecasts, for the next four weeks and the four after, come from what became of the student's
    cohort (the grade, else the school): `low80` to `high95` are its bands, `reaches` the
    probability of each level or a higher one, `held` how many of the scores of a part of the cohort
    that was held out lay in such bands. With too little evidence there is none, and `why` says so.
    """

    @_judging
    def ask(view: View) -> Answer | None:
        found, day = _scheme(view, scheme), day_of(view, until)
        if windows_up_to(last_days(day, WINDOW.days))[0].first < FIRST_DAY:
            raise ApiError(400, f"`to` lies long after {FIRST_DAY}", value=str(until))
        evaluations = view.services.evaluations_of(view.generation)
        return evaluations.trajectory(view.store, found, person, day)

    return await asked.answer(
        Resource.STUDENT_EVALUATION,
        ask,
        subject=student(person),
        missing=f"neither evidence nor roster knows {person}",
    )


@router.get(
    "/{scheme}/classes/{name:path}",
    summary="A class's result under a scheme",
    responses=described("class_evaluation", live=True),
)
async def get_class_evaluation(
    asked: LiveQuery, scheme: str, name: str, begin: From = None, to: To = None
) -> Response:
    """Give the distribution, means with intervals, levels, and a line for each student.

    The students are those of the roster on the last day.
    """

    @_judging
    def ask(view: View) -> Answer | None:
        found = _scheme(view, scheme)
        evaluations = view.services.evaluations_of(view.generation)
        return evaluations.class_group(view.store, found, name, _span(view, begin, to))

    return await asked.answer(
        Resource.CLASS_EVALUATION,
        ask,
        subject=class_group(name),
        missing=f"the roster has no class {name}",
    )


@router.get(
    "/{scheme}/schools/{name:path}",
    summary="A school's result under a scheme",
    responses=described("school_evaluation"),
)
async def get_school_evaluation(
    asked: answers.Query, scheme: str, name: str, begin: From = None, to: To = None
) -> Response:
    """Give the same of a school, with a line for each class, pooled: `seen` is the plain mean."""

    @_judging
    def ask(view: View) -> Answer | None:
        found = _scheme(view, scheme)
        evaluations = view.services.evaluations_of(view.generation)
        return evaluations.school(view.store, found, name, _span(view, begin, to))

    return await asked.answer(
        Resource.SCHOOL_EVALUATION,
        ask,
        subject=own_school(name),
        missing=f"the roster has no school {name}",
    )


@router.get(
    "/{scheme}/district",
    summary="The district's result under a scheme",
    responses=described("district_evaluation"),
)
async def get_district_evaluation(
    asked: answers.Query, scheme: str, begin: From = None, to: To = None
) -> Response:
    """Give the same of all students of the roster, with a line for each school, pooled."""

    @_judging
    def ask(view: View) -> Answer:
        found = _scheme(view, scheme)
        evaluations = view.services.evaluations_of(view.generation)
        return evaluations.district(view.store, found, _span(view, begin, to))

    return await asked.answer(Resource.DISTRICT_EVALUATION, ask)


# What if -----------------------------------------------------------------------------------------


class WhatIf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What shall be otherwise; what is left out stays as it is.

    ``document`` is a scheme's YAML, ``scheme`` the id of one that the store has; ``weights`` are by
    dimension, or dimension and indicator with a full stop between.
    """

    document: str = ""
    scheme: str = ""
    weights: dict[str, float] = {}
    begin: date | None = msgspec.field(name="from", default=None)
    to: date | None = None


_wanted: Final = msgspec.json.Decoder(WhatIf)
_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "document": {"type": "string", "description": "A scheme's YAML."},
                        "scheme": {"type": "string", "description": "Another scheme's id."},
                        "weights": {
                            "type": "object",
                            "additionalProperties": {"type": "number"},
                            "description": "By dimension, or `dimension.indicator`.",
                        },
                        "from": {"type": "string", "format": "date"},
                        "to": {"type": "string", "format": "date"},
                    },
                },
                "example": {"weights": {"attainment": 30, "participation": 10}},
            }
        },
    }
}


@router.post(
    "/{scheme}/what-if",
    summary="Who would be of another level, and why",
    responses=described("what_if"),
    openapi_extra=_BODY,
)
async def post_what_if(
    asked: answers.Query, scheme: str, begin: From = None, to: To = None
) -> Response:
    """Compare a scheme with another document, another scheme, other weights or other days.

    It tells how many go from which level to which, and who, the most changed first, each with the
    indicators whose points differ most. Nothing is stored, and no replay needed; `generation` asks
    the same of another generation. A school leader is told of the own students.
    """
    body = await read_body(asked.request, _LONGEST)

    @_judging
    def ask(view: View) -> Answer:
        wanted = _decoded(body)
        in_force = _scheme(view, scheme), _span(view, begin, to)
        other = other_scheme(_schemes(view), scheme, wanted), _other_span(view, wanted, in_force[1])
        evaluations = view.services.evaluations_of(view.generation)
        among = None if view.own is None else view.own.students
        return evaluations.what_if(view.store, in_force, other, among)

    question = Question(Resource.WHAT_IF, ask, None, None, None, "")
    view = await asked.view(question)
    content = encoded(await asked.content(question, view))
    headers = {answers.POSITION_HEADER: str(view.position), "Cache-Control": "no-store"}
    return await asyncio.to_thread(Response, content, headers=headers, media_type=JSON)


def _decoded(body: bytes) -> WhatIf:
    try:
        wanted = _wanted.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ApiError(400, f"the body is not what a what-if asks: {error}") from None
    if wanted.document and wanted.scheme:
        raise ApiError(400, "a what-if names `document` or `scheme`, not both")
    if wanted == WhatIf():
        raise ApiError(
            400, "a what-if says what shall be otherwise: document, scheme, weights, ..."
        )
    return wanted


def other_scheme(found: Schemes, name: str, wanted: WhatIf) -> Scheme:
    """Give the scheme of a what-if; raises ApiError."""
    if wanted.document:
        try:
            beside = found.publishing(wanted.document)
            changed = next(
                one for one in beside.published if beside.published[one] == wanted.document
            )
            scheme = beside.resolve(changed).scheme
        except (SchemeFaulty, UnknownScheme) as error:
            faults = getattr(error, "faults", ())
            raise ApiError(
                400, f"$.document: {error}", faults=msgspec.to_builtins(faults)
            ) from None
    else:
        scheme = resolved_scheme(found, wanted.scheme or name)
    return weighted(scheme, wanted.weights)


def weighted(scheme: Scheme, weights: Mapping[str, float]) -> Scheme:
    """Give a scheme with some weights changed; raises ApiError 400 where these don't go together.

    The weights of the dimensions have to sum to 100, and those of each dimension's indicators.
    """
    names = {one.id for one in scheme.dimensions}
    names |= {f"{one.id}.{each.id}" for one in scheme.dimensions for each in one.indicators}
    for name, weight in weights.items():
        if name not in names:
            close = difflib.get_close_matches(name, names, 1)
            hint = f" (did you mean {close[0]!r}?)" if close else ""
            raise ApiError(400, f"$.weights: the scheme has no {name!r}{hint}", value=name)
        if not (math.isfinite(weight) and 0.0 <= weight <= _WHOLE):
            raise ApiError(400, f"$.weights[{name!r}] lies between 0 and 100", value=weight)
    changed = msgspec.structs.replace(
        scheme,
        dimensions=tuple(
            msgspec.structs.replace(
                one,
                weight=weights.get(one.id, one.weight),
                indicators=tuple(
                    msgspec.structs.replace(
                        each, weight=weights.get(f"{one.id}.{each.id}", each.weight)
                    )
                    for each in one.indicators
                ),
            )
            for one in scheme.dimensions
        ),
    )
    _check_sum("the dimensions", [one.weight for one in changed.dimensions])
    for one in changed.dimensions:
        _check_sum(f"the indicators of {one.id!r}", [each.weight for each in one.indicators])
    return changed


def _check_sum(what: str, weights: list[float]) -> None:
    if abs(sum(weights) - _WHOLE) > _CLOSE:
        raise ApiError(
            400,
            f"$.weights: the weights of {what} would sum to {sum(weights):g}",
            rule="weights of one level sum to 100",
            value=weights,
        )


def _other_span(view: View, wanted: WhatIf, span: Span) -> Span:
    if wanted.begin is None and wanted.to is None:
        return span
    return _span(view, wanted.begin, wanted.to or span.last)


# What every route needs --------------------------------------------------------------------------


def _schemes(view: View) -> Schemes:
    return seen_by(view.asker, schemes_of(view.generation, view.store), view.services)


def _scheme(view: View, name: str) -> Scheme:
    return resolved_scheme(_schemes(view), name)


def resolved_scheme(schemes: Schemes, name: str) -> Scheme:
    """Give a whole scheme by its id; raises ApiError 404, 409."""
    try:
        return schemes.resolve(name).scheme
    except UnknownScheme as error:
        close = difflib.get_close_matches(name, list(schemes), 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ApiError(404, f"there is no scheme {error}{hint}", value=name) from None
    except SchemeFaulty as error:
        raise ApiError(409, f"the scheme can't be applied: {error}", value=name) from None


def _span(view: View, begin: date | None, to: date | None) -> Span:
    """Give the days asked about; raises ApiError."""
    last = day_of(view, to)
    if begin is None:
        span = view.services.evaluations_of(view.generation).period(view.store, last)
    else:
        span = span_of(last, begin, last)
    if span.before().first < FIRST_DAY:
        raise ApiError(400, f"the days before `from` begin after {FIRST_DAY}", value=str(begin))
    return span
