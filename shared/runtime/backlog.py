"""How many messages wait in each queue, looked at now and then, so that a scrape costs the broker nothing."""

import asyncio

import structlog

from shared.contract import topology
from shared.runtime.broker import Broker, UnavailableError
from shared.runtime.metrics import Metrics

LOOK_S = 15.0
_log = structlog.get_logger()


async def watch_queues(broker: Broker, metrics: Metrics, interval_s: float = LOOK_S) -> None:
    """Sets `inlet_messages_waiting` of every queue, until it is cancelled.

    Every worker looks at all queues, its own dead ones and the other workers' alike: a queue whose workers are all
    down is seen all the same.
    """
    while True:
        try:
            for queue in topology.QUEUES:
                metrics.messages_waiting.labels(queue.name).set(await broker.waiting(queue.name))
        except UnavailableError as error:
            metrics.messages_waiting.clear()  # an old number would pass for a new one
            _log.warning("queues not looked at", reason=str(error))
        await asyncio.sleep(interval_s)
