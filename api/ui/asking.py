"""What all queries of pages do: ask projections off the event loop, for who may see them."""

import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from api.roles import Asker, Resource, Subject, permit
from api.services import Services
from lrs.credentials import Credential
from projections.days import iso
from projections.lessons.reports import Wanted
from projections.warehouse import Generation

# How long an answer may take before a page says that there is none, in seconds.
LONGEST_ANSWER = 10.0
# The same of what reads all students' rows: pages show the rest meanwhile.
LONGEST_OF_MANY = 60.0

Answer = dict[str, Any]

_Answer = TypeVar("_Answer")


class Asking:
    """The projections of one store, as far as a credential's role may see them.

    What it may not see raises ApiError 403.
    """

    def __init__(self, services: Services, credential: Credential) -> None:
        self._services = services
        self._credential = credential
        self._store = credential.store

    async def _permit(self, resource: Resource, subject: Subject | None = None) -> Asker:
        return await permit(self._services, self._credential, resource, subject)

    async def _ask(
        self, ask: Callable[[Generation], _Answer], patience: float = LONGEST_ANSWER
    ) -> _Answer:
        """Give what a query of the live generation answers; raises TimeoutError."""
        return await off_the_loop(lambda: ask(self._services.found()), patience)

    def _as_of(self, generation: Generation) -> Answer:
        """Say as of when an answer is that is worked out from now on, and of which generation."""
        return {
            "position": self._services.position(generation),
            "generation": generation.name,
            "as_of": iso(datetime.now(UTC)),
        }

    def _newest_lesson(self, generation: Generation, wanted: Wanted) -> date | None:
        """Give the local day of the newest lesson of those wanted."""
        listed, _ = self._services.lessons_of(generation).page(self._store, wanted, limit=1)
        if not listed:
            return None
        return datetime.fromisoformat(listed[0]["begins"]).astimezone(self._zone).date()

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self._services.settings.timezone)


async def off_the_loop(ask: Callable[[], _Answer], patience: float = LONGEST_ANSWER) -> _Answer:
    """Give what a query answers; raises TimeoutError where that takes too long."""
    return await asyncio.wait_for(asyncio.to_thread(ask), patience)
