"""`make bench-full`: measures the dimensions that are asked for, keeps the figures, writes the page.

python -m tests.bench.full measure --only sizes,scale --sizes 10000,1000000 --folder /tmp/figures
python -m tests.bench.full page                                        the page anew, from the figures kept
"""

import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from tests.bench import inlet, machine
from tests.bench.full import cases, limits, page, results, steady
from tests.bench.full.results import Dimension, Point
from tests.bench.full.turns import Turns
from tests.bench.servers import servers

_DOCS = Path(__file__).parents[3] / "docs"
_IN_TURNS = ("batches", "sizes", "attributes", "input", "scale")
_STEADY: Mapping[str, Callable[[Turns, int], Awaitable[list[Point]]]] = {
    "latency": steady.delays,
    "posts": steady.posts,
    "memory": steady.memory,
    "queue": limits.queue,
    "log": limits.log,
}
_ALL = ",".join((*_IN_TURNS, *_STEADY))


@dataclass(frozen=True)
class Plan:
    """What is measured, for how long and how often; `settings` are PostgreSQL's."""

    dimensions: Sequence[str]
    sizes: Sequence[int]
    seconds: float
    repeats: int
    settings: Mapping[str, str]
    figures: Path


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
_Folder = Annotated[Path, typer.Option(help="Where performance.json, performance.md and the charts are.")]


@app.command()
def measure(
    *,
    only: Annotated[str, typer.Option(help="Dimensions, separated by commas.")] = _ALL,
    sizes: Annotated[str, typer.Option(help="Numbers of profiles; the others are held against the first.")] = (
        "10000,1000000,5000000"
    ),
    seconds: Annotated[float, typer.Option(min=0.5, max=100, help="Load per cell.")] = 10.0,
    repeats: Annotated[int, typer.Option(min=1, help="How often each cell is measured.")] = 3,
    postgres: Annotated[str, typer.Option(help="Settings such as shared_buffers=4GB,wal_compression=on.")] = "",
    folder: _Folder = _DOCS,
) -> None:
    """Measure. What was measured before and is not asked for stays as it is."""
    dimensions = only.split(",")
    if unknown := set(dimensions) - {*_IN_TURNS, *_STEADY}:
        raise typer.BadParameter(f"{', '.join(sorted(unknown))}: there are {_ALL}")
    settings = dict(each.split("=", 1) for each in postgres.split(",") if each)
    plan = Plan(dimensions, [int(size) for size in sizes.split(",")], seconds, repeats, settings, folder)
    try:
        uvloop.run(_measure(plan))
    except asyncio.CancelledError:
        raise typer.Exit(128 + signal.SIGTERM) from None
    page.write(folder)


@app.command(name="page")
def write_page(folder: _Folder = _DOCS) -> None:
    """Write tables, charts and the cost model from the figures that were kept."""
    page.write(folder)


async def _measure(plan: Plan) -> None:
    """Each dimension on servers of its own; its figures are kept as soon as it is done."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)  # or all the servers would stay behind
    for name in plan.dimensions:
        begun = time.monotonic()
        sys.stderr.write(f"{name}\n")
        with tempfile.TemporaryDirectory(prefix="inlet-bench-", ignore_cleanup_errors=True) as folder:
            dimension = await _dimension(plan, name, Path(folder))
        kept = plan.figures / page.FIGURES
        results.save(kept, results.load(kept) | {name: dimension})
        sys.stderr.write(f"{name}: {time.monotonic() - begun:.0f} s\n")


async def _dimension(plan: Plan, name: str, folder: Path) -> Dimension:
    with servers(folder, plan.settings) as backing:
        described = await machine.describe(backing)
        installation = await inlet.install(backing, inlet.make_tokens(), folder)
        turns = Turns(installation, plan.seconds)
        if name in _STEADY:
            return Dimension(described, await _STEADY[name](turns, plan.repeats))
        return Dimension(described, await turns.measure(cases.of(name, plan.sizes), plan.repeats))


if __name__ == "__main__":
    app()
