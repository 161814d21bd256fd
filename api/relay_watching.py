"""The watch over the relay, where there should be one."""

from api.settings import Settings
from lrs.record import Record
from streams.relay_watch import RelayWatch


def watch_relay(settings: Settings, record: Record) -> RelayWatch | None:
    """Watch the relay, where workers keep the projections and it is said where their Kafka is."""
    if settings.carrier != "workers" or not settings.kafka_brokers:
        return None
    return RelayWatch(settings.broker, settings.kafka_topic, record.last_position)
