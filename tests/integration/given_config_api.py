"""A stand-in for the config API's `/internal/v1`: real HTTP, with whatever answers a test wants."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from shared.contract.definitions import Snapshot
from shared.runtime.http_source import TIME_HEADER

SERVICE_TOKEN = "the token between services"
Respond = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Asked:
    """One request; `tag` is its If-None-Match, `body` its JSON."""

    path: str
    credentials: str | None
    tag: str | None
    body: Any


@dataclass
class StandIn:
    """Answers with `respond`, and keeps what it was asked."""

    respond: Respond
    url: str = ""
    asked: list[Asked] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        headers = request.headers
        self.asked.append(Asked(request.path, headers.get("Authorization"), headers.get("If-None-Match"), body))
        return await self.respond(request)


@asynccontextmanager
async def stand_in(respond: Respond) -> AsyncIterator[StandIn]:
    """A stand-in on a port of 127.0.0.1."""
    running = StandIn(respond)
    app = web.Application()
    app.router.add_route("*", "/{anything:.*}", running.handle)
    async with TestServer(app) as server:
        running.url = str(server.make_url("")).rstrip("/")
        yield running


def answering(status: int = 200, body: bytes = b"", **headers: str) -> Respond:
    """The same answer to each request; `headers` have underscores for hyphens."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}

    async def respond(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, body=body, headers=fields)

    return respond


def snapshot_of(version: int, *, time: int = 0) -> Respond:
    """A snapshot whose ETag is its version, 304 for whoever has it; `time` is the clock in microseconds."""
    raw, tag = Snapshot(version=version).model_dump_json().encode(), f'"{version}"'

    async def respond(request: web.Request) -> web.StreamResponse:
        headers = {"ETag": tag, TIME_HEADER: str(time)}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        return web.Response(body=raw, headers=headers)

    return respond
