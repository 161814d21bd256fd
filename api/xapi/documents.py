"""The document resources: State, Activity Profile and Agent Profile.

xAPI 1.0.3 part 3, 2.2, 2.3, 2.6, 2.7 and 3.1; IEEE 9274.1.1, 4.1.4, 4.1.6.2, 4.1.6.5 and 4.1.6.6.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.authentication import PROFILE, READ_PROFILE, READ_STATE, STATE, authority_of, demand
from api.errors import ApiError, broken_rule
from api.settings import Settings
from api.xapi.bodies import read_body
from api.xapi.conditions import condition_failed, read_conditions, tagged_response
from api.xapi.parameters import Parameters
from api.xapi.statements import LARGE_BODY, POSITION
from api.xapi.versions import requested_version
from lrs.credentials import Credential
from lrs.documents import (
    ConditionFailedError,
    ConditionMissingError,
    DocumentChange,
    DocumentChanged,
    DocumentName,
    DocumentScope,
    Kind,
    Method,
    check_content,
)
from lrs.record import Record
from lrs.validation import Violation
from lrs.versions import RULES, PutCondition, Topic, Version

Handler = Callable[[Request], Awaitable[Response]]

UNKNOWN_CONTENT: Final = "application/octet-stream"  # RFC 9110, 8.3
# Whatever an app has stored, a browser that opens it runs nothing of it in our name.
INERT: Final = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
_header_text = re.compile(r"[\t\x20-\x7e\x80-\xff]*").fullmatch


class Asked(msgspec.Struct, frozen=True):
    """What the parameters of a request name: a scope and, where `id` is given, one document."""

    scope: DocumentScope
    id: str | None
    agent: dict[str, Any] | None  # as it was given
    since: int | None


class DocumentResource(msgspec.Struct, frozen=True, kw_only=True):
    """One of the three resources: what names its documents, who may write and read them."""

    kind: Kind
    topic: Topic
    required: tuple[str, ...]  # parameters
    optional: tuple[str, ...] = ()
    id: str  # the parameter that names one document
    write: tuple[str, ...]  # scopes
    read: tuple[str, ...]

    def handlers(self) -> dict[str, Handler]:
        """Give what answers each method."""
        return {
            "GET": self.get,
            "HEAD": self.get,
            "PUT": self.put,
            "POST": self.post,
            "DELETE": self.delete,
        }

    async def get(self, request: Request) -> Response:
        """Give one document, or the ids of those in scope."""
        credential = await demand(request, self.read)
        version = requested_version(request)
        asked = self._asked(request, version, since=True)
        return await asyncio.to_thread(self._read, request, credential.store, asked)

    async def put(self, request: Request) -> Response:
        """Keep a document in place of the one there is."""
        return await self._write(request, "PUT")

    async def post(self, request: Request) -> Response:
        """Merge a JSON object into a document, or keep a new document."""
        return await self._write(request, "POST")

    async def delete(self, request: Request) -> Response:
        """Delete a document, or all State documents in scope."""
        return await self._write(request, "DELETE")

    def _asked(self, request: Request, version: Version, *, since: bool = False) -> Asked:
        """Read the parameters; raises ApiError 400."""
        allowed = (*self.required, *self.optional, self.id, *(("since",) if since else ()))
        parameters = Parameters.of(request, self.topic, version, allowed)
        parameters.need(*self.required)
        if "since" in parameters.given and self.id in parameters.given:
            raise parameters.refusal("since", f"since is for a list of ids, without {self.id}")
        agent = None
        if "agent" in self.required:
            groups = RULES[version].group_documents
            agent = parameters.actor("agent", version, groups=groups)
        registration = parameters.uuid("registration")
        scope = DocumentScope(
            kind=self.kind,
            activity=parameters.iri("activityId"),
            agent=agent.key if agent else None,
            registration=registration.lower() if registration else None,
        )
        return Asked(
            scope,
            parameters.document_id(self.id),
            agent.json if agent else None,
            parameters.time("since"),
        )

    # Reading -------------------------------------------------------------------------------

    def _read(self, request: Request, store: str, asked: Asked) -> Response:
        record: Record = request.app.state.record
        if asked.id is None:
            listed = record.document_ids(store, asked.scope, asked.since)
            json = {"Content-Type": "application/json"}
            return tagged_response(request, listed.json(), json, listed.updated)
        document = record.document(store, DocumentName(asked.scope, asked.id))
        if document is None:
            raise ApiError(
                404, f"there is no {self.kind} document {asked.id}", path=self.id, value=asked.id
            )
        headers = {"Content-Type": document.content_type, **INERT}
        return tagged_response(request, document.content, headers, document.updated)

    # Writing -------------------------------------------------------------------------------

    async def _write(self, request: Request, method: Method) -> Response:
        credential = await demand(request, self.write)
        version = requested_version(request)
        change = await self._change(request, credential, version, method)
        changed = await _changed(request, credential.store, change)
        headers = {POSITION: str(changed.position)}
        if changed.etag:
            headers["ETag"] = f'"{changed.etag}"'
        return Response(status_code=204, headers=headers)

    async def _change(
        self, request: Request, credential: Credential, version: Version, method: Method
    ) -> DocumentChange:
        """Read a request; raises ApiError 400, 413, 415."""
        settings: Settings = request.app.state.settings
        asked = self._asked(request, version)
        whole_scope = method == "DELETE" and self.kind is Kind.STATE
        if asked.id is None and not whole_scope:
            raise Parameters({}, RULES[version].section(self.topic)).refusal(
                self.id, f"{method} names one document"
            )
        change = DocumentChange(
            scope=asked.scope,
            id=asked.id,
            method=method,
            authority=authority_of(request, credential).json,
            agent=asked.agent,
            conditions=read_conditions(request, self._required(method, version)),
            version=version,
        )
        return change if method == "DELETE" else await _with_content(request, change, settings)

    def _required(self, method: Method, version: Version) -> PutCondition:
        if method != "PUT":
            return "never"
        rules = RULES[version]
        is_state = self.kind is Kind.STATE
        return rules.state_put_condition if is_state else rules.profile_put_condition


async def _with_content(
    request: Request, change: DocumentChange, settings: Settings
) -> DocumentChange:
    """Read and check the body; raises ApiError 400, 413, 415."""
    content_type = _content_type(request, change.version)
    content = await read_body(request, settings.maximum_body_size)
    change = msgspec.structs.replace(change, content_type=content_type, content=content)
    try:
        if len(content) > LARGE_BODY:
            await asyncio.to_thread(check_content, change, max_depth=settings.maximum_depth)
        else:
            check_content(change, max_depth=settings.maximum_depth)
    except Violation as violation:
        raise broken_rule(violation) from None
    return change


async def _changed(request: Request, store: str, change: DocumentChange) -> DocumentChanged:
    """Make a change; raises ApiError 400, 409, 412."""
    record: Record = request.app.state.record
    try:
        return await record.change_document(store, change)
    except ConditionMissingError as error:
        raise _condition_missing(error, change.version) from None
    except ConditionFailedError as error:
        raise condition_failed(error, change.version) from None
    except Violation as violation:
        raise broken_rule(violation) from None


def _condition_missing(error: ConditionMissingError, version: Version) -> ApiError:
    """Explain what to do: check the current state, and name it. xAPI 1.0.3 part 3, 3.1."""
    advice = (
        "get its current state and send its ETag in If-Match"
        if error.etag
        else "send If-None-Match: * for a new one, or the ETag of the one to replace in If-Match"
    )
    return ApiError(
        409 if error.etag else 400,
        f"{error}: {advice}",
        {"ETag": f'"{error.etag}"'} if error.etag else {},
        path="If-Match",
        rule="a PUT says by If-Match or If-None-Match what it is to replace",
        section=RULES[version].section("concurrency"),
    )


def _content_type(request: Request, version: Version) -> str:
    """Give the type of the content, as it will be served; raises ApiError 400, 415."""
    encoding = request.headers.get("content-encoding", "identity")
    if encoding.strip().lower() != "identity":
        raise ApiError(
            415,
            f"documents are sent as they are, not in the encoding {encoding}",
            {"Accept-Encoding": "identity"},
            path="Content-Encoding",
            rule="the body of a document request has no content encoding",
            section="RFC 9110, 8.4",
            value=encoding,
        )
    given = request.headers.get("content-type", "").strip() or UNKNOWN_CONTENT
    if not _header_text(given):
        raise ApiError(
            400,
            "the content type can't stand in a header",
            path="Content-Type",
            rule="a content type is text of one line",
            section=RULES[version].section("document"),
            value=given,
        )
    return given


STATE_RESOURCE: Final = DocumentResource(
    kind=Kind.STATE,
    topic="state resource",
    required=("activityId", "agent"),
    optional=("registration",),
    id="stateId",
    write=STATE,
    read=READ_STATE,
)
ACTIVITY_PROFILE_RESOURCE: Final = DocumentResource(
    kind=Kind.ACTIVITY_PROFILE,
    topic="activity profile resource",
    required=("activityId",),
    id="profileId",
    write=PROFILE,
    read=READ_PROFILE,
)
AGENT_PROFILE_RESOURCE: Final = DocumentResource(
    kind=Kind.AGENT_PROFILE,
    topic="agent profile resource",
    required=("agent",),
    id="profileId",
    write=PROFILE,
    read=READ_PROFILE,
)
