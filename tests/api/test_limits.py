"""What comes too large, too slowly or too often is refused, and nothing else suffers from it."""

import base64
import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import limits.storage.memory
import limits.strategies
import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import RateLimitItemPerSecond
from limits.strategies import SlidingWindowCounterRateLimiter
from pydantic import ValidationError

import api.xapi.limits as module
from api.errors import ApiError
from api.settings import Settings
from api.xapi.limits import MOST_COUNTERS, Counters, RateLimits
from lrs.credentials import Credential
from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.multipart import BOUNDARY, attachment, data_part, json_part, written
from tests.support.records import statement, statement_id
from tests.support.servers import Key, Server, running_server

MAXIMUM_HEAD = 4_096
PATIENCE = 1  # seconds
UPLOAD_PATIENCE = 3
LONG = 60.0  # seconds; nothing here waits so long unless it is broken


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(
        tmp_path_factory.mktemp("limits"),
        maximum_header_size=str(MAXIMUM_HEAD),
        request_timeout=str(PATIENCE),
        upload_timeout=str(UPLOAD_PATIENCE),
        clickhouse_dsn="chdb://memory",
        carrier="none",
    ) as running:
        yield running


@pytest.fixture(scope="module")
def key(server: Server) -> Key:
    return server.add_key()


@pytest.fixture
def connection(server: Server) -> Iterator[socket.socket]:
    with closing(connect(server)) as one:
        yield one


def connect(server: Server) -> socket.socket:
    address = urlsplit(server.address)
    return socket.create_connection((address.hostname, address.port or 80), timeout=LONG)


def head(method: str, path: str, *headers: str) -> bytes:
    lines = (f"{method} {path} HTTP/1.1", "Host: record.example", *headers, "", "")
    return "\r\n".join(lines).encode()


def put(key: Key, one: str, *headers: str, content_type: str = "application/json") -> bytes:
    """The head of a PUT of a statement."""
    proof = base64.b64encode(f"{key.key}:{key.secret}".encode()).decode()
    return head(
        "PUT",
        f"/xapi/statements?statementId={one}",
        f"Authorization: Basic {proof}",
        "X-Experience-API-Version: 1.0.3",
        f"Content-Type: {content_type}",
        *headers,
    )


def rest_of(connection: socket.socket) -> bytes:
    """What is answered until the server closes the connection."""
    content = bytearray()
    try:
        while chunk := connection.recv(65_536):
            content += chunk
    except ConnectionResetError:
        pass
    return bytes(content)


def only_answer(connection: socket.socket) -> tuple[int, dict[str, str], Any]:
    """The one answer that is given before the connection is closed: status, headers, JSON."""
    [answer] = answers(rest_of(connection))
    return answer


def answers(content: bytes) -> list[tuple[int, dict[str, str], Any]]:
    found = []
    while content:
        first, _, content = content.partition(b"\r\n\r\n")
        status, *lines = first.decode().split("\r\n")
        headers = {name.lower(): text for name, _, text in (one.partition(": ") for one in lines)}
        length = int(headers.get("content-length", "0"))
        body, content = content[:length], content[length:]
        found.append((int(status.split()[1]), headers, json.loads(body) if body else None))
    return found


def is_stored(server: Server, key: Key, one: str) -> bool:
    answer = httpx.get(
        f"{server.address}/xapi/statements",
        params={"statementId": one},
        auth=(key.key, key.secret),
        headers={"X-Experience-API-Version": "1.0.3"},
    )
    return answer.status_code == 200


# Heads -------------------------------------------------------------------------------------------

GET_ABOUT = head("GET", "/xapi/about", "Connection: close")


def test_a_head_of_ordinary_size_is_served(connection: socket.socket) -> None:
    connection.sendall(head("GET", "/xapi/about", f"X-Filler: {'x' * 3_900}", "Connection: close"))
    assert only_answer(connection)[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        [f"X-Filler: {'x' * MAXIMUM_HEAD}"],
        [f"{'X' * MAXIMUM_HEAD}: filler"],
        [f"X-Filler-{number}: x" for number in range(300)],
        [f"X-Filler: {'x' * 500_000}"],
    ],
    ids=["value", "name", "many", "beyond what is read at once"],
)
def test_headers_over_the_limit_are_answered_431(
    connection: socket.socket, headers: list[str]
) -> None:
    connection.sendall(head("GET", "/xapi/about", "X-Experience-API-Version: 1.0.3", *headers))
    status, answered, body = only_answer(connection)
    assert status == 431
    assert body["error"]["value"] == MAXIMUM_HEAD
    assert "XUEJI_MAXIMUM_HEADER_SIZE" in body["error"]["rule"]
    assert answered["connection"] == "close"
    assert "x-experience-api-version" in answered


def test_a_path_over_the_limit_is_answered_431(connection: socket.socket) -> None:
    connection.sendall(head("GET", f"/xapi/about?x={'x' * MAXIMUM_HEAD}"))
    assert only_answer(connection)[0] == 431


@pytest.mark.parametrize("piece", [b"X-Filler: x\r\n", b"x" * 1_000], ids=["headers", "a value"])
def test_a_client_that_sends_headers_without_end_is_cut_off(
    connection: socket.socket, piece: bytes
) -> None:
    connection.sendall(b"GET /xapi/about HTTP/1.1\r\nX-Filler: ")
    sent = 0
    connection.setblocking(False)
    answered = b""
    while not answered and sent < 50_000_000:
        try:
            sent += connection.send(piece)
            answered = connection.recv(65_536)
        except BlockingIOError:
            continue
        except (ConnectionResetError, BrokenPipeError):
            break
    assert answered.startswith(b"HTTP/1.1 431"), sent


def test_trailers_without_end_are_cut_off(
    server: Server, key: Key, connection: socket.socket
) -> None:
    one = str(uuid4())
    connection.sendall(put(key, one, "Transfer-Encoding: chunked") + b"2\r\n{}\r\n0\r\n")
    for _ in range(3 * MAXIMUM_HEAD // 1_000):
        connection.sendall(b"X-Trailer: " + b"x" * 1_000 + b"\r\n")
        time.sleep(0.01)
    assert only_answer(connection)[0] == 431
    assert not is_stored(server, key, one)


def test_the_limit_is_of_each_request_not_of_the_connection(connection: socket.socket) -> None:
    filled = head("GET", "/xapi/about", f"X-Filler: {'x' * 3_000}")
    connection.sendall(filled * 20 + GET_ABOUT)
    assert [status for status, _, _ in answers(rest_of(connection))] == [200] * 21


def test_the_answer_before_is_given_before_a_head_too_large_ends_the_connection(
    connection: socket.socket,
) -> None:
    too_large = head("GET", "/xapi/about", f"X-Filler: {'x' * MAXIMUM_HEAD}")
    connection.sendall(head("GET", "/xapi/about") + too_large + GET_ABOUT)
    statuses = [status for status, _, _ in answers(rest_of(connection))]
    assert statuses in ([200], [200, 431])


@pytest.mark.parametrize("before", [b"", head("HEAD", "/xapi/about")], ids=["first", "second"])
def test_what_is_no_http_is_answered_400_in_the_shape_of_errors(
    connection: socket.socket, before: bytes
) -> None:
    connection.sendall(before)
    if before:
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
    connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
    status, answered, body = only_answer(connection)
    assert (status, body["error"]["status"]) == (400, 400)
    assert answered["x-experience-api-version"] == "2.0.0"


# Times -------------------------------------------------------------------------------------------


def test_a_head_that_stands_still_is_answered_408(connection: socket.socket) -> None:
    connection.sendall(b"GET /xapi/about HTTP/1.1\r\nX-Experience-API-Version: 1.0.3\r\nX-")
    status, answered, body = only_answer(connection)
    assert status == 408
    assert "XUEJI_REQUEST_TIMEOUT" in body["error"]["rule"]
    assert answered["connection"] == "close"
    assert answered["x-experience-api-version"] == "1.0.3"


def test_a_head_that_comes_byte_by_byte_is_not_waited_for(connection: socket.socket) -> None:
    def drip() -> bytes | None:
        connection.sendall(b"x")
        return None

    connection.sendall(b"GET /xapi/about HTTP/1.1\r\nX-Filler: ")
    assert dripped(connection, drip).startswith(b"HTTP/1.1 408")


def test_a_client_that_never_asks_is_let_go(connection: socket.socket) -> None:
    assert rest_of(connection) == b""


def test_a_body_that_stands_still_is_answered_408_and_stores_nothing(
    server: Server, key: Key, connection: socket.socket
) -> None:
    one = str(uuid4())
    body = json.dumps(statement()).encode()
    connection.sendall(put(key, one, f"Content-Length: {len(body) + 1}") + body)
    status, answered, told = only_answer(connection)
    assert status == 408
    assert "XUEJI_REQUEST_TIMEOUT" in told["error"]["rule"]
    assert answered["connection"] == "close"
    assert answered["x-experience-api-version"] == "1.0.3"
    assert not is_stored(server, key, one)


def test_an_upload_that_stands_still_is_answered_408_and_leaves_nothing(
    server: Server, key: Key, connection: socket.socket
) -> None:
    one, data = str(uuid4()), b"an essay" * 100_000
    body = written([json_part(statement(attachments=[attachment(data)])), data_part(data)])
    request = put(
        key,
        one,
        f"Content-Length: {len(body)}",
        content_type=f'multipart/mixed; boundary="{BOUNDARY}"',
    )
    connection.sendall(request + body[: len(body) // 2])
    assert only_answer(connection)[0] == 408
    assert not is_stored(server, key, one)
    kept = Path(server.environment["XUEJI_DATA_DIRECTORY"], "attachments")
    assert [path for path in kept.rglob("*") if path.is_file()] == []


def test_a_body_that_goes_on_is_waited_for_and_stored(
    server: Server, key: Key, connection: socket.socket
) -> None:
    one = str(uuid4())
    body = json.dumps(statement()).encode()
    connection.sendall(put(key, one, f"Content-Length: {len(body)}", "Connection: close"))
    begun = time.monotonic()
    for start in range(0, len(body), len(body) // 5 + 1):
        connection.sendall(body[start : start + len(body) // 5 + 1])
        time.sleep(PATIENCE * 0.3)
    assert time.monotonic() - begun > PATIENCE
    [(status, _, _)] = answers(rest_of(connection))
    assert status == 204
    assert is_stored(server, key, one)


def test_a_request_that_goes_on_too_long_is_answered_408(
    server: Server, key: Key, connection: socket.socket
) -> None:
    def drip() -> None:
        connection.sendall(b" ")

    one = str(uuid4())
    connection.sendall(put(key, one, "Content-Length: 1000000"))
    answered = dripped(connection, drip)
    assert answered.startswith(b"HTTP/1.1 408")
    assert b"XUEJI_UPLOAD_TIMEOUT" in answered
    assert not is_stored(server, key, one)


def dripped(connection: socket.socket, drip: Callable[[], Any]) -> bytes:
    """Go on every so often until something is answered; gives that."""
    connection.settimeout(PATIENCE * 0.2)
    for _ in range(int(LONG / connection.gettimeout())):  # type: ignore[operator]
        drip()
        try:
            answered = connection.recv(65_536)
        except TimeoutError:
            continue
        connection.settimeout(LONG)
        return answered + rest_of(connection)
    raise AssertionError("nothing was answered")


def test_a_body_that_nobody_waits_for_any_more_lets_the_connection_go(
    connection: socket.socket,
) -> None:
    """Refused before its body came, which then doesn't come: one answer, and the end."""
    connection.sendall(head("POST", "/xapi/statements", "Content-Length: 1000"))
    assert only_answer(connection)[0] == 401


def test_a_websocket_outlives_the_time_of_a_request(connection: socket.socket) -> None:
    connection.sendall(
        head(
            "GET",
            "/ui/_nicegui_ws/socket.io/?EIO=4&transport=websocket",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
        )
    )
    assert connection.recv(65_536).startswith(b"HTTP/1.1 101")
    connection.settimeout(2.5 * PATIENCE)
    with pytest.raises(TimeoutError):  # silence, not the end
        rest_of(connection)


# Depth -------------------------------------------------------------------------------------------


def nested(depth: int) -> dict[str, Any]:
    """A statement whose objects and arrays are nested so deep."""
    value: Any = 1
    for _ in range(depth - 3):
        value = [value]
    return statement(result={"extensions": {"https://district.example/nested": value}})


@pytest.mark.parametrize("limit", [10, 64, 250])
def test_json_may_be_nested_as_deep_as_the_setting_and_no_deeper(
    application: RunningApplication, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(application.state.settings, "maximum_depth", limit)
    xapi = application.xapi("district")
    assert xapi.put(str(uuid4()), nested(limit)).status_code == 204
    answer = xapi.put(str(uuid4()), nested(limit + 1))
    assert answer.status_code == 400
    assert str(limit) in answer.json()["error"]["rule"]


@pytest.mark.parametrize("depth", [0, 251])
def test_a_depth_that_can_not_be_kept_to_is_refused_as_a_setting(depth: int) -> None:
    with pytest.raises(ValidationError):
        Settings(maximum_depth=depth)


# Rates -------------------------------------------------------------------------------------------


class Clock:
    """A clock that stands until a test moves it on."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    stop(clock, monkeypatch)
    return clock


def stop(clock: Clock, patch: pytest.MonkeyPatch) -> None:
    """Have rates look at this clock."""
    stopped = SimpleNamespace(time=clock.time)
    patch.setattr(limits.storage.memory, "time", stopped)
    patch.setattr(limits.strategies, "time", stopped)
    patch.setattr(module, "time", clock.time)


def credential(key: str = "a", store: str = "district", rate: float | None = None) -> Credential:
    return Credential(key, store, "app", frozenset(["all"]), 0, rate=rate)


def served(rates: RateLimits, asking: Credential, times: int) -> int:
    """How many of so many requests at once are served."""
    count = 0
    for _ in range(times):
        try:
            rates.count_request(asking)
        except ApiError:
            continue
        count += 1
    return count


def refused(count: Callable[[Any], None], what: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        count(what)
    assert caught.value.status == 429
    return caught.value


def test_a_credential_may_use_the_burst_at_once_and_then_its_rate(clock: Clock) -> None:
    rates = RateLimits(rate=5, burst=10, failures=0)
    assert served(rates, credential(), 100) == 50
    later = 0
    for _ in range(100):
        clock.now += 1
        later += served(rates, credential(), 10)
    assert 400 <= later <= 500


def test_the_wait_that_is_told_is_enough(clock: Clock) -> None:
    rates = RateLimits(rate=2, burst=4, failures=0)
    assert served(rates, credential(), 100) == 8
    told = refused(rates.count_request, credential())
    assert told.headers["Retry-After"].isdigit()
    clock.now += int(told.headers["Retry-After"])
    for _ in range(10):  # it may have to be told again, but never for nothing
        if served(rates, credential(), 1):
            return
        clock.now += int(refused(rates.count_request, credential()).headers["Retry-After"])
    raise AssertionError("never served again")


def test_rates_are_kept_apart_by_credential_and_by_store(clock: Clock) -> None:
    rates = RateLimits(rate=1, burst=3, failures=0)
    assert served(rates, credential("a"), 10) == 3
    assert served(rates, credential("b"), 10) == 3
    assert served(rates, credential("a", "another"), 10) == 3


def test_a_credentials_own_rate_counts_and_0_is_any_number(clock: Clock) -> None:
    rates = RateLimits(rate=1, burst=10, failures=0)
    assert served(rates, credential("a", rate=3), 100) == 30
    assert served(rates, credential("b", rate=0), 1_000) == 1_000
    assert served(RateLimits(0, 10, 0), credential("c"), 1_000) == 1_000
    assert served(RateLimits(0, 10, 0), credential("c", rate=0.25), 10) == 2


def test_a_rate_below_one_request_a_burst_is_kept_over_a_longer_time(clock: Clock) -> None:
    rates = RateLimits(rate=0.02, burst=10, failures=0)
    assert served(rates, credential(), 10) == 1
    clock.now += 40
    assert served(rates, credential(), 10) == 0
    clock.now += 61
    assert served(rates, credential(), 10) == 1


def test_failures_are_counted_by_address_and_of_ipv6_by_network(clock: Clock) -> None:
    rates = RateLimits(rate=0, burst=1, failures=3)
    for address in ("192.0.2.1", "192.0.2.2", "2001:db8::1"):
        for _ in range(3):
            rates.count_failure(address)
        assert int(refused(rates.count_failure, address).headers["Retry-After"]) > 0
    refused(rates.count_failure, "2001:db8::2")
    rates.count_failure("2001:db8:0:1::1")
    clock.now += 120
    rates.count_failure("192.0.2.1")


def test_any_number_of_addresses_takes_bounded_memory(clock: Clock) -> None:
    rates = RateLimits(rate=0, burst=1, failures=3)
    for number in range(3 * MOST_COUNTERS):
        rates.count_failure(f"192.{number // 62_500}.{number // 250 % 250}.{number % 250}")
    counters = rates._failures_made.storage
    assert isinstance(counters, Counters)
    assert len(counters.windows) <= MOST_COUNTERS


@given(
    pauses=st.lists(st.floats(0, 5), max_size=200),
    amount=st.integers(1, 20),
    seconds=st.integers(1, 10),
)
def test_requests_are_counted_as_the_librarys_own_memory_counts_them(
    pauses: list[float], amount: int, seconds: int
) -> None:
    item = RateLimitItemPerSecond(amount, seconds)
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        stop(clock, patch)
        ours = SlidingWindowCounterRateLimiter(Counters())
        theirs = SlidingWindowCounterRateLimiter(limits.storage.MemoryStorage())
        for pause in pauses:
            clock.now += pause
            assert ours.hit(item, "key") == theirs.hit(item, "key")
            assert ours.get_window_stats(item, "key") == theirs.get_window_stats(item, "key")


@pytest.fixture(scope="module")
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(
        request,
        rate_limit=0.01,  # a burst of 4, then one in 100 seconds
        rate_burst=400,
        failed_logins_per_minute=5,
        carrier="none",
    ) as running:
        yield running


def test_a_request_over_the_rate_is_answered_429_and_stores_nothing(
    application: RunningApplication,
) -> None:
    store = f"store-{uuid4()}"
    xapi = application.xapi(store)
    answers = [xapi.put(statement_id(number), statement()) for number in range(20)]
    stored = [answer.status_code for answer in answers].count(204)
    assert 4 <= stored <= 5
    assert {answer.status_code for answer in answers} == {204, 429}
    last = answers[-1]
    assert int(last.headers["Retry-After"]) >= 1
    assert last.json()["error"]["rule"]
    assert last.headers["X-Experience-API-Version"] == "2.0.0"
    assert len(application.xapi(store).found()) == stored


def test_one_rate_is_kept_over_all_ways_in(application: RunningApplication) -> None:
    xapi = application.xapi("district")
    ways = ("/xapi/statements", "/v1/students", "/v1/status")
    statuses = [xapi.request("GET", ways[number % 3]).status_code for number in range(12)]
    assert 4 <= statuses.count(200) <= 5
    assert statuses.count(429) == 12 - statuses.count(200)


def test_too_many_failed_logins_are_answered_429_while_a_right_one_is_served(
    application: RunningApplication,
) -> None:
    key, secret = application.credential("district")
    wrong = XapiClient(application.client, (key, secret + "x"))
    answers = [wrong.get() for _ in range(12)]
    assert answers[0].status_code == 401
    assert answers[-1].status_code == 429
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert XapiClient(application.client, (key, secret)).get().status_code == 200
