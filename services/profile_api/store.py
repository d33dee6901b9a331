"""All SQL of the profile API: reads only."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

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

_COLUMNS = """receipt, integration_id AS integration, revision, state, failure, request_id, received_at, written_at,
    records, written, rejected, values_rejected, superseded, erased, unmapped, unmapped_others"""

_RECEIPT = f"""
SELECT {_COLUMNS} FROM profiles.receipts
WHERE receipt = $1 AND day = date '1970-01-01' + $2::integer
"""

# The newest of each integration by its index, then the newest of those: a busy integration hides no quiet one. The
# state stands in the text, where the planner sees that the index of failed ones will do.
_RECEIPTS = f"""
SELECT newest.* FROM unnest($1::integer[]) AS chosen (integration), LATERAL (
    SELECT {_COLUMNS} FROM profiles.receipts
    WHERE integration_id = chosen.integration AND received_at >= $2 AND (received_at, receipt) < ($3, $4)
        AND day BETWEEN ($2 AT TIME ZONE 'UTC')::date AND ($3 AT TIME ZONE 'UTC')::date %s
    ORDER BY received_at DESC, receipt DESC LIMIT $5) AS newest
ORDER BY received_at DESC, receipt DESC LIMIT $5
"""
_IN_STATE = {None: "", "written": "AND state = 'written'", "failed": "AND state = 'failed'"}

_COUNTERS = """
SELECT integration_id AS integration, date_trunc('minute', received_at, 'UTC') AS minute, count(*) AS batches,
    count(*) FILTER (WHERE state = 'failed') AS failed, sum(records) AS records, sum(written) AS written,
    sum(rejected) AS rejected, sum(values_rejected) AS values_rejected, sum(superseded) AS superseded
FROM profiles.receipts
WHERE integration_id = ANY($1) AND received_at >= $2 AND received_at < $3
    AND day BETWEEN ($2 AT TIME ZONE 'UTC')::date AND ($3 AT TIME ZONE 'UTC')::date
GROUP BY 1, 2 ORDER BY 2, 1
"""

_REJECTED_RECORDS = """
SELECT index, user_id, record FROM profiles.rejected_records
WHERE receipt = $1 AND day = date '1970-01-01' + $2::integer AND index >= $3 ORDER BY index LIMIT $4
"""

_REJECTS_OF = """
SELECT entry FROM profiles.rejects, jsonb_array_elements(entries) WITH ORDINALITY AS e (entry, place)
WHERE receipt = $1 AND day = date '1970-01-01' + $2::integer AND (entry -> 0)::integer = ANY($3) ORDER BY place
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


State = Literal["written", "failed"]
"""What a batch can have come to."""


class ReceiptRow(msgspec.Struct, frozen=True):
    """A receipt as it is stored."""

    receipt: bytes
    integration: int
    revision: int
    state: State
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


class RejectedRecordRow(msgspec.Struct, frozen=True):
    """A rejected record as it was sent."""

    index: int
    user_id: str | None
    record: bytes


RejectRow = tuple[int, str | None, str]
"""Index in the batch, property, code."""


class Span(NamedTuple):
    """A time from `since` until before `until`."""

    since: datetime
    until: datetime


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

    async def rejects(self, key: bytes, day: int, after: int, limit: int) -> Sequence[RejectRow]:
        """Rejects as (index, property, code) in the order of the batch, from the one after number `after`."""
        async with self._database.transaction() as session:
            rows = await session.fetch(_REJECTS, key, day, after, limit)
        return [msgspec.json.decode(row["entry"], type=RejectRow) for row in rows]

    async def rejects_of(self, key: bytes, day: int, indexes: Sequence[int]) -> Sequence[RejectRow]:
        """The rejects of some records of a batch."""
        async with self._database.transaction() as session:
            rows = await session.fetch(_REJECTS_OF, key, day, indexes)
        return [msgspec.json.decode(row["entry"], type=RejectRow) for row in rows]

    async def rejected_records(self, key: bytes, day: int, first: int, limit: int) -> Sequence[RejectedRecordRow]:
        """Rejected records in the order of the batch, from index `first` on."""
        async with self._database.transaction() as session:
            rows = await session.fetch(_REJECTED_RECORDS, key, day, first, limit)
        return [RejectedRecordRow(**row) for row in rows]

    async def receipts(
        self,
        integrations: Sequence[int],
        since: datetime,
        before: tuple[datetime, bytes],
        state: State | None,
        limit: int,
    ) -> list[ReceiptRow]:
        """Receipts, the newest first: those before `before` (received at, key), received at `since` or later."""
        async with self._database.transaction() as session:
            rows = await session.fetch(_RECEIPTS % _IN_STATE[state], integrations, since, *before, limit)
        return [ReceiptRow(**row) for row in rows]

    async def counters(self, integrations: Sequence[int], span: Span) -> list[Mapping[str, Any]]:
        """What came in, by integration and minute."""
        async with self._database.transaction() as session:
            return [dict(row) for row in await session.fetch(_COUNTERS, integrations, *span)]
