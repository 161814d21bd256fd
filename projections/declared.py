"""What declarations of each kind become: rows of the tables that are about them."""

from collections.abc import Callable, Mapping
from typing import Final

from lrs.declarations import DeclarationVersion
from projections import identities
from projections.evaluation import published_schemes
from projections.rosters import rows as roster_rows
from projections.tables import Row

# From store, declaration and its log position to rows by table; raises where the content is wrong.
ReadDeclaration = Callable[[str, DeclarationVersion, int], Mapping[str, list[Row]]]

# By kind. One that isn't here makes no rows, be it of a later release.
_READ: Final[Mapping[str, ReadDeclaration]] = {
    **identities.DECLARED,
    **roster_rows.DECLARED,
    **published_schemes.DECLARED,
}


def declared_rows(
    store: str, declaration: DeclarationVersion, position: int
) -> Mapping[str, list[Row]]:
    """Give the rows that a declaration makes, by table; a withdrawn one's say that there is none.

    Raises what reading raises where the content isn't what its kind asks for.
    """
    read = _READ.get(declaration.kind)
    return {} if read is None else read(store, declaration, position)
