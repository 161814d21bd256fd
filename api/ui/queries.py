"""What pages ask of one store's projections, off the event loop, for who may see it."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from api.roles import Asker, Resource, permit
from api.roles import student as subject_of
from api.services import Services
from lrs.credentials import Credential

# How often a page looks again where no carrier of this process tells what is new, in seconds.
LOOK_AGAIN = 2.0
# How long an answer may take before a page says that there is none, in seconds.
LONGEST_ANSWER = 10.0

Place = tuple[str, str]  # where a page of a list begins

_Answer = TypeVar("_Answer")


class Queries:
    """The projections of one store, as far as a credential's role may see them.

    What it may not see raises ApiError 403.
    """

    def __init__(self, services: Services, credential: Credential) -> None:
        self._services = services
        self._credential = credential
        self._store = credential.store
        self._generation = services.generation.identity  # that the page has shown

    async def students(self, search: str, limit: int, after: Place | None) -> dict[str, Any]:
        """List students, and say where the `next` page begins, None where there is none."""
        asker = await self.permit_students()
        among = None if asker.own is None else asker.own.students

        def ask() -> dict[str, Any]:
            portraits = self._services.portraits()
            listed, following = portraits.students(
                self._store, search=search, limit=limit, after=after, among=among
            )
            return {"students": listed, "next": following}

        return await _off_the_loop(ask)

    async def student(self, person: str) -> dict[str, Any] | None:
        """Draw a portrait as ``projections.portraits.Portraits.student`` does."""
        await self.permit_student(person)

        def ask() -> dict[str, Any] | None:
            return self._services.portraits().student(self._store, person)

        return await _off_the_loop(ask)

    async def permit_students(self) -> Asker:
        """Give who may see the list of students, or some of it; raises ApiError 403."""
        return await permit(self._services, self._credential, Resource.STUDENTS)

    async def permit_student(self, person: str) -> None:
        """Raise ApiError 403 where a student's portrait is not for the credential's role."""
        resource = Resource.STUDENT_PORTRAIT
        await permit(self._services, self._credential, resource, subject_of(person))

    async def mark(self, person: str) -> Any:
        """Give what differs once there is more evidence about a person; much cheaper to ask."""

        def ask() -> Any:
            return self._services.portraits().mark(self._store, person)

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
