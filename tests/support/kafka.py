"""Apache Kafka for tests: the real one, and librdkafka's mock cluster for where Java is missing.

The real one is a single process, broker and controller in one, that can be killed and started again
on what it has kept. The mock lives as long as the client that made it, so it gets a process of its
own. It can't be asked to create topics: it makes each that is asked about, with four partitions.

    python -m tests.support.kafka
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from tests.support.certificates import make_certificates
from tests.support.engines import find_kafka
from tests.support.ports import free_ports

ROOT = Path(__file__).parents[2]
START_SECONDS = 60
STOP_SECONDS = 30
PORT_TRIES = 5
HEAP = "512m"

# One processor's worth of starting: quick compilation and one thread that collects garbage.
JAVA_OPTIONS = (f"-Xmx{HEAP}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
LOG_OPTIONS = {
    "defaultLogLevel": "warn",
    "showDateTime": "true",
    "dateTimeFormat": "HH:mm:ss.SSS",
}


class KafkaNotStarted(Exception):
    """Kafka didn't start; the message ends with what it said."""


@dataclass(frozen=True)
class Login:
    """A user of Kafka's and the password; of letters and digits only."""

    name: str
    password: str


LOGIN = Login("xueji", "correctHorseBatteryStaple")


class KafkaServer:
    """Apache Kafka in one process, on free ports of the loopback interface, its data in a folder.

    A context manager: started on entering, stopped and deleted on leaving. Between, it can be
    killed and started again, with the same port and data.

    With `secured`, it has another listener besides, with TLS and SASL: PLAIN and SCRAM-SHA-512, for
    the user that `secured` names. The tests' own clients go on without.
    """

    def __init__(self, secured: Login | None = None) -> None:
        self._secured = secured
        self._secured_port = 0
        self._parts = find_kafka()
        self._folder = Path(tempfile.mkdtemp(prefix="xueji-kafka-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    def __enter__(self) -> "KafkaServer":
        try:
            self._begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def bootstrap_servers(self) -> str:
        """Where clients begin, as `host:port`."""
        return f"127.0.0.1:{self._port}"

    @property
    def secured_servers(self) -> str:
        """Where clients begin that use TLS and SASL; the certificate is of this name."""
        return f"localhost:{self._secured_port}"

    @property
    def ca_file(self) -> Path:
        """The certificate of the authority that vouches for the listener with TLS."""
        return self._folder / "ca.pem"

    def start(self) -> None:
        """Start it on the port and data that it has, and wait until it serves."""
        if not self._launched():
            raise KafkaNotStarted(f"Kafka did not start:\n{self._log_tail()}")

    def kill(self) -> None:
        """End it as a power cut would: it gets no chance to close anything."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGTERM)

    def _begin(self) -> None:
        """Make the data's folder and start; other ports are tried where one has been taken."""
        for _ in range(PORT_TRIES):
            shutil.rmtree(self._folder / "data", ignore_errors=True)
            self._configure()
            self._format()
            if self._launched():
                return
            self.stop()
        raise KafkaNotStarted(f"Kafka did not start:\n{self._log_tail()}")

    def _configure(self) -> None:
        self._port, controller, self._secured_port = free_ports(3)
        settings: dict[str, object] = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.bootstrap.servers": f"127.0.0.1:{controller}",
            "controller.listener.names": "CONTROLLER",
            "listeners": f"PLAINTEXT://127.0.0.1:{self._port},CONTROLLER://127.0.0.1:{controller}",
            "log.dirs": self._folder / "data",
            # A topic that nobody made has one partition: such a mistake should be seen in tests.
            "auto.create.topics.enable": "false",
            # Kafka's own topics, for a cluster of one.
            "offsets.topic.num.partitions": 4,
            "offsets.topic.replication.factor": 1,
            "transaction.state.log.num.partitions": 4,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "share.coordinator.state.topic.num.partitions": 1,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
            # Groups form at once, and one killed is let back in without waiting for its ghost.
            "group.initial.rebalance.delay.ms": 0,
            "group.min.session.timeout.ms": 1000,
            "broker.session.timeout.ms": 1000,
            "broker.heartbeat.interval.ms": 200,
            "controlled.shutdown.enable": "false",
        }
        if self._secured is not None:
            settings |= self._secured_listener(self._secured)
            settings["listeners"] = f"{settings['listeners']},SASL_SSL://{self.secured_servers}"
        lines = [f"{name}={value}\n" for name, value in settings.items()]
        (self._folder / "server.properties").write_text("".join(lines), encoding="utf-8")

    def _secured_listener(self, login: Login) -> dict[str, object]:
        """Make certificates; gives the settings of the listener that has TLS and SASL."""
        make_certificates(self.ca_file, self._folder / "broker.pem", "localhost")
        modules = "org.apache.kafka.common.security"
        plain = f'{modules}.plain.PlainLoginModule required user_{login.name}="{login.password}";'
        return {
            "listener.security.protocol.map": ",".join(
                ("PLAINTEXT:PLAINTEXT", "CONTROLLER:PLAINTEXT", "SASL_SSL:SASL_SSL")
            ),
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self._folder / "broker.pem",
            "sasl.enabled.mechanisms": "PLAIN,SCRAM-SHA-512",
            "listener.name.sasl_ssl.plain.sasl.jaas.config": plain,
            "listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config": (
                f"{modules}.scram.ScramLoginModule required;"
            ),
        }

    def _format(self) -> None:
        identifier = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        arguments = ["format", "--standalone", "--cluster-id", f"A{identifier[1:]}"]
        arguments += ["--config", str(self._folder / "server.properties")]
        if self._secured is not None:
            login = f"name={self._secured.name},password={self._secured.password}"
            arguments += ["--add-scram", f"SCRAM-SHA-512=[{login}]"]
        with (self._folder / "log").open("ab") as log:
            done = subprocess.run(
                self._java("kafka.tools.StorageTool", *arguments),
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
            )
        if done.returncode:
            raise KafkaNotStarted(f"Kafka's folder could not be made:\n{self._log_tail()}")

    def _launched(self) -> bool:
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._java("kafka.Kafka", str(self._folder / "server.properties")),
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C ends the tests first, and they end the server
            )
        return _serves(self.bootstrap_servers, self._process)

    def _java(self, main: str, *arguments: str) -> list[str]:
        logging = [f"-Dorg.slf4j.simpleLogger.{name}={to}" for name, to in LOG_OPTIONS.items()]
        classes = str(self._parts.jars / "*")
        return [str(self._parts.java), *JAVA_OPTIONS, *logging, "-cp", classes, main, *arguments]

    def _end(self, with_signal: signal.Signals) -> None:
        if self._process is None:
            return
        self._process.send_signal(with_signal)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
        self._process = None

    def _log_tail(self) -> str:
        log = self._folder / "log"
        return log.read_text(errors="replace")[-3000:] if log.exists() else "(no log)"


class MockKafka:
    """librdkafka's mock cluster: it speaks Kafka's protocol and keeps all in memory.

    A context manager: its process is started on entering and ended on leaving.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self.bootstrap_servers = ""

    def __enter__(self) -> "MockKafka":
        command = [sys.executable, "-m", __spec__.name]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        self.bootstrap_servers = self._process.stdout.readline().strip()
        if not self.bootstrap_servers:
            self.__exit__()
            raise KafkaNotStarted("librdkafka's mock cluster did not start")
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


def fresh_topic(bootstrap_servers: str, partitions: int = 1, **settings: str) -> str:
    """Make a topic that no other test has and give its name; on the mock it has four partitions."""
    client = AdminClient({"bootstrap.servers": bootstrap_servers})
    name = f"test-{uuid.uuid4().hex}"
    if _is_mock(client):
        client.list_topics(name, timeout=START_SECONDS)
    else:
        made = client.create_topics([NewTopic(name, partitions, 1, config=settings)])
        made[name].result(START_SECONDS)
    return name


def _serves(address: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait until a broker is registered at an address; False where its process ends before."""
    host, _, port = address.partition(":")
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        # The client would say of each failed try that it failed.
        with contextlib.suppress(OSError, KafkaException):
            socket.create_connection((host, int(port)), 1).close()
            client = AdminClient({"bootstrap.servers": address, "log_level": 0})
            if client.list_topics(timeout=1).brokers:
                return True
        time.sleep(0.05)
    return False


def _is_mock(client: AdminClient) -> bool:
    return str(client.list_topics(timeout=START_SECONDS).cluster_id).startswith("mockCluster")


def _serve_mock() -> None:
    """Be the mock cluster until the process that asked for it is gone."""
    client = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    (broker,) = client.list_topics(timeout=START_SECONDS).brokers.values()
    print(f"{broker.host}:{broker.port}", flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    _serve_mock()
