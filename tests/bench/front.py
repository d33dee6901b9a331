"""The gateway alone with its broker, beside the bare aiohttp handler: single-record posts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.backing.ports import free_ports
from tests.bench import cells, inlet, usage
from tests.bench.inlet import Installation
from tests.bench.load import Job
from tests.bench.processes import running, until_ready

CONNECTIONS = (32, 128)
"""Senders at once: what a request costs depends on how many wait for the same confirm."""


@dataclass(frozen=True)
class Front:
    """One measurement: answered posts a second, and the server's own CPU microseconds a post."""

    posts_per_s: float
    cpu_us: float


async def measure(
    installation: Installation, pool: Path, seconds: float, repeats: int, connections: int
) -> tuple[Sequence[Front], Sequence[Front]]:
    """The gateway's and the bare handler's, in turns."""
    (port,) = free_ports(1)
    gateway_turns, bare_turns = [], []
    with running("bare", ["tests.bench.bare", str(port)], {}, installation.folder) as bare_pid:
        await until_ready(port)
        async with inlet.pipeline(installation, ("gateway",)) as gateway:
            gateway_job = cells.job(gateway, pool, seconds, connections)
            bare_job = _bare_job(port, pool, seconds, connections)
            for job in (gateway_job, bare_job):
                await cells.generate(job)  # warm
            for _ in range(repeats):
                gateway_turns.append(await _turn(gateway_job, gateway.processes["gateway"]))
                bare_turns.append(await _turn(bare_job, bare_pid))
    return gateway_turns, bare_turns


def _bare_job(port: int, pool: Path, seconds: float, connections: int) -> Job:
    url = f"http://127.0.0.1:{port}/public/v1/user/data"
    return Job(url=url, bodies=str(pool), seconds=seconds, connections=connections)


async def _turn(job: Job, pid: int) -> Front:
    before = usage.measure({"server": pid})["server"].cpu_s
    outcome = await cells.generate(job)
    cpu_s = usage.measure({"server": pid})["server"].cpu_s - before
    if set(outcome.answers) != {"202"}:
        raise RuntimeError(f"{job.url} answered {outcome.answers}")
    return Front(outcome.accepted / (outcome.window_end - outcome.first_post), cpu_s * 1_000_000 / outcome.accepted)
