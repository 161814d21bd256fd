"""A bearer token proves what its issuer signed, for this record and now, and nothing else."""

import asyncio
import base64
import hmac
import json
import logging
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import api.bearer as module
from api.authentication import Doorkeeper, doorkeeper
from api.bearer import (
    FETCH_PAUSE,
    KEYS_LIVE,
    LEEWAY,
    LONGEST_TOKEN,
    PROVED_LIVE,
    InvalidToken,
    Issuer,
    IssuerKeys,
    IssuerUnreachable,
)
from api.openid import Provider, begin
from api.settings import Settings
from lrs.credentials import Credential
from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.oidc import AUDIENCE, TokenIssuer, new_key, running_issuer
from tests.support.records import statement, statement_id

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")


@pytest.fixture(scope="module")
def application(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with (
        running_issuer() as issuer,
        application_of(
            request,
            oidc_issuer=issuer.url,
            oidc_audience=AUDIENCE,
            failed_logins_per_minute=0,
            carrier="none",
        ) as running,
    ):
        running.state.issuer, running.state.first_key = issuer, issuer.published["first"]
        yield running


@pytest.fixture
def issuer(application: RunningApplication) -> TokenIssuer:
    """The issuer, with one key, which the record knows nothing of yet."""
    issuer: TokenIssuer = application.state.issuer
    application.state.doorkeeper = None
    issuer.published = {"first": application.state.first_key}
    issuer.status, issuer.named, issuer.fetches = 200, issuer.url, []
    return issuer


class Clock:
    """The clock of the keys' age, moved on by a test."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "monotonic", clock)
    return clock


class Asking:
    """Asks with a token."""

    def __init__(self, application: RunningApplication) -> None:
        self.xapi = XapiClient(application.client, None)

    def __call__(
        self, token: str, method: str = "GET", path: str = "/xapi/statements", **given: Any
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"}
        return self.xapi.request(method, path, headers=headers, **given)


@pytest.fixture
def ask(application: RunningApplication) -> Asking:
    return Asking(application)


def refused(answer: httpx.Response) -> str:
    """The reason a token is refused for, in the shape that RFC 6750, 3 asks for."""
    assert answer.status_code == 401, answer.text
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Basic ")
    assert 'Bearer realm="xueji", error="invalid_token"' in challenge
    assert answer.headers["X-Experience-API-Version"] == "2.0.0"
    return str(answer.json()["error"]["message"])


# What proves -------------------------------------------------------------------------------------


def test_a_token_opens_its_store_with_its_scopes(issuer: TokenIssuer, ask: Asking) -> None:
    store = f"store-{uuid4()}"
    token = issuer.token(xueji_store=store, scope="statements/write statements/read/mine")
    assert ask(token, "POST", json=statement(id=statement_id(1))).status_code == 200
    [found] = ask(token).json()["statements"]
    assert found["id"] == statement_id(1)
    assert found["authority"]["account"]["name"] == "homework"
    assert ask(issuer.token(xueji_store="another")).json()["statements"] == []
    only_reads = issuer.token(xueji_store=store, scope="statements/read")
    assert ask(only_reads, "POST", json=statement()).status_code == 403


def test_a_token_opens_the_projections_too(issuer: TokenIssuer, ask: Asking) -> None:
    assert ask(issuer.token(scope="projections/read"), path="/v1/students").status_code == 200
    assert ask(issuer.token(scope="state"), path="/v1/students").status_code == 403
    assert ask("junk", path="/v1/students").status_code == 401


def test_key_and_secret_go_on_proving(application: RunningApplication, issuer: TokenIssuer) -> None:
    assert application.xapi("district").get().status_code == 200


@pytest.mark.parametrize("algorithm", [*ALGORITHMS, "EdDSA"])
def test_every_asymmetric_algorithm_is_accepted(
    issuer: TokenIssuer, ask: Asking, algorithm: str
) -> None:
    issuer.add_key("another", algorithm)
    assert ask(issuer.token("another")).status_code == 200


@pytest.mark.parametrize("algorithm", ["RS384", "PS256", "ES384"])
def test_a_key_that_names_no_algorithm_is_for_those_of_its_type(
    issuer: TokenIssuer, ask: Asking, algorithm: str
) -> None:
    issuer.add_key("another", algorithm)
    del issuer.published["another"]["alg"]
    assert ask(issuer.token("another")).status_code == 200


@pytest.mark.parametrize(
    ("claim", "may_read"),
    [
        ("statements/read", True),
        ("openid email statements/read", True),
        (["statements/read", "offline_access"], True),
        ("openid email", False),
        ("Statements/Read", False),
        ([], False),
        (None, False),
        (["statements/read", 5], False),
        ({"statements/read": True}, False),
        (5, False),
    ],
)
def test_scopes_are_a_text_or_a_list_and_others_are_ignored(
    issuer: TokenIssuer, ask: Asking, claim: Any, may_read: bool
) -> None:
    assert ask(issuer.token(scope=claim)).status_code == (200 if may_read else 403)


@pytest.mark.parametrize(
    ("claims", "app"),
    [
        ({"client_id": "one", "azp": "two", "sub": "three"}, "one"),
        ({"client_id": None, "azp": "two", "sub": "three"}, "two"),
        ({"client_id": None, "azp": None, "sub": "three"}, "three"),
        ({"client_id": "", "azp": 5, "sub": "three"}, "three"),
        ({"client_id": "x" * 201, "sub": "three"}, "three"),
    ],
)
def test_the_app_is_the_first_claim_that_names_one(
    issuer: TokenIssuer, ask: Asking, claims: dict[str, Any], app: str
) -> None:
    token = issuer.token(xueji_store=f"store-{uuid4()}", **claims)
    ask(token, "POST", json=statement())
    [found] = ask(token).json()["statements"]
    assert found["authority"]["account"]["name"] == app


def test_the_audience_may_be_one_of_several(issuer: TokenIssuer, ask: Asking) -> None:
    assert ask(issuer.token(aud=["https://other.example", AUDIENCE])).status_code == 200


def test_clocks_may_differ_a_little(issuer: TokenIssuer, ask: Asking) -> None:
    now = int(time.time())
    token = issuer.token(exp=now - LEEWAY // 2, nbf=now + LEEWAY // 2, iat=now + LEEWAY // 2)
    assert ask(token).status_code == 200


# What proves nothing -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": -100}, "expired"),
        ({"nbf": 100}, "not valid yet"),
        ({"iss": "https://another.example"}, "another issuer"),
        ({"aud": "https://another.example"}, "not meant for this record"),
        ({"aud": []}, "'aud'"),
        ({"exp": None}, "'exp'"),
        ({"iss": None}, "'iss'"),
        ({"aud": None}, "'aud'"),
    ],
)
def test_a_token_not_for_here_and_now_is_refused(
    issuer: TokenIssuer, ask: Asking, claims: dict[str, Any], reason: str
) -> None:
    now = int(time.time())
    claims = {name: now + one if isinstance(one, int) else one for name, one in claims.items()}
    assert reason in refused(ask(issuer.token(**claims)))


@pytest.mark.parametrize(
    "store", [None, "", "a/b", "a b", "x" * 101, 5, True, ["district"], {"name": "district"}]
)
def test_a_token_that_names_no_store_is_refused(
    issuer: TokenIssuer, ask: Asking, store: Any
) -> None:
    assert "'xueji_store'" in refused(ask(issuer.token(xueji_store=store)))


def test_a_token_that_names_no_app_is_refused(issuer: TokenIssuer, ask: Asking) -> None:
    token = issuer.token(client_id=None, azp=None, sub=None)
    assert "'client_id'" in refused(ask(token))


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": "tomorrow"},
        {"exp": 1e300},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"exp": [1]},
        {"nbf": "x"},
        {"iat": float("nan")},
        {"iat": float("inf")},
        {"iat": {}},
        {"sub": 5},
        {"aud": 5},
        {"aud": [5, None]},
        {"jti": 5},
    ],
)
def test_claims_of_a_wrong_kind_are_no_error_of_the_server(
    issuer: TokenIssuer, ask: Asking, claims: dict[str, Any]
) -> None:
    key = issuer.add_key("odd")
    payload = json.dumps(issuer.claims(**claims)).encode()
    token = jwt.api_jws.encode(payload, key, "RS256", headers={"kid": "odd"})
    assert ask(token).status_code in (200, 401)


def encoded(part: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("named", ["none", "None", "NONE", "", "nOnE"])
def test_a_token_without_signature_is_refused(issuer: TokenIssuer, ask: Asking, named: str) -> None:
    header = encoded({"alg": named, "typ": "JWT", "kid": "first"})
    refused(ask(f"{header}.{encoded(issuer.claims())}."))


@pytest.mark.parametrize("form", [PublicFormat.SubjectPublicKeyInfo, PublicFormat.PKCS1])
@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_a_public_key_is_no_secret_to_sign_with(
    issuer: TokenIssuer, ask: Asking, form: PublicFormat, encoding: Encoding
) -> None:
    """The token claims HS256, by the published key as if it were a secret both sides know."""
    secret = issuer.add_key("open").public_key().public_bytes(encoding, form)
    signed = f"{encoded({'alg': 'HS256', 'kid': 'open'})}.{encoded(issuer.claims())}"
    signature = hmac.digest(secret, signed.encode(), "sha256")
    token = f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    assert "algorithm" in refused(ask(token))


def test_a_published_secret_signs_nothing(issuer: TokenIssuer, ask: Asking) -> None:
    secret = b"a secret of the issuer, by mistake in its keys"
    kept = base64.urlsafe_b64encode(secret).rstrip(b"=").decode()
    for algorithm in ("HS256", None):
        issuer.published["secret"] = {"kty": "oct", "kid": "secret", "k": kept, "alg": algorithm}
        token = jwt.encode(issuer.claims(), secret, "HS256", headers={"kid": "secret"})
        refused(ask(token))


def test_a_key_signs_only_by_the_algorithm_it_is_published_for(
    issuer: TokenIssuer, ask: Asking
) -> None:
    assert "algorithm" in refused(ask(issuer.token(algorithm="PS256")))


def test_a_key_for_encrypting_signs_nothing(issuer: TokenIssuer, ask: Asking) -> None:
    issuer.add_key("encrypting", use="enc")
    refused(ask(issuer.token("encrypting")))


def test_another_key_under_a_known_id_proves_nothing(issuer: TokenIssuer, ask: Asking) -> None:
    token = jwt.encode(issuer.claims(), new_key("RS256"), "RS256", headers={"kid": "first"})
    assert "signature" in refused(ask(token))


def test_a_key_sent_with_the_token_proves_nothing(issuer: TokenIssuer, ask: Asking) -> None:
    own = new_key("ES256")
    jwk = jwt.algorithms.ECAlgorithm.to_jwk(own.public_key(), as_dict=True)
    for sent in ({"jwk": jwk}, {"jku": f"{issuer.url}/mine"}, {"kid": "first", "jwk": jwk}):
        refused(ask(jwt.encode(issuer.claims(), own, "ES256", headers=sent)))
    assert f"{issuer.url}/mine" not in issuer.fetches


def test_changed_claims_prove_nothing(issuer: TokenIssuer, ask: Asking) -> None:
    header, _, signature = issuer.token().split(".")
    refused(ask(f"{header}.{encoded(issuer.claims(xueji_store='another'))}.{signature}"))


def test_a_token_without_key_id_is_refused(issuer: TokenIssuer, ask: Asking) -> None:
    key = issuer.add_key("unnamed")
    refused(ask(jwt.encode(issuer.claims(), key, "RS256")))


def test_a_token_that_is_too_long_is_refused(issuer: TokenIssuer, ask: Asking) -> None:
    assert str(LONGEST_TOKEN) in refused(ask(issuer.token(filler="x" * LONGEST_TOKEN)))


@given(token=st.text(st.characters(min_codepoint=33, max_codepoint=126)))
def test_no_text_is_an_error_of_the_server(application: RunningApplication, token: str) -> None:
    refused(Asking(application)(token))


@given(header=st.binary(), payload=st.binary(), signature=st.binary())
def test_no_three_parts_are_an_error_of_the_server(
    application: RunningApplication, header: bytes, payload: bytes, signature: bytes
) -> None:
    parts = (base64.urlsafe_b64encode(part).rstrip(b"=") for part in (header, payload, signature))
    refused(Asking(application)(b".".join(parts).decode()))


@pytest.mark.parametrize(("left", "status"), [(300, 200), (6 - LEEWAY, 503)])
def test_a_good_token_is_remembered_for_a_moment_but_not_beyond_its_end(
    issuer: TokenIssuer, ask: Asking, clock: Clock, left: int, status: int
) -> None:
    """Seen by whether the issuer's keys are still needed, which can't be had any more."""
    token = issuer.token(exp=int(time.time()) + left)
    assert ask(token).status_code == 200
    keeper: Any = doorkeeper(ask.xapi.client.app)
    keeper._issuer._keys = IssuerKeys(issuer.url, "")
    issuer.status = 500
    clock.ahead += 7
    assert ask(token).status_code == status
    clock.ahead += PROVED_LIVE
    assert ask(token).status_code == 503


# Who signs in ------------------------------------------------------------------------------------

PAGES = "xueji pages"  # the client that people sign in to


def identified(issuer: TokenIssuer, **claims: Any) -> Credential:
    """Give who signs in to the pages by an ID token with these claims."""
    settings = Settings(oidc_issuer=issuer.url, oidc_audience=AUDIENCE, oidc_client_id=PAGES)
    token = issuer.id_token(PAGES, "nonce", **claims)
    return asyncio.run(Issuer(settings).identify(token, "nonce"))


def test_the_client_of_the_pages_is_nobodys_app(issuer: TokenIssuer) -> None:
    for app in ({}, {"client_id": PAGES}):
        one = identified(issuer, xueji_role="evaluator", sub="who", **app)
        assert one.app == "who"


def test_a_vendor_who_signs_in_is_of_the_app_that_the_token_names(issuer: TokenIssuer) -> None:
    apps = [
        identified(issuer, xueji_role="vendor", sub="vendor", client_id=app).app
        for app in ("homework", "clicker")
    ]
    assert apps == ["homework", "clicker"]


@pytest.mark.parametrize("app", [{}, {"client_id": PAGES}, {"client_id": ""}, {"client_id": 7}])
def test_a_vendor_whose_token_names_no_app_does_not_sign_in(
    issuer: TokenIssuer, app: dict[str, Any]
) -> None:
    with pytest.raises(InvalidToken, match="its claim 'client_id' names no app"):
        identified(issuer, xueji_role="vendor", sub="vendor", **app)


def test_where_people_sign_in_is_fetched_once_and_kept(issuer: TokenIssuer, clock: Clock) -> None:
    provider = provider_of(issuer)
    addresses = asyncio.run(asked_of(provider, 5))
    assert all(address.startswith(f"{issuer.url}/authorize?") for address in addresses)
    assert issuer.fetches == ["/.well-known/openid-configuration"]
    clock.ahead += KEYS_LIVE + 1
    asyncio.run(asked_of(provider, 1))
    assert len(issuer.fetches) == 2


def test_while_the_issuer_fails_it_is_not_asked_by_each_who_wants_to_sign_in(
    issuer: TokenIssuer, clock: Clock
) -> None:
    provider, issuer.status = provider_of(issuer), 500
    for _ in range(3):
        with pytest.raises(IssuerUnreachable):
            asyncio.run(asked_of(provider, 1))
    assert len(issuer.fetches) == 1
    issuer.status = 200
    clock.ahead += FETCH_PAUSE + 1
    assert asyncio.run(asked_of(provider, 1))


def provider_of(issuer: TokenIssuer) -> Provider:
    settings = Settings(oidc_issuer=issuer.url, oidc_audience=AUDIENCE, oidc_client_id=PAGES)
    return Provider(settings, Issuer(settings))


async def asked_of(provider: Provider, times: int) -> list[str]:
    """Give where so many people at once are sent to sign in."""
    begun = begin("/ui/students", "https://record.example/ui/openid")
    return await asyncio.gather(*(provider.address(begun) for _ in range(times)))


# The issuer's keys -------------------------------------------------------------------------------


def test_keys_are_fetched_once_and_kept(issuer: TokenIssuer, ask: Asking) -> None:
    for _ in range(5):
        assert ask(issuer.token()).status_code == 200
    assert issuer.fetches == ["/.well-known/openid-configuration", "/keys"]


def test_a_new_key_is_found_when_it_is_first_used(
    issuer: TokenIssuer, ask: Asking, clock: Clock
) -> None:
    assert ask(issuer.token()).status_code == 200
    issuer.add_key("second")
    clock.ahead += FETCH_PAUSE + 1
    assert ask(issuer.token("second")).status_code == 200
    assert ask(issuer.token("first")).status_code == 200


def test_made_up_key_ids_do_not_make_us_ask_the_issuer_again_and_again(
    issuer: TokenIssuer, ask: Asking, clock: Clock
) -> None:
    key = new_key("RS256")
    made_up = [
        jwt.encode(issuer.claims(), key, "RS256", headers={"kid": f"made up {number}"})
        for number in range(30)
    ]
    for token in made_up:
        refused(ask(token))
    assert issuer.fetches.count("/keys") == 1
    assert ask(issuer.token()).status_code == 200
    clock.ahead += FETCH_PAUSE + 1
    for token in made_up:
        refused(ask(token))
    assert issuer.fetches.count("/keys") == 2


def test_a_key_that_was_withdrawn_proves_nothing_any_more(
    issuer: TokenIssuer, ask: Asking, clock: Clock
) -> None:
    issuer.add_key("second")
    token = issuer.token()
    assert ask(token).status_code == 200
    del issuer.published["first"]
    clock.ahead += KEYS_LIVE + 1
    refused(ask(token))
    assert ask(issuer.token("second")).status_code == 200


def unreachable(answer: httpx.Response) -> int:
    assert answer.status_code == 503, answer.text
    assert "WWW-Authenticate" not in answer.headers
    return int(answer.headers["Retry-After"])


@pytest.mark.parametrize("status", [500, 404, 302])
def test_while_the_issuer_fails_the_answer_is_503_and_it_is_left_alone(
    issuer: TokenIssuer, ask: Asking, clock: Clock, status: int
) -> None:
    issuer.status = status
    for _ in range(5):
        assert 1 <= unreachable(ask(issuer.token())) <= FETCH_PAUSE
    assert len(issuer.fetches) == 1
    issuer.status = 200
    clock.ahead += FETCH_PAUSE + 1
    assert ask(issuer.token()).status_code == 200


def test_while_the_issuer_fails_known_keys_prove_and_unknown_ones_get_503(
    issuer: TokenIssuer, ask: Asking, clock: Clock
) -> None:
    assert ask(issuer.token()).status_code == 200
    issuer.status = 500
    issuer.add_key("second")
    clock.ahead += FETCH_PAUSE + 1
    unreachable(ask(issuer.token("second")))
    assert ask(issuer.token()).status_code == 200
    clock.ahead += KEYS_LIVE
    unreachable(ask(issuer.token()))


@pytest.mark.parametrize("named", ["https://another.example", "", None])
def test_the_discovery_document_of_another_issuer_is_not_believed(
    issuer: TokenIssuer, ask: Asking, named: Any
) -> None:
    issuer.named = named
    unreachable(ask(issuer.token()))
    assert "/keys" not in issuer.fetches


@pytest.mark.parametrize(
    "published",
    [
        {"kid": "first"},
        {"kid": "first", "kty": "RSA"},
        {"kid": "first", "kty": "RSA", "n": "!", "e": 5},
        {"kid": "first", "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kid": "first", "kty": "OKP", "crv": "X25519", "x": "AA"},
        {"kid": ["first"], "kty": "RSA"},
        {"kty": None},
        "first",
        None,
    ],
)
def test_a_key_that_can_not_be_read_is_as_if_it_was_not_there(
    issuer: TokenIssuer, ask: Asking, published: Any
) -> None:
    token = issuer.token()
    issuer.add_key("second")
    issuer.published["first"] = published
    refused(ask(token))
    assert ask(issuer.token("second")).status_code == 200


def test_a_short_rsa_key_proves_nothing(issuer: TokenIssuer, ask: Asking) -> None:
    from cryptography.hazmat.primitives.asymmetric import rsa

    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    public = jwt.algorithms.RSAAlgorithm.to_jwk(short.public_key(), as_dict=True)
    issuer.published["short"] = {**public, "kid": "short"}
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        token = jwt.encode(issuer.claims(), short, "RS256", headers={"kid": "short"})
    refused(ask(token))


# Settings ----------------------------------------------------------------------------------------


def set_otherwise(application: RunningApplication, **settings: Any) -> None:
    """Let in by other settings, for this test."""
    given: Settings = application.state.settings
    application.state.doorkeeper = Doorkeeper(
        given.model_copy(update=settings), application.state.request_counts
    )


def test_keys_and_claims_may_be_named(
    application: RunningApplication, issuer: TokenIssuer, ask: Asking
) -> None:
    set_otherwise(
        application,
        oidc_jwks_url=f"{issuer.url}/keys",
        oidc_store_claim="tenant",
        oidc_scope_claim="scp",
        oidc_app_claim="app",
    )
    store = f"store-{uuid4()}"
    token = issuer.token(xueji_store=None, tenant=store, scope=None, scp=["all"], app="clicker")
    ask(token, "POST", json=statement())
    [found] = ask(token).json()["statements"]
    assert found["authority"]["account"]["name"] == "clicker"
    assert issuer.fetches == ["/keys"]


def test_without_an_issuer_no_token_is_accepted_and_none_asked_for(
    application: RunningApplication, issuer: TokenIssuer, ask: Asking
) -> None:
    set_otherwise(application, oidc_issuer="")
    answer = ask(issuer.token())
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="xueji", charset="UTF-8"'
    assert issuer.fetches == []


def test_who_sends_nothing_is_told_both_ways_and_of_no_error(
    application: RunningApplication, issuer: TokenIssuer
) -> None:
    challenge = XapiClient(application.client, None).get().headers["WWW-Authenticate"]
    assert challenge == 'Basic realm="xueji", charset="UTF-8", Bearer realm="xueji"'


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"oidc_issuer": "https://issuer.example"}, "oidc_audience"),
        ({"oidc_issuer": "issuer.example", "oidc_audience": "x"}, "oidc_issuer"),
        ({"oidc_jwks_url": "file:///keys"}, "oidc_jwks_url"),
    ],
)
def test_settings_that_can_not_work_are_refused_by_name(
    settings: dict[str, Any], named: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(**settings)
    assert [problem["loc"] for problem in caught.value.errors()] == [(named,)]


# Privacy -----------------------------------------------------------------------------------------


def test_nothing_of_a_token_is_logged(
    issuer: TokenIssuer, ask: Asking, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    good, expired = issuer.token(), issuer.token(exp=1, client_id="private")
    unknown = jwt.encode(issuer.claims(), new_key("RS256"), "RS256", headers={"kid": "unknown"})
    answers = [ask(token).text for token in (good, expired, unknown, "ju.n.k")]
    said = caplog.text + "".join(answers)
    for token in (good, expired, unknown):
        assert not any(part in said for part in token.split("."))
    assert "private" not in said
