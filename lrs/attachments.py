"""The bytes of attachments: verified as they come, kept once a store under their SHA-2.

They are durable before the event of the statement that they came with. So a crash between the two
leaves bytes that no event speaks of, which are served to no one and shared by the next who sends
them; never an event without its bytes. Whoever names a hash has to send the bytes as well: that
they are in the store already helps nobody to read them.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, Final, TypeVar
from uuid import uuid4

import fsspec  # type: ignore[import-untyped]
from fsspec.implementations.local import LocalFileSystem  # type: ignore[import-untyped]

# Bytes that are hashed, written and read at once, outside the event loop.
BLOCK: Final = 1024 * 1024
# Threads that do so: of their own, so that no number of uploads keeps other requests waiting.
THREADS: Final = 8
# How old a temporary file has to be when the store is opened to be one that a crash left.
LEFT_BEHIND: Final = timedelta(hours=1)

_HASH_NAMES: Final = {56: "sha224", 64: "sha256", 96: "sha384", 128: "sha512"}  # by hex digits
_INCOMING: Final = "+incoming"  # no store has a "+" in its name

_Result = TypeVar("_Result")


class HashMismatchError(ValueError):
    """Bytes don't have the SHA-2 that was named for them."""

    def __init__(self, named: str, found: str) -> None:
        super().__init__(f"the bytes have the SHA-2 {found}, not {named}")
        self.named = named
        self.found = found


class AttachmentStore:
    """Attachments in a folder or in whatever else `fsspec` reaches by a URL.

    A file's path is ``{store}/{first two digits}/{SHA-2}``. Locally a file and its folders are
    synced before it counts as kept, and it gets its name in one step. Elsewhere an object is
    durable when its upload has been closed, and is given its name by the service, by copying where
    that can't rename; what an incomplete upload leaves is the service's to remove.
    """

    def __init__(self, filesystem: Any, root: str) -> None:
        self.files = filesystem
        self.root = root
        self.is_local = isinstance(filesystem, LocalFileSystem)
        self.incoming = f"{root}/{_INCOMING}"
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="attachments")

    @classmethod
    def open(cls, location: str) -> "AttachmentStore":
        """Open the store at a path or a URL such as ``s3://bucket/prefix``, and clear it up.

        Raises what fsspec raises where nothing speaks the URL's protocol or nobody answers.
        """
        # Other processes write there too: a listing that is remembered would be wrong.
        filesystem, root = fsspec.url_to_fs(location, use_listings_cache=False)
        attachments = cls(filesystem, root)
        filesystem.makedirs(attachments.incoming, exist_ok=True)
        if attachments.is_local:
            _sync_folder(_parent(root) or "/")
        attachments._remove_left_behind()
        return attachments

    def close(self) -> None:
        """Let the threads go, once they are done."""
        self._threads.shutdown()

    async def run(self, function: Callable[..., _Result], *arguments: Any) -> _Result:
        """Do what blocks in one of the store's threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)

    def upload(self, store: str) -> "Upload":
        """Begin to take the attachments of one request."""
        return Upload(self, store)

    def size(self, store: str, sha2: str) -> int | None:
        """Give the number of bytes of a kept attachment; None where it isn't there."""
        try:
            return int(self.files.size(self.path(store, sha2)))
        except FileNotFoundError:
            return None

    def size_of_all(self) -> int:
        """Give how many bytes all kept attachments take: every file is looked at."""
        return int(self.files.du(self.root))

    async def blocks(self, store: str, sha2: str) -> AsyncIterator[bytes]:
        """Give the bytes of a kept attachment, block by block; raises FileNotFoundError."""
        path = self.path(store, sha2)
        file = await self.run(self.files.open, path, "rb")
        try:
            while block := await self.run(file.read, BLOCK):
                yield block
        finally:
            file.close()

    def blocks_now(self, store: str, sha2: str) -> Iterator[bytes]:
        """Give the same in a thread that may wait; raises FileNotFoundError."""
        with self.files.open(self.path(store, sha2), "rb") as file:
            while block := file.read(BLOCK):
                yield block

    def path(self, store: str, sha2: str) -> str:
        """Name the file of an attachment."""
        # "." and ".." are names of stores, too; "%" isn't in any.
        folder = "%2E" + store[1:] if store.startswith(".") else store
        return f"{self.root}/{folder}/{sha2[:2]}/{sha2}"

    def _remove_left_behind(self) -> None:
        oldest = datetime.now(UTC) - LEFT_BEHIND
        incoming: list[str] = []
        # What isn't found is an object store's empty folder, or was just moved or removed.
        with suppress(FileNotFoundError):
            incoming = self.files.ls(self.incoming, detail=False)
        for path in incoming:
            with suppress(FileNotFoundError):
                if self.files.modified(path) < oldest:
                    self.files.rm_file(path)


class Upload:
    """The attachments of one request, kept together; what isn't kept is gone when it ends.

    An asynchronous context manager. Hashes are in lower case.
    """

    def __init__(self, attachments: AttachmentStore, store: str) -> None:
        self._attachments = attachments
        self._store = store
        self._received: dict[str, _Incoming] = {}

    @property
    def received(self) -> frozenset[str]:
        """The SHA-2 of the attachments whose bytes have come."""
        return frozenset(self._received)

    async def receive(self, sha2: str, chunks: AsyncIterator[bytes]) -> None:
        """Take the bytes of one attachment; of the same one again they are only verified.

        Raises HashMismatchError, and whatever `chunks` raises.
        """
        incoming = _Incoming(self._attachments, self._store, sha2, again=sha2 in self._received)
        try:
            async for block in _in_blocks(chunks):
                await self._attachments.run(incoming.write, block)
            await self._attachments.run(incoming.finish)
        except BaseException:
            await self._attachments.run(incoming.drop)
            raise
        self._received.setdefault(sha2, incoming)

    async def read(self, sha2: str) -> bytes:
        """Give the bytes of a small attachment that was received."""
        return await self._attachments.run(self._received[sha2].read)

    async def keep(self) -> None:
        """Make everything received durable under its SHA-2."""
        await self._attachments.run(self._keep)

    def _keep(self) -> None:
        for incoming in self._received.values():
            incoming.keep()

    def _drop(self) -> None:
        for incoming in self._received.values():
            incoming.drop()

    async def __aenter__(self) -> "Upload":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._attachments.run(self._drop)


async def _in_blocks(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Join small chunks, so that a block is worth the way to another thread."""
    waiting: list[bytes] = []
    size = 0
    async for chunk in chunks:
        waiting.append(chunk)
        size += len(chunk)
        if size >= BLOCK:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


class _Incoming:
    """The bytes of one attachment on their way: hashed, and written under a temporary name.

    Its methods block. One may still run in its thread when the request is given up and `drop` is
    called from another, hence the lock.
    """

    def __init__(self, attachments: AttachmentStore, store: str, sha2: str, *, again: bool) -> None:
        self._files = attachments.files
        self._attachments = attachments
        self._store = store
        self._sha2 = sha2
        self._hash = hashlib.new(_HASH_NAMES[len(sha2)])
        self._temporary: str | None = None  # None: nothing has to be written
        self._file: Any = None
        self._begun = again
        self._dropped = False
        self._lock = Lock()

    def write(self, block: bytes) -> None:
        """Take the next bytes."""
        with self._lock:
            self._begin()
            self._hash.update(block)
            if self._file is not None:
                self._file.write(block)

    def finish(self) -> None:
        """Check that these were all; raises HashMismatchError."""
        with self._lock:
            self._begin()
            found = self._hash.hexdigest()
            if found != self._sha2:
                raise HashMismatchError(self._sha2, found)
            if self._file is not None:
                if self._attachments.is_local:
                    self._file.flush()
                    os.fsync(self._file.fileno())
                self._file.close()

    def read(self) -> bytes:
        """Give all the bytes."""
        path = self._temporary or self._attachments.path(self._store, self._sha2)
        return bytes(self._files.cat_file(path))

    def keep(self) -> None:
        """Give the file its name, durably."""
        with self._lock:
            path = self._attachments.path(self._store, self._sha2)
            if self._temporary is not None:
                self._files.makedirs(_parent(path), exist_ok=True)
                if self._attachments.is_local:
                    os.replace(self._temporary, path)
                else:
                    self._files.mv(self._temporary, path)
                self._temporary = None
            if self._attachments.is_local:
                # Also where another request kept it: its own syncing may still be under way.
                self._sync_folders(path)

    def drop(self) -> None:
        """Remove what isn't kept."""
        with self._lock:
            self._dropped = True
            if self._file is not None:
                self._file.close()
            if self._temporary is not None:
                with suppress(FileNotFoundError):
                    self._files.rm_file(self._temporary)
                self._temporary = None

    def _begin(self) -> None:
        if self._dropped:
            raise RuntimeError("an attachment was written to after it was dropped")
        if self._begun:
            return
        self._begun = True
        if self._attachments.size(self._store, self._sha2) is None:
            temporary = f"{self._attachments.incoming}/{uuid4().hex}"
            self._file = self._files.open(temporary, "wb")
            self._temporary = temporary

    def _sync_folders(self, path: str) -> None:
        """Sync the folders down to a file, each of which may be new."""
        folder = path
        while folder != self._attachments.root:
            folder = _parent(folder)
            _sync_folder(folder)


def _sync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _parent(path: str) -> str:
    return path.rpartition("/")[0]
