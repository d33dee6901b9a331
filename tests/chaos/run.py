"""One run: a world, a load, faults by a schedule, and the database held against the journal."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from tests.chaos import stored
from tests.chaos.checker import Checker
from tests.chaos.definitions import Definitions
from tests.chaos.fault import Scene
from tests.chaos.journal import Journal
from tests.chaos.load import Load
from tests.chaos.recovery import Recovery
from tests.chaos.report import LIMITS_S, Outcome, percentile
from tests.chaos.schedule import Planned, Round
from tests.chaos.stored import Stored, Watcher
from tests.chaos.world import MAPPERS, World, a_world, until_quiet

_SETTLES_WITHIN_S = 180.0
_AROUND_A_CHANGE_S = 1.5


@dataclass(frozen=True)
class Plan:
    """What a run is to do. It fails with fewer acknowledged records or faults than these.

    `patience_s` is how long a fresh record is waited for after a round.
    """

    seed: int
    rounds: Sequence[Round]
    records_per_s: int
    least_records: int
    least_faults: int
    folder: Path
    code: Path
    say: Callable[[str], None]
    patience_s: float = 90.0


@dataclass
class Run:
    """A run under way."""

    plan: Plan
    world: World
    scene: Scene
    recovery: Recovery
    watcher: Watcher
    faults: Counter[str] = field(default_factory=Counter)
    findings: dict[str, list[str]] = field(default_factory=dict)

    async def rounds(self) -> None:
        """All rounds, each healed before the next."""
        for number, round_ in enumerate(self.plan.rounds, 1):
            async with asyncio.TaskGroup() as tasks:
                for planned in round_.faults:
                    tasks.create_task(self._fault(planned))
            names = ", ".join(f"{each.kind.name} ({each.target})" for each in round_.faults)
            try:
                taken = f"readable after {await self.recovery.measure(after_black_hole=round_.black_hole):.1f} s"
            except TimeoutError:
                taken = f"not readable for {self.plan.patience_s:.0f} s"
                self.findings.setdefault("recovery", []).append(f"{names}: {taken}")
            self.plan.say(f"{number:3}/{len(self.plan.rounds)} {names}: {taken}")
            if round_.change is not None:
                await self._change(round_.change)

    async def settled(self) -> Stored:
        """What is stored once everything has come to rest."""
        await self.world.until_ready()
        try:
            await until_quiet(self.world, _SETTLES_WITHIN_S)
        except TimeoutError as error:
            self.findings["queues"] = [str(error)]
        await self.watcher.look()
        return await stored.read(self.world)

    async def _fault(self, planned: Planned) -> None:
        await asyncio.sleep(planned.at_s)
        fault = planned.kind.make(self.scene, planned.target)
        try:
            await fault.inject()
            self.faults[planned.kind.name] += 1
            await asyncio.sleep(planned.held_s)
        finally:
            await fault.heal()

    async def _change(self, what: str) -> None:
        """A token is revoked, or a mapping is changed while batches of the one before are under way."""
        await self.world.until_ready()
        definitions = self.scene.definitions
        if what == "token":
            await definitions.new_token()
            await asyncio.sleep(_AROUND_A_CHANGE_S)
            await definitions.revoke(definitions.tokens.current - 1)
            return
        mappers = [self.world.processes[name].service for name in MAPPERS]
        for mapper in mappers:
            mapper.pause()
        try:
            await asyncio.sleep(_AROUND_A_CHANGE_S)
            await definitions.change_mapping()
            await asyncio.sleep(_AROUND_A_CHANGE_S)
        finally:
            for mapper in mappers:
                mapper.resume()


async def run(plan: Plan, during: Callable[[Run], Awaitable[None]] = Run.rounds) -> Outcome:
    """Does what is planned (`during` the load: its rounds of faults), and returns what came of it."""
    began = time.monotonic()
    _end_on_sigterm()
    journal = Journal(plan.seed)
    jar = aiohttp.DummyCookieJar()
    async with a_world(plan.folder, plan.code, plan.seed) as world, aiohttp.ClientSession(cookie_jar=jar) as client:
        definitions = Definitions(world.url("config-api"), client, world.password)
        await definitions.define()
        load = Load(world, definitions, client, journal, plan.records_per_s)
        scene = Scene(world, definitions, load, client)
        recovery = Recovery(world, definitions, client, load, plan.patience_s)
        underway = Run(plan, world, scene, recovery, Watcher(world))
        watching = asyncio.create_task(underway.watcher.watch())
        async with load.running():
            await during(underway)
        watching.cancel()
        found = await underway.settled()
        restarts = [text for process in world.processes.values() for text in process.unasked]
        deadlocks = world.deadlocks()
    checker = Checker(journal, definitions, found, underway.watcher.first_seen, scene.poisoned, scene.unreadable)
    findings: dict[str, list[str]] = {name: [] for name in ("queues", "recovery", "clock", "drain")}
    findings |= underway.findings | checker.findings()
    for name, text in scene.faults_found:
        findings[name].append(text)
    findings |= {"deadlocks": deadlocks, "needed a hand": restarts, "too little": _too_little(plan, underway, journal)}
    findings["recovery"] += _too_slow(underway.recovery)
    journal.write(plan.folder / "journal.ndjson")
    minutes = (time.monotonic() - began) / 60
    return Outcome(plan.seed, minutes, journal, underway.faults, underway.recovery.seconds, findings)


def _end_on_sigterm() -> None:
    """Whoever ends a run ends all that it started, as Ctrl-C does."""
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)


def _too_little(plan: Plan, underway: Run, journal: Journal) -> list[str]:
    """A run that did nothing has shown nothing."""
    little = []
    if journal.acked_records < plan.least_records:
        little.append(f"{journal.acked_records} records were acknowledged, {plan.least_records} are needed")
    if underway.faults.total() < plan.least_faults:
        little.append(f"{underway.faults.total()} faults, {plan.least_faults} are needed")
    return little


def _too_slow(recovery: Recovery) -> list[str]:
    return [
        f"a fresh record is readable after {percentile(seconds, 0.99):.1f} s, allowed are {LIMITS_S[after]:.0f} s"
        for after, seconds in recovery.seconds.items()
        if seconds and percentile(seconds, 0.99) > LIMITS_S[after]
    ]
