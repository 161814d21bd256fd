"""The HTTP poster: statements go to a record in batches, each learner's in the order given."""

import asyncio
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, NamedTuple

import httpx
import orjson

from streams.record_answers import REFUSED, decoded, error_of, index_named, retry_after

POSITION = "X-Xueji-Position"

BATCH_SIZE = 200
CONNECTIONS = 4
ATTEMPTS = 9

# Batches that wait for each connection. More keep the connections busy when a file has one
# learner's rows next to each other; fewer take less memory.
WAITING_BATCHES = 8
LONGEST_WAIT = 30.0  # seconds
# The server could not take the batch now, but may later.
TRANSIENT = frozenset({429, 500, 502, 503, 504})
KEY_REFUSED = {
    401: "the record does not know this key and secret (401)",
    403: "this key may not write statements (403)",
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where to post, and as whom: the xAPI root, such as ``http://localhost:8000/xapi``."""

    url: str
    key: str
    secret: str = field(repr=False)


class Outgoing(NamedTuple):
    """One statement on its way out."""

    statement: bytes  # its JSON
    learner: str  # statements of one learner are posted in the order given
    place: str  # where it was read, for people: "row 17"
    size: int = 1  # what reading it used up of the source, in the unit of the source's total
    version: str = "1.0.3"  # goes into X-Experience-API-Version
    is_json: bool = True  # False: malformed, so it is posted alone and spoils no batch


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the record did not take one statement."""

    place: str
    statement_id: str | None
    status: int
    path: str  # JSON path within the statement
    rule: str
    section: str
    value: Any

    def __str__(self) -> str:
        """One line for people."""
        section = f" ({self.section})" if self.section else ""
        shown = "" if self.value is None else f", not {_shortened(self.value)}"
        name = f" {self.statement_id}" if self.statement_id else ""
        return f"{self.place}{name}: {self.path}: {self.rule}{section}{shown}"


@dataclass(slots=True)
class Summary:
    """What became of the statements read."""

    read: int = 0
    posted: int = 0  # accepted, those included that the record had already
    refused: int = 0
    refused_by_rule: Counter[tuple[str, str]] = field(default_factory=Counter)  # rule, section
    requests: int = 0
    retries: int = 0
    position: int = 0  # in the record's log, of the newest statement posted; 0 where unknown
    duration: float = 0.0  # seconds

    @property
    def statements_per_second(self) -> float:
        """Statements accepted a second, over the whole duration."""
        return self.posted / self.duration if self.duration else 0.0


class Poster:
    """Posts statements over several connections, with back-off, naming each one refused.

    ``on_refused`` is called with each refusal, ``on_done`` with the size of what was accepted or
    refused, ``on_trouble`` with the reason when a batch has to be posted again. Memory is bounded,
    however long the source.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        batch_size: int = BATCH_SIZE,
        connections: int = CONNECTIONS,
        attempts: int = ATTEMPTS,
        on_refused: Callable[[Refusal], None] = lambda refusal: None,
        on_done: Callable[[int], None] = lambda size: None,
        on_trouble: Callable[[str], None] = lambda reason: None,
    ) -> None:
        if batch_size < 1 or connections < 1 or attempts < 1:
            raise ValueError("batch size, connections and attempts start from 1")
        self.endpoint = endpoint
        self.batch_size = batch_size
        self.connections = connections
        self.attempts = attempts
        self.on_refused = on_refused
        self.on_done = on_done
        self.on_trouble = on_trouble
        self.summary = Summary()

    def post(self, outgoing: Iterable[Outgoing]) -> Summary:
        """Post all of ``outgoing`` and say what became of it.

        Raises ``PostingStopped`` (with the summary so far) when the key is refused, when the
        endpoint is no record, when it stays out of reach, and when the source breaks off.
        """
        return asyncio.run(self.post_all(outgoing))

    async def post_all(self, outgoing: Iterable[Outgoing]) -> Summary:
        """Do as ``post`` does, within a running event loop."""
        started = monotonic()
        stopped: BaseException | None = None
        try:
            async with self._client() as client, asyncio.TaskGroup() as group:
                lanes = [_Lane(self, client) for _ in range(self.connections)]
                for lane in lanes:
                    group.create_task(lane.run())
                stopped = await self._fill(lanes, outgoing)
        except* PostingStopped as several:
            stopped = several.exceptions[0]
        finally:
            self.summary.duration = monotonic() - started
        if stopped:
            raise PostingStopped(str(stopped), self.summary) from stopped
        return self.summary

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            auth=(self.endpoint.key, self.endpoint.secret),
            headers={"Content-Type": "application/json"},
            timeout=httpx.Timeout(60.0, connect=10.0),
            # Reading the certificates of authorities takes longer than posting a small batch.
            verify=self.endpoint.url.lower().startswith("https:"),
            limits=httpx.Limits(max_connections=self.connections),
        )

    async def _fill(
        self, lanes: "list[_Lane]", outgoing: Iterable[Outgoing]
    ) -> "SourceBroken | None":
        """Deal the statements out, each learner's always to the same lane.

        Returns what broke the source off: raising it here would cancel what still waits.
        """
        broken: SourceBroken | None = None
        source = iter(outgoing)
        while True:
            try:
                statement = next(source)
            except StopIteration:
                break
            except SourceBroken as error:
                broken = error
                break
            self.summary.read += 1
            await lanes[zlib.crc32(statement.learner.encode()) % len(lanes)].put(statement)
        for lane in lanes:
            await lane.close()
        return broken


class _Lane:
    """One connection, and the batches that wait for it."""

    def __init__(self, poster: Poster, client: httpx.AsyncClient) -> None:
        self.poster = poster
        self.client = client
        self.url = poster.endpoint.url.rstrip("/") + "/statements"
        self.batch: list[Outgoing] = []
        self.queue: asyncio.Queue[list[Outgoing]] = asyncio.Queue(WAITING_BATCHES)

    async def put(self, statement: Outgoing) -> None:
        """Add a statement; batches hold one version, and a malformed statement is a batch."""
        if self.batch and not (
            statement.is_json
            and self.batch[-1].is_json
            and statement.version == self.batch[-1].version
        ):
            await self._flush()
        self.batch.append(statement)
        if len(self.batch) == self.poster.batch_size:
            await self._flush()

    async def close(self) -> None:
        """Send what waits, and then end."""
        if self.batch:
            await self._flush()
        await self.queue.put([])

    async def _flush(self) -> None:
        await self.queue.put(self.batch)
        self.batch = []
        await asyncio.sleep(0)  # reading never waits by itself: let the connections go on

    async def run(self) -> None:
        """Deliver batch after batch until the empty one."""
        while batch := await self.queue.get():
            await self._deliver(batch)

    async def _deliver(self, batch: list[Outgoing]) -> None:
        """Post a batch; take out each statement refused, and post the rest in its order."""
        waiting = [batch]  # a stack: what comes first is on top
        while waiting:
            part = waiting.pop()
            answer = await self._send(part)
            if answer.status_code == 200:
                self._count_posted(part, answer)
                continue
            at = 0 if len(part) == 1 else index_named(answer, len(part))
            if at is None:
                half = len(part) // 2
                waiting += [part[half:], part[:half]]
            else:
                self._count_refused(part[at], answer)
                waiting += [rest for rest in (part[at + 1 :], part[:at]) if rest]

    async def _send(self, part: list[Outgoing]) -> httpx.Response:
        """Post a part, again and again while that may help; an answer is 200 or a refusal."""
        poster = self.poster
        headers = {"X-Experience-API-Version": part[0].version}
        for attempt in range(poster.attempts):
            poster.summary.requests += 1
            waits: float | None = None
            try:
                answer = await self.client.post(self.url, content=_body(part), headers=headers)
            except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
                raise PostingStopped(f"{self.url}: {error}", poster.summary) from error
            except httpx.TransportError as error:
                trouble = f"{type(error).__name__} {error}".strip()
            else:
                if answer.status_code == 200 or answer.status_code in REFUSED:
                    return answer
                self._stop_unless_transient(answer)
                trouble = f"status {answer.status_code}"
                waits = retry_after(answer)
            if attempt + 1 < poster.attempts:
                poster.summary.retries += 1
                poster.on_trouble(trouble)
                await asyncio.sleep(min(LONGEST_WAIT, waits or 0.25 * 2**attempt))
        tries = f"{poster.attempts} tries" if poster.attempts > 1 else "1 try"
        raise PostingStopped(
            f"{poster.endpoint.url} did not take a batch in {tries}: {trouble}", poster.summary
        )

    def _stop_unless_transient(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status in TRANSIENT:
            return
        reason = KEY_REFUSED.get(status, f"this is no statements resource (status {status})")
        raise PostingStopped(f"{self.url}: {reason}", self.poster.summary)

    def _count_posted(self, part: list[Outgoing], answer: httpx.Response) -> None:
        """Believe an answer that has an id for each statement (xAPI 1.0.3 Communication 2.1.2)."""
        ids = decoded(answer)
        if not isinstance(ids, list) or (part[0].is_json and len(ids) != len(part)):
            raise PostingStopped(
                f"{self.url} answered 200 without the statements' ids: is it an xAPI endpoint?",
                self.poster.summary,
            )
        summary = self.poster.summary
        summary.posted += len(part)
        summary.position = max(summary.position, int(answer.headers.get(POSITION, 0)))
        self.poster.on_done(sum(statement.size for statement in part))

    def _count_refused(self, statement: Outgoing, answer: httpx.Response) -> None:
        refusal = _refusal(statement, answer)
        self.poster.summary.refused += 1
        self.poster.summary.refused_by_rule[refusal.rule, refusal.section] += 1
        self.poster.on_refused(refusal)
        self.poster.on_done(statement.size)


def _body(part: list[Outgoing]) -> bytes:
    # What is no JSON goes out bare: brackets around `{},{}` would make two statements of it.
    if not part[0].is_json:
        return part[0].statement
    return b"[" + b",".join([statement.statement for statement in part]) + b"]"


def _refusal(statement: Outgoing, answer: httpx.Response) -> Refusal:
    error = error_of(answer)
    rule = error.get("rule") or error.get("message") or _shortened(answer.text.strip())
    return Refusal(
        place=statement.place,
        statement_id=_statement_id(statement.statement),
        status=answer.status_code,
        path=re.sub(r"^\$\[\d+\]", "$", str(error.get("path") or "$")),
        rule=str(rule or f"refused with status {answer.status_code}"),
        section=str(error.get("section") or ""),
        value=error.get("value"),
    )


def _statement_id(statement: bytes) -> str | None:
    try:
        decoded = orjson.loads(statement)
    except orjson.JSONDecodeError:
        return None
    found = decoded.get("id") if isinstance(decoded, dict) else None
    return found if isinstance(found, str) else None


def _shortened(value: Any) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= 100 else text[:97] + "..."


class SourceBroken(ValueError):
    """The source can't be read any further: what came before it is still posted."""


class PostingStopped(Exception):
    """Posting could not go on; ``summary`` tells how far it came."""

    def __init__(self, reason: str, summary: Summary) -> None:
        super().__init__(reason)
        self.summary = summary
