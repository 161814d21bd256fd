"""A record of forty lines behind real HTTP, for tests of those who post: it answers like ours."""

import threading
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import orjson

# Says what is wrong with a statement, as (path within it, rule, section, value), or nothing.
Check = Callable[[Any], tuple[str, str, str, Any] | None]
# Answers a request instead of the record: (status, headers, body); None lets the record answer.
Interruption = Callable[[int, list[Any]], tuple[int, dict[str, str], bytes] | None]


class SmallRecord:
    """What was posted, and how the record answers."""

    def __init__(self) -> None:
        self.statements: list[dict[str, Any]] = []  # in the order of arrival
        self.requests: list[tuple[str, dict[str, str], list[Any]]] = []  # user, headers, batch
        self.check: Check = lambda statement: None
        self.interrupt: Interruption = lambda request, batch: None
        self.versions = ["1.0.3"]  # that it says it speaks
        self.names_paths = True  # whether a refusal names the statement
        self.url = ""
        self.lock = threading.Lock()

    def stored_ids(self) -> list[str]:
        """Give the statements' ids, each once however often it was posted."""
        return list(dict.fromkeys(statement["id"] for statement in self.statements))

    def answer(
        self, user: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """Store a batch whole, or refuse it whole."""
        with self.lock:
            try:
                posted = orjson.loads(body)
            except orjson.JSONDecodeError as error:
                return 400, {}, _error(str(error), path="$", rule="a body is JSON", section="2.1")
            batch = posted if isinstance(posted, list) else [posted]
            self.requests.append((user, headers, batch))
            if interruption := self.interrupt(len(self.requests), batch):
                return interruption
            for index, statement in enumerate(batch):
                if wrong := self.check(statement):
                    path, rule, section, value = wrong
                    if not self.names_paths:
                        return 400, {}, _error(rule)
                    path = path.replace("$", f"$[{index}]", 1)
                    return 400, {}, _error(rule, path=path, rule=rule, section=section, value=value)
            self.statements += [{"id": str(uuid4())} | statement for statement in batch]
            ids = [statement["id"] for statement in self.statements[-len(batch) :]]
            return 200, {}, orjson.dumps(ids)


def _error(message: str, **details: Any) -> bytes:
    return orjson.dumps({"error": {"message": message, **details}})


@contextmanager
def small_record() -> Iterator[SmallRecord]:
    """Serve a small record on a port of its own, in a thread."""
    record = SmallRecord()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one packet an answer: unbuffered, each waits for a delayed ACK
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self._answer(*self._ask(self._body()))

        def do_GET(self) -> None:
            is_about = urlsplit(self.path).path.endswith("/about")
            self._answer(200 if is_about else 404, {}, orjson.dumps({"version": record.versions}))

        def do_PUT(self) -> None:
            named = parse_qs(urlsplit(self.path).query)["statementId"][0]
            status, headers, content = self._ask(
                orjson.dumps({"id": named} | orjson.loads(self._body()))
            )
            self._answer(*((204, headers, b"") if status == 200 else (status, headers, content)))

        def _body(self) -> bytes:
            return self.rfile.read(int(self.headers["Content-Length"]))

        def _ask(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
            _, _, encoded = self.headers.get("Authorization", "").partition(" ")
            return record.answer(b64decode(encoded).decode(), dict(self.headers), body)

        def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 64  # with five, as by default, a sixth client waits for a second
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    record.url = f"http://127.0.0.1:{server.server_port}/xapi"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield record
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
