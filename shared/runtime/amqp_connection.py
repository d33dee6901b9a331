"""Connections to RabbitMQ: every answer in time or `UnavailableError`, and the topology declared."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, ChannelPreconditionFailed

from shared.contract import topology
from shared.runtime.broker import UnavailableError

RPC_TIMEOUT_S = 5.0
_CLOSE_TIMEOUT_S = 2.0
_BLOCKED_AFTER_S = 0.1
_EXCHANGES = {
    topology.CONFIG_EXCHANGE: aio_pika.ExchangeType.FANOUT,
    topology.EVENTS_EXCHANGE: aio_pika.ExchangeType.TOPIC,
}

T = TypeVar("T")


async def answer(work: Awaitable[T], timeout_s: float) -> T:
    """What the library answers, in time, or `UnavailableError`.

    The work runs in a task of its own because aiormq, on a lost connection, raises `CancelledError` into it that
    nobody asked for; here that cannot be taken for a cancellation of the caller.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=timeout_s)
    finally:
        task.cancel()
    if not done:
        raise UnavailableError("broker: no answer in time")
    try:
        return task.result()
    except (asyncio.CancelledError, *CONNECTION_EXCEPTIONS) as error:
        raise UnavailableError(f"broker: {type(error).__name__}: {error}") from error


async def close(work: Awaitable[None]) -> None:
    """Closes what may be closed or stuck already."""
    with suppress(UnavailableError):
        await answer(work, _CLOSE_TIMEOUT_S)


@asynccontextmanager
async def connected(url: str, purpose: str) -> AsyncIterator[AbstractConnection]:
    """A connection for the block. Raises `UnavailableError` on entering."""
    connection = await answer(aio_pika.connect(url, name=f"inlet {purpose}"), RPC_TIMEOUT_S)
    try:
        yield connection
    finally:
        await close(connection.close())


async def open_channel(connection: AbstractConnection, *, confirms: bool = True) -> AbstractChannel:
    """A channel of its own. Raises `UnavailableError`."""
    channel = connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
    await answer(channel.initialize(), RPC_TIMEOUT_S)
    return channel


async def declare(connection: AbstractConnection) -> tuple[str, ...]:
    """Declares the topology. Returns a note on each queue that stands with other arguments.

    A policy or an admin may have given a queue other arguments (406 PRECONDITION_FAILED, AMQP 0-9-1, queue.declare):
    it is used as it stands.
    """
    notes = [note for queue in topology.QUEUES if (note := await _declare_queue(connection, queue))]
    channel = await open_channel(connection, confirms=False)
    kinds = {
        topology.CONFIG_EXCHANGE: aio_pika.ExchangeType.FANOUT,
        topology.EVENTS_EXCHANGE: aio_pika.ExchangeType.TOPIC,
    }
    for name, kind in kinds.items():
        await answer(channel.declare_exchange(name, kind, durable=True), RPC_TIMEOUT_S)
    await close(channel.close())
    return tuple(notes)


async def _declare_queue(connection: AbstractConnection, queue: topology.Queue) -> str | None:
    # A channel for each: the broker closes the channel on which it refuses a declaration.
    channel = await open_channel(connection, confirms=False)
    declaration = channel.declare_queue(queue.name, durable=True, arguments=dict(queue.arguments))
    try:
        await answer(declaration, RPC_TIMEOUT_S)
    except UnavailableError as error:
        if not isinstance(error.__cause__, ChannelPreconditionFailed):
            raise
        return f"{queue.name} stands with other arguments: {error.__cause__}"
    finally:
        await close(channel.close())
    return None


async def unblocked(connection: AbstractConnection) -> None:
    """Returns when the connection is not blocked (connection.blocked, a RabbitMQ extension) or is closed."""
    if connection.transport is not None:
        await connection.transport.ready()


async def is_blocked(connection: AbstractConnection) -> bool:
    """Whether the broker reads no publishes from it now, for an alarm of memory or disk."""
    waiting = asyncio.ensure_future(unblocked(connection))
    try:
        done, _ = await asyncio.wait({waiting}, timeout=_BLOCKED_AFTER_S)
    finally:
        waiting.cancel()
    return not done
