"""A large attachment goes through a real server without growing it, or keeping others waiting."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from tests.support.multipart import (
    CONTENT_TYPE,
    attachment,
    data_part,
    json_part,
    pieces,
    written,
)
from tests.support.records import statement, statement_id
from tests.support.servers import Server, running_server

MEGABYTE = 1024 * 1024
DATA = b"essay" * MEGABYTE
VERSION = {"X-Experience-API-Version": "2.0.0"}
MULTIPART = {"Content-Type": CONTENT_TYPE}

PEAK_IS_TOLD = Path("/proc/self/clear_refs").exists()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("large")
    with running_server(folder, clickhouse_dsn="chdb://memory", carrier="none") as running:
        yield running


def client(server: Server) -> httpx.AsyncClient:
    key = server.add_key()
    return httpx.AsyncClient(
        base_url=server.address, auth=(key.key, key.secret), headers=VERSION, timeout=120
    )


def files(server: Server) -> set[Path]:
    root = Path(server.environment["XUEJI_DATA_DIRECTORY"], "attachments")
    return {path for path in root.rglob("*") if path.is_file()}


async def until(met: Any) -> None:
    async with asyncio.timeout(30):
        while not met():
            await asyncio.sleep(0.01)


# Memory ------------------------------------------------------------------------------------------


class Peak:
    """By how many megabytes a process has grown at most since this was made; told by Linux."""

    def __init__(self, process: int) -> None:
        self._status = Path(f"/proc/{process}/status")
        Path(f"/proc/{process}/clear_refs").write_text("5")  # the peak begins anew
        self._before = self._kilobytes("VmRSS")

    def growth(self) -> float:
        return (self._kilobytes("VmHWM") - self._before) / 1024

    def _kilobytes(self, name: str) -> int:
        lines = self._status.read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith(f"{name}:")))


def blocks(megabytes: int) -> Iterator[bytes]:
    """Data that never repeats itself, and is the same each time."""
    random = Random(megabytes)
    return (random.randbytes(MEGABYTE) for _ in range(megabytes))


async def upload(number: int, megabytes: int, sha2: str) -> AsyncIterator[bytes]:
    said = statement(id=statement_id(number), attachments=[attachment(b"", sha2)])
    first, second = json_part(said), data_part(b"", sha2)
    parts = [(first.headers, [first.data]), (second.headers, blocks(megabytes))]
    for piece in pieces(parts):
        yield piece


async def hash_of_the_data(answer: httpx.Response, size: int) -> str:
    """Hash what follows the headers of an answer's last part."""
    found, begun, left = hashlib.sha256(), b"", size
    async for piece in answer.aiter_raw():
        if left == size:
            begun += piece
            _, behind, piece = begun.partition(b"X-Experience-API-Hash: ")
            _, behind, piece = piece.partition(b"\r\n\r\n")
            if not behind:
                continue
        found.update(piece[:left])
        left -= min(left, len(piece))
    assert left == 0
    return found.hexdigest()


async def grow_there_and_back(server: Server, number: int, megabytes: int) -> tuple[float, float]:
    """Upload and download an attachment; gives by how much the server grew each time."""
    whole = hashlib.sha256()
    for block in blocks(megabytes):
        whole.update(block)
    sha2 = whole.hexdigest()
    async with client(server) as app:
        peak = Peak(server.process.pid)
        content = upload(number, megabytes, sha2)
        answer = await app.post("/xapi/statements", content=content, headers=MULTIPART)
        assert answer.status_code == 200, answer.text
        uploading = peak.growth()
        peak = Peak(server.process.pid)
        parameters = {"statementId": statement_id(number), "attachments": "true"}
        async with app.stream("GET", "/xapi/statements", params=parameters) as answer:
            assert await hash_of_the_data(answer, megabytes * MEGABYTE) == sha2
        downloading = peak.growth()
    print(f"{megabytes} MB: {uploading:.1f} MB up, {downloading:.1f} MB down")
    return uploading, downloading


@pytest.mark.skipif(not PEAK_IS_TOLD, reason="only Linux tells the peak of a process's memory")
@pytest.mark.parametrize(
    ("megabytes", "bound"), [(128, 48), pytest.param(1024, 64, marks=pytest.mark.long)]
)
def test_memory_does_not_grow_with_an_attachment(
    server: Server, megabytes: int, bound: int
) -> None:
    asyncio.run(grow_there_and_back(server, 4, 4))  # once, for what the first request loads
    uploading, downloading = asyncio.run(grow_there_and_back(server, megabytes, megabytes))
    assert uploading <= bound
    assert downloading <= bound


# Others ------------------------------------------------------------------------------------------


def test_others_are_served_in_the_middle_of_an_upload(server: Server) -> None:
    body = written([json_part(statement(attachments=[attachment(DATA)])), data_part(DATA)])
    go_on = asyncio.Event()

    async def halting() -> AsyncIterator[bytes]:
        yield body[: len(body) // 2]
        await go_on.wait()
        yield body[len(body) // 2 :]

    async def both() -> None:
        async with client(server) as slow, client(server) as other:
            before = files(server)
            posting = asyncio.create_task(
                slow.post("/xapi/statements", content=halting(), headers=MULTIPART)
            )
            await until(lambda: files(server) != before)
            answer = await other.post("/xapi/statements", json=statement())
            assert answer.status_code == 200, answer.text
            assert not posting.done()
            go_on.set()
            assert (await posting).status_code == 200

    asyncio.run(both())


def test_a_client_that_goes_away_in_the_middle_leaves_nothing(server: Server) -> None:
    data = DATA + b"never whole"
    body = written([json_part(statement(attachments=[attachment(data)])), data_part(data)])

    async def endless() -> AsyncIterator[bytes]:
        yield body[: len(body) // 2]
        await asyncio.Event().wait()

    async def goes_away() -> None:
        async with client(server) as app:
            before = files(server)
            posting = asyncio.create_task(
                app.post("/xapi/statements", content=endless(), headers=MULTIPART)
            )
            await until(lambda: files(server) != before)
            posting.cancel()
            await until(lambda: files(server) == before)

    asyncio.run(goes_away())


def test_a_connection_goes_on_after_an_upload_was_refused_by_its_first_part(
    server: Server,
) -> None:
    no_verb = {**statement(attachments=[attachment(DATA)]), "verb": {}}
    body = written([json_part(no_verb), data_part(DATA)])

    async def twice() -> None:
        async with client(server) as app:
            before = files(server)
            for _ in range(2):
                answer = await app.post("/xapi/statements", content=body, headers=MULTIPART)
                assert answer.status_code == 400, answer.text
                assert answer.json()["error"]["path"] == "$.verb.id"
            assert (await app.post("/xapi/statements", json=statement())).status_code == 200
            assert files(server) == before

    asyncio.run(twice())


def test_a_crash_in_the_middle_of_an_upload_leaves_no_statement(tmp_path: Path) -> None:
    said = statement(id=statement_id(1), attachments=[attachment(DATA)])
    body = written([json_part(said), data_part(DATA)])

    async def endless() -> AsyncIterator[bytes]:
        yield body[: len(body) // 2]
        await asyncio.Event().wait()

    async def until_the_crash(server: Server) -> None:
        async with client(server) as app:
            posting = asyncio.create_task(
                app.post("/xapi/statements", content=endless(), headers=MULTIPART)
            )
            await until(lambda: files(server))
            server.kill()
            posting.cancel()

    async def again(server: Server) -> None:
        parameters = {"statementId": statement_id(1), "attachments": "true"}
        async with client(server) as app:
            answer = await app.get("/xapi/statements", params=parameters)
            assert answer.status_code == 404
            answer = await app.post("/xapi/statements", content=body, headers=MULTIPART)
            assert answer.status_code == 200, answer.text
            answer = await app.get("/xapi/statements", params=parameters)
            assert DATA in answer.content

    with running_server(tmp_path, clickhouse_dsn="chdb://memory", carrier="none") as server:
        asyncio.run(until_the_crash(server))
    with running_server(tmp_path, clickhouse_dsn="chdb://memory", carrier="none") as server:
        asyncio.run(again(server))
