"""A person's responses to items: the answers known to be right or wrong, and the corrections."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from projections.warehouse import Generation

CORRECTED: Final = "homework_corrected"


class Response(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """An answer to an item, or a correction of one, or of the homework it stands in.

    ``success`` is None only for a correction of which nobody says whether it was right.
    """

    time: int  # microseconds since 1970 UTC
    statement: str
    ordinal: int
    action: str  # "answer" or "homework_corrected"
    item: str
    part_of: str
    lesson: str
    subject: str
    knowledge_points: tuple[str, ...]
    layer: str
    app: str
    response: str
    success: bool | None
    duration: float | None  # seconds

    @property
    def order(self) -> tuple[int, str, int]:
        """The order in which they happened, as facts are folded."""
        return (self.time, self.statement, self.ordinal)

    @property
    def is_correction(self) -> bool:
        """Whether it corrects, rather than answers."""
        return self.action == CORRECTED


_NAMES: Final = Response.__struct_fields__
_POINTS: Final = _NAMES.index("knowledge_points")


def responses_of(generation: Generation, store: str, accounts: Sequence[str]) -> list[Response]:
    """Give all responses of a person's accounts, in the order in which they happened."""
    rows = generation.query("responses_of", store=store, accounts=list(accounts))
    responses = [_response(row) for row in rows]
    responses.sort(key=lambda one: one.order)
    return responses


def corrected_with(item: str, answers: Iterable[Response]) -> set[str]:
    """Give what else a correction may be of, to be one of an item: the homework it stands in.

    ``answers`` are those to the item.
    """
    return {answer.part_of for answer in answers if answer.part_of} - {item}


def _response(row: tuple[Any, ...]) -> Response:
    return Response(
        **dict(zip(_NAMES, row, strict=True)) | {"knowledge_points": tuple(row[_POINTS])}
    )
