"""One service as one process: signals, the HTTP side, an orderly end."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog
from aiohttp import web

from shared.runtime.api import METRICS, require_rights
from shared.runtime.connection import ConnectionLimits, Connections
from shared.runtime.health import Readiness
from shared.runtime.metrics import Metrics
from shared.runtime.settings import Settings

_log = structlog.get_logger()


def stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM or SIGINT sets."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


async def work(
    run: Callable[[asyncio.Event], Awaitable[None]], stop: asyncio.Event, readiness: Readiness, drain_s: float
) -> None:
    """Runs a worker until `stop`, then gives it `drain_s` to finish what it has begun, and cancels it.

    Whatever the worker raises is raised here.
    """
    working = asyncio.ensure_future(run(stop))
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        readiness.draining = True
        await asyncio.wait({working}, timeout=drain_s)
    finally:
        stopping.cancel()
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working


@asynccontextmanager
async def serving(app: web.Application, settings: Settings) -> AsyncIterator[int]:
    """Serves `app` within the block and yields its port. On leaving, requests under way are finished first.

    Raises `RuntimeError` for a route that declares no right.
    """
    require_rights(app)
    runner = web.AppRunner(app, shutdown_timeout=settings.drain_s)
    await runner.setup()
    try:
        async with _listening(runner, settings, app[METRICS]) as port:
            yield port
    finally:
        await runner.cleanup()


@asynccontextmanager
async def _listening(runner: web.AppRunner, settings: Settings, metrics: Metrics) -> AsyncIterator[int]:
    """Takes connections to the application within the block; those that are open then stay open."""
    assert runner.server is not None  # noqa: S101 - there is one after `setup`
    limits = ConnectionLimits(settings.head_timeout_s, settings.idle_timeout_s, settings.max_connections)
    connections = Connections(runner.server, limits, metrics)
    loop = asyncio.get_running_loop()
    # aiohttp's own sites make connections that have no such limits.
    listener = await loop.create_server(connections, settings.host, settings.port, backlog=1024)
    try:
        port = int(listener.sockets[0].getsockname()[1])
        _log.info("listening", host=settings.host, port=port)
        yield port
    finally:
        listener.close()
