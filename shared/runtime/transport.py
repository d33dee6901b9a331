"""The broker that a URL names: RabbitMQ (`amqp`, `amqps`) or the database itself (`postgresql`)."""

from typing import Protocol

from shared.runtime import amqp, pg_queue
from shared.runtime.broker import Broker, BrowsedBroker, NewsBroker
from shared.runtime.settings import BrokerSettings


class Transport(Broker, BrowsedBroker, NewsBroker, Protocol):
    """A broker with its announcements, and queues to look through; `notes` are for `/readyz` to show."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What an operator should know although all is well."""


async def open_broker(settings: BrokerSettings) -> Transport:
    """A broker that has tried to connect and goes on trying by itself."""
    url = settings.broker_url.get_secret_value()
    connect = pg_queue.connect if url.startswith(("postgresql:", "postgres:")) else amqp.connect
    return await connect(url, publish_timeout_s=settings.publish_timeout_s)
