"""The SQL of the relay: changes that were not published yet, and how far they were."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple

from services.profile_api.store import FEED
from shared.runtime.postgres import Database

# No row is locked: that would make this a writing transaction, and the feed waits for those to end.
_MINE = "SELECT pg_try_advisory_xact_lock(hashtext('inlet.relay'))"
# In a database that was restored elsewhere transactions are counted anew: then it begins where the feed stands.
_TAKE = f"""
SELECT CASE WHEN feed IN ('', now.here) THEN xid ELSE now.position END::text AS after, now.here,
    now.position::text AS position
FROM profiles.relay, (
    SELECT {FEED} AS here, pg_snapshot_xmin(pg_current_snapshot()) AS position FROM pg_control_system()) AS now
"""
_CHANGES = """
SELECT xid::text AS xid, environment_id, changed_at, users FROM profiles.changes
WHERE xid > $1::text::xid8 AND xid < $2::text::xid8 ORDER BY xid FETCH FIRST ($3::integer) ROWS WITH TIES
"""
_NOTE = "UPDATE profiles.relay SET feed = $1, xid = $2::text::xid8"


class Published(NamedTuple):
    """One write: its environment, when it was, and the users that it changed as a JSON array."""

    environment: int
    changed_at: datetime
    users: str


class RelayStore:
    """The tables of changes and of how far they were published."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def unpublished(self, most: int) -> AsyncIterator[Sequence[Published]]:
        """Changes to be published in the block; on leaving they count as published, on an exception they do not.

        There are none while another process has some. Raises `UnavailableError`.
        """
        async with self._database.transaction() as session:
            taken = await session.fetchrow(_TAKE) if await session.fetchval(_MINE) else None
            if taken is None:
                yield ()
                return
            rows = await session.fetch(_CHANGES, taken["after"], taken["position"], most)
            yield [Published(row["environment_id"], row["changed_at"], row["users"]) for row in rows]
            if rows:
                await session.execute(_NOTE, taken["here"], rows[-1]["xid"])
