"""Profile validation at the door, over HTTP and by command: off, report, enforce."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest
from rich.console import Console
from typer.testing import CliRunner

from api import profile_commands
from lrs.profiles import Mode, Registry
from lrs.record import Record
from tests.support.application import RunningApplication, XapiClient
from tests.support.multipart import attachment, data_part, post, sha256
from tests.support.profile_documents import (
    BASE,
    PAGE,
    VERSION,
    at,
    document,
    read,
    template_id,
)
from tests.support.records import statement, statement_id

TEACHING_CYCLE = Path(__file__).parents[2] / "projections/profiles/teaching-cycle.jsonld"
CYCLE = "https://xueji.dev/xapi/teaching-cycle"


@pytest.fixture
def xapi(application: RunningApplication, store: str) -> XapiClient:
    """A client of the store, which holds the profile of reading."""
    application.state.door.registry.add(store, orjson.dumps(document()))
    return application.xapi(store, app="reader")


@pytest.fixture
def choose(application: RunningApplication, store: str) -> Any:
    """Choose the mode of the store."""
    return lambda mode: application.state.door.registry.set_mode(store, mode)


def refusal(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 400, answer.text
    return dict(answer.json()["error"])


def findings(xapi: XapiClient, **parameters: Any) -> dict[str, Any]:
    answer = xapi.request("GET", "/v1/profiles/findings", params=parameters)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def in_short(answer: dict[str, Any]) -> list[tuple[str, int]]:
    return [(one["kind"], one["count"]) for one in answer["findings"]]


# Off ---------------------------------------------------------------------------------------------


def test_a_store_with_profiles_takes_everything_until_a_mode_is_chosen(xapi: XapiClient) -> None:
    assert xapi.post(read("burnt")).status_code == 200
    assert findings(xapi) == {"findings": [], "next": None, "total": 0}


# Report ------------------------------------------------------------------------------------------


def test_report_stores_and_counts(xapi: XapiClient, choose: Any) -> None:
    choose(Mode.REPORT)
    bad = read("opened", timestamp=None, id=statement_id(1))
    assert xapi.post([bad, read("burnt", id=statement_id(2))]).status_code == 200
    assert sorted(xapi.found()) == [statement_id(1), statement_id(2)]
    answer = findings(xapi)
    assert answer["total"] == 2
    [included] = [one for one in answer["findings"] if one["kind"] == "included"]
    assert included["part"] == template_id("opened")
    assert included["location"] == "$.timestamp"
    assert (included["severity"], included["app"], included["count"]) == ("violation", "reader", 1)
    assert included["first"] == included["last"]
    assert included["first"]["statement"] == statement_id(1)
    stored = xapi.get(statementId=statement_id(1)).json()["stored"]
    assert included["first"]["stored"] == stored


def test_statements_that_follow_leave_no_finding(xapi: XapiClient, choose: Any) -> None:
    choose(Mode.REPORT)
    turned = read("turned", timestamp=at(1), result={"extensions": {PAGE: 7}})
    assert xapi.post([read("opened"), turned]).status_code == 200
    assert xapi.post(read("closed", timestamp=at(2))).status_code == 200
    assert findings(xapi)["total"] == 0


def test_what_is_sent_again_is_counted_once(xapi: XapiClient, choose: Any) -> None:
    choose(Mode.REPORT)
    bad = read("burnt", id=statement_id(1))
    for _ in range(3):
        assert xapi.post(bad).status_code == 200
    assert in_short(findings(xapi)) == [("unmatched", 1)]
    other = read("burnt", id=statement_id(2), timestamp=at(1))
    assert xapi.post([bad, other]).status_code == 200
    [one] = findings(xapi)["findings"]
    assert one["count"] == 2
    assert one["last"]["statement"] == statement_id(2)


def test_what_the_record_refuses_is_not_counted(xapi: XapiClient, choose: Any) -> None:
    choose(Mode.REPORT)
    xapi.post(read("opened", id=statement_id(1)))
    conflict = [read("burnt"), read("closed", id=statement_id(1))]
    assert xapi.post(conflict).status_code == 409
    assert findings(xapi)["total"] == 0


# Enforce -----------------------------------------------------------------------------------------


def test_enforce_refuses_by_path_template_rule_section_and_value(
    xapi: XapiClient, choose: Any
) -> None:
    choose(Mode.ENFORCE)
    bad = read("closed", timestamp=at(1), result={"response": "nearly"})
    error = refusal(xapi.post([read("opened"), bad]))
    assert error["path"] == "$[1].result.response"
    assert error["part"] == template_id("closed")
    assert error["profile"] == VERSION
    assert error["kind"] == "all"
    assert 'is one of "finished", "halfway"' in error["rule"]
    assert error["section"] == "xAPI Profiles Structure 8.1"
    assert error["value"] == "nearly"
    assert error["violations"] == len(error["findings"]) == 1
    assert xapi.found() == []
    assert findings(xapi)["total"] == 0


def test_enforce_refuses_a_statement_that_leaves_the_pattern(xapi: XapiClient, choose: Any) -> None:
    choose(Mode.ENFORCE)
    assert xapi.post(read("opened")).status_code == 200
    error = refusal(xapi.post(read("opened", timestamp=at(1))))
    assert (error["path"], error["kind"]) == ("$", "pattern")
    assert error["section"] == "xAPI Profiles Structure 9.0, Communication 2.2"
    assert error["part"] == f"{BASE}/patterns/read"
    assert len(xapi.found()) == 1
    assert xapi.post(read("closed", timestamp=at(2))).status_code == 200


def test_advice_never_refuses_and_is_counted(xapi: XapiClient, choose: Any) -> None:
    choose(Mode.ENFORCE)
    assert xapi.post([read("opened"), read("turned", timestamp=at(1))]).status_code == 200
    assert in_short(findings(xapi)) == [("recommended", 1)]


def test_the_id_of_a_put_counts_as_the_statements_own(
    application: RunningApplication, xapi: XapiClient, store: str, choose: Any
) -> None:
    whole = document(patterns=[])
    whole["templates"][0]["rules"] = [{"location": "$.id", "presence": "included"}]
    application.state.door.registry.add(store, orjson.dumps(whole))
    choose(Mode.ENFORCE)
    assert refusal(xapi.post(read("opened")))["path"] == "$.id"
    assert xapi.put(statement_id(1), read("opened")).status_code == 204
    error = refusal(xapi.put(statement_id(2), read("closed", result={"score": {"raw": 1}})))
    assert error["path"] == "$.result.response"


def test_only_so_many_findings_are_listed(xapi: XapiClient, choose: Any) -> None:
    choose(Mode.ENFORCE)
    error = refusal(xapi.post([read("burnt") for _ in range(50)]))
    assert error["violations"] == 50
    assert len(error["findings"]) == 20
    assert [one["path"] for one in error["findings"][:3]] == ["$[0]", "$[1]", "$[2]"]


def test_a_retry_of_what_was_stored_is_not_refused(xapi: XapiClient, choose: Any) -> None:
    choose(Mode.ENFORCE)
    batch = [
        read("opened", id=statement_id(1)),
        read("closed", id=statement_id(2), timestamp=at(1)),
    ]
    for _ in range(2):
        assert xapi.post(batch).status_code == 200
    assert len(xapi.found()) == 2


def test_data_of_a_refused_statement_is_not_kept(
    application: RunningApplication, xapi: XapiClient, store: str, choose: Any
) -> None:
    choose(Mode.ENFORCE)
    essay = b"what came with it"

    def send(action: str) -> Any:
        return post(xapi, read(action, attachments=[attachment(essay)]), data_part(essay))

    def kept() -> bool:
        return application.state.attachments.size(store, sha256(essay)) is not None

    assert refusal(send("burnt"))["kind"] == "unmatched"
    assert not kept()
    assert send("opened").status_code == 200
    assert kept()


def test_other_statements_pass(xapi: XapiClient, choose: Any) -> None:
    choose(Mode.ENFORCE)
    assert xapi.post(statement()).status_code == 200
    assert xapi.post([]).status_code == 200


def test_a_credential_may_be_held_to_more_or_less_than_its_store(
    application: RunningApplication, xapi: XapiClient, store: str, choose: Any
) -> None:
    def held(profile_check: str) -> XapiClient:
        made, secret = application.state.credentials.add(
            store, profile_check, ["all"], profile_check=profile_check
        )
        return XapiClient(application.client, (made.key, secret))

    assert held("enforce").post(read("burnt")).status_code == 400
    choose(Mode.ENFORCE)
    assert held("off").post(read("burnt")).status_code == 200
    assert held("report").post(read("burnt", timestamp=at(1))).status_code == 200
    assert xapi.post(read("burnt")).status_code == 400
    [one] = findings(xapi)["findings"]
    assert (one["app"], one["count"]) == ("report", 1)


# Our own profile ---------------------------------------------------------------------------------


def answer_of(phase: str, minute: int, **more: Any) -> dict[str, Any]:
    """An answer as the teaching cycle has it."""
    return {
        "actor": {"account": {"homePage": "https://district.example", "name": "ming"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
        "object": {
            "id": "https://district.example/item/1",
            "definition": {"type": f"{CYCLE}/activity-types/item"},
        },
        "result": {"success": True, "response": "4", "duration": "PT20S"},
        "timestamp": at(minute),
        "context": {
            "contextActivities": {"category": [{"id": f"{CYCLE}/v1.0"}]},
            "extensions": {f"{CYCLE}/extensions/phase": phase},
        },
        **more,
    }


@pytest.fixture
def classroom(application: RunningApplication, store: str) -> XapiClient:
    application.state.door.registry.add(store, TEACHING_CYCLE.read_bytes())
    return application.xapi(store, app="clicker")


def test_the_teaching_cycle_end_to_end(classroom: XapiClient, choose: Any) -> None:
    choose(Mode.REPORT)
    assert classroom.post([answer_of("in", 1), answer_of("during", 2)]).status_code == 200
    violations = [
        (one["kind"], one["part"].removeprefix(CYCLE), one["count"])
        for one in findings(classroom)["findings"]
        if one["severity"] == "violation"
    ]
    assert violations == [("all", "/templates/answer", 1)]
    choose(Mode.ENFORCE)
    assert classroom.post(answer_of("post", 3)).status_code == 200
    error = refusal(classroom.post([answer_of("in", 4), answer_of("during", 5)]))
    assert error["path"] == f"$[1].context.extensions['{CYCLE}/extensions/phase']"
    assert error["value"] == "during"
    assert error["part"] == f"{CYCLE}/templates/answer"
    assert len(classroom.found()) == 3


# Reading -----------------------------------------------------------------------------------------


def test_profiles_and_mode_of_the_store_are_told(xapi: XapiClient, choose: Any, store: str) -> None:
    choose(Mode.REPORT)
    answer = xapi.request("GET", "/v1/profiles")
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["store"], told["mode"], told["mode_for_this_credential"]) == (
        store,
        "report",
        "report",
    )
    [profile] = told["profiles"]
    assert (profile["id"], profile["version"], profile["label"]) == (BASE, VERSION, "Reading")
    assert (profile["templates"], profile["patterns"]) == (3, 2)
    assert profile["primary_patterns"] == [f"{BASE}/patterns/read"]
    assert profile["unready"] == profile["missing"] == profile["remarks"] == []


def test_findings_are_read_page_by_page(xapi: XapiClient, choose: Any) -> None:
    choose(Mode.REPORT)
    closed = read("closed", timestamp=at(2), result=None)
    xapi.post([read("burnt"), read("opened"), read("turned", timestamp=at(1)), closed])
    first = findings(xapi, limit=2)
    second = findings(xapi, limit=2, cursor=first["next"])
    assert first["total"] == second["total"] == 3
    assert second["next"] is None
    kinds = [one["kind"] for one in first["findings"] + second["findings"]]
    assert sorted(kinds) == ["included", "recommended", "unmatched"]


def test_a_cursor_that_is_none_is_refused(xapi: XapiClient) -> None:
    for cursor in ("1", "a-b", f"{'9' * 30}-{'0' * 32}", "²-" + "0" * 32):
        answer = xapi.request("GET", "/v1/profiles/findings", params={"cursor": cursor})
        assert refusal(answer)["value"] == cursor


@pytest.mark.parametrize("path", ["/v1/profiles", "/v1/profiles/findings"])
def test_reading_takes_the_scope_for_it(
    application: RunningApplication, store: str, path: str
) -> None:
    assert application.xapi(store, "statements/write").request("GET", path).status_code == 403
    assert application.xapi(store, "projections/read").request("GET", path).status_code == 200
    assert application.client.get(path).status_code == 401


def test_findings_of_another_store_are_not_shown(
    application: RunningApplication, xapi: XapiClient, choose: Any
) -> None:
    choose(Mode.REPORT)
    xapi.post(read("burnt"))
    assert findings(application.xapi(f"store-{uuid4()}"))["total"] == 0
    answer = application.xapi(f"store-{uuid4()}").request("GET", "/v1/profiles")
    assert answer.json()["profiles"] == []


# By command --------------------------------------------------------------------------------------


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run ``xueji profiles …`` on a record of this test's own; gives exit code and output."""
    monkeypatch.setenv("XUEJI_DATA_DIRECTORY", str(tmp_path / "var"))
    monkeypatch.delenv("XUEJI_RECORD_DSN", raising=False)
    monkeypatch.setattr(profile_commands, "console", Console(width=400, no_color=True))
    monkeypatch.setenv("COLUMNS", "400")  # of the frame around an error

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(profile_commands.commands, arguments)
        return result.exit_code, result.output

    return run


@pytest.fixture
def file(tmp_path: Path) -> Any:
    """Write a JSON file."""

    def write(name: str, value: Any) -> str:
        path = tmp_path / name
        path.write_bytes(orjson.dumps(value))
        return str(path)

    return write


def test_a_profile_is_added_listed_and_removed(command: Any, file: Any, tmp_path: Path) -> None:
    code, output = command("add", file("reading.jsonld", document()), "--store", "district")
    assert code == 0, output
    assert "3 templates" in output
    assert command("mode", "enforce", "--store", "district")[0] == 0
    code, output = command("list", "--json")
    [profile] = json.loads(output)["district"]["profiles"]
    assert profile["version"] == VERSION
    record = Record.open(str(tmp_path / "var/record.sqlite"))
    assert Registry(record.statements).mode("district") is Mode.ENFORCE
    record.close()
    assert command("remove", VERSION, "--store", "district")[0] == 0
    code, output = command("remove", VERSION, "--store", "district")
    assert code == 2
    assert "holds no profile version" in output


def test_a_malformed_profile_is_refused_by_path_and_rule(command: Any, file: Any) -> None:
    broken = document(patterns=[{"id": "x"}])
    code, output = command("add", file("broken.jsonld", broken), "--store", "district")
    assert code == 2
    assert "$.patterns[0].type" in output
    assert "broken.jsonld" in output


def test_adding_names_what_is_missing_and_what_is_remarkable(command: Any, file: Any) -> None:
    whole = document(purpose="joy")
    whole["patterns"][1]["zeroOrMore"] = "https://elsewhere.example/template"
    code, output = command("add", file("reading.jsonld", whole), "--store", "district")
    assert code == 0
    assert "names https://elsewhere.example/template, which no profile here holds" in output
    assert "is not followed" in output
    assert "remark: $.purpose" in output


def test_profiles_are_listed_in_a_table(command: Any, file: Any) -> None:
    command("add", file("reading.jsonld", document()), "--store", "district")
    command("mode", "--store", "other", "report")
    code, output = command("list")
    assert code == 0
    assert VERSION in output
    assert "other" in output
    assert "other" not in command("list", "--store", "district")[1]


def test_findings_are_listed_by_command(command: Any, file: Any) -> None:
    command("add", file("reading.jsonld", document()), "--store", "district")
    code, output = command("findings", "--store", "district", "--json")
    assert (code, json.loads(output)) == (0, [])
    assert command("findings", "--store", "district")[0] == 0


def test_statements_are_checked_without_a_record(command: Any, file: Any, tmp_path: Path) -> None:
    profile = file("reading.jsonld", document())
    good = file("good.json", [read("opened"), read("closed", timestamp=at(1))])
    assert command("check", profile, good)[0] == 0
    bad = file("bad.json", [read("closed", result={"response": "no"}), read("burnt")])
    code, output = command("check", profile, bad)
    assert code == 1
    assert "$[0].result.response" in output
    assert "2 statements: 3 violations" in output
    code, output = command("check", profile, bad, "--json")
    assert sorted(one["kind"] for one in json.loads(output)) == ["all", "pattern", "unmatched"]
    assert not (tmp_path / "var").exists()


def test_statements_are_checked_with_other_profiles_beside(command: Any, file: Any) -> None:
    other = "https://library.example/profile"
    whole = document(
        id=other,
        versions=[{"id": f"{other}/v1", "generatedAtTime": "2026-01-01T00:00:00Z"}],
        templates=[],
        patterns=[
            {
                "id": f"{other}/patterns/read",
                "type": "Pattern",
                "primary": True,
                "oneOrMore": f"{BASE}/patterns/read",
            }
        ],
    )
    library, reading = file("library.jsonld", whole), file("reading.jsonld", document())
    lent = read("closed")
    lent["context"]["contextActivities"]["category"] = [{"id": f"{other}/v1"}]
    statements = file("lent.json", lent)
    code, output = command("check", library, statements)
    assert code == 0
    assert f"names {BASE}/patterns/read, which no profile here holds" in output
    code, output = command("check", library, statements, "--also", reading)
    assert code == 1
    assert "goes on with" in output


def test_what_is_no_statement_can_not_be_checked(command: Any, file: Any) -> None:
    profile = file("reading.jsonld", document())
    code, output = command("check", profile, file("none.json", {"actor": 1}))
    assert code == 2
    assert "none.json" in output
