"""The command ``xueji worker``: one of the workers that keep the live generation through Kafka."""

import logging
import os
import signal
import sys
import time
from pathlib import Path

from rich.console import Console

from api.settings import Settings
from projections.meaning.store_readers import reader_of
from projections.prediction.store_calibrations import fold_of
from projections.warehouse import (
    Generation,
    UnknownGeneration,
    Warehouse,
    WarehouseUnavailable,
)
from streams.collecting import collect_seldom

LOOK_SECONDS = 1.0  # between two looks at which generation is live
WAIT_SECONDS = 2.0  # between two tries to begin, while ClickHouse or Kafka is away

console = Console()
_log = logging.getLogger(__name__)


def run_worker(settings: Settings, name: str) -> None:
    """Carry the log until told to stop; begins anew when another generation becomes live."""
    _check(settings)
    try:
        from streams.worker import Worker, WorkerOptions
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("faust", "aiokafka", "confluent_kafka"):
            raise
        _give_up("Kafka's clients are not installed: pip install 'xueji\\[kafka]'")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    options = WorkerOptions(
        broker=settings.broker,
        topic=settings.kafka_topic,
        name=name,
        folder=settings.data_directory / "workers" / name,
        replication=settings.kafka_replication,
    )
    warehouse, generation = _begin(settings, options.topic)
    fold = fold_of(warehouse, generation, settings.timezone)
    worker = Worker(options, reader_of(generation), fold, generation)
    worker.watch(LOOK_SECONDS, lambda: warehouse.live_identity() == generation.identity)
    collect_seldom()
    try:
        worker.run()
    except SystemExit as ended:
        if worker.is_outdated and not ended.code:
            _begin_anew()
        raise


def _begin(settings: Settings, topic: str) -> tuple[Warehouse, Generation]:
    """Wait until there is a warehouse and a topic; gives the generation to carry to."""
    from streams.keeping import KeptOtherwise, take_for_workers
    from streams.worker import TopicMissing, count_partitions

    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: sys.exit(0))
    told = ""
    while True:
        try:
            partitions = count_partitions(settings.broker, topic)
            warehouse = Warehouse.open(settings.warehouse_dsn, cluster=settings.clickhouse_cluster)
            if warehouse.live_identity() is None:  # only the record has what stores published
                raise UnknownGeneration("no generation is live yet: the API makes it")
            return warehouse, take_for_workers(warehouse, warehouse.ensure_live(), partitions)
        except KeptOtherwise as error:
            _give_up(str(error))
        except (TopicMissing, WarehouseUnavailable, UnknownGeneration) as error:
            if str(error) != told:
                _log.warning("waiting: %s", error)
            told = str(error)
            time.sleep(WAIT_SECONDS)


def _begin_anew() -> None:
    """Become the worker of the generation that is live now: a process has one Faust app."""
    _log.warning("another generation is live: beginning anew")
    os.execv(sys.executable, [sys.executable, *_arguments()])  # noqa: S606 -- the same program


def _arguments() -> list[str]:
    """Give what this interpreter was started with."""
    return sys.orig_argv[1:]


def _check(settings: Settings) -> None:
    if not settings.kafka_brokers:
        _give_up("[red]XUEJI_KAFKA_BROKERS[/red] is needed: host:port, apart by commas")
    if not settings.clickhouse_dsn:
        _give_up("[red]XUEJI_CLICKHOUSE_DSN[/red] is needed: workers share a ClickHouse server")
    Path(settings.data_directory).mkdir(parents=True, exist_ok=True)


def _give_up(message: str) -> None:
    console.print(message, highlight=False, soft_wrap=True)
    sys.exit(2)
