"""Schools and the district: figures as the roster was, pooled diagnosis, rankings, the report."""

import random
import threading
from datetime import date, timedelta
from time import sleep
from typing import Any

import pytest

from projections.portraits.district import District
from projections.portraits.rankings import BadPeriod, Month, Quarter, Rankings, ranked
from projections.remembering import Remembered
from projections.warehouse import Generation, Warehouse
from tests.support.small_district import STORE, TODAY, answers, carry, enroll, key

DAY = timedelta(days=1)
BIG = [f"b{number}" for number in range(40)]
SMALL = [f"s{number}" for number in range(6)]
THIRD = [f"t{number}" for number in range(20)]


@pytest.fixture(scope="module")
def filled(warehouse: Warehouse) -> Generation:
    """Three schools whose students answer alike, but for those of `third`, who know less."""
    warehouse.ensure()
    generation = warehouse.ensure("filled")
    enroll(
        generation,
        {"big": {"b-1": BIG[:20], "b-2": BIG[20:]}, "small": {"s-1": SMALL}, "third": {"t": THIRD}},
    )
    chance, facts = random.Random(1), []
    for student in (*BIG, *SMALL, *THIRD):
        share = 0.3 if student in THIRD else 0.75
        for week in range(3):
            right = [chance.random() < share for _ in range(8)]
            app = "homework" if week else "clicker"
            facts += answers(student, TODAY - 7 * week * DAY, right, "fractions", app=app)
            facts += answers(student, TODAY - (7 * week + 1) * DAY, right[:6], f"point-{week}")
    carry(generation, facts)
    return generation


def district(generation: Generation) -> dict[str, Any]:
    return District(generation, lambda: 7).district(STORE, TODAY)[0]


def test_key_figures_count_the_roster_and_the_newest_week(filled: Generation) -> None:
    figures = district(filled)["key_figures"]
    assert (figures["schools"], figures["classes"], figures["students"]) == (3, 4, 66)
    assert figures["week"] == (TODAY - timedelta(days=TODAY.weekday())).isoformat()
    assert (figures["active"], figures["active_share"]) == (66, 1.0)
    assert figures["actions"] == 66 * 14


def test_a_school_that_surely_differs_is_told_and_a_small_one_is_drawn_to_the_rest(
    filled: Generation,
) -> None:
    [cell] = district(filled)["diagnosis"]
    assert (cell["subject"], cell["stage"], cell["n"]) == ("mathematics", "primary", 66)
    by_school = {school["school"]: school for school in cell["schools"]}
    assert by_school["third"]["differs"] == -1
    assert by_school["big"]["differs"] == 1
    small, big = by_school["small"], by_school["big"]
    assert small["high"] - small["low"] > big["high"] - big["low"]
    assert abs(small["mean"] - cell["mean"]) <= abs(small["seen"] - cell["mean"])


def test_the_trend_adds_schools_up_by_week(filled: Generation) -> None:
    trend = district(filled)["trend"]
    assert [week["students"] for week in trend] == [66, 66, 66]
    assert sum(week["answers"] for week in trend) == 66 * 42


def test_a_school_has_its_classes_and_only_its_own_figures(filled: Generation) -> None:
    portrait, position = District(filled, lambda: 7).school(STORE, "big", TODAY)
    assert portrait is not None
    assert position == 7
    assert [one["class_group"] for one in portrait["classes"]] == ["b-1", "b-2"]
    assert portrait["key_figures"]["students"] == 40
    assert sum(week["answers"] for week in portrait["trend"]) == 40 * 42
    assert {school["school"] for cell in portrait["diagnosis"] for school in cell["schools"]} == {
        "big"
    }
    assert District(filled, lambda: 7).school(STORE, "nowhere", TODAY) == (None, 7)


def test_a_school_tells_who_is_at_risk_how_much_is_known_and_the_homework_load(
    warehouse: Warehouse,
) -> None:
    """One of four is right in nothing; two of one class do 10 and 20 minutes of homework."""
    generation = warehouse.ensure("loaded")
    enroll(generation, {"lake": {"l-1": ["a", "b"], "l-2": ["c", "d"]}, "hill": {"h": ["e"]}})
    facts = []
    for student in "abcde":
        right = [student != "c"] * 12
        facts += answers(student, TODAY - DAY, right, duration=None)
    for student, minutes in (("a", 10), ("b", 20), ("e", 90)):
        spent = 60.0 * minutes
        facts += answers(student, TODAY, [True], "read", phase="post", duration=spent)
    carry(generation, facts)
    portrait, _ = District(generation, lambda: 7).school(STORE, "lake", TODAY)
    assert portrait is not None
    assert [(one["person"], one["class_group"]) for one in portrait["at_risk"]] == [
        (key("c"), "l-2")
    ]
    assert portrait["at_risk"][0]["reasons"][0]["code"] == "low_accuracy"
    known = portrait["distribution"]
    assert (known["n"], sum(known["tenths"]), sum(known["tenths"][:5])) == (4, 4, 1)
    load = portrait["load"]
    assert (load["n"], load["weeks"]) == (2, 1)
    assert (load["median_seconds_a_week"], load["most_seconds_a_week"]) == (900.0, 1200.0)
    assert [(one["class_group"], one["n"]) for one in load["classes"]] == [("l-1", 2)]


def test_weak_points_are_pooled_within_their_subject(filled: Generation) -> None:
    points = district(filled)["weak_points"]
    assert {point["subject"] for point in points} == {"mathematics"}
    assert len(points) == 4
    highs = [point["high"] for point in points]
    assert highs == sorted(highs)
    of_third, _ = District(filled, lambda: 7).school(STORE, "third", TODAY)
    assert of_third is not None
    assert of_third["weak_points"][0]["mean"] < points[0]["mean"]


def test_other_stores_are_not_counted(filled: Generation) -> None:
    told, _ = District(filled, lambda: 7).district("other", TODAY)
    assert told["key_figures"]["students"] == 0
    assert told["diagnosis"] == []
    assert told["weak_points"] == []


def test_who_moves_to_another_school_counts_for_the_school_of_that_week(
    generation: Generation,
) -> None:
    moved = TODAY - timedelta(days=TODAY.weekday())  # this week's Monday
    enroll(
        generation, {"a": {"a-1": ["x", "y"]}, "b": {"b-1": ["z"]}}, [("x", "a-1", "b-1", moved)]
    )
    carry(generation, [*answers("x", moved - DAY, [True] * 3), *answers("x", TODAY, [True] * 5)])
    weeks = District(generation, lambda: 7).district(STORE, TODAY)[0]
    of_schools = District(generation, lambda: 7)
    a, _ = of_schools.school(STORE, "a", TODAY)
    b, _ = of_schools.school(STORE, "b", TODAY)
    assert a is not None
    assert b is not None
    assert [week["answers"] for week in a["trend"]] == [3]
    assert [week["answers"] for week in b["trend"]] == [5]
    assert sum(week["answers"] for week in weeks["trend"]) == 8


# Rankings ------------------------------------------------------------------------------------


def rankings(generation: Generation) -> Rankings:
    return Rankings(generation, District(generation, lambda: 7), lambda: 7)


def test_schools_are_ranked_by_what_their_students_do_per_head(filled: Generation) -> None:
    told, _ = rankings(filled).schools(STORE, Month(2026, 11))
    assert {row["rank"] for row in told["ranking"]} == {1}  # everyone did the same
    assert {row["school"]: row["active"] for row in told["ranking"]} == {
        "big": 40,
        "small": 6,
        "third": 20,
    }
    assert {row["per_student"] for row in told["ranking"]} == {42.0}
    assert {row["change"] for row in told["ranking"]} == {None}
    december, _ = rankings(filled).schools(STORE, Month(2026, 12))
    assert {row["change"] for row in december["ranking"]} == {-1.0}


def test_apps_are_ranked_by_whom_they_reach(filled: Generation) -> None:
    told, _ = rankings(filled).apps(STORE, Month(2026, 11))
    assert [(row["app"], row["persons"]) for row in told["ranking"]] == [
        ("clicker", 66),
        ("homework", 66),
    ]


def test_equal_figures_share_a_rank() -> None:
    rows = [{"name": name, "n": n} for name, n in (("a", 3), ("b", 5), ("c", 3), ("d", 1))]
    assert [(row["name"], row["rank"]) for row in ranked(rows, "n")] == [
        ("b", 1),
        ("a", 2),
        ("c", 2),
        ("d", 4),
    ]


def test_the_quarterly_report_tells_figures_changes_and_sentences(filled: Generation) -> None:
    told, _ = rankings(filled).quarterly(STORE, Quarter(2026, 4))
    assert told["figures"]["persons"] == 66
    assert told["figures"]["actions"] == 66 * 42
    assert [month["month"] for month in told["months"]] == ["2026-10", "2026-11", "2026-12"]
    assert [month["actions"] for month in told["months"]] == [0, 66 * 42, 0]
    assert told["change"] == {"persons": None, "actions": None}
    assert any("66" in sentence for sentence in told["text"]["zh"])
    assert {one["school"] for one in told["differing_schools"]} >= {"big", "third"}


@pytest.mark.parametrize("text", ["2026", "2026-13", "26-11", "2026-00", "x-11", "2026-²", ""])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(BadPeriod, match="a month such as"):
        Month.parse(text)


@pytest.mark.parametrize("text", ["2026", "2026-Q5", "26-Q1", "2026-Q", "2026-4", "0000-Q1"])
def test_what_is_no_quarter_is_refused(text: str) -> None:
    with pytest.raises(BadPeriod, match="a quarter such as"):
        Quarter.parse(text)


def test_the_period_before_crosses_the_year() -> None:
    assert Month(2026, 1).before() == Month(2025, 12)
    assert Quarter(2026, 1).before() == Quarter(2025, 4)
    assert Quarter.parse("2026-Q1").span.first == date(2026, 1, 1)
    assert Month.parse("2024-02").span.last == date(2024, 2, 29)


# Remembering ---------------------------------------------------------------------------------


class Clock:
    """A question whose answer is how often it was asked."""

    def __init__(self, takes: float = 0.0) -> None:
        self.position = 1
        self.times = 0
        self.takes = takes

    def work_out(self) -> int:
        self.times += 1
        sleep(self.takes)
        return self.times


def test_an_answer_is_given_again_while_the_log_stands_still() -> None:
    clock = Clock()
    remembered = Remembered(lambda: clock.position)
    assert remembered.ask("q", clock.work_out) == (1, 1)
    assert remembered.ask("q", clock.work_out) == (1, 1)


def test_who_has_to_see_a_position_gets_an_answer_that_reflects_it() -> None:
    clock = Clock(takes=1.0)
    remembered = Remembered(lambda: clock.position)
    remembered.ask("q", clock.work_out)
    clock.position = 5
    assert remembered.ask("q", clock.work_out) == (1, 1)  # too young to be worked out anew
    assert remembered.ask("q", clock.work_out, least=5) == (2, 5)
    assert remembered.ask("q", clock.work_out, least=9) == (2, 5)  # nobody is that far


def test_who_has_to_see_a_position_waits_on_though_somebody_else_ended_before_it() -> None:
    begun, may_end, asked = threading.Event(), threading.Event(), list[int]()
    position = 1
    remembered = Remembered(lambda: position)

    def slowly() -> int:
        asked.append(position)
        if len(asked) == 1:
            begun.set()
            may_end.wait(10)
        return len(asked)

    first = threading.Thread(target=remembered.ask, args=("q", slowly))
    first.start()
    begun.wait(10)
    position = 5
    results: list[tuple[int, int]] = []
    second = threading.Thread(target=lambda: results.append(remembered.ask("q", slowly, least=5)))
    second.start()
    sleep(0.05)  # the second waits for the first, whose answer is of before
    may_end.set()
    first.join()
    second.join()
    assert results == [(2, 5)]


def test_an_old_answer_is_given_at_once_and_renewed_beside_it() -> None:
    clock = Clock()
    remembered = Remembered(lambda: clock.position)
    remembered.ask("q", clock.work_out)
    clock.position = 2
    sleep(0.01)
    assert remembered.ask("q", clock.work_out) == (1, 1)
    for _ in range(200):
        if remembered.ask("q", clock.work_out) == (2, 2):
            return
        sleep(0.01)
    pytest.fail("it was never renewed")


def test_an_answer_that_is_too_old_to_be_given_is_waited_for() -> None:
    clock = Clock(takes=0.001)
    remembered = Remembered(lambda: clock.position, oldest=0.0)
    remembered.ask("q", clock.work_out)
    assert remembered.ask("q", clock.work_out) == (1, 1)  # the log has stood still
    clock.position = 2
    assert remembered.ask("q", clock.work_out) == (2, 2)


def test_those_who_ask_at_once_wait_for_one() -> None:
    clock = Clock(takes=0.2)
    remembered = Remembered(lambda: clock.position)
    threads = [
        threading.Thread(target=remembered.ask, args=("q", clock.work_out)) for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.times == 1


def test_an_older_answer_stays_where_a_new_one_fails() -> None:
    clock = Clock()
    remembered = Remembered(lambda: clock.position)
    remembered.ask("q", clock.work_out)

    def fail() -> int:
        raise ConnectionError("ClickHouse is away")

    clock.position = 2
    sleep(0.01)
    assert remembered.ask("q", fail) == (1, 1)
    sleep(0.1)
    assert remembered.ask("q", fail) == (1, 1)
