"""The worker on a real RabbitMQ: dead letters with their reasons, redeliveries counted, outages survived."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage

from shared.contract import messages, topology
from shared.contract.codes import Code
from shared.contract.messages import MappedBatch, RawBatch, RejectError
from shared.contract.topology import HEADERS
from shared.runtime.amqp import AmqpBroker, connect
from shared.runtime.broker import UnavailableError
from shared.runtime.metrics import Metrics
from shared.runtime.worker import GIVE_UP_AT_DELIVERY, SPLIT_AT_DELIVERY, Stage, Worker
from tests.backing.rabbitmq import Rabbitmq

RAW, MAPPED, DEAD = topology.RAW.name, topology.MAPPED.name, topology.RAW_DEAD.name
WITHIN_S = 30.0
STAGE = Stage(
    inbox=RAW,
    dead=DEAD,
    decode=messages.decode_raw,
    encode=messages.encode_raw,
    outbox=MAPPED,
    encode_out=messages.encode_mapped,
    most=1,  # frames are not handled together, so that the calls show which frames there were
)


class MappingHandler:
    """Maps each batch to one of the same name; `refuse` may raise for a batch."""

    def __init__(self, broker: AmqpBroker) -> None:
        self._broker = broker
        self.calls: list[list[str]] = []
        self.began = asyncio.Event()
        self.refuse: Callable[[str], None] = lambda _: None
        self.holds = False

    async def handle(self, batches: Sequence[RawBatch]) -> Sequence[MappedBatch]:
        self.calls.append([batch.request_id for batch in batches])
        self.began.set()
        if self.holds:
            await asyncio.Event().wait()
        for batch in batches:
            self.refuse(batch.request_id)
        return [mapped(batch) for batch in batches]

    async def failed(self, batch: RawBatch, code: Code) -> Sequence[MappedBatch]:
        return [mapped(batch, code)]

    async def probe(self) -> None:
        await self._broker.publish(MAPPED, messages.encode_mapped([]))


def raw(name: str) -> RawBatch:
    receipt = name.encode().rjust(22, b".")
    return RawBatch(receipt=receipt, integration=1, revision=1, received_at=0, request_id=name, data=b"[{}]")


def mapped(batch: RawBatch, failure: Code | None = None) -> MappedBatch:
    return MappedBatch(
        receipt=batch.receipt,
        integration=1,
        revision=1,
        received_at=0,
        request_id=batch.request_id,
        failure=failure,
    )


@pytest.fixture
async def broker(broker_url: str) -> AsyncIterator[AmqpBroker]:
    broker = await connect(broker_url)
    yield broker
    await broker.close()


@pytest.fixture
def handler(broker: AmqpBroker) -> MappingHandler:
    return MappingHandler(broker)


@asynccontextmanager
async def working(broker: AmqpBroker, handler: MappingHandler, patience_s: float = 60.0) -> AsyncIterator[None]:
    """A worker for the block, ended as a killed one would be: what it has begun goes back."""
    worker = Worker(STAGE, handler, broker, Metrics(), patience_s)
    task = asyncio.create_task(worker.run(asyncio.Event()))
    try:
        yield
        assert not task.done()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def succeeds(attempt: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while True:
            try:
                await attempt()
            except UnavailableError:
                await asyncio.sleep(0.05)
            else:
                return


async def publish(broker: AmqpBroker, *names: str) -> None:
    await broker.publish(RAW, messages.encode_raw([raw(name) for name in names]))


async def mapped_until(broker: AmqpBroker, names: set[str]) -> dict[str, Code | None]:
    """Reads the mapped queue until all the names have come; what became of each."""
    seen: dict[str, Code | None] = {}
    async with asyncio.timeout(WITHIN_S), broker.consume(MAPPED) as consumer:
        while set(seen) < names:
            for delivery in await consumer.take(16):
                seen |= {batch.request_id: batch.failure for batch in messages.decode_mapped(delivery.body)}
                await delivery.ack()
    return seen


async def dead_letter(broker_url: str) -> AbstractIncomingMessage:
    async with await aio_pika.connect(broker_url) as connection, connection.channel() as channel:
        message = await (await channel.get_queue(DEAD)).get()
        await message.ack()
        return message


async def length(broker_url: str, queue: str) -> int:
    async with await aio_pika.connect(broker_url) as connection, connection.channel() as channel:
        return (await channel.get_queue(queue)).declaration_result.message_count or 0


async def deliver(broker: AmqpBroker, times: int) -> None:
    """Has the frame delivered and given back so often."""
    for _ in range(times):
        async with broker.consume(RAW) as consumer, asyncio.timeout(WITHIN_S):
            await consumer.take(1)


async def test_a_poison_batch_lies_alone_among_the_dead_letters_with_its_reason(
    broker_url: str, broker: AmqpBroker, handler: MappingHandler
) -> None:
    # given
    def refuse(name: str) -> None:
        if name == "poison":
            raise RejectError(Code.UNKNOWN_REVISION)

    handler.refuse = refuse
    await publish(broker, "a", "poison", "b")

    # when
    async with working(broker, handler):
        seen = await mapped_until(broker, {"a", "poison", "b"})

    # then
    assert seen == {"a": None, "poison": Code.UNKNOWN_REVISION, "b": None}
    message = await dead_letter(broker_url)
    assert messages.decode_raw(message.body) == [raw("poison")]
    assert message.headers[HEADERS.code] == "unknown_revision"
    assert message.headers[HEADERS.origin] == RAW
    assert message.headers[HEADERS.attempts] == 1
    assert message.headers[HEADERS.receipt] == raw("poison").receipt.hex()
    put_aside_at = datetime.fromisoformat(str(message.headers[HEADERS.time]))
    assert abs(datetime.now(UTC) - put_aside_at) < timedelta(minutes=1)
    assert await length(broker_url, DEAD) == 0


async def test_an_unreadable_frame_lies_whole_among_the_dead_letters(
    broker_url: str, broker: AmqpBroker, handler: MappingHandler
) -> None:
    # given
    await broker.publish(RAW, b"\xc1 no msgpack")
    await publish(broker, "a")

    # when
    async with working(broker, handler):
        await mapped_until(broker, {"a"})

    # then
    message = await dead_letter(broker_url)
    assert message.body == b"\xc1 no msgpack"
    assert message.headers[HEADERS.code] == "unreadable_frame"
    assert HEADERS.receipt not in message.headers


async def test_a_frame_that_was_under_way_when_workers_ended_is_split_on_its_third_delivery(
    broker: AmqpBroker, handler: MappingHandler
) -> None:
    # given
    handler.holds = True
    await publish(broker, "a", "b")
    for _ in range(SPLIT_AT_DELIVERY - 1):
        handler.began.clear()
        async with working(broker, handler):
            await asyncio.wait_for(handler.began.wait(), WITHIN_S)

    # when
    handler.holds = False
    async with working(broker, handler):
        await mapped_until(broker, {"a", "b"})

    # then
    assert handler.calls == [["a", "b"], ["a", "b"], ["a"], ["b"]]


async def test_a_batch_is_a_dead_letter_on_its_tenth_delivery(
    broker_url: str, broker: AmqpBroker, handler: MappingHandler
) -> None:
    # given
    await publish(broker, "a")
    await deliver(broker, GIVE_UP_AT_DELIVERY - 1)

    # when
    async with working(broker, handler):
        seen = await mapped_until(broker, {"a"})

    # then
    assert handler.calls == []
    assert seen == {"a": Code.TOO_MANY_DELIVERIES}
    message = await dead_letter(broker_url)
    assert (message.headers[HEADERS.code], message.headers[HEADERS.attempts]) == ("too_many_deliveries", 10)


async def test_after_its_patience_a_worker_gives_its_frames_back_and_gets_them_again(
    broker_url: str, broker: AmqpBroker, handler: MappingHandler
) -> None:
    # given
    def refuse(_: str) -> None:
        if len(handler.calls) <= 4:
            raise UnavailableError("database: away")

    handler.refuse = refuse
    await publish(broker, "a")

    # when
    async with working(broker, handler, patience_s=0.1):
        seen = await mapped_until(broker, {"a"})

    # then
    assert seen == {"a": None}
    assert len(handler.calls) == 5
    assert await length(broker_url, DEAD) == 0


async def test_nothing_is_lost_when_the_broker_dies_under_a_worker(
    rabbitmq: Rabbitmq, broker: AmqpBroker, handler: MappingHandler
) -> None:
    # given
    names = [f"batch {number}" for number in range(60)]
    await asyncio.gather(*(publish(broker, name) for name in names[:30]))
    await asyncio.to_thread(rabbitmq.settle)

    # when
    async with working(broker, handler):
        await asyncio.wait_for(handler.began.wait(), WITHIN_S)
        await asyncio.to_thread(rabbitmq.kill)
        await asyncio.to_thread(rabbitmq.start)
        for name in names[30:]:
            await succeeds(partial(publish, broker, name))
        seen = await mapped_until(broker, set(names))

    # then
    assert seen == dict.fromkeys(names)
