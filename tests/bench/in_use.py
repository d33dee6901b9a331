"""What the feed of changes and a history cost, end to end: the same installation with and without them, in turns."""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec

from services.profile_writer.history import MOST
from tests.bench import bodies, cells, inlet
from tests.bench.inlet import Installation
from tests.bench.pipeline import Pipeline

NAMES = {
    (False, False): "without feed and history",
    (True, False): "with the feed of changes (as in service)",
    (False, True): "with a history",
    (True, True): "with both",
}
_ROLES = ("gateway", "mapper", "profile-writer")
_BATCH, _CONNECTIONS = 500, 32
_BATCHES = 80  # with a history they take some 20 s: for a given time instead, a backlog would go over to the next turn
_LONGEST_S = 60.0


async def measure(installation: Installation, pool: Path, repeats: int) -> Mapping[tuple[bool, bool], list[float]]:
    """Committed records a second of each variant. Every profile exists, with as much history as is ever kept.

    Raises `RuntimeError` when not everything that was accepted is committed.
    """
    rates: dict[tuple[bool, bool], list[float]] = {each: [] for each in NAMES}
    async with _running(installation, feed=True, history=True) as pipeline:
        job = cells.job(pipeline, pool, _LONGEST_S, connections=1)
        once = msgspec.structs.replace(job, requests=len(bodies.load(pool)))
        for _ in range(MOST + 1):
            await cells.run(pipeline, installation.servers, _BATCH, once)
    for _ in range(repeats):
        for (feed, history), measured in rates.items():
            async with _running(installation, feed=feed, history=history) as pipeline:
                job = cells.job(pipeline, pool, _LONGEST_S, _CONNECTIONS)
                job = msgspec.structs.replace(job, requests=_BATCHES)
                cell = await cells.run(pipeline, installation.servers, _BATCH, job)
                if cell.committed != _BATCHES * _BATCH:
                    raise RuntimeError(f"{cell.committed} of {_BATCHES * _BATCH} records are committed")
                measured.append(cell.records_per_s)
    return rates


def _running(installation: Installation, *, feed: bool, history: bool) -> AbstractAsyncContextManager[Pipeline]:
    return inlet.pipeline(inlet.variant(installation, feed=feed, history=history), _ROLES)
