"""`xueji keys` makes, shows, changes, rotates and revokes credentials while a server runs."""

import json
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from api import key_commands
from api.command_line import main
from lrs.credentials import PROFILE_CHECKS
from tests.support.commands import said
from tests.support.processes import ROOT, XUEJI
from tests.support.servers import Key, Server, running_server

# A change is effective within a second; this many are waited for on a machine that is busy.
PATIENCE = 30.0

Command = Callable[..., Result]


@pytest.fixture(autouse=True)
def wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are shown whole, whatever the width of the terminal that the tests run in."""
    monkeypatch.setattr(key_commands.console, "_width", 240)


@pytest.fixture
def keys(tmp_path: Path) -> Command:
    """Runs `xueji keys` on an empty record of its own."""

    def run(*arguments: str, status: int = 0) -> Result:
        environment = {
            "XUEJI_DATA_DIRECTORY": str(tmp_path),
            "TERM": "xterm",
            "COLUMNS": "240",
            "NO_COLOR": "1",
        }
        done = CliRunner().invoke(main, ["keys", *arguments], env=environment)
        assert done.exit_code == status, done.output
        return done

    return run


def made(keys: Command, *more: str) -> dict[str, Any]:
    arguments = ("add", "--store", "district", "--scope", "all", "--json", *more)
    return dict(json.loads(keys(*arguments).stdout))


def listed(keys: Command) -> list[dict[str, Any]]:
    return list(json.loads(keys("list", "--json").stdout))


def test_vendor_and_title_are_kept_and_can_be_changed(keys: Command) -> None:
    key = made(keys, "--vendor", "甲公司", "--title", "抢答器")["key"]
    assert [(one["vendor"], one["title"]) for one in listed(keys)] == [("甲公司", "抢答器")]
    keys("change", key, "--title", "新抢答器")
    assert [(one["vendor"], one["title"]) for one in listed(keys)] == [("甲公司", "新抢答器")]
    assert "甲公司" in keys("list").stdout
    assert "on one line" in said(keys("change", key, "--vendor", "x" * 201, status=2))


def test_add_shows_key_and_secret_once_and_keeps_what_was_asked_for(keys: Command) -> None:
    shown = keys(
        *("add", "--store", "district", "--app", "homework"),
        *("--scope", "state", "--scope", "statements/write"),
        *("--rate", "2.5", "--profile-check", "report"),
    ).stdout
    key, secret = re.findall(r"^(?:key|secret) +(\S+)$", shown, re.MULTILINE)
    [one] = listed(keys)
    assert one["key"] == key
    assert (one["store"], one["app"]) == ("district", "homework")
    assert one["scopes"] == ["state", "statements/write"]
    assert (one["rate"], one["profile_check"]) == (2.5, "report")
    assert one["revoked"] is None
    assert secret not in keys("list").stdout + keys("list", "--json").stdout


def test_rate_and_profile_check_are_the_servers_unless_they_are_given(keys: Command) -> None:
    made(keys)
    made(keys, "--rate", "default", "--profile-check", "default")
    assert [(one["rate"], one["profile_check"]) for one in listed(keys)] == [(None, None)] * 2


@pytest.mark.parametrize("check", PROFILE_CHECKS)
def test_every_profile_check_can_be_given(keys: Command, check: str) -> None:
    made(keys, "--profile-check", check)
    assert listed(keys)[0]["profile_check"] == check


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--scope", "everything"), "no such scope: everything"),
        (("--store", "a/b"), "a store's name"),
        (("--rate", "fast"), "'fast'"),
        (("--rate", "-1"), "0 or more"),
        (("--rate", "nan"), "0 or more"),
        (("--profile-check", "on"), "off, report, enforce"),
    ],
)
def test_what_can_not_be_is_refused_and_nothing_made(
    keys: Command, arguments: tuple[str, ...], reason: str
) -> None:
    whole = {"--store": "district", "--scope": "all", arguments[0]: arguments[1]}
    flat = [part for pair in whole.items() for part in pair]
    assert reason in said(keys("add", *flat, status=2))
    assert listed(keys) == []


def test_the_list_shows_keys_whole_in_a_narrow_terminal(tmp_path: Path, keys: Command) -> None:
    one = made(keys)
    environment = {"XUEJI_DATA_DIRECTORY": str(tmp_path), "COLUMNS": "80", "NO_COLOR": "1"}
    assert one["key"] in CliRunner().invoke(main, ["keys", "list"], env=environment).stdout


def test_change_touches_what_it_names(keys: Command) -> None:
    key = made(keys, "--rate", "5", "--profile-check", "report")["key"]
    for arguments, changed in (
        (("--rate", "7"), {"rate": 7.0}),
        (("--rate", "default"), {"rate": None}),
        (("--profile-check", "enforce"), {"profile_check": "enforce"}),
        (("--profile-check", "default"), {"profile_check": None}),
        (("--scope", "state", "--scope", "profile"), {"scopes": ["profile", "state"]}),
        ((), {}),
    ):
        [before] = listed(keys)
        keys("change", key, *arguments)
        assert listed(keys) == [{**before, **changed}]


def test_change_to_what_can_not_be_changes_nothing(keys: Command) -> None:
    key = made(keys)["key"]
    before = listed(keys)
    for arguments in (("--rate", "x"), ("--scope", "x"), ("--profile-check", "x")):
        keys("change", key, *arguments, status=2)
    assert listed(keys) == before


def test_rotate_shows_a_new_secret_for_the_same_key(keys: Command) -> None:
    one = made(keys)
    other = json.loads(keys("rotate", one["key"], "--json").stdout)
    assert other["key"] == one["key"]
    assert other["secret"] != one["secret"]
    assert [kept["key"] for kept in listed(keys)] == [one["key"]]
    keys("rotate", one["key"], "--grace", "-1", status=2)


def test_revoke_is_for_good(keys: Command) -> None:
    key = made(keys)["key"]
    keys("revoke", key)
    assert listed(keys)[0]["revoked"] is not None
    for command in ("rotate", "change"):
        assert "for good" in said(keys(command, key, status=2))


@pytest.mark.parametrize("command", ["revoke", "rotate", "change"])
def test_a_key_that_is_not_there_is_named(keys: Command, command: str) -> None:
    assert "no credential with key nobody" in said(keys(command, "nobody", status=2))


# Beside a running server -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(
        tmp_path_factory.mktemp("keys"),
        clickhouse_dsn="chdb://memory",
        carrier="none",
        failed_logins_per_minute="0",  # asked again and again here, until a change is seen
    ) as running:
        yield running


def command(server: Server, *arguments: str) -> str:
    """Run `xueji keys` in a process of its own."""
    return subprocess.run(
        [*XUEJI, "keys", *arguments],
        cwd=ROOT,
        env=server.environment,
        capture_output=True,
        check=True,
        text=True,
    ).stdout


def add(server: Server) -> Key:
    made = json.loads(command(server, "add", "--store", "district", "--scope", "all", "--json"))
    return Key(made["key"], made["secret"])


def status(server: Server, key: str, secret: str) -> int:
    return httpx.get(
        f"{server.address}/xapi/statements",
        auth=(key, secret),
        headers={"X-Experience-API-Version": "2.0.0"},
    ).status_code


def becomes(expected: int, server: Server, key: str, secret: str) -> bool:
    deadline = time.monotonic() + PATIENCE
    while status(server, key, secret) != expected:
        if time.monotonic() > deadline:
            return False
    return True


def test_a_rotation_takes_effect_in_a_server_that_runs(server: Server) -> None:
    one = add(server)
    assert status(server, one.key, one.secret) == 200
    new = json.loads(command(server, "rotate", one.key, "--json"))["secret"]
    assert becomes(200, server, one.key, new)
    assert becomes(401, server, one.key, one.secret)
    newer = json.loads(command(server, "rotate", one.key, "--grace", "600", "--json"))["secret"]
    assert becomes(200, server, one.key, newer)
    assert status(server, one.key, new) == 200


def test_a_revocation_and_a_change_take_effect_in_a_server_that_runs(server: Server) -> None:
    one = add(server)
    assert status(server, one.key, one.secret) == 200
    command(server, "change", one.key, "--scope", "state")
    assert becomes(403, server, one.key, one.secret)
    command(server, "revoke", one.key)
    assert becomes(401, server, one.key, one.secret)


# Roles -------------------------------------------------------------------------------------------


def test_a_key_for_a_person_has_the_scopes_of_the_role_and_says_whose_it_is(keys: Command) -> None:
    keys("add", "--store", "district", "--role", "teacher", "--person", "account:https://x|t1")
    children = ("--child", "account:https://x|s1", "--child", "account:https://x|s2")
    keys("add", "--store", "district", "--role", "parent", *children)
    teacher, parent = listed(keys)
    assert teacher["scopes"] == ["projections/read"]
    assert teacher["holder"]["person"] == "account:https://x|t1"
    assert parent["holder"]["children"] == ["account:https://x|s1", "account:https://x|s2"]
    assert "teacher account:https://x|t1" in said(keys("list"))


def test_what_a_role_is_about_is_changed_in_part_or_as_a_whole(keys: Command) -> None:
    keys("add", "--store", "district", "--role", "school_leader", "--school", "sch-1")
    [one] = listed(keys)
    keys("change", one["key"], "--school", "sch-2", "--school", "sch-3")
    assert listed(keys)[0]["holder"]["schools"] == ["sch-2", "sch-3"]
    keys("change", one["key"], "--role", "student", "--person", "account:https://x|s1")
    assert listed(keys)[0]["holder"] == {
        "role": "student",
        "person": "account:https://x|s1",
        "schools": [],
        "children": [],
    }


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--role", "janitor"), "a role is one of"),
        (("--role", "teacher"), "name the person's key"),
        (("--person", "account:https://x|t1"), "belong to a role"),
        (("--role", "student", "--person", "s1", "--scope", "all"), "go around the role"),
        ((), "name at least one scope"),
    ],
)
def test_a_key_whose_role_makes_no_sense_is_not_made(
    keys: Command, arguments: tuple[str, ...], reason: str
) -> None:
    assert reason in said(keys("add", "--store", "district", *arguments, status=2))
    assert listed(keys) == []
