"""The events of the log, and how their state is written: once, as received, never rebuilt.

The state of ``StatementStored`` is three parts with a line feed between: the properties the record
adds (one JSON object on one line), a word for how the statement reads back with further words for
what came with it, and the statement's bytes as they came.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

import msgspec
import orjson
from eventsourcing.persistence import Mapper, MapperDeserialisationError, StoredEvent
from eventsourcing.utils import get_topic

from lrs.actors import actor_key
from lrs.declarations import DeclarationEvent, Declared, Withdrawn
from lrs.documents import DocumentDeleted, DocumentEvent, DocumentStored
from lrs.formats import instant

# The bytes as received, with the added properties put in front, are the statement.
AS_RECEIVED: Final = b"as-received"
# Something in the bytes has to be replaced on reading: a property the record decides, or a
# context activity that stood alone where an array is due.
REWRITTEN: Final = b"rewritten"

# Further words of that line. The app may not define activities: definitions stay where they are.
_UNDEFINING: Final = b"undefining"
# An attachment's bytes came with the statement; its SHA-2 follows.
_ATTACHED: Final = b"attached:"

_properties: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class StatementStored(msgspec.Struct, frozen=True, gc=False):
    """A statement entered the record: version 1 of its stream."""

    originator_id: str  # "{store}/statement/{uuid}"
    originator_version: int
    added: bytes  # JSON object: stored, authority, and id, timestamp, version where absent
    form: bytes  # AS_RECEIVED or REWRITTEN
    statement: bytes
    defines: bool = True  # its definitions count for the activities
    attached: tuple[str, ...] = ()  # SHA-2, lower case, of attachments whose bytes came with it

    def encode(self) -> bytes:
        """Write the state."""
        words = self.form
        if self.defines and not self.attached:
            return b"%b\n%b\n%b" % (self.added, words, self.statement)
        if not self.defines:
            words += b" " + _UNDEFINING
        for sha2 in self.attached:
            words += b" " + _ATTACHED + sha2.encode()
        return b"%b\n%b\n%b" % (self.added, words, self.statement)

    @classmethod
    def decode(cls, originator_id: str, originator_version: int, state: bytes) -> "StatementStored":
        """Read the state back."""
        added, words, statement = state.split(b"\n", 2)
        if b" " not in words:
            return cls(originator_id, originator_version, added, words, statement)
        form, *marks = words.split(b" ")
        defines = _UNDEFINING not in marks
        attached = tuple(
            mark[len(_ATTACHED) :].decode() for mark in marks if mark.startswith(_ATTACHED)
        )
        return cls(originator_id, originator_version, added, form, statement, defines, attached)

    def stored(self) -> int:
        """Give the stored time in microseconds."""
        return instant(orjson.loads(self.added)["stored"])

    def authority_key(self) -> str | None:
        """Name the authority."""
        return actor_key(orjson.loads(self.added)["authority"])

    def exact(self) -> bytes:
        """Give the statement's JSON as ``format=exact`` serves it."""
        return exact_statement(self.added, self.form, self.statement)


class StatementVoided(msgspec.Struct, frozen=True):
    """A statement was voided: version 2 of its stream."""

    originator_id: str
    originator_version: int
    voided_by: str  # statement id
    stored: str  # ISO 8601

    def encode(self) -> bytes:
        """Write the state."""
        return orjson.dumps({"voided_by": self.voided_by, "stored": self.stored})

    @classmethod
    def decode(cls, originator_id: str, originator_version: int, state: bytes) -> "StatementVoided":
        """Read the state back."""
        fields = orjson.loads(state)
        return cls(originator_id, originator_version, fields["voided_by"], fields["stored"])


STATEMENT_STORED: Final = get_topic(StatementStored)
STATEMENT_VOIDED: Final = get_topic(StatementVoided)
DOCUMENT_STORED: Final = get_topic(DocumentStored)
DOCUMENT_DELETED: Final = get_topic(DocumentDeleted)
DECLARED: Final = get_topic(Declared)
WITHDRAWN: Final = get_topic(Withdrawn)
_CLASSES: dict[
    str,
    type[StatementStored] | type[StatementVoided] | type[DocumentEvent] | type[DeclarationEvent],
] = {
    STATEMENT_STORED: StatementStored,
    STATEMENT_VOIDED: StatementVoided,
    DOCUMENT_STORED: DocumentStored,
    DOCUMENT_DELETED: DocumentDeleted,
    DECLARED: Declared,
    WITHDRAWN: Withdrawn,
}


_TOPICS = {event_class: topic for topic, event_class in _CLASSES.items()}


def statement_originator(store: str, statement_id: str) -> str:
    """Name the stream of one statement; the store's primary key makes the id unique."""
    return f"{store}/statement/{statement_id}"


def originator_parts(originator_id: str) -> tuple[str, str, str]:
    """Split an originator id into store, kind and key."""
    store, kind, key = originator_id.split("/", 2)
    return store, kind, key


def exact_statement(added: bytes, form: bytes, statement: bytes) -> bytes:
    """Join what the record added with what was received, into the statement's JSON.

    What isn't replaced stays as it was written: to decode a number may be to round it.
    """
    if form == AS_RECEIVED:
        return b"%b,%b" % (added[:-1], statement[1:])
    whole = _properties(statement)
    whole.update(_properties(added))
    return msgspec.json.encode(_with_arrays(whole))


def _with_arrays(statement: dict[str, msgspec.Raw]) -> dict[str, msgspec.Raw]:
    """Make each context activity an array: xAPI 1.0.3 part 2, 2.4.6.2."""
    if "context" in statement:
        context = _properties(statement["context"])
        if "contextActivities" in context:
            activities = {
                kind: msgspec.Raw(b"[%b]" % held) if bytes(held)[:1] == b"{" else held
                for kind, held in _properties(context["contextActivities"]).items()
            }
            context["contextActivities"] = msgspec.Raw(msgspec.json.encode(activities))
            statement["context"] = msgspec.Raw(msgspec.json.encode(context))
    target = _properties(statement["object"])
    if "actor" in target:  # only a SubStatement has one
        statement["object"] = msgspec.Raw(msgspec.json.encode(_with_arrays(target)))
    return statement


def has_lone_context_activity(statement: Mapping[str, Any]) -> bool:
    """Tell whether a context activity stands alone, not in an array."""
    context = statement.get("context")
    if context and dict in map(type, context.get("contextActivities", {}).values()):
        return True
    target = statement["object"]
    return target.get("objectType") == "SubStatement" and has_lone_context_activity(target)


class RecordMapper(Mapper[str]):
    """Turns events into stored events and back, without building aggregates.

    Compressor and cipher are `eventsourcing`'s own: ``COMPRESSOR_TOPIC``, ``CIPHER_TOPIC``,
    ``CIPHER_KEY``.
    """

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """Write one event."""
        state = domain_event.encode()
        topic = _TOPICS[type(domain_event)]
        if self.compressor:
            state = self.compressor.compress(state)
        if self.cipher:
            state = self.cipher.encrypt(state)
        return StoredEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=topic,
            state=state,
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """Read one event; raises MapperDeserialisationError where it can't be read."""
        try:
            state = self.plain_state(stored_event.state)
            event_class = _CLASSES[stored_event.topic]
            return event_class.decode(
                cast(str, stored_event.originator_id), stored_event.originator_version, state
            )
        except Exception as error:
            raise MapperDeserialisationError(
                f"event {stored_event.originator_id} version {stored_event.originator_version} "
                f"with topic {stored_event.topic} can't be read: {type(error).__name__}: {error}"
            ) from error

    def plain_state(self, state: bytes) -> bytes:
        """Undo cipher and compressor."""
        if self.cipher:
            state = self.cipher.decrypt(state)
        if self.compressor:
            state = self.compressor.decompress(state)
        return state
