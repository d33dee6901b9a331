"""What a sender sees: a batch in, a profile out."""

import asyncio
import json
from decimal import Decimal
from urllib.parse import urlsplit

from tests.e2e.inlet import Inlet

DEPARTMENT, SEATS, HIRED = 1, 2, 3
MAPPINGS = [
    {"property": "department", "attribute": DEPARTMENT, "type": "String"},
    {"property": "seats", "attribute": SEATS, "type": "Number"},
    {"property": "hired", "attribute": HIRED, "type": "Date"},
]
FIRST = {"userId": "u-17", "department": "Sales", "seats": 12, "hired": "2024-03-01"}


async def test_a_batch_becomes_a_profile_that_later_batches_change(inlet: Inlet) -> None:
    # given
    await inlet.start({inlet.token: MAPPINGS})

    # when
    answer = await inlet.post([FIRST])

    # then
    assert answer.status == 202
    assert answer.body == {"message": "Request has been received", "receipt": answer.receipt, "records": 1}
    assert answer.headers["Location"] == f"/public/v1/receipts/{answer.receipt}"
    [receipt] = await inlet.settled([answer.receipt])
    assert (receipt.state, receipt.records, receipt.written, receipt.rejects) == ("written", 1, 1, [])
    assert await inlet.profiles() == {"u-17": {DEPARTMENT: "Sales", SEATS: Decimal(12), HIRED: "2024-03-01"}}

    # when: later values, one of them a clear, and a property that is not there
    answer = await inlet.post([{"userId": "u-17", "department": "Service", "seats": None}])

    # then
    await inlet.settled([answer.receipt])
    assert await inlet.profiles() == {"u-17": {DEPARTMENT: "Service", HIRED: "2024-03-01"}}


async def test_the_same_post_under_one_idempotency_key_has_one_receipt(inlet: Inlet) -> None:
    # given
    await inlet.start({inlet.token: MAPPINGS})

    # when
    first = await inlet.post([FIRST], Idempotency_Key="nightly-1")
    again = await inlet.post([FIRST], Idempotency_Key="nightly-1")
    other = await inlet.post([FIRST | {"seats": 13}], Idempotency_Key="nightly-1")

    # then
    assert again.receipt == first.receipt
    assert other.receipt != first.receipt
    receipts = await inlet.settled([first.receipt, other.receipt])
    assert [(each.state, each.records, each.written) for each in receipts] == [("written", 1, 1)] * 2
    assert (await inlet.query("SELECT count(*) FROM profiles.receipts"))[0][0] == 2


async def test_a_stopped_service_has_finished_what_it_began(inlet: Inlet) -> None:
    # given
    await inlet.start({inlet.token: MAPPINGS})
    answers = [await inlet.post([FIRST | {"userId": f"u-{number}"}]) for number in range(20)]

    # when
    codes = [service.terminate() for service in inlet.services.values()]

    # then
    assert codes == [0, 0, 0, 0]
    inlet.mapper.start()
    inlet.profile_writer.start()
    receipts = await inlet.settled(answer.receipt for answer in answers)
    assert sum(receipt.written for receipt in receipts) == 20


async def test_a_log_is_json_line_by_line_and_shows_no_secret(inlet: Inlet) -> None:
    # given
    await inlet.start({inlet.token: MAPPINGS})

    # when: somebody speaks no HTTP, somebody has no token, and somebody posts
    address = urlsplit(inlet.gateway.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n")
    assert (await reader.readline()).split()[1] == b"400"
    writer.close()
    assert (await inlet.post([FIRST], Authorization="Bearer nonsense")).status == 401
    await inlet.settled([(await inlet.post([FIRST])).receipt])
    for service in inlet.services.values():
        service.terminate()

    # then
    for service in inlet.services.values():
        lines = [json.loads(line) for line in service.output().splitlines()]
        assert {line["service"] for line in lines} == {service.name}
        assert "exception" not in service.output()
        for secret in (inlet.access_token, inlet.token, inlet.role_password, "Sales", "u-17", "nonsense"):
            assert secret not in service.output()
