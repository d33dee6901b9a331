import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from shared.contract.codes import Code
from shared.runtime import amqp
from tests.backing.gateway import DEADLINE_S, RunningGateway, running_gateway

DEEP = 100_000
MANY = 100_000


@pytest.fixture
async def gateway(broker_url: str, tmp_path: Path) -> AsyncIterator[RunningGateway]:
    broker = await amqp.connect(broker_url)
    async with running_gateway(broker, tmp_path, body_timeout_s=0.3) as running:
        yield running
    await broker.close()


def _answer(raw: bytes) -> tuple[int, bytes, dict[str, object]]:
    head, _, body = raw.partition(b"\r\n\r\n")
    return int(head.split()[1]), head, json.loads(body)


def _a_million_keys() -> bytes:
    return b"{" + b",".join(b'"%d":1' % number for number in range(1_000_000)) + b"}"


@pytest.mark.parametrize(
    ("make", "status", "code"),
    [
        (lambda: b'[{"userId":"\\u0000"}]', 202, None),
        (lambda: b'[{"userId":"\x00"}]', 400, Code.INVALID_JSON),
        (lambda: b'[{"userId":"\xff"}]', 400, Code.INVALID_UTF8),
        (lambda: b'[{"userId":"\\ud800"}]', 202, None),
        (lambda: b'[{"\\udfff":"\\ud800"}, {"userId":"u"}]', 202, None),
        (lambda: b'[{"a":NaN}]', 400, Code.INVALID_JSON),
        (lambda: b'[{"a":-Infinity}]', 400, Code.INVALID_JSON),
        (lambda: b'[{"a":' + b"9" * 5_000 + b"}]", 202, None),
        (lambda: b'[{"a":1e400}]', 202, None),
        (lambda: b"[" + b"[" * DEEP + b"]" * DEEP + b"]", 400, Code.TOO_DEEP),
        (lambda: b'[{"\\ud800":' + b"[" * DEEP + b"]" * DEEP + b"}]", 400, Code.TOO_DEEP),
        (lambda: b"[" + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"]", 400, Code.TOO_DEEP),
        (lambda: b"[" + b"[" * DEEP, 400, None),
        (lambda: b"[" + b"[" * 62 + b"]" * 62 + b"]", 202, None),
        (lambda: b'[{"userId":"a","userId":"b","userId":7}]', 202, None),
        (lambda: b'[{"a":"' + b"\\\\" * MANY + b'"}]', 202, None),
        (lambda: b'[{"a":"' + b"\\ud800" * MANY + b'"}]', 202, None),
        (lambda: b'[{"a":"' + b"[" * MANY + b'"}]', 202, None),
        (lambda: b"[7,null,true,[],{},1.5e3]", 202, None),
    ],
    ids=[
        "nul_escaped",
        "nul",
        "invalid_utf8",
        "surrogate",
        "surrogate_key",
        "nan",
        "infinity",
        "5000_digits",
        "1e400",
        "deep_arrays",
        "deep_beside_surrogate",
        "deep_objects",
        "deep_unclosed",
        "just_deep_enough",
        "duplicate_keys",
        "backslashes",
        "surrogates",
        "brackets_in_text",
        "wrong_kinds",
    ],
)
async def test_hostile_data_never_gives_a_5xx_and_good_requests_go_on(
    gateway: RunningGateway, make: Callable[[], bytes], status: int, code: Code | None
) -> None:
    # given
    body = b'{"token":"%s","data":%s}' % (gateway.secrets.active.encode(), make())

    # when
    answer = await gateway.post(body, gateway.headers())
    good = await gateway.good()

    # then
    assert answer.status == status
    assert code is None or answer.code == code
    assert good.status == 202


async def test_a_million_keys_after_gzip(gateway: RunningGateway) -> None:
    # given: over 4 MiB, and just below it
    token = gateway.secrets.active.encode()
    keys = _a_million_keys()
    fitting = keys[: keys.rindex(b",", 0, 4 * 1024 * 1024 - 1_000)] + b"}"

    for data, status in ((keys, 413), (fitting, 202)):
        # when
        body = gzip.compress(b'{"token":"%s","data":[%s]}' % (token, data), 1)
        answer = await gateway.post(body, gateway.headers(Content_Encoding="gzip"))

        # then
        assert answer.status == status


async def test_a_gzip_bomb_is_not_blown_up(gateway: RunningGateway) -> None:
    # given: 200 MiB of zeros in a fifth of a mebibyte
    bomb = gzip.compress(bytes(200 * 1024 * 1024), 9)

    # when
    answer = await gateway.post(bomb, gateway.headers(Content_Encoding="gzip"))

    # then
    assert (answer.status, answer.code) == (413, Code.BODY_TOO_LARGE)
    assert (await gateway.good()).status == 202


async def test_a_million_empty_gzip_members(gateway: RunningGateway) -> None:
    # given: as many as the limit lets in, and a million in one body
    member = gzip.compress(b"")

    for count, status in ((1024 * 1024 // len(member), 400), (1_000_000, 413)):
        # when
        answer = await gateway.post(member * count, gateway.headers(Content_Encoding="gzip"))

        # then
        assert answer.status == status


async def test_half_a_body_is_given_up_after_its_time(gateway: RunningGateway) -> None:
    # given
    started = asyncio.get_running_loop().time()

    # when
    raw = await gateway.raw(gateway.head("Content-Length: 100"), more=[b'{"token"'])

    # then
    status, head, body = _answer(raw)
    assert (status, body["code"]) == (503, Code.BODY_INCOMPLETE)
    assert b"Retry-After: " in head
    assert b"Connection: close" in head
    assert asyncio.get_running_loop().time() - started < 5
    assert (await gateway.good()).status == 202


async def test_a_trickled_body_is_given_up_though_it_never_stops(gateway: RunningGateway) -> None:
    # given
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(gateway.head("Content-Length: 1000000"))

    async def trickle() -> None:
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.02)

    # when
    trickling = asyncio.create_task(trickle())
    try:
        line = await asyncio.wait_for(reader.readline(), DEADLINE_S)
        await asyncio.wait_for(reader.read(), 5)
    finally:
        trickling.cancel()
        writer.close()

    # then
    assert line.startswith(b"HTTP/1.1 503 ")


async def test_a_client_that_leaves_in_the_middle_of_its_body_disturbs_nobody(
    gateway: RunningGateway, capsys: pytest.CaptureFixture[str]
) -> None:
    # given
    _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(gateway.head("Content-Length: 100") + b'{"token"')
    await writer.drain()

    # when
    writer.transport.abort()

    # then
    async with asyncio.timeout(DEADLINE_S):
        while not gateway.metrics.registry.get_sample_value(
            "inlet_requests_total", {"status": "none", "code": "client_gone"}
        ):
            await asyncio.sleep(0.01)
    assert (await gateway.good()).status == 202
    assert "unexpected" not in capsys.readouterr().out


async def test_a_declared_length_over_the_limit_is_refused_before_any_of_it_is_sent(gateway: RunningGateway) -> None:
    # when
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(gateway.head("Content-Length: 9000000"))
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), DEADLINE_S)
    writer.close()

    # then
    assert head.startswith(b"HTTP/1.1 413 ")
    assert b"Connection: close" in head


@pytest.mark.parametrize(
    "request_",
    [
        lambda gateway: gateway.head("Content-Length: 2", "Transfer-Encoding: chunked") + b"0\r\n\r\n",
        lambda gateway: gateway.head("Content-Length: 2", "Content-Length: 3") + b"{}",
        lambda gateway: gateway.head("Content-Length: -1") + b"{}",
        lambda gateway: gateway.head("Content-Length: 2", "Content-Type: text/plain") + b"{}",
        lambda gateway: gateway.head("Transfer-Encoding: chunked, chunked") + b"0\r\n\r\n",
        lambda gateway: gateway.head("Transfer-Encoding: chunked") + b"zz\r\n{}\r\n0\r\n\r\n",
        lambda _: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 not http\r\n\r\n",
        lambda gateway: gateway.head("X: " + "x" * 100_000) + b"{}",
    ],
    ids=[
        "length_and_chunked",
        "two_lengths",
        "negative",
        "two_types",
        "chunked_twice",
        "bad_chunk",
        "tls",
        "long_head",
    ],
)
async def test_conflicting_framing_is_a_4xx_and_closes(
    gateway: RunningGateway, request_: Callable[[RunningGateway], bytes]
) -> None:
    # when
    raw = await gateway.raw(request_(gateway))

    # then
    assert raw.split()[1][:1] == b"4"
    assert raw.count(b"HTTP/1.1 ") + raw.count(b"HTTP/1.0 ") == 1
    assert (await gateway.good()).status == 202


async def test_two_authorizations_are_none(gateway: RunningGateway) -> None:
    # given
    body = gateway.body([{}])
    head = gateway.head(
        f"Authorization: Bearer {gateway.secrets.writer}", f"Content-Length: {len(body)}", "Connection: close"
    )

    # when
    status, _, problem = _answer(await gateway.raw(head + body))

    # then
    assert (status, problem["code"]) == (401, Code.INVALID_TOKEN)


async def test_pipelined_requests_are_each_answered(gateway: RunningGateway) -> None:
    # given
    body = gateway.body([{}])
    one = gateway.head(f"Content-Length: {len(body)}") + body
    last = gateway.head(f"Content-Length: {len(body)}", "Connection: close") + body

    # when
    raw = await gateway.raw(one * 5 + last)

    # then
    assert raw.count(b"HTTP/1.1 202 ") == 6
