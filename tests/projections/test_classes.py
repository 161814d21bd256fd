"""A class's portrait: heat map, load, weak points, who is at risk, and the class of that day."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from projections.days import Span, last_days
from projections.portraits.at_risk import Weeks, at_risk, windows
from projections.portraits.at_risk_rows import find_at_risk
from projections.portraits.classes import DEFAULT_DAYS, Classes
from projections.shares import wilson
from projections.warehouse import Generation
from tests.support.small_district import STORE, TODAY, answers, carry, enroll, key

SIX = ["a1", "a2", "a3", "a4", "a5", "a6"]
DAY = timedelta(days=1)


def portrait(generation: Generation, name: str = "5-1", **more: Any) -> dict[str, Any]:
    asked = {"on": TODAY, "span": last_days(TODAY, DEFAULT_DAYS), **more}
    found = Classes(generation).portrait(STORE, name, **asked)
    assert found is not None
    return found


def test_there_is_no_portrait_of_a_class_that_the_roster_does_not_have(
    generation: Generation,
) -> None:
    assert Classes(generation).portrait(STORE, "9-9", TODAY, last_days(TODAY, DEFAULT_DAYS)) is None


def test_the_heat_map_has_a_row_a_student_and_a_cell_a_point(generation: Generation) -> None:
    enroll(generation, {"s": {"5-1": SIX, "5-2": ["b1"]}})
    carry(
        generation,
        [
            *answers("a1", TODAY, [True] * 8, "fractions"),
            *answers("a2", TODAY, [False] * 8, "fractions"),
            *answers("a2", TODAY - DAY, [True] * 6, "decimals"),
            *answers("b1", TODAY, [True] * 9, "fractions"),
        ],
    )
    heat_map = portrait(generation)["heat_map"]
    points = [point["knowledge_point"] for point in heat_map["points"]]
    assert sorted(points) == ["decimals", "fractions"]
    rows = {row["person"]: row["cells"] for row in heat_map["students"]}
    assert list(rows) == [key(student) for student in SIX]  # those without evidence too
    at = points.index("fractions")
    assert rows[key("a1")][at]["tries"] == 8
    assert rows[key("a1")][at]["probability"] > rows[key("a2")][at]["probability"]
    assert rows[key("a1")][points.index("decimals")] is None
    assert next(p for p in heat_map["points"] if p["knowledge_point"] == "fractions")["n"] == 2


def test_what_a_student_did_counts_for_the_class_of_that_day(generation: Generation) -> None:
    moved = TODAY - 5 * DAY
    enroll(
        generation,
        {"s": {"5-1": [*SIX, "x"], "5-2": ["b1"]}},
        moves=[("x", "5-1", "5-2", moved)],
    )
    carry(
        generation,
        [*answers("x", moved - DAY, [True] * 3), *answers("x", moved, [True] * 4)],
    )
    old, new = portrait(generation, "5-1"), portrait(generation, "5-2")
    assert sum(week["answers"] for week in old["activity"]) == 3
    assert sum(week["answers"] for week in new["activity"]) == 4
    assert key("x") not in {row["person"] for row in old["students"]}
    [x] = [row for row in new["students"] if row["person"] == key("x")]
    assert (x["answers"], x["begin"]) == (4, moved.isoformat())


def test_a_subject_and_days_can_be_asked_for(generation: Generation) -> None:
    enroll(generation, {"s": {"5-1": SIX}})
    carry(
        generation,
        [
            *answers("a1", TODAY, [True] * 2),
            *answers("a1", TODAY - DAY, [True] * 3, "tenses", "english"),
            *answers("a1", TODAY - 40 * DAY, [True] * 5),
        ],
    )
    assert sum(week["answers"] for week in portrait(generation)["activity"]) == 5
    english = portrait(generation, subject="english")
    assert sum(week["answers"] for week in english["activity"]) == 3
    assert [point["subject"] for point in english["heat_map"]["points"]] == ["english"]
    longer = portrait(generation, span=Span(TODAY - 60 * DAY, TODAY))
    assert sum(week["answers"] for week in longer["activity"]) == 10


def test_load_is_of_homework_and_on_time_is_a_share(generation: Generation) -> None:
    enroll(generation, {"s": {"5-1": SIX}})
    due = answers("a1", TODAY, [True])[0].time
    carry(
        generation,
        [
            *answers("a1", TODAY, [True] * 6, phase="post"),
            *answers("a2", TODAY, [True] * 2, phase="post"),
            *answers("a3", TODAY, [True] * 9, phase="in"),
            *answers("a4", TODAY, [True], "h", action="homework_done", due=due),
            *answers("a4", TODAY - DAY, [True], "h", action="homework_done", due=1),
        ],
    )
    told = portrait(generation)
    assert told["load"]["median_seconds_a_week"] == 40.0
    assert told["load"]["most_seconds_a_week"] == 60.0
    rows = {row["person"]: row for row in told["students"]}
    assert (rows[key("a4")]["due"], rows[key("a4")]["on_time"]) == (2, 0.5)
    assert rows[key("a3")]["homework_seconds"] == 0


def test_weak_points_are_those_that_enough_students_do_not_know(generation: Generation) -> None:
    enroll(generation, {"s": {"5-1": SIX}})
    carry(
        generation,
        [
            fact
            for number, student in enumerate(SIX)
            for fact in (
                *answers(student, TODAY, [False] * 7, "weak"),
                *answers(student, TODAY - DAY, [True] * 7, "strong"),
                *(answers(student, TODAY - 2 * DAY, [False] * 9, "few") if number < 2 else ()),
            )
        ],
    )
    told = portrait(generation)
    assert [point["knowledge_point"] for point in told["weak_points"]] == ["weak"]
    assert told["distribution"]["n"] == 6
    assert sum(told["distribution"]["tenths"]) == 6


# At risk -------------------------------------------------------------------------------------

WINDOWS = windows(TODAY)


def weeks(person: str = "p", **more: Any) -> Weeks:
    known: dict[str, Any] = {
        "person": person,
        "class_group": "5-1",
        "school": "s",
        "actions": 40,
        "answers": 20,
        "correct": 16,
        "due": 6,
        "on_time": 6,
        "actions_before": 80,
        "answers_before": 40,
        "correct_before": 32,
        "last_day": TODAY.isoformat(),
    }
    return Weeks(**{**known, **more})


def codes(*rows: Weeks, points: dict[str, tuple[int, int]] | None = None) -> dict[str, list[str]]:
    found = at_risk(rows, points or {}, WINDOWS)
    return {one.person: [reason.code for reason in one.reasons] for one in found}


def test_whoever_does_as_always_is_not_at_risk() -> None:
    assert codes(weeks()) == {}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"correct": 6}, "low_accuracy"),
        ({"correct": 8, "correct_before": 38}, "falling_accuracy"),
        ({"on_time": 2}, "late"),
        ({"actions": 15}, "less_active"),
    ],
)
def test_each_rule_names_its_reason_with_numbers_and_evidence(
    more: dict[str, Any], code: str
) -> None:
    [one] = at_risk([weeks(**more)], {}, WINDOWS)
    [reason] = [reason for reason in one.reasons if reason.code == code]
    assert reason.numbers
    assert reason.evidence["wanted"]["person"] == "p"
    assert date.fromisoformat(reason.evidence["wanted"]["from"]).weekday() == 0
    assert reason.zh
    assert reason.en


def test_silence_counts_only_while_the_class_goes_on() -> None:
    silent = weeks("q", last_day=(TODAY - 20 * DAY).isoformat())
    active = [weeks(str(number)) for number in range(4)]
    assert codes(silent, *active) == {"q": ["inactive"]}
    holiday = [weeks(str(n), last_day=(TODAY - 20 * DAY).isoformat()) for n in range(5)]
    assert codes(*holiday) == {}


def test_too_little_evidence_gives_no_reason() -> None:
    few = weeks(answers=5, correct=0, due=3, on_time=0, actions_before=4, actions=0)
    assert codes(few) == {}


def test_falling_mastery_needs_several_points_and_a_share_of_them() -> None:
    assert codes(weeks(), points={"p": (10, 3)}) == {"p": ["falling_mastery"]}
    assert codes(weeks(), points={"p": (20, 3)}) == {}
    assert codes(weeks(), points={"p": (5, 2)}) == {}


def test_who_has_most_reasons_comes_first() -> None:
    found = codes(weeks("a", correct=6), weeks("b", correct=6, on_time=0))
    assert list(found) == ["b", "a"]


def test_the_weeks_looked_at_begin_on_mondays() -> None:
    assert WINDOWS.recent == date(2026, 11, 2)
    assert WINDOWS.before == date(2026, 9, 7)


def test_wilsons_interval_is_the_published_one() -> None:
    low, high = wilson(8, 10)
    assert low == pytest.approx(0.4901624715, abs=1e-9)  # R: prop.test(8, 10, correct=FALSE)
    assert high == pytest.approx(0.9433178, abs=1e-6)


def test_a_student_at_risk_is_found_in_the_tables(generation: Generation) -> None:
    enroll(generation, {"s": {"5-1": SIX}})
    facts = []
    for student in SIX:
        for day in range(1, 50, 2):
            good = student != "a3" or day > 28
            facts += answers(student, TODAY - day * DAY, [good] * 2, f"point-{day % 3}")
    carry(generation, facts)
    found = {
        one.person: {reason.code for reason in one.reasons}
        for one in find_at_risk(generation, STORE, TODAY, class_group="5-1")
    }
    assert found.keys() == {key("a3")}
    assert found[key("a3")] >= {"low_accuracy", "falling_accuracy", "falling_mastery"}
    [told] = portrait(generation)["at_risk"]
    assert {reason["code"] for reason in told["reasons"]} == found[key("a3")]
    assert (told["class_group"], told["school"]) == ("5-1", "s")


def test_at_risk_are_listed_in_the_class_that_they_belong_to_and_in_no_other(
    generation: Generation,
) -> None:
    enroll(generation, {"s": {"5-1": ["a1"], "choir": ["a1", "c1"]}}, others=["choir"])
    for student in ("a1", "c1"):
        carry(generation, answers(student, TODAY - DAY, [False] * 12), position=ord(student[0]))
    at_risk = {
        name: [one["person"] for one in portrait(generation, name)["at_risk"]]
        for name in ("5-1", "choir")
    }
    assert at_risk == {"5-1": [key("a1")], "choir": [key("c1")]}  # c1 has no homeroom class
    for name, listed in at_risk.items():
        found = find_at_risk(generation, STORE, TODAY, class_group=name)
        assert [one.person for one in found] == listed


def test_the_mark_of_a_class_differs_once_its_students_do_something_or_are_others(
    generation: Generation,
) -> None:
    def mark() -> Any:
        return Classes(generation).mark(STORE, "5-1")

    enroll(generation, {"s": {"5-1": SIX, "5-2": ["b1"]}})
    marks = [mark()]
    carry(generation, answers("a1", TODAY, [True]), position=1000)
    marks.append(mark())
    carry(generation, answers("a1", TODAY, [True, False]), position=1001)
    marks.append(mark())
    enroll(generation, {"s": {"5-1": [*SIX, "a7"], "5-2": ["b1"]}})
    marks.append(mark())
    assert all(one != other for one, other in pairwise(marks))
    carry(generation, answers("b1", TODAY, [True]), position=1002)
    assert mark() == marks[-1], "what another class does is no news of this one"
