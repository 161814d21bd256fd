"""The Statements resource: PUT, POST and GET of xAPI 1.0.3 part 3, 2.1 and 2.0, 4.1.6.1."""

import asyncio
from functools import partial
from urllib.parse import urlencode

import msgspec
import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.authentication import (
    DEFINE,
    READ_DEFINITIONS,
    READ_OWN_STATEMENTS,
    WRITE_STATEMENTS,
    authority_of,
    demand,
    readable_authority,
)
from api.errors import ApiError
from api.profiles import examine
from api.settings import Settings
from api.xapi.attachments import multipart_response, receive_statements
from api.xapi.bodies import read_body
from api.xapi.conditions import http_date
from api.xapi.drafting import Drafting
from api.xapi.parameters import StatementParameters, read_parameters, read_statement_id
from api.xapi.versions import requested_version
from lrs.attachment_parts import Served, attachments_served
from lrs.attachments import AttachmentStore, Upload
from lrs.credentials import Credential
from lrs.drafts import Draft, is_voiding, same_statement
from lrs.languages import accepted_languages
from lrs.presentation import Format, present_page
from lrs.profiles import Report
from lrs.record import Found, Record
from lrs.submissions import StatementConflictError, Stored, VoidingError
from lrs.times import iso_text
from lrs.versions import Version
from streams.multipart_writing import MULTIPART_MIXED

CONSISTENT_THROUGH = "X-Experience-API-Consistent-Through"
POSITION = "X-Xueji-Position"

# A body above this many bytes is validated outside the event loop, so that others go on.
LARGE_BODY = 256 * 1024


async def post_statements(request: Request) -> Response:
    """Store one statement or an array of them, all or none; answers their ids in order."""
    credential = await demand(request, WRITE_STATEMENTS)
    version = requested_version(request)
    read_parameters(request, ())
    stored = await _receive(request, credential, version, None)
    return Response(
        orjson.dumps(stored.statement_ids),
        headers={POSITION: str(stored.position)},
        media_type="application/json",
    )


async def put_statement(request: Request) -> Response:
    """Store one statement under the id of the `statementId` parameter."""
    credential = await demand(request, WRITE_STATEMENTS)
    version = requested_version(request)
    statement_id = read_statement_id(request)
    stored = await _receive(request, credential, version, statement_id)
    return Response(status_code=204, headers={POSITION: str(stored.position)})


async def get_statements(request: Request) -> Response:
    """Find one statement by id, or a page of those that the filters match, newest first."""
    record: Record = request.app.state.record
    through = {CONSISTENT_THROUGH: iso_text(record.consistent_through())}
    try:
        credential = await demand(request, READ_OWN_STATEMENTS)
        version = requested_version(request)
        parameters = StatementParameters.of(request, version)
        authority = readable_authority(request, credential)
        answer = await asyncio.to_thread(_find, request, credential, parameters, authority)
    except ApiError as error:
        error.headers |= through
        raise
    headers = through | answer.headers
    if answer.served is not None:
        return multipart_response(request, credential.store, answer.content, answer.served, headers)
    return Response(answer.content, headers=headers, media_type="application/json")


# Writing ---------------------------------------------------------------------------------------


async def _receive(
    request: Request, credential: Credential, version: Version, statement_id: str | None
) -> Stored:
    settings: Settings = request.app.state.settings
    drafting = Drafting(
        store=credential.store,
        authority=authority_of(request, credential),
        version=version,
        statement_id=statement_id,
        defines=credential.may(*DEFINE),
        maximum_batch=settings.maximum_batch,
        maximum_depth=settings.maximum_depth,
    )
    if _content_type(request) == MULTIPART_MIXED:
        attachments: AttachmentStore = request.app.state.attachments
        async with attachments.upload(credential.store) as upload:
            drafts = await receive_statements(request, drafting, upload)
            report = await examine(request, credential, drafts, statement_id)
            return await _store(request, drafting, drafts, report, upload)
    body = await read_body(request, settings.maximum_body_size)
    if len(body) > LARGE_BODY:
        drafts = await asyncio.to_thread(drafting.drafts_without_data, body)
    else:
        drafts = drafting.drafts_without_data(body)
    report = await examine(request, credential, drafts, statement_id)
    return await _store(request, drafting, drafts, report)


async def _store(
    request: Request,
    drafting: Drafting,
    drafts: list[Draft],
    report: Report | None,
    upload: Upload | None = None,
) -> Stored:
    record: Record = request.app.state.record
    try:
        if upload is not None:
            await asyncio.to_thread(_refuse_known, record, drafting.store, drafts)
            await upload.keep()
        return await record.store_statements(drafting.store, drafts, report)
    except StatementConflictError as error:
        place = [draft.statement_id for draft in drafts].index(error.statement_id)
        raise ApiError(
            409,
            str(error),
            path=_path(drafts, place, "id"),
            rule="a statement never changes: its id can't be used for another",
            section="xAPI 1.0.3 Data 2.3.1",
            value=error.statement_id,
        ) from None
    except VoidingError as error:
        place = [draft.target for draft in drafts].index(error.statement_id)
        raise ApiError(
            400,
            str(error),
            path=_path(drafts, place, "object.id"),
            rule="a voiding statement can't be voided",
            section="xAPI 1.0.3 Data 2.3.2",
            value=error.statement_id,
        ) from None


def _path(drafts: list[Draft], place: int, rest: str) -> str:
    """Say where in the body a draft stood; a batch of one reads the same as one statement."""
    return f"$[{place}].{rest}" if len(drafts) > 1 else f"$.{rest}"


def _refuse_known(record: Record, store: str, drafts: list[Draft]) -> None:
    """Raise what the record would, before data is kept for what it is going to refuse.

    What comes into the record between the two is still refused there; such data is then kept for
    nothing, but served to nobody.
    """
    for draft in drafts:
        known = _known(record, store, draft.statement_id)
        if known and not same_statement(draft.statement, _as_received(known)):
            raise StatementConflictError(draft.statement_id)
        if draft.voids and draft.target is not None:
            target = _known(record, store, draft.target)
            if target and is_voiding(orjson.loads(target.json)):
                raise VoidingError(draft.target)


def _known(record: Record, store: str, statement_id: str) -> Found | None:
    found = record.statement(store, statement_id, voided=False)
    return found or record.statement(store, statement_id, voided=True)


def _as_received(found: Found) -> bytes:
    added = orjson.loads(found.added)
    whole = orjson.loads(found.json)
    return orjson.dumps({key: value for key, value in whole.items() if key not in added})


def _content_type(request: Request) -> str:
    """Give the type of the body, one of the two that statements come in; raises ApiError."""
    given = request.headers.get("content-type", "")
    kind = given.partition(";")[0].strip().lower()
    if kind not in ("application/json", MULTIPART_MIXED):
        raise ApiError(
            400 if kind in ("", "multipart/form-data") else 415,
            f"statements are sent as application/json or {MULTIPART_MIXED},"
            f" not as {given or 'nothing named'}",
            path="Content-Type",
            rule=f"the body of a statement request is application/json or {MULTIPART_MIXED}",
            section="xAPI 1.0.3 Communication 1.5",
            value=given,
        )
    return kind


# Reading ---------------------------------------------------------------------------------------


class Answer(msgspec.Struct, frozen=True):
    """What a GET found, as JSON; `served` are its attachments, None where they aren't asked for."""

    content: bytes
    served: list[Served] | None
    headers: dict[str, str]


def _find(
    request: Request, credential: Credential, parameters: StatementParameters, authority: str | None
) -> Answer:
    record: Record = request.app.state.record
    settings: Settings = request.app.state.settings
    languages: list[str] = []
    if parameters.format is Format.CANONICAL:
        languages = accepted_languages(request.headers.get("accept-language", ""))
    one_only = parameters.statement_id is not None or parameters.voided_statement_id is not None
    if one_only:
        found, more = [_find_one(record, credential, parameters, authority)], ""
    else:
        page = record.find_statements(
            parameters.query(credential.store, authority, settings.page_size)
        )
        found, more = page.statements, _more(request, parameters, page.next_after)
    definitions_of = None  # which tell of all apps' statements, as the Activities resource does
    if credential.may(*READ_DEFINITIONS):
        definitions_of = partial(record.definitions, credential.store)
    shown = present_page([one.json for one in found], parameters.format, languages, definitions_of)
    served = None
    if parameters.attachments:
        served = attachments_served(found, request.app.state.attachments, credential.store)
    if one_only:
        return Answer(shown[0], served, {"Last-Modified": http_date(found[0].stored())})
    content = b'{"statements":[%b],"more":%b}' % (b",".join(shown), orjson.dumps(more))
    return Answer(content, served, {})


def _more(request: Request, parameters: StatementParameters, next_after: int | None) -> str:
    """Give the address of the next page, relative to the server; "" where there is none."""
    if next_after is None:
        return ""
    return f"{request.url.path}?{urlencode(parameters.continued(next_after))}"


def _find_one(
    record: Record, credential: Credential, parameters: StatementParameters, authority: str | None
) -> Found:
    wanted = parameters.statement_id or parameters.voided_statement_id or ""
    voided = parameters.voided_statement_id is not None
    found = record.statement(credential.store, wanted, voided=voided, authority=authority)
    if found is None:
        kind = "voided statement" if voided else "statement"
        raise ApiError(404, f"there is no {kind} with id {wanted}", value=wanted)
    return found
