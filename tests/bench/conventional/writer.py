"""The writer: one upsert a message in one transaction, keys sorted, older values never over newer ones."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from faststream import AckPolicy, FastStream
from faststream.rabbit import Channel, RabbitBroker
from sqlalchemy import Insert
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import create_async_engine

from tests.bench.conventional.messages import MAPPED, MappedBatch
from tests.bench.conventional.settings import Settings
from tests.bench.conventional.tables import BATCHES, METADATA, PROFILES

_COLUMNS = ("department", "title", "seats", "score", "hired", "updated_at")


def build(settings: Settings) -> FastStream:
    """The application."""
    broker = RabbitBroker(
        settings.broker_url.get_secret_value(),
        default_channel=Channel(prefetch_count=settings.prefetch),
        log_level=logging.DEBUG,
    )
    url = settings.database_url.get_secret_value().replace("postgresql://", "postgresql+asyncpg://", 1)
    engine = create_async_engine(url, pool_size=settings.database_connections, max_overflow=0)
    upsert = _upsert()

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        async with engine.begin() as connection:
            await connection.run_sync(METADATA.create_all)
        yield
        await engine.dispose()

    @broker.subscriber(MAPPED, ack_policy=AckPolicy.NACK_ON_ERROR)
    async def write(batch: MappedBatch) -> None:
        receipt = {"receipt": batch.receipt, "records": len(batch.records), "rejected": batch.rejected}
        async with engine.begin() as connection:
            if batch.records:
                await connection.execute(upsert, _rows(batch))
            await connection.execute(insert(BATCHES).on_conflict_do_nothing(), receipt)

    return FastStream(broker, lifespan=lifespan)


def _upsert() -> Insert:
    statement = insert(PROFILES)
    return statement.on_conflict_do_update(
        index_elements=[PROFILES.c.user_id],
        set_={name: statement.excluded[name] for name in _COLUMNS},
        where=PROFILES.c.updated_at <= statement.excluded.updated_at,
    )


def _rows(batch: MappedBatch) -> list[dict[str, object]]:
    """Of several records of one user the last; sorted, so that two writers never wait for each other in a circle."""
    latest = {record.user_id: record for record in batch.records}
    return [{**vars(latest[user_id]), "updated_at": batch.received_at} for user_id in sorted(latest)]
