"""Faults of what is in the queues: frames twice and out of order, and frames and batches that nobody can process."""

import asyncio
import json
import random
import secrets
from dataclasses import dataclass

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from tests.chaos.checker import Poisoned, key_of
from tests.chaos.definitions import WIDE
from tests.chaos.fault import Kind, Scene
from tests.chaos.world import BROKER, MAPPERS, WRITERS

_FRAMES = 40
_TRIES = 200
_LARGEST = 1_000
_WIDTH = 900
_UNREADABLE = (b"\xc1 is no msgpack ", b"{} is JSON ", b"\x81\xa1v\xcd\x03\xe7 ends too early ")


@dataclass
class Shuffled:
    """Frames that wait are put back out of order, each of them twice."""

    scene: Scene
    target: str

    async def inject(self) -> None:
        workers = [self.scene.world.processes[name].service for name in _CONSUMERS[self.target]]
        for worker in workers:
            worker.pause()
        try:
            async with (
                await aio_pika.connect(self.scene.world.rabbitmq.url) as connection,
                connection.channel(on_return_raises=True) as channel,
            ):
                taken = await _take(channel, self.target)
                copies = [message for message in taken for _ in range(2)]
                random.Random(len(taken)).shuffle(copies)
                for message in copies:
                    again = aio_pika.Message(message.body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
                    await channel.default_exchange.publish(again, self.target)
                for message in taken:
                    await message.ack()
        finally:
            for worker in workers:
                worker.resume()

    async def heal(self) -> None:
        """The workers have to cope."""


async def _take(channel: AbstractChannel, name: str) -> list[AbstractIncomingMessage]:
    """Frames that wait beyond those that the paused workers hold already."""
    queue = await channel.get_queue(name, ensure=False)
    taken: list[AbstractIncomingMessage] = []
    for _ in range(_TRIES):
        message = await queue.get(fail=False)
        if message is None:
            await asyncio.sleep(0.05)
        else:
            taken.append(message)
        if len(taken) == _FRAMES:
            break
    return taken


@dataclass
class PoisonBatch:
    """A batch that no message can hold once it is mapped: each value becomes ten."""

    scene: Scene
    target: str

    async def inject(self) -> None:
        records = [{"userId": f"poison-{number}", "w": "w" * _WIDTH} for number in range(_LARGEST)]
        body = json.dumps({"token": self.scene.definitions.tokens_of[WIDE], "data": records}).encode()
        request_id = f"poison-{len(self.scene.poisoned)}"
        attempt = await self.scene.load.accepted(body, request_id, key=request_id)
        self.scene.poisoned.append(Poisoned(key_of(attempt.receipt), "mapped_too_large"))

    async def heal(self) -> None:
        """It is among the dead letters, and its receipt says so."""


@dataclass
class PoisonFrames:
    """Bytes that are no frame, put straight into a queue."""

    scene: Scene
    target: str

    async def inject(self) -> None:
        async with (
            await aio_pika.connect(self.scene.world.rabbitmq.url) as connection,
            connection.channel(on_return_raises=True) as channel,
        ):
            for bytes_ in _UNREADABLE:
                body = bytes_ + secrets.token_bytes(8)
                frame = aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
                await channel.default_exchange.publish(frame, self.target)
                self.scene.unreadable.add(body)

    async def heal(self) -> None:
        """They are among the dead letters."""


_CONSUMERS = {"inlet.raw": MAPPERS, "inlet.mapped": WRITERS}
KINDS = [
    Kind(
        "frames twice and out of order",
        {queue: frozenset({BROKER, *workers}) for queue, workers in _CONSUMERS.items()},
        (0.0, 0.0),
        Shuffled,
    ),
    Kind("poison batch", {"over HTTP": frozenset({"poison"})}, (0.0, 0.0), PoisonBatch),
    Kind("frames that cannot be read", {queue: frozenset({BROKER}) for queue in _CONSUMERS}, (0.0, 0.0), PoisonFrames),
]
