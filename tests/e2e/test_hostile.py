"""Hostile records all the way to the table, in one frame with good ones."""

import asyncio
import gzip
from decimal import Decimal

import aio_pika
import pytest

from tests.backing.rabbitmq import Rabbitmq
from tests.e2e.inlet import Inlet
from tests.e2e.process import eventually

DEPARTMENT, SEATS = 1, 2
MAPPINGS = [
    {"property": "department", "attribute": DEPARTMENT, "type": "String"},
    {"property": "seats", "attribute": SEATS, "type": "Number"},
]
EARLY = 4  # at least as many as the frames that the gateway has in flight at once

# The text of one element of `data`, and what the receipt says of it: (property, code), or None where it is merged.
ELEMENTS: dict[bytes, tuple[str | None, str] | None] = {
    rb'{"userId": "h-0", "department": "a\u0000b"}': ("department", "contains_nul"),
    rb'{"userId": "nul\u0000"}': ("userId", "invalid_user_id"),
    rb'{"userId": "h-1", "department": "\ud800"}': (None, "lone_surrogate"),
    rb'{"userId": "h-2", "other": ["\udfff"]}': (None, "lone_surrogate"),
    rb'{"\ud800": 1, "userId": "h-3"}': (None, "lone_surrogate"),
    b'{"userId": "h-4", "seats": ' + b"9" * 5_000 + b"}": ("seats", "number_out_of_range"),
    b'{"userId": "h-5", "seats": 1e400}': None,
    b'{"userId": "h-6", "seats": 1e4000}': ("seats", "number_out_of_range"),
    b'{"userId": "h-7", "seats": "NaN"}': ("seats", "invalid_number"),
    b'{"userId": "x", "userId": "h-8", "seats": 1, "seats": 2}': None,
    b'{"userId": "h-9", "deep": ' + b"[" * 60 + b"]" * 60 + b"}": None,
    b'{"userId": "h-10", "department": {"a": 1}}': ("department", "wrong_type"),
    b'{"userId": ""}': ("userId", "invalid_user_id"),
    b"[]": (None, "not_an_object"),
    b"null": (None, "not_an_object"),
    b"7": (None, "not_an_object"),
}
REFUSED = [b'[{"userId": "\xff"}]', b'[{"a": NaN}]', b"[" * 100_000 + b"]" * 100_000, b"[", b"", b"[]"]


async def test_hostile_records_hurt_no_neighbour_in_their_frame(
    inlet: Inlet, rabbitmq: Rabbitmq, broker_url: str
) -> None:
    # given: a broker that takes its time, so that what is posted meanwhile shares frames
    await inlet.start({inlet.token: MAPPINGS}, publish_timeout_s="30")
    with rabbitmq.paused():
        early = []
        for number in range(EARLY):
            early.append(asyncio.create_task(inlet.post([{"userId": f"early-{number}", "seats": 1}])))
            await _held(inlet, 90 * (number + 1))

        # when: each hostile element comes in a batch with a good record, beside a good batch and what is no JSON
        posts = []
        for number, element in enumerate(ELEMENTS):
            beside = b'{"userId": "beside-%d", "seats": %d}' % (number, number)
            posts.append(asyncio.create_task(inlet.post_text(b"[%b, %b]" % (element, beside))))
        good = asyncio.create_task(inlet.post([{"userId": "good", "department": "Sales", "seats": 1}]))
        refused = [(await inlet.post_text(data)).status for data in REFUSED]
        await _held(inlet, sum(map(len, ELEMENTS)))

    # then: what is no batch was refused as such, and everything else is accounted for, element by element
    assert refused == [400] * len(REFUSED)
    receipts = await inlet.settled([answer.receipt for answer in await asyncio.gather(*posts, good, *early)])
    assert {each.state for each in receipts} == {"written"}
    for receipt, expected in zip(receipts, ELEMENTS.values(), strict=False):
        assert receipt.rejects == ([] if expected is None else [(0, *expected)])
        assert (receipt.records, receipt.written + receipt.rejected) == (2, 2)

    # then: they did share a frame, and each good record is merged
    assert max(line.get("batches", 0) for line in inlet.gateway.log()) > 10
    profiles = await inlet.profiles()
    assert profiles["good"] == {DEPARTMENT: "Sales", SEATS: Decimal(1)}
    assert all(profiles[f"beside-{number}"] == {SEATS: Decimal(number)} for number in range(len(ELEMENTS)))
    assert (profiles["h-5"], profiles["h-8"]) == ({SEATS: Decimal("1e400")}, {SEATS: Decimal(2)})
    await _nothing_is_dead(broker_url)


@pytest.mark.parametrize("mapped", [False, True], ids=["unmapped", "user_id_among_them"])
async def test_a_record_of_hundreds_of_thousands_of_keys(inlet: Inlet, broker_url: str, *, mapped: bool) -> None:
    # given: just under 4 MiB after gzip, in one record; and a good one beside it
    await inlet.start({inlet.token: MAPPINGS})
    keys = b",".join(b'"%d":1' % number for number in range(350_000))
    record = b'{"userId":"many",%b}' % keys if mapped else b"{%b}" % keys

    # when
    data = gzip.compress(b'{"token":"%b","data":[%b,{"userId":"good","seats":1}]}' % (inlet.token.encode(), record), 1)
    answer = await inlet.post_body(data, Content_Encoding="gzip")

    # then
    [receipt] = await inlet.settled([answer.receipt])
    assert receipt.rejects == [(0, None, "record_too_large")]
    assert await inlet.profiles() == {"good": {SEATS: Decimal(1)}}
    await _nothing_is_dead(broker_url)


async def _held(inlet: Inlet, size: int) -> None:
    """Waits until the gateway holds so many bytes of bodies."""

    async def look() -> bool:
        return await inlet.gateway.metric("inlet_bytes_in_flight") > size

    await eventually(look, f"the gateway holds {size} bytes", 10)


async def _nothing_is_dead(broker_url: str) -> None:
    async with await aio_pika.connect(broker_url) as connection, connection.channel() as channel:
        for queue in ("inlet.raw.dead", "inlet.mapped.dead"):
            declared = await channel.declare_queue(queue, passive=True)
            assert declared.declaration_result.message_count == 0
