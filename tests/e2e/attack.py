"""Senders that mean harm, all at once: slow heads, slow bodies, silence, a gzip bomb, many keys, deep nesting.

    python -m tests.e2e.attack '{"url": "http://127.0.0.1:8080", "senders": 1000, "seconds": 20, ...}'

A process of its own, on loopback only and bounded in time. It prints what each kind was answered, as JSON.
"""

import asyncio
import gzip
import ipaddress
import json
import sys
import zlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import repeat
from urllib.parse import urlsplit

GZIP = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
PATH = "/public/v1/user/data"
MIB = 1024 * 1024
BOMB_MIB = 10 * 1024
KEYS = 1_000_000
DEPTH = 100_000
PACE_S = 0.5
MOST_SECONDS = 120.0


@dataclass
class Attack:
    """`senders` slow ones, in three kinds alike, beside one of each kind of hostile body at a time."""

    url: str
    access_token: str
    token: str
    senders: int
    seconds: float
    answers: dict[str, Counter[str]] = field(default_factory=dict)

    async def run(self) -> None:
        """Goes on for `seconds`; whoever is cut off comes again."""
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port or 80
        assert ipaddress.ip_address(host).is_loopback
        kinds = {"slow_head": self.slow_head, "slow_body": self.slow_body, "silent": self.silent}
        bodies = {
            "bomb": self.whole([GZIP, *repeat(_zeros(MIB), BOMB_MIB)], "gzip"),
            "bomb_within_limits": self.whole([GZIP + _zeros(MIB) * 900], "gzip"),
            "keys": self.whole([gzip.compress(self._batch(_keys(KEYS)), 1)], "gzip"),
            "deep": self.whole([self._batch(b"[" * DEPTH + b"]" * DEPTH)], "identity"),
        }
        async with asyncio.TaskGroup() as tasks:
            for number in range(self.senders):
                name, send = list(kinds.items())[number % len(kinds)]
                tasks.create_task(self._again(name, host, port, send()))
            for name, body in bodies.items():
                tasks.create_task(self._again(name, host, port, body))

    def slow_head(self) -> list[bytes]:
        """A head that never ends."""
        return [f"POST {PATH} HTTP/1.1\r\nHost: inlet\r\nX-A: ".encode(), *[b"b"] * 1000]

    def slow_body(self) -> list[bytes]:
        """A body that never ends."""
        return [self._head("Content-Length: 100000"), *[b" "] * 1000]

    def silent(self) -> list[bytes]:
        """Nothing."""
        return [b""] * 1000

    def whole(self, body: list[bytes], coding: str) -> list[bytes]:
        """A body in one chunk after the other, as fast as it is taken."""
        head = self._head("Transfer-Encoding: chunked", f"Content-Encoding: {coding}")
        return [head, b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in body) + b"0\r\n\r\n"]

    async def _again(self, name: str, host: str, port: int, parts: list[bytes]) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + self.seconds
        with suppress(TimeoutError):
            async with asyncio.timeout_at(end):
                while True:
                    answer = await _send(host, port, parts)
                    self.answers.setdefault(name, Counter())[answer] += 1
                    await asyncio.sleep(PACE_S)

    def _head(self, *fields: str) -> bytes:
        first = (f"POST {PATH} HTTP/1.1", "Host: inlet", f"Authorization: Bearer {self.access_token}")
        return "\r\n".join([*first, "Content-Type: application/json", *fields, "", ""]).encode()

    def _batch(self, data: bytes) -> bytes:
        return b'{"token": "%b", "data": [%b]}' % (self.token.encode(), data)


async def _send(host: str, port: int, parts: list[bytes]) -> str:
    """The status that came back; `closed` where there was none, `reset` where it was lost on bytes still sent."""
    try:
        reader, writer = await asyncio.open_connection(host, port)
        answering = asyncio.ensure_future(reader.readline())
        try:
            async for part in _paced(parts):
                if answering.done():
                    break
                writer.write(part)
                await writer.drain()
            line = await answering
        finally:
            answering.cancel()
            writer.transport.abort()
    except ConnectionError:
        return "reset"
    return line.split()[1].decode() if line else "closed"


async def _paced(parts: list[bytes]) -> AsyncIterator[bytes]:
    """The first two at once, the rest one by one."""
    for number, part in enumerate(parts):
        if number > 1:
            await asyncio.sleep(PACE_S)
        yield part


def _zeros(size: int) -> bytes:
    """So many zeros as a piece of a gzip member (RFC 1952): fully flushed, so that it may come again and again."""
    member = zlib.compressobj(9, zlib.DEFLATED, -15)
    return member.compress(bytes(size)) + member.flush(zlib.Z_FULL_FLUSH)


def _keys(count: int) -> bytes:
    return b"{" + b",".join(b'"%d":1' % number for number in range(count)) + b"}"


def main() -> None:
    """Reads the attack, and prints what it was answered."""
    attack = Attack(**json.loads(sys.argv[1]))
    assert attack.seconds <= MOST_SECONDS
    asyncio.run(attack.run())
    sys.stdout.write(json.dumps(attack.answers))


if __name__ == "__main__":
    main()
