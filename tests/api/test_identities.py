"""Accounts are linked to persons over HTTP, and portraits show what a person did in all of them."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.backends import BACKENDS
from tests.support.histories import SCHOOL, answer, person_key

AN, BO, CHEN = map(person_key, ("an", "bo", "chen"))


@pytest.fixture(scope="module", params=BACKENDS)
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    """The application on each backend, with a carrier."""
    with application_of(request, failed_logins_per_minute=0) as running:
        yield running


@pytest.fixture
def xapi(application: RunningApplication, store: str) -> XapiClient:
    return application.xapi(store, version="1.0.3")


def link(xapi: XapiClient, account: str, person: str) -> Any:
    return xapi.request("POST", "/v1/identities", json={"account": account, "person": person})


def unlink(xapi: XapiClient, account: str) -> Any:
    return xapi.request("DELETE", "/v1/identities", params={"account": account})


def accounts(xapi: XapiClient, account: str) -> tuple[str, list[str]]:
    found = xapi.request("GET", "/v1/identities", params={"account": account})
    assert found.status_code == 200, found.text
    return found.json()["person"], [one["account"] for one in found.json()["accounts"]]


def students(xapi: XapiClient, position: int) -> dict[str, int]:
    listed = xapi.request("GET", "/v1/students", params={"after": position})
    assert listed.status_code == 200, listed.text
    return {one["person"]: one["facts"] for one in listed.json()["students"]}


def portrait(xapi: XapiClient, account: str) -> tuple[str, int]:
    found = xapi.request("GET", f"/v1/portraits/students/{quote(account, safe='')}")
    assert found.status_code == 200, found.text
    days = found.json()["activity"]["days"]
    return found.json()["person"], sum(day["actions"] for day in days)


def test_what_a_person_did_in_two_apps_is_one_portrait_until_the_account_is_unlinked(
    xapi: XapiClient,
) -> None:
    did = [answer(person="an"), answer(person="bo", after=timedelta(minutes=1))]
    for one in did:
        del one["stored"], one["authority"]
    posted = int(xapi.post(did).headers["X-Xueji-Position"])
    assert students(xapi, posted) == {AN: 1, BO: 1}
    linked = link(xapi, BO, AN)
    assert linked.json() == {"position": posted + 1, "changed": 1}
    assert linked.headers["X-Xueji-Position"] == str(posted + 1)
    assert students(xapi, posted + 1) == {AN: 2}
    assert portrait(xapi, AN) == portrait(xapi, BO) == (AN, 2)
    unlinked = unlink(xapi, BO)
    assert students(xapi, unlinked.json()["position"]) == {AN: 1, BO: 1}


def test_what_apps_keep_is_shown_with_the_person_whichever_account_it_is_about(
    xapi: XapiClient,
) -> None:
    agent = json.dumps({"account": {"homePage": SCHOOL, "name": "bo"}})
    about = {"activityId": "https://a.example", "agent": agent, "stateId": "page"}
    xapi.request("PUT", "/xapi/activities/state", params=about, json={"page": 1})
    position = link(xapi, BO, AN).json()["position"]
    path = f"/v1/students/{quote(AN, safe='')}/documents"
    found = xapi.request("GET", path, params={"after": position})
    assert [one["id"] for one in found.json()["documents"]] == ["page"], found.text


def test_the_accounts_of_a_person_are_told_whichever_is_asked_for(xapi: XapiClient) -> None:
    assert link(xapi, BO, AN).status_code == link(xapi, CHEN, AN).status_code == 200
    assert accounts(xapi, AN) == accounts(xapi, BO) == (AN, [BO, CHEN])
    unlink(xapi, BO)
    assert accounts(xapi, AN) == (AN, [CHEN])
    assert accounts(xapi, BO) == (BO, [])


def test_linking_twice_changes_nothing_and_tells_when_it_changed(xapi: XapiClient) -> None:
    first = link(xapi, BO, AN).json()
    assert link(xapi, BO, AN).json() == {"position": first["position"], "changed": 0}
    assert unlink(xapi, CHEN).json() == {"position": 0, "changed": 0}


def test_a_chain_is_refused_and_so_is_what_names_nobody(xapi: XapiClient) -> None:
    link(xapi, BO, AN)
    chain = link(xapi, AN, CHEN)
    assert chain.status_code == 409
    assert "other accounts are linked to it" in chain.json()["error"]["message"]
    assert link(xapi, "s1", AN).status_code == 400
    assert link(xapi, CHEN, CHEN).status_code == 400
    assert unlink(xapi, "").status_code == 400
    body = xapi.request("POST", "/v1/identities", json={"account": BO})
    assert body.status_code == 400
    assert "`person`" in body.json()["error"]["message"]


def test_who_may_only_post_or_read_links_nobody_and_stores_are_apart(
    application: RunningApplication, store: str, xapi: XapiClient
) -> None:
    link(xapi, BO, AN)
    for scope in ("statements/write", "all/read", "projections/read", "define"):
        other = application.xapi(store, scope)
        assert link(other, CHEN, AN).status_code == 403
        assert unlink(other, BO).status_code == 403
    assert accounts(application.xapi(store, "projections/read"), BO) == (AN, [BO])
    assert accounts(application.xapi(f"{store}-other"), BO) == (BO, [])
    assert link(application.xapi(store, "operate"), CHEN, AN).status_code == 200
