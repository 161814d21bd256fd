"""What the README tells a reader to run works as written, in both languages."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.command_line import main
from tests.support.processes import ROOT, start_from_nothing
from tests.support.servers import Key, Server, running_server

ADDRESS_IN_README = "http://127.0.0.1:8080"
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NO_CURL = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def blocks(language: str) -> list[str]:
    text = (ROOT / f"README{language}.md").read_text(encoding="utf-8")
    return [block[1] for block in BLOCK.findall(text)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("readme"), start_from_nothing) as server:
        yield server


@pytest.fixture(scope="module")
def key(server: Server) -> Key:
    return server.add_key()


def run(command: list[str], server: Server, key: Key) -> str:
    done = subprocess.run(
        command,
        env=os.environ | {"KEY": key.key, "SECRET": key.secret},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@NO_CURL
def test_what_the_readme_posts_is_in_the_portrait_that_it_reads(server: Server, key: Key) -> None:
    post, post_by_tincan, read, link = (
        block.replace(ADDRESS_IN_README, server.address) for block in blocks("")
    )
    posted = run(["sh", "-c", post], server, key)
    assert "200 OK" in posted
    assert "x-xueji-position: 1" in posted.lower()
    assert run([sys.executable, "-c", post_by_tincan], server, key).startswith("True ")

    portrait = json.loads(run(["sh", "-c", read], server, key))
    assert portrait["position"] >= 1
    assert portrait["name"] == "李雷"
    (mastery,) = portrait["mastery"]
    assert mastery["knowledge_point"] == "https://school.example/knowledge-points/fractions"
    assert mastery["names"] == {"zh-CN": "分数", "en": "Fractions"}
    assert (mastery["tries"], mastery["successes"]) == (1, 1)
    run(["sh", "-c", link.replace("curl", "curl --fail-with-body")], server, key)
    assert 0 < mastery["low"] < mastery["probability"] < mastery["high"] < 1


def test_both_languages_show_the_same_commands() -> None:
    assert blocks("") == blocks(".zh")


@pytest.mark.parametrize("language", ["", ".zh"])
def test_every_make_command_named_is_there(language: str) -> None:
    text = (ROOT / f"README{language}.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|`| )make ([a-z-]+)(?:`|$)", text, re.MULTILINE))
    assert {"demo", "test"} <= named
    assert named <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


@pytest.mark.parametrize("named", ["README.md", "README.zh.md", "Makefile"])
def test_every_xueji_command_named_is_there(named: str) -> None:
    text = (ROOT / named).read_text(encoding="utf-8")
    commands = set(re.findall(r"/xueji ([a-z]+(?: [a-z]+)?)\b", text))
    assert commands
    for command in sorted(commands):
        done = CliRunner().invoke(main, [*command.split(), "--help"])
        assert done.exit_code == 0, f"xueji {command}: {done.output}"


@pytest.mark.parametrize("language", ["", ".zh"])
def test_every_document_named_is_there(language: str) -> None:
    text = (ROOT / f"README{language}.md").read_text(encoding="utf-8")
    named = [link for link in re.findall(r"\]\(([^)]+)\)", text) if "://" not in link]
    assert [link for link in named if not Path(ROOT, link).is_file()] == []
