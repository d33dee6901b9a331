"""A PostgreSQL server of our own, for as long as the tests run, and a fresh database for each test."""

import os
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from services.embedded_postgres import SYSTEM_USER, EmbeddedPostgres
from tests.backing.given import cannot_steer
from tests.backing.memory import memory_folder
from tests.backing.ports import free_ports

URL_VARIABLE = "INLET_TEST_DATABASE_URL"
BINARIES_VARIABLE = "INLET_TEST_POSTGRES_BIN"
Migrate = Callable[[str], Awaitable[None]]
_KILL_S = 30.0


class Postgres:
    """A server that was given to us by a superuser's URL."""

    def __init__(self, admin_url: str, migrate: Migrate) -> None:
        self._admin_url = admin_url
        self._migrate = migrate
        self._template: str | None = None

    @property
    def alive(self) -> bool:
        """Whether the server can be used; of a given one it is taken for granted."""
        return True

    def start(self) -> None:
        """Starts the server, on the port that it had, and waits until it takes connections."""
        cannot_steer(URL_VARIABLE, "start")

    def stop(self) -> None:
        """Stops the server and breaks its connections."""
        cannot_steer(URL_VARIABLE, "stop")

    def kill(self) -> None:
        """Ends the server and all its processes with SIGKILL."""
        cannot_steer(URL_VARIABLE, "kill")

    def url(self, database: str) -> str:
        """The superuser's URL of a database."""
        return urlunsplit(urlsplit(self._admin_url)._replace(path=f"/{database}"))

    @asynccontextmanager
    async def fresh_database(self) -> AsyncIterator[str]:
        """The superuser's URL of a new, migrated database that is dropped on leaving.

        Migrations run once; each database is a copy of the one that they made.
        """
        if self._template is None:
            self._template = await self._make_template()
        async with self._created(self._template) as url:
            yield url

    def empty_database(self) -> AbstractAsyncContextManager[str]:
        """The superuser's URL of a new database without any schema of ours; dropped on leaving."""
        return self._created("template1")

    async def close(self) -> None:
        """Drops what was made."""
        if self._template is not None:
            await self._execute(f"DROP DATABASE {self._template} WITH (FORCE)")

    async def _tablespace(self) -> str:
        """Where databases are made."""
        return "pg_default"

    @asynccontextmanager
    async def _created(self, template: str) -> AsyncIterator[str]:
        name = f"inlet_{secrets.token_hex(6)}"
        await self._execute(f"CREATE DATABASE {name} TEMPLATE {template} TABLESPACE {await self._tablespace()}")
        try:
            yield self.url(name)
        finally:
            if not self.alive:
                self.start()
            await self._execute(f"DROP DATABASE {name} WITH (FORCE)")

    async def _make_template(self) -> str:
        name = f"inlet_template_{secrets.token_hex(6)}"
        await self._execute(f"CREATE DATABASE {name}")
        await self._migrate(self.url(name))
        return name

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._admin_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


class PrivatePostgres(Postgres):
    """A server of our own. Without fsync: a killed server still loses nothing, only a crash of the machine would."""

    def __init__(self, folder: Path, migrate: Migrate) -> None:
        binaries = os.environ.get(BINARIES_VARIABLE)
        self._folder = folder
        self._server = EmbeddedPostgres(
            folder,
            port=free_ports(1)[0],  # the same after a restart, as a service's URL is
            binaries=Path(binaries) if binaries else None,
            settings={"fsync": "off", "max_connections": "100"},
        )
        self._server.start()
        self._in_memory: Path | None = None
        super().__init__(self._server.url(), migrate)

    @property
    def alive(self) -> bool:
        return self._server.pid is not None

    def start(self) -> None:
        if not self.alive:
            self._server.start()

    def stop(self) -> None:
        self._server.stop("fast")

    def kill(self) -> None:
        pid = self._server.pid
        if pid is None:
            return
        # Paused first, lest it answers the death of a child by starting new ones.
        os.kill(pid, signal.SIGSTOP)
        family = [*_children(pid), pid]
        for each in family:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)
        _wait_until_dead(family)
        # In a container nobody may reap the server, and to its successor a zombie looks alive.
        for lock in (self._folder / "data" / "postmaster.pid", *(self._folder / "socket").glob(".s.PGSQL.*.lock")):
            lock.unlink(missing_ok=True)

    def discard(self) -> None:
        """Stops the server at once; its folder is of no use afterwards."""
        self._server.stop("immediate")
        if self._in_memory is not None:
            shutil.rmtree(self._in_memory)

    async def _tablespace(self) -> str:
        """In memory, where there is such a folder: on a disk, most of a new database's cost is its 300 files."""
        memory = memory_folder()
        if self._in_memory is None and memory is not None:
            folder = Path(tempfile.mkdtemp(prefix="inlet-postgres-", dir=memory))
            if os.geteuid() == 0:
                shutil.chown(folder, SYSTEM_USER, SYSTEM_USER)
            await self._execute(f"CREATE TABLESPACE memory LOCATION '{folder}'")
            self._in_memory = folder
        return "pg_default" if self._in_memory is None else "memory"


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _wait_until_dead(pids: list[int]) -> None:
    deadline = time.monotonic() + _KILL_S
    while not all(_is_dead(pid) for pid in pids):
        if time.monotonic() > deadline:
            raise TimeoutError("PostgreSQL outlived SIGKILL")
        time.sleep(0.01)


def _is_dead(pid: int) -> bool:
    """Gone, or a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True
