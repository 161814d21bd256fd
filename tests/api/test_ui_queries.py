"""Pages learn of news: another generation that has become live, rows that came or were mended."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

from api.services import Services
from api.ui.queries import Queries
from lrs.credentials import Credential

EVALUATOR = Credential("k" * 32, "district", "ui", frozenset({"projections/read"}), 0)


class Carrier:
    """A carrier whose rows stand at a position."""

    def __init__(self, position: int) -> None:
        self.position = position

    async def reached(self, position: int, timeout: float) -> bool:
        return self.position >= position

    async def attend(self) -> None:
        """Nothing is held back here."""


def served(identity: str, position: int, edition: str = "first") -> Any:
    generation = SimpleNamespace(identity=identity)
    return SimpleNamespace(generation=generation, carrier=Carrier(position), edition=edition)


def test_a_generation_that_becomes_live_is_news_once_though_it_is_behind() -> None:
    services = served("one", 7)
    queries = Queries(cast(Services, services), EVALUATOR)
    news = [asyncio.run(queries.news(7, 0.0))]
    services.__dict__.update(served("other", 3).__dict__)
    news += [asyncio.run(queries.news(7, 0.0)) for _ in range(2)]
    assert news == [False, True, False]
    assert queries.position == 3


def test_what_was_tried_again_is_news_once_though_no_position_has_moved() -> None:
    services = served("one", 7)
    queries = Queries(cast(Services, services), EVALUATOR)
    services.edition = "second"
    assert [asyncio.run(queries.news(7, 0.0)) for _ in range(2)] == [True, False]


def test_what_the_carrier_has_reached_since_is_news() -> None:
    queries = Queries(cast(Services, served("one", 7)), EVALUATOR)
    assert asyncio.run(queries.news(6, 0.0))
