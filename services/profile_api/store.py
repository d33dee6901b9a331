"""All SQL of the profile API. It reads; the one thing that it changes is to erase."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

import msgspec

from shared.contract.messages import MAX_USER_ID_BYTES
from shared.runtime.postgres import Database, Session

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

_ERASE = "SELECT profiles.erase($1, $2, clock_timestamp())"
_STORED = """
SELECT user_id, attributes, stamp, older, profiles.instant(written_at) AS written_at, erased_at, candidates
FROM profiles.profiles LEFT JOIN profiles.history USING (environment_id, user_id)
WHERE environment_id = $1 AND user_id = $2
"""
_RAW_RECORDS = """
SELECT receipt, index, record FROM profiles.rejected_records
WHERE environment_id = $1 AND user_id = $2 ORDER BY day, receipt, index
"""
_AUDIT = "SELECT config.append_audit($1, $2, 'profile', $3, $4, $5, NULL, NULL)"

_REVISIONS = """
SELECT receipt, revision FROM profiles.receipts
JOIN unnest($1::bytea[], $2::integer[]) AS named (receipt, day_number) USING (receipt)
WHERE day = date '1970-01-01' + day_number
"""

FEED = """system_identifier || '-' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)
        || '-' || 'profiles.changes'::regclass::oid"""
"""Names whose transactions these are, from `pg_control_system()`: the server, its timeline, and the table."""

_PAGE_BYTES = 4 * 1024 * 1024
# One statement, so that one snapshot says what is there, what has been dropped, and up to where nothing can be added.
_CHANGES = f"""
SELECT feed, position::text::numeric AS position,
    CASE WHEN d.xid < position THEN d.xid::text::numeric ELSE 0 END AS dropped,
    c.xid::text::numeric AS xid, changed_at, users, found
FROM (
    SELECT {FEED} AS feed, pg_snapshot_xmin(pg_current_snapshot()) AS position FROM pg_control_system()) AS now
CROSS JOIN profiles.changes_dropped d
LEFT JOIN LATERAL (
    SELECT xid, changed_at, users, count(*) OVER () AS found,
        sum(octet_length(users::text)) OVER (ORDER BY xid RANGE UNBOUNDED PRECEDING EXCLUDE GROUP) AS bytes_before
    FROM (
        SELECT xid, changed_at, users FROM profiles.changes
        WHERE environment_id = $1 AND xid > $2::text::xid8 AND xid < position
        ORDER BY xid FETCH FIRST ($3::integer) ROWS WITH TIES) AS page) AS c ON coalesce(bytes_before, 0) < $4
ORDER BY c.xid
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
SELECT integration_id AS integration, date_trunc($4, received_at, 'UTC') AS minute, count(*) AS batches,
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


class ChangeRow(NamedTuple):
    """A write: its transaction, when it was, and the users that it changed as a JSON array."""

    xid: int
    changed_at: datetime
    users: str


class ChangesPage(NamedTuple):
    """Writes after a transaction, and whether there are `more`.

    No transaction below `position` can add any; those up to `dropped` may be gone.

    `feed` names the server whose transactions these are, its timeline and its table of changes.
    """

    feed: str
    position: int
    dropped: int
    rows: Sequence[ChangeRow]
    more: bool


class StoredRow(msgspec.Struct, frozen=True):
    """All that is stored of one user but raw records: their profile, until when they are erased, what lost lately.

    `candidates` is as the profile writer's migrations describe it.
    """

    profile: ProfileRow
    erased_at: datetime | None
    candidates: str | None


class RawRecordRow(msgspec.Struct, frozen=True):
    """A rejected record of one user."""

    receipt: bytes
    index: int
    record: bytes


class Deed(NamedTuple):
    """What goes into the audit log: who did what to whom, of which system."""

    actor: str
    verb: str
    user: str
    system: int
    request_id: str


State = Literal["written", "failed"]
"""What a batch can have come to."""
Step = Literal["minute", "hour"]
"""How long a time a counter is of."""


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
        if not can_be(user_id):
            return None
        async with self._database.transaction() as session:
            row = await session.fetchrow(_PROFILE, environment, user_id)
        return None if row is None else ProfileRow(**row)

    async def profiles(self, environment: int, after: str, prefix: str, limit: int) -> Sequence[ProfileRow]:
        """Profiles in the order of their user IDs (byte by byte), after one of them."""
        async with self._database.transaction() as session:
            rows = await session.fetch(_PROFILES, environment, after, prefix, limit)
        return [ProfileRow(**row) for row in rows]

    async def stored(self, environment: int, user_id: str) -> StoredRow | None:
        """One user's profile, what lost in it lately, and whether they were erased."""
        if not can_be(user_id):
            return None
        async with self._database.transaction() as session:
            return await _stored(session, environment, user_id)

    async def revisions(self, keys: Sequence[tuple[bytes, int]]) -> Mapping[bytes, int]:
        """The revisions of receipts, by their keys; each comes with its day, in days since 1970-01-01."""
        async with self._database.transaction() as session:
            rows = await session.fetch(_REVISIONS, [key for key, _ in keys], [day for _, day in keys])
        return {row["receipt"]: row["revision"] for row in rows}

    async def erase(self, environment: int, user_id: str, deed: Deed) -> None:
        """Erases all of one user that was observed up to now."""
        if not can_be(user_id):
            return
        async with self._database.transaction() as session:
            await session.execute(_ERASE, environment, user_id)
            await session.execute(_AUDIT, *deed)

    async def export(
        self, environment: int, user_id: str, deed: Deed
    ) -> tuple[StoredRow | None, Sequence[RawRecordRow]] | None:
        """One user's row and their rejected records; None where there is nothing at all."""
        if not can_be(user_id):
            return None
        async with self._database.transaction() as session:
            row = await _stored(session, environment, user_id)
            records = [RawRecordRow(**each) for each in await session.fetch(_RAW_RECORDS, environment, user_id)]
            if row is None and not records:
                return None
            await session.execute(_AUDIT, *deed)
        return row, records

    async def changes(self, environment: int, after: str | None, limit: int) -> ChangesPage:
        """Writes after transaction `after` in their order, about `limit` or 4 MiB; None: only where the feed stands."""
        async with self._database.transaction() as session:
            rows = await session.fetch(_CHANGES, environment, after or str(2**64 - 1), limit, _PAGE_BYTES)
        found = [ChangeRow(int(row["xid"]), row["changed_at"], row["users"]) for row in rows if row["xid"] is not None]
        first = rows[0]
        more = bool(found) and (first["found"] >= limit or first["found"] > len(found))
        return ChangesPage(first["feed"], int(first["position"]), int(first["dropped"]), found, more)

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

    async def counters(self, integrations: Sequence[int], span: Span, step: Step) -> list[Mapping[str, Any]]:
        """What came in, by integration and minute or hour."""
        async with self._database.transaction() as session:
            return [dict(row) for row in await session.fetch(_COUNTERS, integrations, *span, step)]


def can_be(user_id: str) -> bool:
    """Whether anybody can have this ID (design, section 4): what cannot be stored cannot be asked for either."""
    return "\0" not in user_id and 0 < len(user_id.encode(errors="replace")) <= MAX_USER_ID_BYTES


async def _stored(session: Session, environment: int, user_id: str) -> StoredRow | None:
    row = await session.fetchrow(_STORED, environment, user_id)
    if row is None:
        return None
    columns = dict(row)
    erased_at, candidates = columns.pop("erased_at"), columns.pop("candidates")
    return StoredRow(ProfileRow(**columns), erased_at, candidates)
