"""Files of dated scores with OULAD's columns, as the scores that the growth model learns from."""

from pathlib import Path
from typing import NamedTuple

from api.imports.files import rows
from api.imports.oulad import ASSESSMENT_COLUMNS
from api.imports.posting import SourceBroken
from projections.prediction.growth_learning import Score


class Protocol(NamedTuple):
    """What a backtest learns from and what it foretells."""

    before: list[Score]  # of presentations of earlier years
    after: list[Score]  # of presentations of the last year


class _Row(NamedTuple):
    presentation: str
    assessment: tuple[str, str, str, str]  # module, presentation, type, id
    due: float
    score: Score | None  # None: it is banked or missing


def protocol_of(path: Path) -> Protocol:
    """Read scores; those of the last year's presentations are to be foretold from all others.

    A series is one learner's enrolment, in the order of the days of handing in, then of the days
    due. An assessment is the same as another one of its module that has the same type and order by
    day due. Banked and missing scores are left out. Raises ``SourceBroken``, naming the row that
    can't be read, and for a file with presentations of one year only.
    """
    read = []
    for number, row in enumerate(rows(path, ASSESSMENT_COLUMNS), 1):
        try:
            read.append(_row(row))
        except ValueError as error:
            raise SourceBroken(f"{path}: row {number}: {error}") from error
    years = {one.presentation[:4] for one in read}
    if len(years) < 2:
        found = ", ".join(sorted(years)) or "none"
        raise SourceBroken(
            f"{path}: presentations of two years or more are needed, to learn from all but the "
            f"last and to foretell that one; found: {found}"
        )
    scores = _ordered(read)
    last = max(years)
    return Protocol(
        [one for one in scores if not one.cohort.startswith(last)],
        [one for one in scores if one.cohort.startswith(last)],
    )


def _row(row: list[str]) -> _Row:
    learner, module, presentation, assessment, kind, due, _, submitted, banked, score = row
    if banked not in ("True", "False"):
        raise ValueError(f"is_banked is True or False, not {banked!r}")
    if not presentation[:4].isdigit() or len(presentation) < 4:
        raise ValueError(f"a presentation begins with its year, unlike {presentation!r}")
    due_on = _number("date_due", due) if due else float("inf")
    place = (module, presentation, kind, assessment)
    if banked == "True" or not score:
        return _Row(presentation, place, due_on, None)
    points = _number("score", score)
    if not 0 <= points <= 100:
        raise ValueError(f"a score lies between 0 and 100, not at {score}")
    found = Score(
        learner=learner,
        series=f"{learner} {module} {presentation}",
        cohort=presentation,
        course=module,
        kind=kind,
        order=assessment,  # until all assessments are known
        day=int(_number("date_submitted", submitted)),
        score=points,
    )
    return _Row(presentation, place, due_on, found)


def _number(column: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"{column} is a number, not {text!r}") from None
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError(f"{column} is a number, not {text!r}")
    return number


def _ordered(read: list[_Row]) -> list[Score]:
    """Put scores in the order of their days, each with its assessment's order within its type."""
    due = {one.assessment: one.due for one in read}
    orders: dict[tuple[str, str, str, str], str] = {}
    counted: dict[tuple[str, str, str], int] = {}
    for assessment in sorted(due, key=lambda one: (one[:3], due[one], _id_order(one[3]))):
        group = assessment[:3]
        counted[group] = counted.get(group, 0) + 1
        orders[assessment] = str(counted[group])
    known = [
        (one.score.day, one.due, _id_order(one.assessment[3]), index, one.score)
        for index, one in enumerate(read)
        if one.score is not None
    ]
    return [known[-1]._replace(order=orders[read[known[3]].assessment]) for known in sorted(known)]


def _id_order(name: str) -> tuple[int, str]:
    """Order ids by number, as far as they are numbers."""
    return (int(name), name) if name.isdecimal() else (0, name)
