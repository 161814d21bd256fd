"""Attachments are verified as they come, kept once a store, durable first, and leave no rests."""

import asyncio
import hashlib
import os
import threading
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from fsspec.implementations.memory import MemoryFileSystem
from hypothesis import given
from hypothesis import strategies as some

from lrs.attachments import BLOCK, THREADS, AttachmentStore, HashMismatchError
from tests.support.multipart import sha256

ESSAY = "一篇作文".encode() * 1000


@pytest.fixture(params=["folder", "object store"])
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return str(tmp_path / "attachments")
    return f"memory://{uuid4()}"  # it has no folders and can't rename, as object stores


@pytest.fixture
def attachments(location: str) -> AttachmentStore:
    return AttachmentStore.open(location)


@pytest.fixture
def folder(tmp_path: Path) -> AttachmentStore:
    """One in a folder, for what only a folder promises."""
    return AttachmentStore.open(str(tmp_path / "attachments"))


async def given_as(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def keep(
    attachments: AttachmentStore, *data: bytes, store: str = "district", sha2: str | None = None
) -> None:
    async with attachments.upload(store) as upload:
        for one in data:
            await upload.receive(sha2 or sha256(one), given_as([one]))
        await upload.keep()


async def read(attachments: AttachmentStore, sha2: str, store: str = "district") -> bytes:
    return b"".join([block async for block in attachments.blocks(store, sha2)])


def files(attachments: AttachmentStore) -> list[str]:
    """Every file there is, kept or on its way, by its path below the root."""
    found = attachments.files.find(attachments.root)
    return sorted(path.removeprefix(attachments.root + "/") for path in found)


# Keeping -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sha224", "sha256", "sha384", "sha512"])
def test_what_is_kept_reads_back_under_any_sha2(attachments: AttachmentStore, name: str) -> None:
    sha2 = hashlib.new(name, ESSAY).hexdigest()
    asyncio.run(keep(attachments, ESSAY, sha2=sha2))
    assert files(attachments) == [f"district/{sha2[:2]}/{sha2}"]
    assert attachments.size("district", sha2) == len(ESSAY)
    assert asyncio.run(read(attachments, sha2)) == ESSAY


@pytest.mark.parametrize("size", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_any_size_is_kept_whole_and_read_in_blocks(attachments: AttachmentStore, size: int) -> None:
    data = os.urandom(size)

    async def sizes() -> list[int]:
        await keep(attachments, data)
        assert await read(attachments, sha256(data)) == data
        return [len(one) async for one in attachments.blocks("district", sha256(data))]

    assert max(asyncio.run(sizes()), default=0) <= BLOCK


@given(pieces=some.lists(some.binary(max_size=50)))
def test_it_does_not_matter_in_what_pieces_data_comes(pieces: list[bytes]) -> None:
    attachments = AttachmentStore(MemoryFileSystem(global_store=False), "/attachments")
    whole = b"".join(pieces)

    async def there_and_back() -> bytes:
        async with attachments.upload("district") as upload:
            await upload.receive(sha256(whole), given_as(pieces))
            await upload.keep()
        return await read(attachments, sha256(whole))

    assert asyncio.run(there_and_back()) == whole


def test_nothing_has_its_name_before_it_is_kept(attachments: AttachmentStore) -> None:
    async def half() -> None:
        async with attachments.upload("district") as upload:
            await upload.receive(sha256(ESSAY), given_as([ESSAY]))
            assert upload.received == {sha256(ESSAY)}
            assert attachments.size("district", sha256(ESSAY)) is None
            assert await upload.read(sha256(ESSAY)) == ESSAY

    asyncio.run(half())
    assert files(attachments) == []


def test_several_are_kept_together(attachments: AttachmentStore) -> None:
    asyncio.run(keep(attachments, b"one", b"two", b"three"))
    assert len(files(attachments)) == 3


def test_a_file_is_synced_before_it_has_its_name_and_its_folders_after(
    folder: AttachmentStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[int | str] = []
    sync, rename = os.fsync, os.replace

    def noted_sync(handle: int) -> None:
        happened.append(os.fstat(handle).st_ino)
        sync(handle)

    def noted_rename(source: str, target: str) -> None:
        happened.append("renamed")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(os, "replace", noted_rename)
    asyncio.run(keep(folder, ESSAY))
    file = Path(folder.path("district", sha256(ESSAY)))
    folders = list(file.parents)[:3]
    assert folders[-1] == Path(folder.root)
    assert happened == [file.stat().st_ino, "renamed", *(one.stat().st_ino for one in folders)]


# Sharing -----------------------------------------------------------------------------------------


def test_what_is_kept_already_is_shared_and_not_written_again(folder: AttachmentStore) -> None:
    asyncio.run(keep(folder, ESSAY))
    before = os.stat(folder.path("district", sha256(ESSAY)))

    async def again() -> None:
        async with folder.upload("district") as upload:
            await upload.receive(sha256(ESSAY), given_as([ESSAY]))
            assert len(files(folder)) == 1
            assert await upload.read(sha256(ESSAY)) == ESSAY
            await upload.keep()

    asyncio.run(again())
    after = os.stat(folder.path("district", sha256(ESSAY)))
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_who_names_what_is_kept_already_has_to_send_it_as_well(
    attachments: AttachmentStore,
) -> None:
    asyncio.run(keep(attachments, ESSAY))
    with pytest.raises(HashMismatchError):
        asyncio.run(keep(attachments, b"a guess", sha2=sha256(ESSAY)))
    assert asyncio.run(read(attachments, sha256(ESSAY))) == ESSAY


def test_the_same_twice_in_a_request_is_kept_once(attachments: AttachmentStore) -> None:
    asyncio.run(keep(attachments, ESSAY, ESSAY))
    assert len(files(attachments)) == 1


def test_two_requests_may_bring_the_same_at_the_same_time(attachments: AttachmentStore) -> None:
    async def both() -> None:
        async with attachments.upload("district") as one, attachments.upload("district") as other:
            for upload in (one, other):
                await upload.receive(sha256(ESSAY), given_as([ESSAY]))
            await one.keep()
            await other.keep()

    asyncio.run(both())
    assert len(files(attachments)) == 1
    assert asyncio.run(read(attachments, sha256(ESSAY))) == ESSAY


# Stores ------------------------------------------------------------------------------------------


def test_a_store_does_not_have_what_another_has(attachments: AttachmentStore) -> None:
    asyncio.run(keep(attachments, ESSAY, store="one"))
    assert attachments.size("other", sha256(ESSAY)) is None
    with pytest.raises(FileNotFoundError):
        asyncio.run(read(attachments, sha256(ESSAY), store="other"))
    asyncio.run(keep(attachments, ESSAY, store="other"))
    assert len(files(attachments)) == 2


STORE_NAMES = some.from_regex(r"[\w.-]{1,100}", fullmatch=True)


@given(one=STORE_NAMES, other=STORE_NAMES)
def test_no_name_of_a_store_leads_out_of_its_folder(one: str, other: str) -> None:
    attachments = AttachmentStore(None, "/attachments")
    path = os.path.normpath(attachments.path(one, "0" * 64))
    assert Path(path).parents[2] == Path("/attachments")
    assert not path.startswith(attachments.incoming)
    assert (path == os.path.normpath(attachments.path(other, "0" * 64))) == (one == other)


@pytest.mark.parametrize("store", [".", "..", ".hidden", "学校"])
def test_stores_with_odd_names_are_kept_apart_too(attachments: AttachmentStore, store: str) -> None:
    asyncio.run(keep(attachments, ESSAY, store=store))
    assert asyncio.run(read(attachments, sha256(ESSAY), store=store)) == ESSAY
    assert len(files(attachments)) == 1


# Leaving nothing behind --------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"a", ESSAY + b".", ESSAY * 500])
def test_other_bytes_than_the_named_are_refused_and_leave_nothing(
    attachments: AttachmentStore, data: bytes
) -> None:
    with pytest.raises(HashMismatchError) as refused:
        asyncio.run(keep(attachments, data, sha2=sha256(ESSAY)))
    assert refused.value.named == sha256(ESSAY)
    assert refused.value.found == sha256(data)
    assert files(attachments) == []


def test_one_refused_attachment_takes_the_others_of_its_request_with_it(
    attachments: AttachmentStore,
) -> None:
    async def second_is_wrong() -> None:
        async with attachments.upload("district") as upload:
            await upload.receive(sha256(ESSAY), given_as([ESSAY]))
            await upload.receive(sha256(b"two"), given_as([b"three"]))

    with pytest.raises(HashMismatchError):
        asyncio.run(second_is_wrong())
    assert files(attachments) == []


def test_a_client_that_goes_away_leaves_nothing(attachments: AttachmentStore) -> None:
    async def goes_away() -> AsyncIterator[bytes]:
        yield bytes(2 * BLOCK)
        assert len(files(attachments)) == 1
        raise ConnectionError

    async def upload_of_half() -> None:
        async with attachments.upload("district") as upload:
            await upload.receive("0" * 64, goes_away())

    with pytest.raises(ConnectionError):
        asyncio.run(upload_of_half())
    assert files(attachments) == []


def test_a_request_given_up_while_its_data_is_awaited_leaves_nothing(
    attachments: AttachmentStore,
) -> None:
    async def stalls() -> AsyncIterator[bytes]:
        yield bytes(2 * BLOCK)
        await asyncio.Event().wait()

    async def given_up() -> None:
        async with asyncio.timeout(0.2), attachments.upload("district") as upload:
            await upload.receive("0" * 64, stalls())

    with pytest.raises(TimeoutError):
        asyncio.run(given_up())
    assert files(attachments) == []


class SlowFile:
    """A file whose writing takes until it is told to go on."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.writing = threading.Event()
        self.go_on = threading.Event()

    def write(self, data: bytes) -> int:
        self.writing.set()
        assert self.go_on.wait(30)
        return int(self._file.write(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


@pytest.fixture
def slow_files(folder: AttachmentStore, monkeypatch: pytest.MonkeyPatch) -> list[SlowFile]:
    made: list[SlowFile] = []
    open_file = folder.files.open

    def open_slowly(path: str, mode: str) -> SlowFile:
        made.append(SlowFile(open_file(path, mode)))
        return made[-1]

    monkeypatch.setattr(folder.files, "open", open_slowly)
    return made


async def until_written(slow_files: list[SlowFile]) -> SlowFile:
    while not slow_files or not slow_files[0].writing.is_set():
        await asyncio.sleep(0.001)
    return slow_files[0]


def test_others_are_served_while_a_block_is_written(
    folder: AttachmentStore, slow_files: list[SlowFile]
) -> None:
    async def both() -> None:
        keeping = asyncio.create_task(keep(folder, ESSAY))
        file = await until_written(slow_files)  # the event loop goes on: else nobody told it to
        file.go_on.set()
        await keeping

    asyncio.run(both())
    assert len(files(folder)) == 1


def test_no_number_of_uploads_keeps_others_waiting(
    folder: AttachmentStore, slow_files: list[SlowFile]
) -> None:
    data = [str(number).encode() for number in range(3 * THREADS)]

    async def all_at_once() -> None:
        async with asyncio.timeout(30), asyncio.TaskGroup() as group:
            for one in data:
                group.create_task(keep(folder, one))
            while sum(file.writing.is_set() for file in slow_files) < THREADS:
                await asyncio.sleep(0.001)
            assert await asyncio.to_thread(str, "another request") == "another request"
            while len(files(folder)) < len(data) or folder.files.ls(folder.incoming):
                for file in slow_files:
                    file.go_on.set()
                await asyncio.sleep(0.001)

    asyncio.run(all_at_once())
    assert len(files(folder)) == len(data)


def test_a_request_given_up_while_a_block_is_written_leaves_nothing(
    folder: AttachmentStore, slow_files: list[SlowFile]
) -> None:
    async def given_up() -> None:
        keeping = asyncio.create_task(keep(folder, ESSAY))
        file = await until_written(slow_files)
        keeping.cancel()
        await asyncio.sleep(0.01)
        file.go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await keeping

    asyncio.run(given_up())
    assert files(folder) == []


def test_what_a_crash_left_goes_when_it_is_old_enough(folder: AttachmentStore) -> None:
    asyncio.run(keep(folder, ESSAY))
    for name, age in (("old", 3700), ("new", 60)):
        file = Path(folder.incoming, name)
        file.write_bytes(b"half an es")
        then = file.stat().st_mtime - age
        os.utime(file, (then, then))
    again = AttachmentStore.open(folder.root)
    assert files(again) == ["+incoming/new", f"district/{sha256(ESSAY)[:2]}/{sha256(ESSAY)}"]


def test_a_store_opens_twice_and_still_has_what_it_kept(
    attachments: AttachmentStore, location: str
) -> None:
    asyncio.run(keep(attachments, ESSAY))
    assert asyncio.run(read(AttachmentStore.open(location), sha256(ESSAY))) == ESSAY


def test_a_url_that_nothing_speaks_is_an_error_at_once() -> None:
    with pytest.raises(ValueError, match="nothing-speaks-this"):
        AttachmentStore.open("nothing-speaks-this://bucket")
