"""What the database holds, read with SQL of the tests' own."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import asyncpg

from shared.contract import stamps
from shared.contract.stamps import Stamp
from tests.integration.given_batches import NOON

if TYPE_CHECKING:
    Session = asyncpg.Connection[asyncpg.Record]


@dataclass(frozen=True)
class StoredProfile:
    """Attribute id -> value and stamp, and the watermark of erasure (from NOON) if there is one."""

    attributes: dict[int, tuple[object, Stamp]]
    erased_at: int | None


async def profiles(database: str, environment: int = 1) -> dict[str, StoredProfile]:
    """All profiles of an environment by user ID."""
    session = await asyncpg.connect(database)
    try:
        return await profiles_in(session, environment)
    finally:
        await session.close()


async def profiles_in(session: "Session", environment: int) -> dict[str, StoredProfile]:
    """The same by a session that is open."""
    rows = await session.fetch(
        "SELECT *, profiles.instant(erased_at) AS erased FROM profiles.profiles WHERE environment_id = $1",
        environment,
    )
    return {row["user_id"]: _profile(row) for row in rows}


async def receipt_row(database: str, key: bytes) -> asyncpg.Record:
    """A receipt's row."""
    session = await asyncpg.connect(database)
    try:
        return await receipt_row_in(session, key)
    finally:
        await session.close()


async def receipt_row_in(session: "Session", key: bytes) -> asyncpg.Record:
    """The same by a session that is open."""
    row = await session.fetchrow("SELECT * FROM profiles.receipts WHERE receipt = $1", key)
    assert row is not None, "no such receipt"
    return row


def _profile(row: asyncpg.Record) -> StoredProfile:
    older = json.loads(row["older"] or "{}")
    attributes = {}
    for key, value in json.loads(row["attributes"]).items():
        mark = bytes.fromhex(older[key])[: stamps.LENGTH] if key in older else row["stamp"]
        attributes[int(key)] = (value, stamps.parse(mark))
    erased = row["erased"]
    return StoredProfile(attributes, None if erased is None else stamps.from_instant(erased) - NOON)
