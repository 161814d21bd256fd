"""How commands reach the server that runs on the same data directory: a file that it writes there.

The embedded warehouse can be open in one process at a time, so what the command line asks of it
goes through the server while that runs. Where several servers share a data directory, each has a
name in the settings, and so a file of its own.
"""

import os
import secrets
from pathlib import Path

import msgspec

_TOKEN_BYTES = 32


class ServerFile(msgspec.Struct, frozen=True):
    """Where a running server answers, and what proves its operator to it."""

    url: str
    token: str


def write_server_file(path: Path, host: str, port: int) -> ServerFile:
    """Write the file with a new token, readable by its owner only; gives what it says."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - not bound here
    address = f"[{shown}]" if ":" in shown else shown
    written = ServerFile(f"http://{address}:{port}", secrets.token_urlsafe(_TOKEN_BYTES))
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(msgspec.json.encode(written))
    part.rename(path)
    return written


def read_server_file(path: Path) -> ServerFile | None:
    """Read the file; None where there is none. What it names may be gone: it was killed."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=ServerFile)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def remove_server_file(path: Path, written: ServerFile) -> None:
    """Remove the file, unless another server has written its own meanwhile."""
    if read_server_file(path) == written:
        path.unlink(missing_ok=True)
