"""How well mastery knows the learners of a demo district: of some classes, over all their days.

    python -m bench.truth [--scale district] [--classes 10] [--days 90]

What the apps tell is read and folded in memory, as a carrier does it, and the rows are compared
with what is true: Spearman's rank correlation of mastery and ability, by how many responses there
were to a knowledge point, and how many of the points that were set weak a portrait lists as such.
"""

import argparse
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson

from apps.district import SCALES, Student, make_district
from apps.teaching_days import acts_of, sessions_of
from apps.truth import Truth
from bench.servers import machine
from projections.facts import Fact
from projections.folds import Fold
from projections.meaning.reading import default_reader
from projections.portraits.points import weakest_and_strongest
from projections.tables import PERSON_MASTERY
from tests.support.ranks import spearman

SEED, STORE = 1, "demo"
LEAST_RESPONSES = (1, 10, 20, 40, 60)


def main() -> None:
    """Play, fold, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", choices=SCALES, default="district")
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--days", type=int, help="school days, where not the scale's own")
    given = parser.parse_args()
    print(machine())
    scale = SCALES[given.scale]
    truth = played(replace(scale, school_days=given.days or scale.school_days), given.classes)
    told = facts(truth)
    print(f"{truth.statements.total():,} statements of {len(told):,} students")
    known = {student: mastery(student, some) for student, some in told.items()}
    for least in LEAST_RESPONSES:
        pairs = [
            (point["probability"], truth.ability(student, point["knowledge_point"]))
            for student, points in known.items()
            for point in points
            if point["tries"] >= least
        ]
        if len(pairs) > len(LEAST_RESPONSES):
            rho = spearman([found for found, _ in pairs], [true for _, true in pairs])
            print(f"{least} responses or more: Spearman {rho:.3f} over {len(pairs):,} points")
    found, weak = 0, 0
    for student, points in known.items():
        weakest, _ = weakest_and_strongest(points)
        found += len(student.weak_points & {point["knowledge_point"] for point in weakest})
        weak += len(student.weak_points)
    print(f"weak points recovered: {found / weak:.1%} of {weak:,}")


def played(scale: Any, classes: int) -> Truth:
    """Make a district, of whose lessons those of some classes are left, from all over it."""
    district = make_district(SEED, scale)
    every = max(1, len(district.classes) // classes)
    some = {group.code for group in district.classes[::every][:classes]}
    lessons = tuple(one for one in district.lessons if one.class_group.code in some)
    return Truth(replace(district, lessons=lessons, trainings=()), keeps_answers=False)


def facts(truth: Truth) -> dict[Student, list[Fact]]:
    """Give what the apps tell of each student, in the order of the folds."""
    students = {student.key: student for student in truth.district.students}
    found: dict[Student, list[Fact]] = defaultdict(list)
    for position, statement in enumerate(statements(truth), 1):
        for fact in default_reader().read(statement, store=STORE, position=position).facts:
            if fact.person in students:
                found[students[fact.person]].append(fact)
    return {student: sorted(some, key=lambda fact: fact.order) for student, some in found.items()}


def statements(truth: Truth) -> Iterator[dict[str, Any]]:
    """Give what the apps tell, with ids and authorities as the record would have them."""
    for session in sessions_of(truth.district):
        authority = {"account": {"homePage": "https://xueji.dev/apps", "name": session.app}}
        for identity, act in acts_of(session, truth.district.seed, truth):
            truth.statements[session.app] += 1
            yield {**orjson.loads(act.json(identity)), "authority": authority}


def mastery(student: Student, some: list[Fact]) -> list[dict[str, Any]]:
    """Fold a student's facts; gives the knowledge points as portraits show them."""
    fold = Fold()
    state = fold.start(STORE, student.key)
    for fact in some:
        fold.apply(state, fact)
    rows = fold.rows(state).get(PERSON_MASTERY.name, ())
    compared_with_nobody = {"class": None, "trend": {"change": None}}
    return [
        dict(zip(PERSON_MASTERY.column_names, row, strict=True)) | compared_with_nobody
        for row in rows
    ]


if __name__ == "__main__":
    main()
