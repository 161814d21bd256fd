"""A folder in memory for all that tests write: most of what they wait for is a disk's fsync.

What survives a loss of power is not what tests can show, as they end processes and not machines.
Where `TMPDIR` is set it stays as it is, and so does what tests leave there.
"""

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
NEEDED = 4 << 30  # bytes; far more than the tests have at a time

_PREFIX = "xueji-tests-"  # then the process id of the run
_AVAILABLE = re.compile(r"^MemAvailable: +(\d+) kB$", re.MULTILINE)


def write_to_memory() -> None:
    """Have this process and those it starts write temporary files to memory, if there is enough.

    They are gone when this process ends. So is the bytecode of what is started where this machine
    keeps none beside the sources: some hundred servers and commands would each compile them all.
    """
    if "TMPDIR" in os.environ or not _is_roomy():
        return
    _remove_what_was_left()
    folder = tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-", dir=MEMORY)
    os.chmod(folder, 0o711)  # PostgreSQL runs as a user of its own, who has to pass through
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ["TMPDIR"] = folder
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", None):
        os.environ["PYTHONPYCACHEPREFIX"] = f"{folder}/bytecode"
    tempfile.tempdir = None  # what was found before


def _remove_what_was_left() -> None:
    """Remove the folders of runs that were killed: nothing else would give their memory back."""
    for folder in MEMORY.glob(f"{_PREFIX}*-*"):
        run = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if run.isdigit() and not Path("/proc", run).exists():
            shutil.rmtree(folder, ignore_errors=True)


def _is_roomy() -> bool:
    if not os.access(MEMORY, os.W_OK):
        return False
    found = _AVAILABLE.search(Path("/proc/meminfo").read_text("ascii"))
    available = int(found[1]) << 10 if found else 0
    return min(shutil.disk_usage(MEMORY).free, available) > NEEDED
