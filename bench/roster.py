"""Measures the import of a district's roster against the floor: its CSV files only parsed.

    python -m bench.roster [--schools 13] [--classes 223] [--students 9029] [--teachers 450]

A first import, the same again, and one in which a hundredth of the students change class, each with
the record in SQLite on disk; then the embedded carrier brings all of it to rows. `--keep FOLDER`
writes the files of the first import there and measures nothing.
"""

import argparse
import csv
import io
import random
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import median
from time import perf_counter

from api.roster.importing import Imported, import_roster, make_import
from api.roster.plan import Counts
from bench.servers import machine
from lrs.record import Record
from projections.folds import Fold
from projections.meaning.reading import default_reader
from projections.rosters.roster import Roster
from projections.warehouse import Warehouse, embedded_dsn
from streams.embedded import EmbeddedCarrier
from streams.states import States

Rows = list[list[str]]
Files = dict[str, Rows]

STORE = "bench"
HOME = "https://id.example.cn"
AUTHORITY = b'{"account":{"homePage":"https://xueji.dev/apps","name":"bench"}}'
CLASSES_OF_A_TEACHER = 3
SURNAMES, GIVEN = "王李张刘陈杨黄赵周吴", "子涵雨桐浩然梓萱宇轩诗琪俊杰欣怡"
BEGINNING = ["sourcedId", "status", "dateLastModified"]


def district(schools: int, classes: int, students: int, teachers: int) -> Files:
    """Make the files of a district, by name without ``.csv``, each with its header."""
    chance = random.Random(1)
    files: Files = {
        "orgs": [
            [*BEGINNING, "name", "type", "identifier", "parentSourcedId"],
            ["district", "", "", "示范区", "district", "", ""],
        ],
        "academicSessions": [
            [*BEGINNING, "title", "type", "startDate", "endDate", "parentSourcedId", "schoolYear"],
            ["year", "", "", "2026-2027学年", "schoolYear", "2026-09-01", "2027-07-16", "", "2027"],
            ["term", "", "", "上学期", "semester", "2026-09-01", "2027-01-23", "year", "2027"],
        ],
        "courses": [[*BEGINNING, "title", "orgSourcedId"]],
        "classes": [
            [
                *(*BEGINNING, "title", "grades", "courseSourcedId", "classType"),
                *("schoolSourcedId", "termSourcedIds"),
            ]
        ],
        "users": [
            [
                *(*BEGINNING, "enabledUser", "orgSourcedIds", "role", "username", "givenName"),
                *("familyName", "userIds", "grades"),
            ]
        ],
        "enrollments": [
            [
                *(*BEGINNING, "classSourcedId", "schoolSourcedId", "userSourcedId", "role"),
                *("primary", "beginDate", "endDate"),
            ]
        ],
    }
    for number in range(schools):
        files["orgs"].append(
            [f"school-{number}", "", "", f"第{number}学校", "school", "", "district"]
        )
    for grade in range(1, 10):
        files["courses"].append([f"grade-{grade}", "", "", f"{grade}年级", "district"])
    for number in range(classes):
        grade, school = number % 9 + 1, f"school-{number % schools}"
        files["classes"].append(
            [
                *(f"class-{number}", "", "", f"{grade}年级{number}班", f"{grade:02}"),
                *(f"grade-{grade}", "homeroom", school, "term"),
            ]
        )
    for number in range(students):
        add_user(files, f"s{number}", "student", [number % classes], schools, chance)
    for number in range(teachers):
        taught = sorted(chance.sample(range(classes), min(CLASSES_OF_A_TEACHER, classes)))
        add_user(files, f"t{number}", "teacher", taught, schools, chance)
    return files


def add_user(
    files: Files, user: str, role: str, classes: list[int], schools: int, chance: random.Random
) -> None:
    """Add a user of these classes to the files."""
    school, name = f"school-{classes[0] % schools}", "".join(chance.sample(GIVEN, 2))
    ids = f"{{homework:h-{user}}}"
    about = [user, "", "", "true", school, role, user, name, chance.choice(SURNAMES), ids]
    files["users"].append([*about, "" if role == "teacher" else f"{classes[0] % 9 + 1:02}"])
    for number in classes:
        files["enrollments"].append(
            [
                *(f"{user}-{number}", "", "", f"class-{number}", f"school-{number % schools}"),
                *(user, role, "", "", ""),
            ]
        )


def written(files: Files) -> dict[str, bytes]:
    """Write files as bytes by name."""
    found = {}
    for name, rows in files.items():
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        found[f"{name}.csv"] = text.getvalue().encode()
    return found


def parse(files: dict[str, bytes]) -> int:
    """Do the least that an import could: parse the CSV files into rows."""
    return sum(len(list(csv.reader(io.StringIO(one.decode())))) for one in files.values())


def moved(files: Files, classes: int) -> Files:
    """Let a hundredth of the students change class, in the same enrollments."""
    rows = [list(row) for row in files["enrollments"]]
    for row in rows[1:]:
        if row[6] == "student" and int(row[5][1:]) % 100 == 0:
            row[3] = f"class-{(int(row[3].partition('-')[2]) + 1) % classes}"
    return {**files, "enrollments": rows}


def main() -> None:
    """Make the district, import it three times, and carry it."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, size in (("schools", 13), ("classes", 223), ("students", 9029), ("teachers", 450)):
        parser.add_argument(f"--{name}", type=int, default=size)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    files = district(given.schools, given.classes, given.students, given.teachers)
    first, later = written(files), written(moved(files, given.classes))
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
        for name, content in first.items():
            (given.keep / name).write_bytes(content)
        return
    print(machine())
    began = perf_counter()
    rows = parse(first)
    print(f"floor: {rows} rows parsed in {perf_counter() - began:.2f} s")
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), first, later)


def measure(folder: Path, first: dict[str, bytes], later: dict[str, bytes]) -> None:
    """Time the imports, and the way to rows."""
    with closing(Record.open(str(folder / "record.sqlite"))) as record:
        for name, files, day in (
            ("first", first, "2026-09-01"),
            ("again", first, "2026-09-02"),
            ("moved", later, "2026-10-12"),
        ):
            began = perf_counter()
            came = bring_in(record, files, day)
            seconds = perf_counter() - began
            print(f"{name}: {sum(map(len, files.values())) / 1e6:.1f} MB of CSV, {told(came)}")
            print(f"{name}: {came.events} events in {seconds:.2f} s")
        size = sum(file.stat().st_size for file in folder.glob("record.sqlite*")) / 1e6
        print(f"record: {record.last_position()} events, {size:.0f} MB")
        with closing(Warehouse.open(embedded_dsn(folder / "warehouse"))) as warehouse:
            generation = warehouse.ensure_live()
            began = perf_counter()
            with closing(States(folder / "carrier.sqlite", generation.identity)) as states:
                carrier = EmbeddedCarrier(record, default_reader(), Fold(), generation, states)
                while carrier.run_once():
                    pass
            print(f"carried to rows in {perf_counter() - began:.2f} s")
            roster = Roster(generation)
            questions: dict[str, Callable[[], object]] = {
                "schools": lambda: roster.schools(STORE),
                "classes": lambda: roster.classes(STORE),
                "students of a class": lambda: roster.students(STORE, "class-1"),
                "a person": lambda: roster.person(STORE, f"account:{HOME}|s7"),
                "search": lambda: roster.search(STORE, "子"),
            }
            for name, ask in questions.items():
                print(f"{name}: {1000 * median(timed(ask) for _ in range(9)):.0f} ms")


def timed(ask: Callable[[], object]) -> float:
    """Give the seconds that a question takes."""
    began = perf_counter()
    ask()
    return perf_counter() - began


def told(came: Imported) -> str:
    """Say how many records came to what, in all kinds."""
    names = Counts.__struct_fields__
    sums = {name: sum(getattr(one, name) for one in came.kinds.values()) for name in names}
    return ", ".join(f"{number} {name}" for name, number in sums.items() if number)


def bring_in(record: Record, files: dict[str, bytes], day: str) -> Imported:
    """Import files as of a day, with an account of every user linked."""
    how = make_import(
        *(STORE,),
        home_page=HOME,
        timezone="Asia/Shanghai",
        day=day,
        accounts=["homework=https://homework.example.cn"],
    )
    return import_roster(record, STORE, files, how, AUTHORITY)


if __name__ == "__main__":
    main()
