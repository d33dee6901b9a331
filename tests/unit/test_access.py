from datetime import UTC, datetime, timedelta

import pytest

from shared.contract import tokens
from shared.contract.codes import Code
from shared.contract.definitions import AccessToken, Integration, IntegrationState, Scope, Snapshot
from shared.contract.tokens import TokenKind
from shared.runtime import access
from shared.runtime.access import RefusalError
from shared.runtime.snapshot import Definitions

NOW = 1_790_000_000_000_000
EXPIRY = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=NOW)
SECRET = tokens.make(TokenKind.ACCESS)
INTEGRATION = tokens.make(TokenKind.INTEGRATION)


def token(**changes: object) -> AccessToken:
    fields = {"id": 1, "sha256": tokens.digest(SECRET), "scopes": {Scope.DATA_WRITE}} | changes
    return AccessToken.model_validate(fields)


def definitions(
    *access_tokens: AccessToken, state: IntegrationState = IntegrationState.ACTIVE, system: int = 1
) -> Definitions:
    integration = Integration(
        id=3, name="i", system=system, environment=1, state=state, revision=1, tokens=(tokens.digest(INTEGRATION),)
    )
    return Definitions.of(Snapshot(version=1, integrations=(integration,), access_tokens=access_tokens))


def refusal_of(authorization: list[str], *known: AccessToken) -> RefusalError:
    with pytest.raises(RefusalError) as caught:
        access.authenticate(definitions(*known), authorization, NOW)
    return caught.value


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   "])
def test_a_known_token_is_found(scheme: str) -> None:
    # then
    assert access.authenticate(definitions(token()), [scheme + SECRET], NOW) == token()


@pytest.mark.parametrize("authorization", [[], ["Basic dTpw"], [SECRET], ["Digest x"]])
def test_missing_credentials_are_told_no_error(authorization: list[str]) -> None:
    # when
    refusal = refusal_of(authorization, token())

    # then
    assert (refusal.status, refusal.code) == (401, Code.MISSING_CREDENTIALS)
    assert refusal.headers == {"WWW-Authenticate": "Bearer"}


@pytest.mark.parametrize(
    "authorization",
    [
        ["Bearer"],
        ["Bearer "],
        ["Bearer junk"],
        ["Bearer " + SECRET.lower()],
        ["Bearer " + SECRET + "x"],
        ["Bearer " + tokens.make(TokenKind.ACCESS)],
        ["Bearer " + INTEGRATION],
        ["Bearer \udc80" + SECRET[1:]],
        ["Bearer " + SECRET, "Bearer " + SECRET],
    ],
)
def test_other_credentials_are_not_valid(authorization: list[str]) -> None:
    # when
    refusal = refusal_of(authorization, token())

    # then
    assert (refusal.status, refusal.code) == (401, Code.INVALID_TOKEN)
    assert refusal.headers == {"WWW-Authenticate": 'Bearer error="invalid_token"'}


@pytest.mark.parametrize(("later", "valid"), [(-1, False), (0, False), (1, True)])
def test_a_token_ends_at_its_expiry(later: int, valid: bool) -> None:  # noqa: FBT001 - a case's expectation
    # given
    known = token(expires_at=EXPIRY + timedelta(milliseconds=later))

    # then
    if valid:
        assert access.authenticate(definitions(known), ["Bearer " + SECRET], NOW) == known
    else:
        assert refusal_of(["Bearer " + SECRET], known).code is Code.INVALID_TOKEN


def test_a_scope_that_is_missing() -> None:
    # given
    writer = token()

    # when
    access.require(writer, Scope.DATA_WRITE)
    with pytest.raises(RefusalError) as caught:
        access.require(writer, Scope.CONFIG_READ)

    # then
    assert (caught.value.status, caught.value.code) == (403, Code.INSUFFICIENT_SCOPE)
    assert caught.value.headers == {"WWW-Authenticate": 'Bearer error="insufficient_scope", scope="config:read"'}


@pytest.mark.parametrize(("systems", "reached"), [(None, True), ({1, 2}, True), ({2}, False), (set(), False)])
def test_systems_bound_a_token(systems: set[int] | None, reached: bool) -> None:  # noqa: FBT001 - a case's expectation
    # then
    assert access.reaches(token(systems=systems), 1) is reached


@pytest.mark.parametrize("state", [IntegrationState.ACTIVE, IntegrationState.DRAFT, IntegrationState.PAUSED])
def test_an_integration_is_found_by_its_token(state: IntegrationState) -> None:
    # then
    assert access.integration_of(definitions(state=state), token(), INTEGRATION).id == 3


def test_every_reason_against_an_integration_token_looks_the_same() -> None:
    # given
    cases = [
        (definitions(), token(), "junk"),
        (definitions(), token(), ""),
        (definitions(), token(), "\ud800" * 42),
        (definitions(), token(), SECRET),
        (definitions(), token(), tokens.make(TokenKind.INTEGRATION)),
        (definitions(state=IntegrationState.DELETED), token(), INTEGRATION),
        (definitions(system=2), token(systems={1}), INTEGRATION),
    ]

    # when
    refusals = []
    for known, caller, integration_token in cases:
        with pytest.raises(RefusalError) as caught:
            access.integration_of(known, caller, integration_token)
        refusals.append((caught.value.status, caught.value.code, caught.value.headers, tuple(caught.value.faults)))

    # then
    assert len({repr(refusal) for refusal in refusals}) == 1
    assert refusals[0][:2] == (403, Code.FORBIDDEN_INTEGRATION)
