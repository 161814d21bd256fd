"""What pages of operators and vendors ask and do: the functions of the /v1 routes, permitted anew.

Whatever changes something is asked of the credential as it is at that moment.
"""

import asyncio
from typing import Any

from api.generations import compared, dropped, listed, promoted, replay_request, started, stopped
from api.roles import Asker, Resource, may_have, permit
from api.services import Services
from lrs.credentials import Credential

Answer = dict[str, Any]
SUBJECTS_SHOWN = 50  # persons on a page of a comparison


class Operating:
    """The server's generations, as far as a credential may see and change them.

    What it may not raises ApiError 403.
    """

    def __init__(self, services: Services, credential: Credential) -> None:
        self._services = services
        self._credential = credential

    def may(self, resource: Resource) -> bool:
        """Tell whether the credential may have any of a resource: which buttons there are."""
        return may_have(self._credential, resource)

    async def permit(self, resource: Resource) -> Asker:
        """Give who asks for a resource; raises ApiError 403."""
        return await permit(self._services, self._credential, resource)

    # Generations -------------------------------------------------------------------------------

    async def generations(self) -> Answer:
        """List generations, and to who may run them the replays, both oldest first."""
        await self.permit(Resource.GENERATIONS)
        services, with_replays = self._services, self.may(Resource.REPLAYS)

        def ask() -> Answer:
            replays = services.replays.list() if with_replays else []
            return {"generations": listed(services, self._credential), "replays": replays}

        return await asyncio.to_thread(ask)

    async def compare(self, name: str, other: str | None, cursor: str = "") -> Answer:
        """Tell how two generations differ, the live one where none is named.

        Raises ApiError 400, 404, 409.
        """
        await self.permit(Resource.GENERATIONS)
        return await asyncio.to_thread(
            compared,
            self._services,
            self._credential,
            name,
            other,
            limit=SUBJECTS_SHOWN,
            cursor=cursor,
        )

    async def promote(self, name: str) -> Answer:
        """Make a generation the live one; raises ApiError 404, 409."""
        await self.permit(Resource.GENERATION_CHANGE)
        return await asyncio.to_thread(promoted, self._services, name)

    async def drop(self, name: str) -> None:
        """Remove a generation; raises ApiError 404, 409."""
        await self.permit(Resource.GENERATION_CHANGE)
        await asyncio.to_thread(dropped, self._services, name)

    async def replay(self, wanted: Answer) -> Answer:
        """Begin a replay or go on with it, as POST /v1/replays does; raises ApiError 400, 409."""
        await self.permit(Resource.REPLAYS)
        return await asyncio.to_thread(started, self._services, replay_request(wanted))

    async def stop(self, name: str) -> Answer:
        """Stop a replay; raises ApiError 404."""
        await self.permit(Resource.REPLAYS)
        return await asyncio.to_thread(stopped, self._services, name)
