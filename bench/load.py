"""A load generator: many connections that post as fast as they are answered, over raw sockets.

It is made to cost little beside the server on a small machine: no HTTP library, one write a
request, one look at the head of each answer.
"""

import argparse
import asyncio
import base64
import json
import time
from collections.abc import Callable
from itertools import cycle
from pathlib import Path

import uvloop


class Connection(asyncio.Protocol):
    """One client: sends the next request when the last one is answered."""

    def __init__(self, load: "Load") -> None:
        self.load = load
        self.buffer = b""
        self.began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.send()

    def send(self) -> None:
        self.began = time.perf_counter()
        self.transport.write(self.load.request())

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, separator, rest = self.buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = 0
        for line in head.split(b"\r\n"):
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
        if len(rest) < length:
            return
        self.buffer = b""
        self.load.answered(int(head[9:12]), time.perf_counter() - self.began)
        if time.perf_counter() < self.load.until:
            self.send()
        else:
            self.transport.close()


class Load:
    """Counts what many connections do."""

    def __init__(self, request: Callable[[], bytes], seconds: float) -> None:
        self.request = request
        self.until = time.perf_counter() + seconds
        self.latencies: list[float] = []
        self.refused = 0

    def answered(self, status: int, seconds: float) -> None:
        if status < 300:
            self.latencies.append(seconds)
        else:
            self.refused += 1


def http_request(
    method: str, path: str, body: bytes = b"", credential: tuple[str, str] | None = None
) -> bytes:
    """Write one request."""
    headers = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "X-Experience-API-Version: 1.0.3",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
    ]
    if credential:
        pair = base64.b64encode(":".join(credential).encode()).decode()
        headers.append(f"Authorization: Basic {pair}")
    return "\r\n".join([*headers, "", ""]).encode() + body


async def run_load(
    port: int, request: Callable[[], bytes], connections: int, seconds: float
) -> dict[str, float]:
    """Load a server; gives requests a second and latencies in milliseconds."""
    loop = asyncio.get_running_loop()
    load = Load(request, seconds)
    began = time.perf_counter()
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(load), "127.0.0.1", port)
    await asyncio.sleep(seconds)
    elapsed = time.perf_counter() - began
    await asyncio.sleep(0.3)
    ordered = sorted(load.latencies) or [float("nan")]
    return {
        "requests": len(load.latencies),
        "refused": load.refused,
        "per_second": len(load.latencies) / elapsed,
        "p50_ms": ordered[len(ordered) // 2] * 1e3,
        "p99_ms": ordered[int(len(ordered) * 0.99)] * 1e3,
    }


def main() -> None:
    """Load a server with the requests that the arguments describe; prints figures as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--method", default="POST")
    parser.add_argument("--path", required=True)
    parser.add_argument("--bodies", help="a file of bodies, one a line, sent in turn")
    parser.add_argument("--key", default="")
    parser.add_argument("--secret", default="")
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=5.0)
    given = parser.parse_args()
    bodies = [b""]
    if given.bodies:
        bodies = Path(given.bodies).read_bytes().split(b"\n")
    credential = (given.key, given.secret) if given.key else None
    turns = cycle([http_request(given.method, given.path, body, credential) for body in bodies])
    figures = uvloop.run(
        run_load(
            given.port,
            lambda: next(turns),
            given.connections,
            given.seconds,
        )
    )
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
