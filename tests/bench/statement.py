"""The writer's own merge on prepared rows, beside the reference upsert: one connection, a commit every 500 rows.

Rows come in order, for profiles that exist, every one newer than what is there. Both sides start from rows and make
their columns within the measured time. Whole writes (with their receipts) show what the feed and histories cost.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg
import msgspec
from pydantic import SecretStr

from services.profile_writer.fold import Row, fold
from services.profile_writer.history import MOST
from services.profile_writer.store import CHANGES_DAYS, Store
from services.profile_writer.store import _merge as merge  # the merge alone, without receipts, has no public name
from shared.contract import messages, stamps
from shared.contract.receipts import ReceiptSigner
from shared.runtime.clock import system_clock
from shared.runtime.postgres import Database
from shared.runtime.settings import DatabaseSettings
from tests.bench import bodies

if TYPE_CHECKING:
    Session = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]

_Row = TypeVar("_Row")
_FOLDER = Path(__file__).parent
_WRITES = 20
_ATTRIBUTES = ("department", "title", "seats", "score", "hired")


class _Envelope(msgspec.Struct):
    data: list[dict[str, Any]]


class Statement:
    """Both statements on one database."""

    def __init__(self, database: Database, sent: Sequence[bytes], attributes: Sequence[str] = _ATTRIBUTES) -> None:
        self._database = database
        self._names = attributes
        self._records = [msgspec.json.decode(body, type=_Envelope).data for body in sent]
        self._signer = ReceiptSigner(bytes(16))
        self._reference = (_FOLDER / "reference.sql").read_text()

    async def merge_per_s(self) -> float:
        """Rows a second through the writer's merge."""
        prepared = [self._folded(batch) for batch in self._records]
        now = time.time_ns() // 1000

        async def execute(session: "Session", rows: Sequence[Row]) -> None:
            await merge(session, rows, now)

        return await self._rate(prepared, execute)

    async def reference_per_s(self) -> float:
        """Rows a second through the reference upsert."""
        version = time.time_ns()
        prepared = [
            sorted((1, record["userId"], self._attributes(record).decode(), version + place) for record in batch)
            for place, batch in enumerate(self._records)
        ]

        async def execute(session: "Session", rows: Sequence[tuple[object, ...]]) -> None:
            await session.execute(self._reference, *zip(*rows, strict=True))

        return await self._rate(prepared, execute)

    async def write_per_s(self, *, feed: bool, history: bool) -> float:
        """Rows a second through whole writes of a batch each: with the feed of changes, with a history, or without."""
        store = Store(self._database, system_clock, 40, changes_days=CHANGES_DAYS if feed else 0)
        kept: list[messages.RejectedValue] | msgspec.UnsetType = [] if history else msgspec.UNSET
        batches = [
            msgspec.structs.replace(self._mapped(records), rejected_values=kept) for records in self._records[:_WRITES]
        ]
        begun = time.perf_counter()
        for batch in batches:
            await store.write([batch])
        return sum(batch.records for batch in batches) / (time.perf_counter() - begun)

    async def _rate(
        self, prepared: Sequence[Sequence[_Row]], execute: Callable[["Session", Sequence[_Row]], Awaitable[None]]
    ) -> float:
        begun = time.perf_counter()
        for rows in prepared:
            async with self._database.transaction() as session:
                await execute(session, rows)
        return sum(map(len, prepared)) / (time.perf_counter() - begun)

    def _folded(self, records: Sequence[dict[str, Any]]) -> list[Row]:
        batch = self._mapped(records)
        return fold([batch], stamps.instant(batch.received_at))

    def _mapped(self, records: Sequence[dict[str, Any]]) -> messages.MappedBatch:
        received_at = time.time_ns() // 1000
        return messages.MappedBatch(
            receipt=self._signer.issue(1, stamps.to_datetime(received_at).date()),
            integration=1,
            revision=1,
            received_at=received_at,
            request_id="",
            environment=1,
            records=len(records),
            rows=[
                messages.Row(index, received_at, record["userId"], self._attributes(record))
                for index, record in enumerate(records)
            ],
        )

    def _attributes(self, record: dict[str, Any]) -> bytes:
        return msgspec.json.encode({str(number): record[name] for number, name in enumerate(self._names, 1)})


@asynccontextmanager
async def statement(database_url: str, pool: bodies.Pool) -> AsyncIterator[Statement]:
    """Both statements on a migrated database, every profile already there."""
    settings = DatabaseSettings(database_url=SecretStr(database_url), database_connections=1)
    database = Database(settings)
    try:
        async with database.transaction() as session:
            await session.execute((_FOLDER / "reference_table.sql").read_text())
        both = Statement(database, bodies.build(pool))
        await both.merge_per_s()
        await both.reference_per_s()
        for _ in range(MOST):
            await both.write_per_s(feed=True, history=True)
        yield both
    finally:
        await database.close()
