"""Classes, schools, the district and rankings over HTTP: roster in, statements in, answers out."""

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pyarrow.parquet as pq
import pytest
from jsonschema import Draft202012Validator

from lrs.holders import Holder
from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.membership import InMemory
from tests.support.small_district import TODAY, answers, carry, enroll, key

PATHS = (
    "/v1/portraits/classes/5-1",
    "/v1/portraits/schools/lake",
    "/v1/portraits/district",
    "/v1/rankings?month=2026-11",
    "/v1/rankings?month=2026-11&of=apps",
    "/v1/reports/quarterly?quarter=2026-Q4",
    "/v1/at-risk",
)
ON = {"on": TODAY.isoformat()}


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request) as application:
        generation = application.state.services.generation
        enroll(generation, {"lake": {"5-1": ["a1", "a2"]}, "hill": {"5-2": ["b1"]}})
        facts = []
        for student in ("a1", "a2", "b1"):
            for day in range(1, 50, 2):
                right = student == "a1" or day > 28
                facts += answers(student, TODAY - timedelta(days=day), [right] * 2, "p")
        carry(generation, facts)
        yield application


@pytest.fixture(scope="module")
def client(running: RunningApplication) -> XapiClient:
    return running.xapi("district", "projections/read")


def asked(client: XapiClient, path: str, **parameters: Any) -> Any:
    return client.request("GET", path, params=parameters or None)


def test_every_board_answers_with_its_position(client: XapiClient) -> None:
    for path in PATHS:
        answer = client.request("GET", path)
        assert answer.status_code == 200, (path, answer.text)
        assert "position" in answer.json(), path


def test_a_class_is_told_with_its_students_and_who_is_at_risk(client: XapiClient) -> None:
    told = asked(client, "/v1/portraits/classes/5-1", **ON).json()
    assert [row["person"] for row in told["students"]] == [key("a1"), key("a2")]
    assert [one["person"] for one in told["at_risk"]] == [key("a2")]
    listed = asked(client, "/v1/at-risk", class_group="5-1", **ON).json()["students"]
    assert listed == told["at_risk"]


def opened(client: XapiClient, link: str) -> list[dict[str, Any]]:
    answer = client.request("GET", f"{link}&limit=500")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["facts"])


def test_what_a_class_tells_of_a_student_opens_exactly_the_facts_that_it_rests_on(
    client: XapiClient,
) -> None:
    for subject in ({}, {"subject": "mathematics"}):
        told = asked(client, "/v1/portraits/classes/5-1", **ON, **subject).json()
        for student in told["students"]:
            assert student["actions"] > 0
            assert len(opened(client, student["evidence"]["link"])) == student["actions"]
    points = [point["knowledge_point"] for point in told["heat_map"]["points"]]
    for row in told["heat_map"]["students"]:
        assert len(row["cells"]) == len(points) > 0
        for point, cell in zip(points, row["cells"], strict=True):
            of_cell = f"{row['evidence']['link']}&{urlencode({'knowledge_point': point})}"
            assert len(opened(client, of_cell)) == cell["tries"]


def test_every_reason_why_somebody_is_at_risk_opens_facts_of_theirs(client: XapiClient) -> None:
    listed = asked(client, "/v1/at-risk", **ON).json()["students"]
    assert listed
    for student in listed:
        for reason in student["reasons"]:
            facts = opened(client, reason["evidence"]["link"])
            assert {fact["person"] for fact in facts} == {student["person"]}, reason


def test_a_classs_and_a_schools_figures_link_to_what_they_rest_on(client: XapiClient) -> None:
    portrait = asked(client, "/v1/portraits/classes/5-1", **ON).json()
    [point] = portrait["heat_map"]["points"]
    tries = sum(cell["tries"] for one in portrait["heat_map"]["students"] for cell in one["cells"])
    facts = opened(client, point["evidence"]["link"])
    assert len(facts) == tries
    assert {fact["person"] for fact in facts} == {key("a1"), key("a2")}
    assert len(opened(client, portrait["distribution"]["evidence"]["link"])) == tries
    assert opened(client, portrait["load"]["evidence"]["link"]) == []
    told = asked(client, "/v1/portraits/schools/lake", **ON).json()
    for figure in (told["distribution"], told["weak_points"], told["diagnosis"]):
        for one in figure if isinstance(figure, list) else [figure]:
            link = (one["schools"][0] if "schools" in one else one)["evidence"]["link"]
            assert len(opened(client, link)) == tries


def test_evidence_of_a_class_is_for_who_may_see_it_and_of_some_days(
    running: RunningApplication, client: XapiClient
) -> None:
    def facts(holder: Holder, **wanted: str) -> int:
        credentials = running.state.credentials
        made, secret = credentials.add("district", "", (), holder=holder)
        asking = XapiClient(running.client, (made.key, secret))
        answer = asking.request("GET", "/v1/evidence", params={**wanted, "limit": "500"})
        return len(answer.json()["facts"]) if answer.status_code == 200 else answer.status_code

    leader = Holder("school_leader", schools=("lake",))
    assert facts(leader, class_group="5-1", **ON) == facts(leader, school="lake", **ON) == 100
    assert facts(leader, class_group="5-2", **ON) == facts(leader, school="hill", **ON) == 403
    assert facts(Holder("student", person=key("a1")), class_group="5-1", **ON) == 403
    assert facts(Holder("teacher", person=key("wu")), school="lake", **ON) == 403
    yesterday = str(TODAY - timedelta(days=1))
    assert facts(leader, class_group="5-1", **{"from": yesterday, "to": yesterday}) == 4
    assert (
        facts(leader, class_group="5-1")
        == facts(leader, school="lake", class_group="5-1", **ON)
        == 400
    )


def test_those_at_risk_are_listed_page_by_page(client: XapiClient) -> None:
    whole = asked(client, "/v1/at-risk", **ON).json()
    assert ([one["person"] for one in whole["students"]], whole["next"]) == (
        [key("a2"), key("b1")],
        None,
    )
    first = asked(client, "/v1/at-risk", limit=1, **ON).json()
    last = asked(client, "/v1/at-risk", limit=1, cursor=first["next"], **ON).json()
    assert first["students"] + last["students"] == whole["students"]
    assert last["next"] is None


@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/v1/portraits/classes/nowhere", {}),
        ("/v1/portraits/schools/nowhere", {}),
    ],
)
def test_what_the_roster_does_not_have_is_not_found(
    client: XapiClient, path: str, parameters: dict[str, str]
) -> None:
    answer = asked(client, path, **parameters)
    assert answer.status_code == 404
    assert "nowhere" in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("path", "parameters", "said"),
    [
        ("/v1/rankings", {"month": "2026-13"}, "parameter 'month'"),
        ("/v1/reports/quarterly", {"quarter": "2026-4"}, "parameter 'quarter'"),
        ("/v1/portraits/classes/5-1", {"from": "2026-11-27", "to": "2026-11-01"}, "`from`"),
        ("/v1/portraits/classes/5-1", {"from": "2020-01-01"}, "400 days"),
        ("/v1/portraits/classes/5-1", {"on": "2299-01-01"}, "a day lies between"),
    ],
)
def test_a_period_that_is_none_is_refused(
    client: XapiClient, path: str, parameters: dict[str, str], said: str
) -> None:
    answer = asked(client, path, **parameters)
    assert answer.status_code == 400
    assert said in answer.json()["error"]["message"]


def test_rankings_and_those_at_risk_come_as_tables_too(client: XapiClient) -> None:
    for path, name in (("/v1/rankings?month=2026-11", "rank"), ("/v1/at-risk", "person")):
        text = client.request("GET", path, headers={"Accept": "text/csv"})
        assert text.headers["content-type"].startswith("text/csv")
        assert name in text.content.decode("utf-8-sig").splitlines()[0]
        parquet = client.request("GET", path, headers={"Accept": "application/vnd.apache.parquet"})
        assert name in pq.read_table(io.BytesIO(parquet.content)).column_names


def test_roles_see_their_own_class_and_school_only(
    running: RunningApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher = f"teacher-{uuid4()}"
    roster = InMemory(
        schools={"lake": ["5-1"], "hill": ["5-2"]},
        teachers={"5-1": [teacher]},
        students={"5-1": [key("a1"), key("a2")], "5-2": [key("b1")]},
    )
    monkeypatch.setattr(running.state.services, "members", lambda _: roster)

    def in_role(holder: Holder) -> XapiClient:
        made, secret = running.state.credentials.add("district", "", (), holder=holder)
        return XapiClient(running.client, (made.key, secret))

    teaching = in_role(Holder("teacher", person=teacher))
    assert asked(teaching, "/v1/portraits/classes/5-1").status_code == 200
    assert asked(teaching, "/v1/portraits/classes/5-2").status_code == 403
    assert asked(teaching, "/v1/portraits/district").status_code == 403
    at_risk = asked(teaching, "/v1/at-risk", **ON).json()["students"]
    assert {one["person"] for one in at_risk} <= {key("a1"), key("a2")}
    leading = in_role(Holder("school_leader", schools=("hill",)))
    assert asked(leading, "/v1/portraits/schools/hill").status_code == 200
    assert asked(leading, "/v1/portraits/schools/lake").status_code == 403
    ranking = asked(leading, "/v1/rankings?month=2026-11").json()["ranking"]
    assert [row["school"] for row in ranking] == ["hill"]
    student = in_role(Holder("student", person=key("a1")))
    assert asked(student, "/v1/at-risk").status_code == 403


def test_what_is_served_fits_what_is_described(
    running: RunningApplication, client: XapiClient
) -> None:
    paths = running.client.get("/openapi.json").json()["paths"]
    for path, name in (
        ("/v1/portraits/classes/{name}", "5-1"),
        ("/v1/portraits/schools/{name}", "lake"),
        ("/v1/portraits/district", ""),
        ("/v1/reports/quarterly", ""),
    ):
        schema = paths[path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        more = {"quarter": "2026-Q4"} if "quarterly" in path else ON
        served = asked(client, path.replace("{name}", name), **more)
        assert served.status_code == 200, served.text
        problems = list(Draft202012Validator(schema).iter_errors(served.json()))
        assert not problems, (path, problems[:3])
