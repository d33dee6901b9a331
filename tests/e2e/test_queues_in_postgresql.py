"""All of Inlet with nothing but a database: the queues are tables."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.backing.postgres import Postgres
from tests.e2e.conftest import deployed
from tests.e2e.deployment import Deployment
from tests.e2e.test_definitions import DATA, INTEGRATIONS, PROFILES, given_an_integration, post_until


@pytest.fixture
async def inlet(postgres: Postgres, role_password: str, tmp_path: Path) -> AsyncIterator[Deployment]:
    async with deployed("", postgres, role_password, tmp_path) as system:
        yield system


async def test_nothing_is_lost_when_workers_are_killed(inlet: Deployment) -> None:
    # given
    await inlet.start()
    number, token = await given_an_integration(inlet, state="active")
    access = await inlet.new_token("data:write", "receipts:read", "profiles:read")
    await post_until(inlet, 202, access, token)
    receipts: list[str] = []

    async def post(user: int) -> None:
        body = {"token": token, "data": [{"userId": f"u-{user}-{each}", "seats": each} for each in range(20)]}
        receipts.append((await inlet.with_token(access, "POST", DATA, body)).good(202).body["receipt"])

    # when: batches come in while workers die and come back
    for user in range(0, 100, 10):
        await asyncio.gather(*(post(each) for each in range(user, user + 10)))
        for name in ("mapper", "profile-writer"):
            if user in (20, 60):
                inlet.services[name].kill()
                inlet.services[name].start()

    # then
    settled = [await inlet.settled(access, receipt) for receipt in receipts]
    assert {(each["state"], each["records"], each["written"]) for each in settled} == {("written", 20, 20)}
    for user in (0, 99):
        profile = (await inlet.with_token(access, "GET", f"{PROFILES}/u-{user}-19")).good(200).body
        assert profile["attributes"]["seats"]["value"] == 19

    # then: changes of the definitions reach the others within a second here too
    (await inlet.admin("POST", f"{INTEGRATIONS}/{number}/pause")).good(200)
    await post_until(inlet, 409, access, token)
    assert all(service.terminate() == 0 for service in inlet.services.values())
