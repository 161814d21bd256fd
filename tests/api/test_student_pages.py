"""What a student's page asks for over HTTP: portrait, mistake book, homework plan, evidence."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest
from pydantic import ValidationError

from api.settings import Settings
from lrs.holders import Holder
from projections.portraits.homework import DAILY_MINUTES
from projections.vocabulary import (
    EXTENSION_PHASE,
    EXTENSION_SUBJECT,
    TYPE_BADGE,
    TYPE_KNOWLEDGE_POINT,
    TYPE_LESSON,
    VERB_ANSWERED,
    VERB_EARNED,
)
from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.records import agent, agent_key

MING, HONG = agent_key("ming"), agent_key("hong")
PORTRAIT = f"/v1/portraits/students/{quote(MING, safe='')}"
MISTAKES = f"/v1/students/{quote(MING, safe='')}/mistakes"
PLAN = f"/v1/students/{quote(MING, safe='')}/homework-plan"
LESSON = "https://school.example/lessons/1"
POINT = "https://school.example/points/fractions"
BEGIN = datetime.now(UTC) - timedelta(days=3)


@pytest.fixture(scope="module")
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request, failed_logins_per_minute=0) as running:
        yield running


@pytest.fixture(scope="module")
def client(application: RunningApplication) -> XapiClient:
    """A client of a store in which two students have answered, and one has earned a badge."""
    client = application.xapi(f"store-{uuid4()}")
    posted = client.post(
        [
            *(answered("ming", item, item % 3 > 0, item) for item in range(9)),
            answered("ming", 0, True, 10),
            badge("ming", 11),
            answered("hong", 0, False, 1),
        ]
    )
    assert posted.status_code == 200, posted.text
    position = posted.headers["X-Xueji-Position"]
    assert ask(client, "/v1/students", after=position).status_code == 200
    return client


def answered(who: str, item: int, success: bool, hours: float) -> dict[str, Any]:
    return {
        "actor": agent(who),
        "verb": {"id": VERB_ANSWERED},
        "object": {"id": f"https://school.example/items/{item}"},
        "result": {"success": success, "duration": "PT30S", "response": "A"},
        "context": {
            "contextActivities": {
                "grouping": [{"id": LESSON, "definition": {"type": TYPE_LESSON}}],
                "other": [{"id": POINT, "definition": {"type": TYPE_KNOWLEDGE_POINT}}],
            },
            "extensions": {EXTENSION_PHASE: "post", EXTENSION_SUBJECT: "mathematics"},
        },
        "timestamp": (BEGIN + timedelta(hours=hours)).isoformat(),
    }


def badge(who: str, hours: float) -> dict[str, Any]:
    return {
        "actor": agent(who),
        "verb": {"id": VERB_EARNED},
        "object": {
            "id": "https://school.example/badges/helper",
            "definition": {"type": TYPE_BADGE, "name": {"zh-CN": "榜样章"}},
        },
        "context": {"instructor": {**agent("wang"), "name": "王老师"}},
        "timestamp": (BEGIN + timedelta(hours=hours)).isoformat(),
    }


def ask(client: XapiClient, path: str, **given: Any) -> httpx.Response:
    headers = {"X-Experience-API-Version": None, **given.pop("headers", {})}
    return client.request("GET", path, headers=headers, params=given or None)


def links(answer: Any) -> Iterator[dict[str, Any]]:
    """Give everything in an answer that links to its evidence."""
    if isinstance(answer, dict):
        if answer.keys() == {"facts", "link"}:
            yield answer
        for value in answer.values():
            yield from links(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from links(value)


@pytest.mark.parametrize("path", [PORTRAIT, f"{PORTRAIT}?subject=mathematics", MISTAKES, PLAN])
def test_every_figure_links_to_exactly_the_facts_that_it_rests_on(
    client: XapiClient, path: str
) -> None:
    answer = ask(client, path)
    assert answer.status_code == 200, answer.text
    found = list(links(answer.json()))
    assert found
    for figure in found:
        evidence = ask(client, f"{figure['link']}&limit=500")
        assert evidence.status_code == 200, evidence.text
        assert len(evidence.json()["facts"]) == figure["facts"], figure


def test_evidence_leads_to_the_statement_itself(client: XapiClient) -> None:
    portrait = ask(client, PORTRAIT).json()
    (given,) = portrait["badges"]["newest"]
    assert (given["names"], given["given_by_name"]) == ({"zh-CN": "榜样章"}, "王老师")
    (fact,) = ask(client, portrait["badges"]["evidence"]["link"]).json()["facts"]
    assert fact["statement"] == given["statement"]
    statement = client.get(statementId=fact["statement"]).json()
    assert statement["verb"]["id"] == VERB_EARNED


def test_the_mistake_book_is_given_by_pages_and_as_a_table(client: XapiClient) -> None:
    first = ask(client, MISTAKES, limit=2).json()
    assert first["counts"] == {"wrong": 2, "retried": 1, "mastered": 0}
    second = ask(client, MISTAKES, limit=2, cursor=first["next"]).json()
    items = [one["item"] for one in first["mistakes"] + second["mistakes"]]
    assert [item.rpartition("/")[2] for item in items] == ["6", "3", "0"]
    assert second["next"] is None
    table = ask(client, MISTAKES, headers={"Accept": "text/csv"}, state="retried").text
    assert len(table.strip().splitlines()) == 2


def test_homework_is_planned_within_the_minutes_asked_for_and_the_days_limit(
    client: XapiClient,
) -> None:
    plan = ask(client, PLAN, minutes=1_000).status_code
    assert plan == 422 or plan == 400
    for minutes, limit in ((30, 30), (300, DAILY_MINUTES["unknown"])):
        plan = ask(client, PLAN, minutes=minutes).json()
        assert plan["limit"]["minutes"] == limit
        assert 0 < plan["minutes"] <= limit
    assert [point["knowledge_point"] for point in plan["points"]] == [POINT]


def test_what_the_next_lesson_needs_is_planned_though_it_was_never_met(client: XapiClient) -> None:
    plan = ask(client, PLAN, need="https://school.example/points/new").json()
    new = {point["knowledge_point"]: point for point in plan["points"]}[
        "https://school.example/points/new"
    ]
    assert (new["standing"], new["items"]) == ("uncertain", 2)
    assert [reason["reason"] for reason in new["reasons"]] == ["uncertain", "needed_next"]


def test_a_plan_of_nobody_is_404(client: XapiClient) -> None:
    assert ask(client, "/v1/students/nobody/homework-plan").status_code == 404


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "person"),
        ({"person": MING, "action": "flying"}, "flying"),
        ({"person": MING, "from": "2026-03-02", "to": "2026-03-01"}, "before"),
        ({"lesson": LESSON, "least_tries": 5}, "least_tries"),
    ],
)
def test_evidence_that_cannot_be_asked_for_is_refused_by_name(
    client: XapiClient, given: dict[str, Any], says: str
) -> None:
    answer = ask(client, "/v1/evidence", **given)
    assert answer.status_code == 400
    assert says in answer.json()["error"]["message"]


def test_whoever_may_see_one_student_sees_that_students_evidence_only(
    application: RunningApplication, client: XapiClient
) -> None:
    assert client.credential is not None
    store = application.state.credentials.find(client.credential[0]).store
    made, secret = application.state.credentials.add(
        store, "page", (), holder=Holder("student", person=HONG)
    )
    hong = XapiClient(application.client, (made.key, secret))
    assert ask(hong, "/v1/evidence", person=MING).status_code == 403
    assert ask(hong, MISTAKES).status_code == 403
    assert ask(hong, PLAN).status_code == 403
    own = ask(hong, "/v1/evidence", lesson=LESSON).json()["facts"]
    assert {fact["person"] for fact in own} == {HONG}
    everyone = ask(client, "/v1/evidence", lesson=LESSON).json()["facts"]
    assert {fact["person"] for fact in everyone} == {HONG, MING}


def test_the_minutes_of_homework_are_set_by_stage() -> None:
    minutes = Settings(homework_minutes={"junior": 45}).homework_minutes
    assert minutes == {**DAILY_MINUTES, "junior": 45}
    for wrong in ({"college": 10}, {"junior": -1}):
        with pytest.raises(ValidationError):
            Settings(homework_minutes=wrong)
