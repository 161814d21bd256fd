"""What apps have brought: counted over facts, and not counted anew all the time."""

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from projections.portraits.apps import KnownActivity
from projections.warehouse import Generation, Warehouse
from tests.support.carrying import carry
from tests.support.clickhouse import embedded_dsn, fresh_catalogue
from tests.support.histories import Links, ListLog, answer, declared, entry, person_key


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


def test_each_fact_is_counted_once_whatever_is_there_twice_or_was_voided(
    generation: Generation, tmp_path: Path
):
    said = [
        answer(person=name, statement_id=str(UUID(int=10 * one + number)))
        for number in range(3)
        for one, name in enumerate(("an", "bo", "chen"), start=1)
    ]
    log = ListLog(entry(number, one) for number, one in enumerate(said, start=1))
    store = log.entries[0].store
    carry(log, generation, tmp_path / "states.sqlite")
    assert generation.query("accounts_to_merge", store=store) == []
    generation.run(
        f"INSERT INTO {generation.database}.facts SELECT * FROM {generation.database}.facts"
        f" WHERE person = '{person_key('an')}'"
    )
    log.append(entry(10, said[1], kind="voiding"))
    carry(log, generation, tmp_path / "states.sqlite")
    merged = {account for (account,) in generation.query("accounts_to_merge", store=store)}
    assert merged <= {person_key("an"), person_key("bo")}  # ClickHouse may have merged an's by now
    assert person_key("bo") in merged
    [app] = KnownActivity(generation, lambda: 10).of(store).apps.values()
    assert (app.facts, app.statements, app.persons) == (8, 8, 3)


def test_a_store_without_facts_has_no_apps(generation: Generation):
    assert KnownActivity(generation, lambda: 1).of("nobody").apps == {}
