"""The warehouse's SQL for a cluster of ClickHouse servers, made from its SQL for one server.

The ``.sql`` files stay the only source. On a cluster each table ``t`` of theirs is two: ``t_local``
on every server, replicated between the servers of a shard, and ``t``, of the engine Distributed,
which spreads rows over the shards and gathers them again. Whatever is inserted or asked says ``t``.

The rows of one key must lie on one shard: there the highest version wins, and FINAL, which each
shard carries out for itself, is right. What is known of one person, or called by one name, lies
together; any other table goes by its whole key. What a materialized view writes lies where the rows
are that it was made of: it has no one row a key, and who reads it takes aggregates.
"""

import re
from typing import Final

# Rows are there when an insert is acknowledged, on most replicas of their shard, and who asks next
# finds them: all ask the same replica first. One server of a cluster asks the others itself.
SETTINGS: Final = {
    "distributed_foreground_insert": 1,
    "insert_quorum": "auto",
    "load_balancing": "in_order",
    # `promote` reads all shards for the highest number; each shard by itself wouldn't know it.
    "parallel_distributed_insert_select": 0,
}

_LOCAL: Final = "_local"
_COMMENT = re.compile(r"^\s*--.*\n?", re.MULTILINE)
_TABLE = re.compile(
    r"CREATE TABLE IF NOT EXISTS (?P<database>\{database:Identifier\})\.(?P<name>\w+)\s*"
    r"(?P<columns>\(.*\))\s*ENGINE = (?P<engine>\w*MergeTree)(?P<rest>.*)",
    re.DOTALL,
)
_COLUMN = re.compile(
    r"ALTER TABLE (?P<database>\{database:Identifier\})\.(?P<name>\w+) (?P<change>ADD COLUMN .*)",
    re.DOTALL,
)
_SETTING = re.compile(
    r"ALTER TABLE (?P<table>\{database:Identifier\}\.\w+) (?P<change>MODIFY SETTING .*)",
    re.DOTALL,
)
_VIEW = re.compile(
    r"CREATE MATERIALIZED VIEW IF NOT EXISTS (?P<name>\{database:Identifier\}\.\w+)\s+"
    r"TO (?P<to>\{database:Identifier\}\.\w+) AS\s+(?P<select>SELECT\s.*)",
    re.DOTALL,
)
_FROM = re.compile(r"^FROM \{database:Identifier\}\.\w+$", re.MULTILINE)
_ROWS = re.compile(r"INSERT INTO \{database:Identifier\}\.\w+\s+SELECT\s.*", re.DOTALL)
_DATABASE = re.compile(
    r"(?P<what>(?:CREATE|DROP) DATABASE IF (?:NOT )?EXISTS \S+)(?P<rest>.*)", re.S
)
_ORDER = re.compile(r"^ORDER BY \(?(?P<key>[\w, ]+?)\)?$", re.MULTILINE)
_INDEX = re.compile(r",\s*INDEX [^\n]*")
_PARTS = re.compile(r"\bsystem\.parts\b")


class NotForClusters(ValueError):
    """A statement of a schema that this module doesn't know how to make for a cluster."""


def define_on_cluster(statement: str, cluster: str, database: str) -> list[str]:
    """Make the statements that do on a cluster what a statement of a schema does on one server.

    `database` is the one that the statement's parameter of that name will name. Raises
    ``NotForClusters``.
    """
    bare = _COMMENT.sub("", statement).strip()
    if found := _DATABASE.fullmatch(bare):
        return [f"{found['what']} ON CLUSTER '{cluster}'{found['rest']}"]
    if found := _COLUMN.fullmatch(bare):
        return [
            f"ALTER TABLE {found['database']}.{found['name']}{suffix} ON CLUSTER '{cluster}'"
            f" {found['change']}"
            for suffix in (_LOCAL, "")
        ]
    if found := _SETTING.fullmatch(bare):  # how rows are stored: the Distributed table has none
        return [f"ALTER TABLE {found['table']}{_LOCAL} ON CLUSTER '{cluster}' {found['change']}"]
    if found := _VIEW.fullmatch(bare):  # each server reads what it is given, and keeps it
        return [
            f"CREATE MATERIALIZED VIEW IF NOT EXISTS {found['name']}{_LOCAL} ON CLUSTER '{cluster}'"
            f"\nTO {found['to']}{_LOCAL} AS\n" + _FROM.sub(rf"\g<0>{_LOCAL}", found["select"])
        ]
    if _ROWS.fullmatch(bare):  # of all servers, and spread over them
        return [bare]
    if found := _TABLE.fullmatch(bare):
        return _tables(found, cluster, database)
    raise NotForClusters(bare)


def ask_cluster(query: str, cluster: str) -> str:
    """Make a query ask a replica of each shard, where it asks for the parts of a server's tables.

    Any other query is the same on a cluster: it asks Distributed tables.
    """
    parts = (
        f"(SELECT * REPLACE (replaceRegexpOne(table, '{_LOCAL}$', '') AS table)"
        f" FROM cluster('{cluster}', system.parts))"
    )
    return _PARTS.sub(parts, query)


def sharding_key(key: tuple[str, ...]) -> tuple[str, ...]:
    """Give the columns by which rows of a table with this key (its ORDER BY) go to shards."""
    return key[:2] if key[0] == "store" else key


def _tables(found: re.Match[str], cluster: str, database: str) -> list[str]:
    """Make a replicated table on every server, and the one over all of them."""
    order = _ORDER.search(found["rest"])
    if order is None:
        raise NotForClusters(found[0])
    shard = ", ".join(sharding_key(tuple(order["key"].split(", "))))
    table = f"{found['database']}.{found['name']}"
    begin = "CREATE TABLE IF NOT EXISTS"
    return [
        f"{begin} {table}{_LOCAL} ON CLUSTER '{cluster}'\n{found['columns']}\n"
        f"ENGINE = Replicated{found['engine']}{found['rest']}",
        # It has no rows of its own to find by an index.
        f"{begin} {table} ON CLUSTER '{cluster}'\n{_INDEX.sub('', found['columns'])}\n"
        f"ENGINE = Distributed('{cluster}', '{database}', '{found['name']}{_LOCAL}',"
        f" cityHash64({shard}))",
    ]
