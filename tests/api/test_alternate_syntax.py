"""A form that describes a request is that request: xAPI 1.0.3 part 3, 1.3; 2.0 has none of it."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.xapi.alternate import LARGE_FORM, MOST_PARAMETERS
from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.records import agent, statement, statement_id

MAXIMUM_BODY = 1_000_000
MAXIMUM_HEAD = 8_192
ACTIVITY = "https://district.example/item/1"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(
        request,
        maximum_body_size=MAXIMUM_BODY,
        maximum_header_size=MAXIMUM_HEAD,
        failed_logins_per_minute=0,
        carrier="none",
    ) as running:
        yield running


@pytest.fixture
def version() -> str:
    return "1.0.3"


def form(
    xapi: XapiClient,
    method: str,
    given: dict[str, str] | bytes,
    path: str = "/xapi/statements",
    **headers: str | None,
) -> httpx.Response:
    """POST a form that means another method."""
    content = given if isinstance(given, bytes) else urlencode(given).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return xapi.request(
        "POST",
        path,
        params={"method": method},
        content=content,
        headers={"Content-Type": FORM, **named},
    )


def refused(answer: httpx.Response, path: str, status: int = 400) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    error = dict(answer.json()["error"])
    assert error["path"] == path
    assert error["rule"]
    assert error["section"]
    return error


def authorization(xapi: XapiClient) -> str:
    assert xapi.credential is not None
    return f"Basic {base64.b64encode(':'.join(xapi.credential).encode()).decode()}"


def from_form_only(xapi: XapiClient) -> tuple[XapiClient, dict[str, str]]:
    """A client that sends no header of xAPI, and what it puts into the form for them."""
    bare = XapiClient(xapi.client, None, version=None)  # type: ignore[arg-type]
    return bare, {"Authorization": authorization(xapi), "X-Experience-API-Version": "1.0.3"}


# Every method ------------------------------------------------------------------------------------


def test_put_stores_the_content(xapi: XapiClient) -> None:
    sent = {"statementId": statement_id(1), "content": json.dumps(statement())}
    answer = form(xapi, "PUT", sent)
    assert answer.status_code == 204
    assert int(answer.headers["X-Xueji-Position"]) > 0
    assert xapi.get(statementId=statement_id(1)).json()["actor"] == agent("ming")


def test_post_stores_an_array(xapi: XapiClient) -> None:
    answer = form(xapi, "POST", {"content": json.dumps([statement(), statement("li")])})
    assert answer.status_code == 200
    assert xapi.found(ascending="true") == answer.json()


def test_get_takes_its_parameters_from_the_form(xapi: XapiClient) -> None:
    xapi.post([statement("ming"), statement("li"), statement("li")])
    parameters = {"agent": json.dumps(agent("li")), "limit": "1"}
    page = form(xapi, "GET", parameters).json()
    assert [one["actor"] for one in page["statements"]] == [agent("li")]
    rest = xapi.request("GET", page["more"]).json()
    assert [one["actor"] for one in rest["statements"]] == [agent("li")]
    assert rest["more"] == ""


def test_a_form_may_be_empty(xapi: XapiClient) -> None:
    assert form(xapi, "GET", b"").json() == {"statements": [], "more": ""}


def test_head_answers_without_a_body(xapi: XapiClient) -> None:
    xapi.post(statement())
    answer = form(xapi, "HEAD", {})
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer.headers["Content-Length"] == "0"
    assert "X-Experience-API-Consistent-Through" in answer.headers


STATE = {
    "activityId": ACTIVITY,
    "agent": json.dumps(agent("ming")),
    "stateId": "bookmark",
}
STATE_PATH = "/xapi/activities/state"


def test_documents_go_through_every_method_with_their_conditions(xapi: XapiClient) -> None:
    def ask(method: str, **more: str) -> httpx.Response:
        return form(xapi, method, {**STATE, **more}, STATE_PATH)

    assert ask("PUT", content='{"page":1}').status_code == 204
    assert ask("POST", content='{"line":2}').status_code == 204
    read = ask("GET")
    assert read.json() == {"page": 1, "line": 2}
    assert read.headers["Content-Type"] == "application/json"
    assert ask("PUT", content="{}", **{"If-Match": '"wrong"'}).status_code == 412
    assert ask("PUT", content="{}", **{"If-None-Match": "*"}).status_code == 412
    assert ask("PUT", content="{}", **{"If-Match": read.headers["ETag"]}).status_code == 204
    assert ask("DELETE").status_code == 204
    assert ask("GET").status_code == 404


def test_the_content_type_in_the_form_is_that_of_the_content(xapi: XapiClient) -> None:
    text = "第一页 & 100 % = +"
    kept = {**STATE, "content": text, "Content-Type": "text/plain; charset=utf-8"}
    assert form(xapi, "PUT", kept, STATE_PATH).status_code == 204
    read = xapi.request("GET", STATE_PATH, params=STATE)
    assert read.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert read.content.decode() == text


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_through_as_it_is(application: RunningApplication, text: str) -> None:
    xapi = application.xapi("texts", version="1.0.3")
    kept = {**STATE, "content": text, "Content-Type": "text/plain"}
    assert form(xapi, "PUT", kept, STATE_PATH).status_code == 204
    assert xapi.request("GET", STATE_PATH, params=STATE).content.decode() == text


def test_about_is_served_without_version_and_credentials(application: RunningApplication) -> None:
    bare = XapiClient(application.client, None, version=None)  # type: ignore[arg-type]
    answer = form(bare, "GET", {}, "/xapi/about")
    assert answer.json()["version"] == ["1.0.3", "2.0.0"]


# Headers in the form -----------------------------------------------------------------------------


def test_credentials_and_version_may_stand_in_the_form(xapi: XapiClient) -> None:
    bare, headers = from_form_only(xapi)
    one = {"statementId": statement_id(1), "content": json.dumps(statement())}
    answer = form(bare, "PUT", {**headers, **one})
    assert answer.status_code == 204
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"
    assert form(bare, "GET", headers).json()["statements"][0]["id"] == statement_id(1)


def test_headers_in_the_form_are_named_in_any_case(xapi: XapiClient) -> None:
    bare, headers = from_form_only(xapi)
    lower = {name.lower(): value for name, value in headers.items()}
    assert form(bare, "GET", lower).status_code == 200


def test_a_header_in_the_form_counts_in_place_of_the_one_sent(
    application: RunningApplication, xapi: XapiClient
) -> None:
    other = application.xapi(f"store-{uuid4()}", version="1.0.3")
    other.post(statement(id=statement_id(2)))
    found = form(xapi, "GET", {"Authorization": authorization(other)}).json()
    assert [one["id"] for one in found["statements"]] == [statement_id(2)]
    for version in ("0.8", "3.0.0", ""):
        answer = form(xapi, "GET", {"X-Experience-API-Version": version})
        assert answer.status_code == 400
        assert answer.json()["error"]["path"] == "X-Experience-API-Version"


@pytest.mark.parametrize("wrong", ["Basic bm9ib2R5Om5vdGhpbmc=", "Bearer x", "", "Basic"])
def test_wrong_credentials_in_the_form_are_refused(xapi: XapiClient, wrong: str) -> None:
    bare, headers = from_form_only(xapi)
    answer = form(bare, "GET", {**headers, "Authorization": wrong})
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers
    assert form(xapi, "GET", {"Authorization": wrong}).status_code == 401


def test_a_content_length_in_the_form_is_not_believed(xapi: XapiClient) -> None:
    """Clients of the time count characters, and the record octets."""
    one = json.dumps(statement(result={"response": "三分之二"}), ensure_ascii=False)
    sent = {"statementId": statement_id(1), "content": one, "Content-Length": str(len(one))}
    assert form(xapi, "PUT", sent).status_code == 204
    assert xapi.get(statementId=statement_id(1)).json()["result"] == {"response": "三分之二"}


@pytest.mark.parametrize("value", ["1.0.3\r\nX-Other: 1", "1.0.3\x00", "壱", "a\tb"])
@pytest.mark.parametrize("name", ["X-Experience-API-Version", "Content-Type", "If-Match"])
def test_what_no_header_can_be_is_refused(xapi: XapiClient, name: str, value: str) -> None:
    sent = {**STATE, "content": "{}", name: value}
    refused(form(xapi, "PUT", sent, STATE_PATH), name.lower())
    assert xapi.request("GET", STATE_PATH, params=STATE).status_code == 404


def test_headers_in_the_form_are_held_to_the_size_of_headers(xapi: XapiClient) -> None:
    sent = {**STATE, "content": "{}", "If-Match": "x" * (MAXIMUM_HEAD + 1)}
    assert form(xapi, "PUT", sent, STATE_PATH).status_code == 431


def test_attachments_can_not_be_sent(xapi: XapiClient) -> None:
    sent = {"content": "--x\r\n\r\n--x--", "Content-Type": "multipart/mixed; boundary=x"}
    refused(form(xapi, "POST", sent), "content-type")


@pytest.mark.parametrize("content_type", [None, "text/plain", "text/plain;charset=UTF-8", FORM])
def test_old_browsers_may_call_the_form_what_they_do(
    xapi: XapiClient, content_type: str | None
) -> None:
    answer = form(xapi, "POST", {"content": json.dumps(statement())}, Content_Type=content_type)
    assert answer.status_code == 200


# Refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "POST"])
@pytest.mark.parametrize("sent", [{}, {"Content": "{}"}, {"statementId": statement_id(1)}])
def test_without_content_nothing_is_stored(
    xapi: XapiClient, method: str, sent: dict[str, str]
) -> None:
    refused(form(xapi, method, sent), "content")
    assert xapi.found() == []


def test_content_that_is_no_statement_is_refused_where_it_is_wrong(xapi: XapiClient) -> None:
    bad = {**statement(), "verb": {"id": "answered"}}
    answer = form(xapi, "POST", {"content": json.dumps(bad)})
    assert answer.json()["error"]["path"] == "$.verb.id"
    assert answer.status_code == 400
    assert form(xapi, "POST", {"content": ""}).status_code == 400


@pytest.mark.parametrize("real", ["GET", "PUT", "DELETE", "HEAD", "PATCH"])
def test_only_a_post_means_another_method(xapi: XapiClient, real: str) -> None:
    answer = xapi.request(real, "/xapi/statements", params={"method": "GET"})
    assert answer.status_code == 400
    if real != "HEAD":
        refused(answer, "method")


@pytest.mark.parametrize("method", ["", "get", "PATCH", "OPTIONS", "CONNECT", "PUT "])
def test_a_method_that_is_none_is_refused(xapi: XapiClient, method: str) -> None:
    refused(form(xapi, method, {"content": "{}"}), "method")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        (f"method=PUT&statementId={statement_id(1)}", "statementId"),
        (f"statementId={statement_id(1)}&method=PUT", "statementId"),
        ("method=PUT&method=PUT", "method"),
        ("method=PUT&method=GET", "method"),
        ("method=PUT&", None),
    ],
)
def test_method_is_the_only_parameter_of_the_query(
    xapi: XapiClient, query: str, named: str | None
) -> None:
    content = urlencode({"statementId": statement_id(1), "content": json.dumps(statement())})
    answer = xapi.request(
        "POST", f"/xapi/statements?{query}", content=content, headers={"Content-Type": FORM}
    )
    if named is None:
        assert answer.status_code == 204
    else:
        refused(answer, named)
        assert xapi.found() == []


def test_a_parameter_twice_or_unknown_is_refused(xapi: XapiClient) -> None:
    refused(form(xapi, "GET", b"limit=1&limit=2"), "limit")
    refused(form(xapi, "GET", b"content=1&content=2"), "content")
    refused(form(xapi, "GET", b"If-Match=1&if-match=2"), "if-match")
    assert form(xapi, "GET", {"unknown": "1"}).json()["error"]["path"] == "unknown"
    assert form(xapi, "GET", {"method": "PUT"}).json()["error"]["path"] == "method"


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data; boundary=x", "application/xml"]
)
def test_a_body_that_is_no_form_is_refused(xapi: XapiClient, content_type: str) -> None:
    sent = {"content": json.dumps(statement())}
    refused(form(xapi, "POST", sent, Content_Type=content_type), "Content-Type")
    assert xapi.found() == []


@pytest.mark.parametrize(
    "body",
    [
        b"content=%ff",
        b"content=\xff",
        b"%ff=1",
        "&".join(f"p{number}=1" for number in range(MOST_PARAMETERS + 1)).encode(),
    ],
    ids=["escaped", "raw", "name", "many"],
)
def test_a_form_that_can_not_be_read_is_refused(xapi: XapiClient, body: bytes) -> None:
    refused(form(xapi, "POST", body), "the form")


def test_json_where_a_form_is_named_is_refused(xapi: XapiClient) -> None:
    body = json.dumps({"statementId": statement_id(1), "content": json.dumps(statement())})
    refused(form(xapi, "PUT", body.encode()), "content")


@given(body=st.binary(max_size=200), method=st.sampled_from(["GET", "PUT", "POST", "DELETE"]))
def test_no_form_is_an_error_of_the_server(
    application: RunningApplication, body: bytes, method: str
) -> None:
    xapi = application.xapi("any-form", version="1.0.3")
    assert form(xapi, method, body).status_code < 500


# Sizes -------------------------------------------------------------------------------------------


def test_a_form_is_held_to_the_size_of_a_body(xapi: XapiClient) -> None:
    filler = " " * (MAXIMUM_BODY // 2)
    content = json.dumps(statement())
    whole = b"content=" + quote(content).encode() + filler.replace(" ", "+").encode()
    assert form(xapi, "POST", whole).status_code == 200
    answer = form(xapi, "POST", whole + b"+" * MAXIMUM_BODY)
    assert answer.status_code == 413
    assert len(xapi.found()) == 1


def test_of_a_client_not_known_yet_less_is_read(xapi: XapiClient) -> None:
    """It may be anybody: its credentials, if it has any, come with the form."""
    bare, headers = from_form_only(xapi)
    content = json.dumps(statement()) + " " * LARGE_FORM
    answer = form(bare, "POST", {**headers, "content": content})
    assert answer.status_code == 413
    assert "without an Authorization header" in answer.json()["error"]["rule"]
    assert form(xapi, "POST", {"content": content}).status_code == 200
    wrong = XapiClient(xapi.client, ("nobody", "nothing"), version="1.0.3")
    assert form(wrong, "POST", {"content": content}).status_code == 401


# Versions ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("sent", ["2.0.0", "2.0", "2.0.7"])
@pytest.mark.parametrize("where", ["header", "form"])
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "DELETE", "HEAD"])
def test_2_0_refuses_it(
    application: RunningApplication, xapi: XapiClient, where: str, sent: str, method: str
) -> None:
    one = {"content": json.dumps(statement())}
    if where == "header":
        xapi.version = sent
    else:
        one["X-Experience-API-Version"] = sent
    answer = form(xapi, method, one)
    error = refused(answer, "method")
    assert error["section"].startswith("IEEE 9274.1.1")
    xapi.version = "1.0.3"
    assert xapi.found() == []


def test_the_version_in_the_form_decides(xapi: XapiClient) -> None:
    xapi.version = "2.0.0"
    answer = form(xapi, "GET", {"X-Experience-API-Version": "1.0.3"})
    assert answer.status_code == 200
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"


def test_without_any_version_it_is_refused_as_every_request_is(xapi: XapiClient) -> None:
    xapi.version = None  # type: ignore[assignment]
    error = form(xapi, "GET", {}).json()["error"]
    assert error["status"] == 400
    assert "X-Experience-API-Version" in error["message"]


@pytest.mark.parametrize("version", ["1.0", "1.0.0", "1.0.3"])
def test_every_patch_of_1_0_has_it(xapi: XapiClient, version: str) -> None:
    xapi.version = version
    assert form(xapi, "POST", {"content": json.dumps(statement())}).status_code == 200


def test_a_page_of_another_origin_may_use_it(xapi: XapiClient) -> None:
    bare, headers = from_form_only(xapi)
    answer = form(bare, "GET", headers, Origin="https://course.example")
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"
