"""Evaluation over HTTP: results of students, classes, schools, the district, and what if."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator

from lrs.holders import Holder
from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.evaluations import LAKE, SCHOOLS, term
from tests.support.membership import InMemory
from tests.support.small_district import STORE, TODAY, carry, enroll, key

BASE = "/v1/evaluations/district-comprehensive"
TO = {"to": TODAY.isoformat()}
STUDENT = f"/students/{key(LAKE[2])}"


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request) as application:
        generation = application.state.services.generation
        enroll(generation, SCHOOLS)
        carry(generation, term())
        yield application


@pytest.fixture(scope="module")
def client(running: RunningApplication) -> XapiClient:
    return running.xapi(STORE, "projections/read")


def asked(client: XapiClient, path: str, **parameters: Any) -> Any:
    return client.request("GET", BASE + path, params={**TO, **parameters})


def what_if(client: XapiClient, **body: Any) -> Any:
    return client.request("POST", f"{BASE}/what-if", params=TO, json=body)


def test_what_is_served_fits_what_is_described(
    running: RunningApplication, client: XapiClient
) -> None:
    paths = running.client.get("/openapi.json").json()["paths"]
    for path, served in (
        ("students/{person}", asked(client, STUDENT)),
        ("trajectories/{person}", asked(client, STUDENT.replace("students", "trajectories"))),
        ("classes/{name}", asked(client, "/classes/5-1")),
        ("schools/{name}", asked(client, "/schools/lake")),
        ("district", asked(client, "/district")),
        ("what-if", what_if(client, scheme="football")),
    ):
        assert served.status_code == 200, served.text
        operation = next(iter(paths[f"/v1/evaluations/{{scheme}}/{path}"].values()))
        content = operation["responses"]["200"]["content"]["application/json"]
        validator = Draft202012Validator(content["schema"])
        problems = list(validator.iter_errors(served.json()))
        assert not problems, (path, problems[:3])
        assert not list(validator.iter_errors(content["example"])), path


def test_every_figure_of_a_student_links_to_its_evidence(client: XapiClient) -> None:
    told = asked(client, STUDENT).json()
    links = [
        each["evidence"]
        for one in told["dimensions"]
        for each in one["indicators"]
        if each["evidence"].get("facts")
    ]
    assert len(links) >= 4
    for one in links:
        listed = client.request("GET", f"{one['link']}&limit=500").json()["facts"]
        assert len(listed) == one["facts"]


def test_weights_are_tried_out_and_what_they_change_is_told(client: XapiClient) -> None:
    weights = {"character": 75, "preparation": 5, "participation": 5, "consolidation": 5}
    answer = what_if(client, weights={**weights, "attainment": 5, "health": 5})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["students"] == 14
    assert 0 < told["changed"] == len(told["changes"])
    assert told["changes"][0]["reasons"][0]["dimension"] == "character"
    assert "ETag" not in answer.headers


def test_a_document_is_tried_out_without_being_published(client: XapiClient) -> None:
    document = """
scheme: stricter
title: {zh: 更严, en: Stricter}
extends: district-comprehensive
levels:
  - {id: X, title: {zh: 优, en: Top}, at_least: 50}
  - {id: Y, title: {zh: 其他, en: Other}, at_least: 0}
"""
    told = what_if(client, document=document).json()
    assert told["what_if"]["scheme"]["id"] == "stricter"
    assert {one["to"] for one in told["moves"]} <= {"X", "Y"}
    assert client.request("GET", "/v1/evaluations/stricter/district").status_code == 404


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "what shall be otherwise"),
        ({"weight": {}}, "`weight`"),
        ({"scheme": "football", "document": "x"}, "not both"),
        ({"weights": {"attainmet": 1}}, "did you mean 'attainment'"),
        ({"weights": {"attainment": 101}}, "between 0 and 100"),
        ({"weights": {"attainment": 50}}, "the weights of the dimensions would sum to 130"),
        ({"weights": {"attainment.marks": 50}}, "of the indicators of 'attainment'"),
        ({"document": "scheme: x\ntitle: {zh: 甲, en: A}\n"}, "$.document"),
        ({"from": "2026-11-02", "to": "2026-11-01"}, "`from`"),
    ],
)
def test_a_what_if_that_is_none_is_refused(
    client: XapiClient, body: dict[str, Any], said: str
) -> None:
    answer = what_if(client, **body)
    assert answer.status_code == 400, answer.text
    assert said in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/v1/evaluations/footbal/district", "did you mean 'football'"),
        (f"{BASE}/classes/nowhere", "no class nowhere"),
        (f"{BASE}/schools/nowhere", "no school nowhere"),
        (f"{BASE}/students/{key('nobody')}", "neither evidence nor roster"),
    ],
)
def test_what_is_not_there_is_not_found(client: XapiClient, path: str, said: str) -> None:
    answer = client.request("GET", path)
    assert answer.status_code == 404
    assert said in answer.json()["error"]["message"]


def test_days_that_nothing_can_be_asked_of_are_refused(client: XapiClient) -> None:
    for days in ({"from": "2026-12-01"}, {"from": "2020-01-01"}, {"to": "1900-01-05"}):
        assert asked(client, "/district", **days).status_code == 400, days


def test_roles_see_their_own_results_only(
    running: RunningApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher = f"teacher-{uuid4()}"
    of_class = {name: [key(one) for one in some] for name, some in SCHOOLS["lake"].items()}
    roster = InMemory(
        schools={"lake": list(of_class), "hill": ["5-3"]},
        teachers={"5-1": [teacher]},
        students=of_class,
    )
    monkeypatch.setattr(running.state.services, "members", lambda _: roster)

    def status(holder: Holder, path: str) -> int:
        made, secret = running.state.credentials.add(STORE, "", (), holder=holder)
        client = XapiClient(running.client, (made.key, secret))
        return int(asked(client, path).status_code)

    own, other = STUDENT, f"/students/{key(LAKE[5])}"
    for holder in (
        Holder("student", person=key(LAKE[2])),
        Holder("parent", children=(key(LAKE[2]),)),
        Holder("teacher", person=teacher),
    ):
        assert (status(holder, own), status(holder, other)) == (200, 403)
    leader = Holder("school_leader", schools=("lake",))
    assert [status(leader, path) for path in (own, "/schools/lake", "/schools/hill")] == [
        200, 200, 403,
    ]  # fmt: skip
    made, secret = running.state.credentials.add(STORE, "", (), holder=leader)
    leading = XapiClient(running.client, (made.key, secret))
    assert what_if(leading, scheme="football").json()["students"] == len(LAKE)
