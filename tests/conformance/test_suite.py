"""A run of the conformance suite is judged by what its log says, whatever else it says."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.suite import EXPECTED_TOTALS, Failure, Outcome, SuiteError, find_suite, judge

Json = dict[str, Any]


def told(title: str, status: str = "passed", *tests: Json, error: str | None = None) -> Json:
    return {"title": title, "status": status, "error": error, "tests": list(tests)}


def log_of(folder: Path, log: Json | None, total: int | None, passed: int, failed: int) -> Path:
    summary = {"total": total, "passed": passed, "failed": failed, "version": "1.0.3"}
    path = folder / "run.log"
    path.write_text(json.dumps({"summary": summary, "log": log}), encoding="utf-8")
    return path


def test_all_there_has_to_be_passed_is_complete(tmp_path: Path) -> None:
    expected = EXPECTED_TOTALS["1.0.3"]
    outcome = judge(log_of(tmp_path, told("all"), expected, expected, 0), "1.0.3")
    assert outcome.is_complete
    assert str(outcome) == f"1.0.3: {expected}/{expected}"
    assert outcome.failures == []


@pytest.mark.parametrize(("short", "failed"), [(1, 0), (1, 1), (0, 1)])
def test_one_less_is_not_complete(short: int, failed: int) -> None:
    expected = EXPECTED_TOTALS["2.0.0"]
    outcome = Outcome("2.0.0", expected, expected - short, failed)
    assert not outcome.is_complete
    assert str(outcome) == f"2.0.0: {expected - short}/{expected}"


def test_a_suite_that_ran_fewer_tests_without_failing_is_not_complete() -> None:
    assert not Outcome("1.0.3", 1300, 1300, 0).is_complete


def test_failures_are_told_with_their_groups_and_errors_and_what_never_ran(tmp_path: Path) -> None:
    group = told("group", "failed", told("good"), told("bad", "failed", error="got 500"))
    log = told("all", "failed", group, told("dropped", ""))
    outcome = judge(log_of(tmp_path, log, 3, 1, 1), "1.0.3")
    assert outcome.failures == [
        Failure(("all", "group", "bad"), "got 500"),
        Failure(("all", "dropped"), ""),
    ]


@pytest.mark.parametrize("total", [None, 0])
def test_a_log_of_nothing_is_no_success(tmp_path: Path, total: int | None) -> None:
    with pytest.raises(SuiteError, match="nothing was run"):
        judge(log_of(tmp_path, None, total, 0, 0), "1.0.3")


def test_a_log_of_another_version_is_no_success(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match=r"nothing was run for 2\.0\.0"):
        judge(log_of(tmp_path, told("all"), 3, 3, 0), "2.0.0")


@pytest.mark.node
def test_without_a_checkout_it_is_said_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(SuiteError, match="XUEJI_CONFORMANCE_SUITE is not set"):
        find_suite("")
    with pytest.raises(SuiteError, match="there is no bin/console_runner"):
        find_suite(str(tmp_path))
