"""A gateway on a real port, with made-up definitions, for tests that speak HTTP to it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp

from services.gateway.app import build_app
from services.gateway.settings import GatewaySettings
from shared.contract import tokens
from shared.contract.definitions import (
    AccessToken,
    Environment,
    Integration,
    IntegrationState,
    Revision,
    Role,
    Scope,
    Secret,
    Snapshot,
    System,
    User,
    UserIdRule,
)
from shared.contract.messages import RawBatch, decode_raw
from shared.contract.receipts import ReceiptSigner
from shared.contract.sessions import Session, SessionSigner
from shared.contract.tokens import TokenKind
from shared.contract.topology import RAW
from shared.runtime.broker import Broker
from shared.runtime.clock import system_clock
from shared.runtime.health import Readiness
from shared.runtime.metrics import Metrics
from shared.runtime.process import serving
from shared.runtime.snapshot import FileSource, SnapshotKeeper, SnapshotSource

PATH = "/public/v1/user/data"
RECEIPT_KEY = "a key for receipts in tests"
SESSION_KEY = "a key for sessions in tests"
DEADLINE_S = 20.0
REVISION = 7
EDITOR, VIEWER = 1, 2


def _access() -> str:
    return tokens.make(TokenKind.ACCESS)


def _integration() -> str:
    return tokens.make(TokenKind.INTEGRATION)


def _secret(token: str) -> Secret:
    return Secret(sha256=tokens.digest(token))


@dataclass(frozen=True)
class Secrets:
    """The tokens that senders hold; the snapshot holds their hashes."""

    writer: str = field(default_factory=_access)
    reader: str = field(default_factory=_access)
    expired: str = field(default_factory=_access)
    narrow: str = field(default_factory=_access)
    slow: str = field(default_factory=_access)
    active: str = field(default_factory=_integration)
    draft: str = field(default_factory=_integration)
    paused: str = field(default_factory=_integration)
    deleted: str = field(default_factory=_integration)
    elsewhere: str = field(default_factory=_integration)

    def snapshot(self) -> Snapshot:
        """Two systems; the integrations 1 to 4 belong to system 1, one in each state, 5 to system 2.

        The users reach system 1.
        """
        write = frozenset({Scope.DATA_WRITE})
        return Snapshot(
            version=1,
            systems=(System(id=1, key="crm", name="CRM"), System(id=2, key="hr", name="HR")),
            environments=(Environment(id=1, system=1, key="production", name="Production"),),
            integrations=(
                _defined(1, 1, IntegrationState.ACTIVE, self.active),
                _defined(2, 1, IntegrationState.DRAFT, self.draft),
                _defined(3, 1, IntegrationState.PAUSED, self.paused),
                _defined(4, 1, IntegrationState.DELETED, self.deleted),
                _defined(5, 2, IntegrationState.ACTIVE, self.elsewhere),
            ),
            revisions=(Revision(integration=1, number=REVISION, environment=1, user_id=UserIdRule(property="userId")),),
            access_tokens=(
                AccessToken(id=1, secrets=(_secret(self.writer),), scopes=write),
                AccessToken(id=2, secrets=(_secret(self.reader),), scopes=frozenset({Scope.PROFILES_READ})),
                AccessToken(
                    id=3,
                    secrets=(Secret(sha256=tokens.digest(self.expired), expires_at=datetime(2020, 1, 1, tzinfo=UTC)),),
                    scopes=write,
                ),
                AccessToken(id=4, secrets=(_secret(self.narrow),), scopes=write, systems=frozenset({2})),
                AccessToken(id=5, secrets=(_secret(self.slow),), scopes=write, records_per_s=3),
            ),
            users=(_user(EDITOR, Role.EDITOR), _user(VIEWER, Role.VIEWER)),
        )


def _defined(number: int, system: int, state: IntegrationState, token: str) -> Integration:
    return Integration(
        id=number,
        name=f"integration {number}",
        system=system,
        environment=system,
        state=state,
        revision=REVISION,
        tokens=(_secret(token),),
    )


def _user(number: int, role: Role) -> User:
    reached, long_ago = frozenset({1}), datetime(2020, 1, 1, tzinfo=UTC)
    return User(id=number, name=f"user {number}", role=role, systems=reached, sessions_not_before=long_ago)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def code(self) -> str:
        """The problem's code."""
        return str(self.body["code"])


@dataclass(frozen=True)
class RunningGateway:
    """A gateway that listens on 127.0.0.1."""

    port: int
    secrets: Secrets
    session: aiohttp.ClientSession
    broker: Broker
    readiness: Readiness
    metrics: Metrics
    keeper: SnapshotKeeper
    signer: ReceiptSigner

    def url(self, path: str = PATH) -> str:
        """An address on this gateway."""
        return f"http://127.0.0.1:{self.port}{path}"

    def body(self, data: object, token: str | None = None) -> bytes:
        """An envelope around `data`, of the active integration if no other is named."""
        return json.dumps({"token": token or self.secrets.active, "data": data}).encode()

    def headers(self, token: str | None = None, **more: str) -> dict[str, str]:
        """A good sender's header fields; `more` has underscores for hyphens."""
        fields = {"Authorization": f"Bearer {token or self.secrets.writer}", "Content-Type": "application/json"}
        return fields | {name.replace("_", "-"): value for name, value in more.items()}

    def session_headers(self, user: int) -> dict[str, str]:
        """What the console sends for a user who has signed in just now."""
        sessions = SessionSigner(SESSION_KEY.encode())
        session = Session.begin(user, system_clock())
        return {
            "Content-Type": "application/json",
            "Cookie": f"inlet_session={sessions.text(session)}",
            "Origin": f"http://127.0.0.1:{self.port}",
            "X-CSRF-Token": sessions.csrf_token(session),
        }

    async def post(self, body: bytes, headers: Mapping[str, str] | None = None) -> Answer:
        """Posts a body."""
        async with self.session.post(self.url(), data=BytesIO(body), headers=headers or self.headers()) as response:
            return Answer(response.status, response.headers, json.loads(await response.read()))

    async def good(self) -> Answer:
        """Posts what must be accepted."""
        return await self.post(self.body([{"userId": "u-17"}]))

    async def batches(self, count: int) -> list[RawBatch]:
        """The next batches in the queue, which are taken out of it."""
        found: list[RawBatch] = []
        async with asyncio.timeout(DEADLINE_S), self.broker.consume(RAW.name) as consumer:
            while len(found) < count:
                for delivery in await consumer.take(16):
                    found.extend(decode_raw(delivery.body))
                    await delivery.ack()
        return found

    async def raw(self, request: bytes, *, more: Sequence[bytes] = (), timeout_s: float = DEADLINE_S) -> bytes:
        """Sends bytes on a connection of their own, and returns what came back until the gateway closed it."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for part in (request, *more):
                writer.write(part)
                await writer.drain()
            return await asyncio.wait_for(reader.read(), timeout_s)
        finally:
            writer.close()

    def head(self, *lines: str, token: str | None = None) -> bytes:
        """The head of a raw request, up to the empty line."""
        first = (f"POST {PATH} HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {token or self.secrets.writer}")
        return "\r\n".join([*first, "Content-Type: application/json", *lines, "", ""]).encode()


@asynccontextmanager
async def running_gateway(
    broker: Broker, folder: Path, source: Callable[[Path], SnapshotSource] = FileSource, **settings: Any
) -> AsyncIterator[RunningGateway]:
    """A gateway on this broker; `source` brings it the definitions in a file, `settings` are `GatewaySettings`'s."""
    secrets = Secrets()
    file = folder / "definitions.json"
    file.write_text(secrets.snapshot().model_dump_json())
    fixed: dict[str, Any] = {"broker_url": "amqp://unused", "snapshot_file": file, "receipt_key": RECEIPT_KEY}
    fixed["session_key"] = SESSION_KEY
    chosen = GatewaySettings(**fixed | {"records_per_s": 0} | settings)
    metrics = Metrics()
    keeper = SnapshotKeeper(source(file), None, system_clock, metrics, max_age_s=chosen.snapshot_max_age_s)
    await keeper.start()
    readiness = Readiness({"definitions": keeper.check})
    app = build_app(chosen, keeper, broker, readiness, metrics)
    async with serving(app, chosen) as port, aiohttp.ClientSession() as session:
        yield RunningGateway(
            port, secrets, session, broker, readiness, metrics, keeper, ReceiptSigner(RECEIPT_KEY.encode())
        )
