"""The multipart/mixed format, read as a stream: RFC 2046, 5.1.

It only knows parts with headers and data; what stands in them is for others to judge.
"""

from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.errors import ApiError

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

# Bytes before the first boundary; they mean nothing.
LONGEST_PREAMBLE: Final = 64 * 1024
# Headers of a part, and bytes of one.
MOST_HEADERS: Final = 32
LONGEST_HEADER: Final = 8 * 1024

_SECTION: Final = "RFC 2046, 5.1"
_LONGEST_BOUNDARY: Final = 70  # RFC 2046, 5.1.1

Headers = Mapping[str, str]


def boundary_of(content_type: str) -> bytes:
    """Give the boundary that a Content-Type header names; raises ApiError 400."""
    _, parameters = parse_options_header(content_type)
    boundary = parameters.get(b"boundary", b"").rstrip(b" ")
    if not boundary or len(boundary) > _LONGEST_BOUNDARY:
        rule = f"the Content-Type names a boundary of 1 to {_LONGEST_BOUNDARY} characters"
        raise _malformed(rule, value=content_type, path="Content-Type")
    return boundary


class MultipartReader:
    """Reads the parts of a body one after another, and never more than a chunk ahead.

    `chunks` is the body as it arrives. Each part is asked for by `next_part`, its data by `data`;
    data that was not asked for is skipped. Both raise ApiError 400 for a body that is malformed,
    and pass on whatever `chunks` raises.
    """

    def __init__(self, chunks: AsyncIterator[bytes], boundary: bytes) -> None:
        self._chunks = chunks
        self._delimiter = b"--" + boundary
        self._preamble: bytes | None = b""  # None: it is over
        self._events: deque[_Part | bytes | _End] = deque()
        self._header: tuple[list[bytes], list[bytes]] = ([], [])
        self._headers: dict[str, str] = {}
        self._parser = MultipartParser(
            boundary,
            self._callbacks(),
            max_header_count=MOST_HEADERS,
            max_header_size=LONGEST_HEADER,
        )

    async def next_part(self) -> Headers | None:
        """Go to the next part; gives its headers, names in lower case, or None after the last."""
        while True:
            event = await self._event()
            if isinstance(event, _Part):
                return event.headers
            if isinstance(event, _End):
                self._events.append(event)
                return None

    async def data(self) -> AsyncIterator[bytes]:
        """Give what is left of this part's data, in pieces."""
        while isinstance(event := await self._event(), bytes):
            yield event
        self._events.appendleft(event)

    async def _event(self) -> "_Part | bytes | _End":
        while not self._events:
            chunk = await anext(self._chunks, None)
            if chunk is None:
                raise _malformed("the body ends with the boundary and two hyphens")
            self._parse(chunk)
        return self._events.popleft()

    def _parse(self, chunk: bytes) -> None:
        if self._preamble is not None:
            chunk = self._without_preamble(self._preamble + chunk)
        try:
            self._parser.write(chunk)
        except MultipartParseError as error:
            raise _malformed(f"multipart/mixed is well-formed: {error}") from None

    def _without_preamble(self, begun: bytes) -> bytes:
        """Leave out what stands before the first boundary: RFC 2046, 5.1.1."""
        start = 0 if begun.startswith(self._delimiter) else begun.find(b"\r\n" + self._delimiter)
        if start == -1:
            if len(begun) > LONGEST_PREAMBLE:
                rule = f"the first boundary stands within the first {LONGEST_PREAMBLE} bytes"
                raise _malformed(rule, value=self._delimiter.decode("latin-1"))
            self._preamble = begun
            return b""
        self._preamble = None
        return begun[start:]

    def _callbacks(self) -> "MultipartCallbacks":
        return {
            "on_part_begin": self._begin_part,
            "on_header_field": lambda data, start, end: self._header[0].append(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[1].append(data[start:end]),
            "on_header_end": self._end_header,
            "on_headers_finished": lambda: self._events.append(_Part(self._headers)),
            "on_part_data": lambda data, start, end: self._events.append(data[start:end]),
            "on_end": lambda: self._events.append(_End()),
        }

    def _begin_part(self) -> None:
        self._headers = {}

    def _end_header(self) -> None:
        name, value = (b"".join(pieces).decode("latin-1") for pieces in self._header)
        self._header = ([], [])
        if name.lower() in self._headers:
            raise _malformed(f"a part has the header {name} once", value=value)
        self._headers[name.lower()] = value.strip(" \t")


class _Part:
    """A part begins."""

    def __init__(self, headers: Headers) -> None:
        self.headers = headers


class _End:
    """The closing boundary was read; what follows it means nothing."""


def _malformed(rule: str, value: Any = None, path: str = "body") -> ApiError:
    message = f"{rule} ({_SECTION})"
    return ApiError(400, message, path=path, rule=rule, section=_SECTION, value=value)
