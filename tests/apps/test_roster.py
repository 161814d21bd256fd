"""The demo district's roster is OneRoster 1.1 CSV, and says what the truth says of every day."""

import csv
import io
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from apps.district import SCALES, District, make_district
from apps.roster import COLUMNS, roster_files, write_roster
from apps.teaching import ACCOUNTS
from apps.truth import Truth

# What each column that refers to another file's rows refers to.
REFERENCES = {
    ("orgs", "parentSourcedId"): "orgs",
    ("academicSessions", "parentSourcedId"): "academicSessions",
    ("courses", "schoolYearSourcedId"): "academicSessions",
    ("courses", "orgSourcedId"): "orgs",
    ("classes", "courseSourcedId"): "courses",
    ("classes", "schoolSourcedId"): "orgs",
    ("classes", "termSourcedIds"): "academicSessions",
    ("users", "orgSourcedIds"): "orgs",
    ("users", "agentSourcedIds"): "users",
    ("enrollments", "classSourcedId"): "classes",
    ("enrollments", "schoolSourcedId"): "orgs",
    ("enrollments", "userSourcedId"): "users",
}

Tables = dict[str, list[dict[str, str]]]


@pytest.fixture(scope="module")
def district() -> District:
    return make_district(1, replace(SCALES["small"], classes=6, students=60, teachers=12))


@pytest.fixture(scope="module")
def tables(district: District) -> Tables:
    return {
        name.removesuffix(".csv"): list(csv.DictReader(io.StringIO(text)))
        for name, text in roster_files(district).items()
    }


def test_every_file_has_its_columns_and_no_id_twice(tables: Tables) -> None:
    assert set(tables) == set(COLUMNS)
    for name, rows in tables.items():
        assert list(rows[0]) == COLUMNS[name].split()
        if name != "manifest":
            ids = Counter(row["sourcedId"] for row in rows)
            assert ids.total() == len(ids)


def test_the_manifest_says_which_files_are_there(tables: Tables) -> None:
    said = {row["propertyName"]: row["value"] for row in tables["manifest"]}
    assert said["oneroster.version"] == "1.1"
    there = {name.removeprefix("file.") for name, value in said.items() if value == "bulk"}
    assert there == set(COLUMNS) - {"manifest"}


@pytest.mark.parametrize(("name", "column"), REFERENCES)
def test_everything_that_is_referred_to_is_there(tables: Tables, name: str, column: str) -> None:
    known = {row["sourcedId"] for row in tables[REFERENCES[name, column]]}
    referred = {row[column] for row in tables[name]} - {""}
    assert referred
    assert referred <= known


def test_a_persons_id_is_the_name_of_the_account(district: District, tables: Tables) -> None:
    of_role = defaultdict(set)
    for row in tables["users"]:
        of_role[row["role"]].add(f"account:{ACCOUNTS}|{row['sourcedId']}")
    assert of_role["student"] == {student.key for student in district.students}
    assert of_role["teacher"] == {teacher.person.key for teacher in district.teachers}
    assert of_role["parent"] == {student.parent.key for student in district.students}


def test_a_class_has_on_each_day_the_students_that_truth_says(
    district: District, tables: Tables
) -> None:
    truth = Truth(district)
    moves = [each.begin for each in district.classes[0].memberships][-1]
    for day in (moves - timedelta(days=1), moves):
        enrolled = defaultdict(set)
        for row in tables["enrollments"]:
            if row["role"] == "student" and holds(row, day):
                enrolled[row["classSourcedId"]].add(f"account:{ACCOUNTS}|{row['userSourcedId']}")
        for group in district.classes:
            assert enrolled[group.code] == truth.roster(group.code, day)
            for subject in group.teachers:
                assert enrolled[f"{group.code}-{subject}"] == enrolled[group.code]
    assert (
        len(
            {
                frozenset(truth.roster(district.classes[0].code, day))
                for day in (moves - timedelta(days=1), moves)
            }
        )
        == 2
    )


def test_every_student_is_in_one_homeroom_class_and_some_change_it(tables: Tables) -> None:
    kinds = {row["sourcedId"]: row["classType"] for row in tables["classes"]}
    homerooms = defaultdict(list)
    for row in tables["enrollments"]:
        if row["role"] == "student" and kinds[row["classSourcedId"]] == "homeroom":
            homerooms[row["userSourcedId"]].append(row)
    numbers = Counter(len(rows) for rows in homerooms.values())
    assert set(numbers) == {1, 2}
    assert numbers[2] == 6
    for rows in homerooms.values():
        if len(rows) == 2:
            first, second = sorted(rows, key=lambda row: row["beginDate"])
            ended = date.fromisoformat(first["endDate"])
            assert date.fromisoformat(second["beginDate"]) == ended + timedelta(days=1)
            assert second["endDate"] == ""


def test_the_files_are_written_into_a_folder(district: District, tmp_path: Path) -> None:
    write_roster(district, tmp_path / "roster")
    written = {path.name: path.read_bytes().decode() for path in (tmp_path / "roster").iterdir()}
    assert written == roster_files(district)


def holds(row: dict[str, str], day: date) -> bool:
    return row["beginDate"] <= day.isoformat() <= (row["endDate"] or "9999-12-31")
