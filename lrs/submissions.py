"""A submission: what one request wants written, done whole or not at all."""

from collections.abc import Callable, Sequence

import msgspec

from lrs.declarations import Declaration, DeclarationsStored
from lrs.documents import DocumentChange, DocumentChanged
from lrs.drafts import Draft
from lrs.profiles.findings import Report


class Stored(msgspec.Struct, frozen=True):
    """What became of stored statements: ids in the order given, and the newest position."""

    statement_ids: list[str]
    position: int


class Submission:
    """What one request wants written in a store, and who is told of the outcome.

    `settled` is called once, from the committing thread, when the outcome is durable.
    """

    __slots__ = ("outcome", "settled", "store")

    def __init__(self, store: str, settled: Callable[["Submission"], None]) -> None:
        self.store = store
        self.settled = settled
        self.outcome: Stored | DocumentChanged | DeclarationsStored | Exception | None = None

    @property
    def size(self) -> int:
        """How much of a group it takes, in events."""
        return 1


class StatementSubmission(Submission):
    """The statements of one request, and what was found in them that is to be counted."""

    __slots__ = ("drafts", "report")

    def __init__(
        self,
        store: str,
        drafts: list[Draft],
        settled: Callable[[Submission], None],
        report: Report | None = None,
    ) -> None:
        super().__init__(store, settled)
        self.drafts = drafts
        self.report = report

    @property
    def size(self) -> int:
        """How much of a group it takes, in events."""
        return len(self.drafts)


class DocumentSubmission(Submission):
    """The change of a document, or of all documents of a scope."""

    __slots__ = ("change",)

    def __init__(
        self, store: str, change: DocumentChange, settled: Callable[[Submission], None]
    ) -> None:
        super().__init__(store, settled)
        self.change = change


class DeclarationSubmission(Submission):
    """Declarations, and (JSON, on one line) who makes them.

    `seen` is a kind and the position of its newest declaration in the store that they go together
    with: where there is a newer one they are not stored.
    """

    __slots__ = ("authority", "declarations", "seen")

    def __init__(
        self,
        store: str,
        declarations: Sequence[Declaration],
        authority: bytes,
        settled: Callable[[Submission], None],
        seen: tuple[str, int] | None = None,
    ) -> None:
        super().__init__(store, settled)
        self.declarations = declarations
        self.authority = authority
        self.seen = seen

    @property
    def size(self) -> int:
        """How much of a group it takes, in events."""
        return len(self.declarations)


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
