"""Clients that post at the same time, each over a connection of its own, until the server goes."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import orjson

from tests.support.servers import Key

VERSION = "1.0.3"


@dataclass(eq=False)
class Post:
    """One request, and what was answered: `status` is 0 while nothing is."""

    statements: list[dict[str, Any]]
    status: int = 0
    ids: list[str] = field(default_factory=list)  # once acknowledged
    position: int = 0  # in the log, of what it stored; once acknowledged

    @property
    def is_acknowledged(self) -> bool:
        return self.status == 200

    def body(self) -> bytes:
        """One statement goes alone, several as an array."""
        return orjson.dumps(self.statements if len(self.statements) > 1 else self.statements[0])


async def keep_posting(
    address: str, key: Key, next_post: Callable[[], Post], pause: Callable[[], float]
) -> None:
    """Post one after another, each a pause (seconds) after the last was answered.

    Returns once the connection is gone; of what was being posted nobody then knows the outcome.
    """
    server = urlsplit(address)
    try:
        reader, writer = await asyncio.open_connection(server.hostname, server.port)
    except ConnectionError:
        return
    head = _head(server.netloc, key)
    try:
        while True:
            await asyncio.sleep(pause())
            if reader.at_eof() or writer.is_closing():
                return
            post = next_post()
            body = post.body()
            writer.write(b"%bContent-Length: %d\r\n\r\n%b" % (head, len(body), body))
            await _read_answer(reader, post)
    except (ConnectionError, asyncio.IncompleteReadError):
        return
    finally:
        writer.close()


def _head(host: str, key: Key) -> bytes:
    proof = base64.b64encode(f"{key.key}:{key.secret}".encode()).decode()
    lines = (
        "POST /xapi/statements HTTP/1.1",
        f"Host: {host}",
        f"Authorization: Basic {proof}",
        f"X-Experience-API-Version: {VERSION}",
        "Content-Type: application/json",
        "",
    )
    return "\r\n".join(lines).encode()


async def _read_answer(reader: asyncio.StreamReader, post: Post) -> None:
    """Note the answer once all of it is here."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().rstrip().split("\r\n")
    headers = {name.lower(): text for name, _, text in (line.partition(": ") for line in lines)}
    content = await reader.readexactly(int(headers["content-length"]))
    status = int(first.split(" ")[1])
    if status == 200:
        post.ids, post.position = orjson.loads(content), int(headers["x-xueji-position"])
    post.status = status
