"""Servers for benchmarks: Xueji as `xueji serve` starts it, and the bare floor, each a process."""

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from tests.support.ports import free_port

XUEJI = (sys.executable, "-m", "api")


@dataclass(frozen=True)
class Target:
    """A server under load."""

    port: int
    process: subprocess.Popen[bytes]
    credential: tuple[str, str] | None = None

    def cpu_seconds(self) -> float:
        """Processor time used so far, user and system."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_megabytes(self) -> float:
        """The most memory held so far."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
        return float("nan")


@contextmanager
def xueji(directory: Path, **settings: str) -> Iterator[Target]:
    """Start Xueji on a data directory, with a credential for everything in store `bench`."""
    port = free_port()
    environment = {name: text for name, text in os.environ.items() if not name.startswith("XUEJI_")}
    settings |= {"data_directory": str(directory), "port": str(port)}
    environment |= {f"XUEJI_{name.upper()}": text for name, text in settings.items()}
    keys = ["keys", "add", "--store", "bench", "--scope", "all", "--app", "bench", "--json"]
    said = subprocess.run([*XUEJI, *keys], env=environment, capture_output=True, check=True)
    made: dict[str, Any] = json.loads(said.stdout)
    with _running([*XUEJI, "serve"], environment, port, "/xapi/about") as process:
        yield Target(port, process, (made["key"], made["secret"]))


@contextmanager
def floor(directory: Path) -> Iterator[Target]:
    """Start the bare floor of posting."""
    port = free_port()
    command = [sys.executable, "-m", "bench.floor", str(directory / "floor.sqlite"), str(port)]
    with _running(command, dict(os.environ), port, "/openapi.json") as process:
        yield Target(port, process)


@contextmanager
def _running(
    command: list[str], environment: dict[str, str], port: int, path: str
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=environment)
    try:
        for _ in range(600):
            try:
                with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5):
                    break
            except (URLError, ConnectionError):
                time.sleep(0.1)
        yield process
    finally:
        process.terminate()
        process.wait(60)


def load(target: Target, path: str, seconds: float, connections: int = 32, **more: str) -> Any:
    """Run the load generator against a server, in a process of its own; gives its figures."""
    command = [sys.executable, "-m", "bench.load", "--port", str(target.port), "--path", path]
    command += ["--seconds", str(seconds), "--connections", str(connections)]
    if target.credential:
        command += ["--key", target.credential[0], f"--secret={target.credential[1]}"]
    for name, text in more.items():
        command += [f"--{name}", text]
    said = subprocess.run(command, capture_output=True, check=True)
    return json.loads(said.stdout)


def machine() -> str:
    """Name the machine's figures that throughput depends on."""
    cores = len(os.sched_getaffinity(0))
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return f"{cores} cores of {model}, Python {platform.python_version()}"
