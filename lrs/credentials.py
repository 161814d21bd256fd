"""Credentials of apps: a public key, a long random secret kept only as a keyed hash, and scopes.

Secrets have 256 random bits, so a fast keyed hash is right for them: there is nothing to guess, and
a slow hash would be the whole latency of a request.
"""

import math
import re
import secrets
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from hmac import compare_digest
from time import monotonic
from typing import Any, Final

import msgspec

from lrs.holders import Holder, check_scopes, checked, usual_scopes
from lrs.recorders.base import StatementRecorder
from lrs.times import now_microseconds

# The xAPI scopes (1.0.3 part 3, 4.2) and the record's own: who may query the projections, and who
# operates the server. `all` is all of a store and doesn't hold `operate`, which goes beyond stores.
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
    "operate",
)

# How statements of a credential are held against the xAPI Profiles the server knows.
PROFILE_CHECKS: Final = ("off", "report", "enforce")

# A credential is known for this long, in seconds, before the database is asked again: so soon is a
# change effective in every process. It may be asked earlier, in the background.
REMEMBER_SECONDS: Final = 0.8
_REMEMBERED_KEYS: Final = 10_000
_STORE_NAME: Final = re.compile(r"[\w.-]{1,100}")  # no "/": it begins originator ids
_KEY: Final = re.compile(r"[0-9a-f]{32}")
_KEY_BYTES: Final = 16
_SECRET_BYTES: Final = 32
_PEPPER_CONTEXT: Final = b"xueji secret"
_LONGEST_WORDS: Final = 200  # characters
_NO_HASH: Final = bytes(32)


class Credential(msgspec.Struct, frozen=True):
    """What an app may do, and in which store.

    `rate` is how many requests a second it may make (0: any number), `profile_check` one of
    PROFILE_CHECKS; None in either means what the server's settings say. `vendor` and `title` are
    what people are told of the app. `holder` is who has it, in
    which role; None where it is nobody's but the app's.
    """

    key: str
    store: str
    app: str
    scopes: frozenset[str]
    created: int  # µs
    revoked: int | None = None
    rate: float | None = None
    profile_check: str | None = None
    vendor: str = ""
    title: str = ""
    holder: Holder | None = None

    def may(self, *scopes: str) -> bool:
        """Tell whether it holds one of these scopes."""
        return not self.scopes.isdisjoint(scopes)


class UnknownScopeError(ValueError):
    """A scope that doesn't exist was asked for."""


class UnknownCredentialError(LookupError):
    """No credential has this key."""


class RevokedCredentialError(LookupError):
    """The credential with this key is revoked, for good."""


class _Remembered(msgspec.Struct, frozen=True):
    """What was in the database for a key; `former_hash` proves too until `former_until` (µs)."""

    looked: float  # monotonic seconds
    credential: Credential | None = None
    secret_hash: bytes = _NO_HASH
    former_hash: bytes = _NO_HASH
    former_until: int = 0


class Credentials:
    """The credentials kept beside the record.

    `pepper` is the server's own key of the hash: whoever has the database alone can't test a guess.
    """

    def __init__(self, recorder: StatementRecorder, pepper: bytes) -> None:
        self._recorder = recorder
        self._pepper = pepper
        self._remembered: dict[str, _Remembered] = {}

    # Changing ------------------------------------------------------------------------------

    def add(
        self,
        store: str,
        app: str,
        scopes: Iterable[str],
        *,
        rate: float | None = None,
        profile_check: str | None = None,
        vendor: str = "",
        title: str = "",
        holder: Holder | None = None,
    ) -> tuple[Credential, str]:
        """Make a credential; gives it with its secret, which is not kept and not shown again.

        Without scopes, it gets the usual ones of its holder's role. Raises UnknownScopeError, and
        ValueError for a store without a plain name, for a rate below 0, for a profile check that is
        none, for a holder that makes no sense and for scopes that go around the holder's role.
        """
        check_store_name(store)
        wanted = _right_scopes(scopes, holder)
        key, secret = secrets.token_hex(_KEY_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
        credential = Credential(
            key,
            store,
            app or key,
            wanted,
            now_microseconds(),
            rate=_right_rate(rate),
            profile_check=_right_profile_check(profile_check),
            vendor=_right_words(vendor),
            title=_right_words(title),
            holder=holder,
        )
        self._recorder.write(
            "INSERT INTO credentials (key, secret_hash, store, app, scopes, created, rate,"
            " profile_check, vendor, title, holder) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                key,
                self._hash(secret),
                store,
                credential.app,
                _scopes_text(credential.scopes),
                credential.created,
                credential.rate,
                credential.profile_check,
                credential.vendor,
                credential.title,
                _holder_text(holder),
            ],
        )
        return credential, secret

    def change(
        self,
        key: str,
        *,
        scopes: Iterable[str] | None = None,
        rate: float | msgspec.UnsetType | None = msgspec.UNSET,
        profile_check: str | msgspec.UnsetType | None = msgspec.UNSET,
        vendor: str | None = None,
        title: str | None = None,
        holder: Holder | None = None,
    ) -> Credential:
        """Change what a credential may do; what isn't named stays. Gives it as it is then.

        A role can be changed but not taken away: what it limits would be open at once. Raises
        UnknownCredentialError, RevokedCredentialError, and what `add` raises.
        """
        old = self._live(key)
        holder = holder or old.holder
        new = Credential(
            key,
            old.store,
            old.app,
            _right_scopes(old.scopes if scopes is None else scopes, holder),
            old.created,
            rate=old.rate if rate is msgspec.UNSET else _right_rate(rate),
            profile_check=old.profile_check
            if profile_check is msgspec.UNSET
            else _right_profile_check(profile_check),
            vendor=old.vendor if vendor is None else _right_words(vendor),
            title=old.title if title is None else _right_words(title),
            holder=holder,
        )
        self._recorder.write(
            "UPDATE credentials SET scopes = ?, rate = ?, profile_check = ?, vendor = ?, title = ?,"
            " holder = ? WHERE key = ?",
            [
                _scopes_text(new.scopes),
                new.rate,
                new.profile_check,
                new.vendor,
                new.title,
                _holder_text(holder),
                key,
            ],
        )
        self._remembered.pop(key, None)
        return new

    def rotate(self, key: str, grace: float = 0.0) -> str:
        """Give a credential a new secret, which is not kept and not shown again.

        The one before proves for another `grace` seconds. Raises UnknownCredentialError,
        RevokedCredentialError.
        """
        self._live(key)
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        until = now_microseconds() + round(max(0.0, grace) * 1_000_000)
        self._recorder.write(
            "UPDATE credentials SET former_hash = secret_hash, former_until = ?, secret_hash = ?"
            " WHERE key = ?",
            [until, self._hash(secret), key],
        )
        self._remembered.pop(key, None)
        return secret

    def revoke(self, key: str) -> None:
        """Revoke a credential, for good; raises UnknownCredentialError."""
        self._known(key)
        self._recorder.write(
            "UPDATE credentials SET revoked = ? WHERE key = ? AND revoked IS NULL",
            [now_microseconds(), key],
        )
        self._remembered.pop(key, None)

    # Reading -------------------------------------------------------------------------------

    def list(self) -> Sequence[Credential]:
        """List every credential, oldest first, without secrets."""
        rows = self._recorder.read("SELECT * FROM credentials ORDER BY created, key")
        return [_credential(row) for row in rows]

    def find(self, key: str) -> Credential | None:
        """Give the credential with this key, revoked or not; None where there is none."""
        return self._read(key).credential

    def check(self, key: str, secret: str) -> Credential | None:
        """Give the credential that key and secret prove, None where they prove nothing."""
        if not _KEY.fullmatch(key):
            return None  # nothing that a database should be asked for, or that should be remembered
        remembered = self._remembered.get(key)
        if remembered is None or monotonic() - remembered.looked > REMEMBER_SECONDS:
            remembered = self.look_up(key)
        given = self._hash(secret)
        right = compare_digest(given, remembered.secret_hash)
        if not right and remembered.former_until > now_microseconds():
            right = compare_digest(given, remembered.former_hash)
        credential = remembered.credential
        if not right or credential is None or credential.revoked is not None:
            return None
        return credential

    def age(self, key: str) -> float:
        """Say how many seconds ago a key was looked up; 0 for what can't be a key.

        Once it is over REMEMBER_SECONDS, `check` asks the database.
        """
        remembered = self._remembered.get(key)
        if remembered is None:
            return math.inf if _KEY.fullmatch(key) else 0.0
        return monotonic() - remembered.looked

    def look_up(self, key: str) -> _Remembered:
        """Ask the database what a key is now, and remember it."""
        if len(self._remembered) >= _REMEMBERED_KEYS:
            self._remembered.clear()
        remembered = self._remembered[key] = self._read(key)
        return remembered

    def _read(self, key: str) -> _Remembered:
        looked = monotonic()  # before reading: what is read may be outdated by the time it is here
        mark = self._recorder.mark
        query = f"SELECT * FROM credentials WHERE key = {mark}"
        rows = self._recorder.read(query, [key]) if _KEY.fullmatch(key) else []
        if not rows:
            return _Remembered(looked)
        row = rows[0]
        return _Remembered(
            looked,
            _credential(row),
            bytes(row["secret_hash"]),
            bytes(row["former_hash"] or _NO_HASH),
            row["former_until"] or 0,
        )

    def _known(self, key: str) -> Credential:
        credential = self._read(key).credential
        if credential is None:
            raise UnknownCredentialError(f"there is no credential with key {key}")
        return credential

    def _live(self, key: str) -> Credential:
        credential = self._known(key)
        if credential.revoked is not None:
            raise RevokedCredentialError(f"the credential with key {key} is revoked, for good")
        return credential

    def _hash(self, secret: str) -> bytes:
        # surrogatepass: what is not text can't be a secret either, and must not be an error.
        data = secret.encode("utf-8", "surrogatepass")
        return blake2b(data, key=self._pepper[:64], digest_size=32, person=_PEPPER_CONTEXT).digest()


def is_store_name(name: str) -> bool:
    """Tell whether a store may be called this."""
    return _STORE_NAME.fullmatch(name) is not None


def check_store_name(name: str) -> None:
    """Raise ValueError where no store may be called this."""
    if not is_store_name(name):
        raise ValueError(
            f"a store's name is 1 to 100 letters, digits, '.', '_' and '-', not {name!r}"
        )


def _known_scopes(scopes: Iterable[str]) -> frozenset[str]:
    wanted = frozenset(scopes)
    if unknown := wanted - set(SCOPES):
        raise UnknownScopeError(
            f"no such scope: {', '.join(sorted(unknown))}; there are {', '.join(SCOPES)}"
        )
    if not wanted:
        raise UnknownScopeError(f"name at least one scope of {', '.join(SCOPES)}")
    return wanted


def _right_scopes(scopes: Iterable[str], holder: Holder | None) -> frozenset[str]:
    """Give the scopes that are meant, those usual for a role where none are named."""
    if holder is None:
        return _known_scopes(scopes)
    wanted = _known_scopes(frozenset(scopes) or usual_scopes(checked(holder)))
    check_scopes(holder, wanted)
    return wanted


def _holder_text(holder: Holder | None) -> str | None:
    return None if holder is None else msgspec.json.encode(holder).decode()


def _scopes_text(scopes: Iterable[str]) -> str:
    return " ".join(sorted(scopes))


def _right_rate(rate: float | None) -> float | None:
    if rate is not None and not 0 <= rate < math.inf:
        raise ValueError(f"a rate is 0 or more requests a second, not {rate}")
    return rate


def _right_profile_check(check: str | None) -> str | None:
    if check is not None and check not in PROFILE_CHECKS:
        raise ValueError(f"a profile check is one of {', '.join(PROFILE_CHECKS)}, not {check!r}")
    return check


def _right_words(words: str) -> str:
    if len(words) > _LONGEST_WORDS or not words.isprintable():
        raise ValueError(
            f"a vendor and a title are at most {_LONGEST_WORDS} characters on one line,"
            f" not {words[:_LONGEST_WORDS]!r}"
        )
    return words


def _credential(row: Any) -> Credential:
    return Credential(
        row["key"],
        row["store"],
        row["app"],
        frozenset(row["scopes"].split()),
        row["created"],
        row["revoked"],
        row["rate"],
        row["profile_check"],
        row["vendor"],
        row["title"],
        msgspec.json.decode(row["holder"], type=Holder) if row["holder"] else None,
    )
