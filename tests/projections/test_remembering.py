"""Answers that are remembered: worked out once for all who ask at once; nothing else is kept."""

import gc
import threading
import weakref
from contextlib import suppress

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
    remembered = Remembered(lambda: 1, most=1)

    def fail() -> str:
        raise OSError("no warehouse")

    for _ in range(2):
        with pytest.raises(OSError, match="no warehouse"):
            remembered.ask("question", fail)
    assert remembered.ask("question", lambda: "answer") == ("answer", 1)
    with pytest.raises(OSError, match="no warehouse"):
        remembered.ask("another", fail)
    assert remembered.ask("question", fail) == ("answer", 1), "its place was not taken"


def test_of_questions_that_have_been_answered_or_failed_no_turn_is_left() -> None:
    remembered, gone = Remembered(lambda: 1, most=1), list[weakref.ref[Question]]()
    for is_failing in (True, False, False):
        question = Question(is_failing)
        with suppress(OSError):
            remembered.ask(question, question.answer)
        gone.append(weakref.ref(question))
        del question
    gc.collect()
    assert [one() is None for one in gone] == [True, True, False], "the last answer is remembered"


def test_the_answers_that_were_worked_out_first_go_when_there_are_too_many() -> None:
    remembered, worked = Remembered(lambda: 1, most=2), list[int]()

    def ask(question: int) -> None:
        remembered.ask(question, lambda: worked.append(question))

    for question in (0, 1, 2, 2, 1, 0):
        ask(question)
    assert worked == [0, 1, 2, 0]


class Question:
    """A question of which it can be seen whether anything still holds it."""

    def __init__(self, is_failing: bool) -> None:
        self._is_failing = is_failing

    def answer(self) -> str:
        if self._is_failing:
            raise OSError("no warehouse")
        return "answer"
