"""What there is one of: one queue, and the log of one primary. What they carry at most, without Inlet."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import asyncpg

from shared.contract.messages import TARGET_FRAME_BYTES
from shared.contract.topology import RAW
from shared.runtime import amqp
from tests.bench.full.results import Point
from tests.bench.full.turns import Turns
from tests.bench.processes import until

_IN_FLIGHT = 16
_SESSIONS = 4
_LOGGED_BYTES = 256 * 1024  # about what a write of some 500 records logs
_LOG = "SELECT pg_logical_emit_message(true, 'bench', $1)"


async def queue(turns: Turns, repeats: int) -> list[Point]:
    """One quorum queue: frames published with confirms and taken away at the same time."""
    broker = await amqp.connect(turns.installation.servers.broker_url)
    try:
        rates = [await _through(broker, turns.seconds) for _ in range(repeats)]
    finally:
        await broker.close()
    return _points("one queue", "RabbitMQ", rates)


async def log(turns: Turns, repeats: int) -> list[Point]:
    """PostgreSQL's log: sessions that write messages into it, each committed and hence on disk before the next."""
    urls = [turns.installation.database_url] * _SESSIONS
    sessions = [await asyncpg.connect(url) for url in urls]
    try:
        rates = [await _logged(sessions, turns.seconds) for _ in range(repeats)]
    finally:
        for session in sessions:
            await session.close()
    return _points("one log", "PostgreSQL", rates)


def _points(case: str, subject: str, rates: Sequence[float]) -> list[Point]:
    return [
        Point(case=case, x=1, subject=subject, turn=turn, figures={"mb_per_s": rate / 1e6})
        for turn, rate in enumerate(rates)
    ]


async def _through(broker: amqp.AmqpBroker, seconds: float) -> float:
    """Bytes a second that were published, confirmed, delivered and acknowledged."""
    frame, begun, taken = bytes(TARGET_FRAME_BYTES), time.monotonic(), 0

    async def take(consumer: amqp.AmqpConsumer) -> None:
        nonlocal taken
        while True:
            for delivery in await consumer.take(_IN_FLIGHT):
                await delivery.ack()
                taken += 1

    async def all_taken() -> bool:
        return taken >= published

    async with broker.consume(RAW.name) as consumer:
        taking = asyncio.create_task(take(consumer))
        each = _repeated(lambda: broker.publish(RAW.name, frame), begun + seconds)
        published = sum(await asyncio.gather(*(each() for _ in range(_IN_FLIGHT))))
        await until("the last delivery", all_taken)
        taking.cancel()
    return taken * len(frame) / (time.monotonic() - begun)


async def _logged(sessions: Sequence["asyncpg.Connection[asyncpg.Record]"], seconds: float) -> float:
    """Bytes a second that were committed."""
    message, begun = "x" * _LOGGED_BYTES, time.monotonic()
    each = [
        _repeated(lambda session=session: session.execute(_LOG, message), begun + seconds)  # type: ignore[misc]
        for session in sessions
    ]
    written = sum(await asyncio.gather(*(repeat() for repeat in each)))
    return written * _LOGGED_BYTES / (time.monotonic() - begun)


def _repeated(work: Callable[[], Awaitable[object]], end: float) -> Callable[[], Awaitable[int]]:
    """Does the work one time after the other until `end`, of the monotonic clock; returns how often."""

    async def repeat() -> int:
        count = 0
        while time.monotonic() < end:
            await work()
            count += 1
        return count

    return repeat
