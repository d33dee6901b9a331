"""Who may do what: every request of every service is checked here, against the definitions.

Credentials are Bearer tokens (RFC 6750, RFC 9110 section 11). A refusal is an exception that carries the answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from shared.contract import tokens
from shared.contract.codes import Code
from shared.contract.definitions import AccessToken, Integration, IntegrationState, Scope
from shared.runtime.snapshot import Definitions


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong in a body: where (a JSON pointer, RFC 6901), and why."""

    pointer: str
    code: Code


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
        members: Mapping[str, int | str] | None = None,
        faults: Sequence[Fault] = (),
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.headers = headers or {}
        self.members = members or {}
        self.faults = faults


def authenticate(definitions: Definitions, authorization: Sequence[str], now: int) -> AccessToken:
    """The live access token that the request's Authorization fields name.

    `now` is microseconds since the Unix epoch. Raises `RefusalError` (401).
    """
    if not authorization:
        raise _unauthorized(Code.MISSING_CREDENTIALS)
    scheme, _, credentials = authorization[0].partition(" ")
    if scheme.lower() != "bearer":
        raise _unauthorized(Code.MISSING_CREDENTIALS)
    digest = _digest(credentials.strip(" "))
    token = definitions.access_tokens.get(digest) if digest is not None else None
    # Several fields would leave it to each reader which one counts (RFC 9110, section 5.3).
    if (
        token is None
        or len(authorization) > 1
        or (token.expires_at is not None and token.expires_at.timestamp() * 1e6 <= now)
    ):
        raise _unauthorized(Code.INVALID_TOKEN)
    return token


def require(token: AccessToken, scope: Scope) -> None:
    """Raises `RefusalError` (403) unless the token has the scope."""
    if scope not in token.scopes:
        challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
        raise RefusalError(HTTPStatus.FORBIDDEN, Code.INSUFFICIENT_SCOPE, headers={"WWW-Authenticate": challenge})


def reaches(token: AccessToken, system: int) -> bool:
    """Whether the token's systems include this one."""
    return token.systems is None or system in token.systems


def integration_of(definitions: Definitions, token: AccessToken, integration_token: str) -> Integration:
    """The integration that an integration token stands for.

    Raises `RefusalError` (403), with one answer for a token that is malformed, unknown, of a deleted integration, or
    of a system that the access token does not reach: nobody learns which tokens exist.
    """
    digest = _digest(integration_token)
    integration = definitions.integrations_by_token.get(digest) if digest is not None else None
    if (
        integration is not None
        and integration.state is not IntegrationState.DELETED
        and reaches(token, integration.system)
    ):
        return integration
    raise RefusalError(
        HTTPStatus.FORBIDDEN,
        Code.FORBIDDEN_INTEGRATION,
        faults=(Fault("/token", Code.FORBIDDEN_INTEGRATION),),
    )


def _digest(presented: str) -> str | None:
    """A token's digest; None of what is too long or too strange to be hashed as one.

    Its checksum is not looked at: what is not in the snapshot is not valid, and hashing costs less.
    """
    return tokens.digest(presented) if len(presented) == tokens.LENGTH and presented.isascii() else None


def _unauthorized(code: Code) -> RefusalError:
    # RFC 6750, section 3.1: a request without credentials is told no error code.
    challenge = "Bearer" if code is Code.MISSING_CREDENTIALS else 'Bearer error="invalid_token"'
    return RefusalError(HTTPStatus.UNAUTHORIZED, code, headers={"WWW-Authenticate": challenge})
