"""The register of apps: what each has brought, how often it was refused, and who may see which."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from api.services import Services
from lrs import holders
from lrs.holders import Holder
from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.backends import BACKENDS
from tests.support.records import statement, statement_id

ANSWERED = "http://adlnet.gov/expapi/verbs/answered"
SCHOOL = "https://xueji.dev/xapi/teaching-cycle/extensions/school"


@pytest.fixture(scope="module", params=BACKENDS)
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request, failed_logins_per_minute=0) as running:
        yield running


@pytest.fixture
def services(application: RunningApplication) -> Services:
    services: Services = application.state.services
    return services


def client_of(
    application: RunningApplication, store: str, app: str, *scopes: str, **more: str
) -> XapiClient:
    made, secret = application.state.credentials.add(store, app, scopes or ("all",), **more)
    return XapiClient(application.client, (made.key, secret))


def register(client: XapiClient) -> dict[str, dict[str, Any]]:
    answer = client.request("GET", "/v1/apps")
    assert answer.status_code == 200, answer.text
    return {one["app"]: one for one in answer.json()["apps"]}


def carried(services: Services, position: str) -> None:
    until = time.monotonic() + 60
    while services.position(services.generation) < int(position):
        assert time.monotonic() < until
        time.sleep(0.02)


def test_an_app_is_registered_with_what_it_brought(
    application: RunningApplication, store: str, services: Services
) -> None:
    clicker = client_of(application, store, "clicker", vendor="Vendor 甲", title="抢答器")
    school = {"context": {"extensions": {SCHOOL: "school-7"}}}
    posted = clicker.post(
        [
            statement("ming", ANSWERED, timestamp="2020-01-01T00:00:00Z", **school),
            statement("ming", "https://x.example/unknown", id=statement_id(1)),
            statement("hong", ANSWERED, **school),
        ]
    )
    carried(services, posted.headers["X-Xueji-Position"])
    one = register(clicker)["clicker"]
    assert (one["vendor"], one["title"], one["credentials"]) == ("Vendor 甲", "抢答器", 1)
    assert (one["statements"], one["statements_last_30_days"], one["persons"]) == (3, 2, 2)
    assert [(each["action"], each["zh"], each["facts"]) for each in one["actions"]] == [
        ("answer", "作答", 2),
        ("other", "其他", 1),
    ]
    assert one["unread"] == pytest.approx(1 / 3)
    assert one["schools"] == ["school-7"]
    assert one["last_seen"] is not None


def test_what_was_voided_is_no_longer_counted(
    application: RunningApplication, store: str, services: Services
) -> None:
    clicker = client_of(application, store, "clicker")
    one = "11111111-2222-4333-8444-555555555555"
    clicker.post(statement("ming", ANSWERED, id=one))
    gone = {"objectType": "StatementRef", "id": one}
    posted = clicker.post(statement("t", "http://adlnet.gov/expapi/verbs/voided", gone))
    carried(services, posted.headers["X-Xueji-Position"])
    assert register(clicker)["clicker"]["statements"] == 0


def test_refusals_are_counted_by_status_and_rule_and_show_that_the_app_was_seen(
    application: RunningApplication, store: str
) -> None:
    reader = client_of(application, store, "evaluation", "projections/read")
    clicker = client_of(application, store, "clicker", "statements/write")
    assert clicker.post(statement("ming", verb="no:iri at all")).status_code == 400
    assert clicker.post_raw(b"{not json").status_code == 400
    assert clicker.get().status_code == 403
    assert clicker.post(statement("ming", ANSWERED)).status_code == 200
    one = register(reader)["clicker"]
    for span in ("last_24_hours", "last_30_days"):
        requests = one["requests"][span]
        assert (requests["requests"], requests["refused"]) == (4, 3)
        assert requests["error_rate"] == 0.75
        assert requests["statuses"] == {"400": 2, "403": 1}
        assert [each["refused"] for each in requests["rules"]] == [1, 1]
        assert "JSON is well-formed" in [each["rule"] for each in requests["rules"]]
    assert "no:iri" not in json.dumps(one)


def test_an_app_that_only_failed_is_seen_all_the_same(
    application: RunningApplication, store: str
) -> None:
    reader = client_of(application, store, "evaluation", "projections/read")
    silent = client_of(application, store, "silent", "statements/write")
    assert register(reader)["silent"]["last_seen"] is None
    silent.post_raw(b"")
    one = register(reader)["silent"]
    assert one["last_seen"] is not None
    assert (one["statements"], one["unread"], one["last_event"]) == (0, None, None)
    assert one["requests"]["last_24_hours"]["error_rate"] == 1.0


def test_that_there_is_no_document_yet_is_no_error(
    application: RunningApplication, store: str
) -> None:
    clicker = client_of(application, store, "clicker")
    where = {"activityId": "https://x.example/a", "stateId": "s", "agent": "{}"}
    where["agent"] = json.dumps(statement("ming")["actor"])
    answer = clicker.request("GET", "/xapi/activities/state", params=where)
    assert answer.status_code == 404
    requests = register(clicker)["clicker"]["requests"]["last_24_hours"]
    assert (requests["statuses"], requests["refused"]) == ({"404": 1}, 0)


def test_who_is_kept_from_asking_by_a_rate_is_counted(
    application: RunningApplication, store: str
) -> None:
    reader = client_of(application, store, "evaluation", "projections/read")
    made, secret = application.state.credentials.add(store, "eager", ("all",), rate=0.01)
    eager = XapiClient(application.client, (made.key, secret))
    statuses = [eager.get().status_code for _ in range(3)]
    assert statuses[-1] == 429
    one = register(reader)["eager"]["requests"]["last_24_hours"]
    assert one["statuses"] == {"429": statuses.count(429)}


def test_a_wrong_secret_is_not_held_against_the_app(
    application: RunningApplication, store: str
) -> None:
    clicker = client_of(application, store, "clicker")
    key, _ = clicker.credential or ("", "")
    assert XapiClient(application.client, (key, "guessed")).get().status_code == 401
    assert register(clicker)["clicker"]["requests"]["last_24_hours"]["refused"] == 0


def test_who_may_only_post_sees_its_own_app_and_no_other(
    application: RunningApplication, store: str
) -> None:
    client_of(application, store, "homework")
    clicker = client_of(application, store, "clicker", "statements/write")
    assert set(register(clicker)) == {"clicker"}


def test_a_store_sees_no_app_of_another(application: RunningApplication, store: str) -> None:
    client_of(application, f"{store}-other", "homework").get()
    clicker = client_of(application, store, "clicker")
    clicker.get()
    assert set(register(clicker)) == {"clicker"}


def test_who_has_neither_scope_sees_no_register(
    application: RunningApplication, store: str
) -> None:
    state = client_of(application, store, "clicker", "state")
    assert state.request("GET", "/v1/apps").status_code == 403


def test_an_operator_sees_the_register_of_the_store_that_is_named(
    application: RunningApplication, store: str
) -> None:
    client_of(application, store, "clicker")
    operator = client_of(application, "operators", "operating", "operate")
    answer = operator.request("GET", "/v1/apps", params={"store": store})
    assert [one["app"] for one in answer.json()["apps"]] == ["clicker"]


def test_what_a_person_asks_is_counted_of_no_app(
    application: RunningApplication, store: str
) -> None:
    teacher = Holder(holders.TEACHER, person="account:https://id.example.cn|t1")
    made, secret = application.state.credentials.add(store, "evaluation", (), holder=teacher)
    person = XapiClient(application.client, (made.key, secret))
    assert person.request("GET", "/v1/apps").status_code == 403
    application.state.request_counts.flush()
    assert application.state.request_counts.of_store(store, 24) == {}
