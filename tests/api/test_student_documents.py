"""What apps keep about a person, as the projections give it: State and Agent Profile documents."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import orjson
import pytest

from api.evidence import with_links
from projections.days import Span
from projections.evaluation.results import evidence_of
from projections.evaluation.schemes import Measure, Where
from tests.support.application import RunningApplication, XapiClient, application_of
from tests.support.records import agent, agent_key

ACTIVITY = "https://district.example/quiz"


@pytest.fixture(scope="module")
def running(request: pytest.FixtureRequest) -> Iterator[RunningApplication]:
    with application_of(request) as application:
        yield application


def put_state(client: XapiClient, name: str, state: str, content: Any) -> int:
    parameters = {
        "activityId": ACTIVITY,
        "agent": orjson.dumps(agent(name)).decode(),
        "stateId": state,
    }
    answer = client.request("PUT", "/xapi/activities/state", params=parameters, json=content)
    assert answer.status_code == 204, answer.text
    return int(answer.headers["X-Xueji-Position"])


def documents(client: XapiClient, name: str, after: int) -> Any:
    path = f"/v1/students/{quote(agent_key(name), safe='')}/documents"
    answer = client.request("GET", path, params={"after": after})
    assert answer.status_code == 200, answer.text
    return answer.json()["documents"]


def test_a_state_document_is_listed_for_its_person_as_soon_as_it_is_projected(
    running: RunningApplication,
) -> None:
    client = running.xapi("district", app="player")
    put_state(client, "ming", "bookmark", {"page": 7})
    position = put_state(client, "hong", "bookmark", {"page": 8})
    [listed] = documents(client, "ming", position)
    assert listed["content"] == {"page": 7}
    assert (listed["kind"], listed["id"], listed["app"]) == ("state", "bookmark", "player")
    assert listed["activity"] == ACTIVITY
    assert listed["updated"].endswith("Z")


def test_documents_are_asked_for_as_the_evidence_of_a_figure_does(
    running: RunningApplication,
) -> None:
    client = running.xapi("asking", app="player")
    put_state(client, "ming", "bookmark", {"page": 7})
    position = put_state(client, "ming", "notes", {"page": 8})
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    count = Measure(over="documents", figure="count", where=Where(apps=("player",), ids=("notes",)))
    spans = (Span(today - timedelta(days=1), today), Span(today - timedelta(days=9), today))
    evidence = [evidence_of(count, agent_key("ming"), span, 1) for span in spans]
    evidence.append(evidence_of(count, agent_key("ming"), spans[0].before(), 0))
    found = []
    for one in evidence:
        link = with_links(one, {})["link"]
        answer = client.request("GET", f"{link}&after={position}")
        assert answer.status_code == 200, answer.text
        found.append([each["id"] for each in answer.json()["documents"]])
    assert found == [["notes"], ["notes"], []]


def test_another_store_sees_none_of_them(running: RunningApplication) -> None:
    position = put_state(running.xapi("district"), "ming", "secret", {})
    assert documents(running.xapi("neighbour"), "ming", position) == []


@pytest.mark.parametrize("scope", ["state", "profile", "projections/read", "statements/read"])
def test_whoever_may_not_read_everything_is_refused(
    running: RunningApplication, scope: str
) -> None:
    client = running.xapi("district", scope)
    path = f"/v1/students/{quote(agent_key('ming'), safe='')}/documents"
    assert client.request("GET", path).status_code == 403
