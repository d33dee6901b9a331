from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from shared.contract import sessions, tokens
from shared.contract.codes import Code
from shared.contract.definitions import (
    AccessToken,
    Integration,
    IntegrationState,
    Role,
    Scope,
    Secret,
    Snapshot,
    User,
)
from shared.contract.sessions import Session, SessionSigner
from shared.contract.tokens import TokenKind
from shared.runtime.access import CALLER, Access, Caller, RefusalError, Right
from shared.runtime.snapshot import Definitions, SnapshotKeeper

NOW = 1_790_000_000_000_000
SECOND = 1_000_000
THEN = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=NOW)
TOKEN, OTHER, UNKNOWN = (tokens.make(TokenKind.ACCESS) for _ in range(3))
INTEGRATION = tokens.make(TokenKind.INTEGRATION)
SERVICE_TOKEN = "a token of the services"
SIGNER = SessionSigner(b"a key for sessions in tests")
OURS = "http://inlet.test:8080"
FOREIGN = (
    "http://evil.test",
    "http://inlet.test",
    "http://inlet.test:8080.evil.test",
    "http://evil@inlet.test:8080",
    "ftp://inlet.test:8080",
    "//inlet.test:8080",
    "http://[",
    "null",
    "",
)


def secret(token: str, *, ends_after_ms: int | None = None) -> Secret:
    ends = None if ends_after_ms is None else THEN + timedelta(milliseconds=ends_after_ms)
    return Secret(sha256=tokens.digest(token), expires_at=ends)


def user(number: int = 3, role: Role = Role.EDITOR, not_before: datetime = THEN - timedelta(days=1)) -> User:
    return User(id=number, name="anna", role=role, systems=frozenset({1}), sessions_not_before=not_before)


def given(
    *secrets: Secret,
    users: tuple[User, ...] = (),
    ended: frozenset[str] = frozenset(),
    integration_secret: Secret | None = None,
    state: IntegrationState = IntegrationState.ACTIVE,
    system: int = 1,
    origin: str | None = None,
) -> Access:
    integration = Integration(
        id=3,
        name="i",
        system=system,
        environment=1,
        state=state,
        revision=1,
        tokens=(integration_secret or secret(INTEGRATION),),
    )
    token = AccessToken(id=1, secrets=secrets or (secret(TOKEN),), scopes=frozenset({Scope.DATA_WRITE}))
    known = Snapshot(version=1, integrations=(integration,), access_tokens=(token,), users=users, ended_sessions=ended)
    keeper = cast("SnapshotKeeper", SimpleNamespace(usable=Definitions.of(known)))
    return Access(keeper, lambda: NOW, SIGNER, origin=origin, service_token=SERVICE_TOKEN)


def admitted(
    access: Access, right: Scope | Right, *fields: tuple[str, str], method: str = "GET"
) -> Caller | tuple[int, Code]:
    """Who was let in, or the refusal's status and code."""
    headers = CIMultiDict([("Host", "inlet.test:8080"), *fields])
    try:
        return access.admit(make_mocked_request(method, "/", headers=headers), right)
    except RefusalError as refusal:
        return int(refusal.status), refusal.code


def bearer(token: str) -> tuple[str, str]:
    return "Authorization", f"Bearer {token}"


def cookie(session: Session) -> tuple[str, str]:
    return "Cookie", f"inlet_session={SIGNER.text(session)}"


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   "])
def test_a_known_token_is_let_in(scheme: str) -> None:
    # when
    caller = admitted(given(), Scope.DATA_WRITE, ("Authorization", scheme + TOKEN))

    # then
    assert caller == Caller("token:1", frozenset({Scope.DATA_WRITE}))


@pytest.mark.parametrize("authorization", ["Basic dTpw", pytest.param(TOKEN, id="no scheme"), "Digest x", ""])
def test_missing_credentials_are_told_no_error(authorization: str) -> None:
    # given
    request = make_mocked_request("GET", "/", headers={"Authorization": authorization} if authorization else {})

    # when
    with pytest.raises(RefusalError) as caught:
        given().admit(request, Scope.DATA_WRITE)

    # then
    assert (caught.value.status, caught.value.code) == (401, Code.MISSING_CREDENTIALS)
    assert caught.value.headers == {"WWW-Authenticate": "Bearer"}


@pytest.mark.parametrize(
    "fields",
    [
        [("Authorization", "Bearer")],
        [bearer("junk")],
        [bearer(TOKEN.lower())],
        [bearer(TOKEN + "x")],
        [bearer(UNKNOWN)],
        [bearer(INTEGRATION)],
        [bearer("\u00e9" + TOKEN[1:])],
        [bearer(TOKEN), bearer(TOKEN)],
        [bearer(SERVICE_TOKEN)],
    ],
)
def test_other_credentials_are_not_valid(fields: list[tuple[str, str]]) -> None:
    assert admitted(given(), Scope.DATA_WRITE, *fields) == (401, Code.INVALID_TOKEN)


def test_a_rotated_token_has_two_secrets_until_the_first_ends() -> None:
    # given
    still = given(secret(TOKEN, ends_after_ms=1), secret(OTHER))
    over = given(secret(TOKEN, ends_after_ms=0), secret(OTHER))

    # then
    for access, token in ((still, TOKEN), (still, OTHER), (over, OTHER)):
        assert isinstance(admitted(access, Scope.DATA_WRITE, bearer(token)), Caller)
    assert admitted(over, Scope.DATA_WRITE, bearer(TOKEN)) == (401, Code.INVALID_TOKEN)


def test_the_use_of_tokens_is_noted() -> None:
    # given
    access = given()

    # when
    caller = admitted(access, Scope.DATA_WRITE, bearer(TOKEN))
    admitted(access, Scope.DATA_WRITE, bearer(UNKNOWN))
    assert isinstance(caller, Caller)
    access.integration_of(caller, INTEGRATION)

    # then
    assert access.used == {tokens.digest(TOKEN): NOW, tokens.digest(INTEGRATION): NOW}


def test_a_scope_that_is_missing() -> None:
    # when
    with pytest.raises(RefusalError) as caught:
        given().admit(make_mocked_request("GET", "/", headers=dict([bearer(TOKEN)])), Scope.CONFIG_READ)

    # then
    assert (caught.value.status, caught.value.code) == (403, Code.INSUFFICIENT_SCOPE)
    assert caught.value.headers == {"WWW-Authenticate": 'Bearer error="insufficient_scope", scope="config:read"'}


@pytest.mark.parametrize(("systems", "reached"), [(None, True), ({1, 2}, True), ({2}, False), (set(), False)])
def test_systems_bound_a_caller(systems: set[int] | None, reached: bool) -> None:  # noqa: FBT001 - an expectation
    assert Caller("x", systems=None if systems is None else frozenset(systems)).reaches(1) is reached


def test_a_route_of_the_services_takes_their_token_alone() -> None:
    # given
    access = given(users=(user(role=Role.ADMIN),))
    session = cookie(Session.begin(3, NOW))

    # then
    assert isinstance(admitted(access, Right.SERVICE, bearer(SERVICE_TOKEN)), Caller)
    assert admitted(access, Right.SERVICE) == (401, Code.MISSING_CREDENTIALS)
    assert admitted(access, Right.SERVICE, session) == (401, Code.MISSING_CREDENTIALS)
    for token in (TOKEN, SERVICE_TOKEN + "x", SERVICE_TOKEN[:-1], ""):
        assert admitted(access, Right.SERVICE, bearer(token)) == (401, Code.INVALID_TOKEN)


def test_a_session_reads_with_its_role() -> None:
    # given
    access = given(users=(user(role=Role.VIEWER),))
    session = Session.begin(3, NOW)

    # when
    caller = admitted(access, Scope.CONFIG_READ, cookie(session))

    # then
    assert isinstance(caller, Caller)
    assert (caller.actor, caller.systems, caller.session) == ("user:3", frozenset({1}), session)
    assert isinstance(admitted(access, Right.SIGNED_IN, cookie(session)), Caller)
    assert admitted(access, Scope.CONFIG_WRITE, cookie(session)) == (403, Code.INSUFFICIENT_SCOPE)
    assert admitted(access, Right.SIGNED_IN, bearer(TOKEN)) == (403, Code.SESSION_NEEDED)


@pytest.mark.parametrize(
    ("role", "scopes"),
    [
        (Role.VIEWER, {Scope.RECEIPTS_READ, Scope.PROFILES_READ, Scope.CONFIG_READ}),
        (
            Role.EDITOR,
            {Scope.RECEIPTS_READ, Scope.PROFILES_READ, Scope.CONFIG_READ, Scope.DATA_WRITE, Scope.CONFIG_WRITE},
        ),
        (Role.ADMIN, set(Scope)),
    ],
)
def test_a_role_has_its_scopes(role: Role, scopes: set[Scope]) -> None:
    # given
    access, mine = given(users=(user(role=role),)), cookie(Session.begin(3, NOW))

    # when
    answers = {scope: admitted(access, scope, mine) for scope in Scope}

    # then
    assert {scope for scope, answer in answers.items() if isinstance(answer, Caller)} == scopes


def test_the_log_learns_who_called_without_the_right() -> None:
    # given
    access = given(users=(user(),))
    requests = [make_mocked_request("GET", "/", headers=dict([each])) for each in (bearer(TOKEN), bearer(UNKNOWN))]

    # when
    for request in requests:
        with pytest.raises(RefusalError):
            access.admit(request, Scope.PROFILES_READ)

    # then
    assert [request.get(CALLER) for request in requests] == ["token:1", None]


def test_a_request_without_a_session_may_come_from_no_page_or_from_ours() -> None:
    # given
    here, fixed = given(), given(origin="https://inlet.example")

    # then
    for access, origin, own in (
        (here, None, True),
        (here, OURS, True),
        (here, "http://evil.test", False),
        (fixed, "https://inlet.example", True),
        (fixed, OURS, False),
    ):
        headers = {"Host": "inlet.test:8080"} | ({} if origin is None else {"Origin": origin})
        assert access.is_own_page(make_mocked_request("POST", "/", headers=headers)) is own


@pytest.mark.parametrize(
    "session",
    [
        Session.begin(4, NOW),  # nobody's, or one who was disabled
        Session.begin(3, NOW - sessions.IDLE_S * SECOND),
        Session.begin(3, NOW - sessions.ABSOLUTE_S * SECOND)._replace(seen=NOW),
        Session(3, NOW, NOW, bytes(16)),  # signed out
    ],
)
def test_sessions_that_are_over(session: Session) -> None:
    # given
    access = given(users=(user(),), ended=frozenset({bytes(16).hex()}))

    # then
    assert isinstance(admitted(access, Scope.CONFIG_READ, cookie(Session.begin(3, NOW))), Caller)
    assert admitted(access, Scope.CONFIG_READ, cookie(session)) == (401, Code.INVALID_SESSION)


def test_sessions_that_began_before_the_password_was_changed_are_over() -> None:
    # given
    access = given(users=(user(not_before=THEN),))
    before, since = Session.begin(3, NOW - 1), Session.begin(3, NOW)

    # then: however often they were used since
    assert isinstance(admitted(access, Scope.CONFIG_READ, cookie(since)), Caller)
    for session in (before, before._replace(seen=NOW)):
        assert admitted(access, Scope.CONFIG_READ, cookie(session)) == (401, Code.INVALID_SESSION)


def test_a_change_must_come_from_a_page_of_ours() -> None:
    # given
    access, session = given(users=(user(),)), Session.begin(3, NOW)
    mine = cookie(session)
    csrf = ("X-CSRF-Token", SIGNER.csrf_token(session))
    wrong = ("X-CSRF-Token", SIGNER.csrf_token(Session.begin(3, NOW)))

    # then
    assert isinstance(admitted(access, Scope.CONFIG_WRITE, mine, csrf, ("Origin", OURS), method="POST"), Caller)
    for origin in FOREIGN:
        for method in ("GET", "POST"):
            refusal = admitted(access, Scope.CONFIG_WRITE, mine, csrf, ("Origin", origin), method=method)
            assert refusal == (403, Code.FOREIGN_ORIGIN)
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert admitted(access, Scope.CONFIG_WRITE, mine, csrf, method=method) == (403, Code.FOREIGN_ORIGIN)
        without = admitted(access, Scope.CONFIG_WRITE, mine, ("Origin", OURS), method=method)
        assert without == (403, Code.INVALID_CSRF_TOKEN)
        other = admitted(access, Scope.CONFIG_WRITE, mine, wrong, ("Origin", OURS), method=method)
        assert other == (403, Code.INVALID_CSRF_TOKEN)


def test_the_console_s_origin_can_be_set() -> None:
    # given
    access, session = given(users=(user(),), origin="https://inlet.example"), Session.begin(3, NOW)
    mine = (cookie(session), ("X-CSRF-Token", SIGNER.csrf_token(session)))

    # then
    good = admitted(access, Scope.CONFIG_WRITE, *mine, ("Origin", "https://inlet.example"), method="POST")
    assert isinstance(good, Caller)
    refusal = admitted(access, Scope.CONFIG_WRITE, *mine, ("Origin", OURS), method="POST")
    assert refusal == (403, Code.FOREIGN_ORIGIN)
    assert access.served_by_https


def test_of_a_token_and_a_session_the_token_counts() -> None:
    # given
    access, session = given(users=(user(role=Role.ADMIN),)), Session.begin(3, NOW)

    # then
    assert admitted(access, Scope.CONFIG_READ, cookie(session), bearer(UNKNOWN)) == (401, Code.INVALID_TOKEN)
    assert admitted(access, Scope.CONFIG_READ, cookie(session), bearer(TOKEN)) == (403, Code.INSUFFICIENT_SCOPE)


def test_without_definitions_nobody_is_let_in() -> None:
    # given
    keeper = cast("SnapshotKeeper", SimpleNamespace(usable=None))
    access = Access(keeper, lambda: NOW, SIGNER)

    # then
    assert admitted(access, Scope.DATA_WRITE, bearer(TOKEN)) == (503, Code.NOT_READY)
    assert admitted(access, Right.SERVICE, bearer("")) == (401, Code.INVALID_TOKEN)
    assert isinstance(admitted(access, Right.ANYONE), Caller)


@pytest.mark.parametrize("state", [IntegrationState.ACTIVE, IntegrationState.DRAFT, IntegrationState.PAUSED])
def test_an_integration_is_found_by_its_token(state: IntegrationState) -> None:
    assert given(state=state).integration_of(Caller("x"), INTEGRATION).id == 3


def test_every_reason_against_an_integration_token_looks_the_same() -> None:
    # given
    everywhere, here = Caller("x"), Caller("x", systems=frozenset({1}))
    cases = [
        (given(), everywhere, "junk"),
        (given(), everywhere, ""),
        (given(), everywhere, "\ud800" * 42),
        (given(), everywhere, TOKEN),
        (given(), everywhere, tokens.make(TokenKind.INTEGRATION)),
        (given(integration_secret=secret(INTEGRATION, ends_after_ms=0)), everywhere, INTEGRATION),
        (given(state=IntegrationState.DELETED), everywhere, INTEGRATION),
        (given(system=2), here, INTEGRATION),
    ]

    # when
    refusals = []
    for access, caller, integration_token in cases:
        with pytest.raises(RefusalError) as caught:
            access.integration_of(caller, integration_token)
        refusals.append((caught.value.status, caught.value.code, caught.value.headers, tuple(caught.value.faults)))

    # then
    assert len({repr(refusal) for refusal in refusals}) == 1
    assert refusals[0][:2] == (403, Code.FORBIDDEN_INTEGRATION)
