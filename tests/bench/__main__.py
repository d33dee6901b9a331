"""`make bench`: Inlet beside a conventional pipeline, beside its own statement, and its gateway beside a bare handler.

Everything is measured in one run and in turns; read the ratios, not the absolute figures.
"""

import asyncio
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
import typer
import uvloop

from tests.bench import bodies, cells, front, in_use, inlet, latency, machine, report, verify
from tests.bench.cells import Cell
from tests.bench.front import Front
from tests.bench.inlet import Installation
from tests.bench.pipeline import Pipeline, conventional
from tests.bench.servers import servers
from tests.bench.statement import Statement, statement

_ROLES = ("gateway", "mapper", "profile-writer")
_CONNECTIONS = 32
_FULL_BATCH = 500


@dataclass(frozen=True)
class Plan:
    """How long, how often, which batch sizes; `folder` holds bodies and logs."""

    seconds: float
    repeats: int
    batches: Sequence[int]
    folder: Path

    def pool(self, batch: int) -> Path:
        """The bodies of one batch size."""
        return self.folder / f"{batch}.pool"


@dataclass(frozen=True)
class Measured:
    """Everything but the gateway's own comparison."""

    cells: list[Cell]
    merge: list[float]
    reference: list[float]
    writes: dict[tuple[bool, bool], list[float]]


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    seconds: Annotated[float, typer.Option(min=0.5, max=60, help="Load per cell.")] = 10.0,
    repeats: Annotated[int, typer.Option(min=1, help="How often each cell is measured.")] = 3,
    cells: Annotated[str, typer.Option(help="Batch sizes, separated by commas; 500 is always measured.")] = "1,100,500",
) -> None:
    """Measure Inlet; takes about 8 minutes by default."""
    batches = sorted({_FULL_BATCH, *map(int, cells.split(","))})
    with tempfile.TemporaryDirectory(prefix="inlet-bench-", ignore_cleanup_errors=True) as folder:
        try:
            uvloop.run(_bench(Plan(seconds, repeats, batches, Path(folder))))
        except asyncio.CancelledError:
            raise typer.Exit(128 + signal.SIGTERM) from None


async def _bench(plan: Plan) -> None:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)  # or all the servers would stay behind
    tokens = inlet.make_tokens()
    for batch in {1, *plan.batches}:
        bodies.save(bodies.build(bodies.Pool(tokens.integration, batch)), plan.pool(batch))
    with servers(plan.folder) as backing:
        _say(await machine.describe(backing))
        installation = await inlet.install(backing, tokens, plan.folder)
        for connections in front.CONNECTIONS:
            turns = await front.measure(installation, plan.pool(1), plan.seconds / 2, plan.repeats, connections)
            _say_front(connections, *turns)
        async with (
            inlet.pipeline(installation, _ROLES) as ours,
            conventional(backing, tokens, plan.folder, await backing.create_database("conventional")) as theirs,
            statement(await inlet.statement_database(installation), bodies.Pool("", _FULL_BATCH)) as merges,
        ):
            measured = await _measure(plan, installation, (ours, theirs), merges)
            _say_measured(plan, measured)
            await _say_latency(plan, installation, (ours, theirs), measured)
        rates = await in_use.measure(installation, plan.pool(_FULL_BATCH), plan.repeats)
        _say_in_use("Inlet end to end, batches of 500", rates)


async def _measure(
    plan: Plan, installation: Installation, pipelines: tuple[Pipeline, Pipeline], merges: Statement
) -> Measured:
    measured = Measured([], [], [], {each: [] for each in in_use.NAMES})
    for pipeline in pipelines:
        await _fill(plan, installation, pipeline)
    for turn in range(plan.repeats):
        measured.merge.append(await merges.merge_per_s())
        measured.reference.append(await merges.reference_per_s())
        for (feed, history), rates in measured.writes.items():
            rates.append(await merges.write_per_s(feed=feed, history=history))
        for batch in plan.batches:
            for pipeline in pipelines if turn % 2 == 0 else reversed(pipelines):
                job = cells.job(pipeline, plan.pool(batch), plan.seconds, _CONNECTIONS)
                cell = await cells.run(pipeline, installation.servers, batch, job)
                measured.cells.append(cell)
                sys.stderr.write(f"{turn + 1}: {cell.pipeline}, batch {batch}: {cell.records_per_s:,.0f} records/s\n")
    return measured


async def _fill(plan: Plan, installation: Installation, pipeline: Pipeline) -> None:
    """Makes every profile before anything counts, in order, so that what they hold can be checked."""
    pool = plan.pool(_FULL_BATCH)
    job = cells.job(pipeline, pool, seconds=60, connections=1)
    once = msgspec.structs.replace(job, requests=len(bodies.load(pool)))
    await cells.run(pipeline, installation.servers, _FULL_BATCH, once)
    await verify.profiles(pipeline, pool)


def _say_front(connections: int, gateway: Sequence[Front], bare: Sequence[Front]) -> None:
    head = (
        f"One record a request, {connections} connections "
        "(gateway with its broker, no workers; at least 0.5, aim 0.7):\n"
    )
    ours, theirs = ([each.posts_per_s for each in turns] for turns in (gateway, bare))
    rows = [
        ("gateway", report.spread(ours), report.spread([each.cpu_us for each in gateway]), report.ratios(ours, theirs)),
        ("bare aiohttp handler", report.spread(theirs), report.spread([each.cpu_us for each in bare]), ""),
    ]
    _say(head + report.table(("what", "answered posts/s", "CPU us / post", "ratio"), rows))


def _say_measured(plan: Plan, measured: Measured) -> None:
    _say(
        "Records/s, committed, first post to last commit (at least 2 at batches of 500, aim 2.5):\n"
        + report.throughput(measured.cells, plan.batches)
    )
    full = report.rates(measured.cells, "Inlet", _FULL_BATCH)
    _say(
        "One connection on prepared rows, 500 a commit, records/s:\n"
        + report.table(
            ("what", "records/s", "ratio"),
            [
                ("reference upsert", report.spread(measured.reference), ""),
                (
                    "the writer's merge / reference (at least 0.7)",
                    report.spread(measured.merge),
                    report.ratios(measured.merge, measured.reference),
                ),
                (
                    "Inlet end to end / merge (at least 0.65, aim 0.8)",
                    report.spread(full),
                    report.ratios(full, measured.merge),
                ),
            ],
        )
    )
    _say_in_use("Whole writes of a batch of 500, with receipts, one connection", measured.writes)
    _say(report.cost(measured.cells, plan.batches))
    _say(
        "\n".join(report.troubles(measured.cells)) or "Everything accepted was committed; nothing was refused or lost."
    )


def _say_in_use(what: str, rates: Mapping[tuple[bool, bool], Sequence[float]]) -> None:
    plain = rates[False, False]
    rows = [
        (name, report.spread(rates[each]), report.ratios(rates[each], plain)) for each, name in in_use.NAMES.items()
    ]
    _say(f"{what}, records/s:\n" + report.table(("what", "records/s", "ratio"), rows))


async def _say_latency(
    plan: Plan, installation: Installation, pipelines: tuple[Pipeline, Pipeline], measured: Measured
) -> None:
    _say(
        "POST to readable profile, at a tenth of its own full load in batches of 500\n"
        "(Inlet's bounds: median 30 ms, 99th percentile 150 ms):"
    )
    for pipeline in pipelines:
        full = sorted(report.rates(measured.cells, pipeline.name, _FULL_BATCH))[plan.repeats // 2]
        tenth = full / 10 / _FULL_BATCH
        delays = await latency.measure(
            pipeline, installation.tokens.integration, plan.pool(_FULL_BATCH), tenth, plan.seconds
        )
        _say(f"{pipeline.name}: {report.delays(delays.readable_ms)} ({len(delays.readable_ms)} probes)")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n\n")
    sys.stdout.flush()


if __name__ == "__main__":
    app()
