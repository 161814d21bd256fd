"""State, Activity Profile and Agent Profile over HTTP: parameters, conditions, merging, scopes."""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.backends import BACKENDS

MAXIMUM_BODY = 600_000
QUIZ = "https://district.example/quiz"
FIRST = "11111111-1111-4111-8111-111111111111"
SECOND = "22222222-2222-4222-8222-222222222222"
VERSIONS = ("1.0.3", "2.0.0")
RESOURCES = ("state", "activity profile", "agent profile")
ANY = {"If-None-Match": "*"}
ANY_NEW = {"If_None_Match": "*"}  # as keyword arguments


@pytest.fixture(scope="module", params=BACKENDS)
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request, maximum_body_size=MAXIMUM_BODY, carrier="none") as running:
        yield running


class Documents:
    """One of the document resources, as one client asks it about one scope."""

    def __init__(self, xapi: XapiClient, resource: str) -> None:
        self.xapi = xapi
        self.id = "stateId" if resource == "state" else "profileId"
        self.path = "/xapi/agents/profile"
        self.scope: dict[str, Any] = {}
        if resource != "agent profile":
            self.path = f"/xapi/activities/{resource.split()[-1]}"
            self.scope["activityId"] = QUIZ
        if resource != "activity profile":
            self.scope["agent"] = json.dumps({"mbox": "mailto:ming@school.example"})

    def ask(
        self, method: str, name: str | None = "bookmark", content: Any = None, **more: Any
    ) -> httpx.Response:
        parameters = {**self.scope, **more.pop("params", {})}
        if name is not None:
            parameters[self.id] = name
        headers = dict(more.pop("headers", {}))
        if content is not None:
            kind = "application/json" if not isinstance(content, bytes) else None
            headers = {"Content-Type": kind, **headers} if kind else headers
            more["content"] = content if kind is None else json.dumps(content)
        parameters = {key: value for key, value in parameters.items() if value is not None}
        return self.xapi.request(method, self.path, params=parameters, headers=headers, **more)

    def put(self, content: Any, name: str = "bookmark", **headers: str) -> httpx.Response:
        given = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.ask("PUT", name, content, headers=given)

    def post(self, content: Any, name: str = "bookmark", **headers: str) -> httpx.Response:
        given = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.ask("POST", name, content, headers=given)

    def content(self, name: str = "bookmark") -> bytes | None:
        answer = self.ask("GET", name)
        return answer.content if answer.status_code == 200 else None

    def ids(self, **parameters: str) -> list[str]:
        answer = self.ask("GET", None, params=parameters)
        assert answer.status_code == 200, answer.text
        return list(answer.json())


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=RESOURCES)
def documents(request: pytest.FixtureRequest, xapi: XapiClient) -> Documents:
    return Documents(xapi, request.param)


@pytest.fixture
def state(xapi: XapiClient) -> Documents:
    return Documents(xapi, "state")


def tag(content: bytes) -> str:
    return f'"{hashlib.sha1(content).hexdigest()}"'


def error(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found = dict(answer.json()["error"])
    if status != 404:
        assert found["rule"]
        assert found["section"]
    return found


# Kept and given back -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [
        "image/png",
        "text/plain; charset=gb18030",
        "text/html",
        "application/json;charset=utf-8",
        "application/x-www-form-urlencoded",
        "anything",
    ],
)
def test_any_content_is_given_back_as_it_came_with_its_type(
    documents: Documents, kind: str
) -> None:
    octets = b"{}" if "json" in kind else b"\x00<html>\xff\r\n" + bytes(range(256))
    name = str(uuid4())
    headers = [(b"Content-Type", kind.encode("latin-1")), (b"If-None-Match", b"*")]
    assert documents.ask("PUT", name, octets, headers=headers).status_code == 204
    answer = documents.ask("GET", name)
    assert answer.status_code == 200
    assert answer.content == octets
    assert dict(answer.headers.raw)[b"content-type"] == kind.encode("latin-1")


def test_a_document_without_a_type_is_octets(documents: Documents) -> None:
    documents.put(b"?", **ANY_NEW)
    assert documents.ask("GET").headers["Content-Type"] == "application/octet-stream"


def test_an_answer_has_the_entity_tag_and_the_time_of_the_change(documents: Documents) -> None:
    written = documents.put(b"first", If_None_Match="*")
    assert written.status_code == 204
    assert written.content == b""
    assert written.headers["ETag"] == tag(b"first")
    answer = documents.ask("GET")
    assert answer.headers["ETag"] == tag(b"first")
    modified = answer.headers["Last-Modified"]
    assert modified.endswith(" GMT")
    assert parsedate_to_datetime(modified)
    assert documents.ask("GET", None).headers["Last-Modified"] == modified
    assert documents.ask("GET", None).headers["ETag"] == tag(b'["bookmark"]')


def test_a_stored_page_runs_nothing_in_a_browser(documents: Documents) -> None:
    documents.put(b"<script>alert(1)</script>", Content_Type="text/html", **ANY_NEW)
    headers = documents.ask("GET").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_head_answers_as_get_does_without_content(documents: Documents) -> None:
    documents.put(b"first", **ANY_NEW)
    for name in ("bookmark", None, "missing"):
        head, get = documents.ask("HEAD", name), documents.ask("GET", name)
        assert head.status_code == get.status_code
        for header in ("Content-Type", "ETag", "Last-Modified", "Content-Length"):
            assert head.headers.get(header) == get.headers.get(header)


def test_what_is_not_there_is_not_found(documents: Documents) -> None:
    found = error(documents.ask("GET", "missing"), 404)
    assert found["value"] == "missing"
    assert documents.ids() == []


def test_a_deleted_document_is_gone(documents: Documents) -> None:
    documents.put(b"first", **ANY_NEW)
    assert documents.ask("DELETE").status_code == 204
    assert documents.ask("GET").status_code == 404
    assert documents.ids() == []
    assert documents.ask("DELETE").status_code == 204


def test_writes_tell_their_position_in_the_log(
    documents: Documents, application: RunningApplication
) -> None:
    for write in (
        lambda: documents.put(b"{}", Content_Type="application/json", **ANY_NEW),
        lambda: documents.post({"page": 1}),
        lambda: documents.ask("DELETE"),
    ):
        position = write().headers["X-Xueji-Position"]
        assert int(position) == application.state.record.last_position()
    assert documents.ask("DELETE").headers["X-Xueji-Position"] == "0"


def test_every_change_is_kept_and_by_whom(
    documents: Documents, application: RunningApplication
) -> None:
    before = application.state.record.last_position()
    documents.post({"page": 1})
    documents.post({"seen": True})
    entries = application.state.record.read_log(before, 10)
    assert [one.document.content for one in entries] == [b'{"page": 1}', b'{"page":1,"seen":true}']
    assert all(b'"clicker"' in one.document.authority for one in entries)


# Lists -------------------------------------------------------------------------------------------


def test_ids_are_listed_since_a_time(documents: Documents) -> None:
    for name in ("b", "a", "题"):
        documents.put(b"", name, **ANY_NEW)
    assert documents.ids() == ["a", "b", "题"]
    assert documents.ids(since="2020-01-01T00:00:00Z") == ["a", "b", "题"]
    assert documents.ids(since="2099-01-01T00:00:00+08:00") == []


@pytest.mark.parametrize("since", ["yesterday", "true", "", "2026-13-01T00:00:00Z"])
def test_since_is_a_time(documents: Documents, since: str) -> None:
    assert error(documents.ask("GET", None, params={"since": since}), 400)["path"] == "since"


@pytest.mark.parametrize(("method", "name"), [("GET", "x"), ("PUT", "x"), ("DELETE", "x")])
def test_since_is_for_lists_only(documents: Documents, method: str, name: str) -> None:
    since = {"since": "2020-01-01T00:00:00Z"}
    answer = documents.ask(method, name, b"" if method == "PUT" else None, params=since)
    assert error(answer, 400)["path"] == "since"


def test_registrations_are_apart_and_a_list_without_one_has_all(state: Documents) -> None:
    for registration, name in [(None, "none"), (FIRST, "first"), (SECOND.upper(), "second")]:
        state.ask("PUT", name, b"", params={"registration": registration})
    assert state.ids() == ["first", "none", "second"]
    assert state.ids(registration=FIRST) == ["first"]
    assert state.ids(registration=SECOND) == ["second"]
    assert state.ask("GET", "first").status_code == 404
    assert state.ask("GET", "first", params={"registration": FIRST}).status_code == 200
    assert state.ask("GET", "none", params={"registration": FIRST}).status_code == 404


def test_deleting_state_without_an_id_clears_its_scope(state: Documents) -> None:
    for registration in (None, FIRST, SECOND):
        for name in ("a", "b"):
            state.ask("PUT", name, b"", params={"registration": registration})
    assert state.ask("DELETE", None, params={"registration": FIRST}).status_code == 204
    assert state.ids(registration=FIRST) == []
    assert state.ids(registration=SECOND) == ["a", "b"]
    assert state.ask("DELETE", None).status_code == 204
    assert state.ids() == []
    assert state.ids(registration=SECOND) == []


@pytest.mark.parametrize("resource", ["activity profile", "agent profile"])
def test_profiles_are_deleted_one_by_one(xapi: XapiClient, resource: str) -> None:
    documents = Documents(xapi, resource)
    documents.put(b"", **ANY_NEW)
    assert error(documents.ask("DELETE", None), 400)["path"] == "profileId"
    assert documents.ids() == ["bookmark"]


# Parameters --------------------------------------------------------------------------------------

METHODS = ("GET", "PUT", "POST", "DELETE")


def refused(documents: Documents, method: str, name: str, **parameters: Any) -> dict[str, Any]:
    content = {} if method in ("PUT", "POST") else None
    found = error(documents.ask(method, content=content, params=parameters), 400)
    assert found["path"].split(".")[0] == name
    return found


@pytest.mark.parametrize("method", METHODS)
def test_what_names_a_document_has_to_be_given(documents: Documents, method: str) -> None:
    for name in documents.scope:
        refused(documents, method, name, **{name: None})
    if method in ("PUT", "POST"):
        answer = documents.ask(method, None, {})
        assert error(answer, 400)["path"] == documents.id


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "name", ["statementId", "StateId", "ProfileId", "activityid", "Agent", "Registration", "foo"]
)
def test_parameters_that_are_unknown_or_in_another_case_are_refused(
    documents: Documents, method: str, name: str
) -> None:
    refused(documents, method, name, **{name: FIRST})


def test_a_registration_is_for_state_only(xapi: XapiClient) -> None:
    for resource in ("activity profile", "agent profile"):
        refused(Documents(xapi, resource), "GET", "registration", registration=FIRST)


@pytest.mark.parametrize("method", METHODS)
def test_a_parameter_stands_once(documents: Documents, method: str) -> None:
    for name in (*documents.scope, documents.id):
        answer = documents.xapi.request(
            method,
            f"{documents.path}?{name}=a&{name}=a",
            content=b"{}" if method in ("PUT", "POST") else None,
        )
        assert error(answer, 400)["path"] == name


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("activityId", "quiz"),
        ("activityId", ""),
        ("activityId", "true"),
        ("registration", "true"),
        ("registration", FIRST[:-1]),
        ("agent", "true"),
        ("agent", "not JSON"),
        ("agent", "{}"),
        ("agent", "[]"),
        ("agent", '{"mbox":"ming@school.example"}'),
        ("agent", '{"mbox":"mailto:a@b.example","openid":"https://a.example"}'),
        ("agent", '{"mbox":"mailto:a@b.example","mbox":"mailto:a@b.example"}'),
        ("agent", '{"mbox":"mailto:a@b.example","member":[]}'),
        ("agent", '{"name":null,"mbox":"mailto:a@b.example"}'),
        ("agent", '{"objectType":"Group","member":[{"mbox":"mailto:a@b.example"}]}'),
        ("agent", '{"objectType":"Activity","id":"https://a.example"}'),
        ("stateId", ""),
        ("stateId", "a\0b"),
    ],
)
def test_parameters_that_are_malformed_are_refused(
    state: Documents, method: str, name: str, value: str
) -> None:
    content = {} if method in ("PUT", "POST") else None
    parameters = {**state.scope, "stateId": "bookmark", name: value}
    more = {"json": content} if content is not None else {}
    answer = state.xapi.request(method, state.path, params=parameters, **more)
    assert error(answer, 400)["path"].split(".")[0] == name


def test_a_query_that_is_not_utf_8_is_refused(state: Documents) -> None:
    answer = state.xapi.request("GET", f"{state.path}?stateId=%ff")
    assert error(answer, 400)["path"] == "?"


@pytest.mark.parametrize("resource", ["state", "agent profile"])
def test_only_2_0_has_documents_of_identified_groups(
    application: RunningApplication, resource: str
) -> None:
    store = f"store-{uuid4()}"
    group = {"objectType": "Group", "mbox": "mailto:7b@school.example", "member": []}
    new = Documents(application.xapi(store, version="2.0.0"), resource)
    new.scope["agent"] = json.dumps(group)
    assert new.put(b"first", **ANY_NEW).status_code == 204
    old = Documents(application.xapi(store, version="1.0.3"), resource)
    old.scope["agent"] = json.dumps(group)
    assert error(old.ask("GET"), 400)["path"] == "agent"
    old.scope["agent"] = json.dumps({"mbox": "mailto:7b@school.example"})
    assert old.content() == b"first"  # as 1.0.3 says: the identifier in an Agent


def test_an_agent_is_known_by_its_identifier_alone(documents: Documents) -> None:
    if "agent" not in documents.scope:
        return
    documents.put(b"first", **ANY_NEW)
    documents.scope["agent"] = json.dumps(
        {"objectType": "Agent", "name": "明", "mbox": "mailto:ming@school.example"}, indent=2
    )
    assert documents.content() == b"first"
    documents.put(b"second\nline", If_Match=tag(b"first"))
    assert documents.content() == b"second\nline"


def test_ids_may_be_any_text(documents: Documents) -> None:
    names = ["a b&c=d#e", "书签/1", "%00", "../..", "x" * 3_000, " ", "\u2028"]
    for name in names:
        assert documents.put(name.encode(), name, **ANY_NEW).status_code == 204
    for name in names:
        assert documents.content(name) == name.encode()
    assert documents.ids() == sorted(names)


def test_long_activity_ids_are_kept(xapi: XapiClient) -> None:
    documents = Documents(xapi, "activity profile")
    documents.scope["activityId"] = QUIZ + "/" + hashlib.shake_256(b"").hexdigest(4_000)
    assert documents.put(b"first", **ANY_NEW).status_code == 204
    assert documents.content() == b"first"


# Stores and scopes -------------------------------------------------------------------------------


def test_stores_are_apart(application: RunningApplication, documents: Documents) -> None:
    documents.put(b"ours", **ANY_NEW)
    theirs = Documents(application.xapi(f"store-{uuid4()}", version="2.0.0"), "state")
    theirs.path, theirs.scope, theirs.id = documents.path, documents.scope, documents.id
    assert theirs.content() is None
    assert theirs.ids() == []
    assert theirs.put(b"theirs", **ANY_NEW).status_code == 204
    assert theirs.ask("DELETE").status_code == 204
    assert documents.content() == b"ours"


@pytest.mark.parametrize(
    ("scope", "state", "profile"),
    [
        ("all", "rw", "rw"),
        ("all/read", "r", "r"),
        ("state", "rw", ""),
        ("profile", "", "rw"),
        ("define", "", ""),
        ("statements/read", "", ""),
        ("statements/write", "", ""),
        ("projections/read", "", ""),
    ],
)
def test_scopes_say_who_may_read_and_write(
    application: RunningApplication, scope: str, state: str, profile: str
) -> None:
    store = f"store-{uuid4()}"
    for resource in RESOURCES:
        Documents(application.xapi(store), resource).put(b"{}", **ANY_NEW)
        allowed = state if resource == "state" else profile
        documents = Documents(application.xapi(store, scope), resource)
        for method in ("GET", "HEAD", "PUT", "POST", "DELETE"):
            may = ("r" if method in ("GET", "HEAD") else "w") in allowed
            content = {} if method in ("PUT", "POST") else None
            answer = documents.ask(method, "other", content, headers=ANY if may else {})
            assert (answer.status_code != 403) is may, (resource, method)
        if "w" not in allowed:
            assert Documents(application.xapi(store), resource).ids() == ["bookmark"]


def test_whoever_proves_nothing_is_refused(documents: Documents) -> None:
    documents.xapi.credential = None
    assert documents.ask("GET").status_code == 401
    assert documents.put(b"", **ANY_NEW).status_code == 401


def test_a_request_without_version_is_refused(documents: Documents) -> None:
    answer = documents.ask("GET", headers={"X-Experience-API-Version": None})  # type: ignore[dict-item]
    assert answer.status_code == 400


# Merging -----------------------------------------------------------------------------------------


def test_posting_merges_the_top_level_properties(documents: Documents) -> None:
    documents.post({"car": {"make": "Ford", "model": "Escape"}, "driver": "Dale"})
    answer = documents.post({"car": {"make": "Dodge"}, "seat": 2}, Content_Type="application/json ")
    assert answer.status_code == 204
    merged = documents.content()
    assert merged is not None
    assert json.loads(merged) == {"car": {"make": "Dodge"}, "driver": "Dale", "seat": 2}
    assert answer.headers["ETag"] == tag(merged)


def test_posting_what_is_new_keeps_it(documents: Documents) -> None:
    assert documents.post({"page": 1}, "json").status_code == 204
    assert documents.post(b"\xff\x00", "octets").status_code == 204
    assert documents.content("json") == b'{"page": 1}'
    assert documents.content("octets") == b"\xff\x00"


JSON_TYPE = {"Content_Type": "application/json"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((b'{"a":1}', JSON_TYPE), (b"plain", {"Content_Type": "text/plain"})),
        ((b'{"a":1}', JSON_TYPE), (b'{"b":1}', {"Content_Type": "text/plain"})),
        ((b'{"a":1}', JSON_TYPE), (b'{"b":1}', {})),
        ((b"plain", {"Content_Type": "text/plain"}), (b'{"b":1}', JSON_TYPE)),
        ((b'{"a":1}', {}), (b'{"b":1}', JSON_TYPE)),
        ((b"[1]", JSON_TYPE), (b'{"b":1}', JSON_TYPE)),
        ((b'{"a":1}', JSON_TYPE), (b"[1]", JSON_TYPE)),
        ((b'{"a":1}', JSON_TYPE), (b'"text"', JSON_TYPE)),
        ((b'{"a":1}', JSON_TYPE), (b'{"b":1}{', JSON_TYPE)),
        ((b'{"a":1}', JSON_TYPE), (b'{"b":1,"b":2}', JSON_TYPE)),
        ((b'{"a":1}', JSON_TYPE), (b'{"b":"\xff"}', JSON_TYPE)),
        ((b'{"a":1}', JSON_TYPE), (b'{"b":NaN}', JSON_TYPE)),
        ((b'{"a":1}', JSON_TYPE), (b"", JSON_TYPE)),
        ((b'{"a":1}', JSON_TYPE), (b'{"b":' + b"[" * 70 + b"]" * 70 + b"}", JSON_TYPE)),
    ],
)
def test_what_can_not_be_merged_is_refused_and_changes_nothing(
    documents: Documents,
    application: RunningApplication,
    first: tuple[bytes, dict[str, str]],
    second: tuple[bytes, dict[str, str]],
) -> None:
    assert documents.put(first[0], **ANY_NEW, **first[1]).status_code == 204
    before = application.state.record.last_position()
    error(documents.post(second[0], **second[1]), 400)
    assert application.state.record.last_position() == before
    assert documents.content() == first[0]
    assert documents.ask("GET").headers["ETag"] == tag(first[0])


def test_what_is_said_to_be_json_and_is_not_is_refused(documents: Documents) -> None:
    for method in ("PUT", "POST"):
        answer = documents.ask(method, "new", b"{", headers={**ANY, "Content-Type": "text/json"})
        assert answer.status_code == 204
        documents.ask("DELETE", "new")
        headers = {**ANY, "Content-Type": "application/json"}
        assert error(documents.ask(method, "new", b"{", headers=headers), 400)["path"] == "$"
        assert documents.content("new") is None


def test_a_large_document_is_merged(documents: Documents) -> None:
    large = {f"key {number}": "x" * 1_000 for number in range(280)}
    assert documents.post(large).status_code == 204
    assert documents.post({**large, "new": 1}).status_code == 204
    content = documents.content()
    assert content is not None
    assert json.loads(content) == {**large, "new": 1}


def test_a_document_over_the_limit_is_refused_and_one_at_it_is_not(documents: Documents) -> None:
    assert documents.put(b"x" * MAXIMUM_BODY, **ANY_NEW).status_code == 204
    found = documents.put(b"x" * (MAXIMUM_BODY + 1), If_Match="*")
    assert found.status_code == 413
    assert found.json()["error"]["value"] == MAXIMUM_BODY
    assert documents.content() == b"x" * MAXIMUM_BODY


def test_an_encoded_body_is_refused_rather_than_kept_encoded(documents: Documents) -> None:
    found = error(documents.put(b"\x1f\x8b", Content_Encoding="gzip", **ANY_NEW), 415)
    assert found["value"] == "gzip"
    assert documents.put(b"{}", Content_Encoding="identity", **ANY_NEW).status_code == 204


# Conditions --------------------------------------------------------------------------------------

FIRST_TAG = tag(b"first")
HEX = FIRST_TAG.strip('"')
WRONG = '"1111111111111111111111111111111111111111"'


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
@pytest.mark.parametrize(
    ("headers", "met"),
    [
        ({"If-Match": FIRST_TAG}, True),
        ({"If-Match": f"W/{FIRST_TAG}"}, True),
        ({"If-Match": HEX}, True),
        ({"If-Match": f'"a,b" ,, W/"c",{FIRST_TAG} '}, True),
        ({"If-Match": "*"}, True),
        ({"If-Match": WRONG}, False),
        ({"If-Match": '"1234"'}, False),
        ({"If-Match": f'"{HEX.upper()}"'}, False),
        ({"If-Match": '"*"'}, False),
        ({"If-None-Match": "*"}, False),
        ({"If-None-Match": FIRST_TAG}, False),
        ({"If-None-Match": f"W/{FIRST_TAG}"}, False),
        ({"If-None-Match": f"{WRONG}, {FIRST_TAG}"}, False),
        ({"If-None-Match": WRONG}, True),
        ({"If-Match": FIRST_TAG, "If-None-Match": WRONG}, True),
    ],
)
def test_a_document_is_changed_where_the_conditions_are_met_and_else_is_not(
    documents: Documents, method: str, headers: dict[str, str], met: bool
) -> None:
    content = {"PUT": b"second", "POST": b"second", "DELETE": None}[method]
    documents.put(b"first", **ANY_NEW)
    answer = documents.ask(method, "bookmark", content, headers=headers)
    if not met:
        found = error(answer, 412)
        assert found["path"] in headers
        assert HEX in found["message"]
        assert answer.headers["ETag"] == FIRST_TAG
        assert documents.content() == b"first"
    elif method == "POST":
        error(answer, 400)  # the condition is met; but what isn't JSON can't be merged
    else:
        assert answer.status_code == 204
        assert documents.content() == content


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE"])
def test_nothing_is_changed_on_top_of_what_is_not_there(documents: Documents, method: str) -> None:
    content = b"" if method != "DELETE" else None
    for condition in ("*", WRONG):
        answer = documents.ask(method, "new", content, headers={"If-Match": condition})
        error(answer, 412)
        assert "ETag" not in answer.headers
    assert documents.ids() == []


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
@pytest.mark.parametrize("value", ["", " ", '"open', '*, "a"', '"a" "b"', '"a",*', '"a\tb"'])
def test_what_is_no_entity_tag_is_refused(documents: Documents, header: str, value: str) -> None:
    documents.put(b"first", **ANY_NEW)
    for method in METHODS:
        content = b"" if method in ("PUT", "POST") else None
        answer = documents.ask(method, "bookmark", content, headers={header: value})
        assert error(answer, 400)["path"] == header
    assert documents.content() == b"first"


def test_conditions_on_several_lines_are_one_list(documents: Documents) -> None:
    documents.put(b"first", **ANY_NEW)
    headers = [(b"If-Match", WRONG.encode()), (b"If-Match", FIRST_TAG.encode())]
    parameters = {**documents.scope, documents.id: "bookmark"}
    answer = documents.xapi.client.request(
        "PUT",
        documents.path,
        params=parameters,
        headers=[*headers, (b"X-Experience-API-Version", documents.xapi.version.encode())],
        auth=documents.xapi.credential,
        content=b"second",
    )
    assert answer.status_code == 204


@pytest.mark.parametrize(
    ("version", "resource", "new", "existing"),
    [
        ("1.0.3", "state", 204, 204),
        ("1.0.3", "activity profile", 400, 409),
        ("1.0.3", "agent profile", 400, 409),
        ("2.0.0", "state", 204, 409),
        ("2.0.0", "activity profile", 204, 409),
        ("2.0.0", "agent profile", 204, 409),
    ],
)
def test_put_may_have_to_say_what_it_replaces(
    xapi: XapiClient, resource: str, new: int, existing: int
) -> None:
    documents = Documents(xapi, resource)
    answer = documents.put(b"first")
    assert answer.status_code == new, answer.text
    if new != 204:
        assert "If-None-Match" in error(answer, new)["message"]
        assert documents.content() is None
        documents.put(b"first", **ANY_NEW)
    answer = documents.put(b"second")
    assert answer.status_code == existing, answer.text
    if existing != 204:
        found = error(answer, existing)
        assert "current state" in found["message"]
        assert "If-Match" in found["message"]
        assert answer.headers["ETag"] == FIRST_TAG
    assert documents.content() == (b"second" if existing == 204 else b"first")


def test_posting_and_deleting_never_have_to(documents: Documents) -> None:
    documents.post({"page": 1})
    assert documents.post({"page": 2}).status_code == 204
    assert documents.ask("DELETE").status_code == 204


def test_what_is_known_already_is_not_sent_again(documents: Documents) -> None:
    documents.put(b"first", **ANY_NEW)
    for name, known in (("bookmark", FIRST_TAG), (None, tag(b'["bookmark"]'))):
        for condition in (known, f"W/{known}", "*", f"{WRONG},{known}"):
            answer = documents.ask("GET", name, headers={"If-None-Match": condition})
            assert answer.status_code == 304
            assert answer.content == b""
            assert answer.headers["ETag"] == known
        assert documents.ask("GET", name, headers={"If-None-Match": WRONG}).status_code == 200
        assert documents.ask("GET", name, headers={"If-Match": known}).status_code == 200
        error(documents.ask("GET", name, headers={"If-Match": WRONG}), 412)


def test_a_scope_is_cleared_on_the_condition_of_its_list(state: Documents) -> None:
    state.put(b"first")
    listed = state.ask("GET", None).headers["ETag"]
    state.put(b"late", "late")
    error(state.ask("DELETE", None, headers={"If-Match": listed}), 412)
    assert state.ids() == ["bookmark", "late"]
    listed = state.ask("GET", None).headers["ETag"]
    assert state.ask("DELETE", None, headers={"If-Match": listed}).status_code == 204
    assert state.ids() == []


# At the same time --------------------------------------------------------------------------------


def test_all_that_is_merged_at_once_is_there(state: Documents) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda number: state.post({f"key {number}": number}), range(20)))
    assert {answer.status_code for answer in answers} == {204}
    assert json.loads(state.content() or b"") == {f"key {number}": number for number in range(20)}


def test_of_many_who_put_a_new_document_one_wins(documents: Documents) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda number: documents.put(b"%d" % number, **ANY_NEW), range(10)))
    statuses = [answer.status_code for answer in answers]
    assert sorted(statuses) == [204, *[412] * 9]
    assert documents.content() == b"%d" % statuses.index(204)
