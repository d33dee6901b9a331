"""The compose deployment under load while one container of each kind is killed: nothing that was accepted is lost.

Run by `make compose-smoke`; it needs Docker, and is no part of `make test`.
"""

import json
import os
import time

import pytest

from tests.compose.door import Door
from tests.compose.load import BATCH, Load, account_for
from tests.compose.project import Project

KINDS = ("gateway", "mapper", "profile_writer", "config_api", "profile_api", "nginx", "rabbitmq", "postgres")
SCALE = {"mapper": 3, "profile_writer": 2, "gateway": 2}
UPDATES = int(os.environ.get("INLET_SMOKE_UPDATES", "100000"))
OUTAGE_S = 3.0


async def test_nothing_accepted_is_lost_while_one_container_of_each_kind_is_killed(
    project: Project, door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    # given
    await project.up(SCALE)
    await door.define(project.setting("INLET_ADMIN_USER"), project.setting("INLET_ADMIN_PASSWORD"))
    load = Load(door, UPDATES // BATCH)
    part = load.batches // len(KINDS)
    outages = {}

    # when
    async with load.running():
        for number, kind in enumerate(KINDS):
            victim = (await project.containers(kind))[0]
            load.allow(part // 2)
            await load.until(number * part + part // 4)
            began_at = time.monotonic()
            await project.kill(victim)
            load.allow(part - part // 2)
            await load.go_on(part // 2, OUTAGE_S)
            await project.start(victim)
            await project.until_healthy(victim)
            outages[kind] = round(time.monotonic() - began_at, 1)

    # then
    figures = await account_for(load, door, project)
    with capsys.disabled():
        print(json.dumps(figures | {"killed_until_healthy_s": outages}, indent=2))  # noqa: T201 - for whoever ran it
