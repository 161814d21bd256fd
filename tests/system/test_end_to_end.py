"""Statements go in at one end, live portraits come out at the other, of a whole server."""

import csv
import gzip
import json
import os
import subprocess
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http.client import HTTPConnection
from itertools import groupby, islice
from pathlib import Path
from time import sleep
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import pytest
from tincan import RemoteLRS, Statement
from tincan.statements_result import StatementsResult

from tests.support.application import running_application
from tests.support.data import data_file
from tests.support.histories import answer, person_key, point_id
from tests.support.processes import ROOT, XUEJI
from tests.support.records import statement_id, voiding
from tests.support.servers import Key, Server, running_server

VERSION = "1.0.3"
LEARNERS = 5
FEWEST_RESPONSES = 40  # of each of those learners
DUMPED = 1_153

Json = dict[str, Any]


@dataclass
class App:
    """An app that posts statements and asks for portraits over plain HTTP."""

    http: httpx.Client

    def post(self, *statements: Json) -> int:
        """Post a batch; gives its position."""
        answered = self.http.post("/xapi/statements", json=statements)
        assert answered.status_code == 200, answered.text
        return int(answered.headers["X-Xueji-Position"])

    def void(self, voided_id: str) -> int:
        return self.post(voiding(voided_id))

    def ask_portrait(self, person: str, **parameters: Any) -> httpx.Response:
        return self.http.get(f"/v1/portraits/students/{person}", params=parameters)

    def portrait(self, person: str, **parameters: Any) -> Json:
        answered = self.ask_portrait(person, **parameters)
        assert answered.status_code == 200, answered.text
        return dict(answered.json())

    def position(self) -> Json:
        """Give the positions of the record and of its projection."""
        status = self.http.get("/v1/status").json()
        return {name: status[name]["position"] for name in ("record", "carrier")}

    def all_statements(self) -> Iterator[Json]:
        page = self.http.get("/xapi/statements", params={"limit": 100}).json()
        while True:
            yield from page["statements"]
            if not page["more"]:
                return
            page = self.http.get(page["more"]).json()


@contextmanager
def app_of(server: Server, key: Key) -> Iterator[App]:
    headers = {"X-Experience-API-Version": VERSION}
    auth = (key.key, key.secret)
    with httpx.Client(base_url=server.address, auth=auth, headers=headers, timeout=60) as client:
        yield App(client)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("end-to-end")) as server:
        yield server


@pytest.fixture(scope="module")
def key(server: Server) -> Key:
    return server.add_key()


@pytest.fixture(scope="module")
def app(server: Server, key: Key) -> Iterator[App]:
    with app_of(server, key) as app:
        yield app


@pytest.fixture
def tincan(server: Server, key: Key) -> RemoteLRS:
    """The xAPI client that apps in Python use."""
    return RemoteLRS(
        version=VERSION,
        endpoint=f"{server.address}/xapi",
        username=key.key,
        password=key.secret,
    )


def answered(**how: Any) -> Json:
    """Make an answer as an app posts it: the record adds who vouches for it, and when it came."""
    return {name: value for name, value in answer(**how).items() if name not in RECORDS_OWN}


RECORDS_OWN = {"stored", "authority", "version"}


def learning(portrait: Json) -> Json:
    """Leave out of a portrait when it was drawn, and what depends on other people."""
    kept = ("name", "activity", "mastery", "weakest", "strongest")
    told: Json = without_evidence({name: portrait[name] for name in kept})
    return told


def without_evidence(told: Any) -> Any:
    """Leave out links to evidence, which name the person."""
    if isinstance(told, list):
        return [without_evidence(each) for each in told]
    if not isinstance(told, dict):
        return told
    return {name: without_evidence(part) for name, part in told.items() if name != "evidence"}


def phases(portrait: Json) -> dict[str, tuple[int, int, int]]:
    """Give actions, answers and correct answers of each phase."""
    return {
        each["phase"]: (each["actions"], each["answers"], each["correct"])
        for each in portrait["activity"]["phases"]
    }


def points(portrait: Json) -> dict[str, tuple[int, int]]:
    """Give tries and successes of each knowledge point."""
    return {
        each["knowledge_point"]: (each["tries"], each["successes"]) for each in portrait["mastery"]
    }


# Statements in -----------------------------------------------------------------------------------


def test_a_tincan_client_finds_what_it_saved(tincan: RemoteLRS) -> None:
    statements = [
        Statement.from_json(json.dumps(answered(person="tin", after=timedelta(minutes=minute))))
        for minute in range(6)
    ]
    given_ids = [str(statement.id) for statement in statements]
    assert tincan.save_statement(statements[0]).success
    statements[1].id = None
    assert tincan.save_statement(statements[1]).success
    assert str(statements[1].id) != given_ids[1]
    assert tincan.save_statements(statements[2:]).success
    saved = [str(statement.id) for statement in statements]
    assert saved == [given_ids[0], str(statements[1].id), *given_ids[2:]]

    for statement in statements:
        found = tincan.retrieve_statement(str(statement.id)).content
        assert found.authority is not None
        assert found.stored is not None
        for name in ("id", "actor", "verb", "object", "result", "context", "timestamp"):
            assert getattr(found, name) == getattr(statement, name), name

    one = statements[0]
    query = {"agent": one.actor, "verb": one.verb, "limit": 4, "ascending": True}
    first = tincan.query_statements(query)
    assert first.success
    rest = tincan.more_statements(first.content)
    assert rest.success
    assert ids_of(first.content) + ids_of(rest.content) == saved
    assert not rest.content.more


def ids_of(result: StatementsResult) -> list[str]:
    return [str(statement.id) for statement in result.statements]


def test_a_tincan_client_that_saves_twice_is_stored_once_and_one_that_changes_is_refused(
    tincan: RemoteLRS, app: App
) -> None:
    statement = Statement.from_json(json.dumps(answered(person="twice")))
    assert tincan.save_statement(statement).success
    position = app.position()["record"]
    assert tincan.save_statement(statement).success
    assert tincan.save_statements([statement]).success
    assert app.position()["record"] == position
    statement.result.success = False
    assert tincan.save_statement(statement).response.status == 409
    assert app.position()["record"] == position


# Portraits out -----------------------------------------------------------------------------------


def test_a_portrait_shows_what_was_posted_just_before(app: App) -> None:
    lan = person_key("lan")
    posted = [
        answered(
            person="lan",
            name="兰",
            points=[point],
            success=success,
            phase=phase,
            after=timedelta(days=day, minutes=number),
            seconds=10.0,
        )
        for number, (phase, day, point, success) in enumerate(
            [("pre", 0, "fractions", False)] * 6
            + [("in", 1, "angles", True)] * 7
            + [("post", 1, "ratios", True), ("post", 2, "ratios", False)]
        )
    ]
    position = app.post(*posted)
    portrait = app.portrait(lan, after=position)

    assert portrait["position"] >= position
    assert portrait["generation"] == "live"
    assert portrait["name"] == "兰"
    assert phases(portrait) == {"pre": (6, 6, 0), "in": (7, 7, 7), "post": (2, 2, 1)}
    by_phase = {each["phase"]: each for each in portrait["activity"]["phases"]}
    assert by_phase["in"]["seconds"] == 70.0
    assert [by_phase[phase]["active_days"] for phase in ("pre", "in", "post")] == [1, 1, 2]
    assert [(day["day"], day["phase"], day["actions"]) for day in portrait["activity"]["days"]] == [
        ("2026-03-02", "pre", 6),
        ("2026-03-03", "in", 7),
        ("2026-03-03", "post", 1),
        ("2026-03-04", "post", 1),
    ]

    mastery = {each["knowledge_point"]: each for each in portrait["mastery"]}
    assert points(portrait) == {
        point_id("fractions"): (6, 0),
        point_id("angles"): (7, 7),
        point_id("ratios"): (2, 1),
    }
    for each in mastery.values():
        assert 0 < each["low"] < each["probability"] < each["high"] < 1
        assert each["names"] == {
            "en": each["knowledge_point"].rpartition("/")[2],
            "zh-CN": f"知识点 {each['knowledge_point'].rpartition('/')[2]}",
        }
    assert mastery[point_id("fractions")]["high"] < mastery[point_id("angles")]["low"]
    assert [each["knowledge_point"] for each in portrait["weakest"]] == [point_id("fractions")]
    assert [each["knowledge_point"] for each in portrait["strongest"]] == [point_id("angles")]
    radar = {each["dimension"]: each for each in portrait["radar"]}
    assert radar["accuracy"]["value"] == pytest.approx(8 / 15)
    assert radar["mastery"]["n"] == 2


def test_a_voided_statement_is_taken_back_out_of_the_portrait(app: App) -> None:
    hua = person_key("hua")
    kept = [answered(person="hua", after=timedelta(hours=hour)) for hour in range(3)]
    before = learning(app.portrait(hua, after=app.post(*kept)))

    taken_back = [
        answered(person="hua", points=["fractions"], success=False, after=timedelta(minutes=90)),
        answered(person="hua", points=["angles"], phase="in", after=timedelta(days=3)),
    ]
    between = learning(app.portrait(hua, after=app.post(*taken_back)))
    assert between != before
    for statement in taken_back:
        position = app.void(statement["id"])
    assert position == app.position()["record"]
    assert learning(app.portrait(hua, after=position)) == before


def test_a_person_whose_only_statement_is_voided_has_no_portrait(app: App) -> None:
    only = answered(person="only")
    app.portrait(person_key("only"), after=app.post(only))
    gone = app.ask_portrait(person_key("only"), after=app.void(only["id"]))
    assert gone.status_code == 404


def test_a_statement_that_comes_late_changes_the_past_as_if_it_had_come_in_time(app: App) -> None:
    def history(person: str) -> list[Json]:
        return [
            answered(
                statement_id=statement_id(hour + 1000 * len(person)),
                person=person,
                name="双",
                points=["fractions", "angles"] if hour % 3 else ["angles"],
                success=hour % 4 > 0,
                after=timedelta(hours=hour),
            )
            for hour in range(0, 40, 4)
        ]

    in_time, late = history("one"), history("other")
    position = app.post(*in_time)
    expected = learning(app.portrait(person_key("one"), after=position))
    position = app.post(*late[:3], *late[4:])
    assert learning(app.portrait(person_key("other"), after=position)) != expected
    position = app.post(late[3])
    assert learning(app.portrait(person_key("other"), after=position)) == expected


def test_a_query_waits_until_the_projection_is_there(app: App) -> None:
    app.post(answered(person="wait"))
    next_position = app.position()["record"] + 1
    with ThreadPoolExecutor(1) as beside:
        asked = beside.submit(app.portrait, person_key("wait"), after=next_position)
        sleep(0.5)
        assert not asked.done()
        assert app.post(answered(person="wait", after=timedelta(hours=1))) == next_position
        portrait = asked.result()
    assert portrait["position"] >= next_position
    assert phases(portrait)["post"] == (2, 2, 2)


def test_a_query_for_a_position_that_does_not_come_is_answered_504(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.answers.PATIENCE", 0.2)
    with running_application(tmp_path) as running:
        path = f"/v1/portraits/students/{person_key('nobody')}"
        asked = running.client.get(path, params={"after": 1}, auth=running.credential("district"))
    assert asked.status_code == 504
    assert asked.headers["Retry-After"]
    assert "position 1" in asked.json()["error"]["message"]


def test_a_server_started_again_goes_on_where_it_was(tmp_path: Path) -> None:
    ming = person_key("ming")
    with running_server(tmp_path) as first:
        key = first.add_key()
        with app_of(first, key) as app:
            posted = [answered(person="ming", after=timedelta(hours=hour)) for hour in range(5)]
            position = app.post(*posted)
            before = app.portrait(ming, after=position)
    with running_server(tmp_path) as second, app_of(second, key) as app:
        assert app.position() == {"record": position, "carrier": position}
        again = app.portrait(ming)
        assert again["position"] == position
        assert learning(again) == learning(before)
        assert again["radar"] == before["radar"]
        position = app.post(answered(person="ming", phase="pre", after=timedelta(hours=2.5)))
        portrait = app.portrait(ming, after=position)
    assert phases(portrait) == {"pre": (1, 1, 1), "in": (0, 0, 0), "post": (5, 5, 5)}
    assert points(portrait) == {point_id("fractions"): (6, 6)}


# Who may ask, and for what -----------------------------------------------------------------------


def test_a_connection_goes_on_after_each_refusal(tmp_path: Path) -> None:
    limit = 300_000
    settings = {"clickhouse_dsn": "chdb://memory", "maximum_body_size": str(limit)}
    with running_server(tmp_path, **settings) as server:
        key = server.add_key()
        pair = b64encode(f"{key.key}:{key.secret}".encode()).decode()
        right = {
            "Authorization": f"Basic {pair}",
            "X-Experience-API-Version": VERSION,
            "Content-Type": "application/json",
        }
        good = orjson.dumps(answered(person="ming"))
        connection = HTTPConnection(urlsplit(server.address).netloc, timeout=20)

        def post(body: bytes, query: str = "", **changed: str) -> int:
            connection.request("POST", f"/xapi/statements{query}", body, right | changed)
            answer = connection.getresponse()
            answer.read()
            return answer.status

        assert post(good) == 200
        first = connection.sock
        assert post(b"[" + b" " * limit + b"]") == 413
        assert post(b" " * (limit - 1) + b"{") == 400
        assert post(b" " * (limit - 1) + b"{", Authorization="Basic bm86bm8=") == 401
        assert post(good * 100, "?unknown=1") == 400
        assert post(good, **{"Content-Type": "text/plain"}) == 415
        assert post(good, **{"X-Experience-API-Version": "0.9"}) == 400
        assert post(good) == 200
        assert connection.sock is first
        connection.close()


def test_a_server_told_to_stop_lets_go_of_a_query_that_waits(tmp_path: Path) -> None:
    with running_server(tmp_path, clickhouse_dsn="chdb://memory") as server:
        key = server.add_key()
        with app_of(server, key) as app, ThreadPoolExecutor() as waiting:
            later = waiting.submit(app.ask_portrait, "mbox:mailto:a@b.example", after=10**9)
            sleep(1.0)  # until it waits: nothing outside the server shows that
            assert not later.done()
            server.process.terminate()
            assert later.result(timeout=20).status_code == 504
            server.process.wait(5)


@pytest.mark.parametrize(
    "path", ["/v1/students", f"/v1/portraits/students/{person_key('ming')}", "/v1/status"]
)
def test_projections_are_for_credentials_that_may_read_them(
    server: Server, key: Key, writer: Key, path: str
) -> None:
    def ask(*auth: str) -> httpx.Response:
        return httpx.get(f"{server.address}{path}", auth=auth or None)  # type: ignore[arg-type]

    for refused in (ask(), ask(key.key, "wrong"), ask("wrong", key.secret)):
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith("Basic")
        assert refused.json()["error"]["message"]
    forbidden = ask(writer.key, writer.secret)
    assert forbidden.status_code == 403
    assert "projections/read" in forbidden.json()["error"]["message"]


@pytest.fixture(scope="module")
def writer(server: Server) -> Key:
    return server.add_key(scope="statements/write")


def test_a_store_sees_nothing_of_another(server: Server, app: App) -> None:
    position = app.post(answered(person="secret"))
    assert app.ask_portrait(person_key("secret"), after=position).status_code == 200
    with app_of(server, server.add_key(store="elsewhere")) as other:
        assert other.ask_portrait(person_key("secret"), after=position).status_code == 404
        assert other.http.get("/v1/students").json() == {"students": [], "next": None}


@pytest.mark.parametrize(
    ("person", "parameters", "named"),
    [
        (person_key("nobody"), {}, person_key("nobody")),
        (person_key("nobody"), {"generation": "unknown"}, "unknown"),
    ],
)
def test_what_there_is_not_is_answered_404_and_named(
    app: App, person: str, parameters: Json, named: str
) -> None:
    missing = app.ask_portrait(person, **parameters)
    assert missing.status_code == 404
    assert named in missing.json()["error"]["message"]


# Real data ---------------------------------------------------------------------------------------


def test_real_responses_give_portraits_whose_counts_are_those_of_the_file(
    server: Server, tmp_path: Path
) -> None:
    responses = some_responses(data_file("assistments09.csv.gz"))
    path = tmp_path / "assistments09.csv.gz"
    with gzip.open(path, "wt", newline="") as file:
        written = csv.DictWriter(file, fieldnames=list(responses[0]))
        written.writeheader()
        written.writerows(responses)
    key = server.add_key(store="assistments")
    said = run_import(server, key, "assistments", path)
    assert f"Posted {len(responses)}" in said

    tries, successes = counts(responses)
    with app_of(server, key) as app:
        position = app.position()["record"]
        listed = app.http.get("/v1/students", params={"after": position}).json()["students"]
        assert len(listed) == LEARNERS
        for student in listed:
            learner = student["person"].rpartition("|")[2]
            portrait = app.portrait(student["person"])
            shown = {
                point.rpartition("/")[2]: counted for point, counted in points(portrait).items()
            }
            assert shown == {
                skill: (tries[learner, skill], successes[learner, skill])
                for someone, skill in tries
                if someone == learner and skill
            }
            assert student["facts"] == tries[learner, ""]
            assert portrait["activity"]["answers"] == tries[learner, ""]
            assert portrait["activity"]["correct"] == successes[learner, ""]


def some_responses(path: Path) -> list[dict[str, str]]:
    """Give the rows of the file's first few learners who have enough of them."""
    with gzip.open(path, "rt", newline="") as file:
        learners = (
            list(rows) for _, rows in groupby(csv.DictReader(file), key=lambda row: row["user_id"])
        )
        enough = (rows for rows in learners if len(rows) >= FEWEST_RESPONSES)
        return [row for rows in islice(enough, LEARNERS) for row in rows]


def counts(
    responses: Sequence[dict[str, str]],
) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """Count tries and successes by learner and skill; skill '' counts all responses."""
    tries: Counter[tuple[str, str]] = Counter()
    successes: Counter[tuple[str, str]] = Counter()
    for row in responses:
        for skill in {"", *row["skills"].split(";")}:
            tries[row["user_id"], skill] += 1
            successes[row["user_id"], skill] += row["correct"] == "1"
    return tries, successes


def test_of_the_dump_of_2014_nothing_is_lost(server: Server, tmp_path: Path) -> None:
    path = data_file("adl_public_lrs_2014.json.gz")
    dumped = [statement["id"] for statement in orjson.loads(gzip.decompress(path.read_bytes()))]
    assert len(set(dumped)) == DUMPED
    key = server.add_key(store="adl")
    run_import(server, key, "statements", path, "--refusals", str(tmp_path / "refusals.jsonl"))

    lines = (tmp_path / "refusals.jsonl").read_bytes().splitlines()
    refused = {refusal["statement_id"]: refusal for refusal in map(orjson.loads, lines)}
    assert len(lines) == len(refused)
    for refusal in refused.values():
        assert refusal["rule"]
        assert refusal["section"].startswith("xAPI 1.0.3")
        assert refusal["path"].startswith("$")
    with app_of(server, key) as app:
        found = {statement["id"] for statement in app.all_statements()}
        for voided_id in set(dumped) - found - refused.keys():
            asked = app.http.get("/xapi/statements", params={"voidedStatementId": voided_id})
            assert asked.json()["id"] == voided_id
            found.add(voided_id)
        assert found.isdisjoint(refused)
        assert found | refused.keys() == set(dumped)
        app.http.get("/v1/students", params={"after": app.position()["record"]}).raise_for_status()
        assert app.http.get("/v1/status").json()["carrier"]["dead_letters"] == 0


def run_import(server: Server, key: Key, kind: str, path: Path, *options: str) -> str:
    """Run `xueji import`; gives what it said, each run of white space as one space."""
    done = subprocess.run(
        [*XUEJI, "import", kind, str(path), "--endpoint", f"{server.address}/xapi", *options],
        cwd=ROOT,
        env={**os.environ, "XUEJI_KEY": key.key, "XUEJI_SECRET": key.secret, "COLUMNS": "500"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return " ".join(done.stdout.split())
