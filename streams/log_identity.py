"""Which log this is, so that what was brought out of one is never gone on with out of another."""

from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lrs.record import LogEntry
    from streams.embedded import Log


def identity_of(log: "Log") -> str:
    """Name a log by its first entry; '' where there is none yet that can be read."""
    return next(map(identity_of_entry, log.read_log(0, 1)), "")


def identity_of_entry(entry: "LogEntry") -> str:
    """Name an entry by what no other log has at its position; '' where it can't be read."""
    if entry.kind == "unreadable":
        return ""
    parts = f"{entry.store}/{entry.statement_id}/{entry.stored}"
    return sha256(parts.encode()).hexdigest()[:32]
