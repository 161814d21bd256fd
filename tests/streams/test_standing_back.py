"""Carrying stands back while the process's other threads are busy, and only then."""

from collections.abc import Callable

import pytest

from streams import standing_back
from streams.standing_back import MOST, StandingBack

Pass = Callable[[float, float, float], None]


@pytest.fixture
def let_pass(monkeypatch: pytest.MonkeyPatch) -> Pass:
    """Let time pass: on the wall, in the carrier's thread, and in the others."""
    clocks = {"monotonic": 100.0, "process_time": 50.0, "thread_time": 5.0}
    for name in clocks:
        monkeypatch.setattr(standing_back, name, lambda name=name: clocks[name])

    def pass_time(wall: float, own: float, others: float) -> None:
        clocks["monotonic"] += wall
        clocks["thread_time"] += own
        clocks["process_time"] += own + others

    return pass_time


def test_it_does_not_rest_while_there_is_room(let_pass: Pass) -> None:
    rest = StandingBack()
    assert rest() == 0.0
    let_pass(1.0, 0.9, 0.7)
    assert rest() == 0.0


def test_it_rests_most_while_the_others_fill_a_processor(let_pass: Pass) -> None:
    rest = StandingBack()
    rest()
    let_pass(1.0, 0.2, 1.3)
    assert rest() == MOST
    let_pass(0.1, 0.0, 0.0)  # too soon to look again
    assert rest() == MOST
    let_pass(1.0, 0.9, 0.1)
    assert rest() == 0.0


def test_in_between_it_rests_in_proportion(let_pass: Pass) -> None:
    rest = StandingBack()
    rest()
    let_pass(1.0, 0.2, 0.975)
    assert rest() == pytest.approx(MOST / 2)
