"""Statements for benchmarks: an answer to one item, as a homework app posts it, about 1.2 kB."""

from typing import Any

from projections.vocabulary import (
    EXTENSION_PHASE,
    PROFILE_VERSION,
    TYPE_KNOWLEDGE_POINT,
    TYPE_LESSON,
)


def answer(
    learner: int, item: int, knowledge_point: int, success: bool, time: str | None = None
) -> Any:
    """Give one answer of a learner to an item of a knowledge point.

    Without `time`, the record dates it when it stores it.
    """
    base = "https://district.example"
    made: dict[str, Any] = {
        "actor": {
            "objectType": "Agent",
            "name": f"学生 {learner}",
            "account": {"homePage": "https://id.district.example", "name": f"s{learner:06d}"},
        },
        "verb": {
            "id": "http://adlnet.gov/expapi/verbs/answered",
            "display": {"en-US": "answered", "zh-CN": "回答"},
        },
        "object": {
            "objectType": "Activity",
            "id": f"{base}/items/{item}",
            "definition": {
                "name": {"zh-CN": f"分数加法 第{item}题", "en": f"Adding fractions {item}"},
                "type": "http://adlnet.gov/expapi/activities/cmi.interaction",
                "interactionType": "choice",
                "correctResponsesPattern": ["b"],
            },
        },
        "result": {
            "score": {"scaled": float(success), "raw": 5 * success, "min": 0, "max": 5},
            "success": success,
            "completion": True,
            "response": "b" if success else "c",
            "duration": "PT12.5S",
        },
        "context": {
            "platform": "homework",
            "language": "zh-CN",
            "contextActivities": {
                "category": [{"id": PROFILE_VERSION}],
                "grouping": [
                    {
                        "id": f"{base}/lessons/2026-11-23-math-{learner % 40}",
                        "definition": {"type": TYPE_LESSON},
                    }
                ],
                "other": [
                    {
                        "id": f"{base}/knowledge-points/{knowledge_point}",
                        "definition": {"type": TYPE_KNOWLEDGE_POINT},
                    }
                ],
            },
            "extensions": {EXTENSION_PHASE: "post"},
        },
    }
    return made | {"timestamp": time} if time else made
