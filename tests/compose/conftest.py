"""A compose project of a test's own, removed at its end with all its data."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.compose.door import Door
from tests.compose.project import Project, build


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image under test: INLET_TEST_IMAGE, or one that is built from the working tree."""
    if given := os.environ.get("INLET_TEST_IMAGE"):
        return given
    build("inlet:smoke", "", tmp_path_factory.mktemp("image"))
    return "inlet:smoke"


@pytest.fixture
async def project(image: str, tmp_path: Path) -> AsyncIterator[Project]:
    """Not started yet."""
    project = Project("inlet-smoke", tmp_path, image)
    await project.down()  # what an earlier run may have left when it was killed
    try:
        yield project
    finally:
        (tmp_path / "compose.log").write_text(await project.logs(tail=2000))
        await project.down()


@pytest.fixture
async def door(project: Project) -> AsyncIterator[Door]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
        yield Door(project.url, client)
