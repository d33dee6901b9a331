"""The composition root of all services in one process: one snapshot, one broker, each service in its database role."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from aiohttp import web

from services.config_api.announcements import Announcements
from services.config_api.app import resources as config_api_resources
from services.config_api.bootstrap import make_first_admin
from services.config_api.internal import Internal
from services.config_api.passwords import Passwords
from services.config_api.snapshot import DatabaseSource
from services.config_api.store import Store as ConfigStore
from services.gateway.app import INGEST, open_ingest, require_c_parser
from services.mapper.app import open_worker as open_mapper
from services.mapper.preview import Previews
from services.profile_api.app import resources as profile_api_resources
from services.profile_writer.app import keep_retention
from services.profile_writer.app import open_worker as open_writer
from services.profile_writer.store import Store as ProfileStore
from services.up.settings import UpSettings
from shared.runtime import health
from shared.runtime.access import open_access
from shared.runtime.api import ACCESS, application
from shared.runtime.backlog import watch_queues
from shared.runtime.clock import system_clock
from shared.runtime.definitions import Definitions
from shared.runtime.health import Health, Readiness
from shared.runtime.metrics import Metrics
from shared.runtime.postgres import Database
from shared.runtime.process import serving, stop_on_signals, work
from shared.runtime.snapshot import SnapshotKeeper
from shared.runtime.transport import Transport, open_broker

Urls = Callable[[str], str]
"""The database's address in a role."""


class Services:
    """All services on common parts: the HTTP side, and what goes on in the background."""

    def __init__(self, settings: UpSettings, url_of: Urls, broker: Transport) -> None:
        self.settings = settings
        self.metrics = Metrics(settings.build)
        self._broker = broker
        self._config, self._writing, self._reading = (
            Database(settings.on_database(url_of(role)))
            for role in ("inlet_config_api", "inlet_profile_writer", "inlet_profile_api")
        )
        self._source = DatabaseSource(self._config)
        self.keeper = SnapshotKeeper(
            self._source,
            None,
            system_clock,
            self.metrics,
            poll_s=settings.snapshot_poll_s,
            max_age_s=settings.snapshot_max_age_s,
        )
        self._announcements = Announcements(broker)
        self._config_store = ConfigStore(self._config, self.keeper, self._announcements.changed)
        self._profile_store = ProfileStore(
            self._writing, system_clock, settings.retention_days, changes_days=settings.changes_days
        )
        self._passwords = Passwords()

    def application(self, readiness: Readiness) -> web.Application:
        """One application that answers for all services. What only other processes would ask for is left out."""
        service_token = None if self.settings.service_token is None else self.settings.service_token.get_secret_value()
        access = open_access(self.settings, self.keeper, service_token=service_token)
        ingest = open_ingest(self.settings, access, self.keeper, self._broker, readiness, self.metrics)
        config_api = config_api_resources(
            self.settings, access, self._config_store, self._source, self.keeper, self._passwords, system_clock
        )
        parts = (
            ingest,
            Previews(system_clock),
            *profile_api_resources(self.settings, access, self._reading, system_clock),
            *(part for part in config_api if not isinstance(part, Internal)),
            Health(readiness, self.metrics),
        )
        app = application(access, self.metrics, parts)
        app[INGEST] = ingest
        app.on_cleanup.append(ingest.settle)
        return app

    def checks(self) -> dict[str, health.Check]:
        """What must be fit."""
        return {
            "definitions": self.keeper.check,
            "database": health.check_of(self._writing.check),
            "broker": health.check_of(self._broker.check),
        }

    def workers(self, readiness: Readiness, stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
        """What moves batches on, until `stop`; see `work`."""
        mapper = open_mapper(self.settings, self.keeper, self._broker, self.metrics)
        writer = open_writer(self.settings, self._profile_store, self._broker, self.metrics)
        return [work(worker, stop, readiness, self.settings.drain_s) for worker in (mapper.run, writer.run)]

    def background(self) -> list[Coroutine[Any, Any, None]]:
        """What goes on until it is cancelled."""
        return [
            self._announcements.run(),
            keep_retention(self._profile_store, self.settings.retention_check_s),
            watch_queues(self._broker, self.metrics),
        ]

    async def keep_up(self, used: dict[str, int], stop: asyncio.Event) -> None:
        """Keeps up with the definitions; see `Definitions`."""
        await Definitions(self._source, self.keeper, self.settings.last_use_s).keep_up(self._broker, used, stop)

    async def make_first_admin(self) -> None:
        """See `bootstrap`."""
        await make_first_admin(self._config_store, self._passwords, self.settings)

    async def close(self) -> None:
        """Closes every session."""
        for database in (self._config, self._writing, self._reading):
            await database.close()


async def run(settings: UpSettings, url_of: Urls, introduce: Callable[[int], Awaitable[None]]) -> None:
    """Serves until SIGTERM or SIGINT, then finishes what was begun.

    `introduce` is called with the port once the first admin is there; until it is done, `/readyz` says so.
    """
    require_c_parser()
    stop, broker = stop_on_signals(), await open_broker(settings)
    services = Services(settings, url_of, broker)
    introduced = asyncio.Event()

    async def check_introduced() -> str | None:
        return None if introduced.is_set() else "the first start is not complete"

    readiness = Readiness(services.checks() | {"start": check_introduced}, lambda: broker.notes)
    app = services.application(readiness)
    await services.keeper.start()
    try:
        async with asyncio.TaskGroup() as tasks:
            background = [tasks.create_task(each) for each in services.background()]
            tasks.create_task(services.keep_up(app[ACCESS].used, stop))
            for worker in services.workers(readiness, stop):
                tasks.create_task(worker)
            async with serving(app, settings) as port:
                await services.make_first_admin()
                await introduce(port)
                introduced.set()
                await stop.wait()
                await app[INGEST].finish(max(0.0, settings.drain_s - settings.publish_timeout_s))
            for task in background:
                task.cancel()
    finally:
        await broker.close()
        await services.close()
