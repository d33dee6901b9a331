"""All SQL of the profile API: reads only."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from shared.runtime.postgres import Database

_PROFILE = """
SELECT user_id, attributes, stamp, older, profiles.instant(written_at) AS written_at
FROM profiles.profiles WHERE environment_id = $1 AND user_id = $2
"""

# By key and in its order: the primary key serves both the prefix and the cursor. Erased users have left a row without
# attributes; they are no profiles any more.
_PROFILES = """
SELECT user_id, attributes, stamp, older, profiles.instant(written_at) AS written_at
FROM profiles.profiles
WHERE environment_id = $1 AND user_id > $2 AND starts_with(user_id, $3) AND user_id >= $3 AND attributes <> '{}'
ORDER BY user_id LIMIT $4
"""

_RECEIPT = """
SELECT integration_id AS integration, revision, state, failure, request_id, received_at, written_at, records, written,
    rejected, values_rejected, superseded, erased, unmapped, unmapped_others,
    coalesce(jsonb_array_length(entries), 0) AS rejects
FROM profiles.receipts LEFT JOIN profiles.rejects USING (day, receipt)
WHERE receipt = $1 AND day = date '1970-01-01' + $2::integer
"""

_REJECTS = """
SELECT entry FROM profiles.rejects, jsonb_array_elements(entries) WITH ORDINALITY AS e (entry, place)
WHERE receipt = $1 AND day = date '1970-01-01' + $2::integer AND place > $3
ORDER BY place LIMIT $4
"""


class ProfileRow(msgspec.Struct, frozen=True):
    """A profile as it is stored (see the profile writer's migrations); `written_at` as 8 bytes."""

    user_id: str
    attributes: str
    stamp: bytes
    older: str | None
    written_at: bytes


class ReceiptRow(msgspec.Struct, frozen=True):
    """A receipt as it is stored; `rejects` is how many there are."""

    integration: int
    revision: int
    state: str
    failure: str | None
    request_id: str
    received_at: datetime
    written_at: datetime
    records: int
    written: int
    rejected: int
    values_rejected: int
    superseded: int
    erased: int
    unmapped: str
    unmapped_others: int
    rejects: int


class Store:
    """Reads of the schema `profiles`. Every method raises `UnavailableError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def profile(self, environment: int, user_id: str) -> ProfileRow | None:
        """One user's profile."""
        async with self._database.transaction() as session:
            row = await session.fetchrow(_PROFILE, environment, user_id)
        return None if row is None else ProfileRow(**row)

    async def profiles(self, environment: int, after: str, prefix: str, limit: int) -> Sequence[ProfileRow]:
        """Profiles in the order of their user IDs (byte by byte), after one of them."""
        async with self._database.transaction() as session:
            rows = await session.fetch(_PROFILES, environment, after, prefix, limit)
        return [ProfileRow(**row) for row in rows]

    async def receipt(self, key: bytes, day: int) -> ReceiptRow | None:
        """A receipt, if its batch was written or failed; `day` is days since 1970-01-01."""
        async with self._database.transaction() as session:
            row = await session.fetchrow(_RECEIPT, key, day)
        return None if row is None else ReceiptRow(**row)

    async def rejects(self, key: bytes, day: int, after: int, limit: int) -> Sequence[tuple[int, str | None, str]]:
        """Rejects as (index, property, code) in the order of the batch, from the one after number `after`."""
        async with self._database.transaction() as session:
            rows = await session.fetch(_REJECTS, key, day, after, limit)
        return [msgspec.json.decode(row["entry"], type=tuple[int, str | None, str]) for row in rows]
