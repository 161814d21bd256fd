"""A vendor asks what its statements would mean: by command without a server, and over HTTP."""

import json
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from api import checking, checking_command
from api.command_line import main
from tests.support.application import RunningApplication
from tests.support.commands import said

ANSWERED = "http://adlnet.gov/expapi/verbs/answered"
MAPPING = """
mapping: quiz
title: {en: Quiz, zh-CN: 测验}
document: https://quiz.example
rules:
  - name: tried
    verbs: ["https://quiz.example/tried"]
    when: {apps: [quiz]}
    facts: [{of: actor, action: answer}]
"""


def statement(verb: str = ANSWERED, **more: Any) -> dict[str, Any]:
    return {
        "actor": {"account": {"homePage": "https://id.example.cn", "name": "s1"}},
        "verb": {"id": verb},
        "object": {"id": "https://quiz.example/1"},
        **more,
    }


def command(*arguments: str, given: str = "") -> Result:
    return CliRunner().invoke(main, ["profile", "check", *arguments], input=given)


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking_command, "console", Console(width=200))


def written(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


# By command --------------------------------------------------------------------------------------


def test_what_is_piped_is_told_in_chinese_and_english() -> None:
    told = command("-", given=json.dumps(statement()))
    assert told.exit_code == 0
    for words in ("作答 Answer", "没有 timestamp", "has no timestamp", "错题本 mistake book"):
        assert words in told.output


def test_a_refused_statement_ends_the_command_with_1_and_is_named(tmp_path: Path) -> None:
    lines = f"{json.dumps(statement())}\n{json.dumps(statement(actor={}))}\n"
    told = command(written(tmp_path, "statements.jsonl", lines))
    assert told.exit_code == 1
    assert "line 2 $.actor" in told.output


def test_a_mapping_file_is_read_with_for_the_app_that_would_post(tmp_path: Path) -> None:
    file = written(tmp_path, "statement.json", json.dumps(statement("https://quiz.example/tried")))
    mapping = written(tmp_path, "quiz.yaml", MAPPING)
    told = json.loads(command(file, "--mapping", mapping, "--app", "quiz", "--json").output)
    assert told["statements"][0]["rule"] == {"mapping": "quiz.yaml", "name": "tried"}
    assert [each["action"] for each in told["summary"]["actions"]] == ["answer"]
    without = json.loads(command(file, "--json").output)
    assert without["statements"][0]["rule"] is None


def test_a_wrong_mapping_is_named_with_file_rule_and_key(tmp_path: Path) -> None:
    mapping = written(tmp_path, "quiz.yaml", MAPPING.replace("action: answer", "action: guess"))
    told = command("-", "--mapping", mapping, given=json.dumps(statement()))
    assert told.exit_code == 2
    wrong = "quiz.yaml, rule 'tried', key 'facts[0].action': 'guess' is not known"
    assert wrong in said(told)


# Over HTTP ---------------------------------------------------------------------------------------


def test_over_http_it_is_told_and_nothing_is_stored(
    application: RunningApplication, store: str
) -> None:
    xapi = application.xapi(store, app="quiz")
    answer = xapi.request("POST", "/v1/profile/check", json=[statement(), statement(actor={})])
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert [each["is_refused"] for each in told["statements"]] == [False, True]
    assert told["summary"]["refused"] == 1
    assert xapi.found() == []


@pytest.mark.parametrize(
    ("scopes", "status"),
    [
        (("statements/write",), 200),
        (("projections/read",), 200),
        (("state",), 403),
    ],
)
def test_whoever_may_post_or_read_projections_may_ask(
    application: RunningApplication, store: str, scopes: tuple[str, ...], status: int
) -> None:
    xapi = application.xapi(store, *scopes)
    assert xapi.request("POST", "/v1/profile/check", json=statement()).status_code == status


def test_nobody_may_ask_without_a_credential(application: RunningApplication) -> None:
    answer = application.client.post("/v1/profile/check", json=statement())
    assert answer.status_code == 401


def test_over_http_the_mappings_of_the_store_are_read_by(
    application: RunningApplication, store: str
) -> None:
    xapi = application.xapi(store, app="quiz")
    put = xapi.request("PUT", "/v1/mappings/quiz", content=MAPPING.encode())
    assert put.status_code == 200, put.text
    tried = statement("https://quiz.example/tried")
    [told] = xapi.request("POST", "/v1/profile/check", json=tried).json()["statements"]
    assert told["rule"] == {"mapping": "quiz", "name": "tried"}
    other = application.xapi(f"{store}-other", app="quiz")
    [told] = other.request("POST", "/v1/profile/check", json=tried).json()["statements"]
    assert told["rule"] is None


def test_too_many_statements_at_once_are_refused(
    application: RunningApplication, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "MOST_CHECKED", 2)
    xapi = application.xapi(store)
    answer = xapi.request("POST", "/v1/profile/check", json=[statement()] * 3)
    assert answer.status_code == 413
    assert "3 statements, over 2" in answer.json()["error"]["message"]


def test_the_version_of_the_request_is_that_of_statements_which_say_none(
    application: RunningApplication, store: str
) -> None:
    local = statement(timestamp="2026-03-02T10:00:00")
    for version, refused in (("1.0.3", 0), ("2.0.0", 1)):
        xapi = application.xapi(store, version=version)
        told = xapi.request("POST", "/v1/profile/check", json=local).json()
        assert told["summary"]["refused"] == refused
