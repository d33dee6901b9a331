"""What the database and the dead letters hold at the end, read past all services."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import aio_pika
import asyncpg

from tests.chaos.world import World

_PROFILES = """
SELECT s.key AS system, e.key AS environment, p.user_id, p.attributes::text AS attributes
FROM profiles.profiles p
JOIN config.environments e ON e.id = p.environment_id JOIN config.systems s ON s.id = e.system
"""
_ATTRIBUTES = "SELECT id, key FROM config.attributes"
_RECEIPTS = """
SELECT encode(receipt, 'hex') AS key, integration_id, revision, state, failure, request_id, records, written, rejected,
    values_rejected, superseded, erased, unmapped::text AS unmapped, unmapped_others,
    (extract(epoch FROM received_at) * 1000000)::bigint AS received_at
FROM profiles.receipts
"""
_LATEST = f"{_RECEIPTS} WHERE day >= current_date - 1 AND written_at > now() - interval '6 seconds'"
_REJECTS = "SELECT encode(receipt, 'hex') AS key, entries::text AS entries FROM profiles.rejects"
_LOOK_S = 2.0
DEAD = ("inlet.raw.dead", "inlet.mapped.dead")

Receipt = Mapping[str, Any]


@dataclass(frozen=True)
class Profile:
    """One row, its attributes by key; a clear is None."""

    system: str
    environment: str
    user: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True)
class DeadLetter:
    """A message of a dead queue: its code and the receipt's key, as far as it has them."""

    queue: str
    code: str
    receipt: str
    body: bytes


@dataclass(frozen=True)
class Stored:
    """Everything, read once; receipts and rejects by the receipt's key in hexadecimal."""

    profiles: Sequence[Profile]
    receipts: Mapping[str, Receipt]
    rejects: Mapping[str, list[tuple[int, str | None, str]]]
    dead_letters: Sequence[DeadLetter]


async def read(world: World) -> Stored:
    """All that is there."""
    async with world.session() as session:
        attributes = {str(row["id"]): row["key"] for row in await session.fetch(_ATTRIBUTES)}
        profiles = [_profile(row, attributes) for row in await session.fetch(_PROFILES)]
        receipts = {row["key"]: dict(row) for row in await session.fetch(_RECEIPTS)}
        rejects = {
            row["key"]: [(index, name, code) for index, name, code in json.loads(row["entries"])]
            for row in await session.fetch(_REJECTS)
        }
    return Stored(profiles, receipts, rejects, await _dead_letters(world.rabbitmq.url))


def _profile(row: "asyncpg.Record", keys: Mapping[str, str]) -> Profile:
    attributes = {keys[number]: value for number, value in json.loads(row["attributes"]).items()}
    return Profile(row["system"], row["environment"], row["user_id"], attributes)


async def _dead_letters(url: str) -> list[DeadLetter]:
    """Read and given back."""
    found = []
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        for name in DEAD:
            queue = await channel.get_queue(name, ensure=False)
            while (message := await queue.get(fail=False)) is not None:
                headers = message.headers
                code, receipt = (str(headers.get(f"inlet-{part}", "")) for part in ("code", "receipt"))
                found.append(DeadLetter(name, code, receipt, message.body))
    return found


@dataclass
class Watcher:
    """Reads receipts soon after they are written: what a receipt says then it must say for ever."""

    world: World
    first_seen: dict[str, Receipt] = field(default_factory=dict)

    async def watch(self) -> None:
        """Looks until it is cancelled; while the database is away it sees nothing."""
        while True:
            with suppress(OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):  # a fault is on
                await self.look()
            await asyncio.sleep(_LOOK_S)

    async def look(self) -> None:
        """Reads what was written lately."""
        async with self.world.session() as session:
            for row in await session.fetch(_LATEST, timeout=5):
                if row["state"] == "written":
                    self.first_seen.setdefault(row["key"], dict(row))
