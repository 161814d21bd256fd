"""One store never shows, changes or gives away anything to another, though that one tries.

Everything the first store keeps has a secret word in it. The second knows every id, name, hash and
link of the first; whatever it asks, the word must not come back, and the first must stay as it is.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import pytest

from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.backends import BACKENDS
from tests.support.multipart import attachment, data_part, parts_of, post, sha256
from tests.support.records import agent, reference, statement, statement_id, voiding

SECRET = "geheimwort"
ACTIVITY = "https://district.example/item/1"
GROUPING = "https://district.example/lesson/1"
REGISTRATION = str(uuid4())
VERB = "https://district.example/verbs/answered"
ESSAY = f"the {SECRET} essay".encode()
FIRST, LAST, VOIDED, WITH_DATA = (statement_id(number) for number in (1, 5, 6, 7))
AGENT = json.dumps(agent("ming"))
DOCUMENTS = (
    ("/xapi/activities/state", {"activityId": ACTIVITY, "agent": AGENT}, "stateId"),
    ("/xapi/activities/profile", {"activityId": ACTIVITY}, "profileId"),
    ("/xapi/agents/profile", {"agent": AGENT}, "profileId"),
)
NAME = "bookmark"
ANY_NEW = {"If-None-Match": "*"}
PERSON = "account:https://district.example|ming"


@pytest.fixture(scope="module", params=BACKENDS)
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request) as running:
        yield running


class Stranger(XapiClient):
    """A client of the second store, which must never be told the secret."""

    def request(self, method: str, path: str, **given: Any) -> httpx.Response:
        answer = super().request(method, path, **given)
        told = answer.content + str(answer.headers).encode()
        assert SECRET.encode() not in told, f"{method} {path} gave it away"
        return answer


@pytest.fixture(scope="module")
def owner(application: RunningApplication) -> XapiClient:
    """A client of the first store, which has something of everything."""
    owner = application.xapi(f"owner-{uuid4()}", app=f"app-{SECRET}")
    definition = {"name": {"en": f"Item {SECRET}"}}
    whole = statement(
        target={"id": ACTIVITY, "definition": definition},
        result={"response": SECRET},
        context={
            "registration": REGISTRATION,
            "instructor": {**agent("teacher"), "name": SECRET},
            "contextActivities": {"grouping": [{"id": GROUPING, "definition": definition}]},
        },
    )
    whole["actor"] = {**agent("ming"), "name": f"Ming {SECRET}"}
    batch = [{**whole, "id": statement_id(number)} for number in range(1, 7)]
    assert owner.post(batch).status_code == 200
    assert owner.post(voiding(VOIDED)).status_code == 200
    with_data = {**whole, "id": WITH_DATA, "attachments": [attachment(ESSAY)]}
    assert post(owner, with_data, data_part(ESSAY)).status_code == 200
    for path, scope, id_name in DOCUMENTS:
        answer = owner.request(
            "PUT",
            path,
            params={**scope, id_name: NAME},
            json={"kept": SECRET},
            headers=ANY_NEW,
        )
        assert answer.status_code == 204, answer.text
    return owner


@pytest.fixture
def stranger(application: RunningApplication) -> Stranger:
    return Stranger(application.client, application.credential(f"stranger-{uuid4()}"))


def all_of(owner: XapiClient) -> list[Any]:
    """Everything the first store answers about itself."""
    asked: list[tuple[str, dict[str, str]]] = [
        ("/xapi/statements", {"ascending": "true"}),
        ("/xapi/statements", {"agent": AGENT}),
        ("/xapi/statements", {"activity": GROUPING, "related_activities": "true"}),
        ("/xapi/statements", {"statementId": FIRST}),
        ("/xapi/statements", {"voidedStatementId": VOIDED}),
        ("/xapi/activities", {"activityId": ACTIVITY}),
        ("/xapi/agents", {"agent": AGENT}),
        *((path, scope) for path, scope, _ in DOCUMENTS),
        *((path, {**scope, id_name: NAME}) for path, scope, id_name in DOCUMENTS),
    ]
    answers = [owner.request("GET", path, params=parameters) for path, parameters in asked]
    assert {answer.status_code for answer in answers} == {200}
    data = parts_of(owner.get(statementId=WITH_DATA, attachments="true"))
    etags = [answer.headers.get("ETag") for answer in answers]
    return [[answer.content for answer in answers], etags, [part.data for part in data]]


def unharmed(owner: XapiClient, attack: Callable[[], Any]) -> None:
    """Do something that must not change anything in the first store."""
    before = all_of(owner)
    attack()
    assert all_of(owner) == before
    assert SECRET in str(before)


# Statements --------------------------------------------------------------------------------------


@pytest.mark.parametrize("one", [FIRST, LAST, VOIDED, WITH_DATA])
@pytest.mark.parametrize("parameter", ["statementId", "voidedStatementId"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_known_id_finds_nothing(
    owner: XapiClient, stranger: Stranger, one: str, parameter: str, method: str
) -> None:
    for more in ({}, {"attachments": "true"}, {"format": "exact"}):
        answer = stranger.request(method, "/xapi/statements", params={parameter: one, **more})
        assert answer.status_code == 404


@pytest.mark.parametrize(
    "filters",
    [
        {},
        {"agent": AGENT},
        {"agent": json.dumps(agent("teacher")), "related_agents": "true"},
        {"verb": VERB},
        {"activity": ACTIVITY},
        {"activity": GROUPING, "related_activities": "true"},
        {"registration": REGISTRATION},
        {"since": "2000-01-01T00:00:00Z", "until": "2999-01-01T00:00:00Z"},
        {"agent": AGENT, "verb": VERB, "activity": ACTIVITY},
        {"limit": "1000", "ascending": "true"},
        {"attachments": "true"},
        {"cursor": "1"},
        {"cursor": "1000000000", "ascending": "false"},
    ],
)
def test_no_filter_finds_anything(
    owner: XapiClient, stranger: Stranger, filters: dict[str, str]
) -> None:
    answer = stranger.get(**filters)
    content = parts_of(answer)[0].data if "attachments" in filters else answer.content
    assert json.loads(content) == {"statements": [], "more": ""}


def test_a_more_link_shows_whoever_follows_it_their_own(
    owner: XapiClient, stranger: Stranger
) -> None:
    [own] = stranger.post(statement()).json()
    for ascending in ("false", "true"):
        more = owner.get(limit="2", ascending=ascending).json()["more"]
        assert owner.request("GET", more).json()["statements"]
        shown = stranger.request("GET", more).json()
        assert [one["id"] for one in shown["statements"]] in ([], [own])
        assert shown["more"] == ""


def test_no_cursor_leads_to_another_store(owner: XapiClient, stranger: Stranger) -> None:
    last = int(owner.post(statement()).headers["X-Xueji-Position"])
    for cursor in range(max(0, last - 20), last + 2):
        for ascending in ("false", "true"):
            shown = stranger.get(cursor=cursor, ascending=ascending, limit=1).json()
            assert shown == {"statements": [], "more": ""}


def test_an_id_may_be_in_both_stores_with_other_content(
    owner: XapiClient, stranger: Stranger
) -> None:
    def attack() -> None:
        for one in (FIRST, VOIDED, WITH_DATA):
            assert stranger.put(one, statement("li")).status_code == 204
            assert stranger.get(statementId=one).json()["actor"] == agent("li")
        assert stranger.post([statement("li", id=LAST)]).status_code == 200

    unharmed(owner, attack)


def test_voiding_reaches_into_no_other_store(owner: XapiClient, stranger: Stranger) -> None:
    def attack() -> None:
        stranger.post([voiding(FIRST), voiding(WITH_DATA)])
        # What comes later under that id is voided here; there it never was.
        stranger.put(FIRST, statement("li"))
        assert stranger.get(statementId=FIRST).status_code == 404
        assert stranger.get(voidedStatementId=FIRST).status_code == 200

    unharmed(owner, attack)


def test_a_voided_id_is_not_voided_elsewhere(owner: XapiClient, stranger: Stranger) -> None:
    assert stranger.put(VOIDED, statement("li")).status_code == 204
    assert stranger.get(statementId=VOIDED).status_code == 200


def test_a_reference_finds_nothing_by_what_it_refers_to_elsewhere(
    owner: XapiClient, stranger: Stranger
) -> None:
    def refer() -> None:
        stranger.post([statement("li", "praised", reference(one)) for one in (FIRST, VOIDED)])

    def by_target() -> list[str]:
        found = stranger.found(agent=AGENT) + stranger.found(verb=VERB)
        found += stranger.found(activity=ACTIVITY) + stranger.found(registration=REGISTRATION)
        return found + stranger.found(activity=GROUPING, related_activities="true")

    unharmed(owner, refer)
    assert by_target() == []
    owner.post(statement(id=statement_id(50)))
    stranger.post(statement("li", "praised", reference(statement_id(50))))
    stranger.post(statement("li", "praised", reference(statement_id(51))))  # before its target
    owner.post(statement(id=statement_id(51)))
    assert by_target() == []


def test_a_reference_from_elsewhere_is_found_by_nobody_here(
    owner: XapiClient, stranger: Stranger
) -> None:
    """Nor are the terms of another store's statement taken over by ours."""
    owner.post(statement("li", "praised", reference(statement_id(60)), id=statement_id(61)))
    stranger.put(statement_id(60), statement("sun", "solved", "item/9"))
    assert owner.found(agent=json.dumps(agent("sun"))) == []
    assert owner.found(activity="https://district.example/item/9") == []


# Attachments -------------------------------------------------------------------------------------


def test_a_known_hash_opens_no_attachment(owner: XapiClient, stranger: Stranger) -> None:
    known = attachment(ESSAY)
    alone = stranger.post(statement(attachments=[known]))
    assert alone.status_code == 400, "data that isn't sent can't be taken from elsewhere"
    linked = {**known, "fileUrl": "https://files.example/essay"}
    [one] = stranger.post(statement(attachments=[linked])).json()
    assert len(parts_of(stranger.get(statementId=one, attachments="true"))) == 1
    other = b"something else"
    mixed = statement(attachments=[linked, attachment(other)])
    [two] = post(stranger, mixed, data_part(other)).json()
    parts = parts_of(stranger.get(statementId=two, attachments="true"))
    assert [part.data for part in parts[1:]] == [other]


def test_other_data_under_a_known_hash_changes_nothing(
    owner: XapiClient, stranger: Stranger
) -> None:
    def attack() -> None:
        forged = data_part(b"forged", sha2=sha256(ESSAY))
        answer = post(stranger, statement(attachments=[attachment(ESSAY)]), forged)
        assert answer.status_code == 400

    unharmed(owner, attack)


# Documents ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("path", "scope", "id_name"), DOCUMENTS)
def test_documents_are_not_found_by_another_store(
    owner: XapiClient, stranger: Stranger, path: str, scope: dict[str, str], id_name: str
) -> None:
    for method in ("GET", "HEAD"):
        one = stranger.request(method, path, params={**scope, id_name: NAME})
        assert one.status_code == 404
        listed = stranger.request(method, path, params=scope)
        assert listed.content in (b"[]", b"")
    since = stranger.request("GET", path, params={**scope, "since": "2000-01-01T00:00:00Z"})
    assert since.json() == []


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize(("path", "scope", "id_name"), DOCUMENTS)
def test_documents_are_not_changed_by_another_store(
    owner: XapiClient,
    stranger: Stranger,
    path: str,
    scope: dict[str, str],
    id_name: str,
    version: str,
) -> None:
    stranger.version = version
    one = {**scope, id_name: NAME}
    etag = owner.request("GET", path, params=one).headers["ETag"]

    def ask(method: str, parameters: dict[str, str] = one, **given: Any) -> int:
        return stranger.request(method, path, params=parameters, **given).status_code

    def attack() -> None:
        stolen = {"If-Match": etag}
        assert ask("PUT", json={"forged": 1}, headers=stolen) == 412
        if version == "2.0.0":
            assert ask("POST", json={"forged": 1}, headers=stolen) == 412
            assert ask("DELETE", headers=stolen) == 412
        assert ask("PUT", json={"forged": 1}, headers=ANY_NEW) == 204, "here it is new"
        assert ask("POST", json={"more": 2}) == 204
        merged = stranger.request("GET", path, params=one).json()
        assert merged == {"forged": 1, "more": 2}
        assert ask("DELETE") == 204
        ask("DELETE", scope)

    unharmed(owner, attack)


# Activities and agents ---------------------------------------------------------------------------


def test_definitions_are_each_stores_own(owner: XapiClient, stranger: Stranger) -> None:
    def asked() -> Any:
        return stranger.request("GET", "/xapi/activities", params={"activityId": ACTIVITY}).json()

    assert "definition" not in asked()
    forged = {"name": {"en": "Forged"}, "description": {"en": "Forged"}}

    def attack() -> None:
        stranger.post(statement(target={"id": ACTIVITY, "definition": forged}))
        assert asked()["definition"] == forged

    unharmed(owner, attack)
    shown = stranger.get(format="canonical").json()["statements"][0]
    assert shown["object"]["definition"]["name"] == {"en": "Forged"}


def test_names_of_people_are_each_stores_own(owner: XapiClient, stranger: Stranger) -> None:
    def names() -> list[str]:
        person = stranger.request("GET", "/xapi/agents", params={"agent": AGENT}).json()
        return list(person.get("name", []))

    assert names() == []

    def attack() -> None:
        stranger.post({**statement(), "actor": {**agent("ming"), "name": "Forged"}})
        assert names() == ["Forged"]

    unharmed(owner, attack)


# Projections -------------------------------------------------------------------------------------


def test_portraits_are_each_stores_own(
    application: RunningApplication, owner: XapiClient, stranger: Stranger
) -> None:
    after = {"after": str(application.state.record.last_position())}
    mine = owner.request("GET", "/v1/students", params=after)
    assert SECRET in mine.text
    students = stranger.request("GET", "/v1/students", params=after).json()
    assert PERSON not in str(students)
    cursor = owner.request("GET", "/v1/students", params={"limit": "1"}).json().get("next")
    for parameters in ({"search": "ming"}, {"search": SECRET}, {"cursor": cursor or ""}):
        stranger.request("GET", "/v1/students", params=parameters)
    portrait = f"/v1/portraits/students/{PERSON}"
    assert stranger.request("GET", f"{portrait}?{urlencode(after)}").status_code == 404
    documents = stranger.request("GET", f"/v1/students/{PERSON}/documents")
    assert documents.json()["documents"] == []
    stranger.request("GET", "/v1/status")


# The other way in --------------------------------------------------------------------------------


def test_the_alternate_syntax_crosses_no_border(owner: XapiClient, stranger: Stranger) -> None:
    stranger.version = "1.0.3"

    def ask(method: str, path: str, form: dict[str, str]) -> httpx.Response:
        return stranger.request("POST", path, params={"method": method}, data=form)

    def attack() -> None:
        assert ask("GET", "/xapi/statements", {"statementId": FIRST}).status_code == 404
        content = json.dumps(statement("li"))
        form = {"statementId": FIRST, "content": content}
        assert ask("PUT", "/xapi/statements", form).status_code == 204
        for path, scope, id_name in DOCUMENTS:
            assert ask("GET", path, {**scope, id_name: NAME}).status_code == 404
            assert ask("DELETE", path, {**scope, id_name: NAME}).status_code in (204, 404)

    unharmed(owner, attack)
