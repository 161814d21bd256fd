"""The homework plan: its laws for any needs, and what it says of a few."""

from dataclasses import dataclass
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.portraits.homework_plan import (
    LADDER,
    LAYERS,
    LONG_AGO,
    MOST_RETRIED,
    Layer,
    Need,
    Plan,
    make_plan,
    rung_items,
    standing,
)

MINUTES: dict[Layer, float] = {"basic": 1.0, "advanced": 2.0, "challenge": 4.0}
ROUNDING = 1e-6  # minutes

shares = st.floats(0.0, 1.0)
item_minutes = st.fixed_dictionaries({layer: st.floats(0.1, 12.0) for layer in LAYERS})
limits = st.floats(0.0, 150.0)


@dataclass(frozen=True)
class Accuracy:
    low: float
    probability: float
    high: float


@st.composite
def accuracies(draw: st.DrawFn) -> Accuracy:
    return Accuracy(*sorted(draw(shares) for _ in range(3)))


@st.composite
def needs(draw: st.DrawFn) -> list[Need]:
    found = []
    for number in range(draw(st.integers(0, 12))):
        accuracy = draw(accuracies())
        need = Need(
            knowledge_point=f"p{number}",
            low=accuracy.low,
            probability=accuracy.probability,
            high=accuracy.high,
            tries=draw(st.integers(0, 100)),
            days_since=draw(st.none() | st.integers(0, 60)),
            mistakes=tuple(f"i{at}" for at in range(draw(st.integers(0, 4)))),
            is_needed=draw(st.booleans()),
        )
        found.append(need)
    return found


@st.composite
def improved(draw: st.DrawFn) -> tuple[list[Need], list[Need]]:
    """Needs, and the same where some of what is known of accuracy is higher."""
    before = draw(needs())
    after = []
    for need in before:
        low, probability, high = (
            draw(st.floats(value, 1.0)) if draw(st.booleans()) else value
            for value in (need.low, need.probability, need.high)
        )
        after.append(
            msgspec.structs.replace(
                need,
                low=low,
                probability=max(low, probability),
                high=max(low, probability, high),
            )
        )
    return before, after


# Laws --------------------------------------------------------------------------------------------


@given(improved(), item_minutes, limits)
def test_a_higher_accuracy_never_takes_more_minutes(
    both: tuple[list[Need], list[Need]], minutes: dict[Layer, float], limit: float
) -> None:
    before, after = (make_plan(needs, minutes, limit) for needs in both)
    assert after.minutes <= before.minutes + ROUNDING


@given(improved(), item_minutes, limits)
def test_a_higher_accuracy_never_wants_more_items_of_any_point(
    both: tuple[list[Need], list[Need]], minutes: dict[Layer, float], limit: float
) -> None:
    before, after = (items_wanted(make_plan(needs, minutes, limit)) for needs in both)
    assert all(after[point] <= before[point] for point in before)


@given(improved(), item_minutes, limits)
def test_where_nothing_is_left_for_later_a_higher_accuracy_never_has_more_items(
    both: tuple[list[Need], list[Need]], minutes: dict[Layer, float], limit: float
) -> None:
    before, after = (make_plan(needs, minutes, limit) for needs in both)
    if not before.left_for_later:
        assert after.items <= before.items


@given(needs(), item_minutes, limits)
def test_a_plan_stays_within_its_limit(
    wanted: list[Need], minutes: dict[Layer, float], limit: float
) -> None:
    assert make_plan(wanted, minutes, limit).minutes <= limit + ROUNDING


@given(needs(), item_minutes, limits)
def test_a_plan_sets_something_wherever_something_is_wanted_and_fits(
    wanted: list[Need], minutes: dict[Layer, float], limit: float
) -> None:
    plan = make_plan(wanted, minutes, limit)
    assert bool(plan.chosen) == any(
        choice.minutes for choice in (*plan.chosen, *plan.left_for_later)
    )


@given(needs(), item_minutes, limits)
def test_every_point_is_somewhere_in_a_plan_once_with_a_reason_in_both_languages(
    wanted: list[Need], minutes: dict[Layer, float], limit: float
) -> None:
    plan = make_plan(wanted, minutes, limit)
    choices = (*plan.chosen, *plan.left_for_later, *plan.not_needed)
    points = sorted(choice.need.knowledge_point for choice in choices)
    assert points == sorted(need.knowledge_point for need in wanted)
    for choice in choices:
        assert all(reason["zh"] and reason["en"] for reason in choice.reasons)


@given(needs(), item_minutes, limits)
def test_the_order_of_what_is_known_makes_no_difference(
    wanted: list[Need], minutes: dict[Layer, float], limit: float
) -> None:
    plan, other = (make_plan(some, minutes, limit) for some in (wanted, wanted[::-1]))
    assert (plan.chosen, plan.left_for_later) == (other.chosen, other.left_for_later)


@given(item_minutes, limits, st.integers(0, 2))
def test_down_the_ladder_neither_items_nor_minutes_get_more(
    minutes: dict[Layer, float], limit: float, added: int
) -> None:
    items = rung_items(minutes, limit, added)
    spent = [count * minutes[rung.layer] for count, rung in zip(items, LADDER, strict=True)]
    assert items == sorted(items, reverse=True)
    assert all(less <= more + ROUNDING for more, less in pairwise(spent))


# What it says ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("low", "high", "code", "layer"),
    [
        (0.1, 0.5, "weak", "basic"),
        (0.4, 0.7, "shaky", "basic"),
        (0.3, 0.9, "uncertain", "advanced"),
        (0.65, 0.8, "building", "advanced"),
        (0.7, 0.9, "firm", "challenge"),
        (0.9, 0.95, "mastered", "challenge"),
    ],
)
def test_the_layer_is_by_the_ends_of_the_interval(
    low: float, high: float, code: str, layer: str
) -> None:
    rung = standing(low, high)
    assert (rung.code, rung.layer) == (code, layer)


def test_the_weakest_points_go_first_and_the_rest_is_left_for_later() -> None:
    wanted = [need(f"p{number}", 0.05 * number, 0.05 * number + 0.2) for number in range(20)]
    plan = make_plan(wanted, MINUTES, 30)
    assert plan.most_points == 3
    assert [choice.need.knowledge_point for choice in plan.chosen] == ["p0", "p1", "p2"]
    assert {choice.rung.code for choice in plan.chosen} == {"weak"}
    assert plan.minutes == 18.0
    assert plan.left_for_later


def test_what_is_mastered_is_not_set_unless_it_was_long_ago() -> None:
    fresh, old = need("fresh", 0.9, 0.95, days=1), need("old", 0.9, 0.95, days=LONG_AGO)
    plan = make_plan([fresh, old], MINUTES, 60)
    assert [(one.need.knowledge_point, one.items) for one in plan.chosen] == [("old", 1)]
    assert [one.need.knowledge_point for one in plan.not_needed] == ["fresh"]
    assert [reason["reason"] for reason in plan.chosen[0].reasons] == ["mastered", "long_ago"]


def test_what_nobody_knows_gets_a_few_items_to_find_out() -> None:
    (choice,) = make_plan([need("new", 0.0, 1.0)], MINUTES, 60).chosen
    assert (choice.rung.code, choice.items) == ("uncertain", 2)


def test_mistakes_that_are_open_are_done_again_the_last_ones_first() -> None:
    wanted = msgspec.structs.replace(need("p", 0.9, 0.95), mistakes=("a", "b", "c"))
    (choice,) = make_plan([wanted], MINUTES, 60).chosen
    assert choice.retried == ("a", "b")
    assert (choice.items, choice.minutes) == (0, MOST_RETRIED * MINUTES["basic"])
    assert choice.reasons[1]["open"] == 3


def test_without_any_minutes_nothing_is_set() -> None:
    plan = make_plan([need("p", 0.1, 0.2)], MINUTES, 0)
    assert (plan.items, plan.minutes, plan.chosen) == (0, 0, ())


def test_an_item_that_takes_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="no time"):
        make_plan([], MINUTES | {"basic": 0.0}, 60)


def need(point: str, low: float, high: float, *, days: int | None = None) -> Need:
    middle = (low + high) / 2
    return Need(knowledge_point=point, low=low, probability=middle, high=high, days_since=days)


def items_wanted(plan: Plan) -> dict[str, int]:
    choices = (*plan.chosen, *plan.left_for_later, *plan.not_needed)
    return {one.need.knowledge_point: one.items + len(one.retried) for one in choices}
