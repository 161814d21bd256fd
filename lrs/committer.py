"""Group commit: submissions that wait at the same time share one transaction, and one fsync."""

import logging
from collections import deque
from collections.abc import Callable, Sequence
from threading import Condition, Thread

from lrs.submissions import Submission

# The most statements and documents one transaction takes, so that no one waits long behind a flood.
GROUP_SIZE = 4_000

logger = logging.getLogger(__name__)


class Committer:
    """A thread that stores all that waits, again and again.

    `commit` writes one group in one transaction and sets every outcome; what it raises becomes the
    outcome of the whole group.
    """

    def __init__(self, commit: Callable[[Sequence[Submission]], None]) -> None:
        self._commit = commit
        self._waiting: deque[Submission] = deque()
        self._condition = Condition()
        self._closing = False
        self._thread = Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def submit(self, submission: Submission) -> None:
        """Queue a submission; raises RuntimeError once the record is closed."""
        with self._condition:
            if self._closing:
                raise RuntimeError("the record is closed")
            self._waiting.append(submission)
            self._condition.notify()

    def close(self) -> None:
        """Store what still waits, then stop."""
        with self._condition:
            self._closing = True
            self._condition.notify()
        self._thread.join()

    def _run(self) -> None:
        while group := self._next_group():
            try:
                self._commit(group)
            except Exception as error:
                logger.exception("a group of %d submissions could not be stored", len(group))
                for submission in group:
                    submission.outcome = error
            for submission in group:
                submission.settled(submission)

    def _next_group(self) -> list[Submission]:
        with self._condition:
            while not self._waiting and not self._closing:
                self._condition.wait()
            group: list[Submission] = []
            size = 0
            while self._waiting and size < GROUP_SIZE:
                group.append(self._waiting.popleft())
                size += group[-1].size
            return group
