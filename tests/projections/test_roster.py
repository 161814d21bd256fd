"""The roster's rows and queries: grades, names, and who was in which class on which day."""

from datetime import date
from itertools import count, permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections.rosters.grades import grade_code, stage_of
from projections.rosters.roster import BadCursor, Roster
from projections.rosters.rows import ROSTER_KINDS, full_name, roster_rows, subject_code
from projections.tables import ROSTER_TABLES
from projections.warehouse import Generation
from tests.support.clickhouse import rows_of

HOME = "https://id.example.cn"
SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 12)
Record = tuple[str, str, dict[str, Any] | None]


def key(user: str) -> str:
    return f"account:{HOME}|{user}"


def declare(
    generation: Generation, *records: Record, store: str = "district", position: int = 1
) -> None:
    for at, (kind, record, content) in enumerate(records, start=position):
        for table, rows in roster_rows(kind, store, record, content, at).items():
            generation.insert(table, rows)


def org(name: str, record: str, **more: Any) -> Record:
    return "roster-org", record, {"name": name, "type": "school", **more}


def class_group(record: str, title: str, **more: Any) -> Record:
    content = {"title": title, "classType": "homeroom", "schoolSourcedId": "lake", **more}
    return "roster-class", record, content


def user(record: str, family: str, given: str, role: str = "student", **more: Any) -> Record:
    content = {"familyName": family, "givenName": given, "role": role, "enabledUser": True}
    return "roster-user", record, {**content, "person": key(record), **more}


def enrolled(
    record: str, user: str, class_group: str, role: str = "student", **more: Any
) -> Record:
    content = {"userSourcedId": user, "person": key(user), "classSourcedId": class_group}
    return (
        "roster-enrollment",
        record,
        {**content, "schoolSourcedId": "lake", "role": role, **more},
    )


SMALL_SCHOOL = (
    org("湖畔小学", "lake", parentSourcedId="district"),
    class_group("5-1", "五年级1班", grades=["05"]),
    class_group("5-2", "五年级2班", grades=["05"]),
    class_group("math", "五年级数学", classType="scheduled", subjects=["数学"]),
    user("t1", "王", "老师", "teacher"),
    user("s1", "李", "雷"),
    user("s2", "韩", "梅梅"),
    enrolled("e1", "s1", "5-1", begin="2026-09-01", end="2026-10-11"),
    enrolled("e2", "s1", "5-2", begin="2026-10-12", end=None),
    enrolled("e3", "s2", "5-1"),
    enrolled("e4", "t1", "5-1", "teacher", primary=True),
    enrolled("e5", "t1", "math", "teacher", begin="2026-10-12"),
    enrolled("e6", "s1", "math", begin="2026-10-12"),
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *(("KG", "KG"), ("pk", "PK"), ("大班", "KG"), ("小班", "PK")),
        *(("01", "01"), ("7", "07"), ("12", "12"), ("13", ""), ("0", ""), ("Grade 5", "05")),
        *(("一年级", "01"), ("六年级", "06"), ("七年级", "07"), ("十二年级", "12")),
        *(("5年级", "05"), ("小学三年级", "03"), ("初中二年级", "08"), ("初中七年级", "07")),
        *(("初一", "07"), ("初三", "09"), ("高一", "10"), ("高三", "12"), ("高中三年级", "12")),
        *(("十三年级", ""), ("初四", ""), ("高四", ""), ("二十年级", ""), ("", ""), ("毕业", "")),
    ],
)
def test_a_grade_is_known_by_its_code_its_number_and_its_chinese_name(text: str, code: str) -> None:
    assert grade_code(text) == code


def test_each_grade_has_its_stage() -> None:
    stages = {grade: stage_of(grade) for grade in ("KG", "01", "06", "07", "09", "10", "12", "")}
    assert stages == {
        "KG": "kindergarten",
        **{"01": "primary", "06": "primary", "07": "junior", "09": "junior"},
        **{"10": "senior", "12": "senior", "": ""},
    }


def test_a_name_is_joined_as_its_script_does() -> None:
    assert full_name("李", "雷") == "李雷"
    assert full_name("García", "José") == "José García"
    assert full_name("", "Ming") == "Ming"


def test_a_subject_has_the_code_that_facts_have() -> None:
    assert [subject_code(text) for text in ("数学", "Mathematics", "mathematics", "体育")] == [
        *["mathematics"] * 3,
        "physical-education",
    ]
    assert subject_code("足球养志") == "足球养志"
    [row] = roster_rows(
        "roster-course", "d", "c", {"subjects": ["奥数"], "subjectCodes": ["数学"]}, 1
    )["roster_courses"]
    assert row[6] == ("mathematics",)


def test_a_user_of_1_2_has_the_role_and_the_orgs_of_its_roles() -> None:
    roles = {
        "r1": {"roleType": "secondary", "role": "parent", "orgSourcedId": "hill"},
        "r2": {"roleType": "primary", "role": "teacher", "orgSourcedId": "lake"},
    }
    content = {"familyName": "王", "roles": roles, "primaryOrgSourcedId": "lake", "person": "p"}
    [row] = roster_rows("roster-user", "d", "t1", content, 7)["roster_users"]
    assert row[:8] == ("d", "t1", "p", "王", "teacher", (), ("lake", "hill"), 1)


def test_content_that_is_no_record_is_refused() -> None:
    with pytest.raises(TypeError, match="grades: a list of texts"):
        roster_rows("roster-class", "d", "c", {"grades": "05"}, 1)
    with pytest.raises(ValueError, match="2026-13-01"):
        roster_rows("roster-enrollment", "d", "e", {"begin": "2026-13-01"}, 1)
    with pytest.raises(KeyError):
        roster_rows("mapping", "d", "e", {}, 1)


def test_a_student_is_in_the_class_of_that_day(generation: Generation) -> None:
    declare(generation, *SMALL_SCHOOL)
    roster = Roster(generation)
    names = {
        (group, on): [one.name for one in roster.students("district", group, on=on)]
        for group in ("5-1", "5-2")
        for on in (SEPTEMBER, date(2026, 10, 11), OCTOBER)
    }
    assert names == {
        **{("5-1", on): ["李雷", "韩梅梅"] for on in (SEPTEMBER, date(2026, 10, 11))},
        **{("5-2", on): [] for on in (SEPTEMBER, date(2026, 10, 11))},
        ("5-1", OCTOBER): ["韩梅梅"],
        ("5-2", OCTOBER): ["李雷"],
    }
    assert roster.attends("district", key("s1"), on=SEPTEMBER) == ["5-1"]
    assert roster.attends("district", key("s1"), on=OCTOBER) == ["5-2", "math"]
    assert roster.teaches("district", key("t1"), on=SEPTEMBER) == ["5-1"]
    assert roster.teaches("district", key("t1"), on=OCTOBER) == ["5-1", "math"]
    [first] = roster.students("district", "5-2", on=OCTOBER)
    assert (first.begin, first.end, first.is_primary) == (OCTOBER, None, False)
    assert roster.students("other", "5-1", on=SEPTEMBER) == []


def test_classes_and_schools_are_counted_on_a_day(generation: Generation) -> None:
    declare(generation, *SMALL_SCHOOL)
    roster = Roster(generation)
    counts = {
        on: [
            (one.class_group, one.students, one.teachers)
            for one in roster.classes("district", "lake", on=on)
        ]
        for on in (SEPTEMBER, OCTOBER)
    }
    # The subject class and the second class begin in October.
    assert counts[SEPTEMBER] == [("5-1", 2, 1)]
    assert counts[OCTOBER] == [("math", 1, 1), ("5-1", 1, 1), ("5-2", 1, 0)]
    [math] = [one for one in roster.classes("district", on=OCTOBER) if one.type == "scheduled"]
    assert (math.subjects, math.school_name, math.grade) == (["mathematics"], "湖畔小学", "")
    assert [one.stage for one in roster.classes("district", on=SEPTEMBER)] == ["primary"]
    assert roster.classes("district", "hill", on=OCTOBER) == []
    [school] = roster.schools("district", on=OCTOBER)
    assert (school.name, school.parent) == ("湖畔小学", "district")
    assert (school.classes, school.students, school.teachers) == (3, 2, 1)


def test_a_person_is_shown_with_all_days(generation: Generation) -> None:
    declare(generation, *SMALL_SCHOOL)
    roster = Roster(generation)
    found = roster.person("district", key("s1"))
    assert found is not None
    assert (found.user.name, found.user.role, found.user.until) == ("李雷", "student", None)
    days = [(one.class_group, one.begin, one.end) for one in found.enrollments]
    assert days == [
        ("5-2", OCTOBER, None),
        ("math", OCTOBER, None),
        ("5-1", SEPTEMBER, date(2026, 10, 11)),
    ]
    assert [one.title for one in found.on(SEPTEMBER)] == ["五年级1班"]
    assert roster.person("district", key("nobody")) is None
    assert roster.person("other", key("s1")) is None
    assert set(roster.of_persons("district", [key("s1"), key("nobody")])) == {key("s1")}


def test_an_account_is_that_of_the_person_it_is_linked_to(generation: Generation) -> None:
    declare(generation, *SMALL_SCHOOL)
    linked = ("district", "mbox:mailto:lei@a.example", key("s1"), 50, 0)
    generation.insert(
        "identities", [linked, ("other", "mbox:mailto:x@a.example", key("s2"), 51, 0)]
    )
    found = Roster(generation).of_accounts(
        "district", ["mbox:mailto:lei@a.example", "mbox:mailto:x@a.example", key("t1")]
    )
    assert {account: user.name for account, user in found.items()} == {
        "mbox:mailto:lei@a.example": "李雷",
        key("t1"): "王老师",
    }


def test_somebody_who_is_another_persons_account_is_found_by_either(
    generation: Generation,
) -> None:
    declare(generation, *SMALL_SCHOOL)
    generation.insert("identities", [("district", key("s1"), "account:https://x|lei", 50, 0)])
    roster = Roster(generation)
    for name in (key("s1"), "account:https://x|lei"):
        found = roster.person("district", name)
        assert found is not None
        assert found.user.name == "李雷"
        assert len(found.enrollments) == 3
        assert roster.attends("district", name, on=SEPTEMBER) == ["5-1"]
    students = roster.students("district", "5-1", on=SEPTEMBER)
    assert [one.person for one in students] == ["account:https://x|lei", key("s2")]


def test_people_are_found_by_name_page_by_page(generation: Generation) -> None:
    declare(generation, *SMALL_SCHOOL)
    roster = Roster(generation)
    page, following = roster.search("district", limit=2)
    rest, last = roster.search("district", limit=2, cursor=following)
    assert {one.user for one in page + rest} == {"t1", "s1", "s2"}
    assert (len(page), len(rest), last) == (2, 1, None)
    assert [one.user for one in roster.search("district", "韩")[0]] == ["s2"]
    assert [one.user for one in roster.search("district", role="teacher")[0]] == ["t1"]
    with pytest.raises(BadCursor):
        roster.search("district", cursor="x")


def test_who_and_what_left_the_roster_keeps_its_past(generation: Generation) -> None:
    declare(generation, *SMALL_SCHOOL)
    gone = {"until": "2026-10-11"}
    declare(
        generation,
        class_group("5-1", "五年级1班", grades=["05"], **gone),
        user("s2", "韩", "梅梅", **gone),
        enrolled("e3", "s2", "5-1", end="2026-10-11"),
        position=100,
    )
    roster = Roster(generation)
    assert [one.class_group for one in roster.classes("district", on=SEPTEMBER)] == ["5-1"]
    assert "5-1" not in [one.class_group for one in roster.classes("district", on=OCTOBER)]
    assert [one.name for one in roster.students("district", "5-1", on=SEPTEMBER)][1] == "韩梅梅"
    assert [one.user for one in roster.search("district", role="student", on=OCTOBER)[0]] == ["s1"]


def test_of_one_record_the_highest_position_counts_whatever_comes_last(
    generation: Generation,
) -> None:
    versions = [
        (5, org("湖畔小学", "lake")),
        (6, ("roster-org", "lake", None)),
        (7, org("湖畔实验小学", "lake")),
    ]
    for number, order in enumerate(permutations(versions)):
        for position, record in order:
            declare(generation, record, store=f"s{number}", position=position)
        assert [one.name for one in Roster(generation).schools(f"s{number}")] == ["湖畔实验小学"]
    declare(generation, ("roster-org", "lake", None), store="s0", position=8)
    assert Roster(generation).schools("s0") == []


_stores = (f"law-{number}" for number in count())
_kinds = st.sampled_from(ROSTER_KINDS)
_contents = st.none() | st.fixed_dictionaries(
    {"sourcedId": st.just("x")},
    optional={
        "name": st.sampled_from(["湖畔小学", "山前中学"]),
        "title": st.sampled_from(["1班", "2班"]),
        "grades": st.just(["05"]),
        "begin": st.dates(date(2026, 9, 1), date(2026, 9, 9)).map(date.isoformat),
        "until": st.dates(date(2026, 9, 1), date(2026, 9, 9)).map(date.isoformat),
        "person": st.just(key("s1")),
    },
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    history=st.lists(st.tuples(_kinds, st.sampled_from("abc"), _contents), min_size=1, max_size=12),
    data=st.data(),
)
def test_any_order_and_any_repetition_give_the_rows_of_the_newest_declarations(
    history: list[Record], data: st.DataObject, generation: Generation
) -> None:
    arrived, replayed = next(_stores), next(_stores)
    log = list(enumerate(history, start=1))
    order = data.draw(st.permutations(log)) + data.draw(st.lists(st.sampled_from(log), max_size=5))
    for position, record in order:
        declare(generation, record, store=arrived, position=position)
    newest = {(kind, record): (at, content) for at, (kind, record, content) in log}
    for (kind, record), (position, content) in newest.items():
        declare(generation, (kind, record, content), store=replayed, position=position)
    for table in ROSTER_TABLES:
        assert rows_of(generation, table.name, arrived) == rows_of(generation, table.name, replayed)


@given(
    days=st.lists(
        st.dates(min_value=date(1, 1, 1), max_value=date(9999, 12, 31)), min_size=2, max_size=2
    )
)
def test_days_beyond_what_a_column_holds_are_kept_to_its_ends(days: list[date]) -> None:
    content = {"begin": days[0].isoformat(), "end": days[1].isoformat()}
    [row] = roster_rows("roster-enrollment", "d", "e", content, 1)["roster_enrollments"]
    assert all(-25_567 <= day <= 120_529 for day in row[8:10])


def test_every_table_of_the_roster_has_a_tombstone(generation: Generation) -> None:
    kinds = ("org", "session", "course", "class", "user", "enrollment")
    for kind, table in zip(kinds, ROSTER_TABLES, strict=True):
        declare(generation, (f"roster-{kind}", "x", {}), store="t", position=1)
        assert len(rows_of(generation, table.name, "t")) == 1
        declare(generation, (f"roster-{kind}", "x", None), store="t", position=2)
        assert rows_of(generation, table.name, "t") == []
