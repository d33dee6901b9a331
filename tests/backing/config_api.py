"""The config API in this process, over real HTTP, on a migrated database in its own role."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import asyncpg
from aiohttp import ClientSession, DummyCookieJar
from aiohttp.test_utils import TestServer
from argon2 import PasswordHasher
from pydantic import SecretStr

from services.config_api.app import build_app
from services.config_api.bootstrap import make_first_admin
from services.config_api.passwords import Passwords
from services.config_api.settings import ConfigApiSettings
from services.config_api.snapshot import DatabaseSource
from services.config_api.store import Store
from shared.contract import tokens
from shared.contract.definitions import Scope
from shared.contract.tokens import TokenKind
from shared.runtime.clock import Clock, system_clock
from shared.runtime.health import Readiness
from shared.runtime.metrics import Metrics
from shared.runtime.postgres import Database
from shared.runtime.snapshot import SnapshotKeeper
from tests.backing.migrated import role_url

ADMIN, PASSWORD = "admin", "a long password for tests"
# Tests hash many passwords, and guard none.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
SERVICE_TOKEN = "a token of the services"
SESSION_KEY = "a key for sessions in tests"


@dataclass(frozen=True)
class Answer:
    """What came back; the session's cookie if one was set."""

    status: int
    headers: Mapping[str, str]
    body: Any
    cookie: str | None

    def good(self, status: int) -> "Answer":
        """This answer. Raises `AssertionError` when its status is another one."""
        assert self.status == status, f"{self.status}: {self.body}"
        return self


@dataclass
class ConfigApi:
    """`token` has every scope and reaches every system; `announced` counts announcements."""

    address: str
    session: ClientSession
    token: str
    store: Store
    keeper: SnapshotKeeper
    database_url: str
    announced: int = 0

    async def call(self, method: str, path: str, body: Any = None, *, token: str | None = "", **headers: str) -> Answer:
        """A request with the token, unless `token` names another one or None; `headers` have underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Bearer {token or self.token}"
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        async with self.session.request(method, self.address + path, data=data, headers=sent) as answer:
            text = await answer.read()
            cookie = answer.cookies.get("inlet_session")
            parsed = json.loads(text) if text else None
            return Answer(answer.status, answer.headers, parsed, None if cookie is None else cookie.value)

    async def change(self, path: str, body: Any) -> Answer:
        """Replaces something as it is now."""
        read = (await self.call("GET", path)).good(200)
        return await self.call("PUT", path, body, If_Match=read.headers["ETag"])

    async def delete(self, path: str) -> Answer:
        """Deletes something as it is now."""
        read = (await self.call("GET", path)).good(200)
        return await self.call("DELETE", path, If_Match=read.headers["ETag"])

    async def new_token(self, *scopes: Scope, systems: list[str] | None = None) -> str:
        """A new access token."""
        body = {"name": "T", "scopes": list(scopes), "systems": systems}
        return str((await self.call("POST", "/api/v1/access-tokens", body)).good(201).body["token"])

    async def query(self, sql: str, *arguments: object) -> list[Any]:
        """Rows, as the superuser."""
        session = await asyncpg.connect(self.database_url)
        try:
            return list(await session.fetch(sql, *arguments))
        finally:
            await session.close()


@asynccontextmanager
async def running_config_api(
    database: str, clock: Clock = system_clock, *, forwarded_for: bool = False
) -> AsyncIterator[ConfigApi]:
    """The config API on a fresh database, with a first admin and an access token."""
    settings = ConfigApiSettings(
        broker_url=SecretStr("amqp://unused"),
        database_url=SecretStr(role_url(database, "inlet_config_api")),
        session_key=SecretStr(SESSION_KEY),
        service_token=SecretStr(SERVICE_TOKEN),
        admin_user=ADMIN,
        admin_password=SecretStr(PASSWORD),
        forwarded_for=forwarded_for,
    )
    metrics, opened, passwords = Metrics(), Database(settings), Passwords(CHEAP)
    source = DatabaseSource(opened)
    keeper = SnapshotKeeper(source, None, system_clock, metrics)
    token = tokens.make(TokenKind.ACCESS)
    api: ConfigApi

    def changed() -> None:
        api.announced += 1

    store = Store(opened, keeper, changed)
    app = build_app(settings, store, source, keeper, passwords, Readiness({}), metrics, clock=clock)
    async with TestServer(app) as server, ClientSession(cookie_jar=DummyCookieJar()) as session:
        api = ConfigApi(str(server.make_url("")).rstrip("/"), session, token, store, keeper, database)
        await api.query(
            """WITH made AS (
                INSERT INTO config.access_tokens (name, scopes, version) VALUES ('tests', $1, 1) RETURNING id)
            INSERT INTO config.secrets (access_token, sha256, hint) SELECT id, $2, 'test' FROM made""",
            sorted(Scope),
            tokens.digest(token),
        )
        await make_first_admin(store, passwords, settings)
        await keeper.start()
        try:
            yield api
        finally:
            await opened.close()
