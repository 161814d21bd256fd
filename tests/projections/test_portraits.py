"""Student portraits and the list of students, over rows written by hand."""

import time
from datetime import date
from typing import Any

import orjson
import pytest

from projections.days import Days
from projections.portraits.company import ENOUGH_PERSONS, ENOUGH_TRIES
from projections.portraits.students import Portraits
from projections.warehouse import Generation

HOUR = 3_600_000_000
AT = 1_772_411_400_000_000  # 2026-03-02T00:30:00Z
MARCH_2 = 20_514
MARCH = Days(date(2026, 3, 1), date(2026, 3, 28))


@pytest.fixture
def portraits(generation: Generation) -> Portraits:
    return Portraits(generation, position=lambda: 42)


def person(key: str, facts: int = 1, last_time: int = AT) -> tuple[Any, ...]:
    return ("demo", key, facts, AT, last_time, 1, 0)


def day(
    key: str,
    phase: str,
    actions: int,
    answers: int = 0,
    correct: int = 0,
    *,
    later: int = 0,
    subject: str = "mathematics",
) -> tuple[Any, ...]:
    seconds = 1.5 * actions
    counts = (actions, answers, correct, seconds, 0, 0)
    return ("demo", key, MARCH_2 + later, phase, subject, "homework", *counts, AT, AT, 1, 0)


def point(
    name: str, probability: float, *, reach: float = 0.1, tries: int = ENOUGH_TRIES, key: str = "an"
) -> tuple[Any, ...]:
    low, high = probability - reach, probability + reach
    estimates = (0.5, 0.25, probability, low, high, None)
    return ("demo", key, name, "mathematics", *estimates, tries, tries, AT + HOUR, 1, 0)


def name(subject: str, language: str, text: str) -> tuple[Any, ...]:
    return ("demo", subject, language, (AT, "id", text))


def radar(portrait: Any) -> dict[str, tuple[Any, int]]:
    return {each["dimension"]: (each["value"], each["n"]) for each in portrait["radar"]}


# A portrait ----------------------------------------------------------------------------------


def test_there_is_no_portrait_of_someone_unknown(portraits: Portraits) -> None:
    assert portraits.student("demo", "an") is None


def test_a_portrait_is_of_its_own_store_only(generation: Generation, portraits: Portraits) -> None:
    generation.insert("persons", [person("an")])
    assert portraits.student("other", "an") is None


def test_a_portrait_says_who_and_as_of_what_position(
    generation: Generation, portraits: Portraits
) -> None:
    generation.insert("persons", [person("an")])
    generation.insert("names", [name("an", "", "安")])
    portrait = portraits.student("demo", "an")
    assert portrait is not None
    assert portrait["store"] == "demo"
    assert portrait["person"] == "an"
    assert portrait["name"] == "安"
    assert portrait["generation"] == "of_test"
    assert portrait["position"] == 42
    assert portrait["as_of"].endswith("Z")
    assert orjson.loads(orjson.dumps(portrait)) == portrait


def test_a_person_without_a_name_is_called_by_the_key(
    generation: Generation, portraits: Portraits
) -> None:
    generation.insert("persons", [person("mbox:mailto:an@example.com")])
    portrait = portraits.student("demo", "mbox:mailto:an@example.com")
    assert portrait is not None
    assert portrait["name"] == "mbox:mailto:an@example.com"


def test_activity_is_told_by_phase_and_by_day(generation: Generation, portraits: Portraits) -> None:
    generation.insert("persons", [person("an")])
    generation.insert(
        "person_days",
        [
            day("an", "post", 3, 2, 1),
            day("an", "post", 1, 1, 1, subject="english"),
            day("an", "pre", 1),
            day("an", "post", 2, 2, 2, later=1),
        ],
    )
    portrait = portraits.student("demo", "an")
    assert portrait is not None
    zero = {"actions": 0, "answers": 0, "correct": 0, "seconds": 0, "active_days": 0}
    told = ("phase", *zero)
    phases = [{name: phase[name] for name in told} for phase in portrait["activity"]["phases"]]
    assert phases == [
        zero | {"phase": "pre", "actions": 1, "seconds": 1.5, "active_days": 1},
        zero | {"phase": "in"},
        {
            "phase": "post",
            "actions": 6,
            "answers": 5,
            "correct": 4,
            "seconds": 9.0,
            "active_days": 2,
        },
    ]
    assert [(each["day"], each["phase"]) for each in portrait["activity"]["days"]] == [
        ("2026-03-02", "pre"),
        ("2026-03-02", "post"),
        ("2026-03-03", "post"),
    ]


def test_activity_without_a_phase_is_told_too(generation: Generation, portraits: Portraits) -> None:
    generation.insert("persons", [person("an")])
    generation.insert("person_days", [day("an", "", 4)])
    portrait = portraits.student("demo", "an")
    assert portrait is not None
    assert [each["phase"] for each in portrait["activity"]["phases"]] == ["pre", "in", "post", ""]
    assert portrait["activity"]["phases"][-1]["actions"] == 4


def test_mastery_is_told_with_interval_and_names(
    generation: Generation, portraits: Portraits
) -> None:
    generation.insert("persons", [person("an")])
    generation.insert("person_mastery", [point("x", 0.5, tries=1), point("w", 0.7)])
    generation.insert("names", [name("x", "zh-CN", "分数"), name("x", "en", "Fractions")])
    portrait = portraits.student("demo", "an")
    assert portrait is not None
    assert [each["knowledge_point"] for each in portrait["mastery"]] == ["w", "x"]
    told = {
        "knowledge_point": "x",
        "names": {"en": "Fractions", "zh-CN": "分数"},
        "probability": 0.5,
        "low": 0.4,
        "high": 0.6,
        "mean": 0.5,
        "variance": 0.25,
        "tries": 1,
        "successes": 1,
        "last_time": "2026-03-02T01:30:00.000Z",
    }
    assert portrait["mastery"][1].items() >= told.items()


# Weakest and strongest -------------------------------------------------------------------------


def listed(portrait: Any, which: str) -> list[str]:
    return [each["knowledge_point"] for each in portrait[which]]


def test_points_with_few_tries_are_neither_weak_nor_strong(
    generation: Generation, portraits: Portraits
) -> None:
    generation.insert("persons", [person("an")])
    generation.insert("person_mastery", [point(p, 0.5, tries=ENOUGH_TRIES - 1) for p in "abc"])
    portrait = portraits.student("demo", "an")
    assert listed(portrait, "weakest") == listed(portrait, "strongest") == []


def test_the_weakest_are_those_whose_upper_end_is_lowest(
    generation: Generation, portraits: Portraits
) -> None:
    generation.insert("persons", [person("an")])
    unsure, sure = point("unsure", 0.2, reach=0.19), point("sure", 0.25, reach=0.05)
    others = [point("good", 0.9), point("better", 0.95, reach=0.01)]
    generation.insert("person_mastery", [unsure, sure, *others])
    portrait = portraits.student("demo", "an")
    assert listed(portrait, "weakest") == ["sure", "unsure"]
    assert listed(portrait, "strongest") == ["better", "good"]


def test_five_at_most_are_listed_and_none_as_both(
    generation: Generation, portraits: Portraits
) -> None:
    generation.insert("persons", [person("an"), person("bo")])
    generation.insert("person_mastery", [point(f"p{n:02}", n / 20) for n in range(2, 18)])
    generation.insert("person_mastery", [point(p, 0.5, key="bo") for p in "abc"])
    portrait = portraits.student("demo", "an")
    assert listed(portrait, "weakest") == ["p02", "p03", "p04", "p05", "p06"]
    assert listed(portrait, "strongest") == ["p17", "p16", "p15", "p14", "p13"]
    other = portraits.student("demo", "bo")
    assert sorted(listed(other, "weakest") + listed(other, "strongest")) == ["a", "b", "c"]


# The radar -----------------------------------------------------------------------------------


def test_without_evidence_the_radar_gives_no_number(
    generation: Generation, portraits: Portraits
) -> None:
    generation.insert("persons", [person("an")])
    assert radar(portraits.student("demo", "an")) == dict.fromkeys(
        (
            *("preview", "participation", "consolidation", "accuracy", "mastery"),
            *("punctuality", "time"),
        ),
        (None, 0),
    )


def test_a_phase_is_ranked_among_all_who_have_any_action_in_it(
    generation: Generation, portraits: Portraits
) -> None:
    generation.insert("persons", [person(key) for key in "abcdef"])
    days = [day(key, "pre", actions) for key, actions in zip("abcde", (1, 2, 2, 3, 1), strict=True)]
    generation.insert("person_days", [*days, day("e", "pre", 9, later=1), day("f", "in", 3)])
    ranks = {key: radar(portraits.student("demo", key, days=MARCH))["preview"] for key in "abcdef"}
    assert ranks == {
        "a": (0.1, 1),
        "b": (0.4, 2),
        "c": (0.4, 2),
        "d": (0.7, 3),
        "e": (0.9, 10),
        "f": (None, 0),
    }


def test_a_rank_among_too_few_is_not_given(generation: Generation, portraits: Portraits) -> None:
    keys = [f"p{number}" for number in range(ENOUGH_PERSONS - 1)]
    generation.insert("persons", [person(key) for key in keys])
    generation.insert("person_days", [day(key, "in", 3) for key in keys])
    assert radar(portraits.student("demo", "p0"))["participation"] == (None, 3)


def test_ranks_follow_the_store_as_it_grows(generation: Generation) -> None:
    position = iter(range(100))
    portraits = Portraits(generation, position=lambda: next(position))
    generation.insert("persons", [person(key) for key in "abcde"])
    generation.insert("person_days", [day(key, "in", 3) for key in "abcde"])
    assert radar(portraits.student("demo", "a", days=MARCH))["participation"] == (0.5, 3)
    generation.insert("person_days", [day(key, "in", 9, later=1) for key in "bcde"])
    until = time.monotonic() + 10
    while radar(portraits.student("demo", "a", days=MARCH))["participation"] != (0.1, 3):
        assert time.monotonic() < until
        time.sleep(0.02)


def test_accuracy_and_mastery_are_told_with_what_they_rest_on(
    generation: Generation, portraits: Portraits
) -> None:
    generation.insert("persons", [person("an")])
    generation.insert("person_days", [day("an", "in", 5, 4, 3), day("an", "post", 4, 4, 3)])
    few = point("few", 0.1, tries=ENOUGH_TRIES - 1)
    generation.insert("person_mastery", [point("x", 0.25), point("y", 0.75), few])
    dimensions = radar(portraits.student("demo", "an"))
    assert dimensions["accuracy"] == (0.75, 8)
    assert dimensions["mastery"] == (0.5, 2)


# The list ------------------------------------------------------------------------------------


def test_students_are_listed_by_name_a_page_at_a_time(
    generation: Generation, portraits: Portraits
) -> None:
    generation.insert("persons", [person(f"k{number}", facts=number) for number in range(7)])
    names = [name(f"k{number}", "", f"N{6 - number}") for number in range(6)]
    generation.insert("names", [*names, name("k0", "en", "other")])
    pages: list[list[str]] = []
    following: tuple[str, str] | None = None
    while following is not None or not pages:
        page, following = portraits.students("demo", limit=3, after=following)
        pages.append([student["name"] for student in page])
    assert pages == [["N1", "N2", "N3"], ["N4", "N5", "N6"], ["k6"]]


def test_a_listed_student_has_a_key_a_name_and_the_last_time(
    generation: Generation, portraits: Portraits
) -> None:
    generation.insert("persons", [person("an", facts=3, last_time=AT + HOUR)])
    listed = {"person": "an", "name": "an", "facts": 3, "last_time": "2026-03-02T01:30:00.000Z"}
    assert portraits.students("demo") == ([listed], None)


@pytest.mark.parametrize(
    ("search", "found"),
    [("小", ["1"]), ("SMITH", ["2"]), ("%", []), ("_", []), ("'", ["3"]), ("", ["1", "2", "3"])],
)
def test_students_are_found_by_a_part_of_the_name(
    generation: Generation, portraits: Portraits, search: str, found: list[str]
) -> None:
    generation.insert("persons", [person("1"), person("2"), person("3")])
    names = [name("1", "", "张小安"), name("2", "", "Ann Smith"), name("3", "", "O'Neil")]
    generation.insert("names", names)
    page, _ = portraits.students("demo", search=search)
    assert sorted(student["person"] for student in page) == found


def test_students_of_one_name_are_all_listed(generation: Generation, portraits: Portraits) -> None:
    generation.insert("persons", [person(f"k{number}") for number in range(4)])
    generation.insert("names", [name(f"k{number}", "", "同名") for number in range(4)])
    first, following = portraits.students("demo", limit=2)
    second, end = portraits.students("demo", limit=2, after=following)
    assert [student["person"] for student in (*first, *second)] == ["k0", "k1", "k2", "k3"]
    assert end is None


@pytest.mark.parametrize("many", [3, 4000])
def test_a_list_that_is_limited_to_some_has_nobody_else(
    generation: Generation, portraits: Portraits, many: int
) -> None:
    generation.insert("persons", [person(f"k{number}") for number in range(6)])
    generation.insert("names", [name(f"k{number}", "", f"N{6 - number}") for number in range(6)])
    among = {"k1", "k3", "k5", *(f"nobody-with-a-long-key-{number:040}" for number in range(many))}
    first, following = portraits.students("demo", limit=2, among=among)
    second, end = portraits.students("demo", limit=2, after=following, among=among)
    assert [student["person"] for student in (*first, *second)] == ["k5", "k3", "k1"]
    assert end is None
    assert portraits.students("demo", among=set()) == ([], None)


def test_a_portrait_of_year_0_has_a_time(generation: Generation, portraits: Portraits) -> None:
    generation.insert("persons", [person("an", last_time=-62_167_219_200_000_000)])
    [student], _ = portraits.students("demo")
    assert student["last_time"] == "0000-01-01T00:00:00.000Z"


def test_a_mark_is_another_with_more_evidence_though_asked_by_a_linked_account(
    generation: Generation, portraits: Portraits
) -> None:
    generation.insert("persons", [person("an")])
    generation.insert("identities", [("demo", "an-at-home", "an", 1, 0)])
    asked = ("an", "an-at-home")
    before = [portraits.mark("demo", one) for one in asked]
    assert before[0] == before[1] != []
    generation.insert("persons", [("demo", "an", 9, AT, AT + HOUR, 2, 0)])
    assert all(portraits.mark("demo", one) != before[0] for one in asked)
