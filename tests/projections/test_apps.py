"""What apps have brought: counted over facts, and not counted anew all the time."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from projections.portraits.apps import KnownActivity
from projections.warehouse import Generation, Warehouse
from tests.support.carrying import carry
from tests.support.clickhouse import embedded_dsn, fresh_catalogue
from tests.support.histories import Links, ListLog, answer, declared, entry


@pytest.fixture
def generation() -> Iterator[Generation]:
    warehouse = Warehouse.open(embedded_dsn(), catalogue=fresh_catalogue())
    yield warehouse.ensure()
    warehouse.close()


def test_the_same_count_is_given_until_it_is_many_times_as_old_as_it_took(
    generation: Generation, tmp_path: Path
):
    log = ListLog([entry(1, answer())])
    carry(log, generation, tmp_path / "states.sqlite")
    store = log.entries[0].store
    known = KnownActivity(generation, lambda: len(log.entries), patience=1_000_000)
    [first] = known.of(store).apps.values()
    assert (first.statements, first.persons, first.share_unread) == (1, 1, 0.0)
    log.entries.append(entry(2, answer(statement_id="11111111-2222-4333-8444-555555555559")))
    carry(log, generation, tmp_path / "states.sqlite")
    assert [one.statements for one in known.of(store).apps.values()] == [1]
    assert [one.statements for one in known.of(store, least=2).apps.values()] == [2]


def test_the_accounts_of_one_person_are_counted_as_one(generation: Generation, tmp_path: Path):
    log = ListLog(
        entry(number, answer(person=name, statement_id=str(UUID(int=number))))
        for number, name in enumerate(("ming", "ming at home", "hong"), start=1)
    )
    link = Links().change("ming at home", "ming")
    assert link is not None
    store = log.entries[0].store
    log.append(declared(4, link, store=store))
    carry(log, generation, tmp_path / "states.sqlite")
    [app] = KnownActivity(generation, lambda: 4).of(store).apps.values()
    assert (app.statements, app.persons) == (3, 2)


def test_a_store_without_facts_has_no_apps(generation: Generation):
    assert KnownActivity(generation, lambda: 1).of("nobody").apps == {}
