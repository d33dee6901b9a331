"""The mapper as a process of its own, on a real broker: raw frames in, mapped frames out, dead letters beside."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from services.mapper.app import publish_nothing
from shared.contract import topology
from shared.contract.codes import Code
from shared.contract.definitions import Snapshot
from shared.contract.messages import MappedBatch, Row, decode_mapped, encode_raw
from shared.runtime import amqp
from shared.runtime.broker import Broker
from tests.unit.given_mapping import RECEIVED_AT, number, raw_batch, revision, string

DEADLINE_S = 30


@pytest.fixture
async def broker(broker_url: str) -> AsyncIterator[Broker]:
    broker = await amqp.connect(broker_url)
    yield broker
    await broker.close()


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    path = tmp_path / "definitions.json"
    snapshot = Snapshot(version=1, revisions=(revision(string("department", 11), number("seats", 12)),))
    path.write_text(snapshot.model_dump_json())
    return path


@asynccontextmanager
async def _mapper(broker_url: str, definitions: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    settings = {"INLET_BROKER_URL": broker_url, "INLET_SNAPSHOT_FILE": str(definitions), "INLET_SESSION_KEY": "k" * 16}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services", "mapper", env=os.environ | settings, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _mapped(broker: Broker, count: int) -> list[MappedBatch]:
    found: list[MappedBatch] = []
    async with asyncio.timeout(DEADLINE_S), broker.consume(topology.MAPPED.name) as consumer:
        while len(found) < count:
            for delivery in await consumer.take(16):
                found += decode_mapped(delivery.body)
                await delivery.ack()
    return found


async def test_frames_are_mapped_and_what_cannot_be_is_put_aside(
    broker_url: str, broker: Broker, definitions: Path
) -> None:
    # given
    good = raw_batch([{"userId": "u", "department": "Sales", "seats": 1}], receipt=b"g" * 22)
    stray = raw_batch([{"userId": "v"}], receipt=b"s" * 22, revision=99)
    await broker.publish(topology.RAW.name, encode_raw([good, stray]))

    # when
    async with _mapper(broker_url, definitions) as process:
        mapped = {batch.receipt: batch for batch in await _mapped(broker, 2)}
        process.send_signal(signal.SIGTERM)
        status = await asyncio.wait_for(process.wait(), 10)

    # then
    assert mapped[b"g" * 22].rows == [Row(0, RECEIVED_AT, "u", b'{"11":"Sales","12":1}')]
    assert mapped[b"s" * 22].failure is Code.UNKNOWN_REVISION
    assert status == 0
    async with asyncio.timeout(DEADLINE_S), broker.consume(topology.RAW_DEAD.name) as consumer:
        (dead,) = await consumer.take(16)
    assert dead.body == encode_raw([stray])
    assert dead.headers[topology.HEADERS.code] == Code.UNKNOWN_REVISION


async def test_what_the_mapper_probes_with_can_be_read(broker: Broker) -> None:
    # when
    await publish_nothing(broker)

    # then
    async with asyncio.timeout(DEADLINE_S), broker.consume(topology.MAPPED.name) as consumer:
        (delivery,) = await consumer.take(16)
    assert decode_mapped(delivery.body) == []
