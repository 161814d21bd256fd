"""Where several processes share the tests, what was left out is told as one process tells it."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SUITE = """
import pytest

@pytest.mark.parametrize("number", range(10))
def test_of_the_browser(browser, number): ...
@pytest.mark.long
def test_that_takes_minutes(): ...
@pytest.mark.parametrize("number", range(10))
def test_of_nothing_special(number): ...
"""


def test_what_each_process_left_out_is_told_together(tmp_path: Path) -> None:
    suite = tmp_path / "test_suite.py"
    suite.write_text(SUITE, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", str(suite), "-c", "pyproject.toml"]
    command += ["--numprocesses", "2", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        command, cwd=ROOT, env={"PATH": ""}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    *_, last = done.stdout.splitlines()
    assert "10 passed, 10 skipped" in last
    assert "10 tests: Chromium or ChromeDriver is not installed" in done.stdout
    assert "1 test: takes minutes (run by `make long-test`)" in done.stdout
