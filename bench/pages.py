"""Measures the pages at the scale of a district: how soon each is ready, and fifty people at once.

    python -m bench.pages [--folder F] [--statements 1000000] [--people 50] [--seconds 20]

The warehouse is that of ``bench.boards``. First a browser that has nothing yet opens each page: the
time is from asking for it until its content is there to be read, the first page with all that it
loads, the others with what browsers keep. A page is asked for twice, as answers about the whole
district are remembered. Then people without a browser open pages one after the other, each with the
live connection that a page holds, and look at each for a moment: errors and times are told.
"""

import argparse
import asyncio
import random
import re
from collections.abc import Iterator, Mapping
from statistics import median, quantiles
from time import perf_counter
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import httpx
import socketio  # type: ignore[import-untyped]
from selenium.webdriver import Chrome

from api.key_commands import opened_credentials
from api.settings import Settings
from bench.boards import CLASSES, END, SCHOOLS, STORE, STUDENTS, fill
from bench.servers import Target, machine, xueji
from bench.warehouses import add_folder, filled, folder_of
from tests.support.browsing import wait_to_see
from tests.support.chromium import chromium

HOME: Final = "https://district.example"
LOOK_SECONDS: Final = (3.0, 12.0)  # that somebody looks at a page
CONNECT_SECONDS: Final = 20.0  # that a page waits for its connection, as browsers do
QUERY: Final = re.compile(r"query: (\{.*?\}),\n")
IN_QUERY: Final = re.compile(r"'?(\w+)'?: ['\"]?([\w.-]+)['\"]?")


def paths(chance: random.Random) -> Mapping[str, tuple[str, str]]:
    """Give pages by name: the path, and what shows that the content is there."""
    day, student = END.isoformat(), chance.randrange(STUDENTS)
    person = quote(f"account:{HOME}|s{student}", safe="")
    group, school = chance.randrange(CLASSES), chance.randrange(SCHOOLS)
    return {
        "students": ("/ui/students", "tbody tr:first-child"),
        "student": (f"/ui/students/{person}", "[data-figure=answers]"),
        "classes": ("/ui/classes", "tbody tr:first-child"),
        "class": (f"/ui/classes/class-{group}?on={day}", ".xj-heat tbody tr:first-child"),
        "lessons": ("/ui/lessons", "tbody tr:first-child"),
        "schools": ("/ui/schools", "tbody tr:first-child"),
        "school": (f"/ui/schools/school-{school}?on={day}", ".xj-figures"),
        "district": (f"/ui/district?on={day}", ".xj-figures"),
        "report": ("/ui/report?quarter=2026-Q4", ".xj-figures"),
        "statements": ("/ui/statements", ".xj-facts, .xj-empty"),
        "generations": ("/ui/generations", "[data-generation]"),
        "apps": ("/ui/apps", "tbody tr:first-child"),
        "operations": ("/ui/operations", "[data-figure=position]"),
    }


# One browser -------------------------------------------------------------------------------------


def opened(browser: Chrome, address: str, selector: str) -> float:
    """Open a page; gives the seconds until its content can be read."""
    began = perf_counter()
    browser.get(address)
    wait_to_see(browser, selector)
    return perf_counter() - began


def one_browser(target: Target, server: str, link: str) -> Iterator[str]:
    """Open every page, the first with an empty browser; gives a line for each.

    With the times stands the server's own processor time, which other programs leave as it is.
    """
    with chromium() as browser:
        took = opened(browser, server + link, "tbody tr:first-child")
        yield f"first page (students), nothing kept yet: {took:.2f} s"
        chance = random.Random(1)
        for name in paths(chance):
            took, used = [], []
            for path, selector in (paths(chance)[name] for _ in range(4)):
                before = target.cpu_seconds()
                took.append(opened(browser, server + path, selector))
                used.append(target.cpu_seconds() - before)
            yield (
                f"{name}: first {took[0]:.2f} s, then median {median(took[1:]):.2f} s"
                f" (processor {used[0]:.2f} s, {median(used[1:]):.2f} s)"
            )


# Many people -------------------------------------------------------------------------------------


class Told:
    """How long pages took, by name, and what went wrong."""

    def __init__(self) -> None:
        self.took: dict[str, list[float]] = {}
        self.faults: list[str] = []


class Person:
    """Somebody who opens page after page."""

    def __init__(self, server: str, link: str, told: Told, chance: random.Random) -> None:
        self._server, self._link, self._told, self._chance = server, link, told, chance

    async def look(self, until: float) -> None:
        """Sign in, and open pages until a time is over."""
        async with (
            httpx.AsyncClient(base_url=self._server, timeout=30, follow_redirects=True) as http,
            aiohttp.ClientSession() as self._session,
        ):
            await http.get(self._link)
            while perf_counter() < until:
                name, (path, _) = self._chance.choice([*paths(self._chance).items()])
                await self._open(http, name, path)

    async def _open(self, http: httpx.AsyncClient, name: str, path: str) -> None:
        began = perf_counter()
        try:
            answer = await http.get(path)
            self._told.took.setdefault(name, []).append(perf_counter() - began)
            if answer.status_code != 200 or "xj-main" not in answer.text:
                self._told.faults.append(f"{name}: {answer.status_code}")
                return
            await self._stay(http, answer.text)
        except Exception as error:
            self._told.faults.append(f"{name}: {type(error).__name__}: {error}"[:150])

    async def _stay(self, http: httpx.AsyncClient, page: str) -> None:
        """Hold the page's live connection for as long as somebody looks."""
        live = socketio.AsyncClient(
            reconnection=False, request_timeout=CONNECT_SECONDS, http_session=self._session
        )
        cookies = "; ".join(f"{name}={value}" for name, value in http.cookies.items())
        query = query_of(page)
        try:
            await live.connect(
                f"{self._server}/ui?{'&'.join(f'{name}={value}' for name, value in query.items())}",
                headers={"Cookie": cookies},
                socketio_path="/ui/_nicegui_ws/socket.io",
                transports=["websocket"],
                wait_timeout=CONNECT_SECONDS,
            )
            await live.emit("handshake", query)
            await asyncio.sleep(self._chance.uniform(*LOOK_SECONDS))
        finally:
            await live.disconnect()


def query_of(page: str) -> dict[str, Any]:
    """Give what a page's connection says of itself, as its script would."""
    found = QUERY.search(page)
    if found is None:
        raise ValueError("the page has no connection")
    given = dict(IN_QUERY.findall(found[1]))
    return {**given, "document_id": given["client_id"], "tab_id": given["client_id"]}


async def many_people(server: str, links: list[str], seconds: float) -> Told:
    """Let people look for some seconds."""
    told, until = Told(), perf_counter() + seconds
    await asyncio.gather(
        *(
            Person(server, link, told, random.Random(number)).look(until)
            for number, link in enumerate(links)
        )
    )
    return told


def lines_of(told: Told) -> Iterator[str]:
    """Write down how long pages took, and the faults."""
    everything = [one for some in told.took.values() for one in some]
    for name, took in [*told.took.items(), ("all", everything)]:
        p95 = quantiles(took, n=20)[-1] if len(took) > 1 else took[0]
        yield f"{name}: {len(took)} times, median {median(took):.2f} s, p95 {p95:.2f} s"
    yield f"errors: {len(told.faults)} {sorted(set(told.faults))[:5]}"


# All of it ---------------------------------------------------------------------------------------


def main() -> None:
    """Fill the warehouse, serve it, and print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_folder(parser)
    parser.add_argument("--statements", type=int, default=1_000_000)
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=20.0)
    given = parser.parse_args()
    print(machine())
    with folder_of(given.folder) as where:
        with filled(where, lambda one: fill(one, given.statements)):
            pass  # the server opens it then
        with opened_credentials(Settings(data_directory=where)) as credentials:
            made, secret = credentials.add(STORE, "pages", ["all", "operate"])
        with xueji(where) as target:
            measure(target, (made.key, secret), given)


def measure(target: Target, auth: tuple[str, str], given: argparse.Namespace) -> None:
    """Measure a server that is ready."""
    server = f"http://127.0.0.1:{target.port}"

    def link() -> str:
        made = httpx.post(f"{server}/ui/tickets", auth=auth).raise_for_status()
        return str(made.json()["path"])

    for line in one_browser(target, server, link()):
        print(line, flush=True)
    before = target.cpu_seconds()
    links = [link() for _ in range(given.people)]
    told = asyncio.run(many_people(server, links, given.seconds))
    print(f"{given.people} people for {given.seconds:.0f} s:")
    for line in lines_of(told):
        print(f"  {line}")
    print(f"  the server's processor time: {target.cpu_seconds() - before:.1f} s")


if __name__ == "__main__":
    main()
