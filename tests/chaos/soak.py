"""`make soak`: a steady load without faults; the memory of each process, and how the table of profiles fares."""

import asyncio
import statistics
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from tests.chaos.run import Plan, Run, run
from tests.chaos.world import World
from tests.e2e.process import ROOT

MOST_MIB_A_MINUTE = 1.0
_SAMPLE_S = 10.0
_WARM_UP = 0.25
_TABLE = """
SELECT n_tup_upd AS updates, n_tup_hot_upd AS hot, n_live_tup AS live, n_dead_tup AS dead,
    pg_total_relation_size(relid) AS bytes
FROM pg_stat_user_tables WHERE schemaname = 'profiles' AND relname = 'profiles'
"""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@dataclass
class Soak:
    """Samples until its time is over; `memory` has for each process (minutes, MiB)."""

    minutes: float
    memory: dict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    async def __call__(self, underway: Run) -> None:
        began = time.monotonic()
        while (minute := (time.monotonic() - began) / 60) < self.minutes:
            for name, process in underway.world.processes.items():
                self.memory[name].append((minute, _resident_mib(process.service.pid)))
            typer.echo(f"minute {minute:4.1f}: {await _table(underway.world)}")
            await asyncio.sleep(_SAMPLE_S)

    def growth(self) -> dict[str, float]:
        """MiB a minute of each process after its warm-up, by the line that fits best."""
        warm = self.minutes * _WARM_UP
        return {
            name: statistics.linear_regression(*zip(*[each for each in samples if each[0] >= warm], strict=True)).slope
            for name, samples in self.memory.items()
        }


@app.command()
def main(
    minutes: Annotated[float, typer.Option(min=1, help="How long.")] = 20.0,
    records_per_s: Annotated[int, typer.Option(min=10, help="The load: half of what the machine can take.")] = 1_500,
    seed: Annotated[int, typer.Option(help="Of what is sent.")] = 1,
) -> None:
    """Fail where a process grows by more than 1 MiB a minute, or anything is lost or stale."""
    soak = Soak(minutes)
    with tempfile.TemporaryDirectory(prefix="inlet-soak-", ignore_cleanup_errors=True) as folder:
        plan = Plan(seed, (), records_per_s, 1, 0, Path(folder), ROOT, typer.echo)
        outcome = asyncio.run(run(plan, soak))
    typer.echo(outcome.table())
    typer.echo(outcome.details())
    growth = soak.growth()
    for name, mib in growth.items():
        typer.echo(f"{name}: {soak.memory[name][-1][1]:.0f} MiB, {mib:+.2f} MiB a minute")
    if not outcome.good or max(growth.values()) > MOST_MIB_A_MINUTE:
        raise typer.Exit(1)


def _resident_mib(pid: int) -> float:
    """The process's resident memory (VmRSS, in KiB)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


async def _table(world: World) -> str:
    async with world.session() as session:
        row = await session.fetchrow(_TABLE)
    if row is None or not row["updates"]:
        return "no updates yet"
    return (
        f"{row['hot'] / row['updates']:.0%} of {row['updates']:,} updates HOT, {row['live']:,} live and"
        f" {row['dead']:,} dead rows, {row['bytes'] / 2**20:.1f} MiB"
    )


if __name__ == "__main__":
    app()
