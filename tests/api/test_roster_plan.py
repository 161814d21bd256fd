"""What an import declares: idempotent, with every enrollment's days, whatever follows what."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import msgspec
import orjson
import pytest

from api.roster.accounts import AccountRules, LinkHeld
from api.roster.faults import RosterFaulty
from api.roster.importing import _known
from api.roster.plan import KINDS, Held, Import, plan_import
from api.roster.reading import read_roster
from lrs.declarations import IDENTITY, decode_link
from tests.support.oneroster import (
    HOME,
    Rows,
    class_group,
    delta,
    enrollment,
    files_of,
    in_1_2,
    person,
    row,
    small_rows,
    user,
)

FIRST, SECOND, THIRD = "2026-09-01", "2026-10-12", "2026-11-02"
MODIFIED = "2026-10-12T08:00:00Z"


class District:
    """Holds what imports declare, as the record does."""

    def __init__(self) -> None:
        self.held = Held({kind: {} for kind in KINDS.values()}, {})

    def take(
        self,
        rows: Rows,
        day: str = FIRST,
        modes: dict[str, str] | None = None,
        *,
        source: str = "oneroster",
        home_page: str = HOME,
        accounts: AccountRules | None = None,
    ) -> dict[str, dict[str, int]]:
        """Import rows; gives how many records came to what, those of no number left out."""
        read = read_roster(files_of(rows, modes), *_known(self.held, source))
        how = Import(source, home_page, day, accounts or AccountRules())
        plan = plan_import(read, self.held, how)
        ids = [(one.kind, one.id) for one in plan.declarations]
        assert len(set(ids)) == len(ids)
        for one in plan.declarations:
            one.check()
            if one.kind == IDENTITY:
                self._link(one.id, one.content)
            elif one.content is None:
                del self.held.contents[one.kind][one.id]
            else:
                self.held.contents[one.kind][one.id] = orjson.loads(one.content)
        counted = {kind: msgspec.to_builtins(counts) for kind, counts in plan.counts.items()}
        return {
            kind.removeprefix("roster-"): {name: n for name, n in counts.items() if n}
            for kind, counts in counted.items()
        }

    def _link(self, account: str, content: bytes | None) -> None:
        links: Any = self.held.links
        links.pop(account, None)
        if content is not None:
            link = decode_link(content)
            links[account] = LinkHeld(link.person, link.by)

    def contents(self, kind: str) -> dict[str, Any]:
        return self.held.contents[f"roster-{kind}"]

    def days(self) -> dict[str, tuple[str, str | None, str | None]]:
        """Give class, first and last day of every enrollment."""
        return {
            key: (one["classSourcedId"], one["begin"], one["end"])
            for key, one in sorted(self.contents("enrollment").items())
        }


def is_unchanged(counts: dict[str, dict[str, int]]) -> bool:
    return all(set(some) <= {"unchanged"} for some in counts.values())


@pytest.fixture
def rows() -> Rows:
    return small_rows()


@pytest.fixture
def district() -> District:
    return District()


@pytest.mark.parametrize("change", [dict, in_1_2], ids=["1.1", "1.2"])
def test_a_first_import_declares_every_record_and_the_same_again_none(
    change: Callable[[Rows], Rows], rows: Rows, district: District
) -> None:
    counts = district.take(change(rows))
    assert counts == {
        **{"org": {"new": 2}, "session": {"new": 2}, "course": {"new": 1}, "class": {"new": 2}},
        **{"user": {"new": 3}, "enrollment": {"new": 3}},
    }
    assert is_unchanged(district.take(change(rows)))
    assert is_unchanged(district.take(change(rows), THIRD))
    assert district.contents("user")["s1"]["person"] == person("s1")
    assert district.contents("enrollment")["e1"]["person"] == person("s1")
    assert district.contents("session")["term1"]["end"] == "2027-01-22"


def test_nobody_knows_since_when_the_first_enrollments_hold_and_later_ones_begin_that_day(
    rows: Rows, district: District
) -> None:
    rows["enrollments"][2] = enrollment("e3", "t1", "5-1", "teacher", "2026-08-20", "2027-01-01")
    district.take(rows)
    rows["users"].append(user("s3", "林", "涛"))
    rows["enrollments"].append(enrollment("e4", "s3", "5-2"))
    rows["enrollments"].append(enrollment("e5", "s3", "5-1", begin="2026-09-15"))
    district.take(rows, SECOND)
    assert district.days() == {
        "e1": ("5-1", None, None),
        "e2": ("5-1", None, None),
        "e3": ("5-1", "2026-08-20", "2026-12-31"),
        "e4": ("5-2", SECOND, None),
        "e5": ("5-1", "2026-09-15", None),
    }


def test_a_student_who_changes_class_by_another_enrollment_keeps_both_with_their_days(
    rows: Rows, district: District
) -> None:
    district.take(rows)
    rows["enrollments"][0] = enrollment("e9", "s1", "5-2")
    counts = district.take(rows, SECOND)
    assert counts["enrollment"] == {"new": 1, "ended": 1, "unchanged": 2}
    assert district.days()["e1"] == ("5-1", None, "2026-10-11")
    assert district.days()["e9"] == ("5-2", SECOND, None)
    assert is_unchanged(district.take(rows, THIRD))


@pytest.mark.parametrize(
    ("before", "after", "begins"),
    [
        ("", "", SECOND),
        (FIRST, FIRST, SECOND),
        (FIRST, "2026-10-08", "2026-10-08"),
        (FIRST, "", SECOND),
    ],
)
def test_an_enrollment_that_changes_its_class_is_two_with_their_days(
    before: str, after: str, begins: str, rows: Rows, district: District
) -> None:
    rows["enrollments"][0]["beginDate"] = before
    district.take(rows)
    rows["enrollments"][0] |= {"classSourcedId": "5-2", "beginDate": after}
    assert district.take(rows, SECOND)["enrollment"] == {"changed": 1, "ended": 1, "unchanged": 2}
    last = {SECOND: "2026-10-11", "2026-10-08": "2026-10-07"}[begins]
    assert district.days()["e1"] == ("5-2", begins, None)
    assert district.days()[f"e1@{before or '1900-01-01'}"] == ("5-1", before or None, last)
    assert is_unchanged(district.take(rows, THIRD))
    # And back again: three of them.
    rows["enrollments"][0] |= {"classSourcedId": "5-1"}
    district.take(rows, THIRD)
    assert district.days()["e1"] == ("5-1", THIRD, None)
    assert district.days()[f"e1@{begins}"] == ("5-2", begins, "2026-11-01")


def test_a_class_that_was_wrong_from_the_first_day_is_put_right_by_that_days_date(
    rows: Rows, district: District
) -> None:
    rows["enrollments"][0]["beginDate"] = FIRST
    district.take(rows)
    rows["enrollments"][0]["classSourcedId"] = "5-2"
    district.take(rows, FIRST)
    assert district.days()["e1"] == ("5-2", FIRST, None)
    assert set(district.days()) == {"e1", "e2", "e3"}


def test_a_begin_that_is_said_anew_moves_the_first_day_and_an_end_the_last(
    rows: Rows, district: District
) -> None:
    district.take(rows)
    rows["enrollments"][0] |= {"beginDate": "2026-09-03", "endDate": "2026-12-01"}
    assert district.take(rows, SECOND)["enrollment"] == {"changed": 1, "unchanged": 2}
    assert district.days()["e1"] == ("5-1", "2026-09-03", "2026-11-30")
    assert is_unchanged(district.take(rows, THIRD))


def test_an_enrollment_that_is_gone_for_a_while_has_two_spans_and_a_day_later_is_as_it_was(
    rows: Rows, district: District
) -> None:
    district.take(rows)
    without = {**rows, "enrollments": rows["enrollments"][1:]}
    assert district.take(without, SECOND)["enrollment"] == {"ended": 1, "unchanged": 2}
    assert district.days()["e1"] == ("5-1", None, "2026-10-11")
    assert is_unchanged(district.take(without, THIRD))
    mistaken = deepcopy(district)
    mistaken.take(rows, SECOND)
    assert mistaken.days()["e1"] == ("5-1", None, None)
    district.take(rows, THIRD)
    assert district.days()["e1@1900-01-01"] == ("5-1", None, "2026-10-11")
    assert district.days()["e1"] == ("5-1", THIRD, None)


def test_an_enrollment_that_never_held_a_day_is_withdrawn(rows: Rows, district: District) -> None:
    district.take(rows)
    rows["enrollments"].append(enrollment("e4", "s1", "5-2", begin="2026-12-01"))
    district.take(rows, SECOND)
    rows["enrollments"].pop()
    assert district.take(rows, THIRD)["enrollment"] == {"withdrawn": 1, "unchanged": 3}
    assert "e4" not in district.days()


def test_an_enrollment_that_is_over_stays_as_it_was(rows: Rows, district: District) -> None:
    rows["enrollments"][0] |= {"beginDate": FIRST, "endDate": "2026-10-01"}
    district.take(rows)
    del rows["enrollments"][0]
    assert district.take(rows, SECOND)["enrollment"] == {"unchanged": 2}
    assert district.days()["e1"] == ("5-1", FIRST, "2026-09-30")


def test_what_is_gone_is_withdrawn_and_what_enrollments_name_keeps_its_name(
    rows: Rows, district: District
) -> None:
    rows["classes"].append(class_group("5-3", "五年级3班"))
    rows["users"].append(user("s9", "无", "班"))
    district.take(rows)
    gone: Rows = {
        **rows,
        "classes": [rows["classes"][1]],
        "users": [rows["users"][0], rows["users"][2]],
        "enrollments": [enrollment("e7", "s2", "5-2"), enrollment("e8", "t1", "5-2", "teacher")],
    }
    counts = district.take(gone, SECOND)
    assert counts["class"] == {"ended": 1, "withdrawn": 1, "unchanged": 1}
    assert counts["user"] == {"ended": 1, "withdrawn": 1, "unchanged": 2}
    assert counts["enrollment"] == {"new": 2, "ended": 3}
    assert district.contents("class")["5-1"]["until"] == "2026-10-11"
    assert district.contents("user")["s1"]["until"] == "2026-10-11"
    assert is_unchanged(district.take(gone, THIRD))
    # What has left can't be enrolled in, and comes back by being in the file.
    with pytest.raises(RosterFaulty, match=r"enrollments\.csv:2 classSourcedId"):
        district.take({"enrollments": [enrollment("e9", "s2", "5-1")]}, THIRD)
    rows["classes"].pop()
    rows["users"].pop()
    district.take(rows, THIRD)
    assert "until" not in district.contents("class")["5-1"]
    assert "until" not in district.contents("user")["s1"]


def test_a_file_that_is_not_there_leaves_its_records_alone(rows: Rows, district: District) -> None:
    district.take(rows)
    rows["classes"][0]["title"] = "五（1）班"
    assert district.take({"classes": rows["classes"]}, SECOND) == {
        "class": {"changed": 1, "unchanged": 1}
    }


# Delta files -----------------------------------------------------------------------------------


def test_a_delta_file_changes_only_what_it_names(rows: Rows, district: District) -> None:
    district.take(rows)
    news = {
        "users": [
            *delta([user("s3", "林", "涛")], MODIFIED),
            *delta([user("s1", "李", "蕾")], MODIFIED),
        ],
        "enrollments": [
            *delta([enrollment("e4", "s3", "5-2")], MODIFIED),
            *delta([rows["enrollments"][1]], MODIFIED, "tobedeleted"),
        ],
    }
    modes = {"users": "delta", "enrollments": "delta"}
    counts = district.take(news, SECOND, modes)
    assert counts == {
        "user": {"new": 1, "changed": 1},
        "enrollment": {"new": 1, "ended": 1},
    }
    assert district.contents("user")["s1"]["givenName"] == "蕾"
    assert district.days()["e2"] == ("5-1", None, "2026-10-11")
    assert district.days()["e4"] == ("5-2", SECOND, None)
    assert is_unchanged(district.take(news, SECOND, modes))


def test_a_record_of_a_delta_file_that_is_older_than_what_is_held_is_left_out(
    rows: Rows, district: District
) -> None:
    modes = {"users": "delta"}
    district.take(rows)
    district.take({"users": delta([user("s1", "李", "蕾")], MODIFIED)}, SECOND, modes)
    older = "2026-10-12T15:59:59+08:00"  # a second before, in Beijing's time
    for status in ("active", "tobedeleted"):
        stale = {"users": delta([user("s1", "李", "雷")], older, status)}
        assert district.take(stale, THIRD, modes) == {"user": {"older": 1}}
    assert district.contents("user")["s1"]["givenName"] == "蕾"


def test_when_a_record_changed_is_no_change_of_it(rows: Rows, district: District) -> None:
    district.take(rows)
    modes = dict.fromkeys(rows, "delta")
    assert is_unchanged(
        district.take({name: delta(some, MODIFIED) for name, some in rows.items()}, SECOND, modes)
    )


def test_a_user_to_be_deleted_who_was_in_a_class_stays_known(
    rows: Rows, district: District
) -> None:
    district.take(rows)
    gone = {"users": delta([rows["users"][1]], MODIFIED, "tobedeleted")}
    assert district.take(gone, SECOND, {"users": "delta"}) == {"user": {"ended": 1}}
    nobody = {"users": delta([user("s8", "未", "知")], MODIFIED, "tobedeleted")}
    assert district.take(nobody, SECOND, {"users": "delta"}) == {}


# Roles of 1.2 ----------------------------------------------------------------------------------


def test_roles_stand_with_their_user_and_change_alone(rows: Rows, district: District) -> None:
    newer = in_1_2(rows)
    district.take(newer)
    assert district.contents("user")["t1"]["roles"] == {
        "t1-role": {"roleType": "primary", "role": "teacher", "orgSourcedId": "lake"}
    }
    role = {**newer["roles"][0], "role": "principal"}
    modes = {"roles": "delta"}
    more = {
        **newer["roles"][0],
        "sourcedId": "t1-parent",
        "role": "parent",
        "roleType": "secondary",
    }
    both = {"roles": delta([role, more], MODIFIED)}
    assert district.take(both, SECOND, modes) == {"user": {"changed": 1}}
    assert set(district.contents("user")["t1"]["roles"]) == {"t1-role", "t1-parent"}
    assert district.contents("user")["t1"]["roles"]["t1-role"]["role"] == "principal"
    assert district.take(both, SECOND, modes) == {}
    gone = {"roles": delta([more], MODIFIED, "tobedeleted")}
    district.take(gone, SECOND, modes)
    assert set(district.contents("user")["t1"]["roles"]) == {"t1-role"}
    # A file of all roles says which there are; a file of users leaves them.
    district.take({"roles": newer["roles"]}, THIRD)
    assert district.contents("user")["t1"]["roles"]["t1-role"]["role"] == "teacher"
    files = {name: some for name, some in newer.items() if name != "roles"}
    del files["enrollments"]
    read = read_roster(files_of(files, version="1.2"), *_known(district.held, "oneroster"))
    how = Import("oneroster", HOME, THIRD)
    assert plan_import(read, district.held, how).declarations == []


def test_who_left_keeps_the_role_they_had(rows: Rows, district: District) -> None:
    newer = in_1_2(rows)
    district.take(newer)
    for name, at in (("users", 1), ("roles", 1), ("enrollments", 0)):
        del newer[name][at]
    district.take(newer, SECOND)
    district.take(newer, THIRD)
    assert district.contents("user")["s1"]["roles"]["s1-role"]["role"] == "student"


# Sources ---------------------------------------------------------------------------------------


def test_two_sources_do_not_delete_each_others_records(rows: Rows, district: District) -> None:
    district.take(rows)
    other: Rows = {
        "users": [{**user("x1", "周", "杰"), "orgSourcedIds": "lake"}],
        "enrollments": [enrollment("x-e1", "x1", "5-2")],
    }
    assert district.take(other, SECOND, source="football") == {
        "user": {"new": 1},
        "enrollment": {"new": 1},
    }
    assert district.days()["x-e1"] == ("5-2", None, None)  # its source's first import
    assert is_unchanged(district.take(rows, THIRD))
    assert is_unchanged(district.take(other, THIRD, source="football"))


def test_a_record_of_another_source_is_left_and_one_that_says_otherwise_is_a_fault(
    rows: Rows, district: District
) -> None:
    district.take(rows)
    both = {"orgs": deepcopy(rows["orgs"])}
    assert district.take(both, SECOND, source="football") == {"org": {"unchanged": 2}}
    both["orgs"][1]["name"] = "湖畔学校"
    with pytest.raises(RosterFaulty) as refused:
        district.take(both, SECOND, source="football")
    assert str(refused.value) == (
        "orgs.csv:3 sourcedId: an id belongs to one source, this one to 'oneroster', which says"
        " otherwise; found 'lake'"
    )


def test_another_home_page_names_everybody_anew(rows: Rows, district: District) -> None:
    district.take(rows)
    rows["enrollments"][0] = enrollment("e9", "s1", "5-2")
    district.take(rows, SECOND)
    counts = district.take(rows, THIRD, home_page="https://new.example.cn")
    assert counts["user"] == {"changed": 3}
    assert counts["enrollment"] == {"changed": 4}
    persons = {one["person"] for one in district.contents("enrollment").values()}
    assert all(one.startswith("account:https://new.example.cn|") for one in persons)


# Accounts --------------------------------------------------------------------------------------

APP = "https://app.example.cn"
RULES = AccountRules((("homework", APP), ("identifier", "https://card.example.cn")), mbox=True)


def links(district: District) -> dict[str, str]:
    return {account: link.person for account, link in district.held.links.items()}


def test_accounts_of_users_are_linked_to_their_persons(rows: Rows, district: District) -> None:
    rows["users"][1] |= {"userIds": "{homework:h-1},{library:l-1}", "email": "lei@a.example"}
    rows["users"][2] |= {"identifier": "50001"}
    counts = district.take(rows, accounts=RULES)
    assert counts["identity"] == {"new": 3}
    assert links(district) == {
        f"account:{APP}|h-1": person("s1"),
        "mbox:mailto:lei@a.example": person("s1"),
        "account:https://card.example.cn|50001": person("s2"),
    }
    assert is_unchanged(district.take(rows, SECOND, accounts=RULES))
    # One that a user no longer has goes, where these accounts are asked for.
    rows["users"][1] |= {"userIds": "{homework:h-2}", "email": ""}
    assert "identity" not in district.take(rows, SECOND)
    assert district.take(rows, THIRD, accounts=RULES)["identity"] == {
        **{"new": 1, "withdrawn": 2, "unchanged": 1},
    }
    # One that goes over to somebody else is theirs.
    rows["users"][1] |= {"userIds": ""}
    rows["users"][2] |= {"userIds": "{homework:h-2}"}
    assert district.take(rows, THIRD, accounts=RULES)["identity"] == {"changed": 1, "unchanged": 1}
    assert links(district)[f"account:{APP}|h-2"] == person("s2")


def test_the_accounts_of_who_left_stay_theirs(rows: Rows, district: District) -> None:
    rows["users"][1]["email"] = "lei@a.example"
    district.take(rows, accounts=RULES)
    del rows["users"][1]
    del rows["enrollments"][0]
    assert "identity" not in district.take(rows, SECOND, accounts=RULES)
    assert links(district) == {"mbox:mailto:lei@a.example": person("s1")}


def test_an_explicit_link_is_left_and_followed(rows: Rows, district: District) -> None:
    links: Any = district.held.links
    links["mbox:mailto:lei@a.example"] = LinkHeld("account:https://x|other", "explicit")
    links[person("s2")] = LinkHeld(person("t1"), "explicit")
    rows["users"][1]["email"] = "lei@a.example"
    rows["users"][2]["identifier"] = "50001"
    assert district.take(rows, accounts=RULES)["identity"] == {"new": 1, "unchanged": 1}
    assert links["account:https://card.example.cn|50001"].person == person("t1")


def test_an_account_of_two_users_is_a_fault(rows: Rows, district: District) -> None:
    for one in rows["users"][1:]:
        one["email"] = "family@a.example"
    with pytest.raises(RosterFaulty) as refused:
        district.take(rows, accounts=RULES)
    assert str(refused.value) == (
        "users.csv:4 email: an account belongs to one person; 's1' has it too;"
        " found 'mbox:mailto:family@a.example'"
    )
    rows["users"][1]["email"] = "nobody"
    with pytest.raises(RosterFaulty, match=r"users\.csv:3 email: an e-mail address, such as"):
        district.take(rows, accounts=RULES)


def test_the_account_that_a_user_is_known_by_is_no_account_of_another(
    rows: Rows, district: District
) -> None:
    rows["users"][0]["username"] = "s1"
    own = AccountRules((("username", HOME),))
    with pytest.raises(RosterFaulty, match=r"users\.csv:2 username: .*'s1' has it too"):
        district.take(rows, accounts=own)
    rows["users"][0]["username"] = "t1"
    counts = district.take(rows, accounts=own)
    assert counts["identity"] == {"new": 2}


def test_a_row_that_is_no_record_is_never_declared(district: District) -> None:
    rows = {"orgs": [row("o", name="", type="school")]}
    with pytest.raises(RosterFaulty):
        district.take(rows)
    assert district.held.contents["roster-org"] == {}
