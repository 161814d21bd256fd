"""The record, opened for the length of a command."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager

from rich.console import Console

from api.settings import Settings
from lrs.record import Record, RecordUnreadable


@contextmanager
def opened_record(settings: Settings) -> Iterator[Record]:
    """Give the record of the settings; ends the program, saying why, where it can't be read."""
    settings.data_directory.mkdir(parents=True, exist_ok=True)
    try:
        record = Record.open(settings.record_location)
    except RecordUnreadable as error:
        Console(stderr=True).print(f"[red]{error}[/red]", highlight=False, soft_wrap=True)
        sys.exit(1)
    with closing(record):
        yield record
