"""Answers that are dear to work out, remembered for a while: those about many people.

They read every student's rows, while a district's record grows every second. So an answer is worked
out anew, beside those who ask, only once it is many times as old as working it out took: a
twentieth of the time at most goes into that. Whoever has to see a position of the log waits for it,
and who asks after nobody has asked for long, where it says for how long.
"""

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import inf
from time import monotonic
from typing import Any, Generic, TypeVar

PATIENCE = 20  # times as long as it took
MOST_REMEMBERED = 256

T = TypeVar("T")


@dataclass
class _Answer(Generic[T]):
    value: T
    position: int  # of the log, that it reflects
    ended: float
    took: float
    is_renewed: bool = False  # just now, by somebody


@dataclass
class _Turn:
    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: int = 0  # who holds it, or waits for it


class Remembered:
    """Answers of one generation by their questions; safe to share between threads.

    An answer is worked out anew when it is ``patience`` times as old as that took; one older than
    ``oldest`` seconds isn't given any more, though the log has gone on. ``most`` are remembered.
    """

    def __init__(
        self,
        position: Callable[[], int],
        *,
        patience: float = PATIENCE,
        oldest: float = inf,
        most: int = MOST_REMEMBERED,
    ) -> None:
        self._position = position
        self._patience = patience
        self._oldest = oldest
        self._most = most
        self._answers: dict[Hashable, _Answer[Any]] = {}
        self._lock = threading.Lock()
        self._turns: dict[Hashable, _Turn] = {}  # of the questions that are being asked

    def ask(self, question: Hashable, work_out: Callable[[], T], least: int = 0) -> tuple[T, int]:
        """Give an answer and the position it reflects, at least ``least`` where that is reached.

        Raises what working it out raises; where there is an older answer, that is given instead.
        """
        with self._lock:
            answer = self._answers.get(question)
        if answer is None or not self._serves(answer, least):
            with self._turn(question):  # of those who ask at once, one works it out
                with self._lock:
                    again = self._answers.get(question)
                if again is None or again is answer or not self._serves(again, least):
                    again = self._renew(question, work_out)
            return again.value, again.position
        if self._is_old(answer):
            thread = threading.Thread(
                target=self._renew_quietly, args=(question, work_out), daemon=True
            )
            thread.start()
        return answer.value, answer.position

    @contextmanager
    def _turn(self, question: Hashable) -> Iterator[None]:
        """Let those who ask a question pass one by one."""
        with self._lock:
            turn = self._turns.setdefault(question, _Turn())
            turn.waiting += 1
        try:
            with turn.lock:
                yield
        finally:
            with self._lock:
                turn.waiting -= 1
                if not turn.waiting:
                    del self._turns[question]

    def _serves(self, answer: _Answer[Any], least: int) -> bool:
        """Whether an answer may be given to who has to see a position."""
        position = self._position()
        is_kept = answer.position == position or monotonic() - answer.ended <= self._oldest
        return is_kept and answer.position >= min(least, position)

    def _is_old(self, answer: _Answer[Any]) -> bool:
        """Whether it is time to work an answer out anew; says so once."""
        old = monotonic() - answer.ended > self._patience * answer.took
        if not old or answer.position == self._position():
            return False
        with self._lock:
            first, answer.is_renewed = not answer.is_renewed, True
        return first

    def _renew_quietly(self, question: Hashable, work_out: Callable[[], Any]) -> None:
        try:
            self._renew(question, work_out)
        except Exception:  # ClickHouse is away: the older answer is what there is
            with self._lock:
                answer = self._answers.get(question)
                if answer is not None:
                    answer.is_renewed = False

    def _renew(self, question: Hashable, work_out: Callable[[], T]) -> _Answer[T]:
        position, began = self._position(), monotonic()
        value = work_out()
        ended = monotonic()
        answer = _Answer(value, position, ended, ended - began)
        with self._lock:
            newer = self._answers.pop(question, None)
            if newer is not None and newer.position > position:  # somebody began later, and is done
                answer = newer
            self._answers[question] = answer
            while len(self._answers) > self._most:
                del self._answers[next(iter(self._answers))]
        return answer
