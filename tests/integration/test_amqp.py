"""What RabbitMQ and `amqp` promise together: confirms that hold, failures that are said at once, nothing lost."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import aio_pika
import pytest

from shared.contract import topology
from shared.runtime.amqp import AmqpBroker, connect
from shared.runtime.broker import Consumer, Delivery, UnavailableError
from tests.backing.proxy import Proxy
from tests.backing.rabbitmq import Rabbitmq

RAW = topology.RAW.name
WITHIN_S = 20.0


@asynccontextmanager
async def connected(url: str, publish_timeout_s: float = 4.0) -> AsyncIterator[AmqpBroker]:
    broker = await connect(url, publish_timeout_s=publish_timeout_s)
    try:
        yield broker
    finally:
        await broker.close()


@pytest.fixture
async def broker(broker_url: str) -> AsyncIterator[AmqpBroker]:
    async with connected(broker_url) as broker:
        yield broker


@pytest.fixture
async def proxy(broker_url: str) -> AsyncIterator[Proxy]:
    proxy = Proxy(broker_url)
    await proxy.start()
    yield proxy
    await proxy.stop()


async def succeeds(attempt: Callable[[], Awaitable[object]]) -> None:
    """Waits until the attempt no longer says that the broker is unavailable."""
    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                await attempt()
            except UnavailableError:
                await asyncio.sleep(0.05)
            else:
                return


def confirming_channels(rabbitmq: Rabbitmq) -> set[str]:
    """The process ids of the channels in confirm mode."""
    lines = rabbitmq.ctl("list_channels", "pid", "confirm").splitlines()
    return {pid for pid, confirms in (line.split("\t") for line in lines if line.startswith("<")) if confirms == "true"}


async def publish_many(broker: AmqpBroker, queue: str, number: int) -> None:
    for _ in range(number):
        await broker.publish(queue, bytes(500))


async def take_all(consumer: Consumer, number: int) -> Sequence[Delivery]:
    taken: list[Delivery] = []
    async with asyncio.timeout(WITHIN_S):
        while len(taken) < number:
            taken += await consumer.take(number - len(taken))
    return taken


async def take_one(broker: AmqpBroker, queue: str = RAW) -> tuple[bytes, int]:
    """Takes the next message, settles it, and says what it was and how often it had been delivered."""
    async with broker.consume(queue) as consumer:
        (delivery,) = await take_all(consumer, 1)
        await delivery.ack()
        return delivery.body, delivery.count


async def test_what_was_confirmed_outlives_the_broker(rabbitmq: Rabbitmq, broker: AmqpBroker) -> None:
    # given
    bodies = [f"body {number}".encode() for number in range(50)]
    await asyncio.gather(*(broker.publish(RAW, body) for body in bodies))
    await asyncio.to_thread(rabbitmq.settle)

    # when
    await asyncio.to_thread(rabbitmq.kill)
    await asyncio.to_thread(rabbitmq.start)

    # then
    await succeeds(broker.check)
    async with broker.consume(RAW, prefetch=50) as consumer:
        deliveries = await take_all(consumer, 50)
        assert sorted(delivery.body for delivery in deliveries) == sorted(bodies)


async def test_messages_are_persistent_and_carry_their_headers(broker_url: str, broker: AmqpBroker) -> None:
    # given
    await broker.publish(RAW, b"body", {"inlet-code": "wrong", "inlet-attempts": 3})

    # when
    async with await aio_pika.connect(broker_url) as connection, connection.channel() as channel:
        message = await (await channel.get_queue(RAW)).get()
        await message.ack()

    # then
    assert message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
    assert {"inlet-code": "wrong", "inlet-attempts": 3}.items() <= message.headers.items()


async def test_a_queue_that_does_not_exist_is_said_to_be_unavailable(broker: AmqpBroker) -> None:
    # when
    with pytest.raises(UnavailableError, match="NO_ROUTE"):
        await broker.publish("inlet.nowhere", b"body")

    # then
    await broker.publish(RAW, b"body")
    assert await take_one(broker) == (b"body", 1)


async def test_after_a_failure_nothing_more_is_published_on_the_same_channel(
    rabbitmq: Rabbitmq, broker: AmqpBroker
) -> None:
    # given
    before = await asyncio.to_thread(confirming_channels, rabbitmq)

    # when
    with pytest.raises(UnavailableError):
        await broker.publish("inlet.nowhere", b"body")
    await broker.publish(RAW, b"body")

    # then
    after = await asyncio.to_thread(confirming_channels, rabbitmq)
    assert len(before) == len(after) == 1
    assert before != after


async def test_a_full_queue_refuses(broker_url: str, broker: AmqpBroker) -> None:
    # given
    name = "test.full"
    limits: dict[str, str | int] = {"x-max-length-bytes": 1_000, "x-overflow": "reject-publish"}
    async with await aio_pika.connect(broker_url) as connection, connection.channel() as channel:
        await channel.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum", **limits})
        try:
            # when
            with pytest.raises(UnavailableError):
                await publish_many(broker, name, 20)  # a few more than fit are let in before the queue knows

            # then
            await broker.publish(RAW, b"body")
        finally:
            await channel.queue_delete(name)


async def test_a_publish_under_way_fails_when_the_connection_is_cut(proxy: Proxy) -> None:
    # given
    async with connected(proxy.url, publish_timeout_s=30.0) as broker:
        await broker.publish(RAW, b"before")
        proxy.freeze()
        publishes = [asyncio.create_task(broker.publish(RAW, b"under way")) for _ in range(5)]
        await asyncio.sleep(0)

        # when
        await proxy.stop()
        async with asyncio.timeout(WITHIN_S):
            results = await asyncio.gather(*publishes, return_exceptions=True)

        # then
        assert [type(result) for result in results] == [UnavailableError] * 5
        await proxy.start()
        await succeeds(lambda: broker.publish(RAW, b"after"))


@pytest.mark.timed
async def test_a_confirm_that_does_not_come_fails_the_publish_in_time(proxy: Proxy) -> None:
    # given
    async with connected(proxy.url, publish_timeout_s=0.3) as broker:
        await broker.publish(RAW, b"before")
        proxy.freeze()

        # when
        began = time.monotonic()
        with pytest.raises(UnavailableError):
            await broker.publish(RAW, b"no confirm")

        # then
        assert 0.3 <= time.monotonic() - began < 1.0
        proxy.thaw()
        await succeeds(lambda: broker.publish(RAW, b"after"))


async def test_a_peer_that_falls_silent_is_taken_for_dead(proxy: Proxy) -> None:
    # given
    broker = await connect(proxy.url, publish_timeout_s=60.0, heartbeat_s=1)
    try:
        await broker.publish(RAW, b"before")

        # when
        proxy.freeze()

        # then
        with pytest.raises(UnavailableError):
            await asyncio.wait_for(broker.publish(RAW, b"no confirm"), WITHIN_S)
        proxy.thaw()
        await succeeds(lambda: broker.publish(RAW, b"after"))
    finally:
        await broker.close()


@pytest.mark.timed
async def test_without_a_connection_a_publish_fails_at_once(proxy: Proxy) -> None:
    # given
    async with connected(proxy.url, publish_timeout_s=30.0) as broker:
        await proxy.stop()
        with pytest.raises(UnavailableError):
            await broker.publish(RAW, b"the connection may not be known to be lost yet")

        # when
        began = time.monotonic()
        with pytest.raises(UnavailableError):
            await broker.publish(RAW, b"body")
        with pytest.raises(UnavailableError):
            await broker.check()

        # then
        assert time.monotonic() - began < 1.0


async def test_a_broker_that_is_down_at_first_is_found_later(broker_url: str) -> None:
    # given
    proxy = Proxy(broker_url)
    async with connected(proxy.url) as broker:
        with pytest.raises(UnavailableError):
            await broker.publish(RAW, b"body")
        with pytest.raises(UnavailableError):
            async with broker.consume(RAW):
                pass

        # when
        await proxy.start()

        # then
        await succeeds(lambda: broker.publish(RAW, b"body"))
        assert await take_one(broker) == (b"body", 1)
    await proxy.stop()


async def test_a_consumer_says_that_its_connection_is_lost_and_its_message_comes_back(
    broker: AmqpBroker, proxy: Proxy
) -> None:
    # given
    await broker.publish(RAW, b"body")
    async with connected(proxy.url) as cut_off, cut_off.consume(RAW) as consumer:
        (delivery,) = await take_all(consumer, 1)

        # when
        await proxy.stop()

        # then
        with pytest.raises(UnavailableError):
            await asyncio.wait_for(consumer.take(1), WITHIN_S)
        await delivery.ack()
    assert await take_one(broker) == (b"body", 2)


async def test_each_closing_of_a_consumer_counts_as_a_delivery(broker: AmqpBroker) -> None:
    # given
    await broker.publish(RAW, b"body")
    counts = []

    # when
    for _ in range(4):
        async with broker.consume(RAW) as consumer:
            (delivery,) = await take_all(consumer, 1)
            counts.append(delivery.count)

    # then
    assert counts == [1, 2, 3, 4]


async def test_what_was_acknowledged_does_not_come_back(broker: AmqpBroker) -> None:
    # given
    for number in range(10):
        await broker.publish(RAW, str(number).encode())

    # when
    async with broker.consume(RAW) as consumer:
        for delivery in (await take_all(consumer, 10))[:7]:
            await delivery.ack()

    # then
    async with broker.consume(RAW) as consumer:
        deliveries = await take_all(consumer, 3)
        assert [(delivery.body, delivery.count) for delivery in deliveries] == [(b"7", 2), (b"8", 2), (b"9", 2)]


async def test_no_more_is_taken_than_asked_for_and_no_more_is_held_than_prefetched(broker: AmqpBroker) -> None:
    # given
    for number in range(10):
        await broker.publish(RAW, str(number).encode())

    # when
    async with broker.consume(RAW, prefetch=4) as first, broker.consume(RAW, prefetch=10) as second:
        others = await take_all(second, 6)  # which would not come if the first had been given all ten
        taken = [await first.take(3), await first.take(3)]

    # then
    assert [delivery.body for delivery in others] == [b"4", b"5", b"6", b"7", b"8", b"9"]
    assert [[delivery.body for delivery in some] for some in taken] == [[b"0", b"1", b"2"], [b"3"]]


async def test_a_deleted_queue_ends_its_consumer_and_is_made_again(broker_url: str, broker: AmqpBroker) -> None:
    # given
    async with broker.consume(RAW) as consumer:
        # when
        async with await aio_pika.connect(broker_url) as connection, connection.channel() as channel:
            await channel.queue_delete(RAW)

        # then
        with pytest.raises(UnavailableError):
            await asyncio.wait_for(consumer.take(1), WITHIN_S)
    async with broker.consume(RAW) as consumer:
        await broker.publish(RAW, b"body")
        assert [delivery.body for delivery in await take_all(consumer, 1)] == [b"body"]


async def test_a_queue_with_other_arguments_is_used_as_it_stands(broker_url: str) -> None:
    # given
    async with await aio_pika.connect(broker_url) as connection, connection.channel() as channel:
        await channel.declare_queue(RAW, durable=True, arguments={"x-queue-type": "quorum", "x-delivery-limit": 7})

    # when
    async with connected(broker_url) as broker:
        # then
        assert [note.split()[0] for note in broker.notes] == [RAW]
        await broker.publish(RAW, b"body")
        assert await take_one(broker) == (b"body", 1)


async def test_a_memory_alarm_refuses_publishes_until_it_is_over(rabbitmq: Rabbitmq, broker_url: str) -> None:
    # given
    async with connected(broker_url, publish_timeout_s=1.0) as broker:
        await broker.check()
        await asyncio.to_thread(rabbitmq.ctl, "set_vm_memory_high_watermark", "absolute", "1")
        try:
            # when
            with pytest.raises(UnavailableError):
                await broker.publish(RAW, b"refused for now")

            # then
            with pytest.raises(UnavailableError, match="alarm"):
                await broker.check()
        finally:
            await asyncio.to_thread(rabbitmq.ctl, "set_vm_memory_high_watermark", "absolute", "1GiB")
        await succeeds(lambda: broker.publish(RAW, b"after"))


async def test_a_closed_broker_publishes_no_more(broker_url: str) -> None:
    # given
    async with connected(broker_url) as broker:
        await broker.publish(RAW, b"body")

    # when
    with pytest.raises(UnavailableError) as raised:
        await broker.publish(RAW, b"body")

    # then
    assert "closed" in str(raised.value)
