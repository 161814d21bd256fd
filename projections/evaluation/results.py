"""A student's result in JSON's shapes: scores, levels, intervals, what is missing, evidence."""

import math
from typing import Any, Final, NamedTuple

import msgspec

from projections.days import Days, Span
from projections.evaluation.figures import Figure
from projections.evaluation.measure_queries import rating_actions
from projections.evaluation.schemes import Dimension, Indicator, Measure, Scheme
from projections.evaluation.scoring import Part, Scores, indicators_of, level_of
from projections.evaluation.words import lacks, lifted, moved, reason, said, stands
from projections.evidence import Wanted, figure_evidence
from projections.responses import CORRECTED

Told = dict[str, Any]
Key = tuple[str, str]  # ids of dimension and indicator


class Standing(NamedTuple):
    """A scheme, some days, and what people scored in these and in as many days before."""

    scheme: Scheme
    span: Span
    now: Scores
    before: Scores


def told_student(standing: Standing, at: int = 0) -> Told:
    """Tell the result of one of the people who were scored, by their place."""
    scheme, now = standing.scheme, standing.now
    total = _told(standing, now.total, standing.before.total, at)
    return {
        **told_scheme(scheme),
        "period": standing.span.days.shown(),
        "before": standing.span.before().days.shown(),
        "total": total,
        "kinds": _apart(standing, now.kinds, standing.before.kinds, at),
        "sources": _apart(standing, now.sources, standing.before.sources, at),
        "dimensions": [_dimension(standing, one, at) for one in scheme.dimensions],
        "explanation": _explanation(standing, at, total["change"]),
    }


def told_scheme(scheme: Scheme) -> Told:
    """Tell which scheme it is, with its levels."""
    return {
        "scheme": {"id": scheme.id, "title": said(scheme.title)},
        "levels": [
            {"id": one.id, "title": said(one.title), "at_least": one.at_least}
            for one in scheme.levels
        ],
    }


def known(value: float) -> float | None:
    """Give a number, None for NaN."""
    return None if math.isnan(value) else float(value)


def _told(standing: Standing, part: Part, before: Part, at: int) -> Told:
    reached = float(part.score[at])
    level = level_of(standing.scheme, reached)
    return {
        "score": known(reached),
        "level": level.id if level else None,
        "low": known(part.low[at]),
        "high": known(part.high[at]),
        "completeness": float(part.complete[at]),
        "before": known(before.score[at]),
        "change": known(reached - before.score[at]),
    }


def _apart(
    standing: Standing, parts: dict[str, Part], before: dict[str, Part], at: int
) -> dict[str, Told]:
    return {name: _told(standing, part, before[name], at) for name, part in parts.items()}


def _dimension(standing: Standing, dimension: Dimension, at: int) -> Told:
    now, before = standing.now.dimensions[dimension.id], standing.before.dimensions[dimension.id]
    return {
        "id": dimension.id,
        "title": said(dimension.title),
        "weight": dimension.weight,
        **_told(standing, now, before, at),
        "indicators": [
            _indicator(standing, (dimension.id, one.id), one, at) for one in dimension.indicators
        ],
    }


def _indicator(standing: Standing, key: Key, indicator: Indicator, at: int) -> Told:
    now = standing.now
    part, figure = now.indicators[key], Figure(*now.figures[key][at])
    share = float(now.shares[key][at])
    measure, normalisation = indicator.measure, indicator.normalisation
    return {
        "id": indicator.id,
        "title": said(indicator.title),
        "kind": indicator.kind,
        "source": indicator.source,
        "phase": measure.phase,
        "weight": indicator.weight,
        **_told(standing, part, standing.before.indicators[key], at),
        "points": known(share * part.score[at]),
        "of_points": 100.0 * share,
        "measure": {
            "over": measure.over,
            "figure": measure.figure,
            "of": measure.of,
            "at_most": msgspec.to_builtins(measure.at_most),
        },
        "normalisation": {
            **msgspec.to_builtins(normalisation),
            "cohort": now.compared[key][at] if now.compared[key] else None,
        },
        "figure": {
            "value": known(figure.value),
            "low": known(figure.low),
            "high": known(figure.high),
            "seen": known(figure.seen),
        },
        "counted": int(figure.counted),
        "minimum": indicator.minimum,
        "missing": _missing(standing, key, indicator, at),
        "evidence": evidence_of(measure, now.persons[at], standing.span, int(figure.facts)),
    }


def _missing(standing: Standing, key: Key, indicator: Indicator, at: int) -> Told | None:
    if not math.isnan(standing.now.indicators[key].score[at]):
        return None
    figure = Figure(*standing.now.figures[key][at])
    is_enough = figure.counted >= indicator.minimum and not math.isnan(figure.value)
    return reason("cohort" if is_enough else "evidence", indicator, int(figure.counted))


def _explanation(standing: Standing, at: int, change: float | None) -> list[Told]:
    scheme, now = standing.scheme, standing.now
    total = float(now.total.score[at])
    told = [stands(total, level_of(scheme, total))]
    if change is not None:
        told.append(moved(change))
    indicators = indicators_of(scheme)
    if not math.isnan(total):
        told += lifted(
            [
                (one, float(now.indicators[key].score[at]), by)
                for key, one in indicators.items()
                if (by := influence(now, key, at)) is not None
            ]
        )
    weights = {dimension.id: dimension.weight for dimension in scheme.dimensions}
    missing = [
        (weights[key[0]] * one.weight, one)
        for key, one in indicators.items()
        if one.weight and math.isnan(now.indicators[key].score[at])
    ]
    if missing:
        missing.sort(key=lambda each: -each[0])
        told.append(lacks([one for _, one in missing], float(now.total.complete[at])))
    return told


def influence(scores: Scores, key: Key, at: int) -> float | None:
    """Give by how many points an indicator moves a total from what all others would make it."""
    share, reached = float(scores.shares[key][at]), float(scores.indicators[key].score[at])
    if not 0.0 < share < 1.0:
        return None
    total = float(scores.total.score[at])
    return total - (total - share * reached) / (1.0 - share)


# Evidence ----------------------------------------------------------------------------------------

_KNOWN: Final = {"on_time": "due", "": None}


def evidence_of(measure: Measure, person: str, span: Span, facts: int) -> Told:
    """Say what a figure rests on, and what to ask to get exactly these facts.

    Mastery and mistakes rest on all responses up to the last day. What is bounded counts the first
    of these facts in time. Documents aren't facts: they are read apart, with scopes of their own.
    """
    where = measure.where
    if measure.over == "documents":
        named = {
            "kind": where.kinds,
            "app": where.apps,
            "activity": where.activities,
            "id": where.ids,
        }
        given = {name: list(values) for name, values in named.items() if values}
        return {"documents": facts, "wanted": {"person": person, **given, **span.days.shown()}}
    asked: dict[str, Any] = {
        "person": person,
        "phase": measure.phase,
        "actions": where.actions,
        "subject": where.subjects,
        "knowledge_point": where.knowledge_points,
        "lesson": where.lessons,
        "course": where.courses,
        "item": where.items,
        "part_of": where.part_of,
        "app": where.apps,
        "layer": where.layers,
    }
    days = span.days
    if measure.over == "ratings":
        asked |= {"actions": rating_actions(where), "known": ("rating",)}
    elif measure.over == "mastery":
        asked |= {"actions": ("answer",), "known": ("success",)}
        days = Days(None, span.last)
    elif measure.over == "mistakes":
        asked |= {"actions": ("answer", CORRECTED)}
        days = Days(None, span.last)
    elif measure.of:
        asked["known"] = (_KNOWN.get(measure.of) or measure.of,)
    return figure_evidence(facts, Wanted(**asked).within(days))
