"""What the first start defines, over the config API like any admin: a system, an integration, tokens; and `demo.env`.

`demo.env` is a file for shells that only its owner can read; `INLET_URL` in it is the address of the last start.
"""

from collections.abc import Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any

import aiohttp

from services.up.installation import write_private
from shared.contract.definitions import Scope

SYSTEM, ENVIRONMENT = "demo", "production"
_SENDER = (Scope.DATA_WRITE, Scope.RECEIPTS_READ, Scope.PROFILES_READ)
_INTEGRATION = {
    "name": "Demo",
    "system": SYSTEM,
    "environment": ENVIRONMENT,
    "state": "active",
    "user_id": {"property": "userId"},
    "mappings": [
        {"property": "department", "attribute": "department", "name": "Department", "type": "String"},
        {"property": "seats", "attribute": "seats", "name": "Seats", "type": "Number"},
        {"property": "hired", "attribute": "hired", "name": "Hired", "type": "Date"},
    ],
}
_RECORD = '{"userId": "u-17", "department": "Sales", "seats": 12, "hired": "2024-03-01"}'
_TIMEOUT = aiohttp.ClientTimeout(total=30.0)


class DemoError(Exception):
    """The demo cannot be defined; the text says what was answered."""


class Demo:
    """The demo of one installation; `file` holds its tokens once it is defined."""

    def __init__(self, file: Path, user: str, password: str) -> None:
        self._file = file
        self._user = user
        self._password = password

    async def introduction(self, url: str) -> str:
        """What to do first, for whoever started Inlet. Defines the demo where `file` does not tell of it yet."""
        try:
            kept = self._read() or await self._define(url)
        except DemoError as error:
            return f"Inlet runs at {url}\nno demo: {error}"
        self._write({**kept, "INLET_URL": url})
        return _introduction(url, _relative(self._file))

    def _read(self) -> dict[str, str] | None:
        with suppress(FileNotFoundError):
            return dict(line.split("=", 1) for line in self._file.read_text().splitlines())
        return None

    def _write(self, values: Mapping[str, str]) -> None:
        text = "".join(f"{name}={value}\n" for name, value in values.items())
        if not self._file.exists() or self._file.read_text() != text:
            write_private(self._file, text)

    async def _define(self, url: str) -> dict[str, str]:
        jar = aiohttp.CookieJar(unsafe=True)  # unsafe: of an address without a name
        async with aiohttp.ClientSession(url, cookie_jar=jar, headers={"Origin": url}, timeout=_TIMEOUT) as session:
            signed_in = await _post(session, "session", {"name": self._user, "password": self._password})
            session.headers["X-CSRF-Token"] = signed_in["csrf_token"]
            await _post(session, "systems", {"key": SYSTEM, "name": "Demo"}, HTTPStatus.CONFLICT)
            integration = await _integration(session)
            return {
                "INLET_URL": url,
                "INLET_ACCESS_TOKEN": await _access_token(session, "Demo sender", *_SENDER),
                "INLET_INTEGRATION_TOKEN": (await _post(session, f"integrations/{integration}/tokens", {}))["token"],
                "INLET_SYSTEM": SYSTEM,
                "INLET_ENVIRONMENT": ENVIRONMENT,
                "INLET_ADMIN_TOKEN": await _access_token(session, "Demo admin", *Scope),
                "INLET_ADMIN_USER": self._user,
                "INLET_ADMIN_PASSWORD": self._password,
            }


async def _integration(session: aiohttp.ClientSession) -> int:
    """The demo's integration: a new one, or that which a start made that was broken off."""
    made = await _post(session, "integrations", _INTEGRATION, HTTPStatus.CONFLICT)
    if made is not None:
        return int(made["id"])
    async with session.get("/api/v1/integrations", params={"system": SYSTEM, "limit": "1000"}) as answer:
        listed = (await answer.json())["items"]
    return next(int(each["id"]) for each in listed if each["name"] == _INTEGRATION["name"])


async def _access_token(session: aiohttp.ClientSession, name: str, *scopes: Scope) -> str:
    made = await _post(session, "access-tokens", {"name": name, "scopes": list(scopes)})
    return str(made["token"])


async def _post(session: aiohttp.ClientSession, path: str, body: Mapping[str, Any], *there: HTTPStatus) -> Any:
    """What was made; None if it is there already, which one of the statuses `there` says. Raises `DemoError`."""
    async with session.post(f"/api/v1/{path}", json=body) as answer:
        if answer.status in there:
            return None
        said = await answer.json(content_type=None)
        if not answer.ok:
            raise DemoError(f"{path}: {answer.status} {said.get('detail')}")
        return said


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _introduction(url: str, file: Path) -> str:
    return f"""
Inlet runs at {url}: its console is there, its API is described at {url}/docs. Ctrl-C ends it; its data stays.
The admin's name and password, and the tokens of a demo integration, are in {file}. Send a first record:

. {file} && curl -i "$INLET_URL/public/v1/user/data" -H "Authorization: Bearer $INLET_ACCESS_TOKEN" \\
  -H 'Content-Type: application/json' -d '{{"token": "'"$INLET_INTEGRATION_TOKEN"'", "data": [{_RECORD}]}}'
"""
