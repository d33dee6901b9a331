import asyncio
import gzip
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import aiohttp
import pytest

from shared.contract.codes import Code
from shared.runtime import amqp
from shared.runtime.broker import Broker
from tests.backing.gateway import DEADLINE_S, RECEIPT_KEY, SESSION_KEY, Answer, RunningGateway, Secrets, running_gateway
from tests.backing.rabbitmq import Rabbitmq

MIB = 1024 * 1024


@asynccontextmanager
async def connected(broker_url: str) -> AsyncIterator[Broker]:
    broker = await amqp.connect(broker_url)
    try:
        yield broker
    finally:
        await broker.close()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not condition():
            await asyncio.sleep(0.01)


async def until_accepted(gateway: RunningGateway) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while (await gateway.good()).status != 202:
            await asyncio.sleep(0.05)


async def timed(gateway: RunningGateway) -> tuple[Answer, float]:
    loop = asyncio.get_running_loop()
    started = loop.time()
    return await gateway.good(), loop.time() - started


async def test_a_stopped_broker_503_in_time_and_202_when_it_is_back(
    broker_url: str, rabbitmq: Rabbitmq, tmp_path: Path
) -> None:
    async with connected(broker_url) as broker, running_gateway(broker, tmp_path) as gateway:
        # given
        before = await gateway.good()
        await asyncio.to_thread(rabbitmq.stop)

        # when
        answers = await asyncio.gather(*(timed(gateway) for _ in range(10)))
        await asyncio.to_thread(rabbitmq.start)
        await until_accepted(gateway)

        # then
        assert before.status == 202
        for answer, seconds in answers:
            assert (answer.status, answer.code) == (503, Code.NOT_CONFIRMED)
            assert int(answer.headers["Retry-After"]) >= 1
            assert seconds < 5
        batches = await gateway.batches(2)
        assert batches[0].receipt == gateway.signer.read(before.body["receipt"])


async def test_a_broker_that_answers_nothing_503_in_time(broker_url: str, rabbitmq: Rabbitmq, tmp_path: Path) -> None:
    async with connected(broker_url) as broker, running_gateway(broker, tmp_path) as gateway:
        # given
        await gateway.good()
        rabbitmq.pause()

        # when: one after the other, so that they wait in line for the broker too
        try:
            first = [asyncio.create_task(timed(gateway)) for _ in range(8)]
            await asyncio.wait(first, timeout=2)
            later = [asyncio.create_task(timed(gateway)) for _ in range(8)]
            answers = await asyncio.gather(*first, *later)
        finally:
            rabbitmq.resume()

        # then
        for answer, seconds in answers:
            assert (answer.status, answer.code) == (503, Code.NOT_CONFIRMED)
            assert seconds < 5
        await until_accepted(gateway)


async def test_a_memory_alarm_503_in_time(broker_url: str, rabbitmq: Rabbitmq, tmp_path: Path) -> None:
    async with connected(broker_url) as broker, running_gateway(broker, tmp_path) as gateway:
        # given
        await gateway.good()
        await asyncio.to_thread(rabbitmq.ctl, "set_vm_memory_high_watermark", "absolute", "1")

        # when
        try:
            answer, seconds = await timed(gateway)
        finally:
            await asyncio.to_thread(rabbitmq.ctl, "set_vm_memory_high_watermark", "absolute", "1GiB")

        # then
        assert (answer.status, answer.code) == (503, Code.NOT_CONFIRMED)
        assert seconds < 5
        await until_accepted(gateway)


async def test_a_gateway_may_start_before_its_broker(broker_url: str, rabbitmq: Rabbitmq, tmp_path: Path) -> None:
    # given
    await asyncio.to_thread(rabbitmq.stop)
    async with connected(broker_url) as broker, running_gateway(broker, tmp_path) as gateway:
        # when
        answer, seconds = await timed(gateway)
        await asyncio.to_thread(rabbitmq.start)

        # then
        assert (answer.status, answer.code) == (503, Code.NOT_CONFIRMED)
        assert seconds < 5
        await until_accepted(gateway)


async def test_one_token_holds_at_most_half_of_the_bytes(broker_url: str, tmp_path: Path) -> None:
    async with (
        connected(broker_url) as broker,
        running_gateway(broker, tmp_path, max_held_bytes=MIB, body_timeout_s=DEADLINE_S) as gateway,
    ):
        # given: 400 KiB of a body that is not complete
        part = gateway.body(["x" * 400 * 1024])
        _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(gateway.head(f"Content-Length: {len(part) + 1}") + part)
        await until(lambda: _held(gateway) == len(part))
        large = gateway.body(["x" * 200 * 1024])

        # when
        refused = await gateway.post(large)
        small = await gateway.good()
        other = await gateway.post(
            gateway.body(["x" * 200 * 1024], gateway.secrets.elsewhere), gateway.headers(gateway.secrets.narrow)
        )
        writer.close()
        await until(lambda: _held(gateway) == 0)
        again = await gateway.post(large)

        # then
        assert (refused.status, refused.code) == (503, Code.OVERLOADED)
        assert int(refused.headers["Retry-After"]) >= 1
        assert [small.status, other.status, again.status] == [202, 202, 202]


async def test_bytes_after_gzip_count(broker_url: str, tmp_path: Path) -> None:
    async with connected(broker_url) as broker, running_gateway(broker, tmp_path, max_held_bytes=MIB) as gateway:
        # given
        body = gzip.compress(gateway.body(["x" * 600 * 1024]))

        # when
        answer = await gateway.post(body, gateway.headers(Content_Encoding="gzip"))

        # then
        assert (answer.status, answer.code) == (503, Code.OVERLOADED)
        assert _held(gateway) == 0


def _held(gateway: RunningGateway) -> float:
    value = gateway.metrics.registry.get_sample_value("inlet_bytes_in_flight")
    assert value is not None
    return value


async def test_over_its_rate_429_until_the_next_second(
    broker_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given: a token of three records a second, and a clock that stands still
    clock = SimpleNamespace(now=1_000.0)
    for module in ("limits.storage.memory", "services.gateway.rate"):
        monkeypatch.setattr(f"{module}.time", SimpleNamespace(time=lambda: clock.now))
    async with connected(broker_url) as broker, running_gateway(broker, tmp_path) as gateway:
        headers = gateway.headers(gateway.secrets.slow)

        # when
        three = await gateway.post(gateway.body([{}] * 3), headers)
        fourth = await gateway.post(gateway.body([{}]), headers)
        unread = await gateway.post(b"no JSON", headers)
        other = await gateway.good()
        clock.now += 1
        read = await gateway.post(b"no JSON", headers)
        larger_than_the_rate = await gateway.post(gateway.body([{}] * 5), headers)

        # then
        assert [three.status, other.status, larger_than_the_rate.status] == [202, 202, 202]
        assert (fourth.status, fourth.code) == (429, Code.RATE_LIMITED)
        assert int(fourth.headers["Retry-After"]) >= 1
        assert (unread.code, read.code) == (Code.RATE_LIMITED, Code.INVALID_JSON)


async def test_without_usable_definitions_503(broker_url: str, tmp_path: Path) -> None:
    async with connected(broker_url) as broker, running_gateway(broker, tmp_path, snapshot_max_age_s=0.001) as gateway:
        # given
        await until(lambda: gateway.keeper.usable is None)

        # when
        answer = await gateway.good()
        async with gateway.session.get(gateway.url("/readyz")) as response:
            ready = response.status

        # then
        assert (answer.status, answer.code, ready) == (503, Code.NOT_READY, 503)
        assert int(answer.headers["Retry-After"]) >= 1


async def test_a_draining_gateway_503(broker_url: str, tmp_path: Path) -> None:
    async with connected(broker_url) as broker, running_gateway(broker, tmp_path) as gateway:
        # given
        gateway.readiness.draining = True

        # when
        answer = await gateway.good()

        # then
        assert (answer.status, answer.code) == (503, Code.NOT_READY)


@dataclass(frozen=True)
class Process:
    """A gateway as a process of its own."""

    process: asyncio.subprocess.Process
    output: asyncio.StreamReader
    port: int
    secrets: Secrets

    @property
    def body(self) -> bytes:
        return json.dumps({"token": self.secrets.active, "data": [{}]}).encode()

    @property
    def head(self) -> bytes:
        return (
            "POST /public/v1/user/data HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self.secrets.writer}\r\nContent-Length: {len(self.body)}\r\n\r\n"
        ).encode()

    async def until_held(self, size: int) -> None:
        async with asyncio.timeout(DEADLINE_S), aiohttp.ClientSession() as session:
            shown = ""
            while f"inlet_bytes_in_flight {size}.0" not in shown:
                async with session.get(f"http://127.0.0.1:{self.port}/metrics") as response:
                    shown = await response.text()

    async def until_draining(self) -> None:
        async with asyncio.timeout(DEADLINE_S):
            async for line in self.output:
                if b'"draining"' in line:
                    return


@asynccontextmanager
async def process_of(broker_url: str, folder: Path, **settings: str) -> AsyncIterator[Process]:
    secrets = Secrets()
    (folder / "definitions.json").write_text(secrets.snapshot().model_dump_json())
    environment = {
        "INLET_BROKER_URL": broker_url,
        "INLET_SNAPSHOT_FILE": str(folder / "definitions.json"),
        "INLET_SNAPSHOT_CACHE": str(folder / "cache.json"),
        "INLET_RECEIPT_KEY": RECEIPT_KEY,
        "INLET_SESSION_KEY": SESSION_KEY,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services", "gateway"),
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | environment | settings,
    )
    assert process.stdout is not None
    try:
        port = await asyncio.wait_for(_port(process.stdout), DEADLINE_S)
        yield Process(process, process.stdout, port, secrets)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _port(output: asyncio.StreamReader) -> int:
    async for line in output:
        if found := re.search(rb'"port": (\d+)', line):
            return int(found[1])
    raise AssertionError("the gateway ended without listening")


async def test_a_process_that_is_told_to_stop_finishes_what_it_has_begun(broker_url: str, tmp_path: Path) -> None:
    async with process_of(broker_url, tmp_path) as gateway:
        # given: half a request, which the gateway has begun to read
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(gateway.head + gateway.body[:10])
        await gateway.until_held(10)

        # when
        gateway.process.send_signal(signal.SIGTERM)
        await gateway.until_draining()
        late_reader, late_writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        late_writer.write(gateway.head + gateway.body)
        late = await asyncio.wait_for(late_reader.readuntil(b"\r\n\r\n"), DEADLINE_S)
        writer.write(gateway.body[10:])
        answer = await asyncio.wait_for(reader.read(), DEADLINE_S)
        for each in (writer, late_writer):
            each.close()
            await each.wait_closed()

        # then
        assert answer.startswith(b"HTTP/1.1 202 ")
        assert late.startswith(b"HTTP/1.1 503 ")
        assert await asyncio.wait_for(gateway.process.wait(), 10) == 0
        assert (tmp_path / "cache.json").stat().st_mode & 0o777 == 0o600


async def test_a_body_that_never_ends_does_not_hold_up_the_end(broker_url: str, tmp_path: Path) -> None:
    settings = {"INLET_BODY_TIMEOUT_S": "600", "INLET_DRAIN_S": "4.2", "INLET_PUBLISH_TIMEOUT_S": "4"}
    async with process_of(broker_url, tmp_path, **settings) as gateway:
        # given
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
        writer.write(gateway.head + gateway.body[:10])
        await gateway.until_held(10)

        # when
        gateway.process.send_signal(signal.SIGTERM)
        answer = await asyncio.wait_for(reader.read(), DEADLINE_S)
        writer.close()
        await writer.wait_closed()

        # then
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"Retry-After: " in answer
        assert await asyncio.wait_for(gateway.process.wait(), 5) == 0
