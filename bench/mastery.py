"""How well mastery predicts: the protocol of ASSISTments 2009-10, on the fold's own filter.

Run ``python bench/mastery.py FILE`` with a file of columns ``user_id, item_id, skills`` (``;``
between), ``correct, split`` (``train`` or ``test``), a learner's rows in order; it may be gzipped.
Globals learn from train learners only; each response of a test learner is predicted before it is
seen. Figures are pooled over all test responses, then for first attempts at an item and for each
learner's first response apart. Last comes another question, not to be mixed with these: how well
the mastery that a portrait shows, which knows no item, foretells the next response in that point.
"""

import csv
import gzip
import math
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from projections.calibration import Calibration, Response, learn  # noqa: E402
from projections.mastery import Filter, MasteryState  # noqa: E402


class Prediction(NamedTuple):
    """A probability given before the response, and what came."""

    probability: float
    success: bool
    is_first_attempt: bool  # of this learner at this item
    is_first_response: bool  # of this learner at all


def responses(file: Path, split: str) -> Iterator[Response]:
    with gzip.open(file, "rt") if file.suffix == ".gz" else file.open() as lines:
        for row in csv.DictReader(lines):
            if row["split"] == split:
                points = tuple(sorted(row["skills"].split(";")))
                yield Response(row["user_id"], row["item_id"], points, row["correct"] == "1")


def predictions(given: Iterator[Response], calibration: Calibration) -> list[Prediction]:
    mastery = Filter(calibration.mastery)
    states: dict[str, MasteryState] = {}
    seen: set[tuple[str, str]] = set()
    result = []
    for response in given:
        is_new = response.learner not in states
        state = states.setdefault(response.learner, mastery.start())
        attempt = (response.learner, response.item)
        probability = mastery.respond(
            state, response.item, response.knowledge_points, response.success
        )
        result.append(Prediction(probability, response.success, attempt not in seen, is_new))
        seen.add(attempt)
    return result


def shown_masteries(given: Iterator[Response], calibration: Calibration) -> list[Prediction]:
    """The mastery shown of a point against the learner's next response to an item of it alone."""
    mastery = Filter(calibration.mastery)
    states: dict[str, MasteryState] = {}
    result = []
    for response in given:
        state = states.setdefault(response.learner, mastery.start())
        name, *others = response.knowledge_points
        if name in state.points and not others:
            shown = mastery.mastery(name, state.points[name])
            result.append(Prediction(shown.probability, response.success, False, False))
        mastery.respond(state, response.item, response.knowledge_points, response.success)
    return result


def area_under_curve(given: Sequence[Prediction]) -> float:
    """Chance that a success was given a higher probability than a failure; ties count half."""
    ranked = sorted(given)
    successes = sum(one.success for one in ranked)
    failures = len(ranked) - successes
    if not successes or not failures:
        return math.nan
    rank_sum, start = 0.0, 0
    while start < len(ranked):
        end = start
        while end < len(ranked) and ranked[end].probability == ranked[start].probability:
            end += 1
        rank_sum += (start + 1 + end) / 2 * sum(one.success for one in ranked[start:end])
        start = end
    return (rank_sum - successes * (successes + 1) / 2) / (successes * failures)


def expected_calibration_error(given: Sequence[Prediction], bins: int = 10) -> float:
    """Mean distance of probability from success rate over equally wide bins, weighted by size."""
    gaps = [0.0] * bins
    for one in given:
        gaps[min(int(one.probability * bins), bins - 1)] += one.probability - one.success
    return sum(abs(gap) for gap in gaps) / len(given)


def log_loss(given: Sequence[Prediction]) -> float:
    return -sum(
        math.log(one.probability if one.success else 1.0 - one.probability) for one in given
    ) / len(given)


def report(title: str, given: Sequence[Prediction]) -> None:
    print(
        f"{title:42} n {len(given):7,}  AUC {area_under_curve(given):.4f}"
        f"  ECE {expected_calibration_error(given):.4f}  log-loss {log_loss(given):.4f}"
    )


def main(file: Path) -> None:
    began = time.perf_counter()
    learned = learn(responses(file, "train"), "learned")
    print(f"learned in {time.perf_counter() - began:.1f} s")
    for calibration in (Calibration(), learned):
        given = predictions(responses(file, "test"), calibration)
        report(f"{calibration.version}: all responses", given)
        report("  first attempts at an item", [one for one in given if one.is_first_attempt])
        report("  first response of a learner", [one for one in given if one.is_first_response])
        report("  as shown in a portrait", shown_masteries(responses(file, "test"), calibration))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
