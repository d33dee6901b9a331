"""All SQL of the profile writer: one write is one transaction over profiles, receipts and rejects.

Order is decided here and nowhere else. One set-based statement takes over every row whose stored stamp is older than
everything new for it: the guard compares the locked row with EXCLUDED, so a write that had to wait for the row sees
what the other one left. The few rows it passes over (it has locked them all the same) are read again and merged
attribute by attribute. Reading `profiles` and comparing within one statement would see the state from before the wait
and lose updates.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec

from services.profile_writer import fold as folding
from services.profile_writer import history_store, receipts
from services.profile_writer.fold import Columns, Losses, Profile, Row
from services.profile_writer.receipts import Receipt
from shared.contract import stamps
from shared.contract.messages import MappedBatch
from shared.runtime.clock import Clock
from shared.runtime.postgres import Database

if TYPE_CHECKING:
    import asyncpg

    Session = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

CHANGES_DAYS = 7
_CHANGES_AT_ONCE = 1_000

# Rows come sorted by key and a function scan keeps their order: every writer locks users in the same order.
# Texts and stamps come joined, not as arrays: the driver takes several times as long to encode an array as PostgreSQL
# to take such a text apart. JSON holds no raw line break, stamps have one length.
# The stored `older` stays empty while each write covers the attributes before it; else what is left behind is noted.
_MERGE = """
INSERT INTO profiles.profiles AS p (environment_id, user_id, attributes, stamp, older, oldest, written_at)
SELECT environment_id, user_id, attributes::jsonb, substr($4::bytea, place::integer * 40 - 39, 40), older::jsonb,
    substr($6::bytea, place::integer * 16 - 15, 16), $7
FROM ROWS FROM (
    unnest($1::integer[]), json_array_elements_text($2::json), string_to_table($3, E'\n'),
    string_to_table($5, E'\n', ''))
    WITH ORDINALITY AS new (environment_id, user_id, attributes, older, place)
ON CONFLICT (environment_id, user_id) DO UPDATE SET
    attributes = p.attributes || EXCLUDED.attributes,
    stamp = EXCLUDED.stamp,
    older = CASE
        WHEN p.attributes || EXCLUDED.attributes = EXCLUDED.attributes THEN EXCLUDED.older
        ELSE coalesce(EXCLUDED.older, '{}') || (
            SELECT jsonb_object_agg(key, coalesce(
                p.older ->> key, encode(p.stamp || profiles.instant(p.written_at), 'hex')))
            FROM jsonb_object_keys(p.attributes) AS key WHERE NOT EXCLUDED.attributes ? key)
        END,
    oldest = EXCLUDED.oldest,
    written_at = EXCLUDED.written_at
WHERE p.stamp < EXCLUDED.oldest
    AND (p.erased_at IS NULL OR profiles.instant(p.erased_at) < substr(EXCLUDED.oldest, 1, 8))
"""

# What the merge passed over: locked by it, but not written by this transaction.
_PASSED_OVER = """
SELECT place, p.attributes, p.stamp, p.older, profiles.instant(p.written_at) AS written_at,
    profiles.instant(p.erased_at) AS erased_at
FROM unnest($1::integer[], $2::text[]) WITH ORDINALITY AS new (environment_id, user_id, place)
JOIN profiles.profiles p USING (environment_id, user_id)
WHERE p.xmin <> pg_current_xact_id()::xid
FOR UPDATE OF p
"""

_REPLACE = """
UPDATE profiles.profiles p
SET attributes = new.attributes, stamp = new.stamp, older = new.older, written_at = new.written_at
FROM unnest($1::integer[], $2::text[], $3::jsonb[], $4::bytea[], $5::jsonb[], $6::timestamptz[])
    AS new (environment_id, user_id, attributes, stamp, older, written_at)
WHERE p.environment_id = new.environment_id AND p.user_id = new.user_id
"""

_CHANGES = """
INSERT INTO profiles.changes (environment_id, users)
SELECT * FROM ROWS FROM (unnest($1::integer[]), json_array_elements($2::json)) AS changed (environment_id, users)
"""

# A raw record is kept, or its user erased, one after the other: see `profiles.erase`.
_KEEP_OFF_ERASURES = """
SELECT pg_advisory_xact_lock_shared('profiles.rejected_records'::regclass::oid::integer, part)
FROM (
    SELECT DISTINCT profiles.person(environment, user_id) AS part
    FROM unnest($1::integer[], $2::text[]) AS person (environment, user_id)) AS parts
"""

# A receipt that is written stays as it is; a failed one becomes written, once. Only then do its rejects come along.
# The raw record of somebody who was erased since it was observed does not come back.
_RECEIPTS = """
WITH new AS MATERIALIZED (
    SELECT * FROM json_to_recordset($1::json) AS new (
        day date, receipt bytea, integration_id integer, revision integer, environment_id integer, state text,
        failure text, request_id text, received_at timestamptz, records integer, written integer, rejected integer,
        values_rejected integer, superseded integer, erased integer, unmapped jsonb, unmapped_others integer,
        entries jsonb)
), recorded AS (
    INSERT INTO profiles.receipts AS r
        (day, receipt, integration_id, revision, environment_id, state, failure, request_id, received_at, written_at,
         records, written, rejected, values_rejected, superseded, erased, unmapped, unmapped_others)
    SELECT day, receipt, integration_id, revision, environment_id, state, failure, request_id, received_at, $3,
        records, written, rejected, values_rejected, superseded, erased, unmapped, unmapped_others
    FROM new
    ON CONFLICT (day, receipt) DO UPDATE SET
        revision = EXCLUDED.revision, environment_id = EXCLUDED.environment_id, state = EXCLUDED.state,
        failure = EXCLUDED.failure, request_id = EXCLUDED.request_id, received_at = EXCLUDED.received_at,
        written_at = EXCLUDED.written_at, records = EXCLUDED.records, written = EXCLUDED.written,
        rejected = EXCLUDED.rejected, values_rejected = EXCLUDED.values_rejected, superseded = EXCLUDED.superseded,
        erased = EXCLUDED.erased, unmapped = EXCLUDED.unmapped, unmapped_others = EXCLUDED.unmapped_others
    WHERE r.state = 'failed' AND EXCLUDED.state = 'written'
    RETURNING receipt
), noted AS (
    INSERT INTO profiles.rejects (day, receipt, entries)
    SELECT day, receipt, entries FROM new JOIN recorded USING (receipt) WHERE entries IS NOT NULL
)
INSERT INTO profiles.rejected_records (day, receipt, index, environment_id, user_id, record)
SELECT day, receipt, index, environment_id, user_id, record
FROM json_to_recordset($2::json) AS raw (
    day date, receipt bytea, index integer, environment_id integer, user_id text, record bytea, observed_at timestamptz)
JOIN recorded USING (receipt)
WHERE NOT EXISTS (
    SELECT FROM profiles.profiles p
    WHERE p.environment_id = raw.environment_id AND p.user_id = raw.user_id AND p.erased_at >= raw.observed_at)
"""


class Store:
    """The profile writer's tables."""

    def __init__(
        self, database: Database, clock: Clock, retention_days: int, *, changes_days: int = CHANGES_DAYS
    ) -> None:
        self._database = database
        self._changes = timedelta(days=changes_days)
        self._clock = clock
        self._retention = timedelta(days=retention_days)
        self._days: set[date] = set()
        self._turn = asyncio.Lock()

    async def write(self, batches: Sequence[MappedBatch]) -> None:
        """Merges the batches' rows and records their receipts and rejects, all or nothing.

        Harmless when repeated. Several may be under way: while one is in the database, the next is folded. Raises
        `UnavailableError` when the database is away, and the driver's own error when the data cannot be stored.
        """
        now = self._clock()
        rows = folding.fold(batches, stamps.instant(now))
        receipts_of = receipts.of(batches, self._first_day(now))
        await self._ensure_days({receipt.day for receipt in receipts_of.values()})
        try:
            async with self._turn, self._database.transaction() as session:
                await _keep_off_erasures(session, batches)
                await history_store.keep(session, batches, rows, stamps.instant(now))
                losses, changed = await _merge(session, rows, now)
                if self._changes:
                    await _announce(session, changed)
                await _record(session, batches, receipts_of, losses, now)
        except BaseException:
            self._days.clear()  # in case it was a partition that is gone
            raise

    async def probe(self) -> None:
        """A write of this store's own kind, rolled back. Raises `UnavailableError`."""
        probe = Row(0, "", (), folding.NOTHING, b"", None, b"", None)
        async with self._database.transaction(commit=False) as session:
            await _upsert(session, [probe], self._clock())

    async def drop_expired(self) -> int:
        """Drops the partitions of receipts and rejects past their retention; returns how many tables went."""
        async with self._database.transaction() as session:
            dropped: int = await session.fetchval("SELECT profiles.drop_before($1)", self._first_day(self._clock()))
        self._days.clear()
        return dropped

    async def drop_changes(self) -> int:
        """Drops changes past their retention from the feed; returns how many."""
        before, dropped = stamps.to_datetime(self._clock()) - self._changes, 0
        while True:
            async with self._database.transaction() as session:
                some: int = await session.fetchval("SELECT profiles.drop_changes($1, $2)", before, _CHANGES_AT_ONCE)
            dropped += some
            if some < _CHANGES_AT_ONCE:
                return dropped

    async def _ensure_days(self, days: set[date]) -> None:
        for day in sorted(days - self._days):
            async with self._database.transaction() as session:
                await session.execute("SELECT profiles.ensure_day($1)", day)
            self._days.add(day)

    def _first_day(self, now: int) -> date:
        return (stamps.to_datetime(now) - self._retention).date()


async def _keep_off_erasures(session: "Session", batches: Sequence[MappedBatch]) -> None:
    """Waits for the users of raw records not to be erased at this moment, before any row is locked."""
    people = {
        (batch.environment, kept.user_id)
        for batch in batches
        for kept in batch.rejected_records
        if kept.user_id is not None
    }
    if people:
        environments, users = zip(*people, strict=True)
        await session.execute(_KEEP_OFF_ERASURES, environments, users)


async def _merge(session: "Session", rows: Sequence[Row], now: int) -> tuple[Losses, Sequence[Row]]:
    """Returns what lost, and the rows whose profiles changed."""
    losses, changed = Losses(), rows
    passed_over: set[int] = set()
    if rows and await _upsert(session, rows, now) < len(rows):
        passed_over, merged, losses = await _merge_one_by_one(session, rows, now)
        changed = [row for place, row in enumerate(rows) if place not in passed_over or place in merged]
    for place, row in enumerate(rows):
        if row.losses is not None and place not in passed_over:
            losses.add(row.losses)
    return losses, changed


async def _announce(session: "Session", changed: Sequence[Row]) -> None:
    """Notes which users changed, a row an environment."""
    if not changed:
        return
    environments, users = [], []
    for environment, rows in groupby(changed, key=attrgetter("environment")):  # they are sorted
        environments.append(environment)
        users.append([row.user_id for row in rows])
    await session.execute(_CHANGES, environments, msgspec.json.encode(users).decode())


async def _upsert(session: "Session", rows: Sequence[Row], now: int) -> int:
    """Returns how many rows were taken over; the others are locked."""
    status = await session.execute(
        _MERGE,
        [row.environment for row in rows],
        msgspec.json.encode([row.user_id for row in rows]).decode(),
        b"\n".join([row.attributes for row in rows]).decode(),
        b"".join([row.stamp for row in rows]),
        b"\n".join([row.older or b"" for row in rows]).decode(),
        b"".join([row.oldest for row in rows]),
        stamps.to_datetime(now),
    )
    return int(status.rpartition(" ")[2])


async def _merge_one_by_one(session: "Session", rows: Sequence[Row], now: int) -> tuple[set[int], set[int], Losses]:
    """Applies the records of the rows that were passed over.

    Returns their places, the places of those that changed by it, and what lost.
    """
    written_at, losses, places = stamps.instant(now), Losses(), set()
    changed: dict[int, Profile] = {}
    environments, users = [row.environment for row in rows], [row.user_id for row in rows]
    for stored in await session.fetch(_PASSED_OVER, environments, users):
        place = stored["place"] - 1
        places.add(place)
        older = stored["older"]
        before = Columns(stored["attributes"].encode(), stored["stamp"], older and older.encode())
        profile = Profile.read(before, stored["written_at"])
        losses.add(folding.apply_all(profile, rows[place].updates, stored["erased_at"], written_at))
        if profile.changed:
            changed[place] = profile
    if changed:
        await _replace(session, [(rows[place], profile) for place, profile in changed.items()])
    return places, set(changed), losses


async def _replace(session: "Session", changed: Sequence[tuple[Row, Profile]]) -> None:
    columns = [profile.columns() for _, profile in changed]
    await session.execute(
        _REPLACE,
        [row.environment for row, _ in changed],
        [row.user_id for row, _ in changed],
        [each.attributes.decode() for each in columns],
        [each.stamp for each in columns],
        [each.older and each.older.decode() for each in columns],
        [stamps.to_datetime(stamps.from_instant(profile.written_at())) for _, profile in changed],
    )


async def _record(
    session: "Session", batches: Sequence[MappedBatch], receipts_of: Mapping[int, Receipt], losses: Losses, now: int
) -> None:
    if not receipts_of:
        return
    for place, receipt in receipts_of.items():
        receipt.superseded = losses.superseded[place]
        receipt.erased = losses.erased[place]
    written = sorted(receipts_of.values(), key=lambda each: (each.day, each.receipt))  # as all writers lock them
    records = [record for place in receipts_of for record in receipts.records_kept(batches[place])]
    await session.execute(
        _RECEIPTS,
        msgspec.json.encode(written).decode(),
        msgspec.json.encode(records).decode(),
        stamps.to_datetime(now),
    )
