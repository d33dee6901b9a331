"""Records of people who are erased: batches with raw records and refused values, and sessions that wait."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg
import msgspec

from services.profile_writer.store import Store
from shared.contract.codes import Code
from shared.contract.messages import MappedBatch, Reject, RejectedRecord, RejectedValue
from shared.runtime.clock import Clock
from shared.runtime.postgres import Database
from shared.runtime.settings import DatabaseSettings
from tests.backing.migrated import role_url
from tests.integration.given_batches import NOON, Record, mapped

YEARS = 365 * 24 * 3600 * 1_000_000
BEFORE, AFTER = -10 * YEARS, 10 * YEARS
"""Long before and long after the test runs, as offsets from NOON."""
SEATS = 2


def refused(
    name: str,
    users: Sequence[str],
    *,
    at: int = 0,
    observed: int | None = None,
    records: Sequence[Record] = (),
    history: bool = True,
) -> MappedBatch:
    """A batch with one rejected record a user, for a value; `records` were fine. `history`: its place keeps one."""
    seen, first = at if observed is None else observed, len(records)
    batch = mapped(
        name,
        records,
        at=at,
        rejected=len(users),
        rejects=[Reject(first + place, "seats", Code.INVALID_NUMBER) for place in range(len(users))],
        rejected_records=[RejectedRecord(first + place, user, raw_record(user)) for place, user in enumerate(users)],
    )
    return msgspec.structs.replace(
        batch,
        rejected_observed_at={first + place: NOON + seen for place in range(len(users))},
        rejected_values=msgspec.UNSET
        if not history
        else [
            RejectedValue(first + place, NOON + seen, user, SEATS, b'"many"', Code.INVALID_NUMBER)
            for place, user in enumerate(users)
        ],
    )


def raw_record(user: str) -> bytes:
    """What was sent."""
    return msgspec.json.encode({"userId": user, "seats": "many"})


@asynccontextmanager
async def writing(database: str, clock: Clock = lambda: NOON + 10, *, changes_days: int = 7) -> AsyncIterator[Store]:
    """A profile writer's store on a database (a superuser's URL), with a pool of its own."""
    opened = Database(DatabaseSettings(database_url=role_url(database, "inlet_profile_writer")))
    try:
        yield Store(opened, clock, retention_days=40, changes_days=changes_days)
    finally:
        await opened.close()


async def until_waiting(session: "asyncpg.Connection[asyncpg.Record]", many: int = 1) -> None:
    """Until so many sessions wait for a lock."""
    async with asyncio.timeout(5):
        while many != await session.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ):
            await asyncio.sleep(0.01)
