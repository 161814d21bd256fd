"""The warehouse of a bench: filled once, in a folder that may be kept for another run."""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from projections.warehouse import Generation, Warehouse


def add_folder(parser: argparse.ArgumentParser) -> None:
    """Let a bench be given the folder that its warehouse is kept in."""
    parser.add_argument("--folder", type=Path, help="keep the warehouse here, for another run")


@contextmanager
def folder_of(given: Path | None) -> Iterator[Path]:
    """Give the folder that was named, made where it isn't there, or one that goes afterwards."""
    with tempfile.TemporaryDirectory() as passing:
        folder = (given or Path(passing)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        yield folder


@contextmanager
def filled(folder: Path, fill: Callable[[Generation], None]) -> Iterator[Generation]:
    """Give the generation of a folder's warehouse, filled where there are no facts in it."""
    with closing(Warehouse.open(f"chdb://{folder}/warehouse")) as warehouse:
        generation = warehouse.ensure()
        if not generation.row_counts().get("facts"):
            fill(generation)
        yield generation


def print_sizes(generation: Generation) -> None:
    """Print how many rows each table has."""
    print({table: f"{rows:,}" for table, rows in generation.row_counts().items() if rows})
