"""The multipart/mixed format, written: RFC 2046, 5.1. Statements go out in it with attachments."""

from collections.abc import Iterable
from typing import Final
from uuid import uuid4

import msgspec

from lrs.attachment_parts import Served

MULTIPART_MIXED: Final = "multipart/mixed"
HASH_HEADER: Final = "X-Experience-API-Hash"


class MultipartWriter:
    """Writes the lines between the data of parts, so that the length is known beforehand."""

    def __init__(self) -> None:
        self._boundary = uuid4().hex.encode()
        self.content_type = f"{MULTIPART_MIXED}; boundary={self._boundary.decode()}"
        self.end = b"\r\n--%b--\r\n" % self._boundary

    def begin(self, headers: Iterable[tuple[str, str]], *, first: bool = False) -> bytes:
        """Write what stands before the data of a part."""
        lines = b"".join(
            b"%b: %b\r\n" % (name.encode("ascii"), _on_one_line(value)) for name, value in headers
        )
        return b"%b--%b\r\n%b\r\n" % (b"" if first else b"\r\n", self._boundary, lines)


def _on_one_line(value: str) -> bytes:
    """Write a header's value; what would end the line becomes a space."""
    return value.encode().translate(bytes.maketrans(b"\r\n\0", b"   "))


class Envelope(msgspec.Struct, frozen=True):
    """A body of statements with the data of their attachments, all but that data itself.

    Of `parts` each is an attachment with what stands before its data; `length` is that of the
    whole, in bytes.
    """

    content_type: str
    first: bytes
    parts: list[tuple[Served, bytes]]
    end: bytes
    length: int

    @classmethod
    def of(cls, content: bytes, served: Iterable[Served]) -> "Envelope":
        """Write the envelope of some statements' JSON."""
        writer = MultipartWriter()
        first = writer.begin([("Content-Type", "application/json")], first=True) + content
        parts = [(one, writer.begin(_headers(one))) for one in served]
        length = len(first) + len(writer.end) + sum(len(head) + one.size for one, head in parts)
        return cls(writer.content_type, first, parts, writer.end, length)


def _headers(one: Served) -> list[tuple[str, str]]:
    return [
        ("Content-Type", one.content_type),
        ("Content-Transfer-Encoding", "binary"),
        (HASH_HEADER, one.sha2),
    ]
