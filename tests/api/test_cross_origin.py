"""Pages of other origins, OPTIONS, HEAD, and methods and paths that aren't there."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from api.settings import Settings
from api.xapi.application import RESOURCES, XapiApplication
from lrs.versions import Version
from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.records import statement

ORIGIN = "https://course.example"
PATHS = [f"/xapi{path}" for path in RESOURCES]
VERSION = "X-Experience-API-Version"
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")


@pytest.fixture(scope="module")
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request, carrier="none", failed_logins_per_minute=0) as running:
        yield running


@pytest.fixture
def anyone(application: RunningApplication) -> XapiClient:
    """A client that sends neither credentials nor a version."""
    return XapiClient(application.client, None, version=None)  # type: ignore[arg-type]


def preflight(client: Any, path: str, method: str, *headers: str, **more: str) -> httpx.Response:
    """Ask as a browser does before it lets a page of another origin ask."""
    asked: dict[str, str] = {"Origin": ORIGIN, "Access-Control-Request-Method": method, **more}
    if headers:
        asked["Access-Control-Request-Headers"] = ",".join(headers)
    answer: httpx.Response = client.request("OPTIONS", path, headers=asked)
    return answer


def listed(answer: httpx.Response, header: str) -> set[str]:
    return {one.strip().lower() for one in answer.headers.get(header, "").split(",")}


# Pages of other origins --------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", METHODS)
def test_a_preflight_allows_every_method_and_header_of_xapi(
    anyone: XapiClient, path: str, method: str
) -> None:
    headers = (
        "authorization",
        "content-type",
        "if-match",
        "if-none-match",
        "accept-language",
        "x-experience-api-version",
        "x-experience-api-hash",
        "content-transfer-encoding",
    )
    answer = preflight(anyone, path, method, *headers)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert listed(answer, "Access-Control-Allow-Methods") >= {method.lower(), "options"}
    assert listed(answer, "Access-Control-Allow-Headers") >= set(headers)
    assert answer.headers[VERSION] == "2.0.0"


def test_a_preflight_never_allows_cookies(anyone: XapiClient) -> None:
    answer = preflight(anyone, "/xapi/statements", "GET")
    assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("asked", ["PATCH", "TRACE"])
def test_a_preflight_allows_no_other_method(anyone: XapiClient, asked: str) -> None:
    answer = preflight(anyone, "/xapi/statements", asked)
    assert answer.status_code == 400
    assert answer.headers[VERSION] == "2.0.0"


def test_an_answer_may_be_read_by_the_page_with_the_headers_of_xapi(
    application: RunningApplication,
) -> None:
    xapi = application.xapi(f"store-{uuid4()}")
    answer = xapi.post(statement(), headers={"Origin": ORIGIN})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert listed(answer, "Access-Control-Expose-Headers") >= {
        "etag",
        "last-modified",
        "link",
        "retry-after",
        "x-experience-api-version",
        "x-experience-api-consistent-through",
        "x-xueji-position",
    }
    assert answer.headers.get_list(VERSION) == ["2.0.0"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/xapi/statements", 401),
        ("GET", "/xapi/nothing", 404),
        ("DELETE", "/xapi/statements", 405),
        ("OPTIONS", "/xapi/statements", 204),
    ],
)
def test_a_refusal_may_be_read_too(anyone: XapiClient, method: str, path: str, status: int) -> None:
    answer = anyone.request(method, path, headers={"Origin": ORIGIN})
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers.get_list(VERSION) == ["2.0.0"]


def test_without_an_origin_nothing_is_said_of_origins(anyone: XapiClient) -> None:
    answer = anyone.request("GET", "/xapi/about")
    assert not any(name.startswith("access-control") for name in answer.headers)


def client_of(origins: str) -> TestClient:
    """A client of the xAPI resources alone, opened to some origins."""
    application = Starlette(routes=[Mount("/xapi", XapiApplication(Version.V2_0_0))])
    application.state.settings = Settings(cors_origins=origins)
    return TestClient(application)


def test_only_the_origins_of_the_setting_are_let_in() -> None:
    client = client_of(f"{ORIGIN}, https://other.example")
    let_in = client.get("/xapi/about", headers={"Origin": ORIGIN})
    assert let_in.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "origin" in listed(let_in, "Vary")
    assert preflight(client, "/xapi/about", "GET").status_code == 200
    for stranger in ("https://stranger.example", "null", f"{ORIGIN}.example", "http" + ORIGIN[5:]):
        answer = client.get("/xapi/about", headers={"Origin": stranger})
        assert "Access-Control-Allow-Origin" not in answer.headers
        refused = preflight(client, "/xapi/about", "GET", Origin=stranger)
        assert refused.status_code == 400
        assert "Access-Control-Allow-Origin" not in refused.headers
        assert refused.headers[VERSION] == "2.0.0"


def test_an_empty_setting_lets_no_origin_in() -> None:
    client = client_of("")
    assert (
        "Access-Control-Allow-Origin"
        not in client.get("/xapi/about", headers={"Origin": ORIGIN}).headers
    )
    answer = preflight(client, "/xapi/about", "GET")
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers[VERSION] == "2.0.0"


# OPTIONS, HEAD, and what isn't there -------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_options_says_what_a_resource_answers_to_anyone(anyone: XapiClient, path: str) -> None:
    answer = anyone.request("OPTIONS", path)
    assert answer.status_code == 204
    assert answer.content == b""
    methods = RESOURCES[path.removeprefix("/xapi")]
    assert listed(answer, "Allow") == {method.lower() for method in (*methods, "OPTIONS")}
    assert answer.headers[VERSION] == "2.0.0"


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_options_names_the_version_asked_for(anyone: XapiClient, version: str) -> None:
    for headers in ({VERSION: version}, {VERSION: version, "Origin": ORIGIN}):
        answer = anyone.request("OPTIONS", "/xapi/statements?method=PUT", headers=headers)
        assert answer.status_code == 204
        assert answer.headers[VERSION] == version


@pytest.mark.parametrize("path", PATHS)
def test_where_get_is_answered_head_is(path: str) -> None:
    methods = RESOURCES[path.removeprefix("/xapi")]
    assert ("GET" in methods) == ("HEAD" in methods)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", [*METHODS, "PATCH", "TRACE", "BREW"])
def test_a_method_a_resource_does_not_answer_is_405_with_those_it_does(
    anyone: XapiClient, path: str, method: str
) -> None:
    methods = RESOURCES[path.removeprefix("/xapi")]
    if method in methods:
        return
    answer = anyone.request(method, path)
    assert answer.status_code == 405
    assert answer.json()["error"]["value"] == method
    assert listed(answer, "Allow") == {one.lower() for one in (*methods, "OPTIONS")}
    assert answer.headers[VERSION] == "2.0.0"


@pytest.mark.parametrize(
    "path",
    [
        "/xapi/",
        "/xapi/nothing",
        "/xapi/statements/",
        "/xapi/statements/1",
        "/xapi//statements",
        "/xapi/Statements",
        "/xapi/../xapi/nothing",
        "/xapi/statements%2F",
        "/xapi/%00",
        "/xapi/活动",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD"])
def test_a_path_that_is_no_resource_is_404(anyone: XapiClient, path: str, method: str) -> None:
    answer = anyone.request(method, path, follow_redirects=False)
    assert answer.status_code == 404
    assert answer.headers[VERSION] == "2.0.0"


def test_an_error_of_the_server_names_the_version_too(
    application: RunningApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: Any) -> Any:
        raise RuntimeError("a mistake with a secret in it")

    monkeypatch.setitem(RESOURCES["/about"], "GET", broken)
    for headers in ({}, {"Origin": ORIGIN}):
        answer = application.client.get("/xapi/about", headers={VERSION: "1.0.3", **headers})
        assert answer.status_code == 500
        assert answer.headers.get_list(VERSION) == ["1.0.3"]
        assert "secret" not in answer.text


def test_there_is_no_websocket(application: RunningApplication) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        application.client.websocket_connect("/xapi/statements"),
    ):
        pass
