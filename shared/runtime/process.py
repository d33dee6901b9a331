"""One service as one process: signals, the HTTP side, an orderly end."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog
from aiohttp import web

from shared.runtime.api import require_rights
from shared.runtime.health import Readiness
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
    # The HTTP server must not undo Content-Encoding by itself: its own bounds are not ours (design, section 2).
    runner = web.AppRunner(app, access_log=None, auto_decompress=False, shutdown_timeout=settings.drain_s)
    await runner.setup()
    try:
        site = web.TCPSite(runner, settings.host, settings.port, backlog=1024, reuse_port=False)
        await site.start()
        port = int(runner.addresses[0][1])
        _log.info("listening", host=settings.host, port=port)
        yield port
    finally:
        await runner.cleanup()
