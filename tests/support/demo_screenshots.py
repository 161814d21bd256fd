"""Saves pictures of all pages, in every state they can be in, of a server with a demo district.

    python -m tests.support.demo_screenshots var/screenshots

Everything is in both languages, as on a desk and on a phone; the server and its data are gone
afterwards. `tests.support.screenshots` does the same for a server that is running already.
"""

import argparse
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import httpx
from selenium.webdriver import Chrome

from apps.demo_district import APPS, SMALL, run_demo_district
from apps.district import TERM, make_district
from apps.roster import write_roster
from apps.teaching import ACCOUNTS
from tests.support.chromium import chromium
from tests.support.clickhouse import ClickHouseServer
from tests.support.processes import ROOT, XUEJI
from tests.support.screenshots import LANGUAGE_COOKIE, LANGUAGES, save, wait_until_still
from tests.support.servers import Key, Server, running_server

STUDENTS_OF_A_CLASS = 12
SEED = 1
SCALE = replace(SMALL, students=STUDENTS_OF_A_CLASS * SMALL.classes)
FOR_STRANGERS = ("/ui/sign-in", "/ui/sign-in?notice=wrong", "/ui/nothing-here")
LISTS = tuple(
    f"/ui/{name}" for name in ("students", "classes", "lessons", "teachers", "schools", "district")
)
# Who operates the server or an app: the places, and the same in the state that a replay leaves.
OPERATED = ("/ui/operations", "/ui/generations")
READ = ("/ui/statements", "/ui/apps")
REPLAY = {"name": "before", "until_time": "2020-01-01T00:00:00Z"}
EVALUATION = "/ui/evaluations"
SCHEMES = tuple(
    f"{EVALUATION}/schemes/role-model-badges{page}" for page in ("", "/comparison", "/draft")
)
NOBODY = (
    "/ui/students?search=nobody",
    *(f"/ui/{name}/nobody" for name in ("students", "classes", "lessons", "teachers", "schools")),
    f"{EVALUATION}/students/nobody",
    f"{EVALUATION}/district?scheme=nothing",
)


def main() -> None:
    """Save the pictures and print their names."""
    parser = argparse.ArgumentParser(description="Save pictures of all pages.")
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    with (
        TemporaryDirectory(prefix="xueji-screenshots-") as data,
        chromium() as driver,
        demo(Path(data)) as (server, viewer, clickhouse),
    ):
        student = first_student(server, viewer)
        calibrate(server)
        others = first_portraits(server, viewer)
        others += results_of(student, others)
        stranger = server.add_key("new-school", "projections/read", "新学校")
        operator, reader = (server.add_key("demo", scope, scope) for scope in ("operate", "all"))
        replay(server, operator)
        further = [f"/ui/generations/{REPLAY['name']}/comparison"]
        take_operated(driver, server, operator, reader, folder / "pages", further)
        take(driver, server, [first_statement(server, reader)], folder / "pages")
        take(driver, server, FOR_STRANGERS, folder / "pages")
        sign_in(driver, server, stranger)
        take(driver, server, (*LISTS, EVALUATION), folder / "empty")
        sign_in(driver, server, viewer)
        pages = [*LISTS, student, *others, EVALUATION, *SCHEMES]
        take(driver, server, [*pages, *NOBODY], folder / "pages")
        clickhouse.stop()
        take(driver, server, pages, folder / "broken")
        take_operated(driver, server, operator, reader, folder / "broken")


@contextmanager
def demo(data: Path) -> Iterator[tuple[Server, Key, ClickHouseServer]]:
    """Start a server with a demo district; gives who may view it, and its ClickHouse."""
    clickhouse = ClickHouseServer(data / "clickhouse")
    clickhouse.start()
    try:
        with running_server(data / "record", clickhouse_dsn=clickhouse.dsn) as server:
            import_roster_of(server)
            keys = {app: server.add_key("demo", "statements/write", app) for app in APPS}
            credentials = {app: (key.key, key.secret) for app, key in keys.items()}
            run_demo_district(f"{server.address}/xapi", credentials, seed=SEED, scale=SCALE)
            yield server, server.add_key("demo", "projections/read", "教研组"), clickhouse
    finally:
        clickhouse.stop()


def calibrate(server: Server) -> None:
    """Learn the models from the district, and fold its record under them, as an operator does."""
    for command in (
        ["calibrate", "--store", "demo", "--force"],
        ["replay", "--name", "next"],
        ["generations", "promote", "next"],
    ):
        subprocess.run([*XUEJI, *command], cwd=ROOT, env=server.environment, check=True)


def results_of(student: str, others: Sequence[str]) -> list[str]:
    """Give the paths of the results of those whose pages are named, and of the evidence on one."""
    whose = [student, *(path for path in others if path.startswith(("/ui/classes", "/ui/schools")))]
    person = student.rpartition("/")[2]
    return [
        *(path.replace("/ui/", f"{EVALUATION}/", 1) for path in whose),
        f"{EVALUATION}/district",
        f"/ui/evidence?person={person}&action=answer",
    ]


def first_student(server: Server, viewer: Key) -> str:
    """Give the path of a student's page, once all is in the portraits."""
    auth = (viewer.key, viewer.secret)
    with httpx.Client(base_url=server.address, auth=auth, timeout=60) as http:
        position = http.get("/v1/status").json()["record"]["position"]
        listed = http.get("/v1/students", params={"after": position}).json()["students"]
    return f"/ui/students/{quote(listed[0]['person'], safe='')}"


def take_operated(
    driver: Chrome,
    server: Server,
    operator: Key,
    reader: Key,
    folder: Path,
    further: Sequence[str] = (),
) -> None:
    """Save the pages of who operates the server, and of who reads its statements, signed in."""
    sign_in(driver, server, operator)
    take(driver, server, [*OPERATED, *further], folder)
    sign_in(driver, server, reader)
    take(driver, server, READ, folder)


def replay(server: Server, operator: Key) -> None:
    """Build a generation of what was known before anything happened, and wait for it."""
    auth = (operator.key, operator.secret)
    with httpx.Client(base_url=server.address, auth=auth, timeout=60) as http:
        http.post("/v1/replays", json=REPLAY).raise_for_status()
        while http.get(f"/v1/replays/{REPLAY['name']}").json()["state"] == "running":
            time.sleep(0.2)


def first_statement(server: Server, reader: Key) -> str:
    """Give the path of a statement's page."""
    found = httpx.get(
        f"{server.address}/xapi/statements",
        params={"limit": 1},
        headers={"X-Experience-API-Version": "2.0.0"},
        auth=(reader.key, reader.secret),
    )
    return f"/ui/statements/{found.raise_for_status().json()['statements'][0]['id']}"


def import_roster_of(server: Server) -> None:
    """Import the roster of the district that is going to be posted, as an operator does."""
    with TemporaryDirectory(prefix="xueji-roster-") as folder:
        write_roster(make_district(SEED, SCALE), Path(folder))
        day = TERM[0].isoformat()
        command = [*XUEJI, "roster", "import", folder, "--store", "demo", "--home-page", ACCOUNTS]
        subprocess.run([*command, "--date", day], cwd=ROOT, env=server.environment, check=True)


def first_portraits(server: Server, viewer: Key) -> list[str]:
    """Give the paths of a lesson's page and of those of its class, teacher and school; a report."""
    auth = (viewer.key, viewer.secret)
    with httpx.Client(base_url=server.address, auth=auth, timeout=60) as http:
        lessons = http.get("/v1/lessons", params={"limit": 50}).json()["lessons"]
        schools = http.get("/v1/roster/schools").json()["schools"]
    lesson = next(one for one in lessons if one["phases"]["in"]["answers"])
    named = {
        "lessons": lesson["lesson"],
        "classes": lesson["classes"][0]["class_group"],
        "teachers": lesson["teachers"][0]["person"],
        "schools": schools[0]["org"],
    }
    return [
        *(f"/ui/{kind}/{quote(name, safe='')}" for kind, name in named.items()),
        "/ui/report?quarter=2025-Q3",
    ]


def sign_in(driver: Chrome, server: Server, key: Key) -> None:
    """Sign the browser in by a one-time link."""
    made = httpx.post(f"{server.address}/ui/tickets", auth=(key.key, key.secret))
    driver.get(server.address + made.raise_for_status().json()["path"])


def take(driver: Chrome, server: Server, paths: list[str] | tuple[str, ...], folder: Path) -> None:
    """Save the pages at some paths in every language and size."""
    driver.get(f"{server.address}/ui/sign-in")
    for language in LANGUAGES:
        driver.add_cookie({"name": LANGUAGE_COOKIE, "value": language, "path": "/ui"})
        (folder / language).mkdir(parents=True, exist_ok=True)
        for path in paths:
            driver.get(server.address + path)
            wait_until_still(driver)
            for saved in save(driver, path, folder / language):
                print(saved, flush=True)


if __name__ == "__main__":
    main()
