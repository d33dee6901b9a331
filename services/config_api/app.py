"""The config API's composition root."""

import asyncio

from aiohttp import web

from services.config_api.announcements import Announcements
from services.config_api.attributes import Attributes
from services.config_api.environments import Environments
from services.config_api.internal import Internal
from services.config_api.settings import ConfigApiSettings
from services.config_api.snapshot import DatabaseSource
from services.config_api.store import Store
from services.config_api.systems import Systems
from shared.contract.sessions import SessionSigner
from shared.runtime import amqp, health, log
from shared.runtime.access import Access
from shared.runtime.api import application
from shared.runtime.clock import Clock, system_clock
from shared.runtime.health import Health, Readiness
from shared.runtime.metrics import Metrics
from shared.runtime.postgres import Database
from shared.runtime.process import serving, stop_on_signals
from shared.runtime.snapshot import SnapshotKeeper

RESOURCES = (Systems, Environments, Attributes, Internal, Health)


async def run(settings: ConfigApiSettings) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what was begun."""
    log.configure(settings.log_level, "config-api")
    stop = stop_on_signals()
    metrics = Metrics()
    database = Database(settings)
    source = DatabaseSource(database)
    keeper = SnapshotKeeper(source, None, system_clock, metrics)
    await keeper.start()
    broker = await amqp.connect(settings.broker_url.get_secret_value(), publish_timeout_s=settings.publish_timeout_s)
    announcements = Announcements(broker)
    store = Store(database, keeper, announcements.changed)
    # Without the broker, definitions can be changed all the same: the news of it waits for the others' polls.
    readiness = Readiness({"database": health.check_of(database.check)}, lambda: broker.notes)
    app = build_app(settings, store, keeper, source, readiness, metrics)
    try:
        async with asyncio.TaskGroup() as tasks:
            announcing = tasks.create_task(announcements.run())
            tasks.create_task(keeper.run(stop))
            async with serving(app, settings):
                await stop.wait()
                readiness.draining = True
            announcing.cancel()
    finally:
        await broker.close()
        await database.close()


def build_app(  # noqa: PLR0913, PLR0917 - the parts of the process, each passed once
    settings: ConfigApiSettings,
    store: Store,
    keeper: SnapshotKeeper,
    source: DatabaseSource,
    readiness: Readiness,
    metrics: Metrics,
    *,
    clock: Clock = system_clock,
) -> web.Application:
    """The HTTP side on given parts."""
    access = Access(
        keeper,
        clock,
        SessionSigner(settings.session_key.get_secret_value().encode()),
        origin=settings.console_origin,
        service_token=settings.service_token.get_secret_value(),
    )
    resources = (
        Systems(store),
        Environments(store),
        Attributes(store),
        Internal(source, keeper, clock),
        Health(readiness, metrics),
    )
    return application(access, metrics, resources)
