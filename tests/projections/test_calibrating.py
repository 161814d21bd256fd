"""A calibration is learned from the facts of a store, and its card says how well it foretells."""

from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from projections.facts import Fact
from projections.prediction.calibrating import (
    Before,
    Calibrated,
    Compared,
    Difference,
    Evidence,
    Recorded,
    calibrate,
    evidence_of,
    rounded,
)
from projections.prediction.calibration import Calibration
from projections.prediction.mastery import Globals
from projections.prediction.mastery_learning import TooFewResponses, fit
from projections.tables import FACTS, IDENTITIES, fact_row
from projections.warehouse import Generation, Warehouse
from tests.support.clickhouse import embedded_dsn, fresh_catalogue
from tests.support.facts import HOUR, answer, at
from tests.support.responses import simulated

TIMEZONE = "Asia/Shanghai"
START = at("2026-03-02T08:00")


@pytest.fixture(scope="module")
def generation() -> Iterator[Generation]:
    warehouse = Warehouse.open(embedded_dsn(), catalogue=fresh_catalogue())
    yield warehouse.ensure()
    warehouse.close()


def facts_of(learners: int, each: int, store: str) -> list[Fact]:
    return [
        answer(
            one.learner,
            one.item,
            START + number * HOUR,
            one.success,
            knowledge_points=one.knowledge_points,
            subject="mathematics",
            school=f"school-{number // each % 2}",
            store=store,
        )
        for number, one in enumerate(simulated(learners, each))
    ]


@pytest.fixture(scope="module")
def made() -> Calibrated:
    return calibrate(evidence(120, 20), None)


def evidence(learners: int, each: int) -> Evidence:
    recorded = [
        Recorded(one, "mathematics", f"school-{number // each % 2}", START + number * HOUR)
        for number, one in enumerate(simulated(learners, each))
    ]
    return Evidence(recorded, [], "")


def test_responses_are_read_as_they_are_folded(generation: Generation) -> None:
    facts = facts_of(3, 4, "read")
    others = [
        answer("learner-0", "item", START, None, knowledge_points=("fractions",), store="read"),
        answer("learner-0", "item", START, True, store="read"),  # of no knowledge point
        answer("learner-0", "item", START, True, knowledge_points=("x",), store="elsewhere"),
    ]
    generation.insert(FACTS.name, [fact_row(one) for one in [*reversed(facts), *others]])
    generation.insert(IDENTITIES.name, [("read", "learner-2", "learner-0", 1, 0)])
    found = evidence_of(generation, "read", TIMEZONE).responses
    by_learner: dict[str, list[tuple[str, bool]]] = {}
    for one in found:
        by_learner.setdefault(one.response.learner, []).append(
            (one.response.item, one.response.success)
        )
    expected = {
        "learner-0": [(f.item, f.success) for f in facts if f.person != "learner-1"],
        "learner-1": [(f.item, f.success) for f in facts if f.person == "learner-1"],
    }
    assert by_learner == expected
    until = datetime.fromtimestamp((START + 5 * HOUR) / 1e6, UTC)
    assert len(evidence_of(generation, "read", TIMEZONE, until).responses) == 6


def test_a_card_tells_data_and_marks_by_group_beside_the_priors(made: Calibrated) -> None:
    card = made.card
    assert (card.data.responses, card.data.learners, card.data.items) == (2400, 120, 6)
    assert (card.data.first_day, card.data.knowledge_points) == ("2026-03-02", 3)
    assert card.version == made.calibration.version
    assert card.version.startswith(card.data.last_day)
    assert card.priors.version == "prior"
    assert card.mastery.logloss < card.priors.logloss
    assert card.priors.difference.logloss == pytest.approx(
        card.mastery.logloss - card.priors.logloss
    )
    assert not card.is_worse
    assert sum(marks.n for marks in card.mastery.by_known.values()) == card.mastery.n
    assert card.groups["subject"]["mathematics"].n == card.mastery.n
    assert card.growth["learned"] is False


def test_the_same_evidence_gives_the_same_calibration(made: Calibrated) -> None:
    again = calibrate(evidence(120, 20), Before(made.calibration, made.card.data.last_day))
    assert again.calibration == made.calibration
    assert again.card.in_force is not None
    assert again.card.in_force.version == made.calibration.version
    assert not again.card.in_force.fair  # it was learned from the held-out learners, too
    assert not again.card.is_worse


def test_what_was_published_before_is_compared_on_later_responses(made: Calibrated) -> None:
    easy = Globals(weights={**Globals().weights, "intercept": (5.0, 0.0)})
    worse = calibrate(evidence(150, 20), Before(Calibration("easy", easy), "2026-03-02")).card
    assert worse.in_force is not None
    assert worse.in_force.fair
    assert worse.in_force.difference.logloss < 0
    assert not worse.is_worse


def test_what_foretells_worse_than_what_is_published_says_so(made: Calibrated) -> None:
    assert Difference(0.02, 0.005).is_worse
    assert not Difference(0.02, 0.015).is_worse
    better = Compared("better", 800, True, 0.8, 0.01, 0.4, Difference(0.1, 0.01))
    assert msgspec.structs.replace(made.card, in_force=better).is_worse
    unfair = msgspec.structs.replace(better, fair=False)
    assert not msgspec.structs.replace(made.card, in_force=unfair).is_worse


def test_too_little_is_refused() -> None:
    with pytest.raises(TooFewResponses, match="40 of 1,000 responses"):
        calibrate(evidence(10, 4), None)


def test_what_is_learned_takes_little_space_in_the_log() -> None:
    learned = rounded(fit(simulated(30, 10)))
    assert rounded(learned) == learned
    assert msgspec.json.decode(msgspec.json.encode(learned), type=Globals) == learned
    assert rounded(Globals()) == Globals()
    assert len(msgspec.json.encode(Calibration("v", learned))) < 3000
