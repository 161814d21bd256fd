"""Counts of requests: exact, added up by several processes, forgotten, and nobody's data."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from lrs import request_counts
from lrs.record import Record
from lrs.request_counts import HOUR, KEEP_HOURS, AppRequests, RequestCounts
from tests.support.backends import BACKENDS, new_database

NOW = 1_000_000 * HOUR + 1_800.0


@pytest.fixture(params=BACKENDS)
def record(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Record]:
    record = Record.open(new_database(request) or str(tmp_path / "record.sqlite"))
    yield record
    record.close()


class Clock:
    """Says what time it is, in seconds since 1970 UTC."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = NOW
        monkeypatch.setattr(request_counts, "time", lambda: self.now)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_requests_and_refusals_are_counted_by_app_status_and_rule(record: Record):
    counts = RequestCounts(record.statements)
    for _ in range(5):
        counts.asked("district", "clicker")
    for rule in ("a verb has an id", "a verb has an id", "a body is JSON"):
        counts.refused("district", "clicker", 400, rule)
    counts.refused("district", "clicker", 404)
    counts.asked("district", "homework")
    counts.asked("other", "clicker")
    counts.flush()
    found = counts.of_store("district", 24)
    assert set(found) == {"clicker", "homework"}
    clicker = found["clicker"]
    assert (clicker.requests, clicker.refused, clicker.statuses) == (5, 3, {400: 3, 404: 1})
    assert clicker.rules == [("a verb has an id", 2), ("a body is JSON", 1)]
    assert clicker.last == NOW


def test_that_nothing_is_there_and_what_failed_here_are_no_refusals():
    statuses = {400: 1, 403: 1, 404: 7, 409: 1, 412: 7, 413: 1, 429: 1, 500: 7, 503: 7}
    assert AppRequests(statuses=statuses).refused == 5


def test_several_processes_add_up(record: Record, clock: Clock):
    processes = [RequestCounts(record.statements) for _ in range(2)]
    for number, counts in enumerate(processes):
        clock.now = NOW - number  # the later flush has the earlier request
        counts.asked("district", "clicker")
        counts.refused("district", "clicker", 400, "a verb has an id")
        counts.flush()
        counts.flush()  # nothing is added twice
    [found] = processes[0].of_store("district", 24).values()
    assert (found.requests, found.statuses, found.last) == (2, {400: 2}, NOW)


def test_processes_that_write_at_once_lose_nothing(record: Record):
    processes = [RequestCounts(record.statements) for _ in range(4)]

    def count(counts: RequestCounts) -> None:
        for number in range(60):
            counts.asked("district", f"app-{number % 3}")
            counts.refused("district", f"app-{number % 3}", 400, f"rule {number % 5}")
            if number % 20 == 0:
                counts.flush()
        counts.flush()

    threads = [threading.Thread(target=count, args=(counts,)) for counts in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = processes[0].of_store("district", 24)
    assert {app: one.requests for app, one in found.items()} == {
        "app-0": 80,
        "app-1": 80,
        "app-2": 80,
    }
    assert sum(one.refused for one in found.values()) == 240


def test_counts_are_of_the_hours_asked_for_and_forgotten_in_the_end(record: Record, clock: Clock):
    counts = RequestCounts(record.statements)
    for hours in (0, 23, 24, KEEP_HOURS, KEEP_HOURS + 1):
        clock.now = NOW - hours * HOUR
        counts.asked("district", "clicker")
    clock.now = NOW
    counts.flush()
    assert counts.of_store("district", 24)["clicker"].requests == 2
    assert counts.of_store("district", 24 * 365)["clicker"].requests == 4


def test_what_cannot_be_written_is_written_later(record: Record, monkeypatch: pytest.MonkeyPatch):
    counts = RequestCounts(record.statements)
    counts.asked("district", "clicker")
    counts.refused("district", "clicker", 400, "a verb has an id")

    def fail(*_: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as away:
        away.setattr(record.statements, "write", fail)
        with pytest.raises(ConnectionError):
            counts.flush()
    counts.asked("district", "clicker")
    counts.flush()
    found = counts.of_store("district", 24)["clicker"]
    assert (found.requests, found.statuses) == (2, {400: 1})


def test_an_app_cannot_fill_the_table_with_rules(record: Record):
    counts = RequestCounts(record.statements)
    for number in range(1_000):
        counts.refused("district", "clicker", 400, f"rule {number}")
    counts.flush()
    found = counts.of_store("district", 24)["clicker"]
    assert found.statuses == {400: 1_000}
    assert len(found.rules) == 40


def test_what_was_counted_is_there_when_the_server_has_stopped(record: Record):
    counts = RequestCounts(record.statements)
    counts.start()
    counts.asked("district", "clicker")
    counts.close()
    assert counts.of_store("district", 24)["clicker"].requests == 1
