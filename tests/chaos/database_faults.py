"""Faults of the database."""

import asyncio
import os
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg

from tests.chaos.fault import Kind, Scene
from tests.chaos.world import DATABASE, World

_LOCK = "LOCK TABLE profiles.profiles IN EXCLUSIVE MODE"
_LOCK_USERS = "SELECT FROM profiles.profiles WHERE user_id LIKE 'hot-%' ORDER BY environment_id, user_id FOR UPDATE"
_TERMINATE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename LIKE 'inlet%' AND pid <> pg_backend_pid()
"""
_TERMINATIONS = 5
_CHUNK = 8 * 1024 * 1024


@dataclass
class Restarted:
    """An immediate restart: every session is lost, the server recovers from its log."""

    scene: Scene
    target: str

    async def inject(self) -> None:
        postgres = self.scene.world.postgres
        await asyncio.to_thread(postgres.kill if self.target == "kill -9" else postgres.discard)

    async def heal(self) -> None:
        await asyncio.to_thread(self.scene.world.postgres.start)


@dataclass
class Terminated:
    """The services' sessions are ended, several times in a row."""

    scene: Scene
    target: str

    async def inject(self) -> None:
        for _ in range(_TERMINATIONS):
            async with self.scene.world.session() as session:
                await session.execute(_TERMINATE)
            await asyncio.sleep(0.3)

    async def heal(self) -> None:
        """The services open new ones."""


@dataclass
class Locked:
    """Somebody holds a lock on the table of profiles, or on the rows of those who change most."""

    scene: Scene
    target: str
    _session: "asyncpg.Connection[asyncpg.Record] | None" = field(default=None, init=False)

    async def inject(self) -> None:
        self._session = await asyncpg.connect(self.scene.world.database_url, timeout=10)
        await self._session.execute("BEGIN")
        await self._session.execute(_LOCK if self.target == "table" else _LOCK_USERS, timeout=60)

    async def heal(self) -> None:
        if self._session is not None:
            self._session.terminate()


@dataclass
class ReadOnly:
    """Nobody but the superuser may write."""

    scene: Scene
    target: str

    async def inject(self) -> None:
        await _alter(self.scene.world, "SET default_transaction_read_only = on")

    async def heal(self) -> None:
        await _alter(self.scene.world, "RESET default_transaction_read_only")


@dataclass
class DiskFull:
    """Nothing is left on the database's disk. A server that cannot go on is started again once there is room."""

    scene: Scene
    target: str

    async def inject(self) -> None:
        await asyncio.to_thread(_fill, self._ballast)

    async def heal(self) -> None:
        self._ballast.unlink(missing_ok=True)
        await asyncio.to_thread(self.scene.world.postgres.start)

    @property
    def _ballast(self) -> Path:
        disk = self.scene.world.disk
        assert disk is not None, "the database has no disk of its own"
        return disk / "ballast"


def _fill(file: Path) -> None:
    """Writes until there is no room for another byte."""
    with file.open("wb", buffering=0) as ballast:
        for size in (_CHUNK, 4096):
            try:
                while True:
                    ballast.write(b"\0" * size)
            except OSError:
                continue


async def _alter(world: World, change: str) -> None:
    async with world.session() as session:
        await session.execute("SET default_transaction_read_only = off")
        await session.execute(f"ALTER SYSTEM {change}")
        await session.execute("SELECT pg_reload_conf()")


_SERVER = frozenset({DATABASE})
KINDS = [
    Kind("database restarted", {"immediate": _SERVER, "kill -9": _SERVER}, (0.0, 4.0), Restarted),
    Kind("sessions terminated", {"all": _SERVER}, (0.0, 0.0), Terminated),
    Kind("lock held", {"table": _SERVER, "rows": _SERVER}, (3.0, 30.0), Locked),
    Kind("database read only", {"all": _SERVER}, (4.0, 10.0), ReadOnly),
    Kind("database disk full", {"all": _SERVER}, (5.0, 10.0), DiskFull),
]
"""The disk can be filled where it is one of its own, for which its folder has to be mounted (root)."""
CAN_FILL_THE_DISK = os.geteuid() == 0
