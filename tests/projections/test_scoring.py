"""Scores: normalisation, weights, what is missing, levels, and what repetition can bring."""

import itertools
import math
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.evaluation.figures import Figure
from projections.evaluation.schemes import (
    Bound,
    By,
    Dimension,
    Indicator,
    Level,
    Measure,
    Normalisation,
    Scheme,
    Title,
)
from projections.evaluation.scoring import Cohorts, Scores, level_of, score

TITLE = Title(zh="指标", en="Indicator")
COUNT = Measure(over="facts", figure="count", at_most=Bound(each="day", count=3))
SHARE = Measure(over="facts", figure="share", of="success")
NOBODY = Cohorts({}, {})
LEVELS = (
    Level(id="A", title=TITLE, at_least=85),
    Level(id="B", title=TITLE, at_least=60),
)


def indicator(
    name: str,
    measure: Measure = SHARE,
    by: By = "criterion",
    weight: float = 100,
    ends: tuple[float, float] = (0, 1),
    minimum: int = 1,
) -> Indicator:
    normalisation = Normalisation(by=by)
    if by == "criterion":
        normalisation = Normalisation(by=by, zero=ends[0], full=ends[1])
    return Indicator(
        id=name,
        title=TITLE,
        kind="process" if name.startswith("p") else "outcome",
        source="objective",
        measure=measure,
        normalisation=normalisation,
        weight=weight,
        minimum=minimum,
    )


def scheme(*dimensions: tuple[float, list[Indicator]]) -> Scheme:
    return Scheme(
        id="of-test",
        title=TITLE,
        levels=LEVELS,
        dimensions=tuple(
            Dimension(id=f"d{place}", title=TITLE, weight=weight, indicators=tuple(some))
            for place, (weight, some) in enumerate(dimensions)
        ),
    )


def exact(value: float, n: int = 10) -> Figure:
    return Figure(n, n, value, value, value)


def scores_of(
    indicators: list[Indicator],
    figures: Mapping[Measure, Mapping[str, Figure]],
    persons: list[str],
    cohorts: Cohorts = NOBODY,
) -> Scores:
    return score(scheme((100, indicators)), persons, figures, cohorts)


def cohort(persons: list[str]) -> Cohorts:
    return Cohorts(dict.fromkeys(persons, ("grade", "school")), {"grade": persons})


@pytest.mark.parametrize(
    ("ends", "value", "expected"),
    [((0, 1), 0.5, 50), ((0.2, 0.6), 0.5, 75), ((0, 1), 1.0, 100), ((0.5, 1), 0.1, 0),
     ((0.5, 0.9), 1.0, 100), ((1, 0), 0.25, 75)],
)  # fmt: skip
def test_a_criterion_is_a_straight_line_that_ends_at_0_and_100(
    ends: tuple[float, float], value: float, expected: float
) -> None:
    figures = {SHARE: {"an": Figure(9, 9, value, value - 0.1, value + 0.1)}}
    total = scores_of([indicator("p", ends=ends)], figures, ["an"]).total
    assert total.score[0] == pytest.approx(expected)
    assert 0 <= total.low[0] <= total.score[0] <= total.high[0] <= 100


def test_comparing_is_by_the_normal_curve_by_ranks_or_between_the_ends() -> None:
    persons = [f"s{number:02}" for number in range(11)]
    figures = {SHARE: {who: exact(0.1 * number) for number, who in enumerate(persons)}}
    found = {
        by: scores_of([indicator("p", by=by)], figures, persons, cohort(persons)).total.score
        for by in ("cohort-z", "percentile", "min-max")
    }
    assert [found[by][5] for by in found] == pytest.approx([50, 50, 50])
    deviation = math.sqrt(1.1 / 10)
    assert found["cohort-z"][10] == pytest.approx(50 * (1 + math.erf(0.5 / deviation / 2**0.5)))
    assert found["percentile"][0] == pytest.approx(100 * 0.5 / 11)
    assert (found["min-max"][0], found["min-max"][10]) == (0, 100)


def test_a_cohort_that_is_all_alike_scores_50() -> None:
    persons = [f"s{number:02}" for number in range(12)]
    figures = {SHARE: dict.fromkeys(persons, exact(0.4))}
    for by in ("cohort-z", "percentile", "min-max"):
        one = indicator("p", by=by)  # type: ignore[arg-type]
        assert set(scores_of([one], figures, persons, cohort(persons)).total.score) == {50}


def test_where_the_grade_is_too_small_the_school_is_compared_with_and_else_nobody() -> None:
    persons = [f"s{number:02}" for number in range(12)]
    figures = {SHARE: {who: exact(0.05 * number) for number, who in enumerate(persons)}}
    small = Cohorts({"s00": ("grade", "school")}, {"grade": persons[:3], "school": persons})
    one = indicator("p", by="percentile")
    found = scores_of([one], figures, ["s00"], small)
    assert found.compared["d0", "p"] == ["school"]
    alone = scores_of([one], figures, ["s00"], Cohorts({"s00": ("grade",)}, small.members))
    assert alone.compared["d0", "p"] == [""]
    assert math.isnan(alone.total.score[0])


def test_what_lacks_evidence_leaves_its_weight_to_the_others_and_is_said() -> None:
    few = Measure(over="facts", figure="share", of="completion")
    figures = {SHARE: {"an": exact(0.8)}, few: {"an": exact(0.1, n=2)}}
    some = [indicator("p", weight=30), indicator("o", few, weight=70, minimum=3)]
    found = score(
        scheme((40, some), (60, [indicator("q", few, minimum=3)])), ["an"], figures, NOBODY
    )
    assert found.total.score[0] == pytest.approx(80)
    assert found.total.complete[0] == pytest.approx(0.4 * 0.3)
    assert found.sources["objective"].complete[0] == pytest.approx(0.4 * 0.3)
    assert found.sources["objective"].score[0] == pytest.approx(80)
    assert found.shares["d0", "p"][0] == 1.0
    assert found.shares["d0", "o"][0] == 0.0
    assert math.isnan(found.dimensions["d1"].score[0])


def test_a_total_is_the_weighted_sum_and_its_points_add_up_to_it() -> None:
    figures = {SHARE: {"an": exact(0.8)}, COUNT: {"an": exact(3)}}
    some = [indicator("p", weight=25), indicator("o", COUNT, weight=75, ends=(0, 12))]
    found = score(scheme((40, some), (60, [indicator("p")])), ["an"], figures, NOBODY)
    expected = 0.4 * (0.25 * 80 + 0.75 * 25) + 0.6 * 80
    assert found.total.score[0] == pytest.approx(expected)
    points = sum(
        float(share[0]) * float(found.indicators[key].score[0])
        for key, share in found.shares.items()
    )
    assert points == pytest.approx(expected)
    assert found.kinds["process"].score[0] == pytest.approx(80)
    assert found.kinds["outcome"].score[0] == pytest.approx(25)


def test_the_interval_of_a_sum_is_by_the_delta_method() -> None:
    other = Measure(over="facts", figure="mean", of="score")
    figures = {
        SHARE: {"an": Figure(9, 9, 0.5, 0.4, 0.6)},
        other: {"an": Figure(9, 9, 0.5, 0.3, 0.7)},
    }
    some = [indicator("p", weight=50), indicator("o", other, weight=50)]
    total = scores_of(some, figures, ["an"]).total
    assert total.high[0] - total.score[0] == pytest.approx(math.hypot(5, 10))


def test_a_score_reaches_the_highest_level_that_it_may() -> None:
    of_test = scheme((100, [indicator("p")]))
    reached = [level_of(of_test, value) for value in (100, 85, 84.9, 60, 10, math.nan)]
    assert [level.id if level else None for level in reached] == ["A", "A", "B", "B", None, None]


@given(st.integers(0, 5000), st.integers(1, 50), st.floats(1, 100))
def test_one_more_action_of_a_bounded_kind_never_raises_a_total_beyond_its_bound(
    times: int, days: int, full: float
) -> None:
    """In a day an action brings `count` at most, so a total rises by weight * count / full."""
    some = [indicator("p", weight=80), indicator("o", COUNT, weight=20, ends=(0, full))]

    def total(actions: int) -> float:
        counted = min(actions, 3) + 3 * (days - 1)
        figures = {SHARE: {"an": exact(0.5)}, COUNT: {"an": exact(counted)}}
        return float(scores_of(some, figures, ["an"]).total.score[0])

    assert total(times) - total(1) <= 20 * 2 / full + 1e-5
    assert total(times) <= 0.8 * 50 + 20 + 1e-5


@given(
    st.lists(st.floats(0, 1), min_size=12, max_size=30),
    st.sampled_from(["criterion", "cohort-z", "percentile", "min-max"]),
)
def test_scores_are_0_to_100_and_a_higher_figure_never_scores_less(
    values: list[float], by: By
) -> None:
    persons = [f"s{number:02}" for number in range(len(values))]
    figures = {SHARE: {who: exact(value) for who, value in zip(persons, values, strict=True)}}
    total = scores_of([indicator("p", by=by)], figures, persons, cohort(persons)).total.score
    assert all(0 <= one <= 100 for one in total)
    ordered = [one for _, one in sorted(zip(values, total, strict=True))]
    assert all(one <= other + 1e-5 for one, other in itertools.pairwise(ordered))
