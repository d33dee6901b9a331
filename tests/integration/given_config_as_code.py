"""`python -m services config` as a process of its own, a file of definitions, and a door that can break."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from services.config_as_code.document import Document
from services.config_as_code.reading import read
from tests.backing import command
from tests.backing.command import Ran
from tests.backing.config_api import ConfigApi

FILE = """\
systems:
- key: crm
  name: CRM
  environments:
  - key: production
    name: Live
  - key: qa
    name: QA
  attributes:
  - key: hired
    name: Hired
    type: Date
  - key: seats
    name: Seats
    type: Number
  integrations:
  - name: Nightly
    environment: production
    state: active
    user_id:
      property: userId
      trim: true
    mappings:
    - property: licence.seats
      attribute: seats
      on_empty: clear
    - property: hired
      attribute: hired
      date_format: '%d.%m.%Y'
    on_unknown: reject_record
    observed_at:
      property: changed
      time_zone: Europe/Berlin
  - name: Old
    environment: qa
    state: paused
    user_id:
      property: id
  - name: Import
    environment: qa
    user_id:
      property: id
- key: erp
  name: "no"
  environments:
  - key: production
    name: Production
  - key: qa
    name: QA
"""


def rewrite(file: Path, text: str) -> Path:
    """Gives a file other content."""
    file.write_text(text)
    return file


def document_of(file: Path) -> Document:
    """The definitions in a file."""
    return read(file.read_bytes()).document


def text_of(file: Path) -> str:
    """A file's content."""
    return file.read_text()


async def config(url: str | None, token: str | None, *arguments: str) -> Ran:
    """What a command says and how it ends; it never shows the token nor where in the code it failed."""
    given = {"INLET_URL": url, "INLET_ADMIN_TOKEN": token, "PATH": os.environ["PATH"], "TERM": "dumb"}
    environment = {name: value for name, value in given.items() if value is not None}
    ran = await command.run("config", *arguments, environment=environment)
    assert not token or token not in ran.out + ran.err
    assert "Traceback" not in ran.err
    return ran


async def run(api: ConfigApi, *arguments: str | Path) -> Ran:
    """The same with every right."""
    return await config(api.address, api.token, *map(str, arguments))


async def changes(api: ConfigApi) -> list[tuple[str, str, str]]:
    """What the audit log says was done to what, users left out."""
    rows = await api.query("SELECT action, kind, object FROM config.audit WHERE kind <> 'user' ORDER BY id")
    return [(row["action"], row["kind"], row["object"]) for row in rows]


Hook = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


@asynccontextmanager
async def between(api: ConfigApi, hook: Hook) -> AsyncIterator[str]:
    """The URL of a door before the config API, at which `hook` sees each request first and may answer it."""
    async with ClientSession() as session:

        async def passed_on(request: web.Request) -> web.StreamResponse:
            answered = await hook(request)
            if answered is not None:
                return answered
            headers = {name: value for name, value in request.headers.items() if name != "Host"}
            url = api.address + request.raw_path
            async with session.request(request.method, url, headers=headers, data=await request.read()) as answer:
                return web.Response(body=await answer.read(), status=answer.status, content_type="application/json")

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", passed_on)
        async with TestServer(app) as server:
            yield str(server.make_url("")).rstrip("/")
