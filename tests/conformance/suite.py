"""Runs ADL's public conformance suite against a server, and judges what it wrote down.

The suite isn't part of this project: `XUEJI_CONFORMANCE_SUITE` names a checkout of its branch
`master` after `npm install`. Its exit code says nothing (failures modulo 256, and 0 where nothing
ran), so the log that it writes is what counts, beside the number of tests there have to be.
"""

import json
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.engines import find_node
from tests.support.servers import Key

# How many tests the suite has; fewer mean that some were dropped, as by a hook that failed.
EXPECTED_TOTALS: Mapping[str, int] = {"1.0.3": 1365, "2.0.0": 1442}

RUNNER = Path("bin/console_runner.js")
LONGEST_RUN = 30 * 60  # seconds; a run of a conformant server takes half a minute
LOG_NAMED = re.compile(r"Full run log written to (?P<path>.+\.log)$", re.MULTILINE)


class SuiteError(Exception):
    """The suite can't be run or left no log; the text says why, for people."""


@dataclass(frozen=True)
class Failure:
    """A test that didn't pass."""

    titles: tuple[str, ...]  # from the outermost group to the test itself
    error: str  # what the suite says; empty where the test never ran


@dataclass(frozen=True)
class Outcome:
    """What came of one run."""

    version: str
    total: int
    passed: int
    failed: int
    failures: list[Failure] = field(default_factory=list)
    log: Path | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every test there has to be was run and passed."""
        expected = EXPECTED_TOTALS[self.version]
        return (self.total, self.passed, self.failed) == (expected, expected, 0)

    def __str__(self) -> str:
        return f"{self.version}: {self.passed}/{EXPECTED_TOTALS[self.version]}"


def find_suite(named: str) -> Path:
    """Give the checkout that `XUEJI_CONFORMANCE_SUITE` names; raises SuiteError where it is none.

    Raises Missing where Node.js is.
    """
    find_node()
    if not named:
        raise SuiteError(
            "XUEJI_CONFORMANCE_SUITE is not set: it names a checkout of ADL's conformance suite"
            " (lrs-conformance-test-suite, branch master) after `npm install`"
        )
    suite = Path(named).resolve()
    for needed in (RUNNER, Path("node_modules")):
        if not (suite / needed).exists():
            raise SuiteError(f"XUEJI_CONFORMANCE_SUITE={named}: there is no {needed} in it")
    return suite


def run_suite(suite: Path, endpoint: str, key: Key, version: str, grep: str = "") -> Outcome:
    """Run the tests of one version whose titles match `grep`, and judge the log; raises SuiteError.

    The log of a run without failures is deleted: the suite would keep one a run for good.
    """
    command: list[str | Path] = [find_node().node, RUNNER, "-e", endpoint, "-x", version]
    command += ["-a", "-u", key.key, f"--authPassword={key.secret}"]
    command += ["-g", grep] if grep else []
    try:
        said = subprocess.run(
            command, cwd=suite, capture_output=True, text=True, check=False, timeout=LONGEST_RUN
        )
    except subprocess.TimeoutExpired as error:
        raise SuiteError(f"the suite was still running after {LONGEST_RUN} s") from error
    named = LOG_NAMED.search(said.stdout)
    if named is None:
        raise SuiteError(f"the suite wrote no log; it said:\n{(said.stdout + said.stderr)[-3000:]}")
    log = Path(named["path"])
    outcome = judge(log, version)
    if not outcome.failures and outcome.passed == outcome.total:
        log.unlink()
    return outcome


def judge(log: Path, version: str) -> Outcome:
    """Read what came of a run from its log; raises SuiteError where nothing was run."""
    told: dict[str, Any] = json.loads(log.read_text(encoding="utf-8"))
    summary = told["summary"]
    if summary["version"] != version or not summary["total"]:
        raise SuiteError(f"nothing was run for {version}: {log} says {summary}")
    return Outcome(
        version=version,
        total=summary["total"],
        passed=summary["passed"],
        failed=summary["failed"],
        failures=list(_failures(told.get("log") or {}, ())),
        log=log,
    )


def _failures(told: dict[str, Any], above: tuple[str, ...]) -> Iterator[Failure]:
    """Give the tests of a group that didn't pass: a group is what holds others."""
    titles = (*above, told["title"]) if told.get("title") else above
    if told.get("tests"):
        for one in told["tests"]:
            yield from _failures(one, titles)
    elif titles and told.get("status") != "passed":
        yield Failure(titles, told.get("error") or "")
