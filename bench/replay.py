"""Measures replay on all cores against the floor: the log only read from the record and parsed.

The floor is given in one process, and in as many as the replay has.

    python -m bench.replay [--statements 300000] [--answers] [--one-process]

The log is what the demo district's apps tell. With `--answers` it holds answers of 9,029 persons
only, which are half as long, and each about another knowledge point on another day than the one
before: as dear to fold as can be. With `--one-process` it tells processor time instead, which other
programs disturb less. The record is filled through its own writer; record, spool and embedded
warehouse are on disk. The processes are started before either is timed.
"""

import argparse
import random
import resource
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time

import orjson

from api.settings import Settings
from apps.district import SCALES, make_district
from apps.truth import Truth
from bench.servers import machine
from bench.statements import answer
from lrs.drafts import Draft, draft_statement, make_authority
from lrs.record import Record
from lrs.versions import Version
from projections.folds import Fold
from projections.meaning.reading import default_reader
from projections.warehouse import Warehouse
from streams.collecting import collect_seldom
from streams.replay import Filters, Progress, Replay
from streams.replay_work import Tools
from streams.replay_workers import Processes, ThisProcess, Workers
from tests.support.demo_record import fill

PERSONS, ITEMS, POINTS, BATCH, STEP = 9_029, 5_000, 400, 4_000, 1_000
SEED = 1
AUTHORITY = make_authority("https://xueji.dev/apps", "bench")


def fill_with_district(record: Record, statements: int) -> None:
    """Store what the demo district's apps tell, from its first day on."""
    truth = Truth(make_district(SEED, SCALES["district"]), keeps_answers=False)
    for _ in fill(record, truth, statements):
        pass


def fill_with_answers(record: Record, statements: int) -> None:
    """Store answers, each of anyone to anything, ten seconds after the one before."""
    chance, time = random.Random(1), datetime(2026, 9, 1, tzinfo=UTC)
    drafts: list[Draft] = []
    for number in range(statements):
        made = answer(
            chance.randrange(PERSONS),
            chance.randrange(ITEMS),
            chance.randrange(POINTS),
            chance.random() < 0.7,
            (time + timedelta(seconds=10 * number)).isoformat(),
        )
        drafts.append(
            draft_statement(
                orjson.dumps(made),
                made,
                store="bench",
                authority=AUTHORITY,
                version=Version.V2_0_0,
            )
        )
        if len(drafts) == BATCH or number == statements - 1:
            record.store_statements_now("bench", drafts)
            drafts = []


def read_and_parse(tools: Tools, chunk: tuple[int, int]) -> int:
    """Do the least that a replay could: read a chunk of the log and parse it."""
    after, until = chunk
    while after < until:
        entries = tools.log.read_log(after, min(STEP, until - after))
        for entry in entries:
            orjson.loads(entry.statement)
        after = entries[-1].position
    return until


def floor(workers: Workers, tools: Tools, statements: int, chunk: int = 10_000) -> float:
    """Give the statements a second that these workers read and parse."""
    cuts = range(0, statements, chunk)
    chunks = ((after, min(statements, after + chunk)) for after in cuts)
    began = perf_counter()
    for _ in workers.run(read_and_parse, chunks, tools):
        pass
    return statements / (perf_counter() - began)


def by_phase(began: float, seconds: dict[str, float]) -> Callable[[Progress], None]:
    """Note when each phase was last heard of."""

    def told(progress: Progress) -> None:
        seconds[progress.phase] = perf_counter() - began

    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--statements", type=int, default=300_000)
    parser.add_argument("--answers", action="store_true", help="of answers only, far apart")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the record here, for another run")
    parser.add_argument("--one-process", action="store_true", help="tell processor time instead")
    given = parser.parse_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_directory=given.folder or Path(folder))  # type: ignore[call-arg]
        settings.data_directory.mkdir(parents=True, exist_ok=True)
        with closing(Record.open(settings.record_location)) as record:
            if not record.last_position():
                filling = fill_with_answers if given.answers else fill_with_district
                filling(record, given.statements)
            how = measure_processor if given.one_process else measure
            how(settings, record, Path(folder), given.runs)


def measure_processor(settings: Settings, record: Record, folder: Path, runs: int) -> None:
    """Print the processor time of some runs in this process, ClickHouse's included."""
    statements = record.last_position()
    tools = Tools(record, default_reader(), Fold(timezone=settings.timezone))
    collect_seldom()  # as in the processes of a replay
    with closing(Warehouse.open(f"chdb://{folder.resolve() / 'warehouse'}")) as warehouse:
        for run in range(runs):
            began = process_time()
            floor(ThisProcess(), tools, statements)
            least, began = process_time() - began, process_time()
            Replay(
                f"run_{run}",
                Filters(),
                log=record,
                tools=tools,
                workers=ThisProcess(),
                warehouse=warehouse,
                states_file=folder / "carrier.sqlite",
                folder=folder / "replays",
            ).run()
            took = process_time() - began
            print(
                f"{statements} statements: {took / statements * 1e6:.1f} µs of a processor each,"
                f" the floor {least / statements * 1e6:.1f} µs; on two cores that"
                f" would be a ratio of {2 * least / took:.2f}"
            )


def measure(settings: Settings, record: Record, folder: Path, runs: int) -> None:
    """Print the figures of some runs, each beside a floor of its own."""
    statements = record.last_position()
    tools = Tools(record, default_reader(), Fold(timezone=settings.timezone))
    workers = Processes(settings.record_location, settings.timezone)
    with (
        closing(workers),
        closing(Warehouse.open(f"chdb://{folder.resolve() / 'warehouse'}")) as warehouse,
    ):
        warehouse.ensure()
        floor(workers, tools, min(statements, 20_000))  # starts the processes
        for run in range(runs):
            one = floor(ThisProcess(), tools, min(statements, 50_000))
            every = floor(workers, tools, statements)
            began, phases = perf_counter(), dict[str, float]()
            Replay(
                f"run_{run}",
                Filters(),
                log=record,
                tools=tools,
                workers=workers,
                warehouse=warehouse,
                states_file=folder / "carrier.sqlite",
                folder=folder / "replays",
                told=by_phase(began, phases),
            ).run()
            rate = statements / (perf_counter() - began)
            print(
                f"{statements} statements: replay {rate:,.0f}/s (read after"
                f" {phases['reading']:.1f} s, folded after {phases['folding']:.1f} s);"
                f" floor in one process {one:,.0f}/s, ratio {rate / one:.2f};"
                f" floor in all {every:,.0f}/s, ratio {rate / every:.2f}"
            )
    own, children = (
        resource.getrusage(who).ru_maxrss / 1024
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(f"peak memory: {own:.0f} MB here, {children:.0f} MB in the largest process")


if __name__ == "__main__":
    main()
