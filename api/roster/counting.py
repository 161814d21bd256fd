"""The roster that a record holds, counted by school on a day, for who has no projection at hand."""

from collections import defaultdict
from datetime import date
from typing import Any

import msgspec
import orjson

from api.roster.fields import CLASSES, ENROLLMENTS, ORGS
from api.roster.plan import KINDS
from lrs.record import Record


class SchoolCounts(msgspec.Struct, frozen=True):
    """How many are in a school on a day; `source` is where its record is from."""

    org: str
    name: str
    source: str
    classes: int
    students: int
    teachers: int


def count_schools(record: Record, store: str, on: date) -> list[SchoolCounts]:
    """Count classes, students and teachers of each school, by name."""
    day = on.isoformat()
    people: dict[tuple[str, str], set[str]] = defaultdict(set)  # by school and role
    for one in _contents(record, store, ENROLLMENTS).values():
        if (one["begin"] or day) <= day <= (one["end"] or day):
            people[one["schoolSourcedId"], one["role"]].add(one["userSourcedId"])
    classes: dict[str, int] = defaultdict(int)
    for one in _contents(record, store, CLASSES).values():
        classes[one["schoolSourcedId"]] += one.get("until", day) >= day
    orgs = _contents(record, store, ORGS)
    counts = [
        SchoolCounts(
            *(key, org["name"], org["source"], classes[key]),
            *(len(people[key, role]) for role in ("student", "teacher")),
        )
        for key, org in orgs.items()
        if org["type"] == "school"
    ]
    return sorted(counts, key=lambda one: (one.name, one.org))


def _contents(record: Record, store: str, file: str) -> dict[str, Any]:
    found = record.declarations(store, KINDS[file])
    return {one.id: orjson.loads(one.content) for one in found}
