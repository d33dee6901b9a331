"""The profile API's composition root."""

import asyncio

from aiohttp import web
from aiohttp.typedefs import Handler

from services.profile_api.door import Door, unavailable
from services.profile_api.profiles import Profiles
from services.profile_api.receipts import Receipts
from services.profile_api.settings import ProfileApiSettings
from services.profile_api.store import Store
from shared.contract.receipts import ReceiptSigner
from shared.runtime import health, log
from shared.runtime.broker import UnavailableError
from shared.runtime.clock import system_clock
from shared.runtime.health import Readiness
from shared.runtime.metrics import Metrics
from shared.runtime.postgres import Database
from shared.runtime.problems import answer_with_problems, not_found, only
from shared.runtime.process import serving, stop_on_signals
from shared.runtime.snapshot import SnapshotKeeper, open_snapshot

RECEIPT = "/public/v1/receipts/{receipt}"
PROFILES = "/api/v1/profiles/{system}/{environment}"
PROFILE = PROFILES + "/{user}"


async def run(settings: ProfileApiSettings) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what was begun."""
    log.configure(settings.log_level, "profile-api")
    stop = stop_on_signals()
    metrics = Metrics()
    keeper = await open_snapshot(settings, metrics)
    database = Database(settings)
    readiness = Readiness({"definitions": keeper.check, "database": health.check_of(database.check)})
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(keeper.run(stop))
            async with serving(build_app(settings, keeper, database, readiness, metrics), settings):
                await stop.wait()
                readiness.draining = True
    finally:
        await database.close()


def build_app(
    settings: ProfileApiSettings, keeper: SnapshotKeeper, database: Database, readiness: Readiness, metrics: Metrics
) -> web.Application:
    """The HTTP side on given parts."""
    door, store = Door(keeper, system_clock), Store(database)
    signer = ReceiptSigner(settings.receipt_key.get_secret_value().encode())
    profiles = Profiles(door, store, signer)
    receipts = Receipts(door, store, signer, system_clock, settings.retention_days)
    answered = answer_with_problems(metrics)
    app = web.Application()
    for path, handler in ((RECEIPT, receipts.one), (PROFILES, profiles.listed), (PROFILE, profiles.one)):
        app.router.add_get(path, answered(_in_reach(handler)))
        app.router.add_route("*", path, answered(only("GET, HEAD")))
    app.add_routes([*health.routes(readiness, metrics), web.route("*", "/{anything:.*}", answered(not_found))])
    return app


def _in_reach(handler: Handler) -> Handler:
    """A database that is away is an answer of its own."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except UnavailableError as error:
            raise unavailable() from error

    return answer
