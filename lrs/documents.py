"""Documents: State, Activity Profile and Agent Profile, kept as events with their whole history.

Every event holds the whole document as of then, merged where it was merged, so that reading one
needs one event, and replaying the log needs no rule of merging. The state of an event is a header
(one JSON object on one line), a line feed, and the content's bytes as they are served.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from hashlib import sha1, sha256
from typing import Any, Final, Literal

import msgspec
import orjson

from lrs.formats import instant
from lrs.json_input import MAX_DEPTH, decode
from lrs.validation.violation import Violation
from lrs.versions import RULES, PutCondition, Version

Method = Literal["PUT", "POST", "DELETE"]
JSON: Final = "application/json"
_POSTED_OBJECT: Final = "a document posted as application/json is a JSON object"
_splitting: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])  # into values not looked into


class Kind(StrEnum):
    """Which of the document resources: xAPI 1.0.3 part 3, 2.3, 2.6 and 2.7."""

    STATE = "state"
    ACTIVITY_PROFILE = "activity-profile"
    AGENT_PROFILE = "agent-profile"


class DocumentScope(msgspec.Struct, frozen=True, kw_only=True):
    """What documents are about: an activity, an agent (actor_key), a registration (lower case).

    State has activity and agent, and may have a registration; a profile has one of the first two.
    """

    kind: Kind
    activity: str | None = None
    agent: str | None = None
    registration: str | None = None

    def key(self, store: str) -> str:
        """Name the scope in the table of documents, whatever the registration."""
        return f"{store}/{self.kind}/{_digest(self.activity, self.agent)}"


class DocumentName(msgspec.Struct, frozen=True):
    """One document: its scope and its stateId or profileId."""

    scope: DocumentScope
    id: str

    def originator(self, store: str) -> str:
        """Name the stream of its events."""
        scope = self.scope
        parts = _digest(scope.activity, scope.agent, scope.registration, self.id)
        return f"{store}/{scope.kind}/{parts}"


class Conditions(msgspec.Struct, frozen=True):
    """If-Match and If-None-Match of a request: entity tags without quotes, or ``*``; RFC 9110, 13.

    `required` says where one of them has to be given: for a document that is there, or always.
    """

    if_match: tuple[str, ...] | None = None
    if_none_match: tuple[str, ...] | None = None
    required: PutCondition = "never"

    def check(self, etag: str | None) -> None:
        """Compare with a document's entity tag, None where there is no document.

        Raises ConditionMissingError, ConditionFailedError.
        """
        if self.if_match is None and self.if_none_match is None:
            if self.required == "always" or (self.required == "existing" and etag is not None):
                raise ConditionMissingError(etag)
            return
        if self.if_match is not None and not _meets(self.if_match, etag):
            raise ConditionFailedError("If-Match", self.if_match, etag)
        if self.if_none_match is not None and _meets(self.if_none_match, etag):
            raise ConditionFailedError("If-None-Match", self.if_none_match, etag)


class DocumentChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a request does: to the document `id`, or (DELETE only) to all of the scope.

    `authority` is the JSON of who changes it, on one line; `agent` the agent of the scope as it was
    given, `version` the one that the request is made in. The conditions of a whole scope are about
    the list of its ids.
    """

    scope: DocumentScope
    id: str | None
    method: Method
    authority: bytes
    agent: Mapping[str, Any] | None = None
    content_type: str = ""
    content: bytes = b""
    conditions: Conditions = Conditions()
    version: Version = Version.V2_0_0


class DocumentChanged(msgspec.Struct, frozen=True):
    """What became of a change: the newest position (0: there was nothing to do), the new tag."""

    position: int
    etag: str | None = None


class DocumentHeader(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What an event says beside the content."""

    stored: str  # ISO 8601
    method: Method
    kind: Kind
    id: str
    authority: msgspec.Raw
    activity: str | None = None
    agent: str | None = None  # actor_key
    agent_given: Any = None
    registration: str | None = None
    content_type: str = ""

    def name(self) -> DocumentName:
        """Name the document."""
        scope = DocumentScope(
            kind=self.kind,
            activity=self.activity,
            agent=self.agent,
            registration=self.registration,
        )
        return DocumentName(scope, self.id)


_headers: Final = msgspec.json.Decoder(DocumentHeader)


class DocumentEvent(msgspec.Struct, frozen=True, gc=False):
    """A version of a document entered the record, or (DocumentDeleted) it was deleted."""

    originator_id: str  # "{store}/state/{digest}" and the like
    originator_version: int
    header: bytes
    content: bytes

    def encode(self) -> bytes:
        """Write the state."""
        return b"%b\n%b" % (self.header, self.content)

    @classmethod
    def decode(cls, originator_id: str, originator_version: int, state: bytes) -> "DocumentEvent":
        """Read the state back."""
        header, content = state.split(b"\n", 1)
        return cls(originator_id, originator_version, header, content)

    def version(self) -> "DocumentVersion":
        """Give the version of the document that it makes."""
        header = _headers.decode(self.header)
        return DocumentVersion(
            name=header.name(),
            content_type=header.content_type,
            content=self.content,
            updated=instant(header.stored),
            authority=bytes(header.authority),
            deleted=isinstance(self, DocumentDeleted),
        )


class DocumentStored(DocumentEvent, frozen=True, gc=False):
    """A document was put, or posted and merged."""


class DocumentDeleted(DocumentEvent, frozen=True, gc=False):
    """A document was deleted; its history stays."""


class DocumentVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A document as of one event; `updated` in microseconds, `authority` JSON."""

    name: DocumentName
    content_type: str
    content: bytes
    updated: int
    authority: bytes
    deleted: bool = False

    @property
    def etag(self) -> str:
        """Give the entity tag, without quotes."""
        return etag_of(self.content)


class DocumentIds(msgspec.Struct, frozen=True):
    """The ids of a scope's documents in order, and when the newest was updated (µs)."""

    ids: list[str]
    updated: int | None

    def json(self) -> bytes:
        """Give the list as it is served."""
        return orjson.dumps(self.ids)


class ConditionMissingError(Exception):
    """A condition has to be given and is not: 409 where there is a document, else 400."""

    def __init__(self, etag: str | None) -> None:
        there = "there is already a" if etag else "there is no"
        super().__init__(f"{there} document, and neither If-Match nor If-None-Match was sent")
        self.etag = etag


class ConditionFailedError(Exception):
    """A condition is not met (412)."""

    def __init__(self, header: str, wanted: Sequence[str], etag: str | None) -> None:
        found = f'the entity tag here is "{etag}"' if etag else "there is no document"
        super().__init__(f"{header} is not met: {found}")
        self.header = header
        self.wanted = wanted
        self.etag = etag


def etag_of(content: bytes) -> str:
    """Give the entity tag of a content: its SHA-1, in hex. xAPI 1.0.3 part 3, 3.1."""
    return sha1(content, usedforsecurity=False).hexdigest()


def listed_ids(rows: Sequence[Mapping[str, Any]]) -> DocumentIds:
    """Give the ids in rows of the table of documents, each once."""
    ids = sorted({row["id"] for row in rows})
    return DocumentIds(ids, max((row["updated"] for row in rows), default=None))


def is_json(content_type: str) -> bool:
    """Tell whether a content type is JSON's, with or without parameters."""
    return content_type.partition(";")[0].strip().lower() == JSON


def check_content(change: DocumentChange, *, max_depth: int = MAX_DEPTH) -> None:
    """Check what is to be stored: what is said to be JSON is, and an object where it is posted.

    Raises Violation. xAPI 1.0.3 part 3, 2.2 and 3.2; IEEE 9274.1.1, 4.1.6.
    """
    if is_json(change.content_type):
        value = decode(change.content, max_depth=max_depth)
        if change.method == "POST" and not isinstance(value, dict):
            raise Violation(_POSTED_OBJECT, RULES[change.version].section("document"), value)


def merge(
    old: DocumentVersion | None, content_type: str, content: bytes, version: Version
) -> bytes:
    """Give the content after a POST: of two JSON objects, the top-level properties of both.

    What the properties hold is copied octet for octet, never decoded: a commit waits for it, and a
    number that decoding would round stays as it is. Raises Violation where either isn't a JSON
    object. xAPI 1.0.3 part 3, 2.2; IEEE 9274.1.1, 4.1.6.
    """
    section = RULES[version].section("document")
    if not is_json(content_type):
        if old is None:
            return content
        rule = "a document that is posted onto another is application/json"
        raise Violation(rule, section, content_type, path="Content-Type")
    posted = _properties(content, _POSTED_OBJECT, section)
    if old is None:
        return content
    if not is_json(old.content_type):
        rule = "a document that another is posted onto is application/json"
        raise Violation(rule, section, old.content_type)
    rule = "the document that another is posted onto is a JSON object"
    kept = _properties(old.content, rule, section)
    return msgspec.json.encode(kept | posted)


def _properties(content: bytes, rule: str, section: str) -> dict[str, msgspec.Raw]:
    """Split a JSON object into its properties; the bytes of each value stay as they are."""
    try:
        return _splitting.decode(content)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Violation(f"{rule}: {error}", section) from None


def _meets(tags: Sequence[str], etag: str | None) -> bool:
    return etag is not None and ("*" in tags or etag in tags)


def _digest(*parts: str | None) -> str:
    return sha256(orjson.dumps(parts)).hexdigest()
