import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager

import pytest

from services.gateway.coalesce import Coalescer
from shared.contract.messages import MAX_FRAME_BYTES, TARGET_FRAME_BYTES, RawBatch, decode_raw
from shared.runtime.broker import PREFETCH, Consumer, UnavailableError

TIMEOUT_S = 0.2
PATIENCE_S = 5.0


class ScriptedBroker:
    """A broker whose confirms are given by hand."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.confirms: list[asyncio.Future[None]] = []

    async def publish(self, queue: str, body: bytes, headers: Mapping[str, str | int] | None = None) -> None:
        assert (queue, headers) == ("queue", None)
        self.frames.append(body)
        confirm = asyncio.get_running_loop().create_future()
        self.confirms.append(confirm)
        await confirm

    def consume(self, queue: str, prefetch: int = PREFETCH) -> AbstractAsyncContextManager[Consumer]:
        raise NotImplementedError((queue, prefetch))

    async def waiting(self, queue: str) -> int:
        raise NotImplementedError(queue)

    async def check(self) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError

    @property
    def requests(self) -> list[list[str]]:
        """The request ids in each frame."""
        return [[batch.request_id for batch in decode_raw(frame)] for frame in self.frames]

    async def until(self, frames: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while len(self.frames) < frames:
                await asyncio.sleep(0)


async def answered(*tasks: asyncio.Task[None]) -> list[BaseException | None]:
    """What each was told, in time."""
    async with asyncio.timeout(PATIENCE_S):
        return await asyncio.gather(*tasks, return_exceptions=True)


async def confirmed(*tasks: asyncio.Task[None]) -> None:
    assert await answered(*tasks) == [None] * len(tasks)


def batch(name: str, size: int = 10) -> RawBatch:
    return RawBatch(receipt=bytes(22), integration=1, revision=1, received_at=0, request_id=name, data=b"x" * size)


class World:
    def __init__(self, window: int, timeout_s: float) -> None:
        self.broker = ScriptedBroker()
        self.confirmed = 0
        self.coalescer = Coalescer(self.broker, "queue", timeout_s, window, on_confirmed=self.count)

    def count(self) -> None:
        self.confirmed += 1

    def submit(self, name: str, size: int = 10) -> asyncio.Task[None]:
        return asyncio.create_task(self.coalescer.submit(batch(name, size), 1))

    def confirm(self, frame: int) -> None:
        self.broker.confirms[frame].set_result(None)

    def fail(self, frame: int, error: Exception) -> None:
        self.broker.confirms[frame].set_exception(error)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World(window=1, timeout_s=PATIENCE_S)
    yield world
    for confirm in world.broker.confirms:
        if not confirm.done():
            confirm.set_result(None)
    await world.coalescer.drain(PATIENCE_S)


async def test_what_comes_together_travels_together(world: World) -> None:
    # when
    waiters = [world.submit(name) for name in "abc"]
    await world.broker.until(1)
    world.confirm(0)
    await confirmed(*waiters)

    # then
    assert world.broker.requests == [["a", "b", "c"]]


async def test_what_comes_turn_after_turn_of_the_loop_travels_together(world: World) -> None:
    # when
    waiters = []
    for name in "abc":
        waiters.append(world.submit(name))
        await asyncio.sleep(0)
    await world.broker.until(1)
    world.confirm(0)
    await confirmed(*waiters)

    # then
    assert world.broker.requests == [["a", "b", "c"]]


async def test_a_frame_goes_out_beside_another_once_it_has_as_many_batches() -> None:
    # given
    world = World(window=2, timeout_s=PATIENCE_S)
    first = [world.submit(name) for name in "abc"]
    await world.broker.until(1)

    # when
    second = [world.submit(name) for name in "de"]
    for _ in range(10):
        await asyncio.sleep(0)
    fewer = len(world.broker.frames)
    second.append(world.submit("f"))
    await world.broker.until(2)

    # then: it did not wait for the confirm of the first
    assert fewer == 1
    assert world.broker.requests == [["a", "b", "c"], ["d", "e", "f"]]
    for frame in range(2):
        world.confirm(frame)
    await confirmed(*first, *second)


async def test_a_full_frame_goes_out_beside_another_however_few_batches_it_has() -> None:
    # given
    world = World(window=2, timeout_s=PATIENCE_S)
    tasks = [world.submit(name) for name in "abc"]
    await world.broker.until(1)

    # when: one that fills a frame, and one that begins the next
    tasks += [world.submit("d", TARGET_FRAME_BYTES), world.submit("e")]
    await world.broker.until(2)

    # then
    assert world.broker.requests == [["a", "b", "c"], ["d"]]
    for frame in range(3):
        await world.broker.until(frame + 1)
        world.confirm(frame)
    await confirmed(*tasks)


async def test_what_waits_while_a_publish_is_in_flight_is_one_frame(world: World) -> None:
    # given
    first = world.submit("a")
    await world.broker.until(1)

    # when
    later = [world.submit(name) for name in "bcd"]
    world.confirm(0)
    await confirmed(first)
    await world.broker.until(2)

    # then: each is answered after the confirm of its own frame
    assert world.broker.requests == [["a"], ["b", "c", "d"]]
    assert not any(task.done() for task in later)
    world.confirm(1)
    await confirmed(*later)


async def test_no_more_publishes_are_in_flight_than_the_window_has_room_for() -> None:
    # given
    world = World(window=2, timeout_s=PATIENCE_S)
    tasks = []
    for number in range(2):
        tasks.append(world.submit(str(number)))
        await world.broker.until(number + 1)

    # when
    tasks += [world.submit("2", TARGET_FRAME_BYTES), world.submit("3", TARGET_FRAME_BYTES)]
    for _ in range(10):
        await asyncio.sleep(0)
    in_flight = len(world.broker.frames)
    for number in range(4):
        await world.broker.until(number + 1)
        world.confirm(number)
    await confirmed(*tasks)

    # then
    assert in_flight == 2


async def test_frames_stay_near_their_size_and_a_large_batch_is_alone(world: World) -> None:
    # given
    first = world.submit("first")
    await world.broker.until(1)

    # when: much more than a frame holds
    sizes = [100 * 1024] * 6 + [4 * 1024 * 1024] + [10] * 3
    later = [world.submit(str(number), size) for number, size in enumerate(sizes)]
    for number in range(5):
        await world.broker.until(number + 1)
        world.confirm(number)
        await asyncio.sleep(0)
    await world.broker.until(6)
    world.confirm(5)
    await confirmed(first, *later)

    # then: nothing is lost or said twice
    assert world.broker.requests[1:] == [["0", "1"], ["2", "3"], ["4", "5"], ["6"], ["7", "8", "9"]]
    assert all(len(frame) <= MAX_FRAME_BYTES for frame in world.broker.frames)


@pytest.mark.parametrize("error", [UnavailableError("away"), ValueError("a bug"), asyncio.CancelledError()])
async def test_a_failed_publish_fails_everyone_in_its_frame_and_nobody_else(world: World, error: Exception) -> None:
    # given
    lost = [world.submit(name) for name in "ab"]
    await world.broker.until(1)
    stored = world.submit("c")

    # when
    world.fail(0, error)
    outcomes = await answered(*lost)
    await world.broker.until(2)
    world.confirm(1)
    await confirmed(stored)

    # then
    assert [type(outcome) for outcome in outcomes] == [UnavailableError] * 2
    assert world.confirmed == 1


async def test_nobody_waits_longer_than_the_timeout_in_flight_or_in_line() -> None:
    # given
    world = World(window=1, timeout_s=TIMEOUT_S)
    loop = asyncio.get_running_loop()
    started = loop.time()
    in_flight = world.submit("a")
    await world.broker.until(1)
    in_line = world.submit("b")

    # when
    outcomes = await answered(in_flight, in_line)
    waited = loop.time() - started
    world.confirm(0)
    after = world.submit("c")
    await world.broker.until(2)
    world.confirm(1)
    await confirmed(after)

    # then: what was given up in line is never published
    assert [type(outcome) for outcome in outcomes] == [UnavailableError] * 2
    assert TIMEOUT_S <= waited < 10 * TIMEOUT_S
    assert world.broker.requests == [["a"], ["c"]]


async def test_a_client_that_goes_away_cancels_no_publish_and_no_neighbour(world: World) -> None:
    # given
    gone, stays = world.submit("a"), world.submit("b")
    await world.broker.until(1)

    # when
    gone.cancel()
    await asyncio.wait({gone})
    world.confirm(0)
    await confirmed(stays)

    # then
    assert gone.cancelled()
    assert world.broker.requests == [["a", "b"]]


async def test_draining_waits_for_what_is_in_flight_and_in_line(world: World) -> None:
    # given
    tasks = [world.submit("a")]
    await world.broker.until(1)
    tasks.append(world.submit("b"))
    await asyncio.sleep(0)

    # when
    draining = asyncio.create_task(world.coalescer.drain(PATIENCE_S))
    world.confirm(0)
    await world.broker.until(2)
    early = draining.done()
    world.confirm(1)
    await asyncio.wait_for(draining, PATIENCE_S)

    # then
    assert not early
    await confirmed(*tasks)
