"""Small OneRoster file sets for tests, in both versions, as rows that a test changes."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

Rows = dict[str, list[dict[str, str]]]

HOME = "https://id.example.cn"
_BEGINNING = ["sourcedId", "status", "dateLastModified"]


def person(user: str) -> str:
    return f"account:{HOME}|{user}"


def row(record: str, **values: str) -> dict[str, str]:
    return {"sourcedId": record, "status": "", "dateLastModified": "", **values}


def user(
    record: str, family: str, given: str, role: str = "student", **more: str
) -> dict[str, str]:
    return row(
        record,
        enabledUser="true",
        orgSourcedIds="lake",
        role=role,
        username=f"{record}-name",
        userIds="",
        givenName=given,
        familyName=family,
        identifier="",
        email="",
        grades="05" if role == "student" else "",
        **more,
    )


def enrollment(
    record: str, user: str, class_group: str, role: str = "student", begin: str = "", end: str = ""
) -> dict[str, str]:
    return row(
        record,
        classSourcedId=class_group,
        schoolSourcedId="lake",
        userSourcedId=user,
        role=role,
        primary="true" if role == "teacher" else "",
        beginDate=begin,
        endDate=end,
    )


def class_group(record: str, title: str, kind: str = "homeroom") -> dict[str, str]:
    return row(
        record,
        title=title,
        grades="05",
        courseSourcedId="course5",
        classCode=record,
        classType=kind,
        location="",
        schoolSourcedId="lake",
        termSourcedIds="term1",
        subjects="数学" if kind == "scheduled" else "",
    )


def small_rows() -> Rows:
    """Give a district with one school, two classes, a teacher and two students, in 1.1."""
    return {
        "orgs": [
            row("district", name="渝中区", type="district", identifier="", parentSourcedId=""),
            row(
                "lake", name="湖畔小学", type="school", identifier="50", parentSourcedId="district"
            ),
        ],
        "academicSessions": [
            row(
                record,
                title=title,
                type=kind,
                startDate="2026-09-01",
                endDate=end,
                parentSourcedId=parent,
                schoolYear="2027",
            )
            for record, title, kind, end, parent in (
                ("year", "2026-2027学年", "schoolYear", "2027-07-16", ""),
                ("term1", "上学期", "semester", "2027-01-23", "year"),
            )
        ],
        "courses": [
            row(
                "course5",
                schoolYearSourcedId="year",
                title="五年级",
                courseCode="G5",
                grades="05",
                orgSourcedId="district",
                subjects="",
                subjectCodes="",
            )
        ],
        "classes": [class_group("5-1", "五年级1班"), class_group("5-2", "五年级2班")],
        "users": [
            user("t1", "王", "芳", "teacher"),
            user("s1", "李", "雷"),
            user("s2", "韩", "梅梅"),
        ],
        "enrollments": [
            enrollment("e1", "s1", "5-1"),
            enrollment("e2", "s2", "5-1"),
            enrollment("e3", "t1", "5-1", "teacher"),
        ],
    }


def in_1_2(rows: Rows) -> Rows:
    """Say the same in 1.2: roles have a file of their own."""
    users = [
        {
            **{name: value for name, value in one.items() if name not in ("orgSourcedIds", "role")},
            "primaryOrgSourcedId": one["orgSourcedIds"],
        }
        for one in rows["users"]
    ]
    roles = [
        row(
            f"{one['sourcedId']}-role",
            userSourcedId=one["sourcedId"],
            roleType="primary",
            role=one["role"],
            beginDate="",
            endDate="",
            orgSourcedId=one["orgSourcedIds"],
            userProfileSourcedId="",
        )
        for one in rows["users"]
    ]
    return {**rows, "users": users, "roles": roles}


def files_of(
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    modes: Mapping[str, str] | None = None,
    version: str | None = None,
) -> dict[str, bytes]:
    """Write rows as files, with a manifest; a file is bulk unless `modes` says otherwise."""
    said = [("manifest.version", "1.0"), ("oneroster.version", version or version_of(rows))]
    said += [(f"file.{name}", (modes or {}).get(name, "bulk")) for name in rows]
    lines = [{"propertyName": name, "value": value} for name, value in said]
    files = {"manifest.csv": written(lines)}
    return files | {f"{name}.csv": written(some) for name, some in rows.items()}


def version_of(rows: Mapping[str, Any]) -> str:
    return "1.2" if "roles" in rows else "1.1"


def written(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Write rows as CSV; all of a file have the same columns, or those of its beginning."""
    text = io.StringIO()
    columns = list(rows[0]) if rows else _BEGINNING
    writer = csv.DictWriter(text, columns, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def delta(rows: Sequence[dict[str, str]], modified: str, status: str = "active") -> list[Any]:
    """Say of rows that they are of a delta file."""
    return [{**one, "status": status, "dateLastModified": modified} for one in rows]
