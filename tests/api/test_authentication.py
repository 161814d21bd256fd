"""Whoever asks is who they prove to be, as of this second; and proving holds nobody else up."""

import base64
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import authentication
from api.authentication import REFRESH_SECONDS, basic_pair
from lrs import credentials as module
from lrs.credentials import REMEMBER_SECONDS, SCOPES, Credentials
from lrs.record import Record
from tests.support.application import RunningApplication, XapiClient
from tests.support.records import statement

LONG = 60.0  # seconds; nothing here waits so long unless it is broken


@pytest.fixture
def elsewhere(application: RunningApplication) -> Iterator[Credentials]:
    """The credentials as another process has them: over connections of its own."""
    settings = application.state.settings
    record = Record.open(settings.record_location)
    yield Credentials(record.statements, settings.pepper())
    record.close()


class Clock:
    """The clock of how long credentials are remembered, moved on by a test."""

    def __init__(self) -> None:
        self.passed = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.passed


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "monotonic", clock)
    return clock


def authorized(application: RunningApplication, authorization: str) -> httpx.Response:
    anyone = XapiClient(application.client, None)
    return anyone.request(
        "GET", "/xapi/statements", headers={"Authorization": authorization.encode("latin-1")}
    )


def basic(text: str | bytes) -> str:
    data = text.encode() if isinstance(text, str) else text
    return f"Basic {base64.b64encode(data).decode()}"


def eventually(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# What proves -------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_key_and_secret_prove_in_any_case_of_the_scheme(
    application: RunningApplication, scheme: str
) -> None:
    key, secret = application.credential("district")
    proof = basic(f"{key}:{secret}").removeprefix("Basic")
    assert authorized(application, scheme + proof).status_code == 200
    assert authorized(application, f"{scheme}  {proof}").status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Basic",
        "Basic ",
        "Basic %%%",
        "Basic bm9jb2xvbg==",
        "Basic /w==",
        "Basic:a2V5OnNlY3JldA==",
        "Digest username=key",
        "Bearer",
        "Bearer x.y.z",
        "Bearer \xff",
        basic(":"),
        basic("\x00:\x00"),
        basic("key:" + "s" * 10_000),
        basic("k" * 10_000 + ":secret"),
        basic("钥匙:秘密"),
    ],
)
def test_what_proves_nothing_is_answered_401_with_a_challenge(
    application: RunningApplication, header: str
) -> None:
    answer = authorized(application, header)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="xueji", charset="UTF-8"'
    assert answer.headers["X-Experience-API-Version"] == "2.0.0"
    assert answer.json()["error"]["status"] == 401


def test_an_unknown_key_and_a_wrong_secret_are_told_alike(application: RunningApplication) -> None:
    key, secret = application.credential("district")
    told = [
        authorized(application, basic(pair)).text
        for pair in (f"{key}:wrong", f"{'0' * 32}:{secret}", "nobody:wrong")
    ]
    assert len(set(told)) == 1


@given(key=st.text(), secret=st.text())
def test_any_pair_is_read_as_it_was_written(key: str, secret: str) -> None:
    try:
        header = basic(f"{key}:{secret}")
    except UnicodeEncodeError:
        return
    if ":" not in key:
        assert basic_pair(header) == (key, secret)


@given(header=st.text())
def test_any_header_is_read_without_error(header: str) -> None:
    pair = basic_pair(header)
    assert pair is None or len(pair) == 2


def test_without_the_scope_the_answer_is_403_and_names_those_that_would_do(
    application: RunningApplication,
) -> None:
    answer = application.xapi("district", "state", "define").get()
    assert answer.status_code == 403
    error = answer.json()["error"]
    assert error["scopes"] == ["define", "state"]
    assert "statements/read" in error["message"]


def test_every_scope_that_is_asked_for_exists() -> None:
    asked = {
        scope
        for name, value in vars(authentication).items()
        if name.isupper() and isinstance(value, tuple)
        for scope in value
    }
    assert asked == set(SCOPES)


# As of this second -------------------------------------------------------------------------------


def test_a_revocation_elsewhere_holds_within_a_second(
    application: RunningApplication, elsewhere: Credentials, clock: Clock
) -> None:
    key, secret = application.credential("district")
    xapi = XapiClient(application.client, (key, secret))
    assert xapi.get().status_code == 200
    elsewhere.revoke(key)
    clock.passed += 1.0
    assert xapi.get().status_code == 401


def test_a_rotation_elsewhere_holds_within_a_second(
    application: RunningApplication, elsewhere: Credentials, clock: Clock
) -> None:
    key, secret = application.credential("district")
    old = XapiClient(application.client, (key, secret))
    assert old.get().status_code == 200
    new = XapiClient(application.client, (key, elsewhere.rotate(key)))
    clock.passed += 1.0
    assert old.get().status_code == 401
    assert new.get().status_code == 200


def test_a_credential_in_use_is_looked_up_again_before_it_is_forgotten(
    application: RunningApplication, elsewhere: Credentials, clock: Clock
) -> None:
    key, secret = application.credential("district")
    xapi = XapiClient(application.client, (key, secret))
    assert xapi.get().status_code == 200
    elsewhere.revoke(key)
    clock.passed += (REFRESH_SECONDS + REMEMBER_SECONDS) / 2
    xapi.get()  # answered by what is remembered, and looked up meanwhile
    eventually(lambda: application.state.credentials.age(key) < REFRESH_SECONDS)
    assert xapi.get().status_code == 401


# Nobody else is held up --------------------------------------------------------------------------


class Gate:
    """Looking up one key waits until a test lets it; counts how often it was looked up."""

    def __init__(self, credentials: Credentials, key: str) -> None:
        self._look_up = credentials.look_up
        self._key = key
        self._open = threading.Event()
        self.reached = threading.Event()
        self.count = 0

    def __call__(self, key: str) -> Any:
        if key == self._key:
            self.count += 1
            self.reached.set()
            assert self._open.wait(LONG)
        return self._look_up(key)

    def open(self) -> None:
        self._open.set()


def test_while_one_credential_is_looked_up_others_are_served(
    application: RunningApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials: Credentials = application.state.credentials
    key, secret = application.credential("district")
    gate = Gate(credentials, key)
    monkeypatch.setattr(credentials, "look_up", gate)
    waiting = XapiClient(application.client, (key, secret))
    with ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(waiting.get) for _ in range(8)]
        assert gate.reached.wait(LONG)
        assert application.xapi("district").post(statement()).status_code == 200
        assert not any(answer.done() for answer in answers)
        gate.open()
        assert {answer.result(LONG).status_code for answer in answers} == {200}
    assert gate.count == 1, "one look-up is enough for all who wait"


def test_a_look_up_that_fails_is_no_answer_for_the_next(
    application: RunningApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    credentials: Credentials = application.state.credentials
    key, secret = application.credential("district")
    xapi = XapiClient(application.client, (key, secret))

    def broken(_: str) -> Any:
        raise ConnectionError("the database is away")

    with monkeypatch.context() as patched:
        patched.setattr(credentials, "look_up", broken)
        answer = xapi.get()
        assert answer.status_code == 500
        assert "database" not in answer.text
    assert xapi.get().status_code == 200
