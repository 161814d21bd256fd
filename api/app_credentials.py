"""The credentials of a vendor's own app: listed, made, given new secrets, revoked by the vendor.

A vendor hands on no more than it has: of what is not its own app's, or may more than itself, it
learns nothing and changes nothing.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from api.errors import ApiError
from api.roles import roles_of
from lrs.credentials import Credential, Credentials, RevokedCredentialError
from lrs.holders import VENDOR

MOST: Final = 20  # good credentials of an app: each has a rate of its own
GRACE_SECONDS: Final = 3_600.0  # for which the secret before proves too, unless it is to end now


class AppCredentials:
    """The credentials of one app, for the vendor who has `own`, a credential of it."""

    def __init__(self, credentials: Credentials, own: Credential) -> None:
        self._credentials = credentials
        self._own = own

    def list(self) -> Sequence[Credential]:
        """List those that the vendor may change, oldest first, revoked ones too."""
        return [one for one in self._credentials.list() if self._is_own(one)]

    def make(self, scopes: Iterable[str]) -> tuple[Credential, str]:
        """Make one that may what is named; gives it with its secret, which is not shown again.

        Rate, check and role are the own one's. Raises ApiError 400, 403, 409.
        """
        own, wanted = self._own, frozenset(scopes)
        if beyond := wanted - own.scopes:
            message = f"you don't have {', '.join(sorted(beyond))} yourself"
            raise ApiError(403, message, refusal="beyond_own_scopes")
        if not wanted:
            raise ApiError(400, "name at least one scope", refusal="no_scope")
        if sum(one.revoked is None for one in self.list()) >= MOST:
            message = f"an app has at most {MOST} credentials: revoke one first"
            raise ApiError(409, message, refusal="many_credentials")
        return self._credentials.add(
            own.store,
            own.app,
            wanted,
            rate=own.rate,
            profile_check=own.profile_check,
            vendor=own.vendor,
            title=own.title,
            holder=own.holder,
        )

    def rotate(self, key: str, *, at_once: bool = False) -> str:
        """Give one a new secret, which is not shown again; the one before ends in an hour, or now.

        Raises ApiError 404, 409.
        """
        self._demand(key)
        try:
            return self._credentials.rotate(key, 0.0 if at_once else GRACE_SECONDS)
        except RevokedCredentialError as error:
            raise ApiError(409, str(error), refusal="credential_revoked", value=key) from None

    def revoke(self, key: str) -> None:
        """Revoke one, for good; raises ApiError 404."""
        self._demand(key)
        self._credentials.revoke(key)

    def _demand(self, key: str) -> None:
        found = self._credentials.find(key)
        if found is None or not self._is_own(found):
            message = f"your app has no credential with key {key}"
            raise ApiError(404, message, refusal="no_credential", value=key)

    def _is_own(self, one: Credential) -> bool:
        own = self._own
        is_of_app = (one.store, one.app) == (own.store, own.app)
        return is_of_app and roles_of(one) <= {VENDOR} and one.scopes <= own.scopes
