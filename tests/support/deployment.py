"""Xueji as several processes, each to be killed: API, relay, workers, Kafka and ClickHouse."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from urllib.error import URLError
from urllib.request import urlopen

from tests.support.clickhouse import ClickHouseServer
from tests.support.kafka import KafkaServer, Login
from tests.support.ports import free_port
from tests.support.processes import CommandProcess, start_command
from tests.support.servers import START_SECONDS, STOP_SECONDS

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "api": ("serve",),
    "relay": ("relay",),
    "worker-1": ("worker", "--name", "1"),
    "worker-2": ("worker", "--name", "2"),
}


class Deployment:
    """All processes of a small deployment, on free ports, their data in a folder.

    A context manager: started on entering, killed on leaving. `settings` are names of `XUEJI_*`
    settings in lower case. With `secured`, all speak to Kafka by TLS and log in as that user.
    """

    def __init__(self, folder: Path, secured: Login | None = None, **settings: str) -> None:
        self.folder = folder
        self.kafka = KafkaServer(secured)
        self.clickhouse = ClickHouseServer(folder / "clickhouse")
        self.commands: tuple[str, ...] = tuple(COMMANDS)  # what is started on entering
        self._settings = settings
        self._secured = secured
        self._processes: dict[str, CommandProcess] = {}
        self.environment: dict[str, str] = {}
        self.address = ""

    def __enter__(self) -> "Deployment":
        self.kafka.__enter__()
        try:
            self.clickhouse.start()
            self._configure()
            for name in self.commands:
                self.start(name)
            if "api" in self.commands:
                self.wait_for_api()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name in list(self._processes):
            self.kill(name)
        self.clickhouse.stop()
        self.kafka.__exit__()

    @property
    def data_directory(self) -> Path:
        return self.folder / "data"

    def start(self, name: str) -> None:
        """Start the API, the relay or a worker; what it says goes to a file of its name."""
        self.data_directory.mkdir(parents=True, exist_ok=True)
        self._processes[name] = start_command(
            *COMMANDS[name], environment=self.environment, log=self.folder / f"{name}.log"
        )

    def process_of(self, name: str) -> int:
        """Give the id of the process of one that was started."""
        return self._processes[name].pid

    def kill(self, name: str) -> None:
        """End one of them as a power cut would."""
        self._end(name, signal.SIGKILL)

    def stop(self, name: str) -> int:
        """End one of them in order; gives its exit status."""
        return self._end(name, signal.SIGTERM)

    def freeze(self, name: str, seconds: float) -> None:
        """Stop one of them for a while, as where a machine is paused, and let it go on."""
        process = self._processes[name]
        process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        process.send_signal(signal.SIGCONT)

    def restart_those_that_ended(self) -> None:
        """Start again what ended by itself, as the supervisor of a real deployment does."""
        for name, process in self._processes.items():
            if process.poll() is not None:
                self.start(name)

    def wait_for_api(self) -> None:
        """Wait until the API answers."""
        self.wait_until(self._answers, START_SECONDS, "the API does not answer")

    def wait_until(self, is_so: Callable[[], bool], seconds: float, otherwise: str) -> None:
        """Wait for something; where it takes longer, fail with the ends of all logs."""
        deadline = time.monotonic() + seconds
        while not is_so():
            self.restart_those_that_ended()
            assert time.monotonic() < deadline, f"{otherwise}\n{self.logs()}"
            time.sleep(0.1)

    def logs(self) -> str:
        """Give the ends of what all have said."""
        files = sorted(self.folder.glob("*.log"))
        return "\n".join(f"== {f.name}\n{f.read_text(errors='replace')[-2000:]}" for f in files)

    def _answers(self) -> bool:
        try:
            with urlopen(f"{self.address}/xapi/about", timeout=5):
                return True
        except (URLError, OSError):
            return False

    def _configure(self) -> None:
        port = free_port()
        self.address = f"http://127.0.0.1:{port}"
        settings = {
            "data_directory": str(self.data_directory),
            "port": str(port),
            "carrier": "workers",
            "clickhouse_dsn": self.clickhouse.dsn,
            "kafka_brokers": self.kafka.bootstrap_servers,
            "kafka_partitions": "4",
            **(secured_settings(self.kafka, self._secured) if self._secured else {}),
            **self._settings,
        }
        kept = {name: text for name, text in os.environ.items() if not name.startswith("XUEJI_")}
        told = {f"XUEJI_{name.upper()}": text for name, text in settings.items()}
        self.environment = {**kept, **told}

    def _end(self, name: str, with_signal: signal.Signals) -> int:
        process = self._processes.pop(name)
        process.send_signal(with_signal)
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait(STOP_SECONDS)


def secured_settings(kafka: KafkaServer, login: Login) -> dict[str, str]:
    """Give the settings of those who speak to Kafka by TLS and log in by SCRAM."""
    return {
        "kafka_brokers": kafka.secured_servers,
        "kafka_security_protocol": "SASL_SSL",
        "kafka_ca_file": str(kafka.ca_file),
        "kafka_sasl_mechanism": "SCRAM-SHA-512",
        "kafka_username": login.name,
        "kafka_password": login.password,
    }
