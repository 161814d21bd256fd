"""Signed statements: whether a signature is well-formed and is one of the very statement.

xAPI 1.0.3 Data 2.6; IEEE 9274.1.1, 4.2.6. That a signature is accepted says nothing about who
signed: a certificate is not followed to someone trusted, it only has to fit the signature.
"""

import binascii
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509 import load_der_x509_certificate
from jwt import PyJWS
from jwt.exceptions import PyJWTError

from lrs.attachment_rules import SIGNATURE
from lrs.drafts import same_statement
from lrs.json_input import decode
from lrs.validation import Violation, validate_statement
from lrs.versions import RULES, Version

ALGORITHMS: Final = ("RS256", "RS384", "RS512")

_jws: Final = PyJWS(algorithms=ALGORITHMS)
# What the record sets only where it is absent: what was signed has to be there already.
_NEVER_REPLACED: Final = ("id", "timestamp", "version")


def check_signature(
    statement: Mapping[str, Any],
    signature: Mapping[str, Any],
    jws: bytes,
    version: Version,
    path: str = "$",
) -> None:
    """Check the signature of a valid statement.

    `signature` is the attachment that says of it, `jws` its bytes, `path` where the attachment
    stands. Raises Violation where the bytes are no JWS in compact serialization, use another
    algorithm than RS256, RS384 and RS512, sign another statement, or don't fit the certificate in
    their header.
    """
    try:
        _check(statement, signature, jws, version)
    except _Refusal as refusal:
        section = RULES[version].section("signature")
        raise Violation(str(refusal), section, signature["sha2"], path=path) from None


class _Refusal(Exception):
    """What is wrong with a signature, as the rule that it breaks."""


def _check(
    statement: Mapping[str, Any], signature: Mapping[str, Any], jws: bytes, version: Version
) -> None:
    try:
        parts = _jws.decode_complete(jws, options={"verify_signature": False})
    except PyJWTError as error:
        raise _Refusal(f"a signature is a JWS in compact serialization: {error}") from None
    header = parts["header"]
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        raise _Refusal(f"the algorithm of a signature is one of {', '.join(ALGORITHMS)}")
    signed = _signed_statement(parts["payload"], version)
    if not any(_is_same(signed, before) for before in _before_signing(statement, signature)):
        raise _Refusal("the payload of a signature is its statement as it was before signing")
    if "x5c" in header:
        key = _certified_key(header["x5c"])
        message = jws.rpartition(b".")[0]
        if not _jws.get_algorithm_by_name(algorithm).verify(message, key, parts["signature"]):
            raise _Refusal("a signature verifies with the certificate in its header")


def _signed_statement(payload: bytes, version: Version) -> dict[str, Any]:
    try:
        signed = decode(payload)
        validate_statement(signed, version)
    except Violation as violation:
        raise _Refusal(f"the payload of a signature is a valid statement: {violation}") from None
    return dict(signed)


def _before_signing(
    statement: Mapping[str, Any], signature: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Give the statement without this signature, and without any, as several may have signed it."""
    attachments = statement["attachments"]
    for others in (
        [one for one in attachments if one is not signature],
        [one for one in attachments if one["usageType"] != SIGNATURE],
    ):
        yield {**statement, "attachments": others}


def _is_same(signed: dict[str, Any], statement: dict[str, Any]) -> bool:
    for name in _NEVER_REPLACED:
        if name in signed and name not in statement:
            return False
    for name in ("id", "version"):  # in the comparison of statements they don't count
        if name in signed and signed[name].lower() != statement[name].lower():
            return False
    return same_statement(_without_empty(signed), _without_empty(statement))


def _without_empty(statement: Mapping[str, Any]) -> bytes:
    """Write a statement down; to have no attachments is the same as an empty list of them."""
    kept = {key: value for key, value in statement.items() if key != "attachments" or value}
    return orjson.dumps(kept)


def _certified_key(chain: Any) -> RSAPublicKey:
    """Give the key of the signer's certificate, the first of a chain: RFC 7515, 4.1.6."""
    if not isinstance(chain, list) or not chain or not isinstance(chain[0], str):
        raise _Refusal("x5c in the header of a signature is an array of certificates")
    try:
        certificate = load_der_x509_certificate(b64decode(chain[0], validate=True))
        key = certificate.public_key()
    except (binascii.Error, ValueError, UnsupportedAlgorithm) as error:
        raise _Refusal(
            f"each of x5c is an X.509 certificate in DER, written in Base64: {error}"
        ) from None
    if not isinstance(key, RSAPublicKey):
        raise _Refusal("the certificate of a signature has an RSA key")
    return key
