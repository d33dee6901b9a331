"""Everything that runs: a broker, a database, two or more of each service, and a proxy on each of their connections."""

import asyncio
import os
import random
import secrets
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg

from tests.backing.ports import free_ports
from tests.backing.postgres import PrivatePostgres
from tests.backing.rabbitmq import PrivateRabbitmq
from tests.chaos.proxy import Proxy
from tests.e2e.process import Launch, Service, eventually, interpreted, run

GATEWAYS = ("gateway 1", "gateway 2")
MAPPERS = ("mapper 1", "mapper 2")
WRITERS = ("profile-writer 1", "profile-writer 2")
NAMES = (*GATEWAYS, *MAPPERS, *WRITERS, "config-api", "profile-api")
BROKER, DATABASE = "broker", "database"
LINKS = (
    *(f"{name}>{BROKER}" for name in NAMES),
    *(f"{name}>{DATABASE}" for name in (*WRITERS, "config-api", "profile-api")),
)
"""Every connection of a process to its broker and its database."""
ADMIN = "admin"
_ROLES = {
    "config-api": "inlet_config_api",
    "profile-writer": "inlet_profile_writer",
    "profile-api": "inlet_profile_api",
}
_SYSTEM_FOLDER = Path("/var/lib/inlet/tests")
_DISK = "1500m"
_WATCH_S = 0.2
_READY_WITHIN_S = 180.0
_SECRETS = ("INLET_RECEIPT_KEY", "INLET_SESSION_KEY", "INLET_SERVICE_TOKEN")


@dataclass
class Process:
    """One process. While it is `steered` a fault ends and starts it; else it has to live by itself."""

    name: str
    service: Service
    steered: bool = False
    unasked: list[str] = field(default_factory=list)

    @contextmanager
    def steering(self) -> Iterator[Service]:
        """Within the block it may end: whoever steers it starts it again."""
        self.steered = True
        try:
            yield self.service
        finally:
            self.steered = False


@dataclass
class World:
    """The parts of a run; `code` is the tree whose services run, `folder` where their logs are."""

    folder: Path
    code: Path
    chance: random.Random
    rabbitmq: PrivateRabbitmq
    postgres: PrivatePostgres
    data: Path
    disk: Path | None
    database_url: str = ""
    processes: dict[str, Process] = field(default_factory=dict)
    links: dict[str, Proxy] = field(default_factory=dict)
    password: str = field(default_factory=lambda: secrets.token_hex(16))
    """The admin's, and that of the services' roles."""
    secrets: Mapping[str, str] = field(default_factory=lambda: {name: secrets.token_hex(16) for name in _SECRETS})

    def url(self, name: str) -> str:
        """The address of a process."""
        return self.processes[name].service.url

    def service(self, name: str, port: int, **settings: str) -> Service:
        """A process of that name, not started; `settings` are environment variables."""
        own = self._settings(name) | settings
        log = self.folder / f"{name.replace(' ', '-')}.log"
        return Service(name.partition(" ")[0], own, port, log, self._launch)

    @property
    def _launch(self) -> Launch:
        return partial(interpreted, code=self.code)

    async def start(self) -> None:
        """Migrates, starts everything, and waits until all are ready."""
        passwords = {f"INLET_{name.upper().replace('-', '_')}_PASSWORD": self.password for name in _ROLES}
        migrating = {"INLET_MIGRATE_URL": self.database_url} | passwords
        await asyncio.to_thread(run, self._launch, "migrate", migrating, self.folder)
        for name, port in zip(NAMES, free_ports(len(NAMES)), strict=True):
            self.processes[name] = Process(name, self.service("config-api", port))  # so that its port is known
        for name, process in self.processes.items():
            process.service = self.service(name, urlsplit(process.service.url).port or 0)
            process.service.start()
        await self.until_ready()

    async def until_ready(self, names: Iterable[str] = NAMES) -> None:
        """Waits until these processes can do their work."""
        await asyncio.gather(*(self.processes[name].service.until_ready(_READY_WITHIN_S) for name in names))

    async def watch(self) -> None:
        """Starts again what ended unasked, as compose would, and remembers it."""
        while True:
            for process in self.processes.values():
                code = process.service.exit_code
                if code is not None and not process.steered:
                    process.unasked.append(f"{process.name} ended with {code}: {process.service.output()[-1500:]}")
                    process.service.start()
            await asyncio.sleep(_WATCH_S)

    @asynccontextmanager
    async def session(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        """The database as its superuser, past all proxies."""
        connection = await asyncpg.connect(self.database_url, timeout=10)
        try:
            yield connection
        finally:
            connection.terminate()

    def deadlocks(self) -> list[str]:
        """What the database's log says of deadlocks; its counters do not outlive a crash."""
        lines = (self.data / "server.log").read_text(errors="replace").splitlines()
        return [line for line in lines if "deadlock detected" in line]

    def end(self) -> None:
        """Ends whatever still runs."""
        for process in self.processes.values():
            process.service.kill()

    def _settings(self, name: str) -> dict[str, str]:
        kind, broker = name.partition(" ")[0], urlsplit(self.rabbitmq.url)
        settings = dict(self.secrets) | {
            "INLET_BROKER_URL": self.rabbitmq.url.replace(
                f":{broker.port}/", f":{self.links[f'{name}>{BROKER}'].port}/"
            ),
            "INLET_SNAPSHOT_POLL_S": "5",
        }
        if kind in _ROLES:
            port = self.links[f"{name}>{DATABASE}"].port
            database = urlsplit(self.database_url).path
            settings["INLET_DATABASE_URL"] = f"postgresql://{_ROLES[kind]}:{self.password}@127.0.0.1:{port}{database}"
        if kind == "config-api":
            return settings | {"INLET_ADMIN_USER": ADMIN, "INLET_ADMIN_PASSWORD": self.password}
        cache = str(self.folder / f"{name.replace(' ', '-')}.cache")
        return settings | {"INLET_CONFIG_URL": self.url("config-api"), "INLET_SNAPSHOT_CACHE": cache}


@asynccontextmanager
async def a_world(folder: Path, code: Path, seed: int) -> AsyncIterator[World]:
    """Everything started; ended and removed on leaving, but for the logs in `folder`."""
    chance = random.Random(seed)
    broker_folder = folder / "rabbitmq"
    broker_folder.mkdir(parents=True)
    async with AsyncExitStack() as stack:
        data, disk = stack.enter_context(_data_folder(folder))
        rabbitmq = PrivateRabbitmq(broker_folder)
        stack.callback(rabbitmq.close)
        await asyncio.to_thread(rabbitmq.start)
        postgres = await asyncio.to_thread(PrivatePostgres, data, _no_migration)
        stack.callback(postgres.discard)
        world = World(folder, code, chance, rabbitmq, postgres, data, disk)
        world.database_url = await _database(postgres)
        for link in LINKS:
            target = rabbitmq.url if link.endswith(BROKER) else world.database_url
            world.links[link] = Proxy(urlsplit(target).port or 0, chance)
            await stack.enter_async_context(world.links[link].listening())
        stack.callback(world.end)
        await world.start()
        watching = asyncio.create_task(world.watch())
        stack.callback(watching.cancel)
        yield world


@contextmanager
def _data_folder(folder: Path) -> Iterator[tuple[Path, Path | None]]:
    """Where the database lives, and if that is a disk of its own, which can be filled, again where."""
    if os.geteuid() != 0:
        yield folder / "postgres", None
        return
    data = _SYSTEM_FOLDER / secrets.token_hex(6)
    data.mkdir(mode=0o755, parents=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={_DISK},mode=755", "inlet", str(data)], check=False, capture_output=True
    )
    try:
        yield data / "postgres", data if mounted.returncode == 0 else None
    finally:
        log = data / "postgres" / "server.log"
        if log.exists():
            shutil.copy(log, folder / "postgres.log")
        if mounted.returncode == 0:
            subprocess.run(["umount", "--lazy", str(data)], check=False)
        shutil.rmtree(data, ignore_errors=True)


async def _database(postgres: PrivatePostgres) -> str:
    """An empty database; its server keeps little log, so that its disk may be small."""
    server = await asyncpg.connect(postgres.url("postgres"))
    try:
        for setting in ("max_wal_size = '256MB'", "wal_recycle = off", "checkpoint_timeout = '30s'"):
            await server.execute(f"ALTER SYSTEM SET {setting}")
        await server.execute("SELECT pg_reload_conf()")
        await server.execute("CREATE DATABASE inlet")
    finally:
        await server.close()
    return postgres.url("inlet")


async def _no_migration(_: str) -> None:
    """The services' own command does it."""


async def until_quiet(world: World, within_s: float) -> None:
    """Waits until both work queues are empty, nothing is unacknowledged, and no writer is in a transaction."""

    async def look() -> bool:
        listed = await asyncio.to_thread(world.rabbitmq.ctl, "list_queues", "--no-table-headers", "name", "messages")
        counts = dict(line.split() for line in listed.splitlines())
        if counts.get("inlet.raw") != "0" or counts.get("inlet.mapped") != "0":
            return False
        async with world.session() as session:
            busy = await session.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE usename = 'inlet_profile_writer' AND state <> 'idle'"
            )
        return bool(busy == 0)

    await eventually(look, "the queues are empty and the writers idle", within_s)
