"""What if: who would be of another level by another scheme, weights or days, and why."""

import math
from collections import Counter
from typing import Any, Final

import numpy as np

from projections.days import Span
from projections.evaluation.results import known, told_scheme
from projections.evaluation.schemes import Scheme, Title
from projections.evaluation.scoring import Scores, indicators_of, levels_of
from projections.evaluation.words import said
from projections.shares import mean_of_many

MOST_LISTED: Final = 500  # whose level changes
_MOST_REASONS: Final = 3

Told = dict[str, Any]
_Side = tuple[Scheme, Span]


def told_comparison(one: _Side, first: Scores, other: _Side, second: Scores) -> Told:
    """Tell how scores of the same people differ, and who changes level, the most changed first.

    ``reasons`` are the indicators whose points in the total differ most; an indicator that only one
    of the schemes has brings no points in the other.
    """
    levels = list(zip(_levels(one[0], first), _levels(other[0], second), strict=True))
    moves = Counter(levels)
    changes = second.total.score - first.total.score
    changed = [at for at, (before, after) in enumerate(levels) if before != after]
    changed.sort(key=lambda at: (-abs(np.nan_to_num(changes[at])), first.persons[at]))
    there = changes[~np.isnan(changes)]
    return {
        "in_force": {**told_scheme(one[0]), "period": one[1].days.shown()},
        "what_if": {**told_scheme(other[0]), "period": other[1].days.shown()},
        "students": len(levels),
        "changed": len(changed),
        "change": mean_of_many(there),
        "moves": [
            {"from": before, "to": after, "count": count}
            for (before, after), count in sorted(
                moves.items(), key=lambda each: (-each[1], str(each[0]))
            )
        ],
        "changes": [
            {
                "person": first.persons[at],
                "from": levels[at][0],
                "to": levels[at][1],
                "score_before": known(first.total.score[at]),
                "score_after": known(second.total.score[at]),
                "reasons": _reasons(one[0], first, other[0], second, at),
            }
            for at in changed[:MOST_LISTED]
        ],
    }


def _levels(scheme: Scheme, scores: Scores) -> list[str | None]:
    return [level.id if level else None for level in levels_of(scheme, scores.total.score)]


def _reasons(one: Scheme, first: Scores, other: Scheme, second: Scores, at: int) -> list[Told]:
    titles = _titles(one) | _titles(other)
    points = {key: (_points(first, key, at), _points(second, key, at)) for key in titles}
    differing = [key for key, (before, after) in points.items() if abs(after - before) > 1e-9]
    differing.sort(key=lambda key: (-abs(points[key][1] - points[key][0]), key))
    return [
        {
            "dimension": key[0],
            "indicator": key[1],
            "title": said(titles[key]),
            "points_before": points[key][0],
            "points_after": points[key][1],
            "weight_before": _weight(first, key, at),
            "weight_after": _weight(second, key, at),
        }
        for key in differing[:_MOST_REASONS]
    ]


def _titles(scheme: Scheme) -> dict[tuple[str, str], Title]:
    return {key: one.title for key, one in indicators_of(scheme).items()}


def _points(scores: Scores, key: tuple[str, str], at: int) -> float:
    if key not in scores.indicators:
        return 0.0
    reached = float(scores.indicators[key].score[at])
    return 0.0 if math.isnan(reached) else float(scores.shares[key][at]) * reached


def _weight(scores: Scores, key: tuple[str, str], at: int) -> float:
    """Give the part that an indicator makes of a total, in hundredths."""
    return 100.0 * float(scores.shares[key][at]) if key in scores.shares else 0.0
