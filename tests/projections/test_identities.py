"""Whose account is whose: the newest link of an account holds, in whatever order links come."""

from collections.abc import Iterator
from contextlib import closing

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.declared import declared_rows
from projections.identities import Identities, Link, load_identities, read_link, relinked
from projections.warehouse import Generation, Warehouse
from tests.support.clickhouse import embedded_dsn, fresh_catalogue, rows_of
from tests.support.histories import Links, declaration, person_key

NAMES = ["an", "bo", "chen"]
MING = ("demo", "ming")


@pytest.fixture(scope="module")
def generation() -> Iterator[Generation]:
    with closing(Warehouse.open(embedded_dsn(), catalogue=fresh_catalogue())) as warehouse:
        yield warehouse.ensure()


def link(account: str, person: str, position: int, previous: str = "") -> Link:
    return Link("demo", account, person, previous or account, position)


links = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=8).map(
    lambda pairs: [link(*pair, position) for position, pair in enumerate(pairs, start=1)]
)


@given(links, st.data())
def test_links_hold_alike_in_whatever_order_they_come_however_often(
    given_links: list[Link], data: st.DataObject
) -> None:
    expected = {one.account: one.person for one in given_links}
    some = data.draw(st.lists(st.sampled_from(given_links), max_size=4)) if given_links else []
    identities = Identities(data.draw(st.permutations(given_links + some)))
    for name in NAMES:
        person = ("demo", expected.get(name, name))
        assert identities.resolve(("demo", name)) == person
        assert identities.resolve(("elsewhere", name)) == ("elsewhere", name)
        accounts = [one for one in NAMES if expected.get(one, one) == name]
        assert sorted(identities.accounts_of(("demo", name))) == [("demo", one) for one in accounts]
    assert bool(identities) == any(account != person for account, person in expected.items())


@given(links, links)
def test_links_that_failed_are_as_if_they_had_never_come(
    before: list[Link], failed: list[Link]
) -> None:
    later = [msgspec.structs.replace(one, position=one.position + 4) for one in failed]
    identities, expected = Identities(before), Identities(before)
    identities.restore(identities.add(later))
    for name in NAMES:
        person = ("demo", name)
        assert identities.resolve(person) == expected.resolve(person)
        assert identities.accounts_of(person) == expected.accounts_of(person)
    identities.add(later)
    expected.add(later)
    assert all(identities.resolve(("demo", n)) == expected.resolve(("demo", n)) for n in NAMES)


def test_a_link_changes_the_facts_of_account_person_and_whose_it_was_before() -> None:
    found = relinked([link("an", "bo", 5), link("an", "chen", 7, previous="bo")])
    assert found == {("demo", "an"): 7, ("demo", "bo"): 7, ("demo", "chen"): 7}


def test_a_withdrawn_link_makes_the_account_its_own_person_again() -> None:
    rules = Links()
    linked, unlinked = rules.change("an", "bo"), rules.change("an", None)
    assert linked is not None
    assert unlinked is not None
    an, bo = person_key("an"), person_key("bo")
    assert read_link("demo", linked, 3) == Link("demo", an, bo, an, 3)
    assert read_link("demo", unlinked, 4) == Link("demo", an, an, bo, 4)


def test_the_table_gives_back_links_with_those_that_hold_no_more(generation: Generation) -> None:
    rules = Links()
    changes = (("an", "bo"), ("chen", "bo"), ("an", None), ("an", "dan"), ("chen", None))
    for position, change in enumerate(changes, start=1):
        version = rules.change(*change)
        assert version is not None
        for table, rows in declared_rows("demo", version, position).items():
            generation.insert(table, rows)
    identities = load_identities(generation)
    an, bo, chen, dan = (("demo", person_key(name)) for name in ("an", "bo", "chen", "dan"))
    assert [identities.resolve(one) for one in (an, bo, chen, dan)] == [dan, bo, chen, dan]
    assert rows_of(generation, "identities", "demo") == [(an[1], dan[1])]
    identities.add([Link("demo", chen[1], bo[1], chen[1], 2)])  # comes again, late
    assert identities.resolve(chen) == chen


def test_kinds_without_rows_and_of_later_releases_make_none() -> None:
    for kind in ("mapping", "scheme of 2030"):
        assert declared_rows("demo", declaration(kind, "a", b"not JSON"), 1) == {}


def test_a_content_that_is_no_link_is_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        declared_rows("demo", declaration("identity", person_key("an"), b"{}"), 1)
