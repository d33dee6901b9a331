"""The audit log: who changed what, when, and how it was before."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from services.config_api.fields import MAX_LIMIT, reach
from services.config_api.grants import system_keys
from services.config_api.store import Store
from shared.contract.definitions import Key, Scope
from shared.runtime.operations import Call, Page, Query, View, operation

_LIST = """
SELECT id, at, actor, action, kind, object, system, request_id, before, after FROM config.audit
WHERE ($1::bigint = 0 OR id < $1) AND ($2::text IS NULL OR kind = $2) AND ($3::text IS NULL OR object = $3)
    AND ($4::integer IS NULL OR system = $4)
    AND CASE WHEN system IS NULL THEN $5 ELSE $6::integer[] IS NULL OR system = ANY($6) END
ORDER BY id DESC LIMIT $7
"""
_NAMES = """
SELECT 'user:' || id AS actor, name FROM config.users UNION ALL SELECT 'token:' || id, name FROM config.access_tokens
"""


class Actor(View):
    """Who did it: a user, an access token, or a service; `name` is today's."""

    id: str
    name: str


class Entry(View):
    """One change. `object` names what was changed within its kind; `before` and `after` hold no secret."""

    id: int
    at: datetime
    actor: Actor
    action: str
    kind: str
    object: str
    system: str | None
    request_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class AuditQuery(Query):
    """Which entries: of a kind, of an object, of a system; those before the id `cursor`."""

    kind: Annotated[str, Field(max_length=64, pattern="^[a-z_]+$")] | None = None
    object: Annotated[str, Field(max_length=255, pattern=r"^[^\x00]+$")] | None = None
    system: Key | None = None
    cursor: Annotated[int, Field(ge=0, lt=2**63)] = 0
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = 100


@dataclass(frozen=True)
class Audit:
    """The route of the audit log."""

    store: Store

    @operation("GET", "/api/v1/audit", Scope.CONFIG_READ)
    async def listed(self, call: Call, query: AuditQuery) -> Page[Entry]:
        """List changes, the newest first.

        Entries of users, access tokens and sessions are for callers with users:manage that reach every system.
        """
        own = call.caller.systems
        sees_all = Scope.USERS_MANAGE in call.caller.scopes and own is None
        async with self.store.read() as session:
            keys = await system_keys(session)
            system = next((number for number, key in keys.items() if key == query.system), 0)
            where = (query.kind, query.object, None if query.system is None else system, sees_all, reach(call))
            rows = await session.fetch(_LIST, query.cursor, *where, query.limit + 1)
            names = {row["actor"]: row["name"] for row in await session.fetch(_NAMES)}
        items = [_entry(dict(row), keys, names) for row in rows[: query.limit]]
        return Page(items=items, next=str(items[-1].id) if len(rows) > query.limit else None)


def _entry(row: dict[str, Any], keys: dict[int, str], names: dict[str, str]) -> Entry:
    actor = Actor(id=row["actor"], name=names.get(row["actor"], row["actor"]))
    states = {name: None if row[name] is None else json.loads(row[name]) for name in ("before", "after")}
    return Entry(**{**row, **states, "actor": actor, "system": keys.get(row["system"])})
