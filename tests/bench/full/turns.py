"""Cases measured in turns: Inlet, the conventional pipeline and the writer's own statement, each on tables of its own.

Processes are started for a cell and ended after it, so that no case finds what another one left in memory.
"""

import re
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import asyncpg
import msgspec
from pydantic import SecretStr

from shared.contract.topology import MAPPED, RAW
from shared.runtime.postgres import Database
from shared.runtime.settings import DatabaseSettings
from tests.bench import bodies, cells, inlet
from tests.bench.cells import Cell
from tests.bench.full import fill, inputs
from tests.bench.full.cases import FULL_BATCH, Case
from tests.bench.full.results import Point
from tests.bench.inlet import Installation
from tests.bench.pipeline import Pipeline, conventional
from tests.bench.processes import purge
from tests.bench.statement import Statement

CONNECTIONS = 32
_STATEMENT_ROWS = 15_000
_QUEUES = {"Inlet": (RAW.name, MAPPED.name), "conventional": ("conventional.raw", "conventional.mapped")}
# A record counts when its batch is committed, also where that says that it was rejected.
_ACCOUNTED = {
    "Inlet": "SELECT coalesce(sum(records), 0) FROM profiles.receipts",
    "conventional": "SELECT coalesce(sum(records + rejected), 0) FROM batches",
}
_REJECTED_AND_LATE = {
    "Inlet": "SELECT coalesce(sum(rejected), 0), coalesce(sum(superseded), 0) FROM profiles.receipts",
    "conventional": "SELECT coalesce(sum(rejected), 0), 0 FROM batches",
}


@dataclass(frozen=True)
class Ready:
    """A case with its bodies and its tables."""

    case: Case
    pool: Path
    inlet: Installation
    conventional_url: str


@dataclass(frozen=True)
class Turns:
    """Measures cases on one installation, `seconds` of load a cell; tables that were filled are used again."""

    installation: Installation
    seconds: float
    _tables: dict[tuple[int, int], tuple[Installation, str]] = field(default_factory=dict)

    async def measure(self, cases: Sequence[Case], repeats: int) -> list[Point]:
        """The points of all turns; the order of cases and subjects changes from turn to turn."""
        ready = [await self.prepare(case) for case in cases]
        points: list[Point] = []
        for turn in range(repeats):
            for each in ready if turn % 2 == 0 else reversed(ready):
                for point in await self._turn(each, turn):
                    points.append(point)
                    sys.stderr.write(f"{turn + 1}: {point.case}, {point.subject}: {_rate(point)}\n")
        return points

    async def prepare(self, case: Case) -> Ready:
        """Builds what is sent, fills the tables."""
        tokens, folder = self.installation.tokens, self.installation.folder
        name = "-".join(map(str, (case.profiles, case.attributes, case.batch, case.kind.name))).replace(" ", "")
        pool = folder / f"{name}.pool"
        bodies.save(inputs.build(inputs.pool(tokens.integration, case, self.seconds), case), pool)
        definitions = inputs.definitions(tokens, case)
        filled, conventional_url = await self._filled(case.profiles, case.attributes)
        return Ready(case, pool, inlet.defined(filled, name, definitions), conventional_url)

    @asynccontextmanager
    async def running(self, ready: Ready) -> AsyncIterator[Pipeline]:
        """Inlet, as the case wants it, within the block."""
        workers = ready.case.workers
        roles = ("gateway", *("mapper",) * workers, *("profile-writer",) * workers)
        async with inlet.pipeline(ready.inlet, roles) as pipeline:
            yield replace(pipeline, committed=_ACCOUNTED[pipeline.name])

    @asynccontextmanager
    async def running_conventional(self, ready: Ready) -> AsyncIterator[Pipeline]:
        """The conventional pipeline on the case's tables."""
        workers, where = ready.case.workers, self.installation
        roles = ("api", *("mapper",) * workers, *("writer",) * workers)
        async with conventional(where.servers, where.tokens, where.folder, ready.conventional_url, roles) as pipeline:
            yield replace(pipeline, committed=_ACCOUNTED[pipeline.name])

    async def cell(self, pipeline: Pipeline, ready: Ready, turn: int) -> Point:
        """One cell. Raises `RuntimeError` when what was written is not what the case sends."""
        case = ready.case
        if case.kind.fresh:
            await _execute(pipeline, f"TRUNCATE {pipeline.profiles}")
        job = cells.job(pipeline, ready.pool, self.seconds, CONNECTIONS)
        if case.kind.fresh:
            job = msgspec.structs.replace(job, requests=len(bodies.load(ready.pool)))
        cell = await cells.run(pipeline, self.installation.servers, case.batch, job)
        if cell.committed != cell.accepted:
            await self._clear(pipeline)
        else:
            await _verify(pipeline, case, cell)
        return _point(case, cell, turn, len(bodies.load(ready.pool)[0]))

    async def _turn(self, ready: Ready, turn: int) -> list[Point]:
        points = []
        if ready.case.statement:
            points.append(await self._statement(ready, turn))
        async with self.running(ready) as pipeline:
            points.append(await self.cell(pipeline, ready, turn))
        if ready.case.conventional:
            async with self.running_conventional(ready) as pipeline:
                points.append(await self.cell(pipeline, ready, turn))
        return points

    async def _statement(self, ready: Ready, turn: int) -> Point:
        case = ready.case
        rows = min(_STATEMENT_ROWS, case.profiles)
        of = bodies.Pool("", FULL_BATCH, profiles=rows, rounds=1, seed=turn, among=case.profiles)
        sent = inputs.build(of, case)
        settings = DatabaseSettings(database_url=SecretStr(ready.inlet.database_url), database_connections=1)
        database = Database(settings)
        try:
            rate = await Statement(database, sent, list(inputs.properties(case.attributes))).merge_per_s()
        finally:
            await database.close()
        return Point(case=case.name, x=case.x, subject="statement", turn=turn, figures={"records_per_s": rate})

    async def _filled(self, profiles: int, attributes: int) -> tuple[Installation, str]:
        if (profiles, attributes) not in self._tables:
            sys.stderr.write(f"filling {profiles:,} profiles of {attributes} attributes\n")
            name = f"{profiles}_{attributes}"
            ours = await inlet.beside(self.installation, f"inlet_{name}")
            await fill.inlet(ours.database_url, profiles, attributes)
            theirs = await self.installation.servers.create_database(f"conventional_{name}")
            await fill.conventional(theirs, profiles)
            self._tables[profiles, attributes] = ours, theirs
        return self._tables[profiles, attributes]

    async def _clear(self, pipeline: Pipeline) -> None:
        """What is left goes over to no other cell."""
        for queue in _QUEUES[pipeline.name]:
            await purge(self.installation.servers.broker_url, queue)


async def _execute(pipeline: Pipeline, statement: str) -> None:
    connection = await asyncpg.connect(pipeline.database_url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def _verify(pipeline: Pipeline, case: Case, cell: Cell) -> None:
    """Whether as many records were rejected as were bad, and every value of stale ones was late."""
    connection = await asyncpg.connect(pipeline.database_url)
    try:
        rejected, late = await connection.fetchrow(_REJECTED_AND_LATE[pipeline.name]) or (0, 0)
    finally:
        await connection.close()
    bad = cell.committed // case.kind.bad_every if case.kind.bad_every else 0
    if rejected != bad or (case.kind.stale and late != cell.committed * case.attributes):
        raise RuntimeError(f"{pipeline.name}, {case.name}: {rejected} records rejected, not {bad}; {late} values late")


def _point(case: Case, cell: Cell, turn: int, body_bytes: int) -> Point:
    committed = max(cell.committed, 1)
    figures = {
        "records_per_s": cell.records_per_s,
        "in_window_per_s": cell.in_window_per_s,
        "wal_bytes": cell.wal_bytes / committed,
        "body_bytes": body_bytes / case.batch,
        "missing": float(cell.accepted - cell.committed),
        "refused": float(sum(n for status, n in cell.outcome.answers.items() if status != "202") + cell.outcome.lost),
    }
    return Point(
        case=case.name,
        x=case.x,
        subject=cell.pipeline,
        turn=turn,
        figures=figures,
        cpu_us=_by_role({role: seconds * 1_000_000 / committed for role, seconds in cell.cpu_s.items()}, sum),
        rss_mib=_by_role(cell.rss_mib, max),
    )


def _by_role(figures: Mapping[str, float], together: Callable[[Sequence[float]], float]) -> dict[str, float]:
    """Of all processes of a role, which have a number from the second on."""
    roles: dict[str, list[float]] = {}
    for name, figure in figures.items():
        roles.setdefault(re.sub(r"-\d+$", "", name), []).append(figure)
    return {role: together(each) for role, each in roles.items()}


def _rate(point: Point) -> str:
    return f"{point.figures['records_per_s']:,.0f} records/s"
