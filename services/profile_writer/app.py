"""The profile writer's composition root."""

import asyncio

import structlog

from services.profile_writer.handler import WriteHandler
from services.profile_writer.settings import ProfileWriterSettings
from services.profile_writer.store import Store
from shared.contract import topology
from shared.contract.messages import MappedBatch, decode_mapped, encode_mapped
from shared.runtime import health, log
from shared.runtime.api import application
from shared.runtime.backlog import watch_queues
from shared.runtime.broker import PREFETCH, Broker, UnavailableError
from shared.runtime.clock import system_clock
from shared.runtime.health import Health
from shared.runtime.metrics import Metrics
from shared.runtime.postgres import Database
from shared.runtime.process import serving, stop_on_signals, work
from shared.runtime.transport import open_broker
from shared.runtime.worker import Stage, Worker

_log = structlog.get_logger()

RESOURCES = (Health,)

STAGE: Stage[MappedBatch, MappedBatch] = Stage(
    inbox=topology.MAPPED.name,
    dead=topology.MAPPED_DEAD.name,
    decode=decode_mapped,
    encode=encode_mapped,
    most=PREFETCH // 2,  # half of what may be unacknowledged for each lane
    lanes=2,
)


async def run(settings: ProfileWriterSettings) -> None:
    """Writes until SIGTERM or SIGINT, then finishes what it has begun, for at most `drain_s`."""
    log.configure(settings.log_level, "profile-writer")
    stop = stop_on_signals()
    metrics = Metrics(settings.build)
    database = Database(settings)
    store = Store(database, system_clock, settings.retention_days, changes_days=settings.changes_days)
    broker = await open_broker(settings)
    worker = open_worker(settings, store, broker, metrics)
    readiness = health.Readiness(
        {"broker": health.check_of(broker.check), "database": health.check_of(database.check)}, lambda: broker.notes
    )
    app = application(None, metrics, (Health(readiness, metrics),))
    try:
        async with serving(app, settings):
            background = [
                asyncio.create_task(keep_retention(store, settings.retention_check_s)),
                asyncio.create_task(watch_queues(broker, metrics)),
            ]
            try:
                await work(worker.run, stop, readiness, settings.drain_s)
            finally:
                for task in background:
                    task.cancel()
    finally:
        await broker.close()
        await database.close()


def open_worker(
    settings: ProfileWriterSettings, store: Store, broker: Broker, metrics: Metrics
) -> Worker[MappedBatch, MappedBatch]:
    """What writes, on given parts."""
    return Worker(STAGE, WriteHandler(store, metrics), broker, metrics, settings.patience_s)


async def keep_retention(store: Store, interval_s: float) -> None:
    """Drops what is past its retention, now and then; an outage only puts it off."""
    while True:
        try:
            dropped, changes = await store.drop_expired(), await store.drop_changes()
            _log.info("retention", dropped=dropped, changes=changes)
        except UnavailableError as error:
            _log.warning("retention_put_off", reason=str(error))
        await asyncio.sleep(interval_s)
