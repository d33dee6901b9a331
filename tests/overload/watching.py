"""What grows while a flood lasts: the bodies that the gateway holds, the frames that wait."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import aio_pika

from shared.contract.topology import MAPPED, RAW
from tests.e2e.deployment import Deployment

_EVERY_S = 0.5


@dataclass
class Seen:
    """The most that was seen: bytes of bodies held, frames waiting in both queues."""

    held: float = 0.0
    waiting: int = 0


async def watching(inlet: Deployment, broker_url: str, seen: Seen, stop: asyncio.Event) -> None:
    """Looks again and again until `stop`."""
    async with await aio_pika.connect(broker_url) as connection, connection.channel() as channel:
        while not stop.is_set():
            seen.held = max(seen.held, await inlet.services["gateway"].metric("inlet_bytes_in_flight"))
            declared = [await channel.declare_queue(queue.name, passive=True) for queue in (RAW, MAPPED)]
            seen.waiting = max(seen.waiting, sum(each.declaration_result.message_count or 0 for each in declared))
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _EVERY_S)
