"""A small application of made-up operations on a real port."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from io import BytesIO
from types import SimpleNamespace
from typing import Annotated, Any, cast

import aiohttp
from multidict import CIMultiDictProxy
from pydantic import Field
from yarl import URL

from shared.contract.codes import MESSAGES
from shared.contract.definitions import Id, Key, Role, Scope, Snapshot, User
from shared.contract.sessions import Session, SessionSigner
from shared.runtime.access import Access, Right
from shared.runtime.api import application
from shared.runtime.broker import UnavailableError
from shared.runtime.metrics import Metrics
from shared.runtime.operations import Answer, Body, Call, Query, View, operation
from shared.runtime.process import serving
from shared.runtime.settings import Settings
from shared.runtime.snapshot import Definitions, SnapshotKeeper

NOW = 1_790_000_000_000_000
SECOND = 1_000_000
SIGNER = SessionSigner(b"a key for sessions in tests")
SERVICE_TOKEN = "a token of the services"
DEADLINE_S = 20.0


class Part(Body):
    size: float


class Thing(Body):
    name: Annotated[str, Field(max_length=10)]
    key: Key = "a"
    parts: list[Part] = Field(default=[])
    by_name: dict[str, int] = Field(default={})
    anything: Any = None


class Filter(Query):
    prefix: str = ""
    limit: Annotated[int, Field(ge=1)] = 10


class Seen(View):
    """What the handler was given."""

    got: dict[str, Any]


@dataclass
class Things:
    """The resource under test; what was called stands in `calls`."""

    calls: list[str] = field(default_factory=list)

    @operation("GET", "/things", Right.SERVICE)
    async def listed(self, _: Call, query: Filter) -> Seen:
        """List things."""
        self.calls.append("listed")
        return Seen(got=query.model_dump())

    @operation("POST", "/things", Right.SERVICE, status=HTTPStatus.CREATED)
    async def create(self, _: Call, body: Thing) -> Answer[Seen]:
        """Make a thing."""
        self.calls.append("create")
        return Answer(Seen(got=body.model_dump()), 7, "/things/a")

    @operation("PUT", "/things/{number}", Right.SERVICE, if_match=True)
    async def replace(self, call: Call, number: Id, body: Thing) -> Answer[Seen]:
        """Replace a thing that is at version 7."""
        call.require_version(7)
        self.calls.append("replace")
        return Answer(Seen(got={"number": number, "name": body.name}), 8)

    @operation("DELETE", "/things/{number}", Right.SERVICE, status=HTTPStatus.NO_CONTENT)
    async def remove(self, _: Call, number: Id) -> None:
        """Remove a thing."""
        self.calls.append(f"remove {number}")

    @operation("GET", "/named/{name}", Right.SERVICE)
    async def named(self, _: Call, name: str) -> Seen:
        """A thing by its name."""
        return Seen(got={"name": name})

    @operation("GET", "/mine", Right.SIGNED_IN)
    async def mine(self, _: Call) -> Seen:
        """What a session sees."""
        return Seen(got={})

    @operation("GET", "/scoped", Scope.CONFIG_READ)
    async def scoped(self, _: Call) -> Seen:
        """What a scope opens."""
        return Seen(got={})

    @operation("POST", "/sign-in", Right.ANYONE)
    async def sign_in(self, _: Call) -> Answer[None]:
        """Begin a session."""
        return Answer(None, cookie=SIGNER.text(Session.begin(3, NOW)))

    @operation("DELETE", "/mine", Right.SIGNED_IN, status=HTTPStatus.NO_CONTENT)
    async def sign_out(self, _: Call) -> Answer[None]:
        """End a session."""
        return Answer(None, cookie="")

    @operation("GET", "/away", Right.SERVICE)
    async def away(self, _: Call) -> Seen:
        """Needs what is away."""
        raise UnavailableError("the database is away")

    @operation("GET", "/broken", Right.SERVICE)
    async def broken(self, _: Call) -> Seen:
        """Fails."""
        raise KeyError("a row with data in it")


@dataclass(frozen=True)
class Got:
    """An answer."""

    status: int
    headers: CIMultiDictProxy[str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and code of a problem, which is checked for its form."""
        assert self.headers["Content-Type"] == "application/problem+json"
        assert self.headers["X-Request-Id"] == self.body["requestId"]
        assert self.headers["Cache-Control"] == "no-store"
        assert self.body["detail"] == MESSAGES[self.body["code"]]
        return self.status, self.body["code"]

    @property
    def errors(self) -> list[tuple[str, str]]:
        """Where something is wrong, and the code."""
        return [(each["pointer"], each["code"]) for each in self.body["errors"]]


@dataclass(frozen=True)
class Served:
    """The application on a port."""

    things: Things
    client: aiohttp.ClientSession
    port: int
    metrics: Metrics

    async def ask(self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None) -> Got:
        """Asks as a service; `body` is sent as it is if it is bytes, else as JSON."""
        sent = {"Authorization": f"Bearer {SERVICE_TOKEN}"} | dict(headers or {})
        if body is not None:
            sent = {"Content-Type": "application/json"} | sent
        data = None if body is None else BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
        url = URL(f"http://127.0.0.1:{self.port}{path}", encoded=True)
        async with self.client.request(method, url, data=data, headers=sent) as answer:
            return Got(answer.status, answer.headers, await answer.text())

    async def post(self, body: object, **headers: str) -> Got:
        """Makes a thing."""
        return await self.ask("POST", "/things", body, {k.replace("_", "-"): v for k, v in headers.items()})

    async def with_session(self, method: str, path: str, session: Session, **headers: str) -> Got:
        """Asks as the console does."""
        own = {
            "Cookie": f"inlet_session={SIGNER.text(session)}",
            "Origin": f"http://127.0.0.1:{self.port}",
            "X-CSRF-Token": SIGNER.csrf_token(session),
        }
        url = f"http://127.0.0.1:{self.port}{path}"
        async with self.client.request(method, url, headers=own | headers) as answer:
            return Got(answer.status, answer.headers, await answer.text())

    def count(self, status: str, code: str) -> float:
        """How many requests ended so."""
        return self.metrics.registry.get_sample_value("inlet_requests_total", {"status": status, "code": code}) or 0

    async def raw(self, request: bytes) -> bytes:
        """Sends bytes on a connection of their own, and returns what came back until it was closed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        try:
            return await asyncio.wait_for(reader.read(), DEADLINE_S)
        finally:
            writer.close()


def access(origin: str | None = None) -> Access:
    """Rights with one user, the viewer 3, at the moment `NOW`."""
    user = User(
        id=3,
        name="anna",
        role=Role.VIEWER,
        sessions_not_before=datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=NOW, days=-1),
    )
    keeper = cast("SnapshotKeeper", SimpleNamespace(usable=Definitions.of(Snapshot(version=1, users=(user,)))))
    return Access(keeper, lambda: NOW, SIGNER, origin=origin, service_token=SERVICE_TOKEN)


@asynccontextmanager
async def served_things(origin: str | None = None) -> AsyncIterator[Served]:
    """The application, for a console at `origin`, and a client that keeps no cookies."""
    things, metrics = Things(), Metrics()
    app = application(access(origin), metrics, (things,))
    async with serving(app, Settings()) as port, aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as client:
        yield Served(things, client, port, metrics)


def post_head(*lines: str) -> bytes:
    first = ("POST /things HTTP/1.1", "Host: 127.0.0.1", f"Authorization: Bearer {SERVICE_TOKEN}")
    return "\r\n".join([*first, "Content-Type: application/json", *lines, "", ""]).encode()
