"""Definitions to send to: one integration for each way in which records can be treated."""

from dataclasses import dataclass

import asyncpg

from tests.e2e.deployment import Deployment, Json
from tests.e2e.process import eventually
from tests.fuzz.posts import Given

SYSTEM, ENVIRONMENT = "fuzz", "production"
_TYPES = {"seats": "Number", "department": "String", "hired": "Date"}
_MAPPINGS: list[dict[str, Json]] = [
    {"property": name, "attribute": name, "type": type_} for name, type_ in _TYPES.items()
]
_NESTED = [
    {"property": "company.name", "attribute": "company", "type": "String", "on_empty": "keep"},
    {"property": "a.b.c", "attribute": "deep", "type": "Number", "on_empty": "clear"},
]
_STRANGE = [
    {"property": "__proto__", "attribute": "strange-1", "type": "String", "on_empty": "ignore"},
    {"property": "\U0001f600", "attribute": "strange-2", "type": "Number"},
    {
        "property": "\u202eabc",
        "attribute": "strange-3",
        "type": "Date",
        "date_format": "%d.%m.%Y %H:%M",
        "time_zone": "Europe/Berlin",
    },
    {"property": "..", "attribute": "strange-4", "type": "String"},
    {"property": "n" * 255, "attribute": "strange-5", "type": "Date", "date_format": "epoch_ms"},
]
_INTEGRATIONS: dict[str, dict[str, Json]] = {
    "plain": {"mappings": _MAPPINGS},
    "strict": {"mappings": [*_MAPPINGS, *_NESTED], "on_invalid": "reject_record", "on_unknown": "reject_record"},
    "strange": {
        "mappings": [*_MAPPINGS, *_NESTED, *_STRANGE],
        "user_id": {"property": "userId", "trim": True, "lower_case": True},
        "observed_at": {"property": "when", "date_format": "epoch_s"},
    },
}


@dataclass(frozen=True)
class Placed:
    """Where what the good records bring ends up: ids in the tables."""

    integration: int
    revision: int
    environment: int
    seats: int


async def define(inlet: Deployment) -> Given:
    """Makes the system, with a history so that refused values are kept too, and the integrations with their tokens."""
    (await inlet.admin("POST", "/api/v1/systems", {"key": SYSTEM, "name": "Fuzz"})).good(201)
    environment = f"/api/v1/systems/{SYSTEM}/environments/{ENVIRONMENT}"
    await inlet.change(environment, lambda read: {"name": read["name"], "history": True})
    tokens = {await _integration(inlet, name, options): 202 for name, options in _INTEGRATIONS.items()}
    tokens[await _integration(inlet, "paused", {"mappings": _MAPPINGS}, "pause")] = 409
    access = await inlet.new_token("data:write", "receipts:read", "profiles:read")
    other = await inlet.new_token("receipts:read")
    given = Given(tokens, access, _forbidden(access, other))
    for token, status in tokens.items():
        await _known(inlet, access, token, status)
    return given


async def placed(inlet: Deployment) -> Placed:
    """The ids of the plain integration."""
    session = await asyncpg.connect(inlet.database_url)
    try:
        row = await session.fetchrow(
            """
            SELECT i.id, i.revision, e.id AS environment, a.id AS attribute
            FROM config.integrations i, config.environments e, config.attributes a
            WHERE i.name = 'plain' AND e.system = i.system AND e.key = $1 AND a.system = i.system AND a.key = 'seats'
            """,
            ENVIRONMENT,
        )
    finally:
        await session.close()
    assert row is not None
    return Placed(*row)


async def _integration(inlet: Deployment, name: str, options: dict[str, Json], *states: str) -> str:
    body = {
        "name": name,
        "system": SYSTEM,
        "environment": ENVIRONMENT,
        "state": "active",
        "user_id": {"property": "userId"},
    }
    number = (await inlet.admin("POST", "/api/v1/integrations", body | options)).good(201).body["id"]
    token = (await inlet.admin("POST", f"/api/v1/integrations/{number}/tokens", {})).good(201).body["token"]
    for state in states:
        (await inlet.admin("POST", f"/api/v1/integrations/{number}/{state}")).good(200)
    return str(token)


def _forbidden(access: str, other: str) -> dict[str, int]:
    near = access[:-1] + ("0" if access[-1] != "0" else "1")
    values = (
        "",
        "Bearer",
        "Bearer ",
        f"Basic {access}",
        f"Bearer {near}",
        f"Bearer {access}x",
        f"Bearer {access} {access}",
    )
    return dict.fromkeys(values, 401) | {f"Bearer {other}": 403}


async def _known(inlet: Deployment, access: str, token: str, status: int) -> None:
    """Waits until the gateway knows the token and its state."""

    async def look() -> bool:
        body = {"token": token, "data": [{"userId": "known"}]}
        return (await inlet.with_token(access, "POST", "/public/v1/user/data", body)).status == status

    await eventually(look, "the gateway knows every token", 10)
