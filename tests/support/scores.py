"""Scores of made-up learners, whose levels and noise are known, in scales of many shapes."""

import math
from collections.abc import Callable

import numpy as np

from projections.prediction.growth_learning import Score

# How a scale shows a standing: none of them is a straight line over the whole of 0..100.
SCALES: dict[str, Callable[[float], float]] = {
    "ceiling": lambda standing: 100 * (1 - math.exp(-math.exp(standing + 0.3))),
    "narrow": lambda standing: 50 + 4 * standing,
    "near zero": lambda standing: 10 + 12 * standing,
    "half have full marks": lambda standing: 100 if standing > 0 else round(70 + 12 * standing),
    "six marks": lambda standing: 20 * min(5, max(0, round((standing + 2) * 1.25))),
}


def made_up_scores(
    seed: int,
    *,
    learners: int = 250,
    steps: int = 6,
    scale: str = "ceiling",
    cohort: str = "2013B",
    modules: int = 2,
    kinds: tuple[str, ...] = ("TMA", "CMA"),
) -> list[Score]:
    """Make 1 to ``steps`` scores a learner, whose level drifts; its variances are 0.49 and 0.03."""
    random = np.random.default_rng(seed)
    scores = []
    for index in range(learners):
        name, module = f"{cohort}-{index}", f"M{index % modules}"
        level = 0.7 * random.normal()
        for step in range(random.integers(1, steps + 1)):
            level += math.sqrt(0.03) * random.normal()
            shown = SCALES[scale](level + math.sqrt(0.5) * random.normal())
            kind, order = kinds[step % len(kinds)], str(step // len(kinds) + 1)
            points = float(min(100.0, max(0.0, shown)))
            scores.append(Score(name, name, cohort, module, kind, order, 14 * step, points))
    return scores
