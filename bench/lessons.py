"""Lesson reports, lists and teacher portraits over a term of a district: 5,000,000 facts by SQL.

    python -m bench.lessons FOLDER

The folder keeps the warehouse: a second run asks again without filling it.
"""

import argparse
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from string import Template
from time import perf_counter

import clickhouse_connect
import orjson

from bench.servers import machine
from projections.lessons.reports import Lessons, Wanted
from projections.portraits.teachers import Teachers
from projections.warehouse import Generation, Warehouse, embedded_dsn

STORE = "bench"
CLASSES, LESSONS_OF_A_CLASS, STUDENTS, FACTS_OF_A_PERSON = 223, 22, 40, 25
CLASSES_AN_INSERT = 16
FIRST_DAY = date(2026, 9, 1)


class Nobody:
    """A roster and links that know nobody: what is measured is facts."""

    def students(self, store: str, class_group: str, *, on: date | None = None) -> Sequence[object]:
        return ()

    def roles(self, store: str, persons: Sequence[str]) -> Mapping[str, str]:
        return {}

    def titles(self, store: str, classes: Sequence[str]) -> Mapping[str, str]:
        return {}

    def persons_of(self, store: str, accounts: Sequence[str]) -> Mapping[str, str]:
        return {}

    def accounts_of(self, store: str, person: str) -> Sequence[str]:
        return [person]


def main() -> None:
    """Print p50 and p95 of each query."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--requests", type=int, default=40)
    given = parser.parse_args()
    print(machine())
    given.folder.mkdir(parents=True, exist_ok=True)
    dsn = embedded_dsn(given.folder)
    warehouse = Warehouse.open(dsn)
    generation = warehouse.ensure()
    if not generation.row_counts().get("facts"):
        began = perf_counter()
        fill(dsn, generation)
        print(f"filled in {perf_counter() - began:.0f} s")
    counts = generation.row_counts()
    print(f"{counts['facts']} facts in {generation.parts()['facts']} parts")
    for name, ask in questions(generation).items():
        measure(name, ask, given.requests)
    warehouse.close()


def fill(dsn: str, generation: Generation) -> None:
    """Insert the term's facts, some classes at a time."""
    query = Template(Path(__file__).with_suffix(".sql").read_text("utf-8"))
    people = STUDENTS + 1
    with clickhouse_connect.get_client(dsn=dsn) as client:
        for first in range(0, CLASSES, CLASSES_AN_INSERT):
            classes = min(CLASSES_AN_INSERT, CLASSES - first)
            given = {
                "database": generation.database,
                "first": first,
                "students": STUDENTS,
                "people": people,
                "lessons": LESSONS_OF_A_CLASS,
                "facts": FACTS_OF_A_PERSON,
                "count": classes * LESSONS_OF_A_CLASS * people * FACTS_OF_A_PERSON,
            }
            client.command(query.substitute(given))


def questions(generation: Generation) -> dict[str, Callable[[], object]]:
    """Give what is asked, each time of another lesson, class, teacher or day."""
    chance, nobody = random.Random(1), Nobody()
    lessons = Lessons(generation, lambda: 1, roster=nobody, people=nobody)  # type: ignore[arg-type]
    teachers = Teachers(generation, lambda: 1, roster=nobody, people=nobody)

    def lesson() -> str:
        numbers = chance.randrange(CLASSES), chance.randrange(LESSONS_OF_A_CLASS)
        return "https://district.example.cn/lessons/{}-{}".format(*numbers)

    def teacher() -> str:
        return (
            f"account:https://id.example.cn|t{chance.randrange(CLASSES // 2)}-{chance.randrange(3)}"
        )

    def days() -> Wanted:
        day = FIRST_DAY + timedelta(days=4 * chance.randrange(LESSONS_OF_A_CLASS))
        return Wanted(first_day=day, last_day=day)

    return {
        "lesson report": lambda: lessons.report(STORE, lesson()),
        "lesson report by the second": lambda: lessons.report(STORE, lesson(), width=1),
        "lessons of a class": lambda: lessons.page(
            STORE, Wanted(classes=[str(chance.randrange(CLASSES))]), limit=20
        ),
        "lessons of a teacher": lambda: lessons.page(STORE, Wanted(teacher=teacher()), limit=20),
        "lessons of a day": lambda: lessons.page(STORE, days(), limit=20),
        "all lessons": lambda: lessons.page(STORE, limit=20),
        "teacher portrait": lambda: teachers.portrait(STORE, teacher()),
    }


def measure(name: str, ask: Callable[[], object], requests: int) -> None:
    """Ask some times, with what the answer costs to write, and print how long it took."""
    taken = sorted(_times(ask, requests + 2))[: requests + 1]
    p50, p95 = (taken[int(len(taken) * share)] for share in (0.5, 0.95))
    print(f"{name:28} p50 {p50:6.0f} ms  p95 {p95:6.0f} ms", flush=True)


def _times(ask: Callable[[], object], requests: int) -> Iterator[float]:
    for number in range(requests):
        began = perf_counter()
        orjson.dumps(ask())
        if number:  # the first one warms up
            yield (perf_counter() - began) * 1e3


if __name__ == "__main__":
    main()
