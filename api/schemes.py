"""Evaluation schemes by ``/v1``: listed, put together, checked, published in the log, withdrawn."""

import asyncio
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api import answers
from api.answers import Answer, View
from api.authentication import authority_of
from api.described import described
from api.errors import REFUSALS, ApiError
from api.records import Column, Records
from api.roles import SCHEME_CHANGES, Resource, allow, allow_any
from api.scheme_publishing import (
    SchemeNotOwn,
    SchemesBroken,
    Shown,
    TooManySchemes,
    check_for,
    details_of,
    led_by,
    listed,
    one,
    publish,
    seen_by,
    withdraw,
)
from api.stores import Store, chosen_store
from api.xapi.bodies import read_text
from projections.evaluation.published_schemes import (
    schemes_of,
)
from projections.evaluation.scheme_extending import (
    LONGEST,
    stated_id,
)
from projections.evaluation.scheme_faults import (
    SchemeFaulty,
    UnknownScheme,
)

router = APIRouter(prefix="/v1/schemes", tags=["Evaluation"], responses=REFUSALS)

SCHEMES: Final = Records(
    "schemes",
    (
        Column("id", "text"),
        Column("title", "object", "What it is called, in Chinese and English."),
        Column("origin", "text", "`published` by the store, or `shipped`."),
        Column("school", "text", "The school whose own it is; empty for the district's."),
        Column("extends", "text", "The id of the scheme that it extends."),
        Column("extended_by", "texts", "The ids of those that extend it."),
        Column("dimensions", "whole"),
        Column("indicators", "whole"),
        Column("faults", "object", "Why it can't be put together; empty for one that can."),
    ),
)
_DOCUMENT: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/yaml": {
                "schema": {"type": "string"},
                "example": "scheme: our-own\ntitle: {zh: 本校方案, en: Our own}\n"
                "extends: district-comprehensive\ndimensions:\n"
                "  - {id: health, weight: 15}\n  - {id: character, weight: 10}\n",
            }
        },
    }
}
_FAULT: Final = {
    "scheme": "our-own",
    "line": 5,
    "column": 18,
    "path": "dimensions.health.wieght",
    "rule": {"zh": "没有这个键", "en": "is not a key"},
    "value": "",
    "suggestion": {"zh": "是不是 weight？", "en": "did you mean weight?"},
}
_NOT_OWN: Final = {
    "scheme": "our-own",
    "line": 1,
    "column": 1,
    "path": "school",
    "rule": {
        "zh": "校长只能改动本校的方案",
        "en": "a school leader changes schemes of the own school only",
    },
    "value": "",
    "suggestion": {"zh": "写上 school: lake", "en": "say school: lake"},
}


def _example(description: str, example: Shown) -> Shown:
    return {"description": description, "content": {"application/json": {"example": example}}}


def _refusal(status: int, message: str, **details: Any) -> Shown:
    return {"error": {"status": status, "message": message, **details}}


_CHECKED: Final[dict[int | str, Shown]] = {
    200: _example(
        "whether it can be published, and why not",
        {
            "valid": False,
            "faults": [_FAULT],
            "breaks": {},
            "scheme": None,
            "whole_text": None,
            "overrides": [],
        },
    )
}
_REFUSED: Final[dict[int | str, Shown]] = {
    400: _example(
        "the document has faults: all of them, in the order of its lines",
        _refusal(400, "our-own:5:18 …: is not a key", faults=[_FAULT], count=1),
    ),
    403: _example(
        "it is not for this credential; a leader's document says another school, or none",
        _refusal(
            403,
            "our-own:1:1 school: a school leader changes schemes of the own school only …",
            faults=[_NOT_OWN],
            count=1,
        ),
    ),
    409: _example(
        "another scheme extends it, and would be faulty",
        _refusal(409, "base is extended by our-own, which …", breaks={"our-own": [_FAULT]}),
    ),
}
_PUBLISHED: Final = {"store": "district", "id": "our-own", "position": 4711}


@router.get("", summary="The schemes that a store has", responses=described("schemes", SCHEMES))
async def get_schemes(asked: answers.Query, store: Store = "") -> Response:
    """List the schemes by which a store can judge: those it has published, and the shipped ones.

    A school's own are shown to that school's people, and to evaluators. They are as the generation
    knows them. One whose parent isn't there (yet) has `faults`.
    """

    def ask(view: View) -> Answer:
        of = chosen_store(view.asker.credential, store)
        return {
            "schemes": listed(seen_by(view.asker, schemes_of(view.generation, of), view.services))
        }

    return await asked.answer(Resource.SCHEMES, ask, records=SCHEMES)


@router.get("/{name}", summary="A scheme, put together", responses=described("scheme"))
async def get_scheme(
    asked: answers.Query,
    name: str,
    store: Store = "",
    version: Annotated[int | None, Query(ge=1, description="Of its versions, from 1.")] = None,
) -> Response:
    """Give a scheme: its document, the whole with what it extends, what that overrides, versions.

    It is as the generation knows it; of a `version`, the document is that of the log, put together
    with the other schemes as they are now.
    """

    def ask(view: View) -> Answer | None:
        of = chosen_store(view.asker.credential, store)
        schemes = seen_by(view.asker, schemes_of(view.generation, of), view.services)
        try:
            return one(view.services.record, schemes, of, name, version)
        except UnknownScheme:
            return None

    missing = f"there is no scheme {name[:200]}" + (f", version {version}" if version else "")
    return await asked.answer(Resource.SCHEMES, ask, missing=missing)


@router.post("/check", summary="Check a scheme", openapi_extra=_DOCUMENT, responses=_CHECKED)
async def check_scheme(request: Request, store: Store = "") -> Shown:
    """Tell whether a document could be published now, with every fault; nothing is stored.

    `breaks` are other schemes, which extend it and would be faulty.
    """
    asker = await allow(request, Resource.SCHEME_CHECK)
    record = request.app.state.services.record
    of = chosen_store(asker.credential, store)
    text = await read_text(request, 4 * LONGEST)
    try:
        return await asyncio.to_thread(check_for, record, of, text, led_by(asker))
    except TooManySchemes as error:
        raise ApiError(400, str(error), rule=str(error)) from None


@router.put(
    "/{name}",
    summary="Publish a scheme",
    openapi_extra=_DOCUMENT,
    responses=_REFUSED
    | {200: _example("it is published", {**_PUBLISHED, "version": 2, "changed": True})},
)
async def put_scheme(request: Request, name: str, store: Store = "") -> Shown:
    """Publish a scheme, a YAML document, under the id that it says itself.

    It is an event in the log, in force at once: the same document again makes none. Refused with
    all its faults (400), and where another scheme that extends it would be faulty (409). A school
    leader publishes what says `school:` with the own school.
    """
    asker = await allow_any(request, *SCHEME_CHANGES)
    credential, own = asker.credential, led_by(asker)
    record = request.app.state.services.record
    of = chosen_store(credential, store)
    text = await read_text(request, 4 * LONGEST)
    authority = authority_of(request, credential).json
    try:
        stated = await asyncio.to_thread(stated_id, text)
        if stated != name:
            rule = f"the document says scheme: {stated[:200]}, the path {name[:200]}"
            raise ApiError(400, rule, rule=rule)
        return await asyncio.to_thread(publish, record, of, text, authority, own)
    except SchemeNotOwn as error:
        raise ApiError(403, str(error), **details_of(error)) from None
    except SchemeFaulty as error:
        raise ApiError(400, str(error), **details_of(error)) from None
    except SchemesBroken as error:
        raise ApiError(409, str(error), **details_of(error)) from None
    except TooManySchemes as error:
        raise ApiError(400, str(error), rule=str(error)) from None


@router.delete(
    "/{name}",
    summary="Withdraw a scheme",
    responses={
        **{status: _REFUSED[status] for status in (403, 409)},
        200: _example("it is withdrawn", _PUBLISHED),
    },
)
async def delete_scheme(request: Request, name: str, store: Store = "") -> Shown:
    """Withdraw a published scheme; its versions stay in the log, and a shipped one holds again.

    A school leader withdraws those of the own school.
    """
    asker = await allow_any(request, *SCHEME_CHANGES)
    credential, own = asker.credential, led_by(asker)
    record = request.app.state.services.record
    of = chosen_store(credential, store)
    authority = authority_of(request, credential).json
    try:
        return await asyncio.to_thread(withdraw, record, of, name, authority, own)
    except SchemeNotOwn as error:
        raise ApiError(403, str(error), **details_of(error)) from None
    except UnknownScheme:
        message = f"the store has published no scheme {name[:200]}"
        raise ApiError(404, message, value=name[:200]) from None
    except SchemesBroken as error:
        raise ApiError(409, str(error), **details_of(error)) from None
