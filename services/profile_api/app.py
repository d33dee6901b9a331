"""The profile API's composition root."""

import asyncio

from aiohttp import web

from services.profile_api.profiles import Profiles
from services.profile_api.receipt_lists import ReceiptLists
from services.profile_api.receipts import Receipts
from services.profile_api.settings import ProfileApiSettings
from services.profile_api.store import Store
from shared.contract.receipts import ReceiptSigner
from shared.runtime import health, log
from shared.runtime.access import Access, open_access
from shared.runtime.api import ACCESS, application
from shared.runtime.clock import Clock, system_clock
from shared.runtime.definitions import Definitions, open_definitions
from shared.runtime.health import Health, Readiness
from shared.runtime.metrics import Metrics
from shared.runtime.postgres import Database
from shared.runtime.process import serving, stop_on_signals
from shared.runtime.snapshot import SnapshotKeeper
from shared.runtime.transport import open_broker

RESOURCES = (Profiles, ReceiptLists, Receipts, Health)


async def run(settings: ProfileApiSettings) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what was begun."""
    log.configure(settings.log_level, "profile-api")
    stop = stop_on_signals()
    metrics = Metrics()
    async with open_definitions(settings, metrics) as definitions:
        await _serve(settings, definitions, metrics, stop)


async def _serve(settings: ProfileApiSettings, definitions: Definitions, metrics: Metrics, stop: asyncio.Event) -> None:
    keeper, database = definitions.keeper, Database(settings)
    # For announcements alone: without the broker, changes of the definitions arrive by poll.
    broker = await open_broker(settings)
    readiness = Readiness({"definitions": keeper.check, "database": health.check_of(database.check)})
    app = build_app(settings, keeper, database, readiness, metrics)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(definitions.keep_up(broker, app[ACCESS].used, stop))
            async with serving(app, settings):
                await stop.wait()
                readiness.draining = True
    finally:
        await broker.close()
        await database.close()


def build_app(  # noqa: PLR0913 - the parts of the process, each passed once
    settings: ProfileApiSettings,
    keeper: SnapshotKeeper,
    database: Database,
    readiness: Readiness,
    metrics: Metrics,
    *,
    clock: Clock = system_clock,
) -> web.Application:
    """The HTTP side on given parts."""
    access = open_access(settings, keeper, clock=clock)
    parts = resources(settings, access, database, clock)
    return application(access, metrics, (*parts, Health(readiness, metrics)))


def resources(
    settings: ProfileApiSettings, access: Access, database: Database, clock: Clock
) -> tuple[Profiles, ReceiptLists, Receipts]:
    """What answers, on given parts."""
    store = Store(database)
    signer = ReceiptSigner(settings.receipt_key.get_secret_value().encode())
    return (
        Profiles(access, store, signer),
        ReceiptLists(access, store, signer, clock),
        Receipts(access, store, signer, clock, settings.retention_days),
    )
