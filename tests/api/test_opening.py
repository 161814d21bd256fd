"""Commands open the record of the settings, and say why where they can't."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from eventsourcing.cryptography import AESCipher
from typer.testing import CliRunner

from api.command_line import main
from api.settings import Settings
from lrs.queries import StatementQuery
from lrs.record import Record
from tests.support.records import draft, statement


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XUEJI_DATA_DIRECTORY", str(tmp_path))
    with closing(opened(tmp_path)) as record:
        record.store_statements_now("demo", [draft(statement("an"), "demo")])
    return tmp_path


def opened(folder: Path) -> Record:
    return Record.open(Settings.model_construct(data_directory=folder).record_location)


def test_the_index_is_rebuilt_by_a_command(data: Path) -> None:
    with closing(sqlite3.connect(data / "record.sqlite")) as connection, connection:
        connection.execute("DELETE FROM statement_terms")
    assert found(data) == 0
    done = CliRunner().invoke(main, ["reindex"])
    assert done.exit_code == 0
    assert "1 statements indexed." in done.output
    assert found(data) == 1


def found(folder: Path) -> int:
    with closing(opened(folder)) as record:
        return len(record.find_statements(StatementQuery(store="demo")).statements)


def test_a_command_says_that_the_record_has_another_key(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIPHER_TOPIC", "eventsourcing.cryptography:AESCipher")
    monkeypatch.setenv("CIPHER_KEY", AESCipher.create_key(16))
    for command in (["reindex"], ["keys", "list"], ["profiles", "list"]):
        done = CliRunner().invoke(main, command)
        assert done.exit_code == 1
        assert "are CIPHER_TOPIC, CIPHER_KEY" in done.output
