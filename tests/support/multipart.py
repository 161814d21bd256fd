"""multipart/mixed for tests, written and read by other code than the server's."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import orjson

if TYPE_CHECKING:
    from tests.support.application import XapiClient

BOUNDARY = "-----a boundary'()+_,-./:=?"
CONTENT_TYPE = f'multipart/mixed; boundary="{BOUNDARY}"'


@dataclass
class Part:
    """One part of a body; names of headers in lower case where it was read."""

    data: bytes
    headers: dict[str, str] = field(default_factory=dict)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def attachment(data: bytes, sha2: str | None = None, **more: Any) -> dict[str, Any]:
    """What a statement says of an attachment."""
    return {
        "usageType": "https://district.example/usages/essay",
        "display": {"zh-CN": "作文"},
        "contentType": "text/plain; charset=utf-8",
        "length": len(data),
        "sha2": sha2 or sha256(data),
        **more,
    }


def json_part(statements: Any) -> Part:
    return Part(orjson.dumps(statements), {"Content-Type": "application/json"})


def data_part(data: bytes, sha2: str | None = None, **headers: str | None) -> Part:
    """The data of an attachment; a header given as None is left out."""
    whole = {
        "Content-Type": "text/plain",
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": sha2 or sha256(data),
    }
    whole |= {name.replace("_", "-"): text for name, text in headers.items()}
    return Part(data, {name: text for name, text in whole.items() if text is not None})


def written(parts: Iterable[Part], boundary: str = BOUNDARY) -> bytes:
    """Write a whole body."""
    return b"".join(pieces(((part.headers, [part.data]) for part in parts), boundary))


def pieces(
    parts: Iterable[tuple[dict[str, str], Iterable[bytes]]], boundary: str = BOUNDARY
) -> Iterator[bytes]:
    """Write a body piece by piece, from headers and blocks of data."""
    line = f"--{boundary}".encode()
    before = b""
    for headers, blocks in parts:
        yield before + line + b"\r\n"
        yield "".join(f"{name}: {text}\r\n" for name, text in headers.items()).encode() + b"\r\n"
        yield from blocks
        before = b"\r\n"
    yield before + line + b"--\r\n"


def post(
    xapi: "XapiClient", statements: Any, *parts: Part, method: str = "POST", **given: Any
) -> httpx.Response:
    """Send statements with parts of data."""
    return send(xapi, written([json_part(statements), *parts]), method=method, **given)


def send(xapi: "XapiClient", content: Any, *, method: str = "POST", **given: Any) -> httpx.Response:
    headers = {"Content-Type": CONTENT_TYPE, **given.pop("headers", {})}
    return xapi.request(method, "/xapi/statements", content=content, headers=headers, **given)


def parts_of(answer: httpx.Response) -> list[Part]:
    """Read an answer apart."""
    kind, _, boundary = answer.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/mixed"
    line = f"--{boundary}".encode()
    assert answer.content.startswith(line + b"\r\n")
    whole, _, rest = answer.content.rpartition(b"\r\n" + line + b"--")
    assert rest == b"\r\n"
    return [_part(piece) for piece in (b"\r\n" + whole).split(b"\r\n" + line + b"\r\n")[1:]]


def _part(piece: bytes) -> Part:
    head, _, data = piece.partition(b"\r\n\r\n")
    lines = (line.partition(": ") for line in head.decode().split("\r\n"))
    return Part(data, {name.lower(): text for name, _, text in lines})
