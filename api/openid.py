"""Signing people in by an OpenID provider: the authorisation-code flow with PKCE.

OpenID Connect Core 1.0, 3.1; PKCE is RFC 7636; what else is held to is the advice of RFC 9700. The
issuer is the one of bearer tokens (`bearer.py`), and an ID token's claims say who somebody is as
theirs do. Nothing of a code or token is logged. The server keeps an ID token with its session,
because signing out names it to the provider (RP-Initiated Logout 1.0).
"""

import secrets
from base64 import urlsafe_b64encode
from hashlib import sha256
from hmac import compare_digest
from time import time
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

import httpx
import msgspec

from api.bearer import (
    FETCH_TIMEOUT,
    InvalidToken,
    Issuer,
    IssuerUnreachable,
)
from api.settings import Settings
from lrs.credentials import Credential

PATIENCE: Final = 600.0  # seconds that somebody may take to sign in there


class Begun(msgspec.Struct, frozen=True):
    """A sign-in that has begun in one browser, kept by the browser until it is back."""

    state: str
    nonce: str
    verifier: str
    wanted: str  # the page to go to then
    redirect: str  # the address that the browser comes back to
    until: float  # seconds since 1970 UTC


class SignedIn(NamedTuple):
    """Who has signed in, and the token that says so."""

    credential: Credential
    id_token: str


class SignInRefused(Exception):
    """The provider, or what it says, signs nobody in; the reason quotes no token."""


def begin(wanted: str, redirect: str) -> Begun:
    """Make what a sign-in is known by when the browser is back."""
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    return Begun(state, nonce, verifier, wanted, redirect, time() + PATIENCE)


class Provider:
    """The provider of the settings, as people sign in by it."""

    def __init__(self, settings: Settings, issuer: Issuer) -> None:
        self._settings = settings
        self._issuer = issuer

    async def address(self, begun: Begun) -> str:
        """Give the address at the provider that the browser is sent to.

        Raises IssuerUnreachable.
        """
        challenge = urlsafe_b64encode(sha256(begun.verifier.encode()).digest()).rstrip(b"=")
        query = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": begun.redirect,
            "scope": self._settings.oidc_sign_in_scope,
            "state": begun.state,
            "nonce": begun.nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        return _with_query(await self._endpoint("authorization_endpoint"), query)

    async def leaving(self, id_token: str, redirect: str) -> str | None:
        """Give the address at the provider where a session ends there too, and that leads back.

        None where the provider offers none, or can't be asked (RP-Initiated Logout 1.0, 2).
        """
        try:
            endpoint = await self._endpoint("end_session_endpoint")
        except IssuerUnreachable:
            return None
        query = {
            "id_token_hint": id_token,
            "client_id": self._settings.oidc_client_id,
            "post_logout_redirect_uri": redirect,
        }
        return _with_query(endpoint, query)

    async def signed_in(self, begun: Begun, answered: dict[str, str]) -> SignedIn:
        """Give who has signed in, by what the browser has brought back.

        Raises SignInRefused, IssuerUnreachable.
        """
        if begun.until < time():
            raise SignInRefused("it took too long")
        if not compare_digest(answered.get("state", "").encode(), begun.state.encode()):
            raise SignInRefused("the answer is not to what this browser asked")
        # RFC 9207: where the provider says who it is, it has to be the one that was asked.
        if answered.get("iss", self._settings.oidc_issuer) != self._settings.oidc_issuer:
            raise SignInRefused("another provider has answered")
        if "code" not in answered:
            raise SignInRefused("the provider has not signed anybody in")
        token = await self._id_token(begun, answered["code"])
        try:
            return SignedIn(await self._issuer.identify(token, begun.nonce), token)
        except InvalidToken as error:
            raise SignInRefused(f"the ID token is not valid: {error}") from None

    async def _id_token(self, begun: Begun, code: str) -> str:
        settings, endpoint = self._settings, await self._endpoint("token_endpoint")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": begun.redirect,
            "code_verifier": begun.verifier,
            "client_id": settings.oidc_client_id,
        }
        secret = settings.oidc_client_secret
        # RFC 6749, 2.3.1: both are percent-encoded first.
        auth = httpx.BasicAuth(quote(settings.oidc_client_id), quote(secret)) if secret else None
        try:
            async with httpx.AsyncClient(timeout=FETCH_TIMEOUT) as client:
                answer = await client.post(
                    endpoint, data=form, auth=auth or httpx.USE_CLIENT_DEFAULT
                )
            if answer.is_server_error:
                raise IssuerUnreachable(1)
            given = answer.json() if answer.status_code == 200 else None
        except (httpx.HTTPError, httpx.InvalidURL):
            raise IssuerUnreachable(1) from None
        except ValueError:
            given = None
        token = given.get("id_token") if isinstance(given, dict) else None
        if not isinstance(token, str):
            raise SignInRefused("the provider gives no ID token for this code")
        return token

    async def _endpoint(self, name: str) -> str:
        endpoint = (await self._issuer.discovered()).get(name)
        if not isinstance(endpoint, str) or not endpoint.startswith(("https://", "http://")):
            raise IssuerUnreachable(1)
        return endpoint


def _with_query(endpoint: str, query: dict[str, str]) -> str:
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"
