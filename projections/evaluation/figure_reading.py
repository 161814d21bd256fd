"""From the rows of a warehouse to figures of measures: those of many people at once, as arrays."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from projections.evaluation.figures import Figure, Rating, is_adjusted, mean_of
from projections.evaluation.measure_queries import (
    Asked,
    Sql,
    documents_query,
    facts_query,
    mastery_query,
    ratings_query,
)
from projections.evaluation.mistake_queries import corrections_query, mistakes_query
from projections.evaluation.schemes import Measure, Over
from projections.prediction.mastery import INTERVAL
from projections.shares import wilson_of_many

_Rows = list[tuple[Any, ...]]
_Run = Callable[[Sql], _Rows]
_Columns = tuple[np.ndarray, ...]  # as those of a figure, up to the interval


class Found(NamedTuple):
    """What was found of people in some days, by measure; who isn't there has no evidence.

    ``figures`` are people and an array with a row each, ``ratings`` those that figures are worked
    out from.
    """

    figures: dict[Measure, tuple[list[str], np.ndarray]]
    ratings: dict[Measure, dict[str, list[Rating]]]


def find(run: _Run, asked: Asked, measures: Sequence[Measure]) -> list[Found]:
    """Find what measures say of the people asked about: for each of the spans."""
    found = [Found({}, {}) for _ in asked.spans]
    for over, (query, read) in _READ.items():
        if some := [measure for measure in measures if measure.over == over]:
            _take(found, some, run(query(asked, some)), read)
    if some := [measure for measure in measures if measure.over == "ratings"]:
        _take_ratings(found, some, run(ratings_query(asked, some)))
    if some := [measure for measure in measures if measure.over == "mistakes"]:
        is_corrected = bool(run(corrections_query(asked)))
        rows = run(mistakes_query(asked, some, is_corrected=is_corrected))
        _take(found, some, rows, _of_mistakes)
    return found


def _take(
    found: Sequence[Found],
    measures: Sequence[Measure],
    rows: _Rows,
    read: Callable[..., _Columns],
) -> None:
    """Read rows of person, span, measure and numbers."""
    if not rows:
        return
    who, spans, places, *columns = zip(*rows, strict=True)
    numbers, span_of, place_of = np.array(columns, dtype=float), np.array(spans), np.array(places)
    for span, known in enumerate(found, 1):
        for place, measure in enumerate(measures, 1):
            at = np.flatnonzero((span_of == span) & (place_of == place))
            figures = np.full((len(at), len(Figure._fields)), np.nan)
            for column, values in enumerate(read(measure, *numbers[:, at])):
                figures[:, column] = values
            known.figures[measure] = ([who[one] for one in at.tolist()], figures)


def _take_ratings(found: Sequence[Found], measures: Sequence[Measure], rows: _Rows) -> None:
    for known in found:
        known.ratings.update((measure, {}) for measure in measures)
    for who, span, place, *rating in rows:
        of_measure = found[span - 1].ratings[measures[place - 1]]
        of_measure.setdefault(who, []).append(Rating._make(rating))
    for known in found:
        for measure in measures:
            if not is_adjusted(measure):
                given = known.ratings.pop(measure)
                counted = [sum(one.counts for one in some) for some in given.values()]
                columns = [[len(some) for some in given.values()], *[counted] * 4]
                figures = np.full((len(given), len(Figure._fields)), np.nan)
                figures[:, : len(columns)] = np.array(columns).T
                known.figures[measure] = (list(given), figures)


def _of_facts(
    measure: Measure, facts: np.ndarray, n: np.ndarray, total: np.ndarray, squares: np.ndarray
) -> _Columns:
    match measure.figure:
        case "count":
            return facts, n, n, n, n
        case "days" | "lessons":
            return facts, facts, n, n, n
        case "sum":
            return facts, n, total, total, total
        case "share":
            return _share(facts, n, np.rint(total))
    return facts, n, *mean_of(n, total, squares)


def _share(facts: np.ndarray, n: np.ndarray, right: np.ndarray) -> _Columns:
    with np.errstate(invalid="ignore", divide="ignore"):
        low, high = wilson_of_many(right, n)
        p = right / n
        # At the ends rounding can leave the share just outside of what holds it.
        return facts, n, p, np.minimum(low, p), np.maximum(high, p)


def _of_mastery(
    measure: Measure,
    points: np.ndarray,
    mastered: np.ndarray,
    total: np.ndarray,
    variance: np.ndarray,
    tries: np.ndarray,
) -> _Columns:
    match measure.figure:
        case "count":
            return tries, points, mastered, mastered, mastered
        case "share":
            return _share(tries, points, mastered)
    mean, reach = total / points, INTERVAL * np.sqrt(variance) / points
    return tries, points, mean, mean - reach, mean + reach


def _of_mistakes(
    measure: Measure, items: np.ndarray, mastered: np.ndarray, responses: np.ndarray
) -> _Columns:
    if measure.figure == "count":
        return responses, items, mastered, mastered, mastered
    return _share(responses, items, mastered)


def _of_documents(_: Measure, n: np.ndarray) -> _Columns:
    return n, n, n, n, n


_READ: Final[
    dict[Over, tuple[Callable[[Asked, Sequence[Measure]], Sql], Callable[..., _Columns]]]
] = {
    "facts": (facts_query, _of_facts),
    "mastery": (mastery_query, _of_mastery),
    "documents": (documents_query, _of_documents),
}
