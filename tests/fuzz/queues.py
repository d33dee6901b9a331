"""The queues as a foreign publisher sees them, on RabbitMQ or as tables."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import aio_pika
import asyncpg
from aio_pika.abc import AbstractChannel

from shared.contract.topology import MAPPED, MAPPED_DEAD, RAW, RAW_DEAD
from tests.fuzz.frames import Frame

WORK = (RAW.name, MAPPED.name)
DEAD = (RAW_DEAD.name, MAPPED_DEAD.name)
_CONFIRM_S = 30.0


class Queues(Protocol):
    """What a run does with the queues."""

    async def put(self, frame: Frame) -> None:
        """Returns when the frame is in its queue."""

    async def left(self) -> int:
        """How many messages wait in the queues of work or are being worked on."""

    async def dead(self) -> list[object]:
        """The codes of all dead letters, None where a letter has none; they are taken out."""


class _Amqp:
    def __init__(self, channel: AbstractChannel) -> None:
        self._channel = channel

    async def put(self, frame: Frame) -> None:
        message = aio_pika.Message(frame.body, headers=dict(frame.headers), message_id="foreign", content_type="x/y")
        async with asyncio.timeout(_CONFIRM_S):
            await self._channel.default_exchange.publish(message, frame.queue, mandatory=True)

    async def left(self) -> int:
        """Those being worked on are not counted: RabbitMQ tells of them only through its command line."""
        declared = [await self._channel.declare_queue(name, passive=True) for name in WORK]
        return sum(each.declaration_result.message_count or 0 for each in declared)

    async def dead(self) -> list[object]:
        found: list[object] = []
        for name in DEAD:
            queue = await self._channel.get_queue(name, ensure=False)
            while (letter := await queue.get(fail=False)) is not None:
                found.append(letter.headers.get("inlet-code"))
                await letter.ack()
        return found


class _Tables:
    def __init__(self, session: "asyncpg.Connection[Any]") -> None:
        self._session = session

    async def put(self, frame: Frame) -> None:
        await self._session.execute(
            "INSERT INTO queue.messages (queue, body, headers) VALUES ($1, $2, $3)",
            frame.queue,
            frame.body,
            json.dumps(dict(frame.headers), default=str),
        )
        await self._session.execute("SELECT pg_notify($1, '')", frame.queue)

    async def left(self) -> int:
        return int(await self._session.fetchval("SELECT count(*) FROM queue.messages WHERE queue = ANY($1)", WORK))

    async def dead(self) -> list[object]:
        rows = await self._session.fetch("DELETE FROM queue.messages WHERE queue = ANY($1) RETURNING headers", DEAD)
        return [json.loads(row["headers"]).get("inlet-code") for row in rows]


@asynccontextmanager
async def opened(broker_url: str, database_url: str) -> AsyncIterator[Queues]:
    """The queues on the broker; without one, those in the database."""
    if broker_url:
        async with await aio_pika.connect(broker_url) as connection:
            yield _Amqp(await connection.channel(on_return_raises=True))
        return
    session = await asyncpg.connect(database_url)
    try:
        yield _Tables(session)
    finally:
        await session.close()
