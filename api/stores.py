"""Which store a request is about: one's own, and for operators the one that they name."""

from typing import Annotated

from fastapi import Query

from api.authentication import OPERATE
from api.errors import ApiError
from lrs.credentials import Credential, is_store_name

Store = Annotated[str, Query(description="Which store, for operators; others have their own.")]


def chosen_store(credential: Credential, named: str) -> str:
    """Give the store that is meant; raises ApiError 400, 403."""
    if named and not is_store_name(named):
        raise ApiError(400, f"parameter 'store': {named[:100]!r} is no store's name", value=named)
    if not named and not credential.store:
        raise ApiError(400, "parameter 'store' is needed", rule="an operator names the store")
    if named and named != credential.store and not credential.may(*OPERATE):
        raise ApiError(403, "this credential is of another store", value=named)
    return named or credential.store
