"""Who asks, and what they may: credentials proved in one place, scopes demanded in one place.

Proved by HTTP Basic with a key and secret of the record's own, or by a bearer token of the issuer
that the settings name. Rates are kept here too, so that no way in goes around them.
"""

import asyncio
import binascii
from base64 import b64decode
from hmac import compare_digest
from typing import Any, Final

from starlette.requests import Request
from starlette.types import Scope

from api.bearer import InvalidToken, Issuer, IssuerUnreachable
from api.errors import ApiError
from api.settings import Settings
from api.xapi.limits import RateLimits
from lrs.credentials import REMEMBER_SECONDS, Credential, Credentials, is_store_name
from lrs.drafts import Authority, make_authority
from lrs.request_counts import RequestCounts

# What each kind of request asks for: one of these scopes (xAPI 1.0.3 Communication 4.2).
WRITE_STATEMENTS: Final = ("statements/write", "all")
READ_STATEMENTS: Final = ("statements/read", "all/read", "all")
READ_OWN_STATEMENTS: Final = ("statements/read/mine", *READ_STATEMENTS)
STATE: Final = ("state", "all")
READ_STATE: Final = ("state", "all/read", "all")
PROFILE: Final = ("profile", "all")
READ_PROFILE: Final = ("profile", "all/read", "all")
# Whose statements change what the record says of an activity or actor.
DEFINE: Final = ("define", "all")
# The Activities and Agents resources tell what all apps' statements say together: nothing new to
# who reads every statement, and what `define` is about. `statements/read/mine`, `state` and
# `profile` are limited to the app's own, so that they open neither.
READ_DEFINITIONS: Final = ("define", "statements/read", "all/read", "all")
READ_PROJECTIONS: Final = ("projections/read", "all/read", "all")
READ_ALL: Final = ("all/read", "all")
# Generations hold every store's rows: who makes, promotes and drops them operates the server.
OPERATE: Final = ("operate",)
DECLARE: Final = ("operate", "all")  # what a district declares, in the credential's own store
RETRY: Final = ("operate", "all")  # what was set aside: of all stores, or of the credential's own

ASKING: Final = "xueji.credential"  # in a request's scope, once it is proved

# From this age on, in seconds, a credential in use is looked up anew while it still serves.
REFRESH_SECONDS: Final = REMEMBER_SECONDS / 2

_BASIC: Final = 'Basic realm="xueji", charset="UTF-8"'
_BEARER: Final = 'Bearer realm="xueji"'


async def demand(
    request: Request, scopes: tuple[str, ...], *, is_counted: bool = True
) -> Credential:
    """Give the credential of a request that holds one of `scopes`.

    What is looked at again in the course of one request isn't counted. Raises ApiError 401 or 403,
    429 where it asks too often, 503 where a token's issuer can't be reached.
    """
    keeper = doorkeeper(request.app)
    credential = await (keeper.admit(request) if is_counted else keeper.prove(request))
    check_scopes(credential, scopes)
    return credential


def check_scopes(credential: Credential, scopes: tuple[str, ...]) -> None:
    """Raise ApiError 403 where a credential holds none of `scopes`."""
    if not credential.may(*scopes):
        raise ApiError(
            403,
            f"this credential lacks the scope for it: one of {', '.join(scopes)}",
            scopes=sorted(credential.scopes),
        )


def named_store(credential: Credential, named: str) -> str:
    """Give the store that a credential asks about: its own, or one that an operator names.

    Raises ApiError 400, 403.
    """
    if credential.may(*OPERATE) and named:
        if not is_store_name(named):
            raise ApiError(400, f"parameter 'store': {named[:100]!r} names no store", value=named)
        return named
    if not credential.store:
        raise ApiError(400, "parameter 'store': an operator says which store it is about")
    if named not in ("", credential.store):
        raise ApiError(403, "a credential asks about its own store", value=named)
    return credential.store


def authority_of(request: Request, credential: Credential) -> Authority:
    """Give who vouches for what a credential posts: its app, by an account at this record."""
    settings: Settings = request.app.state.settings
    return make_authority(settings.home_page, credential.app)


def readable_authority(request: Request, credential: Credential) -> str | None:
    """Do as `authority_to_read`, of the application that a request is made to."""
    return authority_to_read(request.app.state.settings, credential)


def authority_to_read(settings: Settings, credential: Credential) -> str | None:
    """Give the key of the only authority whose statements a credential may read, its own.

    None where it may read all statements of its store.
    """
    if credential.may(*READ_STATEMENTS):
        return None
    return make_authority(settings.home_page, credential.app).key


class Doorkeeper:
    """Proves credentials and keeps them to their rates; one of these an application."""

    def __init__(self, settings: Settings, counts: RequestCounts) -> None:
        self._counts = counts
        self._limits = RateLimits(
            settings.rate_limit, settings.rate_burst, settings.failed_logins_per_minute
        )
        self._issuer = Issuer(settings) if settings.oidc_issuer else None
        self._looking: dict[str, asyncio.Task[Any]] = {}

    @property
    def issuer(self) -> Issuer | None:
        """The issuer of bearer tokens, where one is configured."""
        return self._issuer

    def count_failure(self, request: Request) -> None:
        """Count a failed login of a request's address; raises ApiError 429 for one too many."""
        self._limits.count_failure(request.client.host if request.client else "")

    async def admit(self, request: Request) -> Credential:
        """Give the credential that a request proves, and count it; raises ApiError."""
        credential = await self.prove(request)
        request.scope[ASKING] = credential
        if credential.holder is None:  # a person's asking is nothing of an app's
            self._counts.asked(credential.store, credential.app)
        self._limits.count_request(credential)
        return credential

    async def prove(self, request: Request) -> Credential:
        """Give the credential that a request proves; raises ApiError 401, 429, 503."""
        header = request.headers.get("authorization")
        if header is None:
            raise self._unproved("credentials are missing: send HTTP Basic key and secret")
        try:
            if operates(request, header):
                return OPERATOR
            if self._issuer is not None and header[:7].lower() == "bearer ":
                return await self._by_token(self._issuer, header[7:].strip())
            return await self._by_secret(header, request.app.state.credentials)
        except ApiError as error:
            if error.status == 401:
                self.count_failure(request)
            raise

    async def _by_secret(self, header: str, credentials: Credentials) -> Credential:
        pair = basic_pair(header)
        if pair is None:
            also = "" if self._issuer is None else " or Bearer"
            raise self._unproved(f"the Authorization header is not HTTP Basic{also}")
        age = credentials.age(pair[0])
        if age > REFRESH_SECONDS:
            looking = self._look_up(pair[0], credentials)
            if age > REMEMBER_SECONDS:
                await asyncio.shield(looking)
        credential = credentials.check(*pair)
        if credential is None:
            raise self._unproved("key and secret are not valid")
        return credential

    def _look_up(self, key: str, credentials: Credentials) -> "asyncio.Task[Any]":
        """Look a key up outside the event loop, once for all who ask meanwhile."""
        looking = self._looking.get(key)
        if looking is None:
            looking = asyncio.create_task(asyncio.to_thread(credentials.look_up, key))
            self._looking[key] = looking
            looking.add_done_callback(lambda _: self._looking.pop(key))
        return looking

    async def _by_token(self, issuer: Issuer, token: str) -> Credential:
        try:
            return await issuer.prove(token)
        except InvalidToken as error:
            raise self._unproved(f"the bearer token is not valid: {error}", token=True) from None
        except IssuerUnreachable as error:
            raise ApiError(503, str(error), {"Retry-After": str(error.retry_after)}) from None

    def _unproved(self, message: str, *, token: bool = False) -> ApiError:
        challenges = _BASIC
        if self._issuer is not None:
            challenges += f', {_BEARER}, error="invalid_token"' if token else f", {_BEARER}"
        return ApiError(401, message, {"WWW-Authenticate": challenges})


# Whoever can read the running server's own file: any store's projections, but nothing of xAPI.
OPERATOR: Final = Credential(
    "operator", "", "xueji", frozenset({"operate", "projections/read"}), 0, rate=0.0
)


def operates(request: Request, header: str) -> bool:
    """Tell whether an Authorization header has the token of this running server's operator."""
    token: str | None = getattr(request.app.state, "operator_token", None)
    return token is not None and compare_digest(header.encode(), f"Bearer {token}".encode())


def doorkeeper(application: Any) -> Doorkeeper:
    """Give the application's doorkeeper, made for its first request."""
    state = application.state
    keeper: Doorkeeper | None = getattr(state, "doorkeeper", None)
    if keeper is None:
        keeper = state.doorkeeper = Doorkeeper(state.settings, state.request_counts)
    return keeper


def count_refusal(scope: Scope, error: ApiError) -> None:
    """Count an error of a request whose credential was proved, for the register of apps.

    Rules are counted of xAPI only, where they are sentences of the specification's.
    """
    credential: Credential | None = scope.get(ASKING)
    if credential is None or credential.holder is not None:
        return
    is_of_xapi = scope.get("root_path", "").endswith("/xapi")
    rule = str(error.details.get("rule", "")).partition(";")[0] if is_of_xapi else ""
    counts: RequestCounts = scope["app"].state.request_counts
    counts.refused(credential.store, credential.app, error.status, rule)


def basic_pair(header: str) -> tuple[str, str] | None:
    """Read key and secret from an Authorization header."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    key, colon, secret = text.partition(":")
    return (key, secret) if colon else None
