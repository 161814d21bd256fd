"""Schemes over HTTP and by command: published, versioned, refused with lines, withdrawn."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote
from uuid import uuid4

import httpx
import orjson
import pytest
from typer.testing import CliRunner, Result

from api import scheme_commands
from api.command_line import main
from api.operating import OperatingError
from api.scheme_declaring import ByServer, OwnCredential
from api.ui.evaluation_queries import EvaluationQueries
from lrs.declarations import SCHEME, Declaration
from lrs.holders import Holder
from projections.evaluation.published_schemes import scheme_declaration
from projections.evaluation.scheme_extending import resolve
from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.records import AUTHORITY, agent_key
from tests.support.scheme_documents import BASE, OWN, replaced, school_scheme, small_scheme

STUDENT = agent_key("ming")
SHIPPED = {"district-comprehensive", "football", "role-model-badges"}


@pytest.fixture(scope="module")
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request, failed_logins_per_minute=0) as running:
        yield running


@pytest.fixture
def store() -> str:
    return f"store-{uuid4()}"


@pytest.fixture
def app(application: RunningApplication, store: str) -> XapiClient:
    return application.xapi(store, "all", app="evaluation-office")


def put(client: XapiClient, text: str, name: str = "base", **parameters: Any) -> httpx.Response:
    return client.request("PUT", f"/v1/schemes/{name}", content=text.encode(), params=parameters)


def published(client: XapiClient, text: str, name: str = "base") -> dict[str, Any]:
    answer = put(client, text, name)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def checked(client: XapiClient, text: str) -> dict[str, Any]:
    answer = client.request("POST", "/v1/schemes/check", content=text.encode())
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def listed(client: XapiClient, after: int = 0) -> dict[str, dict[str, Any]]:
    answer = client.request("GET", "/v1/schemes", params={"after": after})
    return {one["id"]: one for one in answer.json()["schemes"]}


def shown(client: XapiClient, name: str, **parameters: Any) -> dict[str, Any]:
    answer = client.request("GET", f"/v1/schemes/{name}", params=parameters)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


# Published ---------------------------------------------------------------------------------------


def test_a_store_has_the_shipped_schemes_until_it_publishes_its_own(app: XapiClient) -> None:
    assert {name: one["origin"] for name, one in listed(app).items()} == dict.fromkeys(
        SHIPPED, "shipped"
    )
    text = small_scheme("football")
    position = published(app, text, "football")["position"]
    found = listed(app, after=position)
    assert set(found) == SHIPPED
    assert (found["football"]["origin"], found["football"]["dimensions"]) == ("published", 2)
    assert shown(app, "football")["text"] == text
    position = app.request("DELETE", "/v1/schemes/football").json()["position"]
    assert listed(app, after=position)["football"]["dimensions"] == 5


def test_a_published_scheme_is_put_together_with_what_it_extends(app: XapiClient) -> None:
    published(app, BASE)
    answer = published(app, OWN, "own")
    assert (answer["version"], answer["changed"]) == (1, True)
    found = shown(app, "own", after=answer["position"])
    assert found["extends"] == "base"
    assert [each["weight"] for each in found["scheme"]["dimensions"]] == [50, 50]
    assert found["overrides"][0] == {
        "path": "dimensions.learning.weight",
        "change": "changed",
        "by": "own",
        "of": "base",
        "before": 60,
        "after": 50,
    }
    assert resolve("own", {"own": found["whole_text"]}).scheme.extends == ()
    assert listed(app)["base"]["extended_by"] == ["own"]


def test_publishing_the_same_twice_changes_nothing(app: XapiClient) -> None:
    first, second = published(app, BASE), published(app, BASE)
    assert (second["changed"], second["version"]) == (False, 1)
    assert second["position"] == first["position"]


def test_every_version_can_be_read_as_it_was_published(app: XapiClient) -> None:
    later = replaced(BASE, ("at_least: 85", "at_least: 80"))
    for text in (BASE, later):
        published(app, text)
    position = app.request("DELETE", "/v1/schemes/base").json()["position"]
    published(app, BASE)
    found = shown(app, "base", version=2, after=position + 1)
    assert [(one["version"], one["withdrawn"], one["by"]) for one in found["versions"]] == [
        (1, False, "evaluation-office"),
        (2, False, "evaluation-office"),
        (3, True, "evaluation-office"),
        (4, False, "evaluation-office"),
    ]
    assert (found["text"], found["scheme"]["levels"][0]["at_least"]) == (later, 80)
    assert shown(app, "base")["text"] == BASE
    answer = app.request("GET", "/v1/schemes/base", params={"version": 5})
    assert answer.status_code == 404
    assert "version 5" in answer.json()["error"]["message"]


def test_the_list_has_a_tag_and_csv(app: XapiClient) -> None:
    first = app.request("GET", "/v1/schemes")
    again = app.request("GET", "/v1/schemes", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    csv = app.request("GET", "/v1/schemes", headers={"Accept": "text/csv"}).text
    assert "role-model-badges" in csv


def test_an_extending_scheme_that_came_first_is_harmless(
    application: RunningApplication, app: XapiClient, store: str
) -> None:
    record = application.state.services.record
    texts = {"base": BASE, "own": OWN}
    child = scheme_declaration(resolve("own", texts), OWN)
    record.declare_now(store, [child], AUTHORITY.json)
    gone = Declaration(kind=SCHEME, id="base", content=None)
    position = record.declare_now(store, [gone], AUTHORITY.json).position
    found = shown(app, "own", after=max(position, record.last_position()))
    assert (found["scheme"], found["faults"][0]["value"]) == (None, "base")
    assert len(listed(app)["own"]["faults"]) == 1
    position = published(app, BASE)["position"]
    assert shown(app, "own", after=position)["scheme"]["extends"] == ["base"]


# Refused -----------------------------------------------------------------------------------------


def test_a_faulty_scheme_is_refused_with_all_faults_and_their_lines(app: XapiClient) -> None:
    text = replaced(BASE, ("kind: process", "kind: proces"), ("weight: 60", "weight: 70"))
    answer = put(app, text)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["count"], [one["line"] for one in error["faults"]]) == (2, [8, 14])
    assert error["faults"][1] == {
        "scheme": "base",
        "line": 14,
        "column": 15,
        "path": "dimensions.learning.indicators.accuracy.kind",
        "rule": {"zh": "没有这个词", "en": "is not known"},
        "value": "proces",
        "suggestion": {"zh": "是不是 process？", "en": "did you mean process?"},
    }
    told = checked(app, text)
    assert (told["valid"], told["faults"], told["scheme"]) == (False, error["faults"], None)
    assert set(listed(app)) == SHIPPED


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        (BASE, "other", "the document says scheme: base, the path other"),
        (OWN, "own", "there is no such scheme to extend"),
        (replaced(OWN, ("extends: base", "extends: own")), "own", "extend each other"),
        (BASE + "#" * 70_000, "base", "at most 65,536 characters"),
        ("{", "base", "is not valid YAML"),
        ("title: {}", "base", "is missing"),
    ],
)
def test_what_cannot_be_published_is_refused(
    app: XapiClient, text: str, name: str, message: str
) -> None:
    answer = put(app, text, name)
    assert answer.status_code == 400
    assert message in answer.text
    assert set(listed(app)) == SHIPPED


def test_a_scheme_that_others_extend_is_neither_withdrawn_nor_broken(app: XapiClient) -> None:
    published(app, BASE)
    position = published(app, OWN, "own")["position"]
    withdrawn = app.request("DELETE", "/v1/schemes/base")
    changed = put(app, replaced(BASE, ("id: conduct", "id: behaviour")))
    round_it = put(app, small_scheme("base", extends="own"))
    assert (withdrawn.status_code, changed.status_code, round_it.status_code) == (409, 409, 400)
    for answer in (withdrawn, changed):
        error = answer.json()["error"]
        assert set(error["breaks"]) == {"own"}
        assert "base is extended by own" in error["message"]
    assert "extend each other" in round_it.text
    assert set(checked(app, replaced(BASE, ("id: conduct", "id: b")))["breaks"]) == {"own"}
    assert shown(app, "own", after=position)["scheme"] is not None
    assert put(app, replaced(BASE, ("at_least: 85", "at_least: 90"))).status_code == 200
    assert app.request("DELETE", "/v1/schemes/own").status_code == 200
    assert app.request("DELETE", "/v1/schemes/base").status_code == 200


def test_a_checked_scheme_is_not_kept(app: XapiClient) -> None:
    told = checked(app, BASE)
    assert (told["valid"], told["scheme"]["id"], told["faults"]) == (True, "base", [])
    assert set(listed(app)) == SHIPPED


def test_what_was_not_published_is_not_found(app: XapiClient) -> None:
    assert app.request("GET", "/v1/schemes/nothing").status_code == 404
    for name in ("nothing", "football"):
        assert app.request("DELETE", f"/v1/schemes/{name}").status_code == 404


# Who may -----------------------------------------------------------------------------------------


Ask = Callable[..., XapiClient]


@pytest.fixture
def holding(application: RunningApplication, app: XapiClient, store: str) -> Ask:
    """Gives clients of holders in a store that has the schools lake and hill, and BASE."""
    record = application.state.services.record
    at_lake = {"schoolSourcedId": "lake"}
    enrolled = {"userSourcedId": "m", "person": STUDENT, "classSourcedId": "5-1", "role": "student"}
    roster = [
        ("roster-org", "lake", {"name": "湖畔小学", "type": "school"}),
        ("roster-org", "hill", {"name": "山坡小学", "type": "school"}),
        ("roster-org", "office", {"name": "教委", "type": "district"}),
        ("roster-class", "5-1", {"title": "5-1", "classType": "homeroom", **at_lake}),
        ("roster-enrollment", "m-5-1", {**enrolled, **at_lake}),
    ]
    declarations = [
        Declaration(kind=kind, id=name, content=orjson.dumps(content))
        for kind, name, content in roster
    ]
    record.declare_now(store, declarations, AUTHORITY.json)
    listed(app, after=published(app, BASE)["position"])

    def client(role: str, **more: Any) -> XapiClient:
        holder = Holder(role, **more)
        made, secret = application.state.credentials.add(store, "", (), holder=holder)
        return XapiClient(application.client, (made.key, secret))

    return client


def leading(holding: Ask, school: str) -> XapiClient:
    return holding("school_leader", schools=(school,))


def test_a_leader_publishes_and_withdraws_schemes_of_the_own_school(
    app: XapiClient, holding: Ask
) -> None:
    lake, text = leading(holding, "lake"), school_scheme("lake")
    assert checked(lake, text)["valid"]
    position = published(lake, text, "own")["position"]
    found = shown(lake, "own", after=position)
    assert (found["school"], found["scheme"]["extends"]) == ("lake", ["base"])
    assert resolve("own", {"own": found["whole_text"]}).scheme.school == "lake"
    assert listed(app)["own"]["school"] == "lake"
    assert listed(lake)["base"]["school"] == ""
    more = school_scheme("lake", "more", "own")
    assert put(lake, more, "more").status_code == 200
    assert lake.request("DELETE", "/v1/schemes/own").status_code == 409
    for name in ("more", "own"):
        assert lake.request("DELETE", f"/v1/schemes/{name}").status_code == 200


@pytest.mark.parametrize(
    ("text", "name", "said"),
    [
        (BASE, "base", "say school: lake"),
        (OWN, "own", "say school: lake"),
        (school_scheme("hill"), "own", "found hill"),
        (school_scheme("office"), "own", "found office"),
    ],
)
def test_a_leader_changes_nothing_of_the_district_and_of_other_schools(
    holding: Ask, text: str, name: str, said: str
) -> None:
    lake = leading(holding, "lake")
    answer = put(lake, text, name)
    assert answer.status_code == 403
    assert "school leader changes schemes of the own school only" in answer.text
    assert said in answer.text
    told = checked(lake, text)
    assert not told["valid"]
    assert told["faults"] == answer.json()["error"]["faults"]
    assert lake.request("DELETE", "/v1/schemes/base").status_code == 403
    assert set(listed(lake)) == {*SHIPPED, "base"}


def test_an_id_stays_its_owners_until_it_is_withdrawn(app: XapiClient, holding: Ask) -> None:
    lake, hill = leading(holding, "lake"), leading(holding, "hill")
    assert put(lake, school_scheme("lake", "football"), "football").status_code == 400
    assert put(lake, school_scheme("lake", "base", "football"), "base").status_code == 400
    published(lake, school_scheme("lake"), "own")
    for other, text in ((hill, school_scheme("hill")), (app, OWN)):
        assert "the id is another owner's" in put(other, text, "own").text
    assert hill.request("DELETE", "/v1/schemes/own").status_code == 404
    assert lake.request("DELETE", "/v1/schemes/own").status_code == 200
    position = published(hill, school_scheme("hill"), "own")["position"]
    versions = shown(hill, "own", after=position)["versions"]
    assert [one["version"] for one in versions] == [3]
    answer = hill.request("GET", "/v1/schemes/own", params={"version": 1})
    assert answer.status_code == 404
    assert shown(app, "own", version=1)["school"] == "lake"


def test_a_schools_own_is_seen_and_extended_by_that_school_only(
    app: XapiClient, holding: Ask
) -> None:
    lake, hill = leading(holding, "lake"), leading(holding, "hill")
    position = published(lake, school_scheme("lake"), "own")["position"]
    student = holding("student", person=STUDENT)
    parent = holding("parent", children=(STUDENT,))
    for one, sees in ((app, True), (lake, True), (student, True), (parent, True), (hill, False)):
        assert ("own" in listed(one, after=position)) == sees
        assert (one.request("GET", "/v1/schemes/own").status_code == 200) == sees
    assert shown(hill, "base")["extended_by"] == []
    for base in ("own", "nope"):  # nor do faults tell what the other school publishes
        faults = checked(hill, school_scheme("lake", "mine", base))["faults"]
        assert [one["value"] for one in faults] == ["lake"]
    by_hill = put(hill, school_scheme("hill", "mine", "own"), "mine")
    by_district = put(
        app, replaced(OWN, ("own", "mine"), ("extends: base", "extends: own")), "mine"
    )
    assert "among the district's and the school's own" in by_hill.text
    assert "there is no such scheme to extend among the district's; found own" in by_district.text


def test_a_schools_own_judges_that_schools_people_only(app: XapiClient, holding: Ask) -> None:
    position = published(app, school_scheme("lake"), "own")["position"]
    student = holding("student", person=STUDENT)
    listed(app, after=position)
    path = f"/v1/evaluations/own/students/{quote(STUDENT, safe='')}"
    for one in (app, student, leading(holding, "lake")):
        answer = one.request("GET", path)
        assert answer.status_code == 200, answer.text
        assert answer.json()["scheme"]["id"] == "own"
    assert app.request("GET", "/v1/evaluations/own/schools/lake").status_code == 200
    for refused in ("schools/hill", "district"):
        answer = app.request("GET", f"/v1/evaluations/own/{refused}")
        assert answer.status_code == 409
        assert "own is lake's own, and judges nobody else" in answer.text
    answer = leading(holding, "hill").request("GET", "/v1/evaluations/own/schools/hill")
    assert answer.status_code == 404


def test_a_leaders_draft_begins_with_a_scheme_of_the_own_school(
    application: RunningApplication, app: XapiClient, holding: Ask, store: str
) -> None:
    holder = Holder("school_leader", schools=("lake",))
    made, _ = application.state.credentials.add(store, "", (), holder=holder)
    queries = EvaluationQueries(application.state.services, made)
    ask = application.client.portal.call  # type: ignore[union-attr]
    draft = ask(queries.draft, "base")
    assert ask(queries.check, draft["text"])["valid"]
    told = ask(queries.publish, draft["text"])
    assert (told["id"], told["scheme"]["school"]) == ("lake-base", "lake")
    assert listed(app, after=told["position"])["lake-base"]["extends"] == "base"
    assert ask(queries.draft, "lake-base")["text"] == draft["text"]
    [named] = [one for one in ask(queries.schemes)["schemes"] if one["school"]]
    assert (named["id"], named["school_name"]) == ("lake-base", "湖畔小学")
    may = {
        name: ask(queries.may_withdraw, ask(queries.scheme, name))
        for name in ("lake-base", "base", *SHIPPED)
    }
    assert may == {"lake-base": True, "base": False, **dict.fromkeys(SHIPPED, False)}
    position = ask(queries.withdraw, "lake-base")["position"]
    assert "lake-base" not in listed(app, after=position)


def test_the_roster_has_to_know_a_school_that_has_schemes(app: XapiClient, holding: Ask) -> None:
    answer = put(app, school_scheme("lakes"), "own")
    assert answer.status_code == 400
    [fault] = answer.json()["error"]["faults"]
    assert (fault["line"], fault["path"], fault["value"]) == (3, "school", "lakes")
    assert fault["suggestion"]["en"] == "did you mean lake?"
    assert put(leading(holding, "pond"), school_scheme("pond"), "own").status_code == 400


def test_a_school_publishes_so_many_and_no_more(
    holding: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.scheme_publishing.MOST_OF_SCHOOL", 1)
    lake, hill = leading(holding, "lake"), leading(holding, "hill")
    assert put(lake, school_scheme("lake"), "own").status_code == 200
    assert put(lake, school_scheme("lake"), "own").status_code == 200
    refused = put(lake, school_scheme("lake", "more"), "more")
    assert (refused.status_code, "a school publishes at most 1" in refused.text) == (400, True)
    assert put(hill, school_scheme("hill", "hills"), "hills").status_code == 200


def test_a_store_does_not_reach_the_schemes_of_another(
    application: RunningApplication, app: XapiClient, store: str
) -> None:
    position = published(app, BASE)["position"]
    other = application.xapi(f"{store}-other", "all")
    assert set(listed(other, after=position)) == SHIPPED
    asked = other.request("GET", "/v1/schemes/base", params={"store": store})
    assert (asked.status_code, put(other, BASE, store=store).status_code) == (403, 403)
    operator = application.xapi("operators", "operate")
    answer = operator.request("GET", "/v1/schemes/base", params={"store": store})
    assert answer.json()["text"] == BASE


# By command --------------------------------------------------------------------------------------


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., Result]:
    """Runs `xueji schemes` on an empty record of its own, without a server."""
    environment = {"XUEJI_DATA_DIRECTORY": str(tmp_path / "data"), "COLUMNS": "200"}

    def run(*arguments: str, status: int = 0) -> Result:
        done = CliRunner().invoke(main, ["schemes", *arguments], env=environment)
        assert done.exit_code == status, done.output
        return done

    return run


def test_a_scheme_is_checked_by_command_without_record_or_server(
    command: Callable[..., Result], tmp_path: Path
) -> None:
    file = tmp_path / "base.yaml"
    file.write_text(BASE, encoding="utf-8")
    assert "2 个维度 dimensions, 3 个指标 indicators" in command("check", str(file)).output
    file.write_text(replaced(BASE, ("figure: mean", "figure: men")), encoding="utf-8")
    told = command("check", str(file), status=1).output
    assert told.startswith("base:28:42 dimensions.conduct.indicators.praise.measure.figure: ")
    assert "(did you mean mean?)" in told
    assert "over 为 ratings 时没有这个词（是不是 mean？）" in told
    assert not (tmp_path / "data").exists()


def test_schemes_are_published_listed_shown_and_withdrawn_by_command(
    command: Callable[..., Result], tmp_path: Path
) -> None:
    base, own = tmp_path / "base.yaml", tmp_path / "own.yaml"
    base.write_text(BASE, encoding="utf-8")
    own.write_text(OWN, encoding="utf-8")
    store = ("--store", "district")
    assert "there is no such scheme" in command("publish", str(own), *store, status=1).output
    assert "已发布 published" in command("publish", str(base), *store).output
    assert "没有变化 nothing changed" in command("publish", str(base), *store).output
    assert json.loads(command("publish", str(own), *store, "--json").output)["version"] == 1
    found = json.loads(command("list", *store, "--json").output)
    assert {one["id"] for one in found} == {*SHIPPED, "base", "own"}
    assert "本校方案 Our own" in command("list", *store).output
    assert command("show", "own", *store).output == f"{OWN}\n"
    assert "extends" not in command("show", "own", *store, "--whole").output
    assert "own: 将因此出错 would be faulty" in command("withdraw", "base", *store, status=1).output
    assert "已撤回 withdrawn" in command("withdraw", "own", *store).output
    assert (
        "there is no scheme own"
        in command("show", "own", *store, "--version", "9", status=1).output
    )


def test_a_leader_publishes_by_command_with_the_own_credential(
    application: RunningApplication,
    holding: Ask,
    command: Callable[..., Result],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lake = leading(holding, "lake")
    asked: list[OwnCredential] = []

    @contextmanager
    def asking(own: OwnCredential) -> Iterator[ByServer]:
        asked.append(own)
        yield ByServer(cast(httpx.Client, lake))

    monkeypatch.setattr(scheme_commands, "keeping_by", asking)
    file = tmp_path / "own.yaml"
    file.write_text(school_scheme("lake"), encoding="utf-8")
    by = ("--server", "http://record.example", "--key", "k", "--secret", "s")
    told = json.loads(command(*by, "publish", str(file), "--json").output)
    assert asked == [OwnCredential("http://record.example", "k", "s")]
    listed(lake, after=told["position"])
    found = json.loads(command(*by, "list", "--json").output)
    assert [one["school"] for one in found if one["id"] == "own"] == ["lake"]
    file.write_text(BASE, encoding="utf-8")
    told = command(*by, "publish", str(file), status=1).output
    assert "校长只能改动本校的方案（写上 school: lake）" in told
    assert "已撤回 withdrawn" in command(*by, "withdraw", "own").output


def test_a_command_says_which_store_and_which_server(command: Callable[..., Result]) -> None:
    assert "which store?" in command("list", status=2).output
    told = command("--server", "record.example", "list", status=1).output
    assert "'record.example' is no address" in told
    told = command("--server", "http://127.0.0.1:1", "list", status=1).output
    assert "the server went away" in told


def test_the_commands_ask_the_running_server(
    application: RunningApplication, store: str, app: XapiClient
) -> None:
    server = ByServer(cast(httpx.Client, application.xapi("operators", "operate")))
    assert {one["id"] for one in server.list(store)} == SHIPPED
    assert server.check(store, BASE)["valid"]
    position = server.publish(store, BASE)["position"]
    assert "base" in listed(app, after=position)
    assert server.show(store, "base", version=1)["text"] == BASE
    for text, path in ((replaced(BASE, ("zh: 学习, ", "")), "title.zh"), ("a: 1", "a"), ("{", "")):
        with pytest.raises(OperatingError) as refused:
            server.publish(store, text)
        assert refused.value.details["faults"][0]["path"].endswith(path)
    server.publish(store, OWN)
    with pytest.raises(OperatingError, match="base is extended by own"):
        server.withdraw(store, "base")
    with pytest.raises(OperatingError, match="no scheme nothing"):
        server.show(store, "nothing")
