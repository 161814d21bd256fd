"""Group commit: who waits together is stored together, and no failure leaves anyone waiting."""

import threading
from collections.abc import Sequence

import pytest

from lrs.committer import GROUP_SIZE, Committer
from lrs.submissions import StatementSubmission, Stored, Submission
from tests.support.records import draft, statement


class Writer:
    """Notes the groups it is given; may be told to fail, and to wait for a sign."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.go = threading.Event()
        self.fails = False

    def __call__(self, group: Sequence[Submission]) -> None:
        self.go.wait(10)
        self.groups.append(len(group))
        if self.fails:
            raise OSError("the disk is full")
        for submission in group:
            submission.outcome = Stored([], len(self.groups))


def submissions(
    count: int, drafts: int = 1
) -> tuple[list[StatementSubmission], threading.Semaphore]:
    settled = threading.Semaphore(0)
    one = draft(statement())
    made = [
        StatementSubmission("s", [one] * drafts, lambda _: settled.release()) for _ in range(count)
    ]
    return made, settled


def test_those_who_wait_share_one_commit() -> None:
    writer = Writer()
    committer = Committer(writer)
    made, settled = submissions(10)
    for submission in made:
        committer.submit(submission)
    writer.go.set()
    assert all(settled.acquire(timeout=10) for _ in made)
    assert sum(writer.groups) == 10
    assert len(writer.groups) <= 2
    committer.close()


def test_a_group_is_bounded_so_that_no_one_waits_behind_a_flood() -> None:
    writer = Writer()
    committer = Committer(writer)
    made, settled = submissions(4, drafts=GROUP_SIZE)
    for submission in made:
        committer.submit(submission)
    writer.go.set()
    assert all(settled.acquire(timeout=10) for _ in made)
    assert writer.groups == [1, 1, 1, 1]
    committer.close()


def test_when_the_write_fails_everyone_of_the_group_is_told_and_the_next_is_served() -> None:
    writer = Writer()
    writer.go.set()
    writer.fails = True
    committer = Committer(writer)
    [failed], settled = submissions(1)
    committer.submit(failed)
    assert settled.acquire(timeout=10)
    assert isinstance(failed.outcome, OSError)
    writer.fails = False
    [stored], settled = submissions(1)
    committer.submit(stored)
    assert settled.acquire(timeout=10)
    assert isinstance(stored.outcome, Stored)
    committer.close()


def test_closing_stores_what_waits_and_refuses_what_comes_later() -> None:
    writer = Writer()
    committer = Committer(writer)
    made, settled = submissions(5)
    for submission in made:
        committer.submit(submission)
    writer.go.set()
    committer.close()
    assert all(settled.acquire(blocking=False) for _ in made)
    with pytest.raises(RuntimeError, match="closed"):
        committer.submit(made[0])
