"""A batch that can never be processed, in one frame with others."""

import asyncio

import aio_pika

from tests.backing.rabbitmq import Rabbitmq
from tests.e2e.inlet import Inlet, key_of
from tests.e2e.process import eventually
from tests.e2e.snapshot import Json, new_token

MAPPINGS = [{"property": "seats", "attribute": 1, "type": "Number"}]
EARLY = 4  # at least as many as the frames that the gateway has in flight at once


def _record(user: str) -> Json:
    return {"userId": user, "seats": 1}


async def test_a_poison_batch_is_put_aside_alone(inlet: Inlet, rabbitmq: Rabbitmq, broker_url: str) -> None:
    # given: a second integration, whose revision the mapper does not find
    poisoned = new_token("i")
    known = {inlet.token: MAPPINGS}
    await inlet.start(known | {poisoned: MAPPINGS}, known_to_the_mapper=known, publish_timeout_s="30")

    # given: a broker that takes its time, so that what comes after the frames in flight shares the next one
    with rabbitmq.paused():
        early = []
        for number in range(EARLY):
            early.append(asyncio.create_task(inlet.post([_record(f"early-{number}")])))
            await _held_by_the_gateway(inlet, number + 1)

        # when
        users = [f"neighbour-{number}" for number in range(4)]
        neighbours = [asyncio.create_task(inlet.post([_record(user)])) for user in users]
        poison = asyncio.create_task(inlet.post([_record("poison")], token=poisoned))
        await _held_by_the_gateway(inlet, EARLY + 5)

    # then: its neighbours are merged, and its receipt says why it is not
    answers = await asyncio.gather(*early, *neighbours)
    failed = (await poison).receipt
    *receipts, lost = await inlet.settled([*(answer.receipt for answer in answers), failed])
    assert max(line.get("batches", 0) for line in inlet.gateway.log()) >= len(neighbours) + 1
    assert {(each.state, each.written) for each in receipts} == {("written", 1)}
    assert (lost.state, lost.failure, lost.records, lost.written) == ("failed", "unknown_revision", 0, 0)
    assert set(await inlet.profiles()) == {*users, *(f"early-{number}" for number in range(EARLY))}

    # then: it is alone among the dead letters, with its reason
    async with await aio_pika.connect(broker_url) as connection, connection.channel() as channel:
        dead = await (await channel.get_queue("inlet.raw.dead")).get()
        assert dead is not None
        assert (await channel.declare_queue("inlet.raw.dead", passive=True)).declaration_result.message_count == 0
        assert (await channel.declare_queue("inlet.mapped.dead", passive=True)).declaration_result.message_count == 0
    headers = dead.headers
    assert (headers["inlet-code"], headers["inlet-origin"]) == ("unknown_revision", "inlet.raw")
    assert headers["inlet-receipt"] == key_of(failed).hex()
    assert b'"poison"' in dead.body
    assert b"neighbour" not in dead.body


async def _held_by_the_gateway(inlet: Inlet, requests: int) -> None:
    """Waits until so many requests have been read and are not confirmed yet."""
    one = len('{"token": "", "data": [{"userId": "early-0", "seats": 1}]}') + len(inlet.token)

    async def look() -> bool:
        return await inlet.gateway.metric("inlet_bytes_in_flight") > (requests - 0.5) * one

    await eventually(look, f"the gateway holds {requests} requests", 10)
