"""Credentials prove what they say, are kept without their secret, and can be taken back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lrs import credentials as module
from lrs.credentials import Credentials, UnknownCredentialError, UnknownScopeError
from lrs.record import Record

PEPPER = b"p" * 64


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def record(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Record]:
    location = str(tmp_path / "record.sqlite")
    if request.param == "postgresql":
        location = request.getfixturevalue("postgresql_schema")
    opened = Record.open(location)
    yield opened
    opened.close()


@pytest.fixture
def credentials(record: Record) -> Credentials:
    return Credentials(record.statements, PEPPER)


def test_key_and_secret_prove_store_app_and_scopes(credentials: Credentials) -> None:
    made, secret = credentials.add("district", "homework", ["statements/write"])
    proved = credentials.check(made.key, secret)
    assert proved is not None
    assert (proved.store, proved.app) == ("district", "homework")
    assert proved.may("statements/write", "all")
    assert not proved.may("statements/read", "all")


def test_secrets_are_long_and_never_the_same(credentials: Credentials) -> None:
    secrets = {credentials.add("district", "app", ["all"])[1] for _ in range(20)}
    assert len(secrets) == 20
    assert min(map(len, secrets)) >= 43


@pytest.mark.parametrize("secret", ["", "guess", "\ud800", "é" * 50])
def test_another_secret_proves_nothing(credentials: Credentials, secret: str) -> None:
    made, _ = credentials.add("district", "app", ["all"])
    assert credentials.check(made.key, secret) is None
    assert credentials.check("nobody", secret) is None


def test_the_database_alone_does_not_hold_what_proves(record: Record) -> None:
    made, secret = Credentials(record.statements, PEPPER).add("district", "app", ["all"])
    assert Credentials(record.statements, b"another pepper").check(made.key, secret) is None


def test_a_revocation_reaches_other_processes_within_a_second(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = (Credentials(record.statements, PEPPER) for _ in range(2))
    made, secret = here.add("district", "app", ["all"])
    assert there.check(made.key, secret)
    here.revoke(made.key)
    assert here.check(made.key, secret) is None
    now = module.monotonic()
    monkeypatch.setattr(module, "monotonic", lambda: now + 1.0)
    assert there.check(made.key, secret) is None


def test_a_credential_without_a_known_scope_is_not_made(credentials: Credentials) -> None:
    with pytest.raises(UnknownScopeError, match="statements/writ;"):
        credentials.add("district", "app", ["statements/writ"])
    with pytest.raises(UnknownScopeError, match="at least one"):
        credentials.add("district", "app", [])
    assert credentials.list() == []


@pytest.mark.parametrize("store", ["", "a/b", "a b", "x" * 101, "\u0000"])
def test_a_store_has_a_plain_name(credentials: Credentials, store: str) -> None:
    with pytest.raises(ValueError, match="store"):
        credentials.add(store, "app", ["all"])


def test_revoking_what_is_not_there_is_an_error(credentials: Credentials) -> None:
    with pytest.raises(UnknownCredentialError):
        credentials.revoke("nobody")


def test_the_list_shows_revocations_and_no_secret(credentials: Credentials) -> None:
    first, _ = credentials.add("district", "app", ["all"])
    second, _ = credentials.add("district", "other", ["state", "define"])
    credentials.revoke(first.key)
    listed = credentials.list()
    assert [one.key for one in listed] == [first.key, second.key]
    assert listed[0].revoked is not None
    assert listed[1].revoked is None
    assert listed[1].scopes == {"state", "define"}
