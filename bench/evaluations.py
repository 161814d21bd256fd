"""Measures evaluation of students, classes and the district at its scale: median and p95.

    python -m bench.evaluations [--folder F] [--statements 5000000] [--asked 20]

The warehouse is that of ``bench.boards``, with ratings by 450 teachers and homework that was due
beside it. Each is asked under the district's shipped scheme: *first* is what the first answer of
all takes, while nothing is remembered (of these days and the days before, for the change); *then*
what each takes afterwards; *after news* the same once 100 persons' rows have changed since, and
of a class also once one of its students' have.
"""

import argparse
import random
from collections.abc import Callable
from datetime import timedelta
from statistics import quantiles
from time import perf_counter, process_time, time_ns
from typing import Any
from zoneinfo import ZoneInfo

from bench.boards import (
    BEGIN,
    CLASSES,
    END,
    FACT_COLUMNS,
    HOME,
    PERSON,
    STORE,
    STUDENTS,
    fill,
)
from bench.servers import machine
from bench.warehouses import add_folder, filled, folder_of, print_sizes
from projections.days import Span
from projections.evaluation.evaluations import Evaluations
from projections.evaluation.published_schemes import Schemes
from projections.evidence import Wanted, evidence
from projections.folds import DISTRICT_TIMEZONE
from projections.warehouse import Generation

SCHEME = Schemes({}).resolve("district-comprehensive").scheme
SPAN = Span(END - timedelta(weeks=6), END)
RATINGS, DUE = 20, 20  # of a student
CHANGED = 100  # persons
FIRST, FIRST_CLASS = f"account:{HOME}|s0", "class-0"  # among the changed, and in which class

_AT = f"toDateTime64('{BEGIN} 00:00:00', 6, 'UTC') + (number % 90) * 86400"
GIVEN = f"""SELECT '{STORE}', generateUUIDv4(), 0, {PERSON},
    ['rating_by_teacher', 'rating_by_peer'][1 + number % 2], 'in', '', '', [], '', '', 'football',
    {_AT}, NULL, NULL, number + 1, 0,
    (cityHash64(number) % 5) / 4, concat('account:{HOME}|t', toString(cityHash64(number) % 450)),
    NULL, NULL FROM numbers({RATINGS * STUDENTS})"""
HANDED_IN = f"""SELECT '{STORE}', generateUUIDv4(), 0, {PERSON},
    'homework_done', 'post', '', 'mathematics', [], '', '', 'homework',
    {_AT}, 60.0, NULL, number + 1, 0, NULL, '', {_AT} + 60 - cityHash64(number) % 90,
    (cityHash64(number) % 100) / 100 FROM numbers({DUE * STUDENTS})"""


def fill_more(generation: Generation) -> None:
    """Write ratings and homework that was due."""
    for rows in (GIVEN, HANDED_IN):
        generation.run(
            f"INSERT INTO {generation.database}.facts"
            f" ({FACT_COLUMNS}, rating, counterpart, due, score) {rows}"
        )


def questions(evaluations: Evaluations) -> dict[str, Callable[[random.Random], Any]]:
    """Give what is asked, by name."""
    return {
        "student": lambda chance: evaluations.student(STORE, SCHEME, _student(chance), SPAN),
        "class": lambda chance: evaluations.class_group(
            STORE, SCHEME, f"class-{chance.randrange(CLASSES)}", SPAN
        ),
        "school": lambda chance: evaluations.school(
            STORE, SCHEME, f"school-{chance.randrange(13)}", SPAN
        ),
        "district": lambda _: evaluations.district(STORE, SCHEME, SPAN),
        "what-if": lambda _: evaluations.what_if(
            STORE, (SCHEME, SPAN), (Schemes({}).resolve("role-model-badges").scheme, SPAN)
        ),
        "trajectory": lambda _: evaluations.trajectory(STORE, SCHEME, FIRST, END),
    }


def _student(chance: random.Random) -> str:
    return f"account:{HOME}|s{chance.randrange(STUDENTS)}"


def change(generation: Generation, persons: int = CHANGED) -> None:
    """Write the rows of some persons anew, as folding a statement of each does."""
    version = time_ns() // 1000  # later than any that another run has written
    generation.run(
        f"""INSERT INTO {generation.database}.persons
        SELECT '{STORE}', {PERSON}, 550, 0, 0, {version}, 0
        FROM (SELECT number * 89 AS number FROM numbers({persons}))"""
    )


def timed(name: str, times: int, ask: Callable[[], Any]) -> None:
    """Ask, and print how long it takes and how much of a processor."""
    took, processor = [], process_time()
    for _ in range(times):
        began = perf_counter()
        ask()
        took.append(1000 * (perf_counter() - began))
    busy = 1000 * (process_time() - processor) / times
    spread = f", p95 {quantiles(took, n=20)[-1]:.0f} ms" if times > 1 else ""
    middle = quantiles(took)[1] if times > 1 else took[0]
    print(f"{name}: p50 {middle:.0f} ms{spread}, {busy:.0f} ms of processors", flush=True)


def main() -> None:
    """Fill, ask, and print a line for each question."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_folder(parser)
    parser.add_argument("--statements", type=int, default=5_000_000)
    parser.add_argument("--asked", type=int, default=20, help="times that each is asked")
    given = parser.parse_args()
    print(machine())

    def fill_all(generation: Generation) -> None:
        fill(generation, given.statements)
        fill_more(generation)

    with folder_of(given.folder) as folder, filled(folder, fill_all) as generation:
        print_sizes(generation)
        measure(generation, given.asked)


def measure(generation: Generation, asked: int) -> None:
    """Ask everything: first, then, and after news."""
    evaluations, chance = Evaluations(generation, lambda: 1, DISTRICT_TIMEZONE), random.Random(1)
    for name, ask in questions(evaluations).items():
        timed(f"{name}, first", 1, lambda ask=ask: ask(chance))  # type: ignore[misc]
    for name, ask in questions(evaluations).items():
        timed(f"{name}, then", asked, lambda ask=ask: ask(chance))  # type: ignore[misc]
    for name, ask in questions(evaluations).items():
        change(generation)
        timed(f"{name}, after news", 1, lambda ask=ask: ask(chance))  # type: ignore[misc]

    def class_of_first() -> Any:
        return evaluations.class_group(STORE, SCHEME, FIRST_CLASS, SPAN)

    class_of_first()
    change(generation, 1)
    timed("class, after news of one", 1, class_of_first)
    wanted = {"actions": ("answer",), "phase": "post", "known": ("success",)}
    zone = ZoneInfo(DISTRICT_TIMEZONE)
    timed(
        "evidence of a score",
        asked,
        lambda: evidence(
            generation,
            STORE,
            Wanted(person=_student(chance), first=SPAN.first, last=SPAN.last, **wanted),
            zone,
        ),
    )


if __name__ == "__main__":
    main()
