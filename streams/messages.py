"""The contract of the topic `xueji.statements`: how an entry of the log is written as a message.

It is public: docs/kafka.md states it for those who read the topic with something else.
"""

import struct
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from lrs.actors import actor_key
from lrs.declarations import IDENTITY, DeclarationVersion
from lrs.documents import DocumentName, DocumentScope, DocumentVersion, Kind
from lrs.formats import instant
from lrs.record import LogEntry
from lrs.times import iso_text

CONTRACT: Final = "1"
WATERMARK: Final = "watermark"
KINDS: Final = (
    "statement",
    "voiding",
    "document",
    "declaration",
    "unreadable",
    WATERMARK,
)
LONGEST_ERROR: Final = 1_000  # characters
LONGEST_NUMBER: Final = 19  # digits: a position is a 64-bit integer
# What Kafka adds to a message and to the batch it travels in, generously, in bytes.
OVERHEAD: Final = 512

Headers = Iterable[tuple[str, bytes]] | Mapping[str, bytes]


class Message(NamedTuple):
    """What Kafka is given: a message without key belongs to every partition."""

    key: bytes | None
    value: bytes
    headers: list[tuple[str, bytes]]

    def size(self) -> int:
        """Give the bytes it takes, at most."""
        headers = sum(len(name) + len(value) + 10 for name, value in self.headers)
        return len(self.key or b"") + len(self.value) + headers + OVERHEAD


class BadMessage(ValueError):
    """A message doesn't keep to the contract, or to one that isn't known here; says in what."""


class _Whose(msgspec.Struct):
    """The one property of a statement that its key is made of."""

    actor: dict[str, Any]


class _DocumentHeader(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The header `document`, as JSON: all of a version of a document but its content."""

    kind: Kind
    id: str
    activity: str | None = None
    agent: str | None = None
    registration: str | None = None
    content_type: str = ""
    updated: str
    authority: msgspec.Raw
    deleted: bool = False


class _DeclarationHeader(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The header `declaration`, as JSON: all of a version of a declaration but its content."""

    kind: str
    id: str
    authority: msgspec.Raw
    deleted: bool = False


_whose: Final = msgspec.json.Decoder(_Whose).decode
_document_header: Final = msgspec.json.Decoder(_DocumentHeader).decode
_declaration_header: Final = msgspec.json.Decoder(_DeclarationHeader).decode


# Writing -----------------------------------------------------------------------------------------


def encode(entry: LogEntry, again: int | None = None) -> Message:
    """Write an entry of the log as a message of the topic.

    `again` is the position of a dead letter that this entry is published once more for.
    """
    headers = [
        ("contract", CONTRACT.encode()),
        ("kind", entry.kind.encode()),
        ("store", entry.store.encode()),
        ("position", b"%d" % entry.position),
        ("stored", iso_text(entry.stored).encode()),
    ]
    if again is not None:
        headers.append(("again", b"%d" % again))
    if entry.statement_id:
        headers.append(("id", entry.statement_id.encode()))
    if entry.error:
        headers.append(("error", entry.error[:LONGEST_ERROR].encode(errors="replace")))
    if entry.declaration is not None:
        return _encode_declaration(entry, entry.declaration, headers)
    if entry.document is None:
        return Message(_key(entry).encode(), entry.statement, headers)
    headers.append(("document", msgspec.json.encode(_header_of(entry.document))))
    return Message(_key(entry).encode(), entry.document.content, headers)


def _encode_declaration(
    entry: LogEntry, version: DeclarationVersion, headers: list[tuple[str, bytes]]
) -> Message:
    """Write a declaration; an identity link changes whose facts are whose, in every partition."""
    header = _DeclarationHeader(
        kind=version.kind,
        id=version.id,
        authority=msgspec.Raw(version.authority),
        deleted=version.deleted,
    )
    headers.append(("declaration", msgspec.json.encode(header)))
    key = None if version.kind == IDENTITY else f"{entry.store}/{version.id}".encode()
    return Message(key, version.content, headers)


def encode_watermark(position: int) -> Message:
    """Write what tells a partition that all of the log up to a position is before this."""
    headers = [("contract", CONTRACT), ("kind", WATERMARK), ("position", str(position))]
    return Message(None, b"", [(name, text.encode()) for name, text in headers])


def _key(entry: LogEntry) -> str:
    """Name whom an entry is about, so that all about one statement comes in order."""
    if entry.document is not None:
        scope = entry.document.name.scope
        return f"{entry.store}/{scope.agent or scope.activity}"
    person = _actor(entry.statement) if entry.statement else None
    return f"{entry.store}/{person or entry.statement_id or entry.position}"


def _actor(statement: bytes) -> str | None:
    """Name a statement's actor; None where it is an anonymous group, or can't be read."""
    try:
        return actor_key(_whose(statement).actor)
    except (msgspec.DecodeError, LookupError, TypeError):
        return None


def _header_of(version: DocumentVersion) -> _DocumentHeader:
    scope = version.name.scope
    return _DocumentHeader(
        kind=scope.kind,
        id=version.name.id,
        activity=scope.activity,
        agent=scope.agent,
        registration=scope.registration,
        content_type=version.content_type,
        updated=iso_text(version.updated),
        authority=msgspec.Raw(version.authority),
        deleted=version.deleted,
    )


# Reading -----------------------------------------------------------------------------------------


def decode(key: bytes | None, value: bytes | None, headers: Headers | None) -> LogEntry:
    """Read a message of the topic; the key only says where it belongs, and isn't looked at.

    A watermark is an entry of kind ``watermark``, of no store: all of the log up to its position
    came before it in its partition. Raises BadMessage.
    """
    found = _Found(headers)
    if (contract := found.text("contract")) != CONTRACT:
        raise BadMessage(f"contract {contract!r} is not known here, only {CONTRACT!r}")
    kind = found.text("kind")
    if kind not in KINDS:
        raise BadMessage(f"kind {kind!r} is not known here, only {', '.join(KINDS)}")
    position = found.number("position")
    if kind == WATERMARK:
        return LogEntry(position, "", WATERMARK, "", 0, b"")
    store, stored = found.text("store"), found.time("stored")
    if kind == "document":
        document = _document(found.raw("document"), value or b"")
        return LogEntry(position, store, kind, "", stored, b"", document)
    if kind == "declaration":
        made = _declaration(found.raw("declaration"), value or b"", stored)
        return LogEntry(position, store, kind, "", stored, b"", declaration=made)
    if kind == "unreadable":
        error = found.text("error")
        return LogEntry(position, store, kind, found.text("id", ""), stored, b"", error=error)
    if not value:
        raise BadMessage(f"the value of a {kind} is empty")
    return LogEntry(position, store, kind, found.text("id"), stored, value)


def again_of(headers: Headers | None) -> int | None:
    """Give the position of the dead letter that a message comes again for; None if it doesn't.

    Such a message is out of order, and says nothing of how far the topic is. Raises BadMessage.
    """
    found = _Found(headers)
    return found.number("again") if found.has("again") else None


class _Found:
    """The headers of one message."""

    def __init__(self, headers: Headers | None) -> None:
        self._found = dict(headers or ())

    def has(self, name: str) -> bool:
        return name in self._found

    def raw(self, name: str) -> bytes:
        try:
            return self._found[name]
        except KeyError:
            raise BadMessage(f"header {name!r} is missing") from None

    def text(self, name: str, default: str | None = None) -> str:
        if default is not None and not self.has(name):
            return default
        try:
            return self.raw(name).decode()
        except UnicodeDecodeError:
            raise BadMessage(f"header {name!r} is not UTF-8: {self.raw(name)!r}") from None

    def number(self, name: str) -> int:
        text = self.raw(name)
        if not text.isdigit() or len(text) > LONGEST_NUMBER:
            raise BadMessage(f"header {name!r} is no number: {text!r}")
        return int(text)

    def time(self, name: str) -> int:
        try:
            return instant(self.text(name))
        except ValueError as error:
            raise BadMessage(f"header {name!r}: {error}") from None


def _document(header: bytes, content: bytes) -> DocumentVersion:
    try:
        said = _document_header(header)
        updated = instant(said.updated)
    except ValueError as error:  # msgspec's errors are ones
        raise BadMessage(f"header 'document': {error}") from None
    scope = DocumentScope(
        kind=said.kind, activity=said.activity, agent=said.agent, registration=said.registration
    )
    return DocumentVersion(
        name=DocumentName(scope, said.id),
        content_type=said.content_type,
        content=content,
        updated=updated,
        authority=bytes(said.authority),
        deleted=said.deleted,
    )


def _declaration(header: bytes, content: bytes, stored: int) -> DeclarationVersion:
    try:
        said = _declaration_header(header)
    except ValueError as error:  # msgspec's errors are ones
        raise BadMessage(f"header 'declaration': {error}") from None
    return DeclarationVersion(
        kind=said.kind,
        id=said.id,
        content=content,
        stored=stored,
        authority=bytes(said.authority),
        deleted=said.deleted,
    )


# Partitions --------------------------------------------------------------------------------------


def partitions_of(message: Message, partitions: int) -> Iterable[int]:
    """Give the partitions among so many that a message goes to: without a key, all of them."""
    if message.key is None:
        return range(partitions)
    return (partition_of(message.key, partitions),)


@lru_cache(maxsize=1 << 16)  # few people in turn make most of a log
def partition_of(key: bytes, partitions: int) -> int:
    """Give the partition of a key among so many: as Kafka's own clients in Java choose it."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """Give the 32 bits of MurmurHash2 with the seed of Kafka's default partitioner."""
    words, mask = len(data) // 4, 0xFFFFFFFF
    mixed = 0x9747B28C ^ len(data)
    for word in struct.unpack_from(f"<{words}I", data):
        word = word * 0x5BD1E995 & mask
        word = (word ^ word >> 24) * 0x5BD1E995
        mixed = (mixed * 0x5BD1E995 ^ word) & mask
    if rest := data[4 * words :]:
        mixed = (mixed ^ int.from_bytes(rest, "little")) * 0x5BD1E995 & mask
    mixed = (mixed ^ mixed >> 13) * 0x5BD1E995 & mask
    return mixed ^ mixed >> 15
