"""A submission: the statements of one request, stored whole or not at all."""

from collections.abc import Callable

import msgspec

from lrs.drafts import Draft


class Stored(msgspec.Struct, frozen=True):
    """What became of a stored submission: ids in the order given, and the newest position."""

    statement_ids: list[str]
    position: int


class Submission:
    """Drafts of one request, and who is told of the outcome.

    `settled` is called once, from the committing thread, when the outcome is durable.
    """

    __slots__ = ("drafts", "outcome", "settled", "store")

    def __init__(
        self, store: str, drafts: list[Draft], settled: Callable[["Submission"], None]
    ) -> None:
        self.store = store
        self.drafts = drafts
        self.settled = settled
        self.outcome: Stored | Exception | None = None


class StatementConflictError(Exception):
    """A statement with this id but other content is in the record (409)."""

    def __init__(self, statement_id: str) -> None:
        super().__init__(f"statement {statement_id} is already stored with other content")
        self.statement_id = statement_id


class VoidingError(Exception):
    """A voiding statement targets a voiding statement (400)."""

    def __init__(self, statement_id: str) -> None:
        super().__init__(f"statement {statement_id} is a voiding statement and can't be voided")
        self.statement_id = statement_id
