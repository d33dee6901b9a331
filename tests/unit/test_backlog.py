"""How many messages wait, as `/metrics` shows it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager

import pytest

from shared.contract.topology import QUEUES
from shared.runtime.backlog import watch_queues
from shared.runtime.broker import PREFETCH, Consumer, UnavailableError
from shared.runtime.metrics import Metrics

NAMES = [queue.name for queue in QUEUES]


class CountingBroker:
    """Queues of given lengths; without lengths the broker is away."""

    def __init__(self) -> None:
        self.lengths: list[int] | None = None

    async def waiting(self, queue: str) -> int:
        await asyncio.sleep(0)
        if self.lengths is None:
            raise UnavailableError("broker: away")
        return self.lengths[NAMES.index(queue)]

    async def publish(self, queue: str, body: bytes, headers: Mapping[str, str | int] | None = None) -> None:
        raise NotImplementedError((queue, body, headers))

    def consume(self, queue: str, prefetch: int = PREFETCH) -> AbstractAsyncContextManager[Consumer]:
        raise NotImplementedError((queue, prefetch))

    async def check(self) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError


class World:
    """A broker and what `/metrics` says of it."""

    def __init__(self) -> None:
        self.broker = CountingBroker()
        self.metrics = Metrics()

    async def until_shown(self, lengths: list[int | None]) -> None:
        async with asyncio.timeout(5):
            while self.shown() != lengths:
                await asyncio.sleep(0)

    def shown(self) -> list[float | None]:
        values = self.metrics.registry.get_sample_value
        return [values("inlet_messages_waiting", {"queue": name}) for name in NAMES]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    watching = asyncio.create_task(watch_queues(world.broker, world.metrics, interval_s=0.001))
    yield world
    watching.cancel()


async def test_what_waits_in_each_queue_is_shown_anew(world: World) -> None:
    # when
    world.broker.lengths = [3, 0, 17, 40_000]

    # then
    await world.until_shown([3, 0, 17, 40_000])

    # when
    world.broker.lengths = [0, 1, 0, 0]

    # then
    await world.until_shown([0, 1, 0, 0])


async def test_nothing_is_shown_while_the_broker_cannot_be_asked(world: World) -> None:
    # given
    world.broker.lengths = [1, 2, 3, 4]
    await world.until_shown([1, 2, 3, 4])

    # when: an old number would pass for a new one
    world.broker.lengths = None

    # then
    await world.until_shown([None] * 4)

    # when
    world.broker.lengths = [5, 6, 7, 8]

    # then
    await world.until_shown([5, 6, 7, 8])
