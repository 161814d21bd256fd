"""Credentials prove what they say, are kept without their secret, and can be taken back."""

from collections.abc import Callable, Iterator
from threading import Barrier, Thread
from typing import Any

import pytest

from lrs import credentials as module
from lrs.credentials import (
    SCOPES,
    Credentials,
    RevokedCredentialError,
    UnknownCredentialError,
    UnknownScopeError,
)
from lrs.holders import Holder
from lrs.record import Record

PEPPER = b"p" * 64
SECOND = 1_000_000  # µs


@pytest.fixture
def credentials(record: Record) -> Credentials:
    return Credentials(record.statements, PEPPER)


@pytest.fixture
def elsewhere(location: str, record: Record) -> Iterator[Credentials]:
    """The credentials as another process has them: over connections of its own."""
    opened = Record.open(location)
    yield Credentials(opened.statements, PEPPER)
    opened.close()


class Clock:
    """The clocks that credentials look at, moved on by a test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.passed = 0.0
        monotonic, now = module.monotonic(), module.now_microseconds()
        monkeypatch.setattr(module, "monotonic", lambda: monotonic + self.passed)
        monkeypatch.setattr(module, "now_microseconds", lambda: now + round(self.passed * SECOND))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


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


@pytest.mark.parametrize("key", ["", "nobody", "A" * 32, "0" * 33, "\u0000", "0" * 31 + "\n", "%"])
def test_what_can_not_be_a_key_proves_nothing_and_is_no_error(
    credentials: Credentials, key: str
) -> None:
    assert credentials.check(key, "secret") is None
    assert credentials.find(key) is None
    assert credentials.age(key) == 0


# Taking back -------------------------------------------------------------------------------------


def test_a_revocation_reaches_other_processes_within_a_second(
    credentials: Credentials, elsewhere: Credentials, clock: Clock
) -> None:
    made, secret = credentials.add("district", "app", ["all"])
    assert elsewhere.check(made.key, secret)
    credentials.revoke(made.key)
    assert credentials.check(made.key, secret) is None
    clock.passed += 1.0
    assert elsewhere.check(made.key, secret) is None


def test_a_revocation_is_for_good_and_keeps_its_first_time(
    credentials: Credentials, clock: Clock
) -> None:
    made, secret = credentials.add("district", "app", ["all"])
    credentials.revoke(made.key)
    first = credentials.find(made.key)
    clock.passed += 1.0
    credentials.revoke(made.key)
    assert credentials.find(made.key) == first
    assert credentials.check(made.key, secret) is None


@pytest.mark.parametrize(
    "attempt",
    [
        lambda credentials, key: credentials.rotate(key),
        lambda credentials, key: credentials.change(key, scopes=["all"]),
    ],
    ids=["rotate", "change"],
)
def test_what_is_revoked_can_not_be_brought_back(
    credentials: Credentials, attempt: Callable[[Credentials, str], Any]
) -> None:
    made, secret = credentials.add("district", "app", ["state"])
    credentials.revoke(made.key)
    with pytest.raises(RevokedCredentialError):
        attempt(credentials, made.key)
    with pytest.raises(UnknownCredentialError):
        attempt(credentials, "0" * 32)
    assert credentials.check(made.key, secret) is None
    found = credentials.find(made.key)
    assert found is not None
    assert found.scopes == {"state"}


# Rotating ----------------------------------------------------------------------------------------


def test_a_rotation_reaches_other_processes_within_a_second(
    credentials: Credentials, elsewhere: Credentials, clock: Clock
) -> None:
    made, old = credentials.add("district", "app", ["all"])
    assert elsewhere.check(made.key, old)
    new = credentials.rotate(made.key)
    assert new != old
    assert credentials.check(made.key, new) == made
    assert credentials.check(made.key, old) is None
    clock.passed += 1.0
    assert elsewhere.check(made.key, new) == made
    assert elsewhere.check(made.key, old) is None


def test_in_the_time_of_grace_both_secrets_prove_and_then_the_new_one(
    credentials: Credentials, elsewhere: Credentials, clock: Clock
) -> None:
    made, old = credentials.add("district", "app", ["all"])
    new = credentials.rotate(made.key, grace=60)
    for _ in range(59):
        clock.passed += 1.0
        for one in (credentials, elsewhere):
            assert one.check(made.key, old) == made
            assert one.check(made.key, new) == made
    clock.passed += 1.0
    for one in (credentials, elsewhere):
        assert one.check(made.key, old) is None
        assert one.check(made.key, new) == made


def test_the_end_of_grace_is_kept_to_while_a_credential_is_remembered(
    credentials: Credentials, clock: Clock
) -> None:
    made, old = credentials.add("district", "app", ["all"])
    credentials.rotate(made.key, grace=0.2)
    assert credentials.check(made.key, old)
    clock.passed += 0.2
    assert credentials.age(made.key) < module.REMEMBER_SECONDS
    assert credentials.check(made.key, old) is None


def test_only_the_secret_just_before_has_grace(credentials: Credentials, clock: Clock) -> None:
    made, first = credentials.add("district", "app", ["all"])
    second = credentials.rotate(made.key, grace=60)
    third = credentials.rotate(made.key, grace=60)
    assert [credentials.check(made.key, one) is not None for one in (first, second, third)] == [
        False,
        True,
        True,
    ]
    fourth = credentials.rotate(made.key)
    assert [credentials.check(made.key, one) is not None for one in (second, third, fourth)] == [
        False,
        False,
        True,
    ]


def test_a_revocation_ends_grace(credentials: Credentials) -> None:
    made, old = credentials.add("district", "app", ["all"])
    new = credentials.rotate(made.key, grace=60)
    credentials.revoke(made.key)
    assert credentials.check(made.key, old) is None
    assert credentials.check(made.key, new) is None


def test_of_secrets_made_at_the_same_time_one_proves_without_grace(
    credentials: Credentials, elsewhere: Credentials
) -> None:
    made, _ = credentials.add("district", "app", ["all"])
    begin = Barrier(4)
    secrets: list[str] = []

    def rotate(one: Credentials) -> None:
        begin.wait()
        secrets.append(one.rotate(made.key))

    threads = [Thread(target=rotate, args=[one]) for one in (credentials, elsewhere) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    credentials.look_up(made.key)
    assert len(secrets) == 4
    assert [credentials.check(made.key, one) is not None for one in secrets].count(True) == 1


# Options -----------------------------------------------------------------------------------------


def test_rate_and_profile_check_are_kept_and_null_where_not_given(
    credentials: Credentials, elsewhere: Credentials
) -> None:
    plain, _ = credentials.add("district", "app", ["all"])
    made, secret = credentials.add("district", "app", ["all"], rate=2.5, profile_check="report")
    assert (plain.rate, plain.profile_check) == (None, None)
    assert elsewhere.check(made.key, secret) == made
    assert (made.rate, made.profile_check) == (2.5, "report")
    assert [*elsewhere.list()] == [plain, made]


def test_a_change_touches_only_what_it_names(
    credentials: Credentials, elsewhere: Credentials, clock: Clock
) -> None:
    made, secret = credentials.add("district", "app", ["all"], rate=2.5, profile_check="report")
    assert elsewhere.check(made.key, secret)
    for change, changed in (
        ({"rate": None}, {"rate": None}),
        ({"rate": 0}, {"rate": 0}),
        ({"profile_check": "enforce"}, {"profile_check": "enforce"}),
        ({"scopes": ["state", "define"]}, {"scopes": {"state", "define"}}),
        ({"profile_check": None, "rate": 7}, {"profile_check": None, "rate": 7}),
    ):
        before = credentials.find(made.key)
        given = credentials.change(made.key, **change)  # type: ignore[arg-type]
        assert credentials.check(made.key, secret) == given
        clock.passed += 1.0
        assert elsewhere.check(made.key, secret) == given
        for name in ("store", "app", "scopes", "created", "rate", "profile_check"):
            assert getattr(given, name) == changed.get(name, getattr(before, name))


@pytest.mark.parametrize("rate", [-1, float("nan"), float("inf")])
def test_a_rate_is_a_number_of_requests(credentials: Credentials, rate: float) -> None:
    made, _ = credentials.add("district", "app", ["all"])
    with pytest.raises(ValueError, match="rate"):
        credentials.add("district", "app", ["all"], rate=rate)
    with pytest.raises(ValueError, match="rate"):
        credentials.change(made.key, rate=rate)
    assert [*credentials.list()] == [made]


def test_a_profile_check_is_one_of_three(credentials: Credentials) -> None:
    made, _ = credentials.add("district", "app", ["all"])
    with pytest.raises(ValueError, match="off, report, enforce"):
        credentials.add("district", "app", ["all"], profile_check="on")
    with pytest.raises(ValueError, match="off, report, enforce"):
        credentials.change(made.key, profile_check="")
    assert [*credentials.list()] == [made]


def test_a_change_to_no_scope_or_an_unknown_one_is_refused(credentials: Credentials) -> None:
    made, _ = credentials.add("district", "app", ["all"])
    for scopes in ([], ["everything"]):
        with pytest.raises(UnknownScopeError):
            credentials.change(made.key, scopes=scopes)
    assert [*credentials.list()] == [made]


# An older database -------------------------------------------------------------------------------


def test_a_database_without_the_later_columns_gets_them_and_keeps_its_credentials(
    location: str,
) -> None:
    record = Record.open(location)
    made, secret = Credentials(record.statements, PEPPER).add("district", "app", ["state"])
    for column in ("former_hash", "former_until", "rate", "profile_check"):
        record.statements.write(f"ALTER TABLE credentials DROP COLUMN {column}")
    record.close()
    for _ in range(2):  # and opens again
        record = Record.open(location)
        credentials = Credentials(record.statements, PEPPER)
        assert credentials.check(made.key, secret) == made
        record.close()
    record = Record.open(location)
    credentials = Credentials(record.statements, PEPPER)
    assert credentials.check(made.key, credentials.rotate(made.key, grace=60)) == made
    assert credentials.check(made.key, secret) == made
    assert credentials.change(made.key, rate=5, profile_check="off").rate == 5
    record.close()


# Making ------------------------------------------------------------------------------------------


def test_every_scope_can_be_given(credentials: Credentials) -> None:
    for scope in SCOPES:
        made, secret = credentials.add("district", "app", [scope])
        proved = credentials.check(made.key, secret)
        assert proved is not None
        assert proved.scopes == {scope}


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


# Roles -------------------------------------------------------------------------------------------

TEACHER = Holder("teacher", person="account:https://x|t1")


def test_a_role_and_what_it_is_about_are_kept_with_a_credential(credentials: Credentials) -> None:
    parent = Holder("parent", children=("account:https://x|s1", "account:https://x|s2"))
    made, secret = credentials.add("district", "", (), holder=parent)
    proved = credentials.check(made.key, secret)
    assert proved is not None
    assert proved.holder == parent
    assert proved.scopes == {"projections/read"}, "the usual one of the role"
    assert [one.holder for one in credentials.list()] == [parent]


def test_a_role_changes_and_is_never_taken_away(credentials: Credentials) -> None:
    made, _ = credentials.add("district", "", (), holder=TEACHER)
    leader = Holder("school_leader", schools=("sch-1",))
    assert credentials.change(made.key, holder=leader).holder == leader
    assert credentials.change(made.key, rate=3.0).holder == leader
    found = credentials.find(made.key)
    assert found is not None
    assert found.holder == leader


@pytest.mark.parametrize(
    "holder",
    [
        Holder("janitor"),
        Holder("student"),
        Holder("teacher"),
        Holder("parent", person="account:https://x|p1"),
        Holder("parent", children=("",)),
        Holder("school_leader"),
        Holder("teacher", person="account:https://x|t1", children=("account:https://x|s1",)),
        Holder("student", person="account:https://x|s1", schools=("sch-1",)),
        Holder("student", person="x" * 2001),
        Holder("parent", children=tuple(f"account:https://x|s{n}" for n in range(101))),
    ],
    ids=str,
)
def test_a_holder_that_makes_no_sense_is_refused(credentials: Credentials, holder: Holder) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each says something else
        credentials.add("district", "", (), holder=holder)
    assert list(credentials.list()) == []


@pytest.mark.parametrize("role", ["student", "parent", "teacher", "school_leader"])
@pytest.mark.parametrize(
    "scope", ["all", "all/read", "statements/read", "state", "profile", "operate"]
)
def test_no_scope_of_a_persons_credential_goes_around_the_role(
    credentials: Credentials, role: str, scope: str
) -> None:
    children = ("account:https://x|s1",) if role == "parent" else ()
    holder = Holder(role, person="account:https://x|p1", children=children)
    with pytest.raises(ValueError, match="go around the role"):
        credentials.add("district", "", [scope], holder=holder)
    made, _ = credentials.add("district", "", (), holder=holder)
    with pytest.raises(ValueError, match="go around the role"):
        credentials.change(made.key, scopes=[scope])
    open_to_all, _ = credentials.add("district", "", [scope])
    with pytest.raises(ValueError, match="go around the role"):
        credentials.change(open_to_all.key, holder=holder)
