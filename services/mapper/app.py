"""The mapper's composition root."""

import asyncio
from functools import partial

from services.mapper.handler import MapHandler
from services.mapper.preview import Previews
from services.mapper.settings import MapperSettings
from shared.contract import topology
from shared.contract.messages import MappedBatch, RawBatch, decode_raw, encode_mapped, encode_raw
from shared.runtime import health, log
from shared.runtime.access import open_access
from shared.runtime.api import application
from shared.runtime.backlog import watch_queues
from shared.runtime.broker import Broker
from shared.runtime.clock import system_clock
from shared.runtime.definitions import Definitions, open_definitions
from shared.runtime.health import Health
from shared.runtime.metrics import Metrics
from shared.runtime.process import serving, stop_on_signals, work
from shared.runtime.snapshot import SnapshotKeeper
from shared.runtime.transport import open_broker
from shared.runtime.worker import Stage, Worker

RESOURCES = (Previews, Health)

STAGE: Stage[RawBatch, MappedBatch] = Stage(
    inbox=topology.RAW.name,
    dead=topology.RAW_DEAD.name,
    decode=decode_raw,
    encode=encode_raw,
    outbox=topology.MAPPED.name,
    encode_out=encode_mapped,
    most=2,  # few at once, so that the profile writer has work while the next ones are mapped
)


async def run(settings: MapperSettings) -> None:
    """Maps until SIGTERM or SIGINT, then finishes what it has begun, for at most `drain_s`."""
    log.configure(settings.log_level, "mapper")
    stop = stop_on_signals()
    metrics = Metrics(settings.build)
    async with open_definitions(settings, metrics) as definitions:
        await _serve(settings, definitions, metrics, stop)


async def _serve(settings: MapperSettings, definitions: Definitions, metrics: Metrics, stop: asyncio.Event) -> None:
    keeper = definitions.keeper
    broker = await open_broker(settings)
    worker = open_worker(settings, keeper, broker, metrics)
    readiness = health.Readiness(
        {"definitions": keeper.check, "broker": health.check_of(broker.check)}, lambda: broker.notes
    )
    access = open_access(settings, keeper)
    app = application(access, metrics, (Previews(system_clock), Health(readiness, metrics)))
    try:
        async with serving(app, settings), asyncio.TaskGroup() as tasks:
            tasks.create_task(definitions.keep_up(broker, access.used, stop))
            watching = tasks.create_task(watch_queues(broker, metrics))
            await work(worker.run, stop, readiness, settings.drain_s)
            watching.cancel()
    finally:
        await broker.close()


def open_worker(
    settings: MapperSettings, keeper: SnapshotKeeper, broker: Broker, metrics: Metrics
) -> Worker[RawBatch, MappedBatch]:
    """What maps, on given parts."""
    handler = MapHandler(keeper, partial(publish_nothing, broker), metrics, keeper.keeps_history)
    return Worker(STAGE, handler, broker, metrics, settings.patience_s)


async def publish_nothing(broker: Broker) -> None:
    """Publishes a frame without batches, to see whether the profile writer's queue takes any. See `Broker.publish`."""
    await broker.publish(topology.MAPPED.name, encode_mapped([]))
