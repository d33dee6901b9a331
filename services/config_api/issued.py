"""Secrets of tokens: issued once, kept as SHA-256, two live at most, each with an end of its own."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from services.config_api.store import Change, returned
from shared.contract import tokens
from shared.contract.tokens import TokenKind
from shared.runtime.operations import Body, View
from shared.runtime.postgres import Session

Owner = Literal["access_token", "integration"]

_MAX_OVERLAP_S = 30 * 24 * 60 * 60
_HINT_LENGTH = 4
_LIVE = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())"

_INSERT = """
INSERT INTO config.secrets (access_token, integration, sha256, hint, expires_at) VALUES ($1, $2, $3, $4, $5)
RETURNING id, hint, created_at, expires_at, last_used_at
"""
_END_FORMER = f"""
UPDATE config.secrets SET expires_at = least(expires_at, clock_timestamp() + $2)
WHERE $1 = coalesce(access_token, integration) AND (integration IS NULL) = $3 AND {_LIVE}
"""
# Of those that lived already, only the newest may outlive the rotation: a token has two live secrets at most.
_END_OLDEST = f"""
UPDATE config.secrets SET expires_at = clock_timestamp() WHERE id IN (
    SELECT id FROM config.secrets
    WHERE $1 = coalesce(access_token, integration) AND (integration IS NULL) = $2 AND {_LIVE} ORDER BY id DESC OFFSET 1)
"""
_LIST = f"""
SELECT coalesce(access_token, integration) AS owner, id, hint, created_at, expires_at, last_used_at FROM config.secrets
WHERE coalesce(access_token, integration) = ANY($1) AND (integration IS NULL) = $2 AND {_LIVE} ORDER BY id
"""
_REVOKE_ALL = "UPDATE config.secrets SET revoked_at = clock_timestamp() WHERE access_token = $1 AND revoked_at IS NULL"
_REVOKE = f"""
UPDATE config.secrets SET revoked_at = clock_timestamp() WHERE id = $1 AND integration = $2 AND {_LIVE}
RETURNING id, hint, created_at, expires_at, last_used_at
"""


class SecretView(View):
    """A live secret of a token; `hint` is the token's last four characters."""

    id: int
    hint: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class Rotation(Body):
    """How long the former secret lives on beside the new one, in seconds; a day by default."""

    overlap_s: Annotated[int, Field(ge=0, le=_MAX_OVERLAP_S)] = 24 * 60 * 60


async def issue(
    change: Change, owner: Owner, number: int, *, overlap_s: int = 0, expires_at: datetime | None = None
) -> tuple[str, SecretView]:
    """A new token, which is shown this once, and what is kept of it. Former ones end after the overlap."""
    of_access_token = owner == "access_token"
    await change.session.execute(_END_OLDEST, number, of_access_token)
    await change.session.execute(_END_FORMER, number, timedelta(seconds=overlap_s), of_access_token)
    token = tokens.make(TokenKind.ACCESS if of_access_token else TokenKind.INTEGRATION)
    owners = (number, None) if of_access_token else (None, number)
    row = await returned(change.session, _INSERT, *owners, tokens.digest(token), token[-_HINT_LENGTH:], expires_at)
    return token, SecretView(**row)


async def live_secrets(session: Session, owner: Owner, numbers: Sequence[int]) -> dict[int, list[SecretView]]:
    """The live secrets of each owner."""
    rows = await session.fetch(_LIST, numbers, owner == "access_token")
    found: dict[int, list[SecretView]] = {number: [] for number in numbers}
    for row in rows:
        fields = dict(row)
        found[fields.pop("owner")].append(SecretView(**fields))
    return found


async def revoke_all(change: Change, access_token: int) -> None:
    """Ends every secret of an access token at once."""
    await change.session.execute(_REVOKE_ALL, access_token)


async def revoke(change: Change, integration: int, secret: int) -> SecretView | None:
    """Ends a live secret of an integration at once; None: there is no such."""
    row = await change.session.fetchrow(_REVOKE, secret, integration)
    return None if row is None else SecretView(**row)
