"""Measures learning a calibration from a district's record: time, processor time and memory.

    python -m bench.calibration [--responses 1000000] [--folder F]

The warehouse is filled by ClickHouse itself with the responses of a term to 3,000 items of 240
knowledge points in three subjects, by 9,029 students in 13 schools: right or wrong by a Rasch model
whose abilities, by student and by student and point, and difficulties come from hashes, so that
every run learns from the same. What is measured is what ``xueji calibrate`` does, but publishing.
"""

import argparse
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, process_time

from bench.boards import BEGIN, DAYS, HOME, PART, SCHOOLS, STORE, STUDENTS
from bench.servers import machine
from bench.warehouses import add_folder, filled, folder_of
from projections.folds import DISTRICT_TIMEZONE
from projections.prediction.calibrating import calibrate, evidence_of
from projections.warehouse import Generation

ITEMS, POINTS = 3_000, 240

# A normal deviate of what is named: twelve uniform ones added up (the central limit).
_NORMAL = (
    "(arraySum(arrayMap(turn -> cityHash64('{what}', {of}, turn) % 10007 / 10007, range(12))) - 6)"
)
_ABILITY = _NORMAL.format(what="ability", of="student")
_OF_POINT = _NORMAL.format(what="of point", of="(student, point)")
_DIFFICULTY = _NORMAL.format(what="difficulty", of="item")
RESPONSES = f"""SELECT '{STORE}', generateUUIDv4(), 0,
    concat('account:{HOME}|s', toString(student)), 'answer', 'post',
    ['mathematics', 'chinese', 'english'][1 + point % 3],
    [concat('{HOME}/points/', toString(point))], concat('{HOME}/items/', toString(item)),
    concat('school-', toString(student % {SCHOOLS})),
    toDateTime64('{BEGIN} 00:00:00', 6, 'UTC') + turn * {{seconds}}, 20.0,
    1 / (1 + exp(-({_ABILITY} + 0.7 * {_OF_POINT} - {_DIFFICULTY} + 0.5)))
        > cityHash64('chance', number) % 100003 / 100003,
    number + 1, 0
FROM
(
    SELECT number, number % {STUDENTS} AS student, intDiv(number, {STUDENTS}) AS turn,
        cityHash64('item', number) % {ITEMS} AS item, item % {POINTS} AS point
    FROM numbers({{first}}, {{count}})
)"""
COLUMNS = (
    "store, statement, ordinal, person, action, phase, subject, knowledge_points, item, school,"
    " time, duration, success, position, is_deleted"
)


def fill(generation: Generation, responses: int) -> None:
    """Write the responses of a term, evenly over its days."""
    seconds = DAYS * 86_400 // (responses // STUDENTS + 1)
    for first in range(0, responses, PART):
        some = RESPONSES.format(first=first, count=min(PART, responses - first), seconds=seconds)
        generation.run(f"INSERT INTO {generation.database}.facts ({COLUMNS}) {some}")


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long something takes, and how much memory the process has taken at most."""
    began, processor = perf_counter(), process_time()
    yield
    took, busy = perf_counter() - began, process_time() - processor
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what}: {took:.0f} s, {busy:.0f} s of processors; at most {most:,.0f} MB", flush=True)


def main() -> None:
    """Fill, learn, and print what it took and how good it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_folder(parser)
    parser.add_argument("--responses", type=int, default=1_000_000)
    given = parser.parse_args()
    print(machine())

    @timed("filled")
    def fill_all(generation: Generation) -> None:
        fill(generation, given.responses)

    with folder_of(given.folder) as folder, filled(folder, fill_all) as generation:
        with timed("read from the warehouse"):
            evidence = evidence_of(generation, STORE, DISTRICT_TIMEZONE)
        print(f"{len(evidence.responses):,} responses, {len(evidence.scores):,} scores")
        with timed("learned"):
            card = calibrate(evidence, None).card
    print(f"{card.data}\n{card.mastery}\n{card.priors}\n{card.growth}")


if __name__ == "__main__":
    main()
