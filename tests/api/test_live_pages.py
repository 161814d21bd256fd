"""Pages that stay true by themselves look again until what they show is the newest."""

import asyncio
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest

from api.ui.live import Live
from api.ui.session import Visit


class Page:
    """An open page: its rows stand at a position, and what it has been shown is kept."""

    def __init__(self, position: int) -> None:
        self.position = position
        self.shown: list[Any] = []
        self.broken = 0

    @property
    def visit(self) -> Visit:
        """The visit of a page that isn't over."""
        return cast(Visit, SimpleNamespace(queries=self, is_over=self.is_over))

    async def is_over(self) -> bool:
        return False

    async def news(self, position: int, patience: float) -> bool:
        return self.position > position

    def show(self, answer: Any) -> None:
        self.shown.append(answer)

    def show_broken(self, since: datetime | None) -> None:
        self.broken += 1


def looked(page: Page, answers: list[Any], times: int) -> list[Any]:
    """Give what a page shows that looks so often, the first time as it opens."""

    async def ask() -> Any:
        return answers.pop(0) if len(answers) > 1 else answers[0]

    async def look() -> None:
        live = Live(page.visit, page, ask)
        await live.look()
        for _ in range(times - 1):
            await live._follow()  # what the page's timer calls

    asyncio.run(look())
    assert not page.broken
    return page.shown


def test_an_answer_that_was_remembered_is_looked_at_again_though_the_log_rests() -> None:
    old, new = {"position": 6, "told": "old"}, {"position": 7, "told": "new"}
    assert looked(Page(7), [old, old, new], times=5) == [old, old, new]


@pytest.mark.parametrize("answer", [{"told": 1}, {"position": 7}, {"position": 9}, ["told"], None])
def test_while_the_log_rests_an_answer_of_now_is_shown_once(answer: Any) -> None:
    assert looked(Page(7), [answer], times=3) == [answer]
