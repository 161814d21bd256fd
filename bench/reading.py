"""Measures how long reading a statement takes: ``python -m bench.reading``."""

import functools
import time
from collections.abc import Callable

import orjson

from projections import vocabulary
from projections.meaning.reading import default_reader

_STUDENT = {"homePage": "https://school-7.example", "name": "20230917"}
_SKILL = {"type": vocabulary.TYPE_KNOWLEDGE_POINT}


def typical_statement() -> bytes:
    """A question answered in an ADL course, as JSON of about 1 kB."""
    base = "https://items.example"
    types = "http://adlnet.gov/expapi/activities"
    return orjson.dumps(
        {
            "id": "7d1f2c5e-43a5-4f0e-9d7b-0a1b2c3d4e5f",
            "actor": {"objectType": "Agent", "name": "李明", "account": _STUDENT},
            "verb": {"id": vocabulary.VERB_ANSWERED, "display": {"zh-CN": "回答了"}},
            "object": {
                "objectType": "Activity",
                "id": f"{base}/item/4711",
                "definition": {"type": f"{types}/question", "name": {"zh-CN": "第 3 题"}},
            },
            "result": {
                "success": True,
                "score": {"scaled": 1.0},
                "response": "B",
                "duration": "PT42.5S",
            },
            "context": {
                "registration": "0b9a4c5e-7c9f-4d1e-9a53-0d2c2f6f3f11",
                "contextActivities": {
                    "grouping": [
                        {"id": f"{base}/course/8", "definition": {"type": f"{types}/course"}}
                    ],
                    "other": [
                        {"id": f"{base}/goal/9", "definition": {"type": f"{types}/objective"}}
                    ],
                },
                "extensions": {"https://items.example/xapi/attempt": 2},
            },
            "timestamp": "2026-03-02T19:14:05.123+08:00",
            "stored": "2026-03-02T11:14:06.004512Z",
            "version": "1.0.3",
            "authority": {"account": {"homePage": "https://xueji.dev", "name": "homework-app"}},
        }
    )


def profile_statement() -> bytes:
    """An answered homework item by the teaching-cycle profile, as JSON of about 1.7 kB."""
    base = "https://items.example"
    return orjson.dumps(
        {
            "id": "7d1f2c5e-43a5-4f0e-9d7b-0a1b2c3d4e5f",
            "actor": {"objectType": "Agent", "name": "李明", "account": _STUDENT},
            "verb": {"id": vocabulary.VERB_ANSWERED, "display": {"zh-CN": "回答了"}},
            "object": {
                "id": f"{base}/item/4711",
                "definition": {"type": vocabulary.TYPE_ITEM, "name": {"zh-CN": "第 3 题"}},
            },
            "result": {
                "success": True,
                "score": {"scaled": 1.0},
                "response": "B",
                "duration": "PT42.5S",
            },
            "context": {
                "contextActivities": {
                    "category": [{"id": vocabulary.PROFILE_VERSION}],
                    "parent": [{"id": f"{base}/homework/12"}],
                    "grouping": [
                        {"id": f"{base}/lesson/3", "definition": {"type": vocabulary.TYPE_LESSON}},
                        {"id": f"{base}/course/8", "definition": {"type": vocabulary.TYPE_COURSE}},
                    ],
                    "other": [
                        {"id": f"{base}/point/17", "definition": _SKILL},
                        {"id": f"{base}/point/9", "definition": _SKILL},
                    ],
                },
                "extensions": {
                    vocabulary.EXTENSION_PHASE: "post",
                    vocabulary.EXTENSION_SUBJECT: "mathematics",
                    vocabulary.EXTENSION_CLASS: "class-7-2",
                    vocabulary.EXTENSION_SCHOOL: "school-7",
                },
            },
            "timestamp": "2026-03-02T19:14:05.123+08:00",
            "stored": "2026-03-02T11:14:06.004512Z",
            "version": "1.0.3",
            "authority": {"account": {"homePage": "https://xueji.dev", "name": "homework-app"}},
        }
    )


def microseconds_each(work: Callable[[], object], rounds: int = 50, times: int = 1000) -> float:
    """The least over the rounds of the time one call takes, in µs: other work only adds."""
    figures = []
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(times):
            work()
        figures.append((time.perf_counter() - start) / times * 1e6)
    return min(figures)


def main() -> None:
    """Print the figures."""
    reader = default_reader()
    for name, raw in (("typical", typical_statement()), ("profile", profile_statement())):
        statement = orjson.loads(raw)
        reading = reader.read(statement, store="district", position=1)
        loads = microseconds_each(functools.partial(orjson.loads, raw))
        read = microseconds_each(
            functools.partial(reader.read, statement, store="district", position=1)
        )
        print(
            f"{name}: {len(raw)} bytes, {len(reading.facts)} fact, {len(reading.names)} names; "
            f"reading {read:.2f} µs = {read / loads:.1f} × orjson.loads ({loads:.2f} µs)"
        )


if __name__ == "__main__":
    main()
