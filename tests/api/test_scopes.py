"""Each scope opens what it is for and nothing else: every resource, method and scope in a table."""

import json
import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest

from api.xapi.application import RESOURCES
from lrs.credentials import SCOPES
from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.records import agent, reference, statement, statement_id

ACTIVITY = "https://district.example/item/1"
AGENT = json.dumps(agent("ming"))
ANY = {"If-None-Match": "*"}
DOCUMENT = {"json": {"page": 3}, "headers": ANY}

EVERYONE = (*SCOPES, None)  # None: without any credential
READERS = ("statements/read", "all/read", "all")


class Row(NamedTuple):
    """A request, whoever may make it, and what they are answered."""

    method: str
    path: str
    scopes: tuple[str | None, ...]
    status: int = 200
    given: Mapping[str, Any] = MappingProxyType({})
    parameters: Mapping[str, str] = MappingProxyType({})

    def __str__(self) -> str:
        names = " ".join(self.parameters)
        return f"{self.method} {self.path} {names}".strip()


def documents(
    path: str, names: dict[str, str], id_name: str, write: tuple[str, ...]
) -> Iterator[Row]:
    """The rows of a document resource."""
    read = (*write, "all/read")
    one = {**names, id_name: "there"}
    for method in ("GET", "HEAD"):
        yield Row(method, path, read, parameters=one)
        yield Row(method, path, read, parameters=names)
    new = {**names, id_name: "new"}
    yield Row("PUT", path, write, 204, DOCUMENT, new)
    yield Row("POST", path, write, 204, {"json": {"page": 4}}, one)
    yield Row("DELETE", path, write, 204, {"headers": {"If-Match": "*"}}, one)
    if id_name == "stateId":
        yield Row("DELETE", path, write, 204, parameters=names)


STATE = {"activityId": ACTIVITY, "agent": AGENT}
XAPI = (
    Row("POST", "/xapi/statements", ("statements/write", "all"), 200, {"json": statement()}),
    Row(
        "PUT",
        "/xapi/statements",
        ("statements/write", "all"),
        204,
        {"json": statement()},
        {"statementId": statement_id(7)},
    ),
    *(
        Row(method, "/xapi/statements", ("statements/read/mine", *READERS))
        for method in ("GET", "HEAD")
    ),
    *documents("/xapi/activities/state", STATE, "stateId", ("state", "all")),
    *documents(
        "/xapi/activities/profile", {"activityId": ACTIVITY}, "profileId", ("profile", "all")
    ),
    *documents("/xapi/agents/profile", {"agent": AGENT}, "profileId", ("profile", "all")),
    *(
        Row(method, path, ("define", *READERS), parameters=parameters)
        for method in ("GET", "HEAD")
        for path, parameters in (
            ("/xapi/activities", {"activityId": ACTIVITY}),
            ("/xapi/agents", {"agent": AGENT}),
        )
    ),
    *(Row(method, "/xapi/about", EVERYONE) for method in ("GET", "HEAD")),
)
OPTIONS = tuple(Row("OPTIONS", f"/xapi{path}", EVERYONE, 204) for path in RESOURCES)
PORTRAITS = ("projections/read", "all/read", "all")
SEEING = (*PORTRAITS, "operate")
OPERATING = ("operate",)
NOTHING = "/v1/generations/nothing"
PROJECTIONS = (
    Row("GET", "/v1/students", PORTRAITS),
    Row("GET", "/v1/status", SEEING),
    Row("GET", "/v1/portraits/students/nobody", PORTRAITS, 404),
    Row("POST", "/ui/tickets", SEEING, 201),
    Row("GET", "/v1/generations", SEEING),
    Row("GET", "/v1/generations/live/comparison", SEEING),
    Row("POST", f"{NOTHING}/promote", OPERATING, 404),
    Row("DELETE", NOTHING, OPERATING, 404),
    Row("GET", "/v1/replays", OPERATING),
    Row("POST", "/v1/replays", OPERATING, 400),
    Row("GET", "/v1/replays/nothing", OPERATING, 404),
    Row("DELETE", "/v1/replays/nothing", OPERATING, 404),
    Row("GET", "/v1/dead-letters", SEEING),
    Row("POST", "/v1/dead-letters/retry", ("all", "operate"), 409),  # no carrier in this test
)


@pytest.fixture(scope="module")
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request, carrier="none", failed_logins_per_minute=0) as running:
        yield running


def prepared_store(application: RunningApplication) -> str:
    """A store with something to be found at every resource."""
    store = f"store-{uuid4()}"
    all_of_it = application.xapi(store)
    assert all_of_it.post(statement()).status_code == 200
    for path, names, id_name in (
        ("/xapi/activities/state", STATE, "stateId"),
        ("/xapi/activities/profile", {"activityId": ACTIVITY}, "profileId"),
        ("/xapi/agents/profile", {"agent": AGENT}, "profileId"),
    ):
        parameters = {**names, id_name: "there"}
        answer = all_of_it.request("PUT", path, params=parameters, **DOCUMENT)
        assert answer.status_code == 204, answer.text
    return store


def asking(application: RunningApplication, store: str, scope: str | None) -> XapiClient:
    if scope is None:
        return XapiClient(application.client, None)
    return application.xapi(store, scope)


@pytest.mark.parametrize("row", [*XAPI, *OPTIONS, *PROJECTIONS], ids=str)
def test_a_request_is_served_to_the_scopes_of_its_row_and_to_no_other(
    application: RunningApplication, row: Row
) -> None:
    store = prepared_store(application)
    position = application.state.record.last_position()
    for scope in EVERYONE:
        if scope not in row.scopes:
            answer = ask(asking(application, store, scope), row)
            assert answer.status_code == (401 if scope is None else 403), (scope, answer.text)
    assert application.state.record.last_position() == position, "a refused request wrote"
    for scope in row.scopes:
        answer = ask(asking(application, prepared_store(application), scope), row)
        assert answer.status_code == row.status, (scope, answer.text)


def ask(xapi: XapiClient, row: Row) -> httpx.Response:
    return xapi.request(row.method, row.path, params=row.parameters, **row.given)


def test_the_table_has_every_resource_and_method() -> None:
    there = {(method, f"/xapi{path}") for path, methods in RESOURCES.items() for method in methods}
    assert {(row.method, row.path) for row in XAPI} == there


def test_every_query_of_the_projections_asks_for_a_credential(
    application: RunningApplication,
) -> None:
    described = application.client.app.openapi()["paths"]  # type: ignore[attr-defined]
    queries = [
        (method, re.sub(r"\{\w+\}", "x", path), needed(operation))
        for path, methods in described.items()
        for method, operation in methods.items()
        if path.startswith("/v1/")
    ]
    assert {path for _, path, _ in queries} >= {row.path for row in PROJECTIONS[:2]}
    state_only = application.xapi("district", "state")
    for method, path, given in queries:
        assert application.client.request(method, path, params=given).status_code == 401, path
        assert state_only.request(method, path, params=given).status_code == 403, path


def needed(operation: Any) -> dict[str, str]:
    """Something for each parameter that a query can't be asked without."""
    parameters = operation.get("parameters", [])
    return {one["name"]: "x" for one in parameters if one["in"] == "query" and one["required"]}


@pytest.mark.parametrize("row", [row for row in XAPI if row.path != "/xapi/about"], ids=str)
def test_the_alternate_syntax_goes_around_no_scope(
    application: RunningApplication, row: Row
) -> None:
    store = prepared_store(application)
    form = dict(row.parameters)
    if "json" in row.given:
        form |= {"content": json.dumps(row.given["json"])}
    if row.method == "PUT" and row.path != "/xapi/statements":
        form |= ANY
    for scope in EVERYONE:
        if scope in row.scopes:
            continue
        xapi = asking(application, store, scope)
        xapi.version = "1.0.3"
        answer = xapi.request("POST", row.path, params={"method": row.method}, data=form)
        assert answer.status_code == (401 if scope is None else 403), (scope, answer.text)


# What a scope shows ------------------------------------------------------------------------------


def test_read_mine_shows_what_the_app_wrote_itself_and_nothing_of_others(
    application: RunningApplication,
) -> None:
    store = f"store-{uuid4()}"
    own = application.xapi(store, "statements/write", "statements/read/mine", app="homework")
    other = application.xapi(store, "statements/write", app="clicker")
    [mine] = own.post(statement(id=statement_id(1))).json()
    [theirs] = other.post(statement("li", id=statement_id(2))).json()
    [about_theirs] = own.post(statement("teacher", "praised", reference(theirs))).json()
    assert set(own.found()) == {mine, about_theirs}
    assert own.found(agent=json.dumps(agent("li"))) in ([], [about_theirs])
    assert own.get(statementId=mine).status_code == 200
    assert own.get(statementId=theirs).status_code == 404
    assert own.request("HEAD", f"/xapi/statements?statementId={theirs}").status_code == 404
    rotated = application.xapi(store, "statements/read/mine", app="homework")
    assert set(rotated.found()) == {mine, about_theirs}, "another credential of the same app"


def test_a_voided_statement_of_another_app_is_not_shown_to_read_mine(
    application: RunningApplication,
) -> None:
    store = f"store-{uuid4()}"
    own = application.xapi(store, "statements/read/mine", app="homework")
    other = application.xapi(store, app="clicker")
    other.post(statement(id=statement_id(1)))
    verb = "http://adlnet.gov/expapi/verbs/voided"
    other.post(statement("teacher", verb, reference(statement_id(1))))
    assert own.get(voidedStatementId=statement_id(1)).status_code == 404
    assert other.get(voidedStatementId=statement_id(1)).status_code == 200


def definition(xapi: XapiClient) -> Any:
    answer = xapi.request("GET", "/xapi/activities", params={"activityId": ACTIVITY})
    return answer.json().get("definition")


def named(name: str) -> dict[str, Any]:
    return statement(target={"id": ACTIVITY, "definition": {"name": {"en": name}}})


def test_without_define_a_definition_stays_in_its_statement_and_is_not_merged(
    application: RunningApplication,
) -> None:
    store = f"store-{uuid4()}"
    reader = application.xapi(store, "all/read")
    undefining = application.xapi(store, "statements/write")
    [one] = undefining.post(named("Undefined")).json()
    assert definition(reader) is None
    kept = reader.get(statementId=one, format="exact").json()
    assert kept["object"]["definition"] == {"name": {"en": "Undefined"}}
    for scopes in (("statements/write", "define"), ("all",)):
        application.xapi(store, *scopes).post(named(scopes[0]))
        assert definition(reader) == {"name": {"en": scopes[0]}}
    undefining.post(named("Undefined"))
    assert definition(reader) == {"name": {"en": "all"}}


def test_a_change_of_scopes_holds_for_the_next_request(application: RunningApplication) -> None:
    key, secret = application.credential("district", "statements/write")
    xapi = XapiClient(application.client, (key, secret))
    assert xapi.post(statement()).status_code == 200
    application.state.credentials.change(key, scopes=["statements/read"])
    assert xapi.post(statement()).status_code == 403
    assert xapi.get().status_code == 200
