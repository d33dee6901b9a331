"""The config API's composition root."""

import asyncio

from aiohttp import web

from services.config_api.access_tokens import AccessTokens
from services.config_api.announcements import Announcements
from services.config_api.attributes import Attributes
from services.config_api.audit import Audit
from services.config_api.bootstrap import make_first_admin
from services.config_api.console_files import ConsoleFiles
from services.config_api.docs import Docs
from services.config_api.environments import Environments
from services.config_api.integration_states import IntegrationStates
from services.config_api.integration_tokens import IntegrationTokens
from services.config_api.integrations import Integrations
from services.config_api.internal import Internal
from services.config_api.passwords import Attempts, Passwords
from services.config_api.segments import Segments
from services.config_api.sessions import Sessions
from services.config_api.settings import ConfigApiSettings
from services.config_api.snapshot import DatabaseSource
from services.config_api.store import Store
from services.config_api.systems import Systems
from services.config_api.users import Users
from shared.contract.sessions import SessionSigner
from shared.runtime import health, log
from shared.runtime.access import Access
from shared.runtime.api import ACCESS, application
from shared.runtime.clock import Clock, system_clock
from shared.runtime.definitions import Definitions
from shared.runtime.health import Health, Readiness
from shared.runtime.metrics import Metrics
from shared.runtime.postgres import Database
from shared.runtime.process import serving, stop_on_signals
from shared.runtime.snapshot import SnapshotKeeper
from shared.runtime.transport import open_broker

RESOURCES = (
    Systems,
    Environments,
    Attributes,
    Segments,
    Integrations,
    IntegrationStates,
    IntegrationTokens,
    AccessTokens,
    Users,
    Sessions,
    Audit,
    Internal,
    Docs,
    ConsoleFiles,
    Health,
)
LAST_USE_S = 10.0


async def run(settings: ConfigApiSettings) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what was begun."""
    log.configure(settings.log_level, "config-api")
    stop = stop_on_signals()
    metrics, database = Metrics(settings.build), Database(settings)
    source = DatabaseSource(database)
    keeper = SnapshotKeeper(source, None, system_clock, metrics)
    await keeper.start()
    broker = await open_broker(settings)
    announcements = Announcements(broker)
    store, passwords = Store(database, keeper, announcements.changed), Passwords()
    # Without the broker, definitions can be changed all the same: the news of it waits for the others' polls.
    readiness = Readiness(
        {"definitions": keeper.check, "database": health.check_of(database.check)}, lambda: broker.notes
    )
    app = build_app(settings, store, source, keeper, passwords, readiness, metrics)
    try:
        async with asyncio.TaskGroup() as tasks:
            background = [
                tasks.create_task(announcements.run()),
                tasks.create_task(make_first_admin(store, passwords, settings)),
            ]
            tasks.create_task(Definitions(source, keeper, LAST_USE_S).keep_up(broker, app[ACCESS].used, stop))
            async with serving(app, settings):
                await stop.wait()
                readiness.draining = True
            for task in background:
                task.cancel()
    finally:
        await broker.close()
        await database.close()


def build_app(  # noqa: PLR0913, PLR0917 - the parts of the process, each passed once
    settings: ConfigApiSettings,
    store: Store,
    source: DatabaseSource,
    keeper: SnapshotKeeper,
    passwords: Passwords,
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
    parts = resources(settings, access, store, source, keeper, passwords, clock)
    return application(access, metrics, (*parts, Health(readiness, metrics)))


def resources(  # noqa: PLR0913, PLR0917 - the parts of the process, each passed once
    settings: ConfigApiSettings,
    access: Access,
    store: Store,
    source: DatabaseSource,
    keeper: SnapshotKeeper,
    passwords: Passwords,
    clock: Clock,
) -> tuple[object, ...]:
    """What answers, on given parts."""
    return (
        Systems(store),
        Environments(store),
        Attributes(store),
        Segments(store),
        Integrations(store),
        IntegrationStates(store),
        IntegrationTokens(store),
        AccessTokens(store, clock),
        Users(store, passwords, clock),
        Sessions(store, access, passwords, Attempts(), clock, settings.forwarded_for),
        Audit(store),
        Internal(source, keeper, clock),
        Docs(),
        ConsoleFiles(),
    )
