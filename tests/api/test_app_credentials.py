"""A vendor manages the credentials of the own app, and gets no more by it than it has."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.app_credentials import MOST, AppCredentials
from api.errors import ApiError
from api.key_commands import opened_credentials
from api.settings import Settings
from lrs.credentials import Credential, Credentials
from lrs.holders import Holder

STORE, APP = "district", "homework"


@pytest.fixture
def credentials(tmp_path: Path) -> Iterator[Credentials]:
    with opened_credentials(Settings(data_directory=tmp_path)) as credentials:
        yield credentials


@pytest.fixture
def own(credentials: Credentials) -> Credential:
    return credentials.add(
        STORE, APP, (), holder=Holder("vendor"), rate=7.0, profile_check="enforce", vendor="Acme"
    )[0]


def refusal(change: object, *arguments: object) -> int:
    with pytest.raises(ApiError) as refused:
        change(*arguments)  # type: ignore[operator]
    return refused.value.status


def test_a_new_credential_has_the_apps_role_rate_and_check(
    credentials: Credentials, own: Credential
) -> None:
    made, secret = AppCredentials(credentials, own).make(["statements/write"])
    assert credentials.check(made.key, secret) == made
    assert (made.store, made.app, made.holder) == (own.store, own.app, own.holder)
    assert (made.rate, made.profile_check, made.vendor) == (7.0, "enforce", "Acme")
    assert made.scopes == {"statements/write"}


def test_nobody_hands_on_what_they_have_not(credentials: Credentials, own: Credential) -> None:
    app = AppCredentials(credentials, own)
    assert refusal(app.make, ["statements/write", "all"]) == 403
    assert refusal(app.make, []) == 400
    assert [one.key for one in app.list()] == [own.key]


@pytest.mark.parametrize(
    ("store", "app", "scopes", "holder"),
    [
        ("elsewhere", APP, ["statements/write"], None),
        (STORE, "another", ["statements/write"], None),
        (STORE, APP, ["all"], None),  # the district's own way into its store
        (STORE, APP, ["projections/read"], None),  # which would see every student
        (STORE, APP, ["projections/read"], Holder("evaluator")),
        (STORE, APP, ["statements/write", "define"], None),
    ],
    ids=str,
)
def test_a_credential_that_is_not_the_vendors_is_neither_seen_nor_changed(
    credentials: Credentials,
    own: Credential,
    store: str,
    app: str,
    scopes: list[str],
    holder: Holder | None,
) -> None:
    other, secret = credentials.add(store, app, scopes, holder=holder)
    vendor = AppCredentials(credentials, own)
    assert [one.key for one in vendor.list()] == [own.key]
    assert refusal(vendor.rotate, other.key) == refusal(vendor.revoke, other.key) == 404
    assert refusal(vendor.rotate, "nobody") == 404
    assert credentials.check(other.key, secret) == other


def test_a_new_secret_ends_the_old_one_now_or_within_the_hour(
    credentials: Credentials, own: Credential
) -> None:
    vendor = AppCredentials(credentials, own)
    made, first = vendor.make(["statements/write"])
    second = vendor.rotate(made.key)
    assert credentials.check(made.key, first) == credentials.check(made.key, second) == made
    third = vendor.rotate(made.key, at_once=True)
    assert credentials.check(made.key, second) is None
    vendor.revoke(made.key)
    assert credentials.check(made.key, third) is None
    assert refusal(vendor.rotate, made.key) == 409
    assert [one.revoked is None for one in vendor.list()] == [True, False]


def test_an_app_has_no_more_credentials_than_its_rate_can_mean(
    credentials: Credentials, own: Credential
) -> None:
    vendor = AppCredentials(credentials, own)
    for _ in range(MOST - 1):
        made, _secret = vendor.make(["statements/write"])
    assert refusal(vendor.make, ["statements/write"]) == 409
    vendor.revoke(made.key)
    vendor.make(["statements/write"])
