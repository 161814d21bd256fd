"""Evaluation schemes by ``/v1``: listed, put together, checked, published in the log, withdrawn."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api import answers
from api.answers import Answer, View
from api.authentication import authority_of
from api.described import described
from api.errors import REFUSALS, ApiError
from api.histories import versions_shown
from api.records import Column, Records
from api.roles import Resource, allow
from api.stores import Store, chosen_store
from api.xapi.bodies import read_text
from lrs.declarations import SCHEME, Declaration
from lrs.record import Record
from projections.evaluation.published_schemes import (
    Schemes,
    declared_text,
    scheme_declaration,
    schemes_of,
)
from projections.evaluation.scheme_extending import LONGEST, Resolved, extended_by, stated_id
from projections.evaluation.scheme_faults import SchemeFaulty, UnknownScheme
from projections.evaluation.scheme_writing import scheme_text

router = APIRouter(prefix="/v1/schemes", tags=["Evaluation"], responses=REFUSALS)

MOST_OF_STORE: Final = 100  # schemes
Shown = dict[str, Any]


class SchemesBroken(ValueError):
    """A change would leave other schemes faulty: ``broken`` are their faults, by id."""

    def __init__(self, name: str, broken: Mapping[str, SchemeFaulty]) -> None:
        first = "; ".join(str(each) for each in broken.values())
        names = ", ".join(broken)
        super().__init__(f"{name} is extended by {names}, which this would break: {first}")
        self.name = name
        self.broken = dict(broken)


class TooManySchemes(ValueError):
    """A store has as many schemes as it may."""


# What is done, whoever asks ----------------------------------------------------------------------


def published_by(record: Record, store: str) -> Schemes:
    """Give the schemes of a store, with what the log holds of it by now."""
    return Schemes({each.id: declared_text(each) for each in record.declarations(store, SCHEME)})


def check(schemes: Schemes, text: str) -> Resolved:
    """Check a document as it is checked before it is published.

    Raises SchemeFaulty, SchemesBroken, TooManySchemes.
    """
    name = stated_id(text)
    changed = schemes.publishing(text)
    resolved = changed.resolve(name)
    if len(changed.published) > MOST_OF_STORE:
        raise TooManySchemes(f"a store publishes at most {MOST_OF_STORE} schemes")
    if broken := schemes.broken_by(changed, name):
        raise SchemesBroken(name, broken)
    return resolved


def checked(schemes: Schemes, text: str) -> Shown:
    """Tell whether a document could be published beside some schemes, with every fault.

    Raises TooManySchemes.
    """
    nothing: Shown = {"faults": [], "breaks": {}, "scheme": None, "whole_text": None}
    try:
        resolved = check(schemes, text)
    except (SchemeFaulty, SchemesBroken) as error:
        return {"valid": False, **nothing, "overrides": [], **details_of(error)}
    return {"valid": True, **nothing, **_put_together(resolved)}


def publish(record: Record, store: str, text: str, authority: bytes) -> Shown:
    """Publish a scheme under its own id; says too whether that changed anything.

    Raises what `check` raises.
    """
    found: list[Resolved] = []  # by the last check

    def checked() -> Declaration:
        found[:] = [check(published_by(record, store), text)]
        return scheme_declaration(found[0], text)

    # Of two that don't go together, the later one is refused.
    stored = record.declare_together(store, SCHEME, checked, authority)
    [resolved] = found
    name = resolved.scheme.id
    versions = record.declaration_history(store, SCHEME, name)
    return {
        "store": store,
        "id": name,
        "version": len(versions),
        "changed": bool(stored.changed),
        "position": stored.position,
        **_put_together(resolved),
    }


def withdraw(record: Record, store: str, name: str, authority: bytes) -> Shown:
    """Withdraw a scheme; where there is a shipped one of the id, that holds again.

    Raises UnknownScheme, SchemesBroken.
    """

    def checked() -> Declaration:
        schemes = published_by(record, store)
        if name not in schemes.published:
            raise UnknownScheme(name)
        if broken := schemes.broken_by(schemes.withdrawing(name), name):
            raise SchemesBroken(name, broken)
        return Declaration(kind=SCHEME, id=name, content=None)

    stored = record.declare_together(store, SCHEME, checked, authority)
    return {"store": store, "id": name, "position": stored.position}


def listed(schemes: Schemes) -> list[Shown]:
    """List schemes by their ids."""
    return [_outline(schemes, name) for name in schemes]


def one(
    record: Record, schemes: Schemes, store: str, name: str, version: int | None = None
) -> Shown:
    """Give a scheme, put together; of a version, as its document goes with the others of now.

    Raises UnknownScheme.
    """
    history = record.declaration_history(store, SCHEME, name)
    if version is not None:
        if not 1 <= version <= len(history):
            raise UnknownScheme(f"{name}, version {version}")
        text = declared_text(history[version - 1])
        schemes = Schemes({**schemes.published, name: text})
    return {
        "store": store,
        **_outline(schemes, name),
        "version": version,
        "versions": versions_shown(history),
        "text": schemes.text(name),
        **_whole(schemes, name),
    }


def _outline(schemes: Schemes, name: str) -> Shown:
    text = schemes.text(name)
    faulty = schemes.faults(name)
    scheme = None if faulty else schemes.resolve(name).scheme
    return {
        "id": name,
        "title": msgspec.to_builtins(scheme.title) if scheme else None,
        "origin": "published" if name in schemes.published else "shipped",
        "extends": extended_by(text, name) or None,
        "extended_by": schemes.extending(name),
        "dimensions": len(scheme.dimensions) if scheme else None,
        "indicators": sum(len(each.indicators) for each in scheme.dimensions) if scheme else None,
        "faults": _shown(faulty),
    }


def _whole(schemes: Schemes, name: str) -> Shown:
    if schemes.faults(name):
        return {"scheme": None, "whole_text": None, "overrides": []}
    return _put_together(schemes.resolve(name))


def _put_together(resolved: Resolved) -> Shown:
    return {
        "scheme": msgspec.to_builtins(resolved.scheme),
        "whole_text": scheme_text(resolved.scheme),
        "overrides": msgspec.to_builtins(resolved.overrides),
    }


def _shown(faulty: SchemeFaulty | None) -> list[Shown]:
    return msgspec.to_builtins(faulty.faults) if faulty else []


def details_of(refusal: SchemeFaulty | SchemesBroken) -> Shown:
    """Give what is known of a refusal beside its sentence."""
    if isinstance(refusal, SchemeFaulty):
        return {"faults": _shown(refusal), "count": refusal.count}
    return {"breaks": {name: _shown(faulty) for name, faulty in refusal.broken.items()}}


# By HTTP -----------------------------------------------------------------------------------------

SCHEMES: Final = Records(
    "schemes",
    (
        Column("id", "text"),
        Column("title", "object", "What it is called, in Chinese and English."),
        Column("origin", "text", "`published` by the store, or `shipped`."),
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
    "rule": "is not a key",
    "value": "",
    "suggestion": "did you mean weight?",
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
    409: _example(
        "another scheme extends it, and would be faulty",
        _refusal(409, "base is extended by our-own, which …", breaks={"our-own": [_FAULT]}),
    ),
}
_PUBLISHED: Final = {"store": "district", "id": "our-own", "position": 4711}


@router.get("", summary="The schemes that a store has", responses=described("schemes", SCHEMES))
async def get_schemes(asked: answers.Query, store: Store = "") -> Response:
    """List the schemes by which a store can judge: those it has published, and the shipped ones.

    They are as the generation knows them. One whose parent isn't there (yet) has `faults`.
    """

    def ask(view: View) -> Answer:
        of = chosen_store(view.asker.credential, store)
        return {"schemes": listed(schemes_of(view.generation, of))}

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
        schemes = schemes_of(view.generation, of)
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
    credential = (await allow(request, Resource.SCHEME_CHECK)).credential
    record = request.app.state.services.record
    of = chosen_store(credential, store)
    text = await read_text(request, 4 * LONGEST)
    try:
        return await asyncio.to_thread(lambda: checked(published_by(record, of), text))
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
    all its faults (400), and where another scheme that extends it would be faulty (409).
    """
    credential = (await allow(request, Resource.SCHEME_CHANGE)).credential
    record = request.app.state.services.record
    of = chosen_store(credential, store)
    text = await read_text(request, 4 * LONGEST)
    authority = authority_of(request, credential).json
    try:
        stated = await asyncio.to_thread(stated_id, text)
        if stated != name:
            rule = f"the document says scheme: {stated[:200]}, the path {name[:200]}"
            raise ApiError(400, rule, rule=rule)
        return await asyncio.to_thread(publish, record, of, text, authority)
    except SchemeFaulty as error:
        raise ApiError(400, str(error), **details_of(error)) from None
    except SchemesBroken as error:
        raise ApiError(409, str(error), **details_of(error)) from None
    except TooManySchemes as error:
        raise ApiError(400, str(error), rule=str(error)) from None


@router.delete(
    "/{name}",
    summary="Withdraw a scheme",
    responses={409: _REFUSED[409], 200: _example("it is withdrawn", _PUBLISHED)},
)
async def delete_scheme(request: Request, name: str, store: Store = "") -> Shown:
    """Withdraw a published scheme; its versions stay in the log, and a shipped one holds again."""
    credential = (await allow(request, Resource.SCHEME_CHANGE)).credential
    record = request.app.state.services.record
    of = chosen_store(credential, store)
    authority = authority_of(request, credential).json
    try:
        return await asyncio.to_thread(withdraw, record, of, name, authority)
    except UnknownScheme:
        message = f"the store has published no scheme {name[:200]}"
        raise ApiError(404, message, value=name[:200]) from None
    except SchemesBroken as error:
        raise ApiError(409, str(error), **details_of(error)) from None
