"""Tells every process that something changed. What gets lost is made up for by their polls and reconnects."""

import asyncio

import structlog

from shared.runtime.broker import NewsBroker, UnavailableError

_log = structlog.get_logger()


class Announcements:
    """Announces in the background, so that no admin waits for the broker; many changes at once are one message."""

    def __init__(self, broker: NewsBroker) -> None:
        self._broker = broker
        self._news = asyncio.Event()

    def changed(self) -> None:
        """Something changed."""
        self._news.set()

    async def run(self) -> None:
        """Announces until it is cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self._broker.announce()
            except UnavailableError as error:
                _log.warning("change not announced", reason=str(error))
