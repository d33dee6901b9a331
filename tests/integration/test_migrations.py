"""Migrations: once each, one at a time, never changed afterwards."""

import asyncio
from pathlib import Path

import asyncpg
import pytest

from shared.runtime import postgres


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE trial.first (id integer);")
    return tmp_path


async def test_each_file_is_applied_once_in_order(database: str, folder: Path) -> None:
    # given a first file that is applied
    assert await postgres.migrate(database, {"trial": folder}, {}) == ["trial/0001_first.sql"]
    # when a second one comes along
    (folder / "0002_second.sql").write_text("ALTER TABLE trial.first ADD COLUMN name text;")
    # then only that one is applied, and nothing the next time
    assert await postgres.migrate(database, {"trial": folder}, {}) == ["trial/0002_second.sql"]
    assert await postgres.migrate(database, {"trial": folder}, {}) == []


async def test_a_file_changed_after_it_was_applied_is_refused(database: str, folder: Path) -> None:
    await postgres.migrate(database, {"trial": folder}, {})
    (folder / "0001_first.sql").write_text("CREATE TABLE trial.other (id integer);")
    with pytest.raises(RuntimeError, match=r"trial/0001_first\.sql was changed"):
        await postgres.migrate(database, {"trial": folder}, {})


async def test_a_file_that_fails_leaves_nothing_behind(database: str, folder: Path) -> None:
    # given a second file that fails half-way
    (folder / "0002_bad.sql").write_text("CREATE TABLE trial.half (id integer); SELECT 1 / 0;")
    # when migrating
    with pytest.raises(asyncpg.DivisionByZeroError):
        await postgres.migrate(database, {"trial": folder}, {})
    # then the first stands, the second left no trace, and a mended one is applied
    (folder / "0002_bad.sql").write_text("CREATE TABLE trial.half (id integer);")
    assert await postgres.migrate(database, {"trial": folder}, {}) == ["trial/0002_bad.sql"]


async def test_two_at_once_do_it_once(database: str, folder: Path) -> None:
    done = await asyncio.gather(*(postgres.migrate(database, {"trial": folder}, {}) for _ in range(4)))
    assert sorted(done) == [[], [], [], ["trial/0001_first.sql"]]


async def test_a_role_gets_its_password_and_a_new_one(database: str, folder: Path) -> None:
    # given a role with a password full of quotes
    host = database.partition("@")[2]
    for password in ('it\'s "quoted" \\ and $1', "another"):
        # when it is migrated with one password and then with another
        await postgres.migrate(database, {"trial": folder}, {"inlet_trial": password})
        # then the role signs in with it
        session = await asyncpg.connect(f"postgresql://inlet_trial@{host}", password=password)
        assert await session.fetchval("SELECT current_user") == "inlet_trial"
        await session.close()
    # and not with the former one
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(f"postgresql://inlet_trial@{host}", password="it's")
