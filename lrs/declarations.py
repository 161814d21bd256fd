"""Declarations: what a district declares beside statements, kept as events with their history.

Roster records, identity links, mapping rules and evaluation schemes are declarations. Each has a
kind and an id; every event holds the whole content, so that reading one needs one event. The state
of an event is a header (one JSON object on one line), a line feed, and the content's bytes as they
were given.
"""

from hashlib import sha256
from typing import Any, Final, Literal

import msgspec

from lrs.actors import is_actor_key
from lrs.formats import instant
from lrs.json_input import decode
from lrs.validation.violation import Violation

IDENTITY: Final = "identity"
MAPPING: Final = "mapping"
SCHEME: Final = "scheme"
CALIBRATION: Final = "calibration"
KINDS: Final = (
    "roster-org",
    "roster-session",
    "roster-course",
    "roster-class",
    "roster-user",
    "roster-enrollment",
    IDENTITY,
    MAPPING,
    SCHEME,
    CALIBRATION,
)
By = Literal["explicit", "roster"]


class Declaration(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be declared under an id, which is unique within store and kind.

    `content` is a JSON object on one line; None withdraws what was declared.
    """

    kind: str
    id: str
    content: bytes | None

    def originator(self, store: str) -> str:
        """Name the stream of its events."""
        return declaration_originator(store, self.kind, self.id)

    def check(self) -> None:
        """Check what can be checked without the record. Raises DeclarationRefused."""
        if self.kind not in KINDS:
            raise self.refused(f"a kind is one of {', '.join(KINDS)}")
        if not self.id or "\0" in self.id:
            raise self.refused("an id is a text that isn't empty, without the character U+0000")
        if self.kind == IDENTITY and not is_actor_key(self.id):
            raise self.refused(_ACTOR_KEY.format(what="the id, an account,"))
        if self.content is not None:
            self._check_content(self.content)

    def refused(self, rule: str) -> "DeclarationRefused":
        """Make the error that says which rule this declaration doesn't keep."""
        return DeclarationRefused(self.kind, self.id, rule)

    def conflicts(self, rule: str) -> "DeclarationConflict":
        """Make the error that says which rule it breaks together with what the record holds."""
        return DeclarationConflict(self.kind, self.id, rule)

    def _check_content(self, content: bytes) -> None:
        if b"\n" in content or b"\r" in content:
            raise self.refused("the content is on one line")
        try:
            value = decode(content)
        except Violation as violation:
            raise self.refused(f"the content is a JSON object: {violation}") from None
        if not isinstance(value, dict):
            raise self.refused("the content is a JSON object")
        if self.kind == IDENTITY:
            self._check_link(content)

    def _check_link(self, content: bytes) -> None:
        try:
            link = decode_link(content)
        except msgspec.DecodeError as error:
            raise self.refused(f"the content says `person` and `by`: {error}") from None
        if not is_actor_key(link.person):
            raise self.refused(_ACTOR_KEY.format(what=f"the person {link.person!r}"))
        if link.person == self.id:
            raise self.refused("an account isn't linked to itself: withdraw its link instead")


_ACTOR_KEY: Final = (
    "{what} begins with one of account:, mbox:, mbox_sha1sum:, openid:, as actors are named"
)


class Link(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The content of an identity declaration, whose id is an account: it belongs to a person.

    Both are actor keys. A link `by` the roster never takes the place of an explicit one. The
    record adds `previous`: whom the account belonged to before, itself where it was nobody's.
    """

    person: str
    by: By
    previous: str = ""


_links: Final = msgspec.json.Decoder(Link)


def decode_link(content: bytes) -> Link:
    """Read the content of an identity declaration. Raises msgspec.DecodeError."""
    return _links.decode(content)


def link_declaration(account: str, person: str, by: By = "explicit") -> Declaration:
    """Declare that an account belongs to a person."""
    content = msgspec.json.encode(Link(person=person, by=by))
    return Declaration(kind=IDENTITY, id=account, content=content)


class DeclarationsStored(msgspec.Struct, frozen=True):
    """What became of declarations.

    `position` is the newest at which one of them came to hold, now or before, 0 where none ever
    did; `changed` how many of them changed something.
    """

    position: int
    changed: int


class DeclarationHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What an event says beside the content."""

    stored: str  # ISO 8601
    kind: str
    id: str
    authority: msgspec.Raw


_headers: Final = msgspec.json.Decoder(DeclarationHeader)


class DeclarationEvent(msgspec.Struct, frozen=True, gc=False):
    """Something was declared, or (Withdrawn) what was declared before holds no more."""

    originator_id: str  # "{store}/roster-user/{digest}" and the like
    originator_version: int
    header: bytes
    content: bytes  # of what is declared; where it is withdrawn, of what held until then

    def encode(self) -> bytes:
        """Write the state."""
        return b"%b\n%b" % (self.header, self.content)

    @classmethod
    def decode(cls, originator_id: str, originator_version: int, state: bytes) -> Any:
        """Read the state back."""
        header, content = state.split(b"\n", 1)
        return cls(originator_id, originator_version, header, content)

    def version(self) -> "DeclarationVersion":
        """Give the version of the declaration that it makes."""
        header = _headers.decode(self.header)
        return DeclarationVersion(
            kind=header.kind,
            id=header.id,
            content=self.content,
            stored=instant(header.stored),
            authority=bytes(header.authority),
            deleted=isinstance(self, Withdrawn),
        )


class Declared(DeclarationEvent, frozen=True, gc=False):
    """A declaration came to hold, in place of the one of its id that held before."""


class Withdrawn(DeclarationEvent, frozen=True, gc=False):
    """A declaration holds no more; its history stays."""


class DeclarationVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A declaration as of one event; `stored` in microseconds, `authority` JSON.

    Where it is `deleted` (withdrawn), `content` is what held until then.
    """

    kind: str
    id: str
    content: bytes
    stored: int
    authority: bytes
    deleted: bool = False


class DeclarationRefused(ValueError):
    """A declaration doesn't keep a rule."""

    def __init__(self, kind: str, id_: str, rule: str) -> None:
        super().__init__(f"{kind} {id_!r} can't be declared: {rule}")
        self.kind = kind
        self.id = id_
        self.rule = rule


class DeclarationConflict(DeclarationRefused):
    """A declaration doesn't go together with what the record holds."""


class DeclarationsMoved(DeclarationRefused):
    """Others of the kind were declared since those were read that a declaration goes with."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind, "", "it goes with the newest ones of its kind")


def declaration_originator(store: str, kind: str, id_: str) -> str:
    """Name the stream of a declaration's events."""
    return f"{store}/{kind}/{digest_of(id_)}"


def digest_of(text: str) -> str:
    """Give the SHA-256 of a text in hex: names in streams and indexes are of bounded length."""
    return sha256(text.encode()).hexdigest()
