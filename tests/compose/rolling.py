"""A rolling upgrade under load: workers of two releases side by side, then the older ones leave, one by one.

INLET_OLD is the commit to come from, or an image of it (`inlet:...`); INLET_NEW the commit to go to, by default the
working tree:

    INLET_OLD=c1e6d8e .venv/bin/pytest tests/compose/rolling.py

It needs Docker, and is no part of `make test`.
"""

import json
import os

import pytest

from tests.compose.door import Door
from tests.compose.load import BATCH, Load, account_for
from tests.compose.project import Project, build

OLD, NEW = os.environ.get("INLET_OLD", ""), os.environ.get("INLET_NEW", "")
SCALE = {"gateway": 2, "mapper": 2, "profile_writer": 2}
# As docs/operations.md says: who reads comes before who writes.
ORDER = ("config_api", "profile_api", "profile_writer", "mapper", "gateway")
UPDATES = 100_000


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The older release, to begin with."""
    assert OLD, "INLET_OLD must name the release to come from"
    folder = tmp_path_factory.mktemp("images")
    build("inlet:smoke-new", NEW, folder)
    if ":" in OLD:
        return OLD
    build("inlet:smoke-old", OLD, folder)
    return "inlet:smoke-old"


async def test_no_batch_is_lost_while_a_release_takes_over_from_another(
    project: Project, door: Door, capsys: pytest.CaptureFixture[str]
) -> None:
    # given: the older release under load
    await project.up(SCALE)
    await door.define(project.setting("INLET_ADMIN_USER"), project.setting("INLET_ADMIN_PASSWORD"))
    load = Load(door, UPDATES // BATCH)
    part = load.batches // len(ORDER)

    # when
    async with load.running():
        project.image = "inlet:smoke-new"
        await project.compose("run", "--rm", "migrate")
        for number, kind in enumerate(ORDER):
            older = await project.containers(kind)
            await project.add({kind: 2 * len(older)})
            load.allow(part // 2)
            await load.until(number * part + part // 4)
            share = part // 2 // len(older)
            for container in older:
                load.allow(share)
                await load.until(len(load.receipts) + share // 4)
                await project.retire(container)

    # then
    figures = await account_for(load, door, project)
    assert await project.images(ORDER) == {"inlet:smoke-new"}
    with capsys.disabled():
        print(json.dumps({"from": OLD, "to": NEW or "working tree"} | figures, indent=2))  # noqa: T201 - for people
