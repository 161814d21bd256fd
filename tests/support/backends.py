"""Where a record may be kept: what is promised of it is tested on each."""

import pytest

# The parameters of a fixture that opens a record.
BACKENDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql))


def new_database(request: pytest.FixtureRequest) -> str:
    """Give the DSN of a new record on the backend that is a fixture's parameter.

    It is empty for SQLite, which a fixture without parameter has: a file in the data directory.
    """
    if getattr(request, "param", "sqlite") == "sqlite":
        return ""
    return str(request.getfixturevalue("postgresql_cluster").create_database())
