"""Posts to a gateway, and what its answers are held against."""

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp

from tests.fuzz.findings import MOST_SHOWN, Findings
from tests.fuzz.posts import Given, Post, post
from tests.fuzz.reading import good_record, read

HANG_S = 10.0
_SENDERS = 8
_CUT_EVERY = 400
_QUIET_EVERY = 50
_PATH = "/public/v1/user/data"


@dataclass
class Accepted:
    """What was answered with 202: how many records by receipt, and the good ones among them."""

    records: dict[str, int] = field(default_factory=dict)
    good: set[int] = field(default_factory=set)


class Sender:
    """Sends the posts of a seed to one gateway, several at a time."""

    def __init__(self, url: str, given: Given, seed: str, findings: Findings) -> None:
        self._url = url + _PATH
        self._given = given
        self._seed = seed
        self._findings = findings
        self._next = 0
        self.accepted = Accepted()

    async def run(self, until: float, most: int) -> None:
        """Sends until the monotonic time `until`, at most so many posts."""
        jar, whole = aiohttp.DummyCookieJar(), aiohttp.ClientTimeout(total=HANG_S)
        async with aiohttp.ClientSession(cookie_jar=jar, timeout=whole) as session, asyncio.TaskGroup() as senders:
            for _ in range(_SENDERS):
                senders.create_task(self._send_all(session, until, most))

    async def _send_all(self, session: aiohttp.ClientSession, until: float, most: int) -> None:
        while time.monotonic() < until and self._next < most:
            number, self._next = self._next, self._next + 1
            rng = random.Random(f"{self._seed}/{number}")
            if number % _CUT_EVERY == 0:
                await self._cut(rng, number)
            elif number % _QUIET_EVERY == 1:
                await self._quiet(session, number)
            else:
                await self._hostile(session, post(rng, self._given, number), number)

    async def _hostile(self, session: aiohttp.ClientSession, sent: Post, number: int) -> None:
        self._findings.counts["posts"] += 1
        body = _in_pieces(sent.body) if sent.chunked else sent.body
        try:
            async with session.post(self._url, data=body, headers=sent.headers) as answer:
                await self._judge(sent, answer, number)
        except TimeoutError:
            self._fault(number, sent, f"no answer within {HANG_S:.0f} s")
        except aiohttp.ClientConnectionError as error:
            # Whoever is told 413 while still sending may see the end of the connection first.
            if sent.reading.status != 413:
                self._fault(number, sent, f"the connection ended: {error!r}")

    async def _judge(self, sent: Post, answer: aiohttp.ClientResponse, number: int) -> None:
        body = await answer.read()
        self._findings.counts[f"answered {answer.status}"] += 1
        if answer.status == 503 and "Retry-After" in answer.headers:
            return
        if answer.status != sent.reading.status:
            self._fault(number, sent, f"answered {answer.status} {body[:300]!r}, not {sent.reading.status}")
        elif answer.status == 202:
            self._note(json.loads(body)["receipt"], sent)
        elif answer.content_type != "application/problem+json" or not json.loads(body).get("code"):
            self._fault(number, sent, f"answered {answer.status} without a problem: {body[:300]!r}")

    def _note(self, receipt: str, sent: Post) -> None:
        self.accepted.records[receipt] = sent.reading.records
        self.accepted.good |= sent.reading.good

    async def _quiet(self, session: aiohttp.ClientSession, number: int) -> None:
        """A good post, between the hostile ones."""
        token = self._given.working[number % len(self._given.working)]
        body = b'{"token":"%b","data":[%b]}' % (token.encode(), good_record(number))
        headers = {"Authorization": f"Bearer {self._given.access}", "Content-Type": "application/json"}
        await self._hostile(session, Post(body, read(body, self._given.tokens), headers), number)

    async def _cut(self, rng: random.Random, number: int) -> None:
        """A body that is not sent to its end: the client waits, or leaves."""
        self._findings.counts["bodies not sent to their end"] += 1
        parts = urlsplit(self._url)
        head = (
            f"POST {_PATH} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {self._given.access}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {rng.choice((100, 1_000_000))}\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(head.encode() + b'{"token":"'[: rng.randrange(1, 10)][: rng.choice((0, 9))])
        await writer.drain()
        if rng.random() < 0.5:
            writer.transport.abort()
            return
        try:
            async with asyncio.timeout(HANG_S):
                answer = await reader.readuntil(b"\r\n\r\n")
        except (TimeoutError, asyncio.IncompleteReadError, ConnectionError) as error:
            self._findings.fault(f"post {number}: half a body was not answered: {error!r}")
        else:
            wanted = answer.startswith((b"HTTP/1.1 503 ", b"HTTP/1.1 400 ")) and (
                b"Retry-After" in answer or b" 400 " in answer
            )
            self._findings.check(wanted, f"post {number}: half a body was answered with {answer!r}")
        finally:
            writer.close()

    def _fault(self, number: int, sent: Post, what: str) -> None:
        self._findings.fault(
            f"post {number} of seed {self._seed}: {what}\n  {dict(sent.headers)}\n  {len(sent.body)} bytes: "
            f"{sent.body[:MOST_SHOWN]!r}"
        )


async def _in_pieces(body: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(body), 16_384):
        yield body[start : start + 16_384]
