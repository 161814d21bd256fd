"""The Python client `tincan` works against Xueji unchanged, in all that it can.

It can't send attachments, and its About knows no version after 1.0.3.
"""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tincan import (
    Activity,
    ActivityDefinition,
    Agent,
    AgentAccount,
    LanguageMap,
    RemoteLRS,
    Result,
    Score,
    Statement,
    StatementRef,
    Verb,
)
from tincan.documents import ActivityProfileDocument, AgentProfileDocument, StateDocument
from tincan.lrs_response import LRSResponse

from tests.clients.seen import (
    ANSWERS,
    PAGE,
    check_pages,
    check_profile,
    check_state,
    check_voiding,
)
from tests.support.servers import Key, Server, running_server

VERSION = "1.0.3"
AGENT = Agent(name="学生 一", account=AgentAccount(home_page="https://school.example", name="s1"))
ACTIVITY = Activity(
    id="https://school.example/lesson/分数",
    definition=ActivityDefinition(name=LanguageMap({"zh-CN": "分数", "en": "Fractions"})),
)
ANSWERED = Verb(id="http://adlnet.gov/expapi/verbs/answered")
VOIDED = Verb(id="http://adlnet.gov/expapi/verbs/voided")
STATE = {"activity": ACTIVITY, "agent": AGENT}

Json = dict[str, Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("tincan")
    with running_server(folder, carrier="none", clickhouse_dsn="chdb://memory") as server:
        yield server


@pytest.fixture(scope="module")
def key(server: Server) -> Key:
    return server.add_key()


@pytest.fixture
def client(server: Server, key: Key) -> RemoteLRS:
    endpoint = f"{server.address}/xapi"
    return RemoteLRS(version=VERSION, endpoint=endpoint, username=key.key, password=key.secret)


@pytest.fixture
def web(server: Server, key: Key) -> Iterator[httpx.Client]:
    headers = {"X-Experience-API-Version": VERSION, "If-None-Match": "*"}
    with httpx.Client(
        base_url=f"{server.address}/xapi", auth=(key.key, key.secret), headers=headers
    ) as web:
        yield web


def accepted(answer: LRSResponse) -> Any:
    assert answer.success, (answer.response.status, answer.data)
    return answer.content


def test_it_posts_queries_pages_and_voids(client: RemoteLRS) -> None:
    batch = [
        Statement(actor=AGENT, verb=ANSWERED, object=ACTIVITY, result=Result(score=Score(raw=raw)))
        for raw in range(ANSWERS)
    ]
    seen: Json = {"posted": [one.id for one in accepted(client.save_statements(batch))]}
    filters = {"agent": AGENT, "verb": ANSWERED, "activity": ACTIVITY, "related_agents": True}
    page = accepted(client.query_statements({**filters, "limit": PAGE, "ascending": True}))
    seen["pages"] = [[one.id for one in page.statements]]
    while page.more:
        page = accepted(client.more_statements(page))
        seen["pages"].append([one.id for one in page.statements])
    check_pages(seen)

    first = seen["posted"][0]
    voiding = Statement(actor=AGENT, verb=VOIDED, object=StatementRef(id=first))
    accepted(client.save_statement(voiding))
    gone = client.retrieve_statement(first)
    seen["voidedIsGone"] = not gone.success and gone.response.status == 404
    seen["voided"] = accepted(client.retrieve_voided_statement(first)).id
    check_voiding(seen)


def test_a_statement_comes_back_as_it_was_built(client: RemoteLRS) -> None:
    built = Statement(actor=AGENT, verb=ANSWERED, object=ACTIVITY)
    accepted(client.save_statement(built))
    found = accepted(client.retrieve_statement(str(built.id)))
    assert found.actor.name == "学生 一"
    assert found.object.definition.name["zh-CN"] == "分数"


def test_it_keeps_lists_and_deletes_state(client: RemoteLRS) -> None:
    content = json.dumps({"page": 4, "name": "第三页"})
    page = StateDocument(id="page", content=content, content_type="application/json", **STATE)
    accepted(client.save_state(page))
    found = accepted(client.retrieve_state(state_id="page", **STATE))
    seen: Json = {"state": json.loads(found.content)}
    seen["states"] = accepted(client.retrieve_state_ids(**STATE))
    accepted(client.delete_state(page))
    seen["stateIsGone"] = client.retrieve_state(state_id="page", **STATE).response.status == 404
    check_state(seen)


def test_it_clears_all_state_of_an_activity(client: RemoteLRS) -> None:
    for name in ("one", "two"):
        accepted(client.save_state(StateDocument(id=name, content="page one", **STATE)))
    found = accepted(client.retrieve_state(state_id="one", **STATE))
    assert found.content.decode() == "page one"
    accepted(client.clear_state(**STATE))
    assert accepted(client.retrieve_state_ids(**STATE)) == []


@pytest.mark.parametrize(
    ("kind", "owner", "make", "parameters"),
    [
        ("activity", ACTIVITY, ActivityProfileDocument, {"activityId": ACTIVITY.id}),
        ("agent", AGENT, AgentProfileDocument, {"agent": AGENT.to_json(VERSION)}),
    ],
)
def test_it_changes_profiles_by_their_etags(
    client: RemoteLRS, web: httpx.Client, kind: str, owner: Any, make: Any, parameters: Json
) -> None:
    """A new profile needs If-None-Match, which this client never sends: another one makes it."""
    path = "/activities/profile" if kind == "activity" else "/agents/profile"
    web.put(
        path, params={**parameters, "profileId": "settings"}, json={"colour": "red"}
    ).raise_for_status()

    def retrieve() -> LRSResponse:
        return getattr(client, f"retrieve_{kind}_profile")(owner, "settings")

    def save(content: str, etag: str) -> LRSResponse:
        more = {"content": content, "content_type": "application/json", "etag": etag, kind: owner}
        return getattr(client, f"save_{kind}_profile")(make(id="settings", **more))

    etag = retrieve().response.getheader("ETag")
    accepted(save('{"colour": "green"}', etag))
    refused = save('{"colour": "blue"}', etag)
    seen: Json = {"isStaleRefused": not refused.success and refused.response.status == 412}
    seen["content"] = json.loads(accepted(retrieve()).content)
    seen["names"] = accepted(getattr(client, f"retrieve_{kind}_profile_ids")(owner))
    current = make(id="settings", etag=retrieve().response.getheader("ETag"), **{kind: owner})
    accepted(getattr(client, f"delete_{kind}_profile")(current))
    seen["isGone"] = retrieve().response.status == 404
    check_profile(seen)
