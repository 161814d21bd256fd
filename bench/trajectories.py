"""How long a district's trajectories and early warnings take: `python -m bench.trajectories`.

13 schools, 223 classes, 9,034 students, four subjects, a result a week for 20 weeks, in a database
of memory. Times are of the processor, the best of three.
"""

from collections.abc import Callable
from time import process_time
from typing import Any

import numpy as np

from projections.activity import EPOCH
from projections.prediction.calibration import Calibration
from projections.prediction.growth_learning import learn
from projections.prediction.trajectories import Trajectories
from projections.warehouse import Generation, Warehouse
from tests.support.clickhouse import embedded_dsn, fresh_catalogue
from tests.support.scores import made_up_scores
from tests.support.small_district import STORE, TODAY, enroll, key

CLASSES, WEEKS = 223, 20
SUBJECTS = ("mathematics", "chinese", "english", "science")


def main() -> None:
    """Fill a generation and print the times."""
    warehouse = Warehouse.open(embedded_dsn(), catalogue=fresh_catalogue())
    generation = warehouse.ensure("district")
    _fill(generation)
    calibration = Calibration("bench", growth=learn(made_up_scores(1)))

    def fresh() -> Trajectories:
        return Trajectories(generation, lambda _: calibration, lambda: 1)

    asked = fresh()
    _time("warnings, first of a day", lambda: fresh().warnings(STORE, TODAY))
    _time("warnings, again", lambda: asked.warnings(STORE, TODAY))
    _time("a class", lambda: asked.class_group(STORE, "c1", TODAY))
    _time("a student", lambda: asked.student(STORE, key("p1-1"), TODAY))


def _fill(generation: Generation) -> None:
    schools: dict[str, dict[str, list[str]]] = {f"s{number}": {} for number in range(13)}
    for number in range(CLASSES):
        size = 40 if number < 109 else 41
        names = [f"p{number}-{each}" for each in range(size)]
        schools[f"s{number % 13}"][f"c{number}"] = names
    enroll(generation, schools)
    random = np.random.default_rng(0)
    monday = TODAY.toordinal() - EPOCH - TODAY.weekday()
    students = [name for classes in schools.values() for some in classes.values() for name in some]
    for subject in SUBJECTS:
        rows = []
        for name in students:
            level = 0.7 * random.normal()
            for week in range(WEEKS):
                level += 0.15 * random.normal()
                day = monday - 7 * (WEEKS - 1 - week)
                points = float(np.clip(75 + 15 * level, 0, 100))
                known = (level, 0.1, 20.0 + week, 20.0 + week, week + 1)
                rows.append((STORE, key(name), subject, day, *known, day + 3, 1, points, 1, 0))
        generation.insert("person_level_weeks", rows)


def _time(what: str, ask: Callable[[], Any]) -> None:
    times = []
    for _ in range(3):
        began = process_time()
        ask()
        times.append(process_time() - began)
    print(f"{what:26} {1000 * min(times):7.0f} ms")


if __name__ == "__main__":
    main()
