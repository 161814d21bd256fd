"""Answers of the projections have a tag, come in the format asked for, and a page at a time."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import orjson
import pyarrow as arrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pyarrow import parquet

from api.answers import CSV, EVENTS, JSON, PARQUET, best_format
from api.cursors import Page
from api.errors import ApiError
from api.records import Column, Records, as_csv, as_parquet
from projections.portraits.district import District
from projections.portraits.students import Portraits
from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.records import agent, agent_key, statement

MING = f"/v1/portraits/students/{quote(agent_key('ming'), safe='')}"


@pytest.fixture(scope="module")
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request, failed_logins_per_minute=0) as running:
        yield running


@pytest.fixture
def client(application: RunningApplication) -> XapiClient:
    """A client of a store with five students."""
    client = application.xapi(f"store-{uuid4()}")
    for name in ("ming", "hong", "li", "wang", "=1+1"):
        named = {**agent(name), "name": f"{name} 同学"}
        posted = client.post(statement(name) | {"actor": named})
        assert posted.status_code == 200, posted.text
    return arrived(client, posted)


def arrived(client: XapiClient, posted: httpx.Response) -> XapiClient:
    """Wait until what was posted is in the projections."""
    position = posted.headers["X-Xueji-Position"]
    answer = client.request("GET", "/v1/students", params={"after": position})
    assert answer.status_code == 200, answer.text
    return client


def ask(client: XapiClient, path: str = "/v1/students", **given: Any) -> httpx.Response:
    headers = {"X-Experience-API-Version": None, **given.pop("headers", {})}
    return client.request("GET", path, headers=headers, params=given)


# Tags --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/students", MING])
def test_what_is_known_already_is_not_asked_again(
    client: XapiClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ask(client, path)
    tag = first.headers["ETag"]
    assert tag.startswith('W/"')
    assert f"-{first.headers['X-Xueji-Position']}-" in tag
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert first.headers["Vary"] == "Accept, Authorization"
    monkeypatch.setattr(Portraits, "students", None)
    monkeypatch.setattr(Portraits, "student", None)
    for known in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
        again = ask(client, path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b""), known
        assert again.headers["ETag"] == tag
        assert again.headers["Vary"] == "Accept, Authorization"


def test_a_tag_is_another_once_the_projection_has_moved(client: XapiClient) -> None:
    tag = ask(client).headers["ETag"]
    arrived(client, client.post(statement("ming")))
    answer = ask(client, headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert answer.headers["ETag"] != tag


def test_an_answer_that_was_remembered_has_the_tag_of_what_it_reflects_until_it_is_renewed(
    client: XapiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = int(ask(client).headers["X-Xueji-Position"])
    told = [("old", now - 1), ("old", now - 1), ("new", now)]
    monkeypatch.setattr(
        District, "district", lambda *_, **__: ({"told": told[0][0]}, told.pop(0)[1])
    )
    path = "/v1/portraits/district"
    first = ask(client, path)
    assert first.headers["X-Xueji-Position"] == str(first.json()["position"]) == str(now - 1)
    known = {"If-None-Match": first.headers["ETag"]}
    assert ask(client, path, headers=known).status_code == 304
    assert len(told) == 1, "it was asked for, so that it is renewed"
    renewed = ask(client, path, headers=known)
    assert (renewed.status_code, renewed.json()["told"]) == (200, "new")
    assert renewed.headers["X-Xueji-Position"] == str(now)
    assert ask(client, path, headers={"If-None-Match": renewed.headers["ETag"]}).status_code == 304


def test_what_was_remembered_in_part_has_another_tag_once_the_rest_is_another(
    client: XapiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = int(ask(client).headers["X-Xueji-Position"])
    told = {"own": "before", "compared_with": "remembered", "as_of": "noon"}
    monkeypatch.setattr(District, "district", lambda *_, **__: (told, now - 1))
    path = "/v1/portraits/district"
    known = {"If-None-Match": ask(client, path).headers["ETag"]}
    told["as_of"] = "later"
    assert ask(client, path, headers=known).status_code == 304
    told["own"] = "after"
    assert ask(client, path, headers=known).json()["own"] == "after"


def test_a_tag_is_another_for_another_format_role_and_store(
    application: RunningApplication, client: XapiClient
) -> None:
    assert client.credential is not None
    found = application.state.credentials.find(client.credential[0])
    others = [application.xapi(found.store, "projections/read"), application.xapi("another")]
    tags = [ask(client, headers={"Accept": accept}).headers["ETag"] for accept in (JSON, CSV)]
    tags += [ask(other).headers["ETag"] for other in others]
    same, *different = tags[0], tags[2], tags[1], tags[3]
    assert same == different[0], "the same role in the same store"
    assert len({same, *different[1:]}) == 3


def test_what_was_tried_again_makes_tags_be_asked_again_and_forgets_what_was_remembered(
    application: RunningApplication, client: XapiClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    mended = list[str]()
    monkeypatch.setattr(District, "_draw", lambda *_: {"mended": list(mended)})
    path = "/v1/portraits/district"
    tag, board = ask(client).headers["ETag"], ask(client, path)
    mended.append("a row")  # at no other position
    assert ask(client, path).json()["mended"] == []
    assert client.request("POST", "/v1/dead-letters/retry").status_code == 200
    assert ask(client, headers={"If-None-Match": tag}).status_code == 200
    again = ask(client, path, headers={"If-None-Match": board.headers["ETag"]})
    assert (again.status_code, again.json()["mended"]) == (200, mended)


# Formats -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/*", CSV),
        ("text/csv", CSV),
        ("TEXT/CSV; charset=utf-8", CSV),
        ("application/vnd.apache.parquet", PARQUET),
        ("text/html,application/xhtml+xml,*/*;q=0.8", JSON),
        ("application/json;q=0.5, text/csv", CSV),
        ("application/json;q=0, */*", CSV),
        ("text/csv;q=0.2, application/vnd.apache.parquet;q=0.9, */*;q=0.1", PARQUET),
        ("image/png", None),
        ("application/json;q=0", None),
        ("application/json;q=x", None),
        (",", JSON),
    ],
)
def test_the_format_is_the_one_that_accept_likes_best(accept: str, chosen: str | None) -> None:
    assert best_format(accept, [JSON, CSV, PARQUET]) == chosen


@given(st.text(max_size=50))
def test_no_accept_header_breaks_the_choice(accept: str) -> None:
    assert best_format(accept, [JSON, EVENTS]) in (JSON, EVENTS, None)


def test_a_list_comes_as_csv_that_a_spreadsheet_program_shows_as_it_is(client: XapiClient) -> None:
    answer = ask(client, headers={"Accept": "text/csv"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="students.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    listed = ask(client).json()["students"]
    assert list(rows[0]) == ["person", "name", "facts", "last_time"]
    assert {row["name"].lstrip("'") for row in rows} == {one["name"] for one in listed}
    assert "'=1+1 同学" in {row["name"] for row in rows}, "no formula"


def test_a_list_comes_as_parquet_with_types(client: XapiClient) -> None:
    answer = ask(client, headers={"Accept": "application/vnd.apache.parquet"})
    assert answer.headers["Content-Type"] == "application/vnd.apache.parquet"
    table = parquet.read_table(io.BytesIO(answer.content))
    assert table.schema.field("last_time").type == arrow.timestamp("us", tz="UTC")
    assert table.schema.field("facts").type == arrow.int64()
    assert table.column("person").to_pylist() == [
        one["person"] for one in ask(client).json()["students"]
    ]


def test_an_empty_list_has_its_columns_in_every_format(client: XapiClient) -> None:
    nobody = {"search": "nobody at all"}
    text = ask(client, headers={"Accept": "text/csv"}, **nobody).content
    assert text.decode("utf-8-sig") == "person,name,facts,last_time\r\n"
    content = ask(client, headers={"Accept": "application/vnd.apache.parquet"}, **nobody).content
    assert parquet.read_table(io.BytesIO(content)).column_names == [
        "person",
        "name",
        "facts",
        "last_time",
    ]


def test_what_is_no_list_has_no_table_and_says_what_there_is(client: XapiClient) -> None:
    answer = ask(client, MING, headers={"Accept": "text/csv"})
    assert answer.status_code == 406
    assert answer.json()["error"]["formats"] == [JSON, EVENTS]
    assert ask(client, headers={"Accept": "text/event-stream"}).status_code == 406


COLUMNS = Records(
    "all",
    (
        Column("text", "text"),
        Column("whole", "whole"),
        Column("real", "real"),
        Column("truth", "truth"),
        Column("moment", "moment"),
        Column("day", "day"),
        Column("texts", "texts"),
        Column("object", "object"),
    ),
)
ROW = {
    "text": "=HYPERLINK(1)",
    "whole": -3,
    "real": -0.25,
    "truth": True,
    "moment": "2026-03-02T01:30:00.000Z",
    "day": "2026-03-02",
    "texts": ["@a", "b"],
    "object": {"page": 3},
}


def test_each_kind_of_column_has_its_own_cell_and_type() -> None:
    [row] = csv.DictReader(io.StringIO(as_csv(COLUMNS, [ROW]).decode("utf-8-sig")))
    assert row == {
        "text": "'=HYPERLINK(1)",
        "whole": "-3",
        "real": "-0.25",
        "truth": "true",
        "moment": "2026-03-02T01:30:00.000Z",
        "day": "2026-03-02",
        "texts": "'@a; b",
        "object": '{"page":3}',
    }
    [typed] = parquet.read_table(io.BytesIO(as_parquet(COLUMNS, [ROW]))).to_pylist()
    assert typed == {
        **ROW,
        "moment": datetime(2026, 3, 2, 1, 30, tzinfo=UTC),
        "day": date(2026, 3, 2),
        "object": '{"page":3}',
    }


def test_what_is_missing_is_empty_in_csv_and_null_in_parquet() -> None:
    rows = [{}, {"moment": "0000-01-01T00:00:00.000Z"}]
    first, second = csv.reader(io.StringIO(as_csv(COLUMNS, rows).decode("utf-8-sig"))), None
    assert list(first)[1] == [""] * len(COLUMNS.columns)
    [one, second] = parquet.read_table(io.BytesIO(as_parquet(COLUMNS, rows))).to_pylist()
    assert set(one.values()) == {None}
    assert second["moment"] is None, "a year that no calendar of Parquet has"


@given(st.text(st.characters(codec="utf-8")))
def test_no_text_is_a_formula_in_csv_and_every_text_is_itself_in_parquet(text: str) -> None:
    records = Records("all", (Column("text", "text"),))
    written = as_csv(records, [{"text": text}]).decode("utf-8-sig")
    [_, [cell]] = csv.reader(io.StringIO(written, newline="")) if text else [None, [text]]
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cell in (text, f"'{text}")
    [row] = parquet.read_table(io.BytesIO(as_parquet(records, [{"text": text}]))).to_pylist()
    assert row == {"text": text}


# Pages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("accept", [JSON, CSV])
def test_pages_follow_each_other_in_every_format(client: XapiClient, accept: str) -> None:
    whole = [one["person"] for one in ask(client).json()["students"]]
    listed: list[str] = []
    path = "/v1/students?limit=2"
    while path:
        answer = client.request("GET", path, headers={"Accept": accept})
        assert answer.status_code == 200, answer.text
        if accept == JSON:
            listed += [one["person"] for one in answer.json()["students"]]
        else:
            rows = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
            listed += [row["person"] for row in rows]
        link = answer.headers.get("Link", "")
        path = link.removeprefix("<").removesuffix('>; rel="next"')
    assert listed == whole
    assert len(whole) == 5


@pytest.mark.parametrize("cursor", ["x", "!!!", "bnVsbA==", "WzFd", "学", "A" * 400, "____"])
def test_a_cursor_that_no_page_gave_is_refused(client: XapiClient, cursor: str) -> None:
    answer = ask(client, cursor=cursor)
    assert answer.status_code == 400
    assert "parameter 'cursor'" in answer.json()["error"]["message"]
    assert answer.json()["error"]["rule"]


def test_a_cursor_is_good_for_the_query_that_gave_it_only(client: XapiClient) -> None:
    cursor = ask(client, limit=1, search="同学").json()["next"]
    assert ask(client, limit=3, search="同学", cursor=cursor).status_code == 200
    assert ask(client, limit=1, cursor=cursor).status_code == 400
    assert ask(client, limit=1, search="同", cursor=cursor).status_code == 400


@given(
    st.lists(st.text() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False), min_size=1),
    st.binary(),
    st.binary(),
)
def test_a_cursor_gives_back_the_place_it_was_made_of(
    place: list[Any], query: bytes, other: bytes
) -> None:
    place = [one for one in place if one not in (float("inf"), float("-inf"))] or ["x"]
    place = [
        one.encode("utf-8", "replace").decode() if isinstance(one, str) else one for one in place
    ]
    cursor = Page(query, 1, None).next(place)
    types = [type(one) for one in place]
    assert Page(query, 1, cursor).place(*types) == tuple(place)
    with pytest.raises(ApiError):
        Page(query, 1, cursor).place(*types, str)
    if other != query:
        with pytest.raises(ApiError):
            Page(other, 1, cursor).place(*types)


# Errors ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/students?limit=0", "limit"),
        ("/v1/students?limit=many", "limit"),
        (f"{MING}?after=-1", "after"),
        (f"{MING}?live=perhaps", "live"),
        ("/v1/dead-letters?cursor=x", "cursor"),
    ],
)
def test_a_malformed_parameter_is_named_in_the_shape_of_all_errors(
    client: XapiClient, path: str, name: str
) -> None:
    answer = client.request("GET", path)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["status"] == 400
    assert f"parameter '{name}'" in error["message"]


def test_an_unknown_generation_and_person_are_404(client: XapiClient) -> None:
    assert ask(client, MING, generation="nothing").status_code == 404
    assert ask(client, "/v1/portraits/students/nobody").status_code == 404
    assert ask(client, MING, generation="live").status_code == 200


# The description ---------------------------------------------------------------------------------


def described(application: RunningApplication) -> Iterator[tuple[str, Any]]:
    """What the document says of each route of portraits and lists about students."""
    paths = application.client.get("/openapi.json").json()["paths"]
    for path, item in paths.items():
        if path.startswith(("/v1/portraits/", "/v1/students", "/v1/evidence")):
            yield path, item["get"]["responses"]["200"]


def test_every_answer_has_an_example_that_fits_its_schema(application: RunningApplication) -> None:
    found = dict(described(application))
    assert len(found) >= 3
    for path, answer in found.items():
        content = answer["content"][JSON]
        Draft202012Validator.check_schema(content["schema"])
        problems = list(Draft202012Validator(content["schema"]).iter_errors(content["example"]))
        assert not problems, (path, problems)
        assert "properties" in content["schema"], path
        assert "ETag" in answer["headers"], path


def test_every_format_that_is_served_is_described_and_no_other(
    application: RunningApplication, client: XapiClient
) -> None:
    person = quote(agent_key("ming"), safe="")
    for path, answer in described(application):
        refusal = ask(client, path.replace("{person}", person), headers={"Accept": "image/png"})
        assert refusal.status_code == 406, refusal.text
        assert set(refusal.json()["error"]["formats"]) == set(answer["content"]), path


def test_what_is_served_fits_what_is_described(
    application: RunningApplication, client: XapiClient
) -> None:
    person = quote(agent_key("ming"), safe="")
    for path, answer in described(application):
        if "{name}" in path or "teachers" in path:
            continue  # of the roster, which there is none of here; of teachers, of whom neither
        served = ask(client, path.replace("{person}", person), person=agent_key("ming"))
        assert served.status_code == 200, served.text
        validator = Draft202012Validator(answer["content"][JSON]["schema"])
        assert not list(validator.iter_errors(orjson.loads(served.content))), path


def test_no_route_describes_another_error_than_is_answered(application: RunningApplication) -> None:
    for item in application.client.get("/openapi.json").json()["paths"].values():
        for method, operation in item.items():
            if method != "parameters":
                assert "422" not in operation["responses"]
