"""Rosters over HTTP, on a real record and its projection: imported whole, or refused and named."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from api.roster.files import packed
from lrs.record import Record
from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.backends import BACKENDS
from tests.support.oneroster import (
    HOME,
    Rows,
    class_group,
    enrollment,
    files_of,
    in_1_2,
    person,
    small_rows,
    user,
)
from tests.support.records import statement

APP = "https://homework.example.cn"
FIRST, SECOND = "2026-09-01", "2026-10-12"
ANSWERED = "http://adlnet.gov/expapi/verbs/answered"


@pytest.fixture(scope="module", params=BACKENDS)
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request, failed_logins_per_minute=0) as running:
        yield running


@pytest.fixture
def store() -> str:
    return f"store-{uuid4()}"


@pytest.fixture
def district(application: RunningApplication, store: str) -> XapiClient:
    return application.xapi(store, "all")


@pytest.fixture
def rows() -> Rows:
    rows = small_rows()
    rows["users"][1]["userIds"] = "{homework:h-1}"
    return rows


def send(client: XapiClient, rows: Rows, day: str = FIRST, **more: Any) -> httpx.Response:
    parameters = {"home_page": HOME, "date": day, "account": f"homework={APP}", **more}
    headers = {"Content-Type": "application/zip"}
    content = packed(files_of(rows))
    return client.request("POST", "/v1/roster", params=parameters, content=content, headers=headers)


def imported(client: XapiClient, rows: Rows, day: str = FIRST, **more: Any) -> Any:
    answer = send(client, rows, day, **more)
    assert answer.status_code == 200, answer.text
    assert answer.headers["X-Xueji-Position"] == str(answer.json()["position"])
    return answer.json()


def told(client: XapiClient, path: str, **parameters: Any) -> Any:
    answer = client.request("GET", path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(answer: httpx.Response, status: int) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()["error"]


def test_a_roster_that_is_imported_is_asked_for_by_day(district: XapiClient, rows: Rows) -> None:
    first = imported(district, rows)
    assert (first["version"], first["day"], first["source"]) == ("1.1", FIRST, "oneroster")
    assert first["kinds"]["roster-user"]["new"] == 3
    assert first["kinds"]["identity"]["new"] == 1
    rows["enrollments"][0]["classSourcedId"] = "5-2"
    position = imported(district, rows, SECOND)["position"]
    students = {
        on: {
            one["class_group"]: one["students"]
            for one in told(district, "/v1/roster/classes", on=on, after=position)["classes"]
        }
        for on in ("2026-09-20", SECOND)
    }
    # Nobody is in the second class before the student comes into it.
    assert students == {"2026-09-20": {"5-1": 2}, SECOND: {"5-1": 1, "5-2": 1}}
    [one] = told(district, "/v1/roster/classes", school="lake", on=FIRST)["classes"]
    assert (one["title"], one["grade"], one["stage"], one["school_name"]) == (
        *("五年级1班", "05", "primary"),
        "湖畔小学",
    )
    [school] = told(district, "/v1/roster/schools", on=SECOND)["schools"]
    assert (school["classes"], school["students"], school["teachers"]) == (2, 2, 1)


def test_lists_of_the_roster_come_in_pages_as_csv_and_with_a_tag(
    district: XapiClient, rows: Rows
) -> None:
    rows["classes"] += [class_group(f"6-{n}", f"六年级{n}班") for n in range(1, 6)]
    rows["users"] += [user(f"s{n}", "学", str(n)) for n in range(10, 15)]
    rows["enrollments"] += [enrollment(f"m{n}", f"s{n}", f"6-{n - 9}") for n in range(10, 15)]
    position = imported(district, rows)["position"]
    whole = told(district, "/v1/roster/classes", on=FIRST, after=position)["classes"]
    assert len(whole) > 4
    pages, cursor = [], None
    while True:
        asked = {"on": FIRST, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = told(district, "/v1/roster/classes", **asked)
        pages.append(page["classes"])
        if (cursor := page["next"]) is None:
            break
    assert [one for page in pages for one in page] == whole
    assert {len(page) for page in pages[:-1]} == {2}
    as_csv = district.request(
        "GET", "/v1/roster/schools", params={"on": FIRST}, headers={"Accept": "text/csv"}
    )
    assert as_csv.headers["content-type"].startswith("text/csv")
    assert "湖畔小学" in as_csv.text
    again = district.request(
        "GET",
        "/v1/roster/schools",
        params={"on": FIRST},
        headers={"Accept": "text/csv", "If-None-Match": as_csv.headers["etag"]},
    )
    assert again.status_code == 304


def test_the_same_files_again_make_no_event(
    application: RunningApplication, district: XapiClient, rows: Rows
) -> None:
    record: Record = application.state.record
    imported(district, in_1_2(rows))
    before = record.last_position()
    again = imported(district, in_1_2(rows), SECOND)
    assert (again["events"], again["position"], record.last_position()) == (0, 0, before)


def test_what_an_app_posts_about_an_account_is_the_roster_persons(
    district: XapiClient, rows: Rows
) -> None:
    imported(district, rows)
    account = {"account": {"homePage": APP, "name": "h-1"}}
    answer = district.post({**statement("x", ANSWERED), "actor": account})
    position = int(answer.headers["X-Xueji-Position"])
    portrait = told(district, f"/v1/portraits/students/{person('s1')}", after=position)
    assert portrait["person"] == person("s1")
    accounts = told(district, "/v1/identities", account=f"account:{APP}|h-1")
    assert [one["by"] for one in accounts["accounts"]] == ["roster"]


def test_files_of_a_form_are_imported_too(district: XapiClient, rows: Rows) -> None:
    sent = [("files", (name, content)) for name, content in files_of(rows).items()]
    parameters = {"home_page": HOME}
    answer = district.request("POST", "/v1/roster", params=parameters, files=sent)
    assert answer.status_code == 200, answer.text
    zipped = {"file": ("roster.zip", packed(files_of(rows)))}
    answer = district.request("POST", "/v1/roster", params=parameters, files=zipped)
    assert answer.json()["events"] == 0


def test_a_set_with_faults_is_refused_with_all_of_them_and_nothing_is_stored(
    application: RunningApplication, district: XapiClient, rows: Rows
) -> None:
    record: Record = application.state.record
    before = record.last_position()
    rows["users"][1]["role"] = "pupil"
    rows["enrollments"][1]["userSourcedId"] = "s9"
    error = refused(send(district, rows), 400)
    assert error["count"] == 2
    assert error["faults"][0] == {
        "file": "users.csv",
        "line": 3,
        "column": "role",
        "rule": "one of administrator, aide, guardian, parent, proctor, relative, student, teacher",
        "value": "pupil",
    }
    assert error["message"].endswith("found 'pupil' (2 in all); nothing was stored")
    assert record.last_position() == before


def test_a_dry_run_tells_and_stores_nothing(
    application: RunningApplication, district: XapiClient, rows: Rows
) -> None:
    record: Record = application.state.record
    before = record.last_position()
    told_beforehand = imported(district, rows, dry_run=True)
    assert (told_beforehand["events"], told_beforehand["position"]) == (14, 0)
    assert record.last_position() == before
    assert imported(district, rows)["kinds"] == told_beforehand["kinds"]


def test_a_link_that_would_make_a_chain_refuses_the_whole_import(
    application: RunningApplication, district: XapiClient, rows: Rows
) -> None:
    body = {"account": "mbox:mailto:x@a.example", "person": f"account:{APP}|h-1"}
    assert district.request("POST", "/v1/identities", json=body).status_code == 200
    record: Record = application.state.record
    before = record.last_position()
    error = refused(send(district, rows), 409)
    assert "other accounts are linked to it" in error["message"]
    assert record.last_position() == before


def test_stores_are_apart(
    application: RunningApplication, district: XapiClient, rows: Rows
) -> None:
    position = imported(district, rows)["position"]
    other = application.xapi(f"store-{uuid4()}", "all")
    for path in ("schools", "classes"):
        assert told(other, f"/v1/roster/{path}", on=FIRST, after=position)[path] == []
    assert imported(other, rows)["kinds"]["roster-user"]["new"] == 3


def test_only_who_may_declare_imports_and_only_into_their_own_store(
    application: RunningApplication, store: str, rows: Rows
) -> None:
    for scope in ("statements/write", "all/read", "projections/read", "profile"):
        refused(send(application.xapi(store, scope), rows), 403)
    nobody = XapiClient(application.client, None)
    refused(send(nobody, rows), 401)
    refused(nobody.request("POST", "/v1/roster"), 401)
    error = refused(send(application.xapi(store, "all"), rows, store="other"), 403)
    assert error["message"] == "a credential asks about its own store"
    operator = application.xapi(f"store-{uuid4()}", "operate", "projections/read")
    assert imported(operator, rows, store=store)["store"] == store
    error = refused(send(operator, rows, store="a/b"), 400)
    assert error["message"] == "parameter 'store': 'a/b' names no store"
    refused(application.xapi(store, "statements/write").request("GET", "/v1/roster/classes"), 403)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"home_page": ""}, "home page: '' is no IRI, such as https://id.example.cn"),
        ({"home_page": "id"}, "home page: 'id' is no IRI, such as https://id.example.cn"),
        ({"date": "12.10.2026"}, "date: '12.10.2026' is no day of ISO 8601, such as 2026-09-01"),
        ({"account": "homework"}, "account: 'homework' is not written TYPE=HOMEPAGE"),
        ({"account": "homework=a|b"}, "account: 'a|b' is no IRI, such as https://id.example.cn"),
        ({"source": " "}, "source: a name of 1 to 100 characters"),
    ],
)
def test_what_is_wrong_beside_the_files_is_named(
    wrong: dict[str, str], message: str, district: XapiClient, rows: Rows
) -> None:
    assert refused(send(district, rows, **wrong), 400)["message"] == message


def test_a_body_that_is_no_roster_is_named(district: XapiClient, rows: Rows) -> None:
    def posted(content: bytes, kind: str) -> httpx.Response:
        headers = {"Content-Type": kind}
        return district.request(
            *("POST", "/v1/roster"),
            params={"home_page": HOME},
            content=content,
            headers=headers,
        )

    assert refused(posted(b"{}", "application/json"), 415)["value"] == "application/json"
    assert "a zip file that is whole" in refused(posted(b"PK", "application/zip"), 400)["message"]
    refused(posted(b"0" * (16 * 1024 * 1024 + 1), "application/zip"), 413)
    form = b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n--x--\r\n"
    error = refused(posted(form, "multipart/form-data; boundary=x"), 400)
    assert error["faults"][0]["rule"] == "at least one file is there"
    assert posted(b"x", "multipart/form-data").status_code == 400


def test_a_generation_that_is_not_there_and_a_position_not_reached_are_named(
    district: XapiClient,
) -> None:
    answer = district.request("GET", "/v1/roster/classes", params={"generation": "gone"})
    assert refused(answer, 404)["message"] == "there is no generation 'gone'"
    answer = district.request("GET", "/v1/roster/schools", params={"on": "yesterday"})
    assert answer.status_code == 400


def test_an_import_of_many_is_in_the_rows_of_a_replay_too(
    application: RunningApplication, district: XapiClient, store: str, rows: Rows
) -> None:
    rows["classes"] += [class_group(f"6-{n}", f"六年级{n}班") for n in range(20)]
    rows["users"] += [user(f"s{n}", "学", str(n)) for n in range(10, 200)]
    rows["enrollments"] += [enrollment(f"m{n}", f"s{n}", f"6-{n % 20}") for n in range(10, 200)]
    imported(district, rows)
    del rows["classes"][3], rows["users"][5:30], rows["enrollments"][5:30]
    rows["enrollments"] = [one for one in rows["enrollments"] if one["classSourcedId"] != "6-1"]
    position = imported(district, rows, SECOND)["position"]
    expected = told(district, "/v1/roster/classes", on=SECOND, after=position)
    operator = application.xapi(f"store-{uuid4()}", "operate")
    name = f"built_{position}"
    begun = operator.request("POST", "/v1/replays", json={"name": name})
    assert begun.status_code == 202, begun.text
    while (replay := operator.request("GET", f"/v1/replays/{name}").json())["state"] == "running":
        pass
    assert replay["state"] == "complete", replay
    assert told(district, "/v1/roster/classes", on=SECOND, generation=name) == expected
    comparison = operator.request("GET", f"/v1/generations/{name}/comparison").json()
    unlike = {
        one["table"]: one
        for one in comparison["tables"]
        if one["table"].startswith("roster_")
        and one["only_one"] + one["only_other"] + one["differs"]
    }
    assert unlike == {}
    operator.request("DELETE", f"/v1/generations/{name}")
