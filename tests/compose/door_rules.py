"""What the door adds: routes, limits, answers of its own, and the sharing of posts.

Run by `make compose-smoke`; it needs Docker, and is no part of `make test`.
"""

import asyncio
import io
import json
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.compose.door import Door
from tests.compose.project import Project
from tests.e2e.process import eventually

LIMIT = 1024 * 1024
PER_ADDRESS = 20
_METRICS = "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8080/metrics').read().decode())"


@pytest.fixture(scope="module")
def standing(image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, Door]]:
    """One deployment for all tests here, and a door that has tokens but no client any more."""
    project = Project("inlet-door", tmp_path_factory.mktemp("door"), image)

    async def start() -> Door:
        await project.down()  # what an earlier run may have left when it was killed
        await project.up({"gateway": 2})
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
            door = Door(project.url, client)
            await door.define(project.setting("INLET_ADMIN_USER"), project.setting("INLET_ADMIN_PASSWORD"))
            return door

    try:
        yield project, asyncio.run(start())
    finally:
        asyncio.run(project.down())


@pytest.fixture
def project(standing: tuple[Project, Door]) -> Project:
    return standing[0]


@pytest.fixture
async def door(standing: tuple[Project, Door]) -> AsyncIterator[Door]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
        yield replace(standing[1], client=client, retries=Counter())


async def raw(url: str, request: bytes) -> tuple[bytes, Any]:
    """The head and the JSON body that come back for bytes as they are, once the connection is closed."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(request)
    async with asyncio.timeout(30):
        answer = await reader.read()
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    return head, json.loads(body)


@pytest.mark.parametrize(
    "path",
    [
        "/internal/v1/snapshot",
        "/%69nternal/v1/snapshot",
        "/internal%2Fv1/snapshot",
        "//internal/v1/snapshot",
        "/public/../internal/v1/snapshot",
        "/metrics",
    ],
)
async def test_what_is_for_the_inside_is_not_there_for_anyone_outside(project: Project, path: str) -> None:
    # when
    head, body = await raw(project.url, f"GET {path} HTTP/1.1\r\nHost: inlet\r\nConnection: close\r\n\r\n".encode())

    # then
    assert head.startswith(b"HTTP/1.1 404 ")
    assert b"Content-Type: application/problem+json" in head
    assert body["code"] == "not_found"


async def test_a_body_that_is_too_large_is_refused_with_the_limit(project: Project, door: Door) -> None:
    # when
    body = io.BytesIO(b" " * (LIMIT + 1))
    async with door.client.post(f"{project.url}/public/v1/user/data", data=body) as answer:
        # then
        assert (answer.status, answer.content_type) == (413, "application/problem+json")
        assert (await answer.json())["limit"] == LIMIT


async def test_a_body_that_does_not_come_is_answered_in_the_words_of_the_gateway(project: Project, door: Door) -> None:
    # given
    head = (
        "POST /public/v1/user/data HTTP/1.1\r\nHost: inlet\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {door.access_token}\r\nContent-Length: 100\r\nConnection: close\r\n\r\n"
    )

    # when
    began_at = time.monotonic()
    answer, body = await raw(project.url, head.encode() + b"{")

    # then
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: " in answer
    assert body["code"] == "body_incomplete"
    assert time.monotonic() - began_at < 15


async def test_posts_are_shared_by_the_gateways(project: Project, door: Door) -> None:
    # given
    head = {"Authorization": "Bearer nobody", "Content-Type": "application/json"}

    # when
    for _ in range(40):
        async with door.client.post(f"{project.url}/public/v1/user/data", data=b"{}", headers=head) as answer:
            assert answer.status == 401

    # then
    for gateway in await project.containers("gateway"):
        metrics = await project.inside(gateway, "python", "-c", _METRICS)
        refused = [line for line in metrics.splitlines() if line.startswith("inlet_requests") and "401" in line]
        assert sum(float(line.split()[-1]) for line in refused) >= 5


async def test_failed_sign_ins_count_by_the_peer_whatever_the_client_claims(project: Project, door: Door) -> None:
    # when: somebody guesses, each time under another name and from another address, as it says
    statuses = []
    for number in range(PER_ADDRESS + 1):
        guess = {"name": f"user-{number}", "password": "a wrong password"}
        claimed = {"X-Forwarded-For": f"203.0.113.{number}"}
        async with door.client.post(f"{project.url}/api/v1/session", json=guess, headers=claimed) as answer:
            statuses.append(answer.status)

    # then
    assert statuses == [401] * PER_ADDRESS + [429]


async def test_a_service_that_is_away_is_503_and_found_again_at_its_new_address(project: Project, door: Door) -> None:
    # given
    [container] = await project.containers("config_api")
    await project.kill(container)

    # when
    async with door.client.get(f"{project.url}/openapi.json") as answer:
        # then
        assert (answer.status, answer.content_type) == (503, "application/problem+json")
        assert answer.headers["Retry-After"] == "1"
        assert (await answer.json())["code"] == "not_ready"

    # when
    await project.compose("up", "--detach", "--no-deps", "--force-recreate", "config_api")

    # then
    async def served() -> bool:
        async with door.client.get(f"{project.url}/openapi.json") as again:
            return again.status == 200

    await eventually(served, "the config API is found", 30.0)


async def test_ingest_goes_on_while_the_door_has_lost_one_gateway(project: Project, door: Door) -> None:
    # given
    victim = (await project.containers("gateway"))[0]

    # when
    await project.kill(victim)
    receipts = [await door.post([{"userId": f"u-{number}", "department": "d"}], str(number)) for number in range(20)]

    # then
    assert len(set(receipts)) == 20
    assert door.retries.total() <= 2

    await project.start(victim)
    await project.until_healthy(victim)


async def test_a_request_id_is_passed_on_and_comes_back(project: Project) -> None:
    # given
    asked = {"X-Request-Id": "from-a-client.1"}

    # when
    async with aiohttp.ClientSession() as client, client.get(f"{project.url}/api/v1/systems", headers=asked) as answer:
        # then
        assert answer.status == 401
        assert answer.headers["X-Request-Id"] == "from-a-client.1"
