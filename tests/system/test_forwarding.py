"""Forwarding from one Xueji to another: whatever is killed, upstream has all of it once."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from time import monotonic, sleep

import httpx
import orjson
import pytest

from lrs.record import Record
from streams.forwarders import Definition, Forwarders, State
from tests.support.multipart import CONTENT_TYPE as MULTIPART
from tests.support.multipart import attachment, data_part, json_part, parts_of, sha256, written
from tests.support.processes import start_command
from tests.support.records import draft, statement, statement_id, voiding
from tests.support.servers import Key, Server, running_server

STATEMENTS = 600
KILLS = 4
VERSION = {"X-Experience-API-Version": "2.0.0"}


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("upstream"), carrier="none") as server:
        yield server


def asked(server: Server, key: Key, path: str, **parameters: str) -> httpx.Response:
    address = server.address + path
    found = httpx.get(
        address, params=parameters or None, auth=(key.key, key.secret), headers=VERSION, timeout=30
    )
    assert found.status_code == 200, found.text
    return found


def stored_ids(server: Server, key: Key) -> list[str]:
    """Give the ids of all statements that aren't voided, as stored, in order."""
    found: list[str] = []
    page = asked(server, key, "/xapi/statements", ascending="true", limit="500").json()
    while True:
        found += [one["id"] for one in page["statements"]]
        if not page.get("more"):
            return found
        page = asked(server, key, page["more"]).json()


def wait_for(forwarders: Forwarders, position: int, seconds: float = 90) -> State:
    until = monotonic() + seconds
    while (state := forwarders.find("city")).position < position:
        assert monotonic() < until, state
        sleep(0.05)
    return state


def test_a_forwarder_killed_again_and_again_leaves_each_statement_upstream_once_in_order(
    upstream: Server, tmp_path: Path
) -> None:
    chance = Random(7)
    key = upstream.add_key(store="kills")
    environment = {
        **{name: text for name, text in upstream.environment.items() if name[:6] != "XUEJI_"},
        "XUEJI_DATA_DIRECTORY": str(tmp_path),
        "XUEJI_FORWARD_SECRET_CITY": key.secret,
    }
    with (
        closing(Record.open(str(tmp_path / "record.sqlite"))) as record,
        closing(Forwarders(tmp_path / "forwarders.sqlite")) as forwarders,
    ):
        drafts = [
            draft(statement(target=f"item/{number}", id=statement_id(number)))
            for number in range(1, STATEMENTS + 1)
        ]
        drafts.insert(300, draft(voiding(statement_id(5), id=statement_id(10_000))))
        # Upstream has another statement of this id: the one that is to be set aside.
        other = {"statementId": statement_id(77)}
        answer = httpx.put(
            f"{upstream.address}/xapi/statements",
            params=other,
            json=statement("hong", target="other"),
            auth=(key.key, key.secret),
            headers=VERSION,
        )
        assert answer.status_code == 204
        lot = STATEMENTS // (KILLS + 1)  # a quick one would have brought all before its last kill
        endpoint = f"{upstream.address}/xapi"
        forwarders.add(Definition("city", endpoint, key.key, "district", batch=3))
        for kill in range(KILLS):
            record.store_statements_now("district", drafts[kill * lot : (kill + 1) * lot])
            before = forwarders.find("city").position
            process = start_command("forward", environment=environment, log=tmp_path / "log")
            wait_for(forwarders, before + 1)
            sleep(chance.uniform(0, 0.3))
            process.kill()
            process.wait(30)
        record.store_statements_now("district", drafts[KILLS * lot :])
        process = start_command("forward", environment=environment, log=tmp_path / "log")
        state = wait_for(forwarders, record.last_position())
        process.terminate()
        assert process.wait(30) == 0
        [letter] = forwarders.letters(state)
    assert (letter.statement_id, letter.status) == (statement_id(77), 409)
    expected = [one.statement_id for one in drafts if one.statement_id != statement_id(77)]
    expected.remove(statement_id(5))  # voided there too
    assert stored_ids(upstream, key) == [statement_id(77), *expected]


def test_a_server_forwards_by_itself_attachments_too_and_tells_how_it_does(
    upstream: Server, tmp_path: Path
) -> None:
    there = upstream.add_key(store="served", app="district")
    essay = "我的家乡".encode() * 100
    with running_server(tmp_path, forward_secret_city=there.secret) as server:
        key, operator = server.add_key(), server.add_key(scope="operate")
        whole = statement(id=statement_id(1), attachments=[attachment(essay)])
        posted = httpx.post(
            f"{server.address}/xapi/statements",
            content=written([json_part(whole), data_part(essay)]),
            headers={**VERSION, "Content-Type": MULTIPART},
            auth=(key.key, key.secret),
        )
        assert posted.status_code == 200, posted.text
        with closing(Forwarders(tmp_path / "forwarders.sqlite")) as forwarders:
            forwarders.add(Definition("city", f"{upstream.address}/xapi", there.key, "district"))
            wait_for(forwarders, int(posted.headers["X-Xueji-Position"]))
        [told] = asked(server, operator, "/v1/status").json()["forwarders"]
        assert asked(server, key, "/v1/status").json()["forwarders"] is None
    assert told["running"]
    assert (told["lag"], told["error"], told["dead_letters"]) == (0, None, 0)
    assert there.secret not in json.dumps(told)
    found = asked(upstream, there, "/xapi/statements", attachments="true")
    first, data = parts_of(found)
    [one] = orjson.loads(first.data)["statements"]
    assert one["id"] == statement_id(1)
    assert one["authority"]["account"]["name"] == "district"
    assert data.headers["x-experience-api-hash"] == sha256(essay)
    assert data.data == essay
