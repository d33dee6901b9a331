"""One cell: load for some seconds, then wait until everything that was accepted is committed."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import msgspec

from tests.bench import usage
from tests.bench.load import Job, Outcome
from tests.bench.pipeline import Pipeline
from tests.bench.servers import Servers

_DRAIN_S = 60.0
_POLL_S = 0.05
_LOGGED = "SELECT pg_current_wal_insert_lsn() - '0/0'"


@dataclass(frozen=True)
class Cell:
    """What one cell gave.

    `records_per_s` counts committed records from the first post to the last commit, so that a backlog gains nothing;
    `in_window_per_s` only those committed while the load ran. `cpu_s` is per role, `wal_bytes` what PostgreSQL logged.
    """

    pipeline: str
    batch: int
    committed: int
    accepted: int
    records_per_s: float
    in_window_per_s: float
    outcome: Outcome
    cpu_s: Mapping[str, float]
    rss_mib: Mapping[str, float]
    wal_bytes: int

    def cpu_per_1000(self, role: str) -> float:
        """CPU milliseconds of a role for 1,000 committed records."""
        return self.cpu_s[role] * 1_000_000 / max(self.committed, 1)


async def generate(job: Job) -> Outcome:
    """Runs the load generator in a process of its own. Raises `RuntimeError` when it fails."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.load", msgspec.json.encode(job).decode()),
        stdout=subprocess.PIPE,
    )
    output, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"the load generator ended with {process.returncode}")
    return msgspec.json.decode(output, type=Outcome)


async def settle(pipeline: Pipeline) -> None:
    """Leaves nothing of an earlier cell to be done during the next one."""
    connection = await asyncpg.connect(pipeline.database_url)
    try:
        await connection.execute(pipeline.forget)
        await connection.execute(f"VACUUM ANALYZE {pipeline.profiles}")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def run(pipeline: Pipeline, servers: Servers, batch: int, job: Job) -> Cell:
    """Measures one cell."""
    await settle(pipeline)
    roots = {**pipeline.processes, "RabbitMQ": servers.broker_pid, "PostgreSQL": servers.postgres_pid}
    before = usage.measure(roots)
    connection = await asyncpg.connect(pipeline.database_url)
    try:
        logged = int(await connection.fetchval(_LOGGED))
        outcome = await generate(job)
        in_window = await _committed(connection, pipeline)
        window_s = time.monotonic() - outcome.first_post
        last_commit, committed = await _drained(connection, pipeline, outcome.accepted * batch)
        logged = int(await connection.fetchval(_LOGGED)) - logged
    finally:
        await connection.close()
    after = usage.measure(roots)
    return Cell(
        pipeline=pipeline.name,
        batch=batch,
        committed=committed,
        accepted=outcome.accepted * batch,
        records_per_s=committed / (last_commit - outcome.first_post),
        in_window_per_s=in_window / window_s,
        outcome=outcome,
        cpu_s={role: after[role].cpu_s - before[role].cpu_s for role in roots} | {"load generator": outcome.cpu_s},
        rss_mib={role: after[role].rss_mib for role in roots},
        wal_bytes=logged,
    )


async def _committed(connection: "asyncpg.Connection[asyncpg.Record]", pipeline: Pipeline) -> int:
    return int(await connection.fetchval(pipeline.committed))


async def _drained(
    connection: "asyncpg.Connection[asyncpg.Record]", pipeline: Pipeline, expected: int
) -> tuple[float, int]:
    """When the last record was seen committed, and how many there are: fewer than expected only after a minute."""
    deadline = time.monotonic() + _DRAIN_S
    while True:
        committed = await _committed(connection, pipeline)
        now = time.monotonic()
        if committed >= expected or now > deadline:
            return now, committed
        await asyncio.sleep(_POLL_S)


def job(pipeline: Pipeline, pool: Path, seconds: float, connections: int) -> Job:
    """A closed loop."""
    return Job(
        url=pipeline.url,
        bodies=str(pool),
        seconds=seconds,
        headers=dict(pipeline.headers),
        connections=connections,
    )
