"""Sends requests to a server and holds what has to be so of every one, whatever was sent.

Never a 5xx, never a hang; a refusal is a 4xx that says why, and changes nothing: the log ends where
it ended before, and nothing is written to the record's file but its clock, which a refusal decided
while storing moves; what is accepted reads back exactly.
"""

import base64
import hashlib
import json
import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.fuzz.almost_right import VERSION_HEADER, Attempt
from tests.support.servers import Key, Server

HANGS_AFTER = 30.0  # seconds
REFUSED = range(400, 500)
ACCEPTED = range(200, 300)
CLOCK = "record_clock"  # the table of the highest stored time given
# Refusals of which the status and the sentence say all: nobody's rule about a value is broken.
SAYS_ENOUGH = (401, 404, 405, 429)

# What the record may set anew in a statement it stores: xAPI 1.0.3 part 2, 2.3.1.
SET_BY_THE_RECORD = frozenset({"id", "stored", "authority", "timestamp", "version"})
ALWAYS_REPLACED = frozenset({"stored", "authority"})

Json = Any


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes
    seconds: float


@dataclass
class Tally:
    """What came of all requests so far."""

    statuses: Counter[int] = field(default_factory=Counter)
    slowest: tuple[float, str] = (0.0, "")

    def add(self, request: str, status: int, seconds: float) -> None:
        """Count one."""
        self.statuses[status] += 1
        self.slowest = max(self.slowest, (seconds, request))

    @property
    def requests(self) -> int:
        """How many there were."""
        return self.statuses.total()


class Prober:
    """Probes one server as one credential, over a connection that is kept."""

    def __init__(self, server: Server, key: Key) -> None:
        address = urlsplit(server.address)
        self._connection = HTTPConnection(address.hostname or "", address.port, timeout=HANGS_AFTER)
        proof = base64.b64encode(f"{key.key}:{key.secret}".encode()).decode()
        self.authorization = {"Authorization": f"Basic {proof}"}
        self._headers = {**self.authorization, "Content-Type": "application/json"}
        self._file = Path(server.environment["XUEJI_DATA_DIRECTORY"]) / "record.sqlite"
        self._process = server.process.pid
        self.tally = Tally()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def probe(self, attempt: Attempt) -> None:
        """Send one request and hold what has to be so of it; raises AssertionError."""
        try:
            self._probe(attempt)
        except AssertionError as error:
            error.add_note(f"sent: {repr(attempt)[:2000]}")
            raise

    def _probe(self, attempt: Attempt) -> None:
        with closing(Watch(self._file)) as watch:
            before = self.position()
            answer = self._send(attempt)
            request = f"{attempt.method} {attempt.target}"
            self.tally.add(request, answer.status, answer.seconds)
            assert answer.status < 500, (answer.status, answer.body[:500])
            assert answer.status in ACCEPTED or not attempt.is_right, answer.body
            if answer.status in REFUSED:
                check_refusal(attempt, answer)
                assert self.position() == before, "a refused request changed the log"
                if watch.has_changed():
                    self._check_refused_again(attempt, answer, watch)
        if answer.status in ACCEPTED and attempt.stores_statements:
            self._check_stored(attempt, answer)

    def position(self) -> int:
        """Give where the record's log ends."""
        answer = self._send(Attempt("GET", "/v1/status"), under="")
        return int(json.loads(answer.body)["record"]["position"])

    def memory(self) -> float:
        """Give the server's resident memory in megabytes; NaN where the system doesn't tell."""
        status = Path(f"/proc/{self._process}/status")
        for line in status.read_text().splitlines() if status.exists() else ():
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return float("nan")

    def _send(self, attempt: Attempt, under: str = "/xapi") -> Answer:
        """Send a request; one that finds the kept connection closed is sent over a new one."""
        headers = {
            name: text
            for name, text in {**self._headers, **attempt.headers}.items()
            if text is not None
        }
        started = time.monotonic()
        try:
            return self._exchange(attempt, under, headers, started)
        except TimeoutError:
            raise AssertionError(f"no answer within {HANGS_AFTER} s: {attempt}") from None
        except (HTTPException, ConnectionError):
            self._connection.close()
            return self._exchange(attempt, under, headers, started)

    def _exchange(
        self, attempt: Attempt, under: str, headers: dict[str, str], started: float
    ) -> Answer:
        connection = self._connection
        connection.request(attempt.method, under + attempt.target, attempt.body, headers)
        response = connection.getresponse()
        body = response.read()
        seconds = time.monotonic() - started
        return Answer(response.status, dict(response.getheaders()), body, seconds)

    def _check_refused_again(self, attempt: Attempt, answer: Answer, watch: "Watch") -> None:
        """Hold that nothing but the clock changes when a refused request is sent once more."""
        before = watch.contents()
        assert self._send(attempt).status == answer.status
        assert watch.contents() == before, "a refused request changed the record's file"

    def _check_stored(self, attempt: Attempt, answer: Answer) -> None:
        """Hold that each statement of an accepted request reads back as it was sent."""
        posted = decoded(attempt.body or b"")
        batch = posted if isinstance(posted, list) else [posted]
        if attempt.method == "PUT":
            ids = [batch[0].get("id") or attempt.query.removeprefix("statementId=")]
        else:
            ids = json.loads(answer.body)
        assert len(ids) == len(batch), (ids, batch)
        version = attempt.headers[VERSION_HEADER]
        for statement_id, statement in zip(ids, batch, strict=True):
            query = f"statementId={statement_id}&format=exact"
            asked = Attempt("GET", "/statements", query, {VERSION_HEADER: version})
            found = self._send(asked)
            assert found.status == 200, (found.status, found.body)
            check_same(statement, decoded(found.body))


def decoded(body: bytes) -> Json:
    """Decode JSON with every number as its digits, so that nothing counts as equal by rounding."""
    return json.loads(body, parse_int=str, parse_float=str)


def check_same(posted: Json, found: Json) -> None:
    """Hold that a statement came back as it was posted, but for what the record sets."""
    added = found.keys() - posted.keys()
    assert added <= SET_BY_THE_RECORD, added
    for name in posted.keys() - ALWAYS_REPLACED:
        assert found[name] == _in_arrays(posted[name], name), name


def _in_arrays(value: Json, name: str) -> Json:
    """Put each context activity that stood alone into an array, as the record does."""
    if isinstance(value, list) or not isinstance(value, dict):
        return value
    if name == "contextActivities":
        return {kind: [one] if isinstance(one, dict) else one for kind, one in value.items()}
    if name == "context" or value.get("objectType") == "SubStatement":
        return {inner: _in_arrays(held, inner) for inner, held in value.items()}
    return value


def check_refusal(attempt: Attempt, answer: Answer) -> None:
    """Hold that a refusal says what is wrong: in words, and of a broken rule where it stands."""
    if attempt.method == "HEAD":
        assert answer.body == b""
        return
    error = json.loads(answer.body)["error"]
    assert error["status"] == answer.status
    assert error["message"]
    if answer.status not in SAYS_ENOUGH:
        missing = {"path", "rule", "section", "value"} - error.keys()
        assert not missing, (missing, error)
        assert error["path"]
        assert error["rule"]
        assert error["section"]


class Watch:
    """Notices whether another process writes to an SQLite file; a record elsewhere has none."""

    def __init__(self, file: Path) -> None:
        self._connection = None
        if file.exists():
            self._connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
        self._before = self._version()

    def has_changed(self) -> bool:
        """Tell whether anything was committed since it began to watch."""
        return self._version() != self._before

    def contents(self) -> str:
        """Give a digest of all rows of all tables but the clock's."""
        if self._connection is None:
            return ""
        digest = hashlib.sha256()
        tables = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
        for (table,) in self._connection.execute(tables).fetchall():
            if table != CLOCK:
                for row in self._connection.execute(f'SELECT * FROM "{table}"'):
                    digest.update(repr(row).encode())
        return digest.hexdigest()

    def close(self) -> None:
        """Stop watching."""
        if self._connection is not None:
            self._connection.close()

    def _version(self) -> int:
        if self._connection is None:
            return 0
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
