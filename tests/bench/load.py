"""The load generator: prebuilt requests over kept-alive connections, on loopback only, bounded in time.

    python -m tests.bench.load '{"url": "http://127.0.0.1:8080/public/v1/user/data", "bodies": "pool.bin", ...}'

It takes a `Job` as JSON and prints an `Outcome` as JSON. A process of its own, since on a small machine it shares
the cores with what it measures: each request costs it one write and one read, and nothing is built while it runs.
Closed loop by default (a connection sends when it has its answer); with `interval_s` it paces itself, and a delay is
counted from when a request was due, not from when it could be sent.
"""

import asyncio
import ipaddress
import re
import sys
import time
from collections import Counter
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from statistics import quantiles
from typing import cast
from urllib.parse import urlsplit

import msgspec
import uvloop

from tests.bench import bodies

_MAX_SECONDS = 120.0
_GRACE_S = 15.0
_PAUSE_S = 0.1
_CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.IGNORECASE)
_RETRY_AFTER = re.compile(rb"\r\nretry-after:[ \t]*\d+\r\n", re.IGNORECASE)
_RECEIPT = re.compile(rb'"receipt": "([^"]+)"')
_LATE_S = 5.0
_END_OF_HEAD = b"\r\n\r\n"


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What to send. With `requests` it ends after so many posts; `seconds` bounds it in any case.

    `receipts` names a file that takes the receipts of what was answered with 202, one a line.
    """

    url: str
    bodies: str
    seconds: float
    headers: dict[str, str] = {}
    connections: int = 32
    interval_s: float = 0.0
    """Seconds between two posts of one connection; 0 sends as soon as the answer is there."""
    requests: int | None = None
    receipts: str | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came back. Times are of the monotonic clock, which all processes of a machine share.

    `cpu_s` is what the generator itself used while it was sending. `slowest_ms` counts from when a request was sent,
    and `late` answers came over 5 s after that; `bare` ones asked to send again (429, 503) without saying when.
    """

    first_post: float
    window_end: float
    answers: dict[str, int]
    lost: int
    p50_ms: float
    p99_ms: float
    cpu_s: float
    slowest_ms: float = 0.0
    late: int = 0
    bare: int = 0

    @property
    def accepted(self) -> int:
        """Posts answered with 202."""
        return self.answers.get("202", 0)


class _Load:
    """Everything the connections share."""

    def __init__(self, job: Job, requests: list[bytes]) -> None:
        self.job = job
        self.requests = islice(cycle(requests), job.requests)
        self.end = time.monotonic() + job.seconds
        self.answers: Counter[str] = Counter()
        self.delays: list[float] = []
        self.waits: list[float] = []
        self.lost = 0
        self.under_way = 0
        self.bare = 0
        self.receipts: list[bytes] = []

    def note(self, answer: bytes, delay: float, wait: float) -> None:
        """Counts a whole answer, `delay` seconds after its request was due and `wait` seconds after it was sent."""
        status = answer[9:12].decode()
        self.answers[status] += 1
        self.under_way -= 1
        self.delays.append(delay)
        self.waits.append(wait)
        if status == "202":
            if self.job.receipts is not None:
                self.receipts += _RECEIPT.findall(answer)
        elif status in {"429", "503"} and not _RETRY_AFTER.search(answer):
            self.bare += 1

    def next_request(self) -> bytes | None:
        """None when the time is up or everything has been sent."""
        return None if time.monotonic() >= self.end else next(self.requests, None)


class _Connection(asyncio.Protocol):
    """One kept-alive connection: a request, its answer, the next request."""

    def __init__(self, load: _Load, first_due: float) -> None:
        self._load = load
        self._loop = asyncio.get_running_loop()
        self._due = first_due
        self._answer = bytearray()
        self._waiting = False
        self._sent = first_due
        self.closed = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's own class is no subclass of it
        self._send_when_due()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the name is asyncio.Protocol's
        if self._waiting:
            self._load.lost += 1
            self._load.under_way -= 1
        if not self.closed.done():
            self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        end = self._answer.find(_END_OF_HEAD)
        if end < 0:
            return
        length = _CONTENT_LENGTH.search(self._answer, 0, end)
        if length is None:
            self.closed.set_exception(ValueError("an answer without Content-Length"))
            self._transport.close()
        elif len(self._answer) >= end + len(_END_OF_HEAD) + int(length[1]):
            self._answered(bytes(self._answer))

    def _answered(self, answer: bytes) -> None:
        now = time.monotonic()
        self._answer.clear()
        self._waiting = False
        self._load.note(answer, now - self._due, now - self._sent)
        accepted = answer.startswith(b"HTTP/1.1 202")
        pause = 0.0 if accepted else _PAUSE_S  # who is refused does not send again at once
        interval = self._load.job.interval_s
        self._due = self._due + interval if interval else now + pause
        self._send_when_due()

    def _send_when_due(self) -> None:
        wait = self._due - time.monotonic()
        if wait > 0:
            self._loop.call_later(wait, self._send)
        else:
            self._send()

    def _send(self) -> None:
        request = None if self._transport.is_closing() else self._load.next_request()
        if request is None:
            self._transport.close()
            return
        self._waiting = True
        self._load.under_way += 1
        self._sent = time.monotonic()
        self._transport.write(request)


def _requests(job: Job, host: str) -> list[bytes]:
    head = "".join(f"{name}: {value}\r\n" for name, value in job.headers.items())
    start = f"POST {urlsplit(job.url).path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n{head}"
    return [f"{start}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies.load(Path(job.bodies))]


def loopback(url: str) -> tuple[str, int]:
    """The URL's address and port. Raises `ValueError` for any host that is not a loopback address."""
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname or not ipaddress.ip_address(parts.hostname).is_loopback:
        raise ValueError(f"{url}: the load generator targets http:// on a loopback address only")
    return parts.hostname, parts.port or 80


async def _keep_connected(load: _Load, address: tuple[str, int], first_due: float) -> None:
    """One connection, opened again when the server closes it."""
    due = first_due
    while time.monotonic() < load.end:
        try:
            _, connection = await asyncio.get_running_loop().create_connection(
                lambda due=due: _Connection(load, due),  # type: ignore[misc]  # mypy cannot infer a default's type
                *address,
            )
        except OSError:
            load.lost += 1
            await asyncio.sleep(_PAUSE_S)
        else:
            await connection.closed
            if load.job.requests is not None:
                return
        due = time.monotonic()


async def run(job: Job) -> Outcome:
    """Sends until the job is done, then waits for the answers under way; what takes longer is lost.

    Raises `ValueError` as `loopback` does.
    """
    address = loopback(job.url)
    if not 0 < job.seconds <= _MAX_SECONDS:
        raise ValueError(f"seconds must be above 0 and at most {_MAX_SECONDS:.0f}")
    requests = _requests(job, f"{address[0]}:{address[1]}")
    load = _Load(job, requests)
    start, cpu_start = time.monotonic(), time.process_time()
    share = job.interval_s / job.connections
    with suppress(TimeoutError):
        async with asyncio.timeout(job.seconds + _GRACE_S), asyncio.TaskGroup() as connections:
            for number in range(job.connections):
                connections.create_task(_keep_connected(load, address, start + number * share))
    load.lost += load.under_way
    if job.receipts is not None:
        await asyncio.to_thread(Path(job.receipts).write_bytes, b"\n".join(load.receipts))
    return _outcome(load, start, time.process_time() - cpu_start)


def _outcome(load: _Load, start: float, cpu_s: float) -> Outcome:
    cuts = quantiles(load.delays, n=100) if len(load.delays) > 1 else [0.0] * 99
    return Outcome(
        first_post=start,
        window_end=min(load.end, time.monotonic()),
        answers=dict(load.answers),
        lost=load.lost,
        p50_ms=cuts[49] * 1000,
        p99_ms=cuts[98] * 1000,
        cpu_s=cpu_s,
        slowest_ms=max(load.waits, default=0.0) * 1000,
        late=sum(wait > _LATE_S for wait in load.waits),
        bare=load.bare,
    )


def main() -> None:
    """Runs the job given as the first argument."""
    outcome = uvloop.run(run(msgspec.json.decode(sys.argv[1], type=Job)))
    sys.stdout.buffer.write(msgspec.json.encode(outcome) + b"\n")


if __name__ == "__main__":
    main()
