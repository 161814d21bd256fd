"""The engines that tests lean on are real, and a missing one is said or fails, never hidden."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest
from selenium.webdriver import Chrome

from tests.support.engines import required

PAGE = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>学迹</title>
<canvas id="canvas" width="64" height="64"></canvas></html>"""

# Draws one character and gives its pixels; characters without a glyph all give the same box.
DRAW = """
const context = document.getElementById('canvas').getContext('2d');
context.clearRect(0, 0, 64, 64);
context.font = '48px sans-serif';
context.fillText(arguments[0], 4, 52);
return Array.from(context.getImageData(0, 0, 64, 64).data.filter((_, at) => at % 4 == 3)).join();
"""
LEFT_OPEN: list[psycopg.Connection] = []
UNASSIGNED = "\U0003fffd"


SUITE = """
import pytest

def test_of_the_browser(browser): ...
@pytest.mark.kafka
def test_of_the_real_kafka(): ...
def test_of_some_kafka(kafka): ...
def test_of_the_browser_by_name(request): request.getfixturevalue("browser")
@pytest.mark.long
def test_that_takes_minutes(): ...
def test_of_nothing_special(): ...
"""
ROOT = Path(__file__).parents[1]


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def page_address(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "index.html").write_text(PAGE, encoding="utf-8")
    handler = partial(QuietHandler, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def test_postgresql_is_durable(postgresql_dsn: str) -> None:
    with psycopg.connect(postgresql_dsn) as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert connection.execute(f"SHOW {setting}").fetchone() == ("on",)


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_gets_an_empty_postgresql_database(postgresql_schema: str, turn: str) -> None:
    connection = psycopg.connect(postgresql_schema, autocommit=True)
    assert connection.execute("SELECT FROM pg_stat_user_tables").fetchall() == []
    connection.execute("CREATE TABLE left_behind (turn text)")
    connection.execute("CREATE SCHEMA aside CREATE TABLE left_behind (turn text)")
    connection.execute("BEGIN")
    connection.execute("LOCK TABLE left_behind")
    LEFT_OPEN.append(connection)  # as by a test that fails before it closes


def test_postgresql_refuses_a_wrong_password(postgresql_dsn: str) -> None:
    user, at, rest = postgresql_dsn.rpartition("@")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(f"{user}x{at}{rest}")


def test_chromium_opens_a_local_page_and_reads_its_title(
    browser: Chrome, page_address: str
) -> None:
    browser.get(page_address)
    assert browser.title == "学迹"


def test_chromium_has_glyphs_for_chinese(browser: Chrome, page_address: str) -> None:
    browser.get(page_address)
    drawings = [browser.execute_script(DRAW, character) for character in ("学", "迹", UNASSIGNED)]
    assert len(set(drawings)) == 3, "two characters look the same: no Chinese font is installed"


def test_chromium_starts_each_test_without_cookies(browser: Chrome, page_address: str) -> None:
    browser.get(page_address)
    assert browser.get_cookies() == []


def test_required_engines_are_read_from_a_list() -> None:
    assert required("postgresql, chromium,") == {"postgresql", "chromium"}
    assert required("") == frozenset()


def test_an_unknown_required_engine_is_refused() -> None:
    with pytest.raises(ValueError, match="XUEJI_REQUIRE names oracle"):
        required("postgresql,oracle")


def run_suite_without_path(folder: Path, *arguments: str, require: str = "") -> tuple[int, str]:
    """Run SUITE under the project's conftest with no program in reach; exit code and output."""
    suite = folder / "test_suite.py"
    suite.write_text(SUITE, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", str(suite), "-c", "pyproject.toml", *arguments]
    done = subprocess.run(
        [*command, "-p", "tests.conftest", "-p", "no:cacheprovider"],
        cwd=ROOT,
        env={"PATH": "", "XUEJI_REQUIRE": require},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_missing_engine_leaves_its_tests_out_and_says_why(tmp_path: Path) -> None:
    code, output = run_suite_without_path(tmp_path)
    assert code == 0, output
    assert "2 tests: Chromium or ChromeDriver is not installed (Debian: chromium-driver)" in output
    assert "1 test: ran on a stand-in for Apache Kafka: Java is not installed" in output
    assert "2 passed, 3 skipped, 1 deselected" in output


def test_a_missing_engine_fails_its_tests_where_it_is_required(tmp_path: Path) -> None:
    code, output = run_suite_without_path(tmp_path, require="chromium,kafka")
    assert code == 1, output
    assert "XUEJI_REQUIRE asks for kafka, but Java is not installed" in output
    assert "1 failed, 1 passed, 1 deselected, 3 errors" in output


def test_long_tests_run_only_when_asked_for(tmp_path: Path) -> None:
    _, usual = run_suite_without_path(tmp_path)
    assert "1 test: takes minutes (run by `make long-test`)" in usual
    _, long = run_suite_without_path(tmp_path, "--long", "-m", "long")
    assert "1 passed, 5 deselected" in long
