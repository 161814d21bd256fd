"""What tests of the record share: one of a test's own, on each backend."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lrs.record import Record
from tests.support.backends import BACKENDS


@pytest.fixture(params=BACKENDS)
def location(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a record of this test's own is kept, which isn't there yet."""
    if request.param == "sqlite":
        return str(tmp_path / "record.sqlite")
    return str(request.getfixturevalue("postgresql_schema"))


@pytest.fixture
def record(location: str) -> Iterator[Record]:
    """A record of this test's own."""
    opened = Record.open(location)
    yield opened
    opened.close()
