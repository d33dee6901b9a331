"""Operations over real HTTP, with made-up rights and no service around them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from types import SimpleNamespace
from typing import Any, cast

from aiohttp import ClientSession, DummyCookieJar
from aiohttp.test_utils import TestServer

from shared.contract import tokens
from shared.contract.definitions import AccessToken, Scope, Secret, Snapshot, User
from shared.contract.sessions import SessionSigner
from shared.contract.tokens import TokenKind
from shared.runtime.access import Access
from shared.runtime.api import application
from shared.runtime.clock import Clock, system_clock
from shared.runtime.metrics import Metrics
from shared.runtime.snapshot import Definitions, SnapshotKeeper

SIGNER = SessionSigner(b"a key for sessions in tests")


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str
    body: Any


@dataclass(frozen=True)
class Served:
    """Resources on a port; `token` has every scope."""

    address: str
    token: str
    metrics: Metrics
    session: ClientSession

    async def call(
        self, method: str, path: str, body: bytes | None = None, *, token: str | None = "", **headers: str
    ) -> Answer:
        """A request with the token, unless `token` names another one or None; `headers` have underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Bearer {token or self.token}"
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
        data = None if body is None else BytesIO(body)
        async with self.session.request(method, self.address + path, data=data, headers=sent) as answer:
            text = await answer.text()
            parsed = await answer.json(content_type=None) if text and "json" in answer.headers["Content-Type"] else None
            return Answer(answer.status, answer.headers, text, parsed)


@asynccontextmanager
async def served(
    *resources: object, users: Sequence[User] = (), clock: Clock = system_clock, origin: str | None = None
) -> AsyncIterator[Served]:
    """An application of these resources on a port of 127.0.0.1."""
    token = tokens.make(TokenKind.ACCESS)
    known = AccessToken(id=1, secrets=(Secret(sha256=tokens.digest(token)),), scopes=frozenset(Scope))
    definitions = Definitions.of(Snapshot(version=1, access_tokens=(known,), users=tuple(users)))
    keeper = cast("SnapshotKeeper", SimpleNamespace(usable=definitions))
    metrics = Metrics()
    app = application(Access(keeper, clock, SIGNER, origin=origin), metrics, resources)
    async with TestServer(app) as server, ClientSession(cookie_jar=DummyCookieJar()) as session:
        yield Served(str(server.make_url("")).rstrip("/"), token, metrics, session)
