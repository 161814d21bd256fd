"""What pages of operators and vendors ask and do: the functions of the /v1 routes, permitted anew.

Whatever changes something is asked of the credential as it is at that moment.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import Any, TypeVar

from api.app_credentials import AppCredentials
from api.apps import registered
from api.checking import checked
from api.errors import ApiError
from api.forwarders import letter_shown
from api.generations import (
    compared,
    dropped,
    listed,
    promoted,
    replay_request,
    retried,
    set_aside,
    started,
    stopped,
)
from api.portraits import status_of
from api.roles import Asker, Resource, may_have, permit
from api.services import Services
from api.storage import storage_of, versions_of_server
from lrs.credentials import Credential

_log = logging.getLogger(__name__)
Answer = dict[str, Any]
_Result = TypeVar("_Result")
SUBJECTS_SHOWN = 50  # persons on a page of a comparison
LETTERS_SHOWN = 50  # of what was set aside
MEASURED_SECONDS = 30.0  # for which what is stored stays measured


class Operating:
    """The server, its generations and apps, as far as a credential may see and change them.

    What it may not raises ApiError 403.
    """

    def __init__(self, services: Services, credential: Credential) -> None:
        self._services = services
        self._credential = credential
        self._measured: tuple[float, Answer] = (0.0, {})

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

    # Operations --------------------------------------------------------------------------------

    async def status(self) -> Answer:
        """Tell how the server is doing: ``status`` and ``letters`` (a page of what was set aside).

        ``refused`` is what was refused upstream, the first of each forwarder, each with its name.

        With them come ``storage`` and ``versions``, None to who doesn't operate it. While the
        warehouse can't be asked, what only it knows is None: just then this is looked at.
        """
        await self.permit(Resource.STATUS)
        await self.permit(Resource.DEAD_LETTERS)
        services, credential = self._services, self._credential

        def ask() -> Answer:
            measured = self._measures() if self.may(Resource.STORAGE) else {}
            return {
                "status": status_of(services, credential),
                "refused": self._refused(),
                "letters": _if_reachable(lambda: set_aside(services, credential, LETTERS_SHOWN)),
                "storage": measured.get("storage"),
                "versions": measured.get("versions"),
            }

        return await asyncio.to_thread(ask)

    def _refused(self) -> list[Answer]:
        if not self.may(Resource.FORWARDERS):
            return []
        forwarders = self._services.forwarders
        return [
            {"forwarder": state.definition.name, **letter_shown(letter)}
            for state in forwarders.all()
            for letter in forwarders.letters(state, limit=LETTERS_SHOWN)
        ]

    async def retry_refused(self) -> int:
        """Have all that was refused upstream tried again; gives how many."""
        await self.permit(Resource.FORWARDER_RETRY)
        forwarders = self._services.forwarders

        def retry() -> int:
            return sum(forwarders.retry(state.definition.name) for state in forwarders.all())

        return await asyncio.to_thread(retry)

    def _measures(self) -> Answer:
        until, measured = self._measured
        if until < monotonic():
            measured = {
                "storage": _if_reachable(lambda: storage_of(self._services)),
                "versions": _if_reachable(lambda: versions_of_server(self._services)),
            }
            lasts = MEASURED_SECONDS if all(measured.values()) else 0.0
            self._measured = monotonic() + lasts, measured
        return measured

    async def retry(self) -> dict[str, int]:
        """Try again what was set aside; raises ApiError 409."""
        await self.permit(Resource.RETRY)
        return await asyncio.to_thread(retried, self._services, self._credential)

    # Apps --------------------------------------------------------------------------------------

    async def apps(self) -> Answer:
        """Give the register of the store's apps: all, or the vendor's own."""
        asker = await self.permit(Resource.APPS)
        among = None if asker.own is None else asker.own.apps
        return await asyncio.to_thread(registered, self._services, asker.store, among)

    async def check(self, text: str) -> Answer:
        """Tell what statements would mean, as POST /v1/profile/check does; raises ApiError 413."""
        await self.permit(Resource.PROFILE_CHECK)
        return await asyncio.to_thread(
            checked, self._services.record, self._credential, text.encode()
        )

    async def credentials(self) -> Sequence[Credential]:
        """List the credentials of the vendor's own app."""
        return await self._with_credentials(AppCredentials.list)

    async def make_credential(self, scopes: Iterable[str]) -> tuple[Credential, str]:
        """Make a credential for the vendor's own app; gives it with its secret."""
        return await self._with_credentials(lambda own: own.make(scopes))

    async def rotate_credential(self, key: str, *, at_once: bool) -> str:
        """Give a credential of the vendor's own app a new secret."""
        return await self._with_credentials(lambda own: own.rotate(key, at_once=at_once))

    async def revoke_credential(self, key: str) -> None:
        """Revoke a credential of the vendor's own app."""
        await self._with_credentials(lambda own: own.revoke(key))

    async def _with_credentials(self, change: Callable[[AppCredentials], _Result]) -> _Result:
        await self.permit(Resource.CREDENTIALS)
        own = AppCredentials(self._services.credentials, self._credential)
        return await asyncio.to_thread(change, own)


def _if_reachable(ask: Callable[[], _Result]) -> _Result | None:
    """Give what the warehouse answers, None where it doesn't."""
    try:
        return ask()
    except ApiError:
        raise
    except Exception:
        _log.warning("the warehouse can't be asked how it is", exc_info=True)
        return None
