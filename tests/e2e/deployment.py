"""All of Inlet from an empty database, as admins and senders see it: HTTP only, every service a process of its own."""

import asyncio
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import aio_pika
import aiohttp
import asyncpg

from tests.backing.ports import free_ports
from tests.e2e.process import Launch, Service, eventually, interpreted, run

Json = Any

ADMIN, PASSWORD = "admin", "a long password for tests"
_ROLES = {
    "config-api": "inlet_config_api",
    "gateway": None,
    "mapper": None,
    "profile-writer": "inlet_profile_writer",
    "profile-api": "inlet_profile_api",
}
# As the door routes them; whatever has no prefix here is the config API's.
_PREFIXES = (
    ("/public/v1/user/data", "gateway"),
    ("/public/v1/receipts/", "profile-api"),
    ("/api/v1/profiles", "profile-api"),
    ("/api/v1/receipts", "profile-api"),
    ("/api/v1/members", "profile-api"),
    ("/api/v1/context", "profile-api"),
    ("/api/v1/changes", "profile-api"),
    ("/api/v1/preview", "mapper"),
)


@dataclass(frozen=True)
class Answer:
    """What came back; `body` is None where there was none."""

    status: int
    headers: Mapping[str, str]
    body: Json
    cookies: Mapping[str, str] = field(default_factory=dict)

    def good(self, status: int) -> "Answer":
        """This answer. Raises `AssertionError` when its status is another one."""
        assert self.status == status, f"{self.status}: {self.body}"
        return self


@dataclass
class Session:
    """A console session: its cookie, and what a page of ours knows."""

    cookie: str
    csrf_token: str


@dataclass
class Deployment:
    """Five services on one broker and one database; without a broker's URL the queues are in the database."""

    broker_url: str
    database_url: str
    role_password: str
    folder: Path
    launch: Launch = interpreted
    services: dict[str, Service] = field(default_factory=dict)
    session: Session | None = None
    service_token: str = field(default_factory=lambda: secrets.token_hex(16))
    session_key: str = field(default_factory=lambda: secrets.token_hex(16))
    answers: list[bytes] = field(default_factory=list)

    @property
    def queues_url(self) -> str:
        """Where the queues are."""
        return self.broker_url or self._url_of("inlet_queue")

    async def start(self, **settings: str) -> None:
        """Migrates, starts all services, signs the first admin in. `settings` are in lower case without prefix."""
        ports = dict(zip(_ROLES, free_ports(len(_ROLES)), strict=True))
        shared = {f"INLET_{name.upper()}": value for name, value in settings.items()} | {
            "INLET_BROKER_URL": self.queues_url,
            "INLET_RECEIPT_KEY": secrets.token_hex(16),
            "INLET_SESSION_KEY": self.session_key,
            "INLET_SERVICE_TOKEN": self.service_token,
        }
        passwords = {
            f"INLET_{name.upper().replace('-', '_')}_PASSWORD": self.role_password
            for name, role in _ROLES.items()
            if role
        }
        if not self.broker_url:
            passwords["INLET_QUEUE_PASSWORD"] = self.role_password
        migrating = shared | passwords | {"INLET_MIGRATE_URL": self.database_url}
        await asyncio.to_thread(run, self.launch, "migrate", migrating, self.folder)
        for name, role in _ROLES.items():
            own = {"INLET_DATABASE_URL": self._url_of(role)} if role else {}
            if name == "config-api":
                own |= {"INLET_ADMIN_USER": ADMIN, "INLET_ADMIN_PASSWORD": PASSWORD}
            else:
                own["INLET_CONFIG_URL"] = f"http://127.0.0.1:{ports['config-api']}"
                own["INLET_SNAPSHOT_CACHE"] = str(self.folder / f"{name}.cache")
            self.services[name] = Service(name, shared | own, ports[name], self.folder / f"{name}.log", self.launch)
            self.services[name].start()
        await asyncio.gather(*(service.until_ready() for service in self.services.values()))
        self.session = await eventually(lambda: self.sign_in(ADMIN, PASSWORD), "the first admin can sign in")

    async def another(self, name: str) -> Service:
        """One more process of a service, with the same settings."""
        service = self.services[name].twin(free_ports(1)[0])
        self.services[f"{name} {len(self.services)}"] = service
        service.start()
        await service.until_ready()
        return service

    def end(self) -> None:
        """Ends whatever still runs."""
        for service in self.services.values():
            service.kill()

    def service_of(self, path: str) -> Service:
        """Who answers at this path."""
        names = (name for prefix, name in _PREFIXES if path.startswith(prefix))
        return self.services[next(names, "config-api")]

    async def sign_in(self, name: str, password: str) -> Session | None:
        """A console session; None where the credentials do not hold."""
        answer = await self.call("POST", "/api/v1/session", {"name": name, "password": password})
        if answer.status != 200:
            return None
        return Session(answer.cookies["inlet_session"], answer.body["csrf_token"])

    async def call(
        self, method: str, path: str, body: Json = None, *, headers: Mapping[str, str] | None = None, raw: bool = False
    ) -> Answer:
        """One request without credentials. `raw` says that `body` is bytes already."""
        return await self.fetch(method, self.service_of(path).url + path, body, headers=headers, raw=raw)

    async def fetch(
        self, method: str, url: str, body: Json = None, *, headers: Mapping[str, str] | None = None, raw: bool = False
    ) -> Answer:
        """One request at an address; what came back is kept in `answers`."""
        sent = {"Content-Type": "application/json"} if body is not None else {}
        data = body if raw or body is None else json.dumps(body).encode()
        jar = aiohttp.DummyCookieJar()
        async with (
            aiohttp.ClientSession(cookie_jar=jar) as session,
            session.request(method, url, data=data, headers=sent | dict(headers or {})) as answer,
        ):
            text = await answer.read()
            self.answers.append(text)
            is_json = "json" in answer.headers.get("Content-Type", "")
            cookies = {name: morsel.value for name, morsel in answer.cookies.items()}
            return Answer(answer.status, answer.headers, json.loads(text) if is_json else text or None, cookies)

    async def admin(self, method: str, path: str, body: Json = None, **headers: str) -> Answer:
        """A request of the signed-in admin's; `headers` have underscores for hyphens."""
        assert self.session is not None
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.call(method, path, body, headers=self.as_session(self.session, path) | more)

    def as_session(self, session: Session, path: str) -> dict[str, str]:
        """The header fields that a page of ours sends."""
        return {
            "Cookie": f"inlet_session={session.cookie}",
            "X-CSRF-Token": session.csrf_token,
            "Origin": self.service_of(path).url,
        }

    async def with_token(self, token: str, method: str, path: str, body: Json = None) -> Answer:
        """A request with an access token."""
        return await self.call(method, path, body, headers={"Authorization": f"Bearer {token}"})

    async def change(self, path: str, change: Json) -> Answer:
        """Reads something, replaces it with `change(what was read)`, and must succeed."""
        read = (await self.admin("GET", path)).good(200)
        return (await self.admin("PUT", path, change(read.body), If_Match=read.headers["ETag"])).good(200)

    async def delete(self, path: str) -> Answer:
        """Reads something and deletes it as it was read."""
        read = (await self.admin("GET", path)).good(200)
        return (await self.admin("DELETE", path, If_Match=read.headers["ETag"])).good(204)

    async def new_token(self, *scopes: str, **fields: Json) -> str:
        """A new access token."""
        body = {"name": f"token {secrets.token_hex(4)}", "scopes": list(scopes), "records_per_s": 0} | fields
        return str((await self.admin("POST", "/api/v1/access-tokens", body)).good(201).body["token"])

    async def settled(self, token: str, receipt: str, within_s: float = 30.0) -> Json:
        """A receipt once its batch is written."""

        async def look() -> Json:
            answer = await self.with_token(token, "GET", f"/public/v1/receipts/{receipt}")
            return answer.body if answer.status == 200 and answer.body["state"] != "pending" else None

        return await eventually(look, "the receipt is settled", within_s)

    async def query(self, sql: str) -> list[Any]:
        """Rows, by a session of its own."""
        session = await asyncpg.connect(self.database_url)
        try:
            return list(await session.fetch(sql))
        finally:
            await session.close()

    async def tables(self) -> dict[str, str]:
        """All that the database holds, table by table, as text."""
        session = await asyncpg.connect(self.database_url)
        try:
            named = await session.fetch(
                """SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
                WHERE schemaname IN ('config', 'profiles')"""
            )
            return {
                name: "\n".join(row[0] for row in await session.fetch(f"SELECT t::text FROM {name} t"))
                for (name,) in named
            }
        finally:
            await session.close()

    async def messages(self, queue: str) -> list[bytes]:
        """What waits in a queue, headers and all; it is taken out."""
        found = []
        async with await aio_pika.connect(self.broker_url) as connection, connection.channel() as channel:
            waiting = await channel.get_queue(queue, ensure=False)
            while (message := await waiting.get(fail=False)) is not None:
                found.append(message.body + str(message.headers).encode())
                await message.ack()
        assert found, f"nothing waits in {queue}"
        return found

    def _url_of(self, role: str) -> str:
        parts = urlsplit(self.database_url)
        login = f"{role}:{quote(self.role_password, '')}@{parts.hostname}:{parts.port}"
        return urlunsplit(parts._replace(netloc=login))
