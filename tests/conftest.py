"""The real services that tests run against: started once for a session, on ports of their own."""

import asyncio
import os
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel
from aio_pika.exceptions import DeliveryError

from services.embedded_postgres import SYSTEM_FOLDER
from shared.contract.topology import CONFIG_EXCHANGE, EVENTS_EXCHANGE, QUEUES
from tests.backing import postgres as backing_postgres
from tests.backing import rabbitmq as backing_rabbitmq
from tests.backing.memory import memory_folder
from tests.backing.migrated import PASSWORDS, migrate
from tests.backing.postgres import Postgres, PrivatePostgres
from tests.backing.rabbitmq import PrivateRabbitmq, Rabbitmq
from tests.backing.rabbitmq_container import IMAGE_VARIABLE, ContainerRabbitmq

_LEADER_S = 10.0


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[Rabbitmq]:
    """The broker. A test that stops it need not start it again: `broker_url` does."""
    given = os.environ.get(backing_rabbitmq.URL_VARIABLE)
    if given:
        yield Rabbitmq(given)
        return
    if image := os.environ.get(IMAGE_VARIABLE):
        container = ContainerRabbitmq(image)
        try:
            container.start()
            yield container
        finally:
            container.close()
        return
    with tempfile.TemporaryDirectory(
        prefix="inlet-rabbitmq-", dir=memory_folder(), ignore_cleanup_errors=True
    ) as folder:
        node = PrivateRabbitmq(Path(folder))
        try:
            node.start()
            yield node
        finally:
            node.close()


@pytest.fixture
async def broker_url(rabbitmq: Rabbitmq) -> str:
    """The URL of a running broker without any queue or exchange of Inlet's."""
    if not rabbitmq.alive:
        rabbitmq.start()
    async with await aio_pika.connect(rabbitmq.url) as connection, connection.channel() as channel:
        for queue in QUEUES:
            await _led(channel, queue.name)
            await channel.queue_delete(queue.name)
        await channel.exchange_delete(CONFIG_EXCHANGE)
        await channel.exchange_delete(EVENTS_EXCHANGE)
    return rabbitmq.url


async def _led(channel: AbstractChannel, queue: str) -> None:
    """Waits until a queue has a leader, which a confirmed message shows; one without any is waited for in vain.

    A node that has just been started crashes now and then (3.10) where a queue is deleted before it has one, and the
    queue of that name which is declared next never confirms anything.
    """
    with suppress(DeliveryError, TimeoutError):  # there is no such queue; it has no leader
        async with asyncio.timeout(_LEADER_S):
            await channel.default_exchange.publish(aio_pika.Message(b""), queue, mandatory=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """The database server. A test that stops it need not start it again: `database` does."""
    given = os.environ.get(backing_postgres.URL_VARIABLE)
    if given:
        server = Postgres(given, migrate)
        yield server
        asyncio.run(server.close())
        return
    folder = _postgres_folder()
    private = PrivatePostgres(folder, migrate)
    try:
        yield private
    finally:
        private.discard()
        shutil.rmtree(folder)


@pytest.fixture
async def database(postgres: Postgres) -> AsyncIterator[str]:
    """The superuser's URL of a fresh, migrated database."""
    if not postgres.alive:
        postgres.start()
    async with postgres.fresh_database() as url:
        yield url


@pytest.fixture(scope="session")
def role_password() -> str:
    """The password of the services' roles, which all databases of a server share."""
    return PASSWORDS["inlet_profile_writer"]


def _postgres_folder() -> Path:
    """A folder that the server's user can reach; PostgreSQL does not run as root."""
    if os.geteuid() == 0:
        return SYSTEM_FOLDER / "tests" / secrets.token_hex(6)
    return Path(tempfile.mkdtemp(prefix="inlet-postgres-"))
