"""How a whole district is posted: the apps' statements filled in from parts, on many connections.

The sample apps build each statement with tincan and post by one connection, as apps do; for some
million statements that takes hours. Here the very same acts go out as JSON that is put together
from parts which tincan has built once.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from api.imports.posting import Endpoint, Outgoing, Poster
from apps.teaching import Act


class DistrictPosting:
    """Posts rounds of acts, one after the other, each over several connections."""

    def __init__(self, endpoint: str, credentials: Mapping[str, tuple[str, str]]) -> None:
        self._endpoints = {app: Endpoint(endpoint, *pair) for app, pair in credentials.items()}

    def post(self, app: str, acts: Iterable[tuple[UUID, Act]]) -> int:
        """Post acts as an app, each class's in their order; give their number.

        Raises ``StatementRefused``; ``api.imports.posting.PostingStopped`` when posting can't go
        on; and ``KeyError`` for an app without a credential.
        """
        refusals: list[str] = []
        poster = Poster(
            self._endpoints[app], on_refused=lambda refusal: refusals.append(str(refusal))
        )
        summary = poster.post(
            Outgoing(act.json(identity), learner=act.class_group, place=str(identity))
            for identity, act in acts
        )
        if refusals:
            raise StatementRefused(refusals[0])
        return summary.posted


class StatementRefused(Exception):
    """The record refused a statement of the demo; the text says which rule it breaks."""
