"""What a database that falls silent may cost: no wait without an end, also where work is cancelled."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import asyncpg
import pytest

from shared.runtime.broker import UnavailableError
from shared.runtime.postgres import Database
from shared.runtime.settings import DatabaseSettings
from tests.backing.proxy import Proxy

SOON_S = 1.5
"""Far below the time of any statement, and of what a stopping process has left once it cancels its work."""


@pytest.fixture
async def proxy(database: str) -> AsyncIterator[Proxy]:
    proxy = Proxy(database)
    await proxy.start()
    yield proxy
    await proxy.stop()


@pytest.fixture
async def opened(proxy: Proxy) -> AsyncIterator[Database]:
    opened = Database(DatabaseSettings(database_url=proxy.url))
    await opened.check()
    yield opened
    await opened.close()


async def _begin(database: Database, _: Proxy, reached: asyncio.Event) -> None:
    """Cancelled in BEGIN: the way was silent before it."""
    reached.set()
    async with database.transaction():
        pass


async def _execute(database: Database, proxy: Proxy, reached: asyncio.Event) -> None:
    proxy.thaw()
    async with database.transaction() as session:
        await session.execute("SELECT 1")
        proxy.freeze()
        reached.set()
        await session.execute("SELECT 2")


async def _commit(database: Database, proxy: Proxy, reached: asyncio.Event) -> None:
    proxy.thaw()
    async with database.transaction() as session:
        await session.execute("SELECT 1")
        proxy.freeze()
        reached.set()


@pytest.mark.parametrize("work", [_begin, _execute, _commit])
async def test_work_that_is_cancelled_ends_soon_when_the_database_is_silent(
    opened: Database, proxy: Proxy, work: Callable[[Database, Proxy, asyncio.Event], Awaitable[None]]
) -> None:
    # given
    proxy.freeze()
    reached = asyncio.Event()
    working = asyncio.ensure_future(work(opened, proxy, reached))
    await reached.wait()
    done, _ = await asyncio.wait({working}, timeout=0.2)
    assert not done

    # when
    began = time.monotonic()
    working.cancel()
    await asyncio.wait({working})
    await opened.close()

    # then
    assert working.cancelled()  # an outage would be tried again
    assert time.monotonic() - began < SOON_S


async def test_after_the_silence_everything_goes_on(opened: Database, proxy: Proxy) -> None:
    # given
    proxy.freeze()
    working = [asyncio.ensure_future(opened.check()) for _ in range(3)]
    await asyncio.wait(working, timeout=0.2)
    for each in working:
        each.cancel()
    await asyncio.wait(working)

    # when
    proxy.thaw()

    # then
    await opened.check()


async def test_an_error_of_the_data_leaves_the_session_in_use(opened: Database) -> None:
    # given
    async with opened.transaction() as session:
        before = await session.fetchval("SELECT pg_backend_pid()")

    # when
    with pytest.raises(asyncpg.DataError):
        async with opened.transaction() as session:
            await session.execute("SELECT 1 / 0")

    # then
    async with opened.transaction() as session:
        assert await session.fetchval("SELECT pg_backend_pid()") == before


async def test_a_session_that_is_ended_within_a_transaction_is_an_outage(opened: Database) -> None:
    with pytest.raises(UnavailableError):
        async with opened.transaction() as session:
            await session.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    await opened.check()
