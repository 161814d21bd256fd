"""What ADL's conformance suite leaves untested and the record holds all the same."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.backends import BACKENDS
from tests.support.records import agent, statement, statement_id

MAXIMUM_BODY = 100_000
ACTIVITY = "https://district.example/item/1"
AGENT = json.dumps(agent("ming"))
REQUESTS = [
    ("GET", "/xapi/statements", {}),
    ("POST", "/xapi/statements", {}),
    ("PUT", "/xapi/statements", {"statementId": statement_id(1)}),
    ("GET", "/xapi/activities", {"activityId": ACTIVITY}),
    ("GET", "/xapi/agents", {"agent": AGENT}),
    *[
        (method, path, parameters)
        for path, parameters in {
            "/xapi/activities/state": {"activityId": ACTIVITY, "agent": AGENT, "stateId": "x"},
            "/xapi/activities/profile": {"activityId": ACTIVITY, "profileId": "x"},
            "/xapi/agents/profile": {"agent": AGENT, "profileId": "x"},
        }.items()
        for method in ("GET", "HEAD", "PUT", "POST", "DELETE")
    ],
]
WHOLE = json.dumps(statement(result={"score": {"raw": 5}, "extensions": {ACTIVITY: 1}}))

# A context activity without an array around it: the record puts one there when it is read.
ALONE = ', "context": {"contextActivities": {"parent": {"id": "https://district.example/p"}}}'


@pytest.fixture(scope="module", params=BACKENDS)
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(
        request,
        maximum_body_size=MAXIMUM_BODY,
        failed_logins_per_minute=0,
        carrier="none",
    ) as running:
        yield running


@pytest.fixture(params=["1.0.3", "2.0.0"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def refused(answer: httpx.Response, status: int = 400) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()["error"]


# Who asks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path", "parameters"), REQUESTS)
def test_every_resource_really_checks_credentials(
    application: RunningApplication, method: str, path: str, parameters: dict[str, str]
) -> None:
    key, secret = application.credential("district")
    for credential in (None, (key, secret[::-1]), (key[::-1], secret), ("", "")):
        stranger = XapiClient(application.client, credential)
        answer = stranger.request(method, path, params=parameters, json=statement())
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize(("method", "path", "parameters"), REQUESTS)
def test_a_scope_for_something_else_is_answered_403(
    application: RunningApplication, method: str, path: str, parameters: dict[str, str]
) -> None:
    scopes = {"/xapi/statements": "state", "/xapi/activities/state": "statements/write"}
    xapi = application.xapi("district", scopes.get(path, "statements/write"))
    assert xapi.request(method, path, params=parameters, json={}).status_code == 403


# What is asked -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/xapi/statements"),
        ("PATCH", "/xapi/statements"),
        ("POST", "/xapi/activities"),
        ("PUT", "/xapi/agents"),
        ("DELETE", "/xapi/about"),
    ],
)
def test_a_method_that_a_resource_has_not_is_answered_405(
    xapi: XapiClient, method: str, path: str
) -> None:
    answer = xapi.request(method, path)
    assert refused(answer, 405)["value"] == method
    assert "GET" in answer.headers["Allow"]
    assert method not in answer.headers["Allow"]


def test_statements_of_another_type_are_answered_415(xapi: XapiClient) -> None:
    for kind in ("text/plain", "application/xml", "application/octet-stream"):
        refused(xapi.post_raw(WHOLE.encode(), headers={"Content-Type": kind}), 415)


def test_a_body_too_large_is_answered_413(xapi: XapiClient) -> None:
    refused(xapi.post_raw(b" " * (MAXIMUM_BODY + 1)), 413)
    state = {"activityId": ACTIVITY, "agent": AGENT, "stateId": "x"}
    large = b"x" * (MAXIMUM_BODY + 1)
    refused(xapi.request("PUT", "/xapi/activities/state", params=state, content=large), 413)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("agent", "ming"),
        ("agent", '{"mbox":"mailto:a@b.example","mbox":"mailto:c@b.example"}'),
        ("agent", '{"mbox":"ming@b.example"}'),
        ("agent", "[" * 10_000),
        ("verb", "answered"),
        ("activity", "/item/1"),
        ("registration", "12"),
        ("since", "2025-02-30T00:00:00Z"),
        ("until", "now"),
        ("limit", "1.5"),
        ("limit", "-1"),
        ("limit", "9" * 40),
        ("ascending", "1"),
        ("related_agents", ""),
        ("format", "IDS"),
        ("statementId", "%00"),
    ],
)
def test_a_malformed_value_of_a_parameter_is_refused_by_name(
    xapi: XapiClient, name: str, text: str
) -> None:
    error = refused(xapi.get(**{name: text}))
    assert error["path"].startswith(name)
    assert error["rule"]
    assert error["section"]


# What is sent ------------------------------------------------------------------------------------


def _deep(levels: int) -> str:
    return WHOLE.replace(": 1}", ": " + '{"a": ' * levels + "1" + "}" * levels + "}")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(WHOLE.replace('"verb"', '"verb": {"id": "x:y"}, "verb"'), id="name-twice"),
        pytest.param(WHOLE.replace('"raw": 5', '"raw": 5, "raw": 5'), id="deep-name-twice"),
        pytest.param(WHOLE.replace('"raw": 5', '"raw": NaN'), id="nan"),
        pytest.param(WHOLE.replace('"raw": 5', '"raw": Infinity'), id="infinity"),
        pytest.param(WHOLE.replace('"raw": 5', '"raw": -Infinity'), id="minus-infinity"),
        pytest.param(WHOLE.replace('"raw": 5', '"raw": 1e999'), id="overflow"),
        pytest.param(WHOLE.replace("https://district.example/item/1", "item/1"), id="no-scheme"),
        pytest.param(_deep(100), id="deep"),
        pytest.param("[" * 50_000, id="deeper"),
        pytest.param(WHOLE + "{}", id="two-values"),
        pytest.param("\ufeff" + WHOLE, id="byte-order-mark"),
        pytest.param(WHOLE.replace("ming", "\\ud800"), id="lone-surrogate"),
    ],
)
def test_json_that_others_let_through_is_refused(xapi: XapiClient, body: str) -> None:
    error = refused(xapi.post_raw(body.encode()))
    assert error["path"].startswith("$")
    assert error["rule"]
    assert error["section"]
    assert xapi.found() == []


@pytest.mark.parametrize("wrong", [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"])
def test_bytes_that_are_no_utf_8_are_refused(xapi: XapiClient, wrong: bytes) -> None:
    refused(xapi.post_raw(WHOLE.encode().replace(b"ming", wrong)))
    assert xapi.found() == []


@pytest.mark.parametrize(
    "more", ["", ', "stored": "2025-03-01T08:15:30Z"', ALONE], ids=["plain", "stored", "alone"]
)
@pytest.mark.parametrize(
    "number", ["9223372036854775808", "-9223372036854775809", f"1{'0' * 60}", f"0.1{'0' * 40}1"]
)
def test_a_number_beyond_64_bits_comes_back_digit_by_digit(
    xapi: XapiClient, number: str, more: str
) -> None:
    body = WHOLE.replace('"raw": 5', f'"raw": {number}')[:-1] + more + "}"
    [one] = xapi.post_raw(body.encode()).json()
    found = json.loads(xapi.get(statementId=one).content, parse_int=str, parse_float=str)
    assert found["result"]["score"]["raw"] == number


# All at once -------------------------------------------------------------------------------------


def test_of_many_who_post_one_id_at_once_one_content_wins(xapi: XapiClient) -> None:
    names = [f"student-{number}" for number in range(24)]
    same_id = statement_id(1)
    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda name: xapi.post(statement(name, id=same_id)), names))
    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [200] + [409] * 23
    winner = names[statuses.index(200)]
    assert xapi.get(statementId=same_id).json()["actor"] == agent(winner)
    assert xapi.found() == [same_id]


@pytest.mark.parametrize("ascending", ["true", "false"])
def test_pages_have_each_statement_once_while_others_arrive(
    xapi: XapiClient, ascending: str
) -> None:
    there = xapi.post([statement() for _ in range(30)]).json()
    page = xapi.get(limit=4, ascending=ascending).json()
    seen = [one["id"] for one in page["statements"]]
    while page["more"] and len(seen) < 100:
        xapi.post([statement("li"), statement("zhao")])
        page = xapi.request("GET", page["more"]).json()
        seen += [one["id"] for one in page["statements"]]
    assert len(seen) == len(set(seen))
    expected = there if ascending == "true" else there[::-1]
    assert [one for one in seen if one in set(there)] == expected
