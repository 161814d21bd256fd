"""Generations and replays over HTTP: built beside the live one, compared, promoted, dropped."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.services import Services
from streams.states import States
from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.records import agent_key, statement

LIVE = "live"
names = (f"built_{number}" for number in range(1, 1000))


@pytest.fixture(scope="module")
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request, failed_logins_per_minute=0) as running:
        yield running


@pytest.fixture
def services(application: RunningApplication) -> Services:
    services: Services = application.state.services
    return services


@pytest.fixture
def operator(application: RunningApplication) -> XapiClient:
    return application.xapi("operators", "operate")


@pytest.fixture
def name(application: RunningApplication, operator: XapiClient) -> Iterator[str]:
    """Name a generation; it is gone when the test ends, and the first one live again."""
    name = next(names)
    yield name
    if operator.request("GET", "/v1/generations").json()["generations"]:
        operator.request("DELETE", f"/v1/replays/{name}")
        operator.request("POST", f"/v1/generations/{LIVE}/promote")
        operator.request("DELETE", f"/v1/generations/{name}")


@pytest.fixture
def app(application: RunningApplication) -> XapiClient:
    return application.xapi(f"store-{uuid4()}", "all")


def answered(client: XapiClient, person: str = "ming", times: int = 1) -> int:
    """Post that a person answered; gives the log position of the last statement."""
    for number in range(times):
        verb = "http://adlnet.gov/expapi/verbs/answered"
        answer = client.post(statement(person, verb, f"item/{number}"))
        assert answer.status_code == 200, answer.text
    return int(answer.headers["X-Xueji-Position"])


def begin(operator: XapiClient, name: str, **filters: Any) -> httpx.Response:
    return operator.request("POST", "/v1/replays", json={"name": name, **filters})


def built(operator: XapiClient, name: str, **filters: Any) -> dict[str, Any]:
    """Have a generation built, and wait until it is."""
    answer = begin(operator, name, **filters)
    assert answer.status_code == 202, answer.text
    until = time.monotonic() + 60
    while (replay := operator.request("GET", f"/v1/replays/{name}").json())["state"] == "running":
        assert time.monotonic() < until
        time.sleep(0.05)
    assert replay["state"] == "complete", replay
    return dict(replay)


def listed(operator: XapiClient) -> dict[str, Any]:
    answer = operator.request("GET", "/v1/generations")
    assert answer.status_code == 200, answer.text
    return {one["name"]: one for one in answer.json()["generations"]}


def portrait(client: XapiClient, person: str = "ming", **parameters: Any) -> httpx.Response:
    path = f"/v1/portraits/students/{agent_key(person)}"
    return client.request("GET", path, params=parameters)


def message(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["message"])


# Building ----------------------------------------------------------------------------------------


def test_a_replay_builds_the_rows_of_the_live_generation(
    app: XapiClient, operator: XapiClient, name: str
) -> None:
    position = answered(app, times=3)
    assert portrait(app, after=position).status_code == 200
    replay = built(operator, name)
    assert replay["position"] >= position
    assert (replay["name"], replay["filters"], replay["what_if"]) == (name, {}, False)
    compared = operator.request("GET", f"/v1/generations/{name}/comparison").json()
    assert compared["equal"], compared
    assert (compared["one"], compared["other"]) == (name, LIVE)
    known = listed(operator)
    assert {one for one, generation in known.items() if generation["live"]} == {LIVE}
    assert known[name]["position"] == replay["position"]
    assert known[name]["rows"]["facts"] >= 3
    assert known[name]["origin"]["state"] == "complete"


def test_every_query_can_name_a_generation(
    app: XapiClient, operator: XapiClient, name: str
) -> None:
    position = answered(app)
    built(operator, name, until_stored="2020-01-01")
    portrait(app, after=position)
    students = {"generation": name}
    assert app.request("GET", "/v1/students", params=students).json()["students"] == []
    assert len(app.request("GET", "/v1/students").json()["students"]) == 1
    assert portrait(app, generation=name).status_code == 404
    path = f"/v1/students/{agent_key('ming')}/documents"
    assert app.request("GET", path, params=students).json()["documents"] == []
    for asked in ("/v1/students", path, f"/v1/portraits/students/{agent_key('ming')}"):
        answer = app.request("GET", asked, params={"generation": "nothing"})
        assert answer.status_code == 404
        assert message(answer) == "there is no generation 'nothing'"


def test_nobody_waits_for_a_generation_that_nothing_carries_on(
    app: XapiClient, operator: XapiClient, name: str
) -> None:
    answered(app)
    reached = built(operator, name)["position"]
    assert portrait(app, generation=name, after=reached).status_code == 200
    later = answered(app)
    began = time.monotonic()
    answer = portrait(app, generation=name, after=later)
    assert time.monotonic() - began < 10
    assert (answer.status_code, answer.headers["Retry-After"]) == (504, "5")


def test_a_what_if_leaves_things_out_and_is_never_live(
    app: XapiClient, operator: XapiClient, name: str
) -> None:
    answered(app)
    replay = built(operator, name, store="another", until_time="2026-01-01T00:00:00+08:00")
    assert replay["filters"] == {"store": "another", "until_time": "2025-12-31T16:00:00.000000Z"}
    answer = operator.request("POST", f"/v1/generations/{name}/promote")
    assert answer.status_code == 409
    assert "leaves out some of the log" in message(answer)


def test_whose_store_a_replay_was_of_is_told_to_operators_only(
    app: XapiClient, operator: XapiClient, name: str
) -> None:
    answered(app)
    built(operator, name, store="another", until_time="2026-01-01T00:00:00+08:00")
    assert listed(operator)[name]["origin"]["filters"]["store"] == "another"
    origin = listed(app)[name]["origin"]
    assert origin["filters"] == {"until_time": "2025-12-31T16:00:00.000000Z"}
    assert origin["what_if"]
    assert "another" not in app.request("GET", "/v1/generations").text


def test_a_replay_of_the_same_name_goes_on_and_another_filter_is_refused(
    app: XapiClient, operator: XapiClient, name: str
) -> None:
    answered(app)
    built(operator, name)
    position = answered(app)
    assert built(operator, name)["position"] >= position
    answer = begin(operator, name, store="another")
    assert answer.status_code == 409
    assert "has other filters" in message(answer)
    answer = begin(operator, LIVE)
    assert answer.status_code == 409
    assert message(answer) == "generation 'live' was made by no replay"


def test_a_replay_can_be_stopped_and_goes_on(
    app: XapiClient, operator: XapiClient, name: str
) -> None:
    answered(app, times=5)
    with slow_commits():
        assert begin(operator, name).status_code == 202
        again = begin(operator, name)
        assert (again.status_code, again.json()["state"]) == (202, "running")
        other = begin(operator, next(names))
        assert other.status_code == 409
        assert message(other) == f"replay {name!r} is under way: one at a time"
        drop = operator.request("DELETE", f"/v1/generations/{name}")
        assert (drop.status_code, message(drop)) == (
            409,
            f"generation {name!r} is being built: stop its replay first",
        )
        stopped = operator.request("DELETE", f"/v1/replays/{name}").json()
    assert stopped["state"] == "stopped"
    refused = operator.request("POST", f"/v1/generations/{name}/promote")
    assert (refused.status_code, message(refused)) == (
        409,
        f"generation {name!r} is still being built",
    )
    listing = operator.request("GET", "/v1/replays").json()["replays"]
    assert [one["state"] for one in listing if one["name"] == name] == ["stopped"]
    assert built(operator, name)["phase"] in ("reading", "folding", "following")
    assert operator.request("GET", f"/v1/generations/{name}/comparison").json()["equal"]


@contextmanager
def slow_commits() -> Iterator[None]:
    """Let a replay take its time."""
    commit = States.commit

    def slow(states: States, *arguments: Any) -> None:
        if threading.current_thread().name.startswith("replay"):
            time.sleep(0.5)
        commit(states, *arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(States, "commit", slow)
        yield


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "$.name"),
        ({"name": "Big"}, "$.name"),
        ({"name": "../up"}, "$.name"),
        ({"name": 7}, "$.name"),
        ({"name": "a" * 41}, "$.name"),
        ({"name": "ok", "until_time": "yesterday"}, "$.until_time"),
        ({"name": "ok", "until_time": 20260101}, "$.until_time"),
        ({"name": "ok", "until_stored": "2026-13-01"}, "$.until_stored"),
        ({"name": "ok", "from_position": 0}, "$.from_position"),
        ({"name": "ok", "from_position": 2**63}, "$.from_position"),
        ({"name": "ok", "store": "a/b"}, "$.store"),
        ({"name": "ok", "until": 1}, "$.until"),
        ([], "$"),
        (None, "$"),
    ],
)
def test_what_is_wrong_with_a_replay_is_named(operator: XapiClient, body: Any, path: str) -> None:
    answer = operator.request("POST", "/v1/replays", json=body)
    assert (answer.status_code, answer.json()["error"]["path"]) == (400, path)
    assert operator.request("GET", "/v1/replays").status_code == 200


def test_a_body_that_is_no_json_is_refused(operator: XapiClient) -> None:
    answer = operator.request("POST", "/v1/replays", content=b"{")
    assert answer.status_code == 400
    assert "no JSON" in message(answer)


# Switching ---------------------------------------------------------------------------------------


def test_a_promoted_generation_is_live_at_once_and_is_carried_on(
    app: XapiClient, operator: XapiClient, services: Services, name: str
) -> None:
    answered(app, times=2)
    built(operator, name)
    before = services.carrier
    answer = operator.request("POST", f"/v1/generations/{name}/promote")
    assert (answer.status_code, answer.json()["live"]) == (200, True)
    assert services.carrier is not before
    assert portrait(app).json()["generation"] == name
    position = answered(app)
    fresh = portrait(app, after=position).json()
    assert (fresh["generation"], fresh["activity"]["phases"][-1]["actions"]) == (name, 3)
    status = app.request("GET", "/v1/status").json()
    assert status["generation"] == status["carrier"]["generation"] == name
    assert status["carrier"]["running"]
    answer = operator.request("DELETE", f"/v1/generations/{name}")
    assert (answer.status_code, message(answer)) == (
        409,
        f"generation {name!r} is live: promote another first",
    )


def test_a_promotion_by_another_process_is_seen_within_a_second(
    app: XapiClient, operator: XapiClient, services: Services, name: str
) -> None:
    answered(app)
    built(operator, name)
    services.warehouse.promote(name)  # as another process does: only the catalogue knows
    wait_for(lambda: services.generation.name == name, seconds=5)
    position = answered(app)
    assert portrait(app, after=position).json()["generation"] == name


def test_who_waits_while_another_becomes_live_is_answered_by_that_one(
    app: XapiClient, operator: XapiClient, services: Services, name: str
) -> None:
    position = answered(app)
    built(operator, name)
    answers: list[httpx.Response] = []
    waiting = threading.Thread(target=lambda: answers.append(portrait(app, after=position + 1)))
    waiting.start()
    time.sleep(0.3)
    assert operator.request("POST", f"/v1/generations/{name}/promote").status_code == 200
    assert answered(app) == position + 1
    waiting.join(30)
    assert [one.status_code for one in answers] == [200]
    assert answers[0].json()["generation"] == name


def test_an_older_generation_that_is_promoted_again_catches_up(
    app: XapiClient, operator: XapiClient, name: str
) -> None:
    built(operator, name)
    operator.request("POST", f"/v1/generations/{name}/promote")
    answered(app, times=2)
    operator.request("POST", f"/v1/generations/{LIVE}/promote")
    position = answered(app)
    back = portrait(app, after=position).json()
    assert (back["generation"], back["activity"]["phases"][-1]["actions"]) == (LIVE, 3)


def test_a_dropped_generation_is_gone_with_what_was_kept_of_it(
    app: XapiClient, operator: XapiClient, services: Services, name: str
) -> None:
    answered(app)
    built(operator, name)
    identity = services.warehouse.generation(name).identity
    with closing(States(services.settings.carrier_file, identity)) as states:
        assert states.position() > 0
    assert operator.request("DELETE", f"/v1/generations/{name}").status_code == 204
    with closing(States(services.settings.carrier_file, identity)) as states:
        assert states.position() == 0
    assert name not in listed(operator)
    for method, path in (
        ("DELETE", f"/v1/generations/{name}"),
        ("POST", f"/v1/generations/{name}/promote"),
        ("GET", f"/v1/generations/{name}/comparison"),
        ("GET", f"/v1/replays/{name}"),
        ("DELETE", f"/v1/replays/{name}"),
    ):
        assert operator.request(method, path).status_code == 404, path


# Who sees what -----------------------------------------------------------------------------------


def test_a_comparison_shows_persons_of_the_credentials_own_store_only(
    application: RunningApplication, app: XapiClient, operator: XapiClient, name: str
) -> None:
    other = application.xapi(f"store-{uuid4()}", "all")
    answered(other, "li")
    portrait(app, after=answered(app, "ming"))
    built(operator, name, until_stored="2020-01-01")
    path = f"/v1/generations/{name}/comparison"
    own = app.request("GET", path).json()
    assert [one["subject"] for one in own["subjects"]] == [agent_key("ming")]
    everyone = operator.request("GET", path, params={"limit": 500}).json()
    assert {agent_key("ming"), agent_key("li")} <= {one["subject"] for one in everyone["subjects"]}
    assert "rows" not in app.request("GET", "/v1/generations").json()["generations"][0]
    bad = app.request("GET", path, params={"cursor": "nonsense"})
    assert bad.status_code == 400


def test_dead_letters_are_shown_to_their_store_and_to_operators(
    application: RunningApplication,
    app: XapiClient,
    operator: XapiClient,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = application.xapi(f"store-{uuid4()}", "all")
    reader = type(services.carrier._projector._reader)  # type: ignore[union-attr]
    read = reader.read
    broken: set[str] = {app_store(app, application), app_store(other, application)}

    def refuse(self: Any, statement: Any, *, store: str, position: int) -> Any:
        if store in broken:
            raise LookupError("no rule for it")
        return read(self, statement, store=store, position=position)

    monkeypatch.setattr(reader, "read", refuse)
    answered(app)
    position = answered(other)
    portrait(app, after=position)
    own = app.request("GET", "/v1/dead-letters").json()["dead_letters"]
    assert [(one["store"], one["reason"]) for one in own] == [
        (app_store(app, application), "LookupError: no rule for it")
    ]
    everyone = operator.request("GET", "/v1/dead-letters").json()["dead_letters"]
    assert {one["store"] for one in everyone} >= broken
    page = operator.request("GET", "/v1/dead-letters", params={"limit": 1}).json()
    following = operator.request("GET", "/v1/dead-letters", params={"cursor": page["next"]}).json()
    assert page["dead_letters"] + following["dead_letters"] == everyone
    assert app.request("POST", "/v1/dead-letters/retry").json() == {"tried": 1, "carried": 0}
    broken.clear()
    assert app.request("POST", "/v1/dead-letters/retry").json() == {"tried": 1, "carried": 1}
    assert app.request("GET", "/v1/dead-letters").json() == {"dead_letters": [], "next": None}
    assert operator.request("POST", "/v1/dead-letters/retry").json()["carried"] == 1
    assert portrait(app).status_code == 200


def app_store(client: XapiClient, application: RunningApplication) -> str:
    assert client.credential is not None
    return str(application.state.credentials.find(client.credential[0]).store)


# The operator's token ----------------------------------------------------------------------------


@pytest.fixture
def token(application: RunningApplication) -> Iterator[str]:
    application.state.operator_token = "t" * 43
    yield "t" * 43
    application.state.operator_token = None


def by_token(application: RunningApplication, method: str, path: str, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}".encode(), "X-Experience-API-Version": b"2.0.0"}
    return application.client.request(method, path, headers=headers).status_code


def test_the_operators_token_opens_generations_and_nothing_of_xapi(
    application: RunningApplication, token: str
) -> None:
    for path in ("/v1/generations", "/v1/replays", "/v1/dead-letters", "/v1/status"):
        assert by_token(application, "GET", path, token) == 200, path
    for path in ("/xapi/statements", "/xapi/agents?agent={}", "/xapi/activities?activityId=a:b"):
        assert by_token(application, "GET", path, token) == 403, path
    assert by_token(application, "POST", "/xapi/statements", token) == 403


@pytest.mark.parametrize("wrong", ["", "t" * 42, "t" * 44, "é"])
def test_any_other_token_proves_nothing(
    application: RunningApplication, token: str, wrong: str
) -> None:
    assert by_token(application, "GET", "/v1/generations", wrong) == 401


def test_without_a_server_file_there_is_no_operators_token(application: RunningApplication) -> None:
    assert by_token(application, "GET", "/v1/generations", "None") == 401


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)
