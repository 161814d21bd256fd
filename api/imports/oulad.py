"""Open University (OULAD) scores and final results as statements, in the order of their days."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid5

import orjson

from api.imports.datasets import NAMESPACE, PROFILE_CATEGORY, activity, dataset_iri
from api.imports.files import count_rows, header, rows
from api.imports.posting import Outgoing, SourceBroken, Summary
from api.imports.report import Import
from projections.vocabulary import (
    EXTENSION_CLASS,
    EXTENSION_MADE_UP_TIME,
    EXTENSION_PHASE,
    TYPE_CHECK,
    TYPE_COURSE,
    TYPE_HOMEWORK,
    VERB_COMPLETED,
    VERB_SCORED,
)

ASSESSMENT_COLUMNS = [
    "id_student",
    "code_module",
    "code_presentation",
    "id_assessment",
    "assessment_type",
    "date_due",
    "weight",
    "date_submitted",
    "is_banked",
    "score",
]
STUDENT_COLUMNS = [
    "code_module",
    "code_presentation",
    "id_student",
    "gender",
    "region",
    "highest_education",
    "imd_band",
    "age_band",
    "num_of_prev_attempts",
    "studied_credits",
    "disability",
    "final_result",
]
COMPLETED = {"id": VERB_COMPLETED, "display": {"zh-CN": "完成", "en": "completed"}}
SCORED = {"id": VERB_SCORED, "display": {"zh-CN": "得分", "en": "scored"}}
TERMINATED = {
    "id": "http://adlnet.gov/expapi/verbs/terminated",
    "display": {"zh-CN": "退出", "en": "terminated"},
}

# 2013B began in February 2013, 2013J in October (Kuzilek et al. 2017); the day is not published.
FIRST_MONTHS = {"B": 2, "J": 10}
# Final results have no date: they are put at the end of the longest presentations.
LENGTH_OF_PRESENTATION = timedelta(days=270)

ASSESSMENT_TYPES = {
    "TMA": (TYPE_HOMEWORK, "教师评阅作业", "Tutor-marked assignment"),
    "CMA": (TYPE_HOMEWORK, "计算机评阅作业", "Computer-marked assignment"),
    "Exam": (TYPE_CHECK, "考试", "Exam"),
}
# Final result: did the learner complete the module, and with success?
FINAL_RESULTS: dict[str, dict[str, bool]] = {
    "Distinction": {"completion": True, "success": True},
    "Pass": {"completion": True, "success": True},
    "Fail": {"completion": True, "success": False},
    "Withdrawn": {"completion": False},
}


def import_oulad(path: Path, how: Import) -> Summary:
    """Post the assessment scores or the final results in ``path``, told by its header.

    The file may be gzipped. Posting it again changes nothing, for a row always makes the same
    statement. Raises ``PostingStopped``, and ``SourceBroken`` for a file that is another.
    """
    return how.run(path.name, outgoing(path), total=count_rows(path))


def outgoing(path: Path) -> Iterator[Outgoing]:
    """Make a statement of each row; raises ``SourceBroken``, naming the row that can't be read.

    People's circumstances (gender, region, disability, ...) are not posted: they are not acts.
    """
    if header(path) == STUDENT_COLUMNS:
        return _final_results(path)
    return _scores(path)


def _scores(path: Path) -> Iterator[Outgoing]:
    """Sort the scores by day, so that no learner's later score is posted before an earlier one."""
    make = _Statements(dataset_iri(path))
    dated = []
    for number, row in enumerate(rows(path, ASSESSMENT_COLUMNS), 1):
        # The same few texts stand in all rows: kept once, the whole file takes 40 MB.
        _, _, presentation, _, _, _, _, day, _, _ = row = list(map(sys.intern, row))
        try:
            time = start_of(presentation) + timedelta(days=int(day))
        except ValueError as error:
            raise SourceBroken(f"{path}: row {number}: {error}") from error
        dated.append((time, number, row))
    dated.sort()
    for time, number, row in dated:
        try:
            statement = make.score(number, time, row)
        except ValueError as error:
            raise SourceBroken(f"{path}: row {number}: {error}") from error
        yield Outgoing(statement, learner=row[0], place=f"row {number}")


def _final_results(path: Path) -> Iterator[Outgoing]:
    make = _Statements(dataset_iri(path))
    for number, row in enumerate(rows(path, STUDENT_COLUMNS), 1):
        try:
            statement = make.final_result(number, row)
        except ValueError as error:
            raise SourceBroken(f"{path}: row {number}: {error}") from error
        yield Outgoing(statement, learner=row[2], place=f"row {number}")


@cache
def start_of(presentation: str) -> datetime:
    """Give the first day of a presentation such as 2013J; raises ``ValueError`` for another."""
    year, month = presentation[:-1], FIRST_MONTHS.get(presentation[-1:])
    if month is None or not (year.isdigit() and len(year) == 4):
        raise ValueError(f"a presentation is a year and B or J, not {presentation!r}")
    return datetime(int(year), month, 1, tzinfo=UTC)


class Enrolment(NamedTuple):
    """One learner in one presentation of a module."""

    learner: str
    module: str
    presentation: str


class _Statements:
    """Makes the statements of one file, whose data set is the home of its accounts and IRIs.

    Scores and final results of one release are of the same learners and modules.
    """

    def __init__(self, dataset: str) -> None:
        self.file = dataset
        self.dataset = dataset.rpartition("_")[0] or dataset

    def score(self, number: int, time: datetime, row: list[str]) -> bytes:
        """Make the statement of a score 0-100, or of a homework handed in without one.

        The profile's templates: homework marked, homework done, and check for exams.
        """
        learner, module, presentation, assessment, kind, due, weight, _, banked, score = row
        statement = self._statement(number, row, Enrolment(learner, module, presentation))
        statement["verb"] = SCORED if score and kind != "Exam" else COMPLETED
        statement["object"] = self._assessment(assessment, kind, due, weight)
        statement["timestamp"] = _text(time)
        context = statement["context"]
        context["contextActivities"]["category"] = [PROFILE_CATEGORY]
        context["extensions"][EXTENSION_PHASE] = "post"
        if banked == "True":
            context["extensions"][f"{self.dataset}/extensions/is-banked"] = True
        if score:
            raw = _number(score)
            if not 0 <= raw <= 100:
                raise ValueError(f"a score lies between 0 and 100, not at {score}")
            statement["result"] = {"score": {"scaled": raw / 100, "raw": raw, "min": 0, "max": 100}}
        return orjson.dumps(statement)

    def final_result(self, number: int, row: list[str]) -> bytes:
        """Make the statement that a learner completed a module, or left it (Withdrawn).

        The profile has no template for the end of a course, so it is not claimed: both verbs
        are ADL's.
        """
        module, presentation, learner, *_, final_result = row
        if final_result not in FINAL_RESULTS:
            raise ValueError(f"the final result {final_result!r} is not known")
        statement = self._statement(number, row, Enrolment(learner, module, presentation))
        statement["result"] = FINAL_RESULTS[final_result] | {"response": final_result}
        statement["verb"] = COMPLETED if statement["result"]["completion"] else TERMINATED
        statement["object"] = self._course(module)
        statement["timestamp"] = _text(start_of(presentation) + LENGTH_OF_PRESENTATION)
        statement["context"]["extensions"][EXTENSION_MADE_UP_TIME] = True
        return orjson.dumps(statement)

    def _statement(self, number: int, row: list[str], enrolment: Enrolment) -> dict[str, Any]:
        """Make what all statements have; those in one presentation of a module are a class."""
        learner, module, presentation = enrolment
        return {
            "id": str(uuid5(NAMESPACE, f"{self.file}#{number},{','.join(row)}")),
            "actor": {
                "objectType": "Agent",
                "name": f"OULAD {learner}",
                "account": {"homePage": self.dataset, "name": learner},
            },
            "context": {
                "contextActivities": {"grouping": [self._course(module)]},
                "extensions": {EXTENSION_CLASS: f"{module} {presentation}"},
            },
        }

    def _course(self, module: str) -> dict[str, Any]:
        return activity(
            self.dataset, "modules", module, TYPE_COURSE, f"模块 {module}", f"Module {module}"
        )

    def _assessment(self, assessment: str, kind: str, due: str, weight: str) -> dict[str, Any]:
        """Make the assessment, its type, weight (per cent) and due day (of the presentation)."""
        if kind not in ASSESSMENT_TYPES:
            raise ValueError(f"the assessment type {kind!r} is not known")
        activity_type, zh, en = ASSESSMENT_TYPES[kind]
        made = activity(
            self.dataset,
            "assessments",
            assessment,
            activity_type,
            f"{zh} {assessment}",
            f"{en} {assessment}",
        )
        made["definition"]["extensions"] = {
            f"{self.dataset}/extensions/assessment-type": kind,
            f"{self.dataset}/extensions/weight": _number(weight),
        }
        if due:
            made["definition"]["extensions"][f"{self.dataset}/extensions/date-due"] = _number(due)
        return made


def _text(time: datetime) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _number(text: str) -> float:
    """Read a number, whole ones without a decimal point."""
    number = float(text)
    return int(number) if number.is_integer() else number
