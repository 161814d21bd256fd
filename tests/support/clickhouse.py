"""ClickHouse for tests: the embedded engine of this process, and a server made of another's.

A process can have one embedded engine, so all tests of a process share its folder, each with a
catalogue of its own. The server is a small HTTP front on an engine in a process of its own: it
speaks as much of ClickHouse's HTTP interface as clickhouse-connect's client says.

    python -m tests.support.clickhouse FOLDER PORT
"""

import atexit
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.parser import BytesParser
from email.policy import HTTP
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import parse_qsl, urlsplit
from urllib.request import urlopen

import clickhouse_connect
from clickhouse_connect.driver.client import Client

from projections import warehouse
from projections.tables import TABLES
from projections.warehouse import Generation

_catalogues = count(1)


def fresh_catalogue() -> str:
    """Name a catalogue that no other test of this process has."""
    return f"test_{next(_catalogues)}"


@contextmanager
def passing_catalogue() -> Iterator[str]:
    """Name a fresh catalogue in this process's embedded engine, and drop what is in it afterwards.

    The engine goes on running meanwhile: where it ends and begins anew it loads all there is.
    """
    catalogue, client = fresh_catalogue(), _client()
    try:
        yield catalogue
    finally:
        for (database,) in client.query("SELECT name FROM system.databases").result_rows:
            if database == catalogue or database.startswith(f"{catalogue}_"):
                client.command(f"DROP DATABASE {database} SYNC")


def empty(generation: Generation) -> None:
    """Remove all rows of an embedded generation: much faster than to drop it and make another."""
    for table in written_tables(generation):
        _client().command(f"TRUNCATE TABLE {generation.database}.{table}")


@cache
def embedded_dsn() -> str:
    """Give the DSN of this process's embedded engine, in a folder that goes when it ends."""
    folder = tempfile.mkdtemp(prefix="warehouse-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return warehouse.embedded_dsn(Path(folder))


def rows_of(
    generation: Generation,
    table: str,
    store: str,
    leave_out: tuple[str, ...] = ("store", "position"),
) -> list[tuple[Any, ...]]:
    """Give a store's rows of a table of an embedded generation, in the order of their keys.

    Times are in microseconds since 1970, days in days.
    """
    [rows] = rows_of_each(generation, table, [store], leave_out)
    return rows


def rows_of_each(
    generation: Generation,
    table: str,
    stores: Sequence[str],
    leave_out: tuple[str, ...] = ("store", "position"),
) -> list[list[tuple[Any, ...]]]:
    """Give the rows of each of some stores, as `rows_of` does, by one query."""
    names = [name for name in TABLES[table].column_names if name not in (*leave_out, "is_deleted")]
    query = (
        f"SELECT store, {', '.join(names)} FROM {generation.database}.{table} FINAL "
        f"WHERE store IN {{stores:Array(String)}} ORDER BY {', '.join(TABLES[table].key)}"
    )
    formats = {"DateTime64": "int", "Date32": "int", "UUID": "string", "Tuple": "tuple"}
    found = _client().query(query, parameters={"stores": list(stores)}, query_formats=formats)
    rows: dict[str, list[tuple[Any, ...]]] = {store: [] for store in stores}
    for store, *row in found.result_rows:
        rows[store].append(tuple(row))
    return list(rows.values())


def written_tables(generation: Generation) -> set[str]:
    """Name the tables of an embedded generation that hold any rows."""
    query = "SELECT DISTINCT table FROM system.parts WHERE active AND database = {database:String}"
    found = _client().query(query, parameters={"database": generation.database})
    return {table for (table,) in found.result_rows}


@cache
def _client() -> Client:
    client = clickhouse_connect.get_client(dsn=embedded_dsn())
    atexit.register(client.close)
    return client


Failure = Literal["error", "busy", "break"]


class ClickHouseServer:
    """A ClickHouse server in a process of its own, to start, stop and start again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def dsn(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        command = [sys.executable, "-m", __spec__.name, str(self._folder), str(self._port)]
        root = Path(__file__).resolve().parents[2]
        self._process = subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._port = int(self._process.stdout.readline())

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def fail_next(self, times: int, *, seconds: float = 0.0, how: Failure = "error") -> None:
        """Let the next requests fail, each after a delay.

        By an error, as where memory runs out; by being too busy; by an answer that breaks off.
        """
        urlopen(f"{self.dsn}/fail?times={times}&seconds={seconds}&how={how}").close()


class _Engine:
    """The engine behind the front: one query at a time."""

    def __init__(self, folder: str) -> None:
        import chdb

        self._connection = chdb.connect(folder)
        self._lock = threading.Lock()

    def run(self, query: bytes, parameters: dict[str, str]) -> tuple[bytes, str]:
        """Run a query; gives its result, and how many rows it read."""
        with self._lock:
            result = self._connection.query(query, "TabSeparated", params=parameters)
        return result.bytes() or b"", str(result.rows_read())

    def insert(self, statement: bytes, rows: bytes) -> str:
        """Insert rows in the format that the statement names; gives how many."""
        with tempfile.NamedTemporaryFile(suffix=".native") as file:
            file.write(rows)
            file.flush()
            into, _, form = statement.rpartition(b" FORMAT ")
            query = b"%s FROM INFILE '%s' FORMAT %s" % (into, file.name.encode(), form)
            return self.run(query, {})[1]


class _Front(BaseHTTPRequestHandler):
    """Takes requests as ClickHouse's HTTP interface does, and answers as it does."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 1 << 16
    engine: _Engine
    failures = 0
    delay = 0.0
    how: Failure = "error"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        asked = dict(parse_qsl(url.query, keep_blank_values=True))
        if url.path == "/fail":
            type(self).failures, type(self).delay = int(asked["times"]), float(asked["seconds"])
            type(self).how = cast(Failure, asked["how"])
            self._answer(200, b"")
            return
        body = self._received()
        if self.failures:
            type(self).failures -= 1
            time.sleep(self.delay)
            self._fail()
            return
        try:
            self._run(asked, self._decoded(body))
        except Exception as error:
            message = str(error)[str(error).find("Code:") :]
            code = re.match(r"Code: (\d+)", message)
            number = code.group(1) if code else "1002"
            self._answer(500, message.encode(), {"Exception-Code": number})

    def do_POST(self) -> None:
        self.do_GET()

    def _fail(self) -> None:
        match self.how:
            case "error":
                message = b"Code: 241. DB::Exception: made to fail"
                self._answer(500, message, {"Exception-Code": "241"})
            case "busy":
                self._answer(503, b"made to fail")
            case "break":
                self.send_response(200)
                self.send_header("Content-Length", "1000")
                self.end_headers()
                self.wfile.write(b"name\n")
                self.close_connection = True

    def _run(self, asked: dict[str, str], body: bytes) -> None:
        if self.headers.get("Content-Type", "").startswith("multipart/form-data"):
            asked |= self._form(body)
            body = b""
        query = asked.get("query", "").encode() or body
        if re.match(rb"INSERT INTO [^\n]* FORMAT \w+\n", query):
            statement, _, rows = query.partition(b"\n")
            written = self.engine.insert(statement, rows)
            self._answer(200, b"", {"Summary": json.dumps({"written_rows": written})})
            return
        parameters = {
            name.removeprefix("param_"): value
            for name, value in asked.items()
            if name.startswith("param_")
        }
        answer, rows = self.engine.run(query, parameters)
        headers = {"Summary": json.dumps({"read_rows": rows}), "Timezone": "UTC"}
        self._answer(200, answer, headers | ({"Format": "TabSeparated"} if answer else {}))

    def _received(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _decoded(self, body: bytes) -> bytes:
        match self.headers.get("Content-Encoding"):
            case "lz4":
                import lz4.frame

                # A frame for each block of rows: `lz4.frame.decompress` would stop after the first.
                with lz4.frame.open(BytesIO(body)) as frames:
                    return bytes(frames.read())
            case None | "identity":
                return body
            case other:
                raise NotImplementedError(other)

    def _form(self, body: bytes) -> dict[str, str]:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        form: Any = BytesParser(policy=HTTP).parsebytes(head + body)
        return {
            part.get_param("name", header="content-disposition"): part.get_payload(
                decode=True
            ).decode()
            for part in form.iter_parts()
        }

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(f"X-ClickHouse-{name}", value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def main(folder: str, port: str) -> None:
    _Front.engine = _Engine(folder)
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), _Front)
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
