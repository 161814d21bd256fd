"""An OpenID provider: a real HTTP server with a discovery document, public keys, and sign-in.

Whoever comes to sign in is somebody at once, by the claims that the test has set.
"""

import json
import secrets
import threading
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import get_default_algorithms

AUDIENCE = "https://record.example"
PrivateKey = Any  # of cryptography: rsa, ec or ed25519


def new_key(algorithm: str) -> PrivateKey:
    """Make a private key that an algorithm signs with."""
    if algorithm.startswith("ES"):
        curves = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1, "ES512": ec.SECP521R1}
        return ec.generate_private_key(curves[algorithm]())
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


class TokenIssuer:
    """What it publishes and counts may be changed by a test at any time."""

    __test__ = False

    def __init__(self, url: str) -> None:
        self.url = url
        self.named = url  # what its discovery document calls it
        self.status = 200
        self.fetches: list[str] = []
        self.published: dict[str, dict[str, Any]] = {}
        self._keys: dict[str, tuple[PrivateKey, str]] = {}
        self.person: dict[str, Any] = {}  # claims of who signs in; of ID tokens
        self.client_secret = "client's secret"
        self._codes: dict[str, dict[str, str]] = {}  # each with the request that it answers
        self.left: list[dict[str, str]] = []  # who asked to end a session here, as it was asked

    def add_key(self, key_id: str, algorithm: str = "RS256", **more: Any) -> PrivateKey:
        """Make a key and publish its public part; `more` goes to what is published."""
        key = new_key(algorithm)
        self._keys[key_id] = key, algorithm
        public = get_default_algorithms()[algorithm].to_jwk(key.public_key(), as_dict=True)
        self.published[key_id] = {**public, "kid": key_id, "use": "sig", "alg": algorithm, **more}
        return key

    def claims(self, **more: Any) -> dict[str, Any]:
        """Claims that are accepted; a claim that is None is left out."""
        now = int(time.time())
        usual = {
            "iss": self.url,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 300,
            "sub": "subject",
            "client_id": "homework",
            "xueji_store": "district",
            "scope": "all",
        }
        return {name: claim for name, claim in {**usual, **more}.items() if claim is not None}

    def token(self, key_id: str = "first", *, algorithm: str = "", **claims: Any) -> str:
        """Sign a token by the key with this id."""
        key, usual = self._keys[key_id]
        return jwt.encode(self.claims(**claims), key, algorithm or usual, headers={"kid": key_id})

    def id_token(self, client: str, nonce: str, /, **claims: Any) -> str:
        """Sign an ID token as providers do: for a client, which is `azp` too, and not of an app."""
        usual = {"aud": client, "azp": client, "nonce": nonce, "client_id": None, "scope": None}
        return self.token(**{**usual, **claims})

    def authorize(self, query: dict[str, str]) -> str:
        """Sign somebody in, and give the address that the browser is sent back to."""
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        answered = urlencode({"code": code, "state": query["state"], "iss": self.url})
        return f"{query['redirect_uri']}?{answered}"

    def leave(self, query: dict[str, str]) -> str:
        """End a session of who is named by an ID token of ours, and give where to go then."""
        key, _ = self._keys[str(jwt.get_unverified_header(query["id_token_hint"])["kid"])]
        jwt.decode(
            query["id_token_hint"],
            key.public_key(),
            algorithms=["RS256"],
            audience=query["client_id"],
            options={"verify_exp": False},  # RP-Initiated Logout 1.0, 2: an old one will do
        )
        self.left.append(query)
        return query["post_logout_redirect_uri"]

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, bytes]:
        """Give an ID token for a code, once, to who has begun (RFC 7636, 4.6)."""
        if self.status != 200:
            return self.status, b""
        asked = self._codes.pop(form.get("code", ""), {})
        challenge = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest())
        client = f"{quote(form.get('client_id', ''))}:{quote(self.client_secret)}"
        is_right = (
            asked.get("code_challenge_method") == "S256"
            and asked.get("code_challenge") == challenge.rstrip(b"=").decode()
            and asked.get("redirect_uri") == form.get("redirect_uri")
            and asked.get("client_id") == form.get("client_id")
            and authorization == f"Basic {b64encode(client.encode()).decode()}"
        )
        if not is_right:
            return 400, b'{"error": "invalid_grant"}'
        token = self.id_token(asked["client_id"], asked["nonce"], **self.person)
        return 200, json.dumps({"id_token": token, "token_type": "Bearer"}).encode()

    def answer(self, path: str) -> tuple[int, bytes]:
        self.fetches.append(path)
        documents: dict[str, Any] = {
            "/.well-known/openid-configuration": {
                "issuer": self.named,
                "jwks_uri": f"{self.url}/keys",
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "end_session_endpoint": f"{self.url}/leave?realm=1",
            },
            "/keys": {"keys": list(self.published.values())},
        }
        if path not in documents:
            return 404, b""
        return self.status, json.dumps(documents[path]).encode()


@contextmanager
def running_issuer() -> Iterator[TokenIssuer]:
    """Run an issuer with one key, `first`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            answers = {"/authorize": issuer.authorize, "/leave": issuer.leave}
            if path in answers:
                self.send_response(302)
                self.send_header("Location", answers[path](dict(parse_qsl(query))))
                self.end_headers()
            else:
                self.respond(*issuer.answer(path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            authorization = self.headers.get("Authorization", "")
            self.respond(*issuer.exchange(dict(parse_qsl(body)), authorization))

        def respond(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = TokenIssuer(f"http://127.0.0.1:{server.server_address[1]}")
    issuer.add_key("first")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
