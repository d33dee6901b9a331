"""`/readyz` of every service while what it needs is away, and once it is back; what all `/metrics` have in common.

`/healthz` stays good throughout.
"""

import asyncio
import re
from collections.abc import Mapping
from functools import partial

import aiohttp

from tests.backing.postgres import Postgres
from tests.backing.rabbitmq import Rabbitmq
from tests.e2e.deployment import Deployment
from tests.e2e.process import Service, eventually

FIT: dict[str, set[str]] = {
    "config-api": set(),
    "gateway": set(),
    "mapper": set(),
    "profile-writer": set(),
    "profile-api": set(),
}
QUEUES = ["inlet.mapped", "inlet.mapped.dead", "inlet.raw", "inlet.raw.dead"]
Checks = Mapping[str, set[str]]


async def test_each_process_says_what_it_runs_and_workers_say_what_waits(deployment: Deployment) -> None:
    # given
    await deployment.start(build="a1b2c3d")

    for name, service in deployment.services.items():
        # when
        text = await metrics(service)

        # then
        assert re.search(r'^inlet_build_info{revision="a1b2c3d",version="[0-9.]+"} 1.0$', text, re.MULTILINE)
        assert re.search(r"^process_resident_memory_bytes [1-9]", text, re.MULTILINE)
        if name in ("mapper", "profile-writer"):
            await eventually(partial(sees_empty_queues, service), f"{name} has looked at the queues", 10)


async def test_the_database_goes_and_comes_back(deployment: Deployment, postgres: Postgres) -> None:
    # given
    await deployment.start()
    assert await unfit(deployment) == FIT

    # when
    postgres.stop()

    # then: who has no database does not mind
    without = {"config-api": {"database"}, "profile-writer": {"database"}, "profile-api": {"database"}}
    await until_unfit(deployment, FIT | without)

    # when
    postgres.start()

    # then
    await until_unfit(deployment, FIT)


async def test_the_broker_goes_and_comes_back(deployment: Deployment, rabbitmq: Rabbitmq) -> None:
    # given
    await deployment.start()

    # when
    await asyncio.to_thread(rabbitmq.stop)

    # then: definitions can be changed, profiles be read
    await until_unfit(deployment, FIT | {name: {"broker"} for name in ("gateway", "mapper", "profile-writer")})

    # when
    await asyncio.to_thread(rabbitmq.start)

    # then
    await until_unfit(deployment, FIT)


async def test_the_config_api_goes_and_comes_back(deployment: Deployment) -> None:
    # given: definitions that are soon too old
    await deployment.start(snapshot_poll_s="0.5", snapshot_max_age_s="3")
    config_api = deployment.services["config-api"]

    # when
    config_api.terminate()

    # then
    rest: Checks = {name: checks for name, checks in FIT.items() if name != "config-api"}
    await until_unfit(deployment, {**rest, **{name: {"definitions"} for name in ("gateway", "mapper", "profile-api")}})

    # when
    config_api.start()

    # then
    await until_unfit(deployment, FIT)


async def metrics(service: Service) -> str:
    async with aiohttp.ClientSession() as session, session.get(f"{service.url}/metrics") as answer:
        return await answer.text()


async def sees_empty_queues(service: Service) -> bool:
    seen = re.findall(r'^inlet_messages_waiting{queue="(.+)"} 0.0$', await metrics(service), re.MULTILINE)
    return sorted(seen) == QUEUES


async def until_unfit(deployment: Deployment, wanted: Checks) -> None:
    """Waits until each of these services names exactly these checks as not good."""
    last: Checks = {}

    async def look() -> bool:
        nonlocal last
        last = await unfit(deployment, *wanted)
        return last == wanted

    try:
        await eventually(look, "the checks are as wanted", 30)
    except TimeoutError:
        assert last == wanted


async def unfit(deployment: Deployment, *names: str) -> Checks:
    """The checks of each service, or of these, that are not good."""
    return {name: await _unfit(deployment, name) for name in names or deployment.services}


async def _unfit(deployment: Deployment, name: str) -> set[str]:
    url = deployment.services[name].url
    try:
        alive = await deployment.fetch("GET", f"{url}/healthz")
        ready = await deployment.fetch("GET", f"{url}/readyz")
    except aiohttp.ClientConnectorError:  # a process that is being started again
        return {"process"}
    checks = {check for check, word in ready.body["checks"].items() if word != "ok"}
    assert (alive.status, ready.status) == (200, 503 if checks else 200)
    return checks
