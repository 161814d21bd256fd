"""From the body of a request to drafts: decoded, validated, and told what is wrong with it."""

from collections.abc import Collection
from typing import Any

import msgspec

from api.errors import ApiError, broken_rule
from lrs.attachment_rules import attached_to, check_attached, check_signature_type, has_attachments
from lrs.drafts import Authority, Draft, draft_statement
from lrs.json_input import decode_batch
from lrs.validation import Violation, validate_statement
from lrs.versions import Version


class Batch(msgspec.Struct, frozen=True):
    """The valid statements of a body, as received and decoded.

    `attaching` are those with attachments, by JSON path.
    """

    received: list[bytes]
    statements: list[dict[str, Any]]
    attaching: dict[str, dict[str, Any]]


class Drafting(msgspec.Struct, frozen=True, kw_only=True):
    """Who posts, in which version and within which limits.

    `statement_id` is the parameter of PUT, None in a POST. `defines` tells whether the definitions
    in statements count for the activities.
    """

    store: str
    authority: Authority
    version: Version
    statement_id: str | None
    defines: bool
    maximum_batch: int
    maximum_depth: int

    def drafts_without_data(self, body: bytes) -> list[Draft]:
        """Turn a body that no attachment's data comes with into drafts.

        Raises ApiError 400 naming path, rule and value, or 413.
        """
        batch = self.read(body)
        self.check_attached(batch, ())
        return self.drafts(batch, ())

    def read(self, body: bytes) -> Batch:
        """Decode and validate a body; raises ApiError 400, 413."""
        attaching: dict[str, dict[str, Any]] = {}
        try:
            decoded, received = decode_batch(body, max_depth=self.maximum_depth)
            if isinstance(decoded, list) and self.statement_id is None:
                statements, place = decoded, "$[{}]"
            else:
                statements, received, place = [decoded], [body], "$"
            self._check_number(statements)
            for index, statement in enumerate(statements):
                path = place.format(index)
                validate_statement(statement, self.version, path=path)
                if has_attachments(statement):
                    check_signature_type(statement, self.version, path)
                    attaching[path] = statement
        except Violation as violation:
            raise broken_rule(violation) from None
        if self.statement_id is not None:
            _check_same_id(statements[0], self.statement_id)
        else:
            _check_distinct_ids(statements)
        return Batch(received, statements, attaching)

    def check_attached(self, batch: Batch, received: Collection[str]) -> None:
        """Check that the attachments came that have to; raises ApiError 400.

        `received` is the SHA-2 of those whose bytes came.
        """
        try:
            for path, statement in batch.attaching.items():
                check_attached(statement, received, self.version, path)
        except Violation as violation:
            raise broken_rule(violation) from None

    def drafts(self, batch: Batch, received: Collection[str]) -> list[Draft]:
        """Draft the statements of a body."""
        return [
            draft_statement(
                raw,
                statement,
                store=self.store,
                authority=self.authority,
                version=self.version,
                statement_id=self.statement_id,
                defines=self.defines,
                attached=attached_to(statement, received) if received else (),
            )
            for raw, statement in zip(batch.received, batch.statements, strict=True)
        ]

    def _check_number(self, statements: list[Any]) -> None:
        if len(statements) > self.maximum_batch:
            raise ApiError(
                413,
                f"the batch holds {len(statements)} statements, over {self.maximum_batch}",
                rule="a batch is at most XUEJI_MAXIMUM_BATCH statements",
            )


def _check_same_id(statement: dict[str, Any], statement_id: str) -> None:
    inner = statement.get("id", statement_id)
    if inner.lower() != statement_id.lower():
        raise ApiError(
            400,
            f"the statement's id {inner} is not the statementId {statement_id}",
            path="$.id",
            rule="the id in the statement, where there is one, is the statementId parameter",
            section="xAPI 1.0.3 Communication 2.1.1",
            value=inner,
        )


def _check_distinct_ids(statements: list[dict[str, Any]]) -> None:
    seen: set[str] = set()
    for index, statement in enumerate(statements):
        given = statement.get("id")
        if given is None:
            continue
        if given.lower() in seen:
            raise ApiError(
                400,
                f"the id {given} stands twice in the batch",
                path=f"$[{index}].id",
                rule="an id stands once in a batch",
                section="IEEE 9274.1.1 4.1.6.1",
                value=given,
            )
        seen.add(given.lower())
