"""The attachments whose data goes out with statements, whoever asks or is sent them."""

import logging
from collections.abc import Iterable

import msgspec
import orjson

from lrs.attachment_rules import attachments_of, hash_of
from lrs.attachments import AttachmentStore
from lrs.record import Found

_log = logging.getLogger(__name__)


class Served(msgspec.Struct, frozen=True):
    """An attachment whose data goes out with statements: of which kind it is, and its bytes."""

    sha2: str
    content_type: str
    size: int


def attachments_served(
    found: Iterable[Found], attachments: AttachmentStore, store: str
) -> list[Served]:
    """Choose the attachments that go out with some statements, each once. It blocks.

    Only those whose data came with one of these very statements: to name a hash in a statement
    doesn't make readable what others sent. Data that is lost is left out and logged, so that it
    makes no statement unreadable.
    """
    served: dict[str, Served] = {}
    for one in found:
        if not one.attached:
            continue
        for _, attachment in attachments_of(orjson.loads(one.json)):
            sha2 = hash_of(attachment)
            if sha2 in served or sha2 not in one.attached:
                continue
            size = attachments.size(store, sha2)
            if size is None:
                _log.error("the data of attachment %s of store %s is lost", sha2, store)
            else:
                served[sha2] = Served(sha2, attachment["contentType"], size)
    return list(served.values())
