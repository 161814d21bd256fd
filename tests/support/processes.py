"""Xueji's commands in processes of their own, forked from one that has their imports behind it.

To import what a server needs takes two seconds of a processor, and all else of its start a third
of one; the tests start some hundreds. That commands start from nothing, too, is shown by those
tests that run `XUEJI`, or start it by `start_from_nothing`.
"""

import atexit
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from multiprocessing import forkserver, get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from unittest.mock import patch
from weakref import WeakSet

ROOT = Path(__file__).parents[2]
XUEJI = (sys.executable, "-m", "api")

# Nothing that starts threads, which a fork would leave behind: each imports chdb for itself.
_IMPORTED = ("api.command_line", "api.application", __name__)

_forking = get_context("forkserver")
_forking.set_forkserver_preload(list(_IMPORTED))
_left: WeakSet[ForkServerProcess] = WeakSet()  # that were started


@atexit.register  # before multiprocessing waits for them, without end
def _end_those_left() -> None:
    """Kill what tests that failed have left running."""
    for process in list(_left):
        if process.is_alive():
            process.kill()


class CommandProcess:
    """A command that was started; what the tests use of it is as `subprocess.Popen` has it."""

    def __init__(self, process: ForkServerProcess) -> None:
        assert process.pid is not None
        self.pid: int = process.pid
        self._process = process
        self._looking = threading.Lock()  # the exit status can be read once

    def poll(self) -> int | None:
        """Give the exit status, of a signal its negative number; None while it runs."""
        with self._looking:
            return self._process.exitcode

    def wait(self, seconds: float) -> int:
        """Wait for its end, as long as that; gives the exit status."""
        with self._looking:
            self._process.join(seconds)
        status = self.poll()
        if status is None:
            raise subprocess.TimeoutExpired(self._process.name, seconds)
        return status

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def start_command(*arguments: str, environment: Mapping[str, str], log: Path) -> CommandProcess:
    """Start `xueji` with these arguments; what it says is added to a file."""
    log.touch()  # so that it can be read at once
    with patch.dict(os.environ, PYTHONPATH=str(ROOT)):
        forkserver.ensure_running()
    process = _forking.Process(
        name=f"xueji {' '.join(arguments)}", target=_run, args=(arguments, dict(environment), log)
    )
    process.start()
    _left.add(process)
    return CommandProcess(process)


def start_from_nothing(
    *arguments: str, environment: Mapping[str, str], log: Path
) -> subprocess.Popen[bytes]:
    """Start `xueji` as people do; what it says is added to a file."""
    with log.open("ab") as stream:
        return subprocess.Popen(
            [*XUEJI, *arguments], cwd=ROOT, env=environment, stdout=stream, stderr=stream
        )


def _run(arguments: tuple[str, ...], environment: Mapping[str, str], log: Path) -> None:
    """Become the command."""
    with log.open("ab") as stream:
        os.dup2(stream.fileno(), 1)
        os.dup2(stream.fileno(), 2)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    sys.argv = ["xueji", *arguments]
    from api.__main__ import main

    main()
