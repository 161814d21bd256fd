"""Measures the embedded carrier: log to ClickHouse rows, in one thread, step by step.

    python bench/carrier.py [--statements 60000] [--persons 3000] [--batch 8000]

The log is a list in memory of statements already encoded; reader, fold and warehouse are the real
ones, the warehouse embedded on disk. Prints statements a second and each step's share of the time.
"""

import argparse
import gc
import os
import random
import resource
import sys
import tempfile
import time
import uuid
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from api.command_line import tune_interpreter
from projections.folds import Fold
from projections.meaning.reading import default_reader
from projections.warehouse import Warehouse, embedded_dsn
from streams.embedded import EmbeddedCarrier
from streams.states import States
from tests.support.histories import ListLog, answer, entry


def build_log(statements: int, persons: int) -> ListLog:
    """Make answers of persons in order of time, each of one knowledge point of 120."""
    chance = random.Random(1)
    log = ListLog()
    for position in range(1, statements + 1):
        statement = answer(
            statement_id=str(uuid.UUID(int=chance.getrandbits(128), version=4)),
            person=f"student-{chance.randrange(persons):05d}",
            item=f"item-{chance.randrange(17_000)}",
            points=(f"point-{chance.randrange(120)}",),
            success=chance.random() < 0.7,
            phase=chance.choice(("pre", "in", "post")),
            after=timedelta(seconds=position),
        )
        log.append(entry(position, statement))
    return log


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--statements", type=int, default=60_000)
    arguments.add_argument("--persons", type=int, default=3_000)
    arguments.add_argument("--batch", type=int, default=8_000)
    options = arguments.parse_args()
    log = build_log(options.statements, options.persons)
    gc.collect()
    tune_interpreter()  # as the server is; the log in memory stands for a file
    size = sum(len(entry.statement) for entry in log.entries) / len(log.entries)
    with tempfile.TemporaryDirectory() as folder:
        warehouse = Warehouse.open(embedded_dsn(Path(folder, "warehouse")))
        generation = warehouse.ensure()
        states = States(f"{folder}/carrier.sqlite", generation.identity)
        carrier = EmbeddedCarrier(
            log, default_reader(), Fold(), generation, states, limit=options.batch
        )
        began, worked, all_worked = time.perf_counter(), time.thread_time(), time.process_time()
        while carrier.run_once():
            pass
        elapsed, worked = time.perf_counter() - began, time.thread_time() - worked
        all_worked = time.process_time() - all_worked
        steps, parts = carrier.seconds(), generation.parts()
        states.close()
        warehouse.close()
    print(
        f"{options.statements} statements of {size:.0f} bytes, {options.persons} persons, "
        f"batches of {options.batch}, {os.cpu_count()} processors"
    )
    print(
        f"{options.statements / elapsed:,.0f} statements/s ({elapsed:.1f} s, of which "
        f"{worked:.1f} s of processor time in the carrier's thread; with ClickHouse's threads "
        f"{all_worked / options.statements * 1e6:.1f} µs of a processor a statement)"
    )
    for step, seconds in sorted(steps.items(), key=lambda item: -item[1]):
        print(f"  {step:16s} {seconds / elapsed:6.1%} {seconds / options.statements * 1e6:7.1f} µs")
    print(f"parts: {parts}")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
