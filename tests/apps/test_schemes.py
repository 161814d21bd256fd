"""The shipped schemes judge by what the demo's apps really post."""

from collections.abc import Callable

import orjson
import pytest

from apps.demo_district import acts_of_round, rounds
from apps.district import SCALES, make_district
from apps.teaching_days import sessions_of
from apps.truth import Truth
from lrs.drafts import make_authority
from projections.evaluation.published_schemes import Schemes
from projections.evaluation.schemes import Indicator, Measure
from projections.facts import Fact
from projections.meaning.reading import default_reader

Says = Callable[[Fact], bool]

FIELDS: dict[str, Says] = {
    "": lambda fact: True,
    "success": lambda fact: fact.success is not None,
    "on_time": lambda fact: fact.due is not None,
    "completion": lambda fact: fact.completion is not None,
    "score": lambda fact: fact.score is not None,
    "rating": lambda fact: fact.rating is not None,
    "progress": lambda fact: fact.progress is not None,
    "duration": lambda fact: fact.duration is not None,
}
SINGULAR = {"actions": "action", "subjects": "subject", "items": "item", "part_of": "part_of"}


@pytest.fixture(scope="module")
def facts() -> list[Fact]:
    """A few days of a small district."""
    reader = default_reader()
    truth = Truth(make_district(1, SCALES["small"]), keeps_answers=False)
    found: list[Fact] = []
    for app, played in rounds(sessions_of(truth.district)):
        authority = orjson.loads(make_authority("https://xueji.dev/apps", app).json)
        for identity, act in acts_of_round(played, truth):
            statement = orjson.loads(act.json(identity))
            statement |= {"stored": statement["timestamp"], "authority": authority}
            found += reader.read(statement, store="demo", position=1).facts
    return found


def takes(measure: Measure, fact: Fact) -> bool:
    """Whether a fact is evidence of a measure over facts or ratings."""
    where = measure.where
    if measure.over == "ratings":
        raters = where.raters or ("teacher", "peer", "self", "parent", "received")
        if fact.action not in {f"rating_by_{rater}" for rater in raters}:
            return False
    conditions = all(
        not getattr(where, several) or getattr(fact, one) in getattr(where, several)
        for several, one in SINGULAR.items()
    )
    is_in_phase = measure.phase in ("", fact.phase)
    return conditions and is_in_phase and FIELDS[measure.of](fact)


def test_every_indicator_of_a_shipped_scheme_has_evidence(facts: list[Fact]) -> None:
    schemes = Schemes({})
    indicators = [
        indicator
        for name in schemes
        for dimension in schemes.resolve(name).scheme.dimensions
        for indicator in dimension.indicators
    ]
    assert [each.id for each in indicators if not has_evidence(each, facts)] == []


def has_evidence(indicator: Indicator, facts: list[Fact]) -> bool:
    """Whether it has any; mastery and mistakes are made of answers."""
    measure = indicator.measure
    if measure.over in ("mastery", "mistakes"):
        return any(fact.action == "answer" and fact.success is False for fact in facts)
    return any(takes(measure, fact) for fact in facts)
