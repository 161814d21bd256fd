"""A replay from the command line, killed and begun again, becomes the live generation."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from api.command_line import main
from api.settings import Settings
from lrs.record import Record
from tests.support.backends import BACKENDS, new_database
from tests.support.commands import said
from tests.support.histories import answer, person_key
from tests.support.processes import ROOT, XUEJI
from tests.support.rebuilding import compare, comparing
from tests.support.records import draft, statement_id, voiding
from tests.support.servers import Key, Server, running_server

VERSION = {"X-Experience-API-Version": "2.0.0"}
SECONDS = 60


class CommandLine:
    """Runs `xueji` in processes of their own, with the settings of an environment."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment

    def __call__(self, *arguments: str, status: int = 0) -> str:
        """Run it in a process of its own."""
        done = subprocess.run(
            [*XUEJI, *arguments],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def asked(self, *arguments: str, status: int = 0) -> str:
        """Run it in this process, which starts nothing: for what goes to a running server."""
        unset = dict.fromkeys(name for name in os.environ if name.startswith("XUEJI_"))
        done = CliRunner().invoke(main, arguments, env={**unset, **self._environment})
        assert done.exit_code == status, done.output
        return " ".join(done.output.split())

    def begun(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*XUEJI, *arguments],
            cwd=ROOT,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )


# Beside a running server ---------------------------------------------------------------------


@pytest.fixture(params=BACKENDS)
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    kept_in = {"record_dsn": dsn} if (dsn := new_database(request)) else {}
    with running_server(tmp_path / "data", **kept_in) as server:
        yield server


def statements(first: int, count: int) -> list[dict[str, Any]]:
    """Make answers, some of them late."""
    return [
        answer(
            statement_id=statement_id(number),
            person=f"s{number % 40}",
            item=f"item-{number % 17}",
            points=(f"point-{number % 7}",),
            success=number % 3 > 0,
            after=timedelta(minutes=number if number % 11 else number // 2),
        )
        for number in range(first, first + count)
    ]


class Poster:
    """An app that keeps posting until told to stop."""

    def __init__(self, server: Server, key: Key) -> None:
        self.client = httpx.Client(base_url=server.address, auth=(key.key, key.secret), timeout=30)
        self.posted = 0
        self.position = 0
        self._stop = threading.Event()

    def post(self, some: list[dict[str, Any]]) -> None:
        answer = self.client.post("/xapi/statements", json=some, headers=VERSION)
        assert answer.status_code == 200, answer.text
        self.posted += len(some)
        self.position = int(answer.headers["X-Xueji-Position"])

    @contextmanager
    def keeps_posting(self) -> Iterator[None]:
        def post() -> None:
            while not self._stop.wait(0.05):
                self.post(statements(self.posted + 1, 3))

        thread = threading.Thread(target=post)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            thread.join()

    def portrait(self, person: str) -> Any:
        path = f"/v1/portraits/students/{person_key(person)}"
        answer = self.client.get(path, params={"after": self.position})
        assert answer.status_code == 200, answer.text
        return answer.json()


def test_a_generation_built_while_posts_go_on_becomes_the_live_one(server: Server) -> None:
    command = CommandLine(server.environment)
    poster = Poster(server, server.add_key())
    for begin in range(1, 2001, 500):
        poster.post(statements(begin, 500))
    poster.client.post("/xapi/statements", json=voiding(statement_id(5)), headers=VERSION)
    with poster.keeps_posting():
        killed = command.begun("replay", "--name", "next")
        wait_for(lambda: "next" in names(command))
        killed.kill()
        killed.wait()
        assert "is complete" in command.asked("replay", "--name", "next")
    poster.portrait("s1")  # waits until the live generation has everything
    command.asked("replay", "--name", "next")  # so that the other has everything too
    assert "have the same rows" in command.asked("generations", "compare", "next")
    assert "is live now" in command.asked("generations", "promote", "next")
    before = poster.portrait("s1")
    poster.post(statements(poster.posted + 1, 40))
    after = poster.portrait("s1")
    assert (before["generation"], after["generation"]) == ("next", "next")
    assert actions(after) == actions(before) + 1
    told = json.loads(command.asked("status", "--json"))
    assert told["server"] == server.address
    assert (told["generation"], told["carrier"]["lag"], told["dead_letters"]) == ("next", 0, [])
    assert "live: promote another first" in command.asked("generations", "drop", "next", status=1)
    command.asked("generations", "drop", "live")
    assert names(command) == ["next"]


def actions(portrait: Any) -> int:
    return sum(int(phase["actions"]) for phase in portrait["activity"]["phases"])


def names(command: CommandLine) -> list[str]:
    return [one["name"] for one in json.loads(command.asked("generations", "list", "--json"))]


def test_the_servers_file_is_its_owners_and_goes_with_it(tmp_path: Path) -> None:
    file = tmp_path / "data" / "server.json"
    with running_server(tmp_path / "data") as server:
        assert file.stat().st_mode & 0o777 == 0o600
        told = json.loads(file.read_text())
        assert told["url"] == server.address
        headers = {"Authorization": f"Bearer {told['token']}", **VERSION}
        answer = httpx.get(f"{server.address}/v1/generations", headers=headers)
        assert answer.status_code == 200
        assert httpx.get(f"{server.address}/xapi/statements", headers=headers).status_code == 403
    assert not file.exists()


# Without a server --------------------------------------------------------------------------------


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with a record of some thousand statements."""
    settings = Settings.model_construct(data_directory=tmp_path)
    with closing(Record.open(settings.record_location)) as record:
        for begin in range(1, 8001, 2000):
            drafts = [draft(each, "demo") for each in statements(begin, 2000)]
            record.store_statements_now("demo", drafts)
        record.store_statements_now("demo", [draft(voiding(statement_id(9)), "demo")])
    return tmp_path


def test_a_replay_that_is_killed_leaves_nothing_running_and_goes_on(data: Path) -> None:
    clean = {name: text for name, text in os.environ.items() if not name.startswith("XUEJI_")}
    command = CommandLine({**clean, "XUEJI_DATA_DIRECTORY": str(data)})
    (data / "server.json").write_text('{"url": "http://127.0.0.1:9", "token": "of one killed"}')
    killed = command.begun("replay", "--name", "again")
    wait_for(lambda: any(data.glob("replays/*/chunk-*.facts")))
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    wait_for(lambda: not processes_of(killed.pid))
    [spool] = (data / "replays").iterdir()
    kept = {file: file.stat().st_mtime_ns for file in spool.glob("chunk-*.facts")}
    stopped = json.loads(command("status", "--json"))["replays"]
    assert [(one["name"], one["state"]) for one in stopped] == [("again", "stopped")]
    assert kept, "nothing was done before the end"
    assert "is complete up to position 8,002" in command("replay", "--name", "again")
    assert not spool.exists()
    with comparing() as process:  # carries the live generation to the log's end
        assert not process.submit(compare, data).result().differences
    assert "have the same rows" in command("generations", "compare", "again", "live")


def processes_of(session: int) -> list[int]:
    """List the processes of a session."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        (("replay", "--name", "Bad"), "a small letter"),
        (("replay", "--name", "ok", "--until-time", "yesterday"), "--until-time"),
        (("replay", "--name", "ok", "--until-stored", "2026-13-01"), "--until-stored"),
        (("replay", "--name", "ok", "--from-position", "0"), "--from-position"),
        (("replay", "--name", "ok", "--store", "a/b"), "--store"),
    ],
)
def test_what_is_wrong_with_a_replay_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], wrong: str
) -> None:
    monkeypatch.setenv("XUEJI_DATA_DIRECTORY", str(tmp_path))
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2
    assert wrong in said(done)
    assert not list(tmp_path.iterdir())


def wait_for(condition: Callable[[], Any], seconds: float = SECONDS) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)
