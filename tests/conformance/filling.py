"""Fills a store before the conformance suite runs: statements and documents like the suite's own.

The people, verbs and activities are those that conformance tests of xAPI are usually made of, so
that what the suite stores stands among its likes: filters, pages, chains of references and merged
definitions have to tell its statements from several thousand others.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import httpx

from tests.support.servers import Key

STATEMENTS = 4_000
BATCH = 100
DOCUMENTS = 100  # of each kind
WITH_ATTACHMENT = 20
BOUNDARY = "filling"

VOIDED = "http://adlnet.gov/expapi/verbs/voided"
VERBS = [
    f"http://adlnet.gov/expapi/verbs/{verb}"
    for verb in ("attended", "answered", "completed", "experienced", "passed")
]
ACTIVITY = "http://www.example.com/activityId/hashset"
MEETING = "http://www.example.com/meetings/occurances/34534"
ACTIVITIES = [MEETING, ACTIVITY, "http://id.tincanapi.com/activity/software/filling/1.0"]
PERSON = {
    "objectType": "Agent",
    "account": {"homePage": "http://www.example.com/agentId/1", "name": "Rick James"},
}
TEAM = {"objectType": "Group", "mbox": "mailto:xapigroup@adlnet.gov", "member": [PERSON]}
FIRST_DAY = datetime(2024, 9, 1, tzinfo=UTC)

Json = dict[str, Any]


def fill(address: str, key: Key, version: str) -> None:
    """Post everything through HTTP as one credential; raises httpx.HTTPStatusError if refused."""
    headers = {"X-Experience-API-Version": version}
    with httpx.Client(
        base_url=f"{address}/xapi", auth=(key.key, key.secret), headers=headers, timeout=60
    ) as client:
        for first in range(0, STATEMENTS, BATCH):
            batch = [statement(number) for number in range(first, first + BATCH)]
            client.post("/statements", json=batch).raise_for_status()
        for number in range(WITH_ATTACHMENT):
            content_type, body = with_attachment(number)
            kind = {"Content-Type": content_type}
            client.post("/statements", content=body, headers=kind).raise_for_status()
        for path, parameters, document in documents():
            only_new = {"If-None-Match": "*"}
            answer = client.put(path, params=parameters, json=document, headers=only_new)
            answer.raise_for_status()


def statement_id(number: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"https://filling.example/statement/{number}"))


def statement(number: int) -> Json:
    """Give one of the statements, of many shapes; some refer to others or void them."""
    return {
        "id": statement_id(number),
        "actor": _actor(number),
        "verb": {"id": VERBS[number % len(VERBS)], "display": {"en-US": "did"}},
        "object": _activity(number),
        "timestamp": (FIRST_DAY + timedelta(minutes=number)).isoformat(),
        **_particulars(number),
    }


def _particulars(number: int) -> Json:
    """Give what sets a statement apart from a plain one."""
    if number % 40 == 39:
        return {"verb": {"id": VOIDED}, "object": _reference(number - 20)}
    if number % 10 == 3:
        return {"object": _reference(number - 2)}  # number 13, 23, … refer to plain ones
    if number % 10 == 4:
        return {"object": _reference(number - 1)}  # and these to them: chains
    if number % 10 == 5:
        inner = {"actor": _actor(number + 1), "verb": {"id": VERBS[0]}, "object": _activity(1)}
        return {"object": {"objectType": "SubStatement", **inner}}
    if number % 10 == 6:
        return {"object": PERSON, "context": {"instructor": PERSON, "team": TEAM}}
    around = {"contextActivities": {"parent": [_activity(0)], "category": [_activity(2)]}}
    registration = str(uuid5(NAMESPACE_URL, f"https://filling.example/course/{number % 30}"))
    return {
        "context": {"registration": registration, **around},
        "result": {"score": {"scaled": number % 100 / 100}, "duration": "PT1M30S"},
    }


def _actor(number: int) -> Json:
    if number % 9 == 0:
        return TEAM
    if number % 3 == 0:
        return PERSON
    name = "xapi" if number % 3 == 1 else f"learner-{number % 50}"
    return {"objectType": "Agent", "name": "xAPI mbox", "mbox": f"mailto:{name}@adlnet.gov"}


def _activity(number: int) -> Json:
    definition = {
        "name": {"en-US": "filling meeting", "zh-CN": "会议"},
        "type": "http://adlnet.gov/expapi/activities/meeting",
    }
    activity = ACTIVITIES[number % len(ACTIVITIES)]
    return {"objectType": "Activity", "id": activity, "definition": definition}


def _reference(number: int) -> Json:
    return {"objectType": "StatementRef", "id": statement_id(number)}


def with_attachment(number: int) -> tuple[str, bytes]:
    """Give content type and body of a request with one statement and its attachment's bytes."""
    data = f"attachment {number}".encode()
    digest = hashlib.sha256(data).hexdigest()
    attachment = {
        "usageType": "http://example.com/attachment-usage/test",
        "display": {"en-US": "filling"},
        "contentType": "text/plain",
        "length": len(data),
        "sha2": digest,
    }
    whole = statement(STATEMENTS + 10 * number) | {"attachments": [attachment]}
    lines = (
        f"--{BOUNDARY}",
        "Content-Type: application/json",
        "",
        json.dumps(whole),
        f"--{BOUNDARY}",
        "Content-Type: text/plain",
        "Content-Transfer-Encoding: binary",
        f"X-Experience-API-Hash: {digest}",
        "",
        data.decode(),
        f"--{BOUNDARY}--",
        "",
    )
    return f"multipart/mixed; boundary={BOUNDARY}", "\r\n".join(lines).encode()


def documents() -> Iterator[tuple[str, dict[str, str], Json]]:
    """Give path, parameters and content of the documents of all three kinds."""
    person = json.dumps(PERSON)
    for number in range(DOCUMENTS):
        name, document = f"filling-{number}", {"number": number, "nested": {"of": "filling"}}
        yield (
            "/activities/state",
            {"activityId": ACTIVITY, "agent": person, "stateId": name},
            document,
        )
        yield "/activities/profile", {"activityId": ACTIVITY, "profileId": name}, document
        yield "/agents/profile", {"agent": person, "profileId": name}, document
