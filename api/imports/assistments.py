"""ASSISTments responses as statements: one a response, with all its knowledge points in it."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid5

import orjson

from api.imports.datasets import NAMESPACE, PROFILE_CATEGORY, activity, dataset_iri
from api.imports.files import count_rows, rows
from api.imports.posting import Outgoing, SourceBroken, Summary
from api.imports.report import Import
from projections.vocabulary import (
    EXTENSION_MADE_UP_TIME,
    EXTENSION_SUBJECT,
    TYPE_COURSE,
    TYPE_ITEM,
    TYPE_KNOWLEDGE_POINT,
    VERB_ANSWERED,
)

COLUMNS = ["user_id", "item_id", "skills", "correct", "split"]
# The file has no times. Each learner's responses are put one minute apart, in the rows' order,
# from this moment on, and each statement says that its time is made up.
FIRST_RESPONSE = datetime(2009, 9, 1, tzinfo=UTC)
BETWEEN_RESPONSES = timedelta(minutes=1)

_SUCCESS = {"0": b"false", "1": b"true"}


def import_assistments(path: Path, how: Import) -> Summary:
    """Post the responses of ``path``, a CSV file (may be gzipped) of ``COLUMNS``.

    Posting the same file again changes nothing, for a row always makes the same statement.
    Raises ``PostingStopped``, and ``SourceBroken`` for a file that is another.
    """
    return how.run(path.name, outgoing(path), total=count_rows(path))


def outgoing(path: Path) -> Iterator[Outgoing]:
    """Make a statement of each row; rows of a learner are in order (data set's own promise).

    Raises ``SourceBroken``, naming the row, for one that is no response.
    """
    make = _Statements(dataset_iri(path))
    for number, (learner, item, skills, correct, split) in enumerate(rows(path, COLUMNS), 1):
        if correct not in _SUCCESS:
            raise SourceBroken(f"{path}: row {number}: correct must be 0 or 1, not {correct!r}")
        statement = make.statement(number, learner, item, skills, correct, split)
        yield Outgoing(statement, learner, place=f"row {number}")


class _Statements:
    """Puts statements together from parts that repeat: several times faster than dictionaries."""

    def __init__(self, dataset: str) -> None:
        self.dataset = dataset
        self.responses: Counter[str] = Counter()
        course = activity(
            dataset,
            "courses",
            "skill-builder",
            TYPE_COURSE,
            "ASSISTments 技能练习",
            "ASSISTments skill builder",
        )
        self.verb = _kept({"id": VERB_ANSWERED, "display": {"zh-CN": "作答", "en": "answered"}})
        self.grouping = _kept([course])
        self.category = _kept([PROFILE_CATEGORY])
        self.item = cache(self._item)
        self.knowledge_points = cache(self._knowledge_points)
        self.extensions = cache(self._extensions)

    def statement(
        self, number: int, learner: str, item: str, skills: str, correct: str, split: str
    ) -> bytes:
        """Make the statement of row ``number``."""
        place = self.responses[learner]
        self.responses[learner] += 1
        statement_id = uuid5(
            NAMESPACE, f"{self.dataset}#{number},{learner},{item},{skills},{correct}"
        )
        return b"".join(
            (
                b'{"id":"',
                str(statement_id).encode(),
                b'","actor":',
                self._actor(learner),
                b',"verb":',
                self.verb,
                b',"object":',
                self.item(item),
                b',"result":{"success":',
                _SUCCESS[correct],
                b'},"context":{"contextActivities":{"category":',
                self.category,
                b',"grouping":',
                self.grouping,
                self.knowledge_points(skills),
                b'},"extensions":',
                self.extensions(split),
                b'},"timestamp":"',
                _time(place),
                b'"}',
            )
        )

    def _actor(self, learner: str) -> bytes:
        account = {"homePage": self.dataset, "name": learner}
        return orjson.dumps(
            {"objectType": "Agent", "name": f"ASSISTments {learner}", "account": account}
        )

    def _item(self, item: str) -> bytes:
        return _kept(
            activity(self.dataset, "items", item, TYPE_ITEM, f"题目 {item}", f"Item {item}")
        )

    def _knowledge_points(self, skills: str) -> bytes:
        """Give the member ``other``, its comma before it; nothing where no skill is known."""
        points = [
            activity(
                self.dataset,
                "knowledge-points",
                skill,
                TYPE_KNOWLEDGE_POINT,
                f"知识点 {skill}",
                f"Knowledge point {skill}",
            )
            for skill in skills.split(";")
            if skill
        ]
        return b',"other":' + _kept(points) if points else b""

    def _extensions(self, split: str) -> bytes:
        return _kept(
            {
                EXTENSION_SUBJECT: "mathematics",
                EXTENSION_MADE_UP_TIME: True,
                # Which learners a model may learn from, so that a back-test can tell later.
                f"{self.dataset}/extensions/split": split,
            }
        )


@cache
def _time(place: int) -> bytes:
    time = FIRST_RESPONSE + place * BETWEEN_RESPONSES
    return time.strftime("%Y-%m-%dT%H:%M:%SZ").encode()


def _kept(value: Any) -> bytes:
    """Write JSON that is kept: what ``orjson`` gives holds on to four times the memory and more."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
