"""The trajectory of a student under a scheme: total and dimensions, four weeks by four weeks.

What a score will be is foretold from what became of the student's cohort in this record: of who had
a score in some four weeks, what score they had four (or eight) weeks later. The later score is
regressed on the earlier one, and a band is as wide as scores were away from that line (split
conformal: V. Vovk et al. 2005, "Algorithmic Learning in a Random World"), so it takes no shape for
granted. Three parts of the cohort, by a hash of the name, do three things: the line is fitted on
one, the width taken from another, and on the third it is measured how often bands held the score.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, NamedTuple
from zlib import crc32

import numpy as np

from projections.days import Span
from projections.evaluation.results import known, told_scheme
from projections.evaluation.schemes import Scheme
from projections.evaluation.scoring import Part, Scores, level_of
from projections.evaluation.words import said
from projections.shares import counted

WINDOW: Final = timedelta(weeks=4)
WINDOWS: Final = 4  # that are looked back at
AHEAD: Final = (1, 2)  # windows
FEWEST: Final = 40  # pairs of an earlier and a later score, in each of the three parts
_PARTS: Final = 3
_REACHES: Final = {"80": 0.8, "95": 0.95}

Told = dict[str, Any]


def windows_up_to(last: Span) -> list[Span]:
    """Give the windows that end with a last one, the oldest first."""
    return [
        Span(last.first - back * WINDOW, last.last - back * WINDOW)
        for back in reversed(range(WINDOWS))
    ]


class Track(NamedTuple):
    """What a cohort scored in one thing, a row a window, a column a person."""

    scores: np.ndarray  # 0..100, NaN where there is none
    part: np.ndarray  # 0..2: what each person's scores are for


class Outlook(NamedTuple):
    """What becomes of a score some windows later, as the cohort shows it."""

    intercept: float
    slope: float
    residuals: np.ndarray  # of the part that widths are taken from, rising
    pairs: int
    held: dict[str, tuple[int, int]]  # by band: how many of how many scores lay in it

    def expected(self, score: float) -> float:
        """Give what to expect."""
        return self.intercept + self.slope * score

    def band(self, score: float, share: float) -> tuple[float, float]:
        """Give the scores that so large a share lies between, within 0..100."""
        middle = self.expected(score)
        low, high = _ends(self.residuals, share)
        return max(0.0, middle + low), min(100.0, middle + high)

    def reaches(self, score: float, at_least: float) -> float:
        """Give the probability of a score of so much at least."""
        above = float((self.expected(score) + self.residuals >= at_least).sum())
        return 1.0 if at_least <= 0.0 else (above + 0.5) / (len(self.residuals) + 1.0)


def learn(track: Track, ahead: int) -> Outlook | None:
    """Learn what becomes of scores; None where there are too few pairs of scores."""
    earlier = track.scores[:-ahead].ravel()
    later = track.scores[ahead:].ravel()
    part = np.tile(track.part, len(track.scores) - ahead)
    there = ~np.isnan(earlier) & ~np.isnan(later)
    earlier, later, part = earlier[there], later[there], part[there]
    if np.bincount(part, minlength=_PARTS).min() < FEWEST:
        return None
    x, y = earlier[part == 0], later[part == 0]
    spread = float(((x - x.mean()) ** 2).sum())
    slope = float(((x - x.mean()) * (y - y.mean())).sum()) / spread if spread else 0.0
    intercept = float(y.mean()) - slope * float(x.mean())
    away = later - intercept - slope * earlier
    residuals, others = np.sort(away[part == 1]), away[part == 2]
    held = {}
    for name, share in _REACHES.items():
        low, high = _ends(residuals, share)
        held[name] = (int(((others >= low) & (others <= high)).sum()), len(others))
    return Outlook(intercept, slope, residuals, len(away), held)


def _ends(residuals: np.ndarray, share: float) -> tuple[float, float]:
    """Give the ends that hold a share of what is exchangeable with these (rising)."""
    n = len(residuals)
    place = math.ceil((n + 1) * (1.0 + share) / 2.0)  # of the upper end, counted from 1
    if place > n:  # so few can't tell: as far as any was
        return float(residuals[0]), float(residuals[-1])
    return float(residuals[n - place]), float(residuals[place - 1])


def told_trajectory(
    scheme: Scheme, windows: Sequence[Span], scores: Sequence[Scores], name: str
) -> Told:
    """Tell the trajectory of the first of people who were scored in each window.

    The others are the cohort of that ``name``, the same in each.
    """
    peers = scores[-1].persons[1:]
    part = np.array([crc32(one.encode()) % _PARTS for one in peers], dtype=int)

    def track(parts: Sequence[Part]) -> Told:
        cohort = np.array([one.score[1:] for one in parts])
        return _told(scheme, windows, parts, Track(cohort, part))

    return {
        **told_scheme(scheme),
        "cohort": {"name": name, "students": len(peers)},
        "total": track([one.total for one in scores]),
        "dimensions": [
            {
                "id": one.id,
                "title": said(one.title),
                "weight": one.weight,
                **track([each.dimensions[one.id] for each in scores]),
            }
            for one in scheme.dimensions
        ],
    }


def _told(scheme: Scheme, windows: Sequence[Span], own: Sequence[Part], track: Track) -> Told:
    told: Told = {
        "windows": [
            _window(scheme, window, part) for window, part in zip(windows, own, strict=True)
        ],
        "forecast": None,
        "why": None,
    }
    now = float(own[-1].score[0])
    if math.isnan(now):
        return told | {"why": _NO_SCORE}
    found = {ahead: learn(track, ahead) for ahead in AHEAD}
    forecast = [
        _ahead(scheme, windows[-1], ahead, outlook, now)
        for ahead, outlook in found.items()
        if outlook is not None
    ]
    return told | ({"forecast": forecast} if forecast else {"why": _FEW})


def _window(scheme: Scheme, window: Span, part: Part) -> Told:
    reached = float(part.score[0])
    level = level_of(scheme, reached)
    return {
        **window.days.shown(),
        "score": known(reached),
        "low": known(part.low[0]),
        "high": known(part.high[0]),
        "level": level.id if level else None,
        "completeness": float(part.complete[0]),
    }


def _ahead(scheme: Scheme, last: Span, ahead: int, outlook: Outlook, now: float) -> Told:
    bands = {}
    for name, share in _REACHES.items():
        bands[f"low{name}"], bands[f"high{name}"] = outlook.band(now, share)
    window = Span(last.first + ahead * WINDOW, last.last + ahead * WINDOW)
    return {
        **window.days.shown(),
        "score": min(100.0, max(0.0, outlook.expected(now))),
        **bands,
        "reaches": [
            {"level": one.id, "probability": outlook.reaches(now, one.at_least)}
            for one in scheme.levels
        ],
        "pairs": outlook.pairs,
        "held": {name: counted(*held) for name, held in outlook.held.items()},
    }


_NO_SCORE: Final[Mapping[str, str]] = {
    "code": "not_enough_evidence",
    "zh": "最近四周证据不足，没有得分，不作预测",
    "en": "there is too little evidence in the last four weeks for a score to go on from",
}
_FEW: Final[Mapping[str, str]] = {
    "code": "too_few_peers",
    "zh": f"同群体前后两期都有得分的人次不足（三部分各需 {FEWEST}），不作预测",
    "en": "too few of the cohort have scores to learn from: "
    f"{FEWEST} pairs of an earlier and a later one are needed in each of three parts",
}
