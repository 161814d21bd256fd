"""Clients published for JavaScript work against Xueji unchanged, in Node.js and in a browser."""

import json
import subprocess
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome

from tests.clients.seen import (
    ACTIVITY_NAME,
    NOTE,
    PERSON_NAMES,
    check_pages,
    check_profile,
    check_state,
    check_voiding,
)
from tests.support.engines import find_node
from tests.support.node_packages import LOCK
from tests.support.servers import Key, Server, running_server

HERE = Path(__file__).parent
RUN_SECONDS = 60
SHOWN = ("activity", "attachment", "person", "versions")

USE_IN_PAGE = """
const [endpoint, key, secret, done] = arguments;
window.use(endpoint, key, secret).then(
  (seen) => done({ seen }),
  (error) => done({ error: String(error.stack || error) }),
);
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("clients")
    with running_server(folder, carrier="none", clickhouse_dsn="chdb://memory") as server:
        yield server


def run_script(script: str, server: Server, *arguments: str) -> dict[str, Any]:
    """Run a script in Node.js as a credential of a store of its own; gives what it printed."""
    key = server.add_key(store=f"{script}-{'-'.join(arguments)}")
    endpoint = f"{server.address}/xapi"
    done = subprocess.run(
        [find_node().node, HERE / script, endpoint, key.key, key.secret, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=RUN_SECONDS,
    )
    assert done.returncode == 0, done.stderr[:2000]
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


def check(seen: dict[str, Any], **shown: Any) -> None:
    check_pages(seen)
    check_voiding(seen)
    check_state(seen)
    check_profile(seen["activityProfile"])
    check_profile(seen["agentProfile"])
    assert {name: seen[name] for name in SHOWN if name in seen} == shown


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize(
    ("adapter", "more"), [("axios", {}), ("fetch", {"attachment": {"id": True, "text": NOTE}})]
)
def test_xapi_js_does_all_it_can(
    node_packages: Path, server: Server, version: str, adapter: str, more: dict[str, Any]
) -> None:
    check(
        run_script("xapi.mjs", server, version, adapter),
        versions=["1.0.3", "2.0.0"],
        activity=ACTIVITY_NAME,
        person=PERSON_NAMES,
        **more,
    )


def test_tincanjs_does_all_it_can(node_packages: Path, server: Server) -> None:
    check(
        run_script("tincan.mjs", server, "1.0.2"),
        versions=["1.0.3", "2.0.0"],
        attachment={"id": True, "text": NOTE},
        activity=ACTIVITY_NAME,
    )


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def page_address() -> Iterator[str]:
    """Where an app's page is served: at another origin than the record's."""
    handler = partial(QuietHandler, directory=str(HERE))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/xapiwrapper.html"
        server.shutdown()


def test_xapiwrapper_does_all_it_can_in_a_page_of_another_origin(
    node_packages: Path, server: Server, page_address: str, browser: Chrome
) -> None:
    browser.set_script_timeout(RUN_SECONDS)
    browser.get(page_address)
    key: Key = server.add_key(store="xapiwrapper")
    endpoint = f"{server.address}/xapi/"
    answer = browser.execute_async_script(USE_IN_PAGE, endpoint, key.key, key.secret)
    assert "error" not in answer, answer["error"]
    check(
        answer["seen"],
        attachment={"id": True, "text": NOTE},
        activity=ACTIVITY_NAME,
        person=PERSON_NAMES,
    )


def test_the_lock_names_exact_packages_by_hash_and_no_registry() -> None:
    lock = json.loads(LOCK.read_text(encoding="utf-8"))
    packages = {path: entry for path, entry in lock["packages"].items() if path}
    assert packages
    assert all(entry["integrity"].startswith("sha512-") for entry in packages.values())
    assert not any("resolved" in entry for entry in packages.values())
