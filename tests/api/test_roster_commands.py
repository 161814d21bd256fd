"""`xueji roster` and `xueji identity`: on the record directly, and beside a running server."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from api import identity_commands
from api.command_line import main
from api.roster.files import packed
from tests.support.commands import said
from tests.support.oneroster import HOME, Rows, files_of, person, small_rows
from tests.support.servers import Server, running_server

FIRST, SECOND = "2026-09-01", "2026-10-12"
APP = "https://homework.example.cn"
Command = Callable[..., Result]


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are shown whole, whatever the width of the terminal that the tests run in."""
    monkeypatch.setattr(identity_commands.console, "_width", 240)


def running(environment: dict[str, str]) -> Command:
    unset = dict.fromkeys(name for name in os.environ if name.startswith("XUEJI_"))

    def run(*arguments: str, status: int = 0) -> Result:
        shown = {"COLUMNS": "200", "NO_COLOR": "1"}
        done = CliRunner().invoke(main, list(arguments), env={**unset, **environment, **shown})
        assert done.exit_code == status, done.output
        return done

    return run


@pytest.fixture
def xueji(tmp_path: Path) -> Command:
    """Runs commands on an empty record of its own."""
    return running({"XUEJI_DATA_DIRECTORY": str(tmp_path / "var")})


@pytest.fixture
def rows() -> Rows:
    rows = small_rows()
    rows["users"][1]["userIds"] = "{homework:h-1}"
    return rows


def written(folder: Path, rows: Rows) -> str:
    """Write the files of rows into a folder; gives its path."""
    folder.mkdir(exist_ok=True)
    for name, content in files_of(rows).items():
        (folder / name).write_bytes(content)
    return str(folder)


def importing(path: str, day: str, *more: str) -> tuple[str, ...]:
    how = ("--store", "district", "--home-page", HOME, "--date", day)
    return ("roster", "import", path, *how, "--account", f"homework={APP}", *more)


def shown(xueji: Command, on: str) -> list[tuple[str, int, int, int]]:
    listed = json.loads(xueji("roster", "show", "--store", "district", "--on", on, "--json").stdout)
    return [(one["org"], one["classes"], one["students"], one["teachers"]) for one in listed]


def test_a_folder_is_imported_and_what_came_of_it_is_told(
    xueji: Command, tmp_path: Path, rows: Rows
) -> None:
    path = written(tmp_path / "files", rows)
    told = said(xueji(*importing(path, FIRST, "--dry-run")))
    assert "OneRoster 1.1, oneroster, 2026-09-01: 14 events would be stored." in told
    assert shown(xueji, FIRST) == []
    told = said(xueji(*importing(path, FIRST)))
    assert "在班 Enrollments 3" in told
    assert "14 events stored." in told
    assert shown(xueji, FIRST) == [("lake", 2, 2, 1)]
    assert "0 events stored." in said(xueji(*importing(path, SECOND)))
    table = said(xueji("roster", "show", "--store", "district"))
    assert "湖畔小学 lake oneroster 2 2 1" in table


def test_a_zip_file_is_imported_and_history_stays(
    xueji: Command, tmp_path: Path, rows: Rows
) -> None:
    archive = tmp_path / "roster.zip"
    archive.write_bytes(packed(files_of(rows)))
    xueji(*importing(str(archive), FIRST))
    del rows["enrollments"][0]
    archive.write_bytes(packed(files_of(rows)))
    came = json.loads(xueji(*importing(str(archive), SECOND, "--json")).stdout)
    assert came["kinds"]["roster-enrollment"]["ended"] == 1
    assert [shown(xueji, on)[0][2] for on in (FIRST, "2026-10-11", SECOND)] == [2, 2, 1]


def test_every_fault_is_listed_and_the_command_fails(
    xueji: Command, tmp_path: Path, rows: Rows
) -> None:
    rows["users"][1]["role"] = "pupil"
    rows["classes"][0]["schoolSourcedId"] = "hill"
    path = written(tmp_path / "files", rows)
    output = xueji(*importing(path, FIRST), status=1).output
    assert "users.csv:3 role: one of administrator, " in output
    assert (
        "classes.csv:2 schoolSourcedId: an id of orgs.csv, or one that was imported before;"
        " found 'hill'\n"
    ) in output
    assert "2 faults. Nothing was stored." in output
    told = json.loads(xueji(*importing(path, FIRST, "--json"), status=1).stdout)
    assert (told["count"], [fault["line"] for fault in told["faults"]]) == (2, [3, 2])
    assert shown(xueji, FIRST) == []


def test_what_is_wrong_with_a_command_is_said(xueji: Command, tmp_path: Path, rows: Rows) -> None:
    path = written(tmp_path / "files", rows)
    assert "no day of ISO 8601" in said(xueji(*importing(path, "soon"), status=1))
    wrong = ("roster", "import", path, "--store", "a/b", "--home-page", HOME)
    assert "a store's name is 1 to 100 letters" in said(xueji(*wrong, status=2))
    assert "is no day" in said(xueji("roster", "show", "--store", "d", "--on", "x", status=2))
    link = ("identity", "link", "li@a.example", person("s1"), "--store", "district")
    assert "begins with one of account:, mbox:" in said(xueji(*link, status=1))


def test_accounts_are_linked_listed_and_unlinked(
    xueji: Command, tmp_path: Path, rows: Rows
) -> None:
    xueji(*importing(written(tmp_path / "files", rows), FIRST))
    in_district = ("--store", "district")
    mail = "mbox:mailto:lei@a.example"
    linking = ("identity", "link", mail, person("s1"), *in_district)
    assert f"{mail} now belongs to {person('s1')}." in said(xueji(*linking))
    assert "already belonged" in said(xueji(*linking))

    def listed(*more: str) -> list[tuple[str, str]]:
        links = json.loads(xueji("identity", "list", *in_district, "--json", *more).stdout)
        return sorted((link["account"], link["by"]) for link in links)

    assert listed() == [(f"account:{APP}|h-1", "roster"), (mail, "explicit")]
    assert listed("--person", "account:nobody") == []
    assert "its own again" in said(xueji("identity", "unlink", mail, *in_district))
    assert "linked to nobody" in said(xueji("identity", "unlink", mail, *in_district))
    assert listed() == [(f"account:{APP}|h-1", "roster")]
    assert f"account:{APP}|h-1" in said(xueji("identity", "list", *in_district))


def asked(server: Server, key: Any, path: str, **parameters: Any) -> Any:
    answer = httpx.get(
        f"{server.address}{path}", params=parameters, auth=(key.key, key.secret), timeout=60
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_beside_a_running_server_the_server_imports_and_all_is_there_after_it_was_killed(
    tmp_path: Path, rows: Rows
) -> None:
    path = written(tmp_path / "files", rows)
    var = tmp_path / "var"
    with running_server(var) as server:
        xueji = running(dict(server.environment))
        key = server.add_key()
        came = json.loads(xueji(*importing(path, FIRST, "--json")).stdout)
        assert came["events"] == 14
        classes = asked(server, key, "/v1/roster/classes", on=FIRST, after=came["position"])
        assert [one["students"] for one in classes["classes"]] == [2, 0]
        rows["enrollments"][0]["classSourcedId"] = "5-2"
        written(tmp_path / "files", rows)
        moved = json.loads(xueji(*importing(path, SECOND, "--json")).stdout)
        rows["users"][0]["role"] = "x"
        broken = written(tmp_path / "broken", rows)
        assert "users.csv:2 role: one of" in xueji(*importing(broken, SECOND), status=1).output
        mail = "mbox:mailto:lei@a.example"
        xueji("identity", "link", mail, person("s1"), "--store", "district")
        server.kill()
    with running_server(var) as server:
        students = {
            on: [
                (one["class_group"], one["students"])
                for one in asked(server, key, "/v1/roster/classes", on=on, after=moved["position"])[
                    "classes"
                ]
            ]
            for on in ("2026-10-11", SECOND)
        }
        assert students == {"2026-10-11": [("5-1", 2)], SECOND: [("5-1", 1), ("5-2", 1)]}
        accounts = asked(server, key, "/v1/identities", account=mail)["accounts"]
        assert {one["account"] for one in accounts} == {mail, f"account:{APP}|h-1"}
        again = json.loads(xueji(*importing(path, "2026-11-02", "--json")).stdout)
        assert again["events"] == 0
