"""From POST to readable profile, while a steady load goes on beside it.

Probes are single-record posts, sent at fixed moments whether or not those before them are readable yet: a stall delays
all the probes that fall into it. A probe's profile is read until it holds the probe's value. The reading itself takes
about a millisecond a turn, which is the resolution.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import asyncpg
import msgspec

from tests.bench import cells
from tests.bench.load import Job, Outcome
from tests.bench.pipeline import Pipeline

_READ_EVERY_S = 0.001
_PROBE_EVERY_S = 0.05
_CONNECTIONS = 32
_READERS = 8
_PATIENCE_S = 60.0


@dataclass(frozen=True)
class Delays:
    """Milliseconds of each probe from when it was due, and how the load beside them was answered."""

    readable_ms: Sequence[float]
    load: Outcome


async def measure(pipeline: Pipeline, token: str, pool: Path, batches_per_s: float, seconds: float) -> Delays:
    """Sends bodies of the pool at a fixed rate, and probes. Raises `TimeoutError` when one takes longer than 60 s."""
    await cells.settle(pipeline)
    background = Job(
        url=pipeline.url,
        bodies=str(pool),
        seconds=seconds + 2,
        headers=dict(pipeline.headers),
        connections=_CONNECTIONS,
        interval_s=_CONNECTIONS / batches_per_s,
    )
    load = asyncio.create_task(cells.generate(background))
    await asyncio.sleep(1)  # the generator's own start is over, its load is on
    try:
        readable_ms = await _probe_for(pipeline, token, seconds)
    finally:
        outcome = await load
    return Delays(readable_ms, outcome)


async def _probe_for(pipeline: Pipeline, token: str, seconds: float) -> list[float]:
    async with (
        asyncpg.create_pool(pipeline.database_url, min_size=_READERS, max_size=_READERS) as readers,
        aiohttp.ClientSession(headers=pipeline.headers) as session,
        asyncio.timeout(seconds + _PATIENCE_S),
        asyncio.TaskGroup() as underway,
    ):
        probes = _Probes(pipeline, token, session, readers)
        begun, sent = time.perf_counter(), []
        for number in range(int(seconds / _PROBE_EVERY_S)):
            due = begun + number * _PROBE_EVERY_S
            await asyncio.sleep(due - time.perf_counter())
            sent.append(underway.create_task(probes.probe(f"probe-{number}", due)))
    return [probe.result() for probe in sent]


@dataclass(frozen=True)
class _Probes:
    """Where they are sent and read."""

    pipeline: Pipeline
    token: str
    session: aiohttp.ClientSession
    readers: "asyncpg.Pool[asyncpg.Record]"

    async def probe(self, user: str, due: float) -> float:
        """Milliseconds from `due` until the value is read."""
        value = f"due {due}"
        body = msgspec.json.encode({"token": self.token, "data": [{"userId": user, "department": value}]})
        head = {"Content-Type": "application/json"}
        async with self.session.post(self.pipeline.url, data=body, headers=head) as answer:
            answer.raise_for_status()
        async with self.readers.acquire() as reader:
            while await reader.fetchval(self.pipeline.probe, user) != value:
                await asyncio.sleep(_READ_EVERY_S)
        return (time.perf_counter() - due) * 1000
