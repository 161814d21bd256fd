"""Schemes for tests: a small document that can be changed, and any valid scheme."""

import itertools
from typing import Any

from hypothesis import strategies as st

from projections.evaluation.scheme_reading import CONDITIONS
from projections.evaluation.schemes import (
    DOCUMENT_KINDS,
    EACH,
    FIGURES,
    KINDS,
    RATERS,
    Bound,
    Dimension,
    Indicator,
    Level,
    Measure,
    Normalisation,
    Scheme,
    Title,
    Where,
)
from projections.vocabulary import ACTIONS, LAYERS, PHASES, SUBJECTS

BASE = """# 一个小方案
scheme: base
title: {zh: 基础方案, en: Base}
levels:
  - {id: A, title: {zh: 优秀, en: Excellent}, at_least: 85}
  - {id: B, title: {zh: 合格, en: Satisfactory}, at_least: 0}
dimensions:
  - id: learning
    title: {zh: 学习, en: Learning}
    weight: 60
    indicators:
      - id: accuracy
        title: {zh: 正确率, en: Accuracy}
        kind: process
        source: objective
        phase: post
        measure: {over: facts, figure: share, of: success, where: {actions: [answer]}}
        normalisation: {by: criterion, zero: 0.2, full: 1}
        weight: 100
  - id: conduct
    title: {zh: 品行, en: Conduct}
    weight: 40
    indicators:
      - id: praise
        title: {zh: 评价, en: Ratings}
        kind: process
        source: subjective
        measure: {over: ratings, figure: mean}
        normalisation: {by: criterion, zero: 0, full: 1}
        weight: 50
      - id: badges
        title: {zh: 榜样章, en: Badges}
        kind: outcome
        source: subjective
        measure: {over: facts, figure: count, at_most: {each: day, count: 1}}
        normalisation: {by: percentile}
        weight: 50
"""
OWN = """# 学校自己的方案
scheme: own
title: {zh: 本校方案, en: Our own}
extends: base
dimensions:
  - {id: learning, weight: 50}
  - {id: conduct, weight: 50}
"""


def replaced(text: str, *changes: tuple[str, str]) -> str:
    """Change parts of a document, each of which has to be in it."""
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def school_scheme(school: str, name: str = "own", extends: str = "base") -> str:
    """Give a school's own document, which extends another and changes weights."""
    head = f"scheme: {name}\nschool: {school}"
    return replaced(OWN, ("scheme: own", head), ("extends: base", f"extends: {extends}"))


def small_scheme(name: str = "base", extends: str = "", en: str = "Base") -> str:
    """Give a small document; one that extends another changes weights."""
    text = OWN if extends else BASE
    first = "scheme: own" if extends else "scheme: base"
    changes = [(first, f"scheme: {name}")]
    if extends:
        changes.append(("extends: base", f"extends: {extends}"))
    else:
        changes.append(("en: Base}", f"en: {en}}}"))
    return replaced(text, *changes)


# Any valid scheme ---------------------------------------------------------------------------------

_texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\ufeff")
    | st.sampled_from("\n\t"),
    min_size=1,
    max_size=12,
).filter(str.strip)
_ids = st.from_regex(r"[\w-]{1,8}", fullmatch=True)
_titles = st.builds(Title, zh=_texts, en=_texts)
_iris = st.sampled_from(["https://a.example/1", "urn:知识点", "tag:x,2026:y"])
_VALUES = {
    "actions": st.sampled_from(sorted(ACTIONS)),
    "raters": st.sampled_from(RATERS),
    "kinds": st.sampled_from(DOCUMENT_KINDS),
    "subjects": st.sampled_from([*SUBJECTS, "儿童哲学"]),
    "layers": st.sampled_from([*LAYERS, "亲子"]),
    "apps": _texts,
    "ids": _texts,
}


@st.composite
def _weights(draw: st.DrawFn, count: int) -> list[float]:
    """Weights that sum to 100."""
    cuts = draw(st.sets(st.integers(1, 9_999), min_size=count - 1, max_size=count - 1))
    ends = [0, *sorted(cuts), 10_000]
    return [(high - low) / 100 for low, high in itertools.pairwise(ends)]


@st.composite
def _measures(draw: st.DrawFn) -> Measure:
    over = draw(st.sampled_from(sorted(FIGURES)))
    figure = draw(st.sampled_from(sorted(FIGURES[over])))
    conditions = draw(st.sets(st.sampled_from(CONDITIONS[over]), max_size=3))
    where = {
        name: tuple(draw(st.lists(_VALUES.get(name, _iris), min_size=1, max_size=2, unique=True)))
        for name in conditions
    }
    is_in_time = over in ("facts", "ratings")
    can_be_bound = is_in_time and figure not in ("days", "lessons")
    bounds = st.builds(Bound, each=st.sampled_from(EACH), count=st.integers(1, 50))
    return Measure(
        over=over,
        figure=figure,
        of=draw(st.sampled_from(FIGURES[over][figure])),
        phase=draw(st.sampled_from(["", *PHASES])) if is_in_time else "",
        where=Where(**where),
        at_most=draw(bounds) if can_be_bound else None,
    )


@st.composite
def _indicators(draw: st.DrawFn, name: str, weight: float) -> Indicator:
    measure = draw(_measures())
    zero, full = draw(st.lists(st.floats(0, 1), min_size=2, max_size=2, unique=True))
    by = st.sampled_from(
        ["percentile"] if measure.over == "documents" else ["percentile", "min-max", "cohort-z"]
    )
    normalisations = st.just(Normalisation(by="criterion", zero=zero, full=full)) | st.builds(
        Normalisation, by=by
    )
    sources = {"ratings": ["subjective"], "mastery": ["objective"], "mistakes": ["objective"]}
    return Indicator(
        id=name,
        title=draw(_titles),
        kind=draw(st.sampled_from(KINDS)),
        source=draw(st.sampled_from(sources.get(measure.over, ["objective", "subjective"]))),  # type: ignore[arg-type]
        measure=measure,
        normalisation=draw(normalisations),
        weight=weight,
        minimum=draw(st.integers(1, 100)),
        description=draw(st.none() | _titles),
    )


@st.composite
def schemes(draw: st.DrawFn) -> Scheme:
    """Any valid scheme that extends none."""
    counts = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    names = draw(st.lists(_ids, min_size=sum(counts), max_size=sum(counts), unique=True))
    dimensions: list[Dimension] = []
    for count, weight in zip(counts, draw(_weights(len(counts))), strict=True):
        parts: list[Any] = [draw(_indicators(names.pop(), each)) for each in draw(_weights(count))]
        dimensions.append(
            Dimension(
                id=f"d{len(dimensions)}",
                title=draw(_titles),
                weight=weight,
                indicators=tuple(parts),
                description=draw(st.none() | _titles),
            )
        )
    begins = sorted(draw(st.sets(st.integers(1, 100), max_size=3)), reverse=True)
    return Scheme(
        id=draw(_ids),
        title=draw(_titles),
        levels=tuple(
            Level(id=f"L{number}", title=draw(_titles), at_least=float(begin))
            for number, begin in enumerate([*begins, 0])
        ),
        dimensions=tuple(dimensions),
        description=draw(st.none() | _titles),
    )
