"""Which log this is, so that what was brought out of one is never gone on with out of another."""

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.embedded import Log


def identity_of(log: "Log") -> str:
    """Name a log by its first entry; '' where there is none yet that can be read."""
    for entry in log.read_log(0, 1):
        if entry.kind != "unreadable":
            parts = f"{entry.store}/{entry.statement_id}/{entry.stored}"
            return sha256(parts.encode()).hexdigest()[:32]
    return ""
