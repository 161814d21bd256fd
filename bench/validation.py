"""How long a statement takes to decode and to validate, beside orjson.loads of the same bytes.

    python -m bench.validation [--json]

Statements are shaped like those of a district's apps, about 1 kB each, and no two are the same:
ids, times, people and texts differ, so that no cache sees a whole statement again.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import orjson

from lrs.json_input import decode
from lrs.validation import validate_statement
from lrs.versions import Version

SCHOOL = "https://school.example.cn"
PROFILE = "https://w3id.org/teaching-cycle"
COUNT = 2_000
ROUNDS = 7


def answered(number: int) -> dict[str, Any]:
    """Make a homework answer: the commonest statement of all."""
    return {
        "id": f"8c1f0b52-7d3a-4b6e-9a45-{number:012x}",
        "actor": {
            "objectType": "Agent",
            "name": f"学生{number % 9029}",
            "account": {"homePage": SCHOOL, "name": f"s{number % 9029:06d}"},
        },
        "verb": {
            "id": "http://adlnet.gov/expapi/verbs/answered",
            "display": {"en-US": "answered", "zh-CN": "回答"},
        },
        "object": {
            "objectType": "Activity",
            "id": f"{SCHOOL}/items/{number % 4000}",
            "definition": {
                "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
                "name": {"zh-CN": f"第{number % 4000}题"},
                "description": {"zh-CN": "解方程，并写出过程。"},
            },
        },
        "result": {
            "score": {"scaled": 0.75, "raw": 3, "min": 0, "max": 4},
            "success": number % 3 > 0,
            "duration": f"PT{number % 60}M{number % 59}.25S",
            "response": f"x = {number}",
        },
        "context": {
            "registration": f"3f7a9d10-52c4-4e8b-b6a1-{number // 30:012x}",
            "contextActivities": {
                "parent": [{"id": f"{SCHOOL}/homework/{number // 30}"}],
                "grouping": [{"id": f"{SCHOOL}/lessons/{number // 60}", "objectType": "Activity"}],
                "category": [{"id": f"{PROFILE}/v1"}],
                "other": [{"id": f"{SCHOOL}/knowledge/algebra-{number % 40}"}],
            },
            "extensions": {f"{PROFILE}/phase": "post", f"{PROFILE}/layer": number % 3},
        },
        "timestamp": f"2025-03-{number % 28 + 1:02d}T09:15:30.{number % 1000:03d}+08:00",
    }


def watched(number: int) -> dict[str, Any]:
    """Make a video statement: fewer results, more context."""
    statement = answered(number)
    statement["verb"] = {
        "id": "https://w3id.org/xapi/video/verbs/paused",
        "display": {"en-US": "paused"},
    }
    statement["result"] = {
        "duration": f"PT{number % 600}.5S",
        "extensions": {
            "https://w3id.org/xapi/video/extensions/time": number % 600,
            "https://w3id.org/xapi/video/extensions/progress": 0.25,
            "https://w3id.org/xapi/video/extensions/played-segments": "0[.]12.5[,]20[.]31",
        },
    }
    statement["context"]["platform"] = "云校"
    statement["context"]["language"] = "zh-CN"
    statement["version"] = "1.0.0"
    return statement


def rated(number: int) -> dict[str, Any]:
    """Make a teacher's rating of a student: a person as object, an instructor, a team."""
    statement = answered(number)
    statement["verb"] = {"id": f"{PROFILE}/verbs/rated", "display": {"zh-CN": "评价"}}
    statement["object"] = {
        "objectType": "Agent",
        "account": {"homePage": SCHOOL, "name": f"s{number % 9029:06d}"},
    }
    statement["context"]["instructor"] = {"mbox": f"mailto:teacher{number % 450}@school.example.cn"}
    statement["context"]["team"] = {
        "objectType": "Group",
        "name": "七年级三班",
        "account": {"homePage": SCHOOL, "name": f"class-{number % 223}"},
    }
    return statement


def microseconds_each(work: Callable[[Any], Any], items: list[Any]) -> float:
    """Time one pass over the items, the best of several rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for item in items:
            work(item)
        best = min(best, time.perf_counter() - start)
    return best / len(items) * 1e6


def measure(kind: Callable[[int], dict[str, Any]]) -> dict[str, float]:
    """Measure one kind of statement."""
    raws = [orjson.dumps(kind(number)) for number in range(COUNT)]
    statements = [orjson.loads(raw) for raw in raws]
    loads = microseconds_each(orjson.loads, raws)
    validation = microseconds_each(
        lambda item: validate_statement(item, Version.V1_0_3), statements
    )
    return {
        "bytes": sum(map(len, raws)) / COUNT,
        "loads": loads,
        "decode": microseconds_each(decode, raws),
        "validate": validation,
        "ratio": validation / loads,
    }


def main() -> None:
    """Print microseconds a statement, by kind."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    arguments = parser.parse_args()
    figures = {kind.__name__: measure(kind) for kind in (answered, watched, rated)}
    if arguments.json:
        print(orjson.dumps(figures).decode())
        return
    print("µs a statement   bytes  orjson.loads  decode  validate  validate/loads")
    for name, figure in figures.items():
        print(
            f"{name:14}{figure['bytes']:8.0f}{figure['loads']:14.2f}{figure['decode']:8.2f}"
            f"{figure['validate']:10.2f}{figure['ratio']:16.1f}"
        )


if __name__ == "__main__":
    main()
