"""The rules of xAPI that implementers miss, one by one, by the numbers the project gives them.

Each has a test here that names it, on both backends, and in both versions where it is of both. What
a rule says of one resource in detail is in that resource's own tests.
"""

import json
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from hashlib import sha1
from typing import Any
from urllib.parse import urlencode, urljoin
from uuid import uuid4

import httpx
import pytest

from tests.support.application import (
    RunningApplication,
    XapiClient,
    application_of,
    running_application,
)
from tests.support.backends import BACKENDS
from tests.support.multipart import attachment, data_part, json_part, parts_of, post, send, written
from tests.support.records import VOIDED, agent, reference, statement, statement_id, voiding
from tests.support.signing import sign, signature

VERSION = "X-Experience-API-Version"
THROUGH = "X-Experience-API-Consistent-Through"
VERSIONS = ("1.0.3", "2.0.0")
ACTIVITY = "https://district.example/item/1"
AGENT = json.dumps(agent("ming"))
STATE = {"activityId": ACTIVITY, "agent": AGENT, "stateId": "page"}
ACTIVITY_PROFILE = {"activityId": ACTIVITY, "profileId": "page"}
AGENT_PROFILE = {"agent": AGENT, "profileId": "page"}
DOCUMENTS = {
    "/xapi/activities/state": STATE,
    "/xapi/activities/profile": ACTIVITY_PROFILE,
    "/xapi/agents/profile": AGENT_PROFILE,
}
RESOURCES: dict[str, dict[str, str]] = {
    "/xapi/statements": {},
    "/xapi/activities": {"activityId": ACTIVITY},
    "/xapi/agents": {"agent": AGENT},
    **DOCUMENTS,
}
NEW = {"If-None-Match": "*"}

Json = Any

only_1_0_3 = pytest.mark.parametrize("version", ["1.0.3"])
only_2_0 = pytest.mark.parametrize("version", ["2.0.0"])


@pytest.fixture(scope="module", params=BACKENDS)
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request, carrier="none", page_size=20) as running:
        yield running


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def refused(answer: httpx.Response, status: int = 400) -> Json:
    assert answer.status_code == status, answer.text
    return answer.json()["error"]


def put(xapi: XapiClient, path: str, document: Json, **headers: str) -> httpx.Response:
    given = {name.replace("_", "-"): text for name, text in headers.items()}
    return xapi.request("PUT", path, params=DOCUMENTS[path], json=document, headers=given)


def get(xapi: XapiClient, path: str) -> httpx.Response:
    return xapi.request("GET", path, params=RESOURCES[path])


def each_document(test: Any) -> Any:
    return pytest.mark.parametrize("path", sorted(DOCUMENTS))(test)


# 1. Versions


@pytest.mark.parametrize("default", VERSIONS)
def test_rule_1_a_request_without_version_is_refused_in_the_default_version(
    tmp_path: Any, default: str
) -> None:
    with running_application(tmp_path, carrier="none", default_version=default) as running:
        xapi = running.xapi("district")
        for path, parameters in RESOURCES.items():
            answer = xapi.request("GET", path, params=parameters, headers={VERSION: None})
            assert refused(answer)["path"] == VERSION
            assert answer.headers[VERSION] == default
        about = running.client.get("/xapi/about")
        assert about.json()["version"] == list(VERSIONS)
        assert about.headers[VERSION] == default


def test_rule_1_every_answer_names_the_version_asked_for(xapi: XapiClient, version: str) -> None:
    for path in RESOURCES:
        assert get(xapi, path).headers[VERSION] == version


# 2. Statements and parameters that are wrong


def test_rule_2_what_is_wrong_is_400_and_never_422(xapi: XapiClient) -> None:
    for wrong in ({}, {"actor": 1}, [{}], "text", statement(timestamp="yesterday")):
        refused(xapi.post(wrong))


@pytest.mark.parametrize("path", sorted(RESOURCES))
def test_rule_2_a_parameter_unknown_or_in_another_case_is_refused(
    xapi: XapiClient, path: str
) -> None:
    right = RESOURCES[path]
    wrong_case = {name.upper(): text for name, text in right.items()} or {"Limit": "1"}
    for wrong in ({**right, "unknown": "1"}, {**right, **wrong_case}):
        refused(xapi.request("GET", path, params=wrong))


@pytest.mark.parametrize("name", ["statementId", "voidedStatementId"])
def test_rule_2_an_id_stands_with_format_and_attachments_only(xapi: XapiClient, name: str) -> None:
    target, void = statement_id(1), voiding(statement_id(1))
    xapi.post(statement(id=target))
    if name == "voidedStatementId":
        xapi.post(void)
    assert xapi.get(**{name: target}, format="exact", attachments="false").status_code == 200
    others = {"verb": VOIDED, "limit": "1", "ascending": "true", "since": "2020-01-01T00:00:00Z"}
    others |= {"agent": AGENT, "activity": ACTIVITY, "registration": str(uuid4())}
    for other, text in others.items():
        refused(xapi.get(**{name: target, other: text}))


# 3. Consistent-Through, 4. HEAD


def test_rule_3_every_get_of_statements_says_through_when_it_is_consistent(
    xapi: XapiClient,
) -> None:
    [one] = xapi.post(statement()).json()
    answers = [xapi.get(), xapi.get(statementId=one), xapi.get(attachments="true")]
    answers += [xapi.get(statementId=statement_id(404)), xapi.get(unknown="1")]
    answers.append(XapiClient(xapi.client, ("nobody", "nothing")).get())
    assert all(THROUGH in answer.headers for answer in answers)
    assert [answer.status_code for answer in answers] == [200, 200, 200, 404, 400, 401]


@pytest.mark.parametrize("path", sorted([*RESOURCES, "/xapi/about"]))
def test_rule_4_head_answers_as_get_does_without_content(xapi: XapiClient, path: str) -> None:
    xapi.post(statement())
    if path in DOCUMENTS:
        assert put(xapi, path, {"a": 1}, If_None_Match="*").status_code == 204
    parameters = RESOURCES.get(path, {})
    whole = xapi.request("GET", path, params=parameters)
    head = xapi.request("HEAD", path, params=parameters)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Type", "ETag", VERSION):
        assert head.headers.get(name) == whole.headers.get(name)


# 5. The alternate request syntax


@only_1_0_3
def test_rule_5_a_post_of_a_form_may_mean_another_method(xapi: XapiClient) -> None:
    form = {"statementId": statement_id(1), "content": json.dumps(statement())}
    content = {"Content-Type": "application/x-www-form-urlencoded"}

    def send_form(method: str, fields: dict[str, str], query: str = "") -> httpx.Response:
        path = f"/xapi/statements?method={method}{query}"
        return xapi.request("POST", path, content=urlencode(fields), headers=content)

    assert send_form("PUT", form).status_code == 204
    found = send_form("GET", {"limit": "1"}).json()
    assert [one["id"] for one in found["statements"]] == [statement_id(1)]
    refused(send_form("PUT", form, query=f"&statementId={statement_id(2)}"))
    refused(send_form("PUT", {"statementId": statement_id(3)}))
    refused(xapi.request("PUT", "/xapi/statements?method=POST", json=statement()))


@only_2_0
def test_rule_5_in_2_0_there_is_no_other_syntax(xapi: XapiClient) -> None:
    for method in ("GET", "PUT", "POST"):
        refused(xapi.request("POST", f"/xapi/statements?method={method}", json=statement()))
    assert xapi.found() == []


# 6, 7. Attachments

DATA = "作文".encode()


def described(**more: Any) -> Json:
    """A statement with an attachment, of which more may be said than has to be."""
    return statement(attachments=[attachment(DATA, **more)])


WITH_DATA = described()
FILE_URL = {"fileUrl": "https://files.example/essay.txt"}


@pytest.mark.parametrize(
    "body",
    [
        written([json_part(WITH_DATA), data_part(DATA, Content_Transfer_Encoding=None)]),
        written([json_part(WITH_DATA), data_part(DATA, Content_Transfer_Encoding="base64")]),
        written([json_part(WITH_DATA), data_part(DATA, X_Experience_API_Hash=None)]),
        written([json_part(WITH_DATA), data_part(DATA, sha2="0" * 64)]),
        written([json_part(WITH_DATA), data_part(b"other", sha2=attachment(DATA)["sha2"])]),
        written([json_part(WITH_DATA), data_part(DATA), data_part(b"extra")]),
        written([json_part(WITH_DATA)]),
        written([data_part(DATA), json_part(WITH_DATA)]),
        written([json_part(WITH_DATA), data_part(DATA)], boundary="another"),
    ],
)
def test_rule_6_parts_that_are_missing_extra_or_malformed_are_refused(
    xapi: XapiClient, body: bytes
) -> None:
    refused(send(xapi, body))
    assert xapi.found() == []


@pytest.mark.parametrize("kind", ["multipart/mixed", "multipart/form-data; boundary=x"])
def test_rule_6_without_a_boundary_or_as_a_form_parts_are_refused(
    xapi: XapiClient, kind: str
) -> None:
    body = written([json_part(WITH_DATA), data_part(DATA)], boundary="x")
    refused(send(xapi, body, headers={"Content-Type": kind}))


@pytest.mark.parametrize(
    "body",
    [
        written([json_part(WITH_DATA), data_part(DATA)]),
        b"\r\n" + written([json_part(WITH_DATA), data_part(DATA)]),
        written([json_part(WITH_DATA), data_part(DATA)]).replace(b": ", b":"),
        written([json_part(statement(attachments=[attachment(DATA, length=1)])), data_part(DATA)]),
        written(
            [json_part(statement(attachments=[attachment(DATA, **FILE_URL)])), data_part(DATA)]
        ),
    ],
)
def test_rule_6_what_only_looks_odd_is_accepted(xapi: XapiClient, body: bytes) -> None:
    assert send(xapi, body).status_code == 200


@only_2_0
def test_rule_6_in_2_0_there_may_be_no_part_but_the_first(xapi: XapiClient) -> None:
    assert post(xapi, statement()).status_code == 200
    assert post(xapi, described(**FILE_URL)).status_code == 200


def test_rule_7_attachments_come_as_parts_each_hash_once(xapi: XapiClient) -> None:
    twice = statement("li", attachments=[attachment(DATA)])
    assert post(xapi, [WITH_DATA, twice], data_part(DATA)).status_code == 200
    answer = xapi.get(attachments="true")
    assert answer.headers["Content-Type"].startswith("multipart/mixed; boundary=")
    first, *others = parts_of(answer)
    assert len(json.loads(first.data)["statements"]) == 2
    assert [part.data for part in others] == [DATA]
    assert others[0].headers["x-experience-api-hash"] == attachment(DATA)["sha2"]
    for plain in (xapi.get(), xapi.get(attachments="false")):
        assert plain.headers["Content-Type"] == "application/json"


def test_rule_7_attachments_true_is_multipart_even_where_there_are_none(xapi: XapiClient) -> None:
    [one] = xapi.post(statement()).json()
    for answer in (xapi.get(attachments="true"), xapi.get(attachments="true", statementId=one)):
        assert len(parts_of(answer)) == 1


# 8. Signatures


@pytest.mark.parametrize(
    ("algorithm", "status"),
    [("RS256", 200), ("RS384", 200), ("RS512", 200), ("HS256", 400), ("PS256", 400)],
)
def test_rule_8_a_signature_is_made_by_rsa(xapi: XapiClient, algorithm: str, status: int) -> None:
    signed = statement(id=str(uuid4()))
    key = b"a secret of thirty-two bytes ...." if algorithm == "HS256" else None
    jws = sign(signed, algorithm, key)
    answer = post(xapi, {**signed, "attachments": [signature(jws)]}, data_part(jws))
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"contentType": "text/plain"},
        {"payload": b"{'id': 1}"},
        {"payload": json.dumps(statement("li")).encode()},
    ],
)
def test_rule_8_a_signature_is_octets_and_of_the_statement(xapi: XapiClient, wrong: Json) -> None:
    signed = statement(id=str(uuid4()))
    jws = sign(wrong.get("payload", signed))
    described = signature(jws) | {name: text for name, text in wrong.items() if name != "payload"}
    refused(post(xapi, {**signed, "attachments": [described]}, data_part(jws)))


@only_2_0
def test_rule_8_in_2_0_durations_are_compared_to_hundredths(xapi: XapiClient) -> None:
    signed = statement(id=str(uuid4()), result={"duration": "PT1.23S"})
    jws = sign(signed)
    longer = {**signed, "result": {"duration": "PT1.239S"}, "attachments": [signature(jws)]}
    assert post(xapi, longer, data_part(jws)).status_code == 200
    other = {**longer, "id": str(uuid4()), "result": {"duration": "PT1.24S"}}
    refused(post(xapi, other, data_part(jws)))


# 9. Pages


def test_rule_9_every_page_names_the_next_and_the_last_names_none(xapi: XapiClient) -> None:
    ids = xapi.post([statement() for _ in range(5)]).json()
    answer, seen = xapi.get(limit=2), []
    while True:
        page = answer.json()
        seen += [one["id"] for one in page["statements"]]
        if page["more"] == "":
            break
        answer = xapi.request("GET", urljoin(str(answer.request.url), page["more"]))
    assert seen == ids[::-1]


# 10, 11. Voiding and references


def test_rule_10_a_voided_statement_is_found_as_voided_only(xapi: XapiClient) -> None:
    [one] = xapi.post(statement()).json()
    [void] = xapi.post(voiding(one)).json()
    refused(xapi.get(statementId=one), 404)
    assert xapi.get(voidedStatementId=one).json()["id"] == one
    assert xapi.get(statementId=void).status_code == 200
    refused(xapi.post(voiding(void)))
    assert xapi.get(statementId=void).status_code == 200
    xapi.post(voiding(one))
    assert xapi.get(voidedStatementId=one).status_code == 200


def test_rule_10_only_a_reference_can_be_voided(xapi: XapiClient) -> None:
    assert refused(xapi.post(statement(verb=VOIDED)))["path"].startswith("$.object")


def test_rule_10_a_statement_may_be_voided_before_it_comes(xapi: XapiClient) -> None:
    assert xapi.post(voiding(statement_id(7))).status_code == 200
    xapi.post(statement(id=statement_id(7)))
    refused(xapi.get(statementId=statement_id(7)), 404)


def test_rule_11_filters_follow_references_to_voided_statements_too(xapi: XapiClient) -> None:
    [target] = xapi.post(statement("ming", "solved", "item/7")).json()
    [comment] = xapi.post(statement("teacher", "commented", reference(target))).json()
    [reply] = xapi.post(statement("li", "commented", reference(comment))).json()
    filters = {"verb": "https://district.example/verbs/solved", "agent": AGENT}
    assert xapi.found(**filters) == [reply, comment, target]
    assert xapi.found(activity="https://district.example/item/7") == [reply, comment, target]
    [void] = xapi.post(voiding(target)).json()
    assert xapi.found(**filters) == [void, reply, comment]


# 12. Formats


def test_rule_12_exact_gives_back_what_came_but_for_lone_context_activities(
    xapi: XapiClient,
) -> None:
    named = {"id": ACTIVITY, "definition": {"name": {"en": "Item", "zh-CN": "题"}}}
    others = {
        "id": ACTIVITY,
        "definition": {"name": {"en": "Another"}, "type": "https://t.example"},
    }
    around = {"contextActivities": {"parent": named, "other": [named]}}
    posted = statement("ming", "solved", named, context=around)
    [one] = xapi.post(posted).json()
    xapi.post(statement("ming", "solved", others))
    found = xapi.get(statementId=one, format="exact").json()
    assert {name: found[name] for name in ("actor", "verb", "object")} == {
        name: posted[name] for name in ("actor", "verb", "object")
    }
    assert found["context"]["contextActivities"] == {"parent": [named], "other": [named]}


def test_rule_12_canonical_leaves_one_language_everywhere(xapi: XapiClient) -> None:
    def shown(number: int) -> Json:
        names = {"en": "Item", "zh-CN": "题"}
        return {"id": f"{ACTIVITY}/{number}", "definition": {"name": names}}

    inner = {**statement("li", "solved", shown(1)), "objectType": "SubStatement"}
    inner["context"] = {"contextActivities": {"parent": [shown(2)]}}
    around = {"contextActivities": {"category": [shown(3)]}}
    [one] = xapi.post(statement("ming", "planned", inner, context=around)).json()
    asked = {"statementId": one, "format": "canonical"}
    language = {"Accept-Language": "zh-CN"}
    found = xapi.request("GET", "/xapi/statements", params=asked, headers=language).json()
    activities = [
        found["object"]["object"],
        found["object"]["context"]["contextActivities"]["parent"][0],
        found["context"]["contextActivities"]["category"][0],
    ]
    assert [one["definition"]["name"] for one in activities] == [{"zh-CN": "题"}] * 3


def test_rule_12_ids_shows_what_identifies_and_nothing_else(xapi: XapiClient) -> None:
    team = {"objectType": "Group", "mbox": "mailto:team@district.example"}
    named = {"id": ACTIVITY, "objectType": "Activity", "definition": {"name": {"en": "Item"}}}
    xapi.post({**statement(target=named), "actor": {**team, "name": "T", "member": [agent("li")]}})
    [shown] = xapi.get(format="ids").json()["statements"]
    assert shown["object"] == {"id": ACTIVITY}
    assert shown["actor"] == team


# 13. Ids


def test_rule_13_an_id_never_changes_its_statement_and_a_batch_is_stored_whole(
    xapi: XapiClient,
) -> None:
    first, other = statement(id=statement_id(1)), statement("li", id=statement_id(1))
    assert xapi.post(first).status_code == 200
    assert xapi.post(first).status_code == 200
    refused(xapi.post([statement(), other]), 409)
    refused(xapi.post([statement(), statement(verb="no iri")]))
    assert xapi.found() == [statement_id(1)]
    assert xapi.get(statementId=statement_id(1)).json()["actor"] == agent("ming")


@only_2_0
def test_rule_13_in_2_0_an_id_stands_once_in_a_batch(xapi: XapiClient) -> None:
    refused(xapi.post([statement(id=statement_id(1)), statement(id=statement_id(1))]))
    assert xapi.found() == []


# 14, 15. Documents


@each_document
def test_rule_14_a_change_has_to_say_what_it_replaces(
    xapi: XapiClient, version: str, path: str
) -> None:
    may_be_silent = path.endswith("/state")
    is_strict = version == "1.0.3" and not may_be_silent
    on_new = put(xapi, path, {"a": 1})
    assert on_new.status_code == (400 if is_strict else 204)
    if is_strict:
        put(xapi, path, {"a": 1}, If_None_Match="*")
    on_existing = put(xapi, path, {"a": 2})
    if version == "1.0.3" and may_be_silent:
        assert on_existing.status_code == 204
    else:
        assert refused(on_existing, 409)["message"]
        assert get(xapi, path).json() == {"a": 1}


@each_document
def test_rule_14_entity_tags_are_quoted_sha_1_of_the_content(xapi: XapiClient, path: str) -> None:
    put(xapi, path, {"a": 1}, If_None_Match="*")
    answer = get(xapi, path)
    assert answer.headers["ETag"] == f'"{sha1(answer.content).hexdigest()}"'


@each_document
def test_rule_14_a_condition_that_is_not_met_changes_nothing(xapi: XapiClient, path: str) -> None:
    put(xapi, path, {"a": 1}, If_None_Match="*")
    refused(put(xapi, path, {"a": 2}, If_None_Match="*"), 412)
    for method in ("PUT", "POST", "DELETE"):
        wrong = {"headers": {"If-Match": '"1234"'}, "params": DOCUMENTS[path]}
        content = {} if method == "DELETE" else {"json": {"a": 3}}
        refused(xapi.request(method, path, **wrong, **content), 412)
    assert get(xapi, path).json() == {"a": 1}
    right = get(xapi, path).headers["ETag"]
    assert put(xapi, path, {"a": 4}, If_Match=right).status_code == 204
    assert get(xapi, path).json() == {"a": 4}


@only_2_0
def test_rule_14_in_2_0_answers_say_when_they_were_last_modified(xapi: XapiClient) -> None:
    [one] = xapi.post(statement()).json()
    answer = xapi.get(statementId=one)
    modified = parsedate_to_datetime(answer.headers["Last-Modified"])
    assert answer.json()["stored"].startswith(modified.strftime("%Y-%m-%dT%H:%M:%S"))
    for path in DOCUMENTS:
        put(xapi, path, {"a": 1}, If_None_Match="*")
        assert parsedate_to_datetime(get(xapi, path).headers["Last-Modified"]) >= modified


@each_document
def test_rule_15_posting_merges_the_outermost_properties(xapi: XapiClient, path: str) -> None:
    for document in ({"a": 1, "in": {"x": 1}}, {"b": 2, "in": {"y": 2}}):
        answer = xapi.request("POST", path, params=DOCUMENTS[path], json=document)
        assert answer.status_code == 204
    assert get(xapi, path).json() == {"a": 1, "b": 2, "in": {"y": 2}}


@each_document
@pytest.mark.parametrize(
    ("there", "posted"),
    [
        (("application/json", b'{"a": 1}'), ("text/plain", b'{"b": 2}')),
        (("application/octet-stream", b"\x00\xff"), ("application/json", b'{"b": 2}')),
        (("application/json", b"[1]"), ("application/json", b'{"b": 2}')),
        (("application/json", b'{"a": 1}'), ("application/json", b"[2]")),
        (("application/json", b'{"a": 1}'), ("application/json", b'{"b": ')),
    ],
)
def test_rule_15_what_can_not_be_merged_is_refused(
    xapi: XapiClient, path: str, there: tuple[str, bytes], posted: tuple[str, bytes]
) -> None:
    for method, (kind, content), status in (("PUT", there, 204), ("POST", posted, 400)):
        headers = {"Content-Type": kind, **(NEW if method == "PUT" else {})}
        parameters = DOCUMENTS[path]
        answer = xapi.request(method, path, params=parameters, content=content, headers=headers)
        assert answer.status_code == status
    found = get(xapi, path)
    assert (found.headers["Content-Type"], found.content) == there


def test_rule_15_deleting_state_without_an_id_clears_the_scope(xapi: XapiClient) -> None:
    path, scope = "/xapi/activities/state", {"activityId": ACTIVITY, "agent": AGENT}
    for name in ("one", "two"):
        parameters = {**scope, "stateId": name}
        xapi.request("PUT", path, params=parameters, json={}, headers=NEW)
    assert xapi.request("DELETE", path, params=scope).status_code == 204
    assert xapi.request("GET", path, params=scope).json() == []


# 16. Formats of values


@pytest.mark.parametrize(
    "wrong",
    [
        {"Result": {}},
        {"result": None},
        {"result": {"Success": True}},
        {"context": {"extensions": None}},
        {"verb": {"id": "ab=c:x"}},
        {"context": {"language": "something"}},
        {"context": {"language": "en-something-AU"}},
        {"context": {"language": "en-a-bbb-a-ccc"}},
        {"verb": {"id": ACTIVITY, "display": {"something": "x"}}},
        {"result": {"duration": "P4W1D"}},
        {"timestamp": "2025-03-01T08:15:30-00"},
        {"timestamp": "2025-03-01T08:15:30-0000"},
        {"timestamp": "2025-03-01T08:15:30-00:00"},
        {"version": "1.1.0"},
        {"version": "0.9"},
        {"result": {"score": {"raw": 11, "min": 0, "max": 10}}},
        {"result": {"score": {"raw": -1, "min": 0}}},
    ],
)
def test_rule_16_a_malformed_value_is_refused_where_it_stands(
    xapi: XapiClient, wrong: Json
) -> None:
    error = refused(xapi.post({**statement(), **wrong}))
    assert error["path"].startswith(f"$.{next(iter(wrong))}")
    assert error["section"]


@pytest.mark.parametrize(
    "right",
    [
        {"result": {"extensions": {"https://x.example": {"Any": None}}}},
        {"result": {"duration": "P4W"}},
        {"version": "1.0"},
        {"version": "1.0.9"},
        {"result": {"score": {"raw": 10, "min": 0, "max": 10}}},
    ],
)
def test_rule_16_a_well_formed_value_is_accepted(xapi: XapiClient, right: Json) -> None:
    assert xapi.post({**statement(), **right}).status_code == 200


# 17. Authority, context


def test_rule_17_the_authority_is_filled_in(xapi: XapiClient) -> None:
    [one] = xapi.post(statement()).json()
    assert xapi.get(statementId=one).json()["authority"]["account"]["name"] == "clicker"


@pytest.mark.parametrize(
    ("more", "members", "status"),
    [
        ({}, ["app", "user"], 200),
        ({}, ["app"], 400),
        ({}, ["app", "user", "third"], 400),
        ({"mbox": "mailto:x@district.example"}, ["app", "user"], 400),
    ],
)
def test_rule_17_a_group_as_authority_is_anonymous_and_has_two_members(
    xapi: XapiClient, more: Json, members: list[str], status: int
) -> None:
    group = {"objectType": "Group", "member": [agent(name) for name in members], **more}
    assert xapi.post(statement(authority=group)).status_code == status


@pytest.mark.parametrize("name", ["revision", "platform"])
def test_rule_17_revision_and_platform_are_of_activities(xapi: XapiClient, name: str) -> None:
    somebody = {**agent("li"), "objectType": "Agent"}
    assert xapi.post(statement(context={name: "1"})).status_code == 200
    assert refused(xapi.post(statement(target=somebody, context={name: "1"})))["path"]


CONTEXT_AGENT = {
    "objectType": "contextAgent",
    "agent": agent("li"),
    "relevantTypes": ["https://district.example/roles/tutor"],
}


@only_2_0
@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 200),
        ({"objectType": "ContextAgent"}, 400),
        ({"objectType": None}, 400),
        ({"relevantTypes": []}, 400),
        ({"relevantTypes": ["tutor"]}, 400),
    ],
)
def test_rule_17_context_agents_name_their_type_and_why_they_matter(
    xapi: XapiClient, change: Json, status: int
) -> None:
    whole = {**CONTEXT_AGENT, **change}
    given = {name: value for name, value in whole.items() if value is not None}
    assert xapi.post(statement(context={"contextAgents": [given]})).status_code == status


# 18. Activities and agents


def test_rule_18_activities_are_merged_and_an_unknown_one_is_bare(xapi: XapiClient) -> None:
    names = ({"en-US": "meeting"}, {"fr-FR": "réunion"})
    xapi.post([statement(target={"id": ACTIVITY, "definition": {"name": name}}) for name in names])
    merged = get(xapi, "/xapi/activities").json()
    assert merged["definition"] == {"name": {"en-US": "meeting", "fr-FR": "réunion"}}
    unknown = {"activityId": "https://district.example/unknown"}
    bare = xapi.request("GET", "/xapi/activities", params=unknown).json()
    assert bare == {"objectType": "Activity", "id": unknown["activityId"]}


def test_rule_18_an_agent_is_given_as_a_person_of_arrays(xapi: XapiClient) -> None:
    xapi.post({**statement(), "actor": {**agent("ming"), "name": "小明"}})
    assert get(xapi, "/xapi/agents").json() == {
        "objectType": "Person",
        "name": ["小明"],
        "account": [agent("ming")["account"]],
    }
