"""A whole server in a process of its own, as `xueji serve` starts it, for tests from outside."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from typer.testing import CliRunner

from api.command_line import main
from tests.support.ports import free_port
from tests.support.processes import CommandProcess, start_command

START_SECONDS = 60
STOP_SECONDS = 30

Process = CommandProcess | subprocess.Popen[bytes]
Start = Callable[..., Process]


@dataclass(frozen=True)
class Key:
    """A credential."""

    key: str
    secret: str


@dataclass
class Server:
    """A server under test: where it answers, and its settings for commands beside it."""

    address: str
    environment: Mapping[str, str]
    process: Process

    def add_key(self, store: str = "district", scope: str = "all", app: str = "homework") -> Key:
        """Make a credential by `xueji keys add`."""
        wanted = ("--store", store, "--scope", scope, "--app", app, "--json")
        made: dict[str, Any] = json.loads(self.command("keys", "add", *wanted))
        return Key(made["key"], made["secret"])

    def command(self, *arguments: str) -> str:
        """Run `xueji` beside the server, as an operator does; gives what it said.

        It runs in this process: one of its own takes longer to start than to do its work.
        """
        unset = dict.fromkeys(name for name in os.environ if name.startswith("XUEJI_"))
        done = CliRunner().invoke(main, arguments, env={**unset, **self.environment})
        assert done.exit_code == 0, done.output
        return done.stdout

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(STOP_SECONDS)


@contextmanager
def running_server(
    data_directory: Path, start: Start = start_command, **settings: str
) -> Iterator[Server]:
    """Start `xueji serve` on a free port and wait until it answers; stop it afterwards.

    `start` says how. `settings` are names of `XUEJI_*` settings in lower case. What the server
    says goes to `server.log` in the data directory.
    """
    data_directory.mkdir(parents=True, exist_ok=True)
    port = free_port()
    environment = {name: text for name, text in os.environ.items() if not name.startswith("XUEJI_")}
    settings |= {"data_directory": str(data_directory), "port": str(port)}
    environment |= {f"XUEJI_{name.upper()}": text for name, text in settings.items()}
    log = data_directory / "server.log"
    process = start("serve", environment=environment, log=log)
    server = Server(f"http://127.0.0.1:{port}", environment, process)
    try:
        _wait_until_it_answers(server, log)
        yield server
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()


def _wait_until_it_answers(server: Server, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            with urlopen(f"{server.address}/xapi/about", timeout=5):
                return
        except (URLError, ConnectionError):
            time.sleep(0.05)
    raise AssertionError(f"the server did not start:\n{log.read_text(errors='replace')[-3000:]}")
