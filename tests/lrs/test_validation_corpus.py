"""Real statements of a public store of 2014: accepted, or truly against the specification."""

import gzip
from collections import Counter
from typing import Any

import orjson
import pytest

from lrs.json_input import decode, raw_items
from lrs.validation import Violation, validate_statement
from lrs.versions import Version
from tests.support.data import data_file


@pytest.fixture(scope="module")
def corpus() -> bytes:
    return gzip.decompress(data_file("adl_public_lrs_2014.json.gz").read_bytes())


def refusals(statements: list[Any], version: Version) -> Counter[tuple[str, str, str]]:
    found: Counter[tuple[str, str, str]] = Counter()
    for statement in statements:
        try:
            validate_statement(statement, version)
        except Violation as violation:
            found[violation.path, violation.rule, violation.value] += 1
    return found


@pytest.mark.parametrize("version", Version)
def test_only_addresses_that_are_none_are_refused(corpus: bytes, version: Version) -> None:
    statements = decode(corpus)
    assert len(statements) == 1153
    # An mbox is "mailto:" and an e-mail address: xAPI 1.0.3 Data 2.4.2.3. These apps sent null.
    assert refusals(statements, version) == {
        ("$.actor.mbox", "an mbox is mailto: and one e-mail address", "mailto:null"): 33
    }


def test_its_bytes_are_split_as_they_are(corpus: bytes) -> None:
    items = raw_items(corpus)
    assert len(items) == 1153
    assert all(item in corpus for item in items[:20])
    assert [orjson.loads(item) for item in items] == decode(corpus)
