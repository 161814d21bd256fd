"""The Agents resource: a Person with the names that its statements give it."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.xapi.agents import STATEMENTS
from tests.support.application import RunningApplication, XapiClient
from tests.support.records import agent, reference, statement, voiding


@pytest.fixture(params=["1.0.3", "2.0.0"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


MING = agent("ming")


def by(name: str, learner: str = "ming", **more: Any) -> dict[str, Any]:
    return statement(**more) | {"actor": {"name": name, **agent(learner)}}


def ask(xapi: XapiClient, asked: Any = MING, method: str = "GET", **more: str) -> httpx.Response:
    text = asked if isinstance(asked, str) else json.dumps(asked)
    return xapi.request(method, "/xapi/agents", params={"agent": text, **more})


def person(xapi: XapiClient, asked: Any = MING) -> Any:
    answer = ask(xapi, asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json()


@pytest.mark.parametrize(
    "identifier",
    [
        {"mbox": "mailto:ming@school.example"},
        {"mbox_sha1sum": "a" * 40},
        {"openid": "https://ming.example"},
        MING,
    ],
)
def test_an_agent_nobody_knows_is_a_person_as_it_was_asked_for(
    xapi: XapiClient, identifier: dict[str, Any]
) -> None:
    [(kind, value)] = identifier.items()
    assert person(xapi, identifier) == {"objectType": "Person", kind: [value]}
    named = {"objectType": "Agent", "name": "Ming", **identifier}
    assert person(xapi, named) == {"objectType": "Person", "name": ["Ming"], kind: [value]}


def test_a_person_has_the_names_in_its_statements_newest_first(xapi: XapiClient) -> None:
    xapi.post([by("old"), by("newer"), by("old"), by("somebody", "li")])
    as_object = {"objectType": "Agent", "name": "as object", **MING}
    xapi.post(statement("li", target=as_object))
    assert person(xapi) == {
        "objectType": "Person",
        "name": ["as object", "old", "newer"],
        "account": [MING["account"]],
    }
    assert person(xapi, {"name": "asked", **MING})["name"][0] == "asked"


def test_names_of_voided_statements_are_not_given(xapi: XapiClient) -> None:
    [one] = xapi.post(by("a mistake")).json()
    xapi.post(by("right"))
    xapi.post(voiding(one))
    assert person(xapi)["name"] == ["right"]


def test_statements_about_the_agents_statements_give_no_names_of_others(xapi: XapiClient) -> None:
    [one] = xapi.post(by("Ming")).json()
    xapi.post(by("Teacher", "teacher", target=reference(one)))
    assert person(xapi)["name"] == ["Ming"]


def test_only_so_many_of_the_newest_statements_are_looked_through(xapi: XapiClient) -> None:
    xapi.post([by("long ago"), *(by("now") for _ in range(STATEMENTS))])
    assert person(xapi)["name"] == ["now"]


@pytest.mark.parametrize(
    "asked",
    [
        "true",
        "not JSON",
        "{}",
        '{"name":"Ming"}',
        '{"mbox":"ming@school.example"}',
        '{"objectType":"Person","mbox":["mailto:ming@school.example"]}',
        '{"objectType":"Group","mbox":"mailto:7b@school.example"}',
        '{"objectType":"Group","member":[{"mbox":"mailto:ming@school.example"}]}',
        '{"mbox":"mailto:a@b.example","openid":"https://a.example"}',
    ],
)
def test_only_an_agent_can_be_asked_for(xapi: XapiClient, asked: str) -> None:
    answer = ask(xapi, asked)
    assert answer.status_code == 400
    assert answer.json()["error"]["path"].split(".")[0] == "agent"


def test_the_agent_has_to_be_given_and_nothing_else(xapi: XapiClient) -> None:
    missing = xapi.request("GET", "/xapi/agents")
    assert missing.status_code == 400
    assert missing.json()["error"]["path"] == "agent"
    for name in ("Agent", "activityId", "since"):
        other = ask(xapi, **{name: "x"})
        assert other.status_code == 400
        assert other.json()["error"]["path"] == name


def test_head_and_entity_tags_work_as_they_do_for_documents(xapi: XapiClient) -> None:
    get, head = ask(xapi), ask(xapi, method="HEAD")
    assert (head.status_code, head.headers["ETag"]) == (200, get.headers["ETag"])


def test_stores_are_apart(application: RunningApplication, xapi: XapiClient) -> None:
    application.xapi(f"store-{uuid4()}").post(by("known elsewhere"))
    assert "name" not in person(xapi)


@pytest.mark.parametrize(
    ("scopes", "status", "names"),
    [
        (["all"], 200, ["ours", "theirs"]),
        (["all/read"], 200, ["ours", "theirs"]),
        (["statements/read"], 200, ["ours", "theirs"]),
        (["define"], 200, ["ours"]),
        (["define", "statements/read/mine"], 200, ["ours"]),
        (["statements/read/mine"], 403, []),
        (["state", "profile"], 403, []),
        (["statements/write"], 403, []),
    ],
)
def test_scopes_say_who_may_ask_and_whose_statements_names_come_from(
    application: RunningApplication, store: str, scopes: list[str], status: int, names: list[str]
) -> None:
    application.xapi(store, app="other").post(by("theirs"))
    application.xapi(store, app="mine").post(by("ours"))
    answer = ask(application.xapi(store, *scopes, app="mine"))
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["name"] == names
