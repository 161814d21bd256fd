"""Entries gather while nobody looks: until somebody does, there are many, or they waited long."""

import threading
from time import monotonic

from streams.gathering import ENOUGH, Gathering


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

    gathering = Gathering(60.0, newest)
    thread = waiting(gathering)
    assert asked.wait(10)
    assert gathering.look()
    thread.join(10)
    assert not thread.is_alive()
    assert gathering.look()  # the batch is on its way
    gathering.done()
    assert not gathering.look()


def test_nothing_is_held_back_for_a_while_after_a_look() -> None:
    gathering = Gathering(60.0, lambda: 1)
    assert not gathering.look()
    gathering.wait(0)
    assert not gathering.look()


def test_nothing_is_held_back_while_somebody_waits() -> None:
    gathering = Gathering(60.0, lambda: 1)
    with gathering.watched():
        gathering.wait(0)


def test_many_entries_are_not_held_back() -> None:
    Gathering(60.0, lambda: 7 + ENOUGH).wait(7)


def test_few_entries_are_held_back_for_so_long() -> None:
    began = monotonic()
    Gathering(0.3, lambda: 6 + ENOUGH).wait(7)
    assert monotonic() - began >= 0.3


def test_without_holding_nothing_is_asked() -> None:
    asked: list[int] = []
    Gathering(0.0, lambda: asked.append(1) or 1).wait(0)  # type: ignore[func-returns-value]
    assert asked == []


def test_nothing_is_held_back_once_it_is_stopped_until_it_starts_again() -> None:
    gathering = Gathering(60.0, lambda: 1)
    gathering.stop()
    gathering.wait(0)
    gathering.start()
    thread = waiting(gathering)
    thread.join(0.3)
    assert thread.is_alive()
    gathering.stop()
    thread.join(10)
    assert not thread.is_alive()
