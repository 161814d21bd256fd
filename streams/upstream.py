"""The record that a forwarder brings statements to: any LRS that speaks xAPI 1.0.3 or 2.0."""

from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Final

import httpx
import msgspec

from lrs.attachment_parts import Served
from streams.forwarders import LONGEST_REASON
from streams.multipart_writing import Envelope
from streams.record_answers import REFUSED, decoded, error_of, index_named, retry_after

LARGEST_REQUEST: Final = 4 * 1024**2  # bytes of statements, after which another request begins
_TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
_VERSION_1: Final = "1.0.3"
_VERSION_2: Final = "2.0.0"
_FORBIDDEN: Final = 403
_KINDS: Final[dict[int | None, str]] = {401: "unknown_key", _FORBIDDEN: "forbidden"}
_WHY: Final = {
    401: "it does not know this key and secret",
    403: "this key may not write statements",
    429: "it takes no more requests just now",
}

Blocks = Callable[[Served], Iterator[bytes]]


class Outgoing(msgspec.Struct, frozen=True):
    """A statement on its way upstream.

    `properties` are its own, as written, without those that the upstream decides; `served` the
    attachments whose data goes with it.
    """

    position: int
    statement_id: str
    properties: dict[str, msgspec.Raw]
    version: str
    voids: bool
    served: Sequence[Served] = ()

    @property
    def size(self) -> int:
        """The bytes of its JSON, about."""
        return sum(len(name) + len(bytes(raw)) + 4 for name, raw in self.properties.items())


class Refusal(msgspec.Struct, frozen=True):
    """A statement that the upstream doesn't take, and what it answered."""

    outgoing: Outgoing
    status: int
    reason: str


class UpstreamAway(Exception):
    """The upstream can't be reached, or takes nothing just now.

    `status` is that of its answer, None where there is none; `waits` how many seconds it asks to be
    left alone, None where it doesn't say.
    """

    def __init__(self, reason: str, status: int | None = None, waits: float | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.waits = waits

    @property
    def kind(self) -> str:
        """The kind of error that it is: `streams.forwarders.State` lists them."""
        return _KINDS.get(self.status, "away")


class AttachmentUnreadable(Exception):
    """The data of an attachment can't be read here."""


class Upstream:
    """A connection to the upstream; `blocks` gives the data of an attachment.

    `may_write` is whether the credential is known to be one that may write statements.
    """

    def __init__(self, endpoint: str, key: str, secret: str, blocks: Blocks) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._blocks = blocks
        self._speaks_2 = False
        self.may_write = False
        self._client = httpx.Client(
            auth=(key, secret),
            timeout=_TIMEOUT,
            # Reading the certificates of authorities takes longer than posting a small batch.
            verify=endpoint.lower().startswith("https:"),
        )

    def __enter__(self) -> "Upstream":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._client.close()

    def check(self) -> None:
        """Ask which versions it speaks: who doesn't answer that is no LRS. Raises UpstreamAway."""
        answer = self._ask("GET", "about")
        told = decoded(answer) if answer.status_code == 200 else None
        versions = told.get("version") if isinstance(told, dict) else None
        if not isinstance(versions, list):
            raise _away(answer, "GET about names no versions: is it an xAPI endpoint?")
        self._speaks_2 = any(str(version).startswith("2.") for version in versions)

    def portions(self, outgoing: Sequence[Outgoing], most: int) -> Iterator[list[Outgoing]]:
        """Cut statements into requests, in their order: of one version, and not too large.

        One that has attachments goes alone.
        """
        portion: list[Outgoing] = []
        size = 0
        for one in outgoing:
            is_full = len(portion) == most or size + one.size > LARGEST_REQUEST
            if portion and (
                is_full
                or one.served
                or portion[-1].served
                or self._version_of(one) != self._version_of(portion[-1])
            ):
                yield portion
                portion, size = [], 0
            portion.append(one)
            size += one.size
        if portion:
            yield portion

    def deliver(self, portion: Sequence[Outgoing]) -> list[Refusal]:
        """Post a portion; gives what is refused of it: all else is upstream then.

        A request that is refused is halved until the statements to blame stand alone. To be
        forbidden is the credential's fault, unless that may write others and the statement voids
        one (xAPI 1.0.3 Communication 2.1). One whose attachment can't be read here is refused with
        status 0. Raises UpstreamAway.
        """
        refused: list[Refusal] = []
        forbidden: list[Refusal] = []
        waiting = [list(portion)]  # a stack: what comes first is on top
        while waiting:
            part = waiting.pop()
            try:
                answer = self._post(part)
            except AttachmentUnreadable as error:  # what has one goes alone
                refused.append(Refusal(part[0], 0, f"can't be read here: {error}"))
                continue
            status = answer.status_code
            if status == _FORBIDDEN and not any(one.voids for one in part):
                raise _away(answer)
            if status in REFUSED or status == _FORBIDDEN:
                if len(part) > 1:
                    waiting += reversed(_apart(part, index_named(answer, len(part))))
                else:
                    to = forbidden if status == _FORBIDDEN else refused
                    to.append(Refusal(part[0], status, _reason(answer)))
                continue
            self.may_write = True
        if forbidden and not self.may_write:
            raise UpstreamAway(f"status {_FORBIDDEN}: {forbidden[0].reason}", _FORBIDDEN)
        return refused + forbidden

    def _post(self, part: Sequence[Outgoing]) -> httpx.Response:
        """Post statements; the answer says that they are there, or is a refusal."""
        headers = {"Content-Type": "application/json"}
        headers["X-Experience-API-Version"] = self._version_of(part[0])
        statements = b"[%b]" % b",".join(self._json(one) for one in part)
        content: bytes | Iterator[bytes] = statements
        if served := part[0].served:
            envelope = Envelope.of(statements, served)
            headers["Content-Type"] = envelope.content_type
            headers["Content-Length"] = str(envelope.length)
            content = self._streamed(envelope)
        answer = self._ask("POST", "statements", content=content, headers=headers)
        if answer.status_code in REFUSED or answer.status_code == _FORBIDDEN:
            return answer
        if answer.status_code != 200:
            raise _away(answer)
        ids = decoded(answer)  # an id for each statement: xAPI 1.0.3 Communication 2.1.2
        if not isinstance(ids, list) or len(ids) != len(part):
            raise _away(answer, "without the statements' ids: is it an xAPI endpoint?")
        return answer

    def _streamed(self, envelope: Envelope) -> Iterator[bytes]:
        yield envelope.first
        for one, head in envelope.parts:
            yield head
            yield from self._read(one)
        yield envelope.end

    def _read(self, one: Served) -> Iterator[bytes]:
        """Give the data of an attachment; whatever keeps it from being read is told apart."""
        size = 0
        blocks = self._blocks(one)
        while True:
            try:
                block = next(blocks, None)
            except (OSError, ValueError) as error:
                raise AttachmentUnreadable(f"attachment {one.sha2}: {error}") from error
            if block is None:
                break
            size += len(block)
            yield block
        if size != one.size:
            raise AttachmentUnreadable(f"attachment {one.sha2} has {size} bytes, not {one.size}")

    def _ask(
        self,
        method: str,
        resource: str,
        content: bytes | Iterator[bytes] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        address = f"{self._endpoint}/{resource}"
        headers = {"X-Experience-API-Version": _VERSION_1} | (headers or {})
        try:
            return self._client.request(method, address, content=content, headers=headers)
        except httpx.HTTPError as error:
            raise UpstreamAway(f"{type(error).__name__}: {error}".rstrip(": ")) from error

    def _version_of(self, one: Outgoing) -> str:
        return _VERSION_2 if self._speaks_2 and one.version.startswith("2.") else _VERSION_1

    def _json(self, one: Outgoing) -> bytes:
        properties = one.properties
        if one.version.startswith("2.") and not self._speaks_2:  # it may be good as 1.0.3, too
            properties = {name: raw for name, raw in properties.items() if name != "version"}
        return msgspec.json.encode(properties)


def _apart(part: list[Outgoing], at: int | None) -> list[list[Outgoing]]:
    """Take the statement to blame out, or halve where none is named; keeps the order."""
    if at is None:
        half = len(part) // 2
        return [part[:half], part[half:]]
    return [piece for piece in (part[:at], part[at : at + 1], part[at + 1 :]) if piece]


def _away(answer: httpx.Response, why: str = "") -> UpstreamAway:
    status = answer.status_code
    why = why or _WHY.get(status) or _reason(answer)
    return UpstreamAway(f"status {status}: {why}", status, retry_after(answer))


def _reason(answer: httpx.Response) -> str:
    """Give what the upstream says, in its words, not too many of them."""
    told = error_of(answer)
    reason = str(told.get("message") or answer.text.strip() or answer.reason_phrase)
    return reason[:LONGEST_REASON]
