"""The queues in PostgreSQL, behind the `Broker` protocol: durable, with nothing to install beside the database.

A confirm is a commit; a delivery is a row that a consumer has taken; an acknowledgement deletes it. A consumer is known
to live by an advisory lock of its session, so that what it held goes back once the database sees it gone. Made for one
group of processes on one database; RabbitMQ is what scales.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import asyncpg
import structlog

from shared.contract import topology
from shared.runtime.broker import PREFETCH, Delivery, UnavailableError
from shared.runtime.postgres import SESSION, outages_translated

_LOCK_CLASS = 5190
_SWEEP_S = 5.0
_NEWS = "inlet_config"
_CONNECTIONS = 4
_CONNECT_TIMEOUT_S = 5.0
_UNBOUNDED = 2**31 - 1  # rows, as which what is held costs this process nothing
_QUEUES = {queue.name for queue in topology.QUEUES}
_log = structlog.get_logger()

_PUBLISH = """
WITH added AS (INSERT INTO queue.messages (queue, body, headers) VALUES ($1, $2, $3) RETURNING id)
SELECT pg_notify($1, '') FROM added
"""
_TAKE = """
UPDATE queue.messages SET consumer = $2, deliveries = deliveries + 1 WHERE id IN (
    SELECT id FROM queue.messages WHERE queue = $1 AND consumer IS NULL ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING id, body, headers, deliveries
"""
_ACK = "DELETE FROM queue.messages WHERE id = $1 AND consumer = $2"
_GIVE_BACK = "UPDATE queue.messages SET consumer = NULL WHERE consumer = $1"
_WAITING = "SELECT count(*) FROM queue.messages WHERE queue = $1 AND consumer IS NULL"
_SIZE = "SELECT coalesce(sum(size), 0) FROM queue.messages WHERE queue = $1"
_SWEEP = """
WITH gone AS (
    SELECT DISTINCT consumer FROM queue.messages WHERE consumer IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = $1::integer::oid AND objid = consumer::oid
            AND objsubid = 2 AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
), returned AS (
    UPDATE queue.messages SET consumer = NULL WHERE consumer IN (SELECT consumer FROM gone)
), dead AS (
    UPDATE queue.messages SET queue = queue || '.dead', deliveries = 0,
        headers = headers ||
            jsonb_build_object($4::text, to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
    WHERE consumer IS NULL AND deliveries >= $2 AND queue NOT LIKE '%.dead'
)
DELETE FROM queue.messages WHERE queue LIKE '%.dead' AND published_at < now() - make_interval(days => $3)
"""


async def connect(url: str, *, publish_timeout_s: float = 4.0) -> "PgBroker":
    """A broker on the database at `url`; it does not raise when that is away."""
    return PgBroker(url, publish_timeout_s)


class PgBroker:
    """The queues on PostgreSQL."""

    def __init__(self, url: str, publish_timeout_s: float) -> None:
        self._url = url
        self._timeout_s = publish_timeout_s
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._opening = asyncio.Lock()
        self._closed = False
        self._measured: dict[str, tuple[float, int]] = {}
        self.notes: tuple[str, ...] = ()

    async def publish(self, queue: str, body: bytes, headers: Mapping[str, str | int] | None = None) -> None:
        """See `Broker.publish`."""
        if queue not in _QUEUES:
            raise UnavailableError(f"broker: no queue {queue}")
        if await self._size(queue) + len(body) > topology.MAX_QUEUE_BYTES and not queue.endswith(".dead"):
            raise UnavailableError(f"broker: {queue} is full")
        await self._execute(_PUBLISH, queue, body, json.dumps(dict(headers or {})))

    async def announce(self) -> None:
        """See `NewsBroker.announce`."""
        await self._execute("SELECT pg_notify($1, '')", _NEWS)

    async def waiting(self, queue: str) -> int:
        """See `Broker.waiting`."""
        if queue not in _QUEUES:
            raise UnavailableError(f"broker: no queue {queue}")
        return int(await self._execute(_WAITING, queue))

    async def check(self) -> None:
        """See `Broker.check`."""
        await self._execute("SELECT 1")

    @asynccontextmanager
    async def consume(self, queue: str, prefetch: int = PREFETCH) -> AsyncIterator["PgConsumer"]:
        """See `Broker.consume`."""
        if queue not in _QUEUES:
            raise UnavailableError(f"broker: no queue {queue}")
        async with self._session() as session:
            with outages_translated():
                number = await session.fetchval("SELECT nextval('queue.consumers')::integer")
                await session.execute("SELECT pg_advisory_lock($1, $2)", _LOCK_CLASS, number)
                consumer = PgConsumer(session, queue, number, prefetch)
                await consumer.listen()
            sweeping = asyncio.create_task(consumer.sweep())
            try:
                yield consumer
            finally:
                sweeping.cancel()
                await consumer.give_back()

    def browse(self, queue: str) -> AbstractAsyncContextManager["PgConsumer"]:
        """See `BrowsedBroker.browse`."""
        return self.consume(queue, _UNBOUNDED)

    @asynccontextmanager
    async def notices(self) -> AsyncIterator["PgNotices"]:
        """See `NewsBroker.notices`."""
        async with self._session() as session:
            notices = PgNotices(session)
            with outages_translated():
                await session.add_listener(_NEWS, notices.arrived)
            yield notices

    async def close(self) -> None:
        """See `Broker.close`."""
        self._closed = True
        if self._pool is not None:
            self._pool.terminate()

    async def _size(self, queue: str) -> int:
        """Bytes that wait in a queue, as of some seconds ago at most."""
        at, size = self._measured.get(queue, (-_SWEEP_S, 0))
        if time.monotonic() - at >= _SWEEP_S:
            size = int(await self._execute(_SIZE, queue))
            self._measured[queue] = time.monotonic(), size
        return size

    async def _execute(self, sql: str, *arguments: object) -> Any:
        """The first value of what a statement returns. Raises `UnavailableError`, in time."""
        with outages_translated():
            async with asyncio.timeout(self._timeout_s):
                pool = await self._opened()
                async with pool.acquire() as session:
                    return await session.fetchval(sql, *arguments)

    async def _opened(self) -> "asyncpg.Pool[asyncpg.Record]":
        async with self._opening:
            if self._closed:
                raise UnavailableError("broker: the connection is closed")
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._url, min_size=0, max_size=_CONNECTIONS, timeout=_CONNECT_TIMEOUT_S, server_settings=SESSION
                )
            return self._pool

    @asynccontextmanager
    async def _session(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """A session of its own for the block. Raises `UnavailableError` on entering."""
        with outages_translated():
            session = await asyncpg.connect(self._url, timeout=_CONNECT_TIMEOUT_S, server_settings=SESSION)
        try:
            yield session
        finally:
            session.terminate()


class PgConsumer:
    """A subscription: one session, which listens, takes and acknowledges in turn. One task takes from it."""

    def __init__(self, session: "asyncpg.Connection[asyncpg.Record]", queue: str, number: int, prefetch: int) -> None:
        self._session = session
        self._queue = queue
        self._number = number
        self._prefetch = prefetch
        self._held = 0
        self._turn = asyncio.Lock()
        self._news = asyncio.Event()
        self._news.set()  # what is there already has been announced before

    async def listen(self) -> None:
        """Wakes `take` when something is published or the session is lost. Raises what asyncpg raises."""
        await self._session.add_listener(self._queue, lambda *_: self._news.set())
        self._session.add_termination_listener(lambda *_: self._news.set())

    async def take(self, most: int) -> Sequence[Delivery]:
        """See `Consumer.take`."""
        while True:
            await self._news.wait()
            self._news.clear()
            self._require_session()
            room = min(most, self._prefetch - self._held)
            rows = await self._fetch(_TAKE, self._queue, self._number, room) if room > 0 else []
            if rows:
                self._held += len(rows)
                self._news.set()  # there may be more
                return [PgDelivery(self, row) for row in sorted(rows, key=lambda row: int(row["id"]))]

    async def acknowledge(self, number: int) -> None:
        """Settles a message. On a session that is gone it does nothing: the message comes back."""
        try:
            await self._fetch(_ACK, number, self._number)
        except UnavailableError:
            return
        self._held -= 1
        self._news.set()

    async def sweep(self) -> None:
        """Gives back what dead consumers held, now and then, and looks for what no notice has told of."""
        while True:
            try:
                arguments = _LOCK_CLASS, topology.DELIVERY_LIMIT, topology.DEAD_LETTER_DAYS, topology.HEADERS.time
                await self._fetch(_SWEEP, *arguments)
            except UnavailableError as error:
                _log.warning("queues not swept", reason=str(error))
                self._session.terminate()  # a session that does not answer holds messages that others could take
                return
            self._news.set()
            await asyncio.sleep(_SWEEP_S)

    async def give_back(self) -> None:
        """Everything not acknowledged waits again; on a session that is gone a sweep sees to it."""
        try:
            await self._fetch(_GIVE_BACK, self._number)
            await self._fetch("SELECT pg_notify($1, '')", self._queue)
        except UnavailableError as error:
            _log.warning("messages not given back yet", reason=str(error))

    def _require_session(self) -> None:
        if self._session.is_closed():
            raise UnavailableError(f"broker: the session that consumes {self._queue} is lost")

    async def _fetch(self, sql: str, *arguments: object) -> list[Any]:
        async with self._turn:
            self._require_session()
            with outages_translated():
                return list(await self._session.fetch(sql, *arguments, timeout=_CONNECT_TIMEOUT_S))


class PgDelivery:
    """One message, and the consumer that holds it."""

    def __init__(self, consumer: PgConsumer, row: Mapping[str, Any]) -> None:
        self._consumer = consumer
        self._id = int(row["id"])
        self.body = bytes(row["body"])
        self.headers: Mapping[str, object] = json.loads(row["headers"])
        self.count = int(row["deliveries"])

    async def ack(self) -> None:
        """See `Delivery.ack`."""
        await self._consumer.acknowledge(self._id)


class PgNotices:
    """A subscription to announcements."""

    def __init__(self, session: "asyncpg.Connection[asyncpg.Record]") -> None:
        self._session = session
        self._news = asyncio.Event()
        session.add_termination_listener(lambda *_: self._news.set())

    def arrived(self, *_: object) -> None:
        """Something was announced."""
        self._news.set()

    async def take(self, most: int) -> Sequence[Delivery]:  # noqa: ARG002 - several are one piece of news
        """See `Consumer.take`."""
        await self._news.wait()
        self._news.clear()
        if self._session.is_closed():
            raise UnavailableError("broker: the session that listens is lost")
        return []
