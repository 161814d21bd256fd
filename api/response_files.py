"""Files of responses with the columns of ASSISTments, as mastery learns from and foretells them."""

from pathlib import Path
from typing import Final, NamedTuple

from api.imports.files import rows
from api.imports.posting import SourceBroken
from projections.prediction.mastery_learning import Response

RESPONSE_COLUMNS: Final = ["user_id", "item_id", "skills", "correct", "split"]
TRAIN: Final = "train"
TEST: Final = "test"


class Split(NamedTuple):
    """What a backtest learns from and what it foretells: responses of different learners."""

    train: list[Response]
    test: list[Response]


def split_of(path: Path) -> Split:
    """Read responses, those of a learner in the order of rows; plain or gzipped.

    A response that touches several skills (``;`` between) is one response. Raises ``SourceBroken``,
    naming the row that can't be read, and for a learner who is in both splits, or an empty one.
    """
    split = Split([], [])
    of_learner: dict[str, str] = {}
    for number, row in enumerate(rows(path, RESPONSE_COLUMNS), 1):
        try:
            response, which = _read(row)
            if of_learner.setdefault(response.learner, which) != which:
                raise ValueError(
                    f"learner {response.learner!r} is in both splits: what is learned from a "
                    "learner would be tested on the same"
                )
        except ValueError as error:
            raise SourceBroken(f"{path}: row {number}: {error}") from error
        (split.train if which == TRAIN else split.test).append(response)
    for name, part in (("train", split.train), ("test", split.test)):
        if not part:
            raise SourceBroken(f"{path}: no row has the split {name!r}")
    if len({one.success for one in split.test}) == 1:
        raise SourceBroken(f"{path}: all responses of split 'test' have the same outcome")
    return split


def _read(row: list[str]) -> tuple[Response, str]:
    learner, item, skills, correct, which = row
    if not learner:
        raise ValueError("user_id is empty")
    if correct not in ("0", "1"):
        raise ValueError(f"correct is 0 or 1, not {correct!r}")
    if which not in (TRAIN, TEST):
        raise ValueError(f"split is {TRAIN!r} or {TEST!r}, not {which!r}")
    points = tuple(sorted({skill.strip() for skill in skills.split(";")}))
    if not all(points):
        raise ValueError(f"skills names one or more, with ';' between, unlike {skills!r}")
    return Response(learner, item, points, correct == "1"), which
