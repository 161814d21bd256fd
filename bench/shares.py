"""Shares of a core for processes, by Linux's control groups: so that they are what is slow.

Takes the right to make groups, which root has where /sys/fs/cgroup isn't read-only.
"""

import contextlib
import os
import time
from pathlib import Path
from types import TracebackType
from uuid import uuid4

ROOT = Path("/sys/fs/cgroup")
PERIOD = 20_000  # microseconds: short, so that a share is a slower core rather than long pauses
LEAVE_SECONDS = 5.0  # for a process that was ended to be gone from its group


class SharesUnavailable(Exception):
    """Control groups can't be made here; the message says why."""


class Share:
    """A group whose processes have, together, at most ``cores`` of a core (0.25: a quarter).

    A context manager. Raises SharesUnavailable on entering.
    """

    def __init__(self, cores: float) -> None:
        self._cores = cores
        self._is_second = (ROOT / "cgroup.controllers").exists()  # version 2 of control groups
        parent = ROOT if self._is_second else ROOT / "cpu"
        self._folder = parent / f"xueji-bench-{uuid4().hex[:8]}"

    def __enter__(self) -> "Share":
        quota = round(self._cores * PERIOD)
        try:
            self._folder.mkdir()
            if self._is_second:
                (self._folder / "cpu.max").write_text(f"{quota} {PERIOD}")
            else:
                (self._folder / "cpu.cfs_period_us").write_text(str(PERIOD))
                (self._folder / "cpu.cfs_quota_us").write_text(str(quota))
        except OSError as error:
            self.__exit__(None, None, None)
            raise SharesUnavailable(f"{error.strerror}: {error.filename}") from None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        deadline = time.monotonic() + LEAVE_SECONDS
        while self._folder.exists() and time.monotonic() < deadline:
            with contextlib.suppress(OSError):  # until all of its processes have ended
                self._folder.rmdir()
                return
            time.sleep(0.1)

    def hold(self, process: int) -> None:
        """Have a process, with all its threads and those it starts, in the group."""
        (self._folder / "cgroup.procs").write_text(f"{process}\n")


def can_share() -> str:
    """Say why shares can't be given; empty where they can."""
    if os.name != "posix" or not ROOT.exists():
        return "there are no control groups"
    try:
        with Share(1.0):
            return ""
    except SharesUnavailable as error:
        return str(error)
