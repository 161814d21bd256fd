"""Documents as rows: what apps keep about a person or an activity, as it is now."""

from datetime import tzinfo
from typing import Any, Final

import msgspec

from projections.days import Days
from projections.tables import DOCUMENTS, Row

# Longer content stays in the record; the row says how long it is.
LONGEST_CONTENT: Final = 64 * 1024  # bytes


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """A version of a document, as a carrier reads it from the log.

    `person` is the actor_key of the agent it is about, empty for an activity's; `app` names who
    wrote it; `updated` is in microseconds since 1970 UTC.
    """

    store: str
    kind: str
    person: str
    activity: str
    registration: str
    id: str
    app: str
    content_type: str
    content: bytes
    updated: int
    is_deleted: bool


class WantedDocuments(msgspec.Struct, frozen=True, kw_only=True):
    """Which documents about a person are asked for; what is empty asks for all.

    ``days`` are those, of the district, on which they were written last.
    """

    kinds: tuple[str, ...] = ()  # state, agent-profile
    apps: tuple[str, ...] = ()
    activities: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    days: Days = Days()

    def parameters(self, zone: tzinfo) -> dict[str, Any]:
        """Give what the query ``documents_of`` names."""
        since, until = self.days.moments(zone)
        return {
            "kinds": list(self.kinds),
            "apps": list(self.apps),
            "activities": list(self.activities),
            "ids": list(self.ids),
            "since": since,
            "until": until,
        }


def document_row(document: Document, position: int) -> Row:
    """Give the row that a version makes; that of a deletion says that there is no document.

    A row needs no other event, so that arrival can't matter: the highest position counts.
    """
    key = (
        document.store,
        document.person,
        document.kind,
        document.activity,
        document.registration,
        document.id,
    )
    if document.is_deleted:
        return DOCUMENTS.tombstone(key, position)
    return (
        *key,
        document.app,
        document.content_type,
        len(document.content),
        _shown(document),
        document.updated,
        position,
        0,
    )


def shown(fields: tuple[Any, ...]) -> dict[str, Any]:
    """Write a row of the query ``documents_of`` as a portrait shows it; content decoded."""
    kind, activity, registration, document, app, content_type, size, content, updated = fields
    return {
        "kind": kind,
        "id": document,
        "activity": activity or None,
        "registration": registration or None,
        "app": app,
        "content_type": content_type,
        "size": size,
        "content": msgspec.json.decode(content) if content else None,
        "updated": updated,
    }


def _shown(document: Document) -> str:
    """Give the content where it is JSON that a reader may want to look into, else nothing."""
    media_type = document.content_type.partition(";")[0].strip().lower()
    if media_type != "application/json" or len(document.content) > LONGEST_CONTENT:
        return ""
    try:
        msgspec.json.decode(document.content)
        return document.content.decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
