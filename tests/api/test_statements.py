"""The Statements resource does what the specification says, and refuses what it forbids."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.backends import BACKENDS
from tests.support.records import agent, reference, statement, statement_id, voiding

MAXIMUM_BODY = 200_000


@pytest.fixture(scope="module", params=BACKENDS)
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(
        request,
        maximum_body_size=MAXIMUM_BODY,
        maximum_batch=100,
        page_size=20,
        carrier="none",
    ) as running:
        yield running


def error(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    return dict(answer.json()["error"])


# Storing -----------------------------------------------------------------------------------------


def test_post_answers_the_ids_in_order_and_the_position(xapi: XapiClient) -> None:
    answer = xapi.post([statement(id=statement_id(2)), statement(), statement(id=statement_id(1))])
    assert answer.status_code == 200
    ids = answer.json()
    assert ids[0] == statement_id(2)
    assert ids[2] == statement_id(1)
    assert xapi.found(ascending="true") == ids
    assert int(answer.headers["X-Xueji-Position"]) > 0


def test_an_empty_batch_stores_nothing(xapi: XapiClient) -> None:
    assert xapi.post([]).json() == []
    assert xapi.found() == []


def test_put_stores_under_the_id_of_the_parameter(xapi: XapiClient) -> None:
    assert xapi.put(statement_id(1), statement()).status_code == 204
    assert xapi.get(statementId=statement_id(1)).json()["id"] == statement_id(1)


def test_put_twice_succeeds_with_the_same_and_conflicts_with_another(xapi: XapiClient) -> None:
    assert xapi.put(statement_id(1), statement()).status_code == 204
    assert xapi.put(statement_id(1), statement()).status_code == 204
    conflict = error(xapi.put(statement_id(1), statement("li")), 409)
    assert conflict["value"] == statement_id(1)
    assert xapi.get(statementId=statement_id(1)).json()["actor"] == agent("ming")


@pytest.mark.parametrize("given", [{}, {"statementId": "no-uuid"}])
def test_put_without_a_right_statement_id_is_refused(xapi: XapiClient, given: Any) -> None:
    answer = xapi.request("PUT", "/xapi/statements", json=statement(), params=given)
    assert error(answer, 400)["path"] == "statementId"


def test_put_of_another_id_than_the_statements_own_is_refused(xapi: XapiClient) -> None:
    refused = error(xapi.put(statement_id(1), statement(id=statement_id(2))), 400)
    assert refused["path"] == "$.id"


def test_put_of_an_array_is_refused(xapi: XapiClient) -> None:
    assert error(xapi.put(statement_id(1), [statement()]), 400)["path"] == "$"


def test_a_batch_with_one_bad_statement_stores_none_and_says_which(xapi: XapiClient) -> None:
    bad = statement()
    bad["verb"] = {"id": "answered"}
    refused = error(xapi.post([statement(), bad, statement()]), 400)
    assert refused["path"] == "$[1].verb.id"
    assert refused["value"] == "answered"
    assert refused["section"]
    assert refused["rule"]
    assert xapi.found() == []


def test_an_id_twice_in_a_batch_is_refused(xapi: XapiClient) -> None:
    refused = error(xapi.post([statement(id=statement_id(1)), statement(id=statement_id(1))]), 400)
    assert refused["path"] == "$[1].id"


def test_a_conflict_in_a_batch_stores_none_of_it(xapi: XapiClient) -> None:
    xapi.post(statement(id=statement_id(1)))
    refused = error(xapi.post([statement(), statement("li", id=statement_id(1))]), 409)
    assert refused["path"] == "$[1].id"
    assert len(xapi.found()) == 1


def test_the_authority_is_the_credentials_app(application: RunningApplication) -> None:
    xapi = application.xapi(f"store-{uuid4()}", app="homework")
    [one] = xapi.post(statement()).json()
    authority = xapi.get(statementId=one).json()["authority"]
    assert authority["objectType"] == "Agent"
    assert authority["account"]["name"] == "homework"


@pytest.mark.parametrize(("version", "said"), [("1.0.3", "1.0.0"), ("2.0.0", "2.0.0")])
def test_a_statement_without_version_gets_that_of_the_request(
    application: RunningApplication, version: str, said: str
) -> None:
    xapi = application.xapi(f"store-{uuid4()}", version=version)
    [one] = xapi.post(statement()).json()
    assert xapi.get(statementId=one).json()["version"] == said


# Malformed requests ------------------------------------------------------------------------------

GOOD = json.dumps(statement())
DEEP = '{"https://x.example":' * 70 + "1" + "}" * 70


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("", "$"),
        ("{", "$"),
        ("[" * 100_000, "$"),
        ('"statement"', "$"),
        ("null", "$"),
        ("[1]", "$[0]"),
        (GOOD.replace('"verb"', '"verb": {"id": "https://x.example"}, "verb"'), "$.verb"),
        (GOOD[:-1] + ', "result": {"extensions": ' + DEEP + "}}", "$"),
        (GOOD[:-1] + ', "result": {"score": {"raw": NaN}}}', "$"),
        (GOOD[:-1] + ', "result": {"success": "yes"}}', "$.result.success"),
        (GOOD[:-1] + ', "result": null}', "$.result"),
        (GOOD[:-1] + ', "Result": {}}', "$.Result"),
    ],
)
def test_a_body_that_is_no_statement_is_refused_and_the_connection_goes_on(
    xapi: XapiClient, body: str, path: str
) -> None:
    refused = error(xapi.post_raw(body.encode()), 400)
    assert refused["path"].startswith(path)
    assert refused["rule"]
    assert xapi.found() == []


def test_bytes_that_are_not_utf8_are_refused(xapi: XapiClient) -> None:
    error(xapi.post_raw(GOOD.encode().replace(b"ming", b"\xff\xfe")), 400)


def test_a_body_over_the_limit_is_refused_with_413(xapi: XapiClient) -> None:
    error(xapi.post_raw(b"[" + b" " * MAXIMUM_BODY + b"]"), 413)
    error(xapi.post_raw(b"[" + b" " * MAXIMUM_BODY * 5 + b"]"), 413)
    assert xapi.post(statement()).status_code == 200


def test_a_batch_over_the_limit_is_refused_with_413(xapi: XapiClient) -> None:
    error(xapi.post([statement() for _ in range(101)]), 413)
    assert xapi.found() == []


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("text/plain", 415), ("multipart/form-data; boundary=x", 400), (None, 400)],
)
def test_statements_that_do_not_come_as_json_are_refused(
    xapi: XapiClient, content_type: str | None, status: int
) -> None:
    error(xapi.post_raw(GOOD.encode(), headers={"Content-Type": content_type}), status)


@pytest.mark.parametrize(
    ("parameters", "name"),
    [
        ({"unknown": "1"}, "unknown"),
        ({"Verb": "https://x.example"}, "Verb"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"ascending": "yes"}, "ascending"),
        ({"since": "yesterday"}, "since"),
        ({"registration": "1"}, "registration"),
        ({"verb": "answered"}, "verb"),
        ({"activity": "item 1"}, "activity"),
        ({"format": "pretty"}, "format"),
        ({"agent": "{"}, "agent"),
        ({"agent": '{"objectType":"Agent"}'}, "agent"),
        ({"agent": '{"mbox":"mailto:a@b.example","name":"A","x":1}'}, "agent"),
        ({"statementId": "1"}, "statementId"),
        ({"cursor": "x"}, "cursor"),
    ],
)
def test_a_parameter_that_breaks_a_rule_is_refused_by_name(
    xapi: XapiClient, parameters: dict[str, str], name: str
) -> None:
    assert error(xapi.get(**parameters), 400)["path"].startswith(name)


def test_a_parameter_given_twice_is_refused(xapi: XapiClient) -> None:
    answer = xapi.request("GET", "/xapi/statements?limit=1&limit=2")
    assert error(answer, 400)["path"] == "limit"


@pytest.mark.parametrize("other", ["voidedStatementId", "agent", "limit", "since"])
def test_statement_id_stands_alone(xapi: XapiClient, other: str) -> None:
    values = {"voidedStatementId": statement_id(2), "agent": "{}", "limit": "1", "since": "2020"}
    error(xapi.get(statementId=statement_id(1), **{other: values[other]}), 400)


def test_statement_id_stands_with_format_and_attachments(xapi: XapiClient) -> None:
    [one] = xapi.post(statement()).json()
    assert xapi.get(statementId=one, format="exact", attachments="false").status_code == 200


# Credentials and versions ------------------------------------------------------------------------


@pytest.mark.parametrize("credential", [None, ("nobody", "nothing")])
def test_without_valid_credentials_nothing_is_served(
    application: RunningApplication, credential: tuple[str, str] | None
) -> None:
    anyone = XapiClient(application.client, credential)
    for answer in (
        anyone.get(),
        anyone.post(statement()),
        anyone.put(statement_id(1), statement()),
    ):
        error(answer, 401)
        assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_a_right_key_with_a_wrong_secret_is_refused(application: RunningApplication) -> None:
    key, secret = application.credential("district")
    wrong = XapiClient(application.client, (key, secret[:-1] + "?"))
    error(wrong.get(), 401)


@pytest.mark.parametrize(
    "header", ["Bearer x", "Basic", "Basic %%%", "Basic bm9jb2xvbg==", "Basic /w=="]
)
def test_an_authorization_that_is_not_basic_is_refused(
    application: RunningApplication, header: str
) -> None:
    anyone = XapiClient(application.client, None)
    error(anyone.request("GET", "/xapi/statements", headers={"Authorization": header}), 401)


def test_scopes_say_who_may_write_and_who_may_read(application: RunningApplication) -> None:
    store = f"store-{uuid4()}"
    writer = application.xapi(store, "statements/write")
    reader = application.xapi(store, "statements/read")
    assert writer.post(statement()).status_code == 200
    assert error(writer.get(), 403)["scopes"] == ["statements/write"]
    error(reader.post(statement()), 403)
    error(reader.put(statement_id(1), statement()), 403)
    assert len(reader.found()) == 1


def test_read_mine_shows_only_what_the_app_itself_posted(application: RunningApplication) -> None:
    store = f"store-{uuid4()}"
    own = application.xapi(store, "statements/write", "statements/read/mine", app="homework")
    other = application.xapi(store, "statements/write", app="clicker")
    [mine] = own.post(statement()).json()
    [theirs] = other.post(statement()).json()
    own.post(statement("teacher", "commented", reference(theirs), id=statement_id(3)))
    assert set(own.found()) == {mine, statement_id(3)}
    assert own.get(statementId=theirs).status_code == 404
    assert own.get(statementId=mine).status_code == 200


def test_a_revoked_credential_is_refused(application: RunningApplication) -> None:
    key, secret = application.credential("district")
    xapi = XapiClient(application.client, (key, secret))
    assert xapi.get().status_code == 200
    application.state.credentials.revoke(key)
    error(xapi.get(), 401)


def test_secrets_are_not_kept(application: RunningApplication) -> None:
    _, secret = application.credential("district")
    rows = application.state.record.statements.read("SELECT * FROM credentials")
    assert not any(secret in str(bytes(row["secret_hash"])) for row in rows)
    assert not any(secret in str(dict(row).values()) for row in rows)


@pytest.mark.parametrize("asked", [None, "0.95", "3.0.0", "1.0.3x", ""])
def test_a_request_without_a_version_spoken_here_is_refused(
    xapi: XapiClient, asked: str | None
) -> None:
    answer = xapi.request("GET", "/xapi/statements", headers={"X-Experience-API-Version": asked})
    error(answer, 400)
    assert answer.headers["X-Experience-API-Version"] == "2.0.0"


@pytest.mark.parametrize(("asked", "answered"), [("1.0.3", "1.0.3"), ("1.0", "1.0.3")])
def test_the_answer_names_the_version(xapi: XapiClient, asked: str, answered: str) -> None:
    answer = xapi.request("GET", "/xapi/statements", headers={"X-Experience-API-Version": asked})
    assert answer.headers["X-Experience-API-Version"] == answered


def test_about_names_both_versions_without_credentials(application: RunningApplication) -> None:
    answer = application.client.get("/xapi/about")
    assert answer.json()["version"] == ["1.0.3", "2.0.0"]
    assert "X-Experience-API-Version" in answer.headers


def test_what_is_not_there_answers_in_the_same_shape(application: RunningApplication) -> None:
    error(application.client.get("/xapi/nothing"), 404)
    error(application.client.delete("/xapi/statements"), 405)


# Reading -----------------------------------------------------------------------------------------


def test_every_answer_says_how_far_it_is_consistent(xapi: XapiClient) -> None:
    header = "X-Experience-API-Consistent-Through"
    [one] = xapi.post(statement()).json()
    page = xapi.get()
    assert page.headers[header] >= page.json()["statements"][0]["stored"]
    assert header in xapi.get(statementId=one).headers
    assert header in xapi.get(statementId=statement_id(404)).headers
    assert header in xapi.get(unknown="1").headers
    assert header in XapiClient(xapi.client, None).get().headers


def test_head_answers_as_get_without_a_body(xapi: XapiClient) -> None:
    xapi.post(statement())
    answer = xapi.request("HEAD", "/xapi/statements")
    assert answer.status_code == 200
    assert answer.content == b""


def test_each_filter_finds_its_statements(xapi: XapiClient) -> None:
    registration = str(uuid4())
    team = {"objectType": "Group", "member": [agent("wang")]}
    plain, other = xapi.post([statement(), statement("li", "viewed", "item/2")]).json()
    context = {
        "registration": registration,
        "instructor": agent("teacher"),
        "team": team,
        "contextActivities": {"grouping": [{"id": "https://district.example/lesson"}]},
    }
    [rich] = xapi.post(statement("zhao", "solved", "item/3", context=context)).json()
    group = {"objectType": "Group", "member": [agent("sun"), agent("li")]}
    [grouped] = xapi.post({**statement(verb="met", target="item/4"), "actor": group}).json()
    as_object = {**agent("teacher"), "objectType": "Agent"}
    [praised] = xapi.post(statement("head", "praised", as_object)).json()

    def about(name: str, **more: str) -> list[str]:
        return xapi.found(agent=json.dumps(agent(name)), **more)

    assert about("ming") == [plain]
    assert about("li") == [grouped, other]
    assert about("teacher") == [praised]
    assert about("teacher", related_agents="true") == [praised, rich]
    assert about("wang") == []
    assert about("wang", related_agents="true") == [rich]
    assert xapi.found(verb="https://district.example/verbs/viewed") == [other]
    assert xapi.found(activity="https://district.example/item/3") == [rich]
    assert xapi.found(activity="https://district.example/lesson") == []
    assert xapi.found(activity="https://district.example/lesson", related_activities="true") == [
        rich
    ]
    assert xapi.found(registration=registration.upper()) == [rich]
    assert about("li", verb="https://district.example/verbs/viewed") == [other]
    assert about("nobody") == []


def test_a_substatement_is_found_by_the_related_filters(xapi: XapiClient) -> None:
    inner = {**statement("li", "solved", "item/9"), "objectType": "SubStatement"}
    [one] = xapi.post(statement("ming", "planned", inner)).json()
    assert xapi.found(agent=json.dumps(agent("li"))) == []
    assert xapi.found(agent=json.dumps(agent("li")), related_agents="true") == [one]
    item = "https://district.example/item/9"
    assert xapi.found(activity=item) == []
    assert xapi.found(activity=item, related_activities="true") == [one]


def test_since_is_exclusive_and_until_inclusive(xapi: XapiClient) -> None:
    ids = xapi.post([statement(), statement(), statement()]).json()
    stored = [xapi.get(statementId=one).json()["stored"] for one in ids]
    assert xapi.found(since=stored[1]) == [ids[2]]
    assert xapi.found(until=stored[1]) == [ids[1], ids[0]]
    assert xapi.found(since=stored[0], until=stored[1], ascending="true") == [ids[1]]


def test_more_leads_through_every_page_and_keeps_the_filters(xapi: XapiClient) -> None:
    ids = xapi.post([statement("ming" if n % 2 else "li") for n in range(30)]).json()
    expected = [one for number, one in enumerate(ids) if number % 2][::-1]
    page = xapi.get(agent=json.dumps(agent("ming")), limit=4).json()
    seen = [one["id"] for one in page["statements"]]
    while page["more"]:
        page = xapi.request("GET", page["more"]).json()
        seen += [one["id"] for one in page["statements"]]
    assert seen == expected
    assert page["more"] == ""


def test_limit_0_and_a_limit_too_high_give_the_largest_page(xapi: XapiClient) -> None:
    xapi.post([statement() for _ in range(25)])
    assert len(xapi.found(limit=0)) == 20
    assert len(xapi.found(limit=1000)) == 20
    assert len(xapi.found(limit=3)) == 3


def test_a_voided_statement_is_found_as_voided_only(xapi: XapiClient) -> None:
    [one] = xapi.post(statement()).json()
    [void] = xapi.post(voiding(one)).json()
    assert xapi.get(statementId=one).status_code == 404
    assert xapi.get(voidedStatementId=one).json()["id"] == one
    assert xapi.get(voidedStatementId=void).status_code == 404
    assert xapi.found() == [void]


def test_a_voiding_statement_cannot_be_voided(xapi: XapiClient) -> None:
    [one] = xapi.post(statement()).json()
    [void] = xapi.post(voiding(one)).json()
    assert error(xapi.post(voiding(void)), 400)["path"] == "$.object.id"


def test_one_store_never_sees_anothers_statements(application: RunningApplication) -> None:
    one, other = application.xapi("school-one"), application.xapi("school-two")
    [mine] = one.post(statement()).json()
    assert other.get(statementId=mine).status_code == 404
    assert other.found(agent=json.dumps(agent("ming"))) == []
    assert other.post(statement("li", id=mine)).status_code == 200
    assert one.get(statementId=mine).json()["actor"] == agent("ming")


# Formats -----------------------------------------------------------------------------------------


def test_ids_shows_only_what_identifies(xapi: XapiClient) -> None:
    whole = statement(
        context={
            "instructor": {**agent("teacher"), "name": "Teacher"},
            "contextActivities": {"parent": {"id": "https://q.example", "definition": {}}},
        }
    )
    whole["actor"]["name"] = "Ming"
    whole["verb"]["display"] = {"en": "answered"}
    whole["object"]["definition"] = {"name": {"en": "Item"}}
    xapi.post(whole)
    [shown] = xapi.get(format="ids").json()["statements"]
    assert shown["actor"] == agent("ming")
    assert shown["verb"] == {"id": whole["verb"]["id"]}
    assert shown["object"] == {"id": whole["object"]["id"]}
    assert shown["context"]["instructor"] == agent("teacher")
    assert shown["context"]["contextActivities"] == {"parent": [{"id": "https://q.example"}]}


@pytest.mark.parametrize(
    ("accepted", "left"),
    [("zh-CN", "zh-CN"), ("en;q=0.5, zh;q=0.9", "zh-CN"), ("en-GB", "en"), ("fr", "en")],
)
def test_canonical_leaves_one_language_everywhere(
    xapi: XapiClient, accepted: str, left: str
) -> None:
    names = {"en": "Item", "zh-CN": "题目"}
    inner = {**statement("li"), "objectType": "SubStatement"}
    inner["object"]["definition"] = {"name": names}
    whole = statement("ming", "planned", inner)
    whole["verb"]["display"] = names
    xapi.post(whole)
    answer = xapi.request(
        "GET",
        "/xapi/statements",
        params={"format": "canonical"},
        headers={"Accept-Language": accepted},
    )
    [shown] = answer.json()["statements"]
    assert shown["verb"]["display"] == {left: names[left]}
    assert shown["object"]["object"]["definition"]["name"] == {left: names[left]}


def test_attachments_true_answers_multipart(xapi: XapiClient) -> None:
    [one] = xapi.post(statement()).json()
    answer = xapi.get(attachments="true")
    assert answer.headers["Content-Type"].startswith("multipart/mixed; boundary=")
    assert one.encode() in answer.content
