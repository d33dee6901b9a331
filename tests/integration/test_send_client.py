"""What `send` tries again, how long it waits for it, and what it gives up."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.utils import formatdate

import aiohttp
import pytest
from aiohttp import web

from services.send.batches import Batch
from services.send.client import Inlet, Retrying, SendError, StoppedError, Tokens
from services.send.rows import Row
from shared.runtime.backoff import Time
from tests.backing.ports import free_ports
from tests.integration.given_receiver import Server, in_turn, problem, receiving

WITHIN_S = 30.0
NOW_S = 1_800_000_000


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with receiving() as found:
        yield found


@dataclass
class Waiting:
    """Time in which waiting takes none, and all pauses that were asked for."""

    pauses: list[float] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)

    @property
    def time(self) -> Time:
        return Time(lambda: NOW_S * 1_000_000, lambda: sum(self.pauses), self.sleep)


async def posted(url: str, time: Time, patience_s: float = 600.0, stop: asyncio.Event | None = None) -> str:
    """The receipt of one batch."""
    retrying = Retrying(patience_s, stop or asyncio.Event(), lambda _text, _seconds: None, time)
    async with aiohttp.ClientSession() as session:
        inlet = Inlet(session, url, Tokens("access", "integration"), retrying, compressed=True)
        return await inlet.post(Batch([Row(1, 12, b'{"n": 1}')]))


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [
        ("7", 7.0, 7.2),
        (formatdate(NOW_S + 9, usegmt=True), 9.0, 9.2),
        (formatdate(NOW_S - 9, usegmt=True), 0.0, 0.2),
        ("soon", 0.05, 0.1),
    ],
)
async def test_retry_after_is_followed(server: Server, retry_after: str, least: float, most: float) -> None:
    # given
    server.script = in_turn(problem(429, "rate_limited", {"Retry-After": retry_after}))
    waiting = Waiting()

    # when
    receipt = await posted(server.url, waiting.time)

    # then: the same batch under the same key, after the time that was asked for
    assert (receipt, len(server.posts)) == ("r-1-2", 2)
    assert server.posts[0] == server.posts[1]
    [pause] = waiting.pauses
    assert least <= pause <= most


async def test_outages_are_waited_for_with_growing_pauses(server: Server) -> None:
    # given
    server.script = in_turn(*(problem(status, "x") for status in (503, 502, 504, 503, 429, 503)))
    waiting = Waiting()

    # when
    await posted(server.url, waiting.time)

    # then
    assert len(waiting.pauses) == 6
    assert all(0.1 * 2**turn / 2 <= pause <= 0.1 * 2**turn for turn, pause in enumerate(waiting.pauses))


async def test_what_stays_away_is_given_up_after_the_patience() -> None:
    # given
    waiting = Waiting()
    [unused_port] = free_ports(1)

    # when
    with pytest.raises(SendError, match=r"no answer .*; given up after 60 s"):
        await posted(f"http://127.0.0.1:{unused_port}", waiting.time, patience_s=60.0)

    # then: not before, and not later
    assert sum(waiting.pauses) == pytest.approx(60.0)


async def test_a_stop_ends_the_waiting(server: Server) -> None:
    # given: an answer that asks for an hour, in which the run is stopped
    stop = asyncio.Event()
    server.script = in_turn(problem(503, "not_ready", {"Retry-After": "3600"}))
    waiting = Waiting()

    async def sleep(_: float) -> None:
        stop.set()
        await asyncio.Event().wait()

    # then
    with pytest.raises(StoppedError):
        async with asyncio.timeout(WITHIN_S):
            await posted(server.url, Time(waiting.time.clock, waiting.time.monotonic, sleep), stop=stop)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            problem(403, "forbidden_integration", errors=[{"pointer": "/token", "message": "M."}]),
            "403 T; D.; /token: M.",
        ),
        (problem(400, "invalid_json", detail="access is \x1b[31mred"), "400 T; (token) is  [31mred"),
        (web.Response(status=404, text="<html>integration</html>"), "404 Not Found"),
        (web.Response(status=500), "500 Internal Server Error"),
        (web.Response(status=308, headers={"Location": "https://x.example/"}), "308 .*another one: https://x.example/"),
        (web.Response(status=202, text="thanks"), "answers what this release does not understand"),
    ],
)
async def test_other_answers_end_it_at_once(server: Server, answer: web.Response, said: str) -> None:
    # given
    server.script = in_turn(answer)

    # then: the reason in one line, without tokens and without what steers a terminal
    with pytest.raises(SendError, match=said.replace("(", r"\(").replace(")", r"\)").replace("[", r"\[")):
        await posted(server.url, Waiting().time)
    assert len(server.posts) == 1


@pytest.mark.parametrize(
    ("address", "said"),
    [("https://{}", "no trust in its TLS"), ("ftp://{}", "is no address"), ("http://..{}", "is no address")],
)
async def test_an_address_that_will_never_do_is_not_tried_again(server: Server, address: str, said: str) -> None:
    # given: a server that speaks no TLS
    waiting = Waiting()

    # then
    with pytest.raises(SendError, match=said):
        await posted(address.format(server.url.removeprefix("http://")), waiting.time)
    assert waiting.pauses == []
