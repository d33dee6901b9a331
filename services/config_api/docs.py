"""The OpenAPI document, and a viewer of it that loads nothing from elsewhere."""

import asyncio
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from aiohttp import web

from shared.runtime.access import Right
from shared.runtime.operations import Call, operation

# Scripts, styles and requests from here alone; nothing inline, nothing in a frame (Content Security Policy Level 3).
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Inlet API</title><link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="viewer"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script></body>
</html>
"""
_START = 'SwaggerUIBundle({url: "/openapi.json", dom_id: "#viewer", deepLinking: true, validatorUrl: null})\n'
_DOCUMENT = Path(__file__).parent / "openapi.json"

File = Literal["swagger-ui.css", "swagger-ui-bundle.js", "start.js"]


class Docs:
    """The routes of the API's description."""

    @operation("GET", "/openapi.json", Right.ANYONE, sends=dict[str, Any])
    async def document(self, _: Call) -> web.Response:
        """Read this document."""
        text = await asyncio.to_thread(_read, _DOCUMENT)
        return web.Response(body=text, content_type="application/json", headers={"Cache-Control": "no-cache"})

    @operation("GET", "/docs", Right.ANYONE, sends=str, hidden=True)
    async def page(self, _: Call) -> web.Response:
        """Look at this document in a browser."""
        return web.Response(text=_PAGE, content_type="text/html", headers=_HEADERS)

    @operation("GET", "/docs/{file}", Right.ANYONE, sends=str, hidden=True)
    async def file(self, _: Call, file: File) -> web.Response:
        """What the viewer is made of."""
        kind = "text/css" if file.endswith(".css") else "text/javascript"
        text = _START.encode() if file == "start.js" else await asyncio.to_thread(_part, file)
        headers = {**_HEADERS, "Cache-Control": "max-age=3600"}
        return web.Response(body=text, content_type=kind, charset="utf-8", headers=headers)


@cache
def _read(path: Path) -> bytes:
    return path.read_bytes()


@cache
def _part(name: str) -> bytes:
    """A file of Swagger UI, as the package swagger-ui-py brings it."""
    return (files("swagger_ui") / "static" / name).read_bytes()
