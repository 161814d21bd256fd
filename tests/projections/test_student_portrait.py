"""What a student's portrait says beside the class and the own past, and what homework goes by."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from projections.days import Days, today
from projections.facts import Fact
from projections.portraits.class_groups import ClassGroups
from projections.portraits.homework import DAILY_MINUTES, homework_plan
from projections.portraits.students import Portraits
from projections.prediction.mastery import sigmoid
from projections.remembering import Remembered
from projections.warehouse import Generation
from tests.support.facts import DAY, HOUR, STORE, answer, at, fact, keep

ZONE = ZoneInfo("Asia/Shanghai")
MARCH = Days(date(2026, 3, 1), date(2026, 3, 28))
CLASS = [f"s{number}" for number in range(6)]
ALWAYS = ("1900-01-01", "2299-12-31")


@pytest.fixture
def portraits(generation: Generation) -> Portraits:
    return Portraits(generation, position=lambda: 42)


def enroll(
    generation: Generation,
    student: str,
    class_group: str,
    kind: str = "homeroom",
    days: tuple[Any, Any] = ALWAYS,
    grade: str = "07",
    stage: str = "junior",
) -> None:
    """Put a student into a class from one day to another."""
    first, last = (date.fromisoformat(str(day)) for day in days)
    name = f"{student} in {class_group} from {first}"
    generation.insert(
        "roster_enrollments",
        [(STORE, name, student, student, class_group, "lake", "student", 1, first, last, 1, 0)],
    )
    forever = date(2299, 12, 31)
    told = (class_group, f"{class_group} 班", "", kind, "", "lake", [grade], grade, stage)
    generation.insert("roster_classes", [(STORE, *told, [], [], forever, 1, 0)])


def dimensions(portrait: Any) -> dict[str, Any]:
    return {one["dimension"]: one for one in portrait["radar"]}


def drawn(portraits: Portraits, person: str, **asked: Any) -> Any:
    portrait = portraits.student(STORE, person, **asked)
    assert portrait is not None
    return portrait


# The class ---------------------------------------------------------------------------------------


def test_the_class_of_a_student_is_the_administrative_one_of_that_day(
    generation: Generation,
) -> None:
    enroll(generation, "s0", "choir", "scheduled")
    enroll(generation, "s0", "7-1", days=("2026-02-01", "2026-03-10"))
    enroll(generation, "s0", "7-2", days=("2026-03-11", "2299-12-31"))
    enroll(generation, "s1", "7-2")
    enroll(generation, "s2", "choir", "scheduled")
    groups = ClassGroups(generation, lambda: 1)
    found = {
        (person, day): group and (group.title, group.persons)
        for person in ("s0", "s2", "nobody")
        for day in (10, 11)
        for group, _ in [groups.of(STORE, person, date(2026, 3, day))]
    }
    assert found == {
        ("s0", 10): ("7-1 班", ("s0",)),
        ("s0", 11): ("7-2 班", ("s0", "s1")),
        ("s2", 10): ("choir 班", ("s2",)),
        ("s2", 11): ("choir 班", ("s2",)),
        ("nobody", 10): None,
        ("nobody", 11): None,
    }


def test_a_student_is_compared_with_the_class_and_not_with_others(
    generation: Generation, portraits: Portraits
) -> None:
    time = at("2026-03-10T19:00")
    keep(
        generation,
        [
            fact(student, "preview", time + number * HOUR, phase="pre")
            for at_place, student in enumerate([*CLASS, *(f"other {n}" for n in range(20))])
            for number in range(at_place + 1)
        ],
    )
    for student in CLASS:
        enroll(generation, student, "7-1")
    portrait = drawn(portraits, "s5", days=MARCH)
    assert portrait["model"] == "prior"
    assert portrait["compared_with"] == {
        "kind": "class",
        "class_group": "7-1",
        "title": "7-1 班",
        "persons": 6,
    }
    preview = dimensions(portrait)["preview"]
    assert (preview["value"], preview["amount"]) == (5.5 / 6, 6)
    assert preview["class"] == {"value": 0.5, "amount": 3.5, "persons": 6}
    other = drawn(portraits, "other 0", days=MARCH)
    assert other["compared_with"]["kind"] == "store"
    assert dimensions(other)["preview"]["class"]["persons"] == 26


def test_the_position_of_whom_a_student_is_compared_with_is_told_beside_the_students_own(
    generation: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(generation, [fact("s0", "preview", at("2026-03-10T19:00"), phase="pre")])
    position = 7
    portraits = Portraits(generation, lambda: position)
    monkeypatch.setattr(Remembered, "_is_old", lambda *_: False)

    def told(least: int = 0) -> tuple[int, int]:
        portrait = drawn(portraits, "s0", days=MARCH, least=least)
        return portrait["position"], portrait["compared_position"]

    assert told() == (7, 7)
    position = 8
    assert told() == (8, 7)
    assert told(least=8) == (8, 8)


def test_punctuality_and_accuracy_are_shares_beside_the_own_past_and_the_class(
    generation: Generation, portraits: Portraits
) -> None:
    march, february = at("2026-03-10T19:00"), at("2026-02-10T19:00")
    keep(
        generation,
        [
            *(done("s0", march + number, number < 3) for number in range(4)),
            *(done("s0", february + number, number < 1) for number in range(4)),
            *(done("s1", march + number, False) for number in range(4)),
            *(answer("s0", "i", march + number, number < 1) for number in range(2)),
            *(answer("s1", "i", march + number, True) for number in range(2)),
        ],
    )
    found = dimensions(drawn(portraits, "s0", days=MARCH))
    assert found["punctuality"]["value"] == 0.75
    assert found["punctuality"]["past"]["value"] == 0.25
    assert found["punctuality"]["class"]["value"] == 3 / 8
    assert (found["accuracy"]["value"], found["accuracy"]["n"]) == (0.5, 2)
    assert found["accuracy"]["past"]["value"] is None
    assert found["accuracy"]["class"]["value"] == 3 / 4


def done(student: str, time: int, is_on_time: bool) -> Fact:
    return fact(student, "homework_done", time, due=time + (HOUR if is_on_time else -HOUR))


def test_the_radar_is_of_the_last_four_weeks_and_if_there_is_nothing_of_the_last_there_are(
    generation: Generation, portraits: Portraits
) -> None:
    now = at(f"{today(ZONE)}T00:00")
    keep(
        generation,
        [
            fact("now", "preview", now - 27 * DAY, phase="pre"),
            fact("now", "preview", now - 28 * DAY, phase="pre"),
            fact("past", "preview", at("2020-05-28T08:00")),
        ],
    )
    assert drawn(portraits, "now")["radar_days"]["to"] == today(ZONE).isoformat()
    preview = dimensions(drawn(portraits, "now"))["preview"]
    assert (preview["amount"], preview["past"]["amount"]) == (1, 1)
    assert drawn(portraits, "past")["radar_days"] == {
        "from": "2020-05-01",
        "to": "2020-05-28",
        "before": {"from": "2020-04-03", "to": "2020-04-30"},
    }


def test_one_subject_is_told_alone(generation: Generation, portraits: Portraits) -> None:
    time = at("2026-03-10T19:00")
    for number, subject in enumerate(("mathematics", "english")):
        point = {"knowledge_points": (subject,), "subject": subject}
        keep(generation, [answer(f"s{n}", "i", time + number, True, **point) for n in range(2)])
    portrait = drawn(portraits, "s0", subject="mathematics", days=MARCH)
    assert portrait["activity"]["answers"] == dimensions(portrait)["accuracy"]["n"] == 1
    assert [one["subject"] for one in portrait["activity"]["subjects"]] == ["mathematics"]


# Mastery -----------------------------------------------------------------------------------------


def weekly(student: str, point: str, shares: list[float], each: int = 20) -> list[Fact]:
    """Answer a point in weeks one after the other, so many of each right."""
    return [
        answer(
            student,
            f"{point} {number}",
            at("2026-03-02T08:00") + (7 * week) * DAY + number * 60_000_000,
            number < share * each,
            knowledge_points=(point,),
            subject="mathematics",
        )
        for week, share in enumerate(shares)
        for number in range(each)
    ]


def test_a_point_says_how_it_went_and_whether_it_changed_more_than_is_unsure(
    generation: Generation, portraits: Portraits
) -> None:
    keep(
        generation,
        [
            *weekly("s0", "rising", [0.1, 0.2, 0.5, 0.8, 1.0, 1.0, 1.0], each=30),
            *weekly("s0", "steady", [0.5] * 7, each=30),
        ],
    )
    april = Days(date(2026, 3, 20), date(2026, 4, 19))
    points = {one["knowledge_point"]: one for one in drawn(portraits, "s0", days=april)["mastery"]}
    rising, steady = points["rising"]["trend"], points["steady"]["trend"]
    assert [one["week"] for one in rising["weeks"]] == [
        (date(2026, 3, 2) + timedelta(weeks=week)).isoformat() for week in range(6)
    ]
    assert rising["change"]["by"] > 0.3
    assert rising["change"]["is_more_than_interval"]
    assert not steady["change"]["is_more_than_interval"]
    assert points["rising"]["evidence"]["facts"] == points["rising"]["tries"] == 210


def test_a_weak_point_says_that_it_is_below_the_class_and_that_it_fell(
    generation: Generation, portraits: Portraits
) -> None:
    keep(generation, [one for student in CLASS for one in weekly(student, "p", [0.95] * 6)])
    keep(generation, weekly("low", "p", [1.0, 1.0, 0.2, 0.0, 0.0, 0.0]))
    for student in (*CLASS, "low"):
        enroll(generation, student, "7-1")
    portrait = drawn(portraits, "low", days=Days(date(2026, 4, 1), date(2026, 4, 12)))
    (weak,) = portrait["weakest"]
    assert weak["class"]["persons"] == 7
    assert {one["reason"] for one in weak["reasons"]} == {"low", "below_class", "fallen"}
    strong = drawn(portraits, "s0")["mastery"][0]
    assert strong["class"]["probability"] > weak["probability"]


def test_the_order_of_mastery_is_that_of_the_true_ability_of_a_class(
    generation: Generation, portraits: Portraits
) -> None:
    """Twelve students of known ability: who is better by the portrait is better in truth."""
    chance = random.Random(3)
    ability = {f"student {number}": number / 3 - 2 for number in range(12)}
    for student, logit in ability.items():
        times = [at("2026-03-02T08:00") + number * HOUR for number in range(60)]
        keep(
            generation,
            [
                answer(
                    student,
                    f"i{n}",
                    time,
                    chance.random() < sigmoid(logit),
                    knowledge_points=("p",),
                )
                for n, time in enumerate(times)
            ],
        )
    shown = {
        student: drawn(portraits, student, days=MARCH)["mastery"][0]["probability"]
        for student in ability
    }
    assert rank_correlation(ability, shown) >= 0.9


def rank_correlation(one: dict[str, float], other: dict[str, float]) -> float:
    """Spearman's, of values that all differ."""
    ranks = [
        {name: rank for rank, name in enumerate(sorted(values, key=values.__getitem__))}
        for values in (one, other)
    ]
    n = len(one)
    squares = sum((ranks[0][name] - ranks[1][name]) ** 2 for name in one)
    return 1 - 6 * squares / (n * (n * n - 1))


# What is given -----------------------------------------------------------------------------------


def test_ratings_badges_and_videos_are_told_with_who_gave_them(
    generation: Generation, portraits: Portraits
) -> None:
    time = at("2026-03-10T10:00")
    rating = {"part_of": "teamwork", "counterpart": "t"}
    keep(
        generation,
        [
            fact("s0", "rating_by_teacher", time, rating=0.75, **rating),
            fact("s0", "rating_by_teacher", time + 1, rating=0.25, part_of="effort"),
            fact("s0", "rating_by_peer", time + 2, rating=1.0, **rating),
            fact("s0", "rating_by_peer", time + 3, rating=None, **rating),
            fact("s0", "rating_given", time + 4, rating=0.1),
            badge := fact("s0", "badge_earned", time, item="helper", part_of="d", counterpart="t"),
            fact("s0", "video", time, item="v", progress=0.4, duration=60.0),
            fact("s0", "video", time + HOUR, item="v", progress=0.3, duration=30.0),
            fact("s0", "video", time + 2 * HOUR, item="v"),
        ],
    )
    generation.insert("names", [(STORE, "t", "", (time, "id", "王老师"))])
    portrait = drawn(portraits, "s0")
    assert [(one["source"], one["n"], one["mean"]) for one in portrait["ratings"]] == [
        ("teacher", 2, 0.5),
        ("peer", 1, 1.0),
    ]
    of_teacher = portrait["ratings"][0]["indicators"]
    assert [(one["indicator"], one["mean"]) for one in of_teacher] == [
        ("effort", 0.25),
        ("teamwork", 0.75),
    ]
    (given,) = portrait["badges"]["newest"]
    assert (given["badge"], given["deed"], given["given_by_name"]) == ("helper", "d", "王老师")
    assert given["statement"] == badge.statement
    (video,) = portrait["videos"]
    assert (video["progress"], video["left"]) == (0.4, 0.3)
    assert (video["seconds"], video["n"]) == (90.0, 3)


def test_facts_of_every_account_of_a_person_are_told(
    generation: Generation, portraits: Portraits
) -> None:
    """Rows are the person's; facts are found by the accounts."""
    time = at("2026-03-10T10:00")
    keep(generation, [fact("s0", "badge_earned", time, item="helper")])
    generation.insert("facts", [_row(fact("app|s0", "badge_earned", time + 1, item="reader"))])
    generation.insert("identities", [(STORE, "app|s0", "s0", 1, 0)])
    badges = drawn(portraits, "s0")["badges"]
    assert [one["badge"] for one in badges["newest"]] == ["reader", "helper"]


def _row(one: Fact) -> tuple[Any, ...]:
    return tuple(getattr(one, name) for name in one.__struct_fields__)


# Homework ----------------------------------------------------------------------------------------


def planned(generation: Generation, person: str, **asked: Any) -> Any:
    group, _ = ClassGroups(generation, lambda: 1).of(STORE, person, today(ZONE))
    return homework_plan(generation, STORE, person, ZONE, group, **asked)


@pytest.mark.parametrize(
    ("grade", "stage", "minutes"),
    [("01", "primary", 0), ("03", "primary", 60), ("08", "junior", 90), ("", "", 60)],
)
def test_the_days_limit_is_that_of_the_stage(
    generation: Generation, grade: str, stage: str, minutes: float
) -> None:
    keep(generation, weekly("s0", "p", [0.3]))
    enroll(generation, "s0", "a class", grade=grade, stage=stage)
    plan = planned(generation, "s0")
    assert plan["limit"]["daily"] == plan["limit"]["minutes"] == minutes
    assert bool(plan["points"]) == (minutes > 0)
    assert plan["minutes"] <= minutes


def test_subjects_share_the_day_unless_minutes_are_asked_for(generation: Generation) -> None:
    keep(generation, list(_three_subjects("s0", at("2026-03-10T19:00"))))
    plan = planned(generation, "s0", subject="english")
    assert plan["limit"]["minutes"] == DAILY_MINUTES["unknown"] / 3
    assert [one["knowledge_point"] for one in plan["points"]] == ["english"]
    assert planned(generation, "s0", subject="english", minutes=7)["limit"]["minutes"] == 7


def _three_subjects(student: str, time: int) -> Iterator[Fact]:
    for number, subject in enumerate(("mathematics", "english", "chinese")):
        about = {"knowledge_points": (subject,), "subject": subject}
        yield answer(student, subject, time + number, False, **about)


def test_how_long_an_item_takes_is_learned_from_the_person_then_the_class(
    generation: Generation,
) -> None:
    time = at("2026-03-10T19:00")
    keep(
        generation,
        [
            *(timed("s0", time + n, "basic", 90.0) for n in range(5)),
            *(timed("s0", time + 10 + n, "advanced", 600.0) for n in range(4)),
            *(timed("s1", time + n, "advanced", 180.0) for n in range(20)),
        ],
    )
    for student in ("s0", "s1"):
        enroll(generation, student, "7-1")
    times = {one["layer"]: one for one in planned(generation, "s0")["item_minutes"]}
    assert times["basic"] == {"layer": "basic", "minutes": 1.5, "source": "own", "answers": 5}
    assert (times["advanced"]["minutes"], times["advanced"]["source"]) == (3.0, "class")
    assert (times["challenge"]["minutes"], times["challenge"]["source"]) == (4.0, "default")


def timed(student: str, time: int, layer: str, seconds: float) -> Fact:
    about = {"knowledge_points": ("p",), "layer": layer, "duration": seconds}
    return answer(student, f"{layer} {time}", time, True, **about)


def test_the_better_student_of_a_class_has_less_homework(generation: Generation) -> None:
    chance = random.Random(5)
    for student, share in (("weak", 0.3), ("middle", 0.7), ("strong", 0.98)):
        keep(
            generation,
            [
                answer(
                    student,
                    f"{point} {number}",
                    at(f"{today(ZONE)}T00:00") - DAY + number * 1_000_000,
                    chance.random() < share,
                    knowledge_points=(point,),
                )
                for point in ("a", "b", "c")
                for number in range(40)
            ],
        )
    minutes = [planned(generation, one)["minutes"] for one in ("weak", "middle", "strong")]
    assert minutes == sorted(minutes, reverse=True)
    assert minutes[0] > minutes[-1]
