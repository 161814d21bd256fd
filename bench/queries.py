"""GET /statements by agent, verb and since, and activity: 1,000,000 statements against 10,000.

Both records are filled through the record's own writer, then asked over HTTP by one connection in
turn, so that a latency is the server's and not a queue's.
"""

import argparse
import random
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from urllib.parse import urlencode

import httpx
import orjson

from bench.servers import Target, machine, xueji
from bench.statements import answer
from lrs.drafts import Draft, draft_statement, make_authority
from lrs.record import Record
from lrs.times import iso_text
from lrs.versions import Version

LEARNERS, ITEMS, POINTS, BATCH = 9_029, 5_000, 400, 4_000
VERBS = ("answered", "attempted", "completed", "experienced")
AUTHORITY = make_authority("https://xueji.dev/apps", "bench")


def main() -> None:
    """Print p50 and p99 of each query on both sizes, and the ratio of the p99s."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--small", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=400)
    given = parser.parse_args()
    print(machine())
    found: dict[int, dict[str, list[float]]] = {}
    for size in (given.small, given.large):
        with tempfile.TemporaryDirectory() as folder:
            since = fill(Path(folder), size)
            with xueji(Path(folder), carrier="none") as server:
                found[size] = {
                    name: _latencies(server, queries, given.requests)
                    for name, queries in _queries(since).items()
                }
    for name in found[given.small]:
        small, large = (sorted(found[size][name]) for size in (given.small, given.large))
        print(
            f"{name:20} {given.small}: p50 {_at(small, 0.5):.1f} p99 {_at(small, 0.99):.1f} ms;"
            f"  {given.large}: p50 {_at(large, 0.5):.1f} p99 {_at(large, 0.99):.1f} ms;"
            f"  ratio of p99 {_at(large, 0.99) / _at(small, 0.99):.2f};"
            f"  {len(large) / sum(large) * 1e3:.0f} queries/s on one connection"
        )


def fill(directory: Path, size: int) -> str:
    """Store `size` answers; gives the stored time of the middle one."""
    record = Record.open(str(directory / "record.sqlite"))
    began, middle = perf_counter(), 0
    for number, drafts in enumerate(_batches(size)):
        record.store_statements_now("bench", drafts)
        if number * BATCH <= size // 2:
            middle = record.consistent_through()
    record.close()
    took = perf_counter() - began
    print(f"{size} statements stored in {took:.0f} s, {size / took:.0f}/s")
    return iso_text(middle)


def _batches(size: int) -> Iterator[list[Draft]]:
    chance = random.Random(1)
    time = datetime(2026, 9, 1, tzinfo=UTC)
    drafts: list[Draft] = []
    for number in range(size):
        moment = (time + timedelta(seconds=number)).isoformat()
        made = answer(
            chance.randrange(LEARNERS),
            chance.randrange(ITEMS),
            chance.randrange(POINTS),
            chance.random() < 0.7,
            moment,
        )
        made["verb"]["id"] = _verb(chance.randrange(len(VERBS)))
        drafts.append(
            draft_statement(
                orjson.dumps(made),
                made,
                store="bench",
                authority=AUTHORITY,
                version=Version.V1_0_3,
            )
        )
        if len(drafts) == BATCH or number == size - 1:
            yield drafts
            drafts = []


def _verb(number: int) -> str:
    return f"http://adlnet.gov/expapi/verbs/{VERBS[number]}"


def _queries(since: str) -> dict[str, list[dict[str, Any]]]:
    def agent(number: int) -> str:
        account = {"homePage": "https://id.district.example", "name": f"s{number:06d}"}
        return orjson.dumps({"account": account}).decode()

    item = "https://district.example/items"
    lesson = "https://district.example/lessons/2026-11-23-math"
    return {
        "by agent": [{"agent": agent(number)} for number in range(0, LEARNERS, 7)],
        "by verb and since": [{"verb": _verb(number), "since": since} for number in range(4)],
        "by activity": [{"activity": f"{item}/{number}"} for number in range(0, ITEMS, 7)],
        "by agent and verb": [
            {"agent": agent(number), "verb": _verb(number % 4)} for number in range(0, LEARNERS, 7)
        ],
        "by related activity": [
            {"activity": f"{lesson}-{number}", "related_activities": "true"} for number in range(40)
        ],
    }


def _latencies(server: Target, queries: list[dict[str, Any]], requests: int) -> list[float]:
    headers = {"X-Experience-API-Version": "1.0.3"}
    base = f"http://127.0.0.1:{server.port}/xapi/statements"
    chance, found = random.Random(2), []
    with httpx.Client(auth=server.credential, headers=headers) as client:
        for number in range(requests + 20):
            address = f"{base}?{urlencode(chance.choice(queries) | {'limit': 100})}"
            began = perf_counter()
            client.get(address).raise_for_status()
            if number >= 20:
                found.append((perf_counter() - began) * 1e3)
    return found


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


if __name__ == "__main__":
    main()
