"""One service as one process: signals, the HTTP side, an orderly end."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from aiohttp import web

from shared.runtime.settings import Settings

_log = structlog.get_logger()


def stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM or SIGINT sets."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop


@asynccontextmanager
async def serving(app: web.Application, settings: Settings) -> AsyncIterator[int]:
    """Serves `app` within the block and yields its port. On leaving, requests under way are finished first."""
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
