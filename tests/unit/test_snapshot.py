import asyncio
import json
import math
import os
import stat
from pathlib import Path

import pytest

from shared.contract.definitions import Revision, Snapshot, System, UserIdRule
from shared.runtime.broker import UnavailableError
from shared.runtime.metrics import Metrics
from shared.runtime.snapshot import FileSource, InvalidSnapshotError, SnapshotKeeper, parse_snapshot

SECOND = 1_000_000
REVISION = Revision(integration=1, number=2, environment=1, user_id=UserIdRule(property="userId"))
SHA = "0" * 64


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_790_000_000 * SECOND

    def __call__(self) -> int:
        return self.now


class Files:
    """A keeper's world: the definitions' file, the cache, the time."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "definitions.json"
        self.cache = folder / "cache.json"
        self.time = Time()
        self.metrics = Metrics()

    def write(self, version: int, *revisions: Revision) -> None:
        self.source.write_text(Snapshot(version=version, revisions=revisions).model_dump_json())

    async def keeper(self, poll_s: float = 30.0, max_age_s: float = 100.0) -> SnapshotKeeper:
        keeper = SnapshotKeeper(
            FileSource(self.source), self.cache, self.time, self.metrics, poll_s=poll_s, max_age_s=max_age_s
        )
        await keeper.start()
        return keeper


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def version(keeper: SnapshotKeeper) -> int | None:
    return keeper.current.version if keeper.current else None


async def test_a_keeper_starts_from_its_source(files: Files) -> None:
    # given
    files.write(3, REVISION)

    # when
    keeper = await files.keeper()

    # then
    assert version(keeper) == 3
    assert await keeper.check() is None
    assert keeper.age_s == 0
    assert await keeper.revision(1, 2) == REVISION
    assert files.metrics.registry.get_sample_value("inlet_snapshot_version") == 3


async def test_the_copy_on_disk_is_for_its_owner_only(files: Files) -> None:
    # given
    files.write(3)
    before = os.umask(0)

    # when
    try:
        await files.keeper()
    finally:
        os.umask(before)

    # then
    assert stat.S_IMODE(files.cache.stat().st_mode) == 0o600
    assert [path.name for path in files.cache.parent.iterdir() if path not in {files.source, files.cache}] == []


async def test_without_its_source_a_keeper_starts_from_the_disk_and_knows_the_age(files: Files) -> None:
    # given: confirmed last 60 s before the restart, and unchanged since long before
    files.write(3)
    first = await files.keeper()
    files.time.now += 40 * SECOND
    await first.refresh()
    files.source.unlink()
    files.time.now += 60 * SECOND

    # when
    keeper = await files.keeper()

    # then
    assert version(keeper) == 3
    assert keeper.age_s == pytest.approx(60)
    assert await keeper.check() is None


async def test_with_neither_there_is_no_snapshot_until_the_source_appears(files: Files) -> None:
    # when
    keeper = await files.keeper()

    # then
    assert version(keeper) is None
    assert keeper.usable is None
    assert keeper.age_s is None
    assert await keeper.check() == "no definitions"

    # when
    files.write(1)
    await keeper.refresh()

    # then
    assert version(keeper) == 1


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b'{"version": 0}', b'{"version": 4, "systems": [{"id": 1}]}'])
async def test_a_broken_file_never_replaces_a_good_snapshot(files: Files, broken: bytes) -> None:
    # given
    files.write(3)
    keeper = await files.keeper()
    kept = files.cache.read_bytes()

    # when
    files.time.now += 10 * SECOND
    files.source.write_bytes(broken)
    await keeper.refresh()

    # then: and it confirms nothing
    assert version(keeper) == 3
    assert keeper.age_s == 10
    assert files.cache.read_bytes() == kept

    # when
    files.write(4)
    await keeper.refresh()

    # then
    assert version(keeper) == 4
    assert keeper.age_s == 0


async def test_a_broken_copy_on_disk_is_no_snapshot(files: Files) -> None:
    # given
    files.cache.write_bytes(b"{")

    # when
    keeper = await files.keeper()

    # then
    assert version(keeper) is None
    assert files.metrics.registry.get_sample_value("inlet_snapshot_age_seconds") == math.inf


async def test_trouble_is_logged_once_until_it_changes(files: Files, capsys: pytest.CaptureFixture[str]) -> None:
    # given
    files.write(3)
    keeper = await files.keeper()

    # when
    for broken in (b"{", b"{", b"[", b"[", b"{"):
        files.source.write_bytes(broken)
        await keeper.refresh()

    # then
    assert capsys.readouterr().out.count("definitions not refreshed") == 3


async def test_too_old_a_snapshot_is_not_used(files: Files) -> None:
    # given
    files.write(3)
    keeper = await files.keeper(max_age_s=100)
    files.source.unlink()

    # when
    files.time.now += 100 * SECOND
    await keeper.refresh()
    at_the_limit = keeper.usable
    files.time.now += 1 * SECOND

    # then
    assert at_the_limit is not None
    assert keeper.usable is None
    assert await keeper.check() == "definitions are 101 s old"


async def test_an_unchanged_source_confirms(files: Files) -> None:
    # given
    files.write(3)
    keeper = await files.keeper()
    index = keeper.current

    # when
    files.time.now += 50 * SECOND
    await keeper.refresh()

    # then: the index is built once per snapshot
    assert keeper.age_s == 0
    assert keeper.current is index
    files.time.now += 7 * SECOND
    assert files.metrics.registry.get_sample_value("inlet_snapshot_age_seconds") == 7


async def test_a_disk_that_cannot_be_written_to_stops_nothing(files: Files) -> None:
    # given
    files.write(3)
    files.cache = files.cache.parent / "missing" / "cache.json"

    # when
    keeper = await files.keeper()

    # then
    assert version(keeper) == 3


async def test_polling_takes_up_a_change_and_ends_when_told(files: Files) -> None:
    # given
    files.write(3)
    keeper = await files.keeper(poll_s=0.01)
    stop = asyncio.Event()
    polling = asyncio.create_task(keeper.run(stop))

    # when
    files.write(4)
    async with asyncio.timeout(10):
        while version(keeper) != 4:
            await asyncio.sleep(0.005)
    stop.set()

    # then
    await asyncio.wait_for(polling, 10)


async def test_a_missing_revision_is_asked_of_the_source(files: Files) -> None:
    # given
    files.write(3)
    keeper = await files.keeper()
    files.write(4, REVISION)

    # then
    assert await keeper.revision(1, 2) == REVISION
    assert await keeper.revision(1, 3) is None


@pytest.mark.parametrize("broken", [b"{", None])
async def test_a_source_that_is_away_cannot_deny_a_revision(files: Files, broken: bytes | None) -> None:
    # given
    files.write(3, REVISION)
    keeper = await files.keeper()
    files.source.unlink()
    if broken is not None:
        files.source.write_bytes(broken)

    # then
    assert await keeper.revision(1, 2) == REVISION
    with pytest.raises(UnavailableError):
        await keeper.revision(1, 3)


@pytest.mark.parametrize(
    "double",
    [
        {"systems": [{"id": 1, "key": "a", "name": "A"}, {"id": 1, "key": "b", "name": "B"}]},
        {"access_tokens": [{"id": number, "secrets": [{"sha256": SHA}], "scopes": []} for number in (1, 2)]},
        {
            "integrations": [
                {
                    "id": number,
                    "name": "i",
                    "system": 1,
                    "environment": 1,
                    "state": "active",
                    "revision": 1,
                    "tokens": [{"sha256": SHA}],
                }
                for number in (1, 2)
            ]
        },
    ],
    ids=["ids", "access_tokens", "integration_tokens"],
)
def test_what_stands_for_two_things_is_no_snapshot(double: dict[str, object]) -> None:
    # given
    raw = Snapshot(version=1).model_dump(mode="json") | double

    # then
    with pytest.raises(InvalidSnapshotError, match="twice"):
        parse_snapshot(json.dumps(raw).encode())


def test_what_a_newer_release_adds_is_ignored() -> None:
    # then
    raw = b'{"version": 1, "added": 1, "systems": [{"id": 1, "key": "a", "name": "A", "added": []}]}'
    assert parse_snapshot(raw).systems == (System(id=1, key="a", name="A"),)
