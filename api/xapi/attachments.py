"""Statements with the data of their attachments: xAPI 1.0.3 part 3, 1.5.2; 2.0, 4.1.3.

Coming in: the first part is the JSON of all statements, which is judged before any data is read.
Every other part is the data of one of their attachments, written to the store as it comes. Part and
attachment belong together by the SHA-2 and by nothing else: the length and type that a statement
names are not held against the part's, in which the standard's own example differs.
Going out: the same form, each attachment once, streamed from the store.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.errors import ApiError, broken_rule
from api.settings import Settings
from api.xapi.bodies import stream_body
from api.xapi.drafting import Batch, Drafting
from api.xapi.multipart import Headers, MultipartReader, boundary_of
from lrs.attachment_parts import Served
from lrs.attachment_rules import attachments_of, hash_of, signatures_of
from lrs.attachments import AttachmentStore, HashMismatchError, Upload
from lrs.drafts import Draft
from lrs.signatures import check_signature
from lrs.validation import Violation
from lrs.versions import RULES, Version
from streams.multipart_writing import HASH_HEADER, Envelope

# Coming in --------------------------------------------------------------------------------------


async def receive_statements(request: Request, drafting: Drafting, upload: Upload) -> list[Draft]:
    """Read a multipart/mixed request: its statements into drafts, all other parts into `upload`.

    Raises ApiError 400, 413.
    """
    settings: Settings = request.app.state.settings
    boundary = boundary_of(request.headers["content-type"])
    reader = MultipartReader(stream_body(request, settings.maximum_upload_size), boundary)
    receiver = _Receiver(reader, drafting.version, settings)
    body = await receiver.statements()
    batch = await asyncio.to_thread(drafting.read, body)
    await receiver.attachments(batch, upload)
    drafting.check_attached(batch, upload.received)
    await _check_signatures(batch, drafting, upload)
    return await asyncio.to_thread(drafting.drafts, batch, upload.received)


class _Receiver:
    """Judges the parts of one request by their headers, and passes their data on."""

    def __init__(self, reader: MultipartReader, version: Version, settings: Settings) -> None:
        self._reader = reader
        self._section = RULES[version].section("attachment transfer")
        self._most = settings.maximum_attachments
        self._json_limit = settings.maximum_body_size

    async def statements(self) -> bytes:
        """Give the JSON of the first part."""
        headers = await self._reader.next_part()
        kind = headers.get("content-type", "") if headers is not None else ""
        if kind.partition(";")[0].strip().lower() != "application/json":
            raise self._refusal("the first part is the statements, as application/json", 1, kind)
        return b"".join([piece async for piece in self._within_json_limit(self._reader.data(), 1)])

    async def attachments(self, batch: Batch, upload: Upload) -> None:
        """Pass the data of all other parts on to `upload`."""
        named = _hashes(attachments_of, batch)
        signatures = _hashes(signatures_of, batch)
        number = 1
        while (headers := await self._reader.next_part()) is not None:
            number += 1
            if number - 1 > self._most:
                raise ApiError(
                    413,
                    f"the request has more than {self._most} attachments",
                    rule="a request has at most XUEJI_MAXIMUM_ATTACHMENTS attachments",
                    value=self._most,
                )
            sha2 = self._hash(headers, named, number)
            data = self._reader.data()
            if sha2 in signatures:  # it is read whole, later
                data = self._within_json_limit(data, number)
            try:
                await upload.receive(sha2, data)
            except HashMismatchError as error:
                rule = f"{HASH_HEADER} is the SHA-2 of the part's data, which is {error.found}"
                raise self._refusal(rule, number, error.named) from None

    def _hash(self, headers: Headers, named: set[str], number: int) -> str:
        """Give the SHA-2 that a part's headers name, where they are those of an attachment."""
        encoding = headers.get("content-transfer-encoding")
        if encoding is None or encoding.lower() != "binary":
            rule = "each part after the first has Content-Transfer-Encoding: binary"
            raise self._refusal(rule, number, encoding)
        sha2 = headers.get(HASH_HEADER.lower())
        if sha2 is None or sha2.lower() not in named:
            rule = f"each part after the first has {HASH_HEADER}: the sha2 of an attachment"
            raise self._refusal(rule, number, sha2)
        return sha2.lower()

    async def _within_json_limit(
        self, data: AsyncIterator[bytes], number: int
    ) -> AsyncIterator[bytes]:
        size = 0
        async for piece in data:
            size += len(piece)
            if size > self._json_limit:
                raise ApiError(
                    413,
                    f"part {number} is over {self._json_limit} bytes",
                    path=_part(number),
                    rule="statements and signatures are at most XUEJI_MAXIMUM_BODY_SIZE bytes",
                    value=self._json_limit,
                )
            yield piece

    def _refusal(self, rule: str, number: int, value: Any) -> ApiError:
        place = _part(number)
        message = f"{place}: {rule} ({self._section})"
        return ApiError(400, message, path=place, rule=rule, section=self._section, value=value)


def _part(number: int) -> str:
    """Name a part in an error, the first being 1."""
    return f"part[{number}]"


def _hashes(listed: Any, batch: Batch) -> set[str]:
    """Give the SHA-2 of what `listed` gives of each statement."""
    return {
        hash_of(attachment)
        for statement in batch.attaching.values()
        for _, attachment in listed(statement)
    }


async def _check_signatures(batch: Batch, drafting: Drafting, upload: Upload) -> None:
    for path, statement in batch.attaching.items():
        for place, attachment in signatures_of(statement, path):
            jws = await upload.read(hash_of(attachment))
            signed = statement
            if drafting.statement_id is not None:
                signed = {"id": drafting.statement_id, **statement}
            try:
                await asyncio.to_thread(
                    check_signature, signed, attachment, jws, drafting.version, place
                )
            except Violation as violation:
                raise broken_rule(violation) from None


# Going out --------------------------------------------------------------------------------------


def multipart_response(
    request: Request, store: str, content: bytes, served: list[Served], headers: dict[str, str]
) -> Response:
    """Answer with statements and the data of their attachments; a HEAD only with the headers."""
    attachments: AttachmentStore = request.app.state.attachments
    envelope = Envelope.of(content, served)
    headers = {**headers, "Content-Length": str(envelope.length)}
    if request.method == "HEAD":
        return Response(headers=headers, media_type=envelope.content_type)

    async def body() -> AsyncIterator[bytes]:
        yield envelope.first
        for one, head in envelope.parts:
            yield head
            async for block in attachments.blocks(store, one.sha2):
                yield block
        yield envelope.end

    return StreamingResponse(body(), headers=headers, media_type=envelope.content_type)
