"""The SQL of segments: conditions asked of all profiles of an environment, or of one.

Conditions are expressions over a row `p` (see `conditions`), made of constants of ours; their values are parameters.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from services.profile_api.store import can_be
from shared.runtime.broker import UnavailableError
from shared.runtime.postgres import Database, Session

_TURN_S = 10.0

# The condition comes first: that somebody has no attributes any more is rare, and costs more to find out than most.
_COUNT = """
SELECT count(*) FROM profiles.profiles p WHERE environment_id = $1 AND CASE WHEN %s THEN attributes <> '{}' END
"""

# Of a large segment a page lies among the next profiles in their order. Of a small one it does not, and to follow the
# order through the whole table would read it all at random: then it is scanned as it lies, by several processes.
_NEAR = """
SELECT user_id FROM (
    SELECT user_id, attributes FROM profiles.profiles
    WHERE environment_id = $1 AND user_id > $2 AND attributes <> '{}' ORDER BY user_id LIMIT 100 * $3::bigint) p
WHERE %s ORDER BY user_id LIMIT $3
"""
_AS_IT_LIES = "SET LOCAL enable_indexscan = off"
_FAR = """
SELECT user_id FROM profiles.profiles p
WHERE environment_id = $1 AND user_id > $2 AND CASE WHEN %s THEN attributes <> '{}' END ORDER BY user_id LIMIT $3
"""

_CONTEXT = """
SELECT attributes, ARRAY[%s]::boolean[] AS belongs FROM profiles.profiles p
WHERE environment_id = $1 AND user_id = $2 AND attributes <> '{}'
"""


class SegmentStore:
    """Conditions asked of profiles. Every method raises `UnavailableError`.

    At most `scans` at a time read many profiles: whoever asks for one user finds a session all the same.
    """

    def __init__(self, database: Database, scans: int) -> None:
        self._database = database
        self._turns = asyncio.Semaphore(scans)

    async def count(self, condition: str, arguments: Sequence[object]) -> int:
        """For how many profiles a condition is true; the environment is the first argument."""
        async with self._scan() as session:
            rows = await session.fetch(_COUNT % condition, *arguments)  # under fetchval's row limit no scan is parallel
        return int(rows[0][0])

    async def members(self, condition: str, arguments: Sequence[object]) -> list[str]:
        """The users for whom a condition is true, in their order.

        Of the arguments the first are the environment, the user ID after which to begin, and how many at most.
        """
        async with self._scan() as session:
            rows = await session.fetch(_NEAR % condition, *arguments)
            if len(rows) != arguments[2]:
                await session.execute(_AS_IT_LIES)
                rows = await session.fetch(_FAR % condition, *arguments)
        return [row["user_id"] for row in rows]

    async def context(
        self, environment: int, user_id: str, conditions: Sequence[str], arguments: Sequence[object]
    ) -> tuple[str, Sequence[bool | None]] | None:
        """A profile's attributes, and for each condition whether it is true; `arguments` are the conditions'."""
        if not can_be(user_id):
            return None
        async with self._database.transaction() as session:
            row = await session.fetchrow(_CONTEXT % ", ".join(conditions), environment, user_id, *arguments)
        return None if row is None else (row["attributes"], row["belongs"])

    @asynccontextmanager
    async def _scan(self) -> AsyncIterator[Session]:
        try:
            await asyncio.wait_for(self._turns.acquire(), _TURN_S)
        except TimeoutError:
            raise UnavailableError("database: too many scans wait for their turn") from None
        try:
            async with self._database.transaction() as session:
                yield session
        finally:
            self._turns.release()
