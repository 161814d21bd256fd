"""Pages: how many records are asked for, behind which one; the cursor that leads to the next page.

A cursor holds where the page before ended, and a hash of the query it came from: with another query
it is refused. It is opaque to who gets it.
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import Annotated, Any, Final, TypeVar

import orjson
from fastapi import Depends, Query, Request

from api.errors import ApiError

LONGEST_PAGE: Final = 500
# What of a query may differ from page to page.
_OF_THE_PAGE: Final = frozenset({"cursor", "limit", "after"})
_RULE: Final = "a cursor is the `next` of the page before, of the same query"

Record = TypeVar("Record")
Place = Sequence[str | int | float]  # what the order of a list is by, of its last record


class Page:
    """The page of a list that a request asks for.

    `place` is behind which record it begins, None for the first page; it has as many members as
    the list gives to `next`, of the same types.
    """

    def __init__(self, query: bytes, limit: int, cursor: str | None) -> None:
        self._query = blake2b(query, digest_size=9).digest()
        self._cursor = cursor
        self.limit = limit

    def place(self, *types: type) -> tuple[Any, ...] | None:
        """Give where the page begins, which has members of these types; raises ApiError 400."""
        if not self._cursor:
            return None
        try:
            content = base64.b64decode(self._cursor.encode(), b"-_", validate=True)
            place = orjson.loads(content[9:])
        except (binascii.Error, ValueError):
            raise self._refused() from None
        is_own = content[:9] == self._query
        if not is_own or [type(one) for one in place] != list(types):
            raise self._refused()
        return tuple(place)

    def next(self, place: Place | None) -> str | None:
        """Give the cursor of the page that begins behind a place; None where there is none."""
        if place is None:
            return None
        return base64.b64encode(self._query + orjson.dumps(list(place)), b"-_").decode()

    def cut(
        self, listed: Iterable[Record], place_of: Callable[[Record], tuple[Any, ...]], *types: type
    ) -> tuple[list[Record], str | None]:
        """Cut the page out of a whole list, and give the cursor of the next; raises ApiError 400.

        The list is in the order of each record's place, which has members of these types.
        """
        place = self.place(*types)
        left = [one for one in listed if place is None or place_of(one) > place]
        page = left[: self.limit]
        return page, self.next(place_of(page[-1]) if len(left) > len(page) else None)

    def _refused(self) -> ApiError:
        shown = (self._cursor or "")[:100]
        return ApiError(
            400,
            f"parameter 'cursor': {shown!r} is not the `next` of a page of this query",
            rule=_RULE,
            value=shown,
        )


def asked_page(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=LONGEST_PAGE, description="Records on a page.")] = 50,
    cursor: Annotated[
        str | None, Query(description="The `next` of the page before, of the same query.")
    ] = None,
) -> Page:
    """Give the page that a request's parameters ask for."""
    query = sorted(
        pair for pair in request.query_params.multi_items() if pair[0] not in _OF_THE_PAGE
    )
    return Page(orjson.dumps([request.url.path, query]), limit, cursor)


Paged = Annotated[Page, Depends(asked_page)]
