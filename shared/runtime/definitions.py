"""How a process comes by its definitions, and keeps up with them: poll, announcements, a copy on disk."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog

from shared.runtime import backoff
from shared.runtime.broker import PREFETCH, NewsBroker, UnavailableError
from shared.runtime.clock import system_clock
from shared.runtime.http_source import HttpSource
from shared.runtime.metrics import Metrics
from shared.runtime.settings import SnapshotSettings
from shared.runtime.snapshot import FileSource, SnapshotKeeper, SnapshotSource

_log = structlog.get_logger()


@asynccontextmanager
async def open_definitions(settings: SnapshotSettings, metrics: Metrics) -> AsyncIterator["Definitions"]:
    """The definitions from where the settings say, with a snapshot already where one is to be had."""
    source = _source(settings)
    keeper = SnapshotKeeper(
        source,
        settings.snapshot_cache,
        system_clock,
        metrics,
        poll_s=settings.snapshot_poll_s,
        max_age_s=settings.snapshot_max_age_s,
    )
    try:
        await keeper.start()
        yield Definitions(source, keeper, settings.last_use_s)
    finally:
        if isinstance(source, HttpSource):
            await source.close()


class Definitions:
    """A source and the keeper of what came from it."""

    def __init__(self, source: SnapshotSource, keeper: SnapshotKeeper, last_use_s: float) -> None:
        self._source = source
        self._last_use_s = last_use_s
        self.keeper = keeper

    async def keep_up(self, broker: NewsBroker, used: dict[str, int], stop: asyncio.Event) -> None:
        """Refreshes by poll and on announcements, and reports the use of tokens, until `stop` is set."""
        async with asyncio.TaskGroup() as tasks:
            background = [
                tasks.create_task(self.keeper.run(stop)),
                tasks.create_task(follow(broker, self.keeper)),
                tasks.create_task(self._report_use(used)),
            ]
            await stop.wait()
            for task in background:  # what waits for an answer would only hold up the end
                task.cancel()
        await self._report(used)

    async def _report_use(self, used: dict[str, int]) -> None:
        while True:
            await asyncio.sleep(self._last_use_s)
            await self._report(used)

    async def _report(self, used: dict[str, int]) -> None:
        """What could not be told is told next time; there are never more entries than tokens."""
        told = dict(used)
        try:
            await self._source.report_use(told)
        except UnavailableError as error:
            _log.warning("use of tokens not reported", reason=str(error))
            return
        for sha256, at in told.items():
            if used.get(sha256) == at:  # else it was used again meanwhile
                del used[sha256]


async def follow(broker: NewsBroker, keeper: SnapshotKeeper) -> None:
    """Refreshes on each announcement, and once on each new subscription, until it is cancelled."""
    waits = backoff.delays()
    while True:
        try:
            async with broker.notices() as notices:
                waits = backoff.delays()
                await keeper.refresh()
                while True:
                    for notice in await notices.take(PREFETCH):
                        await notice.ack()
                    await keeper.refresh()
        except UnavailableError as error:
            _log.warning("no announcements", reason=str(error))
        await asyncio.sleep(next(waits))


def _source(settings: SnapshotSettings) -> SnapshotSource:
    if settings.config_url is not None and settings.service_token is not None:
        return HttpSource(settings.config_url, settings.service_token.get_secret_value(), system_clock)
    if settings.snapshot_file is None:
        raise ValueError("settings without a source of definitions")
    return FileSource(settings.snapshot_file)
