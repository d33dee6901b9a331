"""What every broker promises, whichever it is: held against RabbitMQ and against the queues in PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from shared.contract import topology
from shared.runtime import amqp, pg_queue
from shared.runtime.broker import PREFETCH, Consumer, Delivery, UnavailableError
from shared.runtime.transport import Transport
from tests.backing.migrated import role_url
from tests.backing.postgres import Postgres
from tests.backing.rabbitmq import Rabbitmq

RAW = topology.RAW.name
DEAD = topology.RAW_DEAD.name
WITHIN_S = 20.0


@dataclass
class Backing:
    """A transport, how to open another one, and what can happen to its server."""

    broker: Transport
    open: Callable[[], Awaitable[Transport]]
    cut: Callable[[], Awaitable[object]]
    kill_and_start: Callable[[], Awaitable[object]]


@pytest.fixture
async def rabbitmq_backing(rabbitmq: Rabbitmq, broker_url: str) -> AsyncIterator[Backing]:
    async def cut() -> None:
        await asyncio.to_thread(rabbitmq.ctl, "close_all_connections", "test")

    async def kill_and_start() -> None:
        await asyncio.to_thread(rabbitmq.settle)
        await asyncio.to_thread(rabbitmq.kill)
        await asyncio.to_thread(rabbitmq.start)

    broker = await amqp.connect(broker_url)
    yield Backing(broker, lambda: amqp.connect(broker_url), cut, kill_and_start)
    await broker.close()


@pytest.fixture
async def postgresql_backing(postgres: Postgres, database: str) -> AsyncIterator[Backing]:
    url = role_url(database, "inlet_queue")

    async def cut() -> None:
        session = await asyncpg.connect(database)
        await session.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'inlet_queue'")
        await session.close()

    async def kill_and_start() -> None:
        await asyncio.to_thread(postgres.kill)
        await asyncio.to_thread(postgres.start)

    broker = await pg_queue.connect(url)
    yield Backing(broker, lambda: pg_queue.connect(url), cut, kill_and_start)
    await broker.close()


@pytest.fixture(params=["rabbitmq", "postgresql"])
def backing(request: pytest.FixtureRequest) -> Backing:
    chosen: Backing = request.getfixturevalue(f"{request.param}_backing")
    return chosen


async def take(consumer: Consumer, number: int) -> list[Delivery]:
    taken: list[Delivery] = []
    async with asyncio.timeout(WITHIN_S):
        while len(taken) < number:
            taken.extend(await consumer.take(number - len(taken)))
    return taken


async def publish(broker: Transport, bodies: Sequence[bytes]) -> None:
    await asyncio.gather(*(broker.publish(RAW, body) for body in bodies))


async def succeeds(attempt: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                await attempt()
            except UnavailableError:
                await asyncio.sleep(0.05)
            else:
                return


async def test_a_message_comes_as_it_was_published(backing: Backing) -> None:
    # when
    await backing.broker.publish(RAW, b"\0\xff body", {"code": "x", "attempts": 3})

    # then
    async with backing.broker.consume(RAW) as consumer:
        [delivery] = await take(consumer, 1)
        assert (delivery.body, delivery.count) == (b"\0\xff body", 1)
        assert {name: delivery.headers[name] for name in ("code", "attempts")} == {"code": "x", "attempts": 3}
        await delivery.ack()


async def test_what_was_acknowledged_does_not_come_back_and_what_was_not_does(backing: Backing) -> None:
    # given
    await publish(backing.broker, [b"0", b"1", b"2", b"3"])
    async with backing.broker.consume(RAW) as consumer:
        for delivery in await take(consumer, 4):
            if delivery.body in (b"1", b"3"):
                await delivery.ack()

    # then
    for count in (2, 3):
        async with backing.broker.consume(RAW) as consumer:
            again = await take(consumer, 2)
            assert sorted((each.body, each.count) for each in again) == [(b"0", count), (b"2", count)]


async def test_no_more_is_taken_than_asked_for_and_no_more_is_held_than_prefetched(backing: Backing) -> None:
    # given
    await publish(backing.broker, [b"%d" % each for each in range(10)])

    # when
    async with backing.broker.consume(RAW, prefetch=4) as consumer:
        first = await consumer.take(3)
        rest = await take(consumer, 4 - len(first))
        waiting = asyncio.ensure_future(take(consumer, 1))
        done, _ = await asyncio.wait({waiting}, timeout=0.5)

        # then
        assert len(first) <= 3
        assert not done
        await rest[0].ack()
        assert len(await waiting) == 1


async def test_a_consumer_waits_for_what_comes(backing: Backing) -> None:
    # given
    async with backing.broker.consume(RAW) as consumer:
        waiting = asyncio.ensure_future(take(consumer, 1))
        await asyncio.sleep(0)

        # when
        await backing.broker.publish(RAW, b"late")

        # then
        assert [each.body for each in await waiting] == [b"late"]


async def test_consumers_share_a_queue_and_no_message_is_taken_twice(backing: Backing) -> None:
    # given
    bodies = {b"%d" % each for each in range(60)}
    await publish(backing.broker, sorted(bodies))
    other = await backing.open()
    taken: list[bytes] = []

    async def work(broker: Transport) -> None:
        async with broker.consume(RAW, prefetch=8) as consumer:
            while len(taken) < len(bodies):
                try:
                    async with asyncio.timeout(1.0):
                        deliveries = await consumer.take(4)
                except TimeoutError:
                    continue
                for delivery in deliveries:
                    taken.append(delivery.body)
                    await delivery.ack()

    # when
    async with asyncio.timeout(WITHIN_S):
        await asyncio.gather(work(backing.broker), work(other))
    await other.close()

    # then
    assert sorted(taken) == sorted(bodies)


async def test_a_queue_that_does_not_exist_is_said_to_be_unavailable(backing: Backing) -> None:
    with pytest.raises(UnavailableError):
        await backing.broker.publish("inlet.nowhere", b"")


async def test_a_queue_says_how_many_messages_wait_in_it(backing: Backing) -> None:
    # given
    assert await backing.broker.waiting(RAW) == 0
    await publish(backing.broker, [b"0", b"1", b"2"])
    assert [await backing.broker.waiting(queue) for queue in (RAW, DEAD)] == [3, 0]

    # then: what is held does not wait, what was given back does
    async with backing.broker.consume(RAW, prefetch=2) as consumer:
        first, _ = await take(consumer, 2)
        assert await backing.broker.waiting(RAW) == 1
        await first.ack()

    async def two_wait() -> None:
        if await backing.broker.waiting(RAW) != 2:
            raise UnavailableError("not given back yet")

    await succeeds(two_wait)
    with pytest.raises(UnavailableError):
        await backing.broker.waiting("inlet.nowhere")
    await publish(backing.broker, [b"3"])


async def test_any_number_of_messages_can_be_held_while_a_queue_is_browsed(backing: Backing) -> None:
    # given: several times what a consumer holds
    bodies = [b"%03d" % each for each in range(10 * PREFETCH)]
    await asyncio.gather(*(backing.broker.publish(DEAD, body) for body in bodies))

    # when: not so many are acknowledged at once that RabbitMQ would lose some by the channel's end
    async with backing.broker.browse(DEAD) as consumer:
        taken = await take(consumer, len(bodies))
        for delivery in taken[:PREFETCH]:
            await delivery.ack()
        acknowledged = {delivery.body for delivery in taken[:PREFETCH]}

    # then
    assert sorted(delivery.body for delivery in taken) == bodies
    async with backing.broker.browse(DEAD) as consumer:
        again = await take(consumer, len(bodies) - len(acknowledged))
        assert sorted(delivery.body for delivery in again) == sorted(set(bodies) - acknowledged)
        assert await backing.broker.waiting(DEAD) == 0


async def test_dead_letters_stay_however_often_they_are_looked_at(backing: Backing) -> None:
    # given
    await backing.broker.publish(DEAD, b"kept")

    # when: more often than a queue of work lets a message come
    for count in range(1, topology.DELIVERY_LIMIT + 10):
        async with backing.broker.browse(DEAD) as consumer:
            [delivery] = await take(consumer, 1)

            # then
            assert (delivery.body, delivery.count) == (b"kept", count)


async def test_a_consumer_whose_connection_is_cut_says_so_and_its_messages_come_back(backing: Backing) -> None:
    # given
    await backing.broker.publish(RAW, b"held")
    async with backing.broker.consume(RAW) as consumer:
        [held] = await take(consumer, 1)

        # when
        await backing.cut()

        # then
        with pytest.raises(UnavailableError):
            await take(consumer, 1)
        await held.ack()
    async with backing.broker.consume(RAW) as consumer:
        [again] = await take(consumer, 1)
        assert (again.body, again.count) == (b"held", 2)


async def test_what_was_confirmed_outlives_the_server(backing: Backing) -> None:
    # given
    await succeeds(lambda: backing.broker.publish(RAW, b"kept"))

    # when
    await backing.kill_and_start()

    # then
    await succeeds(lambda: backing.broker.waiting(RAW))
    assert await backing.broker.waiting(RAW) == 1
    await succeeds(backing.broker.check)

    async def comes_back() -> None:
        async with backing.broker.consume(RAW) as consumer:
            assert [each.body for each in await take(consumer, 1)] == [b"kept"]

    await succeeds(comes_back)


async def test_announcements_reach_everyone_who_listens(backing: Backing) -> None:
    # given
    other = await backing.open()
    await backing.broker.announce()  # to nobody
    async with backing.broker.notices() as first, other.notices() as second:
        # when
        await other.announce()

        # then
        async with asyncio.timeout(WITHIN_S):
            for listener in (first, second):
                for notice in await listener.take(16):
                    await notice.ack()
        await backing.cut()
        with pytest.raises(UnavailableError):
            await asyncio.wait_for(first.take(16), WITHIN_S)
    await other.close()


async def test_a_closed_broker_publishes_no_more(backing: Backing) -> None:
    # given
    other = await backing.open()
    await other.close()

    # then
    with pytest.raises(UnavailableError):
        await other.publish(RAW, b"")
    with pytest.raises(UnavailableError):
        await other.check()


async def test_what_was_delivered_too_often_is_put_aside_by_the_queue_itself(
    postgresql_backing: Backing, database: str
) -> None:
    # given
    await postgresql_backing.broker.publish(RAW, b"poison")
    session = await asyncpg.connect(database)
    await session.execute("UPDATE queue.messages SET deliveries = $1", topology.DELIVERY_LIMIT)
    await session.close()

    # when: a sweep, which comes with each consumer
    async with postgresql_backing.broker.consume(topology.RAW_DEAD.name) as consumer:
        # then: with the time at which that was
        [letter] = await take(consumer, 1)
        assert letter.body == b"poison"
        put_aside = datetime.fromisoformat(str(letter.headers[topology.HEADERS.time]))
        assert timedelta(0) < datetime.now(UTC) - put_aside < timedelta(seconds=WITHIN_S)
