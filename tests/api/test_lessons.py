"""Lesson reports and teacher portraits over HTTP: what apps post is in them, for those who may."""

import asyncio
import random
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from jsonschema import Draft202012Validator

from apps.catalogue import CLASSROOM_CLICKER
from lrs.holders import Holder
from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.lessons import LESSON, Played, key, play, said
from tests.support.membership import InMemory
from tests.support.servers import running_server


@pytest.fixture(scope="module")
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request, failed_logins_per_minute=0) as running:
        yield running


@pytest.fixture(scope="module")
def played() -> Played:
    return play(students_of_a_class=4)


def post(client: XapiClient, statements: list[dict[str, Any]]) -> int:
    answer = client.post([_without_authority(each) for each in statements])
    assert answer.status_code == 200, answer.text
    return int(answer.headers["X-Xueji-Position"])


def _without_authority(statement: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in statement.items() if name != "authority"}


def asked(client: XapiClient, path: str, **parameters: Any) -> httpx.Response:
    return client.request("GET", path, params=parameters)


def report_of(lesson: str) -> str:
    return f"/v1/lessons/{quote(lesson, safe='')}"


def schema_of(application: RunningApplication, path: str) -> Any:
    described = application.client.app.openapi()  # type: ignore[attr-defined]
    answer = described["paths"][path]["get"]["responses"]["200"]
    return answer["content"]["application/json"]["schema"]


def test_a_lesson_that_apps_posted_is_reported_and_listed_as_described(
    application: RunningApplication, store: str, played: Played
) -> None:
    client = application.xapi(store)
    after = post(client, played.statements)
    report = asked(client, report_of(played.lesson), after=after)
    assert report.status_code == 200, report.text
    told = report.json()
    assert told["facts"] >= len(played.statements)
    assert told["position"] >= after
    assert len(told["in"]["questions"]) == 4
    Draft202012Validator(schema_of(application, "/v1/lessons/{lesson_id}")).validate(told)
    listed = asked(client, "/v1/lessons", class_group=played.planned.class_group.code).json()
    assert [each["lesson"] for each in listed["lessons"]] == [played.lesson]
    Draft202012Validator(schema_of(application, "/v1/lessons")).validate(listed)
    (teacher,) = told["teachers"]
    portrait = asked(client, f"/v1/portraits/teachers/{quote(teacher['person'], safe='')}")
    assert portrait.status_code == 200, portrait.text
    acts = [n for (who, _), n in played.truth.teacher_acts.items() if who == teacher["person"]]
    assert portrait.json()["acts"] == sum(acts)
    schema = schema_of(application, "/v1/portraits/teachers/{person}")
    Draft202012Validator(schema).validate(portrait.json())


def test_every_figure_of_a_lesson_and_of_its_teacher_links_to_exactly_its_facts(
    application: RunningApplication, store: str, played: Played
) -> None:
    client = application.xapi(store)
    after = post(client, played.statements)
    report = asked(client, report_of(played.lesson), after=after).json()
    teacher = quote(report["teachers"][0]["person"], safe="")
    answers = (
        report,
        asked(client, f"/v1/portraits/teachers/{teacher}").json(),
        asked(client, "/v1/lessons").json(),
    )
    for answer in answers:
        counted = dict(links(answer))
        assert counted
        for link in random.Random(1).sample(sorted(counted), min(25, len(counted))):
            facts = client.request("GET", f"{link}&limit=500").json()["facts"]
            assert len(facts) == counted[link], link


def links(answer: Any) -> Iterator[tuple[str, int]]:
    """Give every link to evidence in an answer, with how many facts it says there are."""
    if isinstance(answer, dict):
        if "evidence" in answer:
            yield answer["evidence"]["link"], answer["evidence"]["facts"]
        answer = list(answer.values())
    if isinstance(answer, list):
        for each in answer:
            yield from links(each)


def test_a_lesson_of_two_classes_is_as_described(
    application: RunningApplication, store: str
) -> None:
    client = application.xapi(store)
    given = {"phase": "in", "result": {"success": True}}
    after = post(
        client,
        [
            said(1, "an", "answered", "items/1", "item", **given),
            said(2, "fei", "answered", "items/1", "item", class_group="9-1", **given),
        ],
    )
    told = asked(client, report_of(LESSON), after=after).json()
    assert [each["class_group"] for each in told["parts"]] == ["7-2", "9-1"]
    Draft202012Validator(schema_of(application, "/v1/lessons/{lesson_id}")).validate(told)


def test_the_timelines_buckets_are_as_wide_as_is_asked(
    application: RunningApplication, store: str, played: Played
) -> None:
    client = application.xapi(store)
    after = post(client, played.statements)
    by_second = asked(client, report_of(played.lesson), width=1, after=after).json()
    by_minutes = asked(client, report_of(played.lesson), width=300).json()
    assert len(by_second["in"]["timeline"]["buckets"]) > len(
        by_minutes["in"]["timeline"]["buckets"]
    )
    assert asked(client, report_of(played.lesson), width=301).status_code == 400


def test_what_is_not_there_is_404(application: RunningApplication, store: str) -> None:
    client = application.xapi(store)
    assert asked(client, report_of(LESSON)).status_code == 404
    assert asked(client, f"/v1/portraits/teachers/{quote(key('wu'), safe='')}").status_code == 404
    assert asked(client, "/v1/lessons").json() == {"lessons": [], "next": None}


def test_lessons_come_in_pages_and_as_csv(application: RunningApplication, store: str) -> None:
    client = application.xapi(store)
    after = post(
        client,
        [
            said(number, "wu", "organised", "i", "interaction", lesson=f"{LESSON}{number}")
            for number in (1, 2, 3)
        ],
    )
    first = asked(client, "/v1/lessons", limit=2, after=after).json()
    second = asked(client, "/v1/lessons", limit=2, cursor=first["next"]).json()
    lessons = [each["lesson"][-1] for each in (*first["lessons"], *second["lessons"])]
    assert lessons == ["3", "2", "1"]
    assert second["next"] is None
    csv = client.request("GET", "/v1/lessons", headers={"Accept": "text/csv"})
    assert csv.text.count(LESSON) >= 3
    assert asked(client, "/v1/lessons", cursor="no cursor").status_code == 400
    assert asked(client, "/v1/lessons", **{"from": "yesterday"}).status_code == 400


def test_a_teacher_is_shown_the_own_lessons_and_portrait_only(
    application: RunningApplication, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    roster = InMemory(teachers={"7-2": [key("wu")]})
    monkeypatch.setattr(application.state.services, "members", lambda _: roster)
    after = post(
        application.xapi(store),
        [
            said(1, "lu", "organised", "i", "interaction", lesson=f"{LESSON}1"),
            said(2, "lu", "organised", "i", "interaction", lesson=f"{LESSON}2", class_group="9"),
            said(3, "wu", "organised", "i", "interaction", lesson=f"{LESSON}3", class_group="9"),
        ],
    )
    holder = Holder("teacher", person=key("wu"))
    made, secret = application.state.credentials.add(store, "", (), holder=holder)
    wu = XapiClient(application.client, (made.key, secret))
    listed = asked(wu, "/v1/lessons", after=after).json()["lessons"]
    assert [each["lesson"][-1] for each in listed] == ["3", "1"]
    found = [asked(wu, report_of(f"{LESSON}{number}")).status_code for number in (1, 2, 3)]
    assert found == [200, 403, 200]
    portraits = [f"/v1/portraits/teachers/{quote(key(name), safe='')}" for name in ("wu", "lu")]
    assert [asked(wu, each).status_code for each in portraits] == [200, 403]


def test_teachers_are_listed_with_their_rates_for_who_may_see_them(
    application: RunningApplication, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    roster = InMemory(teachers={"7-2": [key("wu")]})
    monkeypatch.setattr(application.state.services, "members", lambda _: roster)
    client = application.xapi(store)
    after = post(
        client,
        [
            said(1, "lu", "organised", "i", "interaction"),
            said(2, "wu", "organised", "i", "interaction"),
            said(3, "wu", "pushed", "resources/1", "resource"),
            said(4, "an", "answered", "items/1", "item", phase="in", result={"success": True}),
        ],
    )
    listed = asked(client, "/v1/teachers", after=after).json()
    assert [one["name"] for one in listed["teachers"]] == ["Lu", "Wu"]
    wu = listed["teachers"][1]
    assert (wu["acts"], wu["weeks"], wu["pushes"], wu["strategy"]) == (2, 1, 1.0, 0.0)
    assert "rank" not in wu
    first = asked(client, "/v1/teachers", limit=1).json()
    second = asked(client, "/v1/teachers", limit=1, cursor=first["next"]).json()
    assert first["teachers"] + second["teachers"] == listed["teachers"]
    csv = client.request("GET", "/v1/teachers", headers={"Accept": "text/csv"})
    assert csv.text.lstrip("\ufeff").startswith("person,name,schools,weeks,acts,resources")
    tag = {"If-None-Match": csv.headers["ETag"], "Accept": "text/csv"}
    assert client.request("GET", "/v1/teachers", headers=tag).status_code == 304
    assert asked(client, "/v1/teachers", school="elsewhere").json()["teachers"] == []
    holder = Holder("teacher", person=key("wu"))
    made, secret = application.state.credentials.add(store, "", (), holder=holder)
    own = asked(XapiClient(application.client, (made.key, secret)), "/v1/teachers").json()
    assert [one["person"] for one in own["teachers"]] == [key("wu")]


def test_a_lesson_can_be_followed_while_it_goes_on(tmp_path: Any) -> None:
    """Over a real server: each answer of a learner comes as an event, with its count in it."""
    statements = [
        said(
            number,
            f"s{number}",
            "answered",
            "items/1",
            "item",
            phase="in",
            result={"success": True},
        )
        for number in (1, 2, 3)
    ]
    with running_server(tmp_path) as server:
        key_ = server.add_key(scope="all", app=CLASSROOM_CLICKER)
        headers = {"X-Experience-API-Version": "1.0.3"}

        async def follow() -> list[int]:
            counts: list[int] = []
            async with httpx.AsyncClient(
                auth=(key_.key, key_.secret), base_url=server.address, headers=headers, timeout=20
            ) as client:
                posted = await client.post("/xapi/statements", json=statements[0])
                path, after = report_of(LESSON), posted.headers["X-Xueji-Position"]
                parameters = {"live": "true", "after": after}
                async with client.stream("GET", path, params=parameters) as events:
                    async for line in events.aiter_lines():
                        if not line.startswith("data: "):
                            continue
                        told = httpx.Response(200, text=line.removeprefix("data: ")).json()
                        counts.append(told["in"]["questions"][0]["answers"])
                        if len(counts) == len(statements):
                            return counts
                        await client.post("/xapi/statements", json=statements[len(counts)])
            return counts

        assert asyncio.run(asyncio.wait_for(follow(), 60)) == [1, 2, 3]
