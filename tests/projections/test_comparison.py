"""Comparing generations: equal ones are said to be so, and what differs is counted and named."""

from collections.abc import Iterator
from typing import Any

import pytest

from projections.comparison import BadCursor, Comparison, compare
from projections.tables import TABLES
from projections.warehouse import Generation, Warehouse
from tests.support.clickhouse import empty

Rows = dict[str, list[tuple[Any, ...]]]


@pytest.fixture
def both(warehouse: Warehouse) -> Iterator[tuple[Generation, Generation]]:
    one, other = warehouse.ensure("one"), warehouse.ensure("other")
    yield one, other
    empty(one)
    empty(other)


def rows(persons: list[str], store: str = "demo", position: int = 1) -> Rows:
    """Give a row of each table about each person."""
    made: Rows = {name: [] for name in TABLES}
    for number, person in enumerate(persons, start=1):
        statement = f"00000000-0000-4000-8000-{number:012d}"
        fact = {"store": store, "statement": statement, "person": person, "position": position}
        about = {"store": store, "person": person, "position": position}
        for table, more in (
            ("facts", fact),
            ("persons", {**about, "facts": 1}),
            ("person_days", {**about, "day": 20_000, "phase": "in", "actions": 1}),
            ("person_weeks", {**about, "week": 19_996, "actions": 1}),
            ("person_mastery_weeks", {**about, "knowledge_point": "fractions", "week": 19_996}),
            ("person_mastery", {**about, "knowledge_point": "fractions", "mean": 0.5}),
            ("person_levels", {**about, "subject": "mathematics", "level": 0.5}),
            ("person_level_weeks", {**about, "subject": "mathematics", "week": 19_996}),
            ("documents", {**about, "kind": "state", "id": "bookmark", "content": "1"}),
            ("names", {"store": store, "subject": person, "latest": (1, statement, person)}),
        ):
            columns = TABLES[table].columns
            made[table].append(tuple(more.get(one.name, one.blank) for one in columns))
    made["dead_letters"].append((store, 7, "", "a bug", 1, 1, 0))
    return made


def write(generation: Generation, given: Rows) -> None:
    for table, some in given.items():
        generation.insert(table, some)


def unlike(comparison: Comparison) -> dict[str, tuple[int, int, int]]:
    return {
        each.table: counts
        for each in comparison.tables
        if any(counts := (each.only_one, each.only_other, each.differs))
    }


def test_generations_with_the_same_rows_are_equal_whatever_their_positions(
    both: tuple[Generation, Generation],
) -> None:
    for position, generation in enumerate(both, start=5):
        write(generation, rows(["an", "bo"], position=position))
    comparison = compare(*both)
    assert comparison.is_equal
    assert {each.table for each in comparison.tables} == set(TABLES)
    assert comparison.subjects == []


def test_an_unknown_value_is_not_the_same_as_zero(both: tuple[Generation, Generation]) -> None:
    at = TABLES["facts"].column_names.index("score")
    for generation, score in zip(both, (None, 0.0), strict=True):
        [fact] = rows(["an"])["facts"]
        generation.insert("facts", [(*fact[:at], score, *fact[at + 1 :])])
    assert unlike(compare(*both)) == {"facts": (0, 0, 1)}


def test_what_differs_is_counted_by_table_and_listed_by_person(
    both: tuple[Generation, Generation],
) -> None:
    one, other = both
    write(one, rows(["an", "bo"]))
    write(other, rows(["an", "bo"]))
    extra = ("demo", "an", 20_001, "pre", "", "", 1, 0, 0, 0.0, 0, 0, 0, 0, 1, 0)
    one.insert("person_days", [extra])
    write(other, {"persons": rows(["chen"])["persons"]})
    other.insert("persons", [("demo", "bo", 99, 0, 0, 2, 0)])
    comparison = compare(one, other)
    assert unlike(comparison) == {"person_days": (1, 0, 0), "persons": (0, 1, 1)}
    assert not comparison.is_equal
    listed = {
        each.subject: {
            table: [(row.key, row.what) for row in some] for table, some in each.tables.items()
        }
        for each in comparison.subjects
    }
    assert listed == {
        "an": {"person_days": [(["2024-10-05", "pre", "", ""], "only_one")]},
        "bo": {"persons": [([], "differs")]},
        "chen": {"persons": [([], "only_other")]},
    }


def test_a_deleted_row_is_no_row(both: tuple[Generation, Generation]) -> None:
    one, other = both
    write(one, rows(["an"]))
    write(other, rows(["an"]))
    one.insert("persons", [("demo", "bo", 1, 0, 0, 1, 0), ("demo", "bo", 0, 0, 0, 2, 1)])
    assert compare(one, other).is_equal


def test_names_and_dead_letters_are_compared_too(both: tuple[Generation, Generation]) -> None:
    one, other = both
    write(one, rows(["an"]))
    write(other, rows(["an"]))
    one.insert("names", [("demo", "item-1", "en", (2, "s", "Item 1"))])
    other.insert("dead_letters", [("demo", 8, "", "another", 1, 1, 0)])
    comparison = compare(one, other)
    assert unlike(comparison) == {"names": (1, 0, 0), "dead_letters": (0, 1, 0)}
    assert [(each.subject, list(each.tables)) for each in comparison.subjects] == [
        ("8", ["dead_letters"]),
        ("item-1", ["names"]),
    ]


def test_one_store_is_compared_alone(both: tuple[Generation, Generation]) -> None:
    one, other = both
    write(one, rows(["an"]))
    write(other, rows(["an"]))
    write(one, {"persons": rows(["bo"], store="else")["persons"]})
    assert compare(one, other, store="demo").is_equal
    assert unlike(compare(one, other, store="else")) == {"persons": (1, 0, 0)}
    assert unlike(compare(one, other)) == {"persons": (1, 0, 0)}


def test_persons_are_listed_a_page_at_a_time(both: tuple[Generation, Generation]) -> None:
    one, other = both
    persons = [f"s{number:02d}" for number in range(25)]
    write(one, {"persons": rows(persons)["persons"]})
    found: list[str] = []
    cursor, pages = "", 0
    while True:
        page = compare(one, other, limit=10, cursor=cursor)
        assert unlike(page) == {"persons": (25, 0, 0)}
        found += [each.subject for each in page.subjects]
        pages += 1
        if page.next is None:
            break
        cursor = page.next
    assert (found, pages) == (persons, 3)


@pytest.mark.parametrize("cursor", ["x", "bnVsbA==", "é"])
def test_a_cursor_that_no_page_gave_is_refused(
    both: tuple[Generation, Generation], cursor: str
) -> None:
    with pytest.raises(BadCursor):
        compare(*both, cursor=cursor)
