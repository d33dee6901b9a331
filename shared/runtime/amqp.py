"""RabbitMQ behind the `Broker` protocol; with `amqp_connection` the only module that knows aio_pika.

Publishing has a connection of its own, kept by one task: it declares the topology, keeps one confirm channel open,
and replaces that channel whenever something about it is in doubt. A lost confirm does not say that the message was
refused, so every failure means "not known": the caller sends again, and what is stored twice is merged once.

The robust connections of aio_pika are not used: they wait where we must fail fast, and restore what we would rather
build anew.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue
from aio_pika.connection import make_url
from aiormq import spec

from shared.contract import topology
from shared.runtime import backoff
from shared.runtime.amqp_connection import (
    RPC_TIMEOUT_S,
    answer,
    close,
    connected,
    declare,
    is_blocked,
    open_channel,
    unblocked,
)
from shared.runtime.broker import PREFETCH, Delivery, UnavailableError

HEARTBEAT_S = 5

_log = structlog.get_logger()


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
        async with self._subscribed(AmqpConsumer(prefetch), queue) as consumer:
            yield consumer

    def browse(self, queue: str) -> AbstractAsyncContextManager["AmqpConsumer"]:
        """See `BrowsedBroker.browse`."""
        return self._subscribed(AmqpConsumer(PREFETCH, widens=True), queue)

    @asynccontextmanager
    async def _subscribed(self, consumer: "AmqpConsumer", queue: str) -> AsyncIterator["AmqpConsumer"]:
        async with connected(self._url, f"consumes {queue}") as connection:
            # A queue that someone deleted is what ends many a subscription: then it has to be made again.
            await declare(connection)
            await answer(consumer.subscribe(connection, queue), RPC_TIMEOUT_S)
            yield consumer

    async def announce(self) -> None:
        """See `NewsBroker.announce`."""
        await self._publisher.announce()

    async def emit(self, key: str, body: bytes) -> None:
        """See `EventBroker.emit`."""
        await self._publisher.emit(key, body)

    @asynccontextmanager
    async def notices(self) -> AsyncIterator["AmqpConsumer"]:
        """See `NewsBroker.notices`. The queue is this process's own and goes with its connection."""
        async with connected(self._url, "listens") as connection:
            await declare(connection)
            channel = await open_channel(connection, confirms=False)
            # All notices say the same, so that one that waits is as good as many.
            declaration = channel.declare_queue(exclusive=True, auto_delete=True, arguments={"x-max-length": 1})
            queue = await answer(declaration, RPC_TIMEOUT_S)
            await answer(queue.bind(topology.CONFIG_EXCHANGE), RPC_TIMEOUT_S)
            consumer = AmqpConsumer(PREFETCH)
            await answer(consumer.subscribe(connection, queue.name), RPC_TIMEOUT_S)
            yield consumer

    async def waiting(self, queue: str) -> int:
        """See `Broker.waiting`."""
        return await self._publisher.waiting(queue)

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
        self._connection: AbstractConnection | None = None
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
        await answer(self._channel(), self._timeout_s)

    async def waiting(self, queue: str) -> int:
        await self.check()
        if self._connection is None:
            raise UnavailableError("broker: the connection is lost")
        # A channel of its own: the broker closes the channel on which it is asked for a queue that is not there.
        channel = await open_channel(self._connection, confirms=False)
        try:
            found = await answer(channel.declare_queue(queue, passive=True), RPC_TIMEOUT_S)
        finally:
            await close(channel.close())
        return found.declaration_result.message_count or 0

    async def publish(self, queue: str, body: bytes, headers: Mapping[str, str | int]) -> None:
        message = aio_pika.Message(body, headers=dict(headers), delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
        await answer(self._publish("", queue, message), self._timeout_s)

    async def announce(self) -> None:
        message = aio_pika.Message(b"", delivery_mode=aio_pika.DeliveryMode.NOT_PERSISTENT)
        await answer(self._publish(topology.CONFIG_EXCHANGE, "", message), self._timeout_s)

    async def emit(self, key: str, body: bytes) -> None:
        persistent = aio_pika.DeliveryMode.PERSISTENT
        message = aio_pika.Message(body, content_type="application/json", delivery_mode=persistent)
        await answer(self._publish(topology.EVENTS_EXCHANGE, key, message), self._timeout_s)

    async def _publish(self, exchange: str, key: str, message: aio_pika.Message) -> None:
        channel = await self._channel()
        try:
            if exchange:  # that nobody listens is no fault
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
                    async with connected(self._url, "publishes") as connection:
                        self.notes = await declare(connection)
                        self._connection = connection
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
            channel = await open_channel(connection)
            self._doubt.clear()
            self._set(channel)
            await _first(channel.closed(), self._doubt.wait())
            self._set(None)
            if await is_blocked(connection):
                # It would not read our Channel.Close either. A new connection would look fine until its first
                # publish, so this one is kept until the alarm is over.
                self._set("broker: refuses publishes, a memory or disk alarm is on")
                await _first(channel.closed(), unblocked(connection))
                self._set(None)
            await close(channel.close(UnavailableError("broker: the channel was replaced")))
            if not connection.connected.is_set():
                raise UnavailableError("broker: the connection is lost")


class AmqpConsumer:
    """A subscription on a connection of its own. One task takes from it.

    One that `widens` adds a consumer each time `prefetch` more deliveries are held: a large prefetch instead would let
    the broker push as much at once.
    """

    def __init__(self, prefetch: int, *, widens: bool = False) -> None:
        self._prefetch = prefetch
        self._widens = widens
        self._room = prefetch
        self._queue: AbstractQueue | None = None
        self._deliveries: list[AmqpDelivery] = []
        self._lost: str | None = None
        self._changed = asyncio.Event()

    async def subscribe(self, connection: AbstractConnection, queue: str) -> None:
        """Starts to consume. Raises what aio_pika raises."""
        channel = await connection.channel(publisher_confirms=False)
        channel.close_callbacks.add(lambda *_: self._lose(f"broker: the channel that consumes {queue} is closed"))
        underlay = await channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(lambda _: self._lose(f"broker: the consumer of {queue} is cancelled"))
        # Before the consumer: without it the broker would push the whole queue at once.
        await channel.set_qos(prefetch_count=self._prefetch)
        self._queue = await channel.get_queue(queue, ensure=False)
        await self._queue.consume(self._deliver)

    async def take(self, most: int) -> Sequence[Delivery]:
        """See `Consumer.take`."""
        if self._widens and self._room <= 0 and self._queue is not None:
            await answer(self._queue.consume(self._deliver), RPC_TIMEOUT_S)
            self._room += self._prefetch
        await self._changed.wait()
        if self._lost is not None:
            raise UnavailableError(self._lost)
        taken, self._deliveries = self._deliveries[:most], self._deliveries[most:]
        if not self._deliveries:
            self._changed.clear()
        self._room -= len(taken)
        return taken

    async def acknowledge(self, message: AbstractIncomingMessage) -> None:
        """Settles a message. On a channel that is gone it does nothing: the message comes back."""
        with suppress(UnavailableError):
            await answer(message.ack(), RPC_TIMEOUT_S)
        self._room += 1

    async def _deliver(self, message: AbstractIncomingMessage) -> None:
        self._deliveries.append(AmqpDelivery(self, message))
        self._changed.set()

    def _lose(self, why: str) -> None:
        self._lost = why
        self._changed.set()


class AmqpDelivery:
    """One message, and the consumer that holds it."""

    def __init__(self, consumer: AmqpConsumer, message: AbstractIncomingMessage) -> None:
        self._consumer = consumer
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
        await self._consumer.acknowledge(self._message)


async def _first(*events: Awaitable[object]) -> None:
    """Returns when one of them has happened."""
    tasks = {asyncio.ensure_future(event) for event in events}
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
