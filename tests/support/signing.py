"""Signed statements for tests."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from jwt import PyJWS

from lrs.attachment_rules import SIGNATURE
from tests.support.multipart import attachment


@cache
def rsa_key(number: int = 0) -> rsa.RSAPrivateKey:
    """A key of this test run's own, one a number."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def elliptic_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def certificate(key: CertificateIssuerPrivateKeyTypes) -> str:
    """A certificate of a key by itself, as it stands in ``x5c``."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "district.example")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, SHA256())
    )
    return b64encode(made.public_bytes(Encoding.DER)).decode()


def sign(payload: Any, algorithm: str | None = "RS256", key: Any = None, **headers: Any) -> bytes:
    """Sign a JSON value, or bytes as they are."""
    raw = payload if isinstance(payload, bytes) else json.dumps(payload, indent=1).encode()
    key = rsa_key() if key is None else key
    return PyJWS().encode(raw, key, algorithm, headers=headers).encode()


def signature(jws: bytes, **more: Any) -> dict[str, Any]:
    """What a statement says of its signature."""
    kind = {"usageType": SIGNATURE, "contentType": "application/octet-stream"}
    return attachment(jws, **(kind | more))


def signed(statement: dict[str, Any], jws: bytes) -> dict[str, Any]:
    """The statement with its signature added."""
    return {**statement, "attachments": [*statement.get("attachments", ()), signature(jws)]}
