"""How a sample app posts: the ``tincan`` client with the app's own credential."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Protocol
from uuid import UUID

from tincan import RemoteLRS, Statement
from tincan.lrs_response import LRSResponse

from apps.teaching import XAPI_VERSION, Act

BATCH_SIZE = 50


class Posting(Protocol):
    """A way in which the apps' acts come to a record."""

    def post(self, app: str, acts: Iterable[tuple[UUID, Act]]) -> int:
        """Post acts as an app, in their order; give their number."""


class AppClient:
    """An app's connection to the record at ``endpoint``, such as ``http://localhost:8080/xapi``."""

    def __init__(self, endpoint: str, key: str, secret: str) -> None:
        self.lrs = RemoteLRS(version=XAPI_VERSION, endpoint=endpoint, username=key, password=secret)

    def post_one_by_one(self, statements: Iterable[Statement]) -> int:
        """Post each statement by itself, as an app does while things happen; give their number."""
        number = 0
        for statement in statements:
            _accepted(self.lrs.save_statement(statement))
            number += 1
        return number

    def post_in_batches(self, statements: Iterable[Statement]) -> int:
        """Post statements ``BATCH_SIZE`` at a time, in their order; give their number."""
        rest = iter(statements)
        number = 0
        while batch := list(islice(rest, BATCH_SIZE)):
            self._post(batch)
            number += len(batch)
        return number

    def _post(self, batch: Sequence[Statement]) -> None:
        _accepted(self.lrs.save_statements(batch))


class TincanPosting:
    """Posts with tincan: an app's first round statement by statement, the rest in batches."""

    def __init__(self, endpoint: str, credentials: Mapping[str, tuple[str, str]]) -> None:
        self._clients = {app: AppClient(endpoint, *pair) for app, pair in credentials.items()}
        self._posted: set[str] = set()

    def post(self, app: str, acts: Iterable[tuple[UUID, Act]]) -> int:
        """Post acts as an app, in their order; give their number.

        Raises ``RefusedError``, and ``KeyError`` for an app without a credential.
        """
        client = self._clients[app]
        post = client.post_in_batches if app in self._posted else client.post_one_by_one
        self._posted.add(app)
        return post(act.statement(identity) for identity, act in acts)


def _accepted(response: LRSResponse) -> None:
    if not response.success:
        raise RefusedError(response.response.status, response.data)


class RefusedError(Exception):
    """The record refused what an app posted."""

    def __init__(self, status: int, answer: bytes | str) -> None:
        text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
        super().__init__(f"the record refused it with status {status}: {text}")
        self.status = status
