"""Credentials of apps: a public key, a long random secret kept only as a keyed hash, and scopes.

Secrets have 256 random bits, so a fast keyed hash is right for them: there is nothing to guess, and
a slow hash would be the whole latency of a request.
"""

import re
import secrets
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from hmac import compare_digest
from time import monotonic
from typing import Any, Final

import msgspec

from lrs.recorders.base import StatementRecorder
from lrs.times import now_microseconds

# The xAPI scopes (1.0.3 part 3, 4.2) and the record's own: who may query the projections.
SCOPES: Final = (
    "statements/write",
    "statements/read/mine",
    "statements/read",
    "state",
    "define",
    "profile",
    "all/read",
    "all",
    "projections/read",
)

# A revocation is effective within this many seconds in every process.
REMEMBER_SECONDS: Final = 0.5
_STORE_NAME: Final = re.compile(r"[\w.-]{1,100}")  # no "/": it begins originator ids
_SECRET_BYTES: Final = 32
_PEPPER_CONTEXT: Final = b"xueji secret"
_NO_HASH: Final = bytes(32)


class Credential(msgspec.Struct, frozen=True):
    """What an app may do, and in which store."""

    key: str
    store: str
    app: str
    scopes: frozenset[str]
    created: int  # µs
    revoked: int | None = None

    def may(self, *scopes: str) -> bool:
        """Tell whether it holds one of these scopes."""
        return not self.scopes.isdisjoint(scopes)


class UnknownScopeError(ValueError):
    """A scope that doesn't exist was asked for."""


class UnknownCredentialError(LookupError):
    """No credential has this key."""


class Credentials:
    """The credentials kept beside the record.

    `pepper` is the server's own key of the hash: whoever has the database alone can't test a guess.
    """

    def __init__(self, recorder: StatementRecorder, pepper: bytes) -> None:
        self._recorder = recorder
        self._pepper = pepper
        self._remembered: dict[str, tuple[float, Credential | None, bytes]] = {}

    def add(self, store: str, app: str, scopes: Iterable[str]) -> tuple[Credential, str]:
        """Make a credential; gives it with its secret, which is not kept and not shown again.

        Raises UnknownScopeError, and ValueError for a store without a plain name.
        """
        if not _STORE_NAME.fullmatch(store):
            raise ValueError(
                f"a store's name is 1 to 100 letters, digits, '.', '_' and '-', not {store!r}"
            )
        wanted = frozenset(scopes)
        if unknown := wanted - set(SCOPES):
            raise UnknownScopeError(
                f"no such scope: {', '.join(sorted(unknown))}; there are {', '.join(SCOPES)}"
            )
        if not wanted:
            raise UnknownScopeError(f"name at least one scope of {', '.join(SCOPES)}")
        key, secret = secrets.token_hex(16), secrets.token_urlsafe(_SECRET_BYTES)
        credential = Credential(key, store, app or key, wanted, now_microseconds())
        self._recorder.write(
            "INSERT INTO credentials (key, secret_hash, store, app, scopes, created)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            [
                key,
                self._hash(secret),
                store,
                credential.app,
                " ".join(sorted(wanted)),
                credential.created,
            ],
        )
        return credential, secret

    def list(self) -> Sequence[Credential]:
        """List every credential, oldest first, without secrets."""
        rows = self._recorder.read("SELECT * FROM credentials ORDER BY created, key")
        return [_credential(row) for row in rows]

    def revoke(self, key: str) -> None:
        """Revoke a credential, for good; raises UnknownCredentialError."""
        if self._find(key)[0] is None:
            raise UnknownCredentialError(f"there is no credential with key {key}")
        self._recorder.write(
            "UPDATE credentials SET revoked = ? WHERE key = ?", [now_microseconds(), key]
        )
        self._remembered.pop(key, None)

    def find(self, key: str) -> Credential | None:
        """Give the credential with this key, revoked or not; None where there is none."""
        return self._find(key)[0]

    def check(self, key: str, secret: str) -> Credential | None:
        """Give the credential that key and secret prove, None where they prove nothing."""
        now = monotonic()
        remembered = self._remembered.get(key)
        if remembered is None or remembered[0] < now:
            if len(self._remembered) > 10_000:
                self._remembered.clear()
            credential, secret_hash = self._find(key)
            remembered = (now + REMEMBER_SECONDS, credential, secret_hash)
            self._remembered[key] = remembered
        _, credential, secret_hash = remembered
        right = compare_digest(self._hash(secret), secret_hash)
        if credential is None or not right or credential.revoked is not None:
            return None
        return credential

    def _find(self, key: str) -> tuple[Credential | None, bytes]:
        mark = self._recorder.mark
        rows = self._recorder.read(f"SELECT * FROM credentials WHERE key = {mark}", [key])
        if not rows:
            return None, _NO_HASH
        return _credential(rows[0]), bytes(rows[0]["secret_hash"])

    def _hash(self, secret: str) -> bytes:
        # surrogatepass: what is not text can't be a secret either, and must not be an error.
        data = secret.encode("utf-8", "surrogatepass")
        return blake2b(data, key=self._pepper[:64], digest_size=32, person=_PEPPER_CONTEXT).digest()


def _credential(row: Any) -> Credential:
    return Credential(
        row["key"],
        row["store"],
        row["app"],
        frozenset(row["scopes"].split()),
        row["created"],
        row["revoked"],
    )
