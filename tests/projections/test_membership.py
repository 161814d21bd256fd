"""Who belongs where on a day, by the roster: teachers to their classes, students, leaders."""

from collections.abc import Iterator
from datetime import date

import pytest

from projections.rosters.membership import RosterMembership
from projections.warehouse import Generation, Warehouse
from tests.projections.test_roster import (
    OCTOBER,
    SEPTEMBER,
    SMALL_SCHOOL,
    class_group,
    declare,
    enrolled,
    key,
    org,
    user,
)
from tests.support.clickhouse import embedded_dsn, fresh_catalogue

TERM = ("roster-session", "term", {"title": "上学期", "begin": "2026-09-01", "end": "2027-01-22"})
SPRING = date(2027, 3, 1)
LINKED = "account:https://login.example.cn|wang"


@pytest.fixture(scope="module")
def generation() -> Iterator[Generation]:
    warehouse = Warehouse.open(embedded_dsn(), catalogue=fresh_catalogue())
    generation = warehouse.ensure()
    declare(
        generation,
        *SMALL_SCHOOL,
        TERM,
        org("山前中学", "hill"),
        class_group("6-1", "六年级1班", termSourcedIds=["term"]),
        class_group("7-1", "七年级1班", schoolSourcedId="hill", until="2026-10-01"),
        user("h1", "周", "校长", "principal", orgSourcedIds=["lake", "district"]),
        enrolled("e7", "t1", "6-1", "teacher", begin="2026-09-01", end="2026-09-30"),
        enrolled("e8", "t1", "7-1", "teacher", begin="2026-09-01", end="2026-09-30"),
    )
    generation.insert("identities", [("district", LINKED, key("t1"), 90, 0)])
    yield generation
    warehouse.close()


@pytest.fixture
def members(generation: Generation) -> RosterMembership:
    return RosterMembership(generation)


def test_a_teacher_has_the_classes_of_that_day_and_those_of_its_term(
    members: RosterMembership,
) -> None:
    taught = {
        on: list(members.teaches("district", LINKED, on))
        for on in (date(2026, 8, 1), SEPTEMBER, OCTOBER, SPRING)
    }
    # The first class says no term and no begin; the last one belongs to no term.
    assert taught == {
        date(2026, 8, 1): ["5-1"],
        SEPTEMBER: ["5-1", "6-1", "7-1"],
        OCTOBER: ["5-1", "6-1", "math"],
        SPRING: ["5-1", "math"],
    }
    assert list(members.teaches("other", LINKED, SEPTEMBER)) == []
    assert list(members.teaches("district", key("s1"), SEPTEMBER)) == []


def test_somebody_belongs_to_the_schools_that_the_roster_says(members: RosterMembership) -> None:
    assert list(members.schools_of("district", key("h1"), OCTOBER)) == ["lake"]
    assert list(members.schools_of("district", key("t1"), OCTOBER)) == ["lake"]
    assert list(members.schools_of("district", key("nobody"), OCTOBER)) == []


def test_schools_have_the_classes_of_that_day(members: RosterMembership) -> None:
    assert list(members.classes_of("district", ["lake"], OCTOBER)) == ["5-1", "5-2", "6-1", "math"]
    assert list(members.classes_of("district", ["hill"], SEPTEMBER)) == ["7-1"]
    assert list(members.classes_of("district", ["hill"], OCTOBER)) == []
    assert list(members.classes_of("district", [], OCTOBER)) == []


def test_classes_have_the_students_and_teachers_of_that_day(members: RosterMembership) -> None:
    both = ["5-1", "5-2"]
    assert list(members.students_of("district", both, SEPTEMBER)) == [key("s1"), key("s2")]
    assert list(members.students_of("district", ["5-1"], OCTOBER)) == [key("s2")]
    assert list(members.teachers_of("district", both, OCTOBER)) == [key("t1")]
    assert list(members.students_of("other", both, SEPTEMBER)) == []


def test_an_account_is_its_persons(members: RosterMembership) -> None:
    assert members.person_of("district", LINKED) == key("t1")
    assert members.person_of("district", "mbox:mailto:x@a.example") == "mbox:mailto:x@a.example"


def test_many_classes_are_asked_about_in_parts(members: RosterMembership) -> None:
    classes = [f"none-{number}" for number in range(2_500)] + ["5-1"]
    assert list(members.students_of("district", classes, OCTOBER)) == [key("s2")]
