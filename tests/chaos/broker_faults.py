"""Faults of the broker."""

import asyncio
from dataclasses import dataclass
from functools import partial

import aio_pika

from tests.chaos.fault import Kind, Scene
from tests.chaos.world import BROKER, MAPPERS, WRITERS, until_quiet

_DRAINED_WITHIN_S = 90.0
_CONSUMERS = {"inlet.raw": MAPPERS, "inlet.mapped": WRITERS}


@dataclass
class Commanded:
    """Something that rabbitmqctl does, and what undoes it."""

    scene: Scene
    target: str
    begin: tuple[str, ...]
    end: tuple[str, ...] = ()

    async def inject(self) -> None:
        await asyncio.to_thread(self.scene.world.rabbitmq.ctl, *self.begin)

    async def heal(self) -> None:
        if self.end:
            await asyncio.to_thread(self.scene.world.rabbitmq.ctl, *self.end)


@dataclass
class Killed:
    """kill -9 of the node."""

    scene: Scene
    target: str

    async def inject(self) -> None:
        await asyncio.to_thread(self.scene.world.rabbitmq.kill)

    async def heal(self) -> None:
        await asyncio.to_thread(self.scene.world.rabbitmq.start)


@dataclass
class QueueFull:
    """A queue takes no more, and nobody takes anything out."""

    scene: Scene
    target: str

    async def inject(self) -> None:
        for name in _CONSUMERS[self.target]:
            self.scene.world.processes[name].service.pause()
        pattern = f"^{self.target.replace('.', '[.]')}$"
        limit = ("set_policy", "--apply-to", "queues", "full", pattern, '{"max-length": 2}')
        await asyncio.to_thread(self.scene.world.rabbitmq.ctl, *limit)

    async def heal(self) -> None:
        await asyncio.to_thread(self.scene.world.rabbitmq.ctl, "clear_policy", "full")
        for name in _CONSUMERS[self.target]:
            self.scene.world.processes[name].service.resume()


@dataclass
class QueueDeleted:
    """A queue is deleted while it is empty, and senders go on before anybody has declared it again."""

    scene: Scene
    target: str

    async def inject(self) -> None:
        world = self.scene.world
        async with self.scene.load.paused():
            await until_quiet(world, _DRAINED_WITHIN_S)
            workers = [world.processes[name].service for name in (*MAPPERS, *WRITERS)]
            for worker in workers:
                worker.pause()
            async with await aio_pika.connect(world.rabbitmq.url) as connection, connection.channel() as channel:
                await channel.queue_delete(self.target)
        await asyncio.sleep(1.5)  # for which a publish to it leads nowhere
        for worker in workers:
            worker.resume()

    async def heal(self) -> None:
        """Whoever needs the queue declares it."""


_NODE = {"node": frozenset({BROKER})}
_ALARM_MEMORY = (("set_vm_memory_high_watermark", "0.00001"), ("set_vm_memory_high_watermark", "absolute", "1GiB"))
_ALARM_DISK = (("set_disk_free_limit", "mem_relative", "1000"), ("set_disk_free_limit", "64MiB"))


def _commanded(name: str, begin: tuple[str, ...], end: tuple[str, ...], seconds: tuple[float, float]) -> Kind:
    return Kind(name, _NODE, seconds, partial(Commanded, begin=begin, end=end))


KINDS = [
    Kind("broker kill -9", _NODE, (0.0, 5.0), Killed),
    _commanded("broker stopped and started", ("stop_app",), ("start_app",), (2.0, 8.0)),
    _commanded("all connections closed", ("close_all_connections", "chaos"), (), (0.0, 0.0)),
    _commanded("memory alarm", *_ALARM_MEMORY, (5.0, 12.0)),
    _commanded("disk alarm", *_ALARM_DISK, (5.0, 12.0)),
    Kind(
        "queue full",
        {queue: frozenset({BROKER, *consumers}) for queue, consumers in _CONSUMERS.items()},
        (5.0, 10.0),
        QueueFull,
    ),
    Kind("queue deleted", {queue: frozenset() for queue in _CONSUMERS}, (0.0, 0.0), QueueDeleted, alone=True),
]
