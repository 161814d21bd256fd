"""The command ``xueji relay``: the log goes to Kafka."""

import logging
import signal
import sys
from typing import NoReturn

from rich.console import Console

from api.opening import opened_record
from api.settings import Settings
from streams.collecting import collect_seldom

REPLACED = 3  # the exit status of a relay that another one has taken over from

console = Console()


def run_relay(settings: Settings) -> None:
    """Publish the record's log until told to stop; ends the program where it can't be done."""
    if not settings.kafka_brokers:
        _give_up("[red]XUEJI_KAFKA_BROKERS[/red] is needed: host:port, apart by commas", 2)
    try:
        from streams.relay import AnotherLog, Relay, RelayReplaced
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("confluent_kafka"):
            raise
        _give_up("Kafka's client is not installed: pip install 'xueji\\[kafka]'", 2)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    with opened_record(settings) as record:
        relay = Relay(
            record,
            settings.broker,
            topic=settings.kafka_topic,
            partitions=settings.kafka_partitions,
            replication=settings.kafka_replication,
        )
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, lambda *_: relay.stop())
        collect_seldom()
        try:
            relay.run()
        except RelayReplaced as error:
            _give_up(f"[red]{error}[/red]; this one ends.", REPLACED)
        except AnotherLog as error:
            _give_up(f"[red]{error}[/red]", 1)


def _give_up(message: str, status: int) -> NoReturn:
    console.print(message, highlight=False, soft_wrap=True)
    sys.exit(status)
