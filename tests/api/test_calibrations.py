"""Calibrations over HTTP and by command: made, refused, listed, and in force after a replay."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator
from rich.console import Console
from typer.testing import CliRunner

from api import calibration_commands, demo_learning
from api.command_line import main
from api.operating import Directly
from api.services import Services
from projections.tables import FACTS, fact_row
from tests.projections.test_calibrating import facts_of
from tests.support.application import RunningApplication, XapiClient, application_of


@pytest.fixture(scope="module")
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request, failed_logins_per_minute=0) as running:
        yield running


@pytest.fixture(scope="module")
def operator(application: RunningApplication) -> XapiClient:
    return application.xapi("operators", "operate")


@pytest.fixture(scope="module")
def store(application: RunningApplication) -> str:
    """A store with responses enough to learn from."""
    name = f"store-{uuid4()}"
    services: Services = application.state.services
    rows = [fact_row(one) for one in facts_of(70, 20, name)]
    services.generation.insert(FACTS.name, rows)
    return name


def post(operator: XapiClient, store: str, **parameters: Any) -> dict[str, Any]:
    answer = operator.request("POST", "/v1/calibrations", params={"store": store, **parameters})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_calibration_is_made_once_listed_and_in_force_after_a_replay(
    operator: XapiClient, store: str
) -> None:
    tried = post(operator, store, dry_run=True)
    assert (tried["changed"], tried["published"]) == (True, False)
    made = post(operator, store, force=True)
    assert made["published"]
    assert made["version"] == tried["version"]
    assert "replay" in made["message"]["en"]
    again = post(operator, store)
    assert (again["changed"], again["published"]) == (False, False)
    listed = operator.request("GET", "/v1/calibrations", params={"store": store}).json()
    assert (listed["in_force"], listed["next"]) == ("prior", made["version"])
    assert [one["awaits_replay"] for one in listed["calibrations"]] == [True]
    assert [one["version"] for one in listed["calibrations"]] == [made["version"]]
    path = f"/v1/calibrations/{made['version']}"
    shown = operator.request("GET", path, params={"store": store}).json()
    assert shown["card"]["data"]["responses"] == 1400
    assert (shown["in_force"], shown["awaits_replay"]) == (False, True)

    told = operator.request("GET", "/openapi.json").json()["paths"]
    for route, method, answer in (
        ("/v1/calibrations", "get", listed),
        ("/v1/calibrations/{version}", "get", shown),
        ("/v1/calibrations", "post", made),
    ):
        content = told[route][method]["responses"]["200"]["content"]["application/json"]
        Draft202012Validator(content["schema"]).validate(answer)
        Draft202012Validator(content["schema"]).validate(content["example"])
        assert set(content["example"]) == set(answer)

    name = f"built_{uuid4().hex[:8]}"
    operator.request("POST", "/v1/replays", json={"name": name})
    generations = operator.request("GET", "/v1/generations").json()["generations"]
    built = next(one for one in generations if one["name"] == name)
    assert built["origin"]["calibrations"] == {store: made["version"]}


def test_too_little_is_refused_with_what_is_needed(operator: XapiClient) -> None:
    answer = operator.request("POST", "/v1/calibrations", params={"store": "empty"})
    assert answer.status_code == 409
    assert "0 of 30 learners" in answer.json()["error"]["message"]


def test_an_unknown_version_is_not_there(operator: XapiClient, store: str) -> None:
    answer = operator.request("GET", "/v1/calibrations/none", params={"store": store})
    assert answer.status_code == 404


def test_the_command_prints_the_card_of_what_is_made(
    application: RunningApplication, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    services: Services = application.state.services

    @contextmanager
    def opened(_: object) -> Iterator[Directly]:
        yield Directly(services.settings, services.record, services.warehouse)

    monkeypatch.setattr(calibration_commands, "operator", opened)
    few = CliRunner().invoke(main, ["calibrate", "--store", "empty"])
    assert few.exit_code == 1
    assert "0 of 1,000 responses" in few.stdout
    CliRunner().invoke(main, ["calibrate", "--store", store, "--force"])
    shown = CliRunner().invoke(main, ["calibrate", "--store", store])
    assert shown.exit_code == 0, shown.output
    assert "模型卡 Model card" in shown.stdout
    assert "1,400 次作答 responses" in shown.stdout
    assert "没有变化 nothing changed" in shown.stdout


def test_the_demos_models_learn_and_are_in_force_at_once(
    application: RunningApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    services: Services = application.state.services
    name = f"store-{uuid4()}"
    services.generation.insert(FACTS.name, [fact_row(one) for one in facts_of(70, 20, name)])
    opened = Directly(services.settings, services.record, services.warehouse)
    monkeypatch.setattr(demo_learning, "operator", lambda _: nullcontext(opened))
    said = StringIO()
    demo_learning.learn(services.settings, name, Console(file=said))
    live = services.warehouse.generation()
    version = live.origin["calibrations"][name]["version"]
    assert live.name.startswith("learned_")
    assert f"learned from 1,400 responses: {version}" in said.getvalue()
    assert "no forecasts: 46 series of two scores or more with 46 scores" in said.getvalue()
    demo_learning.learn(services.settings, "empty", Console(file=said))
    assert services.warehouse.generation().name == live.name
    assert "stay at their priors: too little to learn from" in said.getvalue()
