"""The text formats: what counts as an IRI, a UUID, a language tag, a duration, a timestamp."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs import formats
from tests.support import statements

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

GOOD_IRIS = [
    "http://example.com",
    "https://example.com/a/b?c=d&e=",
    "https://例子.测试/课程?名=值#节",
    "http://user:secret@example.com:8080/",
    "http://[2001:db8::7]:80/x",
    "urn:uuid:8c1f0b52-7d3a-4b6e-9a45-0d2e6f7a1b9c",
    "tag:example.com,2020:thing",
    "act:adlnet.gov/JsTetris_XAPI",
    "mailto:someone@example.org",
    "http://example.com/passed(to_go_beyond)",
    "http://example.com/%E8%AF%BE",
    "a+b.c-1:",
]
BAD_IRIS = [
    "",
    "example",
    "example.com/a",
    "/a/b",
    "//example.com/a",
    ":a",
    "1a:b",
    "ab=c://example.com",
    "http://example.com/a b",
    " http://example.com",
    "http://example.com\n",
    "http://example.com/\t",
    *(f"http://example.com/{character}" for character in '<>"{}|\\^`'),
    "http://example.com/100%",
    "http://example.com/%zz",
    "http://example.com/[x]",
    "http://example.com/#a#b",
    "http://",
    "https:///path",
    "http:path",
    "http://example.com/\ue000",
    "http://example.com/\x7f",
]


@pytest.mark.parametrize("text", GOOD_IRIS)
def test_an_iri_has_a_scheme_and_may_go_beyond_ascii(text: str) -> None:
    assert formats.is_iri(text)


@pytest.mark.parametrize("text", BAD_IRIS)
def test_an_iri_without_a_scheme_or_with_forbidden_characters_is_none(text: str) -> None:
    assert not formats.is_iri(text)


def test_a_uri_is_an_iri_in_ascii() -> None:
    assert formats.is_uri("https://example.com/%E8%AF%BE")
    assert not formats.is_uri("https://example.com/课")
    assert not formats.is_uri("example.com")


@given(statements.iris)
def test_iris_of_the_statement_strategies_are_iris(iri: str) -> None:
    assert formats.is_iri(iri)


@pytest.mark.parametrize(
    "text",
    ["mailto:a@b", "mailto:a.b+c%22d@example.org", "mailto:老师@学校.中国", "mailto:a@[192.0.2.1]"],
)
def test_a_mailto_is_one_address(text: str) -> None:
    assert formats.is_mailto(text)


@pytest.mark.parametrize(
    "text",
    [
        *["", "a@example.org", "mailto:", "mailto:null", "mailto:@example.org", "mailto:a@"],
        *["MAILTO:a@example.org", "mailto:a@b@c", "mailto:a b@example.org", "http://a@b"],
        *["mailto:a@example.org?subject=x", "mailto:a@example.org,b@example.org", "mailto:<a@b>"],
    ],
)
def test_a_mailto_is_nothing_but_an_address(text: str) -> None:
    assert not formats.is_mailto(text)


@pytest.mark.parametrize(
    "text",
    [
        "8c1f0b52-7d3a-4b6e-9a45-0d2e6f7a1b9c",
        "8C1F0B52-7D3A-4B6E-9A45-0D2E6F7A1B9C",
        "018f4b2c-0000-7000-8000-000000000000",
        "00000000-0000-0000-0000-000000000000",
    ],
)
def test_a_uuid_is_of_any_version_variant_and_case(text: str) -> None:
    assert formats.is_uuid(text)


@pytest.mark.parametrize(
    "text",
    [
        *["", "8c1f0b527d3a4b6e9a450d2e6f7a1b9c", "{8c1f0b52-7d3a-4b6e-9a45-0d2e6f7a1b9c}"],
        *["8c1f0b52-7d3a-4b6e-9a45-0d2e6f7a1b9c1", "8c1f0b52-7d3a-4b6e-9a45-0d2e6f7a1b9"],
        *["g1f0b52a-7d3a-4b6e-9a45-0d2e6f7a1b9c", "urn:uuid:8c1f0b52-7d3a-4b6e-9a45-0d2e6f7a1b9c"],
        *["8c1f0b52-7d3a-4b6e-9a45-0d2e6f7a1b9٣", "8c1f0b52-7d3a-4b6e-9a45-0d2e6f7a1b9c\n"],
    ],
)
def test_a_uuid_is_in_standard_form(text: str) -> None:
    assert not formats.is_uuid(text)


@pytest.mark.parametrize("length", [56, 64, 96, 128])
def test_sha2_digests_have_the_lengths_of_sha2(length: int) -> None:
    assert formats.is_sha2("aF" * (length // 2))
    assert not formats.is_sha2("aF" * (length // 2) + "0")
    assert not formats.is_sha2("g" * length)


def test_sha1_digests_have_40_digits() -> None:
    assert formats.is_sha1("0123456789abcdefABCDEF0123456789abcdefAB")
    assert not formats.is_sha1("0" * 39)
    assert not formats.is_sha1("0" * 41)
    assert not formats.is_sha1("x" * 40)


@pytest.mark.parametrize(
    "text",
    ["text/plain", "application/vnd.x+json", 'text/html; charset="utf-8"; a=b', "text/plain;"],
)
def test_a_media_type_has_a_type_and_a_subtype(text: str) -> None:
    assert formats.is_media_type(text)


@pytest.mark.parametrize(
    "text",
    ["", "text", "text/", "/plain", "text/plain; =", "text plain/x", 'text/plain; a="\\\r"'],
)
def test_other_texts_are_no_media_types(text: str) -> None:
    assert not formats.is_media_type(text)


@given(statements.language_tags)
def test_language_tags_of_every_kind_are_known(tag: str) -> None:
    assert formats.is_language_tag(tag)


@pytest.mark.parametrize(
    "tag",
    [
        *["", "e", "something", "b23456", "b23456789", "en_US", "en-", "-en", "en--US", "en-US "],
        *["en-something-AU", "en-US-US", "en-Latn-Latn", "zh-abcd-efgh", "x", "en-x", "en-a", "ſr"],
        *["de-1996-1996", "sl-rozaj-ROZAJ", "en-a-bbb-a-ccc", "en-u-co-phonebk-U-co-phonebk"],
    ],
)
def test_malformed_tags_and_repeated_parts_are_no_language_tags(tag: str) -> None:
    assert not formats.is_language_tag(tag)


@pytest.mark.parametrize(
    "text",
    [
        *["P4W", "P0.5W", "P3Y", "PT0S", "PT9876.5S", "P2Y3M4DT5H6M7.89S", "P1.5Y", "PT1,5H"],
        *["P2DT3H4M5.67891S", "P1M", "PT1M", "P1Y2D", "PT1H1S"],
    ],
)
def test_a_duration_counts_parts_from_large_to_small_or_weeks(text: str) -> None:
    assert formats.is_duration(text)


@pytest.mark.parametrize(
    "text",
    [
        *["", "P", "PT", "P1YT", "P4W1D", "P1Y4W", "P1D1M", "PT1S1M", "P1.5Y2M", "PT1.5H1S", "P1S"],
        *["PT1D", "-P1D", "P-1D", "p1d", "PT1.H", "PT.5S", "P0001-01-01T00:00:00", "1"],
        *["P1D ", "PT٣S"],
    ],
)
def test_a_duration_in_another_form_is_none(text: str) -> None:
    assert not formats.is_duration(text)


RFC3339_TIMESTAMPS = [
    "2024-09-16T14:07:09.250Z",
    "2024-09-16T14:07:09+00:00",
    "2024-09-16T14:07:09.250234567-00:30",
    "2024-09-16t14:07:09z",
    "2024-02-29T00:00:00Z",
    "2000-02-29T00:00:00Z",
    "2016-12-31T23:59:60Z",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
]
ISO8601_TIMESTAMPS = [
    "20240916T140709Z",
    "20240916T1407",
    "2024-09-16T14:07",
    "2024-09-16T15",
    "2024-09-16T14:07:09,601+0800",
    "2024-09-16T14:07:09.250",
    "2024-09-16T24:00:00",
    "2024-260T14:07:09Z",
    "2024-366T14:07:09Z",
    "2024-W38-1T14:07:09+08",
    "2024W381T140709Z",
    "9999-W52-5T00:00:00Z",
]
NO_TIMESTAMPS = [
    "",
    "yesterday",
    "16.09.2024",
    "2024-09-16",
    "14:07:09",
    "2024-09-16 14:07:09Z",
    "2024-09-16T",
    "2024-09-16T14:07:09.Z",
    "2024-09-16T14:07:09.250-00",
    "2024-09-16T14:07:09.250-0000",
    "2024-09-16T14:07:09.250-00:00",
    "2024-09-16T14:07:09+24:00",
    "2024-09-16T14:07:09+08:60",
    "2024-13-01T00:00:00Z",
    "2024-00-01T00:00:00Z",
    "2024-02-30T00:00:00Z",
    "2009-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2024-04-31T00:00:00Z",
    "2009-366T00:00:00Z",
    "2024-000T00:00:00Z",
    "2009-W54-1T00:00:00Z",
    "2024-W00-1T00:00:00Z",
    "2024-09-16T25:00:00Z",
    "2024-09-16T24:00:01Z",
    "2024-09-16T15:60:00Z",
    "2024-09-16T14:07:60Z",
    "2024-0915T14:07:09Z",
    "20240916T14:07:09Z",
    "2024-09-16T140709Z",
    "+02024-09-16T14:07:09Z",
    "2024-09-16T14:07:09Z\n",
    "٢٠٢٤-09-15T14:07:09Z",
]


@pytest.mark.parametrize("text", RFC3339_TIMESTAMPS)
def test_an_rfc3339_timestamp_is_an_iso8601_one_too(text: str) -> None:
    assert formats.is_rfc3339_timestamp(text)
    assert formats.is_iso8601_timestamp(text)
    assert formats.instant_or_none(text) is not None


@pytest.mark.parametrize("text", ISO8601_TIMESTAMPS)
def test_iso8601_has_timestamps_that_rfc3339_has_not(text: str) -> None:
    assert formats.is_iso8601_timestamp(text)
    assert not formats.is_rfc3339_timestamp(text)


@pytest.mark.parametrize("text", NO_TIMESTAMPS)
def test_other_texts_are_no_timestamps(text: str) -> None:
    assert not formats.is_iso8601_timestamp(text)
    assert not formats.is_rfc3339_timestamp(text)
    with pytest.raises(ValueError, match="not an ISO 8601"):
        formats.instant(text)


@given(
    st.datetimes(timezones=st.timezones() | st.just(UTC)).filter(
        lambda moment: not (moment.utcoffset() or timedelta()).total_seconds() % 60
    )
)
def test_an_instant_is_what_datetime_makes_of_it(moment: datetime) -> None:
    text = moment.isoformat()
    assert formats.is_rfc3339_timestamp(text)
    assert formats.instant(text) == (moment - EPOCH) // timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("20250301T081530Z", "2025-03-01T08:15:30Z"),
        ("2025-W09-6T08:15:30", "2025-03-01T08:15:30Z"),
        ("2025-060T16:15:30+0800", "2025-03-01T08:15:30Z"),
        ("2025-03-01T08:15,5", "2025-03-01T08:15:30Z"),
        ("2025-03-01T08.5", "2025-03-01T08:30:00Z"),
        ("2025-02-28T24:00", "2025-03-01T00:00:00Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2025-03-01T08:15:30.1234569Z", "2025-03-01T08:15:30.123456Z"),
    ],
)
def test_one_instant_can_be_written_in_many_ways(text: str, same: str) -> None:
    assert formats.instant(text) == formats.instant(same)


def test_the_year_zero_lies_before_the_year_one() -> None:
    day = 86_400_000_000
    assert formats.instant("0001-01-01T00:00:00Z") - formats.instant("0000-12-31T00:00:00Z") == day
    assert formats.instant("0000-03-01T00:00:00Z") - formats.instant("0000-02-28T00:00:00Z") == (
        2 * day
    )


@pytest.mark.parametrize(
    "text",
    [
        *["http://" + "a%" * 50_000, "a:" + "@" * 100_000, "http://" + ":" * 100_000 + "<"],
        *["P" + "1" * 20_000, "en" + "-abcde" * 20_000 + "-", "en" + "-a-bc" * 20_000 + "-"],
        *["mailto:" + "a" * 100_000, "a/b" + ";a=b" * 20_000 + "\x00", "2" * 100_000],
    ],
    ids=lambda text: f"{text[:9]}…",
)
def test_no_text_makes_a_format_take_long(text: str) -> None:
    started = datetime.now(UTC)
    for name, fits in vars(formats).items():
        if re.match("is_(?!leap)", name):
            fits(text)
    assert datetime.now(UTC) - started < timedelta(seconds=2)
