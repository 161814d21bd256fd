"""OneRoster CSV read: both versions, folders and zip files, and every fault by its place."""

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.roster.faults import MOST_LISTED, RosterFaulty
from api.roster.fields import fields_of
from api.roster.files import packed, roster_files, unpacked
from api.roster.reading import read_roster
from tests.support.oneroster import (
    Rows,
    delta,
    enrollment,
    files_of,
    in_1_2,
    row,
    small_rows,
    user,
)

MODIFIED = "2026-10-12T08:00:00.000Z"


def faults(files: dict[str, bytes], **known: object) -> list[str]:
    with pytest.raises(RosterFaulty) as refused:
        read_roster(files, **known)  # type: ignore[arg-type]
    assert refused.value.count == len(refused.value.faults)
    return [str(fault) for fault in refused.value.faults]


@pytest.mark.parametrize("change", [dict, in_1_2], ids=["1.1", "1.2"])
def test_a_set_of_either_version_is_read(change: Callable[[Rows], Rows]) -> None:
    read = read_roster(files_of(change(small_rows())))
    assert read.version == ("1.2" if change is in_1_2 else "1.1")
    assert {name: len(file.records) for name, file in read.files.items()} == {
        **{"orgs": 2, "academicSessions": 2, "courses": 1, "classes": 2, "users": 3},
        **({"roles": 3} if change is in_1_2 else {}),
        "enrollments": 3,
    }
    teacher = read.files["users"].records["t1"]
    assert (teacher.line, teacher.values["familyName"], teacher.values["enabledUser"]) == (
        *(2, "王"),
        True,
    )
    assert read.files["classes"].records["5-1"].values["termSourcedIds"] == ["term1"]


@pytest.mark.parametrize("change", [dict, in_1_2], ids=["1.1", "1.2"])
def test_a_set_without_a_manifest_is_bulk_and_of_the_version_its_users_are(
    change: Callable[[Rows], Rows],
) -> None:
    files = files_of(change(small_rows()))
    told = read_roster(files)
    del files["manifest.csv"]
    assert read_roster(files) == told


def test_a_byte_order_mark_and_any_line_end_are_no_fault() -> None:
    files = files_of(small_rows())
    plain = read_roster(files)
    marked = {name: b"\xef\xbb\xbf" + content for name, content in files.items()}
    assert read_roster(marked) == plain
    unix = {name: content.replace(b"\r\n", b"\n") for name, content in files.items()}
    assert read_roster(unix) == plain


def test_the_same_is_read_from_a_folder_and_from_a_zip_file(tmp_path: Path) -> None:
    files = files_of(small_rows())
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "notes.txt").write_text("not read")
    assert roster_files(tmp_path) == files
    archive = tmp_path / "roster.zip"
    archive.write_bytes(packed(files))
    assert roster_files(archive) == files
    with zipfile.ZipFile(archive, "w") as opened:
        for name, content in files.items():
            opened.writestr(f"2026/{name}", content)
            opened.writestr(f"__MACOSX/2026/._{name}", b"\0")
    assert roster_files(archive) == files


def test_what_is_no_zip_file_or_has_no_csv_files_is_named(tmp_path: Path) -> None:
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    for archive, rule in (
        (b"PK nothing", "a zip file that is whole"),
        (empty.getvalue(), "there are CSV files in it"),
        (packed({"a/users.csv": b"", "b/users.csv": b""}), "each CSV file once; found 'users.csv'"),
    ):
        with pytest.raises(RosterFaulty, match=rule):
            unpacked(archive)
    with pytest.raises(RosterFaulty, match="there are CSV files in it"):
        roster_files(tmp_path)
    with pytest.raises(RosterFaulty, match=r"gone\.zip: a folder or a zip file that can be read"):
        roster_files(tmp_path / "gone.zip")


def test_a_zip_file_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.roster.files.LARGEST_UNPACKED", 1_000)
    with pytest.raises(RosterFaulty, match="bytes together"):
        unpacked(packed({"users.csv": b"x" * 1_001}))


def test_another_encoding_is_named_with_its_line() -> None:
    files = files_of(small_rows())
    gb = files["users.csv"].decode().encode("gb18030")
    assert faults({"users.csv": gb})[0].startswith(
        "users.csv:2: a file is text in UTF-8, with or without BOM; this looks like GB18030;"
        " found '"
    )
    utf_16 = files["users.csv"].decode().encode("utf-16")
    assert "this looks like UTF-16" in faults({"users.csv": utf_16})[0]


# What a value breaks ---------------------------------------------------------------------------

Change = Callable[[Rows], object]
BROKEN: list[tuple[str, Change]] = [
    (
        "orgs.csv:3 type: one of department, school, district, local, state, national;"
        " found 'kindergarten'",
        lambda rows: rows["orgs"][1].update(type="kindergarten"),
    ),
    ("orgs.csv:2 name: a record has a value here", lambda rows: rows["orgs"][0].update(name="")),
    (
        "orgs.csv:3 sourcedId: an id is there once; it is on line 2 too; found 'district'",
        lambda rows: rows["orgs"][1].update(sourcedId="district", parentSourcedId=""),
    ),
    (
        "orgs.csv:2 sourcedId: an id has at most 255 characters; found '" + "x" * 100 + "…'",
        lambda rows: rows["orgs"][0].update(sourcedId="x" * 256),
    ),
    (
        "academicSessions.csv:2 endDate: a day not before startDate, 2026-09-01;"
        " found '2026-08-31'",
        lambda rows: rows["academicSessions"][0].update(endDate="2026-08-31"),
    ),
    (
        "academicSessions.csv:2 startDate: a day of ISO 8601, such as 2026-09-01; found '2026/9/1'",
        lambda rows: rows["academicSessions"][0].update(startDate="2026/9/1"),
    ),
    (
        "academicSessions.csv:3 endDate: a day of ISO 8601, such as 2026-09-01; found '2027-02-30'",
        lambda rows: rows["academicSessions"][1].update(endDate="2027-02-30"),
    ),
    (
        "academicSessions.csv:2 schoolYear: a school year is the year in which it ends,"
        " such as 2027; found '2026-2027'",
        lambda rows: rows["academicSessions"][0].update(schoolYear="2026-2027"),
    ),
    (
        "classes.csv:2 classType: one of homeroom, scheduled; found 'Homeroom'",
        lambda rows: rows["classes"][0].update(classType="Homeroom"),
    ),
    (
        "classes.csv:3 termSourcedIds: an id of academicSessions.csv, or one that was imported"
        " before; found 'term2'",
        lambda rows: rows["classes"][1].update(termSourcedIds="term1,term2"),
    ),
    (
        "users.csv:3 enabledUser: true or false; found 'TRUE'",
        lambda rows: rows["users"][1].update(enabledUser="TRUE"),
    ),
    (
        "users.csv:3 role: one of administrator, aide, guardian, parent, proctor, relative,"
        " student, teacher; found 'pupil'",
        lambda rows: rows["users"][1].update(role="pupil"),
    ),
    (
        "users.csv:3 userIds: identifiers are written {type:identifier}, apart by commas;"
        " found '{card}'",
        lambda rows: rows["users"][1].update(userIds="{card}"),
    ),
    (
        r"users.csv:3 givenName: a text has no control characters; found '雷\x00'",
        lambda rows: rows["users"][1].update(givenName="雷\0"),
    ),
    (
        "enrollments.csv:2 userSourcedId: an id of users.csv, or one that was imported before;"
        " found 's9'",
        lambda rows: rows["enrollments"][0].update(userSourcedId="s9"),
    ),
    (
        "enrollments.csv:2 endDate: a day not before beginDate, 2026-09-02; found '2026-09-01'",
        lambda rows: rows["enrollments"][0].update(beginDate="2026-09-02", endDate="2026-09-01"),
    ),
    (
        "enrollments.csv:4 dateLastModified: a time of ISO 8601 with its offset, such as"
        " 2026-09-01T00:00:00.000Z; found '2026-09-01'",
        lambda rows: rows["enrollments"][2].update(dateLastModified="2026-09-01"),
    ),
    (
        "enrollments.csv:3 status: one of active, tobedeleted; found 'inactive'",
        lambda rows: rows["enrollments"][1].update(status="inactive"),
    ),
    (
        "orgs.csv:2 parentSourcedId: no record is above itself; found 'district'",
        lambda rows: rows["orgs"][0].update(parentSourcedId="lake"),
    ),
]


@pytest.mark.parametrize(("fault", "change"), BROKEN, ids=[fault[:60] for fault, _ in BROKEN])
def test_a_fault_is_named_by_file_line_column_rule_and_value(fault: str, change: Change) -> None:
    rows = small_rows()
    change(rows)
    assert fault in faults(files_of(rows))


def test_every_column_that_a_record_needs_is_missed_where_it_is_empty_or_gone() -> None:
    for change, version in ((dict, "1.1"), (in_1_2, "1.2")):
        for name, fields in fields_of(version).items():
            for one in fields:
                rows = change(small_rows())  # type: ignore[operator]
                if name not in rows or not one.is_required:
                    continue
                for record in rows[name]:
                    record[one.name] = ""
                message = f"{name}.csv:2 {one.name}: a record has a value here"
                assert message in faults(files_of(rows)), message
                for record in rows[name]:
                    del record[one.name]
                message = f"{name}.csv:1 {one.name}: the column is there"
                assert message in faults(files_of(rows)), message


def test_every_word_of_an_enumeration_and_none_besides_is_taken() -> None:
    # OneRoster 1.2 adds words of one's own after `ext:`; 1.1 knows none.
    rows = small_rows()
    rows["orgs"][1]["type"] = "ext:training-centre"
    assert "found 'ext:training-centre'" in faults(files_of(rows))[0]
    rows = in_1_2(rows)
    read_roster(files_of(rows))
    for role in ("principal", "districtAdministrator", "counselor", "ext:coach"):
        rows["roles"][0]["role"] = role
        read_roster(files_of(rows))
    rows["roles"][0]["role"] = "administrator"
    assert "roles.csv:2 role: one of aide, counselor, " in faults(files_of(rows))[0]


def test_a_user_profile_is_read_without_its_password() -> None:
    rows = in_1_2(small_rows())
    rows["userProfiles"] = [
        row(
            "p1",
            userSourcedId="s1",
            profileType="platform",
            vendorId="云校",
            applicationId="",
            description="",
            credentialType="password",
            username="lilei",
            password="secret",
        )
    ]
    rows["roles"][1]["userProfileSourcedId"] = "p1"
    read = read_roster(files_of(rows)).files["userProfiles"].records["p1"].values
    assert read["username"] == "lilei"
    assert "password" not in read
    rows["roles"][1]["userProfileSourcedId"] = "p2"
    assert (
        "roles.csv:3 userProfileSourcedId: an id of userProfiles.csv" in faults(files_of(rows))[0]
    )


def test_passwords_and_telephone_numbers_are_not_kept_and_metadata_is() -> None:
    rows = small_rows()
    for one in rows["users"]:
        one |= {"password": "secret", "phone": "023", "sms": "139", "metadata.house": "红"}
    values = read_roster(files_of(rows)).files["users"].records["s1"].values
    assert not values.keys() & {"password", "phone", "sms"}
    assert values["metadata"] == {"house": "红"}


def test_columns_that_nobody_knows_are_named() -> None:
    files = files_of(small_rows())
    files["users.csv"] = files["users.csv"].replace(b"givenName", b"givenname", 1)
    assert faults(files)[:2] == [
        "users.csv:1 givenname: a column of the specification, or one named metadata.…;"
        " found 'givenname'",
        "users.csv:1 givenName: the column is there",
    ]
    files = files_of(small_rows())
    files["orgs.csv"] = files["orgs.csv"].replace(b"identifier", b"name", 1)
    assert "orgs.csv:1 name: a column is there once" in faults(files)


def test_lines_are_counted_through_values_that_break_them() -> None:
    rows = small_rows()
    rows["classes"][0]["location"] = "二楼\n东侧"
    rows["classes"][1]["classType"] = "x"
    assert faults(files_of(rows))[0].startswith("classes.csv:4 classType: ")
    files = files_of(small_rows())
    files["users.csv"] += b'"open'
    assert "users.csv:5: CSV as of RFC 4180: unexpected end of data" in faults(files)
    files["users.csv"] = files["users.csv"].removesuffix(b'"open') + b"s9,x\r\n"
    columns = len(small_rows()["users"][0])
    assert (
        f"users.csv:5: a record has as many values as there are columns, {columns};"
        " found '2 values'"
    ) in faults(files)


# The manifest ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "instead", "fault"),
    [
        ("1.1", "1.0", "manifest.csv:3 oneroster.version: 1.1 or 1.2; found '1.0'"),
        (
            "file.orgs,bulk",
            "file.orgs,all",
            "manifest.csv:4 file.orgs: one of bulk, delta, absent; found 'all'",
        ),
        (
            "file.orgs,bulk",
            "file.orgs,absent",
            "manifest.csv:4 file.orgs: orgs.csv is there; found 'absent'",
        ),
        (
            "file.orgs,bulk",
            "file.org,bulk",
            "manifest.csv:4 file.org: a file of OneRoster 1.1; found 'org'",
        ),
        (
            "file.orgs,bulk\r\n",
            "",
            "manifest.csv file.orgs: the manifest names orgs.csv, which is there",
        ),
        ("file.users,bulk", "file.orgs,bulk", "manifest.csv:8 file.orgs: a property is said once"),
        (
            "file.users,bulk",
            "file.users",
            "manifest.csv:8: a line has a propertyName and a value; found \"['file.users']\"",
        ),
        (
            "propertyName",
            "property",
            "manifest.csv:1: the columns are propertyName, value; found 'property, value'",
        ),
    ],
)
def test_a_manifest_that_is_not_true_is_a_fault(said: str, instead: str, fault: str) -> None:
    files = files_of(small_rows())
    files["manifest.csv"] = files["manifest.csv"].replace(said.encode(), instead.encode(), 1)
    assert fault in faults(files)


def test_a_file_that_the_manifest_names_is_there() -> None:
    files = files_of(small_rows())
    del files["courses.csv"]
    found = faults(files)
    assert "manifest.csv:6 file.courses: courses.csv is not there; found 'bulk'" in found
    assert any(
        fault.startswith("classes.csv:2 courseSourcedId: an id of courses.csv") for fault in found
    )


def test_files_that_say_nothing_of_the_roster_are_left_alone() -> None:
    files = files_of(small_rows())
    files["manifest.csv"] += b"file.demographics,bulk\r\nsource.systemName,SIS\r\n"
    files["demographics.csv"] = b"sourcedId\r\nx\r\n"
    assert "demographics" not in read_roster(files).files
    assert "at least one file is there" in faults({"demographics.csv": b"x"})[0]


# Bulk and delta --------------------------------------------------------------------------------


def test_a_bulk_file_without_records_is_a_fault_and_a_delta_file_is_not() -> None:
    rows = small_rows()
    only = {"orgs": rows["orgs"]}
    files = files_of(only)
    files["orgs.csv"] = files["orgs.csv"].splitlines(keepends=True)[0]
    assert faults(files) == ["orgs.csv: a bulk file has records"]
    files["manifest.csv"] = files["manifest.csv"].replace(b"bulk", b"delta")
    assert read_roster(files).files["orgs"].records == {}
    assert faults({**files, "orgs.csv": b""}) == [
        "orgs.csv:1: a file begins with the names of its columns"
    ]


def test_a_record_of_a_delta_file_has_a_status_and_says_when_it_changed() -> None:
    rows = {"users": [user("s3", "林", "涛")]}
    known = {"orgs": ["lake"]}
    assert faults(files_of(rows, {"users": "delta"}), held=known) == [
        "users.csv:2 status: a record has a value here",
        "users.csv:2 dateLastModified: a record has a value here",
    ]
    changed = files_of({"users": delta(rows["users"], MODIFIED)}, {"users": "delta"})
    [record] = read_roster(changed, held=known).files["users"].records.values()
    assert record.modified == MODIFIED


def test_a_record_to_be_deleted_needs_nothing_but_its_id() -> None:
    gone = row("s2", **dict.fromkeys(list(small_rows()["users"][0])[3:], ""))
    files = files_of({"users": delta([gone], MODIFIED, "tobedeleted")}, {"users": "delta"})
    read = read_roster(files).files["users"]
    assert (list(read.records), list(read.deleted)) == ([], ["s2"])


def test_a_delta_file_may_refer_to_what_was_imported_before_and_a_bulk_file_only_to_itself() -> (
    None
):
    held = {"users": ["s1"], "classes": ["5-1"], "orgs": ["lake"]}
    rows = {"enrollments": delta([enrollment("e9", "s1", "5-1")], MODIFIED)}
    modes = {"enrollments": "delta"}
    read_roster(files_of(rows, modes), held=held)
    assert len(faults(files_of(rows, modes))) == 3
    # The users of this set are all there are: what was held before is none of them.
    rows["users"] = [user("s2", "韩", "梅梅")]
    refused = faults(files_of(rows, modes), held=held)
    assert refused == [
        "enrollments.csv:2 userSourcedId: an id of users.csv, or one that was imported before;"
        " found 's1'"
    ]
    read_roster(files_of(rows, modes), held=held, elsewhere={"users": ["s1"]})
    # Nor may anything refer to what the same set deletes.
    rows["users"] = delta([user("s1", "李", "雷")], MODIFIED, "tobedeleted")
    assert faults(files_of(rows, {"users": "delta", **modes}), held=held) == refused


def test_all_faults_are_counted_and_a_hundred_listed() -> None:
    rows = {"orgs": [row(f"o{n}", name="", type="school") for n in range(250)]}
    with pytest.raises(RosterFaulty) as refused:
        read_roster(files_of(rows))
    assert (refused.value.count, len(refused.value.faults)) == (250, MOST_LISTED)
    assert str(refused.value) == "orgs.csv:2 name: a record has a value here (250 in all)"


@given(content=st.binary(max_size=300), name=st.sampled_from(sorted(files_of(small_rows()))))
def test_whatever_is_in_a_file_it_is_read_or_has_faults(content: bytes, name: str) -> None:
    files = files_of(small_rows())
    for changed in ({**files, name: content}, {**files, name: files[name] + content}):
        with suppress(RosterFaulty):
            assert read_roster(changed).files


@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]), min_size=1),
        min_size=3,
        max_size=3,
    )
)
def test_any_text_comes_out_as_it_went_in(texts: list[str]) -> None:
    rows = small_rows()
    for record, value in zip(rows["users"], texts, strict=True):
        record["familyName"] = value
    read = read_roster(files_of(rows)).files["users"]
    assert [one.values["familyName"] for one in read.records.values()] == texts
