"""Responses of simulated learners, of whom it is known how able they are."""

import random

from projections.prediction.mastery import sigmoid
from projections.prediction.mastery_learning import Response

POINTS = ("addition", "fractions", "geometry")


def simulated(learners: int, each: int, between: float = 1.0) -> list[Response]:
    """Responses of learners of differing ability to an easy and a hard item of each point."""
    chance = random.Random(11)
    result = []
    for number in range(learners):
        ability = chance.gauss(0.0, between)
        for _ in range(each):
            point, hard = chance.choice(POINTS), chance.random() < 0.5
            logit = ability + (-1.5 if hard else 1.5)
            result.append(
                Response(
                    f"learner-{number}",
                    f"{point}-{'hard' if hard else 'easy'}",
                    (point,),
                    chance.random() < sigmoid(logit),
                )
            )
    return result
