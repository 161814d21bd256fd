"""Who asks: HTTP Basic credentials checked in one place, scopes demanded in one place."""

import binascii
from base64 import b64decode

from starlette.requests import Request

from api.errors import ApiError
from lrs.credentials import Credential, Credentials

_CHALLENGE = {"WWW-Authenticate": 'Basic realm="xueji", charset="UTF-8"'}

WRITE_STATEMENTS = ("statements/write", "all")
READ_STATEMENTS = ("statements/read", "all/read", "all")
READ_OWN_STATEMENTS = ("statements/read/mine", *READ_STATEMENTS)
READ_PROJECTIONS = ("projections/read", "all/read", "all")


def demand(request: Request, scopes: tuple[str, ...]) -> Credential:
    """Give the credential of a request that holds one of `scopes`; else ApiError 401 or 403."""
    credential = authenticate(request)
    if not credential.may(*scopes):
        raise ApiError(
            403,
            f"this credential lacks the scope for it: one of {', '.join(scopes)}",
            scopes=sorted(credential.scopes),
        )
    return credential


def authenticate(request: Request) -> Credential:
    """Give the credential of a request; raises ApiError 401 where it proves none."""
    header = request.headers.get("authorization")
    if header is None:
        raise ApiError(401, "credentials are missing: send HTTP Basic key and secret", _CHALLENGE)
    pair = basic_pair(header)
    if pair is None:
        raise ApiError(401, "the Authorization header is not HTTP Basic", _CHALLENGE)
    credentials: Credentials = request.app.state.credentials
    credential = credentials.check(*pair)
    if credential is None:
        raise ApiError(401, "key and secret are not valid", _CHALLENGE)
    return credential


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
