"""What pages ask of one store's projections, off the event loop."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from api.services import Services

# How often a page looks again where no carrier of this process tells what is new, in seconds.
LOOK_AGAIN = 2.0
# How long an answer may take before a page says that there is none, in seconds.
LONGEST_ANSWER = 10.0

_Answer = TypeVar("_Answer")


class Queries:
    """The projections of one store."""

    def __init__(self, services: Services, store: str) -> None:
        self._services = services
        self._store = store
        self._generation = services.generation.identity  # that the page has shown

    async def students(self, search: str, limit: int, cursor: str | None) -> dict[str, Any]:
        """List students as ``projections.portraits.Portraits.students`` does."""

        def ask() -> dict[str, Any]:
            portraits = self._services.portraits()
            return portraits.students(self._store, search=search, limit=limit, cursor=cursor)

        return await _off_the_loop(ask)

    async def student(self, person: str) -> dict[str, Any] | None:
        """Draw a portrait as ``projections.portraits.Portraits.student`` does."""

        def ask() -> dict[str, Any] | None:
            return self._services.portraits().student(self._store, person)

        return await _off_the_loop(ask)

    async def mark(self, person: str) -> Any:
        """Give what differs once there is more evidence about a person; much cheaper to ask."""

        def ask() -> Any:
            generation = self._services.generation
            return generation.query("portrait_person", store=self._store, person=person)

        return await _off_the_loop(ask)

    @property
    def position(self) -> int:
        """The log position that the rows reflect; 0 where a carrier elsewhere writes them."""
        carrier = self._services.carrier
        return carrier.position if carrier is not None else 0

    async def news(self, position: int, patience: float) -> bool:
        """Wait until the rows may hold more than at a position, at most `patience` seconds."""
        carrier, generation = self._services.carrier, self._services.generation.identity
        if generation != self._generation:
            self._generation = generation
            return True
        if carrier is None:
            await asyncio.sleep(LOOK_AGAIN)
            return True
        return await carrier.reached(position + 1, patience)


async def _off_the_loop(ask: Callable[[], _Answer]) -> _Answer:
    """Give what a query answers; raises TimeoutError where that takes too long."""
    return await asyncio.wait_for(asyncio.to_thread(ask), LONGEST_ANSWER)
