"""The demo district's roster (学籍) as OneRoster 1.1 CSV files, for `xueji roster import`."""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from apps.curriculum import FOOTBALL, SUBJECT_NAMES, course_of, grade_name
from apps.district import SCHOOL_YEAR, TERM, ClassGroup, District
from apps.teaching import Person

DISTRICT_ORG = "demo-district"
YEAR_SESSION, TERM_SESSION = "year-2025", "term-2025-autumn"

# Columns of each file: OneRoster 1.1 CSV tables, section 4, in the order given there.
COLUMNS = {
    "manifest": "propertyName value",
    "orgs": "sourcedId status dateLastModified name type identifier parentSourcedId",
    "academicSessions": (
        "sourcedId status dateLastModified title type startDate endDate parentSourcedId schoolYear"
    ),
    "courses": (
        "sourcedId status dateLastModified schoolYearSourcedId title courseCode grades"
        " orgSourcedId subjects subjectCodes"
    ),
    "classes": (
        "sourcedId status dateLastModified title grades courseSourcedId classCode classType"
        " location schoolSourcedId termSourcedIds subjects subjectCodes periods"
    ),
    "users": (
        "sourcedId status dateLastModified enabledUser orgSourcedIds role username userIds"
        " givenName familyName middleName identifier email sms phone agentSourcedIds grades"
        " password"
    ),
    "enrollments": (
        "sourcedId status dateLastModified classSourcedId schoolSourcedId userSourcedId role"
        " primary beginDate endDate"
    ),
}
_FILES_OF_DATA = tuple(name for name in COLUMNS if name != "manifest")

Row = dict[str, str]


def write_roster(district: District, folder: Path) -> None:
    """Write the files into a folder, which is made if it isn't there."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in roster_files(district).items():
        (folder / name).write_text(text, "utf-8", newline="")


def roster_files(district: District) -> dict[str, str]:
    """Give the text of each file by its name. A sourcedId of a person is the account's name."""
    rows = {
        "manifest": _manifest(),
        "orgs": _orgs(district),
        "academicSessions": _sessions(),
        "courses": _courses(district),
        "classes": _classes(district),
        "users": _users(district),
        "enrollments": _enrollments(district),
    }
    return {f"{name}.csv": _text(COLUMNS[name].split(), rows[name]) for name in COLUMNS}


def subject_class(group: ClassGroup, subject: str) -> str:
    """Name the class in which a subject is taught to an administrative class."""
    return f"{group.code}-{subject}"


def _text(columns: Sequence[str], rows: Iterator[Row]) -> str:
    file = io.StringIO()
    writer = csv.DictWriter(file, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def _manifest() -> Iterator[Row]:
    yield {"propertyName": "manifest.version", "value": "1.0"}
    yield {"propertyName": "oneroster.version", "value": "1.1"}
    present = dict.fromkeys(_FILES_OF_DATA, "bulk")
    for name in (
        *("academicSessions", "categories", "classes", "classResources", "courses"),
        *("courseResources", "demographics", "enrollments", "lineItems", "orgs", "resources"),
        *("results", "users"),
    ):
        yield {"propertyName": f"file.{name}", "value": present.get(name, "absent")}


def _orgs(district: District) -> Iterator[Row]:
    yield {"sourcedId": DISTRICT_ORG, "name": "示范区", "type": "district"}
    for school in district.schools:
        yield {
            "sourcedId": school.code,
            "name": school.name,
            "type": "school",
            "identifier": school.code,
            "parentSourcedId": DISTRICT_ORG,
        }


def _sessions() -> Iterator[Row]:
    begins, ends = TERM
    for code, title, kind, end, parent in (
        (YEAR_SESSION, "2025-2026学年", "schoolYear", "2026-07-10", ""),
        (TERM_SESSION, "2025-2026学年第一学期", "term", ends.isoformat(), YEAR_SESSION),
    ):
        yield {
            "sourcedId": code,
            "title": title,
            "type": kind,
            "startDate": begins.isoformat(),
            "endDate": end,
            "parentSourcedId": parent,
            "schoolYear": str(SCHOOL_YEAR),
        }


def _courses(district: District) -> Iterator[Row]:
    for grade in sorted({group.grade for group in district.classes}):
        common = {
            "schoolYearSourcedId": YEAR_SESSION,
            "grades": f"{grade:02}",
            "orgSourcedId": DISTRICT_ORG,
        }
        yield common | {
            "sourcedId": f"homeroom-{grade}",
            "title": f"{grade_name(grade)}行政班",
            "courseCode": f"homeroom-{grade}",
        }
        for subject, (name, _) in SUBJECT_NAMES.items():
            code, title, _ = course_of(subject, grade)
            yield common | {
                "sourcedId": code,
                "title": title,
                "courseCode": code,
                "subjects": name,
                "subjectCodes": subject,
            }


def _classes(district: District) -> Iterator[Row]:
    for group in district.classes:
        common = {
            "grades": f"{group.grade:02}",
            "schoolSourcedId": group.school.code,
            "termSourcedIds": TERM_SESSION,
        }
        yield common | {
            "sourcedId": group.code,
            "title": group.name,
            "courseSourcedId": f"homeroom-{group.grade}",
            "classCode": group.code,
            "classType": "homeroom",
        }
        for subject in group.teachers:
            name, _ = SUBJECT_NAMES[subject]
            yield common | {
                "sourcedId": subject_class(group, subject),
                "title": f"{group.name}{name}",
                "courseSourcedId": course_of(subject, group.grade)[0],
                "classCode": subject_class(group, subject),
                "classType": "scheduled",
                "subjects": name,
                "subjectCodes": subject,
            }


def _users(district: District) -> Iterator[Row]:
    school_of = {
        teacher.person: group.school.code
        for group in district.classes
        for teacher in group.teachers.values()
    }
    for teacher in district.teachers:
        yield _user(teacher.person, "teacher", school_of.get(teacher.person, DISTRICT_ORG))
    for group in district.classes:
        for membership in group.memberships:
            if membership.begin != TERM[0]:
                continue  # came from another class, where the student is written down
            student = membership.student
            grade = {"grades": f"{group.grade:02}"}
            agents = {"agentSourcedIds": student.parent.account}
            yield _user(student.person, "student", group.school.code) | grade | agents
            children = {"agentSourcedIds": student.person.account}
            yield _user(student.parent, "parent", group.school.code) | children


def _user(person: Person, role: str, org: str) -> Row:
    return {
        "sourcedId": person.account,
        "enabledUser": "true",
        "orgSourcedIds": org,
        "role": role,
        "username": person.account,
        "familyName": person.name[0],
        "givenName": person.name[1:].removesuffix("老师"),
    }


def _enrollments(district: District) -> Iterator[Row]:
    for group in district.classes:
        classes = [group.code, *(subject_class(group, subject) for subject in group.teachers)]
        for membership in group.memberships:
            for code in classes:
                yield {
                    **_enrollment(group, code, membership.student.person, "student"),
                    "beginDate": membership.begin.isoformat(),
                    "endDate": membership.end.isoformat() if membership.end else "",
                }
        begins = {"beginDate": TERM[0].isoformat()}
        for subject, teacher in group.teachers.items():
            code = subject_class(group, subject)
            yield {**_enrollment(group, code, teacher.person, "teacher"), **begins}
            if subject != FOOTBALL:
                yield {**_enrollment(group, group.code, teacher.person, "teacher"), **begins}


def _enrollment(group: ClassGroup, code: str, person: Person, role: str) -> Row:
    return {
        "sourcedId": f"{code}/{person.account}",
        "classSourcedId": code,
        "schoolSourcedId": group.school.code,
        "userSourcedId": person.account,
        "role": role,
        "primary": "true" if role == "teacher" else "false",
    }
