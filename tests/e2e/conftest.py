"""All of Inlet on a broker and a database of the tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.backing.postgres import Postgres
from tests.e2e.deployment import Deployment
from tests.e2e.inlet import Inlet
from tests.e2e.process import forked


@pytest.fixture
async def inlet(broker_url: str, postgres: Postgres, role_password: str, tmp_path: Path) -> AsyncIterator[Inlet]:
    """Not started yet: a test says with which integrations and settings."""
    if not postgres.alive:
        postgres.start()
    async with postgres.empty_database() as url:
        system = Inlet(broker_url, url, role_password, tmp_path)
        try:
            yield system
        finally:
            system.end()


@pytest.fixture
async def deployment(
    broker_url: str, postgres: Postgres, role_password: str, tmp_path: Path
) -> AsyncIterator[Deployment]:
    """Not started yet: a test says with which settings."""
    async with deployed(broker_url, postgres, role_password, tmp_path) as system:
        yield system


@pytest.fixture(params=["rabbitmq", "postgresql"])
def given_broker(request: pytest.FixtureRequest) -> str:
    """The URL of a broker; none where the queues are in the database."""
    return str(request.getfixturevalue("broker_url")) if request.param == "rabbitmq" else ""


@asynccontextmanager
async def deployed(broker_url: str, postgres: Postgres, role_password: str, folder: Path) -> AsyncIterator[Deployment]:
    """All of Inlet on a database of its own, not started yet; without a broker's URL the queues are in the database."""
    if not postgres.alive:
        postgres.start()
    async with postgres.empty_database() as url:
        system = Deployment(broker_url, url, role_password, folder, forked)
        try:
            yield system
        finally:
            system.end()
