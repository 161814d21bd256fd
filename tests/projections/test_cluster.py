"""The warehouse's SQL for a cluster: made from the schema's files, read and planned by ClickHouse.

There is no cluster here. The engine makes the tables of one server of it, without what takes
Keeper (ON CLUSTER, Replicated), and plans each query over two shards that can't be reached.
"""

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from projections import comparison
from projections.cluster import (
    SETTINGS,
    NotForClusters,
    ask_cluster,
    define_on_cluster,
    sharding_key,
)
from projections.tables import EVERY_TABLE
from projections.warehouse import Warehouse, _migrations, _query
from tests.support.clickhouse import ClickHouseServer

CLUSTER = "district"
UNREACHED = re.compile(r"Connection refused|connection tries failed", re.IGNORECASE)
SHARD = "<shard><replica><host>127.0.0.1</host><port>{port}</port></replica></shard>"
GIVEN = {
    "accounts": ["a", "b"],
    "actions": ["answer"],
    "after_ordinal": 0,
    "attempts_at": "",
    "after_statement": "6690e6c9-3ef0-4ed3-8b37-7f3964730bee",
    "after_time": 9,
    "app": "",
    "first": "2026-03-02",
    "is_anyones": 0,
    "is_everyone": 0,
    "is_further": 1,
    "is_limited": 1,
    "item": "",
    "knowledge_point": "",
    "known": ["success"],
    "last": "2026-03-29",
    "layers": ["basic"],
    "least_tries": 5,
    "lesson": "",
    "part_of": "",
    "phase": "",
    "points": ["a"],
    "points_of": "",
    "since": 0,
    "subject": "",
    "store": "demo",
    "person": "a",
    "account": "b",
    "stores": ["demo", "demo"],
    "persons": ["a", "b"],
    "subjects": ["a", "b"],
    "until": 9,
    "after": 0,
    "limit": 10,
    "search": "",
    "after_shown": "",
    "after_person": "",
    "after_name": "",
    "after_user": "",
    "class_group": "5-1",
    "corrected_with": ["i"],
    "names": ["5-1"],
    "on": "2026-09-01",
    "role": "student",
    "school": "",
    "items": ["i"],
    "taking": ["resource_used"],
    "acts": ["homework_set"],
    "timezone": "Asia/Shanghai",
    "lessons": ["l", "m"],
    "classes": ["5-1"],
    "teachers": ["t"],
    "teaching": ["homework_set"],
    "learning": ["answer"],
    "from": 0,
    "to": 9,
    "before": 9,
    "before_lesson": "",
    "reached": 9,
    "reached_lesson": "",
    "own_classes": ["5-1"],
    "own_teachers": ["t"],
    "of": "xueji_live",
    "of_statement": "",
    "name": "live",
    "database": "xueji_live",
    "first_day": "2026-09-01",
    "last_day": "2026-12-31",
    "recent": "2026-11-01",
    "fresh": 4,
    "days": ["2026-09-01"],
    "earliest": "2026-09-01",
    "enough": 5,
    "among": ["a"],
    "answers": ["answer"],
    "begins": "2026-03-02",
    "course": "",
    "digest": "d",
    "ends": "2026-03-29",
    "firsts": "2026-03-02",
    "lasts": "2026-03-29",
    "layer": "",
    "marked": ["check"],
    "part": 0,
    "partly": ["a"],
    "parts": 5,
}
ASKED_OF_THE_CATALOGUE = {"generations", "live_identity", "dropped", "migrations_applied"}
SCHEMA = [
    (schema, statement)
    for schema in ("catalogue", "generation")
    for migration in _migrations(schema)
    for statement in migration.statements
]
QUERIES = sorted(
    file.stem
    for file in Path(comparison.__file__).parent.joinpath("queries").glob("*.sql")
    if not file.stem.startswith(("compare_", "create_", "drop_", "record_", "promote"))
    and file.stem != "lessons_wanted"  # a part of others
)


def everything() -> Iterator[str]:
    """Give all statements that make a warehouse with one generation on a cluster.

    Rows that a migration writes are left out: they go into a table over all servers.
    """
    for database in ("xueji", "xueji_live"):
        yield from define_on_cluster(_query("create_database"), CLUSTER, database)
    yield from define_on_cluster(_query("create_migrations"), CLUSTER, "xueji")
    for schema, statement in SCHEMA:
        database = "xueji" if schema == "catalogue" else "xueji_live"
        if "INSERT INTO" not in statement:
            yield from define_on_cluster(statement, CLUSTER, database)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """An engine that knows the cluster's name, and that it has two shards."""
    folder = tmp_path_factory.mktemp("cluster")
    shards = "".join(SHARD.format(port=port) for port in (1, 2))
    servers = f"<remote_servers><{CLUSTER}>{shards}</{CLUSTER}></remote_servers>"
    config = folder / "config.xml"
    config.write_text(f"<clickhouse>{servers}</clickhouse>")
    front = ClickHouseServer(Path(f"{folder / 'data'}?config-file={config}"))
    front.start()
    try:
        with closing(clickhouse_connect.get_client(dsn=front.dsn)) as client:
            yield client
    finally:
        front.stop()


@pytest.fixture(scope="module")
def client(server: Client) -> Client:
    """The same with every table of a warehouse."""
    for statement in everything():
        alone = statement.replace(f" ON CLUSTER '{CLUSTER}'", "").replace(" Replicated", " ")
        if "{of:" in alone:
            for name in ("xueji", "xueji_live"):
                server.command(alone, parameters={"of": name})
        else:
            server.command(alone, parameters={"database": database_of(statement)})
    return server


def database_of(statement: str) -> str:
    """Tell which database a table of a statement belongs to."""
    found = re.search(r"\}\.(\w+)", statement)
    assert found is not None
    is_catalogues = found[1].removesuffix("_local") in {"migrations", "generations", "promotions"}
    return "xueji" if is_catalogues else "xueji_live"


# Tables ------------------------------------------------------------------------------------------


def test_a_table_becomes_a_replicated_one_and_one_over_all_of_them() -> None:
    (progress,) = (each for _, each in SCHEMA if ".progress" in each)
    columns = "(\n    part UInt16,\n    source UInt16,\n    position UInt64\n)\n"
    assert define_on_cluster(progress, CLUSTER, "xueji_live") == [
        "CREATE TABLE IF NOT EXISTS {database:Identifier}.progress_local ON CLUSTER 'district'\n"
        f"{columns}ENGINE = ReplicatedReplacingMergeTree(position)\nORDER BY (part, source)\n"
        "SETTINGS fsync_after_insert = 1, fsync_part_directory = 1",
        "CREATE TABLE IF NOT EXISTS {database:Identifier}.progress ON CLUSTER 'district'\n"
        f"{columns}ENGINE = Distributed('district', 'xueji_live', 'progress_local',"
        " cityHash64(part, source))",
    ]


@pytest.mark.parametrize("name", EVERY_TABLE)
def test_the_rows_of_one_key_lie_on_one_shard_and_a_persons_together(name: str) -> None:
    key = EVERY_TABLE[name].key
    by = sharding_key(key)
    assert set(by) <= set(key)
    if "person" in key or "subject" in key:
        assert by == key[:2]
    (over_all,) = (each for each in everything() if f"'{name}_local'" in each)
    assert f"'{name}_local', cityHash64({', '.join(by)}))" in over_all


def test_every_statement_of_every_schema_is_for_all_servers_and_is_read_by_clickhouse(
    server: Client,
) -> None:
    for statement in everything():
        assert f" ON CLUSTER '{CLUSTER}'" in statement
        shown = server.query("SELECT formatQuery({text:String})", parameters={"text": statement})
        text = shown.result_rows[0][0]
        assert f"ON CLUSTER {CLUSTER}" in text
        assert ("Replicated" in text) == ("_local ON CLUSTER" in text and "CREATE TABLE" in text)


def test_a_column_is_added_to_both_tables_the_local_one_first() -> None:
    (change,) = (each for _, each in SCHEMA if "ADD COLUMN" in each)
    local, over_all = define_on_cluster(change, CLUSTER, "xueji")
    assert local.startswith("ALTER TABLE {database:Identifier}.generations_local ON CLUSTER ")
    assert over_all == local.replace("generations_local", "generations")


def test_how_rows_are_stored_is_set_where_they_are() -> None:
    for change in (each for _, each in SCHEMA if "MODIFY SETTING" in each):
        (local,) = define_on_cluster(change, CLUSTER, "xueji")
        assert "_local ON CLUSTER 'district' MODIFY SETTING " in local


def test_a_view_reads_and_writes_where_the_rows_are() -> None:
    (view,) = (each for _, each in SCHEMA if "MATERIALIZED VIEW" in each)
    (local,) = define_on_cluster(view, CLUSTER, "xueji_live")
    database = "{database:Identifier}"
    assert local.startswith(
        f"CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.lessons_of_facts_local"
        f" ON CLUSTER 'district'\nTO {database}.lessons_local AS\nSELECT\n"
    )
    assert f"\nFROM {database}.facts_local\nWHERE" in local


def test_rows_of_a_migration_go_into_the_table_over_all_servers() -> None:
    (rows,) = (each for _, each in SCHEMA if "INSERT INTO" in each)
    (told,) = define_on_cluster(rows, CLUSTER, "xueji_live")
    assert told.startswith("INSERT INTO {database:Identifier}.lessons\nSELECT")
    assert "\nFROM {database:Identifier}.facts\nWHERE" in told


def test_databases_are_made_and_dropped_everywhere() -> None:
    assert define_on_cluster(_query("drop_database"), CLUSTER, "xueji") == [
        "DROP DATABASE IF EXISTS {of:Identifier} ON CLUSTER 'district' SYNC"
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "OPTIMIZE TABLE {database:Identifier}.facts",
        "CREATE TABLE {database:Identifier}.a (a UInt8) ENGINE = MergeTree ORDER BY a",
        "CREATE TABLE IF NOT EXISTS {database:Identifier}.a (a UInt8) ENGINE = MergeTree",
    ],
)
def test_what_is_not_known_how_to_make_is_refused(statement: str) -> None:
    with pytest.raises(NotForClusters):
        define_on_cluster(statement, CLUSTER, "xueji")


def test_clickhouse_makes_both_tables_of_each(client: Client) -> None:
    made = client.query(
        "SELECT name, engine FROM system.tables WHERE database LIKE 'xueji%'"
    ).result_rows
    engines = dict(made)
    for name in EVERY_TABLE:
        assert engines[name] == "Distributed"
        assert engines[f"{name}_local"].endswith("MergeTree")


def test_clickhouse_knows_the_settings(client: Client) -> None:
    rows = client.query("SELECT name FROM system.settings").result_rows
    assert {name for (name,) in rows} >= set(SETTINGS)


# Queries -----------------------------------------------------------------------------------------


def refusal(client: Client, query: str, **given: object) -> str:
    """Give why a query can't be planned over shards; that they aren't reached is no reason."""
    try:
        client.query(f"EXPLAIN {query}", parameters=fitting(query) | given)
    except ClickHouseError as error:
        return "" if UNREACHED.search(str(error)) else str(error)
    return ""


def fitting(query: str) -> dict[str, object]:
    """Give each parameter a value: some are one text here, and several, or a day, there."""
    values: dict[str, object] = dict(GIVEN)
    for name, type_name in re.findall(r"\{(\w+):(\w+)", query):
        if type_name == "Date32" and not isinstance(values.get(name), str):
            values[name] = "2026-03-02"
        if type_name == "Array" and not isinstance(values.get(name), list):
            values[name] = [values.get(name)]
    return values


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_can_be_planned_over_shards(client: Client, name: str) -> None:
    database = "xueji" if name in ASKED_OF_THE_CATALOGUE else "xueji_live"
    lines = [line for line in _query(name).splitlines() if not line.startswith("--")]
    assert refusal(client, ask_cluster("\n".join(lines), CLUSTER), database=database) == ""


@pytest.mark.parametrize("name", ["facts", "names", "identities", "dead_letters"])
def test_a_comparison_can_be_planned_over_shards(client: Client, name: str) -> None:
    table = EVERY_TABLE[name]
    unlike = f"SELECT store, of_subject FROM ({comparison._unlike(table)})"
    sides = {"one": "xueji_live", "other": "xueji_live"}
    assert refusal(client, unlike, **sides) == ""
    assert refusal(client, comparison._rows(table, unlike), **sides) == ""


def test_without_global_a_comparison_could_not(client: Client) -> None:
    table = EVERY_TABLE["facts"]
    unlike = f"SELECT store, of_subject FROM ({comparison._unlike(table)})"
    rows = comparison._rows(table, unlike).replace("GLOBAL IN", "IN")
    assert "Double-distributed" in refusal(client, rows, one="xueji_live", other="xueji_live")


@pytest.mark.parametrize("name", ["parts", "rows", "size"])
def test_parts_are_counted_on_a_replica_of_each_shard_by_the_tables_own_name(name: str) -> None:
    query = ask_cluster(_query(name), CLUSTER)
    assert f"cluster('{CLUSTER}', system.parts)" in query
    assert "replaceRegexpOne(table, '_local$', '')" in query
    assert ask_cluster(_query("students"), CLUSTER) == _query("students")


def test_what_a_warehouse_of_a_cluster_takes_on_disk_is_asked_of_every_shard(
    monkeypatch: pytest.MonkeyPatch, server: Client
) -> None:
    warehouse = Warehouse(lambda: server, "xueji", CLUSTER)
    monkeypatch.setattr(warehouse, "generations", list)
    with pytest.raises(ClickHouseError, match=UNREACHED):
        warehouse.size()


def test_a_warehouse_of_a_cluster_says_so_in_all_that_it_makes(
    monkeypatch: pytest.MonkeyPatch, server: Client
) -> None:
    """Through the warehouse itself; the engine has no Keeper, and refuses the very first step."""
    said: list[str] = []

    def command(statement: str, **_: object) -> None:
        said.append(statement)
        raise ConnectionError("no Keeper")

    monkeypatch.setattr(server, "command", command)
    warehouse = Warehouse(lambda: server, "xueji", CLUSTER)
    with pytest.raises(ConnectionError):
        warehouse._ensure_catalogue()
    assert said == ["CREATE DATABASE IF NOT EXISTS {of:Identifier} ON CLUSTER 'district'"]
