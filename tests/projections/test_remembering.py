"""Answers that are remembered: worked out once for all who ask at once; nothing else is kept."""

import threading

import pytest

from projections.remembering import Remembered


def test_an_answer_is_worked_out_once_for_those_who_ask_at_once() -> None:
    remembered, worked, go_on = Remembered(lambda: 1), list[int](), threading.Event()

    def work_out() -> str:
        worked.append(1)
        assert go_on.wait(10)
        return "answer"

    given: list[tuple[str, int]] = []
    asking = [
        threading.Thread(target=lambda: given.append(remembered.ask("question", work_out)))
        for _ in range(3)
    ]
    for thread in asking:
        thread.start()
    go_on.set()
    for thread in asking:
        thread.join(10)
    assert given == [("answer", 1)] * 3
    assert worked == [1]


def test_of_a_question_that_fails_nothing_stays_and_it_is_asked_again() -> None:
    remembered = Remembered(lambda: 1)

    def fail() -> str:
        raise OSError("no warehouse")

    for question in range(5):
        with pytest.raises(OSError, match="no warehouse"):
            remembered.ask(question, fail)
    assert remembered.held == 0
    assert remembered.ask(1, lambda: "answer") == ("answer", 1)
    assert remembered.held == 1


def test_the_answers_that_were_worked_out_first_go_when_there_are_too_many() -> None:
    remembered = Remembered(lambda: 1, most=2)
    for question in range(5):
        remembered.ask(question, lambda: "answer")
    assert remembered.held == 2
