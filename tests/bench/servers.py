"""A broker and a database of the bench's own, as durable as in service."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import aio_pika
import asyncpg

from services.embedded_postgres import SYSTEM_FOLDER, EmbeddedPostgres
from tests.backing.rabbitmq import PrivateRabbitmq

POSTGRES_SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
    "max_connections": "100",
}


_TOLD = ("wal_compression", "checkpoint_timeout")


@dataclass(frozen=True)
class Servers:
    """Where they are: URLs (the database's is the superuser's) and the process ids of their roots."""

    broker_url: str
    broker_pid: int
    postgres: EmbeddedPostgres

    @property
    def postgres_pid(self) -> int:
        """The postmaster."""
        pid = self.postgres.pid
        if pid is None:
            raise RuntimeError("PostgreSQL has stopped")
        return pid

    async def create_database(self, name: str) -> str:
        """A new database; returns the superuser's URL of it."""
        connection = await asyncpg.connect(self.postgres.url())
        try:
            await connection.execute(f"CREATE DATABASE {name}")
        finally:
            await connection.close()
        return self.postgres.url(name)

    async def settings(self) -> dict[str, str]:
        """What the database runs with, as far as figures depend on it."""
        connection = await asyncpg.connect(self.postgres.url())
        try:
            return {name: str(await connection.fetchval(f"SHOW {name}")) for name in (*POSTGRES_SETTINGS, *_TOLD)}
        finally:
            await connection.close()

    async def versions(self) -> dict[str, str]:
        """What the servers say of themselves."""
        connection = await asyncpg.connect(self.postgres.url())
        try:
            postgres = str(await connection.fetchval("SHOW server_version"))
        finally:
            await connection.close()
        async with await aio_pika.connect(self.broker_url) as broker:
            transport = broker.transport
            assert transport is not None
            rabbitmq = str(getattr(transport.connection, "server_properties", {}).get("version", "unknown"))
        return {"PostgreSQL": postgres, "RabbitMQ": rabbitmq}


@contextmanager
def servers(folder: Path, settings: Mapping[str, str] = MappingProxyType({})) -> Iterator[Servers]:
    """Runs both within the block; `folder` takes the broker's files, `settings` go over the database's usual ones."""
    rabbitmq = PrivateRabbitmq(folder)
    try:
        rabbitmq.start()
        with own_postgres(settings) as postgres:
            yield Servers(rabbitmq.url, int((folder / "rabbitmq.pid").read_text()), postgres)
    finally:
        rabbitmq.close()


@contextmanager
def own_postgres(settings: Mapping[str, str] = MappingProxyType({})) -> Iterator[EmbeddedPostgres]:
    """Runs a database server within the block."""
    data = _postgres_folder()
    postgres = EmbeddedPostgres(data, settings={**POSTGRES_SETTINGS, **settings})
    try:
        postgres.start()
        yield postgres
    finally:
        postgres.stop("immediate")
        shutil.rmtree(data)


def _postgres_folder() -> Path:
    """A folder that the server's user can reach; PostgreSQL does not run as root."""
    if os.geteuid() == 0:
        return SYSTEM_FOLDER / "bench" / secrets.token_hex(6)
    return Path(tempfile.mkdtemp(prefix="inlet-bench-postgres-"))
