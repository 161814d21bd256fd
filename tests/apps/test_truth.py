"""What portraits say of the learners of the demo district is compared with what is true of them."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from apps.district import SCALES, make_district
from apps.truth import Truth
from lrs.record import Record
from projections.portraits.students import Portraits
from projections.prediction.mastery import sigmoid
from projections.tables import TABLES
from projections.warehouse import Warehouse
from tests.support.carrying import carry
from tests.support.clickhouse import embedded_dsn, fresh_catalogue, rows_of
from tests.support.demo_record import STORE, fill
from tests.support.ranks import spearman

ENOUGH_RESPONSES = 60
NOT_LOOKED_AT = tuple(
    name for name in TABLES["person_days"].column_names if name not in ("person", "due", "on_time")
)


@dataclass(frozen=True)
class Carried:
    """The demo class's truth, and the portrait of each of its students, by person key."""

    truth: Truth
    portraits: dict[str, Any]
    days: list[tuple[Any, ...]]  # rows of person_days: person, due and on time


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carried]:
    """Nine weeks of one class, stored, carried into the warehouse, and drawn."""
    folder: Path = tmp_path_factory.mktemp("truth")
    truth = Truth(make_district(seed=1, scale=SCALES["class"]))
    warehouse = Warehouse.open(embedded_dsn(), catalogue=fresh_catalogue())
    with closing(Record.open(str(folder / "record.sqlite"))) as record, closing(warehouse):
        for _ in fill(record, truth):
            pass
        warehouse.ensure()  # the first of a warehouse is the live one, which can't be dropped
        generation = warehouse.ensure("demo_class")
        carry(record, generation, folder / "carrier.sqlite")
        portraits = Portraits(generation, record.last_position)
        yield Carried(
            truth,
            {student.key: portraits.student(STORE, student.key) for student in truth.students},
            rows_of(generation, "person_days", STORE, NOT_LOOKED_AT),
        )
        warehouse.drop("demo_class")


def test_mastery_ranks_students_and_knowledge_points_as_true_ability_does(
    carried: Carried,
) -> None:
    found = [
        (point["probability"], carried.truth.ability(student, point["knowledge_point"]))
        for student in carried.truth.students
        for point in carried.portraits[student.key]["mastery"]
        if point["tries"] >= ENOUGH_RESPONSES
    ]
    rho = spearman([mastery for mastery, _ in found], [ability for _, ability in found])
    print(f"Spearman {rho:.3f} over {len(found)} of student x knowledge point")
    assert len(found) > 300
    assert rho >= 0.9


def test_the_weak_points_that_were_set_are_the_weakest_of_the_portrait(carried: Carried) -> None:
    listed: Counter[str] = Counter()
    for student in carried.truth.students:
        weakest = [point["knowledge_point"] for point in carried.portraits[student.key]["weakest"]]
        weak = student.weak_points
        listed["set"] += len(weak)
        listed["listed"] += len(weakest)
        listed["recovered"] += len(weak.intersection(weakest))
        listed["first"] += len(weak.intersection(weakest[: len(weak)]))
    recovered, first = listed["recovered"] / listed["set"], listed["first"] / listed["set"]
    print(
        f"weak points recovered {recovered:.1%} among {listed['listed']} listed for"
        f" {listed['set']} set; at the heads of the lists alone {first:.1%}"
    )
    assert recovered >= 0.9
    # The list is longer than what was set: its head alone, as many as were set, does it as well.
    assert first >= 0.9


def test_the_portrait_counts_what_truly_happened(carried: Carried) -> None:
    truth = carried.truth
    for student in truth.students:
        mastery = carried.portraits[student.key]["mastery"]
        counted = {
            point["knowledge_point"]: (point["tries"], point["successes"]) for point in mastery
        }
        assert counted == {
            point: (tries, truth.successes[student.key, point])
            for (who, point), tries in truth.tries.items()
            if who == student.key
        }


def test_the_days_of_a_portrait_count_the_homework_that_was_truly_on_time(
    carried: Carried,
) -> None:
    counted: dict[str, tuple[int, int]] = {}
    for person, due, on_time in carried.days:
        before = counted.get(person, (0, 0))
        counted[person] = (before[0] + due, before[1] + on_time)
    done = Counter(who for (who, _), each in carried.truth.homework.items() if each.done)
    on_time = Counter(who for (who, _), each in carried.truth.homework.items() if each.is_on_time)
    assert on_time.total() < done.total()
    for student in carried.truth.students:
        assert counted[student.key] == (done[student.key], on_time[student.key])


def test_most_intervals_of_mastery_hold_the_true_probability(carried: Carried) -> None:
    """Of a typical item: one whose difficulty is 0, as the items' mean is."""
    held = [
        point["low"]
        <= sigmoid(carried.truth.ability(student, point["knowledge_point"]))
        <= point["high"]
        for student in carried.truth.students
        for point in carried.portraits[student.key]["mastery"]
    ]
    print(f"{sum(held) / len(held):.1%} of {len(held)} intervals hold the truth")
    assert sum(held) / len(held) >= 0.85


def test_rank_correlation_is_of_ranks_alone() -> None:
    assert spearman([1, 2, 3, 4], [1, 10, 100, 1000]) == pytest.approx(1)
    assert spearman([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)
    assert spearman([1, 1, 2], [5, 5, 9]) == pytest.approx(1)
