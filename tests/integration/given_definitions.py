"""A process that keeps up with its definitions, from a source that a test steers."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from shared.contract.definitions import Revision, Snapshot
from shared.runtime.broker import NewsBroker, UnavailableError
from shared.runtime.clock import system_clock
from shared.runtime.definitions import Definitions
from shared.runtime.metrics import Metrics
from shared.runtime.snapshot import SnapshotKeeper

WITHIN_S = 20.0
NEVER_S = 3600.0


class Source:
    """A source that counts what it is asked, and answers when it is let. `told` is what it knows of tokens' use."""

    def __init__(self) -> None:
        self.skew_s = 0.0
        self.fetched = 0
        self.failure: Exception | None = None
        self.may_answer = asyncio.Event()
        self.may_answer.set()
        self.told: list[dict[str, int]] = []
        self.reports = 0
        self.away = False
        self.may_tell = asyncio.Event()
        self.may_tell.set()

    async def fetch(self) -> Snapshot | None:
        self.fetched += 1
        version = self.fetched
        await self.may_answer.wait()
        if self.failure is not None:
            raise self.failure
        return Snapshot(version=version)

    async def revision(self, integration: int, number: int) -> Revision | None:
        raise AssertionError(f"nobody asks for {integration}, {number}")

    async def report_use(self, used: Mapping[str, int]) -> None:
        self.reports += 1
        if self.away:
            raise UnavailableError("source: away")
        await self.may_tell.wait()
        if used:
            self.told.append(dict(used))


@dataclass
class Process:
    """What one process has of the definitions, kept up in the background."""

    source: Source
    keeping_up: asyncio.Task[None]
    used: dict[str, int] = field(default_factory=dict)
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def end(self) -> None:
        self.stop.set()
        await asyncio.wait_for(self.keeping_up, WITHIN_S)


@asynccontextmanager
async def process(
    broker: NewsBroker, source: Source, *, last_use_s: float = NEVER_S, poll_s: float = NEVER_S
) -> AsyncIterator[Process]:
    """A process that, unless told to, neither polls nor reports before its end."""
    keeper = SnapshotKeeper(source, None, system_clock, Metrics(), poll_s=poll_s)
    await keeper.start()
    source.fetched = 0
    used: dict[str, int] = {}
    stop = asyncio.Event()
    keeping_up = asyncio.create_task(Definitions(source, keeper, last_use_s).keep_up(broker, used, stop))
    try:
        yield Process(source, keeping_up, used, stop)
    finally:
        keeping_up.cancel()
        await asyncio.wait({keeping_up})


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not condition():
            await asyncio.sleep(0.01)


async def until_fetched(count: int, *sources: Source) -> None:
    await until(lambda: all(source.fetched == count for source in sources))
