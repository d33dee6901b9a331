"""The profile API over HTTP on a real database, and the profile writer's store to fill its tables with."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import ClientSession
from aiohttp.test_utils import TestServer

from services.profile_api.app import build_app
from services.profile_api.settings import ProfileApiSettings
from services.profile_writer.store import Store
from shared.contract import stamps, tokens
from shared.contract.definitions import (
    AccessToken,
    Attribute,
    AttributeType,
    Environment,
    Integration,
    IntegrationState,
    Role,
    Scope,
    Secret,
    Snapshot,
    System,
    User,
)
from shared.contract.messages import MappedBatch
from shared.contract.sessions import Session, SessionSigner
from shared.contract.tokens import TokenKind
from shared.runtime.clock import system_clock
from shared.runtime.health import Readiness
from shared.runtime.metrics import Metrics
from shared.runtime.postgres import Database
from shared.runtime.settings import DatabaseSettings
from shared.runtime.snapshot import FileSource, SnapshotKeeper
from tests.backing.migrated import role_url
from tests.integration.given_batches import NOON, SIGNER

SECRET = "a secret for tests only"
MINUTE = 60_000_000
NOW = NOON + 10 * MINUTE
"""What the profile API's clock shows, always."""

READS = frozenset({Scope.RECEIPTS_READ, Scope.PROFILES_READ})
ALL, FOREIGN, WRITES_ONLY, RECEIPTS_ONLY, PROFILES_ONLY, ERASER, FOREIGN_ERASER = (
    tokens.make(TokenKind.ACCESS) for _ in range(7)
)
VIEWER, FOREIGN_VIEWER = 1, 2
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    body: Any
    headers: Mapping[str, str]


class Api:
    """The profile API over HTTP; `store` is the profile writer's."""

    def __init__(self, address: str, session: ClientSession, store: Store, file: Path, keeper: SnapshotKeeper) -> None:
        self.address = address
        self.session = session
        self.store = store
        self._file = file
        self._keeper = keeper

    async def define(self, snapshot: Snapshot) -> None:
        """Other definitions, known when this returns."""
        self._file.write_text(snapshot.model_dump_json())
        await self._keeper.refresh()

    async def get(self, path: str, token: str | None = ALL, **query: str | int) -> tuple[int, Any]:
        """The status and the body."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        answer = await self.ask(path, headers, **query)
        return answer.status, answer.body

    async def good(self, path: str, token: str = ALL, **query: str | int) -> Any:
        """The body of what must be answered."""
        status, body = await self.get(path, token, **query)
        assert status == 200, body
        return body

    async def erase(self, path: str, token: str = ERASER, **query: str) -> int:
        """The status of a DELETE."""
        headers = {"Authorization": f"Bearer {token}"}
        async with self.session.delete(self.address + path, headers=headers, params=query) as response:
            return response.status

    async def ask(self, path: str, headers: Mapping[str, str], **query: str | int) -> Answer:
        """What is answered to these header fields."""
        async with self.session.get(self.address + path, headers=headers, params=query) as response:
            return Answer(response.status, await response.json(content_type=None), response.headers)


def of_integration(number: int, batch: MappedBatch) -> MappedBatch:
    """The batch as if it came from this integration, with a receipt of the day on which it was received."""
    key = SIGNER.issue(number, stamps.to_datetime(batch.received_at).date(), (batch.request_id, b""))
    return msgspec.structs.replace(batch, integration=number, receipt=key)


def cookie_of(user: int) -> str:
    """A session that began just now."""
    return "inlet_session=" + SessionSigner(SECRET.encode()).text(Session.begin(user, NOW))


def definitions() -> Snapshot:
    """Two systems: integrations 1 and 2 belong to the first, 3 to the second, which is all that some callers reach."""
    return Snapshot(
        version=1,
        systems=(System(id=1, key="crm", name="CRM"), System(id=2, key="erp", name="ERP")),
        environments=(Environment(id=1, system=1, key="production", name="Production"),),
        attributes=(
            Attribute(id=1, system=1, key="department", name="Department", type=AttributeType.STRING),
            Attribute(id=2, system=1, key="seats", name="Seats", type=AttributeType.NUMBER),
            Attribute(id=3, system=1, key="hired", name="Hired", type=AttributeType.DATE),
        ),
        integrations=(
            _integration(1, 1, IntegrationState.DELETED),
            _integration(2, 1, IntegrationState.ACTIVE),
            _integration(3, 2, IntegrationState.ACTIVE),
        ),
        access_tokens=(
            _token(1, ALL, *READS),
            _token(2, FOREIGN, *READS, systems=frozenset({2})),
            _token(3, WRITES_ONLY, Scope.DATA_WRITE),
            _token(4, RECEIPTS_ONLY, Scope.RECEIPTS_READ),
            _token(5, PROFILES_ONLY, Scope.PROFILES_READ),
            _token(6, ERASER, Scope.PROFILES_ERASE),
            _token(7, FOREIGN_ERASER, Scope.PROFILES_ERASE, systems=frozenset({2})),
        ),
        users=(
            User(id=VIEWER, name="anna", role=Role.VIEWER, sessions_not_before=_LONG_AGO),
            User(
                id=FOREIGN_VIEWER,
                name="ben",
                role=Role.VIEWER,
                systems=frozenset({2}),
                sessions_not_before=_LONG_AGO,
            ),
        ),
    )


@asynccontextmanager
async def running_api(database: str, folder: Path, *, changes_days: int = 7) -> AsyncIterator[Api]:
    """The profile API on a database (a superuser's URL)."""
    file = folder / "snapshot.json"
    file.write_text(definitions().model_dump_json())
    settings = ProfileApiSettings(
        database_url=role_url(database, "inlet_profile_api"),
        snapshot_file=file,
        receipt_key=SECRET,
        session_key=SECRET,
        broker_url="amqp://unused",
        changes_days=changes_days,
    )
    writing = Database(DatabaseSettings(database_url=role_url(database, "inlet_profile_writer")))
    reading = Database(settings)
    metrics = Metrics()
    keeper = SnapshotKeeper(FileSource(file), None, system_clock, metrics)
    await keeper.start()
    app = build_app(settings, keeper, reading, Readiness({}), metrics, clock=lambda: NOW)
    async with TestServer(app) as server, ClientSession() as session:
        yield Api(f"http://127.0.0.1:{server.port}", session, Store(writing, lambda: NOW, 40), file, keeper)
    await reading.close()
    await writing.close()


def _integration(number: int, system: int, state: IntegrationState) -> Integration:
    return Integration(id=number, name=f"i {number}", system=system, environment=system, state=state, revision=1)


def _token(number: int, text: str, *scopes: Scope, systems: frozenset[int] | None = None) -> AccessToken:
    secret = Secret(sha256=tokens.digest(text))
    return AccessToken(id=number, secrets=(secret,), scopes=frozenset(scopes), systems=systems)
