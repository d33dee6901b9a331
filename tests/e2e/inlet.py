"""All of Inlet, as its users see it: HTTP in, table rows out."""

import asyncio
import base64
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import aiohttp
import asyncpg

from tests.backing.ports import free_ports
from tests.e2e.process import Launch, Service, eventually, forked, run
from tests.e2e.snapshot import Json, new_token, snapshot

WRITER, READER = "inlet_profile_writer", "inlet_profile_api"


@dataclass(frozen=True)
class Answer:
    """What the gateway said."""

    status: int
    headers: Mapping[str, str]
    body: Json

    @property
    def receipt(self) -> str:
        assert self.status == 202, self.body
        return str(self.body["receipt"])


@dataclass(frozen=True)
class Receipt:
    """A row of the receipts, with its rejects as (index, property, code)."""

    state: str
    failure: str | None
    records: int
    written: int
    rejected: int
    values_rejected: int
    superseded: int
    rejects: list[tuple[int, str | None, str]]


@dataclass
class Inlet:
    """One gateway, one mapper, one profile writer, one profile API, with an access token and integration tokens."""

    broker_url: str
    database_url: str
    role_password: str
    folder: Path
    launch: Launch = forked
    access_token: str = field(default_factory=lambda: new_token("a"))
    token: str = field(default_factory=lambda: new_token("i"))
    services: dict[str, Service] = field(default_factory=dict)

    @property
    def gateway(self) -> Service:
        return self.services["gateway"]

    @property
    def mapper(self) -> Service:
        return self.services["mapper"]

    @property
    def profile_api(self) -> Service:
        return self.services["profile-api"]

    @property
    def profile_writer(self) -> Service:
        return self.services["profile-writer"]

    async def start(
        self,
        integrations: Mapping[str, Sequence[Json]],
        known_to_the_mapper: Mapping[str, Sequence[Json]] | None = None,
        **settings: str,
    ) -> None:
        """Migrates, starts the four services with these integrations, and waits until all are ready.

        `settings` are in lower case and without their prefix.
        """
        shared = {f"INLET_{name.upper()}": value for name, value in settings.items()} | self._settings()
        migrating = shared | {
            "INLET_MIGRATE_URL": self.database_url,
            "INLET_CONFIG_API_PASSWORD": self.role_password,
            "INLET_PROFILE_WRITER_PASSWORD": self.role_password,
            "INLET_PROFILE_API_PASSWORD": self.role_password,
        }
        await asyncio.to_thread(run, self.launch, "migrate", migrating, self.folder)
        definitions = {
            "gateway": integrations,
            "mapper": known_to_the_mapper or integrations,
            "profile-writer": {},
            "profile-api": integrations,
        }
        for (name, known), port in zip(definitions.items(), free_ports(4), strict=True):
            file = self.folder / f"{name}.snapshot.json"
            file.write_text(json.dumps(snapshot(self.access_token, known)))
            own = {"INLET_SNAPSHOT_FILE": str(file), "INLET_SNAPSHOT_CACHE": str(file.with_suffix(".cache"))}
            own["INLET_DATABASE_URL"] = self._database_url(READER if name == "profile-api" else WRITER)
            self.services[name] = Service(name, shared | own, port, self.folder / f"{name}.log", self.launch)
            self.services[name].start()
        await asyncio.gather(*(service.until_ready() for service in self.services.values()))

    def end(self) -> None:
        """Ends whatever still runs."""
        for service in self.services.values():
            service.kill()

    async def post(self, records: Sequence[Json], token: str | None = None, **headers: str) -> Answer:
        """Posts one batch; by default for the first integration."""
        return await self.post_text(json.dumps(list(records)).encode(), token, **headers)

    async def post_text(self, data: bytes, token: str | None = None, **headers: str) -> Answer:
        """Posts a batch whose records are given as the text of their array, JSON or not."""
        body = b'{"token": "%b", "data": %b}' % ((token or self.token).encode(), data)
        return await self.post_body(body, **headers)

    async def post_body(self, body: bytes, **headers: str) -> Answer:
        """Posts a body as it is."""
        sent = {"Authorization": f"Bearer {self.access_token}", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        address = f"{self.gateway.url}/public/v1/user/data"
        async with aiohttp.ClientSession() as session, session.post(address, data=body, headers=sent) as answer:
            return Answer(answer.status, dict(answer.headers), await answer.json(content_type=None))

    async def read(self, address: str, **query: str) -> Answer:
        """What the profile API answers at a path."""
        sent = {"Authorization": f"Bearer {self.access_token}"}
        url = f"{self.profile_api.url}{address}"
        async with aiohttp.ClientSession() as session, session.get(url, params=query, headers=sent) as answer:
            return Answer(answer.status, dict(answer.headers), await answer.json(content_type=None))

    async def receipt(self, receipt: str) -> Receipt | None:
        """What is known of a batch; None while nothing is."""
        rows = await self.query(
            """
            SELECT state, failure, records, written, rejected, values_rejected, superseded, entries
            FROM profiles.receipts LEFT JOIN profiles.rejects USING (day, receipt) WHERE receipt = $1
            """,
            key_of(receipt),
        )
        if not rows:
            return None
        row = dict(rows[0])
        rejects = [(index, name, code) for index, name, code in json.loads(row.pop("entries") or "[]")]
        return Receipt(**row, rejects=rejects)

    async def settled(self, receipts: Iterable[str], within_s: float = 60.0) -> list[Receipt]:
        """The receipts of batches, in order, once all of them are there."""
        ids = list(receipts)

        async def look() -> bool:
            sql = "SELECT count(*) FROM profiles.receipts WHERE receipt = ANY($1)"
            return bool((await self.query(sql, [key_of(each) for each in ids]))[0][0] == len(set(ids)))

        await eventually(look, f"{len(ids)} receipts are written", within_s)
        found = [await self.receipt(each) for each in ids]
        return [each for each in found if each is not None]

    async def profiles(self) -> dict[str, dict[int, Any]]:
        """Attributes (by id) of every user; numbers exactly as they are stored, cleared ones left out."""
        rows = await self.query("SELECT user_id, attributes FROM profiles.profiles WHERE environment_id = 7")
        read = {user: json.loads(text, parse_float=Decimal, parse_int=Decimal) for user, text in rows}
        return {
            user: {int(key): value for key, value in attributes.items() if value is not None}
            for user, attributes in read.items()
        }

    async def query(self, sql: str, *arguments: object) -> list[Any]:
        """Rows, by a session of its own."""
        session = await asyncpg.connect(self.database_url)
        try:
            return list(await session.fetch(sql, *arguments))
        finally:
            await session.close()

    def _settings(self) -> dict[str, str]:
        keys = {"INLET_RECEIPT_KEY": secrets.token_hex(16), "INLET_SESSION_KEY": secrets.token_hex(16)}
        return {"INLET_BROKER_URL": self.broker_url, **keys}

    def _database_url(self, role: str) -> str:
        parts = urlsplit(self.database_url)
        login = f"{role}:{quote(self.role_password, '')}@{parts.hostname}:{parts.port}"
        return urlunsplit(parts._replace(netloc=login))


def key_of(receipt: str) -> bytes:
    """The part of a receipt id, without its signature, that tables hold."""
    return base64.urlsafe_b64decode(receipt + "=")[:22]
