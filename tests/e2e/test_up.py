"""All of Inlet in one process: from nothing to a profile, through restarts and kill -9, and what it leaves alone."""

import asyncio
import json
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.backing.ports import free_ports
from tests.e2e.process import ROOT, Service, eventually, interpreted

SYSTEM_FOLDER = Path("/var/lib/inlet")  # where the database lies for root
RECORD = {"userId": "u-17", "department": "Sales", "seats": 12, "hired": "2024-03-01"}
BATCH, BATCHES = 100, 100


@dataclass
class Installed:
    """An installation in a folder, and the process that runs on it."""

    folder: Path
    service: Service
    demo: dict[str, str] = field(default_factory=dict)

    async def start(self) -> None:
        """Starts it and reads `demo.env` as a shell would."""
        self.service.start()
        await self.service.until_ready()
        lines = (self.folder / "demo.env").read_text().splitlines()
        self.demo = dict(line.split("=", 1) for line in lines)

    async def post(self, session: aiohttp.ClientSession, *records: Mapping[str, object]) -> str | None:
        """Posts a batch and returns its receipt; None where the answer was not 202, or none came."""
        body = {"token": self.demo["INLET_INTEGRATION_TOKEN"], "data": records}
        try:
            async with session.post("/public/v1/user/data", json=body) as answer:
                return str((await answer.json())["receipt"]) if answer.status == 202 else None
        except aiohttp.ClientError:
            return None

    async def get(self, session: aiohttp.ClientSession, path: str) -> Any:
        """What an address answers with 200, else None."""
        async with session.get(path) as answer:
            return await answer.json() if answer.status == 200 else None

    def session(self, token: str = "INLET_ACCESS_TOKEN") -> aiohttp.ClientSession:
        return aiohttp.ClientSession(self.service.url, headers={"Authorization": f"Bearer {self.demo[token]}"})


@pytest.fixture
async def installed(tmp_path: Path) -> AsyncIterator[Installed]:
    folder = tmp_path / "var"
    settings = {"INLET_FOLDER": str(folder)}
    inlet = Installed(folder, Service("up", settings, free_ports(1)[0], tmp_path / "log", interpreted))
    yield inlet
    inlet.service.terminate()
    _forget(folder)


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Path]:
    """A copy of the code within a folder that nobody but its owner may enter."""
    private = tmp_path / "private"
    clone = private / "clone"
    for part in ("services", "shared"):
        shutil.copytree(ROOT / part, clone / part, ignore=shutil.ignore_patterns("__pycache__", "console"))
    private.chmod(0o700)
    if os.geteuid() == 0:
        SYSTEM_FOLDER.mkdir(parents=True, exist_ok=True)
    yield clone
    _forget(clone / "var")


def _forget(folder: Path) -> None:
    """As root the database lies elsewhere."""
    if os.geteuid() == 0:
        name = json.loads((folder / "secrets.json").read_text())["name"]
        shutil.rmtree(SYSTEM_FOLDER / f"run-{name}")


def _modes(*leaves: Path) -> dict[Path, str]:
    """Who may do what with each path and all folders above it."""
    paths = {each for leaf in leaves for each in (leaf, *leaf.parents) if each.exists()}
    return {path: f"{stat.S_IMODE(path.stat().st_mode):o} {path.stat().st_uid}" for path in paths}


def _up(*arguments: str, cwd: Path = ROOT, **settings: str) -> "subprocess.Popen[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INLET_")}
    return subprocess.Popen(
        [sys.executable, "-m", "services", "up", *arguments],
        cwd=cwd,
        env=environment | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.timed
async def test_from_nothing_to_a_profile_and_on_after_a_restart(installed: Installed) -> None:
    # given
    await installed.start()

    # when
    async with installed.session() as session:
        assert await installed.post(session, RECORD)
        began = time.monotonic()
        profile = await eventually(
            lambda: installed.get(session, "/api/v1/profiles/demo/production/u-17"), "the profile is there", 1.0
        )
        took = time.monotonic() - began

    # then
    assert took < 1.0
    values = {key: each["value"] for key, each in profile["attributes"].items()}
    assert values == {"department": "Sales", "seats": 12, "hired": "2024-03-01"}
    assert set(installed.demo) == {
        "INLET_URL",
        "INLET_ACCESS_TOKEN",
        "INLET_INTEGRATION_TOKEN",
        "INLET_SYSTEM",
        "INLET_ENVIRONMENT",
        "INLET_ADMIN_TOKEN",
        "INLET_ADMIN_USER",
        "INLET_ADMIN_PASSWORD",
    }
    for name in ("demo.env", "secrets.json"):
        assert stat.S_IMODE((installed.folder / name).stat().st_mode) == 0o600
    for secret in ("INLET_ACCESS_TOKEN", "INLET_INTEGRATION_TOKEN", "INLET_ADMIN_TOKEN", "INLET_ADMIN_PASSWORD"):
        assert installed.demo[secret] not in installed.service.output()

    # when
    before = installed.demo
    assert installed.service.terminate() == 0
    await installed.start()

    # then
    assert installed.demo == before
    async with installed.session() as session:
        assert await installed.get(session, "/api/v1/profiles/demo/production/u-17") == profile
    async with installed.session("INLET_ADMIN_TOKEN") as session:
        systems = await installed.get(session, "/api/v1/systems")
        assert [each["key"] for each in systems["items"]] == ["demo"]


async def test_kill_9_loses_nothing_that_was_answered_202(installed: Installed) -> None:
    # given
    await installed.start()
    receipts: dict[str, int] = {}
    left = iter(range(BATCHES))

    async def send(session: aiohttp.ClientSession) -> None:
        for batch in left:
            records = [{"userId": f"u-{batch}-{each}", "seats": batch} for each in range(BATCH)]
            while (receipt := await installed.post(session, *records)) is None:
                await asyncio.sleep(0.05)
            receipts[receipt] = batch

    # when: everything is killed while 10,000 records come in, and started again
    async with installed.session() as session, asyncio.TaskGroup() as tasks:
        for _ in range(4):
            tasks.create_task(send(session))
        for share in (0.2, 0.6):
            while len(receipts) < share * BATCHES:
                await asyncio.sleep(0.01)
            installed.service.kill()
            await installed.start()

    # then
    async with installed.session() as session:

        async def settled(receipt: str) -> Any:
            read = await installed.get(session, f"/public/v1/receipts/{receipt}")
            return read if read and read["state"] != "pending" else None

        for receipt, batch in receipts.items():
            read = await eventually(lambda: settled(receipt), "the receipt is settled")  # noqa: B023 - awaited
            assert (read["state"], read["records"], read["written"]) == ("written", BATCH, BATCH)
            for each in (0, BATCH - 1):
                profile = await installed.get(session, f"/api/v1/profiles/demo/production/u-{batch}-{each}")
                assert profile["attributes"]["seats"]["text"] == str(batch)
    assert sorted(receipts.values()) == list(range(BATCHES))


async def test_a_clone_in_a_private_folder_runs_and_no_other_folders_mode_changes(clone: Path, tmp_path: Path) -> None:
    # given
    inlet = Service("up", {}, free_ports(1)[0], tmp_path / "log", partial(interpreted, code=clone))
    watched = (clone, Path(sys.prefix), SYSTEM_FOLDER)
    before = _modes(*watched)

    # when
    inlet.start()
    try:
        await inlet.until_ready()
    finally:
        code = inlet.terminate()

    # then
    assert _modes(*watched) == before
    assert code == 0
    assert ". var/demo.env && curl" in inlet.output()


async def test_what_stands_in_the_way_is_said_in_one_line(installed: Installed) -> None:
    # given
    await installed.start()
    taken = installed.service.url.rpartition(":")[2]

    # when
    on_the_same_folder = _up(INLET_FOLDER=str(installed.folder), INLET_PORT=str(free_ports(1)[0]))
    on_the_same_port = _up("--folder", str(installed.folder.parent / "other"), INLET_PORT=taken)
    with_nonsense = _up("--folder", str(installed.folder.parent / "third"), INLET_PORT="none")

    # then
    for process, code, part in (
        (on_the_same_folder, 1, f"inlet: Inlet runs already on {installed.folder}: stop it first"),
        (on_the_same_port, 1, f"inlet: 127.0.0.1:{taken} is taken: free it, or choose another port: make run PORT="),
        (with_nonsense, 2, "INLET_PORT: Input should be a valid integer"),
    ):
        said, complaints = process.communicate(timeout=15)
        assert said == ""
        assert complaints.startswith(part)
        assert len(complaints.splitlines()) == 1
        assert process.returncode == code
