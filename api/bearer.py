"""Bearer tokens: who a signed token of the configured issuer says is asking, in which store.

OpenID Connect Discovery 1.0 finds the issuer's keys (RFC 7517), tokens are checked as RFC 8725
advises, and refusals follow RFC 6750. Nothing of a token is logged.
"""

import asyncio
import json
import math
from collections.abc import Callable, Mapping
from hashlib import blake2b
from hmac import compare_digest
from time import monotonic, time
from typing import Any, Final, Generic, TypeVar

import httpx
import jwt
import msgspec

from api.settings import Settings
from lrs.credentials import SCOPES, Credential, is_store_name
from lrs.holders import VENDOR, Holder, checked, narrowed_scopes

# Seconds that what an issuer publishes is good for once fetched, and that pass at least between two
# attempts to fetch it: so seldom can strangers, with made-up key ids, have us ask the issuer.
KEYS_LIVE: Final = 300.0
FETCH_PAUSE: Final = 10.0
FETCH_TIMEOUT: Final = 5.0  # seconds, of each step
FETCH_MOST: Final = 1024 * 1024  # bytes

# Checking a token costs more than storing a statement: one that was good is for so many seconds,
# unless it expires before.
PROVED_LIVE: Final = 10.0
_MOST_PROVED: Final = 10_000

LEEWAY: Final = 10  # seconds that the issuer's clock may differ
LONGEST_TOKEN: Final = 16 * 1024  # characters
LONGEST_APP: Final = 200  # characters

# Whose signatures count, by type of key: only those that take a secret which we don't have.
ALGORITHMS: Final[Mapping[str, tuple[str, ...]]] = {
    "RSA": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    "EC": ("ES256", "ES384", "ES512"),
    "OKP": ("EdDSA",),
}


_Found = TypeVar("_Found")


class InvalidToken(Exception):
    """A token that proves nothing; the reason quotes none of it."""


class IssuerUnreachable(Exception):
    """The issuer's keys can't be had now; ask again in `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("the issuer of bearer tokens can't be reached to check this one")
        self.retry_after = retry_after


class SigningKey(msgspec.Struct, frozen=True):
    """A public key of the issuer, and the algorithms it may have signed by."""

    key: Any
    algorithms: tuple[str, ...]


class Issuer:
    """The issuer of the tokens that are accepted here."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._keys = IssuerKeys(settings.oidc_issuer, settings.oidc_jwks_url)
        self._discovered = Published(lambda: discovered(settings.oidc_issuer))
        self._tokens = jwt.PyJWT({"enforce_minimum_key_length": True})
        self._proved: dict[bytes, tuple[float, Credential]] = {}  # by the hash of the token

    async def discovered(self) -> dict[str, Any]:
        """Give the issuer's discovery document, as it is or was a while ago.

        Raises IssuerUnreachable.
        """
        return await self._discovered.find()

    async def prove(self, token: str) -> Credential:
        """Give the credential a token proves; raises InvalidToken, IssuerUnreachable."""
        if len(token) > LONGEST_TOKEN:
            raise InvalidToken(f"it is over {LONGEST_TOKEN} characters")
        name = blake2b(token.encode(), digest_size=32).digest()
        until, credential = self._proved.get(name, (-math.inf, None))
        if credential is None or until <= monotonic():
            claims = await self._read(token, self._settings.oidc_audience)
            credential = self._credential(claims)
            if len(self._proved) >= _MOST_PROVED:
                self._proved.clear()
            live = min(PROVED_LIVE, int(claims["exp"]) + LEEWAY - time())
            self._proved[name] = monotonic() + live, credential
        return credential

    async def identify(self, id_token: str, nonce: str) -> Credential:
        """Give the person whom an ID token names, who is signing in here (OIDC Core, 3.1.3.7).

        Raises InvalidToken, IssuerUnreachable.
        """
        if len(id_token) > LONGEST_TOKEN:
            raise InvalidToken(f"it is over {LONGEST_TOKEN} characters")
        client = self._settings.oidc_client_id
        claims = await self._read(id_token, client)
        given = claims.get("nonce")
        if not isinstance(given, str) or not compare_digest(given.encode(), nonce.encode()):
            raise InvalidToken("it was not made for this sign-in")
        if claims.get("azp", client) != client:
            raise InvalidToken("it was made for another client")
        credential = self._credential(claims)
        holder = credential.holder
        if holder is None:
            raise InvalidToken(f"it has no claim {self._settings.oidc_role_claim!r}")
        # Vendors of an app share its credentials: which one that is has to be said, not guessed.
        if holder.role == VENDOR and self._app(claims, self._settings.oidc_app_claim) is None:
            raise self._names_no_app()
        return credential

    async def _read(self, token: str, audience: str) -> dict[str, Any]:
        """Give the claims of a token for an audience whose signature and times are right."""
        try:
            header = jwt.get_unverified_header(token)
        except (jwt.PyJWTError, ValueError):
            raise InvalidToken("it is no signed JWT") from None
        key = await self._keys.find(header.get("kid"))
        if key is None:
            raise InvalidToken("it names no key that its issuer publishes")
        return self._claims(token, key, audience)

    def _claims(self, token: str, key: SigningKey, audience: str) -> dict[str, Any]:
        try:
            return self._tokens.decode(
                token,
                key.key,
                algorithms=key.algorithms,
                audience=audience,
                issuer=self._settings.oidc_issuer,
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud"]},
            )
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
            raise InvalidToken(_reason(error)) from None

    def _credential(self, claims: dict[str, Any]) -> Credential:
        settings = self._settings
        store = claims.get(settings.oidc_store_claim)
        if not isinstance(store, str) or not is_store_name(store):
            raise InvalidToken(f"its claim {settings.oidc_store_claim!r} names no store")
        app = self._app(claims, settings.oidc_app_claim, "azp", "sub")
        if app is None:
            raise self._names_no_app()
        scopes = _scopes(claims.get(settings.oidc_scope_claim))
        holder = self._holder(claims)
        return Credential(
            f"oidc:{app if holder is None else holder.person or claims.get('sub') or app}",
            store,
            app,
            scopes if holder is None else narrowed_scopes(holder, scopes),
            _microseconds(claims.get("iat")),
            holder=holder,
        )

    def _app(self, claims: dict[str, Any], *names: str) -> str | None:
        """Give what the first of some claims says that names an app; the pages' client is none."""
        for name in names:
            app = claims.get(name)
            is_name = isinstance(app, str) and 0 < len(app) <= LONGEST_APP
            if is_name and app != self._settings.oidc_client_id:
                return app
        return None

    def _names_no_app(self) -> InvalidToken:
        return InvalidToken(f"its claim {self._settings.oidc_app_claim!r} names no app")

    def _holder(self, claims: dict[str, Any]) -> Holder | None:
        """Give who holds a token; None where it is an app's. What can't be told is refused.

        A person without a role would be taken for an app, which sees the whole store.
        """
        settings = self._settings
        role = claims.get(settings.oidc_role_claim)
        named = {
            "person": settings.oidc_person_claim,
            "schools": settings.oidc_school_claim,
            "children": settings.oidc_child_claim,
        }
        if role is None:
            for claim in named.values():
                if claims.get(claim) is not None:
                    raise InvalidToken(
                        f"it has the claim {claim!r} and none that says"
                        f" in which role, {settings.oidc_role_claim!r}"
                    )
            return None
        try:
            person = msgspec.convert(claims.get(named["person"], ""), str)
            schools, children = (_texts(claims.get(named[one])) for one in ("schools", "children"))
            return checked(Holder(msgspec.convert(role, str), person, schools, children))
        except msgspec.ValidationError:
            raise InvalidToken("its claims of role, person, school or child are no texts") from None
        except ValueError:
            raise InvalidToken(
                f"its claim {settings.oidc_role_claim!r} and what goes with it name no role"
            ) from None


class Published(Generic[_Found]):
    """What an issuer publishes, fetched when it is needed and at most every FETCH_PAUSE.

    ``fetch`` is called in a thread, one at a time. It raises httpx.HTTPError, httpx.InvalidURL or
    ValueError where nothing is to be had.
    """

    def __init__(self, fetch: Callable[[], _Found]) -> None:
        self._fetch_it = fetch
        self._found: _Found | None = None
        self._until = self._next_fetch = -math.inf  # monotonic seconds
        self._failed = False
        self._lock = asyncio.Lock()

    async def find(self, is_enough: Callable[[_Found], bool] = lambda _: True) -> _Found:
        """Give what is published: what is kept, if that is new and enough, else as it is now.

        Raises IssuerUnreachable.
        """
        if (found := self._kept(is_enough)) is not None:
            return found
        async with self._lock:
            if (found := self._kept(is_enough)) is not None:
                return found
            return await self._fetch()

    def _kept(self, is_enough: Callable[[_Found], bool]) -> _Found | None:
        found = self._found if monotonic() < self._until else None
        return found if found is not None and is_enough(found) else None

    async def _fetch(self) -> _Found:
        now = monotonic()
        if now >= self._next_fetch:
            self._next_fetch = now + FETCH_PAUSE
            self._failed = True  # until it is known to have gone well
            try:
                self._found = await asyncio.to_thread(self._fetch_it)
            except (httpx.HTTPError, httpx.InvalidURL, ValueError):
                raise IssuerUnreachable(math.ceil(FETCH_PAUSE)) from None
            self._until, self._failed = now + KEYS_LIVE, False
        if self._failed or self._found is None:
            raise IssuerUnreachable(max(1, math.ceil(self._next_fetch - now)))
        return self._found


class IssuerKeys:
    """The keys an issuer signs with."""

    def __init__(self, issuer: str, jwks_url: str) -> None:
        self._keys = Published(lambda: fetch_keys(issuer, jwks_url))

    async def find(self, key_id: Any) -> SigningKey | None:
        """Give the key with this id; None where the issuer has none. Raises IssuerUnreachable."""
        if not isinstance(key_id, str):
            return None
        return (await self._keys.find(lambda keys: key_id in keys)).get(key_id)


def fetch_keys(issuer: str, jwks_url: str) -> dict[str, SigningKey]:
    """Fetch an issuer's keys, by id; raises httpx.HTTPError, or ValueError for what are none."""
    with httpx.Client(timeout=FETCH_TIMEOUT) as client:
        jwks_url = jwks_url or str(_discovered(client, issuer).get("jwks_uri"))
        listed = _get(client, jwks_url).get("keys")
    if not isinstance(listed, list):
        raise ValueError("there is no list of keys")
    return {one["kid"]: key for one in listed if (key := _signing_key(one)) is not None}


def discovered(issuer: str) -> dict[str, Any]:
    """Fetch an issuer's discovery document; raises httpx.HTTPError, or ValueError for none."""
    with httpx.Client(timeout=FETCH_TIMEOUT) as client:
        return _discovered(client, issuer)


def _discovered(client: httpx.Client, issuer: str) -> dict[str, Any]:
    found = _get(client, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != issuer:  # OpenID Connect Discovery 1.0, 4.3
        raise ValueError("the discovery document is another issuer's")
    return found


def _get(client: httpx.Client, url: str) -> dict[str, Any]:
    """Get a JSON object, of bounded size and in bounded time."""
    deadline = monotonic() + 2 * FETCH_TIMEOUT
    content = bytearray()
    with client.stream("GET", url) as answer:
        answer.raise_for_status()
        for chunk in answer.iter_bytes():
            content += chunk
            if len(content) > FETCH_MOST or monotonic() > deadline:
                raise ValueError("the issuer's answer is too large or too slow")
    found = json.loads(content)
    if not isinstance(found, dict):
        raise ValueError("the issuer's answer is no JSON object")
    return found


def _signing_key(listed: Any) -> SigningKey | None:
    """Read one key of a JWKS; None for what no token here can be signed with (RFC 7517, 5)."""
    if not isinstance(listed, dict) or not isinstance(listed.get("kid"), str):
        return None
    algorithms = ALGORITHMS.get(str(listed.get("kty")), ())
    if (named := listed.get("alg")) is not None:
        algorithms = (named,) if named in algorithms else ()
    if not algorithms or listed.get("use", "sig") != "sig":
        return None
    try:
        return SigningKey(jwt.PyJWK(listed, algorithms[0]).key, algorithms)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None


def _reason(error: Exception) -> str:
    """Say why a token is refused; the library's own words for it quote no claim."""
    if isinstance(error, jwt.MissingRequiredClaimError):
        return f"it has no claim {error.claim!r}"
    reasons: dict[type[Exception], str] = {
        jwt.ExpiredSignatureError: "it has expired",
        jwt.ImmatureSignatureError: "it is not valid yet",
        jwt.InvalidAudienceError: "it is not meant for this record",
        jwt.InvalidIssuerError: "it is another issuer's",
        jwt.InvalidAlgorithmError: "it is signed by an algorithm that its key is not for",
        jwt.InvalidSignatureError: "its signature is wrong",
    }
    return reasons.get(type(error), "it is malformed")


def _scopes(claim: Any) -> frozenset[str]:
    """Read scopes, a text apart by spaces (RFC 8693, 4.2) or a list; others' scopes are ignored."""
    given = claim.split() if isinstance(claim, str) else claim
    return frozenset(given).intersection(SCOPES) if _is_texts(given) else frozenset()


def _texts(claim: Any) -> tuple[str, ...]:
    """Read a text or a list of texts; raises msgspec.ValidationError."""
    listed = [] if claim is None else [claim] if isinstance(claim, str) else claim
    return msgspec.convert(listed, tuple[str, ...])


def _is_texts(given: Any) -> bool:
    return isinstance(given, list) and all(isinstance(one, str) for one in given)


def _microseconds(seconds: Any) -> int:
    return int(seconds * 1_000_000) if isinstance(seconds, int | float) else 0
