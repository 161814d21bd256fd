"""The growth model learns from what the fold folds."""

from datetime import timedelta

import msgspec
import pytest

from projections.folds import DISTRICT_TIMEZONE
from projections.prediction.growth_record import scores_of_record
from projections.prediction.levels import week_of_school_year
from projections.warehouse import Generation, Warehouse
from tests.support.clickhouse import embedded_dsn, fresh_catalogue
from tests.support.small_district import STORE, TODAY, answers, carry, key

SEVEN_HOURS = 7 * 3_600_000_000


@pytest.fixture(scope="module")
def generation() -> Generation:
    warehouse = Warehouse.open(embedded_dsn(), catalogue=fresh_catalogue())
    generation = warehouse.ensure("growth")
    facts = []
    for day in range(0, 30, 3):
        on = TODAY - timedelta(days=day)
        facts += answers("a", on, [True, False, True])
        facts += answers("b", on, [True])
        mark = answers("b", on, [True], "q", action="result", score=day / 40)
        # At one in the morning in Shanghai: of that day, though the evening before in UTC.
        facts += [msgspec.structs.replace(fact, time=fact.time - SEVEN_HOURS) for fact in mark]
        facts += answers("c", on, [True], subject="", course="module", action="check", score=-0.5)
        facts += answers("d", on, [True], subject="")
    carry(generation, facts)
    return generation


def test_what_is_learned_from_is_what_levels_are_folded_from(generation: Generation) -> None:
    scores = list(scores_of_record(generation, STORE, DISTRICT_TIMEZONE))
    said = {(one.learner, one.course, one.kind, one.answers) for one in scores}
    assert said == {
        (key("a"), "mathematics", "answer", 3),
        (key("b"), "mathematics", "result", 0),
        (key("c"), "module", "check", 0),
    }
    assert {one.score for one in scores if one.learner == key("c")} == {0.0}
    for learner, subject in {(one.learner, one.course) for one in scores}:
        asked = {"person": learner, "subject": subject, "until": "2099-01-01"}
        weeks = generation.query("level_weeks", store=STORE, **asked)
        own = [one for one in scores if one.learner == learner]
        assert sum(week[8] for week in weeks) == len(own) == weeks[-1][5 + 1]
        assert sum(week[8] * week[9] for week in weeks) == pytest.approx(sum(s.score for s in own))
        assert {one.order for one in own} == {week_of_school_year(one.day) for one in own}


def test_only_results_up_to_a_day_are_learned_from(generation: Generation) -> None:
    until = TODAY - timedelta(days=10)
    some = list(scores_of_record(generation, STORE, DISTRICT_TIMEZONE, until))
    every = list(scores_of_record(generation, STORE, DISTRICT_TIMEZONE))
    assert len(some) == 6 * 3
    assert some == [one for one in every if one in some]
