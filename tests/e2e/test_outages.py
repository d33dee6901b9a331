"""Databases and brokers that go away, workers that die: nothing is lost, counts are exact."""

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from urllib.parse import urlsplit

import aio_pika
import asyncpg

from tests.backing.postgres import Postgres
from tests.backing.rabbitmq import Rabbitmq
from tests.e2e.inlet import WRITER, Answer, Inlet, Receipt
from tests.e2e.process import eventually
from tests.e2e.snapshot import Json

MAPPINGS = [{"property": "seats", "attribute": 1, "type": "Number"}]
DEAD = ("inlet.raw.dead", "inlet.mapped.dead")


def _batch(number: int, size: int) -> list[Json]:
    """A batch whose users nobody else has; one of its records has no user."""
    records: list[Json] = [{"userId": f"u-{number}-{index}", "seats": number} for index in range(size - 1)]
    return [*records, {"seats": number}]


def _totals(receipts: Sequence[Receipt]) -> tuple[set[str], int, int, int, int]:
    """The states that occur, and the sums of records, written, rejected and superseded."""
    return (
        {receipt.state for receipt in receipts},
        sum(receipt.records for receipt in receipts),
        sum(receipt.written for receipt in receipts),
        sum(receipt.rejected for receipt in receipts),
        sum(receipt.superseded for receipt in receipts),
    )


async def _users(inlet: Inlet) -> int:
    return int((await inlet.query("SELECT count(*) FROM profiles.profiles"))[0][0])


async def _queue(url: str, name: str) -> tuple[int, int]:
    """How many messages wait in a queue, and how many consumers it has."""
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        state = (await channel.declare_queue(name, passive=True)).declaration_result
        return state.message_count or 0, state.consumer_count or 0


async def _dead_letters(url: str) -> list[int]:
    return [(await _queue(url, name))[0] for name in DEAD]


async def _were_given_back(url: str, name: str) -> bool:
    messages, consumers = await _queue(url, name)
    return messages > 0 and consumers == 0


async def test_the_database_is_away_while_10_000_records_come_in(
    inlet: Inlet, postgres: Postgres, broker_url: str
) -> None:
    # given
    await inlet.start({inlet.token: MAPPINGS})
    postgres.stop()

    # when
    answers = [await inlet.post(_batch(number, 500)) for number in range(20)]

    # then
    assert [answer.status for answer in answers] == [202] * 20

    # when
    postgres.start()

    # then
    receipts = await inlet.settled(answer.receipt for answer in answers)
    assert _totals(receipts) == ({"written"}, 10_000, 9_980, 20, 0)
    assert await _users(inlet) == 9_980
    assert await _dead_letters(broker_url) == [0, 0]


async def test_a_long_outage_puts_nothing_into_the_dead_letters(
    inlet: Inlet, postgres: Postgres, broker_url: str
) -> None:
    # given
    await inlet.start({inlet.token: MAPPINGS}, patience_s="1")
    answers: list[Answer] = []

    for outage in range(3):
        # when: it lasts so long that the writer gives its frames back and waits for the database alone
        postgres.kill()
        answers += [await inlet.post(_batch(10 * outage + number, 50)) for number in range(10)]
        await eventually(lambda: _were_given_back(broker_url, "inlet.mapped"), "the frames are back in their queue")
        postgres.start()

        # then
        receipts = await inlet.settled(answer.receipt for answer in answers)
        batches = 10 * (outage + 1)
        assert _totals(receipts) == ({"written"}, 50 * batches, 49 * batches, batches, 0)
    assert await _dead_letters(broker_url) == [0, 0]


async def test_the_broker_is_away(inlet: Inlet, rabbitmq: Rabbitmq) -> None:
    # given: batches that are accepted, but not mapped yet
    await inlet.start({inlet.token: MAPPINGS})
    inlet.mapper.pause()
    accepted = [await inlet.post(_batch(number, 50)) for number in range(10)]
    assert [answer.status for answer in accepted] == [202] * 10

    for end in (rabbitmq.stop, rabbitmq.kill):
        # when
        await asyncio.to_thread(end)
        began = time.monotonic()
        refused = await asyncio.gather(*(inlet.post(_batch(number, 50)) for number in range(100, 110)))

        # then
        assert time.monotonic() - began < 5
        assert {(answer.status, answer.headers["Content-Type"]) for answer in refused} == {
            (503, "application/problem+json")
        }
        assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
        await asyncio.to_thread(rabbitmq.start)
        await inlet.gateway.until_ready()

    # when
    inlet.mapper.resume()

    # then
    accepted.append(await inlet.post(_batch(200, 50)))
    receipts = await inlet.settled(answer.receipt for answer in accepted)
    assert _totals(receipts) == ({"written"}, 550, 539, 11, 0)


async def test_a_mapper_is_killed_in_the_middle_of_a_frame(inlet: Inlet, rabbitmq: Rabbitmq, broker_url: str) -> None:
    # given
    await inlet.start({inlet.token: MAPPINGS})
    answers: list[Answer] = []

    for life in range(3):
        # when: it has mapped its frames and sent on what came of them, but no confirm reaches it
        await eventually(lambda: _is_idle(rabbitmq, "inlet.raw"), "all earlier frames are done with")
        before = await inlet.mapper.metric("inlet_records_mapped_total")
        inlet.mapper.pause()
        answers += [await inlet.post(_batch(10 * life + number, 200)) for number in range(10)]
        await eventually(lambda: _held(rabbitmq, "inlet.raw"), "the mapper holds frames")
        with rabbitmq.paused():
            inlet.mapper.resume()
            await eventually(partial(_has_mapped, inlet, before), "the mapper has mapped", 10)
            inlet.mapper.kill()
        inlet.mapper.start()

    # then
    receipts = await inlet.settled(answer.receipt for answer in answers)
    assert _totals(receipts) == ({"written"}, 6_000, 5_970, 30, 0)
    assert await _users(inlet) == 5_970
    assert await _dead_letters(broker_url) == [0, 0]


async def test_a_writer_is_killed_in_the_middle_of_its_transaction(inlet: Inlet, broker_url: str) -> None:
    # given: someone else holds the row of one user in the middle of a batch
    await inlet.start({inlet.token: MAPPINGS})
    [blocked, *others] = [_batch(number, 200) for number in range(10)]
    first = await inlet.post([blocked[100]])
    await inlet.settled([first.receipt])
    session = await asyncpg.connect(inlet.database_url)
    holding = session.transaction()
    await holding.start()
    await session.execute("SELECT FROM profiles.profiles WHERE user_id = 'u-0-100' FOR UPDATE")

    # when
    answers = [await inlet.post(batch) for batch in [blocked, *others]]
    await eventually(lambda: _waits_for_a_lock(inlet), "the writer waits for the row")
    inlet.profile_writer.kill()
    await holding.rollback()
    await session.close()
    inlet.profile_writer.start()

    # then
    receipts = await inlet.settled(answer.receipt for answer in answers)
    assert _totals(receipts) == ({"written"}, 2_000, 1_990, 10, 0)
    assert await _users(inlet) == 1_990
    assert await _dead_letters(broker_url) == [0, 0]


async def _counts(rabbitmq: Rabbitmq, queue: str, *columns: str) -> list[int]:
    """What RabbitMQ itself says of a queue."""
    listed = await asyncio.to_thread(rabbitmq.ctl, "list_queues", "--no-table-headers", "name", *columns)
    return next(list(map(int, counts)) for name, *counts in map(str.split, listed.splitlines()) if name == queue)


async def _held(rabbitmq: Rabbitmq, queue: str) -> bool:
    """Whether a consumer has messages that it has not acknowledged."""
    return await _counts(rabbitmq, queue, "messages_unacknowledged") > [0]


async def _is_idle(rabbitmq: Rabbitmq, queue: str) -> bool:
    """Whether a queue has one consumer and no message, with that consumer or waiting."""
    return await _counts(rabbitmq, queue, "consumers", "messages") == [1, 0]


async def _has_mapped(inlet: Inlet, before: float) -> bool:
    return await inlet.mapper.metric("inlet_records_mapped_total") > before


async def _waits_for_a_lock(inlet: Inlet) -> bool:
    sql = "SELECT 1 FROM pg_stat_activity WHERE usename = $1 AND wait_event_type = 'Lock' AND datname = $2"
    return bool(await inlet.query(sql, WRITER, urlsplit(inlet.database_url).path[1:]))
