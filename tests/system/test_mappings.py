"""`xueji mappings` beside a running server and without one; a restart keeps what is in force."""

import json
from pathlib import Path

import httpx

from tests.support.mapping_documents import CLICKED, clicker
from tests.support.records import statement
from tests.support.servers import running_server
from tests.system.test_replay import VERSION, CommandLine, wait_for


def test_a_mapping_is_published_by_command_and_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "clicker.yaml"
    store = ("--store", "district")
    file.write_text(clicker("poll"), encoding="utf-8")
    with running_server(tmp_path / "data") as server:
        command = CommandLine(server.environment)
        said = command.asked("mappings", "publish", str(file), *store)
        assert "clicker, version 1: 已发布 published" in said
        assert "xueji replay --name next" in said
        assert "没有变化 nothing changed" in command.asked("mappings", "publish", str(file), *store)
        assert "of district: clicker" in command.asked("status")
        command.asked("replay", "--name", "next")
        command.asked("generations", "promote", "next")
        assert command.asked("mappings", "show", "clicker", *store) == " ".join(
            clicker("poll").split()
        )
    # Without a server: the commands open record and warehouse themselves.
    file.write_text(clicker("hand_raised"), encoding="utf-8")
    assert "version 2" in command("mappings", "publish", str(file), *store)
    [listed] = json.loads(command("mappings", "list", *store, "--json"))
    assert (listed["name"], listed["state"], listed["by"]) == ("clicker", "published", "xueji")
    with running_server(tmp_path / "data") as server:
        key = server.add_key(store="district", scope="all", app="clicker")
        client = httpx.Client(base_url=server.address, auth=(key.key, key.secret))
        given = {"json": statement("ming", CLICKED), "headers": VERSION}
        position = int(client.post("/xapi/statements", **given).headers["X-Xueji-Position"])
        wait_for(lambda: client.get("/v1/status").json()["carrier"]["position"] >= position)
        apps = client.get("/v1/mappings").json()["mappings"]
        assert [each["state"] for each in apps] == ["published"]
        command = CommandLine(server.environment)
        assert "of district: clicker" in command.asked("status")
        assert "withdrawn" in command.asked("mappings", "withdraw", "clicker", *store)
        assert "there is no mapping nothing" in command.asked(
            "mappings", "withdraw", "nothing", *store, status=1
        )
        assert "district: clicker" in command.asked("status")
