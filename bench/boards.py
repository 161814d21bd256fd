"""Measures queries about classes, schools and the district at its scale: median and p95.

    python -m bench.boards [--folder F] [--statements 5000000] [--asked 40]

The warehouse is filled by ClickHouse itself with the rows that a term of a district leaves: 13
schools, 223 classes, 9,029 students, 80 knowledge points each in three subjects, some five
statements a student and day. With ``--folder`` it stays for another run. Each query is asked of
different students, classes and schools, once each before it is timed, and answers of the whole
district both as they are worked out and as they are remembered.
"""

import argparse
import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from statistics import quantiles
from time import perf_counter
from typing import Any

from bench.servers import machine
from bench.warehouses import add_folder, filled, folder_of, print_sizes
from projections.days import last_days
from projections.portraits.apps import activity_of_apps
from projections.portraits.classes import DEFAULT_DAYS, Classes
from projections.portraits.district import District
from projections.portraits.rankings import Month, Quarter, Rankings
from projections.portraits.students import Portraits
from projections.warehouse import Generation

STORE, HOME = "district", "https://district.example"
SCHOOLS, CLASSES, STUDENTS, POINTS, DAYS = 13, 223, 9_029, 80, 90
BEGIN = date(2026, 9, 1)
END = BEGIN + timedelta(days=DAYS - 1)
PART = 250_000  # rows an insert

PERSON = f"concat('account:{HOME}|s', toString(number % {STUDENTS}))"
SUBJECT = "['mathematics', 'chinese', 'english'][1 + {} % 3]"
LATER = "toDate32('2299-12-31'), 1, 0"

ROSTER = {
    "roster_orgs": f"""SELECT '{STORE}', concat('school-', toString(number)),
        concat('学校', toString(number)), 'school', 'district', '', 1, 0
        FROM numbers({SCHOOLS})""",
    "roster_classes": f"""SELECT '{STORE}', concat('class-', toString(number)),
        concat('班', toString(number)), '', 'homeroom', '',
        concat('school-', toString(number % {SCHOOLS})), [], toString(1 + number % 9),
        if(number % 9 < 6, 'primary', 'junior'), [], [], {LATER} FROM numbers({CLASSES})""",
    "roster_users": f"""SELECT '{STORE}', concat('s', toString(number)), {PERSON},
        concat('学生', toString(number)), 'student', [], [], 1, {LATER}
        FROM numbers({STUDENTS})""",
    "roster_enrollments": f"""SELECT '{STORE}', concat('e', toString(number)),
        concat('s', toString(number)), {PERSON}, concat('class-', toString(number % {CLASSES})),
        concat('school-', toString(number % {CLASSES} % {SCHOOLS})), 'student', 1,
        toDate32('1900-01-01'), {LATER} FROM numbers({STUDENTS})""",
}
ROWS = {
    "persons": (
        STUDENTS,
        f"""SELECT '{STORE}', {PERSON}, 1 + intDiv({{statements}} - 1 - number, {STUDENTS}), 0, 0,
        number + 1, 0 FROM numbers({{first}}, {{count}})""",
    ),
    "person_days": (
        3 * DAYS * STUDENTS,
        f"""SELECT '{STORE}', {PERSON},
        toDate32('{BEGIN}') + intDiv(number, {3 * STUDENTS}),
        ['pre', 'in', 'post'][1 + intDiv(number, {STUDENTS}) % 3],
        {SUBJECT.format("cityHash64(number)")},
        ['video', 'clicker', 'homework'][1 + intDiv(number, {STUDENTS}) % 3],
        2, 2, 1, 60.0, 1, 1, 0, 0, number + 1, 0 FROM numbers({{first}}, {{count}})""",
    ),
    "person_weeks": (
        3 * (DAYS // 7 + 1) * STUDENTS,
        f"""SELECT '{STORE}', {PERSON},
        toDate32('2026-08-31') + 7 * intDiv(number, {3 * STUDENTS}),
        {SUBJECT.format(f"intDiv(number, {STUDENTS})")}, 9, 3, 3, 3, 6,
        2 + cityHash64(number) % 4, 180.0, 2, 1 + cityHash64(number) % 2, 5,
        toDate32('2026-09-04') + 7 * intDiv(number, {3 * STUDENTS}), number + 1, 0
        FROM numbers({{first}}, {{count}})""",
    ),
    "person_mastery": (
        POINTS * STUDENTS,
        f"""SELECT '{STORE}', {PERSON},
        concat('{HOME}/points/', toString(intDiv(number, {STUDENTS}))),
        {SUBJECT.format(f"intDiv(number, {STUDENTS})")}, 0.3, 0.2, 0.2 + c, 0.1 + c, 0.3 + c,
        0.2 + (cityHash64(number) % 613) / 1000, 6 + cityHash64(number) % 20, 5, 0, number + 1, 0
        FROM (SELECT number, (cityHash64(number) % 600) / 1000 AS c
              FROM numbers({{first}}, {{count}}))""",
    ),
}
FACTS = f"""SELECT '{STORE}', generateUUIDv4(), 0, {PERSON},
    ['answer', 'answer', 'homework_done', 'hand_raised'][1 + cityHash64(number) % 4],
    ['pre', 'in', 'post'][1 + intDiv(number, {STUDENTS}) % 3],
    concat('{HOME}/lessons/', toString(number % {STUDENTS} % {CLASSES}), '/',
           toString(intDiv(number, {12 * STUDENTS}))),
    'mathematics', [concat('{HOME}/points/', toString(cityHash64(number) % {POINTS}))],
    concat('{HOME}/items/', toString(cityHash64(number) % 3000)),
    'http://adlnet.gov/expapi/verbs/answered', 'homework',
    toDateTime64('{BEGIN} 00:00:00', 6, 'UTC') + intDiv(number, {STUDENTS}) * 14000,
    12.0, cityHash64(number) % 3 > 0, number + 1, 0 FROM numbers({{first}}, {{count}})"""
FACT_COLUMNS = (
    "store, statement, ordinal, person, action, phase, lesson, subject, knowledge_points, item,"
    " verb, app, time, duration, success, position, is_deleted"
)


def fill(generation: Generation, statements: int) -> None:
    """Write the rows of a term."""
    for table, rows in ROSTER.items():
        generation.run(f"INSERT INTO {generation.database}.{table} {rows}")
    for table, (total, rows) in ROWS.items():
        _insert(generation, table, total, rows, statements=statements)
    _insert(generation, f"facts ({FACT_COLUMNS})", statements, FACTS)
    # As ClickHouse itself does with the parts of tables about persons (migration 011), hours later.
    for table in ROWS:
        generation.run(f"OPTIMIZE TABLE {generation.database}.{table} FINAL")


def _insert(generation: Generation, table: str, total: int, rows: str, **given: int) -> None:
    """Write rows some at a time, as ClickHouse's memory is bounded."""
    for first in range(0, total, PART):
        some = rows.format(first=first, count=min(PART, total - first), **given)
        generation.run(f"INSERT INTO {generation.database}.{table} {some}")


def questions(generation: Generation) -> dict[str, Callable[[random.Random], Any]]:
    """Give what is asked, by name: each of a student, class or school drawn anew."""
    portraits = Portraits(generation, lambda: 1)
    classes, span = Classes(generation), last_days(END, DEFAULT_DAYS)

    def worked_out(ask: Callable[[District, Rankings], Any]) -> Callable[[random.Random], Any]:
        def asked(_: random.Random) -> Any:
            district = District(generation, lambda: 1)  # which remembers nothing yet
            return ask(district, Rankings(generation, district, lambda: 1))

        return asked

    remembering = District(generation, lambda: 1)
    return {
        "student's portrait": lambda chance: portraits.student(STORE, _student(chance)),
        "list of students": lambda _: portraits.students(STORE, limit=50),
        "class portrait": lambda chance: classes.portrait(STORE, _class(chance), END, span),
        "school portrait": lambda chance: District(generation, lambda: 1).school(
            STORE, f"school-{chance.randrange(SCHOOLS)}", END
        ),
        "district portrait": worked_out(lambda district, _: district.district(STORE, END)),
        "district portrait, remembered": lambda _: remembering.district(STORE, END),
        "ranking of schools": worked_out(lambda _, some: some.schools(STORE, Month(2026, 10))),
        "ranking of apps": worked_out(lambda _, some: some.apps(STORE, Month(2026, 10))),
        "register of apps": lambda _: activity_of_apps(generation, STORE, datetime.now(UTC)),
        "quarterly report": worked_out(lambda _, some: some.quarterly(STORE, Quarter(2026, 4))),
    }


def _student(chance: random.Random) -> str:
    return f"account:{HOME}|s{chance.randrange(STUDENTS)}"


def _class(chance: random.Random) -> str:
    return f"class-{chance.randrange(CLASSES)}"


def main() -> None:
    """Fill, ask, and print a line for each question."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_folder(parser)
    parser.add_argument("--statements", type=int, default=5_000_000)
    parser.add_argument("--asked", type=int, default=40, help="times that each is asked")
    given = parser.parse_args()
    print(machine())
    with (
        folder_of(given.folder) as folder,
        filled(folder, lambda one: fill(one, given.statements)) as generation,
    ):
        print_sizes(generation)
        for name, ask in questions(generation).items():
            took, chance = [], random.Random(1)
            ask(chance)
            for _ in range(given.asked):
                began = perf_counter()
                ask(chance)
                took.append(1000 * (perf_counter() - began))
            p95 = quantiles(took, n=20)[-1]
            print(f"{name}: p50 {quantiles(took)[1]:.0f} ms, p95 {p95:.0f} ms")


if __name__ == "__main__":
    main()
