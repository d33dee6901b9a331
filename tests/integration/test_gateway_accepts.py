import asyncio
import gzip
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.contract import receipts
from shared.contract.topology import RAW
from shared.runtime import amqp
from tests.backing.gateway import REVISION, RunningGateway, running_gateway


@pytest.fixture
async def gateway(broker_url: str, tmp_path: Path) -> AsyncIterator[RunningGateway]:
    broker = await amqp.connect(broker_url)
    async with running_gateway(broker, tmp_path) as running:
        yield running
    await broker.close()


async def test_a_batch_is_answered_with_its_receipt_and_lies_in_the_queue(gateway: RunningGateway) -> None:
    # given
    data = b'[ {"userId":"u-17", "seats":1.50}, 7 ]'
    body = b'{"data":' + data + b',"token":"' + gateway.secrets.active.encode() + b'"}'

    # when
    answer = await gateway.post(body)

    # then
    receipt = answer.body["receipt"]
    assert answer.status == 202
    assert answer.body == {"message": "Request has been received", "receipt": receipt, "records": 2}
    assert list(answer.body) == ["message", "receipt", "records"]
    assert answer.headers["Location"] == f"/public/v1/receipts/{receipt}"
    assert answer.headers["Content-Type"] == "application/json"
    [batch] = await gateway.batches(1)
    assert batch.receipt == gateway.signer.read(receipt)
    assert receipts.parse(batch.receipt).integration == 1
    assert (batch.integration, batch.revision, batch.data) == (1, REVISION, data)
    assert batch.request_id == answer.headers["X-Request-Id"]
    assert batch.traceparent is None


async def test_a_draft_accepts_as_an_active_integration_does(gateway: RunningGateway) -> None:
    # when
    answer = await gateway.post(gateway.body([{"userId": "u-17"}], gateway.secrets.draft))

    # then
    assert answer.status == 202
    [batch] = await gateway.batches(1)
    assert batch.integration == 2


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip"])
async def test_gzip_is_undone(gateway: RunningGateway, coding: str) -> None:
    # given
    body = gateway.body([{"userId": "u-17"}])

    # when
    answer = await gateway.post(gzip.compress(body), gateway.headers(Content_Encoding=coding))

    # then
    assert answer.status == 202
    [batch] = await gateway.batches(1)
    assert json.loads(batch.data) == [{"userId": "u-17"}]


@pytest.mark.parametrize(
    "content_type", ["application/json", "Application/JSON", "application/json; charset=UTF-8", "application/json;a=b"]
)
async def test_parameters_of_the_content_type_are_allowed(gateway: RunningGateway, content_type: str) -> None:
    # when
    answer = await gateway.post(gateway.body([{}]), gateway.headers(Content_Type=content_type))

    # then
    assert answer.status == 202


async def test_the_scheme_is_not_case_sensitive(gateway: RunningGateway) -> None:
    # when
    answer = await gateway.post(gateway.body([{}]), gateway.headers(Authorization=f"bEARER  {gateway.secrets.writer}"))

    # then
    assert answer.status == 202


async def test_a_chunked_body_is_read_to_its_end(gateway: RunningGateway) -> None:
    # given
    body = gateway.body([{"userId": "u-17", "text": "x" * 200_000}])

    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 10_000):
            yield body[start : start + 10_000]
            await asyncio.sleep(0)

    # when
    async with gateway.session.post(gateway.url(), data=parts(), headers=gateway.headers()) as response:
        status = response.status

    # then
    assert status == 202
    [batch] = await gateway.batches(1)
    assert len(batch.data) > 200_000


async def test_a_large_batch_travels_whole(gateway: RunningGateway) -> None:
    # given: more than a frame is meant to hold, and still one batch
    body = gateway.body([{"userId": f"u-{number}", "text": "x" * 3_000} for number in range(300)])

    # when
    answer = await gateway.post(body)

    # then
    assert (answer.status, answer.body["records"]) == (202, 300)
    [batch] = await gateway.batches(1)
    assert len(json.loads(batch.data)) == 300


async def test_many_at_once_each_have_their_own_answer(gateway: RunningGateway) -> None:
    # given
    bodies = [gateway.body([{"userId": f"u-{number}"}] * (number + 1)) for number in range(60)]

    # when
    answers = await asyncio.gather(*map(gateway.post, bodies))

    # then
    assert [answer.status for answer in answers] == [202] * 60
    found = {batch.receipt: len(json.loads(batch.data)) for batch in await gateway.batches(60)}
    said = {gateway.signer.read(answer.body["receipt"]): answer.body["records"] for answer in answers}
    assert found == said
    assert sorted(found.values()) == list(range(1, 61))


async def test_times_of_batches_are_strictly_increasing(gateway: RunningGateway) -> None:
    # when
    for _ in range(20):
        await gateway.good()

    # then
    times = [batch.received_at for batch in await gateway.batches(20)]
    assert len(set(times)) == 20
    assert times == sorted(times)


@pytest.mark.parametrize("key", ["k", "a key with spaces", "~" * 255])
async def test_an_idempotency_key_makes_the_receipt_repeatable(gateway: RunningGateway, key: str) -> None:
    # given
    body, other = gateway.body([{"userId": "u-17"}]), gateway.body([{"userId": "u-18"}])
    headers = gateway.headers(Idempotency_Key=key)

    # when
    first = await gateway.post(body, headers)
    again = await gateway.post(body, headers)
    compressed = await gateway.post(gzip.compress(body), headers | {"Content-Encoding": "gzip"})
    another_body = await gateway.post(other, headers)
    without = await gateway.post(body)

    # then: all are accepted, and the same post has the same receipt
    answers = (first, again, compressed, another_body, without)
    assert [answer.status for answer in answers] == [202] * 5
    ids = [answer.body["receipt"] for answer in answers]
    assert ids[0] == ids[1] == ids[2]
    assert len(set(ids)) == 3


async def test_the_request_id_of_the_sender_is_kept(gateway: RunningGateway) -> None:
    # when
    answer = await gateway.post(gateway.body([{}]), gateway.headers(X_Request_Id="order-4711/a"))

    # then
    assert answer.headers["X-Request-Id"] == "order-4711/a"
    [batch] = await gateway.batches(1)
    assert batch.request_id == "order-4711/a"


@pytest.mark.parametrize("sent", ["", "x" * 129, "two words", 'quote"', "ümlaut", "<b>"])
async def test_an_unsafe_request_id_is_replaced(gateway: RunningGateway, sent: str) -> None:
    # when
    answer = await gateway.post(gateway.body([{}]), gateway.headers(X_Request_Id=sent))

    # then
    assert answer.status == 202
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-Id"])


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", True),
        ("00-00000000000000000000000000000000-00f067aa0ba902b7-01", False),
        ("00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", False),
        ("ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", False),
        ("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", False),
        ("garbage", False),
    ],
)
async def test_a_well_formed_trace_travels_with_the_batch(gateway: RunningGateway, sent: str, kept: bool) -> None:  # noqa: FBT001 - a case's expectation
    # when
    await gateway.post(gateway.body([{}]), gateway.headers(traceparent=sent))

    # then
    [batch] = await gateway.batches(1)
    assert batch.traceparent == (sent if kept else None)


async def test_no_token_travels_in_a_message(gateway: RunningGateway) -> None:
    # when
    await gateway.good()

    # then
    async with gateway.broker.consume(RAW.name) as consumer:
        [delivery] = await consumer.take(1)
        assert b"inl_" not in delivery.body
        assert "inl_" not in str(delivery.headers)


async def test_a_lone_surrogate_is_left_to_its_record(gateway: RunningGateway) -> None:
    # given
    data = rb'[{"userId":"\ud800"},{"userId":"u-17"}]'

    # when
    answer = await gateway.post(b'{"token":"%s","data":%s}' % (gateway.secrets.active.encode(), data))

    # then
    assert (answer.status, answer.body["records"]) == (202, 2)
    [batch] = await gateway.batches(1)
    assert batch.data == data
