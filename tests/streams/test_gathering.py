"""Entries gather while nobody looks: until somebody does, there are many, or they waited long."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from streams.gathering import ENOUGH, Gathering

LONG = 60.0  # seconds: who waits for so long has been held back


@contextmanager
def at_once() -> Iterator[None]:
    """Hold that what is done meanwhile isn't held back."""
    began = monotonic()
    yield
    assert monotonic() - began < LONG / 2


def waiting(gathering: Gathering, position: int = 0) -> threading.Thread:
    """Wait as a carrier does, in a thread."""
    thread = threading.Thread(target=gathering.wait, args=(position,), daemon=True)
    thread.start()
    return thread


def test_who_looks_ends_the_holding_and_is_told_to_wait_until_it_is_done() -> None:
    asked = threading.Event()

    def newest() -> int:
        asked.set()
        return 1

    gathering = Gathering(LONG, newest)
    thread = waiting(gathering)
    assert asked.wait(10)
    assert gathering.look()
    thread.join(10)
    assert not thread.is_alive()
    assert gathering.look()  # the batch is on its way
    gathering.done()
    assert not gathering.look()


def test_who_looks_does_not_wait_until_a_slow_log_has_told_its_end() -> None:
    asked, told = threading.Event(), threading.Event()

    def newest() -> int:
        asked.set()
        assert told.wait(LONG)
        return 1

    gathering = Gathering(LONG, newest)
    thread = waiting(gathering)
    assert asked.wait(10)
    with at_once():
        assert gathering.look()
    told.set()
    thread.join(10)
    assert not thread.is_alive()


def test_nothing_is_held_back_for_a_while_after_a_look() -> None:
    gathering = Gathering(LONG, lambda: 1)
    assert not gathering.look()
    with at_once():
        gathering.wait(0)
    assert not gathering.look()


def test_nothing_is_held_back_while_somebody_waits() -> None:
    gathering = Gathering(LONG, lambda: 1)
    with gathering.watched(), at_once():
        gathering.wait(0)


def test_many_entries_are_not_held_back() -> None:
    with at_once():
        Gathering(LONG, lambda: 7 + ENOUGH).wait(7)


def test_few_entries_are_held_back_for_so_long() -> None:
    began = monotonic()
    Gathering(0.3, lambda: 6 + ENOUGH).wait(7)
    assert monotonic() - began >= 0.3


def test_without_holding_nothing_is_asked() -> None:
    asked: list[int] = []
    Gathering(0.0, lambda: asked.append(1) or 1).wait(0)  # type: ignore[func-returns-value]
    assert asked == []


def test_nothing_is_held_back_once_it_is_stopped_until_it_starts_again() -> None:
    gathering = Gathering(LONG, lambda: 1)
    gathering.stop()
    with at_once():
        gathering.wait(0)
    gathering.start()
    thread = waiting(gathering)
    thread.join(0.3)
    assert thread.is_alive()
    gathering.stop()
    thread.join(10)
    assert not thread.is_alive()
