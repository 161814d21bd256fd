"""The Activities resource, and canonical statements: definitions as all statements make them."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.support.application import RunningApplication, XapiClient
from tests.support.records import statement

ITEM = "https://district.example/item/1"
OTHER = "https://district.example/item/2"


@pytest.fixture(params=["1.0.3", "2.0.0"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def about(definition: Any, activity: str = ITEM, **more: Any) -> dict[str, Any]:
    return statement(target={"id": activity, "definition": definition}, **more)


def ask(xapi: XapiClient, method: str = "GET", **parameters: str) -> httpx.Response:
    return xapi.request(method, "/xapi/activities", params=parameters)


def activity(xapi: XapiClient, activity_id: str = ITEM) -> Any:
    answer = ask(xapi, activityId=activity_id)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    return answer.json()


def test_an_activity_is_given_with_all_that_statements_say_of_it(xapi: XapiClient) -> None:
    kind = {"type": "https://t.example", "name": {"en": "Item"}}
    xapi.post([about(kind), about({"name": {"fr": "Question"}}), about({"name": {"fr": "Q"}})])
    assert activity(xapi) == {
        "objectType": "Activity",
        "id": ITEM,
        "definition": {"type": "https://t.example", "name": {"en": "Item", "fr": "Q"}},
    }


def test_an_activity_nobody_has_defined_is_given_bare(xapi: XapiClient) -> None:
    xapi.post(statement())
    assert activity(xapi) == {"objectType": "Activity", "id": ITEM}
    assert activity(xapi, OTHER) == {"objectType": "Activity", "id": OTHER}


@pytest.mark.parametrize("activity_id", [f"{ITEM}/../2", "HTTPS://District.example/%7e?a=b#题"])
def test_an_id_is_taken_letter_by_letter(xapi: XapiClient, activity_id: str) -> None:
    xapi.post(about({"name": {"en": "as written"}}, activity_id))
    found = activity(xapi, activity_id)
    assert found["id"] == activity_id
    assert found["definition"] == {"name": {"en": "as written"}}


def test_a_batch_that_is_refused_defines_nothing(xapi: XapiClient) -> None:
    wrong = about({"name": {"en": "wrong"}})
    assert xapi.post([wrong, {**wrong, "verb": {"id": "wrong"}}]).status_code == 400
    assert activity(xapi) == {"objectType": "Activity", "id": ITEM}


@pytest.mark.parametrize("given", [{}, {"activityId": "item"}, {"activityId": ""}])
def test_an_activity_is_asked_for_by_an_iri(xapi: XapiClient, given: dict[str, str]) -> None:
    answer = ask(xapi, **given)
    assert answer.status_code == 400
    assert answer.json()["error"]["path"] == "activityId"


@pytest.mark.parametrize("name", ["activityid", "ActivityId", "agent", "since"])
def test_other_parameters_are_refused(xapi: XapiClient, name: str) -> None:
    answer = ask(xapi, **{"activityId": ITEM, name: ITEM})
    assert answer.status_code == 400
    assert answer.json()["error"]["path"] == name


def test_head_and_entity_tags_work_as_they_do_for_documents(xapi: XapiClient) -> None:
    xapi.post(about({"name": {"en": "Item"}}))
    get, head = ask(xapi, activityId=ITEM), ask(xapi, "HEAD", activityId=ITEM)
    assert (head.status_code, head.headers["ETag"]) == (200, get.headers["ETag"])
    known = {"If-None-Match": get.headers["ETag"]}
    parameters = {"activityId": ITEM}
    again = xapi.request("GET", "/xapi/activities", params=parameters, headers=known)
    assert again.status_code == 304
    xapi.post(about({"name": {"en": "Another"}}))
    again = xapi.request("GET", "/xapi/activities", params=parameters, headers=known)
    assert again.status_code == 200


def test_stores_are_apart(application: RunningApplication, xapi: XapiClient) -> None:
    xapi.post(about({"name": {"en": "ours"}}))
    theirs = application.xapi(f"store-{uuid4()}")
    assert activity(theirs) == {"objectType": "Activity", "id": ITEM}
    theirs.post(about({"name": {"en": "theirs"}}))
    assert activity(xapi)["definition"] == {"name": {"en": "ours"}}


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ("all", 200),
        ("all/read", 200),
        ("statements/read", 200),
        ("define", 200),
        ("statements/read/mine", 403),
        ("statements/write", 403),
        ("state", 403),
        ("profile", 403),
    ],
)
def test_scopes_say_who_may_ask(
    application: RunningApplication, store: str, scope: str, status: int
) -> None:
    assert ask(application.xapi(store, scope), activityId=ITEM).status_code == status


def test_an_app_that_may_not_define_defines_nothing(
    application: RunningApplication, xapi: XapiClient, store: str
) -> None:
    xapi.post(about({"name": {"en": "right"}}))
    writer = application.xapi(store, "statements/write", app="guest")
    [one] = writer.post(about({"name": {"en": "wrong"}})).json()
    assert activity(xapi)["definition"] == {"name": {"en": "right"}}
    kept = xapi.get(statementId=one).json()
    assert kept["object"]["definition"] == {"name": {"en": "wrong"}}
    definer = application.xapi(store, "statements/write", "define", app="author")
    definer.post(about({"name": {"en": "newer"}}))
    assert activity(xapi)["definition"] == {"name": {"en": "newer"}}


# Canonical statements ----------------------------------------------------------------------------


def canonical(xapi: XapiClient, accepted: str = "", **parameters: str) -> Any:
    answer = xapi.request(
        "GET",
        "/xapi/statements",
        params={"format": "canonical", **parameters},
        headers={"Accept-Language": accepted},
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_canonical_statements_have_the_merged_definition_in_one_language(xapi: XapiClient) -> None:
    parent = {"contextActivities": {"parent": [{"id": OTHER}]}}
    first = about({"name": {"en": "Item", "zh-CN": "题"}})
    [one] = xapi.post(first | {"context": parent}).json()
    xapi.post(about({"name": {"zh-CN": "题目"}, "type": "https://t.example"}))
    xapi.post(about({"name": {"fr": "Autre", "en": "Other"}}, OTHER))
    merged = {"name": {"zh-CN": "题目"}, "type": "https://t.example"}
    for shown in (
        canonical(xapi, "zh-Hans-CN, fr;q=0.5", statementId=one),
        canonical(xapi, "zh-Hans-CN, fr;q=0.5")["statements"][-1],
    ):
        assert shown["id"] == one
        assert shown["object"] == {"id": ITEM, "definition": merged}
        [shown_parent] = shown["context"]["contextActivities"]["parent"]
        assert shown_parent == {"id": OTHER, "definition": {"name": {"fr": "Autre"}}}
    exact = xapi.get(statementId=one).json()
    assert exact["object"] == first["object"]
    assert exact["context"] == parent


def test_canonical_keeps_a_definition_that_does_not_count_where_there_is_no_other(
    application: RunningApplication, xapi: XapiClient, store: str
) -> None:
    guest = application.xapi(store, "statements/write", app="guest")
    [one] = guest.post(about({"name": {"en": "guessed", "fr": "deviné"}})).json()
    assert canonical(xapi, "fr", statementId=one)["object"]["definition"] == {
        "name": {"fr": "deviné"}
    }
    xapi.post(about({"name": {"en": "defined"}}))
    assert canonical(xapi, "fr", statementId=one)["object"]["definition"] == {
        "name": {"en": "defined"}
    }


def test_who_may_read_only_its_own_sees_no_definition_of_others(
    application: RunningApplication, xapi: XapiClient, store: str
) -> None:
    guest = application.xapi(store, "statements/write", "statements/read/mine", app="guest")
    [one] = guest.post(about({"name": {"en": "guessed", "fr": "deviné"}})).json()
    xapi.post(about({"name": {"fr": "secret"}}))
    assert canonical(guest, "fr", statementId=one)["object"]["definition"] == {
        "name": {"fr": "deviné"}
    }


def test_canonical_takes_no_definition_of_another_store(
    application: RunningApplication, xapi: XapiClient
) -> None:
    application.xapi(f"store-{uuid4()}").post(about({"name": {"en": "theirs"}}))
    [one] = xapi.post(statement()).json()
    assert canonical(xapi, "en", statementId=one)["object"] == {"id": ITEM}
