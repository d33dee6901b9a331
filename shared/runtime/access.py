"""Who may do what: every request of every service is checked here, against the definitions.

A caller shows a Bearer token (RFC 6750, RFC 9110 section 11) or, from the console, a session cookie; a session must
also prove that the request comes from a page of ours. A refusal is an exception that carries the answer.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

import msgspec
from aiohttp import web

from shared.contract import stamps, tokens
from shared.contract.codes import Code
from shared.contract.definitions import ROLE_SCOPES, AccessToken, Integration, IntegrationState, Scope, User
from shared.contract.sessions import Session, SessionSigner
from shared.runtime.clock import Clock, system_clock
from shared.runtime.settings import AccessSettings
from shared.runtime.snapshot import Definitions, SnapshotKeeper

SESSION_COOKIE = "inlet_session"
CSRF_HEADER = "X-CSRF-Token"
RETRY_AFTER_S = 2
CALLER = web.RequestKey("caller", str)
"""Who calls, once it is known, with or without the right; for the log."""

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})  # RFC 9110, section 9.2.1


class Right(StrEnum):
    """What a route may ask for instead of a scope."""

    ANYONE = "anyone"
    SIGNED_IN = "signed_in"
    SERVICE = "service"


class Caller(msgspec.Struct, frozen=True):
    """Who calls. `actor` names it in logs and in the audit log; `systems` None means all of them."""

    actor: str
    scopes: frozenset[Scope] = frozenset()
    systems: frozenset[int] | None = None
    records_per_s: int | None = None
    user: User | None = None
    session: Session | None = None

    def reaches(self, system: int) -> bool:
        """Whether the caller's systems include this one."""
        return self.systems is None or system in self.systems


ANYONE = Caller("anyone", systems=frozenset())
SERVICE = Caller("service")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a request: where (a JSON pointer, RFC 6901, or a parameter's name), and why.

    `message` says more than the code's own text, where there is more to say.
    """

    pointer: str
    code: Code
    message: str | None = None


class RefusalError(Exception):
    """A request that is refused: the answer's status and code, and what goes with them.

    `headers` are added to the answer, `members` to its body, `faults` become its `errors`.
    """

    def __init__(
        self,
        status: HTTPStatus,
        code: Code,
        *,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, object] | None = None,
        faults: Sequence[Fault] = (),
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.headers = headers or {}
        self.members = members or {}
        self.faults = faults


class Access:
    """The one place that lets requests in.

    `origin` is the console's (scheme, host and port); None: that of the host which the request itself names.
    `used` collects when each token was used last, by SHA-256, in microseconds since the Unix epoch.
    """

    def __init__(
        self,
        keeper: SnapshotKeeper,
        clock: Clock,
        sessions: SessionSigner,
        *,
        origin: str | None = None,
        service_token: str | None = None,
    ) -> None:
        self._keeper = keeper
        self._clock = clock
        self._origin = origin
        self._service_token = None if service_token is None else service_token.encode()
        self.sessions = sessions
        self.served_by_https = origin is not None and origin.startswith("https:")
        self.used: dict[str, int] = {}

    @property
    def definitions(self) -> Definitions:
        """The definitions of the moment. Raises `RefusalError` (503) where there are none to be trusted."""
        definitions = self._keeper.usable
        if definitions is None:
            raise unavailable()
        return definitions

    def admit(self, request: web.Request, right: Scope | Right) -> Caller:
        """Who calls, if they have the right. Raises `RefusalError` (401, 403, 503)."""
        if right is Right.ANYONE:
            return ANYONE
        authorization = request.headers.getall("Authorization", ())
        service = right is Right.SERVICE
        caller = self._service(authorization) if service else self._identify(request, authorization)
        request[CALLER] = caller.actor
        if isinstance(right, Scope):
            require(caller, right)
        elif right is Right.SIGNED_IN and caller.session is None:
            raise RefusalError(HTTPStatus.FORBIDDEN, Code.SESSION_NEEDED)
        return caller

    def integration_of(self, caller: Caller, integration_token: str) -> Integration:
        """The integration that an integration token stands for.

        Raises `RefusalError` (403), with one answer for a token that is malformed, unknown, expired, of a deleted
        integration, or of a system that the caller does not reach: nobody learns which tokens exist.
        """
        digest, now = _digest(integration_token), self._clock()
        live = None if digest is None else self.definitions.integrations_by_token.get(digest)
        if (
            digest is None
            or live is None
            or (live.ends is not None and live.ends <= now)
            or live.owner.state is IntegrationState.DELETED
            or not caller.reaches(live.owner.system)
        ):
            faults = (Fault("/token", Code.FORBIDDEN_INTEGRATION),)
            raise RefusalError(HTTPStatus.FORBIDDEN, Code.FORBIDDEN_INTEGRATION, faults=faults)
        self.used[digest] = now
        return live.owner

    def renewed(self, session: Session) -> Session | None:
        """The session as used just now, if its cookie is due to be issued anew."""
        now = self._clock()
        return session._replace(seen=now) if session.is_due(now) else None

    def _identify(self, request: web.Request, authorization: Sequence[str]) -> Caller:
        if authorization:
            return _caller_of(self._token(authorization))
        cookie = request.cookies.get(SESSION_COOKIE)
        if cookie is None:
            raise _unauthorized(Code.MISSING_CREDENTIALS)
        caller = self._session(cookie)
        self._require_own_page(request, caller)
        return caller

    def _token(self, authorization: Sequence[str]) -> AccessToken:
        digest, now = _digest(_bearer(authorization)), self._clock()
        live = None if digest is None else self.definitions.access_tokens.get(digest)
        if digest is None or live is None or (live.ends is not None and live.ends <= now):
            raise _unauthorized(Code.INVALID_TOKEN)
        self.used[digest] = now
        return live.owner

    def _session(self, cookie: str) -> Caller:
        session, definitions = self.sessions.read(cookie), self.definitions
        user = None if session is None else definitions.users.get(session.user)
        if (
            session is None
            or user is None
            or session.ends <= self._clock()
            or session.id.hex() in definitions.ended_sessions
            or stamps.to_datetime(session.began) < user.sessions_not_before
        ):
            raise _unauthorized(Code.INVALID_SESSION)
        return Caller(f"user:{user.id}", ROLE_SCOPES[user.role], user.systems, None, user, session)

    def _require_own_page(self, request: web.Request, caller: Caller) -> None:
        """A browser adds the cookie to whatever page asks; only ours knows the CSRF token and has our origin."""
        assert caller.session is not None  # noqa: S101 - what `_session` returns has one
        origin, safe = request.headers.get("Origin"), request.method in _SAFE_METHODS
        if (origin is None and not safe) or (origin is not None and not self._is_ours(origin, request.host)):
            raise RefusalError(HTTPStatus.FORBIDDEN, Code.FOREIGN_ORIGIN)
        sent = request.headers.get(CSRF_HEADER, "").encode(errors="replace")
        if not safe and not hmac.compare_digest(sent, self.sessions.csrf_token(caller.session).encode()):
            raise RefusalError(HTTPStatus.FORBIDDEN, Code.INVALID_CSRF_TOKEN)

    def is_own_page(self, request: web.Request) -> bool:
        """Whether a request that needs no session comes from a page of ours, or from no page at all."""
        origin = request.headers.get("Origin")
        return origin is None or self._is_ours(origin, request.host)

    def _is_ours(self, origin: str, host: str) -> bool:
        return origin == self._origin if self._origin is not None else origin in {f"http://{host}", f"https://{host}"}

    def _service(self, authorization: Sequence[str]) -> Caller:
        sent = _bearer(authorization).encode(errors="replace")
        if self._service_token is None or not hmac.compare_digest(sent, self._service_token):
            raise _unauthorized(Code.INVALID_TOKEN)
        return SERVICE


def require(caller: Caller, scope: Scope) -> None:
    """Raises `RefusalError` (403) unless the caller has the scope."""
    if scope not in caller.scopes:
        challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
        raise RefusalError(HTTPStatus.FORBIDDEN, Code.INSUFFICIENT_SCOPE, headers={"WWW-Authenticate": challenge})


def open_access(
    settings: AccessSettings, keeper: SnapshotKeeper, *, clock: Clock = system_clock, service_token: str | None = None
) -> Access:
    """What lets callers in, as a service's settings say."""
    signer = SessionSigner(settings.session_key.get_secret_value().encode())
    return Access(keeper, clock, signer, origin=settings.console_origin, service_token=service_token)


def unavailable(members: Mapping[str, object] | None = None) -> RefusalError:
    """What is answered while something that the answer needs is away."""
    retry_after = {"Retry-After": str(RETRY_AFTER_S)}
    return RefusalError(HTTPStatus.SERVICE_UNAVAILABLE, Code.NOT_READY, headers=retry_after, members=members)


def _caller_of(token: AccessToken) -> Caller:
    return Caller(f"token:{token.id}", token.scopes, token.systems, token.records_per_s)


def _bearer(authorization: Sequence[str]) -> str:
    """The token that is shown. Raises `RefusalError` (401)."""
    scheme, _, credentials = authorization[0].partition(" ") if authorization else ("", "", "")
    if scheme.lower() != "bearer":
        raise _unauthorized(Code.MISSING_CREDENTIALS)
    # Several fields would leave it to each reader which one counts (RFC 9110, section 5.3).
    if len(authorization) > 1:
        raise _unauthorized(Code.INVALID_TOKEN)
    return credentials.strip(" ")


def _digest(presented: str) -> str | None:
    """A token's digest; None of what is too long or too strange to be hashed as one.

    Its checksum is not looked at: what is not in the snapshot is not valid, and hashing costs less.
    """
    return tokens.digest(presented) if len(presented) == tokens.LENGTH and presented.isascii() else None


def _unauthorized(code: Code) -> RefusalError:
    # RFC 6750, section 3.1: a request without credentials is told no error code.
    challenge = "Bearer" if code is Code.MISSING_CREDENTIALS else 'Bearer error="invalid_token"'
    return RefusalError(HTTPStatus.UNAUTHORIZED, code, headers={"WWW-Authenticate": challenge})
