"""From POST to readable profile, while a tenth of full load goes on beside it.

Probes are single-record posts, one after another; the profile's row is read until it holds the probe's value. The
reading itself takes about a millisecond a turn, which is the resolution.
"""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import asyncpg
import msgspec

from tests.bench import cells
from tests.bench.load import Job
from tests.bench.pipeline import Pipeline

_READ_EVERY_S = 0.001
_BETWEEN_PROBES_S = 0.02
_CONNECTIONS = 4
_PATIENCE_S = 10.0


async def measure(pipeline: Pipeline, token: str, pool: Path, batches_per_s: float, seconds: float) -> Sequence[float]:
    """Milliseconds of each probe. Raises `TimeoutError` when one does not arrive within 10 s."""
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
        return await _probe_for(pipeline, token, seconds)
    finally:
        await load


async def _probe_for(pipeline: Pipeline, token: str, seconds: float) -> list[float]:
    connection = await asyncpg.connect(pipeline.database_url)
    delays: list[float] = []
    try:
        async with aiohttp.ClientSession(headers=pipeline.headers) as session:
            end = time.perf_counter() + seconds
            while time.perf_counter() < end:
                async with asyncio.timeout(_PATIENCE_S):
                    delays.append(await _probe(session, connection, pipeline, token, f"probe {len(delays)}"))
                await asyncio.sleep(_BETWEEN_PROBES_S)
    finally:
        await connection.close()
    return delays


async def _probe(
    session: aiohttp.ClientSession,
    connection: "asyncpg.Connection[asyncpg.Record]",
    pipeline: Pipeline,
    token: str,
    value: str,
) -> float:
    body = msgspec.json.encode({"token": token, "data": [{"userId": "probe", "department": value}]})
    begun = time.perf_counter()
    async with session.post(pipeline.url, data=body, headers={"Content-Type": "application/json"}) as answer:
        answer.raise_for_status()
    while await connection.fetchval(pipeline.probe, "probe") != value:
        await asyncio.sleep(_READ_EVERY_S)
    return (time.perf_counter() - begun) * 1000
