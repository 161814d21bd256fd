"""Projection lag while statements arrive at a steady rate: from acknowledged to in ClickHouse.

A statement's lag is the time from its acknowledgement until the carrier's position, looked at ten
times a second, has passed it. The first seconds after a start, when ClickHouse loads its own code,
are told apart.
"""

import argparse
import asyncio
import random
import tempfile
import time
from bisect import bisect_left
from itertools import count
from pathlib import Path

import orjson

from bench.load import http_request
from bench.servers import Target, machine, xueji
from bench.statements import answer

CONNECTIONS, LEARNERS, LOOK_EVERY = 16, 9_029, 0.1
START = 3.0  # seconds


async def ask(streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], request: bytes) -> bytes:
    """Send one request on a connection that stays open; gives the answer, head and body."""
    reader, writer = streams
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return head + await reader.readexactly(length)


class Watch:
    """What was acknowledged when, and how far the projection was when."""

    def __init__(self, server: Target, rate: float, seconds: float) -> None:
        self.server, self.rate, self.seconds = server, rate, seconds
        self.acknowledged: list[tuple[int, float]] = []
        self.seen: list[tuple[int, float]] = []
        self.turn = count()

    async def run(self) -> None:
        self.began = time.perf_counter()
        watching = asyncio.create_task(self.look())
        await asyncio.gather(*(self.post() for _ in range(CONNECTIONS)))
        await watching

    async def post(self) -> None:
        """Post when it is time for the next statement, on a connection of one's own."""
        streams = await asyncio.open_connection("127.0.0.1", self.server.port)
        while (due := next(self.turn) / self.rate) < self.seconds:
            await asyncio.sleep(max(0.0, self.began + due - time.perf_counter()))
            learner = random.randrange(LEARNERS)
            body = orjson.dumps(answer(learner, learner % 5_000, learner % 400, due % 3 > 1))
            request = http_request("POST", "/xapi/statements", body, self.server.credential)
            answered = await ask(streams, request)
            position = int(answered.split(b"x-xueji-position: ")[1].split(b"\r\n")[0])
            self.acknowledged.append((position, time.perf_counter()))

    async def look(self) -> None:
        """Look at the carrier's position until all that was posted has passed."""
        streams = await asyncio.open_connection("127.0.0.1", self.server.port)
        request = http_request("GET", "/v1/status", b"", self.server.credential)
        while True:
            body = (await ask(streams, request)).partition(b"\r\n\r\n")[2]
            position = orjson.loads(body)["carrier"]["position"]
            now = time.perf_counter()
            self.seen.append((position, now))
            if now > self.began + self.seconds + 1 and position >= max(self.acknowledged)[0]:
                return
            await asyncio.sleep(LOOK_EVERY)

    def lags(self, since: float, until: float) -> list[float]:
        """Give the lags in seconds of what was acknowledged in a span, the shortest first."""
        positions = [position for position, _ in self.seen]
        return sorted(
            self.seen[bisect_left(positions, position)][1] - acknowledged
            for position, acknowledged in self.acknowledged
            if since <= acknowledged - self.began < until
        )


def main() -> None:
    """Print the rate reached, and the lag's median, 99th percentile and maximum."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=500, help="statements a second")
    parser.add_argument("--seconds", type=float, default=30)
    given = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder, xueji(Path(folder)) as server:
        watch = Watch(server, given.rate, given.seconds)
        before = server.cpu_seconds()
        asyncio.run(watch.run())
        busy = (server.cpu_seconds() - before) / given.seconds
        print(
            f"{len(watch.acknowledged) / given.seconds:.0f} statements/s for {given.seconds:.0f} s,"
            f" {busy:.0%} of a core, {server.peak_megabytes():.0f} MB at most"
        )
        for name, since, until in (("start", 0, START), ("after it", START, float("inf"))):
            lags = watch.lags(since, until)
            print(
                f"  lag, {name:8} p50 {lags[len(lags) // 2]:.2f} s,"
                f" p99 {lags[int(len(lags) * 0.99)]:.2f} s, most {lags[-1]:.2f} s"
            )


if __name__ == "__main__":
    main()
