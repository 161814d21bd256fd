"""The result of a class, a school or the district: distribution, means with intervals, levels.

A mean has the 95 % interval of its standard error, as a sample of what such students do. Schools,
and classes of a school, are pooled (``pooling.py``), so that a small one is not first or last by
luck. Who has no score is counted, and is in no mean.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from projections.days import Span
from projections.evaluation.results import known, told_scheme
from projections.evaluation.schemes import Scheme
from projections.evaluation.scoring import Part, Scores, level_of, levels_of
from projections.evaluation.words import said
from projections.pooling import Group, pool
from projections.shares import counted, mean_of_many

_BINS: Final = 10  # of the scale of 0..100
_FEWEST: Final = 5  # students of whom a figure of a part of a school or district is shown

Told = dict[str, Any]
# What the parts are called, which part each person is in, and what each part is called.
Parts = tuple[str, Mapping[str, str], Mapping[str, str]]


def told_group(
    scheme: Scheme,
    span: Span,
    now: Scores,
    before: Scores,
    *,
    names: Mapping[str, str] | None = None,
    parts: Parts | None = None,
) -> Told:
    """Tell what people scored together; of each where ``names`` has them, and of each part."""
    told = {
        **told_scheme(scheme),
        "period": span.days.shown(),
        "before": span.before().days.shown(),
        "students": len(now.persons),
        "total": _distribution(scheme, now.total, before.total),
        "kinds": _apart(scheme, now.kinds, before.kinds),
        "sources": _apart(scheme, now.sources, before.sources),
        "dimensions": [
            {
                "id": one.id,
                "title": said(one.title),
                "weight": one.weight,
                **_distribution(scheme, now.dimensions[one.id], before.dimensions[one.id]),
                "indicators": [
                    {
                        "id": each.id,
                        "title": said(each.title),
                        "kind": each.kind,
                        "source": each.source,
                        "weight": each.weight,
                        **_means(
                            now.indicators[one.id, each.id], before.indicators[one.id, each.id]
                        ),
                    }
                    for each in one.indicators
                ],
            }
            for one in scheme.dimensions
        ],
    }
    if names is not None:
        told["members"] = _members(scheme, now, before, names)
    if parts is not None:
        told[parts[0]] = _parts(now, parts)
    return told


def _distribution(scheme: Scheme, part: Part, before: Part) -> Told:
    there = part.score[~np.isnan(part.score)]
    reached = Counter(level.id for level in levels_of(scheme, there) if level)
    bins, _ = np.histogram(there, bins=_BINS, range=(0.0, 100.0))
    quartiles = np.quantile(there, (0.25, 0.5, 0.75)).tolist() if len(there) > 1 else None
    return {
        **_means(part, before),
        "quartiles": quartiles,
        "histogram": bins.tolist(),
        "levels": [
            {"id": one.id, "title": said(one.title), **counted(reached[one.id], len(there))}
            for one in scheme.levels
        ],
    }


def _means(part: Part, before: Part) -> Told:
    changes = part.score - before.score
    return {
        **mean_of_many(part.score[~np.isnan(part.score)]),
        "completeness": float(part.complete.mean()) if len(part.complete) else 0.0,
        "change": mean_of_many(changes[~np.isnan(changes)]),
    }


def _apart(scheme: Scheme, parts: Mapping[str, Part], before: Mapping[str, Part]) -> Told:
    return {name: _means(part, before[name]) for name, part in parts.items()}


def _members(scheme: Scheme, now: Scores, before: Scores, names: Mapping[str, str]) -> list[Told]:
    """Give a line for each person, by name."""
    listed = []
    for at, person in enumerate(now.persons):
        reached = float(now.total.score[at])
        level = level_of(scheme, reached)
        listed.append(
            {
                "person": person,
                "name": names.get(person, person),
                "score": known(reached),
                "level": level.id if level else None,
                "low": known(now.total.low[at]),
                "high": known(now.total.high[at]),
                "completeness": float(now.total.complete[at]),
                "change": known(reached - before.total.score[at]),
                "process": known(now.kinds["process"].score[at]),
                "outcome": known(now.kinds["outcome"].score[at]),
                "dimensions": {
                    name: known(part.score[at]) for name, part in now.dimensions.items()
                },
            }
        )
    return sorted(listed, key=lambda each: (each["name"], each["person"]))


def _parts(now: Scores, parts: Parts) -> list[Told]:
    """Give a line for each class or school of enough students, by name."""
    _, part_of, titles = parts
    titled = np.array([part_of[person] for person in now.persons], dtype=object)
    sizes = Counter(titled.tolist())
    scores = {name: now.total.score[titled == name] for name in sizes}
    scores = {name: some[~np.isnan(some)] for name, some in scores.items()}
    groups = {
        name: Group(len(some), float(np.mean(some)), float(np.var(some, ddof=1)))
        for name, some in scores.items()
        if len(some) >= _FEWEST
    }
    pooled = dict(zip(groups, pool(list(groups.values())).groups, strict=True))
    listed = []
    for name, size in sizes.items():
        line: Told = {"id": name, "name": titles.get(name, name), "students": size}
        line["n"] = len(scores[name])
        if name in groups:
            one = pooled[name]
            line |= {"seen": groups[name].mean, "mean": one.mean, "differs": one.differs}
            line |= {"low": max(0.0, one.low), "high": min(100.0, one.high)}
        else:
            line |= dict.fromkeys(("seen", "mean", "differs", "low", "high"))
        listed.append(line)
    return sorted(listed, key=lambda each: (each["name"], each["id"]))
