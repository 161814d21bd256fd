"""The Statements resource: PUT, POST and GET of xAPI 1.0.3 part 3, 2.1 and 2.0, 4.1.6.1."""

import asyncio
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import orjson
from starlette.requests import Request
from starlette.responses import Response

from api.authentication import (
    READ_OWN_STATEMENTS,
    READ_STATEMENTS,
    WRITE_STATEMENTS,
    demand,
)
from api.errors import ApiError, broken_rule
from api.settings import Settings
from api.xapi.bodies import read_body
from api.xapi.parameters import StatementParameters, read_parameters, read_statement_id
from api.xapi.versions import requested_version
from lrs.credentials import Credential
from lrs.drafts import Authority, Draft, draft_statement, make_authority
from lrs.json_input import decode, raw_items
from lrs.presentation import Format, accepted_languages, present
from lrs.record import Record
from lrs.submissions import StatementConflictError, Stored, VoidingError
from lrs.times import iso_text
from lrs.validation import Violation, validate_statement
from lrs.versions import Version

CONSISTENT_THROUGH = "X-Experience-API-Consistent-Through"
POSITION = "X-Xueji-Position"

# A body above this many bytes is validated outside the event loop, so that others go on.
LARGE_BODY = 256 * 1024


async def post_statements(request: Request) -> Response:
    """Store one statement or an array of them, all or none; answers their ids in order."""
    credential = demand(request, WRITE_STATEMENTS)
    version = requested_version(request)
    read_parameters(request, ())
    drafts = await _drafts(request, credential, version, None)
    stored = await _store(request, credential, drafts)
    return Response(
        orjson.dumps(stored.statement_ids),
        headers={POSITION: str(stored.position)},
        media_type="application/json",
    )


async def put_statement(request: Request) -> Response:
    """Store one statement under the id of the `statementId` parameter."""
    credential = demand(request, WRITE_STATEMENTS)
    version = requested_version(request)
    statement_id = read_statement_id(request)
    drafts = await _drafts(request, credential, version, statement_id)
    stored = await _store(request, credential, drafts)
    return Response(status_code=204, headers={POSITION: str(stored.position)})


async def get_statements(request: Request) -> Response:
    """Find one statement by id, or a page of those that the filters match, newest first."""
    record: Record = request.app.state.record
    through = {CONSISTENT_THROUGH: iso_text(record.consistent_through())}
    try:
        credential = demand(request, READ_OWN_STATEMENTS)
        version = requested_version(request)
        parameters = StatementParameters.of(request, version)
        authority = None
        if not credential.may(*READ_STATEMENTS):
            authority = _authority(request, credential).key
        content = await asyncio.to_thread(_find, request, credential, parameters, authority)
    except ApiError as error:
        error.headers |= through
        raise
    if parameters.attachments:
        return _multipart(content, through)
    return Response(content, headers=through, media_type="application/json")


# Writing ---------------------------------------------------------------------------------------


async def _drafts(
    request: Request, credential: Credential, version: Version, statement_id: str | None
) -> list[Draft]:
    _check_content_type(request)
    settings: Settings = request.app.state.settings
    body = await read_body(request, settings.maximum_body_size)
    authority = _authority(request, credential)
    arguments = (body, credential.store, authority, version, statement_id, settings.maximum_batch)
    if len(body) > LARGE_BODY:
        return await asyncio.to_thread(_read_drafts, *arguments)
    return _read_drafts(*arguments)


def _read_drafts(
    body: bytes,
    store: str,
    authority: Authority,
    version: Version,
    statement_id: str | None,
    maximum_batch: int,
) -> list[Draft]:
    """Decode and validate a body; raises ApiError 400 naming path, rule and value."""
    try:
        decoded = decode(body)
        if isinstance(decoded, list) and statement_id is None:
            statements, path = decoded, "$[{}]"
        else:
            statements, path = [decoded], "$"
        if len(statements) > maximum_batch:
            raise ApiError(
                413,
                f"the batch holds {len(statements)} statements, over {maximum_batch}",
                rule="a batch is at most XUEJI_MAXIMUM_BATCH statements",
            )
        for index, statement in enumerate(statements):
            validate_statement(statement, version, path=path.format(index))
    except Violation as violation:
        raise broken_rule(violation) from None
    if statement_id is not None:
        _check_same_id(statements[0], statement_id)
    else:
        _check_distinct_ids(statements)
    return [
        draft_statement(
            raw,
            statement,
            store=store,
            authority=authority,
            version=version,
            statement_id=statement_id,
        )
        for raw, statement in zip(raw_items(body), statements, strict=True)
    ]


async def _store(request: Request, credential: Credential, drafts: list[Draft]) -> Stored:
    record: Record = request.app.state.record
    try:
        return await record.store_statements(credential.store, drafts)
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


def _check_content_type(request: Request) -> None:
    given = request.headers.get("content-type", "")
    kind = given.partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ApiError(
            400 if kind in ("", "multipart/form-data") else 415,
            f"statements are sent as application/json, not as {given or 'nothing named'}",
            rule="the body of a statement request is application/json",
            section="xAPI 1.0.3 Communication 1.5",
            value=given,
        )


def _check_same_id(statement: dict[str, Any], statement_id: str) -> None:
    inner = statement.get("id", statement_id)
    if inner.lower() != statement_id.lower():
        raise ApiError(
            400,
            f"the statement's id {inner} is not the statementId {statement_id}",
            path="$.id",
            rule="the id in the statement, where there is one, is the statementId parameter",
            section="xAPI 1.0.3 Communication 2.1.1",
            value=inner,
        )


def _check_distinct_ids(statements: list[dict[str, Any]]) -> None:
    seen: set[str] = set()
    for index, statement in enumerate(statements):
        given = statement.get("id")
        if given is None:
            continue
        if given.lower() in seen:
            raise ApiError(
                400,
                f"the id {given} stands twice in the batch",
                path=f"$[{index}].id",
                rule="an id stands once in a batch",
                section="IEEE 9274.1.1 4.1.6.1",
                value=given,
            )
        seen.add(given.lower())


def _authority(request: Request, credential: Credential) -> Authority:
    settings: Settings = request.app.state.settings
    return make_authority(settings.home_page, credential.app)


# Reading ---------------------------------------------------------------------------------------


def _find(
    request: Request, credential: Credential, parameters: StatementParameters, authority: str | None
) -> bytes:
    record: Record = request.app.state.record
    settings: Settings = request.app.state.settings
    languages: list[str] = []
    if parameters.format is Format.CANONICAL:
        languages = accepted_languages(request.headers.get("accept-language", ""))
    wanted = parameters.statement_id or parameters.voided_statement_id
    if wanted is not None:
        voided = parameters.voided_statement_id is not None
        statement = record.statement(credential.store, wanted, voided=voided, authority=authority)
        if statement is None:
            kind = "voided statement" if voided else "statement"
            raise ApiError(404, f"there is no {kind} with id {wanted}", value=wanted)
        return present(statement.json, parameters.format, languages)
    query = parameters.query(credential.store, authority, settings.page_size)
    page = record.find_statements(query)
    shown = (present(statement.json, parameters.format, languages) for statement in page.statements)
    more = ""
    if page.next_after is not None:
        more = f"{request.url.path}?{urlencode(parameters.continued(page.next_after))}"
    return b'{"statements":[%b],"more":%b}' % (b",".join(shown), orjson.dumps(more))


def _multipart(content: bytes, headers: dict[str, str]) -> Response:
    """Put a result into multipart/mixed, as `attachments=true` asks: xAPI 1.0.3 part 3, 1.5.2."""
    boundary = uuid4().hex
    body = (
        b"--%(boundary)b\r\nContent-Type: application/json\r\n\r\n%(content)b\r\n"
        b"--%(boundary)b--\r\n"
    ) % {b"boundary": boundary.encode(), b"content": content}
    return Response(body, headers=headers, media_type=f"multipart/mixed; boundary={boundary}")
