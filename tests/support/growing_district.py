"""A small district whose students' true levels are known, with the growth model learned from it."""

from datetime import date, timedelta

import numpy as np

from projections.facts import Fact
from projections.folds import DISTRICT_TIMEZONE, Fold
from projections.prediction.calibration import Calibration
from projections.prediction.growth_learning import learn
from projections.prediction.growth_record import scores_of_record
from projections.tables import FACTS, fact_row
from projections.warehouse import Generation
from tests.support.small_district import STORE, TODAY, answers, carry, enroll

STUDENTS = 60
WEEKS = 26
CLASSES = {"5-1": ("lake", range(0, 30)), "5-2": ("hill", range(30, 60))}


def name_of(number: int) -> str:
    """Name a student: those of even numbers are of the lower half."""
    return f"g{number:02}"


def true_level(number: int) -> float:
    """Give the points that a student's marks lie around."""
    return 72.0 if number % 2 else 52.0


def grow(generation: Generation) -> Calibration:
    """Fill a generation: a mark a week and student in mathematics, and who has too few results.

    Student 59 falls from 90 to 40 in the last eight weeks. Gives the calibration that rows were
    folded with; it was learned from the same marks.
    """
    schools: dict[str, dict[str, list[str]]] = {}
    for name, (school, numbers) in CLASSES.items():
        schools.setdefault(school, {})[name] = [name_of(number) for number in numbers] + (
            ["few"] if name == "5-1" else []
        )
    enroll(generation, schools)
    facts = _marks()
    generation.insert(FACTS.name, list(map(fact_row, facts)))
    scores = scores_of_record(generation, STORE, DISTRICT_TIMEZONE)
    calibration = Calibration("growing", growth=learn(scores))
    carry(generation, facts, fold=Fold(calibration))
    return calibration


def _marks() -> list[Fact]:
    random = np.random.default_rng(7)
    facts = []
    for number in range(STUDENTS):
        level = true_level(number)
        for week in range(WEEKS):
            day = TODAY - timedelta(weeks=WEEKS - 1 - week)
            if number == STUDENTS - 1:
                level = 90.0 if week < WEEKS - 8 else 40.0
            facts.append(_mark(name_of(number), day, level + 6.0 * random.normal()))
    return facts + [_mark("few", TODAY - timedelta(weeks=week), 70.0) for week in range(2)]


def _mark(student: str, day: date, points: float) -> Fact:
    [fact] = answers(
        student, day, [True], action="result", score=min(100.0, max(0.0, points)) / 100
    )
    return fact
