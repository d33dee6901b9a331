"""Measurements that are no turns of cells: delays at fixed rates, single posts without a backlog, memory."""

import asyncio
import time
from collections.abc import Sequence
from statistics import linear_regression, median, quantiles

import asyncpg
import msgspec

from tests.bench import cells, front, latency
from tests.bench.full.cases import FULL_BATCH, Case
from tests.bench.full.results import Point
from tests.bench.full.turns import Ready, Turns
from tests.bench.pipeline import Pipeline

LOADS = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Parts of a pipeline's own full load, at which delays are measured."""
_POSTS_LOAD = 0.3
"""Part of the bare handler's posts a second that has to be merged without a growing backlog."""
_SAMPLE_S = 0.25
_LONGER, _LONGEST_S = 3, 100.0  # than a cell: a tenth of full load is few posts
_MEMORY_CELLS = 8


async def delays(turns: Turns, repeats: int) -> list[Point]:
    """Answers and readable profiles at fixed rates. Every delay counts from when its post was due."""
    ready = await turns.prepare(Case("full load", 1.0))
    points = []
    for running in (turns.running, turns.running_conventional):
        async with running(ready) as pipeline:
            full = [await turns.cell(pipeline, ready, turn) for turn in range(repeats)]
            rate = median(each.figures["records_per_s"] for each in full)
            points += [await _delayed(pipeline, ready, load, rate * load, turns.seconds) for load in LOADS]
    return points


async def _delayed(pipeline: Pipeline, ready: Ready, load: float, records_per_s: float, seconds: float) -> Point:
    token = ready.inlet.tokens.integration
    seconds = min(_LONGER * seconds, _LONGEST_S)
    measured = await latency.measure(pipeline, token, ready.pool, records_per_s / FULL_BATCH, seconds)
    p50, p99 = (quantiles(measured.readable_ms, n=100)[at] for at in (49, 98))
    figures = {
        "records_per_s": records_per_s,
        "answered_p50_ms": measured.load.p50_ms,
        "answered_p99_ms": measured.load.p99_ms,
        "readable_p50_ms": p50,
        "readable_p99_ms": p99,
        "answers": float(measured.load.accepted),
        "probes": float(len(measured.readable_ms)),
    }
    return Point(case=f"{load:.0%}", x=load, subject=pipeline.name, figures=figures)


async def posts(turns: Turns, repeats: int) -> list[Point]:
    """One record a post: the gateway beside a bare handler, then all of Inlet at 0.3 of the bare handler's rate."""
    ready = await turns.prepare(Case("single posts", 1.0, batch=1))
    points: list[Point] = []
    rates: dict[int, float] = {}
    for connections in front.CONNECTIONS:
        ours, theirs = await front.measure(ready.inlet, ready.pool, turns.seconds / 2, repeats, connections)
        for subject, measured in (("gateway", ours), ("bare handler", theirs)):
            points += [_front(subject, connections, turn, each) for turn, each in enumerate(measured)]
        rates[connections] = median(each.posts_per_s for each in theirs) * _POSTS_LOAD
    async with turns.running(ready) as pipeline:
        for turn in range(repeats):
            for connections, rate in rates.items():
                points.append(await _backlog(pipeline, ready, turn, connections, rate, turns.seconds))
    return points


def _front(subject: str, connections: int, turn: int, measured: front.Front) -> Point:
    figures = {"posts_per_s": measured.posts_per_s, "cpu_us": measured.cpu_us}
    return Point(case=f"{connections} senders", x=connections, subject=subject, turn=turn, figures=figures)


async def _backlog(  # noqa: PLR0917 - what a measurement is of, and its load
    pipeline: Pipeline, ready: Ready, turn: int, connections: int, posts_per_s: float, seconds: float
) -> Point:
    """What is due and not committed, and by how much it grows in the second half, as a part of the rate."""
    await cells.settle(pipeline)
    job = cells.job(pipeline, ready.pool, seconds, connections)
    load = asyncio.create_task(cells.generate(msgspec.structs.replace(job, interval_s=connections / posts_per_s)))
    samples = await _committed_while(pipeline, load)
    outcome = load.result()
    waiting = [
        (at, posts_per_s * (at - outcome.first_post) - committed)
        for at, committed in samples
        if outcome.first_post + seconds / 2 <= at <= outcome.window_end
    ]
    figures = {
        "posts_per_s": outcome.accepted / seconds,
        "backlog": waiting[-1][1],
        "backlog_growth": linear_regression(*zip(*waiting, strict=True)).slope / posts_per_s,
        "answered_p99_ms": outcome.p99_ms,
    }
    return Point(
        case=f"{connections} senders at {_POSTS_LOAD} of a bare handler",
        x=connections,
        subject=pipeline.name,
        turn=turn,
        figures=figures,
    )


async def _committed_while(pipeline: Pipeline, load: "asyncio.Task[object]") -> Sequence[tuple[float, int]]:
    connection = await asyncpg.connect(pipeline.database_url)
    samples = []
    try:
        while not (await asyncio.wait([load], timeout=_SAMPLE_S))[0]:
            samples.append((time.monotonic(), int(await connection.fetchval(pipeline.committed))))
    finally:
        await connection.close()
    return samples


async def memory(turns: Turns, _: int) -> list[Point]:
    """Full load again and again on the same processes: what each of them holds after every time."""
    ready = await turns.prepare(Case("full load", 1.0))
    async with turns.running(ready) as pipeline:
        cells_ = [await turns.cell(pipeline, ready, 0) for _ in range(_MEMORY_CELLS)]
    return [
        msgspec.structs.replace(each, case=f"after {number * turns.seconds:.0f} s", x=number * turns.seconds)
        for number, each in enumerate(cells_, 1)
    ]
