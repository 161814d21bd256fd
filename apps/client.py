"""How a sample app posts: the ``tincan`` client with the app's own credential."""

from collections.abc import Iterable, Sequence
from itertools import islice

from tincan import RemoteLRS, Statement
from tincan.lrs_response import LRSResponse

BATCH_SIZE = 50


class AppClient:
    """An app's connection to the record at ``endpoint``, such as ``http://localhost:8080/xapi``."""

    def __init__(self, endpoint: str, key: str, secret: str) -> None:
        self.lrs = RemoteLRS(version="1.0.3", endpoint=endpoint, username=key, password=secret)

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


def _accepted(response: LRSResponse) -> None:
    if not response.success:
        raise RefusedError(response.response.status, response.data)


class RefusedError(Exception):
    """The record refused what an app posted."""

    def __init__(self, status: int, answer: bytes | str) -> None:
        text = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
        super().__init__(f"the record refused it with status {status}: {text}")
        self.status = status
