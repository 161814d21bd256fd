"""multipart/mixed is read and written as RFC 2046 says, in whatever pieces it arrives."""

import asyncio
from collections.abc import AsyncIterator, Iterable

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from api.errors import ApiError
from api.xapi.multipart import (
    LONGEST_HEADER,
    LONGEST_PREAMBLE,
    MOST_HEADERS,
    MultipartReader,
    boundary_of,
)
from streams.multipart_writing import MultipartWriter
from tests.support.multipart import Part, written

LINE = b"--edge\r\n"
END = b"--edge--"
ONE = LINE + b"Content-Type: text/plain\r\n\r\none\r\n" + END
ONE_PART = [Part(b"one", {"content-type": "text/plain"})]


async def arriving(chunks: Iterable[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def read_parts(chunks: Iterable[bytes], boundary: bytes) -> list[Part]:
    reader = MultipartReader(arriving(chunks), boundary)
    parts = []
    while (headers := await reader.next_part()) is not None:
        data = b"".join([piece async for piece in reader.data()])
        parts.append(Part(data, dict(headers)))
    assert await reader.next_part() is None
    return parts


def read(*chunks: bytes, boundary: bytes = b"edge") -> list[Part]:
    return asyncio.run(read_parts(chunks, boundary))


def refusal(*chunks: bytes) -> ApiError:
    with pytest.raises(ApiError) as refused:
        read(*chunks)
    assert refused.value.status == 400
    assert refused.value.details["rule"]
    assert refused.value.details["section"] == "RFC 2046, 5.1"
    return refused.value


# Reading -----------------------------------------------------------------------------------------

DATA = some.binary(max_size=30) | some.sampled_from(
    [b"\r\n", b"\r\n--", b"\r\n--edg", b"--edge", b"-", b"\r", b"\n--edge--", b"\r\n\r\n--ed\r\n"]
)


@given(data=some.lists(DATA, min_size=1, max_size=4), cuts=some.lists(some.integers(0, 300)))
@example(data=[b"", b"\r\n--edgy"], cuts=list(range(300)))
def test_parts_are_the_same_however_the_body_is_cut(data: list[bytes], cuts: list[int]) -> None:
    body = written([Part(one, {"X-Number": str(len(one))}) for one in data], "edge")
    ends = sorted(cut for cut in set(cuts) if cut < len(body))
    pieces = [body[start:end] for start, end in zip([0, *ends], [*ends, len(body)], strict=True)]
    assert read(*pieces) == [Part(one, {"x-number": str(len(one))}) for one in data]


@pytest.mark.parametrize(
    "body",
    [
        b"\r\n" + ONE,
        b"\r\n\r\n" + ONE,
        b"What comes first - and is for readers only.\r\n" + ONE,
        ONE + b"\r\n",
        ONE + b"\r\nWhat comes last.\r\n" + LINE + b"\r\nno part",
        ONE.replace(b"Type: ", b"Type:"),
        ONE.replace(b"Type: ", b"type:  "),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_what_means_nothing_is_left_out(body: bytes, at_once: bool) -> None:
    pieces = [body] if at_once else [body[at : at + 1] for at in range(len(body))]
    assert read(*pieces) == ONE_PART


def test_a_part_may_have_no_headers_and_no_data() -> None:
    assert read(LINE + b"\r\n\r\n" + END) == [Part(b"")]


def test_no_part_at_all_is_an_end() -> None:
    assert read(END) == []


def test_data_that_is_not_asked_for_is_skipped() -> None:
    async def headers() -> list[str]:
        parts = [Part(b"x" * 100, {"X-Number": str(number)}) for number in range(3)]
        reader = MultipartReader(arriving([written(parts, "edge")]), b"edge")
        found = []
        while (one := await reader.next_part()) is not None:
            found.append(one["x-number"])
        return found

    assert asyncio.run(headers()) == ["0", "1", "2"]


def test_no_more_is_read_than_asked_for() -> None:
    arrived = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal arrived
        yield LINE + b"\r\n"
        while True:
            arrived += 1
            yield bytes(1000)

    async def three_pieces() -> int:
        reader = MultipartReader(endless(), b"edge")
        await reader.next_part()
        pieces = reader.data()
        for _ in range(3):
            await anext(pieces)
        await pieces.aclose()  # type: ignore[attr-defined]
        return arrived

    assert asyncio.run(three_pieces()) == 3


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\r\n",
        b"no boundary anywhere",
        ONE[:-1],
        ONE[: -len(END)],
        LINE,
        LINE + b"Content-Type: text/plain",
        LINE + b"no header\r\n\r\none\r\n" + END,
        LINE + b": no name\r\n\r\none\r\n" + END,
        LINE + b"A: 1\r\na: 2\r\n\r\none\r\n" + END,
        ONE.replace(b"\r\n", b"\n"),
        b"--edgeX" + ONE[6:],
    ],
)
def test_what_is_malformed_is_refused(body: bytes) -> None:
    refusal(body)


def test_headers_and_preamble_have_limits() -> None:
    header = b"X: " + b"x" * LONGEST_HEADER + b"\r\n"
    refusal(LINE + header + b"\r\none\r\n" + END)
    many = b"".join(b"X-%d: 1\r\n" % number for number in range(MOST_HEADERS + 1))
    refusal(LINE + many + b"\r\none\r\n" + END)
    refusal(b"x" * LONGEST_PREAMBLE, b"x", b"\r\n" + ONE)


def test_what_the_body_raises_is_passed_on() -> None:
    async def breaks() -> AsyncIterator[bytes]:
        yield LINE + b"\r\n"
        raise ConnectionError

    async def reading() -> None:
        reader = MultipartReader(breaks(), b"edge")
        await reader.next_part()
        await reader.next_part()

    with pytest.raises(ConnectionError):
        asyncio.run(reading())


# The boundary ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "boundary"),
    [
        ("multipart/mixed; boundary=edge", b"edge"),
        ("multipart/mixed;boundary=edge", b"edge"),
        ("Multipart/Mixed; charset=utf-8; Boundary=edge", b"edge"),
        ('multipart/mixed; boundary="abcABC0123\'()+_,-./:=?"', b"abcABC0123'()+_,-./:=?"),
        ("multipart/mixed; boundary=" + "e" * 70, b"e" * 70),
    ],
)
def test_the_boundary_is_what_the_content_type_names(content_type: str, boundary: bytes) -> None:
    assert boundary_of(content_type) == boundary


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/mixed",
        "multipart/mixed;",
        "multipart/mixed; boundary",
        "multipart/mixed; boundary=",
        'multipart/mixed; boundary=""',
        "multipart/mixed; boundary=" + "e" * 71,
    ],
)
def test_a_content_type_without_a_right_boundary_is_refused(content_type: str) -> None:
    with pytest.raises(ApiError) as refused:
        boundary_of(content_type)
    assert refused.value.status == 400
    assert refused.value.details["value"] == content_type


# Writing -----------------------------------------------------------------------------------------


@given(data=some.lists(some.binary(max_size=50), min_size=1, max_size=4))
def test_what_is_written_reads_back(data: list[bytes]) -> None:
    writer = MultipartWriter()
    body = b"".join(
        writer.begin([("X-Number", str(number))], first=number == 0) + one
        for number, one in enumerate(data)
    )
    parts = read(body + writer.end, boundary=boundary_of(writer.content_type))
    assert parts == [Part(one, {"x-number": str(number)}) for number, one in enumerate(data)]


def test_a_header_can_not_break_out_of_its_line() -> None:
    writer = MultipartWriter()
    head = writer.begin([("Content-Type", "text/plain\r\nX-Other: 1\r\n\r\n")], first=True)
    [part] = read(head + writer.end, boundary=boundary_of(writer.content_type))
    assert list(part.headers) == ["content-type"]


def test_each_answer_has_a_boundary_of_its_own() -> None:
    assert MultipartWriter().content_type != MultipartWriter().content_type
