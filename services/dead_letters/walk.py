"""Looking through a dead queue, with nothing lost: letters are held meanwhile, and go back unless acknowledged."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from services.dead_letters.letters import Letter, Origin, read
from shared.runtime.broker import PREFETCH, Broker, BrowsedBroker, Consumer, Delivery, UnavailableError

IDLE_S = 0.5
_STUCK_S = 30.0


class Queues(Broker, BrowsedBroker, Protocol):
    """What working on dead letters takes."""


async def walk(broker: Queues, origin: Origin, at_least: int = 0) -> AsyncGenerator[tuple[Letter, Delivery], None]:
    """The letters that are there now; those that come meanwhile do not make it longer.

    `at_least` is how many are expected anyhow: what an earlier walk has held may be on its way back still. Letters
    that somebody else holds are not seen. To be closed before the last one (`aclosing`). Raises `UnavailableError`.
    """
    left = max(at_least, await broker.waiting(origin.dead))
    if not left:
        return
    async with broker.browse(origin.dead) as consumer:
        while left > 0:
            deliveries = await _next(broker, origin.dead, consumer, min(left, PREFETCH))
            if not deliveries:
                return
            left -= len(deliveries)
            for delivery in deliveries:
                yield read(origin, delivery.body, delivery.headers), delivery


async def _next(broker: Queues, queue: str, consumer: Consumer, most: int) -> Sequence[Delivery]:
    """The next deliveries; none when nothing comes and nothing waits any more."""
    taking = asyncio.ensure_future(consumer.take(most))
    try:
        async with asyncio.timeout(_STUCK_S):
            while not (await asyncio.wait({taking}, timeout=IDLE_S))[0]:
                if not await broker.waiting(queue):
                    return ()
            return taking.result()
    except TimeoutError:
        raise UnavailableError(f"broker: messages wait in {queue}, but none comes") from None
    finally:
        taking.cancel()
        await asyncio.wait({taking})  # the consumer cannot give anything back before
