"""Keeps a whole district's term in a folder, record and warehouse, for benches of queries over it.

    python -m bench.district --statements 5000000 --folder var/district

The record is filled through its own writer with what the demo district's apps tell; the warehouse
is built from it by replay, and live. Broken off and run again, it goes on where it was; run again
when it is whole, it only prints its sizes. The roster lies beside, as OneRoster CSV.
"""

import argparse
from contextlib import closing
from pathlib import Path
from time import perf_counter

from api.replays import run_replay
from api.settings import Settings
from apps.district import SCALES, make_district
from apps.roster import write_roster
from apps.truth import Truth
from bench.servers import machine
from lrs.record import Record
from projections.warehouse import Warehouse
from streams.replay import Filters, Progress
from tests.support.demo_record import fill

SEED, TOLD_EVERY = 1, 100_000
NAME = "term"


def main() -> None:
    """Fill what is missing, and print how long that took and how large everything is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--statements", type=int, default=100_000)
    parser.add_argument("--folder", type=Path, default=Path("var/district"))
    parser.add_argument("--scale", choices=SCALES, default="district")
    given = parser.parse_args()
    print(machine())
    settings = Settings(data_directory=given.folder)  # type: ignore[call-arg]
    settings.data_directory.mkdir(parents=True, exist_ok=True)
    truth = Truth(make_district(SEED, SCALES[given.scale]), keeps_answers=False)
    write_roster(truth.district, given.folder / "roster")
    with closing(Record.open(settings.record_location)) as record:
        store(record, truth, given.statements)
        project(settings, record)
        statements = record.last_position()
    for name in ("record", "warehouse"):
        size = sum(_size(path) for path in given.folder.glob(f"{name}*"))
        print(f"{name}: {size / 1e6:,.0f} MB, {size / statements:,.0f} MB per million statements")


def store(record: Record, truth: Truth, statements: int) -> None:
    """Store what the record does not hold yet."""
    before, began, told = record.last_position(), perf_counter(), 0
    for done in fill(record, truth, statements):
        if done // TOLD_EVERY > told or done == statements:
            told = done // TOLD_EVERY
            rate = (done - before) / (perf_counter() - began)
            print(f"stored {done:,} of {statements:,}, {rate:,.0f}/s", flush=True)


def project(settings: Settings, record: Record) -> None:
    """Replay the log into a generation and make that the live one, unless it is already."""
    with closing(Warehouse.open(settings.warehouse_dsn)) as warehouse:
        for generation in warehouse.generations():
            if generation.is_live and generation.name == NAME:
                reached = generation.origin["position"]
                print(f"the warehouse is there, with the log up to {reached:,}: to build it anew,")
                print("remove the folder `warehouse` and the file `carrier.sqlite`")
                return
        began, told = perf_counter(), [0.0]

        def tell(progress: Progress) -> None:
            if perf_counter() - told[0] > 10:
                told[0] = perf_counter()
                print(f"{progress.phase} {progress.done:,} of {progress.total:,}", flush=True)

        run_replay(settings, record, warehouse, NAME, Filters(), tell)()
        took = perf_counter() - began
        warehouse.promote(NAME)
        statements = record.last_position()
        print(f"replayed {statements:,} in {took:,.0f} s, {statements / took:,.0f}/s")


def _size(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


if __name__ == "__main__":
    main()
