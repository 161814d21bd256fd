"""Whether a projection equals one rebuilt from scratch, for a data directory that no server uses.

A process can have one embedded warehouse open at a time, so this works in a process of its own.
"""

from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import clickhouse_connect

from api.settings import Settings
from lrs.record import Record
from projections.folds import Fold
from projections.tables import DOCUMENTS, FACTS, PERSONS, TABLES, Table
from projections.warehouse import Generation, Warehouse
from tests.support.carrying import carry

# A row's position is the last of the batch that wrote it, and batches are cut where they are cut.
# Facts and documents have their event's, and a person that of the newest event about it.
EXACT_POSITIONS = (FACTS, PERSONS, DOCUMENTS)
FORMATS = {"DateTime64": "int", "Date32": "int", "UUID": "string", "Tuple": "tuple"}
SHOWN = 5


@dataclass(frozen=True)
class Comparison:
    """How the live projection and the rebuilt one differ."""

    log: int  # the last position of the log
    reached: int  # the position that the live projection had reached before it was carried on
    dead_letters: int
    rows: dict[str, int]  # of each rebuilt table
    differences: list[str]


def comparing() -> ProcessPoolExecutor:
    """Give a process to submit `compare` to."""
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


def compare(data_directory: Path) -> Comparison:
    """Carry the live projection to the log's end as the server does, rebuild, and compare."""
    settings = Settings.model_construct(data_directory=data_directory)  # whatever this shell says
    with (
        closing(Record.open(settings.record_location)) as record,
        closing(Warehouse.open(settings.warehouse_dsn)) as warehouse,
        TemporaryDirectory() as folder,
    ):
        fold = Fold(timezone=settings.timezone)
        live = warehouse.generation()
        reached = carry(record, live, settings.carrier_file, fold=fold)
        dead_letters = live.count_dead_letters()
        rebuilt = warehouse.ensure("rebuilt")
        carry(record, rebuilt, Path(folder, "carrier.sqlite"), fold=fold)
        rows, differences = {}, []
        with closing(clickhouse_connect.get_client(dsn=settings.warehouse_dsn)) as client:
            for table in TABLES.values():
                found, expected = (_rows(client, each, table) for each in (live, rebuilt))
                rows[table.name] = len(expected)
                differences += _differences(table, found, expected)
        warehouse.drop("rebuilt")
        return Comparison(record.last_position(), reached, dead_letters, rows, differences)


def _rows(client: Any, generation: Generation, table: Table) -> list[tuple[Any, ...]]:
    """Give the rows of a table with all their columns, in the order of their keys."""
    left_out = {"is_deleted"} if table in EXACT_POSITIONS else {"is_deleted", "position"}
    names = ", ".join(name for name in table.column_names if name not in left_out)
    query = (
        f"SELECT {names} FROM {generation.database}.{table.name} FINAL"
        f" ORDER BY {', '.join(table.key)}"
    )
    return [tuple(row) for row in client.query(query, query_formats=FORMATS).result_rows]


def _differences(
    table: Table, found: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]
) -> list[str]:
    if found == expected:
        return []
    # By their text: lists can't be members of a set.
    live, rebuilt = set(map(repr, found)), set(map(repr, expected))
    told = [f"{table.name}: {len(found)} rows where a rebuild gives {len(expected)}"]
    told += [f"{table.name}: only live: {row}" for row in sorted(live - rebuilt)[:SHOWN]]
    told += [f"{table.name}: only rebuilt: {row}" for row in sorted(rebuilt - live)[:SHOWN]]
    return told
