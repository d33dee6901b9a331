"""The bare handler: what one aiohttp process does at most with single-record posts.

It parses the same body and answers 202, and does nothing else: no tokens, no broker, no receipt.

    python -m tests.bench.bare PORT
"""

import sys

import msgspec
import uvloop
from aiohttp import web

_ANSWER = b'{"message": "Request has been received"}'


class _Envelope(msgspec.Struct):
    token: str
    data: list[dict[str, str | int | float | None]]


_DECODER = msgspec.json.Decoder(_Envelope)


async def _receive(request: web.Request) -> web.Response:
    _DECODER.decode(await request.read())
    return web.Response(body=_ANSWER, status=202, content_type="application/json")


async def _ready(_: web.Request) -> web.Response:
    return web.Response()


async def _application() -> web.Application:
    app = web.Application()
    app.add_routes([web.post("/public/v1/user/data", _receive), web.get("/readyz", _ready)])
    return app


def main() -> None:
    """Serves until SIGTERM."""
    loop = uvloop.new_event_loop()
    web.run_app(_application(), host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None, loop=loop)


if __name__ == "__main__":
    main()
