"""RabbitMQ behind the `Broker` protocol; the only module that knows aio_pika.

Publishing has a connection of its own, kept by one task: it declares the topology, keeps one confirm channel open,
and replaces that channel whenever something about it is in doubt. A lost confirm does not say that the message was
refused, so every failure means "not known": the caller sends again, and what is stored twice is merged once.

The robust connections of aio_pika are not used: they wait where we must fail fast, and restore what we would rather
build anew.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TypeVar

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage
from aio_pika.connection import make_url
from aio_pika.exceptions import CONNECTION_EXCEPTIONS, ChannelPreconditionFailed
from aiormq import spec

from shared.contract import topology
from shared.runtime import backoff
from shared.runtime.broker import PREFETCH, Delivery, UnavailableError

HEARTBEAT_S = 5
_RPC_TIMEOUT_S = 5.0
_CLOSE_TIMEOUT_S = 2.0
_BLOCKED_AFTER_S = 0.1

_log = structlog.get_logger()
T = TypeVar("T")


async def connect(url: str, *, publish_timeout_s: float = 4.0, heartbeat_s: int = HEARTBEAT_S) -> "AmqpBroker":
    """A broker that has tried to connect once and goes on trying by itself; it does not raise when that failed.

    `publish_timeout_s` is how long one publish may take until its confirm, everything included. A peer that is silent
    for about three heartbeats (`heartbeat_s`) is taken for dead.
    """
    broker = AmqpBroker(str(make_url(url, heartbeat=heartbeat_s)), publish_timeout_s)
    await broker.start()
    return broker


class AmqpBroker:
    """The queues on RabbitMQ."""

    def __init__(self, url: str, publish_timeout_s: float) -> None:
        self._url = url
        self._publisher = _Publisher(url, publish_timeout_s)

    async def start(self) -> None:
        """Returns after the first attempt to connect, whatever came of it."""
        await self._publisher.start()

    async def publish(self, queue: str, body: bytes, headers: Mapping[str, str | int] | None = None) -> None:
        """See `Broker.publish`. Any number of publishes may be in flight at once."""
        await self._publisher.publish(queue, body, headers or {})

    @asynccontextmanager
    async def consume(self, queue: str, prefetch: int = PREFETCH) -> AsyncIterator["AmqpConsumer"]:
        """See `Broker.consume`. Each subscription has a connection of its own: leaving it gives all frames back."""
        async with _connection(self._url, f"consumes {queue}") as connection:
            # A queue that someone deleted is what ends many a subscription: then it has to be made again.
            await _declare(connection)
            consumer = AmqpConsumer()
            await _answer(consumer.subscribe(connection, queue, prefetch), _RPC_TIMEOUT_S)
            yield consumer

    async def announce(self) -> None:
        """See `NewsBroker.announce`."""
        await self._publisher.announce()

    @asynccontextmanager
    async def notices(self) -> AsyncIterator["AmqpConsumer"]:
        """See `NewsBroker.notices`. The queue is this process's own and goes with its connection."""
        async with _connection(self._url, "listens") as connection:
            await _declare(connection)
            channel = await _open(connection, confirms=False)
            # All notices say the same, so that one that waits is as good as many.
            declaration = channel.declare_queue(exclusive=True, auto_delete=True, arguments={"x-max-length": 1})
            queue = await _answer(declaration, _RPC_TIMEOUT_S)
            await _answer(queue.bind(topology.CONFIG_EXCHANGE), _RPC_TIMEOUT_S)
            consumer = AmqpConsumer()
            await _answer(consumer.subscribe(connection, queue.name, PREFETCH), _RPC_TIMEOUT_S)
            yield consumer

    async def check(self) -> None:
        """See `Broker.check`."""
        await self._publisher.check()

    @property
    def notes(self) -> tuple[str, ...]:
        """The queues that stand with other arguments than ours, for `/readyz` to show."""
        return self._publisher.notes

    async def close(self) -> None:
        """See `Broker.close`."""
        await self._publisher.close()


class _Publisher:
    """The publishing connection and its one confirm channel.

    `_state` is the open channel, or what is wrong, or None for the moments in which a channel is being opened.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._state: AbstractChannel | str | None = None
        self._settled = asyncio.Event()
        self._doubt = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self.notes: tuple[str, ...] = ()

    async def start(self) -> None:
        self._keeper = asyncio.create_task(self._keep_connected())
        await self._settled.wait()

    async def close(self) -> None:
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait({self._keeper})

    async def check(self) -> None:
        await _answer(self._channel(), self._timeout_s)

    async def publish(self, queue: str, body: bytes, headers: Mapping[str, str | int]) -> None:
        message = aio_pika.Message(body, headers=dict(headers), delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await _answer(self._publish("", queue, message), self._timeout_s)

    async def announce(self) -> None:
        message = aio_pika.Message(b"", delivery_mode=aio_pika.DeliveryMode.NOT_PERSISTENT)
        await _answer(self._publish(topology.CONFIG_EXCHANGE, "", message), self._timeout_s)

    async def _publish(self, exchange: str, key: str, message: aio_pika.Message) -> None:
        channel = await self._channel()
        try:
            if exchange:  # a fanout that nobody listens to is no fault
                target, mandatory = await channel.get_exchange(exchange, ensure=False), False
            else:
                target, mandatory = channel.default_exchange, True
            result = await target.publish(message, routing_key=key, mandatory=mandatory)
        except BaseException:
            # Whatever failed, deadline and cancellation included: which confirm belongs to which message is no
            # longer certain on this channel, so nothing more is published or believed on it.
            self._replace(channel)
            raise
        if not isinstance(result, spec.Basic.Ack):
            self._replace(channel)
            raise UnavailableError(f"broker: no confirm for a message to {exchange or key}")

    async def _channel(self) -> AbstractChannel:
        while self._state is None:
            await self._settled.wait()
        if isinstance(self._state, str):
            raise UnavailableError(self._state)
        return self._state

    def _set(self, state: AbstractChannel | str | None) -> None:
        self._state = state
        if state is None:
            self._settled.clear()
        else:
            self._settled.set()

    def _replace(self, channel: AbstractChannel) -> None:
        if self._state is channel:
            self._set(None)
            self._doubt.set()

    async def _keep_connected(self) -> None:
        waits = backoff.delays()
        try:
            while True:
                try:
                    async with _connection(self._url, "publishes") as connection:
                        self.notes = await _declare(connection)
                        _log.info("broker_connected", notes=self.notes)
                        waits = backoff.delays()
                        await self._keep_channel(connection)
                except UnavailableError as error:
                    self._set(str(error))
                    _log.warning("broker_away", reason=str(error))
                await asyncio.sleep(next(waits))
        finally:
            self._set("broker: the connection is closed")

    async def _keep_channel(self, connection: AbstractConnection) -> None:
        """Keeps a confirm channel open. Raises `UnavailableError` when the connection is lost."""
        while True:
            channel = await _open(connection)
            self._doubt.clear()
            self._set(channel)
            await _first(channel.closed(), self._doubt.wait())
            self._set(None)
            if await _is_blocked(connection):
                # It would not read our Channel.Close either. A new connection would look fine until its first
                # publish, so this one is kept until the alarm is over.
                self._set("broker: refuses publishes, a memory or disk alarm is on")
                await _first(channel.closed(), _ready(connection))
                self._set(None)
            await _close(channel.close(UnavailableError("broker: the channel was replaced")))
            if not connection.connected.is_set():
                raise UnavailableError("broker: the connection is lost")


class AmqpConsumer:
    """A subscription on a connection of its own. One task takes from it."""

    def __init__(self) -> None:
        self._deliveries: list[AmqpDelivery] = []
        self._lost: str | None = None
        self._changed = asyncio.Event()

    async def subscribe(self, connection: AbstractConnection, queue: str, prefetch: int) -> None:
        """Starts to consume. Raises what aio_pika raises."""
        channel = await connection.channel(publisher_confirms=False)
        channel.close_callbacks.add(lambda *_: self._lose(f"broker: the channel that consumes {queue} is closed"))
        underlay = await channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(lambda _: self._lose(f"broker: the consumer of {queue} is cancelled"))
        # Before the consumer: without it the broker would push the whole queue at once.
        await channel.set_qos(prefetch_count=prefetch)
        await (await channel.get_queue(queue, ensure=False)).consume(self._deliver)

    async def take(self, most: int) -> Sequence[Delivery]:
        """See `Consumer.take`."""
        await self._changed.wait()
        if self._lost is not None:
            raise UnavailableError(self._lost)
        taken, self._deliveries = self._deliveries[:most], self._deliveries[most:]
        if not self._deliveries:
            self._changed.clear()
        return taken

    async def _deliver(self, message: AbstractIncomingMessage) -> None:
        self._deliveries.append(AmqpDelivery(message))
        self._changed.set()

    def _lose(self, why: str) -> None:
        self._lost = why
        self._changed.set()


class AmqpDelivery:
    """One message, and the channel that it has to be settled on."""

    def __init__(self, message: AbstractIncomingMessage) -> None:
        self._message = message

    @property
    def body(self) -> bytes:
        """See `Delivery.body`."""
        return self._message.body

    @property
    def headers(self) -> Mapping[str, object]:
        """See `Delivery.headers`."""
        return self._message.headers

    @property
    def count(self) -> int:
        """See `Delivery.count`. Quorum queues count the deliveries before this one; at first there is no header."""
        before = self._message.headers.get("x-delivery-count", 0)
        return before + 1 if isinstance(before, int) else 1

    async def ack(self) -> None:
        """See `Delivery.ack`."""
        with suppress(UnavailableError):
            await _answer(self._message.ack(), _RPC_TIMEOUT_S)


async def _answer(work: Awaitable[T], timeout_s: float) -> T:
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


async def _close(work: Awaitable[None]) -> None:
    """Closes what may be closed or stuck already."""
    with suppress(UnavailableError):
        await _answer(work, _CLOSE_TIMEOUT_S)


@asynccontextmanager
async def _connection(url: str, purpose: str) -> AsyncIterator[AbstractConnection]:
    """A connection for the block. Raises `UnavailableError` on entering."""
    connection = await _answer(aio_pika.connect(url, name=f"inlet {purpose}"), _RPC_TIMEOUT_S)
    try:
        yield connection
    finally:
        await _close(connection.close())


async def _open(connection: AbstractConnection, *, confirms: bool = True) -> AbstractChannel:
    channel = connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
    await _answer(channel.initialize(), _RPC_TIMEOUT_S)
    return channel


async def _declare(connection: AbstractConnection) -> tuple[str, ...]:
    """Declares the topology. Returns a note on each queue that stands with other arguments.

    A policy or an admin may have given a queue other arguments (406 PRECONDITION_FAILED, AMQP 0-9-1, queue.declare):
    it is used as it stands.
    """
    notes = [note for queue in topology.QUEUES if (note := await _declare_queue(connection, queue))]
    channel = await _open(connection, confirms=False)
    exchange = channel.declare_exchange(topology.CONFIG_EXCHANGE, aio_pika.ExchangeType.FANOUT, durable=True)
    await _answer(exchange, _RPC_TIMEOUT_S)
    await _close(channel.close())
    return tuple(notes)


async def _declare_queue(connection: AbstractConnection, queue: topology.Queue) -> str | None:
    # A channel for each: the broker closes the channel on which it refuses a declaration.
    channel = await _open(connection, confirms=False)
    declaration = channel.declare_queue(queue.name, durable=True, arguments=dict(queue.arguments))
    try:
        await _answer(declaration, _RPC_TIMEOUT_S)
    except UnavailableError as error:
        if not isinstance(error.__cause__, ChannelPreconditionFailed):
            raise
        return f"{queue.name} stands with other arguments: {error.__cause__}"
    finally:
        await _close(channel.close())
    return None


async def _ready(connection: AbstractConnection) -> None:
    """Returns when the connection is not blocked (connection.blocked, a RabbitMQ extension) or is closed."""
    if connection.transport is not None:
        await connection.transport.ready()


async def _is_blocked(connection: AbstractConnection) -> bool:
    ready = asyncio.ensure_future(_ready(connection))
    try:
        done, _ = await asyncio.wait({ready}, timeout=_BLOCKED_AFTER_S)
    finally:
        ready.cancel()
    return not done


async def _first(*events: Awaitable[object]) -> None:
    """Returns when one of them has happened."""
    tasks = {asyncio.ensure_future(event) for event in events}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
