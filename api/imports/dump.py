"""Any xAPI dump as a stream of statements, byte for byte, in bounded memory.

A dump is a JSON array, JSON lines, what GET /statements answers (``{"statements": [...]}``), or
any of these one after another. Only brackets and strings are looked at: whether a statement is
good, and even whether it is JSON, is for the record to say.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

import orjson

from api.imports.posting import SourceBroken

CHUNK = 1 << 18  # bytes
LONGEST_STATEMENT = 64 << 20  # bytes

_STRING = rb'"(?:[^"\\]++|\\.)*+"'
# A lone quote begins a string whose end is not read yet.
_BRACKET = re.compile(_STRING + rb'|[\[\]{}"]', re.DOTALL)
_DEEPER = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}
_BETWEEN = re.compile(rb"[\s,]*+")  # commas part the statements of an array
# A number, a literal, a string; or, as they stand in no good dump, anything else.
_SCALAR = re.compile(_STRING + rb'|[^\s,\[\]{}"]++|.', re.DOTALL)
_OPENS_ARRAY = re.compile(rb"\s*+:\s*+\[")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def statements(file: BinaryIO, *, as_lines: bool = False) -> Iterator[bytes]:
    """Yield each statement's bytes in the order of the dump.

    ``as_lines`` takes each line for one statement, so that a broken one spoils only itself.
    Raises ``SourceBroken`` where a dump is cut short, and where no end of a statement is found
    within ``LONGEST_STATEMENT``.
    """
    return _lines(file) if as_lines else _Scanner(file).statements()


def are_lines(start: bytes, name: str) -> bool:
    """Tell JSON lines by the first line of the dump, or by the file's name if that is broken."""
    first, newline, _ = start.removeprefix(_BYTE_ORDER_MARK).lstrip().partition(b"\n")
    try:
        value = orjson.loads(first)
    except orjson.JSONDecodeError:
        return name.removesuffix(".gz").endswith((".jsonl", ".ndjson"))
    return bool(newline) and isinstance(value, dict) and "statements" not in value


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(LONGEST_STATEMENT + 1):
        if len(line) > LONGEST_STATEMENT:
            raise SourceBroken(f"a line is longer than {LONGEST_STATEMENT:,} bytes")
        if line := line.removeprefix(_BYTE_ORDER_MARK).strip():
            yield line


class _Scanner:
    """Cuts a stream of JSON into its statements by counting brackets outside strings.

    Lengths count from ``self.at``, so they hold when reading on moves the buffer.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.buffer = file.read(CHUNK).removeprefix(_BYTE_ORDER_MARK)
        self.at = 0  # how far the buffer is used up

    def statements(self) -> Iterator[bytes]:
        """Yield the statements at the top, and those in the arrays and answers found there."""
        while self._goes_on():
            if self._is_next(b"["):
                self.at += 1
                yield from self._elements()
            elif self._is_next(b"{") and self._enters_answer():
                yield from self._elements()
                self._take(self._length_of_brackets(depth=1))  # what else the answer holds
            else:
                yield self._value()

    def _elements(self) -> Iterator[bytes]:
        """Yield the elements of an array whose opening bracket is used up."""
        while self._goes_on():
            if self._is_next(b"]"):
                self.at += 1
                return
            yield self._value()
        raise SourceBroken("the dump is cut short: its array of statements has no end")

    def _value(self) -> bytes:
        """Take the next value; at the end of the file, whatever is left."""
        if self._is_next(b"{") or self._is_next(b"["):
            return self._take(self._length_of_brackets())
        while True:
            scalar = _SCALAR.match(self.buffer, self.at)
            assert scalar is not None  # noqa: S101 -- its last alternative takes any byte
            is_string_without_end = scalar[0] == b'"'
            may_go_on = is_string_without_end or scalar.end() == len(self.buffer)
            if not (may_go_on and self._fill()):
                end = len(self.buffer) if is_string_without_end else scalar.end()
                return self._take(end - self.at)

    def _length_of_brackets(self, depth: int = 0) -> int:
        """Tell where the brackets that open here, or ``depth`` open ones, are all closed."""
        for token, end in self._tokens():
            depth += _DEEPER.get(token, 0)
            if depth <= 0:
                return end
        return len(self.buffer) - self.at

    def _enters_answer(self) -> bool:
        """Go into the array "statements" of this object if it has one, else stay before it."""
        depth = 0
        for token, end in self._tokens():
            depth += _DEEPER.get(token, 0)
            if depth <= 0:
                return False
            if depth == 1 and token == b'"statements"' and self._enters_array(end):
                return True
        return False

    def _enters_array(self, length: int) -> bool:
        while len(self.buffer) - self.at - length < 64 and self._fill():
            pass  # colon and bracket are near, whatever the indentation
        if opening := _OPENS_ARRAY.match(self.buffer, self.at + length):
            self.at = opening.end()
        return opening is not None

    def _tokens(self) -> Iterator[tuple[bytes, int]]:
        """Yield each bracket and string ahead, with the length up to its end."""
        length = 0
        while True:
            token = _BRACKET.search(self.buffer, self.at + length)
            if token is None or token[0] == b'"':
                length = (token.start() if token else len(self.buffer)) - self.at
                if not self._fill():
                    return
            else:
                length = token.end() - self.at
                yield token[0], length

    def _goes_on(self) -> bool:
        """Go to the next value; false at the end of the file."""
        while True:
            if between := _BETWEEN.match(self.buffer, self.at):
                self.at = between.end()
            if self.at < len(self.buffer):
                return True
            if not self._fill():
                return False

    def _is_next(self, wanted: bytes, length: int = 0) -> bool:
        return self.buffer.startswith(wanted, self.at + length)

    def _take(self, length: int) -> bytes:
        value = self.buffer[self.at : self.at + length]
        self.at += length
        return value

    def _fill(self) -> bool:
        """Read on, and drop what is used up; false at the end of the file."""
        if len(self.buffer) - self.at > LONGEST_STATEMENT:
            raise SourceBroken(f"no end of a statement within {LONGEST_STATEMENT:,} bytes")
        chunk = self.file.read(CHUNK)
        self.buffer = self.buffer[self.at :] + chunk
        self.at = 0
        return bool(chunk)
