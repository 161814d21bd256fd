"""Where tests find the data that is not part of the repository."""

import os
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).parents[2]


def data_file(name: str) -> Path:
    """Give a file of $XUEJI_DATA, else of ../shared/data; skip the test where it is not there."""
    given = os.environ.get("XUEJI_DATA")
    folder = Path(given) if given else _REPOSITORY.parent / "shared" / "data"
    path = folder / name
    if not path.is_file():
        pytest.skip(f"{name} is neither in $XUEJI_DATA nor in ../shared/data beside the repository")
    return path
