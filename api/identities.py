"""Whose account is whose: accounts are linked to persons and unlinked, and looked up."""

import asyncio
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response

from api.authentication import authority_of, named_store
from api.errors import REFUSALS, ApiError
from api.roles import Resource, allow
from api.roles import person as subject_of
from api.xapi.statements import POSITION
from lrs.credentials import Credential
from lrs.declarations import (
    IDENTITY,
    Declaration,
    DeclarationConflict,
    DeclarationRefused,
    DeclarationVersion,
    decode_link,
    link_declaration,
)
from lrs.record import Record
from lrs.times import iso_text

CHANGES: dict[int | str, dict[str, Any]] = {409: {"description": "links would make a chain"}}

router = APIRouter(prefix="/v1", tags=["Identities"], responses=REFUSALS)

Account = Annotated[
    str, Query(description="An account as actors are named: ``account:https://a.example|s1``.")
]
StoreName = Annotated[str, Query(description="Which store's: only an operator names another.")]


class LinkRequest(msgspec.Struct, forbid_unknown_fields=True):
    """Which account belongs to which person; both as actors are named."""

    account: str
    person: str


_requests = msgspec.json.Decoder(LinkRequest)


@router.post("/identities", summary="Link an account to a person", responses=CHANGES)
async def link_account(
    request: Request, response: Response, store: StoreName = ""
) -> dict[str, int]:
    """Say that an account belongs to a person: what it did and does is that person's from then on.

    The body is ``{"account": ..., "person": ...}``. An account has one person; linked again, it
    moves. `changed` is 0 where it was so already; the projections have it at `position`.
    """
    credential = (await allow(request, Resource.IDENTITY_CHANGE)).credential
    try:
        wanted = _requests.decode(await request.body())
    except msgspec.DecodeError as error:
        raise ApiError(400, f"the body is no link of an account: {error}") from None
    link = link_declaration(wanted.account, wanted.person)
    return await _declare(request, response, credential, store, link)


@router.delete("/identities", summary="Unlink an account", responses=CHANGES)
async def unlink_account(
    request: Request, response: Response, account: Account = "", store: StoreName = ""
) -> dict[str, int]:
    """Say that an account is nobody's but its own; `changed` is 0 where it was so already."""
    credential = (await allow(request, Resource.IDENTITY_CHANGE)).credential
    withdrawal = Declaration(kind=IDENTITY, id=_given(account), content=None)
    return await _declare(request, response, credential, store, withdrawal)


@router.get("/identities", summary="The accounts of a person")
async def get_accounts(
    request: Request, account: Account = "", store: StoreName = ""
) -> dict[str, Any]:
    """Give the person that an account belongs to, with all accounts that are linked to that person.

    `by` says whether a link was made explicitly or by a roster.
    """
    credential = (await allow(request, Resource.IDENTITIES, subject_of(account))).credential
    record: Record = request.app.state.record
    of = named_store(credential, store)
    return await asyncio.to_thread(_accounts, record, of, _given(account))


def _given(account: str) -> str:
    """Give the parameter of that name; raises ApiError 400 where it is missing."""
    if not account:
        raise ApiError(400, "parameter 'account' is missing", path="account")
    return account


def _accounts(record: Record, store: str, account: str) -> dict[str, Any]:
    held = record.declaration(store, IDENTITY, account)
    person = account if held is None else decode_link(held.content).person
    links = record.links_to(store, person)
    return {"person": person, "accounts": [_shown(link) for link in links]}


def _shown(version: DeclarationVersion) -> dict[str, Any]:
    by = decode_link(version.content).by
    return {"account": version.id, "by": by, "since": iso_text(version.stored)}


async def _declare(
    request: Request,
    response: Response,
    credential: Credential,
    store: str,
    declaration: Declaration,
) -> dict[str, int]:
    """Declare as the credential's app; raises ApiError 400, 403, 409."""
    record: Record = request.app.state.record
    authority = authority_of(request, credential).json
    try:
        stored = await record.declare(named_store(credential, store), [declaration], authority)
    except DeclarationRefused as refused:
        status = 409 if isinstance(refused, DeclarationConflict) else 400
        raise ApiError(status, str(refused), rule=refused.rule, value=refused.id) from None
    response.headers[POSITION] = str(stored.position)
    return {"position": stored.position, "changed": stored.changed}
