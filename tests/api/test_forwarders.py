"""Forwarders by command and over HTTP: added, seen, tried again, removed; secrets never shown."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.command_line import main
from api.settings import Settings
from streams.forwarders import Forwarders, Letter, SecretMissing
from tests.support.application import RunningApplication, running_application
from tests.support.records import statement, statement_id

ADDED = ("--endpoint", "https://city.example/xapi", "--key", "k", "--store", "district")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("forwarders")


@pytest.fixture(scope="module")
def application(folder: Path) -> Iterator[RunningApplication]:
    with running_application(folder, carrier="none") as running:
        yield running


@pytest.fixture
def forwarders(application: RunningApplication) -> Iterator[Forwarders]:
    held: Forwarders = application.state.services.forwarders
    yield held
    for state in held.all():
        held.remove(state.definition.name)


def command(folder: Path, *arguments: str) -> Result:
    environment = {"XUEJI_DATA_DIRECTORY": str(folder)}
    return CliRunner().invoke(main, ["forwarders", *arguments], env=environment)


def listed(folder: Path) -> list[dict[str, Any]]:
    done = command(folder, "list", "--json")
    assert done.exit_code == 0, done.output
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_commands_add_list_retry_and_remove(folder: Path, forwarders: Forwarders) -> None:
    verb = "https://district.example/verbs/answered"
    assert command(folder, "add", "city", *ADDED, "--verb", verb, "--after", "0").exit_code == 0
    again = command(folder, "add", "city", *ADDED)
    assert again.exit_code == 2
    assert "there is a forwarder 'city'" in again.output
    [one] = listed(folder)
    assert (one["name"], one["store"], one["filters"]) == ("city", "district", {"verbs": [verb]})
    assert (one["running"], one["dead_letters"], one["error"]) == (False, 0, None)
    refused = Letter(5, statement_id(5), 400, "a score fits its range")
    forwarders.commit(forwarders.find("city"), 5, refused=[refused])
    told = json.loads(command(folder, "dead-letters", "city", "--json").stdout)
    assert [letter["statement"] for letter in told["dead_letters"]] == [statement_id(5)]
    retried = command(folder, "retry", "city")
    assert "1 will be tried again" in retried.output
    assert "Nobody runs city" in retried.output
    assert command(folder, "remove", "city").exit_code == 0
    assert listed(folder) == []
    assert command(folder, "retry", "city").exit_code == 2


def test_a_wrong_endpoint_is_named_and_its_password_not_repeated(folder: Path) -> None:
    endpoint = ("--endpoint", "https://me:pass-word@city.example/xapi")
    done = command(folder, "add", "city", *endpoint, "--key", "k", "--store", "district")
    assert done.exit_code == 2
    assert "endpoint" in done.output
    assert "pass-word" not in done.output


def test_positions_that_no_log_has_are_named(
    application: RunningApplication, folder: Path, forwarders: Forwarders
) -> None:
    newest = application.state.record.last_position()
    beyond = command(folder, "add", "city", *ADDED, "--after", str(newest + 1))
    assert beyond.exit_code == 2
    assert f"the log ends at {newest}" in beyond.output
    assert command(folder, "add", "city", *ADDED, "--after", str(10**20)).exit_code == 2
    assert listed(folder) == []
    assert command(folder, "add", "city", *ADDED, "--after", str(newest)).exit_code == 0
    operator = application.xapi("operators", "operate")
    path = "/v1/forwarders/city/dead-letters"
    assert operator.request("GET", path, params={"cursor": 10**20}).status_code == 400
    assert operator.request("GET", path, params={"cursor": 2**63 - 1}).status_code == 200
    assert command(folder, "dead-letters", "city", "--cursor", str(10**20)).exit_code == 2


def test_operators_see_how_far_forwarders_are_and_have_refusals_tried_again(
    application: RunningApplication, folder: Path, forwarders: Forwarders
) -> None:
    application.xapi("district").post(statement())
    operator = application.xapi("operators", "operate")
    assert command(folder, "add", "city", *ADDED).exit_code == 0
    state = forwarders.find("city")
    forwarders.note_failure(state, "status 503: away", "away")
    [one] = operator.request("GET", "/v1/forwarders").json()["forwarders"]
    assert one["lag"] == application.state.record.last_position() > 0
    assert one["lag_seconds"] > 0
    assert (one["error"], one["error_kind"]) == ("status 503: away", "away")
    for number in (1, 2):
        refused = [Letter(number, statement_id(number), 409, "it is another")]
        forwarders.commit(state, number, refused=refused)
    path = "/v1/forwarders/city/dead-letters"
    first = operator.request("GET", path, params={"limit": 1}).json()
    assert (len(first["dead_letters"]), first["next"]) == (1, 1)
    second = operator.request("GET", path, params={"cursor": 1}).json()
    assert (second["dead_letters"][0]["reason"], second["next"]) == ("it is another", None)
    assert operator.request("POST", "/v1/forwarders/city/retry").json() == {"again": 2}
    assert all(letter.again for letter in forwarders.letters(state))
    assert operator.request("POST", "/v1/forwarders/none/retry").status_code == 404
    assert [one["name"] for one in operator.request("GET", "/v1/status").json()["forwarders"]] == [
        "city"
    ]


def test_a_secret_is_a_setting_or_a_file_read_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(secrets_directory=tmp_path)
    with pytest.raises(SecretMissing, match="XUEJI_FORWARD_SECRET_CITY"):
        settings.forward_secret("city")
    for secret in ("one", "two"):
        (tmp_path / "xueji_forward_secret_city").write_text(f"{secret}\n")
        assert settings.forward_secret("city") == secret
    monkeypatch.setenv("XUEJI_FORWARD_SECRET_CITY", "three")
    assert settings.forward_secret("city") == "three"
