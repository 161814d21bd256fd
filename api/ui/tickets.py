"""Sign-in links: a ticket opens the UI once, within ten minutes, as the credential it names."""

import secrets
import threading
from collections.abc import Callable
from hashlib import blake2b
from time import monotonic
from typing import Final

TICKET_SECONDS: Final = 600
_TICKET_BYTES: Final = 32


class Tickets:
    """The tickets of this process that nobody has used yet; only their hashes are kept.

    Found by the hash of 256 random bits, a ticket leaks nothing by how long a look-up takes.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._open: dict[bytes, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def issue(self, key: str) -> str:
        """Make a ticket for the credential with this key; it is not kept and not shown again."""
        ticket = secrets.token_urlsafe(_TICKET_BYTES)
        now = self._clock()
        with self._lock:
            self._open = {hash_: kept for hash_, kept in self._open.items() if kept[0] > now}
            self._open[_hash(ticket)] = (now + TICKET_SECONDS, key)
        return ticket

    def redeem(self, ticket: str) -> str | None:
        """Give the key that a ticket is for and void it; None if it is void, too old or none."""
        with self._lock:
            until, key = self._open.pop(_hash(ticket), (0.0, ""))
        return key if until > self._clock() else None


def link(ticket: str) -> str:
    """Give the path and query that a ticket opens."""
    return f"/ui/enter?ticket={ticket}"


def _hash(ticket: str) -> bytes:
    return blake2b(ticket.encode("utf-8", "surrogateescape"), digest_size=32).digest()
