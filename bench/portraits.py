"""What a student's page asks, timed over a store of millions of facts that SQL makes.

Rows are made as the fold would make them in shape and number, not in value: half of what a query
costs is finding and merging a person's rows, and that depends on how many there are.
"""

import argparse
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from zoneinfo import ZoneInfo

from bench.servers import machine
from projections.evidence import Wanted, evidence
from projections.portraits.homework import homework_plan
from projections.portraits.mistakes import mistake_book
from projections.portraits.students import Portraits
from projections.warehouse import Generation, Warehouse, embedded_dsn

STORE, CLASS_SIZE, FACTS, LAST_DAY = "bench", 40, 2_000, date(2026, 11, 24)
ZONE = ZoneInfo("Asia/Shanghai")
_AT_ONCE = 250  # students whose facts one insert makes


def main() -> None:
    """Print p50 and p95 of each query, by the clock and in processor time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=2_500, help="with 2,000 facts each")
    parser.add_argument("--requests", type=int, default=100)
    given = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Warehouse.open(embedded_dsn(Path(folder)))
        try:
            generation = warehouse.ensure()
            began = perf_counter()
            fill(generation, given.students)
            print(f"{given.students * FACTS} facts made in {perf_counter() - began:.0f} s")
            for name, ask in queries(generation).items():
                print(f"{name:16} {timed(ask, given.students, given.requests)}", flush=True)
        finally:
            warehouse.close()


def queries(generation: Generation) -> dict[str, Callable[[str], Any]]:
    """Give what is asked about a student."""
    portraits = Portraits(generation, position=lambda: 1)

    def plan(person: str) -> Any:
        group, _ = portraits.classes.of(STORE, person, LAST_DAY)
        return homework_plan(generation, STORE, person, ZONE, group)

    return {
        "portrait": lambda person: portraits.student(STORE, person),
        "of a subject": lambda person: portraits.student(STORE, person, subject="english"),
        "mistake book": lambda person: mistake_book(generation, STORE, person, ZONE),
        "homework plan": plan,
        "evidence": lambda person: evidence(
            generation, STORE, Wanted(person=person, phase="pre"), ZONE
        ),
    }


def timed(ask: Callable[[str], Any], students: int, requests: int) -> str:
    """Ask about one student after the other, each of another class."""
    walls, processor = [], []
    ask(person(0))
    for number in range(requests):
        began, used = perf_counter(), process_time()
        ask(person((number * 41 + 1) % students))
        walls.append((perf_counter() - began) * 1e3)
        processor.append((process_time() - used) * 1e3)
    return "; ".join(
        f"{what} p50 {_at(found, 0.5):.0f} p95 {_at(found, 0.95):.0f} ms"
        for what, found in (("clock", sorted(walls)), ("processor", sorted(processor)))
    )


def person(number: int) -> str:
    """Give the key of a student."""
    return f"account:https://id.example|s{number:06d}"


def fill(generation: Generation, students: int) -> None:
    """Make facts, and the rows of persons, days, mastery and roster that go with them."""
    for first in range(0, students, _AT_ONCE):
        count = min(_AT_ONCE, students - first)
        generation.run(
            _FACTS.format(d=generation.database, f=FACTS, c=CLASS_SIZE, n=first, m=count)
        )
    for made in _ROWS:
        generation.run(made.format(d=generation.database, c=CLASS_SIZE))


_FACTS = """
INSERT INTO {d}.facts (
    store, person, statement, action, phase, lesson, subject, knowledge_points, item, app, time,
    duration, success, rating, response, layer, part_of, progress, due, position)
SELECT
    'bench',
    concat('account:https://id.example|s', leftPad(toString(p), 6, '0')),
    generateUUIDv4(n),
    multiIf(k % 20 = 0, 'video', k % 20 = 1, 'preview', k % 20 = 2, 'homework_done',
            k % 20 = 3, 'homework_corrected', k % 50 = 4, 'badge_earned',
            k % 50 = 5, 'rating_by_teacher', 'answer') AS act,
    ['pre', 'in', 'post'][1 + k % 3],
    concat('https://d.example/lessons/', toString(intDiv(p, {c})), '/', toString(intDiv(k, 20))),
    ['mathematics', 'chinese', 'english'][1 + k % 3],
    [concat('https://d.example/points/', toString(k % 3), '/', toString(intDiv(k, 100)))],
    concat('https://d.example/items/', toString(k % 700)),
    ['homework', 'clicker', 'video'][1 + k % 3],
    toDateTime64('2026-08-01 00:00:00', 6, 'UTC') + k * 5000 AS moment,
    if(act IN ('answer', 'video'), toFloat64(10 + k % 60), NULL),
    if(act = 'answer', cityHash64(n) % 100 < 70, NULL),
    if(startsWith(act, 'rating'), 0.5, NULL),
    'B',
    ['basic', 'advanced', 'challenge'][1 + k % 3],
    'https://d.example/homework/1',
    if(act = 'video', 0.5, NULL),
    if(act IN ('preview', 'homework_done'), moment + (k % 7 - 1) * 3600, NULL),
    n
FROM
(
    SELECT number AS n, intDiv(number, {f}) AS p, number % {f} AS k
    FROM numbers({n} * {f}, {m} * {f})
)
"""
_ANSWERS = """
(
    SELECT store, person, subject, success, time, position, arrayJoin(knowledge_points) AS point
    FROM {d}.facts WHERE action = 'answer'
)
"""
_ROWS = (
    "INSERT INTO {d}.persons SELECT store, person, count(), min(time), max(time), max(position), 0"
    " FROM {d}.facts GROUP BY store, person",
    "INSERT INTO {d}.person_days SELECT store, person,"
    " toDate32(toDate(time, 'Asia/Shanghai')) AS day, phase, subject, app, count(),"
    " countIf(action = 'answer'), countIf(success), sum(ifNull(duration, 0)),"
    " countIf(due IS NOT NULL), countIf(time <= due), min(time), max(time), max(position), 0"
    " FROM {d}.facts GROUP BY store, person, day, phase, subject, app",
    "INSERT INTO {d}.person_mastery SELECT store, person, point, any(subject), 0.5, 0.2, 0.7, 0.5,"
    " 0.8, count(), countIf(success), max(time), max(position), 0"
    f" FROM {_ANSWERS} GROUP BY store, person, point",
    "INSERT INTO {d}.person_mastery_weeks SELECT store, person, point,"
    " toDate32(toMonday(toDate(time, 'Asia/Shanghai'))) AS week, any(subject), 0.6, 0.4, 0.75,"
    f" count(), countIf(success), max(position), 0 FROM {_ANSWERS}"
    " GROUP BY store, person, point, week",
    "INSERT INTO {d}.roster_enrollments SELECT store, person, person, person,"
    " concat('c', toString(intDiv(toUInt32(substring(person, -6)), {c}))), 's', 'student', 1,"
    " '1900-01-01', '2299-12-31', 1, 0 FROM {d}.persons",
    "INSERT INTO {d}.roster_classes SELECT DISTINCT store, class_group, class_group, '',"
    " 'homeroom', '', 's', ['07'], '07', 'junior', [], [], '2299-12-31', 1, 0"
    " FROM {d}.roster_enrollments",
)


def _at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


if __name__ == "__main__":
    main()
