"""A server that answers a sender as it is told, as gateways, proxies and outages do."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Json = Any
Script = Callable[[Sequence[Json]], web.Response | None]


@dataclass
class Server:
    """Accepts batches, unless `script` gives another answer to their records.

    Receipts are written, and say what `pages` have for the cursor. `posts` are idempotency keys and records;
    `hold` keeps their answers back. The first `pending` questions for a receipt find it so.
    """

    url: str = ""
    script: Script = lambda _: None
    pages: Mapping[str, Json] = field(default_factory=lambda: {"": {}})
    posts: list[tuple[str, list[Json]]] = field(default_factory=list)
    accepted: list[Json] = field(default_factory=list)
    codings: set[str | None] = field(default_factory=set)
    asked: int = 0
    pending: int = 0
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    hold: asyncio.Event | None = None

    async def post(self, request: web.Request) -> web.Response:
        raw = await request.read()
        coding = request.headers.get("Content-Encoding")
        self.codings.add(coding)
        data = json.loads(gzip.decompress(raw) if coding == "gzip" else raw)["data"]
        self.posts.append((request.headers["Idempotency-Key"], data))
        self.reached.set()
        if self.hold is not None:
            await self.hold.wait()
        answer = self.script(data)
        if answer is None:
            self.accepted += data
            answer = web.json_response({"receipt": f"r-{len(data)}-{len(self.posts)}"}, status=202)
        return answer

    async def get(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self.asked <= self.pending:
            return web.json_response({"state": "pending"})
        records = int(request.path.split("-")[1])
        return web.json_response(
            {"state": "written", "records": records, "written": records} | self.pages[request.query.get("cursor", "")]
        )


@asynccontextmanager
async def receiving() -> AsyncIterator[Server]:
    """The server on a port of 127.0.0.1."""
    server = Server()
    app = web.Application()
    app.router.add_post("/public/v1/user/data", server.post)
    app.router.add_get("/public/v1/receipts/{receipt}", server.get)
    runner = web.AppRunner(app, auto_decompress=False)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield server
    finally:
        await runner.cleanup()


def problem(status: int, code: str, headers: Mapping[str, str] | None = None, **members: Json) -> web.Response:
    """An answer as Inlet refuses."""
    return web.json_response({"title": "T", "detail": "D.", "code": code, **members}, status=status, headers=headers)


def in_turn(*answers: web.Response) -> Script:
    """These answers one after the other, then 202."""
    left = list(answers)
    return lambda _: left.pop(0) if left else None
