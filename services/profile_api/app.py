"""The profile API's composition root."""

import asyncio

from aiohttp import web

from services.profile_api.changes import ChangeFeed
from services.profile_api.context import Contexts
from services.profile_api.explain import Explanations
from services.profile_api.members import MemberLists
from services.profile_api.personal_data import PersonalData
from services.profile_api.profiles import Profiles
from services.profile_api.receipt_lists import ReceiptLists
from services.profile_api.receipts import Receipts
from services.profile_api.relay import Relay
from services.profile_api.relay_store import RelayStore
from services.profile_api.segment_book import SegmentBook
from services.profile_api.segment_store import SegmentStore
from services.profile_api.settings import ProfileApiSettings
from services.profile_api.store import Store
from shared.contract.receipts import ReceiptSigner
from shared.runtime import health, log
from shared.runtime.access import Access, open_access
from shared.runtime.api import ACCESS, application
from shared.runtime.broker import EventBroker
from shared.runtime.clock import Clock, system_clock
from shared.runtime.definitions import Definitions, open_definitions
from shared.runtime.health import Health, Readiness
from shared.runtime.metrics import Metrics
from shared.runtime.postgres import Database
from shared.runtime.process import serving, stop_on_signals
from shared.runtime.snapshot import SnapshotKeeper
from shared.runtime.transport import Transport, open_broker

RESOURCES = (Profiles, Explanations, PersonalData, MemberLists, Contexts, ChangeFeed, ReceiptLists, Receipts, Health)


async def run(settings: ProfileApiSettings) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what was begun."""
    log.configure(settings.log_level, "profile-api")
    stop = stop_on_signals()
    metrics = Metrics(settings.build)
    async with open_definitions(settings, metrics) as definitions:
        await _serve(settings, definitions, metrics, stop)


async def _serve(settings: ProfileApiSettings, definitions: Definitions, metrics: Metrics, stop: asyncio.Event) -> None:
    keeper, database = definitions.keeper, Database(settings)
    # For news and events: without the broker, changes of the definitions arrive by poll, and events have to wait.
    broker = await open_broker(settings)
    readiness = Readiness({"definitions": keeper.check, "database": health.check_of(database.check)})
    app = build_app(settings, keeper, database, readiness, metrics)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(definitions.keep_up(broker, app[ACCESS].used, stop))
            relaying = tasks.create_task(relay_events(database, broker, keeper))
            async with serving(app, settings):
                await stop.wait()
                readiness.draining = True
            relaying.cancel()
    finally:
        await broker.close()
        await database.close()


async def relay_events(database: Database, broker: Transport, keeper: SnapshotKeeper) -> None:
    """Publishes changes of profiles, until it is cancelled; not with queues in PostgreSQL, to which nobody can bind."""
    if isinstance(broker, EventBroker):
        await Relay(RelayStore(database), broker, keeper).run()


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


def resources(settings: ProfileApiSettings, access: Access, database: Database, clock: Clock) -> tuple[object, ...]:
    """What answers, on given parts."""
    store, book = Store(database), SegmentBook()
    segments = SegmentStore(database, max(1, settings.database_connections // 2))
    signer = ReceiptSigner(settings.receipt_key.get_secret_value().encode())
    return (
        Profiles(access, store, signer),
        Explanations(access, store, signer),
        PersonalData(access, store, signer),
        MemberLists(access, segments, book, clock),
        Contexts(access, segments, book, clock),
        ChangeFeed(access, store, settings.changes_days),
        ReceiptLists(access, store, signer, clock),
        Receipts(access, store, signer, clock, settings.retention_days),
    )
