"""What an admin does over HTTP: defines places and tokens, changes a mapping and revokes a token on the way."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.chaos.updates import PLACES, PROPERTIES, SECOND, Place
from tests.chaos.world import ADMIN
from tests.e2e.process import eventually

Json = Any

SPREADS_WITHIN_US = 10 * SECOND
"""A change is everywhere after this: by an announcement within a second, without one at the next poll (5 s here)."""
WIDE = Place("wide", "production", observed=False)
"""One property feeds ten attributes, so that a batch can become larger than a message may be: see the poison."""
FRESH = Place("fresh", "production", observed=False)
"""For the records whose way to the profile is timed."""
_SCOPES = ["data:write", "receipts:read", "profiles:read", "config:read", "config:write", "users:manage"]
_SENDER_SCOPES = ["data:write", "receipts:read", "profiles:read"]
_TIMEOUT = aiohttp.ClientTimeout(total=15.0)


def now_us() -> int:
    """The machine's clock, which is also that of all gateways, in microseconds."""
    return time.time_ns() // 1000


@dataclass(frozen=True)
class Span:
    """When a change was asked for, and from when on nobody may do as if it had not been."""

    asked: int
    known: int


@dataclass
class Mappings:
    """The revisions of the first place: 1 maps s1 and s2 to the attributes of their names, 2 crosswise, 3 as 1."""

    changes: list[Span] = field(default_factory=list)

    @property
    def current(self) -> int:
        """The number of the revision in force."""
        return len(self.changes) + 1

    def possible(self, place: int, began: int, latest: int) -> set[int]:
        """The revisions under which what was sent from then to then may have been accepted."""
        if place != 0:
            return {1}
        oldest = 1 + sum(change.known < began for change in self.changes)
        newest = 1 + sum(change.asked < latest for change in self.changes)
        return set(range(oldest, newest + 1))


def attribute_of(name: str, revision: int) -> str:
    """The key of the attribute that a property feeds by a revision of its place."""
    crossed = {"s1": "s2", "s2": "s1"} if revision % 2 == 0 else {}
    return crossed.get(name, name)


@dataclass
class Tokens:
    """The senders' access tokens, by number; the last one is in use, the earlier ones are revoked."""

    texts: list[str] = field(default_factory=list)
    revoked: dict[int, Span] = field(default_factory=dict)

    @property
    def current(self) -> int:
        return len(self.texts) - 1


@dataclass
class Definitions:
    """The config API, as an admin with an access token uses it."""

    url: str
    client: aiohttp.ClientSession
    password: str
    admin: str = ""
    integrations: dict[Place, int] = field(default_factory=dict)
    tokens_of: dict[Place, str] = field(default_factory=dict)
    mappings: Mappings = field(default_factory=Mappings)
    tokens: Tokens = field(default_factory=Tokens)

    async def define(self) -> None:
        """Makes everything: systems, integrations and their tokens, a token of the senders'."""
        session = await eventually(self._sign_in, "the first admin can sign in")
        body = {"name": "admin", "scopes": _SCOPES, "records_per_s": 0}
        self.admin = (await self._call("POST", "access-tokens", body, headers=session))["token"]
        for system in sorted({place.system for place in (*PLACES, WIDE, FRESH)}):
            await self._call("POST", "systems", {"key": system, "name": system})
        for place in (*PLACES, FRESH):
            await self._integrate(place, _integration(place, _mappings(1)))
        wide = [
            {"property": "w", "attribute": f"w{number}", "name": f"W{number}", "type": "String"} for number in range(10)
        ]
        await self._integrate(WIDE, _integration(WIDE, wide))
        await self.new_token()

    async def new_token(self) -> None:
        """One more token for the senders, which they use from now on."""
        body = {"name": f"senders {len(self.tokens.texts)}", "scopes": _SENDER_SCOPES, "records_per_s": 0}
        self.tokens.texts.append((await self._call("POST", "access-tokens", body))["token"])

    async def revoke(self, number: int) -> None:
        """Ends the senders' token of that number."""
        listed = await self._call("GET", "access-tokens")
        found = next(each for each in listed["items"] if each["name"] == f"senders {number}")
        asked = now_us()
        await self._call("DELETE", f"access-tokens/{found['id']}", headers={"If-Match": f'"{found["version"]}"'})
        self.tokens.revoked[number] = Span(asked, now_us() + SPREADS_WITHIN_US)

    async def change_mapping(self) -> None:
        """The next revision of the first place's mapping."""
        path = f"integrations/{self.integrations[PLACES[0]]}"
        read = await self._call("GET", path)
        changed = _integration(PLACES[0], _mappings(self.mappings.current + 1))
        wanted = {key: changed[key] for key in ("name", "user_id", "mappings", "observed_at")}
        asked = now_us()
        await self._call("PUT", path, wanted, headers={"If-Match": f'"{read["version"]}"'})
        self.mappings.changes.append(Span(asked, now_us() + SPREADS_WITHIN_US))

    async def _integrate(self, place: Place, body: Json) -> None:
        made = await self._call("POST", "integrations", body)
        self.integrations[place] = made["id"]
        self.tokens_of[place] = (await self._call("POST", f"integrations/{made['id']}/tokens", {}))["token"]

    async def _sign_in(self) -> dict[str, str] | None:
        credentials = {"name": ADMIN, "password": self.password}
        async with self.client.post(f"{self.url}/api/v1/session", json=credentials, timeout=_TIMEOUT) as answer:
            if answer.status != 200:
                return None
            cookie = answer.cookies["inlet_session"].value
            csrf_token = (await answer.json())["csrf_token"]
            return {"Cookie": f"inlet_session={cookie}", "X-CSRF-Token": csrf_token, "Origin": self.url}

    async def _call(self, method: str, path: str, body: Json = None, headers: Mapping[str, str] | None = None) -> Json:
        """The body of a good answer. Raises `AssertionError` for any other one."""
        sent = {"Authorization": f"Bearer {self.admin}"} if self.admin else {}
        async with self.client.request(
            method, f"{self.url}/api/v1/{path}", json=body, headers=sent | dict(headers or {}), timeout=_TIMEOUT
        ) as answer:
            text = await answer.text()
            assert answer.status < 300, f"{method} {path}: {answer.status}: {text}"
            return await answer.json() if text else None


def _mappings(revision: int) -> list[Json]:
    return [
        {"property": name, "attribute": attribute_of(name, revision), "type": kind} for name, kind in PROPERTIES.items()
    ]


def _integration(place: Place, mappings: list[Json]) -> dict[str, Json]:
    return {
        "name": f"{place.system} {place.environment}",
        "system": place.system,
        "environment": place.environment,
        "state": "active",
        "user_id": {"property": "userId"},
        "mappings": mappings,
        "observed_at": {"property": "at"} if place.observed else None,
    }
