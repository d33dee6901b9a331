"""Signing in and out of the console, and one's own password."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

import structlog
from pydantic import Field

from services.config_api.grants import system_keys
from services.config_api.passwords import RETRY_AFTER_S, Attempts, Passwords
from services.config_api.store import Store
from services.config_api.users import Password, hold_user, set_password, sign_in_name
from shared.contract import stamps
from shared.contract.codes import Code
from shared.contract.definitions import ROLE_SCOPES, Role, Scope
from shared.contract.sessions import Session
from shared.runtime.access import Access, RefusalError, Right
from shared.runtime.clock import Clock
from shared.runtime.operations import Answer, Body, Call, View, operation

PATH = "/api/v1/session"

# FOR SHARE waits for whoever changes the user right now; the session begins before it reads, so that a later change
# of the password ends it.
_USER = "SELECT id, password_hash, disabled FROM config.users WHERE sign_in_name = $1 FOR SHARE"
_USER_BY_ID = "SELECT id, name, role, systems, password_hash FROM config.users WHERE id = $1"
_STILL = "SELECT password_hash = $2 AND NOT disabled FROM config.users WHERE id = $1"
_REHASH = "UPDATE config.users SET password_hash = $2 WHERE id = $1 AND password_hash = $3"
_END = "INSERT INTO config.ended_sessions (id, ends_at) VALUES ($1, $2) ON CONFLICT DO NOTHING"
_FORGET = "DELETE FROM config.ended_sessions WHERE ends_at < now()"
_log = structlog.get_logger()


class Credentials(Body):
    """A user's name and password."""

    name: str = Field(max_length=255, pattern=r"^[^\x00]*$")
    password: str = Field(max_length=1024)


class PasswordChange(Body):
    """One's password of today, and the new one."""

    old: str = Field(max_length=1024)
    new: Password


class SignedIn(View):
    """Who one is. `systems` null is all of them; `csrf_token` goes into X-CSRF-Token with each change."""

    id: int
    name: str
    role: Role
    systems: list[str] | None
    scopes: list[Scope]
    csrf_token: str
    expires_at: datetime = Field(description="when the session ends if it is not used")
    ends_at: datetime = Field(description="when the session ends however much it is used")


@dataclass(frozen=True)
class Sessions:
    """The routes of one's own session. `forwarded_for` says that a door in front sets X-Forwarded-For."""

    store: Store
    access: Access
    passwords: Passwords
    attempts: Attempts
    clock: Clock
    forwarded_for: bool

    @operation(
        "POST",
        PATH,
        Right.ANYONE,
        problems=(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS),
    )
    async def sign_in(self, call: Call, body: Credentials) -> Answer[SignedIn]:
        """Sign in: the session is a cookie.

        One answer for a name that is nobody's, a wrong password and a disabled user.
        """
        if not self.access.is_own_page(call.request):
            raise RefusalError(HTTPStatus.FORBIDDEN, Code.FOREIGN_ORIGIN)
        name, now = sign_in_name(body.name), self.clock()
        async with self.store.read() as reading:
            row = await reading.fetchrow(_USER, name)
        found = row if row is not None and not row["disabled"] else None
        kept = None if found is None else found["password_hash"]
        await self._check(call, _typed(name) if row is None else _user(row["id"]), body.password, kept)
        if found is None:
            raise _wrong(HTTPStatus.UNAUTHORIZED)
        await self._note_sign_in(call, found["id"], found["password_hash"], body.password)
        return await self._signed_in(Session.begin(found["id"], now))

    @operation("GET", PATH, Right.SIGNED_IN)
    async def one(self, call: Call) -> Answer[SignedIn]:
        """Read who one is."""
        renewed = self.access.renewed(_session(call))
        answer = await self._signed_in(renewed or _session(call))
        return answer if renewed is not None else Answer(answer.body)

    @operation("DELETE", PATH, Right.SIGNED_IN, status=HTTPStatus.NO_CONTENT)
    async def sign_out(self, call: Call) -> Answer[None]:
        """Sign out: the session is over everywhere."""
        session = _session(call)
        async with self.store.change(call) as change:
            await change.session.execute(_FORGET)
            ends_at = stamps.to_datetime(session.absolute_end)
            await change.session.execute(_END, session.id.hex(), ends_at)
            await change.audit("signed_out", "session", session.user)
        return Answer(None, cookie="")

    @operation(
        "PUT", PATH + "/password", Right.SIGNED_IN, problems=(HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
    )
    async def change_password(self, call: Call, body: PasswordChange) -> Answer[SignedIn]:
        """Change one's own password; all other sessions of one's end."""
        number = _session(call).user
        async with self.store.read() as reading:
            row = await reading.fetchrow(_USER_BY_ID, number)
        kept = None if row is None else row["password_hash"]
        await self._check(call, _user(number), body.old, kept, HTTPStatus.FORBIDDEN)
        new = await self.passwords.hash(body.new)
        async with self.store.change(call) as change:
            now = await hold_user(change, number, self.clock)
            if not await change.session.fetchval(_STILL, number, kept):  # an admin was faster
                raise _wrong(HTTPStatus.FORBIDDEN)
            await set_password(change, number, new, now)
            await change.audit("changed_password", "user", number)
        return await self._signed_in(Session.begin(number, now))

    async def _check(
        self, call: Call, name: str, password: str, kept: str | None, status: HTTPStatus = HTTPStatus.UNAUTHORIZED
    ) -> None:
        """Raises `RefusalError`: 429 after too many failures, `status` for a wrong password."""
        address = self._address(call)
        if not self.attempts.are_left(name, address):
            headers = {"Retry-After": str(RETRY_AFTER_S)}
            raise RefusalError(HTTPStatus.TOO_MANY_REQUESTS, Code.TOO_MANY_ATTEMPTS, headers=headers)
        with self.attempts.under_way(name, address):
            fits = await self.passwords.fits(kept, password)
            if not fits:
                self.attempts.failed(name, address)
        if not fits:
            # What was typed as a name is not logged: people type passwords there.
            _log.warning("sign-in failed", address=address, request_id=call.request_id)
            raise _wrong(status)

    def _address(self, call: Call) -> str:
        """Where the request comes from. The door's own entry is the last one; what stands before it, anybody wrote."""
        forwarded = ",".join(call.request.headers.getall("X-Forwarded-For", ())).rpartition(",")[2].strip()
        return (forwarded if self.forwarded_for else "") or call.request.remote or "unknown"

    async def _note_sign_in(self, call: Call, user: int, kept: str, password: str) -> None:
        """An entry of the audit log, without a new version: no process needs to learn of it."""
        new = await self.passwords.hash(password) if self.passwords.is_outdated(kept) else None
        async with self.store.note(f"user:{user}", call.request_id) as change:
            if new is not None:
                await change.session.execute(_REHASH, user, new, kept)
            await change.audit("signed_in", "session", user)

    async def _signed_in(self, session: Session) -> Answer[SignedIn]:
        async with self.store.read() as reading:
            row = await reading.fetchrow(_USER_BY_ID, session.user)
            keys = await system_keys(reading)
        if row is None:
            raise _wrong(HTTPStatus.UNAUTHORIZED)
        role = Role(row["role"])
        view = SignedIn(
            id=row["id"],
            name=row["name"],
            role=role,
            systems=None if row["systems"] is None else [keys[each] for each in row["systems"]],
            scopes=sorted(ROLE_SCOPES[role]),
            csrf_token=self.access.sessions.csrf_token(session),
            expires_at=stamps.to_datetime(session.ends),
            ends_at=stamps.to_datetime(session.absolute_end),
        )
        return Answer(view, cookie=self.access.sessions.text(session))


def _typed(name: str) -> str:
    """By what failures with a name that is nobody's are counted."""
    return f"typed:{name}"


def _user(number: int) -> str:
    """By what a user's failures are counted, however the name was written."""
    return f"user:{number}"


def _session(call: Call) -> Session:
    if call.caller.session is None:  # the right of every route that asks is SIGNED_IN
        raise RefusalError(HTTPStatus.FORBIDDEN, Code.SESSION_NEEDED)
    return call.caller.session


def _wrong(status: HTTPStatus) -> RefusalError:
    headers = {"WWW-Authenticate": "Bearer"} if status is HTTPStatus.UNAUTHORIZED else {}
    return RefusalError(status, Code.INVALID_CREDENTIALS, headers=headers)
