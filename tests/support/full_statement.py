"""One statement with every property, and what breaks when one of its places is changed."""

import re
from typing import Any

import orjson
import pytest

from lrs.validation import Violation, validate_statement
from lrs.versions import RULES, Version

UUID = "8c1f0b52-7d3a-4b6e-9a45-0d2e6f7a1b9c"
VOIDED = "http://adlnet.gov/expapi/verbs/voided"
ACTIVITY = {"id": "https://school.example.cn/lessons/7"}
AGENT = {"objectType": "Agent", "mbox": "mailto:student@example.org"}
GROUP = {"objectType": "Group", "member": [AGENT, {"openid": "https://id.example.org/7"}]}
REFERENCE = {"objectType": "StatementRef", "id": UUID}
ABSENT = object()

FULL: dict[str, Any] = {
    "id": UUID,
    "actor": {"name": "学生", "account": {"homePage": "https://school.example.cn", "name": "s7"}},
    "verb": {
        "id": "http://adlnet.gov/expapi/verbs/answered",
        "display": {"en": "answered", "zh-CN": "回答"},
    },
    "object": {
        "objectType": "Activity",
        "id": "https://school.example.cn/items/7",
        "definition": {
            "name": {"zh-CN": "第七题"},
            "description": {"zh-CN": "解方程"},
            "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
            "moreInfo": "https://school.example.cn/items/7.html",
            "interactionType": "choice",
            "correctResponsesPattern": ["a[,]c"],
            "choices": [{"id": "a", "description": {"en": "A"}}, {"id": "c"}],
            "extensions": {"https://school.example.cn/level": None},
        },
    },
    "result": {
        "score": {"scaled": 0.5, "raw": 1, "min": 0, "max": 2.0},
        "success": True,
        "completion": False,
        "response": "a",
        "duration": "PT1M30.5S",
        "extensions": {"https://school.example.cn/tries": {"deep": [None, {"x y": None}]}},
    },
    "context": {
        "registration": UUID.upper(),
        "instructor": AGENT,
        "team": GROUP,
        "contextActivities": {
            "parent": ACTIVITY,
            "grouping": [ACTIVITY, ACTIVITY],
            "category": [],
            "other": [{**ACTIVITY, "objectType": "Activity", "definition": {}}],
        },
        "revision": "1",
        "platform": "云校",
        "language": "zh-CN",
        "statement": REFERENCE,
        "extensions": {},
    },
    "timestamp": "2025-03-01T08:15:30.123+08:00",
    "stored": "2025-03-01T00:15:31Z",
    "authority": AGENT,
    "version": "1.0.3",
    "attachments": [
        {
            "usageType": "http://example.com/essay",
            "display": {"en": "Essay"},
            "description": {},
            "contentType": "text/plain; charset=utf-8",
            "length": 27,
            "sha2": "0aF9" * 16,
            "fileUrl": "https://school.example.cn/essay",
        }
    ],
}


def steps(place: str) -> list[str | int]:
    """Read ``context.team.member[0]`` as the steps down to it."""
    found = re.findall(r"\['((?:[^'\\]|\\.)*)'\]|\[(\d+)\]|([^.\[\]]+)", place)
    return [int(index) if index else quoted or name for quoted, index, name in found]


def changed(whole: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Copy a statement with other values in some places, or without them where ABSENT."""
    result = orjson.loads(orjson.dumps(whole))  # a copy that shares no part with itself
    for place, value in changes.items():
        *down, last = steps(place)
        holder: Any = result
        for step in down:
            holder = holder[step]
        if value is ABSENT:
            del holder[last]
        else:
            holder[last] = value
    return result


def violation_of(statement: Any, version: Version = Version.V1_0_3, path: str = "$") -> Violation:
    with pytest.raises(Violation) as caught:
        validate_statement(statement, version, path=path)
    return caught.value


def refused(place: str, value: Any, rule: str, at: str | None = None) -> Any:
    """Name a row of a table: what is put where, a part of the rule, and the path if another."""
    return pytest.param({place: value}, "$." + (place if at is None else at), rule)


def assert_refused(changes: dict[str, Any], path: str, rule: str) -> None:
    for version in Version:
        violation = violation_of(changed(FULL, changes), version)
        assert violation.path == path.removesuffix(".")
        assert rule in violation.rule
        assert violation.section.startswith(RULES[version].standard)


def places(value: Any, place: str = "") -> list[str]:
    """List every place in a decoded value that is not inside extensions."""
    children = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for step, child in children:
        here = f"{place}[{step}]" if isinstance(step, int) else f"{place}.{step}".lstrip(".")
        if "-" in str(step):
            here = f"{place}['{step}']"
        found.append(here)
        if isinstance(child, dict | list) and step != "extensions":
            found += places(child, here)
    return found
