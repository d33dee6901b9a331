"""Access tokens: who may call, and how far they reach."""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, Field

from services.config_api import issued
from services.config_api.fields import Listed, Name
from services.config_api.grants import require_scopes, system_ids, system_keys, within
from services.config_api.issued import Rotation, SecretView
from services.config_api.store import Change, Store, returned
from shared.contract import stamps
from shared.contract.codes import Code
from shared.contract.definitions import Id, Key, Scope
from shared.runtime.access import Fault, RefusalError
from shared.runtime.clock import Clock
from shared.runtime.operations import Answer, Body, Call, Page, View, operation
from shared.runtime.postgres import Session

PATH = "/api/v1/access-tokens"

_COLUMNS = """id, name, scopes, systems, records_per_s, expires_at, revoked_at, version, created_at, updated_at,
    (SELECT max(last_used_at) FROM config.secrets WHERE access_token = access_tokens.id) AS last_used_at"""
_ONE = f"SELECT {_COLUMNS} FROM config.access_tokens WHERE id = $1"
_LIST = f"""
SELECT {_COLUMNS} FROM config.access_tokens WHERE id > $1 AND (revoked_at IS NOT NULL) = $2
    AND ($3::integer[] IS NULL OR systems <@ $3) ORDER BY id LIMIT $4
"""
_INSERT = """
INSERT INTO config.access_tokens (name, scopes, systems, records_per_s, expires_at, version)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
"""
_UPDATE = """
UPDATE config.access_tokens
SET name = $2, scopes = $3, systems = $4, records_per_s = $5, expires_at = $6, version = $7, updated_at = now()
WHERE id = $1
"""
_REVOKE = """
UPDATE config.access_tokens SET revoked_at = clock_timestamp(), version = $2, updated_at = now() WHERE id = $1
"""


def _in_utc(time: datetime) -> datetime:
    """Of a year that every time zone can write."""
    if not 1970 <= time.year < 9999:
        raise ValueError("must be within the years 1970 to 9998")
    return time.astimezone(UTC)


class AccessTokenBody(Body):
    """What an access token may do. `systems` null is all of them; `records_per_s` null is the gateways' default."""

    name: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))]
    systems: Annotated[list[Key], Field(max_length=1000)] | None = None
    records_per_s: Annotated[int, Field(ge=0, le=10**9)] | None = None
    expires_at: Annotated[AwareDatetime, AfterValidator(_in_utc)] | None = None


class AccessTokenView(View):
    """An access token with its live secrets, two at most; `version` is its ETag."""

    id: int
    name: str
    scopes: list[Scope]
    systems: list[str] | None
    records_per_s: int | None
    expires_at: datetime | None
    expired: bool
    revoked_at: datetime | None
    last_used_at: datetime | None
    secrets: list[SecretView]
    version: int
    created_at: datetime
    updated_at: datetime


class IssuedAccessToken(AccessTokenView):
    """A new access token, which is shown this once."""

    token: str


class AccessTokensQuery(Listed):
    """Live tokens, or the revoked ones."""

    revoked: bool = False


@dataclass(frozen=True)
class AccessTokens:
    """The routes of access tokens."""

    store: Store
    clock: Clock

    @operation("GET", PATH, Scope.USERS_MANAGE)
    async def listed(self, call: Call, query: AccessTokensQuery) -> Page[AccessTokenView]:
        """List access tokens."""
        own = call.caller.systems
        where = (query.cursor, query.revoked, None if own is None else sorted(own), query.limit + 1)
        async with self.store.read() as session:
            rows = await session.fetch(_LIST, *where)
            views = await self._views(session, [dict(row) for row in rows[: query.limit]])
        return Page(items=views, next=str(views[-1].id) if len(rows) > query.limit else None)

    @operation("POST", PATH, Scope.USERS_MANAGE, status=HTTPStatus.CREATED)
    async def create(self, call: Call, body: AccessTokenBody) -> Answer[IssuedAccessToken]:
        """Issue an access token."""
        require_scopes(call, body.scopes, "/scopes")
        self._require_future(body)
        async with self.store.change(call) as change:
            values = await self._values(change, call, body)
            number = int((await returned(change.session, _INSERT, *values, change.version))["id"])
            token, _ = await issued.issue(change, "access_token", number)
            view = await self._view(change.session, call, number)
            await change.audit("created", "access_token", number, after=view)
        return Answer(IssuedAccessToken(**dict(view), token=token), view.version, f"{PATH}/{number}")

    @operation("GET", PATH + "/{access_token}", Scope.USERS_MANAGE)
    async def one(self, call: Call, access_token: Id) -> Answer[AccessTokenView]:
        """Read an access token; the token itself is not shown again."""
        async with self.store.read() as session:
            view = await self._view(session, call, access_token)
        return Answer(view, view.version)

    @operation("PUT", PATH + "/{access_token}", Scope.USERS_MANAGE, if_match=True, problems=(HTTPStatus.CONFLICT,))
    async def replace(self, call: Call, access_token: Id, body: AccessTokenBody) -> Answer[AccessTokenView]:
        """Change what an access token may do."""
        require_scopes(call, body.scopes, "/scopes")
        self._require_future(body)
        async with self.store.change(call) as change:
            before = await self._live(change.session, call, access_token)
            call.require_version(before.version)
            values = await self._values(change, call, body)
            await change.session.execute(_UPDATE, access_token, *values, change.version)
            after = await self._view(change.session, call, access_token)
            await change.audit("replaced", "access_token", access_token, before=before, after=after)
        return Answer(after, after.version)

    @operation(
        "DELETE",
        PATH + "/{access_token}",
        Scope.USERS_MANAGE,
        if_match=True,
        status=HTTPStatus.NO_CONTENT,
        problems=(HTTPStatus.CONFLICT,),
    )
    async def revoke(self, call: Call, access_token: Id) -> Answer[None]:
        """Revoke an access token, at once and for ever."""
        async with self.store.change(call) as change:
            before = await self._live(change.session, call, access_token)
            call.require_version(before.version)
            await change.session.execute(_REVOKE, access_token, change.version)
            await issued.revoke_all(change, access_token)
            await change.audit("revoked", "access_token", access_token, before=before)
        return Answer(None)

    @operation(
        "POST",
        PATH + "/{access_token}/rotate",
        Scope.USERS_MANAGE,
        status=HTTPStatus.CREATED,
        problems=(HTTPStatus.CONFLICT,),
    )
    async def rotate(self, call: Call, access_token: Id, body: Rotation) -> Answer[IssuedAccessToken]:
        """Issue a new secret of an access token; the former one lives on beside it for `overlap_s`."""
        async with self.store.change(call) as change:
            before = await self._live(change.session, call, access_token)
            require_scopes(call, before.scopes, "")
            token, _ = await issued.issue(change, "access_token", access_token, overlap_s=body.overlap_s)
            after = await self._view(change.session, call, access_token)
            await change.audit("rotated", "access_token", access_token, before=before, after=after)
        return Answer(IssuedAccessToken(**dict(after), token=token), after.version)

    def _now(self) -> datetime:
        return stamps.to_datetime(self.clock())

    def _require_future(self, body: AccessTokenBody) -> None:
        if body.expires_at is not None and body.expires_at <= self._now():
            fault = Fault("/expires_at", Code.INVALID_FIELD, "must be in the future")
            raise RefusalError(HTTPStatus.UNPROCESSABLE_ENTITY, Code.INVALID_BODY, faults=(fault,))

    async def _values(self, change: Change, call: Call, body: AccessTokenBody) -> tuple[Any, ...]:
        systems = await system_ids(change.session, call, body.systems)
        return body.name, sorted(set(body.scopes)), systems, body.records_per_s, body.expires_at

    async def _live(self, session: Session, call: Call, number: int) -> AccessTokenView:
        """An access token that is not revoked. Raises `RefusalError` (404, 409)."""
        view = await self._view(session, call, number)
        if view.revoked_at is not None:
            raise RefusalError(HTTPStatus.CONFLICT, Code.INVALID_STATE)
        return view

    async def _view(self, session: Session, call: Call, number: int) -> AccessTokenView:
        """Raises `RefusalError` (404), also for a token that reaches further than the caller."""
        row = await session.fetchrow(_ONE, number)
        if row is None or not within(call, row["systems"]):
            raise RefusalError(HTTPStatus.NOT_FOUND, Code.NOT_FOUND)
        return (await self._views(session, [dict(row)]))[0]

    async def _views(self, session: Session, rows: list[dict[str, Any]]) -> list[AccessTokenView]:
        secrets = await issued.live_secrets(session, "access_token", [row["id"] for row in rows])
        keys, now = await system_keys(session), self._now()
        views = []
        for row in rows:
            systems = None if row["systems"] is None else [keys[each] for each in row["systems"]]
            expired = row["expires_at"] is not None and row["expires_at"] <= now
            fields = {**row, "systems": systems, "expired": expired, "secrets": secrets[row["id"]]}
            views.append(AccessTokenView(**fields))
        return views
