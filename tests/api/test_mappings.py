"""Mappings over HTTP and by command: published, refused with reasons, in force after a replay."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from typer.testing import CliRunner, Result

from api.command_line import main
from api.services import Services
from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.commands import said
from tests.support.mapping_documents import CLICKED, clicker
from tests.support.records import statement

LIVE = "live"
names = (f"mapped_{number}" for number in range(1, 1000))


@pytest.fixture(scope="module")
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request, failed_logins_per_minute=0) as running:
        yield running


@pytest.fixture
def services(application: RunningApplication) -> Services:
    services: Services = application.state.services
    return services


@pytest.fixture
def store() -> str:
    return f"store-{uuid4()}"


@pytest.fixture
def app(application: RunningApplication, store: str) -> XapiClient:
    return application.xapi(store, "all", app="clicker")


@pytest.fixture
def operator(application: RunningApplication) -> XapiClient:
    return application.xapi("operators", "operate")


def put(client: XapiClient, text: str, name: str = "clicker", **parameters: Any) -> httpx.Response:
    return client.request("PUT", f"/v1/mappings/{name}", content=text.encode(), params=parameters)


def published(client: XapiClient, text: str, name: str = "clicker") -> dict[str, Any]:
    answer = put(client, text, name)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def listed(client: XapiClient) -> dict[str, str]:
    answer = client.request("GET", "/v1/mappings").json()
    return {one["name"]: one["state"] for one in answer["mappings"]}


def waiting(client: XapiClient) -> dict[str, list[str]]:
    return dict(client.request("GET", "/v1/status").json()["mappings_waiting"])


def clicked(client: XapiClient, services: Services) -> None:
    """Post that somebody clicked, and wait until it is in the rows."""
    answer = client.post(statement("ming", CLICKED))
    position = int(answer.headers["X-Xueji-Position"])
    until = time.monotonic() + 60
    while services.position(services.generation) < position:
        assert time.monotonic() < until
        time.sleep(0.02)


def actions(services: Services, store: str) -> list[str]:
    live = services.generation
    rows = live.run(
        f"SELECT action FROM {live.database}.facts FINAL"
        f" WHERE store = '{store}' AND is_deleted = 0 ORDER BY time"
    )
    return [action for (action,) in rows]


@pytest.fixture
def replay(operator: XapiClient) -> Iterator[Callable[[], None]]:
    """Builds a generation and makes it the live one; the first one is live again at the end."""
    built: list[str] = []

    def replay() -> None:
        name = next(names)
        built.append(name)
        assert operator.request("POST", "/v1/replays", json={"name": name}).status_code == 202
        until = time.monotonic() + 60
        while operator.request("GET", f"/v1/replays/{name}").json()["state"] == "running":
            assert time.monotonic() < until
            time.sleep(0.05)
        answer = operator.request("POST", f"/v1/generations/{name}/promote")
        assert answer.status_code == 200, answer.text

    yield replay
    operator.request("POST", f"/v1/generations/{LIVE}/promote")
    for name in built:
        operator.request("DELETE", f"/v1/generations/{name}")


# In force ----------------------------------------------------------------------------------------


def test_a_published_mapping_is_in_force_after_a_replay_and_not_before(
    app: XapiClient, store: str, services: Services, replay: Callable[[], None]
) -> None:
    answer = published(app, clicker("poll"))
    assert (answer["state"], answer["changed"], answer["version"]) == ("published", True, 1)
    assert "xueji replay" in answer["message"]["en"]
    assert "重放" in answer["message"]["zh"]
    clicked(app, services)
    assert actions(services, store) == ["other"]
    assert waiting(app) == {store: ["clicker"]}
    replay()
    assert actions(services, store) == ["poll"]
    assert listed(app) == {"clicker": "in force"}
    assert waiting(app) == {}
    clicked(app, services)
    assert actions(services, store) == ["poll", "poll"]
    assert "message" not in app.request("GET", "/v1/mappings/clicker").json()


def test_what_is_withdrawn_stays_in_force_until_a_replay(
    app: XapiClient, store: str, services: Services, replay: Callable[[], None]
) -> None:
    published(app, clicker("poll"))
    replay()
    assert app.request("DELETE", "/v1/mappings/clicker").status_code == 200
    assert listed(app) == {"clicker": "withdrawn"}
    clicked(app, services)
    assert actions(services, store) == ["poll"]
    replay()
    assert actions(services, store) == ["other"]
    assert listed(app) == {}


def test_one_store_is_not_read_by_the_mappings_of_another(
    application: RunningApplication,
    app: XapiClient,
    store: str,
    services: Services,
    replay: Callable[[], None],
) -> None:
    other_store = f"{store}-other"
    other = application.xapi(other_store, "all")
    published(app, clicker("poll"))
    published(other, clicker("hand_raised"))
    for client in (app, other):
        clicked(client, services)
    replay()
    assert (actions(services, store), actions(services, other_store)) == (
        ["poll"],
        ["hand_raised"],
    )


# Versions ----------------------------------------------------------------------------------------


def test_publishing_the_same_twice_changes_nothing(app: XapiClient) -> None:
    first, second = published(app, clicker()), published(app, clicker())
    assert (second["changed"], second["version"]) == (False, 1)
    assert second["position"] == first["position"]


def test_every_version_can_be_read_as_it_was_published(app: XapiClient) -> None:
    for text in (clicker("answer"), clicker("poll")):
        published(app, text)
    app.request("DELETE", "/v1/mappings/clicker")
    history = app.request("GET", "/v1/mappings/clicker").json()["versions"]
    assert [(one["version"], one["withdrawn"]) for one in history] == [
        (1, False),
        (2, False),
        (3, True),
    ]
    assert {one["by"] for one in history} == {"clicker"}
    answer = app.request("GET", "/v1/mappings/clicker", params={"version": 1})
    assert answer.json()["text"] == clicker("answer")
    assert app.request("GET", "/v1/mappings/clicker", params={"version": 4}).status_code == 404


# Refused -----------------------------------------------------------------------------------------


def test_a_wrong_mapping_is_refused_with_document_rule_and_key(app: XapiClient) -> None:
    answer = put(app, clicker("guess"))
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["document"], error["mapping_rule"], error["key"]) == (
        "clicker",
        "clicked",
        "facts[0].action",
    )
    assert "'guess' is not known" in error["rule"]
    assert listed(app) == {}


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        (clicker(), "other", "the document says mapping: clicker, the path other"),
        (clicker(name="adl"), "adl", "is shipped"),
        (clicker(name="a b"), "a%20b", "letters, digits"),
        (clicker() + "#" * 140_000, "clicker", "characters"),
        (
            clicker(verb="http://adlnet.gov/expapi/verbs/answered"),
            "clicker",
            "what rule 'answered' of adl.yaml says",
        ),
    ],
)
def test_a_mapping_that_cannot_be_published_is_refused(
    app: XapiClient, text: str, name: str, message: str
) -> None:
    answer = put(app, text, name)
    assert answer.status_code == 400
    assert message in answer.json()["error"]["message"]
    assert listed(app) == {}


def test_a_mapping_must_not_contradict_another_of_its_store(
    application: RunningApplication, app: XapiClient
) -> None:
    published(app, clicker())
    answer = put(app, clicker("poll", name="buzzer"), "buzzer")
    assert answer.status_code == 400
    assert "rule 'clicked' of clicker says" in answer.json()["error"]["message"]
    elsewhere = application.xapi(f"store-{uuid4()}", "all")
    published(elsewhere, clicker("poll", name="buzzer"), "buzzer")


def test_what_was_not_published_is_not_found(app: XapiClient) -> None:
    for method in ("GET", "DELETE"):
        assert app.request(method, "/v1/mappings/nothing").status_code == 404


# Who may -----------------------------------------------------------------------------------------


def test_who_may_read_projections_may_list_and_not_publish(
    application: RunningApplication, app: XapiClient, store: str
) -> None:
    published(app, clicker())
    reader = application.xapi(store, "projections/read")
    assert listed(reader) == {"clicker": "published"}
    assert put(reader, clicker("poll")).status_code == 403
    assert reader.request("DELETE", "/v1/mappings/clicker").status_code == 403


def test_a_vendor_sees_the_mappings_with_rules_for_its_app_and_no_others(
    application: RunningApplication, app: XapiClient, store: str
) -> None:
    bound = clicker(name="bound", verb="https://x.example/y").replace(
        "    facts:", "    when: {apps: [buzzer]}\n    facts:"
    )
    published(app, clicker())
    published(app, bound, "bound")
    vendor = application.xapi(store, "statements/write", app="buzzer")
    assert set(listed(vendor)) == {"bound"}
    assert vendor.request("GET", "/v1/mappings/bound").json()["apps"] == ["buzzer"]
    assert vendor.request("GET", "/v1/mappings/clicker").status_code == 404
    assert put(vendor, clicker("poll")).status_code == 403


def test_an_app_does_not_reach_the_mappings_of_another_store(
    app: XapiClient, operator: XapiClient, store: str
) -> None:
    for method in ("GET", "DELETE"):
        path = "/v1/mappings/clicker"
        assert app.request(method, path, params={"store": "other"}).status_code == 403
    assert put(app, clicker(), store="other").status_code == 403
    assert put(operator, clicker(), store="no/store").status_code == 400


def test_an_operator_publishes_for_the_store_that_is_named(
    app: XapiClient, operator: XapiClient, store: str
) -> None:
    assert put(operator, clicker(), store=store).status_code == 200
    assert listed(app) == {"clicker": "published"}
    assert waiting(app) == {store: ["clicker"]}


def test_generations_tell_no_store_what_another_has_published(
    application: RunningApplication,
    app: XapiClient,
    operator: XapiClient,
    store: str,
    replay: Callable[[], None],
) -> None:
    published(app, clicker())
    replay()
    other = application.xapi(f"{store}-other", "projections/read")
    assert store not in other.request("GET", "/v1/generations").text
    seen = operator.request("GET", "/v1/generations")
    assert "clicker.example" not in seen.text
    live = next(one for one in seen.json()["generations"] if one["live"])
    assert live["origin"]["mappings"][store] == ["clicker"]


# By command --------------------------------------------------------------------------------------


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., Result]:
    """Runs `xueji` on an empty record of its own, without a server."""
    environment = {"XUEJI_DATA_DIRECTORY": str(tmp_path / "data"), "COLUMNS": "200"}

    def run(*arguments: str, status: int = 0) -> Result:
        done = CliRunner().invoke(main, ["mappings", *arguments], env=environment)
        assert done.exit_code == status, done.output
        return done

    return run


def test_a_mapping_is_checked_by_command_without_record_or_server(
    command: Callable[..., Result], tmp_path: Path
) -> None:
    file = tmp_path / "clicker.yaml"
    file.write_text(clicker(), encoding="utf-8")
    assert "1 条规则 rules" in command("check", str(file)).output
    file.write_text(clicker("guess"), encoding="utf-8")
    assert "'guess' is not known" in said(command("check", str(file), status=2))
    assert not (tmp_path / "data").exists()
