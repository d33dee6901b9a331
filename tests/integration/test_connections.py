"""Connections to a gateway: how long a head may take, how many there may be, and what ends them."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from shared.contract.codes import Code
from shared.runtime import amqp
from tests.backing.gateway import DEADLINE_S, RunningGateway, running_gateway
from tests.e2e.process import eventually

SHORT_S = 0.3
Start = Callable[..., AbstractAsyncContextManager[RunningGateway]]
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def start(broker_url: str, tmp_path: Path) -> AsyncIterator[Start]:
    broker = await amqp.connect(broker_url)

    @asynccontextmanager
    async def started(**settings: Any) -> AsyncIterator[RunningGateway]:
        async with running_gateway(broker, tmp_path, **settings) as running:
            yield running

    yield started
    await broker.close()


async def connect(gateway: RunningGateway) -> Streams:
    return await asyncio.open_connection("127.0.0.1", gateway.port)


async def until_closed(reader: asyncio.StreamReader) -> bytes:
    return await asyncio.wait_for(reader.read(), DEADLINE_S)


async def answered(reader: asyncio.StreamReader) -> bytes:
    """The status line of one answer, whose body is read as well."""
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), DEADLINE_S)
    size = next(int(line.split(b":")[1]) for line in head.lower().splitlines() if line.startswith(b"content-length:"))
    await reader.readexactly(size)
    return head.splitlines()[0]


def good(gateway: RunningGateway, *lines: str) -> bytes:
    body = gateway.body([{"userId": "u-17"}])
    return gateway.head(f"Content-Length: {len(body)}", *lines) + body


@pytest.mark.parametrize("begun", [b"P", b"POST /public/v1/user/data HTTP/1.1\r\nHost: inlet\r\nX-A: "])
async def test_a_head_that_does_not_end_is_given_up(start: Start, begun: bytes) -> None:
    async with start(head_timeout_s=SHORT_S) as gateway:
        # given
        reader, writer = await connect(gateway)

        # when
        writer.write(begun)
        raw = await until_closed(reader)
        writer.close()

        # then
        head, _, body = raw.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408 ")
        assert b"\r\nConnection: close" in head
        assert json.loads(body)["code"] == Code.HEAD_INCOMPLETE
        assert (await gateway.good()).status == 202


async def test_a_trickled_head_is_given_up_though_it_never_stops(start: Start) -> None:
    async with start(head_timeout_s=SHORT_S) as gateway:
        # given
        _, writer = await connect(gateway)
        writer.write(b"POST /public/v1/user/data HTTP/1.1\r\nHost: inlet\r\nX-A: ")

        # when
        async def trickle() -> None:
            while True:
                writer.write(b"b")
                await writer.drain()
                await asyncio.sleep(0.02)

        # then: the connection is gone; on bytes that come after it, the answer may be lost
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(trickle(), DEADLINE_S)
        writer.close()
        assert (await gateway.good()).status == 202


async def test_whoever_sends_nothing_is_closed_without_a_word(start: Start) -> None:
    async with start(head_timeout_s=SHORT_S) as gateway:
        reader, writer = await connect(gateway)
        assert await until_closed(reader) == b""
        writer.close()


async def test_a_kept_connection_ends_when_it_is_idle(start: Start) -> None:
    async with start(idle_timeout_s=SHORT_S) as gateway:
        # given
        reader, writer = await connect(gateway)
        writer.write(good(gateway))
        assert await answered(reader) == b"HTTP/1.1 202 Accepted"

        # then
        assert await until_closed(reader) == b""
        writer.close()


async def test_a_second_head_has_its_time_and_no_more(start: Start) -> None:
    async with start(head_timeout_s=SHORT_S, idle_timeout_s=DEADLINE_S * 2) as gateway:
        # given
        reader, writer = await connect(gateway)
        writer.write(good(gateway) + b"POST /")
        assert await answered(reader) == b"HTTP/1.1 202 Accepted"

        # when
        writer.write(b"public")

        # then
        assert (await until_closed(reader)).startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_the_time_of_a_head_is_not_that_of_the_body_nor_of_the_pause_after_it(start: Start) -> None:
    async with start(head_timeout_s=SHORT_S) as gateway:
        # given
        reader, writer = await connect(gateway)
        request = good(gateway)
        head, end, body = request.partition(b"\r\n\r\n")

        # when: the body takes longer than a head may, and so does the pause before the next request
        writer.write(head + end)
        for part in (body[:5], body[5:10], body[10:]):
            await asyncio.sleep(SHORT_S)
            writer.write(part)
        first = await answered(reader)
        await asyncio.sleep(SHORT_S * 2)
        writer.write(request)

        # then
        assert (first, await answered(reader)) == (b"HTTP/1.1 202 Accepted",) * 2
        writer.close()


async def test_more_connections_than_there_may_be_are_told_to_come_again(start: Start) -> None:
    async with start(max_connections=2) as gateway:
        # given
        held = [await connect(gateway) for _ in range(2)]
        for reader, writer in held:
            writer.write(good(gateway))
            assert await answered(reader) == b"HTTP/1.1 202 Accepted"

        # when
        reader, writer = await connect(gateway)
        raw = await until_closed(reader)
        writer.close()

        # then
        assert raw.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nRetry-After: 1" in raw
        assert b"\r\nConnection: close" in raw

        # then: there is room again once one has gone, and those that were there go on
        held[0][1].close()
        await eventually(lambda: accepts(gateway), "there is room for another connection")
        held[1][1].write(good(gateway))
        assert await answered(held[1][0]) == b"HTTP/1.1 202 Accepted"
        held[1][1].close()


async def accepts(gateway: RunningGateway) -> bool:
    return (await gateway.raw(good(gateway, "Connection: close"))).startswith(b"HTTP/1.1 202 ")


async def test_whoever_does_not_read_the_answers_is_cut_off(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    # given: room for one connection, whose end is told by another that gets in
    monkeypatch.setattr("shared.runtime.connection._UNSENT_MS", 500)
    async with start(max_connections=1) as gateway:
        silent = socket.socket()
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        silent.connect(("127.0.0.1", gateway.port))
        silent.setblocking(False)  # noqa: FBT003 - the standard library's own form

        # when
        loop = asyncio.get_running_loop()
        asking = asyncio.create_task(loop.sock_sendall(silent, b"GET /metrics HTTP/1.1\r\nHost: inlet\r\n\r\n" * 5000))

        # then
        await eventually(lambda: accepts(gateway), "the connection that does not read has ended", DEADLINE_S)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        silent.close()


@pytest.mark.parametrize("bad", [b"zz\r\n", b"5\n", b"2\r\n{}!!"])
async def test_a_body_that_is_no_body_is_refused_at_once(start: Start, bad: bytes) -> None:
    async with start(body_timeout_s=DEADLINE_S * 2) as gateway:
        # given: a head that is already being answered
        reader, writer = await connect(gateway)
        writer.write(gateway.head("Transfer-Encoding: chunked", "Expect: 100-continue"))
        assert await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), DEADLINE_S) == b"HTTP/1.1 100 Continue\r\n\r\n"

        # when
        writer.write(bad)
        raw = await until_closed(reader)
        writer.close()

        # then
        assert raw.startswith(b"HTTP/1.1 400 ")
        assert raw.count(b"HTTP/1.1 ") == 1
        assert json.loads(raw.partition(b"\r\n\r\n")[2])["code"] == Code.INVALID_REQUEST
        assert (await gateway.good()).status == 202


async def test_the_rest_of_a_refused_body_is_taken_and_dropped(start: Start) -> None:
    async with start(max_body_bytes=1024) as gateway:
        # given: a body that is too large, and does not end
        reader, writer = await connect(gateway)
        chunk = b"400\r\n" + b" " * 1024 + b"\r\n"
        writer.write(gateway.head("Transfer-Encoding: chunked") + 2 * chunk)

        # when
        raw = await asyncio.wait_for(reader.read(), DEADLINE_S / 4)  # aiohttp alone would wait 10 s for the rest
        for _ in range(1000):
            writer.write(chunk)
            await writer.drain()
        writer.write(b"no chunk\r\n\r\n" + good(gateway))
        await writer.drain()
        writer.close()
        await writer.wait_closed()

        # then: answered once, and not reset while it went on
        assert raw.startswith(b"HTTP/1.1 413 ")
        assert raw.count(b"HTTP/1.1 ") == 1
        assert gateway.metrics.registry.get_sample_value("inlet_records_accepted_total") in {None, 0}
        assert (await gateway.good()).status == 202


async def test_what_is_not_http_is_counted_and_logged_without_what_was_sent(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    async with start() as gateway:
        # when
        raw = await gateway.raw(b"secret nonsense\r\n\r\n")

        # then
        count = {"status": "400", "code": "invalid_request"}
        assert gateway.metrics.registry.get_sample_value("inlet_requests_total", count) == 1
        assert b"nonsense" not in raw
        logged = capsys.readouterr().out
        assert json.loads(raw.partition(b"\r\n\r\n")[2])["requestId"] in logged
        assert "nonsense" not in logged
