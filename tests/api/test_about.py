"""The About resource tells a client what it can count on, whoever asks."""

from collections.abc import Iterator
from typing import Any

import pytest

from api.xapi.about import HEADERS, LIMITS, PRODUCT
from lrs.formats import is_iri
from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.records import statement


@pytest.fixture(scope="module")
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(
        request,
        maximum_body_size=20_000,
        maximum_batch=3,
        page_size=7,
        carrier="none",
    ) as running:
        yield running


@pytest.fixture
def anybody(application: RunningApplication) -> XapiClient:
    """Somebody without credentials."""
    return XapiClient(application.client, None)


@pytest.mark.parametrize("version", [None, "1.0.3", "2.0.0", "0.95", "nonsense"])
def test_it_names_both_versions_to_anybody_who_asks_in_any(
    anybody: XapiClient, version: str | None
) -> None:
    answer = anybody.request("GET", "/xapi/about", headers={"X-Experience-API-Version": version})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["version"] == ["1.0.3", "2.0.0"]
    assert set(answer.json()) == {"version", "extensions"}


def test_its_extensions_have_iris(anybody: XapiClient) -> None:
    extensions = anybody.request("GET", "/xapi/about").json()["extensions"]
    assert set(extensions) == {PRODUCT, LIMITS, HEADERS}
    assert all(is_iri(name) for name in extensions)
    assert extensions[PRODUCT]["name"] == "Xueji"
    assert extensions[PRODUCT]["version"]


def test_the_limits_it_names_are_those_that_hold(
    application: RunningApplication, anybody: XapiClient
) -> None:
    limits = anybody.request("GET", "/xapi/about").json()["extensions"][LIMITS]
    xapi = application.xapi("limits")
    batch = [statement() for _ in range(limits["statementsInOnePost"])]
    assert xapi.post(batch).status_code == 200
    assert xapi.post([*batch, statement()]).status_code == 413
    padding = b" " * (limits["bodyOctets"] - 2)
    assert xapi.post_raw(b"[]" + padding).status_code == 200
    assert xapi.post_raw(b"[]" + padding + b" ").status_code == 413
    for _ in range(3):
        xapi.post(batch)
    assert len(xapi.found()) == limits["statementsOnOnePage"]
    depth = limits["nestingDepth"] - 2  # the statement, and what is in it
    for deeper, status in ((0, 200), (1, 400)):
        nested: Any = 1
        for _ in range(depth - 1 + deeper):
            nested = {"https://x.example": nested}
        extended = statement(result={"extensions": {"https://x.example": nested}})
        assert xapi.post(extended).status_code == status, deeper


def test_the_headers_it_names_are_sent(
    application: RunningApplication, anybody: XapiClient
) -> None:
    named = anybody.request("GET", "/xapi/about").json()["extensions"][HEADERS]
    answer = application.xapi("headers").post(statement())
    for header in named:
        assert header in answer.headers


def test_head_answers_as_get_does(anybody: XapiClient) -> None:
    get, head = (anybody.request(method, "/xapi/about") for method in ("GET", "HEAD"))
    assert (head.status_code, head.headers["ETag"]) == (200, get.headers["ETag"])


def test_it_takes_no_parameters(anybody: XapiClient) -> None:
    answer = anybody.request("GET", "/xapi/about", params={"version": "2.0.0"})
    assert answer.status_code == 400
    assert answer.json()["error"]["path"] == "version"


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_it_is_only_read(anybody: XapiClient, method: str) -> None:
    assert anybody.request(method, "/xapi/about").status_code == 405
