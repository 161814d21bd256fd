"""JSON as it comes in: what is decoded, what is refused, and where the mistake is said to be."""

import json
import time
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lrs.json_input import decode, raw_items
from lrs.validation import Violation

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts | st.just(':{["\\u003a]}'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def violation_of(raw: bytes, **limits: int) -> Violation:
    with pytest.raises(Violation) as caught:
        decode(raw, **limits)
    return caught.value


def _int64_or_double(digits: str) -> int | float:
    number = int(digits)
    return number if -(2**63) <= number < 2**64 else float(digits)


@given(values, st.booleans(), st.sampled_from([None, 2]))
@example(["\u003a"], True, None)
@example({"a": [{"b": [{"c": ["{", "["]}]}]}, True, 2)
def test_what_python_reads_is_read_the_same(value: Any, escaped: bool, indent: int | None) -> None:
    raw = json.dumps(value, ensure_ascii=escaped, indent=indent).encode()
    assert decode(raw, max_depth=40) == json.loads(raw, parse_int=_int64_or_double)


@given(st.text('[]{},:"\\u03aAb1-. ', max_size=24))
@example('{"a":1,"a":2}')
@example('{"a\\u003a":1,"a:":2}')
@example('{"\\u0061":{},"a":{}}')
def test_any_text_is_decoded_as_python_does_or_refused(text: str) -> None:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a name given twice")
        return dict(pairs)

    try:
        expected = json.loads(text, object_pairs_hook=unique, parse_int=_int64_or_double)
    except ValueError:
        violation_of(text.encode())
    else:
        assert decode(text.encode()) == expected


@given(st.binary(max_size=40))
def test_no_bytes_cause_anything_but_a_violation(raw: bytes) -> None:
    with suppress(Violation):
        decode(raw)


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ('{"a":1,"a":1}', "$.a"),
        ('{"a":1,"\\u0061":2}', "$.a"),
        ('{"a":{"b":[0,{"c":1,"d":2,"c":[]}]}}', "$.a.b[1].c"),
        ('[{"https://x/y":{"a b":1,"a b":2}}]', "$[0]['https://x/y']['a b']"),
        ('{"a":{"x":1,"x":2},"a":1}', "$.a"),
        ('{"q":"::::","a":":","a":""}', "$.a"),
        ('{"q":"\\u003a\\u003A","a":1,"a":2}', "$.a"),
        ('{"it\'s":1,"it\'s":1}', "$['it\\'s']"),
    ],
)
def test_a_property_given_twice_is_refused_with_its_path(raw: str, place: str) -> None:
    violation = violation_of(raw.encode())
    assert violation.path == place
    assert violation.rule == "an object has each property once"
    assert violation.section == "RFC 8259, 4"


@pytest.mark.parametrize(
    "raw",
    [
        '{"a":{"a":1},"b":{"a":1}}',
        '[{"a":1},{"a":1}]',
        '{"a:":"\\u003a","a":":"}',
        '{"a":"\\u0030"}',
    ],
)
def test_a_name_in_several_objects_is_not_given_twice(raw: str) -> None:
    assert decode(raw.encode()) == json.loads(raw)


@given(st.integers(1, 40), st.integers(1, 40), st.booleans())
def test_nesting_is_counted_exactly(depth: int, limit: int, objects: bool) -> None:
    opening, closing = ('{"a":', "}") if objects else ("[", "]")
    raw = f'{opening * depth}"[[[[{{{{"{closing * depth}'.encode()
    if depth <= limit:
        assert decode(raw, max_depth=limit) == json.loads(raw)
    else:
        assert f"at most {limit} deep" in violation_of(raw, max_depth=limit).rule


def test_a_wide_batch_is_not_deep() -> None:
    raw = b"[%s]" % b",".join([b'{"a":[{"b":[]},{"c":{}}]}'] * 500)
    assert len(decode(raw, max_depth=5)) == 500
    assert "deep" in violation_of(raw, max_depth=4).rule


@pytest.mark.parametrize("depth", [65, 250, 900, 1024, 5000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_no_depth_exhausts_the_stack(depth: int, opening: str, closing: str) -> None:
    raw = f"{opening * depth}0{closing * depth}".encode()
    assert "at most 64 deep" in violation_of(raw).rule


def test_ten_megabytes_of_brackets_are_refused_quickly() -> None:
    started = time.perf_counter()
    assert "at most 64 deep" in violation_of(b"[" * 10_000_000).rule
    assert time.perf_counter() - started < 2


def test_a_limit_that_could_not_be_held_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="max_depth"):
        decode(b"[]", max_depth=1000)


def test_many_properties_given_twice_are_found_quickly() -> None:
    names = [*range(50_000), 49_999]
    raw = "{" + ",".join(f'"{name}":0' for name in names) + "}"
    started = time.perf_counter()
    assert violation_of(raw.encode()).path == "$['49999']"
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    "raw",
    [
        *[b"", b" ", b"{", b"[1,]", b'{"a":1,}', b"{'a':1}", b"[1] x", b"01", b".5", b"+1", b"tru"],
        *[b"NaN", b"[Infinity]", b"[-Infinity]", b"1e999", b"-1e999", b"9" * 400, b"9" * 5000],
        *[b'"a\nb"', b'"\\x"', b'"\\ud800"', b'"\\udc00\\ud800"', b"\xef\xbb\xbf{}", b"// a\n1"],
    ],
    ids=lambda raw: repr(raw[:20]),
)
def test_what_is_no_json_is_refused_with_line_and_column(raw: bytes) -> None:
    violation = violation_of(raw)
    assert violation.path == "$"
    assert violation.rule.startswith("JSON is well-formed; line ")
    assert violation.section == "RFC 8259"


def test_a_mistake_is_shown_with_what_stands_around_it() -> None:
    violation = violation_of('{"课程":"数学",\n "x" 1}'.encode())
    assert "line 2, column" in violation.rule
    assert '"x" 1' in violation.value


@pytest.mark.parametrize(
    "raw", [b'"\xff"', b'"\xc3"', b'"\xed\xa0\x80"', b'"\xc0\x80"', b"\xfe\xff"]
)
def test_what_is_not_utf8_is_refused(raw: bytes) -> None:
    assert "UTF-8" in violation_of(raw).rule


def test_the_first_octet_that_is_not_utf8_is_named() -> None:
    assert "octet 6 " in violation_of(b'{"a":"\xff"}').rule


@pytest.mark.parametrize("digits", [2**63, 2**64 - 1, -(2**63), 2**64, -(2**63) - 1, 10**40])
def test_integers_beyond_64_bits_are_accepted_and_their_bytes_kept(digits: int) -> None:
    raw = b"[%d]" % digits
    (number,) = decode(raw)
    assert number == _int64_or_double(str(digits))
    assert raw_items(raw) == [b"%d" % digits]


@given(st.lists(values, max_size=5), st.sampled_from([None, 3]))
def test_a_batch_is_split_into_the_bytes_received(items: list[Any], indent: int | None) -> None:
    raw = json.dumps(items, indent=indent, ensure_ascii=False).encode()
    split = raw_items(b" \n%s\t" % raw)
    assert [json.loads(item) for item in split] == items
    assert all(item in raw and item == item.strip() for item in split)


def test_one_statement_is_a_list_of_one() -> None:
    assert raw_items(b' {"b" : 1.0, "a":2} \n') == [b'{"b" : 1.0, "a":2}']


def test_a_malformed_batch_is_not_split() -> None:
    for raw in (b"[1,", b"[1]]", b"[" * 5000):
        with pytest.raises(Violation):
            raw_items(raw)
