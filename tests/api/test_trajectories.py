"""Trajectories and early warnings over HTTP: for whom, in which formats, and when none."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from api.ui.class_queries import ClassQueries
from api.ui.person_queries import PersonQueries
from lrs.holders import Holder
from projections.prediction.store_calibrations import kept_in
from projections.prediction.trajectories import Trajectories
from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.growing_district import STUDENTS, grow, name_of
from tests.support.membership import InMemory
from tests.support.small_district import STORE, TODAY, key

GROWN = "grown"  # a generation whose origin names the calibration
ON = {"on": TODAY.isoformat()}
STUDENT = f"/v1/trajectories/students/{key(name_of(3))}"


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request) as application:
        services = application.state.services
        calibration = grow(services.generation)  # which is folded under the priors, by its origin
        origin = kept_in(services.warehouse, {STORE: calibration})
        grow(services.warehouse.ensure(GROWN, origin))
        yield application


@pytest.fixture(scope="module")
def client(running: RunningApplication) -> XapiClient:
    return running.xapi("district", "projections/read")


def asked(client: XapiClient, path: str, **parameters: Any) -> Any:
    return client.request("GET", path, params={"generation": GROWN, **parameters})


@pytest.mark.parametrize(
    ("path", "route", "day"),
    [
        (STUDENT, "/v1/trajectories/students/{person}", "until"),
        ("/v1/trajectories/classes/5-1", "/v1/trajectories/classes/{name}", "on"),
        ("/v1/early-warnings", "/v1/early-warnings", "on"),
    ],
)
def test_what_is_served_fits_what_is_described(
    running: RunningApplication, client: XapiClient, path: str, route: str, day: str
) -> None:
    answer = asked(client, path, **{day: TODAY.isoformat()})
    assert answer.status_code == 200, answer.text
    told = running.client.get("/openapi.json").json()["paths"][route]["get"]["responses"]["200"]
    content = told["content"]["application/json"]
    Draft202012Validator(content["schema"]).validate(answer.json())
    Draft202012Validator(content["schema"]).validate(content["example"])
    assert set(content["example"]) == set(answer.json())
    assert answer.json()["model"]["version"] == "growing"


def test_a_generation_folded_under_the_priors_foretells_nothing(client: XapiClient) -> None:
    told = client.request("GET", STUDENT, params={"until": TODAY.isoformat()}).json()
    assert (told["model"]["version"], told["model"]["is_fitted"]) == ("prior", False)
    assert told["subjects"][0]["why"]["code"] == "no_calibration"
    warned = client.request("GET", "/v1/early-warnings", params=ON).json()
    assert (warned["warnings"], warned["why"]["code"]) == ([], "no_calibration")


def test_every_levels_evidence_has_the_results_behind_it(client: XapiClient) -> None:
    [subject] = asked(client, STUDENT, until=TODAY.isoformat()).json()["subjects"]
    facts = client.request("GET", subject["evidence"]).json()["facts"]
    assert len(facts) == subject["n"]
    mean = sum(week["points"] for week in subject["weeks"]) / len(subject["weeks"])
    assert sum(100 * fact["score"] for fact in facts) / len(facts) == pytest.approx(mean)


def test_a_target_moves_the_probability_to_reach_it(client: XapiClient) -> None:
    easy, hard = (
        asked(client, STUDENT, until=TODAY.isoformat(), target=target).json()["subjects"][0]
        for target in (40, 95)
    )
    assert easy["forecast"][0]["reach_target"] > hard["forecast"][0]["reach_target"]
    assert asked(client, STUDENT, target=101).status_code == 400


def test_nobody_and_no_class_are_not_found(client: XapiClient) -> None:
    assert asked(client, f"/v1/trajectories/students/{key('nobody')}").status_code == 404
    assert asked(client, "/v1/trajectories/classes/9-9").status_code == 404


def test_early_warnings_come_as_tables_and_of_one_school(client: XapiClient) -> None:
    some = asked(client, "/v1/early-warnings", school="hill", **ON).json()["warnings"]
    assert {one["school"] for one in some} == {"hill"}
    path = f"/v1/early-warnings?on={TODAY}&generation={GROWN}"
    text = client.request("GET", path, headers={"Accept": "text/csv"})
    lines = text.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("person,class_group,school,subject,probability,n")


def test_early_warnings_come_page_by_page(client: XapiClient) -> None:
    path = "/v1/early-warnings"
    whole = asked(client, path, **ON).json()
    assert whole["next"] is None
    pages, cursor = [], None
    while True:
        page = asked(client, path, limit=2, cursor=cursor or "", **ON)
        pages.append(page.json()["warnings"])
        if (cursor := page.json()["next"]) is None:
            break
        assert f"cursor={cursor}" in page.headers["Link"].replace("%3D", "=")
    assert [len(one) for one in pages[:-1]] == [2] * (len(pages) - 1)
    assert len(pages) > 2
    assert [one for page in pages for one in page] == whole["warnings"]
    assert asked(client, path, limit=2, cursor="elsewhere", **ON).status_code == 400


def test_what_lies_ahead_of_a_class_is_told_of_ones_own_students_only(
    running: RunningApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = running.state.services
    own = {key(name_of(n)) for n in range(15)}  # the others have left the class since
    roster = InMemory(teachers={"5-1": ["t"]}, students={"5-1": sorted(own)})
    monkeypatch.setattr(services, "members", lambda _: roster)
    monkeypatch.setattr(services, "found", lambda: services.warehouse.generation(GROWN))
    told = []
    for holder in (None, Holder("teacher", person="t")):
        made, _ = running.state.credentials.add("district", "", ["projections/read"], holder=holder)
        queries = ClassQueries(services, made)
        answer = running.client.portal.call(queries.ahead, "5-1", TODAY)  # type: ignore[union-attr]
        told.append(
            {name: {one["person"] for one in answer[name]} for name in ("plans", "warnings")}
        )
        assert set(answer["names"]) == told[-1]["plans"]
    whole, some = told
    assert whole["plans"] > own
    assert some["plans"] == own
    assert some["warnings"] == whole["warnings"] & own
    assert some["warnings"] < whole["warnings"]


def test_a_students_page_has_the_own_warnings_and_no_list_of_all_is_made_for_it(
    running: RunningApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = running.state.services
    monkeypatch.setattr(services, "found", lambda: services.warehouse.generation(GROWN))
    monkeypatch.setattr(Trajectories, "warnings", None)
    made, _ = running.state.credentials.add("district", "", ["projections/read"])
    fallen = key(name_of(STUDENTS - 1))
    answer = running.client.portal.call(  # type: ignore[union-attr]
        PersonQueries(services, made).trajectory, fallen
    )
    assert [one["person"] for one in answer["warnings"]] == [fallen]
    assert answer["measured"]["precision"]["n"] > 0
    assert answer["position"] <= services.position(services.found())


def test_roles_see_their_own_only(
    running: RunningApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    students = {"5-1": [key(name_of(n)) for n in range(30)], "5-2": [key(name_of(30))]}
    roster = InMemory(
        schools={"lake": ["5-1"], "hill": ["5-2"]}, teachers={"5-1": ["t"]}, students=students
    )
    monkeypatch.setattr(running.state.services, "members", lambda _: roster)

    def in_role(holder: Holder) -> XapiClient:
        made, secret = running.state.credentials.add("district", "", (), holder=holder)
        return XapiClient(running.client, (made.key, secret))

    teaching = in_role(Holder("teacher", person="t"))
    assert asked(teaching, "/v1/trajectories/classes/5-1").status_code == 200
    assert asked(teaching, "/v1/trajectories/classes/5-2").status_code == 403
    warned = asked(teaching, "/v1/early-warnings", **ON).json()["warnings"]
    assert warned
    assert {one["person"] for one in warned} <= set(students["5-1"])
    own = in_role(Holder("student", person=key(name_of(3))))
    assert asked(own, STUDENT).status_code == 200
    assert asked(own, f"/v1/trajectories/students/{key(name_of(4))}").status_code == 403
    assert asked(own, "/v1/early-warnings").status_code == 403
