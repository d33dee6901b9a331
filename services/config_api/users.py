"""Console users: who may sign in, as what, for which systems."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from unicodedata import normalize

from pydantic import AfterValidator, Field

from services.config_api.fields import Listed, Name
from services.config_api.grants import require_scopes, system_ids, system_keys, within
from services.config_api.passwords import Passwords
from services.config_api.store import Change, Store, returned
from shared.contract import stamps
from shared.contract.codes import Code
from shared.contract.definitions import ROLE_SCOPES, Id, Key, Role, Scope
from shared.runtime.access import RefusalError
from shared.runtime.clock import Clock
from shared.runtime.operations import Answer, Body, Call, Page, View, operation
from shared.runtime.postgres import Session

PATH = "/api/v1/users"

_COLUMNS = "id, name, role, systems, disabled, version, created_at, updated_at"
_ONE = f"SELECT {_COLUMNS} FROM config.users WHERE id = $1"
_LIST = f"""
SELECT {_COLUMNS} FROM config.users WHERE id > $1 AND ($2::integer[] IS NULL OR systems <@ $2) ORDER BY id LIMIT $3
"""
_INSERT = """
INSERT INTO config.users (name, sign_in_name, password_hash, role, systems, version)
VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
"""
_HOLD = "SELECT FROM config.users WHERE id = $1 FOR UPDATE"
_UPDATE = """
UPDATE config.users SET role = $2, systems = $3, disabled = $4, version = $5, updated_at = now(),
    sessions_not_before = CASE WHEN $4 THEN $6 ELSE sessions_not_before END
WHERE id = $1
"""
_NEW_HASH = """
UPDATE config.users SET password_hash = $2, version = $3, updated_at = now(), sessions_not_before = $4 WHERE id = $1
"""
_OTHER_ADMINS = """
SELECT count(*) FROM config.users WHERE role = 'admin' AND NOT disabled AND systems IS NULL AND id <> $1
"""


def _storable(password: str) -> str:
    """Whatever a keyboard gives; half of a surrogate pair has no bytes."""
    password.encode()
    return password


Password = Annotated[str, Field(min_length=12, max_length=1024), AfterValidator(_storable)]
UserName = Annotated[Name, AfterValidator(str.strip)]


class UserBody(Body):
    """What can be changed of a user. `systems` null is all of them; who is disabled cannot sign in."""

    role: Role
    systems: Annotated[list[Key], Field(max_length=1000)] | None = None
    disabled: bool = False


class NewUser(Body):
    """A user to be made; the name is what they sign in with."""

    name: UserName
    password: Password
    role: Role
    systems: Annotated[list[Key], Field(max_length=1000)] | None = None


class NewPassword(Body):
    """A user's new password, 12 characters at least."""

    password: Password


class UserView(View):
    """A console user; `version` is its ETag."""

    id: int
    name: str
    role: Role
    systems: list[str] | None
    disabled: bool
    version: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True)
class Users:
    """The routes of console users."""

    store: Store
    passwords: Passwords
    clock: Clock

    @operation("GET", PATH, Scope.USERS_MANAGE)
    async def listed(self, call: Call, query: Listed) -> Page[UserView]:
        """List console users."""
        own = call.caller.systems
        async with self.store.read() as session:
            rows = await session.fetch(_LIST, query.cursor, None if own is None else sorted(own), query.limit + 1)
            keys = await system_keys(session)
        items = [_view(dict(row), keys) for row in rows[: query.limit]]
        return Page(items=items, next=str(items[-1].id) if len(rows) > query.limit else None)

    @operation("POST", PATH, Scope.USERS_MANAGE, status=HTTPStatus.CREATED, problems=(HTTPStatus.CONFLICT,))
    async def create(self, call: Call, body: NewUser) -> Answer[UserView]:
        """Make a console user."""
        require_scopes(call, ROLE_SCOPES[body.role], "/role")
        kept = await self.passwords.hash(body.password)
        async with self.store.change(call) as change:
            systems = await system_ids(change.session, call, body.systems)
            number = await insert_user(change, body.name, kept, body.role, systems)
            view = await find_user(change.session, call, number)
            await change.audit("created", "user", number, after=view)
        return Answer(view, view.version, f"{PATH}/{number}")

    @operation("GET", PATH + "/{user}", Scope.USERS_MANAGE)
    async def one(self, call: Call, user: Id) -> Answer[UserView]:
        """Read a console user."""
        async with self.store.read() as session:
            view = await find_user(session, call, user)
        return Answer(view, view.version)

    @operation("PUT", PATH + "/{user}", Scope.USERS_MANAGE, if_match=True, problems=(HTTPStatus.CONFLICT,))
    async def replace(self, call: Call, user: Id, body: UserBody) -> Answer[UserView]:
        """Change a user's role and systems, or disable them: at once, their sessions included."""
        require_scopes(call, ROLE_SCOPES[body.role], "/role")
        async with self.store.change(call) as change:
            now = await hold_user(change, user, self.clock)
            before = await self._within_rights(change.session, call, user)
            call.require_version(before.version)
            systems = await system_ids(change.session, call, body.systems)
            stays = body.role is Role.ADMIN and systems is None and not body.disabled
            if not stays:
                await _require_other_admin(change.session, before)
            values = (body.role, systems, body.disabled, change.version, stamps.to_datetime(now))
            await change.session.execute(_UPDATE, user, *values)
            after = await find_user(change.session, call, user)
            await change.audit("replaced", "user", user, before=before, after=after)
        return Answer(after, after.version)

    @operation("PUT", PATH + "/{user}/password", Scope.USERS_MANAGE, status=HTTPStatus.NO_CONTENT)
    async def reset_password(self, call: Call, user: Id, body: NewPassword) -> Answer[None]:
        """Give a user a new password; their sessions end."""
        kept = await self.passwords.hash(body.password)
        async with self.store.change(call) as change:
            now = await hold_user(change, user, self.clock)
            await self._within_rights(change.session, call, user)
            await set_password(change, user, kept, now)
            await change.audit("reset_password", "user", user)
        return Answer(None)

    async def _within_rights(self, session: Session, call: Call, user: int) -> UserView:
        """The user, if they have no right that the caller does not have. Raises `RefusalError` (403, 404)."""
        view = await find_user(session, call, user)
        require_scopes(call, ROLE_SCOPES[view.role], "")
        return view


async def find_user(session: Session, call: Call, number: int) -> UserView:
    """The user of this id. Raises `RefusalError` (404), also for one who reaches further than the caller."""
    row = await session.fetchrow(_ONE, number)
    if row is None or not within(call, row["systems"]):
        raise RefusalError(HTTPStatus.NOT_FOUND, Code.NOT_FOUND)
    return _view(dict(row), await system_keys(session))


async def insert_user(change: Change, name: str, kept: str, role: Role, systems: list[int] | None) -> int:
    """Makes a user and returns the id."""
    values = (name, sign_in_name(name), kept, role, systems, change.version)
    return int((await returned(change.session, _INSERT, *values))["id"])


def sign_in_name(name: str) -> str:
    """By what a user is found, however the name is written (canonical caseless matching: Unicode, section 3.13)."""
    return normalize("NFC", normalize("NFD", name.strip()).casefold())


async def hold_user(change: Change, user: int, clock: Clock) -> int:
    """The time from which a change of the user counts, in microseconds since the Unix epoch.

    Between it and the commit no sign-in reads the user: whoever signs in does so before it, or as the change says.
    """
    await change.session.execute(_HOLD, user)
    return clock()


async def set_password(change: Change, user: int, kept: str, now: int) -> None:
    """A new password; sessions that began before `now` are over."""
    await change.session.execute(_NEW_HASH, user, kept, change.version, stamps.to_datetime(now))


async def _require_other_admin(session: Session, user: UserView) -> None:
    """Raises `RefusalError` (409) if this is the last one who can let others in."""
    is_full = user.role is Role.ADMIN and user.systems is None and not user.disabled
    if is_full and await session.fetchval(_OTHER_ADMINS, user.id) == 0:
        raise RefusalError(HTTPStatus.CONFLICT, Code.LAST_ADMIN)


def _view(row: dict[str, Any], keys: dict[int, str]) -> UserView:
    systems = None if row["systems"] is None else [keys[each] for each in row["systems"]]
    return UserView(**{**row, "systems": systems})
