"""A weight of a scheme's document changes, and nothing else does."""

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.evaluation.scheme_faults import SchemeFaulty
from projections.evaluation.scheme_weighing import weighed, weights_said
from projections.evaluation.scheme_writing import scheme_text
from projections.evaluation.schemes import Scheme
from tests.support.scheme_documents import BASE, schemes

PARTIAL = """scheme: own   # ours
title: {zh: 本校, en: Ours}
extends: base
dimensions:
  - id: learning       # its weight is the other's
  - {id: conduct, weight: 30}
"""


def weight_in(text: str, dimension: str, indicator: str = "") -> Any:
    parts = yaml.safe_load(text)["dimensions"]
    [part] = [one for one in parts if one["id"] == dimension]
    if indicator:
        [part] = [one for one in part["indicators"] if one["id"] == indicator]
    return part["weight"]


@settings(max_examples=40)
@given(schemes(), st.integers(0, 100), st.data())
def test_one_weight_of_any_scheme_changes_and_all_else_stays(
    scheme: Scheme, weight: int, data: st.DataObject
) -> None:
    text = scheme_text(scheme)
    dimension = data.draw(st.sampled_from(scheme.dimensions))
    indicator = data.draw(st.sampled_from(["", *(one.id for one in dimension.indicators)]))
    changed = weighed(text, weight, dimension.id, indicator)
    before, after = yaml.safe_load(text), yaml.safe_load(changed)
    for part in before["dimensions"]:
        if part["id"] != dimension.id:
            continue
        inner = [one for one in part["indicators"] if one["id"] == indicator]
        (inner[0] if inner else part)["weight"] = weight
    assert after == before
    assert weights_said(changed)[dimension.id, indicator] == weight


def test_comments_and_order_stay_as_they_are() -> None:
    changed = weighed(BASE, 55, "learning")
    assert changed == BASE.replace("    weight: 60\n", "    weight: 55\n")


@pytest.mark.parametrize(
    ("dimension", "indicator"),
    [
        ("learning", ""),
        ("conduct", ""),
        ("conduct", "praise"),
        ("learning", "accuracy"),
        ("reading", ""),
        ("reading", "days"),
    ],
)
def test_a_weight_that_was_left_to_the_other_scheme_is_added(
    dimension: str, indicator: str
) -> None:
    changed = weighed(PARTIAL, 45, dimension, indicator)
    assert weight_in(changed, dimension, indicator) == 45
    assert "# ours" in changed
    assert weights_said(changed)[dimension, indicator] == 45
    again = weighed(changed, 12.5, dimension, indicator)
    assert weight_in(again, dimension, indicator) == 12.5


@pytest.mark.parametrize(
    "text",
    [
        "scheme: own\nextends: base\n",
        "{scheme: own, extends: base}",
        "scheme: own\nextends: base\ndimensions: []\n",
    ],
)
def test_a_scheme_without_dimensions_of_its_own_gets_one(text: str) -> None:
    assert weight_in(weighed(text, 20, "learning"), "learning") == 20
    assert weight_in(weighed(text, 20, "learning", "accuracy"), "learning", "accuracy") == 20


def test_what_is_no_document_is_refused_and_says_no_weights() -> None:
    with pytest.raises(SchemeFaulty, match="not valid YAML"):
        weighed("scheme: [", 1, "learning")
    assert weights_said("scheme: [") == {}
    assert weights_said("- 1") == {}
