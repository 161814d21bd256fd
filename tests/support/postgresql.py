"""A throw-away PostgreSQL cluster of the tests' own: real, durable, and gone afterwards.

The machine's own clusters are never touched. PostgreSQL refuses to run as root, so under root
the cluster belongs to the user `postgres`, or to `nobody` where there is no such user.
"""

import itertools
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from tests.support.engines import find_postgresql
from tests.support.ports import free_port

USER = "xueji"
START_SECONDS = 60
STOP_SECONDS = 30
PORT_TRIES = 5


class ClusterError(Exception):
    """PostgreSQL didn't start; the message ends with what it said."""


class Cluster:
    """One PostgreSQL server on a free loopback port, with fsync on, as a user would run it.

    A context manager: started on entering, stopped and deleted on leaving.
    """

    def __init__(self) -> None:
        self._programs = find_postgresql()
        self._folder = Path(tempfile.mkdtemp(prefix="xueji-postgresql-"))
        self._password = secrets.token_urlsafe(24)
        self._as_user = _unprivileged_user()
        self._numbers = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0

    def __enter__(self) -> "Cluster":
        try:
            self._initialise()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def dsn(self) -> str:
        """The URL of the database `postgres`, with the password of a superuser in it."""
        return self._dsn_of("postgres")

    def start(self) -> None:
        """Start the server and wait until it answers; another port is tried if one is taken."""
        for _ in range(PORT_TRIES):
            self._port = self._port or free_port()
            self._process = self._launch()
            if self._answers():
                return
            self.stop()
            self._port = 0
        raise ClusterError(f"PostgreSQL did not start:\n{self._log_tail()}")

    def stop(self) -> None:
        """End the server in order, cutting open connections."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(STOP_SECONDS)
        self._process = None

    def create_database(self) -> str:
        """Make an empty database and give its URL."""
        name = f"xueji_{next(self._numbers)}"
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self._dsn_of(name)

    def _dsn_of(self, database: str) -> str:
        return f"postgresql://{USER}:{self._password}@127.0.0.1:{self._port}/{database}"

    def _initialise(self) -> None:
        password_file = self._folder / "password"
        password_file.write_text(self._password)
        if self._as_user:
            for path in (self._folder, password_file):
                os.chown(path, self._as_user["user"], self._as_user["group"])
        command: list[str | Path] = [self._programs / "initdb", "--pgdata", self._folder / "data"]
        command += ["--username", USER, "--pwfile", password_file, "--auth", "scram-sha-256"]
        command += ["--encoding", "UTF8", "--locale", "C"]
        done = subprocess.run(
            command, cwd=self._folder, capture_output=True, text=True, check=False, **self._as_user
        )
        if done.returncode:
            raise ClusterError(f"initdb failed:\n{done.stdout}{done.stderr}")

    def _launch(self) -> subprocess.Popen[bytes]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self._port,
            "unix_socket_directories": "",  # its path would have to stay under 108 bytes
            "fsync": "on",
            "max_connections": 100,
        }
        command: list[str | Path] = [self._programs / "postgres", "-D", self._folder / "data"]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C ends the tests first, and they end the server
                **self._as_user,
            )

    def _answers(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                return False
            try:
                with psycopg.connect(self.dsn, connect_timeout=5):
                    return True
            except psycopg.OperationalError:
                time.sleep(0.02)
        return False

    def _log_tail(self) -> str:
        log = self._folder / "log"
        return log.read_text(errors="replace")[-2000:] if log.exists() else "(no log)"


def empty_database(dsn: str) -> None:
    """Cut what is still connected to a database and drop all it holds: faster than a new one."""
    with psycopg.connect(dsn) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        schemas = connection.execute(
            "SELECT nspname FROM pg_namespace"
            " WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'"
        ).fetchall()
        for (schema,) in schemas:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema)))
        connection.execute("CREATE SCHEMA public")


def _unprivileged_user() -> dict[str, Any]:
    """Arguments that have `subprocess` drop root's rights; none where there are none to drop."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise ClusterError("PostgreSQL refuses to run as root, and there is no other user to run it as")
