"""Which profiles a store has, and whether its statements are held against them."""

import math
from collections.abc import Sequence
from enum import StrEnum
from hashlib import blake2b
from threading import Lock
from time import monotonic
from typing import Any, Final

import msgspec

from lrs.credentials import check_store_name
from lrs.json_input import decode
from lrs.profiles.documents import read_profile
from lrs.profiles.parts import Profile
from lrs.profiles.sets import ProfileSet
from lrs.recorders.base import StatementRecorder
from lrs.times import now_microseconds

# A change is effective within this many seconds in every process.
REMEMBER_SECONDS: Final = 0.8
# So soon is it looked for, by one while the others go on with what is remembered.
REFRESH_SECONDS: Final = 0.4
_DEEPEST_DOCUMENT: Final = 64


class Mode(StrEnum):
    """What becomes of statements that don't follow the profiles they claim."""

    OFF = "off"  # they are not looked at
    REPORT = "report"  # they are stored, and what was found is counted
    ENFORCE = "enforce"  # they are refused


class Kept(msgspec.Struct, frozen=True):
    """A profile of a store; `added` in microseconds."""

    store: str
    added: int
    profile: Profile


class UnknownProfileError(LookupError):
    """The store holds no such version of a profile."""


class Registry:
    """The profiles and modes kept beside the record."""

    def __init__(self, recorder: StatementRecorder) -> None:
        self._recorder = recorder
        self._modes: dict[str, Mode] = {}
        self._modes_read = self._modes_asked = -math.inf  # monotonic seconds
        self._modes_lock = Lock()
        self._sets: dict[str, tuple[float, tuple[str, ...], ProfileSet]] = {}
        self._sets_lock = Lock()

    # Modes ---------------------------------------------------------------------------------

    def mode(self, store: str) -> Mode:
        """Give the mode of a store, ``off`` where none was chosen."""
        if monotonic() - self._modes_read > REMEMBER_SECONDS:
            self.read_modes()
        return self._modes.get(store, Mode.OFF)

    def modes_are_due(self) -> bool:
        """Tell whether to call `read_modes` in a thread, so that `mode` needn't wait for it.

        While what is remembered still counts, only one who asks is told so.
        """
        now = monotonic()
        if now - self._modes_read > REMEMBER_SECONDS:
            return True
        due = now - self._modes_asked > REFRESH_SECONDS
        if due:
            self._modes_asked = now
        return due

    def read_modes(self) -> None:
        """Ask the database for the modes of all stores, where no one just did."""
        with self._modes_lock:
            now = monotonic()  # before reading: what is read may be outdated by the time it is here
            if now - self._modes_read > REFRESH_SECONDS:
                rows = self._recorder.read("SELECT store, mode FROM profile_modes")
                self._modes = {row["store"]: Mode(row["mode"]) for row in rows}
                self._modes_read = self._modes_asked = now

    def set_mode(self, store: str, mode: Mode) -> None:
        """Choose the mode of a store. Raises ValueError for a store without a plain name."""
        check_store_name(store)
        self._recorder.write(
            "INSERT INTO profile_modes (store, mode) VALUES (?, ?)"
            " ON CONFLICT (store) DO UPDATE SET mode = excluded.mode",
            [store, mode.value],
        )
        self._modes_read = -math.inf

    # Profiles ------------------------------------------------------------------------------

    def add(self, store: str, document: bytes) -> Profile:
        """Keep a profile for a store, in place of the same version kept before.

        Raises Violation where the document is no Profile, ValueError for a store without a plain
        name.
        """
        check_store_name(store)
        profile = read_profile_bytes(document)
        self._recorder.write(
            "INSERT INTO profiles (store, key, version, digest, document, added)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (store, key) DO UPDATE SET"
            " digest = excluded.digest, document = excluded.document, added = excluded.added",
            [
                store,
                _digest(profile.version.encode()),
                profile.version,
                _digest(document),
                document,
                now_microseconds(),
            ],
        )
        self._sets.pop(store, None)
        return profile

    def remove(self, store: str, version: str) -> None:
        """Let go of a version of a profile; raises UnknownProfileError."""
        held = [kept.profile.version for kept in self.list(store)]
        if version not in held:
            raise UnknownProfileError(
                f"the store {store} holds no profile version {version}; it holds"
                f" {', '.join(held) or 'none'}"
            )
        self._recorder.write(
            "DELETE FROM profiles WHERE store = ? AND key = ?",
            [store, _digest(version.encode())],
        )
        self._sets.pop(store, None)

    def list(self, store: str) -> Sequence[Kept]:
        """List the profiles of a store, oldest first."""
        sql = "SELECT * FROM profiles WHERE store = ? ORDER BY added, key"
        rows = self._recorder.read(sql.replace("?", self._recorder.mark), [store])
        return [_kept(row) for row in rows]

    def stores(self) -> dict[str, Mode]:
        """Name every store that has profiles or a mode, with its mode."""
        with_profiles = self._recorder.read("SELECT DISTINCT store FROM profiles")
        modes = self._recorder.read("SELECT store, mode FROM profile_modes")
        found = {row["store"]: Mode.OFF for row in with_profiles}
        found |= {row["store"]: Mode(row["mode"]) for row in modes}
        return dict(sorted(found.items()))

    def profiles(self, store: str) -> ProfileSet:
        """Give the profiles of a store, ready to hold statements against."""
        remembered = self._sets.get(store)
        if remembered is not None and monotonic() < remembered[0]:
            return remembered[2]
        with self._sets_lock:  # reading profiles is work that one thread may do for all
            return self._look_up(store)

    def _look_up(self, store: str) -> ProfileSet:
        now = monotonic()
        sql = "SELECT digest FROM profiles WHERE store = ? ORDER BY added, key"
        rows = self._recorder.read(sql.replace("?", self._recorder.mark), [store])
        digests = tuple(row["digest"] for row in rows)
        remembered = self._sets.get(store)
        if remembered is not None and remembered[1] == digests:
            found = remembered[2]
        else:
            found = ProfileSet(kept.profile for kept in self.list(store))
        self._sets[store] = (now + REMEMBER_SECONDS, digests, found)
        return found


def read_profile_bytes(document: bytes) -> Profile:
    """Read a Profile document as published; raises Violation."""
    return read_profile(decode(document, max_depth=_DEEPEST_DOCUMENT))


def _kept(row: Any) -> Kept:
    return Kept(row["store"], row["added"], read_profile_bytes(bytes(row["document"])))


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()
