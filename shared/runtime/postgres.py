"""PostgreSQL: a pool whose every wait has an end, one place that tells outages from bad data, and migrations."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

import asyncpg
import structlog

from shared.runtime.broker import UnavailableError
from shared.runtime.settings import DatabaseSettings

Session: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
"""A session within a transaction."""

_log = structlog.get_logger()

# Off by default in PostgreSQL; without them one stuck session holds up everything behind it.
SESSION = {
    "statement_timeout": "10s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "10s",
    "tcp_user_timeout": "10s",
}
_COMMAND_TIMEOUT_S = 15.0  # above statement_timeout: the server speaks first unless it is gone
_CONNECT_TIMEOUT_S = 5.0
_LEAVE_S = 0.5  # for what a cancelled statement's session has still to say: from a black hole there is no answer
_CACHEABLE_BYTES = 256 * 1024  # of a statement: one that asks for all segments of a user is long, and comes often
_MIGRATION_LOCK = 4_971_226_001  # any number, the same in every release

_AWAY = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
_FAILURES = (asyncpg.PostgresError, *_AWAY)

# SQLSTATE classes (PostgreSQL's appendix A) that written data can cause: cardinality, data, integrity, program limits.
_CAUSED_BY_DATA = ("21", "22", "23", "54")


@contextmanager
def outages_translated() -> Iterator[None]:
    """Raises `UnavailableError` for whatever the database does that is not the fault of the data handed to it.

    A statement that fails because of its data passes as it is, so that its batch is put aside; anything else, a table
    not there yet included, is waited for.
    """
    try:
        yield
    except asyncpg.DataError:  # a value that asyncpg itself could not encode
        raise
    except asyncpg.PostgresError as error:
        if (error.sqlstate or "").startswith(_CAUSED_BY_DATA):
            raise
        raise UnavailableError(f"database: {error}") from error
    except _AWAY as error:
        raise UnavailableError(f"database: {error or type(error).__name__}") from error


class Database:
    """A pool of sessions in one role. Opened lazily, so that a service may start before its database."""

    def __init__(self, settings: DatabaseSettings) -> None:
        self._settings = settings
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def transaction(self, *, commit: bool = True) -> AsyncIterator[Session]:
        """A session within one transaction: committed on leaving if `commit` says so, rolled back on an exception.

        Raises `UnavailableError`; where that comes from the commit itself, whether it happened is unknown.
        """
        with outages_translated():
            async with self._session() as session:
                transaction = session.transaction()
                await transaction.start()
                try:
                    yield session
                except BaseException:
                    await _roll_back(session, transaction)
                    raise
                await (transaction.commit() if commit else transaction.rollback())

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[Session]:
        """One of the pool's, given back soon, also where a statement was cancelled and nobody answers."""
        pool = await self._opened()
        session = await pool.acquire(timeout=self._settings.database_acquire_s)
        try:
            yield session
        finally:
            with suppress(*_FAILURES):  # which must not hide how the work ended: a cancellation, a commit
                await pool.release(session, timeout=_LEAVE_S)

    async def check(self) -> None:
        """Raises `UnavailableError` when the database does not answer."""
        async with self.transaction() as session:
            await session.fetchval("SELECT 1")

    async def close(self) -> None:
        """Closes the sessions, by force where they do not end by themselves."""
        if self._pool is None:
            return
        try:
            await asyncio.wait_for(self._pool.close(), timeout=_LEAVE_S)
        except TimeoutError:
            self._pool.terminate()

    async def _opened(self) -> "asyncpg.Pool[asyncpg.Record]":
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._settings.database_url.get_secret_value(),
                    min_size=0,
                    max_size=self._settings.database_connections,
                    command_timeout=_COMMAND_TIMEOUT_S,
                    timeout=_CONNECT_TIMEOUT_S,
                    max_cacheable_statement_size=_CACHEABLE_BYTES,
                    reset=_leave,
                    server_settings={"application_name": "inlet", **SESSION},
                )
            return self._pool


async def _roll_back(session: Session, transaction: "asyncpg.transaction.Transaction") -> None:
    """Ends the session where that cannot be done: the server rolls back whatever a session leaves."""
    try:
        await asyncio.wait_for(transaction.rollback(), _LEAVE_S)
    except _FAILURES:
        session.terminate()


async def _leave(_: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Nothing of a session needs to be reset, which would cost a round trip: what is set ends with its transaction."""


async def migrate(url: str, schemas: Mapping[str, Path], passwords: Mapping[str, str]) -> list[str]:
    """Brings every schema up to date and returns what was applied, as `schema/file`.

    `schemas` maps a schema to its folder of numbered SQL files; `passwords` the services' roles to their passwords.
    Runs as the owner under an advisory lock, each file in a transaction of its own; a file that was changed after it
    was applied is an error (`RuntimeError`).
    """
    session = await asyncpg.connect(url, timeout=_CONNECT_TIMEOUT_S)
    try:
        await session.execute("SELECT pg_advisory_lock($1)", _MIGRATION_LOCK)
        await _create_roles(session, passwords)
        await _narrow_rights(session)
        await session.execute(
            """
            CREATE TABLE IF NOT EXISTS public.inlet_migrations (
                schema text, file text, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(),
                PRIMARY KEY (schema, file))
            """
        )
        return [name for schema, folder in schemas.items() for name in await _apply(session, schema, folder)]
    finally:
        await session.close()


async def _create_roles(session: "asyncpg.Connection[asyncpg.Record]", passwords: Mapping[str, str]) -> None:
    for role, password in passwords.items():
        known = await session.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
        verb = "ALTER" if known else "CREATE"
        # DDL takes no parameters: PostgreSQL itself quotes the role and the password.
        statement = await session.fetchval(
            "SELECT format('%s ROLE %I LOGIN PASSWORD %L', $1::text, $2::text, $3::text)", verb, role, password
        )
        await session.execute(statement)


async def _narrow_rights(session: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Each time: neither a copy of a database nor one that was restored has its rights."""
    statement = "SELECT format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database())"
    await session.execute(await session.fetchval(statement))


async def _apply(session: "asyncpg.Connection[asyncpg.Record]", schema: str, folder: Path) -> list[str]:
    create = await session.fetchval("SELECT format('CREATE SCHEMA IF NOT EXISTS %I', $1::text)", schema)
    await session.execute(create)
    applied = []
    for file in await asyncio.to_thread(lambda: sorted(folder.glob("*.sql"))):
        text = await asyncio.to_thread(file.read_text, "utf-8")
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        known = await session.fetchval(
            "SELECT sha256 FROM public.inlet_migrations WHERE schema = $1 AND file = $2", schema, file.name
        )
        if known not in (None, sha256):
            raise RuntimeError(f"migration {schema}/{file.name} was changed after it was applied")
        if known is None:
            async with session.transaction():
                await session.execute(text)
                await session.execute(
                    "INSERT INTO public.inlet_migrations (schema, file, sha256) VALUES ($1, $2, $3)",
                    schema,
                    file.name,
                    sha256,
                )
            applied.append(f"{schema}/{file.name}")
            _log.info("migrated", schema=schema, file=file.name)
    return applied
