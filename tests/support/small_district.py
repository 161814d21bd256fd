"""A small district in the projections' own tables: two schools, three classes, what students did.

Rows are made through the roster's declarations and the fold of facts, as a carrier makes them.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from projections.facts import Fact
from projections.folds import Fold
from projections.rosters.rows import roster_rows
from projections.tables import FACTS, fact_row
from projections.warehouse import Generation

STORE = "district"
HOME = "https://id.example.cn"
TODAY = date(2026, 11, 27)  # a Friday
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def key(user: str) -> str:
    """Give the key of a person of the roster."""
    return f"account:{HOME}|{user}"


def enroll(
    generation: Generation,
    schools: dict[str, dict[str, list[str]]],
    moves: Iterable[tuple[str, str, str, date]] = (),
    others: Collection[str] = (),
) -> None:
    """Declare schools with their classes, homeroom ones but for ``others``, and students.

    ``moves`` are (student, from class, to class, first day in it).
    """
    records: list[tuple[str, str, dict[str, Any]]] = []
    school_of = {name: school for school, classes in schools.items() for name in classes}
    moved = {(student, old): day for student, old, _, day in moves}
    for school, classes in schools.items():
        records.append(("roster-org", school, {"name": f"学校{school}", "type": "school"}))
        for name, students in classes.items():
            kind = "scheduled" if name in others else "homeroom"
            content = {"title": name, "classType": kind, "schoolSourcedId": school}
            records.append(("roster-class", name, {**content, "grades": ["05"]}))
            for student in students:
                until = moved.get((student, name))
                end = (until - timedelta(days=1)).isoformat() if until else None
                records += [
                    _user(student),
                    _enrollment(f"{student}-{name}", student, name, school, end=end),
                ]
    for student, _, new, day in moves:
        records.append(
            _enrollment(f"{student}-{new}", student, new, school_of[new], begin=day.isoformat())
        )
    written: dict[str, list[Any]] = {}
    for position, (kind, record, content) in enumerate(records, start=1):
        for table, rows in roster_rows(kind, STORE, record, content, position).items():
            written.setdefault(table, []).extend(rows)
    for table, all_rows in written.items():
        generation.insert(table, all_rows)


def _user(student: str) -> tuple[str, str, dict[str, Any]]:
    content = {"familyName": "学生", "givenName": student, "role": "student", "enabledUser": True}
    return "roster-user", student, {**content, "person": key(student)}


def _enrollment(
    record: str, student: str, class_group: str, school: str, **days: Any
) -> tuple[str, str, dict[str, Any]]:
    content = {"userSourcedId": student, "person": key(student), "classSourcedId": class_group}
    return (
        "roster-enrollment",
        record,
        {**content, "schoolSourcedId": school, "role": "student", **days},
    )


def answers(
    student: str,
    day: date,
    right: Iterable[bool],
    point: str = "fractions",
    subject: str = "mathematics",
    **more: Any,
) -> list[Fact]:
    """Make a student's answers of a day, one a minute from 8 o'clock in Shanghai."""
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)  # 8:00 in Shanghai
    made = []
    for number, success in enumerate(right):
        time = (begin - EPOCH) // timedelta(microseconds=1) + number * 60_000_000
        identity = uuid5(NAMESPACE_URL, f"{student}/{day}/{point}/{number}")
        known = {
            "store": STORE,
            "statement": str(identity),
            "ordinal": 0,
            "person": key(student),
            "action": "answer",
            "phase": "in",
            "subject": subject,
            "app": "clicker",
            "knowledge_points": (point,),
            "item": f"{point}-{number}",
            "time": time,
            "duration": 10.0,
            "success": success,
            "position": 1,
        }
        made.append(Fact(**{**known, **more}))
    return made


def carry(
    generation: Generation,
    facts: Iterable[Fact],
    position: int = 1000,
    fold: Fold | None = None,
) -> None:
    """Fold facts and write their rows, as of a log position."""
    fold = Fold() if fold is None else fold
    by_person: dict[str, list[Fact]] = {}
    for fact in facts:
        by_person.setdefault(fact.person, []).append(fact)
    written: dict[str, list[Any]] = {FACTS.name: []}
    for person, some in by_person.items():
        written[FACTS.name] += map(fact_row, some)
        state = fold.start(STORE, person)
        for fact in sorted(some, key=lambda fact: fact.order):
            fold.apply(state, fact)
        state.position = position
        for table, rows in fold.rows(state).items():
            written.setdefault(table, []).extend(rows)
    for table, rows in written.items():
        generation.insert(table, rows)
