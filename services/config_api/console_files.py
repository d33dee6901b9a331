"""The console's built files. What else a browser asks for is a page of the console's and answered with its shell."""

import asyncio
import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from shared.contract.codes import Code
from shared.runtime.access import RefusalError, Right
from shared.runtime.operations import Call, operation

BUILT = Path(__file__).parent / "console" / "dist"

# Scripts, styles, pictures, fonts and requests from here alone; nothing inline (Content Security Policy Level 3). The
# theme is a style sheet of the build; what React sets on elements goes through the CSSOM, which `style-src` allows.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
_SHELL = "index.html"
_ASSETS = "assets/"  # their names hold a hash of what is in them
# An address of an API that does not exist is a problem, as everywhere, and no page.
_PAGE = r"/{path:(?!(?:api|internal|public|docs)(?:/|$)).*}"
_NEVER = re.compile(r"q\s*=\s*0(\.0*)?")
_MISSING = "The console is not built. Run `make console`, then load this page again.\n"


@dataclass(frozen=True)
class File:
    """A file as it is sent: `bodies` by content coding, the best first; "" is the file itself."""

    name: str
    tag: str
    bodies: Mapping[str, bytes]


@dataclass
class ConsoleFiles:
    """The routes of the console's files, all from `folder`; they are read at the first request."""

    folder: Path = BUILT
    _files: dict[str, File] = field(default_factory=dict, init=False)

    @operation("GET", _PAGE, Right.ANYONE, sends=str, hidden=True)
    async def file(self, call: Call, path: str) -> web.Response:
        """A file of the console, or its shell: which page that shows is decided in the browser."""
        if _SHELL not in self._files:
            self._files = await asyncio.to_thread(_read, self.folder)
        found = self._files.get(path or _SHELL)
        if found is None and _is_page(call.request, path):
            if _SHELL not in self._files:
                return _not_built()
            found = self._files[_SHELL]
        if found is None:
            raise RefusalError(HTTPStatus.NOT_FOUND, Code.NOT_FOUND)
        return _answer(call.request, found)


def _is_page(request: web.Request, path: str) -> bool:
    """Whether a person looks for a page.

    What is no browser gets a problem. So does an asset of a former build: a shell would be no script in its place.
    """
    return not path.startswith(_ASSETS) and "text/html" in request.headers.get("Accept", "")


def _answer(request: web.Request, file: File) -> web.Response:
    """The file, or 304 where the browser has it already (RFC 9110, section 13.1.2)."""
    accepted = _accepted(request.headers.get("Accept-Encoding", ""))
    coding = next(each for each in file.bodies if each in accepted)
    tag = f'"{file.tag}{coding}"'
    fresh = "public, max-age=31536000, immutable" if file.name.startswith(_ASSETS) else "no-cache"
    headers = {**_HEADERS, "Cache-Control": fresh, "ETag": tag, "Vary": "Accept-Encoding"}
    if tag in {each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")}:
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
    if coding:
        headers["Content-Encoding"] = coding
    kind = _TYPES[Path(file.name).suffix]
    charset = "utf-8" if kind.startswith("text/") else None
    return web.Response(body=file.bodies[coding], content_type=kind, charset=charset, headers=headers)


def _accepted(field: str) -> set[str]:
    """The codings that a client accepts (RFC 9110, section 12.5.3), and "" for none."""
    parts = (part.partition(";") for part in field.lower().split(","))
    return {"", *(name.strip() for name, _, weight in parts if not _NEVER.fullmatch(weight.strip()))}


def _not_built() -> web.Response:
    return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, text=_MISSING, headers=_HEADERS)


def _read(folder: Path) -> dict[str, File]:
    """All files of a build by their paths. Only these can be asked for, so that no path leads anywhere else."""
    found = (each for each in sorted(folder.rglob("*")) if each.is_file() and each.suffix in _TYPES)
    return {file.name: file for file in (_file(each.relative_to(folder).as_posix(), each) for each in found)}


def _file(name: str, path: Path) -> File:
    body, beside = path.read_bytes(), path.with_name(path.name + ".br")
    bodies = {"gzip": gzip.compress(body, mtime=0)}
    if beside.is_file():  # the build makes it: the standard library has no Brotli (RFC 7932)
        bodies = {"br": beside.read_bytes(), **bodies}
    smaller = {coding: coded for coding, coded in bodies.items() if len(coded) < len(body)}
    return File(name, hashlib.sha256(body).hexdigest()[:32], {**smaller, "": body})
