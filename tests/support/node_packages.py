"""The packages that the lock of `tests/clients` names, installed once for each lock."""

import hashlib
import shutil
import subprocess
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

from tests.support.engines import find_node, required

CLIENTS = Path(__file__).parents[1] / "clients"
LOCK = CLIENTS / "package-lock.json"
PACKAGES = CLIENTS / "node_modules"
INSTALLED_FROM = PACKAGES / "installed-from"  # the hash of the lock that was installed
INSTALL_SECONDS = 300


def installed_packages() -> Path:
    """Give the folder of the packages; leaves the test out where they can't be installed."""
    with LOCK.open("rb") as lock:
        flock(lock, LOCK_EX)  # where several processes share the tests, one installs
        _install(hashlib.sha256(lock.read()).hexdigest())
    return PACKAGES


def _install(wanted: str) -> None:
    """Install what a lock names, which is named by its hash, if it isn't installed."""
    if INSTALLED_FROM.is_file() and INSTALLED_FROM.read_text() == wanted:
        return
    done = subprocess.run(
        [find_node().npm, "ci"],
        cwd=CLIENTS,
        capture_output=True,
        text=True,
        check=False,
        timeout=INSTALL_SECONDS,
    )
    if done.returncode:
        shutil.rmtree(PACKAGES, ignore_errors=True)
        reason = f"npm can't install the JavaScript packages: {done.stderr[-500:]}"
        if "node" in required():
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)
    INSTALLED_FROM.write_text(wanted)
