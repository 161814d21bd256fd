"""What a school day costs: processor time of a server that a district's apps post to at their rate.

    python -m bench.daily_load [--a-day 50000] [--hours 8] [--peak 10] [--seconds 40]

A server with its embedded carrier is left alone first, then posted to at the rate that so many
statements over so many hours make, then at a peak so many times as high: one statement a request,
at random moments. While nobody looks the carrier lets statements gather, so the day's rate is also
posted while somebody asks once a second for what is cheap to answer: then rows are there within a
second. Told is the share of one core that the server process takes, each after some seconds of the
same that aren't counted.
"""

import argparse
import asyncio
import random
import tempfile
import time
from itertools import count
from pathlib import Path

import orjson

from bench.live import ask
from bench.load import http_request
from bench.servers import Target, machine, xueji
from bench.statements import answer

LEARNERS = 9_029
SETTLING = 5.0  # seconds that aren't counted


async def post(server: Target, rate: float, seconds: float) -> int:
    """Post at a rate on average for some seconds, as a Poisson process; gives how many."""
    streams = await asyncio.open_connection("127.0.0.1", server.port)
    began = due = time.perf_counter()
    for posted in count():
        due += random.expovariate(rate) if rate else seconds + 1
        if due > began + seconds:
            await asyncio.sleep(max(0.0, began + seconds - time.perf_counter()))
            streams[1].close()
            return posted
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        learner = random.randrange(LEARNERS)
        body = orjson.dumps(answer(learner, learner % 5_000, learner % 400, learner % 3 > 0))
        answered = await ask(
            streams, http_request("POST", "/xapi/statements", body, server.credential)
        )
        if b" 200 " not in answered.partition(b"\r\n")[0]:
            raise SystemExit(f"refused: {answered[:300]!r}")
    raise AssertionError  # count() has no end


async def look(server: Target) -> None:
    """Ask how far the carrier is, once a second, for ever."""
    streams = await asyncio.open_connection("127.0.0.1", server.port)
    while True:
        await ask(streams, http_request("GET", "/v1/status", b"", server.credential))
        await asyncio.sleep(1.0)


async def post_watched(server: Target, rate: float, seconds: float) -> int:
    """Post at a rate while somebody looks; gives how many."""
    looking = asyncio.create_task(look(server))
    try:
        return await post(server, rate, seconds)
    finally:
        looking.cancel()


def measure(
    server: Target, name: str, rate: float, seconds: float, is_watched: bool = False
) -> None:
    """Post at a rate, and print what share of a core the server takes."""
    posting = post_watched if is_watched else post
    asyncio.run(posting(server, rate, SETTLING))
    before, began = server.cpu_seconds(), time.perf_counter()
    posted = asyncio.run(posting(server, rate, seconds))
    took = time.perf_counter() - began
    share = (server.cpu_seconds() - before) / took
    print(f"{name:16} {posted / took:6.1f} statements/s: {share:.1%} of a core", flush=True)


def main() -> None:
    """Print the share of a core that the server takes idle, at the day's rate, and at its peak."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--a-day", type=int, default=50_000, help="statements")
    parser.add_argument("--hours", type=float, default=8, help="over which they come")
    parser.add_argument("--peak", type=float, default=10, help="times the rate")
    parser.add_argument("--seconds", type=float, default=40, help="of each rate")
    given = parser.parse_args()
    rate = given.a_day / given.hours / 3600
    print(machine())
    with tempfile.TemporaryDirectory() as folder, xueji(Path(folder)) as server:
        measure(server, "warm", given.peak * rate, SETTLING)  # ClickHouse loads its own code
        measure(server, "idle", 0.0, given.seconds)
        measure(server, "the day", rate, given.seconds)
        measure(server, "its peak", given.peak * rate, given.seconds)
        measure(server, "idle, watched", 0.0, given.seconds, is_watched=True)
        measure(server, "the day, watched", rate, given.seconds, is_watched=True)
        print(f"{server.peak_megabytes():.0f} MB at most")


if __name__ == "__main__":
    main()
